// Faults planted on purpose: each leaves out one side condition of a pass, and must be caught by the comparison that all
// other tests of this room stand on.
import { describe, expect, test } from 'vitest';
import { type Graph, isCall, type NodeId } from '../../src/graph/graph.ts';
import { BATCH } from '../../src/graph/type.ts';
import { buildScan, moveScan, rebuild } from '../../src/passes/draft.ts';
import { splitLoops } from '../../src/passes/fission.ts';
import { PIPELINE, runPasses } from '../../src/passes/pipeline.ts';
import { lstm } from '../autodiff/cells.ts';
import { difference } from './compare.ts';
import { loop, product } from './loops.ts';
import { asBatch, programInputs } from './random-graph.ts';

/** Whether a fault shows on any of a few inputs. */
function isCaught(before: Graph, after: Graph): boolean {
  expect(after).not.toBe(before);
  return [1, 2, 3].some((seed) => {
    return difference(before, after, programInputs(before, seed, { padding: Number.NaN })) > 1e-12;
  });
}

/** Every mask taken for what it masks. */
function withoutMasks(graph: Graph): Graph {
  return rebuild(graph, {
    call: (draft, call, operands) =>
      isCall(call, 'select') ? operands[1] : draft.call(call.op, operands, call.attributes),
  });
}

describe('lengths', () => {
  const whole = loop(
    (b, { at }) => {
      const y = b.apply('exp', product(b, at('W'), at('x')));
      return { carried: [], stacked: [['y', y]], summed: [['s', y]] };
    },
    { lengths: true },
  );

  test('an operation over the whole sequence that does not mask what is seen', () => {
    expect(isCaught(whole, withoutMasks(splitLoops(whole)))).toBe(true);
  });

  test('a weight gradient that does not leave out the padding', () => {
    const gradient = asBatch(lstm(), { lengths: true, gradient: true });
    expect(isCaught(gradient, withoutMasks(runPasses(gradient).graph))).toBe(true);
  });

  test('a loop that loses its lengths', () => {
    const graph = asBatch(lstm(), { lengths: true });
    const after = rebuild(graph, {
      scan: (draft, scan, to) => buildScan(draft, { ...moveScan(scan, to), lengths: undefined }),
    });
    expect(isCaught(graph, after)).toBe(true);
  });
});

describe('algebra', () => {
  const graph = loop((b, { at }) => {
    const infinite = b.apply('exp', b.apply('mul', b.constant(1e4, [BATCH, 3]), at('x')));
    return { carried: [], stacked: [['y', b.apply('mul', infinite, b.constant(0, [BATCH, 3]))]] };
  });

  test('x * 0 written as 0', () => {
    const after = rebuild(graph, {
      call(draft, call, operands) {
        const isZero = call.op === 'mul' && draft.constantAt(operands[1]) === 0;
        return isZero ? operands[1] : draft.call(call.op, operands, call.attributes);
      },
    });
    expect(isCaught(graph, after)).toBe(true);
  });
});

describe('loops', () => {
  const graph = loop(
    (b, { at }) => {
      const h = b.apply('tanh', b.apply('add', at('h'), product(b, at('W'), at('x'))));
      return { carried: [h, b.apply('sin', b.apply('add', at('u'), h))] };
    },
    { carries: ['h', 'u'] },
  );

  test('a direction that gets lost', () => {
    const after = rebuild(graph, {
      scan: (draft, scan, to) => buildScan(draft, { ...moveScan(scan, to), reverse: true }),
    });
    expect(isCaught(graph, after)).toBe(true);
  });

  test('carries taken for one another', () => {
    const after = rebuild(graph, {
      scan(draft, scan, to) {
        const [h, u] = buildScan(draft, moveScan(scan, to));
        return [u, h] as NodeId[];
      },
    });
    expect(isCaught(graph, after)).toBe(true);
  });
});

describe('merging', () => {
  test('weights joined in another order than the pieces are cut', () => {
    const graph = asBatch(lstm(), {});
    const merged = runPasses(graph, PIPELINE).graph;
    const after = rebuild(merged, {
      call: (draft, call, operands) =>
        draft.call(call.op, isCall(call, 'concat') ? operands.toReversed() : operands, call.attributes),
    });
    expect(isCaught(graph, after)).toBe(true);
  });

  test('a sum that forgets a product', () => {
    const graph = asBatch(lstm(), { gradient: true });
    let isFirst = true;
    const after = rebuild(graph, {
      call(draft, call, operands) {
        const isForgotten = isFirst && call.op === 'add' && isCall(draft.at(operands[1]), 'contract');
        if (isForgotten) isFirst = false;
        return isForgotten ? operands[0] : draft.call(call.op, operands, call.attributes);
      },
    });
    expect(isCaught(graph, after)).toBe(true);
  });
});

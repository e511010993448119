// Fission: what leaves a loop, what stays, how loops are cut, and what lengths ask of what has left.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { BATCH } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { fission, splitLoops } from '../../src/passes/fission.ts';
import { simplifyGraph } from '../../src/passes/simplify.ts';
import { lstm, scan } from '../autodiff/cells.ts';
import { twoLayers } from './cells.ts';
import { difference } from './compare.ts';
import { type LoopOptions, loop, product } from './loops.ts';
import { asBatch, EXTENTS, extentsOf, programInputs } from './random-graph.ts';
import { countCalls, loopsOf, products } from './structure.ts';

type Body = Parameters<typeof loop>[0];

/** The loop after fission and simplification, checked against what it was, in both directions and at T = 1. */
function split(body: Body, options: LoopOptions = {}): Graph {
  let forward: Graph | undefined;
  for (const reverse of [true, false]) {
    const graph = loop(body, { ...options, reverse });
    const after = splitLoops(graph);
    expect(verify(after)).toEqual([]);
    for (const extents of [EXTENTS, extentsOf(1, 2)]) {
      const inputs = programInputs(graph, 7, { extents, padding: Number.NaN });
      expect(difference(graph, after, inputs, extents)).toBeLessThan(1e-12);
    }
    forward = simplifyGraph(after);
  }
  return forward!;
}

/** tanh of the past and of what comes in. */
function recurrent(b: GraphBuilder, past: NodeId, x: NodeId): NodeId {
  return b.apply('tanh', b.apply('add', past, x));
}

describe('what leaves', () => {
  test('a product of the input before, a product of the state after', () => {
    const after = split(
      (b, { at }) => {
        const h = recurrent(b, at('h'), product(b, at('W'), at('x')));
        return { carried: [h], stacked: [['y', b.apply('exp', product(b, at('U'), h))]] };
      },
      { carries: ['h'] },
    );
    expect(products(after)).toEqual({ loops: [0], outside: 2 });
    expect(countCalls(after, 'exp')).toBe(1); // with the product that it follows
  });

  test('everything, if nothing is recurrent', () => {
    const after = split((b, { at }) => ({
      carried: [],
      stacked: [['y', b.apply('exp', at('x'))]],
      summed: [['s', b.sum(b.apply('mul', at('x'), at('x')), [1])]],
    }));
    expect(loopsOf(after)).toHaveLength(0);
  });

  test('rows of a table, and noise', () => {
    const after = split(
      (b, { at, step }) => {
        const seed = b.call('convert', [b.sum(at('once'), [1])], { element: 'index' });
        const noise = b.call('uniform', [seed, step], { name: 'drop', shape: [3] });
        const x = b.apply('mul', noise, b.apply('gather', at('table'), at('id')));
        return { carried: [recurrent(b, at('h'), x)] };
      },
      { carries: ['h'] },
    );
    const [{ body }] = loopsOf(after);
    expect([countCalls(after, 'gather'), countCalls(after, 'uniform')]).toEqual([1, 1]);
    expect([countCalls(body, 'gather'), countCalls(body, 'uniform')]).toEqual([0, 0]);
    expect(countCalls(body, 'mul')).toBe(1); // elementwise work that only the loop uses stays in it
  });

  test('noise of another seed at every step stays', () => {
    const after = split(
      (b, { at, step }) => {
        const noise = b.call('uniform', [at('id'), step], { name: 'drop', shape: [3] });
        return { carried: [recurrent(b, at('h'), noise)] };
      },
      { carries: ['h'] },
    );
    expect(loopsOf(after).map(({ body }) => countCalls(body, 'uniform'))).toContain(1);
  });

  test('a sum of products over time is one product', () => {
    const after = split(
      (b, { at }) => {
        const h = recurrent(b, at('h'), at('x'));
        const both = b.contract(h, at('x'), { left: 'bm', right: 'bn', out: 'bmn' });
        const again = b.contract(at('x'), at('h'), { left: 'bm', right: 'bn', out: 'bmn' });
        return { carried: [h], summed: [['S', b.apply('add', both, again)]] };
      },
      { carries: ['h'] },
    );
    expect(products(after)).toEqual({ loops: [0], outside: 2 });
    expect(loopsOf(after)[0].summed).toBe(0);
  });

  test('a sum with a fixed factor is the factor times a sum', () => {
    const after = split((b, { at }) => ({
      carried: [],
      summed: [['S', b.contract(at('v'), at('x'), { left: 'm', right: 'bn', out: 'bmn' })]],
    }));
    expect(products(after)).toEqual({ loops: [], outside: 1 });
    expect(countCalls(after, 'sum')).toBe(1);
  });
});

describe('what stays', () => {
  test('elementwise work for the loop alone', () => {
    const after = split((b, { at }) => ({ carried: [recurrent(b, at('h'), b.apply('exp', at('x')))] }), {
      carries: ['h'],
    });
    expect(countCalls(after, 'exp')).toBe(0);
  });

  test('a product of two values of the step that is not summed', () => {
    const after = split(
      (b, { at }) => {
        const outer = b.contract(at('x'), at('x'), { left: 'bm', right: 'bn', out: 'bmn' });
        return { carried: [recurrent(b, at('h'), b.sum(outer, [1]))] };
      },
      { carries: ['h'] },
    );
    expect(products(after)).toEqual({ loops: [1], outside: 0 });
  });

  test('a small result of large values: it is stacked, not what it is made of', () => {
    const after = split(
      (b, { at }) => {
        const h = recurrent(b, at('h'), at('x'));
        const u = recurrent(b, at('u'), b.apply('sin', at('x')));
        return { carried: [h, u], stacked: [['y', product(b, at('W'), b.apply('mul', h, u))]] };
      },
      { carries: ['h', 'u'] },
    );
    const [{ body, stacked }] = loopsOf(after);
    expect([stacked, countCalls(body, 'mul'), products(after).outside]).toEqual([1, 1, 1]);
  });
});

describe('loops', () => {
  test('two with a product each are two; what is cheap goes with one of them', () => {
    const after = split(
      (b, { at }) => {
        const h = recurrent(b, at('h'), product(b, at('W'), at('h')));
        const u = recurrent(b, product(b, at('U'), at('u')), h);
        return { carried: [h, u, b.apply('max', at('most'), u)] };
      },
      { carries: ['h', 'u', 'most'] },
    );
    expect(loopsOf(after).map(({ carries }) => carries.length)).toEqual([1, 2]);
    expect(products(after)).toEqual({ loops: [1, 1], outside: 0 });
  });

  test('carries that feed each other are one', () => {
    const after = split(
      (b, { at }) => {
        const h = recurrent(b, at('u'), product(b, at('W'), at('h')));
        return { carried: [h, b.apply('sin', h)], stacked: [['y', product(b, at('U'), h)]] };
      },
      { carries: ['h', 'u'] },
    );
    expect(loopsOf(after).map(({ carries }) => carries.length)).toEqual([2]);
  });

  test('a ring of carries, each of which knows only the one before it, is one', () => {
    const after = split(
      (b, { at }) => {
        const next = (past: string) => b.apply('tanh', product(b, at('W'), at(past)));
        return { carried: [next('c'), next('a'), b.apply('add', next('b'), at('x')), next('a')] };
      },
      { carries: ['a', 'b', 'c', 'd'] },
    );
    expect(loopsOf(after).map(({ carries }) => carries.length)).toEqual([3, 1]);
  });

  test('a value of the step before, of something that is not recurrent, stays a loop that shifts', () => {
    const after = split(
      (b, { at }) => {
        const z = product(b, at('W'), at('x'));
        return { carried: [z], stacked: [['y', product(b, at('U'), at('past'))]] };
      },
      { carries: ['past'] },
    );
    expect(products(after)).toEqual({ loops: [0], outside: 2 });
  });

  test('twice is once: there is nothing left to do', () => {
    for (const graph of [
      asBatch(lstm(), { gradient: true }),
      asBatch(twoLayers(), { gradient: true, lengths: true }),
    ]) {
      const once = simplifyGraph(splitLoops(simplifyGraph(graph)));
      expect(splitLoops(once)).toBe(once);
      expect(fission.run(once)).toEqual({ graph: once, notes: [] });
    }
  });
});

describe('lengths', () => {
  const body: Body = (b, { at }) => {
    const y = b.apply('exp', product(b, at('W'), at('x')));
    return { carried: [], stacked: [['y', y]], summed: [['s', y]] };
  };

  test('what leaves is zero after an end, and adds nothing there', () => {
    const after = split(body, { lengths: true });
    expect(loopsOf(after)).toHaveLength(0);
    expect(countCalls(after, 'select')).toBeGreaterThan(0);
    const inputs = programInputs(after, 7, { padding: Number.NaN });
    const lengths = inputs.get('lengths')!.data;
    const y = evaluate(after, inputs).get('y')!;
    expect(lengths.some((length) => length < y.shape[0])).toBe(true);
    y.data.forEach((value, i) => {
      const [t, b] = [Math.floor(i / 3 / y.shape[1]), Math.floor(i / 3) % y.shape[1]];
      expect(value > 0).toBe(t < lengths[b]);
    });
  });

  test('where only a loop looks, nothing is masked', () => {
    const after = split((b, { at }) => ({ carried: [recurrent(b, at('h'), product(b, at('W'), at('x')))] }), {
      carries: ['h'],
      lengths: true,
    });
    expect(countCalls(after, 'select')).toBe(0);
    expect(loopsOf(after)[0].lengths).toBeDefined();
  });

  test('a loop of other lengths does look behind the ends: there it is masked', () => {
    const graph = loop(body, { lengths: true, isSeen: (name) => name === 's' });
    const g = GraphBuilder.extend(graph);
    const stacked = graph.nodes.findIndex((node) => node.kind === 'result') as NodeId;
    const { carried } = scan(
      g,
      { carries: [['h', graph.inputs[2]]], sequences: [['y', stacked]], captures: [] },
      (b, { at }) => ({ carried: [b.apply('add', at('h'), at('y'))] }),
    );
    g.output('total', carried[0]);
    const whole = g.finish();
    const inputs = programInputs(whole, 7, { padding: Number.NaN });
    expect(difference(whole, splitLoops(whole), inputs)).toBeLessThan(1e-12);
  });

  test('states hold after an end in each of several loops', () => {
    split(
      (b, { at }) => {
        const h = recurrent(b, at('h'), product(b, at('W'), at('h')));
        const u = recurrent(b, product(b, at('U'), at('u')), b.apply('exp', h));
        return { carried: [h, u], stacked: [['y', b.apply('cos', u)]] };
      },
      { carries: ['h', 'u'], lengths: true },
    );
  });

  test('a value that belongs to no sequence is there at every step', () => {
    split(
      (b, { at, step }) => {
        const t = b.call('convert', [step], { element: 'real' });
        const vt = b.apply('mul', at('v'), b.broadcast(t, [3], []));
        const alive = b.broadcast(
          b.apply('lt', b.broadcast(step, [BATCH], []), at('lengths')),
          [BATCH, 3],
          [0],
        );
        const x = b.apply('select', alive, at('x'), b.constant(0, [BATCH, 3]));
        return {
          carried: [],
          stacked: [['v', vt]],
          summed: [
            ['sum of v', vt],
            ['over the batch', b.sum(x, [0])],
          ],
        };
      },
      { lengths: true },
    );
  });
});

test('what cannot be told from a product by its weights is told by name', () => {
  const graph = loop(
    (b, { at }) => {
      const h = recurrent(b, product(b, at('U'), at('h')), product(b, at('W'), at('x')));
      return { carried: [h] };
    },
    { carries: ['h'] },
  );
  expect(fission.run(graph).notes.map((note) => note.message)).toEqual([
    'the product with W is computed for all steps at once, before the loop',
    'the product with U stays in the loop: it needs the step before',
  ]);
});

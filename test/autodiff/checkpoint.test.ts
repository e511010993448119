// Checkpointing keeps every number, whatever the length of a segment; and it keeps fewer of them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { copyNodes } from '../../src/autodiff/copy.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { type Graph, type ScanNode, typeOf } from '../../src/graph/graph.ts';
import { evaluationBytes } from '../../src/graph/memory.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { BATCH, index, real, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { PIPELINE, runPasses } from '../../src/passes/pipeline.ts';
import { randomGraph, randomInputs } from '../graph/random-graph.ts';
import { SAMPLE_EXTENTS } from '../graph/sample-op.ts';
import { difference } from '../passes/compare.ts';
import { asBatch, extentsOf, programInputs, randomProgram, withGradients } from '../passes/random-graph.ts';
import { lstm, lstmWithLoss, simpleRnn } from './cells.ts';
import { drawInputs, realInputs, realOutputs } from './differences.ts';
import { ALL, ALONE, EXTENTS, graphOf, planOf, TOGETHER } from './random-bodies.ts';
import { extentsAt, LENGTHS, varied } from './varied-cell.ts';

const BOUND = 1e-12;

/** Segments of one step, of some, of all, of more than there are. */
const segments = fc.constantFrom(1, 2, 3, 4, 5, 7);

function sound(graph: Graph): Graph {
  expect(verify(graph)).toEqual([]);
  return graph;
}

describe('on random programs', () => {
  test('values and gradients of any body, scanned and unrolled', () => {
    fc.assert(
      fc.property(planOf(Object.keys(ALL)), fc.boolean(), segments, (plan, isBatch, steps) => {
        const graph = isBatch ? batch(graphOf(plan), { lengths: true }) : graphOf(plan);
        const request = { outputs: realOutputs(graph), wrt: realInputs(graph) };
        const plain = vjp(graph, request);
        const cut = sound(vjp(checkpoint(graph, { steps }), request));
        const inputs = drawInputs(plain, EXTENTS, 6, isBatch ? TOGETHER : ALONE);
        expect(difference(plain, cut, inputs, EXTENTS)).toBeLessThan(BOUND);
        expect(difference(plain, sound(unroll(cut, { steps: 4 })), inputs, EXTENTS)).toBeLessThan(BOUND);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test('several scans, unequal lengths and NaNs behind the ends, plain and optimised', () => {
    fc.assert(
      fc.property(
        randomProgram(),
        fc.boolean(),
        segments,
        fc.constantFrom(1, 2, 5),
        fc.nat(99),
        (program, lengths, steps, T, seed) => {
          const graph = asBatch(program, { lengths });
          const plain = withGradients(graph);
          const cut = sound(withGradients(checkpoint(graph, { steps })));
          const extents = extentsOf(T, 3);
          const inputs = programInputs(plain, seed, { extents, padding: Number.NaN });
          expect(difference(plain, cut, inputs, extents)).toBeLessThan(BOUND);
          const { graph: optimised } = runPasses(cut, PIPELINE, { verify: true });
          expect(difference(plain, optimised, inputs, extents)).toBeLessThan(BOUND);
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  test('scans inside scans, with gradients; printed and read back', () => {
    fc.assert(
      fc.property(randomGraph(), segments, fc.nat(99), (graph, steps, seed) => {
        const plain = withGradients(graph);
        const cut = sound(withGradients(checkpoint(graph, { steps })));
        const inputs = randomInputs(plain, seed);
        expect(difference(plain, cut, inputs, SAMPLE_EXTENTS)).toBeLessThan(BOUND);
        const read = readGraph(printGraph(cut));
        expect(printGraph(read)).toBe(printGraph(cut));
        expect(difference(cut, read, inputs, SAMPLE_EXTENTS)).toBe(0);
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});

describe.each([false, true])('a cell with everything, reversed: %s', (reverse) => {
  test.each([1, 2, 3, 5, 6])('in segments of %i', (steps) => {
    for (const graph of [varied(reverse), batch(varied(reverse), { lengths: true })]) {
      const request = { outputs: realOutputs(graph), wrt: realInputs(graph) };
      const plain = vjp(graph, request);
      const cut = sound(vjp(checkpoint(graph, { steps }), request));
      const inputs = drawInputs(plain, extentsAt(5), 2, LENGTHS);
      expect(difference(plain, cut, inputs, extentsAt(5))).toBeLessThan(BOUND);
    }
  });
});

describe('with the other transformations', () => {
  const graph = batch(lstmWithLoss({ startGiven: true }), { lengths: true });
  const request = { output: 'loss', wrt: realInputs(graph) };
  const cut = checkpoint(graph, { steps: 2 });
  const compare = (a: Graph, b: Graph): number =>
    difference(a, sound(b), drawInputs(a, extentsAt(5), 4, LENGTHS), extentsAt(5));

  test('forward mode', () => {
    const directions = { outputs: ['loss'], wrt: realInputs(graph) };
    expect(compare(jvp(graph, directions), jvp(cut, directions))).toBeLessThan(BOUND);
  });
  test('a gradient whose scans are cut, once it is there', () => {
    const backward = gradient(graph, request);
    expect(compare(backward, checkpoint(backward, { steps: 3 }))).toBeLessThan(BOUND);
  });
  test('gradients of gradients', () => {
    const again = (once: Graph): Graph => {
      const outputs = once.outputs.map((output) => ({
        ...output,
        name: output.name.replace('grad.', 'first.'),
      }));
      const wanted = outputs.flatMap(({ name }) => (name.startsWith('first.') ? [name] : []));
      return vjp({ ...once, outputs }, { outputs: wanted, wrt: realInputs(graph) });
    };
    expect(compare(again(gradient(graph, request)), again(gradient(cut, request)))).toBeLessThan(BOUND);
  });
  test('once more with other segments, it stays as it is', () => {
    expect(printGraph(checkpoint(cut, { steps: 3 }))).toBe(printGraph(cut));
  });
  test.each([
    [4, 2],
    [3, 2],
    [7, 3],
    [2, 5],
  ])('segments of %i steps in segments of %i', (outer, inner) => {
    const twice = checkpoint(checkpoint(graph, { steps: outer }), { axis: `T.in${outer}`, steps: inner });
    expect(printGraph(twice)).toContain(`scan over T.in${outer} in segments of ${inner}`);
    const [plain, cut] = [gradient(graph, request), gradient(twice, request)];
    expect(compare(plain, cut)).toBeLessThan(BOUND);
    expect(compare(plain, runPasses(cut, PIPELINE, { verify: true }).graph)).toBeLessThan(BOUND);
    expect(compare(plain, unroll(cut, { steps: 5 }))).toBeLessThan(BOUND);
  });
  test('a scan over time inside of another scan', () => {
    const outer = new GraphBuilder('outer');
    const { inputs, nodes } = lstm({ startGiven: true });
    const types = inputs.map((id) => typeOf({ nodes }, id));
    const x = outer.input('x', real('S', ...types[0].shape), 'input');
    const weights = types.slice(1).map(({ shape }, k) => outer.input(`w${k}`, real(...shape), 'parameter'));
    const body = new GraphBuilder('sentence');
    body.input('s', index(), 'step');
    const places = [
      body.input('x', types[0], 'sequence'),
      ...types.slice(1).map((type, k) => body.input(`w${k}`, type, 'capture')),
    ];
    const values = new Map(inputs.map((id, k) => [id, places[k]]));
    copyNodes(body, lstm({ startGiven: true }), values);
    const [h] = lstm({ startGiven: true }).outputs;
    body.output('h', values.get(h.node)!);
    const { stacked } = outer.scan({
      axis: 'S',
      carries: [],
      sequences: [x],
      captures: weights,
      body: body.finish(),
      stacked: 1,
      summed: 0,
    });
    outer.output('h', stacked[0]);
    const plain = outer.finish();
    const cut = checkpoint(plain, { steps: 2 });
    expect(printGraph(cut)).toContain('scan over T in segments of 2');
    const wanted = { outputs: ['h'], wrt: realInputs(plain) };
    const extents = new Map([...extentsAt(5), ['S', 3]]);
    const [before, after] = [vjp(plain, wanted), sound(vjp(cut, wanted))];
    expect(difference(before, after, drawInputs(before, extents, 1), extents)).toBeLessThan(BOUND);
  });
  test('another axis has no such scans', () => {
    expect(printGraph(checkpoint(graph, { axis: 'S', steps: 3 }))).toBe(printGraph(graph));
  });
  test('a part of a step is refused', () => {
    expect(() => checkpoint(graph, { steps: 0 })).toThrow(/segments of 0 steps/);
    expect(() => checkpoint(graph, { steps: 1.5 })).toThrow(/segments of 1.5 steps/);
  });
  test('a batch comes before segments', () => {
    expect(() => batch(checkpoint(simpleRnn(), { steps: 2 }), { lengths: false })).toThrow(
      /not the other way/,
    );
  });
});

describe('what is kept', () => {
  const [n, m, steps] = [3, 4, 8];
  const graph = batch(lstm({ n, m }), { lengths: true });
  const request = { outputs: ['h'], wrt: realInputs(graph).filter((name) => name !== 'x') };
  const plain = vjp(graph, request);
  const cut = vjp(checkpoint(graph, { steps }), request);
  const scans = (of: Graph): readonly ScanNode[] => of.nodes.filter((node) => node.kind === 'scan');

  test('of an LSTM, seven values of each step; in segments, two of each segment', () => {
    const [forward, backward] = scans(plain);
    expect(forward.stacked).toBe(1 + 7);
    expect(backward.sequences).toHaveLength(1 + 7 + 1);
    const [first, last] = scans(cut);
    const stacks = cut.nodes.flatMap((node) =>
      node.kind === 'result' && cut.nodes[node.scan] === first && node.index >= 2 ? [node.type.shape] : [],
    );
    expect(stacks).toEqual([
      [TIME, BATCH, m],
      ['T.by8', BATCH, m],
      ['T.by8', BATCH, m],
    ]);
    // Inside a segment's backward pass: its steps once more, with residuals, and then back.
    const [again, back] = scans(last.body);
    expect([again.axis, again.reverse, again.stacked]).toEqual(['T.in8', false, 1 + 7]);
    expect([back.axis, back.reverse]).toEqual(['T.in8', true]);
  });

  test('the numbers that the reference holds at a time', () => {
    const held = (of: Graph, T: number): number => evaluationBytes(of, extentsAt(T)) / 8;
    const [B, long] = [3, 8000];
    const perStep = (of: Graph): number => (held(of, 2 * long) - held(of, long)) / long / B;
    // x, the cotangent of h, h; seven residuals of m.
    expect(perStep(plain)).toBeCloseTo(n + m + m + 7 * m, 6);
    // Of these seven an eighth of two.
    expect(perStep(cut)).toBeCloseTo(n + m + m + (2 * m) / steps, 6);
    expect(held(cut, long) / held(plain, long)).toBeLessThan(0.35);
  });
});

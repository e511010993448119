// What the whole pipeline makes of cells: the same numbers, and the structure that hand-written kernels have.
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Pass } from '../../src/passes/pass.ts';
import { PIPELINE, runPasses } from '../../src/passes/pipeline.ts';
import { simplify } from '../../src/passes/simplify.ts';
import { lstm, lstmWithLoss, simpleRnn } from '../autodiff/cells.ts';
import { gru, joinedRnn, minGru, splitLstm, twoLayers } from './cells.ts';
import { difference } from './compare.ts';
import { asBatch, extentsOf, programInputs, withGradients } from './random-graph.ts';
import { countCalls, loopsOf, products } from './structure.ts';

const CELLS: Readonly<Record<string, (options: { reverse?: boolean }) => Graph>> = {
  'simple RNN': simpleRnn,
  LSTM: lstm,
  'LSTM with a loss': lstmWithLoss,
  'LSTM, split': splitLstm,
  'GRU, reset before': (options) => gru('before', options),
  'GRU, reset after': (options) => gru('after', options),
  minGRU: minGru,
  'two layers': twoLayers,
  'joined RNN': joinedRnn,
};

describe.each(Object.entries(CELLS))('%s', (_, cell) => {
  const graphs: [string, (reverse: boolean) => Graph][] = [
    ['of one sequence', (reverse) => cell({ reverse })],
    ['gradients of one sequence', (reverse) => withGradients(cell({ reverse }))],
    ['of a batch', (reverse) => asBatch(cell({ reverse }), {})],
    ['gradients of a batch', (reverse) => asBatch(cell({ reverse }), { gradient: true })],
    ['with lengths', (reverse) => asBatch(cell({ reverse }), { lengths: true })],
    ['gradients with lengths', (reverse) => asBatch(cell({ reverse }), { lengths: true, gradient: true })],
  ];
  test.each(graphs)('%s: the same numbers', (_name, make) => {
    for (const reverse of [false, true]) {
      const graph = make(reverse);
      const { graph: after } = runPasses(graph, PIPELINE, { verify: true });
      for (const [T, B] of [
        [1, 1],
        [5, 3],
      ]) {
        const extents = extentsOf(T, B);
        const inputs = programInputs(graph, T, { extents, padding: Number.NaN });
        expect(difference(graph, after, inputs, extents)).toBeLessThan(1e-12);
      }
    }
  });
});

/** What the pipeline makes of a cell's batch. */
function optimised(cell: Graph, options: { lengths?: boolean; gradient?: boolean } = {}): Graph {
  return runPasses(asBatch(cell, options), PIPELINE, { verify: true }).graph;
}

describe.each([false, true])('structure, lengths: %s', (lengths) => {
  test('LSTM: the input projection before the loop, one product inside', () => {
    const forward = optimised(lstm(), { lengths });
    expect(products(forward)).toEqual({ loops: [1], outside: 1 });
    expect(loopsOf(forward)[0].sequences).toHaveLength(1);
    expect(loopsOf(forward)[0].captures).toHaveLength(5); // the joined weights, and four biases
  });

  test('LSTM: one product in each loop of the gradient; after them one for x, one for W, one for U', () => {
    const both = optimised(lstm(), { lengths, gradient: true });
    expect(products(both)).toEqual({ loops: [1, 1], outside: 1 + 3 });
    const [, backward] = loopsOf(both);
    expect(backward.summed).toBe(0);
    expect(backward.stacked).toBe(1);
    expect(countCalls(both, 'sum')).toBe(1);
  });

  test('LSTM from one matrix: the same', () => {
    const both = optimised(splitLstm(), { lengths, gradient: true });
    expect(products(both)).toEqual({ loops: [1, 1], outside: 1 + 3 });
  });

  test('GRU, reset after the product: one product in each loop', () => {
    expect(products(optimised(gru('after'), { lengths }))).toEqual({ loops: [1], outside: 1 });
    expect(products(optimised(gru('after'), { lengths, gradient: true })).loops).toEqual([1, 1]);
  });

  test('GRU, reset before the product: two, since one needs the other', () => {
    expect(products(optimised(gru('before'), { lengths }))).toEqual({ loops: [2], outside: 1 });
    expect(products(optimised(gru('before'), { lengths, gradient: true })).loops).toEqual([2, 2]);
  });

  test('minGRU: no product in any loop', () => {
    expect(products(optimised(minGru(), { lengths }))).toEqual({ loops: [0], outside: 1 });
    expect(products(optimised(minGru(), { lengths, gradient: true })).loops).toEqual([0, 0]);
  });

  test('two layers: a loop each, and one product between them', () => {
    const forward = optimised(twoLayers(), { lengths });
    expect(products(forward)).toEqual({ loops: [1, 1], outside: 3 }); // low.W x, top.W low, out.W top
    expect(loopsOf(forward).map((scan) => scan.carries.length)).toEqual([1, 1]);
    expect(loopsOf(forward).every((scan) => countCalls(scan.body, 'gather') === 0)).toBe(true);
    const both = optimised(twoLayers(), { lengths, gradient: true });
    expect(products(both).loops).toEqual([1, 1, 1, 1]);
    expect(countCalls(both, 'scatter_add')).toBeGreaterThan(0);
    expect(loopsOf(both).every((scan) => scan.summed === 0)).toBe(true);
  });

  test('W [x; prev h]: W1 x before the loop, W2 prev h in it', () => {
    expect(products(optimised(joinedRnn(), { lengths }))).toEqual({ loops: [1], outside: 1 });
  });
});

describe('the runner', () => {
  const graph = asBatch(lstm(), { gradient: true });

  test('reports each pass, and times with a clock that it is given', () => {
    let now = 0;
    const clock = () => now++;
    const seen: string[] = [];
    const { reports } = runPasses(graph, PIPELINE, { clock, onGraph: (_, pass) => seen.push(pass.name) });
    expect(reports.map((report) => report.pass)).toEqual(PIPELINE.map((pass) => pass.name));
    expect(reports.every((report) => report.milliseconds === 1)).toBe(true);
    expect(seen).toEqual(reports.filter((report) => report.changed).map((report) => report.pass));
    expect(runPasses(graph).reports.every((report) => report.milliseconds === undefined)).toBe(true);
  });

  test('tells what was done in words', () => {
    const notes = runPasses(graph).reports.flatMap((report) => report.notes.map((note) => note.message));
    expect(notes).toContain('the product with W.i is computed for all steps at once, before the loop');
    expect(notes).toContain('the product with U.i stays in the loop: it needs the step before');
    expect(notes).toContain('4 products become one');
  });

  test('names the pass that breaks a graph', () => {
    const broken: Pass = {
      name: 'breaker',
      summary: 'loses the outputs',
      run: (before) => ({ graph: { ...before, inputs: before.inputs.slice(1) }, notes: [] }),
    };
    expect(() => runPasses(graph, [simplify, broken], { verify: true })).toThrow(InvariantError);
    expect(() => runPasses(graph, [simplify, broken], { verify: true })).toThrow(/pass breaker breaks LSTM/);
  });
});

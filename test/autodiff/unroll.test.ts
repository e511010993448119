// Unrolling keeps the meaning, and may change places with differentiating.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { type Extents, index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { type CellOptions, lstmWithLoss, simpleRnn } from './cells.ts';
import { distance, drawInputs, realInputs, realOutputs, type Values } from './differences.ts';

/** The largest distance between what two graphs compute from the same inputs. */
function apart(a: Graph, b: Graph, inputs: Values, extents: Extents): number {
  expect(verify(a)).toEqual([]);
  expect(verify(b)).toEqual([]);
  const [from, to] = [evaluate(a, inputs, extents), evaluate(b, inputs, extents)];
  expect([...to.keys()]).toEqual([...from.keys()]);
  return Math.max(...[...from].map(([name, value]) => distance(value, to.get(name)!)));
}

const options: readonly CellOptions[] = [{}, { startGiven: true }, { startGiven: true, reverse: true }];

describe.each(Object.entries({ simpleRnn, lstmWithLoss }))('%s', (_, make) => {
  describe.each(options.map((option) => [JSON.stringify(option), option] as const))('%s', (_, option) => {
    test.each([1, 4])('%i steps', (steps) => {
      const graph = make(option);
      const extents: Extents = new Map([['T', steps]]);
      const values = drawInputs(graph, extents, 1);
      const flat = unroll(graph, { steps });
      expect(flat.nodes.some((node) => node.kind === 'scan')).toBe(false);
      expect(apart(graph, flat, values, extents)).toBeLessThan(1e-12);

      const request = { output: 'loss', wrt: realInputs(graph) };
      const scanned = gradient(graph, request);
      expect(apart(scanned, gradient(flat, request), values, extents)).toBeLessThan(1e-12);
      expect(apart(scanned, unroll(scanned, { steps }), values, extents)).toBeLessThan(1e-12);
    });

    test.each([false, true])('a batch, lengths: %s', (lengths) => {
      const graph = batch(make(option), { lengths });
      const extents: Extents = new Map([
        ['T', 4],
        ['B', 3],
      ]);
      const given: Values = lengths ? new Map([['lengths', indexTensor([3], [4, 1, 2])]]) : new Map();
      const flat = unroll(graph, { steps: 4 });
      const request = { outputs: realOutputs(graph), wrt: realInputs(graph) };
      const scanned = vjp(graph, request);
      const values = drawInputs(scanned, extents, 2, given);
      const forward = new Map([...values].filter(([name]) => !name.startsWith('cotangent.')));
      expect(apart(graph, flat, forward, extents)).toBeLessThan(1e-12);
      expect(apart(scanned, vjp(flat, request), values, extents)).toBeLessThan(1e-12);
      expect(apart(scanned, unroll(scanned, { steps: 4 }), values, extents)).toBeLessThan(1e-12);
    });
  });
});

test('operations over a whole sequence, outside of scans', () => {
  const g = new GraphBuilder('outside');
  const x = g.input('x', real('T', 'B', 6), 'input');
  const seed = g.input('seed', index('B'), 'seed');
  const parts = g.call('reshape', [x], { shape: ['T', 'B', 2, 3] });
  const positions = g.call('convert', [g.call('iota', [], { extent: 'T' })], { element: 'real' });
  const noise = g.call('uniform', [seed, g.call('iota', [], { extent: 'T' })], { name: 'noise', shape: [2] });
  g.output('parts', parts);
  g.output('positions', g.broadcast(positions, ['T', 'B'], [0]));
  g.output('length', g.call('extent', [], { extent: 'T' }));
  g.output('ones', g.constant(1, ['T', 2]));
  g.output('noise', noise);
  const graph = g.finish();
  const extents: Extents = new Map([
    ['T', 4],
    ['B', 3],
  ]);
  const flat = unroll(graph, { steps: 4 });
  expect(printGraph(flat)).not.toContain('T');
  expect(apart(graph, flat, drawInputs(graph, extents, 1), extents)).toBe(0);
});

test('no steps, or a part of one, are refused', () => {
  expect(() => unroll(simpleRnn(), { steps: 0 })).toThrow(/0 steps/);
  expect(() => unroll(simpleRnn(), { steps: 1.5 })).toThrow(/1.5 steps/);
});

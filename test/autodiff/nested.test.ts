// Scans inside scans, and gradients of gradients.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { type Extents, index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { add, lstmWithLoss, scan, simpleRnn, times } from './cells.ts';
import { distance, drawInputs, gradientError, realInputs, realOutputs } from './differences.ts';

/** At every step of T a scan over S: words in a sentence, sentences in a text. */
function nested(reverse: boolean): Graph {
  const g = new GraphBuilder('nested');
  const x = g.input('x', real('T', 'S', 2), 'input');
  const once = g.input('once', real('S', 2), 'input');
  const h0 = g.input('h0', real(2), 'state');
  const W = g.input('W', real(2, 2), 'parameter');
  const b = g.input('b', real(2), 'parameter');
  const { carried, stacked, summed } = scan(
    g,
    {
      carries: [['h', h0]],
      sequences: [['x', x]],
      captures: [
        ['once', once],
        ['W', W],
        ['b', b],
      ],
    },
    (s, { at }) => {
      const inner = scan(
        s,
        {
          axis: 'S',
          reverse,
          carries: [['k', at('h')]],
          sequences: [
            ['x', at('x')],
            ['once', at('once')],
          ],
          captures: [
            ['W', at('W')],
            ['b', at('b')],
            ['h', at('h')],
          ],
        },
        (i, { at }) => {
          const k = i.apply('tanh', add(i, times(i, at('W'), at('k')), at('x'), at('b')));
          const y = i.apply('mul', k, i.apply('sin', i.apply('mul', at('once'), at('h'))));
          return { carried: [k], stacked: [['y', y]], summed: [['total', y]] };
        },
      );
      const h = s.apply('tanh', s.apply('add', inner.carried[0], inner.summed[0]));
      return {
        carried: [h],
        stacked: [
          ['h', h],
          ['ys', inner.stacked[0]],
        ],
        summed: [['total', s.apply('mul', h, at('b'))]],
      };
    },
  );
  g.output('h', carried[0]);
  g.output('hs', stacked[0]);
  g.output('ys', stacked[1]);
  g.output('total', summed[0]);
  return g.finish();
}

describe.each([false, true])('a scan inside a scan, the inner one reversed: %s', (reverse) => {
  const graph = nested(reverse);
  const extents: Extents = new Map([
    ['T', 3],
    ['S', 2],
    ['B', 3],
  ]);
  const lengths = new Map([['lengths', indexTensor([3], [3, 1, 2])]]);

  test('one sequence', () => {
    expect(verify(graph)).toEqual([]);
    expect(gradientError(graph, extents)).toBeLessThan(1e-9);
  });
  test('a batch with lengths: the inner scan leaves out who is not alive outside', () => {
    const batched = batch(graph, { lengths: true });
    expect(gradientError(batched, extents, { inputs: lengths })).toBeLessThan(1e-9);
    const inputs = drawInputs(batched, extents, 1, lengths);
    const x = inputs.get('x')!;
    const padded = x.data.map((value, i) => {
      const [t, b] = [Math.floor(i / 12), Math.floor(i / 2) % 3];
      return t < [3, 1, 2][b] ? value : NaN;
    });
    const backward = vjp(batched, { outputs: ['h'], wrt: realInputs(batched) });
    const seeded = drawInputs(backward, extents, 1, inputs);
    const [want, found] = [seeded, new Map([...seeded, ['x', { ...x, data: padded }]])].map((values) =>
      evaluate(backward, values, extents),
    );
    for (const [name, value] of want) expect(distance(value, found.get(name)!)).toBe(0);
  });
  test('lengths are those of T', () => {
    const [outer] = batch(graph, { lengths: true }).nodes.filter((node) => node.kind === 'scan');
    const [inner] = outer.body.nodes.filter((node) => node.kind === 'scan');
    expect(outer.lengths).toBeDefined();
    expect(inner.lengths).toBeUndefined();
  });
  test.each(['T', 'S'])('unrolled over %s', (axis) => {
    const batched = batch(graph, { lengths: true });
    const request = { outputs: realOutputs(batched), wrt: realInputs(batched) };
    const steps = extents.get(axis)!;
    const scanned = vjp(batched, request);
    const inputs = drawInputs(scanned, extents, 2, lengths);
    const want = evaluate(scanned, inputs, extents);
    for (const other of [vjp(unroll(batched, { axis, steps }), request), unroll(scanned, { axis, steps })]) {
      expect(verify(other)).toEqual([]);
      const found = evaluate(other, inputs, extents);
      for (const [name, value] of want) expect(distance(value, found.get(name)!)).toBeLessThan(1e-12);
    }
  });
});

test('lengths outside and inside: who is not alive in one of them adds nothing to a weight', () => {
  const g = new GraphBuilder('lengths');
  const x = g.input('x', real('T', 'S', 'B'), 'input');
  const w = g.input('w', real(), 'parameter');
  const outer = g.input('outer', index('B'), 'lengths');
  const inner = g.input('inner', index('B'), 'input');
  const { carried } = scan(
    g,
    {
      lengths: outer,
      carries: [['h', g.constant(1, ['B'])]],
      sequences: [['x', x]],
      captures: [
        ['w', w],
        ['inner', inner],
      ],
    },
    (s, { at }) => {
      const { summed } = scan(
        s,
        {
          axis: 'S',
          lengths: at('inner'),
          carries: [],
          sequences: [['x', at('x')]],
          captures: [
            ['w', at('w')],
            ['h', at('h')],
          ],
        },
        (i, { at }) => {
          const product = i.apply('mul', i.broadcast(at('w'), ['B'], []), at('x'));
          return { carried: [], summed: [['y', i.apply('add', i.apply('sin', at('h')), product)]] };
        },
      );
      return { carried: [summed[0]] };
    },
  );
  g.output('h', carried[0]);
  const graph = g.finish();
  expect(verify(graph)).toEqual([]);
  const extents: Extents = new Map([
    ['T', 3],
    ['S', 2],
    ['B', 3],
  ]);
  const [outside, inside] = [
    [3, 1, 2],
    [1, 2, 2],
  ];
  const lengths = new Map([
    ['outer', indexTensor([3], outside)],
    ['inner', indexTensor([3], inside)],
  ]);
  const x0 = drawInputs(graph, extents, 1).get('x')!;
  const padded = x0.data.map((value, i) => {
    const [t, s, b] = [Math.floor(i / 6), Math.floor(i / 3) % 2, i % 3];
    return t < outside[b] && s < inside[b] ? value : NaN;
  });
  const inputs = new Map([...lengths, ['x', { ...x0, data: padded }] as const]);
  expect(gradientError(graph, extents, { inputs: lengths })).toBeLessThan(1e-9);
  expect(gradientError(graph, extents, { inputs })).toBeLessThan(1e-9);
});

describe('second order', () => {
  const extents: Extents = new Map([
    ['T', 3],
    ['B', 2],
  ]);
  const small = { n: 2, m: 2, startGiven: true };

  /** The gradients alone, with names of their own: the second ones are called grad again. */
  function gradientsOf(graph: Graph, wrt: readonly string[]): Graph {
    const first = gradient(graph, { output: 'loss', wrt });
    const outputs = first.outputs.flatMap(({ name, node }) =>
      name.startsWith('grad.') ? [{ name: `first.${name}`, node }] : [],
    );
    return { ...first, outputs };
  }

  test.each(Object.entries({ simpleRnn, lstmWithLoss }))(
    '%s: a gradient is a graph to differentiate',
    (_, make) => {
      const graph = make(small);
      expect(gradientError(gradientsOf(graph, realInputs(graph)), extents)).toBeLessThan(1e-9);
    },
  );

  test('in a batch with lengths', () => {
    const graph = batch(simpleRnn(small), { lengths: true });
    const first = gradientsOf(graph, ['U', 'b', 'state.h']);
    const inputs = new Map([['lengths', indexTensor([2], [3, 1])]]);
    expect(gradientError(first, extents, { inputs })).toBeLessThan(1e-9);
  });

  test('the names of first gradients are taken', () => {
    const graph = simpleRnn(small);
    const first = gradient(graph, { output: 'loss', wrt: ['U'] });
    expect(() => vjp(first, { outputs: ['grad.U'], wrt: ['U'] })).toThrow(/already has grad.U/);
  });
});

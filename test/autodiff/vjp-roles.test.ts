// The gradient of a scan, role by role: carries of every kind, values in several roles at once, scans in a chain. By
// differences, and by answers that can be written down. (What other systems got wrong is in test/museum.)
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { gradient } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { scan } from './cells.ts';
import { gradientError, inputsOf, realInputs } from './differences.ts';

type Numbers = Readonly<Record<string, number | readonly number[] | readonly (readonly number[])[]>>;

/** The gradients of the output `loss` by all real inputs, flat. */
function gradientsAt(graph: Graph, numbers: Numbers): Record<string, number[]> {
  const wrt = realInputs(graph);
  const backward = gradient(graph, { output: 'loss', wrt });
  expect(verify(backward)).toEqual([]);
  const inputs = inputsOf(graph).map(({ name, type }) => {
    const value = numbers[name];
    const [first] = Array.isArray(value) ? value : [];
    const shape = Array.isArray(first) ? [value, first] : Array.isArray(value) ? [value] : [];
    const flat = [value].flat(2) as number[];
    const sizes = shape.map((row) => (Array.isArray(row) ? row.length : 0));
    return [name, type.element === 'real' ? realTensor(sizes, flat) : indexTensor(sizes, flat)] as const;
  });
  const outputs = evaluate(backward, new Map(inputs));
  return Object.fromEntries(wrt.map((name) => [name, [...outputs.get(`grad.${name}`)!.data]]));
}

test('a sequence in two roles, and a value of the step that is carried, stacked twice and summed', () => {
  const g = new GraphBuilder('cell');
  const x = g.input('x', real('T'), 'input');
  const { carried, stacked, summed } = scan(
    g,
    {
      carries: [['h', g.constant(0)]],
      sequences: [
        ['x', x],
        ['again', x],
      ],
      captures: [],
    },
    (s, { at }) => {
      const y = s.apply('mul', at('x'), at('again'));
      return {
        carried: [s.apply('add', at('h'), y)],
        stacked: [
          ['y', y],
          ['y too', y],
        ],
        summed: [['sum', y]],
      };
    },
  );
  const total = (id: NodeId): NodeId => g.sum(id, [0]);
  const terms = [carried[0], summed[0], total(stacked[0]), total(stacked[1])];
  g.output(
    'loss',
    terms.reduce((sum, term) => g.apply('add', sum, term)),
  );
  // Four times the sum of x^2.
  expect(gradientsAt(g.finish(), { x: [1, 2, 3] })).toEqual({ x: [8, 16, 24] });
});

test('what lies behind the end of a sequence reaches no gradient, not even where it is not a number', () => {
  const g = new GraphBuilder('cell');
  const x = g.input('x', real('T'), 'input');
  const w = g.input('w', real(), 'parameter');
  const { carried } = scan(
    g,
    { carries: [['h', g.constant(0)]], sequences: [['x', x]], captures: [['w', w]] },
    (s, { at }) => ({ carried: [s.apply('add', at('h'), s.apply('mul', at('w'), at('x')))] }),
  );
  g.output('loss', carried[0], 'sequences');
  const found = gradientsAt(batch(g.finish(), { lengths: true }), {
    x: [
      [1, 10],
      [2, NaN],
      [3, Infinity],
    ],
    w: 4,
    lengths: [3, 1],
  });
  expect(found).toEqual({ x: [2, 2, 2, 0, 2, 0], w: [8] });
});

describe('carries of every kind', () => {
  /** Checks a scan with the carries a and b, from one start or two, by differences. */
  function check(
    next: (s: GraphBuilder, a: NodeId, b: NodeId, x: NodeId) => readonly [NodeId, NodeId],
    starts: 'two' | 'one' | 'constant' = 'two',
  ): void {
    for (const outputs of [['a'], ['b'], ['a', 'b'], ['ys'], ['a', 'ys', 'zs']]) {
      const g = new GraphBuilder('carries');
      const x = g.input('x', real('T', 2), 'input');
      const a0 = starts === 'constant' ? g.constant(0.5, [2]) : g.input('a0', real(2), 'state');
      const b0 = starts === 'two' ? g.input('b0', real(2), 'state') : a0;
      const { carried, stacked } = scan(
        g,
        {
          carries: [
            ['a', a0],
            ['b', b0],
          ],
          sequences: [['x', x]],
          captures: [],
        },
        (s, { at }) => {
          const [a, b] = next(s, at('a'), at('b'), at('x'));
          return {
            carried: [a, b],
            stacked: [
              ['y', a],
              ['z', at('b')],
            ],
          };
        },
      );
      g.output('a', carried[0]);
      g.output('b', carried[1]);
      g.output('ys', stacked[0]);
      g.output('zs', stacked[1]);
      const graph = g.finish();
      for (const steps of [1, 2, 4]) {
        expect(gradientError(graph, new Map([['T', steps]]), { outputs })).toBeLessThan(1e-9);
      }
      const batched = batch(graph, { lengths: true });
      const inputs = new Map([['lengths', indexTensor([3], [2, 4, 1])]]);
      const extents = new Map([
        ['T', 4],
        ['B', 3],
      ]);
      expect(gradientError(batched, extents, { outputs, inputs })).toBeLessThan(1e-9);
    }
  }

  test('both change', () => {
    check((s, a, b, x) => [s.apply('tanh', s.apply('add', a, x)), s.apply('mul', b, s.apply('sin', a))]);
  });
  test('one passes through', () => check((s, a, b, x) => [s.apply('mul', a, s.apply('mul', b, x)), b]));
  test('both pass through', () => check((_, a, b) => [a, b]));
  test('they change places', () => check((_, a, b) => [b, a]));
  test('they change places and one grows', () => check((s, a, b, x) => [s.apply('mul', b, x), a]));
  test('one is not used', () => check((s, a, _, x) => [s.apply('mul', a, x), x]));
  test('one is a constant after the first step', () => {
    check((s, a, b, x) => [s.apply('add', s.apply('mul', a, b), x), s.constant(0.3, [2])]);
  });
  test('one follows the other a step behind', () => check((s, a, _, x) => [s.apply('mul', a, x), a]));
  test('both start from one value', () => {
    check((s, a, b, x) => [s.apply('mul', a, s.apply('cos', b)), s.apply('sub', b, x)], 'one');
  });
  test('both start from a constant', () => {
    check((s, a, b, x) => [s.apply('add', b, x), s.apply('mul', a, x)], 'constant');
  });
  test('a start that no gradient reaches', () => check((s, _, __, x) => [s.apply('sin', x), x]));
});

test('two scans, the second over the results of the first, backwards', () => {
  const g = new GraphBuilder('chain');
  const x = g.input('x', real('T', 2), 'input');
  const w = g.input('w', real(2), 'parameter');
  const step = (reverse: boolean, sequence: NodeId, start: NodeId) =>
    scan(
      g,
      { reverse, carries: [['h', start]], sequences: [['x', sequence]], captures: [['w', w]] },
      (s, { at }) => {
        const h = s.apply('tanh', s.apply('add', s.apply('mul', at('h'), at('w')), at('x')));
        return { carried: [h], stacked: [['h', h]] };
      },
    );
  const first = step(false, x, w);
  const second = step(true, first.stacked[0], first.carried[0]);
  g.output('h', second.carried[0]);
  g.output('hs', second.stacked[0]);
  const graph = g.finish();
  expect(gradientError(graph, new Map([['T', 4]]))).toBeLessThan(1e-9);
  const inputs = new Map([['lengths', indexTensor([2], [2, 4])]]);
  const extents = new Map([
    ['T', 4],
    ['B', 2],
  ]);
  expect(gradientError(batch(graph, { lengths: true }), extents, { inputs })).toBeLessThan(1e-9);
});

test('a value that is a sequence, a capture and a start at once', () => {
  const g = new GraphBuilder('roles');
  const h0 = g.input('h0', real('T'), 'state');
  const { carried } = scan(
    g,
    { carries: [['h', h0]], sequences: [['x', h0]], captures: [['whole', h0]] },
    (s, { at }) => {
      const x = s.broadcast(at('x'), ['T'], []);
      return { carried: [s.apply('add', s.apply('mul', at('h'), x), s.apply('sin', at('whole')))] };
    },
  );
  g.output('y', carried[0]);
  expect(gradientError(g.finish(), new Map([['T', 3]]))).toBeLessThan(1e-9);
});

test('what is differentiated may itself be an input, and what nothing depends on has a gradient of zero', () => {
  const g = new GraphBuilder('plain');
  const x = g.input('x', real(2), 'input');
  g.input('unused', real(3), 'input');
  const k = g.input('k', real(), 'input');
  g.output('x', x);
  g.output('loss', g.apply('floor', k));
  expect(gradientError(g.finish(), new Map(), { outputs: ['x'] })).toBeLessThan(1e-9);
  const found = gradientsAt(g.finish(), { x: [1, 2], unused: [1, 2, 3], k: 0.5 });
  expect(found).toEqual({ x: [0, 0], unused: [0, 0, 0], k: [0] });
});

test('a name that is not there, an output that is no number, a gradient by a category are refused', () => {
  const g = new GraphBuilder('plain');
  const x = g.input('x', real(2), 'input');
  g.input('k', { element: 'index', shape: [] }, 'input');
  g.output('x', x);
  const graph = g.finish();
  expect(() => gradient(graph, { output: 'x', wrt: ['x'] })).toThrow(/not a scalar/);
  expect(() => gradient(graph, { output: 'y', wrt: ['x'] })).toThrow(/no output y/);
  g.output('total', g.sum(x, [0]));
  expect(() => gradient(g.finish(), { output: 'total', wrt: ['z'] })).toThrow(/no input z/);
  expect(() => gradient(g.finish(), { output: 'total', wrt: ['k'] })).toThrow(/not real/);
});

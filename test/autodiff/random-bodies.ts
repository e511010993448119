// Random scan bodies, and what to evaluate them at: of smooth instructions, or of all, some of which have kinks.
import fc from 'fast-check';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { type Extents, index, real } from '../../src/graph/type.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { scan, times } from './cells.ts';
import type { Values } from './differences.ts';

const N = 2;
const ROWS = 3;

/** What an instruction makes of two vectors; all results stay small. */
export const SMOOTH: Record<
  string,
  (s: GraphBuilder, a: NodeId, b: NodeId, at: (name: string) => NodeId) => NodeId
> = {
  add: (s, a, b) => s.apply('add', a, b),
  sub: (s, a, b) => s.apply('sub', a, b),
  mul: (s, a, b) => s.apply('mul', s.apply('sin', a), b),
  over: (s, a, b) => s.apply('div', a, s.apply('add', s.apply('mul', b, b), s.constantLike(1, b))),
  pow: (s, a, b) =>
    s.apply('pow', s.apply('add', s.apply('sigmoid', a), s.constantLike(0.5, a)), s.apply('tanh', b)),
  tanh: (s, a) => s.apply('tanh', a),
  sigmoid: (s, a) => s.apply('sigmoid', a),
  softplus: (s, a) => s.apply('log1p', s.apply('exp', s.apply('tanh', a))),
  root: (s, a) => s.apply('sqrt', s.apply('add', s.apply('mul', a, a), s.constantLike(1, a))),
  wave: (s, a, b) => s.apply('add', s.apply('cos', a), s.apply('sin', b)),
  weigh: (s, a, _, at) => s.apply('tanh', times(s, at('W'), a)),
  scale: (s, a, _, at) => s.apply('mul', s.broadcast(at('w'), [N], []), s.apply('tanh', a)),
  total: (s, a) => s.apply('tanh', s.broadcast(s.sum(a, [0]), [N], [])),
  swap: (s, a, b) => {
    const part = (v: NodeId, start: number): NodeId => s.call('slice', [v], { axis: 0, start, size: 1 });
    return s.call('concat', [part(a, 1), part(b, 0)], { axis: 0 });
  },
  outer: (s, a, b) => {
    const product = s.contract(a, s.apply('tanh', b), { left: 'i', right: 'j', out: 'ji' });
    const turned = s.call('transpose', [product], { order: [1, 0] });
    return s.apply('tanh', s.sum(s.call('reshape', [turned], { shape: [N, 1, N] }), [1, 2]));
  },
  look: (s, a, _, at) => s.apply('add', a, s.apply('gather', at('table'), at('k'))),
  step: (s, a, _, at) => {
    const t = s.call('convert', [at('step')], { element: 'real' });
    return s.apply('mul', a, s.broadcast(s.apply('sin', t), [N], []));
  },
};
const KINKED: typeof SMOOTH = {
  max: (s, a, b) => s.apply('max', a, b),
  min: (s, a, b) => s.apply('min', a, b),
  abs: (s, a) => s.apply('abs', a),
  largest: (s, a) => s.broadcast(s.call('max_over', [a], { axes: [0] }), [N], []),
  choose: (s, a, b) => s.apply('select', s.apply('lt', a, b), s.apply('sin', a), b),
  floor: (s, a, b) => s.apply('add', a, s.apply('floor', b)),
  hold: (s, a, b) => s.apply('mul', a, s.apply('stop', s.apply('tanh', b))),
};
export const ALL = { ...SMOOTH, ...KINKED };

/** Instructions work on what is there: vectors 0 to 3 are the carries, x and u; each adds one. */
interface Plan {
  readonly instructions: readonly (readonly [name: string, a: number, b: number])[];
  /** Which vectors are the new carries, are stacked, are summed: counted from the last. */
  readonly carried: readonly [number, number];
  readonly stacked: readonly number[];
  readonly summed: readonly number[];
  readonly reverse: boolean;
}

/** Plans of instructions of these names. */
export function planOf(names: readonly string[]): fc.Arbitrary<Plan> {
  const pick = fc.nat({ max: 20 });
  return fc.record({
    instructions: fc.array(fc.tuple(fc.constantFrom(...names), pick, pick), { minLength: 1, maxLength: 10 }),
    carried: fc.tuple(pick, pick),
    stacked: fc.array(pick, { maxLength: 2 }),
    summed: fc.array(pick, { maxLength: 2 }),
    reverse: fc.boolean(),
  });
}

/** The program of one sequence; what comes out of its scan is what it gives. */
export function graphOf(plan: Plan): Graph {
  const g = new GraphBuilder('random');
  const input = (
    name: string,
    role: 'input' | 'parameter' | 'state',
    ...shape: (number | string)[]
  ): NodeId => g.input(name, real(...shape), role);
  const [x, u] = [input('x', 'input', 'T', N), input('u', 'input', 'T', N)];
  const k = g.input('k', index('T'), 'input');
  const [W, w] = [input('W', 'parameter', N, N), input('w', 'parameter')];
  const table = input('table', 'parameter', ROWS, N);
  const [a0, b0] = [input('a0', 'state', N), input('b0', 'state', N)];
  const { carried, stacked, summed } = scan(
    g,
    {
      reverse: plan.reverse,
      carries: [
        ['a', a0],
        ['b', b0],
      ],
      sequences: [
        ['x', x],
        ['u', u],
        ['k', k],
      ],
      captures: [
        ['W', W],
        ['w', w],
        ['table', table],
      ],
    },
    (s, { at, step }) => {
      const vectors = ['a', 'b', 'x', 'u'].map(at);
      const named = (name: string): NodeId => (name === 'step' ? step : at(name));
      const vector = (i: number): NodeId => vectors[i % vectors.length];
      for (const [name, a, b] of plan.instructions) vectors.push(ALL[name](s, vector(a), vector(b), named));
      const fromLast = (i: number): NodeId => vectors[vectors.length - 1 - (i % vectors.length)];
      return {
        carried: plan.carried.map(fromLast),
        stacked: plan.stacked.map((i, n) => [`stacked${n}`, fromLast(i)]),
        summed: plan.summed.map((i, n) => [`summed${n}`, fromLast(i)]),
      };
    },
  );
  [...carried, ...stacked, ...summed].forEach((node, n) => {
    g.output(`y${n}`, node);
  });
  return g.finish();
}

export const EXTENTS: Extents = new Map([
  ['T', 4],
  ['B', 3],
]);
/** Inputs that are not drawn: the rows of the table; and in a batch the lengths. */
export const ALONE: Values = new Map([['k', indexTensor([4], [2, 0, 1, 2])]]);
export const TOGETHER: Values = new Map([
  ['k', indexTensor([4, 3], [2, 0, 1, 2, 1, 1, 0, 2, 2, 0, 1, 1])],
  ['lengths', indexTensor([3], [3, 1, 4])],
]);

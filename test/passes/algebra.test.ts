// Rules of algebra: what each writes instead, and where it must not.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, isCall, type NodeId } from '../../src/graph/graph.ts';
import { BATCH, bool, index, real, TIME } from '../../src/graph/type.ts';
import { simplifyCalls } from '../../src/passes/algebra.ts';
import { removeDead } from '../../src/passes/dead.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import { difference } from './compare.ts';
import { programInputs } from './random-graph.ts';

interface Scene {
  readonly b: GraphBuilder;
  readonly x: NodeId;
  readonly y: NodeId;
  readonly W: NodeId;
  readonly c: NodeId;
  readonly k: NodeId;
}

function program(write: (scene: Scene) => NodeId): Graph {
  const b = new GraphBuilder('rule');
  const x = b.input('x', real(BATCH, 3), 'input');
  const y = b.input('y', real(BATCH, 3), 'input');
  const W = b.input('W', real(2, 3), 'parameter');
  const k = b.input('k', index(BATCH, 3), 'input');
  const c = b.apply('lt', x, y);
  b.input('s', real(TIME, BATCH, 3), 'input');
  b.output('out', write({ b, x, y, W, c, k }));
  return b.finish();
}

/** The operations that are left, in order. */
function left(graph: Graph): string[] {
  return removeDead(simplifyCalls(graph)).nodes.flatMap((node) => (node.kind === 'call' ? [node.op] : []));
}

const number = ({ b }: Scene, value: number) => b.constant(value, [BATCH, 3]);
const row = ({ b }: Scene, value: NodeId) =>
  b.broadcast(b.call('slice', [value], { axis: 1, start: 0, size: 1 }), [4, BATCH, 1], [1, 2]);
const bn = { left: 'mn', right: 'bn', out: 'bm' };

const RULES: Readonly<Record<string, readonly [(scene: Scene) => NodeId, readonly string[]]>> = {
  'x + 0': [(s) => s.b.apply('add', s.x, number(s, 0)), []],
  '0 + x': [(s) => s.b.apply('add', number(s, 0), s.x), []],
  'x - 0': [(s) => s.b.apply('sub', s.x, number(s, 0)), []],
  '0 - x': [(s) => s.b.apply('sub', number(s, 0), s.x), ['neg']],
  'x + -y': [(s) => s.b.apply('add', s.x, s.b.apply('neg', s.y)), ['sub']],
  '-x + y': [(s) => s.b.apply('add', s.b.apply('neg', s.x), s.y), ['sub']],
  'x - -y': [(s) => s.b.apply('sub', s.x, s.b.apply('neg', s.y)), ['add']],
  '-(x - y)': [(s) => s.b.apply('neg', s.b.apply('sub', s.x, s.y)), ['sub']],
  '--x': [(s) => s.b.apply('neg', s.b.apply('neg', s.x)), []],
  'x * 1': [(s) => s.b.apply('mul', s.x, number(s, 1)), []],
  'x * -1': [(s) => s.b.apply('mul', s.x, number(s, -1)), ['neg']],
  'x * 0 stays': [(s) => s.b.apply('mul', s.x, number(s, 0)), ['constant', 'mul']],
  'x - x stays': [(s) => s.b.apply('sub', s.x, s.x), ['sub']],
  '-x * -y': [(s) => s.b.apply('mul', s.b.apply('neg', s.x), s.b.apply('neg', s.y)), ['mul']],
  'x / 1': [(s) => s.b.apply('div', s.x, number(s, 1)), []],
  'x / -1': [(s) => s.b.apply('div', s.x, number(s, -1)), ['neg']],
  '-x / -y': [(s) => s.b.apply('div', s.b.apply('neg', s.x), s.b.apply('neg', s.y)), ['div']],
  'x ^ 0': [(s) => s.b.apply('pow', s.x, number(s, 0)), ['constant']],
  'x ^ 1': [(s) => s.b.apply('pow', s.x, number(s, 1)), []],
  'x ^ 2': [(s) => s.b.apply('pow', s.x, number(s, 2)), ['mul']],
  'x ^ -1': [(s) => s.b.apply('pow', s.x, number(s, -1)), ['constant', 'div']],
  'x ^ 0.5 stays': [(s) => s.b.apply('pow', s.x, number(s, 0.5)), ['constant', 'pow']],
  'exp 0 * 3': [(s) => s.b.apply('mul', s.b.apply('exp', number(s, 0)), number(s, 3)), ['constant']],
  'abs abs -x': [(s) => s.b.apply('abs', s.b.apply('abs', s.b.apply('neg', s.x))), ['abs']],
  'max(x, x)': [(s) => s.b.apply('max', s.x, s.x), []],
  'not not c': [
    (s) => s.b.call('select', [s.b.apply('not', s.b.apply('not', s.c)), s.x, s.y], {}),
    ['lt', 'select'],
  ],
  'c and c': [(s) => s.b.apply('select', s.b.apply('and', s.c, s.c), s.x, s.y), ['lt', 'select']],
  'c or true': [
    (s) => s.b.apply('select', s.b.apply('or', s.c, s.b.constant(1, [BATCH, 3], 'bool')), s.x, s.y),
    [],
  ],
  'select of the same': [(s) => s.b.apply('select', s.c, s.x, s.x), []],
  'select of the same number': [(s) => s.b.apply('select', s.c, number(s, 2), number(s, 2)), ['constant']],
  'select by true': [(s) => s.b.apply('select', s.b.constant(1, [BATCH, 3], 'bool'), s.x, s.y), []],
  'select by not c': [(s) => s.b.apply('select', s.b.apply('not', s.c), s.x, s.y), ['lt', 'select']],
  'select in select': [
    (s) => s.b.apply('select', s.c, s.b.apply('select', s.c, s.x, number(s, 1)), s.y),
    ['lt', 'select'],
  ],
  'index to real to index': [
    (s) => s.b.call('convert', [s.b.call('convert', [s.k], { element: 'real' })], { element: 'index' }),
    [],
  ],
  'bool to real to bool': [
    (s) => {
      const n = s.b.call('convert', [s.c], { element: 'real' });
      return s.b.apply('select', s.b.call('convert', [n], { element: 'bool' }), s.x, s.y);
    },
    ['lt', 'select'],
  ],
  'real to index to real stays': [
    (s) => s.b.call('convert', [s.b.call('convert', [s.x], { element: 'index' })], { element: 'real' }),
    ['convert', 'convert'],
  ],
  'what repeats is computed once': [
    (s) => s.b.apply('tanh', s.b.apply('add', row(s, s.x), row(s, s.y))),
    ['slice', 'slice', 'add', 'tanh', 'broadcast'],
  ],
  'split and put together': [
    (s) => {
      const part = (k: number) => s.b.call('slice', [s.x], { axis: 1, start: k, size: 1 });
      return s.b.call('concat', [part(0), part(1), part(2)], { axis: 1 });
    },
    [],
  ],
  'the slopes of a split': [
    (s) => {
      const part = (v: NodeId, start: number, size: number) =>
        s.b.call('slice', [v], { axis: 1, start, size });
      const zeros = (size: number) => s.b.constant(0, [BATCH, size]);
      const left = s.b.call('concat', [part(s.x, 0, 1), zeros(2)], { axis: 1 });
      const right = s.b.call('concat', [zeros(1), part(s.y, 0, 2)], { axis: 1 });
      return s.b.apply('add', left, right);
    },
    ['slice', 'slice', 'concat'],
  ],
  'a piece of what stands side by side': [
    (s) => s.b.call('slice', [s.b.call('concat', [s.x, s.y], { axis: 1 })], { axis: 1, start: 2, size: 3 }),
    ['slice', 'slice', 'concat'],
  ],
  'transposed twice': [
    (s) => s.b.call('transpose', [s.b.call('transpose', [s.x], { order: [1, 0] })], { order: [1, 0] }),
    [],
  ],
  'transpose of a product': [
    (s) => s.b.call('transpose', [s.b.contract(s.W, s.x, bn)], { order: [1, 0] }),
    ['contract'],
  ],
  'product of a transpose': [
    (s) =>
      s.b.contract(s.b.call('transpose', [s.W], { order: [1, 0] }), s.x, {
        left: 'nm',
        right: 'bn',
        out: 'bm',
      }),
    ['contract'],
  ],
  'reshape and back': [
    (s) => s.b.call('reshape', [s.b.call('reshape', [s.x], { shape: [BATCH, 1, 3] })], { shape: [BATCH, 3] }),
    [],
  ],
  'sum of a product': [(s) => s.b.sum(s.b.contract(s.W, s.x, bn), [1]), ['sum', 'contract']],
  'sum of a product over a letter of both': [
    (s) => s.b.sum(s.b.contract(s.x, s.y, { left: 'bn', right: 'bn', out: 'bn' }), [1]),
    ['mul', 'sum'],
  ],
  'sum of sums': [(s) => s.b.sum(s.b.sum(s.x, [0]), [0]), ['sum']],
  'sum of what repeats': [
    (s) => s.b.sum(s.b.broadcast(s.x, [4, BATCH, 3], [1, 2]), [0]),
    ['constant', 'mul'],
  ],
  'sum of a constant': [(s) => s.b.sum(s.b.constant(2, [3, 4]), [0, 1]), ['constant']],
  'product with what repeats': [
    (s) => {
      const ones = s.b.broadcast(s.b.call('slice', [s.W], { axis: 1, start: 0, size: 1 }), [2, 1, 3], [0, 1]);
      const rows = s.b.call('reshape', [ones], { shape: [2, 3] });
      return s.b.contract(rows, s.x, bn);
    },
    ['slice', 'broadcast', 'reshape', 'contract'],
  ],
  'product with a constant': [
    (s) => s.b.contract(s.b.constant(2, [2, 3]), s.x, bn),
    ['sum', 'constant', 'mul', 'broadcast'],
  ],
};

describe('rules', () => {
  test.each(Object.entries(RULES))('%s', (_, [write, expected]) => {
    const graph = program(write);
    expect(left(graph)).toEqual(expected);
    const inputs = programInputs(graph, 1);
    expect(difference(graph, simplifyCalls(graph), inputs)).toBeLessThan(1e-12);
    // Where there is a NaN, there is one afterwards.
    const { shape } = inputs.get('x')!;
    inputs.set(
      'x',
      realTensor(shape, [Number.NaN, 0.5, Number.POSITIVE_INFINITY, ...new Array(6).fill(0.25)]),
    );
    expect(difference(graph, simplifyCalls(graph), inputs)).toBeLessThan(1e-12);
  });
});

test('an extent that the program gives stays one', () => {
  const b = new GraphBuilder('extent');
  b.input('x', real(TIME), 'input');
  b.output('out', b.sum(b.broadcast(b.input('s', real(), 'parameter'), [TIME], []), [0]));
  const graph = simplifyCalls(b.finish());
  expect(graph.nodes.some((node) => isCall(node, 'extent'))).toBe(true);
  const inputs = new Map([
    ['x', realTensor([3])],
    ['s', realTensor([], [2])],
  ]);
  expect(evaluate(graph, inputs).get('out')?.data[0]).toBe(6);
});

test('a mask over what a loop has stacked goes only where the lengths are those of the loop', () => {
  const make = (own: 'lengths' | 'others'): Graph => {
    const b = new GraphBuilder('mask');
    const x = b.input('x', real(TIME, BATCH), 'input');
    const lengths = b.input('lengths', index(BATCH), 'lengths');
    const others = b.input('others', index(BATCH), 'input');
    const body = new GraphBuilder('body');
    body.input('t', index(), 'step');
    body.output('y', body.apply('exp', body.input('x', real(BATCH), 'sequence')));
    const parts = { axis: TIME, lengths, carries: [], sequences: [x], captures: [], body: body.finish() };
    const { stacked } = b.scan({ ...parts, stacked: 1, summed: 0 });
    const position = b.broadcast(b.call('iota', [], { extent: TIME }), [TIME, BATCH], [0]);
    const end = b.broadcast(own === 'lengths' ? lengths : others, [TIME, BATCH], [1]);
    const alive = b.apply('lt', position, end);
    b.output('y', b.apply('select', alive, stacked[0], b.constant(0, [TIME, BATCH])));
    return b.finish();
  };
  expect(left(make('lengths'))).toEqual([]);
  expect(left(make('others'))).toContain('select');
});

test('the types of conditions', () => {
  const b = new GraphBuilder('conditions');
  const c = b.input('c', bool(3), 'input');
  b.output('out', b.apply('and', c, b.constant(1, [3], 'bool')));
  expect(left(b.finish())).toEqual([]);
});

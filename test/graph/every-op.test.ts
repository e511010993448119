// Walks the table of operations: each sample's type against a type written out by another way, its numbers against a
// direct formula over positions (nested loops and maps, none of the offsets of the implementation), and what the
// operations do at their edges.
import { describe, expect, test } from 'vitest';
import { threefry2x32 } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { OpAttributes, OpName } from '../../src/graph/ops/attributes.ts';
import { inferType, OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import { bool, concreteShape, type Dim, index, real, showType, type Type } from '../../src/graph/type.ts';
import { boolTensor, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { SAMPLE_EXTENTS, sampleEveryOp, sampleGraph, sampleInputs, sampleOp } from './sample-op.ts';

/** A position in a tensor. */
type At = readonly number[];
/** Reads an operand at a position. */
type Read = (at: At) => number;

/** The number at one position of the result; `shapes` are the operands'. */
type Formula<Attributes> = (
  at: At,
  x: readonly Read[],
  attributes: Attributes,
  shapes: readonly At[],
) => number;

const f1 =
  (f: (a: number) => number): Formula<unknown> =>
  (at, [a]) =>
    f(a(at));
const f2 =
  (f: (a: number, b: number) => number): Formula<unknown> =>
  (at, [a, b]) =>
    f(a(at), b(at));

/** All positions of a shape, in row-major order. */
function positions(shape: At): At[] {
  return shape.reduce<At[]>(
    (all, d) => all.flatMap((at) => Array.from({ length: d }, (_, i) => [...at, i])),
    [[]],
  );
}

/** The positions of an operand that a reduction puts into one of the result. */
function reduced(at: At, axes: readonly number[], shape: At): At[] {
  return positions(shape).filter((full) => String(full.filter((_, k) => !axes.includes(k))) === String(at));
}

const FORMULAS: { readonly [K in OpName]: Formula<OpAttributes[K]> } = {
  neg: f1((a) => 0 - a),
  exp: f1((a) => Math.E ** a),
  log: f1((a) => Math.log2(a) * Math.LN2),
  // Close to zero by its series, where log(1 + a) would lose its digits.
  log1p: f1((a) => (Math.abs(a) < 1e-5 ? a - a ** 2 / 2 + a ** 3 / 3 : Math.log(1 + a))),
  sqrt: f1((a) => a ** 0.5),
  tanh: f1((a) => 1 - 2 / (Math.exp(2 * a) + 1)),
  sigmoid: f1((a) => (1 + Math.tanh(a / 2)) / 2),
  abs: f1((a) => (a < 0 ? -a : a)),
  sin: f1((a) => Math.cos(a - Math.PI / 2)),
  cos: f1((a) => 1 - 2 * Math.sin(a / 2) ** 2),
  floor: f1((a) => -Math.ceil(-a)),
  not: f1((a) => (a ? 0 : 1)),
  stop: f1((a) => a),
  convert: (at, [a], { element }) =>
    element === 'real' ? a(at) : element === 'index' ? Math.floor(a(at)) : a(at) === 0 ? 0 : 1,

  add: f2((a, b) => a + b),
  sub: f2((a, b) => a - b),
  mul: f2((a, b) => a * b),
  div: f2((a, b) => a / b),
  pow: f2((a, b) => Math.exp(b * Math.log(a))),
  max: f2((a, b) => (a > b ? a : b)),
  min: f2((a, b) => (a > b ? b : a)),
  mod: f2((a, b) => a - b * Math.floor(a / b)),
  lt: f2((a, b) => (a < b ? 1 : 0)),
  le: f2((a, b) => (a > b ? 0 : 1)),
  eq: f2((a, b) => (a < b || a > b ? 0 : 1)),
  and: f2((a, b) => a * b),
  or: f2((a, b) => a + b - a * b),
  select: (at, [c, a, b]) => (c(at) === 1 ? a(at) : b(at)),
  surrogate: (at, [, , y]) => y(at),

  constant: (_, __, { value }) => value,
  iota: ([i]) => i,
  extent: (_, __, { extent }) => concreteShape([extent], SAMPLE_EXTENTS)[0],
  uniform: (at, [seed, step], { name, shape }, [seedShape, stepShape]) => {
    const [t, b, element] = [
      at.slice(0, stepShape.length),
      at.slice(stepShape.length, stepShape.length + seedShape.length),
      at.slice(stepShape.length + seedShape.length),
    ];
    const i = positions(concreteShape(shape, SAMPLE_EXTENTS)).findIndex((p) => String(p) === String(element));
    const [word] = threefry2x32(seed(b), hashOf(name), step(t), i);
    return Math.floor(word / 256) / 2 ** 24;
  },

  broadcast: (at, [a], { axes }) => a(axes.map((axis) => at[axis])),
  reshape: (at, [a], { shape }, [from]) => {
    const to = positions(concreteShape(shape, SAMPLE_EXTENTS));
    return a(positions(from)[to.findIndex((p) => String(p) === String(at))]);
  },
  transpose: (at, [a], { order }) => a(order.map((_, axis) => at[order.indexOf(axis)])),
  slice: (at, [a], { axis, start }) => a(at.with(axis, at[axis] + start)),
  concat: (at, x, { axis }, shapes) => {
    let [k, i] = [0, at[axis]];
    while (i >= shapes[k][axis]) i -= shapes[k++][axis];
    return x[k](at.with(axis, i));
  },

  sum: (at, [a], { axes }, [shape]) => reduced(at, axes, shape).reduce((total, p) => total + a(p), 0),
  max_over: (at, [a], { axes }, [shape]) =>
    reduced(at, axes, shape)
      .map(a)
      .toSorted((p, q) => q - p)[0],
  argmax: (at, [a], { axis }, [shape]) => {
    const row = reduced(at, [axis], shape).map(a);
    return row.findIndex((value) => row.every((other) => value >= other));
  },
  contract: (at, [a, b], { left, right, out }, [aShape, bShape]) => {
    let total = 0;
    for (const p of positions(aShape)) {
      for (const q of positions(bShape)) {
        const value = new Map<string, number>([...out].map((letter, k) => [letter, at[k]]));
        const agrees = [...left, ...right].every((letter, k) => {
          const i = [...p, ...q][k];
          if (!value.has(letter)) value.set(letter, i);
          return value.get(letter) === i;
        });
        if (agrees) total += a(p) * b(q);
      }
    }
    return total;
  },
  gather: (at, [table, rows], _, [, atShape]) =>
    table([rows(at.slice(0, atShape.length)), ...at.slice(atShape.length)]),
  scatter_add: ([row, ...rest], [at, rows], _, [atShape]) =>
    positions(atShape)
      .filter((p) => at(p) === row)
      .reduce((total, p) => total + rows([...p, ...rest]), 0),
};

/** FNV-1a in whole numbers of any size. */
function hashOf(text: string): number {
  let hash = 2166136261n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * 16777619n) % 2n ** 32n;
  return Number(hash);
}

/** Reads a row-major tensor at a position: Horner's scheme. */
function reader({ shape, data }: Tensor): Read {
  return (at) => data[at.reduce((offset, i, axis) => offset * shape[axis] + i, 0)];
}

/** The largest difference that rounding explains, by the size of the number. */
function expectClose(actual: number, expected: number, what: string): void {
  const difference = Math.abs(actual - expected);
  if (!Object.is(actual, expected))
    expect(difference, what).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(expected)));
}

describe.each(OP_NAMES.map((op) => ({ op })))('$op', ({ op }) => {
  const samples = sampleOp(op);

  test('has a summary, samples and its number of operands', () => {
    const { summary, arity } = OPS[op];
    expect(summary).not.toBe('');
    expect(samples.length).toBeGreaterThanOrEqual(2);
    for (const { types } of samples) if (arity !== undefined) expect(types.length).toBe(arity);
  });

  test.each(samples)('$title: numbers', (sample) => {
    const graph = sampleGraph(sample);
    const y = evaluate(graph, sampleInputs(sample), SAMPLE_EXTENTS).get('y')!;
    const type = inferType(sample.op, sample.types, sample.attributes);
    expect(y.element).toBe(type.element);
    expect(y.shape).toEqual(concreteShape(type.shape, SAMPLE_EXTENTS));
    const formula: Formula<typeof sample.attributes> = FORMULAS[op] as Formula<typeof sample.attributes>;
    const shapes = sample.operands.map((operand) => operand.shape);
    const reads = sample.operands.map(reader);
    positions(y.shape).forEach((at, i) => {
      expectClose(y.data[i], formula(at, reads, sample.attributes, shapes), `at [${at.join(', ')}]`);
    });
  });

  test.each(samples)('$title: nothing else fits', ({ types, attributes }) => {
    // One operand too many, and each operand with an axis or an element type that it must not have.
    if (OPS[op].arity !== undefined) {
      expect(() => inferType(op, [...types, real()], attributes)).toThrow(`${op} takes`);
    }
    types.forEach((type, k) => {
      const spoil = (spoiled: Type): boolean => {
        try {
          inferType(op, types.with(k, spoiled), attributes);
          return false;
        } catch (error) {
          // The message names the operation and the type.
          expect(String(error)).toContain(op);
          expect(String(error)).toContain(showType(spoiled));
          return true;
        }
      };
      if (!takesAnyElement(op, types.length)) {
        const others = [real, index, bool]
          .map((make) => make(...type.shape))
          .filter((t) => t.element !== type.element);
        expect(others.some(spoil)).toBe(true);
      }
      if (!takesAnyShape(op, types.length)) expect(spoil({ ...type, shape: [...type.shape, 9] })).toBe(true);
    });
  });
});

/** Operations that only move or copy what they are given. */
function takesAnyElement(op: OpName, operands: number): boolean {
  return ['broadcast', 'reshape', 'transpose', 'slice'].includes(op) || (op === 'concat' && operands === 1);
}

function takesAnyShape(op: OpName, operands: number): boolean {
  const { arity } = OPS[op];
  const isOfOne = arity === 1 && !['broadcast', 'reshape', 'transpose'].includes(op);
  return (
    isOfOne ||
    (op === 'concat' && operands === 1) ||
    op === 'gather' ||
    op === 'scatter_add' ||
    op === 'uniform'
  );
}

test('the walk reaches every operation', () => {
  expect(new Set(sampleEveryOp().map((sample) => sample.op))).toEqual(new Set(OP_NAMES));
  expect(Object.keys(FORMULAS).sort()).toEqual([...OP_NAMES].sort());
});

describe('types written out', () => {
  const cases: readonly (readonly [string, Type, Type])[] = [
    ['a comparison is bool', inferType('lt', [real('T', 2), real('T', 2)], {}), bool('T', 2)],
    ['indices add to indices', inferType('add', [index('B'), index('B')], {}), index('B')],
    ['select keeps the element', inferType('select', [bool(2), index(2), index(2)], {}), index(2)],
    ['iota counts an axis', inferType('iota', [], { extent: 'T' }), index('T')],
    ['an extent is a real', inferType('extent', [], { extent: 'T' }), real()],
    [
      'uniform: step, seed, shape',
      inferType('uniform', [index('B'), index('T')], { name: 'd', shape: [4] }),
      real('T', 'B', 4),
    ],
    [
      'reshape keeps names',
      inferType('reshape', [real('T', 'B', 6)], { shape: ['T', 'B', 3, 2] }),
      real('T', 'B', 3, 2),
    ],
    ['transpose', inferType('transpose', [real('T', 'B', 6)], { order: [2, 0, 1] }), real(6, 'T', 'B')],
    ['slice', inferType('slice', [real('B', 6)], { axis: 1, start: 2, size: 3 }), real('B', 3)],
    ['concat', inferType('concat', [real('B', 2), real('B', 3)], { axis: 1 }), real('B', 5)],
    ['sum over names', inferType('sum', [real('T', 'B', 3)], { axes: [0, 1] }), real(3)],
    ['argmax is an index', inferType('argmax', [real('B', 3)], { axis: 1 }), index('B')],
    [
      'contract over names',
      inferType('contract', [real('T', 'B', 4), real('T', 'B', 3)], { left: 'tbm', right: 'tbn', out: 'mn' }),
      real(4, 3),
    ],
    ['gather', inferType('gather', [real(9, 4), index('T', 'B')], {}), real('T', 'B', 4)],
    ['scatter_add', inferType('scatter_add', [index('T'), real('T', 4)], { extent: 9 }), real(9, 4)],
  ];
  test.each(cases)('%s', (_, actual, expected) => expect(showType(actual)).toBe(showType(expected)));
});

describe('attributes that do not fit are refused', () => {
  const shape = (...dims: Dim[]): { shape: Dim[] } => ({ shape: dims });
  const cases: readonly (readonly [string, () => Type])[] = [
    ['T is not B', () => inferType('add', [real('T'), real('B')], {})],
    [
      'a constant of a size that is no size',
      () => inferType('constant', [], { element: 'real', ...shape(0), value: 1 }),
    ],
    [
      'an index that is no whole number',
      () => inferType('constant', [], { element: 'index', ...shape(), value: 1.5 }),
    ],
    ['a bool of 2', () => inferType('constant', [], { element: 'bool', ...shape(), value: 2 })],
    ['convert to itself', () => inferType('convert', [real()], { element: 'real' })],
    ['broadcast that changes a size', () => inferType('broadcast', [real(1)], { ...shape(3), axes: [0] })],
    ['broadcast that swaps', () => inferType('broadcast', [real(2, 2)], { ...shape(2, 2), axes: [1, 0] })],
    ['reshape to another number', () => inferType('reshape', [real(6)], shape(5))],
    ['reshape that swaps names', () => inferType('reshape', [real('T', 'B')], shape('B', 'T'))],
    ['reshape of a name behind a size', () => inferType('reshape', [real(2, 'B')], shape(2, 'B'))],
    ['reshape that loses a name', () => inferType('reshape', [real('B', 2)], shape(2))],
    ['transpose with an axis twice', () => inferType('transpose', [real(2, 3)], { order: [0, 0] })],
    ['slice of a name', () => inferType('slice', [real('T')], { axis: 0, start: 0, size: 1 })],
    ['slice beyond the end', () => inferType('slice', [real(4)], { axis: 0, start: 2, size: 3 })],
    ['slice from before', () => inferType('slice', [real(4)], { axis: 0, start: -1, size: 2 })],
    ['slice of nothing', () => inferType('slice', [real(4)], { axis: 0, start: 2, size: 0 })],
    ['slice of no axis', () => inferType('slice', [real(4)], { axis: 1, start: 0, size: 1 })],
    ['concat along a name', () => inferType('concat', [real('B'), real('B')], { axis: 0 })],
    ['concat of nothing', () => inferType('concat', [], { axis: 0 })],
    ['sum over nothing', () => inferType('sum', [real(2)], { axes: [] })],
    ['sum over no axis', () => inferType('sum', [real(2)], { axes: [1] })],
    ['sum out of order', () => inferType('sum', [real(2, 2)], { axes: [1, 0] })],
    ['max over nothing', () => inferType('max_over', [real(2)], { axes: [] })],
    ['argmax over no axis', () => inferType('argmax', [real(2)], { axis: -1 })],
    [
      'a letter too few',
      () => inferType('contract', [real(2, 3), real(3)], { left: 'n', right: 'n', out: '' }),
    ],
    [
      'a letter of two sizes',
      () => inferType('contract', [real(2), real(3)], { left: 'n', right: 'n', out: '' }),
    ],
    [
      'a letter of T and B',
      () => inferType('contract', [real('T'), real('B')], { left: 'n', right: 'n', out: '' }),
    ],
    [
      'a letter twice',
      () => inferType('contract', [real(2, 2), real(2)], { left: 'nn', right: 'n', out: '' }),
    ],
    [
      'a letter twice in out',
      () => inferType('contract', [real(2), real(2)], { left: 'n', right: 'n', out: 'nn' }),
    ],
    [
      'a letter from nowhere',
      () => inferType('contract', [real(2), real(2)], { left: 'n', right: 'n', out: 'm' }),
    ],
    [
      'a letter that is lost',
      () => inferType('contract', [real(2, 3), real(3)], { left: 'mn', right: 'n', out: '' }),
    ],
    ['gather from a named axis', () => inferType('gather', [real('T', 2), index()], {})],
    [
      'rows that do not go with their indices',
      () => inferType('scatter_add', [index(2), real(3)], { extent: 4 }),
    ],
  ];
  test.each(cases)('%s', (_, attempt) => expect(attempt).toThrow('this is a bug in rnn'));
});

describe('at the edges', () => {
  /** An elementwise operation on numbers. */
  const real2 = (op: 'max' | 'min' | 'mod' | 'pow', a: number, b: number): number => {
    const type = real(1);
    return OPS[op].evaluate([realTensor([1], [a]), realTensor([1], [b])], {}, type, new Map()).data[0];
  };
  const real1 = (op: 'sigmoid' | 'log1p' | 'log' | 'sqrt', a: number): number =>
    OPS[op].evaluate([realTensor([], [a])], {}, real(), new Map()).data[0];

  test('sigmoid neither overflows nor is NaN', () => {
    expect(real1('sigmoid', -1000)).toBe(0);
    expect(real1('sigmoid', 1000)).toBe(1);
    expect(real1('sigmoid', -720)).toBe(Math.exp(-720));
    expect(real1('sigmoid', NaN)).toBeNaN();
  });

  test('log1p keeps its digits near zero', () => expect(real1('log1p', 1e-18)).toBe(1e-18));

  test('log and sqrt leave the reals quietly', () => {
    expect(real1('log', 0)).toBe(-Infinity);
    expect(real1('log', -1)).toBeNaN();
    expect(real1('sqrt', -1)).toBeNaN();
  });

  test.each([
    [5, 3, 2],
    [-5, 3, 1],
    [5, -3, -1],
    [-5, -3, -2],
    [6, 3, 0],
    [1e17, 3, 1],
  ])('%d mod %d is %d', (a, b, rest) => expect(real2('mod', a, b)).toBe(rest));

  test('NaN is neither lost in max nor in min', () => {
    for (const op of ['max', 'min'] as const) {
      expect(real2(op, NaN, 1)).toBeNaN();
      expect(real2(op, 1, NaN)).toBeNaN();
    }
    const row = realTensor([3], [1, NaN, 2]);
    expect(OPS.max_over.evaluate([row], { axes: [0] }, real(), new Map()).data[0]).toBeNaN();
  });

  test.each([
    [[3, 7, 7], 1],
    [[-Infinity, -Infinity], 0],
    [[1, NaN, 9, NaN], 1],
    [[NaN, 9], 0],
  ])('argmax of %j is %d', (row, expected) => {
    const tensor = realTensor([row.length], row);
    expect(OPS.argmax.evaluate([tensor], { axis: 0 }, index(), new Map()).data[0]).toBe(expected);
  });

  test('select lets no NaN through', () => {
    const operands = [boolTensor([2], [1, 0]), realTensor([2], [1, NaN]), realTensor([2], [NaN, 2])];
    expect([...OPS.select.evaluate(operands, {}, real(2), new Map()).data]).toEqual([1, 2]);
  });

  test('a row outside of the table is NaN, and adds to none', () => {
    const at = indexTensor([3], [2, 0, -1]);
    const table = realTensor([2], [5, 6]);
    expect([...OPS.gather.evaluate([table, at], {}, real(3), new Map()).data]).toEqual([NaN, 5, NaN]);
    const rows = realTensor([3], [1, 2, 4]);
    const added = OPS.scatter_add.evaluate([at, rows], { extent: 2 }, real(2), new Map());
    expect([...added.data]).toEqual([2, 0]);
  });

  test('convert floors to an index, inside 32 bits', () => {
    const x = realTensor([6], [1.9, -1.1, NaN, Infinity, -1e10, 3e9]);
    const y = OPS.convert.evaluate([x], { element: 'index' }, index(6), new Map());
    expect([...y.data]).toEqual([1, -2, 0, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1]);
    const truth = OPS.convert.evaluate(
      [realTensor([3], [0, NaN, -0.5])],
      { element: 'bool' },
      bool(3),
      new Map(),
    );
    expect([...truth.data]).toEqual([0, 1, 1]);
  });

  test('indices wrap to 32 bits', () => {
    const two = (op: 'add' | 'mul', a: number, b: number): number =>
      OPS[op].evaluate([indexTensor([], [a]), indexTensor([], [b])], {}, index(), new Map()).data[0];
    expect(two('add', 2 ** 31 - 1, 1)).toBe(-(2 ** 31));
    expect(two('mul', 2 ** 31 - 1, 2 ** 31 - 1)).toBe(1);
  });
});

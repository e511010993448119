// What each operation is in a loop program: a scalar function swept over a shape, a view that moves nothing, a
// reduction, a product. A total table: an operation without a row does not compile.

import { invariant } from '../base/invariant.ts';
import { fnv1a32 } from '../base/random.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import type { Dim, Type } from '../graph/type.ts';
import type { ProgramBuilder } from './build.ts';
import { lowerContract } from './contract.ts';
import type { ScalarFunction } from './program.ts';
import { sizeOf } from './size.ts';
import {
  accessOf,
  broadcastValue,
  fixed,
  positions,
  reshapeValue,
  sliceValue,
  transposeValue,
  type Value,
  type View,
} from './value.ts';

/** Lowers one call: writes the statements it needs and says where its result is found. */
type Body<K extends OpName> = (
  program: ProgramBuilder,
  operands: readonly Value[],
  attributes: OpAttributes[K],
  type: Type,
) => Value;

/** An operation that is one function of numbers, applied at every position. */
function pointwise(name: ScalarFunction): Body<OpName> {
  return (program, operands, _, { element, shape }) =>
    program.compute(element, shape, (s) => s.apply(name, element, ...operands.map((o) => s.read(o))));
}

/** The axes that a reduction keeps. */
function keptAxes(shape: readonly Dim[], reduced: readonly number[]): number[] {
  return shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
}

function reduction(how: 'sum' | 'max', start: number): Body<'sum' | 'max_over'> {
  return (program, [x], { axes }, { element, shape }) => {
    const out = program.temporary(element, shape);
    program.fill(out, start);
    const spread = broadcastValue(out, x.shape, keptAxes(x.shape, axes));
    program.sweep(x.shape, (s) => {
      s.push({ kind: 'reduce', how, value: s.read(x), access: accessOf(spread) });
    });
    return out;
  };
}

const argmax: Body<'argmax'> = (program, [x], { axis }, { element, shape }) => {
  const kept = keptAxes(x.shape, [axis]);
  if (x.shape[axis] === 1) return fixed(element, shape, { kind: 'number', value: 0 });
  const searched = transposeValue(x, [...kept, axis]);
  const out = program.temporary(element, shape);
  const spread = broadcastValue(
    out,
    searched.shape,
    kept.map((_, k) => k),
  );
  program.sweep(searched.shape, (s) => {
    s.push({ kind: 'argmax', value: s.read(searched), access: accessOf(spread) });
  });
  return out;
};

const uniform: Body<'uniform'> = (program, [seed, step], { name, shape: own }, { element, shape }) => {
  const axes = shape.map((_, axis) => axis);
  const seedAt = step.shape.length;
  const elementAt = seedAt + seed.shape.length;
  return program.compute(element, shape, (s) =>
    s.push({
      kind: 'uniform',
      element: 'real',
      key: fnv1a32(name),
      seed: s.read(broadcastValue(seed, shape, axes.slice(seedAt, elementAt))),
      step: s.read(broadcastValue(step, shape, axes.slice(0, seedAt))),
      position: s.read(broadcastValue(positions(own), shape, axes.slice(elementAt))),
    }),
  );
};

const concat: Body<'concat'> = (program, operands, { axis }, { element, shape }) => {
  const out = program.temporary(element, shape);
  let start = 0;
  for (const operand of operands) {
    const size = operand.shape[axis] as number;
    program.copy(operand, sliceValue(out, axis, start, size));
    start += size;
  }
  return out;
};

/** The rows of a table as values of the shape [...at, ...rest], from the first row on. */
function rowsOf(table: View, shape: readonly Dim[]): View {
  const row = { ...table, shape: table.shape.slice(1), strides: table.strides.slice(1) };
  const first = shape.length - row.shape.length;
  return broadcastValue(
    row,
    shape,
    row.shape.map((_, k) => first + k),
  );
}

const gather: Body<'gather'> = (program, [table, at], _, { element, shape }) => {
  const source = program.inBuffer(table);
  return program.compute(element, shape, (s) =>
    s.push({
      kind: 'gather',
      element: 'real',
      access: accessOf(rowsOf(source, shape)),
      index: s.read(
        broadcastValue(
          at,
          shape,
          at.shape.map((_, k) => k),
        ),
      ),
      stride: source.strides[0],
      rows: source.shape[0] as number,
    }),
  );
};

const scatterAdd: Body<'scatter_add'> = (program, [at, rows], { extent }, { element, shape }) => {
  const out = program.temporary(element, shape);
  program.fill(out, 0);
  program.sweep(rows.shape, (s) => {
    const index = s.read(
      broadcastValue(
        at,
        rows.shape,
        at.shape.map((_, k) => k),
      ),
    );
    const access = accessOf(rowsOf(out, rows.shape));
    s.push({ kind: 'scatter', access, index, stride: out.strides[0], rows: extent, value: s.read(rows) });
  });
  return out;
};

const BODIES = {
  neg: pointwise('neg'),
  exp: pointwise('exp'),
  log: pointwise('log'),
  log1p: pointwise('log1p'),
  sqrt: pointwise('sqrt'),
  tanh: pointwise('tanh'),
  sigmoid: pointwise('sigmoid'),
  abs: pointwise('abs'),
  sin: pointwise('sin'),
  cos: pointwise('cos'),
  floor: pointwise('floor'),
  not: pointwise('not'),
  convert: pointwise('convert'),
  stop: (_, [x]) => x,
  add: pointwise('add'),
  sub: pointwise('sub'),
  mul: pointwise('mul'),
  div: pointwise('div'),
  pow: pointwise('pow'),
  max: pointwise('max'),
  min: pointwise('min'),
  mod: pointwise('mod'),
  lt: pointwise('lt'),
  le: pointwise('le'),
  eq: pointwise('eq'),
  and: pointwise('and'),
  or: pointwise('or'),
  select: pointwise('select'),
  surrogate: (_, [, , y]) => y,
  constant: (_, __, { element, shape, value }) => fixed(element, shape, { kind: 'number', value }),
  iota: (_, __, { extent }) => positions([extent]),
  extent: (_, __, { extent }) => fixed('real', [], { kind: 'extent', size: sizeOf(extent) }),
  uniform,
  broadcast: (_, [x], { shape, axes }) => broadcastValue(x, shape, axes),
  reshape: (program, [x], { shape }) => {
    const reshaped = reshapeValue(x, shape) ?? reshapeValue(program.moved(x), shape);
    invariant(reshaped !== undefined, 'elements in row-major order take any shape');
    return reshaped;
  },
  transpose: (_, [x], { order }) => transposeValue(x, order),
  slice: (_, [x], { axis, start, size }) => sliceValue(x, axis, start, size),
  concat,
  sum: reduction('sum', 0),
  max_over: reduction('max', -Infinity),
  argmax,
  contract: (program, [x, y], letters, type) => lowerContract(program, x, y, letters, type),
  gather,
  scatter_add: scatterAdd,
} satisfies { readonly [K in OpName]: Body<K> };

/** Lowers a call of the operation `op`. */
export function lowerCall<K extends OpName>(
  op: K,
  program: ProgramBuilder,
  operands: readonly Value[],
  attributes: OpAttributes[K],
  type: Type,
): Value {
  const body: Body<K> = BODIES[op] as Body<K>;
  return body(program, operands, attributes, type);
}

// The table of derivatives. For y = f(a, b, c) and dy, the cotangent of y (how much the result changes with y), each row
// gives the cotangents of the operands: da = dy * df/da. What has no derivative says why.
//
// Slopes at kinks: abs'(0) = 0; max and min give the derivative to the first of equals, so that relu'(0) = 0 for
// relu(x) = max(0, x); max_over to the first in row-major order. Rules use the result where that is cheaper than the operand
// (tanh, sigmoid, exp).

import type { NodeId } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import type { Site } from './site.ts';

/** The cotangent of one operand. */
type Slope<K extends OpName> = (at: Site<K>) => NodeId;

interface NotDifferentiable {
  readonly why: string;
}

type Entry<K extends OpName> = Slope<K> | NotDifferentiable;

type Sources = 'constant' | 'iota' | 'extent';
type Binary =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'max'
  | 'min'
  | 'mod'
  | 'lt'
  | 'le'
  | 'eq'
  | 'and'
  | 'or';
type OfTwo = Binary | 'uniform' | 'contract' | 'gather' | 'scatter_add';

/** An entry for each operand. (concat has any number of operands, and one entry for all.) */
type Rule<K extends OpName> = K extends Sources
  ? readonly []
  : K extends OfTwo
    ? readonly [Entry<K>, Entry<K>]
    : K extends 'select' | 'surrogate'
      ? readonly [Entry<K>, Entry<K>, Entry<K>]
      : readonly [Entry<K>];

export type DerivativeTable = { readonly [K in OpName]: readonly Entry<K>[] };

function notDifferentiable(why: string): NotDifferentiable {
  return { why };
}

const steps = notDifferentiable('it is constant between its steps: its slope is zero wherever it has one');
const condition = notDifferentiable('a condition is true or false, with nothing between');
const position = notDifferentiable('a position is a whole number, with nothing between');

// biome-ignore format: a table, one row per line as far as it goes
export const derivatives = {
  // y = -a                        da = -dy
  neg: [({ dy, neg }) => neg(dy)],
  // y = e^a                       da = dy y
  exp: [({ dy, y, times }) => times(dy, y)],
  // y = log a                     da = dy / a
  log: [({ dy, a, over }) => over(dy, a)],
  // y = log (1 + a)               da = dy / (1 + a)
  log1p: [({ dy, a, over, add, number }) => over(dy, add(number(1), a))],
  // y = sqrt a                    da = dy / 2y
  sqrt: [({ dy, y, over, add }) => over(dy, add(y, y))],
  // y = tanh a                    da = dy (1 - y^2)
  tanh: [({ dy, y, times, sub, mul, number }) => times(dy, sub(number(1), mul(y, y)))],
  // y = sigmoid a                 da = dy y (1 - y)
  sigmoid: [({ dy, y, times, sub, mul, number }) => times(dy, mul(y, sub(number(1), y)))],
  // y = |a|                       da = dy, -dy or 0 as a is above, below or 0
  abs: [({ dy, a, select, lt, neg, number }) => select(lt(number(0), a), dy, select(lt(a, number(0)), neg(dy), number(0)))],
  // y = sin a                     da = dy cos a
  sin: [({ dy, a, times, cos }) => times(dy, cos(a))],
  // y = cos a                     da = -dy sin a
  cos: [({ dy, a, times, sin, neg }) => neg(times(dy, sin(a)))],
  floor: [steps],
  not: [condition],
  stop: [notDifferentiable('it is there to let no derivative through')],
  convert: [notDifferentiable('of the two elements one is not real')],

  // y = a + b                     da = dy                       db = dy
  add: [({ dy }) => dy, ({ dy }) => dy],
  // y = a - b                     da = dy                       db = -dy
  sub: [({ dy }) => dy, ({ dy, neg }) => neg(dy)],
  // y = a b                       da = dy b                     db = dy a
  mul: [({ dy, b, times }) => times(dy, b), ({ dy, a, times }) => times(dy, a)],
  // y = a / b                     da = dy / b                   db = -(dy / b) y
  div: [({ dy, b, over }) => over(dy, b), ({ dy, b, y, over, times, neg }) => neg(times(over(dy, b), y))],
  // y = a^b                       da = dy b a^(b-1)             db = dy y log a
  // The slope of a^0 is 0, also at a = 0, where b a^(b-1) is 0 times infinity; and so is that of 0^b.
  pow: [
    ({ dy, a, b, times, select, eq, mul, pow, sub, number }) =>
      times(dy, select(eq(b, number(0)), number(0), mul(b, pow(a, sub(b, number(1)))))),
    ({ dy, a, y, times, select, eq, mul, log, number }) =>
      times(dy, select(eq(a, number(0)), number(0), mul(y, log(a)))),
  ],
  // y = max(a, b)                 da = dy where not a < b       db = dy where a < b
  max: [({ dy, a, b, select, lt, number }) => select(lt(a, b), number(0), dy), ({ dy, a, b, select, lt, number }) => select(lt(a, b), dy, number(0))],
  // y = min(a, b)                 da = dy where not b < a       db = dy where b < a
  min: [({ dy, a, b, select, lt, number }) => select(lt(b, a), number(0), dy), ({ dy, a, b, select, lt, number }) => select(lt(b, a), dy, number(0))],
  // y = a - b floor(a / b)        da = dy                       db = -dy floor(a / b)
  mod: [({ dy }) => dy, ({ dy, a, b, times, floor, div, neg }) => neg(times(dy, floor(div(a, b))))],
  lt: [condition, condition],
  le: [condition, condition],
  eq: [condition, condition],
  and: [condition, condition],
  or: [condition, condition],

  // y = b where a, else c         db = dy where a, else 0       dc = 0 where a, else dy
  select: [condition, ({ dy, a, select, number }) => select(a, dy, number(0)), ({ dy, a, select, number }) => select(a, number(0), dy)],
  // y = c, with the slope b by a  da = dy b
  surrogate: [
    ({ dy, b, times }) => times(dy, b),
    notDifferentiable('it is a slope, and changes no value'),
    notDifferentiable('the slope of the result is the one that is given'),
  ],

  constant: [],
  iota: [],
  extent: [],
  uniform: [notDifferentiable('a seed is a name of a sequence of numbers'), position],

  // y = a repeated                da = dy added up over the new axes
  broadcast: [({ dy, attributes: { shape, axes }, sum }) => sum(dy, shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])))],
  // y = a in another shape        da = dy in the shape of a
  reshape: [({ dy, shapes, reshape }) => reshape(dy, shapes[0])],
  // y[k] = a[order[k]]            da[order[k]] = dy[k]
  transpose: [({ dy, attributes: { order }, transpose }) => transpose(dy, order.map((_, axis) => order.indexOf(axis)))],
  // y = a part of a               da = dy there, 0 elsewhere
  slice: [({ dy, attributes: { axis, start }, shapes, pad }) => pad(dy, axis, start, Number(shapes[0][axis]))],
  // y = a, b, ... joined          da = its part of dy
  concat: [
    ({ dy, attributes: { axis }, shapes, position, slice }) => {
      const start = shapes.slice(0, position).reduce((total, shape) => total + Number(shape[axis]), 0);
      return slice(dy, axis, start, Number(shapes[position][axis]));
    },
  ],

  // y = sum a                     da = dy repeated
  sum: [({ dy, attributes: { axes }, shapes: [shape], broadcast }) => broadcast(dy, shape, shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])))],
  // y = max a                     da = dy at the first of the largest, 0 elsewhere
  max_over: [({ dy, a, attributes: { axes }, maxOver, toFirstLargest }) => alongEach(axes, a, dy, maxOver, toFirstLargest)],
  argmax: [position],

  // y = a b summed                da = dy b summed              db = dy a summed: over the letters that a (b) does not have
  contract: [
    ({ dy, b, attributes: { left, right, out }, contract }) => contract(dy, b, { left: out, right, out: left }),
    ({ dy, a, attributes: { left, right, out }, contract }) => contract(dy, a, { left: out, right: left, out: right }),
  ],

  // y[i] = a[b[i]]                da[k] = sum of dy[i] over the i with b[i] = k
  gather: [({ dy, b, shapes, scatterAdd }) => scatterAdd(b, dy, Number(shapes[0][0])), position],
  // y[k] = sum of b[i] over the i with a[i] = k                 db[i] = dy[a[i]]
  scatter_add: [position, ({ dy, a, gather }) => gather(dy, a)],
} satisfies { readonly [K in OpName]: Rule<K> };

/** Over one axis after the other, the last one first: what is largest in its row, then the first row that has it. */
function alongEach(
  axes: readonly number[],
  x: NodeId,
  dy: NodeId,
  maxOver: Site['maxOver'],
  toFirstLargest: Site['toFirstLargest'],
): NodeId {
  const [axis, before] = [axes[axes.length - 1], axes.slice(0, -1)];
  const ofRows =
    before.length === 0 ? dy : alongEach(before, maxOver(x, [axis]), dy, maxOver, toFirstLargest);
  return toFirstLargest(ofRows, x, axis);
}

/** The entry for an operand. */
export function entryOf<K extends OpName>(rules: DerivativeTable, op: K, operand: number): Entry<K> {
  const entries = rules[op];
  return op === 'concat' ? entries[0] : entries[operand];
}

/** Whether there is a derivative by an operand. */
export function hasSlope(rules: DerivativeTable, op: OpName, operand: number): boolean {
  return typeof entryOf(rules, op, operand) === 'function';
}

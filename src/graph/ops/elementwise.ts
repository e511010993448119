// The elementwise operations: one function of numbers each, applied at every position. Operands have equal shapes,
// named axes included: what should spread is broadcast first.

import { invariant } from '../../base/invariant.ts';
import { zeros } from '../../tensor/tensor.ts';
import { type Element, sameShape, sameType, showType, type Type } from '../type.ts';
import type { None, OpAttributes, OpName } from './attributes.ts';
import type { Op } from './op.ts';

/** An operation without attributes. */
type Plain = Op<{ [K in OpName]: OpAttributes[K] extends None ? K : never }[OpName]>;
type Domain = NonNullable<Plain['domain']>;

/** Real to real. */
function ofReal(name: string, summary: string, f: (x: number) => number, domain?: Domain): Plain {
  return elementwise(name, summary, 1, ['real'], (operand) => operand, f, domain);
}

/** Two of one type to that type. */
function ofTwo(
  name: string,
  summary: string,
  elements: readonly Element[],
  f: (x: number, y: number) => number,
  domain?: Domain,
): Plain {
  return elementwise(name, summary, 2, elements, (operand) => operand, f, domain);
}

/** Two of one type to bool. */
function condition(
  name: string,
  summary: string,
  elements: readonly Element[],
  f: (x: number, y: number) => boolean,
): Plain {
  const result = ({ shape }: Type): Type => ({ element: 'bool', shape });
  return elementwise(name, summary, 2, elements, result, (x, y) => Number(f(x, y)));
}

/** Operands of one type, which must be one of `elements`. */
function elementwise(
  name: string,
  summary: string,
  arity: 1 | 2,
  elements: readonly Element[],
  result: (operand: Type) => Type,
  f: (x: number, y: number) => number,
  domain?: Domain,
): Plain {
  return {
    summary,
    arity,
    ...(domain === undefined ? {} : { domain }),
    typeOf(operands) {
      const [first] = operands;
      const fits = elements.includes(first.element) && operands.every((o) => sameType(o, first));
      invariant(
        fits,
        () => `${name} takes ${elements.join(' or ')} of one shape: ${operands.map(showType).join(', ')}`,
      );
      return result(first);
    },
    evaluate([a, b = a], _, { element }) {
      const out = zeros(element, a.shape);
      const [x, y] = [a.data, b.data];
      for (let i = 0; i < x.length; i++) out.data[i] = f(x[i], y[i]);
      return out;
    },
  };
}

/** Of one real operand. */
export const functions = {
  neg: ofReal('neg', '-x', (x) => -x),
  exp: ofReal('exp', 'e^x', Math.exp),
  log: ofReal('log', 'natural logarithm of x', Math.log, [[0.2, 3]]),
  log1p: ofReal('log1p', 'log(1 + x), exact near zero', Math.log1p, [[-0.7, 3]]),
  sqrt: ofReal('sqrt', 'square root of x', Math.sqrt, [[0.2, 3]]),
  tanh: ofReal('tanh', 'hyperbolic tangent of x', Math.tanh),
  sigmoid: ofReal('sigmoid', '1 / (1 + e^-x)', sigmoid),
  abs: ofReal('abs', 'x without its sign', Math.abs, [[0.1, 2]]),
  sin: ofReal('sin', 'sine of x', Math.sin),
  cos: ofReal('cos', 'cosine of x', Math.cos),
  floor: ofReal('floor', 'the largest whole number not above x', Math.floor, [[1.1, 1.9]]),
  stop: ofReal('stop', 'x, with no derivative', (x) => x),
};

/** Both exponentials are of a number that is not positive: e^-x alone would overflow, and e^x / (1 + e^x) be NaN. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Of two operands of one type. On indices they wrap to 32 bits. */
export const arithmetic = {
  add: ofTwo('add', 'x + y', ['real', 'index'], (x, y) => x + y),
  sub: ofTwo('sub', 'x - y', ['real', 'index'], (x, y) => x - y),
  mul: {
    ...ofTwo('mul', 'x * y', ['real', 'index'], (x, y) => x * y),
    evaluate([a, b], _, { element }) {
      const out = zeros(element, a.shape);
      // The product of two indices can pass 2^53: as a float64 it would lose the low bits that wrapping keeps.
      const product = element === 'index' ? Math.imul : (x: number, y: number) => x * y;
      for (let i = 0; i < a.data.length; i++) out.data[i] = product(a.data[i], b.data[i]);
      return out;
    },
  } satisfies Plain,
  div: ofTwo('div', 'x / y', ['real'], (x, y) => x / y, [
    [-2, 2],
    [0.5, 2],
  ]),
  pow: ofTwo('pow', 'x^y', ['real'], (x, y) => x ** y, [
    [0.3, 2],
    [-2, 2],
  ]),
  max: ofTwo('max', 'the larger of x and y; NaN if either is', ['real', 'index'], Math.max),
  min: ofTwo('min', 'the smaller of x and y; NaN if either is', ['real', 'index'], Math.min),
  mod: ofTwo('mod', 'x - y * floor(x / y): the rest, with the sign of y', ['real'], mod, [
    [2.2, 2.6],
    [1.4, 2.1],
  ]),
};

/** By the remainder and not by the formula, which loses digits where x is much larger than y. */
function mod(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

/** Conditions and what joins them. */
export const logic = {
  lt: condition('lt', 'x < y', ['real', 'index'], (x, y) => x < y),
  le: condition('le', 'x <= y', ['real', 'index'], (x, y) => x <= y),
  eq: condition('eq', 'x = y', ['real', 'index'], (x, y) => x === y),
  and: condition('and', 'x and y', ['bool'], (x, y) => x === 1 && y === 1),
  or: condition('or', 'x or y', ['bool'], (x, y) => x === 1 || y === 1),
  not: elementwise(
    'not',
    'true where x is false',
    1,
    ['bool'],
    (x) => x,
    (x) => 1 - x,
  ),
};

export const select: Op<'select'> = {
  summary: 'x where the condition is true, else y; of the other not even a NaN is seen',
  arity: 3,
  typeOf([condition, x, y]) {
    const fits = condition.element === 'bool' && sameShape(condition.shape, x.shape) && sameType(x, y);
    invariant(
      fits,
      () => `select cannot choose by ${showType(condition)} between ${showType(x)} and ${showType(y)}`,
    );
    return x;
  },
  evaluate([condition, x, y], _, { element }) {
    const out = zeros(element, x.shape);
    for (let i = 0; i < out.data.length; i++) out.data[i] = condition.data[i] ? x.data[i] : y.data[i];
    return out;
  },
};

export const surrogate: Op<'surrogate'> = {
  summary: 'the third operand, with the second for its derivative by the first',
  arity: 3,
  typeOf(operands) {
    const [a] = operands;
    const fits = a.element === 'real' && operands.every((operand) => sameType(operand, a));
    invariant(fits, () => `surrogate takes real of one shape: ${operands.map(showType).join(', ')}`);
    return a;
  },
  evaluate: ([, , y]) => y,
};

export const convert: Op<'convert'> = {
  summary: 'to another element type: true is 1, a real is floored to an index, what is not zero is true',
  arity: 1,
  typeOf([x], { element }) {
    invariant(element !== x.element, () => `convert has nothing to do: ${showType(x)} is ${element}`);
    return { element, shape: x.shape };
  },
  evaluate([x], { element }) {
    const out = zeros(element, x.shape);
    const f = element === 'bool' ? truth : element === 'index' && x.element === 'real' ? toIndex : identity;
    for (let i = 0; i < out.data.length; i++) out.data[i] = f(x.data[i]);
    return out;
  },
};

function identity(x: number): number {
  return x;
}

function truth(x: number): number {
  return x === 0 ? 0 : 1;
}

/** Floored and held inside 32 bits, NaN to 0: typed arrays alone would wrap around. */
function toIndex(x: number): number {
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.floor(x), -(2 ** 31)), 2 ** 31 - 1);
}

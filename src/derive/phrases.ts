// How each operation is written: a total table, so that an operation without a row does not compile.
//
// What is repeated along new axes is not written: a scalar beside a vector stands for all its entries. So a part of a formula
// may be *loose*: a scalar that stands for more. Where a shape is needed (in a product of matrices, a sum, a concat) it is
// spread first, in the shape of something that has it.

import { InvariantError } from '../base/invariant.ts';
import type { CallNode } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import type { Type } from '../graph/type.ts';
import {
  add,
  call,
  choose,
  divide,
  type Formula,
  type FunctionName,
  linear,
  matmul,
  multiply,
  negate,
  number,
  power,
  relate,
  subtract,
  transpose,
} from './formula.ts';

export interface Part {
  readonly formula: Formula;
  /** A scalar that stands for all entries of something larger. */
  readonly loose: boolean;
}

/** What a row of the table sees of its place in the graph. */
export interface Site {
  readonly type: Type;
  /** The operands' types. */
  readonly types: readonly Type[];
  part(k: number): Part;
  /** An operand in its own shape. */
  exact(k: number): Formula;
  /** The length of the sequence. */
  steps(): Formula;
  /** A size in the symbols of the header, where it is made of them. */
  size(value: number): Formula;
  /** A constant: a size, a hyperparameter, a number. */
  constant(): Formula;
}

/** What has more parts than this was not split into so many: they are entries, and their number a size. */
const MOST_PARTS = 16;

type Phrase<K extends OpName> = (node: CallNode<K>, at: Site) => Part;

function exact(formula: Formula, type: Type): Part {
  // What has been simplified to a number has lost its shape.
  return { formula, loose: formula.kind === 'number' && type.shape.length > 0 };
}

/** Element by element. */
function elementwise(write: (...operands: Formula[]) => Formula) {
  return (node: CallNode, at: Site): Part => {
    const parts = node.operands.map((_, k) => at.part(k));
    const formula = write(...parts.map((part) => part.formula));
    const isLoose = parts.every((part, k) => part.loose || at.types[k].shape.length === 0);
    return { formula, loose: exact(formula, at.type).loose || (isLoose && at.type.shape.length > 0) };
  };
}

function ofOne(called: FunctionName) {
  return elementwise((x) => call(called, x));
}

/** A function of whole operands. */
function whole(write: (at: Site, node: CallNode) => Formula) {
  return (node: CallNode, at: Site): Part => exact(write(at, node), at.type);
}

function numbers(values: readonly number[]): Formula {
  return { kind: 'list', items: values.map(number) };
}

/** All axes at once need no list of them. */
function overAxes(called: 'sum' | 'max', axes: readonly number[], at: Site): Formula {
  const isWhole = axes.length === at.types[0].shape.length;
  const write = called === 'sum' ? linear : call;
  return isWhole ? write(called, at.exact(0)) : write(called, at.exact(0), numbers(axes));
}

function shape(type: Type, at: Site): Formula {
  return { kind: 'list', items: type.shape.map((d) => at.size(Number(d))) };
}

export const PHRASES: { readonly [K in OpName]: Phrase<K> } = {
  neg: elementwise(negate),
  exp: ofOne('exp'),
  log: ofOne('log'),
  log1p: ofOne('log1p'),
  sqrt: ofOne('sqrt'),
  tanh: ofOne('tanh'),
  sigmoid: ofOne('sigmoid'),
  abs: ofOne('abs'),
  sin: ofOne('sin'),
  cos: ofOne('cos'),
  floor: ofOne('floor'),
  stop: ofOne('stop'),
  not: elementwise((x) => ({ kind: 'not', operand: x })),
  convert(node, at) {
    const { formula, loose } = at.part(0);
    const from = at.types[0].element;
    if (node.attributes.element === 'bool') {
      return { formula: { kind: 'not', operand: relate('==', formula, number(0)) }, loose };
    }
    if (from === 'bool') return { formula: choose(formula, number(1), number(0)), loose };
    return { formula: from === 'real' ? call('floor', formula) : formula, loose };
  },

  add: elementwise(add),
  sub: elementwise(subtract),
  mul: elementwise(multiply),
  div: elementwise(divide),
  pow: elementwise(power),
  max: elementwise((x, y) => call('max', x, y)),
  min: elementwise((x, y) => call('min', x, y)),
  mod: elementwise((left, right) => ({ kind: 'mod', left, right })),
  lt: elementwise((x, y) => relate('<', x, y)),
  le: elementwise((x, y) => relate('<=', x, y)),
  eq: elementwise((x, y) => relate('==', x, y)),
  and: elementwise((x, y) => relate('and', x, y)),
  or: elementwise((x, y) => relate('or', x, y)),
  select: elementwise(choose),
  surrogate: (_, at) => at.part(2),

  constant: (_, at) => ({ formula: at.constant(), loose: at.type.shape.length > 0 }),
  iota: whole((at) => call('positions', at.size(Number(at.type.shape[0])))),
  extent: (node, at) => ({
    formula: typeof node.attributes.extent === 'string' ? at.steps() : at.size(node.attributes.extent),
    loose: false,
  }),
  uniform() {
    throw new InvariantError('noise is given, under a name');
  },

  broadcast(node, at) {
    const part = at.part(0);
    if (at.types[0].shape.length === 0) return { ...part, loose: true };
    if (part.loose) return part;
    return exact(call('spread', part.formula, shape(at.type, at), numbers(node.attributes.axes)), at.type);
  },
  reshape(_, at) {
    const part = at.part(0);
    return part.loose ? part : exact(call('reshape', part.formula, shape(at.type, at)), at.type);
  },
  transpose(node, at) {
    const part = at.part(0);
    if (part.loose) return part;
    const { order } = node.attributes;
    if (order.length === 2) return exact(order[0] === 0 ? part.formula : turned(part.formula), at.type);
    return exact(call('axes', part.formula, numbers(order)), at.type);
  },
  slice(node, at) {
    const { axis, start, size } = node.attributes;
    const part = at.part(0);
    if (part.loose) return part;
    const parts = Number(at.types[0].shape[axis]) / size;
    if (axis === 0 && parts > 1 && parts <= MOST_PARTS && Number.isInteger(parts) && start % size === 0) {
      return exact(linear('part', part.formula, number(start / size + 1), number(parts)), at.type);
    }
    const ends = [start, start + size].map((end) => (end === 0 ? number(0) : at.size(end)));
    const along = axis === 0 ? [] : [number(axis)];
    return exact(linear('entries', part.formula, ...ends, ...along), at.type);
  },
  concat: whole((at, node) => {
    const operands = node.operands.map((_, k) => at.exact(k));
    const { axis } = node.attributes as { readonly axis: number };
    return axis === 0 ? call('concat', ...operands) : call('concat', ...operands, numbers([axis]));
  }),

  sum: (node, at) => exact(overAxes('sum', node.attributes.axes, at), at.type),
  max_over: (node, at) => exact(overAxes('max', node.attributes.axes, at), at.type),
  argmax(node, at) {
    const operands = [at.exact(0), ...(at.types[0].shape.length === 1 ? [] : [number(node.attributes.axis)])];
    return exact(call('argmax', ...operands), at.type);
  },

  contract: (node, at) => product(node, at),

  gather: whole((at) => call('row', at.exact(0), at.exact(1))),
  scatter_add(node, at) {
    const [rows, place] = [at.part(1), at.exact(0)];
    const { shape: extents } = at.type;
    if (at.types[0].shape.length > 0 || extents.length > 2) {
      return exact(call('put', at.exact(1), place, shape(at.type, at)), at.type);
    }
    const hot = call('one_hot', place, at.size(node.attributes.extent));
    return exact(
      extents.length === 1 ? multiply(rows.formula, hot) : matmul(hot, transpose(at.exact(1))),
      at.type,
    );
  },
};

/** A matrix transposed: of a product, the product of both, turned round. */
function turned(formula: Formula): Formula {
  if (formula.kind !== 'matmul') return transpose(formula);
  return matmul(transpose(formula.right), transpose(formula.left));
}

/** A contraction as the product that it is: elementwise, of matrices, outer; in letters where it is none of these. */
function product(node: CallNode<'contract'>, at: Site): Part {
  const { left, right, out } = node.attributes;
  if ((left === '' && out === right) || (right === '' && out === left)) {
    return elementwise(multiply)(node, at);
  }
  const shared = [...left].filter((letter) => right.includes(letter));
  const [x, y] = [at.exact(0), at.exact(1)];
  const as = (formula: Formula): Part => exact(formula, at.type);
  if (out === '' && left === right) return as(call('dot', x, y));
  if (shared.length === 0 && left.length === 1 && right.length === 1) {
    return as(out === left + right ? matmul(x, transpose(y)) : matmul(y, transpose(x)));
  }
  const [letter] = shared;
  const isMatrixProduct =
    shared.length === 1 && !out.includes(letter) && left.length <= 2 && right.length <= 2;
  if (isMatrixProduct) {
    // A matrix stands on the left, summed over its columns; a vector stands on the right.
    const rows = (formula: Formula, letters: string): Formula =>
      letters.length === 2 && letters[0] === letter ? transpose(formula) : formula;
    const columns = (formula: Formula, letters: string): Formula =>
      letters.length === 2 && letters[1] === letter ? transpose(formula) : formula;
    const leftFirst = left.length === 2 && (right.length === 1 || left.replace(letter, '') === out[0]);
    return as(
      leftFirst ? matmul(rows(x, left), columns(y, right)) : matmul(rows(y, right), columns(x, left)),
    );
  }
  return as(call('einsum', { kind: 'letters', text: `${left},${right}->${out}` }, x, y));
}

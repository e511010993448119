// Rules for elementwise operations. x + 0 is x, but x * 0 stays, since x may be a NaN. What is done to repeated values
// is done before they are repeated. Calls of constants only are constants.

import type { NodeId } from '../graph/graph.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import { OPS } from '../graph/ops/table.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';
import { isMaskedAlready } from './masks.ts';
import type { Rule, Rules, Writer } from './writer.ts';

/** The rules of single operations; those for all of them come first. */
const OWN = {
  neg(writer, [x]) {
    const { draft } = writer;
    const inner = draft.find(x, 'neg');
    if (inner !== undefined) return inner.operands[0];
    const difference = draft.find(x, 'sub');
    return difference && writer.apply('sub', difference.operands[1], difference.operands[0]);
  },
  abs(writer, [x]) {
    if (writer.draft.find(x, 'abs') !== undefined) return x;
    const inner = writer.draft.find(x, 'neg');
    return inner && writer.apply('abs', inner.operands[0]);
  },
  stop: (writer, [x]) => (writer.draft.find(x, 'stop') === undefined ? undefined : x),
  not: (writer, [x]) => writer.draft.find(x, 'not')?.operands[0],
  convert(writer, [x], { element }) {
    const { draft } = writer;
    if (draft.typeOf(x).element === element) return x;
    // A bool as a number, and an index as a real, are what they were.
    const inner = draft.find(x, 'convert');
    const from = inner && draft.typeOf(inner.operands[0]).element;
    const isKept = from === 'bool' || (from === 'index' && inner?.attributes.element === 'real');
    return inner && isKept ? writer.call('convert', inner.operands, { element }) : undefined;
  },
  add(writer, [x, y]) {
    const { draft } = writer;
    if (draft.constantAt(y) === 0) return x;
    if (draft.constantAt(x) === 0) return y;
    const right = draft.find(y, 'neg');
    if (right !== undefined) return writer.apply('sub', x, right.operands[0]);
    const left = draft.find(x, 'neg');
    if (left !== undefined) return writer.apply('sub', y, left.operands[0]);
    return addPadded(writer, x, y);
  },
  sub(writer, [x, y]) {
    const { draft } = writer;
    if (draft.constantAt(y) === 0) return x;
    if (draft.constantAt(x) === 0 && draft.typeOf(x).element === 'real') return writer.apply('neg', y);
    const right = draft.find(y, 'neg');
    return right && writer.apply('add', x, right.operands[0]);
  },
  mul(writer, [x, y]) {
    const { draft } = writer;
    if (draft.constantAt(y) === 1) return x;
    if (draft.constantAt(x) === 1) return y;
    if (draft.typeOf(x).element !== 'real') return undefined;
    if (draft.constantAt(y) === -1) return writer.apply('neg', x);
    if (draft.constantAt(x) === -1) return writer.apply('neg', y);
    const [left, right] = [draft.find(x, 'neg'), draft.find(y, 'neg')];
    return left && right && writer.apply('mul', left.operands[0], right.operands[0]);
  },
  div(writer, [x, y]) {
    const { draft } = writer;
    if (draft.constantAt(y) === 1) return x;
    if (draft.constantAt(y) === -1) return writer.apply('neg', x);
    const [left, right] = [draft.find(x, 'neg'), draft.find(y, 'neg')];
    return left && right && writer.apply('div', left.operands[0], right.operands[0]);
  },
  pow(writer, [x, y]) {
    const power = writer.draft.constantAt(y);
    if (power === 0) return writer.constant(1, writer.shapeOf(x));
    if (power === 1) return x;
    if (power === 2) return writer.apply('mul', x, x);
    if (power === -1) return writer.apply('div', writer.constant(1, writer.shapeOf(x)), x);
    return undefined;
  },
  max: ofSame,
  min: ofSame,
  and(writer, [x, y]) {
    const { draft } = writer;
    if (x === y || draft.constantAt(y) === 1 || draft.constantAt(x) === 0) return x;
    return draft.constantAt(x) === 1 || draft.constantAt(y) === 0 ? y : undefined;
  },
  or(writer, [x, y]) {
    const { draft } = writer;
    if (x === y || draft.constantAt(y) === 0 || draft.constantAt(x) === 1) return x;
    return draft.constantAt(x) === 0 || draft.constantAt(y) === 1 ? y : undefined;
  },
  select(writer, [condition, x, y]) {
    const { draft } = writer;
    const known = draft.constantAt(condition);
    if (known !== undefined) return known === 1 ? x : y;
    if (isSame(writer, x, y)) return x;
    const opposite = draft.find(condition, 'not');
    if (opposite !== undefined) return writer.apply('select', opposite.operands[0], y, x);
    const [first, second] = [draft.find(x, 'select'), draft.find(y, 'select')];
    if (first?.operands[0] === condition) return writer.apply('select', condition, first.operands[1], y);
    if (second?.operands[0] === condition) return writer.apply('select', condition, x, second.operands[2]);
    return draft.constantAt(y) === 0 && isMaskedAlready(draft, x, condition) ? x : undefined;
  },
} satisfies Rules;

/** The larger and the smaller of a value and itself. */
function ofSame(_: Writer, [x, y]: readonly NodeId[]): NodeId | undefined {
  return x === y ? x : undefined;
}

/** Whether two values are the same: one node, or two constants of one number. */
function isSame(writer: Writer, x: NodeId, y: NodeId): boolean {
  const [a, b] = [writer.draft.constantAt(x), writer.draft.constantAt(y)];
  return x === y || (a !== undefined && b !== undefined && Object.is(a, b));
}

/** x + y where each is zero wherever the other is not, as the slopes of `split` are: what stands side by side. */
function addPadded(writer: Writer, x: NodeId, y: NodeId): NodeId | undefined {
  const { draft } = writer;
  const [left, right] = [draft.find(x, 'concat'), draft.find(y, 'concat')];
  const axis = left?.attributes.axis;
  if (left === undefined || right === undefined || axis === undefined || right.attributes.axis !== axis) {
    return undefined;
  }
  const [a, b] = [segmentsOf(writer, left.operands, axis), segmentsOf(writer, right.operands, axis)];
  const cuts = [...new Set([...a, ...b].map((segment) => segment.start))].sort((m, n) => m - n);
  const end = Number(writer.shapeOf(x)[axis]);
  const parts: NodeId[] = [];
  for (const [k, start] of cuts.entries()) {
    const size = (cuts[k + 1] ?? end) - start;
    const [p, q] = [cut(writer, a, start, size, axis), cut(writer, b, start, size, axis)];
    if (p === undefined || q === undefined) return undefined;
    if (draft.constantAt(p) !== 0 && draft.constantAt(q) !== 0) return undefined;
    parts.push(draft.constantAt(p) === 0 ? q : p);
  }
  return writer.call('concat', parts, { axis });
}

interface Segment {
  readonly value: NodeId;
  readonly start: number;
  readonly size: number;
}

function segmentsOf(writer: Writer, parts: readonly NodeId[], axis: number): Segment[] {
  let start = 0;
  return parts.map((value) => {
    const size = Number(writer.shapeOf(value)[axis]);
    start += size;
    return { value, start: start - size, size };
  });
}

/** The piece from `start`, where it is a whole segment or a piece of a constant. */
function cut(
  writer: Writer,
  segments: readonly Segment[],
  start: number,
  size: number,
  axis: number,
): NodeId | undefined {
  const segment = segments.find((s) => s.start <= start && start < s.start + s.size);
  if (segment === undefined) return undefined;
  if (segment.start === start && segment.size === size) return segment.value;
  const value = writer.draft.constantAt(segment.value);
  return value === undefined
    ? undefined
    : writer.constant(value, writer.shapeOf(segment.value).with(axis, size));
}

/** A call of constants only is a constant. */
function fold<K extends OpName>(
  writer: Writer,
  op: K,
  operands: readonly NodeId[],
  attributes: OpAttributes[K],
): NodeId | undefined {
  const { draft } = writer;
  const values: Tensor[] = [];
  for (const operand of operands) {
    const value = draft.constantAt(operand);
    if (value === undefined) return undefined;
    const scalar = zeros(draft.typeOf(operand).element, []);
    scalar.data[0] = value;
    values.push(scalar);
  }
  const types = operands.map((operand) => ({ element: draft.typeOf(operand).element, shape: [] }));
  const type = OPS[op].typeOf(types, attributes);
  const result = OPS[op].evaluate(values, attributes, type, new Map());
  return writer.constant(result.data[0], writer.shapeOf(operands[0]), result.element);
}

/** Where every operand repeats along some axis, the call is made once and its result repeated. */
function spread<K extends OpName>(
  writer: Writer,
  op: K,
  operands: readonly NodeId[],
  attributes: OpAttributes[K],
): NodeId | undefined {
  const { draft } = writer;
  const shape = writer.shapeOf(operands[0]);
  const used = new Set<number>();
  for (const operand of operands) {
    const axes = draft.find(operand, 'broadcast')?.attributes.axes;
    if (axes === undefined && draft.constantAt(operand) === undefined) return undefined;
    for (const axis of axes ?? []) used.add(axis);
  }
  if (used.size === shape.length) return undefined;
  const axes = [...used].sort((a, b) => a - b);
  const inner = axes.map((axis) => shape[axis]);
  const narrowed = operands.map((operand) => {
    const repeated = draft.find(operand, 'broadcast');
    if (repeated === undefined) {
      return writer.constant(draft.constantAt(operand)!, inner, draft.typeOf(operand).element);
    }
    const places = repeated.attributes.axes.map((axis) => axes.indexOf(axis));
    return writer.broadcast(repeated.operands[0], inner, places);
  });
  return writer.broadcast(writer.call(op, narrowed, attributes), shape, axes);
}

function rule<K extends OpName>(op: K, own?: Rule<K>): Rule<K> {
  return (writer, operands, attributes) =>
    fold(writer, op, operands, attributes) ??
    spread(writer, op, operands, attributes) ??
    own?.(writer, operands, attributes);
}

/** The rules of every elementwise operation. */
export const elementwise = {
  neg: rule('neg', OWN.neg),
  exp: rule('exp'),
  log: rule('log'),
  log1p: rule('log1p'),
  sqrt: rule('sqrt'),
  tanh: rule('tanh'),
  sigmoid: rule('sigmoid'),
  abs: rule('abs', OWN.abs),
  sin: rule('sin'),
  cos: rule('cos'),
  floor: rule('floor'),
  not: rule('not', OWN.not),
  stop: rule('stop', OWN.stop),
  convert: rule('convert', OWN.convert),
  add: rule('add', OWN.add),
  sub: rule('sub', OWN.sub),
  mul: rule('mul', OWN.mul),
  div: rule('div', OWN.div),
  pow: rule('pow', OWN.pow),
  max: rule('max', OWN.max),
  min: rule('min', OWN.min),
  mod: rule('mod'),
  lt: rule('lt'),
  le: rule('le'),
  eq: rule('eq'),
  and: rule('and', OWN.and),
  or: rule('or', OWN.or),
  select: rule('select', OWN.select),
  surrogate: rule('surrogate'),
} satisfies Rules;

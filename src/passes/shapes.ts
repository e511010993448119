// Rules for operations that only move elements: two in a row are one, and what takes back what another did is nothing.

import { isCall, type NodeId } from '../graph/graph.ts';
import { type Dim, sameShape } from '../graph/type.ts';
import type { Rules, Writer } from './writer.ts';

export const shapes = {
  extent(writer, _, { extent }) {
    return typeof extent === 'number' ? writer.constant(extent, []) : undefined;
  },

  iota(writer, _, { extent }) {
    return extent === 1 ? writer.constant(0, [1], 'index') : undefined;
  },

  broadcast(writer, [x], { shape, axes }) {
    if (sameShape(writer.shapeOf(x), shape)) return x;
    const constant = constantOf(writer, x, shape);
    if (constant !== undefined) return constant;
    const inner = writer.draft.find(x, 'broadcast');
    if (inner === undefined) return undefined;
    return writer.broadcast(
      inner.operands[0],
      shape,
      inner.attributes.axes.map((axis) => axes[axis]),
    );
  },

  reshape(writer, [x], { shape }) {
    if (sameShape(writer.shapeOf(x), shape)) return x;
    const constant = constantOf(writer, x, shape);
    if (constant !== undefined) return constant;
    const inner = writer.draft.find(x, 'reshape');
    return inner && writer.call('reshape', inner.operands, { shape });
  },

  transpose(writer, [x], { order }) {
    const { draft } = writer;
    if (order.every((axis, k) => axis === k)) return x;
    const shape = order.map((axis) => writer.shapeOf(x)[axis]);
    const constant = constantOf(writer, x, shape);
    if (constant !== undefined) return constant;
    const inner = draft.find(x, 'transpose');
    if (inner !== undefined) {
      return writer.call('transpose', inner.operands, {
        order: order.map((axis) => inner.attributes.order[axis]),
      });
    }
    const product = draft.find(x, 'contract');
    if (product !== undefined) {
      const { left, right, out } = product.attributes;
      return writer.call('contract', product.operands, {
        left,
        right,
        out: order.map((axis) => out[axis]).join(''),
      });
    }
    const repeated = draft.find(x, 'broadcast');
    if (repeated === undefined) return undefined;
    // Where the axes of the repeated value keep their order among themselves, it is repeated elsewhere.
    const places = repeated.attributes.axes.map((axis) => order.indexOf(axis));
    const isInOrder = places.every((place, k) => k === 0 || places[k - 1] < place);
    return isInOrder ? writer.broadcast(repeated.operands[0], shape, places) : undefined;
  },

  slice(writer, [x], { axis, start, size }) {
    const { draft } = writer;
    const whole = writer.shapeOf(x);
    if (whole[axis] === size) return x;
    const shape = whole.with(axis, size);
    const constant = constantOf(writer, x, shape);
    if (constant !== undefined) return constant;
    const node = draft.at(x);
    if (isCall(node, 'slice') && node.attributes.axis === axis) {
      return writer.call('slice', node.operands, { axis, start: node.attributes.start + start, size });
    }
    if (isCall(node, 'concat') && node.attributes.axis === axis) {
      return sliceParts(writer, node.operands, axis, start, size);
    }
    if (isCall(node, 'broadcast')) {
      const { axes } = node.attributes;
      const inner = axes.indexOf(axis);
      const [operand] = node.operands;
      const part = inner < 0 ? operand : writer.call('slice', [operand], { axis: inner, start, size });
      return writer.broadcast(part, shape, axes);
    }
    return undefined;
  },

  concat(writer, parts, { axis }) {
    const { draft } = writer;
    const joined: NodeId[] = [];
    for (const part of parts) {
      const inner = draft.find(part, 'concat');
      const pieces = inner?.attributes.axis === axis ? inner.operands : [part];
      for (const piece of pieces) {
        const before = joined.at(-1);
        const both = before === undefined ? undefined : joinNeighbours(writer, before, piece, axis);
        if (both === undefined) joined.push(piece);
        else joined[joined.length - 1] = both;
      }
    }
    if (joined.length === 1) return joined[0];
    const repeated = joinRepeated(writer, joined, axis);
    if (repeated !== undefined) return repeated;
    const isSame = joined.length === parts.length && joined.every((part, k) => part === parts[k]);
    return isSame ? undefined : writer.call('concat', joined, { axis });
  },
} satisfies Rules;

/** A constant in another shape, if x is one. */
function constantOf(writer: Writer, x: NodeId, shape: readonly Dim[]): NodeId | undefined {
  const value = writer.draft.constantAt(x);
  return value === undefined ? undefined : writer.constant(value, shape, writer.draft.typeOf(x).element);
}

/** A piece of values side by side, from those that it touches. */
function sliceParts(
  writer: Writer,
  parts: readonly NodeId[],
  axis: number,
  start: number,
  size: number,
): NodeId {
  const touched: NodeId[] = [];
  let at = 0;
  for (const part of parts) {
    const extent = Number(writer.shapeOf(part)[axis]);
    const from = Math.max(start, at);
    const to = Math.min(start + size, at + extent);
    if (from < to) touched.push(writer.call('slice', [part], { axis, start: from - at, size: to - from }));
    at += extent;
  }
  return writer.call('concat', touched, { axis });
}

/** Two neighbours as one: pieces that lie side by side in one value, or constants of one number. */
function joinNeighbours(writer: Writer, x: NodeId, y: NodeId, axis: number): NodeId | undefined {
  const { draft } = writer;
  const shape = writer.shapeOf(x);
  const size = Number(shape[axis]) + Number(writer.shapeOf(y)[axis]);
  const [a, b] = [draft.constantAt(x), draft.constantAt(y)];
  if (a !== undefined && b !== undefined && Object.is(a, b)) {
    return writer.constant(a, shape.with(axis, size), draft.typeOf(x).element);
  }
  const [left, right] = [draft.find(x, 'slice'), draft.find(y, 'slice')];
  if (left === undefined || right === undefined || left.operands[0] !== right.operands[0]) return undefined;
  const isAlong = left.attributes.axis === axis && right.attributes.axis === axis;
  if (!isAlong || left.attributes.start + left.attributes.size !== right.attributes.start) return undefined;
  return writer.call('slice', left.operands, { axis, start: left.attributes.start, size });
}

/** Values that repeat along the same axes are joined before they are repeated. */
function joinRepeated(writer: Writer, parts: readonly NodeId[], axis: number): NodeId | undefined {
  const { draft } = writer;
  const calls = parts.map((part) => draft.find(part, 'broadcast'));
  const [first] = calls;
  if (first === undefined) return undefined;
  const { axes } = first.attributes;
  const inner = axes.indexOf(axis);
  const isAlike = calls.every((call) => call !== undefined && sameShape(call.attributes.axes, axes));
  if (inner < 0 || !isAlike) return undefined;
  const joined = writer.call(
    'concat',
    calls.flatMap((call) => call?.operands ?? []),
    { axis: inner },
  );
  const size = Number(writer.shapeOf(joined)[inner]);
  return writer.broadcast(joined, first.attributes.shape.with(axis, size), axes);
}

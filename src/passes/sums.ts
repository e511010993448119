// Rules for reductions and products. A sum of repeated values is a multiple; a sum of a product is a product that sums
// one letter more; a product does not multiply the same number twice.

import type { NodeId } from '../graph/graph.ts';
import type { OpAttributes } from '../graph/ops/attributes.ts';
import { type Dim, sameShape } from '../graph/type.ts';
import type { Rules, Writer } from './writer.ts';

type Letters = OpAttributes['contract'];

export const sums = {
  sum(writer, [x], { axes }) {
    const { draft } = writer;
    const value = draft.constantAt(x);
    if (value !== undefined) {
      const removed = writer.shapeOf(x).filter((_, axis) => axes.includes(axis));
      const kept = writer.shapeOf(x).filter((_, axis) => !axes.includes(axis));
      return multiply(writer, writer.constant(value, kept), removed);
    }
    const inner = draft.find(x, 'sum');
    if (inner !== undefined)
      return writer.call('sum', inner.operands, { axes: joinAxes(writer, inner, axes) });
    const negative = draft.find(x, 'neg');
    if (negative !== undefined) return writer.apply('neg', writer.call('sum', negative.operands, { axes }));
    const moved = draft.find(x, 'transpose');
    if (moved !== undefined) return sumMoved(writer, moved.operands[0], moved.attributes.order, axes);
    const repeated = draft.find(x, 'broadcast');
    if (repeated !== undefined) {
      return sumRepeated(writer, repeated.operands[0], repeated.attributes, axes);
    }
    const product = draft.find(x, 'contract');
    return product && sumProduct(writer, product.operands, product.attributes, axes);
  },

  contract(writer, operands, letters) {
    return (
      takeTransposed(writer, operands, letters, 'left') ??
      takeTransposed(writer, operands, letters, 'right') ??
      takeRepeated(writer, operands, letters, 'left') ??
      takeRepeated(writer, operands, letters, 'right') ??
      withoutSum(writer, operands, letters)
    );
  },
} satisfies Rules;

/** x times the extents of axes along which it repeated. */
function multiply(writer: Writer, x: NodeId, extents: readonly Dim[]): NodeId {
  let product = x;
  for (const dim of extents) {
    const extent = writer.call('extent', [], { extent: dim });
    product = writer.apply('mul', product, writer.broadcast(extent, writer.shapeOf(x), []));
  }
  return product;
}

/** The axes of the inner operand that two sums in a row take. */
function joinAxes(
  writer: Writer,
  inner: { readonly operands: readonly NodeId[]; readonly attributes: OpAttributes['sum'] },
  outer: readonly number[],
): number[] {
  const kept = writer
    .shapeOf(inner.operands[0])
    .map((_, axis) => axis)
    .filter((axis) => !inner.attributes.axes.includes(axis));
  return [...inner.attributes.axes, ...outer.map((axis) => kept[axis])].sort((a, b) => a - b);
}

function sumMoved(writer: Writer, x: NodeId, order: readonly number[], axes: readonly number[]): NodeId {
  const own = axes.map((axis) => order[axis]).sort((a, b) => a - b);
  const summed = writer.call('sum', [x], { axes: own });
  const kept = order.filter((axis) => !own.includes(axis));
  const sorted = kept.toSorted((a, b) => a - b);
  return writer.call('transpose', [summed], { order: kept.map((axis) => sorted.indexOf(axis)) });
}

function sumRepeated(
  writer: Writer,
  x: NodeId,
  { shape, axes: places }: OpAttributes['broadcast'],
  axes: readonly number[],
): NodeId {
  const own = places.flatMap((place, axis) => (axes.includes(place) ? [axis] : []));
  const summed = own.length === 0 ? x : writer.call('sum', [x], { axes: own });
  const repeats = axes.filter((axis) => !places.includes(axis)).map((axis) => shape[axis]);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return writer.broadcast(
    multiply(writer, summed, repeats),
    kept.map((axis) => shape[axis]),
    places.filter((place) => !axes.includes(place)).map((place) => kept.indexOf(place)),
  );
}

/** A letter of both operands is summed by the product; one of a single operand is summed before it. */
function sumProduct(
  writer: Writer,
  [x, y]: readonly NodeId[],
  letters: Letters,
  axes: readonly number[],
): NodeId {
  const gone = new Set(axes.map((axis) => letters.out[axis]));
  const isAlone = (own: string, other: string) => (letter: string) =>
    gone.has(letter) && own.includes(letter) && !other.includes(letter);
  const [left, right] = [
    sumLetters(writer, x, letters.left, isAlone(letters.left, letters.right)),
    sumLetters(writer, y, letters.right, isAlone(letters.right, letters.left)),
  ];
  return writer.call('contract', [left.value, right.value], {
    left: left.letters,
    right: right.letters,
    out: without(letters.out, (letter) => gone.has(letter)),
  });
}

function sumLetters(
  writer: Writer,
  value: NodeId,
  letters: string,
  isSummed: (letter: string) => boolean,
): { value: NodeId; letters: string } {
  const axes = [...letters].flatMap((letter, axis) => (isSummed(letter) ? [axis] : []));
  if (axes.length === 0) return { value, letters };
  return { value: writer.call('sum', [value], { axes }), letters: without(letters, isSummed) };
}

function without(letters: string, isGone: (letter: string) => boolean): string {
  return [...letters].filter((letter) => !isGone(letter)).join('');
}

type Side = 'left' | 'right';

/** The operands and letters with those of one side replaced. */
function withSide(
  operands: readonly NodeId[],
  letters: Letters,
  side: Side,
  value: NodeId,
  own: string,
): [NodeId[], Letters] {
  return [operands.with(side === 'left' ? 0 : 1, value), { ...letters, [side]: own }];
}

/** A product reads its operands in any order of axes. */
function takeTransposed(
  writer: Writer,
  operands: readonly NodeId[],
  letters: Letters,
  side: Side,
): NodeId | undefined {
  const moved = writer.draft.find(operands[side === 'left' ? 0 : 1], 'transpose');
  if (moved === undefined) return undefined;
  const { order } = moved.attributes;
  const own = order.map((_, axis) => letters[side][order.indexOf(axis)]).join('');
  const [values, changed] = withSide(operands, letters, side, moved.operands[0], own);
  return writer.call('contract', values, changed);
}

/** A product does not go along an axis on which an operand only repeats (a constant does so on all of its axes). */
function takeRepeated(
  writer: Writer,
  operands: readonly NodeId[],
  letters: Letters,
  side: Side,
): NodeId | undefined {
  const { draft } = writer;
  const value = operands[side === 'left' ? 0 : 1];
  const repeated = draft.find(value, 'broadcast');
  const number = draft.constantAt(value);
  if (repeated === undefined && (number === undefined || letters[side] === '')) return undefined;
  const inner = repeated === undefined ? writer.constant(number!, []) : repeated.operands[0];
  const places = repeated?.attributes.axes ?? [];
  const own = places.map((place) => letters[side][place]).join('');
  const isGone = (letter: string) => letters[side].includes(letter) && !own.includes(letter);

  // The letters gone from this side: summed in the other operand, kept by it, or repeated in the result.
  const otherSide: Side = side === 'left' ? 'right' : 'left';
  const other = letters[otherSide];
  const rest = sumLetters(
    writer,
    operands[side === 'left' ? 1 : 0],
    other,
    (letter) => isGone(letter) && !letters.out.includes(letter),
  );
  const isRepeated = (letter: string) => isGone(letter) && !other.includes(letter);
  const out = without(letters.out, isRepeated);
  const product = writer.call('contract', side === 'left' ? [inner, rest.value] : [rest.value, inner], {
    left: side === 'left' ? own : rest.letters,
    right: side === 'left' ? rest.letters : own,
    out,
  });
  const extents = new Map([...letters[side]].map((letter, axis) => [letter, writer.shapeOf(value)[axis]]));
  const shape = [...letters.out].map(
    (letter) => extents.get(letter) ?? writer.shapeOf(product)[out.indexOf(letter)],
  );
  return writer.broadcast(
    product,
    shape,
    [...out].map((letter) => letters.out.indexOf(letter)),
  );
}

/** A product that sums nothing and whose letters stand in one order is elementwise; so is one by a scalar. */
function withoutSum(writer: Writer, operands: readonly NodeId[], letters: Letters): NodeId | undefined {
  const [x, y] = operands;
  const { left, right, out } = letters;
  if (left === '' || right === '') {
    const [scalar, value, own] = left === '' ? [x, y, right] : [y, x, left];
    const order = [...out].map((letter) => own.indexOf(letter));
    const moved = writer.call('transpose', [value], { order });
    const factor = writer.broadcast(scalar, writer.shapeOf(moved), []);
    return writer.apply('mul', ...(left === '' ? [factor, moved] : [moved, factor]));
  }
  if (left !== right || left !== out || !sameShape(writer.shapeOf(x), writer.shapeOf(y))) return undefined;
  return writer.apply('mul', x, y);
}

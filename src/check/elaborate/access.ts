// What stands in brackets: entries, slices, and the indices of index notation, as operations of the graph. Axes are
// taken one after the other; an index that names two axes takes their diagonal. What is beyond the ends of an axis and
// reached by arithmetic on indices is zero: a shift is a slice with zeros joined to it, all else takes rows by their
// number from a table with one row of zeros more.

import type { Span } from '../../base/source.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { AccessNode, CheckedExpression } from '../checked.ts';
import type { CheckedIndex, CheckedPlace, IndexTerm } from '../checked-places.ts';
import { showSize, sizeOf } from '../size.ts';
import { type Around, arrange, type Lifted } from './axes.ts';
import { ElaborationProblem } from './problem.ts';

/** What an axis is: an index, or an axis of the value by its number; `'again'`: of an index that is there already. */
type Label = number | `axis ${number}` | 'again';

interface Labelled {
  readonly node: NodeId;
  readonly labels: readonly Label[];
}

/** `operand[places]`. */
export function access(
  e: AccessNode,
  operand: Lifted,
  lift: (e: CheckedExpression) => Lifted,
  around: Around,
): Lifted {
  const { b } = around;
  const rank = b.shapeOf(operand.node).length - operand.axes.length;
  const own = Array.from({ length: rank }, (_, k): Label => `axis ${k}`);
  const axes = new Map(operand.axes.map((index) => [index.id, index]));
  let value: Labelled = { node: operand.node, labels: [...operand.axes.map(({ id }) => id), ...own] };
  // What a category names is found first: the indices that it needs stand before all axes.
  e.places.forEach((place, k) => {
    const label: Label = `axis ${k}`;
    switch (place.kind) {
      case 'whole':
        return;
      case 'slice':
      case 'entry':
        value = cut(value, label, place, around, e.span);
        return;
      case 'category': {
        if (place.position.kind === 'loop-number') {
          const at = sizeOf(around.round(place.position));
          value = cut(value, label, { kind: 'entry', at }, around, e.span);
          return;
        }
        const position = lift(place.position);
        for (const index of position.axes) axes.set(index.id, index);
        value = pick(value, label, position, around, e.span);
        return;
      }
      case 'index':
        axes.set(place.index.id, place.index);
        value = rename(value, label, place.index, around);
        return;
      case 'sum':
        for (const { index } of place.terms) axes.set(index.id, index);
        value = reach(value, label, place, around, e.span);
        return;
      default:
        place satisfies never;
    }
  });
  const found = [...axes.values()].sort((x, y) => x.id - y.id);
  const rest = value.labels.filter((label) => typeof label === 'string');
  const order = [...found.map(({ id }): Label => id), ...rest];
  return { node: arrange(b, value.node, value.labels, order), axes: found };
}

/** Some positions of an axis, or one of them without the axis. */
function cut(
  { node, labels }: Labelled,
  label: Label,
  place: Extract<CheckedPlace<CheckedExpression>, { readonly kind: 'slice' | 'entry' }>,
  around: Around,
  span: Span,
): Labelled {
  const { b } = around;
  const axis = labels.indexOf(label);
  const extent = Number(b.shapeOf(node)[axis]);
  const [from, size] = place.kind === 'entry' ? [place.at, undefined] : [place.start, place.size];
  const start = around.number(from, span);
  const count = size === undefined ? 1 : around.number(size, span);
  if (start < 0 || count < 1 || start + count > extent) {
    const [first, end] = [`${start}`, `${start + count}`];
    const text =
      size === undefined
        ? `the entry ${showSize(from)}${showSize(from) === first ? '' : `, here ${first},`}`
        : `the slice from ${first} to ${end}`;
    throw new ElaborationProblem({
      code: 'RNN5911',
      message: `${text} is not inside of an axis of ${extent}`,
      span,
      label:
        size === undefined
          ? `its entries are 0 to ${extent - 1}`
          : `it goes from 0 to ${extent}, and a slice holds one entry or more`,
    });
  }
  if (size !== undefined && start === 0 && count === extent) return { node, labels };
  const part = count === extent ? node : b.call('slice', [node], { axis, start, size: count });
  if (size !== undefined) return { node: part, labels };
  return {
    node: b.call('reshape', [part], { shape: b.shapeOf(part).toSpliced(axis, 1) }),
    labels: labels.toSpliced(axis, 1),
  };
}

/** An axis gets the name of an index; where the index is there already, the diagonal of the two is taken. */
function rename(value: Labelled, label: Label, index: CheckedIndex, around: Around): Labelled {
  const { node, labels } = value;
  const axis = labels.indexOf(label);
  if (!labels.includes(index.id)) return { node, labels: labels.with(axis, index.id) };
  return diagonal({ node, labels: labels.with(axis, 'again') }, index.id, around);
}

/**
 * The entries where the axis of an index and the axis `again` have the same number. Row by row the n of them lie n + 1
 * apart: with n entries more at the end, the rows of n + 1 begin with them.
 */
function diagonal({ node, labels }: Labelled, id: number, { b }: Around): Labelled {
  const others = labels.filter((label) => label !== id && label !== 'again');
  const square = arrange(b, node, labels, [id, 'again', ...others]);
  const [n, , ...rest] = b.shapeOf(square);
  const size = Number(n);
  const flat = b.call('reshape', [square], { shape: [size * size, ...rest] });
  const zeros = b.constant(0, [size, ...rest], b.typeOf(node).element);
  const longer = b.call('concat', [flat, zeros], { axis: 0 });
  const rows = b.call('reshape', [longer], { shape: [size, size + 1, ...rest] });
  const first = b.call('slice', [rows], { axis: 1, start: 0, size: 1 });
  return { node: b.call('reshape', [first], { shape: [size, ...rest] }), labels: [id, ...others] };
}

/** The entries of an axis that arithmetic on indices leads to, zero beyond its ends. */
function reach(
  value: Labelled,
  label: Label,
  { terms, offset }: Extract<CheckedPlace<CheckedExpression>, { readonly kind: 'sum' }>,
  around: Around,
  span: Span,
): Labelled {
  const start = around.number(offset, span);
  const factors = terms.map(({ factor }) => around.number(factor, span));
  const [term] = terms;
  const moved =
    terms.length === 1 && factors[0] === 1
      ? shift(value, label, term.index, start, around, span)
      : rowsOf(value, label, terms, factors, start, around, span);
  // An index that was there before names the axis as well.
  return terms.reduce((result, { index }) => {
    const places = result.labels.flatMap((l, k) => (l === index.id ? [k] : []));
    if (places.length < 2) return result;
    return diagonal({ node: result.node, labels: result.labels.with(places[1], 'again') }, index.id, around);
  }, moved);
}

/** As many positions of an axis as an index has numbers, from `start`, which may be before its begin. */
function shift(
  { node, labels }: Labelled,
  label: Label,
  index: CheckedIndex,
  start: number,
  around: Around,
  span: Span,
): Labelled {
  const { b } = around;
  const axis = labels.indexOf(label);
  const shape = b.shapeOf(node);
  const extent = Number(shape[axis]);
  const size = around.size(index.size, span);
  const zeros = (count: number): NodeId[] =>
    count <= 0 ? [] : [b.constant(0, shape.with(axis, count), b.typeOf(node).element)];
  const first = Math.min(Math.max(start, 0), extent);
  const end = Math.max(Math.min(start + size, extent), first);
  const inside = end - first === extent ? [node] : [];
  if (inside.length === 0 && end > first)
    inside.push(b.call('slice', [node], { axis, start: first, size: end - first }));
  const before = Math.min(Math.max(-start, 0), size);
  const parts = [...zeros(before), ...inside, ...zeros(size - before - (end - first))];
  const joined = parts.length === 1 ? parts[0] : b.call('concat', parts, { axis });
  return { node: joined, labels: labels.with(axis, index.id) };
}

/** An axis for each index in the place of one: the entry at `start`, and so often each index as its factor says. */
function rowsOf(
  { node, labels }: Labelled,
  label: Label,
  terms: readonly IndexTerm[],
  factors: readonly number[],
  start: number,
  around: Around,
  span: Span,
): Labelled {
  const { b } = around;
  const extents = terms.map(({ index }) => around.size(index.size, span));
  const others = labels.filter((l) => l !== label);
  const table = arrange(b, node, labels, [label, ...others]);
  const [rows, ...rest] = b.shapeOf(table);
  const whole = (value: number): NodeId => b.constant(value, extents, 'index');
  const at = terms.reduce((sum, _, k) => {
    const number = b.broadcast(b.call('iota', [], { extent: extents[k] }), extents, [k]);
    return b.apply('add', sum, b.apply('mul', number, whole(factors[k])));
  }, whole(start));
  const furthest = factors.reduce((most, f, k) => most + Math.max(0, f * (extents[k] - 1)), start);
  const nearest = factors.reduce((least, f, k) => least + Math.min(0, f * (extents[k] - 1)), start);
  const isInside = nearest >= 0 && furthest < Number(rows);
  const found = isInside
    ? take(table, at, around)
    : take(
        b.call('concat', [table, b.constant(0, [1, ...rest], b.typeOf(node).element)], { axis: 0 }),
        b.apply(
          'select',
          b.apply('and', b.apply('le', whole(0), at), b.apply('lt', at, whole(Number(rows)))),
          at,
          whole(Number(rows)),
        ),
        around,
      );
  return { node: found, labels: [...terms.map(({ index }): Label => index.id), ...others] };
}

/** Rows of a table of any element. */
function take(table: NodeId, at: NodeId, { b }: Around): NodeId {
  const { element } = b.typeOf(table);
  if (element === 'real') return b.apply('gather', table, at);
  const real = b.call('convert', [table], { element: 'real' });
  return b.call('convert', [b.apply('gather', real, at)], { element });
}

/** The entry of an axis that a category names, which may be another one for each number of some indices. */
function pick(value: Labelled, label: Label, position: Lifted, around: Around, span: Span): Labelled {
  const { b } = around;
  const { node, labels } = value;
  const own = position.axes.map(({ id }): Label => id);
  const others = labels.filter((l) => l !== label);
  if (!own.some((id) => labels.includes(id))) {
    const table = arrange(b, node, labels, [label, ...others]);
    return { node: take(table, position.node, around), labels: [...own, ...others] };
  }
  // A table for each number: of all entries the one is kept whose number it is. Selected and added up, so that what
  // is not meant reaches nothing.
  const missing = position.axes.filter(({ id }) => !labels.includes(id));
  const all: Label[] = [label, ...missing.map(({ id }): Label => id), ...others];
  const table = arrange(b, node, labels, [label, ...others]);
  const { element } = b.typeOf(node);
  const real = element === 'real' ? table : b.call('convert', [table], { element: 'real' });
  const [rows, ...rest] = b.shapeOf(table);
  const extents = missing.map(({ size }) => around.size(size, span));
  const shape = [rows, ...extents, ...rest];
  const everywhere = b.broadcast(real, shape, [0, ...rest.map((_, k) => 1 + extents.length + k)]);
  const inOrder = all.filter((l) => own.includes(l));
  const wanted = arrange(b, position.node, own, inOrder);
  const here = b.apply(
    'eq',
    b.broadcast(b.call('iota', [], { extent: rows }), shape, [0]),
    b.broadcast(
      wanted,
      shape,
      inOrder.map((l) => all.indexOf(l)),
    ),
  );
  const kept = b.apply('select', here, everywhere, b.constantLike(0, everywhere));
  const sum = b.sum(kept, [0]);
  return {
    node: element === 'real' ? sum : b.call('convert', [sum], { element }),
    labels: all.slice(1),
  };
}

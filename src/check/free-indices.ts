// Which indices a checked expression needs from around it, and what closes it over them: a value with an axis for each.

import type { AccessNode, CheckedExpression, TabulateNode } from './checked.ts';
import type { CheckedIndex, CheckedPlace } from './checked-places.ts';
import { operandsOf } from './operands.ts';

const known = new WeakMap<CheckedExpression, readonly CheckedIndex[]>();

/** The indices that stand free in an expression, in the order in which they were bound. */
export function freeIndices(e: CheckedExpression): readonly CheckedIndex[] {
  const before = known.get(e);
  if (before !== undefined) return before;
  const free = new Map<number, CheckedIndex>();
  for (const operand of operandsOf(e)) for (const index of freeIndices(operand)) free.set(index.id, index);
  if (e.kind === 'tabulate' || e.kind === 'over-index') for (const { id } of e.indices) free.delete(id);
  if (e.kind === 'index-number') free.set(e.index.id, e.index);
  if (e.kind === 'access') {
    for (const index of e.places.flatMap(indicesOf)) free.set(index.id, index);
  }
  const found = [...free.values()].sort((a, b) => a.id - b.id);
  known.set(e, found);
  return found;
}

/** The indices that a place itself is made of. */
function indicesOf(place: CheckedPlace<CheckedExpression>): readonly CheckedIndex[] {
  if (place.kind === 'index') return [place.index];
  return place.kind === 'sum' ? place.terms.map((term) => term.index) : [];
}

/** The values of an expression for all values of some indices; the expression itself where there are none. */
export function tabulated(e: CheckedExpression, indices: readonly CheckedIndex[]): CheckedExpression {
  if (indices.length === 0) return e;
  const type = { ...e.type, shape: [...indices.map(({ size }) => size), ...e.type.shape] };
  return { kind: 'tabulate', indices, operand: e, type, span: e.span } satisfies TabulateNode;
}

/** The entry of a value that the indices name, one for each of its first axes; the value itself where there are none. */
export function accessed(e: CheckedExpression, indices: readonly CheckedIndex[]): CheckedExpression {
  if (indices.length === 0) return e;
  const places = indices.map((index) => ({ kind: 'index', index }) as const);
  const type = { ...e.type, shape: e.type.shape.slice(indices.length) };
  return { kind: 'access', operand: e, places, type, span: e.span } satisfies AccessNode;
}

/** What `change` makes of a reference, where the reference may stand behind the indices that it was closed over. */
export function behindIndices(
  reference: CheckedExpression,
  change: (e: CheckedExpression) => CheckedExpression,
): CheckedExpression {
  if (reference.kind !== 'access') return change(reference);
  const operand = change(reference.operand);
  return { ...reference, operand, type: { ...reference.type, rate: operand.type.rate } };
}

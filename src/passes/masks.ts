// Masks over the steps after a sequence's end: how to see one, and where it changes nothing.

import type { NodeId } from '../graph/graph.ts';
import { BATCH } from '../graph/type.ts';
import { type Draft, scanAt } from './draft.ts';

/** Whether a value is zero anyway where a mask would make it zero: a loop with the lengths of the mask has stacked it. */
export function isMaskedAlready(draft: Draft, value: NodeId, condition: NodeId): boolean {
  const result = draft.at(value);
  if (result.kind !== 'result') return false;
  const { axis, lengths, carries, stacked, segment } = scanAt(draft.finish(), result.scan);
  const isStacked = result.index >= carries.length && result.index < carries.length + stacked;
  return (
    isStacked &&
    segment === undefined &&
    lengths !== undefined &&
    result.type.shape[1] === BATCH &&
    isAliveMask(draft, condition, axis, lengths)
  );
}

/** Whether a condition over [T, B, ...] says which steps are alive: position < length, repeated along other axes. */
export function isAliveMask(draft: Draft, condition: NodeId, axis: string, lengths: NodeId): boolean {
  const repeated = draft.find(condition, 'broadcast');
  if (repeated !== undefined) {
    const [first, second] = repeated.attributes.axes;
    const { shape } = repeated.attributes;
    return (
      shape[first] === axis &&
      shape[second] === BATCH &&
      isAliveMask(draft, repeated.operands[0], axis, lengths)
    );
  }
  const comparison = draft.find(condition, 'lt');
  if (comparison === undefined || draft.shapeOf(condition).length !== 2) return false;
  const [positions, ends] = comparison.operands.map((operand) => draft.find(operand, 'broadcast'));
  if (positions === undefined || ends === undefined) return false;
  const iota = draft.find(positions.operands[0], 'iota');
  return (
    iota?.attributes.extent === axis &&
    positions.attributes.axes[0] === 0 &&
    ends.operands[0] === lengths &&
    ends.attributes.axes[0] === 1
  );
}

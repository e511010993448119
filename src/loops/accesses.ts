// What a statement reads and writes: the one place that knows it for every kind of statement.

import type { BufferId, Place, Scalar, ScalarId, Statement } from './program.ts';

/** Calls back for every buffer that a statement touches, those inside a loop included. */
export function eachTouch(
  statement: Statement,
  touch: (place: Place, isWrite: boolean, isRead: boolean) => void,
): void {
  switch (statement.kind) {
    case 'loop':
      for (const inner of statement.body) eachTouch(inner, touch);
      return;
    case 'sweep':
      for (const scalar of statement.scalars) touchScalar(scalar, touch);
      return;
    case 'product':
      touch(statement.left, false, true);
      touch(operandPlace(statement.right), false, true);
      touch(statement.out, true, statement.accumulate);
      return;
    case 'pack':
      touch(statement.source, false, true);
      touch({ buffer: statement.packed, offset: [], steps: [] }, true, false);
      return;
    default:
      statement satisfies never;
  }
}

function operandPlace(right: Place | { readonly packed: BufferId }): Place {
  return 'packed' in right ? { buffer: right.packed, offset: [], steps: [] } : right;
}

function touchScalar(scalar: Scalar, touch: (place: Place, isWrite: boolean, isRead: boolean) => void): void {
  switch (scalar.kind) {
    case 'number':
    case 'position':
    case 'extent':
    case 'apply':
    case 'uniform':
      return;
    case 'load':
    case 'gather':
      touch(scalar.access, false, true);
      return;
    case 'store':
    case 'argmax':
      touch(scalar.access, true, false);
      return;
    case 'reduce':
    case 'scatter':
      touch(scalar.access, true, true);
      return;
    default:
      scalar satisfies never;
  }
}

/** The earlier scalars that a scalar refers to. */
export function operandsOfScalar(scalar: Scalar): readonly ScalarId[] {
  switch (scalar.kind) {
    case 'number':
    case 'position':
    case 'extent':
    case 'load':
      return [];
    case 'gather':
      return [scalar.index];
    case 'apply':
      return scalar.operands;
    case 'uniform':
      return [scalar.seed, scalar.step, scalar.position];
    case 'store':
    case 'reduce':
    case 'argmax':
      return [scalar.value];
    case 'scatter':
      return [scalar.index, scalar.value];
    default:
      return scalar satisfies never;
  }
}

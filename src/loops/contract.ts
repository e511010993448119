// How a contraction is computed: as a matrix product where it has rows, columns and a sum; as a sweep where one of
// them is missing (an outer product, a dot product, a matrix times a vector of the same sequence: nothing would be
// used twice, so packing could not pay).

import type { OpAttributes } from '../graph/ops/attributes.ts';
import type { Dim, Type } from '../graph/type.ts';
import type { ProgramBuilder } from './build.ts';
import type { OuterAxis } from './program.ts';
import { isOne, type Size, sameSize, sizeOf, times, ZERO } from './size.ts';
import { accessOf, broadcastValue, placeOf, transposeValue, type Value, type View } from './value.ts';

/** One letter: its extent and how far a step along it goes in both operands and in the result. */
interface Axis {
  readonly letter: string;
  readonly extent: Size;
  readonly left: Size;
  readonly right: Size;
  readonly out: Size;
}

/** The axes of a product by what they are in it. */
interface Roles {
  readonly batch: readonly Axis[];
  readonly rows: readonly Axis[];
  readonly columns: readonly Axis[];
  readonly inner: readonly Axis[];
}

export function lowerContract(
  program: ProgramBuilder,
  x: Value,
  y: Value,
  letters: OpAttributes['contract'],
  type: Type,
): Value {
  const dims = new Map<string, Dim>();
  [...letters.left].forEach((letter, axis) => void dims.set(letter, x.shape[axis]));
  [...letters.right].forEach((letter, axis) => void dims.set(letter, y.shape[axis]));
  const roles = { batch: '', rows: '', columns: '', inner: '' };
  for (const [letter, dim] of dims) {
    if (dim === 1) continue;
    const [inLeft, inRight] = [letters.left.includes(letter), letters.right.includes(letter)];
    if (!letters.out.includes(letter)) roles.inner += letter;
    else if (inLeft && inRight) roles.batch += letter;
    else if (inLeft) roles.rows += letter;
    else roles.columns += letter;
  }
  if (roles.rows === '' || roles.columns === '' || roles.inner === '') {
    return lowerAsSweep(program, x, y, letters, dims, type);
  }
  return lowerAsProduct(program, program.inBuffer(x), program.inBuffer(y), letters, dims, roles);
}

/** A value of an operand's letters, seen with the axes `order`. */
function along<V extends Value>(value: V, own: string, order: string, dims: ReadonlyMap<string, Dim>): V {
  const present = [...order].filter((letter) => own.includes(letter));
  const ordered = transposeValue(
    value,
    present.map((letter) => own.indexOf(letter)),
  );
  return broadcastValue(
    ordered,
    [...order].map((letter) => dims.get(letter)!),
    present.map((letter) => order.indexOf(letter)),
  );
}

function strideAlong(value: Value, own: string, letter: string): Size {
  return own.includes(letter) ? value.strides[own.indexOf(letter)] : ZERO;
}

function lowerAsSweep(
  program: ProgramBuilder,
  x: Value,
  y: Value,
  letters: OpAttributes['contract'],
  dims: ReadonlyMap<string, Dim>,
  type: Type,
): Value {
  const out = program.temporary('real', type.shape);
  const summed = [...dims.keys()].filter((letter) => !letters.out.includes(letter));
  // The innermost axis should be one along which both operands lie side by side.
  const isDense = (letter: string | undefined): boolean =>
    letter !== undefined &&
    [strideAlong(x, letters.left, letter), strideAlong(y, letters.right, letter)].every(
      (stride) => stride.factor === 0 || isOne(stride),
    );
  const swept = (list: readonly string[]): string | undefined =>
    list.filter((letter) => dims.get(letter) !== 1).at(-1);
  const sumInside = isDense(swept(summed)) || !isDense(swept([...letters.out]));
  const order = sumInside ? letters.out + summed.join('') : summed.join('') + letters.out;
  const shape = [...order].map((letter) => dims.get(letter)!);
  const result = along(out, letters.out, order, dims);
  if (summed.length > 0) program.fill(out, 0);
  program.sweep(shape, (s) => {
    const value = s.apply(
      'mul',
      'real',
      s.read(along(x, letters.left, order, dims)),
      s.read(along(y, letters.right, order, dims)),
    );
    if (summed.length === 0) s.store(result, value);
    else s.push({ kind: 'reduce', how: 'sum', access: accessOf(result), value });
  });
  return out;
}

function lowerAsProduct(
  program: ProgramBuilder,
  x: View,
  y: View,
  letters: OpAttributes['contract'],
  dims: ReadonlyMap<string, Dim>,
  roles: { readonly batch: string; readonly rows: string; readonly columns: string; readonly inner: string },
): Value {
  const inOrder = (set: string, order: string): string =>
    [...order].filter((letter) => set.includes(letter)).join('');
  // The result's last axis runs over the columns, so that they lie side by side; which operand has it is the right.
  const swept = inOrder(roles.batch + roles.rows + roles.columns, letters.out);
  const isSwapped = roles.rows.includes(swept.at(-1)!);
  const rowSet = isSwapped ? roles.columns : roles.rows;
  const columnSet = isSwapped ? roles.rows : roles.columns;
  // Where the last axis is a batch, the result is laid out by batch, rows and columns and seen in the order asked for.
  const layout = roles.batch.includes(swept.at(-1)!)
    ? [roles.batch, roles.rows, roles.columns].map((set) => inOrder(set, letters.out)).join('')
    : swept;
  const ones = [...letters.out].filter((letter) => !layout.includes(letter)).join('');
  const order = ones + layout;
  const stored = program.temporary(
    'real',
    [...order].map((letter) => dims.get(letter)!),
  );

  const [left, leftLetters] = isSwapped ? [y, letters.right] : [x, letters.left];
  const [right, rightLetters] = isSwapped ? [x, letters.left] : [y, letters.right];
  const axesOf = (set: string): Axis[] =>
    [...set].map((letter) => ({
      letter,
      extent: sizeOf(dims.get(letter)!),
      left: strideAlong(left, leftLetters, letter),
      right: strideAlong(right, rightLetters, letter),
      out: strideAlong(stored, order, letter),
    }));
  emitProduct(program, left, right, stored, {
    batch: join(axesOf(inOrder(roles.batch, order))),
    rows: join(axesOf(inOrder(rowSet, order))),
    columns: join(axesOf(inOrder(columnSet, order))),
    inner: join(axesOf(inOrder(roles.inner, leftLetters))),
  });
  return transposeValue(
    stored,
    [...letters.out].map((letter) => order.indexOf(letter)),
  );
}

/** Neighbouring axes that are evenly spaced everywhere, as one. */
function join(axes: readonly Axis[]): Axis[] {
  const joined: Axis[] = [];
  for (const axis of axes) {
    const last = joined.at(-1);
    const fits = (['left', 'right', 'out'] as const).every(
      (side) => last !== undefined && sameSize(last[side], times(axis[side], axis.extent)),
    );
    if (last !== undefined && fits)
      joined[joined.length - 1] = { ...axis, extent: times(last.extent, axis.extent) };
    else joined.push(axis);
  }
  return joined;
}

/** The last axis of each kind goes into the product, the others around it. */
function emitProduct(program: ProgramBuilder, left: View, right: View, out: View, roles: Roles): void {
  const [row, column, inner] = [roles.rows.at(-1)!, roles.columns.at(-1)!, roles.inner.at(-1)!];
  const kept = [...roles.batch, ...roles.rows.slice(0, -1), ...roles.columns.slice(0, -1)];
  const summed = roles.inner.slice(0, -1);
  if (summed.length > 0) program.fill(out, 0);
  const outer: OuterAxis[] = [...kept, ...summed].map(({ extent, left, right, out }) => ({
    extent,
    left,
    right,
    out,
  }));
  program.push({
    kind: 'product',
    outer,
    rows: row.extent,
    columns: column.extent,
    inner: inner.extent,
    left: { ...placeOf(left), row: row.left, inner: inner.left },
    right: { ...placeOf(right), inner: inner.right, column: column.right },
    out: { ...placeOf(out), row: row.out },
    accumulate: summed.length > 0,
  });
}

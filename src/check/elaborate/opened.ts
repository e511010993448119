// One copy of a cell, with numbers for all that its header leaves open.

import { invariant } from '../../base/invariant.ts';
import type { Span } from '../../base/source.ts';
import type { AxisName, Dim } from '../../graph/type.ts';
import type { CheckedCell, CheckedInstance } from '../checked.ts';
import { evaluateSize, type Size, showSize, soleSymbol } from '../size.ts';
import { ElaborationProblem } from './problem.ts';

/** One copy of a cell: its weights' and states' prefix, and numbers for all that its header leaves open. */
export interface Opened {
  readonly cell: CheckedCell;
  /** Empty, or with its dot: `low.`. */
  readonly prefix: string;
  readonly sizes: ReadonlyMap<string, number>;
  /** The axes of those sizes that are lengths of sequences. */
  readonly lengths: ReadonlyMap<string, AxisName>;
  readonly hyperparameters: ReadonlyMap<string, number>;
  readonly instances: readonly { readonly checked: CheckedInstance; readonly opened: Opened }[];
}

/** Categories and places are 32-bit numbers, and a single axis beyond is far out of reach. */
const LARGEST_SIZE = 2 ** 31 - 1;

/** What a size is, in a message. */
export const sizeWords = `a size is a whole number from 1 to ${LARGEST_SIZE}`;

export function isSize(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= LARGEST_SIZE;
}

/** The number that a size is in an opened cell. */
export function sizeNumber(size: Size, opened: Pick<Opened, 'sizes'>, span: Span): number {
  const number = evaluateSize(size, opened.sizes);
  invariant(number !== undefined, `every size of ${showSize(size)} has a value`);
  if (isSize(number)) return number;
  throw new ElaborationProblem({
    code: 'RNN5903',
    message: `the size ${showSize(size)} comes to ${number} with ${valuesText(opened)}`,
    span,
    label: sizeWords,
  });
}

/** The axis that a size is the length of, in an opened cell; undefined where it is a number. */
export function lengthOf(size: Size, opened: Pick<Opened, 'lengths'>): AxisName | undefined {
  const symbol = soleSymbol(size);
  return symbol === undefined ? undefined : opened.lengths.get(symbol);
}

export function shapeDims(
  shape: readonly Size[],
  opened: Pick<Opened, 'sizes' | 'lengths'>,
  span: Span,
): Dim[] {
  return shape.map((size) => lengthOf(size, opened) ?? sizeNumber(size, opened, span));
}

/** The whole number that sizes make, which may be zero or below: a place, a difference. */
export function wholeNumber(size: Size, opened: Pick<Opened, 'sizes'>, span: Span): number {
  const number = evaluateSize(size, opened.sizes);
  invariant(number !== undefined, `every size of ${showSize(size)} has a value`);
  if (Number.isSafeInteger(number)) return number;
  throw new ElaborationProblem({
    code: 'RNN5903',
    message: `${showSize(size)} comes to ${number} with ${valuesText(opened)}`,
    span,
    label: 'a whole number belongs here',
  });
}

function valuesText({ sizes }: Pick<Opened, 'sizes'>): string {
  return [...sizes].map(([name, value]) => `${name} = ${value}`).join(', ');
}

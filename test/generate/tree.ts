// Generated programs as data: texts with typed expressions in them. It is printed with the brackets that precedence
// asks for, and no others; and it is made smaller by putting one expression in the place of another (smaller.ts).
import type { Dim, Shape } from './dims.ts';
import type { Interval } from './interval.ts';

/** How often a value is there; a constant goes with both. */
export type Rate = 'constant' | 'once' | 'step';

export type ValueType =
  | { readonly kind: 'real'; readonly shape: Shape }
  | { readonly kind: 'complex'; readonly shape: Shape }
  | { readonly kind: 'bool'; readonly shape: Shape }
  | { readonly kind: 'index'; readonly categories: Dim };

/** How strongly an expression holds together, from `if` to a word: the rows of the table in docs/language.md. */
export const LEVELS = {
  if: 0,
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  matrix: 7,
  negation: 8,
  power: 9,
  over: 10,
  call: 11,
  word: 12,
} as const;

export type Level = keyof typeof LEVELS;

export interface Expression {
  readonly type: ValueType;
  readonly rate: Rate;
  /** The stage whose scan computes it, at least; of once values: that may use it, at the earliest. */
  readonly stage: number;
  /** Of reals; of complex values how large the absolute value may be. */
  readonly bounds: Interval;
  /** [] by its form, so that it spreads over what it meets. */
  readonly known: boolean;
  /** Its shape follows from its place alone: an affine, and what is made of such element by element. */
  readonly open: boolean;
  readonly level: Level;
  readonly parts: readonly Part[];
}

/** Text, or an expression that must hold together at least this strongly, else it gets brackets. */
export type Part = string | Slot;

export interface Slot {
  readonly expression: Expression;
  readonly level: Level;
}

/** One item of a cell, or one line at the top of a file. */
export interface Item {
  readonly parts: readonly Part[];
}

export interface Block {
  readonly name: string;
  /** `cell Name(n, m = 3)`. */
  readonly header: string;
  readonly items: readonly Item[];
}

export interface File {
  /** Imports and functions. */
  readonly lines: readonly Item[];
  /** Each after those that it uses; the last is the program. */
  readonly blocks: readonly Block[];
}

export function printParts(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : printSlot(part))).join('');
}

function printSlot({ expression, level }: Slot): string {
  const text = printParts(expression.parts);
  return LEVELS[expression.level] < LEVELS[level] ? `(${text})` : text;
}

export function printFile({ lines, blocks }: File): string {
  const top = lines.map(({ parts }) => `${printParts(parts)}\n`).join('');
  const texts = blocks.map(
    ({ header, items }) => `${header} {\n${items.map(({ parts }) => `  ${printParts(parts)}\n`).join('')}}\n`,
  );
  return [...(top === '' ? [] : [top]), ...texts].join('\n');
}

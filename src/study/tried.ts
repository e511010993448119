// What the cases of a check were, from the smallest to the largest: a check says what it has tried.
import type { Case } from './random-case.ts';

/** From and to. */
export type Range = readonly [number, number];

export interface Tried {
  readonly cases: number;
  /** Of each size that was drawn. */
  readonly sizes: Readonly<Record<string, Range>>;
  /** How many sequences a batch had. */
  readonly sequences: Range;
  /** The real steps of each sequence. */
  readonly lengths: Range;
  /** The time axis. */
  readonly steps: Range;
  /** Cases with padding: sequences that are shorter than the time axis. */
  readonly ragged: number;
  /** Cases in which the starts of the states were handed in. */
  readonly startingStates: number;
}

/** Collects cases. */
export class TriedCases {
  readonly #cases: Case[] = [];

  add(drawn: Case): void {
    this.#cases.push(drawn);
  }

  get all(): Tried {
    const cases = this.#cases;
    const names = Object.keys(cases[0]?.sizes ?? {});
    return {
      cases: cases.length,
      sizes: Object.fromEntries(names.map((name) => [name, range(cases.map(({ sizes }) => sizes[name]))])),
      sequences: range(cases.map(({ lengths }) => lengths.length)),
      lengths: range(cases.flatMap(({ lengths }) => lengths)),
      steps: range(cases.map(({ steps }) => steps)),
      ragged: cases.filter(({ lengths, steps }) => Math.min(...lengths) < steps).length,
      startingStates: cases.filter(({ startingStates }) => startingStates).length,
    };
  }
}

function range(numbers: readonly number[]): Range {
  return numbers.length === 0 ? [0, 0] : [Math.min(...numbers), Math.max(...numbers)];
}

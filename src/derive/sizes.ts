// Numbers back to the symbols that they came from. A graph has numbers for its sizes; derived at unequal primes, an extent
// says which sizes it was made of. A wrong guess cannot last: what is derived at some sizes is read back and checked at
// others (check.ts).

import { add, type Formula, multiply, name, number, subtract } from './formula.ts';

/** Far apart, so that n + 2 is not taken for m - 5. */
export const PRIMES = [1009, 2371, 5639, 12391, 26029, 54443, 110543, 224737];
/** Factors and summands up to here are taken for such. */
const SMALL = 32;

/** A whole number as a formula of sizes, where it looks like one. */
export function symbolic(value: number, sizes: ReadonlyMap<string, number>): Formula {
  const known = [...sizes];
  return (simplest(value, known) ?? product(value, known))?.formula ?? number(value);
}

type Known = readonly (readonly [string, number])[];

interface Guess {
  readonly formula: Formula;
  /** The sum of its factors and summands: the guess with the smallest is the likeliest. */
  readonly cost: number;
}

/** a * s + b * u + k, or - k. */
function simplest(value: number, known: Known): Guess | undefined {
  const guesses = known.flatMap(([size, extent], i) => {
    const most = Math.min(SMALL, Math.floor((value + SMALL) / extent));
    return Array.from({ length: most }, (_, k) => k + 1).flatMap((factor): readonly Guess[] => {
      const own = multiply(number(factor), name(size));
      const rest = value - factor * extent;
      if (rest < 0) return [{ formula: subtract(own, number(-rest)), cost: factor - rest }];
      const other = rest < SMALL ? { formula: number(rest), cost: rest } : simplest(rest, known.slice(i + 1));
      return other === undefined ? [] : [{ formula: add(own, other.formula), cost: factor + other.cost }];
    });
  });
  return guesses.toSorted((a, b) => a.cost - b.cost)[0];
}

/** (s + k) or (s + u) times one of those. */
function product(value: number, known: Known): Guess | undefined {
  const alone = known.flatMap(([size, extent]) =>
    Array.from({ length: SMALL }, (_, more) => ({
      formula: add(name(size), number(more)),
      extent: extent + more,
      cost: more,
    })),
  );
  const pairs = known.flatMap(([size, extent], i) =>
    known.slice(i + 1).map(([other, more]) => ({
      formula: add(name(size), name(other)),
      extent: extent + more,
      cost: 1,
    })),
  );
  const guesses = [...alone, ...pairs].flatMap(({ formula, extent, cost }): readonly Guess[] => {
    const other = value / extent;
    const rest = Number.isInteger(other) ? simplest(other, known) : undefined;
    return rest === undefined ? [] : [{ formula: multiply(formula, rest.formula), cost: cost + rest.cost }];
  });
  return guesses.toSorted((a, b) => a.cost - b.cost)[0];
}

// Numbers back to the symbols that they came from. A graph has numbers for its sizes; derived at unequal primes, an extent
// says which sizes it was made of. A wrong guess cannot last: what is derived at some sizes is read back and checked at
// others (check.ts).

import { add, type Formula, multiply, name, number } from './formula.ts';

/** Far apart, so that n + 2 is not taken for m - 5. */
export const PRIMES = [1009, 2003, 3001, 4507, 6007, 8009, 10007, 14009];
/** Factors and summands up to here are taken for such. */
const SMALL = 32;

/** A whole number as a formula of sizes, where it looks like one. */
export function symbolic(value: number, sizes: ReadonlyMap<string, number>): Formula {
  const known = [...sizes];
  return ofOne(value, known) ?? ofTwo(value, known) ?? product(value, known) ?? number(value);
}

type Known = readonly (readonly [string, number])[];

/** a * s + k. */
function ofOne(value: number, known: Known): Formula | undefined {
  for (const [size, extent] of known) {
    const factor = Math.floor(value / extent);
    const rest = value - factor * extent;
    if (factor >= 1 && factor < SMALL && rest < SMALL)
      return add(multiply(number(factor), name(size)), number(rest));
  }
  return undefined;
}

/** a * s + b * u + k. */
function ofTwo(value: number, known: Known): Formula | undefined {
  for (const [i, [size, extent]] of known.entries()) {
    for (let factor = 1; factor < SMALL && factor * extent < value; factor++) {
      const rest = ofOne(value - factor * extent, known.slice(i + 1));
      if (rest !== undefined) return add(multiply(number(factor), name(size)), rest);
    }
  }
  return undefined;
}

/** (s + k) times one of those. */
function product(value: number, known: Known): Formula | undefined {
  for (const [size, extent] of known) {
    for (let more = 0; more < SMALL; more++) {
      if (value % (extent + more) !== 0) continue;
      const other = value / (extent + more);
      const rest = ofOne(other, known) ?? ofTwo(other, known);
      if (rest !== undefined) return multiply(add(name(size), number(more)), rest);
    }
  }
  return undefined;
}

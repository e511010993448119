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
  const of = (text: string): Formula => name(text);
  for (const [a, size] of known) if (size === value) return of(a);
  for (const [a, size] of known) {
    const factor = value / size;
    if (Number.isInteger(factor) && factor < SMALL) return multiply(number(factor), of(a));
  }
  for (const [a, size] of known) {
    const rest = value - size;
    if (rest > 0 && rest < SMALL) return add(of(a), number(rest));
  }
  for (const [i, [a, size]] of known.entries()) {
    for (const [b, other] of known.slice(i)) {
      if (size + other === value) return add(of(a), of(b));
      if (size * other === value) return multiply(of(a), of(b));
    }
  }
  for (const [a, size] of known) {
    for (const [b, other] of known) {
      for (let factor = 2; factor < SMALL; factor++) {
        if (factor * size + other === value) return add(multiply(number(factor), of(a)), of(b));
        if (factor * size * other === value) return multiply(multiply(number(factor), of(a)), of(b));
      }
    }
  }
  return number(value);
}

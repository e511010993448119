// Between what numbers every element of a value lies: what makes generated programs finite. A logarithm is written of
// what is known to be positive, a quotient by what is known to keep off zero, and what might grow is squashed.

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function interval(low: number, high: number): Interval {
  return { low, high };
}

/** What inputs, weights and handed-in states are drawn from. */
export const UNIT: Interval = interval(-1, 1);

export function hull(...parts: readonly Interval[]): Interval {
  return interval(Math.min(...parts.map(({ low }) => low)), Math.max(...parts.map(({ high }) => high)));
}

export function isWithin(inner: Interval, outer: Interval): boolean {
  return inner.low >= outer.low && inner.high <= outer.high;
}

/** The larger of the two magnitudes. */
export function magnitude({ low, high }: Interval): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

export function add(a: Interval, b: Interval): Interval {
  return interval(a.low + b.low, a.high + b.high);
}

export function negate({ low, high }: Interval): Interval {
  return interval(-high, -low);
}

export function multiply(a: Interval, b: Interval): Interval {
  return corners(a, b, (x, y) => x * y);
}

/** Zero must not lie in b. */
export function divide(a: Interval, b: Interval): Interval {
  return corners(a, b, (x, y) => x / y);
}

/** Sums of up to so many terms, at least one. */
export function manyTimes({ low, high }: Interval, most: number): Interval {
  return interval(Math.min(low, low * most), Math.max(high, high * most));
}

/** Of a function that rises. */
export function rising({ low, high }: Interval, f: (x: number) => number): Interval {
  return interval(f(low), f(high));
}

export function absolute(a: Interval): Interval {
  return a.low >= 0 ? a : a.high <= 0 ? negate(a) : interval(0, magnitude(a));
}

function corners(a: Interval, b: Interval, f: (x: number, y: number) => number): Interval {
  const all = [f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)];
  return interval(Math.min(...all), Math.max(...all));
}

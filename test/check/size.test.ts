// Symbolic sizes: the normal form says when two are equal, and agrees with arithmetic on numbers.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addSizes,
  evaluateSize,
  isWhole,
  multiplySizes,
  type Size,
  SizeUnknowns,
  sameSize,
  scaleSize,
  showSize,
  sizeOf,
  sizeSymbol,
  substituteSize,
  subtractSizes,
} from '../../src/check/size.ts';

const [m, n] = [sizeSymbol('m'), sizeSymbol('n')];
const times = (k: number, size: Size): Size => multiplySizes(sizeOf(k), size);
const over = (size: Size, k: number): Size => scaleSize(size, 1n, BigInt(k));

/** A random size, with a function that computes it. */
const randomSize = fc.letrec<{
  size: { readonly size: Size; readonly value: (m: number, n: number) => number };
}>((tie) => ({
  size: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: -5, max: 5 }).map((k) => ({ size: sizeOf(k), value: () => k })),
    fc.constant({ size: m, value: (x: number) => x }),
    fc.constant({ size: n, value: (_: number, y: number) => y }),
    fc.tuple(fc.constantFrom('+', '-', '*'), tie('size'), tie('size')).map(([operator, a, b]) => {
      if (operator === '+') {
        return {
          size: addSizes(a.size, b.size),
          value: (x: number, y: number) => a.value(x, y) + b.value(x, y),
        };
      }
      if (operator === '-') {
        const size = subtractSizes(a.size, b.size);
        return { size, value: (x: number, y: number) => a.value(x, y) - b.value(x, y) };
      }
      const size = multiplySizes(a.size, b.size);
      return { size, value: (x: number, y: number) => a.value(x, y) * b.value(x, y) };
    }),
  ),
})).size;

const points = [1, 2, 3, 5, 7].flatMap((x) => [1, 2, 4, 6].map((y) => [x, y] as const));
const at = (size: Size, x: number, y: number): number | undefined =>
  evaluateSize(
    size,
    new Map([
      ['m', x],
      ['n', y],
    ]),
  );

describe('sizes', () => {
  test('are evaluated as they are computed', () => {
    fc.assert(
      fc.property(randomSize, ({ size, value }) => {
        for (const [x, y] of points) expect(at(size, x, y)).toBe(value(x, y) + 0);
      }),
    );
  });

  test('are equal exactly if they are the same polynomial', () => {
    fc.assert(
      fc.property(randomSize, randomSize, (a, b) => {
        const same = [...Array(6).keys()].every((x) =>
          [...Array(6).keys()].every(
            (y) => a.value(x * 11 + 1, y * 13 + 2) === b.value(x * 11 + 1, y * 13 + 2),
          ),
        );
        // Degrees may be larger than the grid: equal on it does not make them equal.
        if (!same) expect(sameSize(a.size, b.size)).toBe(false);
        expect(sameSize(subtractSizes(a.size, a.size), sizeOf(0))).toBe(true);
        expect(sameSize(addSizes(a.size, b.size), addSizes(b.size, a.size))).toBe(true);
        expect(sameSize(multiplySizes(a.size, b.size), multiplySizes(b.size, a.size))).toBe(true);
      }),
    );
  });

  test('are put into each other', () => {
    fc.assert(
      fc.property(randomSize, randomSize, (a, b) => {
        const size = substituteSize(a.size, new Map([['m', b.size]]));
        for (const [x, y] of points) expect(at(size, x, y)).toBe(a.value(b.value(x, y), y) + 0);
      }),
      { numRuns: 50 },
    );
  });

  test('are shown as a person writes them', () => {
    expect(showSize(times(4, m))).toBe('4 * m');
    expect(showSize(subtractSizes(addSizes(m, n), sizeOf(1)))).toBe('m + n - 1');
    expect(showSize(subtractSizes(sizeOf(1), m))).toBe('1 - m');
    expect(showSize(over(addSizes(multiplySizes(m, m), m), 2))).toBe('(m^2 + m) / 2');
    expect(showSize(over(m, 2))).toBe('m / 2');
    expect(showSize(sizeOf(0))).toBe('0');
    expect(showSize(multiplySizes(times(3, m), n))).toBe('3 * m * n');
  });

  test('are whole for every choice, or not', () => {
    expect(isWhole(over(m, 2))).toBe(false);
    expect(isWhole(over(times(4, m), 2))).toBe(true);
    expect(isWhole(over(addSizes(multiplySizes(m, m), m), 2))).toBe(true);
    expect(isWhole(over(addSizes(multiplySizes(m, n), m), 2))).toBe(false);
    const cubes = subtractSizes(multiplySizes(m, multiplySizes(m, m)), m);
    expect(isWhole(over(cubes, 6))).toBe(true);
    expect(isWhole(over(cubes, 12))).toBe(false);
  });
});

describe('unknown sizes', () => {
  const never = (): void => {
    throw new Error('this equality holds');
  };

  test('are solved where they stand by themselves', () => {
    const unknowns = new SizeUnknowns();
    const a = unknowns.fresh();
    expect(unknowns.unify(addSizes(times(2, a), n), addSizes(times(4, m), n), never)).toBe(true);
    expect(showSize(unknowns.resolve(a))).toBe('2 * m');
    expect(unknowns.unify(a, n, never)).toBe(false);
  });

  test('wait for each other', () => {
    const unknowns = new SizeUnknowns();
    const [a, b] = [unknowns.fresh(), unknowns.fresh()];
    expect(unknowns.unify(multiplySizes(a, b), multiplySizes(m, n), never)).toBe(true);
    unknowns.settle();
    expect(unknowns.isOpen(a)).toBe(true);
    expect(unknowns.unify(b, n, never)).toBe(true);
    unknowns.settle();
    expect(unknowns.isOpen(b)).toBe(false);
  });

  test('say later where an equality turns out false', () => {
    const unknowns = new SizeUnknowns();
    const [a, b] = [unknowns.fresh(), unknowns.fresh()];
    let failed = 0;
    const fail = (): void => {
      failed++;
    };
    expect(unknowns.unify(multiplySizes(a, b), m, fail)).toBe(true);
    expect(unknowns.unify(a, n, never)).toBe(true);
    expect(unknowns.unify(b, n, never)).toBe(true);
    unknowns.settle();
    expect(failed).toBe(1);
  });
});

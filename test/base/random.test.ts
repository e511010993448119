// The generator against the published known answers of Random123, and the streams built on it.
import { describe, expect, test } from 'vitest';
import { fnv1a32, RandomStream, threefry2x32, uniform24 } from '../../src/base/random.ts';

describe('threefry2x32 with 20 rounds', () => {
  test.each([
    // counter, key, answer: from kat_vectors of Random123
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('of counter %j and key %j', (counter, key, answer) => {
    expect(threefry2x32(key[0], key[1], counter[0], counter[1])).toEqual(answer);
    expect(threefry2x32(key[0] | 0, key[1] | 0, counter[0] | 0, counter[1] | 0)).toEqual(answer);
  });

  test('uniform24 is the upper 24 bits of the first word, exact in float32', () => {
    expect(uniform24(0, 0, 0, 0)).toBe(0x6b2001 / 2 ** 24);
    for (let i = 0; i < 1000; i++) {
      const u = uniform24(7, 9, 3, i);
      expect(Math.fround(u)).toBe(u);
      expect(u >= 0 && u < 1).toBe(true);
    }
  });
});

describe('fnv1a32', () => {
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('of %j is the published value', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash);
  });

  test('is taken over UTF-8', () => {
    const bytes = [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80];
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    expect(fnv1a32('é€😀')).toBe(hash >>> 0);
  });
});

describe('a stream', () => {
  const draw = (seed: number, name: string): number[] => {
    const stream = new RandomStream(seed, name);
    return Array.from({ length: 5 }, () => stream.uniform());
  };

  test('repeats under its seed and name, and under no other', () => {
    expect(draw(1, 'W')).toEqual(draw(1, 'W'));
    expect(draw(1, 'W')).not.toEqual(draw(2, 'W'));
    expect(draw(1, 'W')).not.toEqual(draw(1, 'U'));
  });

  test('has the moments of its distributions', () => {
    const stream = new RandomStream(3, 'moments');
    const n = 20000;
    const mean = (f: () => number): number => {
      let total = 0;
      for (let i = 0; i < n; i++) total += f();
      return total / n;
    };
    // Four standard errors each.
    const near = (value: number, expected: number, deviation: number): void =>
      expect(Math.abs(value - expected)).toBeLessThan((4 * deviation) / Math.sqrt(n));
    near(
      mean(() => stream.uniform()),
      1 / 2,
      Math.sqrt(1 / 12),
    );
    near(
      mean(() => stream.uniform() ** 2),
      1 / 3,
      Math.sqrt(4 / 45),
    );
    near(
      mean(() => stream.normal()),
      0,
      1,
    );
    near(
      mean(() => stream.normal() ** 2),
      1,
      Math.sqrt(2),
    );
    near(
      mean(() => stream.normal() ** 4),
      3,
      Math.sqrt(96),
    );
    near(
      mean(() => stream.integer(6)),
      5 / 2,
      Math.sqrt(35 / 12),
    );
  });

  test('draws every integer below n and no other', () => {
    const stream = new RandomStream(4, 'integers');
    const seen = new Set(Array.from({ length: 200 }, () => stream.integer(6)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    // A word modulo 3 * 2^30 alone would be below 2^30 half of the time.
    const low = Array.from({ length: 3000 }, () => stream.integer(3 * 2 ** 30)).filter(
      (i) => i < 2 ** 30,
    ).length;
    expect(Math.abs(low - 1000)).toBeLessThan(110);
    expect(stream.integer(1)).toBe(0);
    expect(stream.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  test('shuffles into every order, and leaves its argument alone', () => {
    const stream = new RandomStream(5, 'orders');
    const items = [1, 2, 3];
    const orders = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = stream.shuffle(items).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(items).toEqual([1, 2, 3]);
    expect(orders.size).toBe(6);
    for (const times of orders.values()) expect(Math.abs(times - 1000)).toBeLessThan(120);
  });
});

// Random numbers, all of them: the counter-based generator threefry2x32 with 20 rounds (Salmon, Moraes, Dror and
// Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). A number is a pure function of a key and a counter, so
// nothing depends on the order in which numbers are drawn; keys are a seed and the hash of a name, so that what is
// drawn under one name does not change when another is added.

/** Rotations of the rounds, from the paper's table for two words of 32 bits. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
/** Keeps a key of zeros from being one (the constant of Threefish, lower 32 bits). */
const PARITY = 0x1bd11bda;

/**
 * Two random words (unsigned 32 bits) from a key and a counter of two words each; words are taken modulo 2^32.
 *
 * The known answer for zeros is `threefry2x32(0, 0, 0, 0)` = [0x6b200159, 0x99ba4efe].
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): readonly [number, number] {
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ PARITY];
  let x = (counter0 + keys[0]) | 0;
  let y = (counter1 + keys[1]) | 0;
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round % 8];
    x = (x + y) | 0;
    y = ((y << rotation) | (y >>> (32 - rotation))) ^ x;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x = (x + keys[injection % 3]) | 0;
      y = (y + keys[(injection + 1) % 3] + injection) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

/**
 * Uniform on [0, 1) with 24 bits, from the first word of threefry2x32: exact in float32, so that every target
 * draws the same number.
 */
export function uniform24(key0: number, key1: number, counter0: number, counter1: number): number {
  return (threefry2x32(key0, key1, counter0, counter1)[0] >>> 8) / 2 ** 24;
}

/** The 32-bit FNV-1a hash (unsigned) of a text's UTF-8 bytes: what makes a name a key. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * The host's stream of random numbers under a seed and a name, for starting weights, data and their order:
 * draw k of a stream is threefry2x32(key: (seed, hash of name), counter: k).
 *
 * ```ts
 * const start = new RandomStream(seed, 'low.W');
 * const weights = Float64Array.from({ length: 12 }, () => 0.1 * start.normal());
 * ```
 */
export class RandomStream {
  readonly #seed: number;
  readonly #name: number;
  #drawn = 0;

  /** The seed counts modulo 2^32. */
  constructor(seed: number, name: string) {
    this.#seed = seed;
    this.#name = fnv1a32(name);
  }

  #words(): readonly [number, number] {
    const k = this.#drawn++;
    return threefry2x32(this.#seed, this.#name, Math.floor(k / 2 ** 32), k);
  }

  /** Uniform on [0, 1), 53 bits. */
  uniform(): number {
    const [a, b] = this.#words();
    return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
  }

  /** Normal with mean 0 and variance 1 (Box and Muller 1958). */
  normal(): number {
    const [a, b] = this.#words();
    // From (0, 1], not [0, 1): the logarithm of zero would be infinite.
    const radius = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32));
    return radius * Math.cos((2 * Math.PI * b) / 2 ** 32);
  }

  /** An integer from 0 to n - 1, all equally likely; n from 1 to 2^32. */
  integer(n: number): number {
    // The words above the last whole multiple of n are drawn again: kept, they would favour small results.
    const limit = 2 ** 32 - (2 ** 32 % n);
    let word = this.#words()[0];
    while (word >= limit) word = this.#words()[0];
    return word % n;
  }

  /** A copy of the items in random order (Fisher and Yates), all orders equally likely. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  }
}

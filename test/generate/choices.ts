// What is drawn while a program grows: one stream of random numbers under one seed.
import { RandomStream } from '../../src/base/random.ts';

export class Choices {
  readonly #stream: RandomStream;

  constructor(seed: number) {
    this.#stream = new RandomStream(seed, 'program');
  }

  /** True once in so many times. */
  oneIn(n: number): boolean {
    return this.#stream.uniform() * n < 1;
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#stream.integer(high - low + 1);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.#stream.integer(items.length)];
  }

  /** One of these, the more often the larger its weight. */
  weighted<Item>(items: readonly (readonly [weight: number, item: Item])[]): Item {
    const total = items.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#stream.uniform() * total;
    for (const [weight, item] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    return items[items.length - 1][1];
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return this.#stream.shuffle(items);
  }
}

/** A number that tells data apart: so a run that goes on can see whether its data is still what it was. */
import { fnv1a32 } from '../../base/random.ts';

/** 64 bits as text, of everything that was added, in its order: the hash FNV-1a, twice, from two starts. */
export class Fingerprint {
  #a = 0x811c9dc5;
  #b = 0x050c5d1f;

  numbers(numbers: ArrayLike<number>): this {
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < numbers.length; i++) {
      a = Math.imul(a ^ numbers[i], 0x01000193);
      // Another order of the two operations, so that the halves do not go together.
      b = Math.imul(b, 0x01000193) ^ numbers[i];
    }
    [this.#a, this.#b] = [a, b];
    return this;
  }

  text(text: string): this {
    return this.numbers([text.length, fnv1a32(text)]);
  }

  toString(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

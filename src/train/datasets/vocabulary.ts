/**
 * Vocabularies: the categories of a text, by number. Characters are Unicode code points, words what stands between
 * white space.
 *
 * By character the vocabulary holds every character of the whole text, held-out part included, in the order of their
 * code points: a character that only the held-out part has is then unlikely, and not unknown. By word it holds
 * `<unknown>` (category 0) and the words that the training part has at least twice, the frequent ones first and
 * equally frequent ones in the order of their letters; a word that is met just once teaches nothing about itself,
 * but all such together teach what an unknown one is like.
 */
import type { Unit } from '../settings.ts';

export const UNKNOWN_WORD = '<unknown>';

export class Vocabulary {
  readonly by: Unit;
  /** The text of each category. */
  readonly entries: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(by: Unit, entries: readonly string[]) {
    this.by = by;
    this.entries = entries;
    this.#numbers = new Map(entries.map((entry, k) => [entry, k]));
  }

  get size(): number {
    return this.entries.length;
  }

  /** The category of a unit. A word that is not in the vocabulary is unknown; a character is -1. */
  categoryOf(unit: string): number {
    return this.#numbers.get(unit) ?? (this.by === 'char' ? -1 : 0);
  }

  /** The category of each unit of a short text. */
  encode(text: string): Int32Array {
    return Int32Array.from(unitsOf(text, this.by), (unit) => this.categoryOf(unit));
  }

  /** What stands before the first unit of a text that is made up: a line end, else the first category. */
  beginning(): Int32Array {
    return Int32Array.of(this.#numbers.get('\n') ?? 0);
  }

  /** The text of some categories. Words are put together with single spaces. */
  decode(categories: Iterable<number>): string {
    const units = Array.from(categories, (k) => this.entries[k]);
    return units.join(this.by === 'char' ? '' : ' ');
  }
}

/** The characters or words of a short text. */
export function unitsOf(text: string, by: Unit): string[] {
  if (by === 'char') return Array.from(text);
  return text.split(/\s+/).filter((word) => word !== '');
}

/**
 * Cuts texts of any length into units. Each different unit has a number, in the order in which they are met: a text is
 * held as four bytes a unit, where an array of strings would take tens of them, and has an end at 2^27.
 */
export class Units {
  readonly #by: Unit;
  /** The different units that have been met, by number. */
  readonly distinct: string[] = [];
  readonly #characters = new Map<number, number>();
  readonly #words = new Map<string, number>();

  constructor(by: Unit) {
    this.#by = by;
  }

  /** The numbers of the units of a text, in order. */
  cut(text: string): Int32Array {
    return this.#by === 'char' ? this.#cutCharacters(text) : this.#cutWords(text);
  }

  #cutCharacters(text: string): Int32Array {
    const numbers = new Int32Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!;
      if (code > 0xffff) i++;
      let number = this.#characters.get(code);
      if (number === undefined) {
        number = this.distinct.push(String.fromCodePoint(code)) - 1;
        this.#characters.set(code, number);
      }
      numbers[count++] = number;
    }
    return numbers.subarray(0, count);
  }

  #cutWords(text: string): Int32Array {
    // A word takes two characters at least, with the space after it.
    const numbers = new Int32Array(Math.ceil(text.length / 2));
    let count = 0;
    for (const [word] of text.matchAll(/\S+/g)) {
      let number = this.#words.get(word);
      if (number === undefined) {
        number = this.distinct.push(word) - 1;
        this.#words.set(word, number);
      }
      numbers[count++] = number;
    }
    return numbers.slice(0, count);
  }

  /**
   * The vocabulary of everything that was cut, or by word, of the texts in `training` (as `cut` gave them).
   */
  vocabulary(training: readonly Int32Array[]): Vocabulary {
    if (this.#by === 'char') {
      const codes = [...this.#characters.keys()].sort((a, b) => a - b);
      return new Vocabulary(
        'char',
        codes.map((code) => String.fromCodePoint(code)),
      );
    }
    const counts = new Uint32Array(this.distinct.length);
    for (const text of training) for (const number of text) counts[number]++;
    const kept = this.distinct
      .map((word, number) => [word, counts[number]] as const)
      .filter(([word, n]) => n > 1 && word !== UNKNOWN_WORD);
    kept.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    return new Vocabulary('word', [UNKNOWN_WORD, ...kept.map(([word]) => word)]);
  }

  /** Puts the categories of a vocabulary in the place of the numbers of a text that was cut. */
  encode(text: Int32Array, vocabulary: Vocabulary): void {
    const categories = this.distinct.map((unit) => vocabulary.categoryOf(unit));
    for (let i = 0; i < text.length; i++) text[i] = categories[text[i]];
  }
}

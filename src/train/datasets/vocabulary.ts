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

const unknownWord = '<unknown>';

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

  /** The category of each unit of a text. A word that is not in the vocabulary is unknown; a character is -1. */
  encode(text: string): Int32Array {
    const missing = this.by === 'char' ? -1 : 0;
    return Int32Array.from(unitsOf(text, this.by), (unit) => this.#numbers.get(unit) ?? missing);
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

/** The characters or words of a text. */
export function unitsOf(text: string, by: Unit): string[] {
  if (by === 'char') return Array.from(text);
  return text.split(/\s+/).filter((word) => word !== '');
}

/** The vocabulary of all characters of some texts. */
export function characterVocabulary(texts: Iterable<string>): Vocabulary {
  const seen = new Set<number>();
  for (const text of texts) for (const unit of text) seen.add(unit.codePointAt(0) ?? 0);
  const sorted = [...seen].sort((a, b) => a - b);
  return new Vocabulary(
    'char',
    sorted.map((code) => String.fromCodePoint(code)),
  );
}

/** The vocabulary of the words of a training part. */
export function wordVocabulary(words: Iterable<string>): Vocabulary {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const kept = [...counts].filter(([word, n]) => n > 1 && word !== unknownWord);
  kept.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return new Vocabulary('word', [unknownWord, ...kept.map(([word]) => word)]);
}

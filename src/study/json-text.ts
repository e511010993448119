// JSON from somebody else, read so that whatever is wrong with it has a place: every value keeps its span. Nothing of what
// is read is taken on trust, and no text makes it throw anything but a `JsonFault`.
import { makeSpan, type Source, type Span } from '../base/source.ts';

export type Json =
  | { readonly kind: 'object'; readonly span: Span; readonly entries: ReadonlyMap<string, Json> }
  | { readonly kind: 'array'; readonly span: Span; readonly items: readonly Json[] }
  | { readonly kind: 'text'; readonly span: Span; readonly value: string }
  | { readonly kind: 'number'; readonly span: Span; readonly value: number }
  | { readonly kind: 'boolean'; readonly span: Span; readonly value: boolean }
  | { readonly kind: 'null'; readonly span: Span };

/** A place where something else was expected. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  readonly span: Span;

  constructor(message: string, span: Span) {
    super(message);
    this.span = span;
  }
}

/** Files of ours are four deep. */
const deepest = 50;

/** The value of a whole text. Throws a `JsonFault`. */
export function readJson(source: Source): Json {
  return new Reader(source).whole();
}

class Reader {
  readonly #source: Source;
  #at = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  whole(): Json {
    const value = this.#value(0);
    this.#skip();
    if (this.#at < this.#source.text.length) this.#fail('the JSON ends here, and something follows');
    return value;
  }

  #value(depth: number): Json {
    this.#skip();
    if (depth > deepest) this.#fail('it is nested too deep');
    const start = this.#at;
    const span = (): Span => makeSpan(this.#source, start, this.#at);
    switch (this.#source.text[start]) {
      case '{': {
        const entries = this.#object(depth);
        return { kind: 'object', span: span(), entries };
      }
      case '[': {
        const items = this.#array(depth);
        return { kind: 'array', span: span(), items };
      }
      case '"': {
        const value = this.#text();
        return { kind: 'text', span: span(), value };
      }
      default:
        return this.#word(span);
    }
  }

  #object(depth: number): ReadonlyMap<string, Json> {
    const entries = new Map<string, Json>();
    this.#list('}', () => {
      this.#skip();
      const start = this.#at;
      if (this.#source.text[start] !== '"') this.#fail('a name in quotes is expected here');
      const name = this.#text();
      if (entries.has(name)) this.#fail(`${quoted(name)} stands twice`, start, this.#at);
      this.#skip();
      if (!this.#take(':')) this.#fail(`a colon is expected after ${quoted(name)}`);
      entries.set(name, this.#value(depth + 1));
    });
    return entries;
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#list(']', () => void items.push(this.#value(depth + 1)));
    return items;
  }

  /** What stands between brackets, with commas between. */
  #list(close: string, readOne: () => void): void {
    const open = this.#at++;
    this.#skip();
    if (this.#take(close)) return;
    do {
      readOne();
      this.#skip();
    } while (this.#take(','));
    if (this.#take(close)) return;
    if (this.#at >= this.#source.text.length) {
      this.#fail(`the text ends, and the ${this.#source.text[open]} here is not closed`, open, open + 1);
    }
    this.#fail(`a comma or ${close} is expected here`);
  }

  #text(): string {
    const start = this.#at;
    const { text } = this.#source;
    let end = start + 1;
    while (end < text.length && text[end] !== '"' && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
    if (text[end] !== '"') this.#fail('this text has no closing quote', start, start + 1);
    this.#at = end + 1;
    try {
      return String(JSON.parse(text.slice(start, this.#at)));
    } catch {
      return this.#fail('this text holds a character that JSON writes in another way', start, this.#at);
    }
  }

  #word(span: () => Span): Json {
    const [word] = /^[-+.\w]*/.exec(this.#source.text.slice(this.#at, this.#at + 100))!;
    const start = this.#at;
    this.#at += word.length;
    if (word === 'null') return { kind: 'null', span: span() };
    if (word === 'true' || word === 'false') return { kind: 'boolean', span: span(), value: word === 'true' };
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(word)) {
      return { kind: 'number', span: span(), value: Number(word) };
    }
    return this.#fail('a value of JSON is expected here', start, Math.max(start + 1, this.#at));
  }

  #skip(): void {
    while (/^[ \t\r\n]$/.test(this.#source.text[this.#at] ?? '')) this.#at++;
  }

  #take(symbol: string): boolean {
    if (this.#source.text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #fail(message: string, start = this.#at, end = start): never {
    const last = this.#source.text.length;
    throw new JsonFault(message, makeSpan(this.#source, Math.min(start, last), Math.min(end, last)));
  }
}

/** A name from the file as a message shows it: short. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 37)}...` : name);
}

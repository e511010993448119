/**
 * Reads the value of an entry of a train block: a word with arguments, such as `adamw(lr: 0.002)`, held against a
 * table of what there is. Every mistake becomes one located diagnostic; what is left out has its default.
 */

import { type Diagnostic, makeDiagnostic } from '../base/diagnostic.ts';
import { invariant } from '../base/invariant.ts';
import { type Span, spanText } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Expression } from '../parser/tree.ts';
import type { TrainCode } from './codes.ts';

/** What a number must be. `words` end the sentence "it must be ...". */
export interface Range {
  readonly words: string;
  holds(value: number): boolean;
}

export const positive: Range = { words: 'larger than 0', holds: (x) => x > 0 };
export const notNegative: Range = { words: '0 or larger', holds: (x) => x >= 0 };
export const fraction: Range = { words: 'from 0 to below 1', holds: (x) => x >= 0 && x < 1 };
export const count: Range = {
  words: 'a whole number from 1 up',
  holds: (x) => Number.isSafeInteger(x) && x >= 1,
};
export const countOrZero: Range = {
  words: 'a whole number from 0 up',
  holds: (x) => Number.isSafeInteger(x) && x >= 0,
};
export const seedRange: Range = {
  words: 'a whole number from 0 to 4294967295',
  holds: (x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32,
};

/** One named argument. Without a default it must be there. */
export type ArgumentForm =
  | { readonly kind: 'number'; readonly range: Range; readonly initial?: number }
  | { readonly kind: 'flag'; readonly initial: boolean }
  | { readonly kind: 'word'; readonly words: readonly string[]; readonly initial: string };

/** One word of the table. */
export interface CallForm {
  /** How it is written, for messages: `adam(lr: 0.001)`. */
  readonly example: string;
  /** The least number of quoted file names it takes; undefined: none. */
  readonly files?: number;
  readonly arguments: Readonly<Record<string, ArgumentForm>>;
}

/** What other programs call an argument. */
const meantArguments: ReadonlyMap<string, string> = new Map([
  ['learning_rate', 'lr'],
  ['rate', 'lr'],
  ['weight_decay', 'decay'],
  ['wd', 'decay'],
  ['epsilon', 'eps'],
  ['warmup_steps', 'warmup'],
  ['validation', 'holdout'],
]);

/** A quoted file name and where it stands. */
export interface FileName {
  readonly path: string;
  readonly span: Span;
}

/** A call that fits its form. */
export class CallValue {
  readonly word: string;
  readonly span: Span;
  readonly files: readonly FileName[];
  readonly #values: ReadonlyMap<string, number | boolean | string>;

  constructor(
    word: string,
    span: Span,
    files: readonly FileName[],
    values: ReadonlyMap<string, number | boolean | string>,
  ) {
    this.word = word;
    this.span = span;
    this.files = files;
    this.#values = values;
  }

  number(name: string): number {
    const value = this.#values.get(name);
    invariant(typeof value === 'number', `${this.word} has a number ${name}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#values.get(name);
    invariant(typeof value === 'boolean', `${this.word} has a flag ${name}`);
    return value;
  }

  text(name: string): string {
    const value = this.#values.get(name);
    invariant(typeof value === 'string', `${this.word} has a word ${name}`);
    return value;
  }
}

type Report = (diagnostic: Diagnostic) => void;

/** The number that an expression is, or undefined with a report. `what` begins the message: "steps", "lr". */
export function readNumber(
  value: Expression,
  what: string,
  range: Range,
  report: Report,
): number | undefined {
  const number = literalNumber(value);
  if (number === undefined) {
    report(
      problem('RNN6004', `${what} takes a number`, value.span, 'no number', {
        help: `write ${range.words.startsWith('a ') ? '' : 'a number '}${range.words}`,
      }),
    );
    return undefined;
  }
  if (range.holds(number)) return number;
  const help =
    range === fraction && number > 1 && number < 100 ? `for ${number} % write ${number / 100}` : undefined;
  report(
    problem('RNN6005', `${what} cannot be ${number}`, value.span, `it must be ${range.words}`, { help }),
  );
  return undefined;
}

function literalNumber(value: Expression): number | undefined {
  if (value.kind === 'number') return value.value;
  if (value.kind !== 'negation') return undefined;
  return value.operand.kind === 'number' ? -value.operand.value : undefined;
}

/**
 * Reads `value` as one of the words of `forms`. `what` says what it should be: "an optimizer", "a source of data".
 * Undefined where something was reported.
 */
export function readCall(
  value: Expression,
  what: string,
  forms: Readonly<Record<string, CallForm>>,
  report: Report,
): CallValue | undefined {
  const callee = value.kind === 'call' ? value.callee : value;
  const examples = Object.values(forms).map((form) => form.example);
  if (callee.kind !== 'name') {
    const help = `for example ${examples.join(', or ')}`;
    report(problem('RNN6004', `${what} is expected here`, value.span, `this is not ${what}`, { help }));
    return undefined;
  }
  const word = callee.text;
  if (!Object.hasOwn(forms, word)) {
    const near = suggest(word, Object.keys(forms));
    const help = near === undefined ? `there are ${listWords(Object.keys(forms))}` : `did you mean ${near}?`;
    report(problem('RNN6006', `${word} is not ${what}`, callee.span, 'unknown', { help }));
    return undefined;
  }
  const form = forms[word];
  const files: FileName[] = [];
  const values = new Map<string, number | boolean | string>();
  const given = new Set<string>();
  let sound = true;
  const fail = (diagnostic: Diagnostic): void => {
    sound = false;
    report(diagnostic);
  };
  for (const argument of value.kind === 'call' ? value.arguments : []) {
    if (argument.name === undefined) {
      readUnnamed(argument, word, form, files, fail);
      continue;
    }
    const name = argument.name.text;
    const wanted = Object.hasOwn(form.arguments, name) ? form.arguments[name] : undefined;
    if (wanted === undefined) {
      const known = Object.keys(form.arguments);
      const meant = meantArguments.get(name) ?? '';
      const near = known.includes(meant) ? meant : suggest(name, known);
      const help =
        near === undefined
          ? `it takes ${listWords(known)}${meant === 'decay' ? '; decay is an argument of adamw' : ''}`
          : `did you mean ${near}?`;
      fail(problem('RNN6007', `${word} has no argument ${name}`, argument.name.span, 'unknown', { help }));
      continue;
    }
    if (given.has(name)) {
      fail(problem('RNN6008', `${word} is given ${name} twice`, argument.name.span, 'the second time'));
      continue;
    }
    given.add(name);
    const read = readValue(argument.value, name, wanted, fail);
    if (read !== undefined) values.set(name, read);
  }
  for (const [name, wanted] of Object.entries(form.arguments)) {
    if (given.has(name)) continue;
    if (wanted.initial !== undefined) values.set(name, wanted.initial);
    else {
      const help = `write ${form.example}`;
      fail(problem('RNN6008', `${word} is not told ${name}`, value.span, `${name} is missing`, { help }));
    }
  }
  if (sound && form.files !== undefined && files.length < form.files) {
    const wanted = form.files === 1 ? 'a file' : `at least ${form.files} files, one for each class`;
    const help = `write ${form.example}`;
    fail(problem('RNN6008', `${word} takes ${wanted}`, value.span, `${files.length} given`, { help }));
  }
  return sound ? new CallValue(word, value.span, files, values) : undefined;
}

function readUnnamed(
  argument: Argument,
  word: string,
  form: CallForm,
  files: FileName[],
  fail: Report,
): void {
  const { value } = argument;
  if (value.kind === 'string' && form.files !== undefined) {
    files.push({ path: value.value, span: value.span });
    return;
  }
  const first = Object.keys(form.arguments)[0];
  const isNumber = literalNumber(value) !== undefined;
  const help =
    isNumber && first !== undefined
      ? `did you mean ${first}: ${literalNumber(value)}?`
      : form.files !== undefined && (value.kind === 'name' || value.kind === 'member')
        ? `a file's name stands in quotes: "${spanText(value.span)}"`
        : `it is written ${form.example}`;
  fail(problem('RNN6008', `${word} does not take this argument`, argument.span, 'without a name', { help }));
}

function readValue(
  value: Expression,
  name: string,
  wanted: ArgumentForm,
  report: Report,
): number | boolean | string | undefined {
  if (wanted.kind === 'number') return readNumber(value, name, wanted.range, report);
  const words = wanted.kind === 'flag' ? ['true', 'false'] : wanted.words;
  if (value.kind === 'name' && words.includes(value.text)) {
    return wanted.kind === 'flag' ? value.text === 'true' : value.text;
  }
  const near = value.kind === 'name' ? suggest(value.text, words) : undefined;
  const help = near === undefined ? undefined : `did you mean ${near}?`;
  report(problem('RNN6004', `${name} is ${words.join(' or ')}`, value.span, 'neither of them', { help }));
  return undefined;
}

/** `a, b and c`. */
export function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A diagnostic of this room. */
export function problem(
  code: TrainCode,
  message: string,
  span: Span,
  label: string,
  more: {
    readonly help?: string | undefined;
    readonly notes?: readonly string[];
    readonly related?: readonly { readonly span: Span; readonly text: string }[];
  } = {},
): Diagnostic {
  return makeDiagnostic({ code, message, span, label, ...more });
}

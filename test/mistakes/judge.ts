// What `rnn check` says of a program with one mistake, and whether that is good: it comes to an end, points into the
// text, says little, and where a name was misspelt, says which was meant.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { type Diagnostic, hasErrors } from '../../src/base/diagnostic.ts';
import { uniform24 } from '../../src/base/random.ts';
import { makeSource } from '../../src/base/source.ts';
import { check } from '../../src/check/check.ts';
import { parse } from '../../src/parser/parse.ts';
import { readSettings } from '../../src/train/settings.ts';
import { type Kind, type Mistake, makeMistake } from './mistakes.ts';

const folder = new URL('../../models/', import.meta.url);

/** The programs of models/, by name: what is spoilt. */
const corpus: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.rnn'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

/** All that `rnn check` says of a text that stands in the place of a file of models/. */
function diagnose(name: string, text: string): readonly Diagnostic[] {
  const { file, diagnostics } = parse(makeSource(name, text));
  const checked = check(file, (path, from) => {
    const at = posix.join(posix.dirname(from.name), path);
    const other = at === name ? text : corpus.get(at);
    return other === undefined ? undefined : makeSource(at, other);
  });
  const trains = checked.program?.trains ?? [];
  const nothing = { set: [], data: [] };
  return [
    ...diagnostics,
    ...checked.diagnostics,
    ...trains.flatMap((train) => readSettings(train, nothing, '').diagnostics),
  ];
}

export interface Judged {
  readonly file: string;
  readonly mistake: Mistake;
  readonly diagnostics: readonly Diagnostic[];
  /** It is a program all the same. */
  readonly checks: boolean;
  /** Of a misspelt name: one message says which was meant. */
  readonly suggested: boolean;
  readonly milliseconds: number;
}

/** One word, and not a part of another. */
function mentions(text: string, word: string): boolean {
  return new RegExp(`\\b${word}\\b`).test(text);
}

/** At its use: what was meant. Where it is defined: at the uses, what is there now. */
function suggests({ message, span, help, fixes }: Diagnostic, { was, is }: Mistake): boolean {
  const about = `${message} ${span.source.text.slice(span.start, span.end)}`;
  const mends = [help ?? '', ...fixes.map(({ replacement }) => replacement)].join(' ');
  return (mentions(about, is) && mentions(mends, was)) || (mentions(about, was) && mentions(mends, is));
}

/** Makes the mistake of this number and has it judged. Throws where a message points out of its text. */
export function judge(kind: Kind, number: number): Judged | undefined {
  const key = [...kind].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 7);
  let drawn = 0;
  const random = (): number => uniform24(key, 1, number, drawn++);
  const files = [...corpus.keys()];
  const file = files[Math.floor(random() * files.length)];
  const mistake = makeMistake(corpus.get(file) ?? '', kind, random);
  if (mistake === undefined) return undefined;
  const start = performance.now();
  const diagnostics = diagnose(file, mistake.text);
  const milliseconds = performance.now() - start;
  for (const { span, related } of diagnostics) {
    for (const { start: from, end, source } of [span, ...related.map((label) => label.span)]) {
      if (from < 0 || from > end || end > source.text.length)
        throw new RangeError(`a message points out of its text: ${JSON.stringify(mistake)}`);
    }
  }
  return {
    file,
    mistake,
    diagnostics,
    checks: !hasErrors(diagnostics),
    suggested: kind === 'misspelt' && diagnostics.some((diagnostic) => suggests(diagnostic, mistake)),
    milliseconds,
  };
}

// For tests of the layout: other texts of the same program, and what of a text the layout may not change.
import { RandomStream } from '../../src/base/random.ts';
import { makeSource } from '../../src/base/source.ts';
import { lex } from '../../src/parser/lex.ts';
import { parse } from '../../src/parser/parse.ts';
import { tokenEnd } from '../../src/parser/tokens.ts';

const ignore = (): void => {};

/** The words, signs and comments of a text, in order. */
function pieces(text: string): readonly string[] {
  const { tokens, comments } = lex(makeSource('test.rnn', text), ignore);
  return [...tokens, ...comments]
    .sort((a, b) => a.startOffset - b.startOffset)
    .map((token) => text.slice(token.startOffset, tokenEnd(token)));
}

const joins = new Map<string, boolean>();

/** Whether two pieces stay two with nothing between them. */
function mayJoin(a: string, b: string): boolean {
  const key = `${a} ${b}`;
  const known = joins.get(key);
  if (known !== undefined) return known;
  const together = pieces(a + b);
  const stay = together.length === 2 && together[0] === a && together[1] === b;
  joins.set(key, stay);
  return stay;
}

const blanks = [' ', ' ', ' ', '  ', '     ', '\t', '\n', '\n', '\n  ', '\r\n', '\n\n', ' \n\n\n    '];
const remarks = [
  '# a remark',
  '#',
  '## What it is.',
  '#x = 3 # "("',
  '# trailing blanks  \t',
  '#\u00e9 { [ \u{1f600}',
];

/** The same program with other blanks and, for each twenty of its tokens, about `remarked` further comments. */
export function respaced(text: string, seed: number, remarked: number): string {
  const stream = new RandomStream(seed, 'blanks');
  const of = (list: readonly string[]): string => list[stream.integer(list.length)];
  const all = pieces(text);
  // A text is squeezed, stretched, or both.
  const squeezed = stream.integer(3);
  let result = stream.integer(4) === 0 ? of(blanks) : '';
  for (const [i, piece] of all.entries()) {
    result += piece;
    const next = all[i + 1] ?? '';
    let isOpen = piece.startsWith('#');
    if (stream.integer(20) < remarked) {
      result += `${isOpen ? '\n' : of(blanks)}${of(remarks)}`;
      isOpen = true;
    }
    if (isOpen) result += of(['\n', '\n', '\n\n', '\r\n', '\n  ']);
    else if (squeezed !== 0 && next !== '' && mayJoin(piece, next))
      result += stream.integer(4) > 0 ? '' : of(blanks);
    else result += squeezed === 1 ? ' ' : of(blanks);
  }
  return result;
}

/** The tree of a text without its places: what it says, its comments, and what they belong to. */
export function treeOf(text: string): string {
  const { file, diagnostics } = parse(makeSource('test.rnn', text));
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return JSON.stringify(file, (key, value: unknown) =>
    key === 'span' || key === 'source' || key.endsWith('Span') ? undefined : value,
  );
}

/** Everything that is written, without the blanks around it. */
export function written(text: string): readonly string[] {
  return pieces(text).map((piece) => piece.trimEnd());
}

export function isProgram(text: string): boolean {
  return parse(makeSource('test.rnn', text)).diagnostics.length === 0;
}

/**
 * The one layout of a program: the same declarations, items and comments in the same order, with other blanks and line
 * ends. docs/language.md has its rules.
 *
 * Invariants: nothing but blanks changes, so the tree is the same but for its spans, and every comment stays at its
 * token. What the layout looks at comes out as it went in, so that a second time changes nothing: the tokens, which
 * comments have lines of their own, where empty lines stand, and the columns of comments behind lines.
 */
import type { IToken } from 'chevrotain';
import type { Diagnostic } from '../base/diagnostic.ts';
import { invariant } from '../base/invariant.ts';
import { makeSource, positionAt, type Source } from '../base/source.ts';
import { breakLines, type Place, textOf, type Written } from './break-lines.ts';
import { type PageLine, withComments, wordWidths } from './columns.ts';
import { type DeclarationLayout, layOut } from './layout.ts';
import { type LexedText, lex } from './lex.ts';
import { parse } from './parse.ts';
import { makeStream } from './words.ts';

export interface Formatted {
  /** Undefined where the text cannot be read, which the diagnostics tell. */
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Formats one file. What it means is not looked at. */
export function formatSource(source: Source): Formatted {
  const { diagnostics } = parse(source);
  if (diagnostics.length > 0) return { text: undefined, diagnostics };
  const lineEnd = /\r?\n/.exec(source.text)?.[0] ?? '\n';
  const text = pageOf(source)
    .map((line) => line + lineEnd)
    .join('');
  invariant(
    wordsOf(makeSource(source.name, text)) === wordsOf(source),
    'formatting changes nothing but blanks',
  );
  return { text, diagnostics };
}

/** Words, signs and comments, a line each. */
function wordsOf(source: Source): string {
  const { tokens, comments } = lex(source, ignore);
  return [...tokens, ...comments]
    .sort((a, b) => a.startOffset - b.startOffset)
    .map(textOf)
    .join('\n');
}

function ignore(): void {}

/** What stands between two tokens that are not of one item. */
interface Gap {
  /** On lines of their own. */
  readonly comments: readonly IToken[];
  /** Whether an empty line stands before each of them, and before what follows. */
  readonly empty: readonly boolean[];
}

/** The lines of a text that parses. */
function pageOf(source: Source): readonly string[] {
  const lexed = lex(source, ignore);
  const stream = makeStream(source, lexed);
  const declarations = layOut(stream, ignore);
  const { top, written } = attachComments(source, lexed);
  const beginsLine = new Set(stream.tokens.filter((_, i) => stream.firstOnLine[i] === 1));
  const page: PageLine[] = [];

  let last: IToken | undefined;
  for (const [k, declaration] of declarations.entries()) {
    const gap = gapOf(last, declaration.header.tokens[0]);
    if (k === 0) writeGap(withFirst(gap, false), 0);
    else if (standsApart(declarations[k - 1], declaration) && !gap.empty.includes(true))
      writeGap(withFirst(gap, true), 0);
    else writeGap(gap, 0);
    writeDeclaration(declaration);
    last = declaration.close ?? declaration.header.tokens.at(-1);
  }
  writeGap(withoutLast(gapOf(last, undefined)), 0);
  return withComments(page);

  function lineOf(token: IToken): number {
    return positionAt(source, token.startOffset).line;
  }

  function writtenOf(token: IToken): Written {
    return written.get(token) ?? { token, beside: undefined, below: [] };
  }

  /** What stands between two tokens; undefined is the beginning or the end of the file. */
  function gapOf(before: IToken | undefined, after: IToken | undefined): Gap {
    const { beside, below } = before === undefined ? { beside: undefined, below: top } : writtenOf(before);
    const from = beside ?? before;
    let line = from === undefined ? 1 : lineOf(from);
    const empty = [...below, ...(after === undefined ? [] : [after])].map((token) => {
      const lines = lineOf(token) - line;
      line += lines;
      return lines > 1;
    });
    return { comments: below, empty };
  }

  function writeGap({ comments, empty }: Gap, indent: number): void {
    for (const [k, isEmpty] of empty.entries()) {
      if (isEmpty) writeLine('');
      if (k < comments.length) writeLine(' '.repeat(indent) + textOf(comments[k]));
    }
  }

  function writeLine(code: string): void {
    page.push({ code, comment: undefined, column: undefined });
  }

  function writeDeclaration({ kind, header, segments, open, close }: DeclarationLayout): void {
    if (open === undefined || close === undefined) {
      writeItem(header.tokens, { indent: 0, pad: 0, entry: false });
      return;
    }
    const { beside, below } = writtenOf(open);
    const isBare = segments.length === 0 && beside === undefined && below.length === 0;
    const head = [...header.tokens, open, ...(isBare ? [close] : [])];
    writeItem(head, { indent: 0, pad: 0, entry: false });
    if (isBare) return;
    const gaps = segments.map(({ tokens: [first] }, k) =>
      k === 0 ? withFirst(gapOf(open, first), false) : gapOf(segments[k - 1].tokens.at(-1), first),
    );
    const parted = gaps.map(({ empty }) => empty.includes(true));
    const words = segments.map((segment) => segment.tokens[0]);
    const widths = wordWidths(words, parted, kind === 'train');
    for (const [k, segment] of segments.entries()) {
      writeGap(gaps[k], 2);
      writeItem(segment.tokens, { indent: 2, pad: widths[k], entry: kind === 'train' });
    }
    const ending = gapOf(segments.at(-1)?.tokens.at(-1) ?? open, close);
    writeGap(withoutLast(segments.length === 0 ? withFirst(ending, false) : ending), 2);
    writeItem([close], { indent: 0, pad: 0, entry: false });
  }

  function writeItem(item: readonly IToken[], place: Place): void {
    for (const { code, first, beside } of breakLines(item.map(writtenOf), place)) {
      const isOld = first !== undefined && beside !== undefined && beginsLine.has(first);
      const column = isOld && lineOf(first) === lineOf(beside) ? columnOf(beside) : undefined;
      page.push({ code, comment: beside === undefined ? undefined : textOf(beside), column });
    }
  }

  function columnOf(token: IToken): number {
    return positionAt(source, token.startOffset).column - 1;
  }
}

/** Whether an empty line stands between two declarations at any rate. */
function standsApart(before: DeclarationLayout, after: DeclarationLayout): boolean {
  return before.kind !== after.kind || after.open !== undefined;
}

function withFirst({ comments, empty }: Gap, isEmpty: boolean): Gap {
  return { comments, empty: empty.with(0, isEmpty) };
}

/** A gap at the end of a block or of the file: no empty line comes last. */
function withoutLast({ comments, empty }: Gap): Gap {
  return { comments, empty: empty.slice(0, comments.length) };
}

/** Each token with the comments behind and below it; `top`: the comments before all tokens. */
function attachComments(
  source: Source,
  { tokens: all, comments }: LexedText,
): { readonly top: readonly IToken[]; readonly written: ReadonlyMap<IToken, Written> } {
  const lineOf = (offset: number): number => positionAt(source, offset).line;
  let next = 0;
  const before = (end: number): readonly IToken[] => {
    const from = next;
    while (next < comments.length && comments[next].startOffset < end) next++;
    return comments.slice(from, next);
  };
  const top = before(all[0].startOffset);
  const written = new Map<IToken, Written>();
  for (const [i, token] of all.entries()) {
    const found = before(all[i + 1]?.startOffset ?? Number.POSITIVE_INFINITY);
    if (found.length === 0) continue;
    const isBeside = lineOf(found[0].startOffset) === lineOf(token.startOffset);
    written.set(token, {
      token,
      beside: isBeside ? found[0] : undefined,
      below: isBeside ? found.slice(1) : found,
    });
  }
  return { top, written };
}

/**
 * The layout of a file: where each declaration, item and entry begins and ends, found on the tokens before any
 * grammar looks at them.
 *
 * It is possible because there is no juxtaposition in expressions: where an operand has just ended, a word that can
 * begin an item does begin one. So every item is parsed by itself, and a mistake in one leaves the others alone:
 * this is the parser's error recovery. Here too brackets are matched, contextual keywords get their kinds, and what
 * is wrong with either is reported. A segment that was reported on carries `reported`: what the grammar has to say
 * of it follows from the same mistake.
 */
import type { IToken, TokenType } from 'chevrotain';
import type { Label } from '../base/diagnostic.ts';
import { invariant } from '../base/invariant.ts';
import { makeSpan, positionAt } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Report } from './lex.ts';
import type { Segment } from './segments.ts';
import { reportUnclosed, reportUnknownWord, scanSegment } from './segments.ts';
import * as tokens from './tokens.ts';
import type { Stream } from './words.ts';
import * as words from './words.ts';

export interface DeclarationLayout {
  readonly kind: 'import' | 'function' | 'block' | 'train';
  /** The whole of an import or a function; of a block what comes before its brace. */
  readonly header: Segment;
  /** The items or entries of a block. */
  readonly segments: readonly Segment[];
  /** The braces of a block. */
  readonly open: IToken | undefined;
  readonly close: IToken | undefined;
}

/** Divides a file. The stream's words get their kinds by the way. */
export function layOut(stream: Stream, report: Report): readonly DeclarationLayout[] {
  const declarations: DeclarationLayout[] = [];
  let i = 0;
  while (i < stream.tokens.length) {
    const foreign = foreignImport(stream, i, report);
    if (foreign !== undefined) {
      declarations.push(foreign.layout);
      i = foreign.next;
      continue;
    }
    const word = declarationWordAt(stream, i, report);
    if (word === undefined) {
      i = skipStray(stream, i, declarations.at(-1), report);
      continue;
    }
    const { layout, next } = layOutDeclaration(stream, i, word, report);
    invariant(next > i, 'the layout must move on at every declaration');
    declarations.push(layout);
    i = next;
  }
  return declarations;
}

const meantDeclarations: ReadonlyMap<string, string> = new Map([
  ...['class', 'layer', 'module', 'rnn', 'network', 'def_cell'].map((word): [string, string] => [
    word,
    'cell',
  ]),
  ...['def', 'function', 'func', 'fun', 'let'].map((word): [string, string] => [word, 'fn']),
  ...['experiment', 'training', 'fit'].map((word): [string, string] => [word, 'train']),
  ...['include', 'use', 'using', 'require'].map((word): [string, string] => [word, 'import']),
]);

/** `from lstm import LSTM`: reported, and kept as an import that cannot be read, so that its names are known. */
function foreignImport(
  stream: Stream,
  first: number,
  report: Report,
): { readonly layout: DeclarationLayout; readonly next: number } | undefined {
  const token = stream.tokens[first];
  if (token.image !== 'from' || stream.firstOnLine[first] === 0) return undefined;
  let next = first + 1;
  let at: number | undefined;
  while (next < stream.tokens.length && stream.firstOnLine[next] === 0) {
    if (stream.tokens[next].image === 'import') at ??= next;
    next += 1;
  }
  if (at === undefined || !words.isWordLike(stream.tokens[at + 1])) return undefined;
  const name = stream.tokens[at + 1].image;
  const file = stream.tokens[at - 1].image.replaceAll(/\W/g, '') || name.toLowerCase();
  report({
    code: 'RNN1020',
    message: 'an import begins with the word import',
    span: tokens.tokenSpan(stream.source, token),
    help: `write import ${name} from "./${file}.rnn"`,
  });
  const header = { tokens: stream.tokens.slice(at, next), reported: true, damaged: false };
  return { layout: { kind: 'import', header, segments: [], open: undefined, close: undefined }, next };
}

/** The kind of declaration that begins here. A slip (`cel LSTM(n, m) {`) is reported and read as what it means. */
function declarationWordAt(stream: Stream, i: number, report: Report): TokenType | undefined {
  const token = stream.tokens[i];
  if (token.tokenType !== tokens.Word || stream.defines[i] > 0) return undefined;
  const exact = words.declarationWords.get(token.image);
  if (exact !== undefined) return exact;
  const next = stream.tokens[i + 1];
  const after = stream.tokens[i + 2]?.tokenType;
  const looksSo = after === tokens.OpenParen || after === tokens.OpenBrace || after === tokens.StringToken;
  const importsSo = stream.tokens[i + 2]?.image === 'from';
  if (next?.tokenType !== tokens.Word || !(looksSo || importsSo)) return undefined;
  const listed = meantDeclarations.get(token.image);
  // `def RNN(n, m):` has equations below it, `def gate(a) = ...` is a formula.
  const meant =
    listed === 'fn' && hasBody(stream, i + 2)
      ? 'cell'
      : (listed ?? suggest(token.image, words.declarationWords.keys()));
  if (meant === undefined) return undefined;
  reportUnknownWord(stream, token, meant, 'a file holds import, cell, model, fn and train', report);
  return words.declarationWords.get(meant);
}

/** Whether a header whose parameters begin here goes on with a body, in braces or after a colon. */
function hasBody(stream: Stream, parameters: number): boolean {
  const close = stream.partner[parameters];
  const after = close > 0 ? stream.tokens[close + 1]?.tokenType : undefined;
  return after === tokens.OpenBrace || after === tokens.Colon;
}

/** What stands outside of every declaration: one message for all of it, up to the next declaration. */
function skipStray(
  stream: Stream,
  first: number,
  before: DeclarationLayout | undefined,
  report: Report,
): number {
  const { source } = stream;
  let i = first;
  let closer: IToken | undefined;
  for (; i < stream.tokens.length; i++) {
    const token = stream.tokens[i];
    if (i > first && words.likelyBeginsDeclaration(stream, i) && !isSetInFunction(stream, i)) break;
    if (token.tokenType === tokens.CloseBrace && stream.partner[i] < 0) closer ??= token;
  }
  const token = stream.tokens[first];
  if (closer !== undefined) {
    const related: Label[] =
      before?.close === undefined || closer === token
        ? []
        : [{ span: tokens.tokenSpan(source, before.close), text: 'the block ends here already' }];
    report({
      code: 'RNN1011',
      message: 'this } closes nothing',
      span: tokens.tokenSpan(source, closer),
      related,
      help: related.length > 0 ? 'leave one of the two out' : 'leave it out',
    });
    return i;
  }
  const block = words.beginsItem(stream, first);
  report({
    code: 'RNN1025',
    message: block
      ? `${token.image} stands outside of every cell and model`
      : `${token.tokenType === tokens.Word ? token.image : `\`${token.image}\``} cannot stand here`,
    span: tokens.tokenSpan(source, token),
    notes: [
      'a file holds import, cell, model, fn and train; equations stand inside the braces of a cell or a model',
    ],
    help: block ? 'write cell Name(n, m) { ... } around the equations' : undefined,
  });
  return i;
}

/** Where a block has no beginning or no end: a function that is set in is an item, one at the edge a declaration. */
function isSetInFunction(stream: Stream, i: number): boolean {
  const { column } = positionAt(stream.source, stream.tokens[i].startOffset);
  return words.beginsFunction(stream, i) && column > 1;
}

function layOutDeclaration(
  stream: Stream,
  first: number,
  kind: TokenType,
  report: Report,
): { readonly layout: DeclarationLayout; readonly next: number } {
  const token = stream.tokens[first];
  tokens.retag(token, kind);
  if (kind === tokens.Import) {
    const { header, next } = scanImport(stream, first);
    return { layout: { kind: 'import', header, segments: [], open: undefined, close: undefined }, next };
  }
  if (kind === tokens.Fn) {
    const scan = scanSegment(stream, first, 'function', report);
    return {
      layout: { kind: 'function', header: scan.segment, segments: [], open: undefined, close: undefined },
      next: scan.next,
    };
  }
  const scan = scanSegment(stream, first, 'header', report);
  const { source } = stream;
  let i = scan.next;
  const open = stream.tokens[i]?.tokenType === tokens.OpenBrace ? i : undefined;
  if (open !== undefined) i += 1;
  else {
    const all = scan.segment.tokens;
    const colon = all.length > 1 && all[all.length - 1].tokenType === tokens.Colon ? 1 : 0;
    const end = tokens.tokenEnd(all[all.length - 1 - colon]);
    const span = makeSpan(source, end, tokens.tokenEnd(all[all.length - 1]));
    report({
      code: 'RNN1012',
      message: `a { is missing after ${source.text.slice(token.startOffset, end)}`,
      span,
      label: 'expected { here',
      notes: [`the body of a ${kind.name} stands in braces`],
      help: colon > 0 ? 'write { in the place of the colon, and } after the last line' : undefined,
      fixes: [{ span, replacement: ' {', title: 'insert {' }],
    });
  }
  const segments: Segment[] = [];
  const closed = open !== undefined && stream.partner[open] >= 0;
  for (;;) {
    const current = stream.tokens[i];
    const startsNext =
      current !== undefined &&
      !closed &&
      !isSetInFunction(stream, i) &&
      (words.surelyBeginsDeclaration(stream, i) ||
        (open === undefined && words.likelyBeginsDeclaration(stream, i)));
    if (current === undefined || startsNext) {
      if (open !== undefined) reportUnclosed(stream, stream.tokens[open], stream.tokens[i - 1], report);
      break;
    }
    if (current.tokenType === tokens.CloseBrace) {
      i += 1;
      break;
    }
    const item = scanSegment(stream, i, kind === tokens.Train ? 'entry' : 'item', report);
    invariant(item.next > i, 'the layout must move on at every item');
    segments.push(...item.before, item.segment);
    i = item.next;
  }
  const close = stream.tokens[i - 1].tokenType === tokens.CloseBrace ? stream.tokens[i - 1] : undefined;
  const layout = {
    kind: kind === tokens.Train ? ('train' as const) : ('block' as const),
    header: { ...scan.segment, reported: scan.segment.reported || open === undefined },
    segments,
    open: open === undefined ? undefined : stream.tokens[open],
    close,
  };
  return { layout, next: i };
}

function scanImport(stream: Stream, first: number): { readonly header: Segment; readonly next: number } {
  let i = first + 1;
  for (; i < stream.tokens.length; i++) {
    const token = stream.tokens[i];
    if (token.tokenType === tokens.StringToken) {
      i += 1;
      break;
    }
    const afterName = stream.tokens[i - 1].tokenType === tokens.Word;
    if (token.image === 'from' && token.tokenType === tokens.Word && afterName)
      tokens.retag(token, tokens.From);
    if (stream.firstOnLine[i] === 1 && words.declarationWords.has(token.image)) break;
  }
  return { header: { tokens: stream.tokens.slice(first, i), reported: false, damaged: false }, next: i };
}

/**
 * One item, entry or header as lines: which blanks stand between its tokens, and where a line ends that would be too
 * long. Line ends mean nothing in the language, so any place between two tokens would do; the weakest operators are
 * taken first, and what goes on below begins under what it belongs to:
 *
 *   h = sigmoid(affine(x, prev h)) * prev h
 *       + tanh(affine(x, prev h))
 *
 * Invariant: the lines hold exactly these tokens and the comments between them, in this order.
 */
import type { IToken, TokenType } from 'chevrotain';
import { strengths } from './nesting.ts';
import * as tokens from './tokens.ts';

/** A token with the comments that stand between it and the next one. */
export interface Written {
  readonly token: IToken;
  /** On the same line, behind it. */
  readonly beside: IToken | undefined;
  /** On lines of their own. */
  readonly below: readonly IToken[];
}

export interface CodeLine {
  /** With its indentation. Of a comment on a line of its own: the comment. */
  readonly code: string;
  /** Its first token; undefined for a comment. */
  readonly first: IToken | undefined;
  /** The comment behind it. */
  readonly beside: IToken | undefined;
}

/** The columns of a page: code that needs more is continued on the next line. */
export const pageWidth = 110;

/** How the item is to stand. */
export interface Place {
  readonly indent: number;
  /** The least width of its first word, so that what follows stands in a column with other lines. */
  readonly pad: number;
  /** Its first token is a word that is followed by a value, as in every entry of a train block. */
  readonly entry: boolean;
}

const openers: ReadonlySet<TokenType> = new Set([tokens.OpenParen, tokens.OpenBracket]);
const closers: ReadonlySet<TokenType> = new Set([tokens.CloseParen, tokens.CloseBracket]);
const operandEnds: ReadonlySet<TokenType> = new Set([
  tokens.Word,
  tokens.NumberToken,
  tokens.StringToken,
  tokens.StepNumberWord,
  tokens.CloseParen,
  tokens.CloseBracket,
]);

/** As it is written, without the blanks at the end of a comment. */
export function textOf(token: IToken): string {
  return token.image.trimEnd();
}

/** The lines of one item. Comments below its last token are not its own. */
export function breakLines(item: readonly Written[], { indent, pad, entry }: Place): readonly CodeLine[] {
  const count = item.length;
  const kinds = item.map(({ token }) => token.tokenType);
  const partner = matchBrackets(kinds);
  const slices = findSlices(kinds);
  // Where each token stands if all are on one line.
  const starts: number[] = [];
  const ends: number[] = [];
  /** How many tokens before this one end their line, because a comment follows. */
  const broken: number[] = [];
  for (let i = 0; i < count; i++) {
    starts.push(i === 0 ? 0 : ends[i - 1] + gap(i));
    ends.push(starts[i] + item[i].token.image.length);
    broken.push(i === 0 ? 0 : broken[i - 1] + (isBroken(i - 1) ? 1 : 0));
  }

  const lines: CodeLine[] = [];
  let code = ' '.repeat(indent);
  let first: IToken | undefined;
  /** The token that is written next: they are written in order. */
  let next = 0;
  placeItem();
  lines.push({ code, first, beside: item[count - 1].beside });
  return lines;

  // Blanks

  function endsOperand(i: number): boolean {
    return operandEnds.has(kinds[i]) && !(entry && i === 0);
  }

  /** A minus sign before an operand. */
  function isSign(i: number): boolean {
    return kinds[i] === tokens.Minus && (i === 0 || !endsOperand(i - 1));
  }

  /** The blanks before a token. */
  function gap(i: number): number {
    if (i === 1 && pad > 0) return Math.max(0, pad - ends[0]) + 1;
    const before = kinds[i - 1];
    const kind = kinds[i];
    if (slices.has(i)) return before === tokens.Comma ? 1 : 0;
    if (slices.has(i - 1) && kind !== tokens.Comma) return 0;
    if (kind === tokens.Comma || kind === tokens.Colon || kind === tokens.CloseBrace) return 0;
    if (closers.has(kind) || openers.has(before)) return 0;
    // Of `1 .h` nothing would be left but a number that cannot be read.
    if (kind === tokens.Dot) return before === tokens.NumberToken ? 1 : 0;
    if (before === tokens.Dot || isSign(i - 1)) return 0;
    if (openers.has(kind)) return endsOperand(i - 1) || before === tokens.Index ? 0 : 1;
    return 1;
  }

  // Writing

  function isBroken(i: number): boolean {
    return item[i].beside !== undefined || item[i].below.length > 0;
  }

  /** Whether a comment behind the last token written ends the line. */
  function mustEnd(): boolean {
    return next > 0 && isBroken(next - 1) && first !== undefined;
  }

  /** Ends the line; what follows begins at a column. */
  function endLine(column: number): void {
    const last = item[next - 1];
    lines.push({ code, first, beside: last.beside });
    code = ' '.repeat(column);
    first = undefined;
    for (const comment of last.below) {
      lines.push({ code: code + textOf(comment), first: undefined, beside: undefined });
    }
  }

  /** The column of the next token, where a further line would begin at `hang`. */
  function column(hang: number): number {
    if (mustEnd()) return hang;
    return first === undefined ? code.length : code.length + starts[next] - ends[next - 1];
  }

  /** Writes tokens up to, but not including, one. */
  function write(to: number, hang: number): void {
    while (next < to) {
      if (mustEnd()) endLine(hang);
      code = code.padEnd(column(hang)) + item[next].token.image;
      first ??= item[next].token;
      next++;
    }
  }

  /** The columns that tokens take on one line. */
  function width(from: number, to: number): number {
    return to > from ? ends[to - 1] - starts[from] : 0;
  }

  /** Whether the next tokens, up to `to`, fit on the line, with `tail` columns behind them. */
  function fits(to: number, tail: number, hang: number): boolean {
    if (broken[to - 1] > broken[next]) return false;
    return column(hang) + width(next, to) + (isBroken(to - 1) ? 0 : tail) <= pageWidth;
  }

  // Where lines end

  function placeItem(): void {
    const hang = indent + 2;
    const gradient = kinds.indexOf(tokens.Gradient);
    const end = gradient < 0 ? count : gradient;
    if (entry || !operandEnds.has(kinds[0])) write(1, hang);
    const sign = findAtLevel(next, end, (i) => kinds[i] === tokens.Equals || kinds[i] === tokens.Tilde);
    if (sign !== undefined) place(sign + 1, 0, hang);
    if (next < end) place(end, 0, hang);
    if (gradient < 0) return;
    endLine(hang);
    write(gradient + 1, hang);
    place(count, 0, hang);
  }

  /** Writes tokens up to `to`, on several lines where one is too short. */
  function place(to: number, tail: number, hang: number): void {
    if (next >= to) return;
    if (fits(to, tail, hang)) {
      write(to, hang);
      return;
    }
    const start = column(hang);
    const from = next;
    const commas = allAtLevel(from, to - 1, (i) => kinds[i] === tokens.Comma).map((i) => i + 1);
    if (commas.length > 0) fill(commas, to, tail, hang, start);
    else if (kinds[from] === tokens.If) placeConditional(to, tail, hang, start);
    else if (isOperator(from) || kinds[from] === tokens.Else) {
      write(from + 1, hang);
      place(to, tail, column(start));
    } else {
      const operators = weakest(from, to);
      if (operators.length > 0) fill(operators, to, tail, hang, start);
      else placeOperand(to, tail, hang, start);
    }
  }

  /**
   * Parts that begin at these places, as many on a line as there is room for; behind a part that takes several lines
   * nothing follows. Further lines begin at `start`.
   */
  function fill(places: readonly number[], to: number, tail: number, hang: number, start: number): void {
    const from = next;
    let isLong = false;
    for (const end of [...places, to]) {
      const behind = end === to ? tail : 0;
      if (next > from && (isLong || !fits(end, behind, start))) endLine(start);
      const before = lines.length;
      place(end, behind, next === from ? hang : start);
      isLong = lines.length > before;
    }
  }

  /** Each `else` begins a line, and `then` too where its case needs more than one. */
  function placeConditional(to: number, tail: number, hang: number, start: number): void {
    const from = next;
    for (const end of [...elses(from, to), to]) {
      if (next > from) endLine(start);
      const behind = end === to ? tail : 0;
      const outer = next === from ? hang : start;
      const then = thenOf(next, end);
      if (then === undefined || fits(end, behind, outer)) {
        place(end, behind, outer);
        continue;
      }
      write(kinds[next] === tokens.Else ? next + 2 : next + 1, outer);
      place(then, 0, start + 2);
      endLine(start + 2);
      write(then + 1, start + 2);
      place(end, behind, start + 2);
    }
  }

  /** An operand with its prefixes, calls and indices: lines end inside brackets. */
  function placeOperand(to: number, tail: number, hang: number, start: number): void {
    for (const from = next; next < to; ) {
      const at = next;
      write(at + 1, at === from ? hang : start);
      const close = partner[at];
      if (close > at && close < to) {
        const until = nextOpener(close, to);
        place(close, width(close, until) + (until === to ? tail : 0), column(start));
        write(close + 1, start);
      } else if (kinds[at] === tokens.Colon || (next < to && kinds[next] === tokens.If)) {
        place(to, tail, start);
      }
    }
  }

  // Looking ahead. A level is what stands in the same brackets; the indices of `sum over i, j:` belong to their words.

  function findAtLevel(from: number, to: number, isWanted: (i: number) => boolean): number | undefined {
    for (let i = from; i < to; i++) {
      if (isWanted(i)) return i;
      if (partner[i] > i) i = partner[i];
      else if (overIndex(i)) while (kinds[i] !== tokens.Colon) i++;
    }
    return undefined;
  }

  function allAtLevel(from: number, to: number, isWanted: (i: number) => boolean): readonly number[] {
    const found: number[] = [];
    findAtLevel(from, to, (i) => {
      if (isWanted(i)) found.push(i);
      return false;
    });
    return found;
  }

  function overIndex(i: number): boolean {
    return kinds[i] === tokens.Over && kinds[i + 1] !== tokens.Time;
  }

  function isOperator(i: number): boolean {
    return strengths.has(kinds[i]) && !isSign(i);
  }

  /** The operators of a level that hold the least. What `if` and `sum over j:` reach is theirs. */
  function weakest(from: number, to: number): readonly number[] {
    const end = findAtLevel(from, to, (i) => kinds[i] === tokens.If || overIndex(i)) ?? to;
    const operators = allAtLevel(from, end, isOperator);
    const strengthOf = (i: number): number => strengths.get(kinds[i]) ?? 0;
    const least = operators.reduce((lowest, i) => Math.min(lowest, strengthOf(i)), Number.POSITIVE_INFINITY);
    return operators.filter((i) => strengthOf(i) === least);
  }

  /** The places of `else` that belong to the `if` at `from`. */
  function elses(from: number, to: number): readonly number[] {
    let depth = 0;
    return allAtLevel(from, to, (i) => {
      if (kinds[i] === tokens.If && kinds[i - 1] !== tokens.Else) depth++;
      if (kinds[i] !== tokens.Else) return false;
      const isOwn = depth === 1;
      if (kinds[i + 1] !== tokens.If) depth--;
      return isOwn;
    });
  }

  /** The `then` of a case that begins with `if` or `else if`. */
  function thenOf(from: number, to: number): number | undefined {
    const at = kinds[from] === tokens.Else ? from + 1 : from;
    if (kinds[at] !== tokens.If) return undefined;
    let depth = 0;
    return findAtLevel(at, to, (i) => {
      if (kinds[i] === tokens.If) depth++;
      if (kinds[i] === tokens.Then) depth--;
      return kinds[i] === tokens.Then && depth === 0;
    });
  }

  function nextOpener(from: number, to: number): number {
    let at = from + 1;
    while (at < to && partner[at] < at) at++;
    return Math.min(at + 1, to);
  }
}

/** The colons of slices, `x[1:3]`: right inside of square brackets, and none that belongs to a word `over`. */
function findSlices(kinds: readonly TokenType[]): ReadonlySet<number> {
  const found = new Set<number>();
  const levels: { readonly isSquare: boolean; over: boolean }[] = [];
  for (const [i, kind] of kinds.entries()) {
    const level = levels.at(-1);
    if (openers.has(kind)) levels.push({ isSquare: kind === tokens.OpenBracket, over: false });
    else if (closers.has(kind)) levels.pop();
    else if (level !== undefined && kind === tokens.Over) level.over = kinds[i + 1] !== tokens.Time;
    else if (level !== undefined && kind === tokens.Colon) {
      if (level.isSquare && !level.over) found.add(i);
      level.over = false;
    }
  }
  return found;
}

/** For each bracket the place of its partner; -1 for other tokens. */
function matchBrackets(kinds: readonly TokenType[]): readonly number[] {
  const partner = kinds.map(() => -1);
  const open: number[] = [];
  for (const [i, kind] of kinds.entries()) {
    if (openers.has(kind)) open.push(i);
    const opener = closers.has(kind) ? open.pop() : undefined;
    if (opener === undefined) continue;
    partner[opener] = i;
    partner[i] = opener;
  }
  return partner;
}

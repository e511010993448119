/**
 * Looking around in the tokens of a file: which brackets match, which words begin an equation, and which words are
 * keywords because of their neighbours. All of it is found in one or two passes from end to end, none by recursion.
 */
import type { IToken, TokenType } from 'chevrotain';
import type { Source } from '../base/source.ts';
import type { LexedText } from './lex.ts';
import * as tokens from './tokens.ts';

/** The tokens of a file with what can be said of each from its surroundings. */
export interface Stream {
  readonly source: Source;
  readonly tokens: readonly IToken[];
  /** For each bracket the place of its partner, or -1 where it has none. Other tokens: -1. */
  readonly partner: Int32Array;
  /**
   * What follows the names that begin at a word: 1 for `=` (`h =`, `i, f =`, `S[i, j] =`), 2 for `:` (`q: [d]`),
   * else 0.
   */
  readonly defines: Uint8Array;
  /** 1 where a token is the first of its line. */
  readonly firstOnLine: Uint8Array;
  /** Strings without an end: they hold the rest of their line. */
  readonly unterminated: ReadonlySet<IToken>;
  /** Where a symbol was reported and left out. */
  readonly holes: readonly number[];
}

const opening: ReadonlyMap<TokenType, TokenType> = new Map([
  [tokens.OpenParen, tokens.CloseParen],
  [tokens.OpenBracket, tokens.CloseBracket],
  [tokens.OpenBrace, tokens.CloseBrace],
]);
const closing: ReadonlySet<TokenType> = new Set(opening.values());

/** The bracket that closes this one, or undefined where the token opens nothing. */
export function closerOf(token: IToken): TokenType | undefined {
  return opening.get(token.tokenType);
}

export function isCloser(token: IToken): boolean {
  return closing.has(token.tokenType);
}

/** Makes the stream, and gives reserved words their kinds. */
export function makeStream(source: Source, lexed: LexedText): Stream {
  const all = lexed.tokens;
  for (const token of all) {
    const reserved = token.tokenType === tokens.Word ? tokens.reservedWords.get(token.image) : undefined;
    if (reserved !== undefined) tokens.retag(token, reserved);
  }
  const partner = matchBrackets(all);
  return {
    source,
    tokens: all,
    partner,
    defines: findDefinitions(all, partner),
    firstOnLine: findLines(source, all),
    unterminated: lexed.unterminated,
    holes: lexed.holes,
  };
}

/** A closing bracket goes with the nearest open one of its kind; those opened in between have no partner. */
function matchBrackets(all: readonly IToken[]): Int32Array {
  const partner = new Int32Array(all.length).fill(-1);
  const open: number[] = [];
  const openCount = new Map<TokenType, number>();
  for (let i = 0; i < all.length; i++) {
    const kind = all[i].tokenType;
    const closer = opening.get(kind);
    if (closer !== undefined) {
      open.push(i);
      openCount.set(closer, (openCount.get(closer) ?? 0) + 1);
    } else if (closing.has(kind) && (openCount.get(kind) ?? 0) > 0) {
      for (let found = false; !found; ) {
        const last = open.pop() ?? 0;
        const lastCloser = opening.get(all[last].tokenType) ?? kind;
        openCount.set(lastCloser, (openCount.get(lastCloser) ?? 0) - 1);
        found = lastCloser === kind;
        if (found) {
          partner[last] = i;
          partner[i] = last;
        }
      }
    }
  }
  return partner;
}

/** Words that a value called over may stand behind; behind all others it is the one of `sum over`. */
const beforeValue = new Set([
  'output',
  'loss',
  'prev',
  'last',
  'first',
  'step',
  'if',
  'then',
  'else',
  'not',
  'and',
  'or',
  'mod',
]);

function findDefinitions(all: readonly IToken[], partner: Int32Array): Uint8Array {
  const defines = new Uint8Array(all.length);
  for (let i = all.length - 2; i >= 0; i--) {
    if (!isWordLike(all[i]) || isComplexType(all, i)) continue;
    // `keys: once [m] = ...` defines keys, and no entries of something called once.
    if (all[i].image === 'once' && all[i - 1]?.tokenType === tokens.Colon) continue;
    // The colon of `sum over i, j:` declares nothing.
    if (all[i].image === 'over' && i > 0 && isWordLike(all[i - 1]) && !beforeValue.has(all[i - 1].image)) {
      for (let k = i + 1; defines[k] === 2; k += 2) defines[k] = 0;
    }
    let after = i + 1;
    if (all[after].tokenType === tokens.OpenBracket && partner[after] > 0) after = partner[after] + 1;
    if (after >= all.length) continue;
    const kind = all[after].tokenType;
    if (kind === tokens.Equals) defines[i] = 1;
    else if (kind === tokens.Colon) defines[i] = 2;
    else if (kind === tokens.Comma && after + 1 < all.length) defines[i] = defines[after + 1];
  }
  return defines;
}

/** `z: complex [m] = ...` defines z, and no entries of something called complex. */
function isComplexType(all: readonly IToken[], i: number): boolean {
  if (all[i].image !== 'complex') return false;
  const before = all[i - 1]?.image === 'once' ? i - 2 : i - 1;
  const kind = all[before]?.tokenType;
  // Of `state h complex [m] = h0` the colon is missing.
  return kind === tokens.Colon || (kind === tokens.Word && itemWords.has(all[before - 1]?.image));
}

function findLines(source: Source, all: readonly IToken[]): Uint8Array {
  const first = new Uint8Array(all.length);
  let line = 0;
  const starts = source.lineStarts;
  let previousLine = -1;
  for (let i = 0; i < all.length; i++) {
    while (line + 1 < starts.length && starts[line + 1] <= all[i].startOffset) line += 1;
    if (line !== previousLine) first[i] = 1;
    previousLine = line;
  }
  return first;
}

/** Whether a symbol was left out between two offsets. */
export function hasHole({ holes }: Stream, start: number, end: number): boolean {
  let low = 0;
  for (let high = holes.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (holes[middle] < start) low = middle + 1;
    else high = middle;
  }
  return low < holes.length && holes[low] < end;
}

/** A word, reserved ones included. */
export function isWordLike(token: IToken | undefined): boolean {
  return token !== undefined && (token.tokenType === tokens.Word || tokens.reservedWords.has(token.image));
}

const operandStarts: ReadonlySet<TokenType> = new Set([
  tokens.Word,
  tokens.NumberToken,
  tokens.StringToken,
  tokens.OpenParen,
  tokens.StepNumberWord,
  tokens.Prev,
  tokens.If,
]);

/** Whether an operand can begin with this token. */
export function startsOperand(token: IToken | undefined): boolean {
  return token !== undefined && operandStarts.has(token.tokenType);
}

// What may stand in a block

/** Words that begin an item and are followed by names. */
const declaringWords: ReadonlyMap<string, TokenType> = new Map(
  [tokens.Input, tokens.Target, tokens.State, tokens.Param, tokens.Metric, tokens.Generate].map((kind) => [
    kind.name,
    kind,
  ]),
);
/** Words that begin an item and are followed by an expression. */
const valueWords: ReadonlyMap<string, TokenType> = new Map(
  [tokens.Output, tokens.Loss].map((kind) => [kind.name, kind]),
);
export const itemWords: ReadonlyMap<string, TokenType> = new Map([...declaringWords, ...valueWords]);

export const declarationWords: ReadonlyMap<string, TokenType> = new Map(
  [tokens.Cell, tokens.Model, tokens.Train, tokens.Fn, tokens.Import].map((kind) => [kind.name, kind]),
);

function isKind(stream: Stream, i: number, kind: TokenType): boolean {
  return i < stream.tokens.length && stream.tokens[i].tokenType === kind;
}

/** Whether `frozen param NAME` stands here. */
export function beginsFrozen({ tokens: all }: Stream, i: number): boolean {
  const [first, second, third] = [all[i], all[i + 1], all[i + 2]];
  return first?.image === 'frozen' && second?.image === 'param' && isWordLike(third);
}

/** Where an item may begin: whether this word begins one. */
export function beginsItem(stream: Stream, i: number): boolean {
  const token = stream.tokens[i];
  // `else:` of other languages is not a name with a type.
  if (token.tokenType === tokens.Then || token.tokenType === tokens.Else) return false;
  return (
    isWordLike(token) &&
    (stream.defines[i] > 0 ||
      itemWords.has(token.image) ||
      beginsFrozen(stream, i) ||
      beginsFunction(stream, i))
  );
}

/** Whether a function begins here, wherever this is: `fn name(`. */
export function beginsFunction(stream: Stream, i: number): boolean {
  if (stream.tokens[i].tokenType !== tokens.Word || stream.tokens[i].image !== 'fn') return false;
  return isWordLike(stream.tokens[i + 1]) && isKind(stream, i + 2, tokens.OpenParen);
}

/**
 * Where an operand is wanted: whether an item begins here all the same, because no expression can go on so
 * (`h = a +` and then `c = ...`, or `state c: [m]`, or `output h`).
 */
export function surelyBeginsItem(stream: Stream, i: number): boolean {
  const token = stream.tokens[i];
  if (!isWordLike(token)) return false;
  if (stream.defines[i] > 0 || beginsFunction(stream, i)) return true;
  if (beginsFrozen(stream, i)) return surelyBeginsItem(stream, i + 1);
  const next = stream.tokens[i + 1];
  if (declaringWords.has(token.image)) {
    const after = stream.tokens[i + 2]?.tokenType;
    const separators: readonly (TokenType | undefined)[] = [
      tokens.Colon,
      tokens.Comma,
      tokens.Equals,
      tokens.Tilde,
    ];
    return isWordLike(next) && separators.includes(after);
  }
  if (!valueWords.has(token.image) || next === undefined) return false;
  return next.tokenType === tokens.Word && next.image !== 'over' && !beginsItem(stream, i + 1);
}

/** Whether a declaration begins here, wherever this is: `cell Name(...) {`, `fn name(...) =`, and so on. */
export function surelyBeginsDeclaration(stream: Stream, i: number): boolean {
  const token = stream.tokens[i];
  if (token.tokenType !== tokens.Word || !declarationWords.has(token.image)) return false;
  if (!isWordLike(stream.tokens[i + 1])) return false;
  if (token.image === 'import') {
    let after = i + 2;
    const most = i + 100;
    while (after < most && isKind(stream, after, tokens.Comma) && isWordLike(stream.tokens[after + 1]))
      after += 2;
    return stream.tokens[after]?.image === 'from' && isKind(stream, after + 1, tokens.StringToken);
  }
  let after = i + 2;
  if (isKind(stream, after, tokens.OpenParen) && stream.partner[after] > 0) after = stream.partner[after] + 1;
  return isKind(stream, after, token.image === 'fn' ? tokens.Equals : tokens.OpenBrace);
}

/** Whether a line begins like a declaration: `cell Name`. True of some lines that are not one. */
export function likelyBeginsDeclaration(stream: Stream, i: number): boolean {
  if (stream.firstOnLine[i] === 0 || !declarationWords.has(stream.tokens[i].image)) return false;
  return stream.tokens[i].tokenType === tokens.Word && isWordLike(stream.tokens[i + 1]);
}

/**
 * Where an operand is wanted: gives their kinds to the words that are prefix operators here (`last h`,
 * `each step c`, `max over time h`, `sum over j: ...`). Returns how many tokens the prefix has, 0 for none. At the
 * level of a block (`inBlock`) the word after one must not begin an item, else it is a name (`y = last`, `z = 1`).
 */
export function tagPrefix(stream: Stream, i: number, inBlock: boolean): number {
  const token = stream.tokens[i];
  if (token.tokenType !== tokens.Word) return 0;
  const takesOperand = (next: number): boolean =>
    startsOperand(stream.tokens[next]) &&
    !(inBlock && (surelyBeginsItem(stream, next) || surelyBeginsDeclaration(stream, next)));
  const end = token.image === 'last' ? tokens.Last : token.image === 'first' ? tokens.First : undefined;
  if (end !== undefined && takesOperand(i + 1)) {
    tokens.retag(token, end);
    return 1;
  }
  const second = stream.tokens[i + 1];
  if (second?.tokenType !== tokens.Word) return 0;
  if (token.image === 'each' && second.image === 'step' && takesOperand(i + 2)) {
    tokens.retag(token, tokens.Each);
    tokens.retag(second, tokens.Step);
    return 2;
  }
  const third = stream.tokens[i + 2];
  if (second.image !== 'over' || !isWordLike(third)) return 0;
  if (inBlock && stream.defines[i + 1] > 0) return 0;
  const fourth = stream.tokens[i + 3]?.tokenType;
  if (third.image === 'time' && fourth !== tokens.Colon && fourth !== tokens.Comma) {
    tokens.retag(second, tokens.Over);
    tokens.retag(third, tokens.Time);
    return 3;
  }
  tokens.retag(second, tokens.Over);
  let after = i + 3;
  while (isKind(stream, after, tokens.Comma) && isWordLike(stream.tokens[after + 1])) after += 2;
  return (isKind(stream, after, tokens.Colon) ? after + 1 : after) - i;
}

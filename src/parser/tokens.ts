/**
 * The kinds of token and the lexer.
 *
 * The lexer knows no keywords: every word is a `Word`. Which words are keywords depends on their neighbours and is
 * settled afterwards (`layout.ts` and `words.ts`), by giving tokens another kind from this file.
 */
import type { IToken, TokenType } from 'chevrotain';
import { createToken, Lexer } from 'chevrotain';
import type { Source, Span } from '../base/source.ts';
import { makeSpan } from '../base/source.ts';

/** Stands between two operands. A category: the lexer never makes it, the operators belong to it. */
export const BinaryOperator = createToken({
  name: 'BinaryOperator',
  pattern: Lexer.NA,
  label: 'an operator',
});
/** Stands before an operand: `-` and `not`. */
export const PrefixOperator = createToken({ name: 'PrefixOperator', pattern: Lexer.NA });

/** A kind of token that the lexer never makes itself: a word that turned out to be a keyword. */
function keyword(text: string, categories: TokenType[] = []): TokenType {
  return createToken({ name: text, pattern: Lexer.NA, label: `\`${text}\``, categories });
}

function symbol(name: string, text: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, pattern: text, label: `\`${text}\``, categories });
}

const Blank = createToken({
  name: 'Blank',
  pattern: /[ \t\r\n\f\v\u00a0\u2028\u2029\ufeff]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const CommentToken = createToken({ name: 'Comment', pattern: /#[^\r\n]*/, group: 'comments' });

/** Letters beyond ASCII are lexed as parts of words, so that one message can speak of the whole word. */
export const Word = createToken({
  name: 'Word',
  pattern:
    /[A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2080-\u209c\u3040-\ud7ff][A-Za-z0-9_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2080-\u209c\u3040-\ud7ff]*/,
  label: 'a name',
});
export const NumberToken = createToken({
  name: 'Number',
  pattern: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/,
  label: 'a number',
});
export const MalformedNumber = createToken({ name: 'MalformedNumber', pattern: /\.?\d[\w.]*/ });
export const StringToken = createToken({
  name: 'String',
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  label: 'a string',
});
export const UnterminatedString = createToken({ name: 'UnterminatedString', pattern: /"[^\r\n]*/ });

/** What other languages write, and what nobody should: each is reported by `lex.ts`, never parsed. */
export const Foreign = createToken({
  name: 'Foreign',
  pattern:
    /===|!==|\*\*|&&|\|\||\/\/[^\r\n]*|\/\*(?:[\s\S]{0,4000}?\*\/)?|:=|[+*/-]=|->|=>|!(?!=)|[$%&'`;?\\|]|[\ud800-\udbff][\udc00-\udfff]|[\u0080-\uffff]/,
  line_breaks: true,
});

export const OpenParen = symbol('OpenParen', '(');
export const CloseParen = symbol('CloseParen', ')');
export const OpenBracket = symbol('OpenBracket', '[');
export const CloseBracket = symbol('CloseBracket', ']');
export const OpenBrace = symbol('OpenBrace', '{');
export const CloseBrace = symbol('CloseBrace', '}');
export const Comma = symbol('Comma', ',');
export const Colon = symbol('Colon', ':');
export const Dot = symbol('Dot', '.');
export const Tilde = symbol('Tilde', '~');
export const Equals = symbol('Equals', '=');
export const EqualsEquals = symbol('EqualsEquals', '==', [BinaryOperator]);
export const NotEquals = symbol('NotEquals', '!=', [BinaryOperator]);
export const LessOrEqual = symbol('LessOrEqual', '<=', [BinaryOperator]);
export const GreaterOrEqual = symbol('GreaterOrEqual', '>=', [BinaryOperator]);
export const Less = symbol('Less', '<', [BinaryOperator]);
export const Greater = symbol('Greater', '>', [BinaryOperator]);
export const Plus = symbol('Plus', '+', [BinaryOperator]);
export const Minus = symbol('Minus', '-', [BinaryOperator, PrefixOperator]);
export const Star = symbol('Star', '*', [BinaryOperator]);
export const Slash = symbol('Slash', '/', [BinaryOperator]);
export const Caret = symbol('Caret', '^', [BinaryOperator]);
export const At = symbol('At', '@', [BinaryOperator]);

// Reserved words: keywords wherever they stand.
export const If = keyword('if');
export const Then = keyword('then');
export const Else = keyword('else');
export const And = keyword('and', [BinaryOperator]);
export const Or = keyword('or', [BinaryOperator]);
export const Not = keyword('not', [PrefixOperator]);
export const Mod = keyword('mod', [BinaryOperator]);
export const Prev = keyword('prev');
export const StepNumberWord = keyword('t');

export const reservedWords: ReadonlyMap<string, TokenType> = new Map(
  [If, Then, Else, And, Or, Not, Mod, Prev, StepNumberWord].map((kind) => [kind.name, kind]),
);

// Words that are keywords only where their neighbours show it.
export const Cell = keyword('cell');
export const Model = keyword('model');
export const Train = keyword('train');
export const Fn = keyword('fn');
export const Import = keyword('import');
export const From = keyword('from');
export const Gradient = keyword('gradient');

export const Input = keyword('input');
export const Target = keyword('target');
export const State = keyword('state');
export const Param = keyword('param');
export const Frozen = keyword('frozen');
export const Output = keyword('output');
export const Loss = keyword('loss');
export const Metric = keyword('metric');
export const Generate = keyword('generate');

export const Once = keyword('once');
export const Index = keyword('index');
export const Complex = keyword('complex');
export const Last = keyword('last');
export const First = keyword('first');
export const Each = keyword('each');
export const Step = keyword('step');
export const Over = keyword('over');
export const Time = keyword('time');

const lexed: TokenType[] = [
  Blank,
  CommentToken,
  Word,
  NumberToken,
  MalformedNumber,
  StringToken,
  UnterminatedString,
  Foreign,
  OpenParen,
  CloseParen,
  OpenBracket,
  CloseBracket,
  OpenBrace,
  CloseBrace,
  Comma,
  Colon,
  Dot,
  Tilde,
  EqualsEquals,
  NotEquals,
  LessOrEqual,
  GreaterOrEqual,
  Equals,
  Less,
  Greater,
  Plus,
  Minus,
  Star,
  Slash,
  Caret,
  At,
];

const keywords: readonly TokenType[] = [
  BinaryOperator,
  PrefixOperator,
  ...reservedWords.values(),
  ...[Cell, Model, Train, Fn, Import, From, Gradient],
  ...[Input, Target, State, Param, Frozen, Output, Loss, Metric, Generate],
  ...[Once, Index, Complex, Last, First, Each, Step, Over, Time],
];

/** Every kind of token that the grammar may name. */
export const tokenVocabulary: TokenType[] = [...lexed, ...keywords];

/** Makes the lexer. `validate` has chevrotain check the patterns, which a test does and a start of rnn does not. */
export function makeLexer(validate: boolean): Lexer {
  return new Lexer(lexed, { positionTracking: 'onlyOffset', skipValidations: !validate });
}

/** Gives a token another kind: a word that is a keyword here, or a slip that is read as what was meant. */
export function retag(token: IToken, kind: TokenType): void {
  token.tokenType = kind;
  token.tokenTypeIdx = kind.tokenTypeIdx ?? 0;
}

/** Makes a token that is not in the text, or not in this form. It covers the text from `start` to `end`. */
export function makeToken(kind: TokenType, image: string, start: number, end: number): IToken {
  return {
    image,
    startOffset: start,
    endOffset: end - 1,
    tokenType: kind,
    tokenTypeIdx: kind.tokenTypeIdx ?? 0,
  };
}

/** The offset just past a token. */
export function tokenEnd(token: IToken): number {
  return token.endOffset === undefined ? token.startOffset + token.image.length : token.endOffset + 1;
}

export function tokenSpan(source: Source, token: IToken): Span {
  return makeSpan(source, token.startOffset, tokenEnd(token));
}

/** The span from the start of one token to the end of another. */
export function tokensSpan(source: Source, first: IToken, last: IToken): Span {
  return makeSpan(source, first.startOffset, Math.max(tokenEnd(last), tokenEnd(first)));
}

/** The value of a number token. */
export function numberValue(image: string): number {
  return Number(image);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['"', '"'],
  ['\\', '\\'],
]);

/** The value of a string token, and the offsets (from the token's start) of escapes that mean nothing. */
export function stringValue(image: string): { readonly value: string; readonly unknown: readonly number[] } {
  let value = '';
  const unknown: number[] = [];
  for (let offset = 1; offset < image.length - 1; offset++) {
    if (image[offset] !== '\\') {
      value += image[offset];
      continue;
    }
    offset += 1;
    const meant = escapes.get(image[offset]);
    if (meant === undefined) unknown.push(offset - 1);
    value += meant ?? image[offset];
  }
  return { value, unknown };
}

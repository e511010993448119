/**
 * From text to tokens and comments. What the lexer cannot take as it stands (symbols of other languages, numbers
 * and strings that are not finished, names with accents) is reported here, once, and read as what was most likely
 * meant, so that the grammar never sees it and no second message follows from the first.
 */
import type { ILexingResult, IToken, TokenType } from 'chevrotain';
import type { DiagnosticParts } from '../base/diagnostic.ts';
import type { Source } from '../base/source.ts';
import { makeSpan } from '../base/source.ts';
import type { ParserCode } from './codes.ts';
import * as tokens from './tokens.ts';

/** Takes a message of this room. */
export type Report = (parts: DiagnosticParts & { readonly code: ParserCode }) => void;

export interface LexedText {
  readonly tokens: readonly IToken[];
  /** `#` and `##` comments, in the order of the text. */
  readonly comments: readonly IToken[];
  /** Strings without an end: they hold the rest of their line. */
  readonly unterminated: ReadonlySet<IToken>;
  /** Where a symbol was reported and left out: what surrounds it makes no sense without it. In order. */
  readonly holes: readonly number[];
}

let lexer: ReturnType<typeof tokens.makeLexer> | undefined;

/** Says where the text stops being text, if it does: at a NUL or at what was no UTF-8. */
export function checkText(source: Source, report: Report): boolean {
  const nul = source.text.indexOf('\u0000');
  const replaced = source.text.indexOf('\ufffd');
  if (nul < 0 && replaced < 0) return true;
  const isNul = nul >= 0 && (replaced < 0 || nul < replaced);
  const offset = isNul ? nul : replaced;
  report({
    code: 'RNN1002',
    message: `${source.name} is not a text file`,
    span: makeSpan(source, offset, offset + 1),
    label: isNul ? 'a NUL byte' : 'bytes that are not UTF-8',
    notes: ['a .rnn file is plain text in UTF-8'],
    help: isNul
      ? 'is this another kind of file, or text saved as UTF-16? Save it as UTF-8'
      : 'save the file as UTF-8 in your editor',
  });
  return false;
}

/** Lexes the whole source. Reports symbols, numbers, strings and names that are not of the language. */
export function lex(source: Source, report: Report): LexedText {
  lexer ??= tokens.makeLexer(false);
  const result: ILexingResult = lexer.tokenize(source.text);
  const cleaned: IToken[] = [];
  const unterminated = new Set<IToken>();
  const holes: number[] = [];
  /** The end of the line of a `?` whose `:` may follow. */
  let choiceUntil = -1;
  const isSelf = findSelf(result.tokens);
  /** Habits of other languages are told once in a file. */
  const habits = new Set<string>();
  const reportHabit: Report = (parts) => {
    if (!habits.has(parts.message)) report(parts);
    habits.add(parts.message);
  };
  // What the lexer could not begin at all: characters outside of every pattern, such as half a surrogate pair.
  for (const error of result.errors) {
    report({
      code: 'RNN1004',
      message: 'this character has no meaning here',
      span: makeSpan(source, error.offset, error.offset + Math.max(1, error.length)),
    });
  }
  for (let i = 0; i < result.tokens.length; i++) {
    const token = result.tokens[i];
    if (token.tokenType === tokens.Foreign) {
      if (token.image === "'" && !isPrime(token, cleaned.at(-1)))
        i = readSingleQuotes(result.tokens, i, cleaned, source, report);
      else if (token.image === '%' && isPercent(cleaned.at(-1), result.tokens[i + 1]))
        readPercent(token, cleaned, source, report);
      else readForeign(token, cleaned, holes, source, token.image === ';' ? reportHabit : report);
      if (token.image === '?') {
        const lineEnd = source.text.indexOf('\n', token.startOffset);
        choiceUntil = lineEnd < 0 ? source.text.length : lineEnd;
        cleaned.push(noExpression(token));
      }
    } else if (token.startOffset < choiceUntil && token.tokenType === tokens.Colon) {
      choiceUntil = -1;
      cleaned.push(noExpression(token));
    } else if (isSelf.has(token)) {
      const dot = result.tokens[i + 1];
      const span = tokens.tokensSpan(source, token, dot);
      reportHabit({
        code: 'RNN1004',
        message: `${token.image}. has no meaning here`,
        span,
        notes: ['the names of a cell stand alone'],
        help: `leave ${token.image}. out, wherever it stands`,
        fixes: [{ span, replacement: '', title: `leave out ${token.image}.` }],
      });
      i += 1;
    } else if (token.tokenType === tokens.MalformedNumber)
      readMalformedNumber(token, cleaned, source, report);
    else if (token.tokenType === tokens.UnterminatedString) {
      report({
        code: 'RNN1005',
        message: 'this string has no end',
        span: tokens.tokenSpan(source, token),
        label: 'a `"` is missing',
        notes: ['a string ends on the line where it begins'],
      });
      const inside = token.image.replaceAll(/["\\]/g, '');
      const repaired = tokens.makeToken(
        tokens.StringToken,
        `"${inside}"`,
        token.startOffset,
        tokens.tokenEnd(token),
      );
      unterminated.add(repaired);
      cleaned.push(repaired);
    } else {
      if (token.tokenType === tokens.StringToken) checkEscapes(token, source, report);
      else if (token.tokenType === tokens.NumberToken) checkRange(token, source, report);
      else if (token.tokenType === tokens.Word) checkLetters(token, result.tokens[i + 1], source, report);
      cleaned.push(token);
    }
  }
  return { tokens: cleaned, comments: result.groups.comments, unterminated, holes };
}

/** In the place of a part of `c ? a : b`: what no expression goes on with, so that it stays in one piece. */
function noExpression(token: IToken): IToken {
  return tokens.makeToken(tokens.Tilde, '', token.startOffset, tokens.tokenEnd(token));
}

interface Meant {
  /** The kind of token it is read as. Without one it is left out. */
  readonly kind?: TokenType;
  readonly write?: string;
  readonly help?: string;
}

const foreign: ReadonlyMap<string, Meant> = new Map<string, Meant>([
  ['**', { kind: tokens.Caret, write: '^' }],
  ['%', { kind: tokens.Mod, write: 'mod' }],
  ['&&', { kind: tokens.And, write: 'and' }],
  ['||', { kind: tokens.Or, write: 'or' }],
  ['!', { kind: tokens.Not, write: 'not' }],
  ['===', { kind: tokens.EqualsEquals, write: '==' }],
  ['!==', { kind: tokens.NotEquals, write: '!=' }],
  [':=', { kind: tokens.Equals, write: '=' }],
  ['\u2190', { kind: tokens.Equals, write: '=' }],
  ['\u2212', { kind: tokens.Minus, write: '-' }],
  ['\u2013', { kind: tokens.Minus, write: '-' }],
  ['\u2217', { kind: tokens.Star, write: '*' }],
  [
    '\u00d7',
    { kind: tokens.Star, write: '*', help: 'write * for the elementwise product, @ for the matrix product' },
  ],
  [
    '\u00b7',
    { kind: tokens.Star, write: '*', help: 'write * for the elementwise product, @ for the matrix product' },
  ],
  [
    '\u22c5',
    { kind: tokens.Star, write: '*', help: 'write * for the elementwise product, @ for the matrix product' },
  ],
  ['\u2299', { kind: tokens.Star, write: '*' }],
  ['\u2218', { kind: tokens.Star, write: '*' }],
  ['\u00f7', { kind: tokens.Slash, write: '/' }],
  ['\u2264', { kind: tokens.LessOrEqual, write: '<=' }],
  ['\u2265', { kind: tokens.GreaterOrEqual, write: '>=' }],
  ['\u2260', { kind: tokens.NotEquals, write: '!=' }],
  ['\u2227', { kind: tokens.And, write: 'and' }],
  ['\u2228', { kind: tokens.Or, write: 'or' }],
  ['\u00ac', { kind: tokens.Not, write: 'not' }],
  ['\u201c', { help: 'strings are written in straight double quotes: "text"' }],
  ['\u201d', { help: 'strings are written in straight double quotes: "text"' }],
  ['\u00b2', { help: 'write ^ 2' }],
  [';', { help: 'leave it out: line ends and semicolons separate nothing' }],
  ['->', { help: 'a function is written fn f(a) = ..., a choice if ... then ... else ...' }],
  ['=>', { help: 'a function is written fn f(a) = ..., a comparison >=' }],
  ['?', { help: 'a choice is written if condition then a else b' }],
]);

/** `h'`: the mark of the past in many papers. */
function isPrime(token: IToken, before: IToken | undefined): boolean {
  return before?.tokenType === tokens.Word && tokens.tokenEnd(before) === token.startOffset;
}

/** Every `self` and `this` before a point, of other languages, where nothing in the file is called so. */
function findSelf(all: readonly IToken[]): ReadonlySet<IToken> {
  const found: IToken[] = [];
  const own = new Set<string>();
  for (const [i, token] of all.entries()) {
    if (token.image !== 'self' && token.image !== 'this') continue;
    const next = all[i + 1]?.tokenType;
    if (next === tokens.Dot) found.push(token);
    else if (next === tokens.Equals) own.add(token.image);
  }
  return new Set(found.filter((token) => !own.has(token.image)));
}

/** `10%`, which is no remainder: nothing follows that it could be divided by. */
function isPercent(before: IToken | undefined, next: IToken | undefined): boolean {
  const ends: readonly (TokenType | undefined)[] = [
    tokens.CloseParen,
    tokens.Comma,
    tokens.CloseBrace,
    undefined,
  ];
  return before?.tokenType === tokens.NumberToken && ends.includes(next?.tokenType);
}

/** Reported, and read as the part of one that it means. */
function readPercent(token: IToken, cleaned: IToken[], source: Source, report: Report): void {
  const number = cleaned.pop();
  if (number === undefined) return;
  const span = tokens.tokensSpan(source, number, token);
  const replacement = String(tokens.numberValue(number.image) / 100);
  report({
    code: 'RNN1004',
    message: '% has no meaning here',
    span,
    help: `write ${replacement}`,
    fixes: [{ span, replacement, title: `write ${replacement}` }],
  });
  cleaned.push(tokens.makeToken(tokens.NumberToken, replacement, number.startOffset, tokens.tokenEnd(token)));
}

function readForeign(
  token: IToken,
  cleaned: IToken[],
  holes: number[],
  source: Source,
  report: Report,
): void {
  const span = tokens.tokenSpan(source, token);
  const say = (
    message: string,
    help: string | undefined,
    replacement: string | undefined,
    title: string,
  ): void =>
    report({
      code: 'RNN1004',
      message,
      span,
      help,
      fixes: replacement === undefined ? [] : [{ span, replacement, title }],
    });
  const { image } = token;
  const before = cleaned.at(-1);
  if (image.startsWith('//') || image.startsWith('/*')) {
    say('a comment begins with #', 'write # for a comment on the rest of the line', undefined, '');
    return;
  }
  if (image === "'" && before !== undefined) {
    say(
      `${before.image}' has no meaning here`,
      `the value one step ago is written prev ${before.image}`,
      undefined,
      '',
    );
    cleaned.splice(-1, 0, tokens.makeToken(tokens.Prev, 'prev', before.startOffset, before.startOffset));
    return;
  }
  if (/^[+*/-]=$/.test(image) && before?.tokenType === tokens.Word) {
    const name = before.image;
    say(
      `${image} has no meaning here`,
      `an equation defines a name once: write ${name} = prev ${name} ${image[0]} ... for a state that grows`,
      undefined,
      '',
    );
    cleaned.push(tokens.makeToken(tokens.Equals, '=', token.startOffset, tokens.tokenEnd(token)));
    return;
  }
  const meant = foreign.get(image);
  const write = meant?.write;
  const help = meant?.help ?? (write === undefined ? undefined : `write ${write}`);
  say(`${image} has no meaning here`, help, write, `write ${write ?? ''} for ${image}`);
  if (meant?.kind !== undefined) {
    cleaned.push(tokens.makeToken(meant.kind, write ?? '', token.startOffset, tokens.tokenEnd(token)));
  } else if (image !== ';') holes.push(token.startOffset);
}

/** `'text'`: reported, and read as a string. Gives the place of the last token that belongs to it. */
function readSingleQuotes(
  all: readonly IToken[],
  first: number,
  cleaned: IToken[],
  source: Source,
  report: Report,
): number {
  const { startOffset } = all[first];
  const rest = /^'([^'\r\n]*)('?)/.exec(source.text.slice(startOffset, startOffset + 1000));
  const inside = rest?.[1] ?? '';
  const end = startOffset + (rest?.[0].length ?? 1);
  const span = makeSpan(source, startOffset, end);
  const replacement = `"${inside.replaceAll('\\', '').replaceAll('"', '')}"`;
  report({
    code: 'RNN1004',
    message: 'a string is written in double quotes',
    span,
    help: `write ${replacement}`,
    fixes: [{ span, replacement, title: 'use double quotes' }],
  });
  cleaned.push(tokens.makeToken(tokens.StringToken, replacement, startOffset, end));
  let last = first;
  while (last + 1 < all.length && all[last + 1].startOffset < end) last += 1;
  return last;
}

function readMalformedNumber(token: IToken, cleaned: IToken[], source: Source, report: Report): void {
  const span = tokens.tokenSpan(source, token);
  const end = tokens.tokenEnd(token);
  const { image } = token;
  const product = /^(\d+(?:\.\d+)?)([A-Za-z_]\w*)$/.exec(image);
  if (product !== null && !/^(0[xX]|.*[eE]\d*$|\d+_)/.test(image)) {
    const [, factor, name] = product;
    const middle = token.startOffset + factor.length;
    const replacement = `${factor} * ${name}`;
    report({
      code: 'RNN1007',
      message: `an operator is missing between ${factor} and ${name}`,
      span,
      help: `write ${replacement}`,
      fixes: [{ span, replacement, title: `write ${replacement}` }],
    });
    cleaned.push(
      tokens.makeToken(tokens.NumberToken, factor, token.startOffset, middle),
      tokens.makeToken(tokens.Star, '*', middle, middle),
      tokens.makeToken(tokens.Word, name, middle, end),
    );
    return;
  }
  const written = image
    .replaceAll('_', '')
    .replace(/^\./, '0.')
    .replace(/\.(?!\d)/, '.0');
  const replacement = /^\d+(\.\d+)?([eE]\d+)?$/.test(written) ? written : undefined;
  report({
    code: 'RNN1007',
    message: `${image} is not a number`,
    span,
    notes: ['a number is written 12, 0.5 or 1e-3, with digits on both sides of the point'],
    help: replacement === undefined ? undefined : `write ${replacement}`,
    fixes: replacement === undefined ? [] : [{ span, replacement, title: `write ${replacement}` }],
  });
  cleaned.push(tokens.makeToken(tokens.NumberToken, replacement ?? '0', token.startOffset, end));
}

function checkRange(token: IToken, source: Source, report: Report): void {
  if (Number.isFinite(tokens.numberValue(token.image))) return;
  const span = tokens.tokenSpan(source, token);
  report({
    code: 'RNN1007',
    message: `${token.image} is too large for a number`,
    span,
    notes: ['the largest is about 1.8e308'],
  });
  tokens.retag(token, tokens.NumberToken);
  token.endOffset = tokens.tokenEnd(token) - 1;
  token.image = '0';
}

function checkEscapes(token: IToken, source: Source, report: Report): void {
  for (const offset of tokens.stringValue(token.image).unknown) {
    const start = token.startOffset + offset;
    report({
      code: 'RNN1006',
      message: `${token.image.slice(offset, offset + 2)} has no meaning in a string`,
      span: makeSpan(source, start, start + 2),
      notes: ['the escapes are \\n, \\t, \\" and \\\\'],
      help: 'write \\\\ for a backslash, or / in a path',
      fixes: [{ span: makeSpan(source, start, start + 1), replacement: '\\\\', title: 'write \\\\' }],
    });
  }
}

const greek: ReadonlyMap<string, string> = new Map(
  (
    'α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi ' +
    'π pi ρ rho σ sigma τ tau υ upsilon φ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi ' +
    'Π Pi Σ Sigma Φ Phi Ψ Psi Ω Omega'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, word, i, all) => {
      if (i % 2 === 0) pairs.push([word, all[i + 1]]);
      return pairs;
    }, []),
);

/** Names are ASCII, because they become names in files and in other programs. The word is kept as it stands. */
function checkLetters(token: IToken, next: IToken | undefined, source: Source, report: Report): void {
  if (/^\w+$/.test(token.image)) return;
  const span = tokens.tokenSpan(source, token);
  const spelled = [...token.image.normalize('NFKD')]
    .map((letter) => greek.get(letter) ?? letter)
    .join('')
    .replaceAll(/[\u0300-\u036f]/g, '');
  // Papers call the logistic function so.
  const isSigmoid = token.image === '\u03c3' && next?.tokenType === tokens.OpenParen;
  const word = isSigmoid ? 'sigmoid' : spelled;
  const replacement = /^[A-Za-z_]\w*$/.test(word) ? word : undefined;
  report({
    code: 'RNN1008',
    message: `${token.image} cannot be a name`,
    span,
    notes: [
      'names are written with a to z, A to Z, digits and _, because files and other programs use them too',
    ],
    help: replacement === undefined ? undefined : `write ${replacement}`,
    fixes: replacement === undefined ? [] : [{ span, replacement, title: `write ${replacement}` }],
  });
}

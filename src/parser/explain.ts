/**
 * From what stopped the grammar to a message for a person: what was expected, what was found, and the likely mend.
 */
import type { IRecognitionException, IToken, TokenType } from 'chevrotain';
import { EOF } from 'chevrotain';
import type { DiagnosticParts } from '../base/diagnostic.ts';
import type { Source, Span } from '../base/source.ts';
import { makeSpan } from '../base/source.ts';
import type { ParserCode } from './codes.ts';
import * as tokens from './tokens.ts';
import { closerOf, isCloser, itemWords, startsOperand } from './words.ts';

type Explanation = DiagnosticParts & { readonly code: ParserCode };

/** What the segment is, in words: the end of it is called so. */
export type SegmentName = 'equation' | 'line' | 'entry' | 'header' | 'function' | 'import';

/** Explains the first error of a segment. */
export function explain(
  error: IRecognitionException,
  segment: readonly IToken[],
  segmentName: SegmentName,
  source: Source,
): Explanation {
  const place = findPlace(error, segment, source);
  const { found, previous, span } = place;
  const rules = error.context.ruleStack;
  const rule = rules[rules.length - 1];
  const expected = wantedBy(error, rule);
  const where = previous === undefined ? '' : ` after ${show(previous)}`;
  const what = found === undefined ? `the end of the ${segmentName}` : show(found);

  if (
    found?.tokenType === tokens.StepNumberWord &&
    rules.includes('equationTarget') &&
    segment[0] !== found
  ) {
    return timeAsIndex(segment[0].image, span);
  }
  if (expected === aName && found !== undefined && tokens.reservedWords.has(found.image)) {
    if (found.tokenType === tokens.Prev && previous?.tokenType === tokens.Dot) {
      const state = segment[segment.indexOf(previous) - 1]?.image ?? 'h';
      return {
        code: 'RNN1029',
        message: 'prev stands before the name of a state',
        span,
        help: `write prev ${state}`,
      };
    }
    if (rule !== 'prevOperand' || found.tokenType === tokens.StepNumberWord) return reservedName(found, span);
  }
  if (rule === 'prevOperand') return prevOfExpression(found, segment, what, span);
  if (rule === 'conditional') {
    if (expected === '`then`' && found?.tokenType === tokens.Equals) return compareWithTwo(span);
    return incompleteIf(segment, span, expected, what, source);
  }
  if (expected === anExpression) {
    if (segmentName === 'entry' && previous === segment[0] && found === undefined) {
      return {
        code: 'RNN1022',
        message: `the entry ${previous.image} has no value`,
        span,
        label: 'expected a value',
      };
    }
    return missingExpression(found, previous, segment, what, span);
  }
  if (previous !== undefined && found !== undefined && endsOperand(previous) && startsOperand(found)) {
    if (rule === 'parameters' && expected === '`)`') return missingComma(previous, found, span);
    const inExpression = expected === undefined || expected === '`)`' || expected === '`]`';
    if (inExpression && found.tokenType === tokens.If) return choiceBackwards(span);
    if (inExpression) return missingOperator(previous, found, segment, span, source);
  }
  if (found?.tokenType === tokens.OpenBracket && previous?.tokenType === tokens.OpenParen) {
    return missingExpression(found, previous, segment, what, span);
  }
  if (found?.tokenType === tokens.StringToken && segment.length === 3 && segment[1].image === 'from') {
    return {
      code: 'RNN1020',
      message: 'a name is missing after import',
      span: tokens.tokenSpan(source, segment[1]),
      help: 'it is written import LSTM from "./lstm.rnn"',
    };
  }
  const declaration = declaredInstead(segment, expected, found, span, source);
  if (declaration !== undefined) return declaration;
  if (found?.tokenType === tokens.Equals && expected !== '`~`' && segmentName !== 'header') {
    const lineStart = source.text.lastIndexOf('\n', span.start - 1) + 1;
    return source.text.slice(lineStart, span.start).trim() === '' ? nameless(span) : compareWithTwo(span);
  }
  const inHeader = previous?.tokenType === tokens.CloseParen ? '`{`' : '`(` or `{`';
  const atEnd = segmentName === 'header' ? inHeader : `the end of the ${segmentName}`;
  return {
    code: 'RNN1020',
    message: `expected ${expected ?? atEnd}${where}, found ${what}`,
    span,
    help: hint(segment, expected, found),
  };
}

const aName = 'a name';
const anExpression = 'an expression';

/** What the grammar wanted, in words; undefined where it wanted no more. */
function wantedBy(error: IRecognitionException, rule: string): string | undefined {
  if (error.name === 'NotAllInputParsedException') return undefined;
  if (error.name === 'MismatchedTokenException') return error.message;
  const wanted: Readonly<Record<string, string>> = {
    operand: anExpression,
    literal: anExpression,
    type: 'a type such as [m] or index(v)',
    header: 'cell, model or train',
    paramItem: '`~` or `=`',
  };
  return wanted[rule] ?? aName;
}

interface Place {
  /** Undefined at the end of the segment. */
  readonly found: IToken | undefined;
  readonly previous: IToken | undefined;
  readonly span: Span;
}

function findPlace(error: IRecognitionException, segment: readonly IToken[], source: Source): Place {
  const atEnd = error.token.tokenType === EOF;
  const index = atEnd ? segment.length : segment.indexOf(error.token);
  const previous = segment.at(index - 1);
  const found = atEnd ? undefined : error.token;
  if (found !== undefined)
    return { found, previous: index > 0 ? previous : undefined, span: tokens.tokenSpan(source, found) };
  const end = previous === undefined ? 0 : tokens.tokenEnd(previous);
  return { found, previous, span: makeSpan(source, end, end) };
}

/** A token as a message shows it. */
function show(token: IToken): string {
  if (token.image === '') return 'this';
  const image = token.image.length > 40 ? `${token.image.slice(0, 37)}...` : token.image;
  return `\`${image}\``;
}

function endsOperand(token: IToken): boolean {
  const { tokenType } = token;
  return (
    tokenType === tokens.Word ||
    tokenType === tokens.NumberToken ||
    tokenType === tokens.StringToken ||
    tokenType === tokens.StepNumberWord ||
    (isCloser(token) && tokenType !== tokens.CloseBrace)
  );
}

/** How a line like this one is written, where its beginning went wrong. */
function hint(
  segment: readonly IToken[],
  expected: string | undefined,
  found: IToken | undefined,
): string | undefined {
  const [first, second] = segment;
  const kind = first.tokenType;
  if (found?.tokenType === tokens.Colon && expected === '`]`') {
    return 'a slice has two ends and no step: every second entry is y[i] = x[2 * i]';
  }
  const before = found === undefined ? segment.at(-1) : segment[segment.indexOf(found) - 1];
  if (before?.tokenType === tokens.Dot && /^[*/^]$/.test(found?.image ?? '')) {
    return `write ${found?.image} alone: it is element by element`;
  }
  if (found?.tokenType === tokens.OpenBrace && before?.image.endsWith('_')) {
    const state = before.image.replace(/_+$/, '');
    return `names are words without braces; the value of one step ago is written prev ${state}`;
  }
  if (kind === tokens.Output && second?.tokenType === tokens.OpenParen && found?.tokenType === tokens.Comma) {
    return 'write output once for each';
  }
  if (kind === tokens.Fn && found?.tokenType === tokens.OpenBrace) {
    return 'a function is one expression, without braces and without return: fn f(a) = ...';
  }
  const equals = segment.findIndex((token) => token.tokenType === tokens.Equals);
  const isLeft = found !== undefined && segment.indexOf(found) < equals;
  if (kind === tokens.Word && second?.tokenType === tokens.OpenBracket && isLeft) {
    return `the left side names its indices, one word for each axis: ${first.image}[i] = if i == 0 then ... else ...`;
  }
  if (kind === tokens.State && found?.tokenType === tokens.Tilde) {
    return `for a start that is learnt write param h0: [m] ~ normal(0.1), and state ${second.image}: [m] = h0`;
  }
  if (kind === tokens.Cell || kind === tokens.Model) {
    const name = found?.tokenType === tokens.NumberToken ? segment[segment.indexOf(found) - 2] : undefined;
    if (name?.tokenType === tokens.Word) {
      return `a number in the header is written ${name.image}: real = ${found?.image}`;
    }
  }
  if (kind === tokens.Word && second?.tokenType === tokens.Colon && found === undefined) {
    return `to declare ${first.image} write param, state or input before it; an equation goes on with =`;
  }
  const colon = segment.findIndex((token) => token.tokenType === tokens.Colon);
  if (found?.tokenType === tokens.OpenBracket && colon >= 0 && segment.indexOf(found) === colon + 2) {
    const shape = segment.slice(colon + 2, segment.findIndex(isCloser) + 1).map((token) => token.image);
    return `a type is its shape alone: write ${shape.join('').replaceAll(',', ', ')}`;
  }
  if (expected === undefined && found?.tokenType === tokens.Comma) {
    const several: readonly TokenType[] = [
      tokens.Output,
      tokens.Loss,
      tokens.Input,
      tokens.Target,
      tokens.State,
      tokens.Param,
    ];
    if (several.includes(kind)) return `write ${first.image} once more for another one`;
    if (kind !== tokens.Word) return undefined;
    return second?.tokenType === tokens.Word ? 'leave the comma out' : 'write one equation for each name';
  }
  const name = second?.tokenType === tokens.Word ? second.image : 'x';
  const written: ReadonlyMap<TokenType, string> = new Map([
    [tokens.Input, `input ${name}: [n]`],
    [tokens.Target, `target ${name}: [n]`],
    [tokens.State, `state ${name}: [m]`],
    [tokens.Param, `param ${name}: [m, n]`],
    [tokens.Metric, `metric ${name} = ...`],
    [tokens.Generate, `generate ${name} ~ categorical(...)`],
    [tokens.Import, 'import LSTM from "./lstm.rnn"'],
    [tokens.Fn, 'fn gate(a) = sigmoid(a)'],
    [tokens.Cell, 'cell LSTM(n, m) { ... }'],
    [tokens.Model, 'model CharLM(v, m = 256) { ... }'],
    [tokens.Train, 'train CharLM { ... }'],
  ]);
  const example = written.get(kind);
  const isHeader = kind === tokens.Cell || kind === tokens.Model || kind === tokens.Train;
  const inside = expected === '`)`' || expected === '`]`' || (expected === undefined && !isHeader);
  return example === undefined || inside ? undefined : `it is written ${example}`;
}

function prevOfExpression(
  found: IToken | undefined,
  segment: readonly IToken[],
  what: string,
  span: Span,
): Explanation {
  const [inside, close] = found === undefined ? [] : segment.slice(segment.indexOf(found) + 1);
  const bracketed =
    found?.tokenType === tokens.OpenParen &&
    inside?.tokenType === tokens.Word &&
    close?.tokenType === tokens.CloseParen;
  return {
    code: 'RNN1029',
    message: `prev takes the name of a state, found ${what}`,
    span,
    notes: [bracketed ? 'prev is a word before a name, not a function' : 'only a state has a past'],
    help: bracketed
      ? `write prev ${inside.image}`
      : found?.tokenType === tokens.Prev
        ? `write delay(${inside?.image ?? 'h'}, 2) for its value two steps ago`
        : 'for the past of an expression give it a name and a state: state y: [m], y = ..., and then prev y',
  };
}

/** `h[t] = ...` */
function timeAsIndex(name: string, span: Span): Explanation {
  return {
    code: 'RNN1020',
    message: 'time is not written as an index',
    span,
    notes: ['an equation speaks of one step: every name stands for its value at that step'],
    help: `write ${name} = ..., and prev ${name} for its value one step ago`,
  };
}

/** `a if c else b` */
function choiceBackwards(span: Span): Explanation {
  return {
    code: 'RNN1020',
    message: 'if stands before both of its values',
    span,
    notes: ['a choice begins with its condition'],
    help: 'write if condition then a else b',
  };
}

function reservedName(found: IToken, span: Span): Explanation {
  const isStep = found.tokenType === tokens.StepNumberWord;
  return {
    code: 'RNN1023',
    message: `${found.image} cannot be a name`,
    span,
    notes: [
      isStep ? 't is the number of the step, counted from 0' : `${found.image} is a word of the language`,
    ],
    help: isStep ? 'choose another name, such as tau or s' : 'choose another name',
  };
}

/** Signs after the beginning of an item that belong to another one: `input x = [n]`, `output: h`, `[m = 8]`. */
function declaredInstead(
  segment: readonly IToken[],
  expected: string | undefined,
  found: IToken | undefined,
  span: Span,
  source: Source,
): Explanation | undefined {
  const [first, second] = segment;
  if (found?.tokenType === tokens.Equals && expected === '`:`') {
    return {
      code: 'RNN1026',
      message: `the type of ${second.image} stands after a colon, not after =`,
      span,
      help: hint(segment, expected, undefined),
      fixes: [{ span, replacement: ':', title: 'write : for =' }],
    };
  }
  if (first.tokenType === tokens.Word && second?.tokenType === tokens.Colon && itemWords.has(first.image)) {
    const third = segment[2]?.tokenType;
    if (third === tokens.OpenBracket || third === tokens.Index || third === tokens.Once) {
      const end = tokens.tokenEnd(first);
      return {
        code: 'RNN1020',
        message: `a name is missing after ${first.image}`,
        span: makeSpan(source, end, end),
        help: `it is written ${first.image} ${first.image === 'state' ? 'h' : 'x'}: ...`,
      };
    }
    const colon = tokens.tokenSpan(source, second);
    return {
      code: 'RNN1026',
      message: `the colon after ${first.image} is one too many`,
      span: colon,
      help: 'leave it out',
      fixes: [{ span: colon, replacement: '', title: 'leave out :' }],
    };
  }
  const before = segment.slice(0, found === undefined ? 0 : segment.indexOf(found));
  const inType = before.at(-2)?.tokenType === tokens.OpenBracket && before.at(-3)?.tokenType === tokens.Colon;
  const size = before.at(-1);
  if (found?.tokenType === tokens.Equals && inType && size !== undefined) {
    return {
      code: 'RNN1020',
      message: 'a size has its number in the header, not where it is used',
      span,
      help: `write [${size.image}] here, and ${size.image} = ... in the brackets after the name of the cell`,
    };
  }
  return undefined;
}

/** A line that begins with `=`. */
function nameless(span: Span): Explanation {
  return {
    code: 'RNN1020',
    message: 'a name is missing before =',
    span,
    notes: ['an equation begins with the name that it defines'],
    help: 'write name = ...',
  };
}

function compareWithTwo(span: Span): Explanation {
  return {
    code: 'RNN1020',
    message: 'there is a second = here',
    span,
    notes: ['an equation has one =, which defines the name on its left'],
    help: 'write == to compare',
    fixes: [{ span, replacement: '==', title: 'write ==' }],
  };
}

/** The `if` that is not complete is the last one that is still open. */
function incompleteIf(
  segment: readonly IToken[],
  span: Span,
  expected: string | undefined,
  what: string,
  source: Source,
): Explanation {
  const open: IToken[] = [];
  for (const token of segment) {
    if (token.startOffset >= span.start) break;
    if (token.tokenType === tokens.If) open.push(token);
    else if (token.tokenType === tokens.Else) open.pop();
  }
  const word = expected === '`then`' ? 'then' : 'else';
  return {
    code: 'RNN1031',
    message: `this if has no ${word}`,
    span: tokens.tokenSpan(source, open.at(-1) ?? segment[0]),
    related: [{ span, text: `${word} was expected here, found ${what}` }],
    notes: ['a choice always has a value: if condition then a else b'],
    help: what === '`:`' ? `write ${word} in the place of the colon` : undefined,
  };
}

function missingComma(previous: IToken, found: IToken, span: Span): Explanation {
  return {
    code: 'RNN1020',
    message: `a comma is missing between ${show(previous)} and ${show(found)}`,
    span,
    fixes: [
      { span: makeSpan(span.source, span.start, span.start), replacement: ', ', title: 'insert a comma' },
    ],
  };
}

function missingExpression(
  found: IToken | undefined,
  previous: IToken | undefined,
  segment: readonly IToken[],
  what: string,
  span: Span,
): Explanation {
  if (found?.tokenType === tokens.OpenBracket) {
    const callee =
      previous?.tokenType === tokens.OpenParen ? segment[segment.indexOf(found) - 2]?.image : undefined;
    return {
      code: 'RNN1020',
      message: 'an expression cannot begin with `[`',
      span,
      notes: ['[ ] holds the sizes of a type, or indices after a name'],
      help:
        callee === 'param'
          ? `a weight is declared on a line of its own: param ${segment[0].image}: [m, n]`
          : callee === undefined
            ? 'to join vectors write concat(a, b)'
            : `arguments stand side by side, without [ ]: ${callee}(a, b)`,
    };
  }
  const where = previous === undefined ? 'here' : `after ${show(previous)}`;
  const isBrace = found !== undefined && closerOf(found) !== undefined;
  return {
    code: 'RNN1022',
    message: `an expression is missing ${where}`,
    span,
    label: `found ${what}`,
    help: isBrace
      ? 'braces hold the body of a cell; use ( ) in an expression'
      : previous?.tokenType === tokens.Comma
        ? 'leave out one comma'
        : undefined,
  };
}

function missingOperator(
  previous: IToken,
  found: IToken,
  segment: readonly IToken[],
  span: Span,
  source: Source,
): Explanation {
  const at = segment.indexOf(found);
  const named = (token: IToken): string =>
    token.tokenType === tokens.Word || token.tokenType === tokens.NumberToken ? token.image : '...';
  const a = named(previous);
  const b = found.tokenType === tokens.Prev ? `prev ${named(segment[at + 1] ?? found)}` : named(found);
  const words = previous.tokenType === tokens.Word && found.tokenType === tokens.Word;
  const product = words
    ? `for the elementwise product write ${a} * ${b}, for the matrix product ${a} @ ${b}`
    : `for a product write ${a} * ${b}`;
  const between = insideCall(segment.slice(0, at));
  return {
    code: 'RNN1021',
    message: `an operator${between ? ' or a comma' : ''} is missing between ${show(previous)} and ${show(found)}`,
    span,
    label: 'another one begins here',
    related: [{ span: tokens.tokenSpan(source, previous), text: 'a value ends here' }],
    notes: ['side by side two values mean nothing: a product has a sign'],
    help: between ? `for two arguments write ${a}, ${b}; ${product}` : product,
  };
}

/** Whether the innermost bracket that is still open holds arguments. */
function insideCall(before: readonly IToken[]): boolean {
  let closed = 0;
  for (let i = before.length - 1; i >= 0; i--) {
    if (isCloser(before[i])) closed += 1;
    else if (closerOf(before[i]) !== undefined) {
      if (closed === 0)
        return before[i].tokenType === tokens.OpenParen && i > 0 && endsOperand(before[i - 1]);
      closed -= 1;
    }
  }
  return false;
}

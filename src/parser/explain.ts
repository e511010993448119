/**
 * From what stopped the grammar to a message for a person: what was expected, what was found, and the likely mend.
 */
import type { IRecognitionException, IToken } from 'chevrotain';
import { EOF } from 'chevrotain';
import type { DiagnosticParts } from '../base/diagnostic.ts';
import type { Source, Span } from '../base/source.ts';
import { makeSpan } from '../base/source.ts';
import type { ParserCode } from './codes.ts';
import * as tokens from './tokens.ts';
import { closerOf, isCloser, startsOperand } from './words.ts';

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
  const expected = error.name === 'MismatchedTokenException' ? error.message : undefined;
  const rules = error.context.ruleStack;
  const rule = rules[rules.length - 1];
  const where = previous === undefined ? '' : ` after ${show(previous)}`;
  const what = found === undefined ? `the end of the ${segmentName}` : show(found);

  if (found !== undefined && tokens.reservedWords.has(found.image) && expected === 'a name') {
    if (rule !== 'prevOperand' || found.tokenType === tokens.StepNumberWord) return reservedName(found, span);
  }
  if (rule === 'prevOperand' && expected === 'a name') {
    return {
      code: 'RNN1029',
      message: `prev takes the name of a state, found ${what}`,
      span,
      notes: ['only a state has a past'],
      help: 'for the past of an expression give it a name, y = ..., and write delay(y, 1)',
    };
  }
  if (rule === 'conditional' && (expected === '`else`' || expected === '`then`')) {
    const isEqual = found?.tokenType === tokens.Equals;
    if (expected === '`then`' && isEqual) return compareWithTwo(span);
    if (expected === '`else`') return missingElse(segment, span, what, source);
  }
  if (error.name === 'NoViableAltException' && (rule === 'operand' || rule === 'literal')) {
    return missingExpression(found, previous, what, span);
  }
  if (missesOperator(previous, found) && previous !== undefined && found !== undefined) {
    return missingOperator(previous, found, span, source);
  }
  if (error.name === 'NotAllInputParsedException') {
    if (found?.tokenType === tokens.Equals) return compareWithTwo(span);
    const help =
      found?.tokenType === tokens.Comma && segment[0].tokenType === tokens.Output
        ? 'write output once for each output'
        : undefined;
    return {
      code: 'RNN1020',
      message: `expected the end of the ${segmentName}${where}, found ${what}`,
      span,
      help,
    };
  }
  const wanted = expected ?? wantedBy(rule);
  return {
    code: 'RNN1020',
    message: `expected ${wanted}${where}, found ${what}`,
    span,
    help: hint(segment, wanted, found),
  };
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

function missesOperator(previous: IToken | undefined, found: IToken | undefined): boolean {
  return previous !== undefined && endsOperand(previous) && startsOperand(found);
}

function wantedBy(rule: string): string {
  if (rule === 'type') return 'a type such as [m] or index(v)';
  if (rule === 'header') return 'cell, model or train';
  return 'something else';
}

function hint(segment: readonly IToken[], wanted: string, found: IToken | undefined): string | undefined {
  const first = segment[0].tokenType;
  const name = segment[1]?.tokenType === tokens.Word ? segment[1].image : 'x';
  const example: readonly (readonly [unknown, string])[] = [
    [tokens.Input, `input ${name}: [n]`],
    [tokens.Target, `target ${name}: [n]`],
    [tokens.State, `state ${name}: [m]`],
    [tokens.Param, `param ${name}: [m, n]`],
    [tokens.Metric, `metric ${name} = ...`],
    [tokens.Generate, `generate ${name} ~ categorical(...)`],
    [tokens.Import, `import LSTM from "./lstm.rnn"`],
    [tokens.Fn, `fn gate(a) = sigmoid(a)`],
    [tokens.Cell, 'cell LSTM(n, m) { ... }'],
    [tokens.Model, 'model CharLM(v, m = 256) { ... }'],
    [tokens.Train, 'train CharLM { ... }'],
  ];
  if (found?.tokenType === tokens.OpenBrace)
    return 'braces hold the body of a cell, a model or a train block';
  const shape = example.find(([kind]) => kind === first)?.[1];
  const inHeader =
    ['a name', '`:`', '`=`', '`~`', '`(`', '`from`', 'a string'].includes(wanted) ||
    wanted.startsWith('a type');
  return shape !== undefined && inHeader ? `it is written ${shape}` : undefined;
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
    help: isStep ? 'choose another name, such as time or s' : 'choose another name',
  };
}

function compareWithTwo(span: Span): Explanation {
  return {
    code: 'RNN1020',
    message: 'there is a second = here',
    span,
    notes: ['= defines the name on its left; it gives no value'],
    help: 'write == to compare',
    fixes: [{ span, replacement: '==', title: 'write ==' }],
  };
}

/** The `if` without an `else` is the last one that is still open. */
function missingElse(segment: readonly IToken[], span: Span, what: string, source: Source): Explanation {
  const open: IToken[] = [];
  for (const token of segment) {
    if (token.startOffset >= span.start) break;
    if (token.tokenType === tokens.If) open.push(token);
    else if (token.tokenType === tokens.Else) open.pop();
  }
  const word = open.at(-1) ?? segment[0];
  return {
    code: 'RNN1031',
    message: `this if has no else: found ${what}`,
    span: tokens.tokenSpan(source, word),
    related: [{ span, text: '`else` was expected here' }],
    notes: ['a choice always has a value: if condition then a else b'],
  };
}

function missingExpression(
  found: IToken | undefined,
  previous: IToken | undefined,
  what: string,
  span: Span,
): Explanation {
  if (found?.tokenType === tokens.OpenBracket) {
    return {
      code: 'RNN1020',
      message: 'an expression cannot begin with `[`',
      span,
      notes: ['[ ] holds the sizes of a type, or indices after a name'],
      help: 'to join vectors write concat(a, b)',
    };
  }
  const where = previous === undefined ? 'here' : `after ${show(previous)}`;
  const isBrace = found !== undefined && closerOf(found) !== undefined;
  return {
    code: 'RNN1022',
    message: `an expression is missing ${where}`,
    span,
    label: `found ${what}`,
    help: isBrace ? 'braces hold the body of a cell; use ( ) in an expression' : undefined,
  };
}

function missingOperator(previous: IToken, found: IToken, span: Span, source: Source): Explanation {
  const isPrime = previous.tokenType === tokens.NumberToken || found.tokenType === tokens.NumberToken;
  const number = found.tokenType === tokens.NumberToken || previous.tokenType === tokens.NumberToken;
  const a = previous.tokenType === tokens.Word || number ? previous.image : '...';
  const b = found.tokenType === tokens.Word || number ? found.image : '...';
  const product = `${a} * ${b}`;
  return {
    code: 'RNN1021',
    message: `an operator or a comma is missing between ${show(previous)} and ${show(found)}`,
    span,
    related: [{ span: tokens.tokenSpan(source, previous), text: 'this is complete' }],
    notes: ['side by side means nothing here: a product has its sign'],
    help: isPrime
      ? `for a product write ${product}`
      : `for a product write ${product}, for a matrix product ${a} @ ${b}`,
  };
}

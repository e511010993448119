/**
 * Segments: where an item, an entry, a header or a function ends, which of its words are keywords, and what is wrong
 * with its brackets. One pass over its tokens, which keeps track of whether an operand has just ended.
 */
import type { IToken } from 'chevrotain';
import { invariant } from '../base/invariant.ts';
import { makeSpan } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Report } from './lex.ts';
import { deepest } from './nesting.ts';
import * as tokens from './tokens.ts';
import type { Stream } from './words.ts';
import * as words from './words.ts';

/** Tokens that belong together: an item, an entry, a header. */
export interface Segment {
  readonly tokens: readonly IToken[];
  /** Something in it was reported already. */
  readonly reported: boolean;
  /** A bracket in it has no partner: what can be read of it is a guess. */
  readonly damaged: boolean;
  /** What it would define, where that does not follow from its beginning. */
  readonly defines?: readonly IToken[];
}

/** How far to look for the brace of a header that holds something unexpected, in tokens. */
const longestHeader = 200;

/** What is scanned. */
type Mode = 'header' | 'function' | 'item' | 'entry';

/** Whether the segment that begins here is a function of a cell. */
function isLocalFunction(stream: Stream, first: number, mode: Mode): boolean {
  return mode === 'item' && words.beginsFunction(stream, first);
}

export interface Scan {
  readonly segment: Segment;
  /** Segments found on the way that come before it. */
  readonly before: readonly Segment[];
  readonly next: number;
}

const itemsNote =
  'a cell or a model holds input, state, param, fn, output and equations; a model also target, loss, metric and generate';

interface Statement {
  readonly note: string;
  readonly help: string;
}

const loop: Statement = {
  note: 'a cell is one step of one sequence: the loop over time is added by itself',
  help: 'write the equations of one step; prev h is what the step before left in the state h',
};

/** Statements of other languages, with what stands in their place here. */
const statements: ReadonlyMap<string, Statement> = new Map([
  ['for', loop],
  ['while', loop],
  ['loop', loop],
  [
    'if',
    {
      note: 'a choice is made between two values, inside one equation',
      help: 'write h = if t == 0 then x else prev h',
    },
  ],
]);

/** Words before an equation in other languages. */
const equationWords: ReadonlySet<string> = new Set(['let', 'var', 'variable', 'const', 'auto', 'val']);

const meantItems: ReadonlyMap<string, string> = new Map([
  ...['parameter', 'parameters', 'params', 'weight', 'weights', 'var', 'variable', 'const'].map(
    (word): [string, string] => [word, 'param'],
  ),
  ...['frozen', 'freeze', 'fixed', 'constant'].map((word): [string, string] => [word, 'frozen param']),
  ...['return', 'yield', 'out', 'outputs'].map((word): [string, string] => [word, 'output']),
  ...['hidden', 'memory', 'states', 'carry'].map((word): [string, string] => [word, 'state']),
  ...['in', 'inputs'].map((word): [string, string] => [word, 'input']),
  ...['label', 'labels', 'targets'].map((word): [string, string] => [word, 'target']),
]);

/** Scans one segment: from its first token to where the next one begins. */
export function scanSegment(stream: Stream, first: number, wanted: Mode, report: Report): Scan {
  const { source } = stream;
  const isLocal = isLocalFunction(stream, first, wanted);
  const mode = isLocal ? 'function' : wanted;
  const taken: IToken[] = [];
  const before: Segment[] = [];
  const open: number[] = [];
  let unclosed = 0;
  let reported = false;
  let holdsUnterminated = false;
  let damaged = false;
  let defines: IToken[] | undefined;
  let i = first;
  /** Whether an operand has just ended, so that an operator or an end is wanted. */
  let ends = false;
  /** Whether a type is wanted: after its colon, and after `once` and `complex`. */
  let typeNext = false;
  /** Where the brackets of an item's type open. */
  let typeOpen = -1;
  /** Whether a function's gradient was seen. */
  let hasGradient = false;

  const take = (): IToken => {
    const token = stream.tokens[i];
    taken.push(token);
    if (stream.unterminated.has(token)) holdsUnterminated = true;
    i += 1;
    return token;
  };
  const takeNames = (several: boolean): void => {
    while (words.isWordLike(stream.tokens[i])) {
      const isKeyword = stream.defines[i] === 0 && words.itemWords.has(stream.tokens[i].image);
      if (stream.firstOnLine[i] === 1 && isKeyword) break;
      const name = take();
      ends = true;
      const next = stream.tokens[i];
      if (next?.tokenType === tokens.Comma) {
        take();
        ends = false;
      } else if (several && next !== undefined && stream.firstOnLine[i] === 0 && stream.defines[i] > 0) {
        reportMissingComma(name, next);
      } else break;
    }
  };

  if (mode === 'item') beginItem();
  else if (mode === 'entry') beginEntry();
  else {
    if (isLocal) tokens.retag(stream.tokens[i], tokens.Fn);
    take();
    if (words.isWordLike(stream.tokens[i])) take();
    ends = true;
  }

  while (i < stream.tokens.length) {
    const token = stream.tokens[i];
    const kind = token.tokenType;
    if (isEnd(token)) break;
    const closer = words.closerOf(token);
    if (closer !== undefined) {
      open.push(i);
      if (typeNext && mode === 'item') typeOpen = i;
      if (stream.partner[i] < 0) unclosed += 1;
      take();
      ends = false;
      typeNext = false;
    } else if (words.isCloser(token)) {
      closeBracket(token);
    } else if (words.isWordLike(token)) {
      takeWord(token);
    } else {
      if (kind === tokens.Equals || kind === tokens.Tilde) settleSign(token);
      take();
      ends = kind === tokens.NumberToken || kind === tokens.StringToken;
      typeNext =
        kind === tokens.Colon &&
        (mode === 'header' || inParameters() || (mode === 'item' && open.length === 0));
    }
  }
  closeDownTo(0);
  const { startOffset } = stream.tokens[first];
  const end = stream.tokens[i]?.startOffset ?? Number.POSITIVE_INFINITY;
  if (words.hasHole(stream, startOffset, end)) reported = true;
  const segment = { tokens: taken, reported, damaged, ...(defines === undefined ? {} : { defines }) };
  return { segment, before, next: i };

  function beginItem(): void {
    if (stream.defines[i] === 0 && words.beginsFrozen(stream, i)) tokens.retag(take(), tokens.Frozen);
    const token = stream.tokens[i];
    if (words.isWordLike(token) && stream.defines[i] > 0) {
      takeTargets();
      return;
    }
    let kind = words.itemWords.get(token.image);
    if (kind === undefined && equationWords.has(token.image) && stream.defines[i + 1] === 1) {
      const span = tokens.tokenSpan(source, token);
      report({
        code: 'RNN1024',
        message: `unknown keyword ${token.image}`,
        span,
        notes: ['an equation begins with the name that it defines'],
        help: `leave ${token.image} out`,
        fixes: [{ span, replacement: '', title: `leave out ${token.image}` }],
      });
      i += 1;
      takeTargets();
      return;
    }
    if (kind === undefined && token.tokenType === tokens.Word && words.isWordLike(stream.tokens[i + 1])) {
      const called = stream.tokens[i + 2]?.tokenType === tokens.OpenParen;
      const meant =
        meantItems.get(token.image) ?? (called ? undefined : suggest(token.image, words.itemWords.keys()));
      if (meant !== undefined) {
        reportUnknownWord(stream, token, meant, itemsNote, report);
        reported = true;
        kind = words.itemWords.get(meant.replace('frozen ', ''));
      }
    }
    if (kind === undefined) {
      beginStray(token);
      return;
    }
    tokens.retag(take(), kind);
    if (kind !== tokens.Output && kind !== tokens.Loss) {
      takeNames(kind !== tokens.Metric && kind !== tokens.Generate);
    } else if (stream.defines[i] > 0 && stream.firstOnLine[i] === 0) beginNamedValue(token);
  }

  function takeTargets(): void {
    while (stream.tokens[i].tokenType !== tokens.Equals && stream.tokens[i].tokenType !== tokens.Colon)
      take();
    ends = true;
  }

  /** `output h = tanh(x)`: reported, and read as the equation and its output. */
  function beginNamedValue(token: IToken): void {
    const name = stream.tokens[i];
    if (token.tokenType === tokens.Output) {
      report({
        code: 'RNN1030',
        message: `output ${name.image} cannot define ${name.image} as well`,
        span: tokens.tokensSpan(source, token, name),
        notes: ['an output names an equation, or is an expression'],
        help: `write ${name.image} = ..., and then output ${name.image}`,
      });
      before.push({ tokens: [token, name], reported: true, damaged: false });
      taken.length = 0;
      reported = true;
      takeTargets();
      return;
    }
    while (stream.tokens[i].tokenType !== tokens.Equals && stream.tokens[i].tokenType !== tokens.Colon)
      i += 1;
    report({
      code: 'RNN1026',
      message: 'a loss has no name',
      span: tokens.tokensSpan(source, name, stream.tokens[i]),
      help: 'write loss and the expression, without a name; a metric has one',
    });
    reported = stream.tokens[i].tokenType === tokens.Colon;
    i += 1;
  }

  /** What begins no item: one message, up to the next thing that does. */
  function beginStray(token: IToken): void {
    const word = token.tokenType === tokens.Word;
    const next = stream.tokens[i + 1];
    const sameLine = next !== undefined && stream.firstOnLine[i + 1] === 0;
    const missesSign = word && sameLine && words.startsOperand(next) && next.tokenType !== tokens.OpenParen;
    const call = word && !missesSign;
    const statement = statements.get(token.image);
    const names: IToken[] = [];
    const declares = missesSign && words.isWordLike(next) && stream.defines[i + 1] > 0;
    if (declares) names.push(next);
    else if (missesSign) names.push(token);
    if (statement !== undefined) {
      report({
        code: 'RNN1020',
        message: `a cell has no statements such as ${token.image}`,
        span: tokens.tokenSpan(source, token),
        notes: [statement.note],
        help: statement.help,
      });
    } else if (words.surelyBeginsDeclaration(stream, i)) {
      report({
        code: 'RNN1025',
        message: `a ${token.image} cannot stand inside another declaration`,
        span: tokens.tokenSpan(source, token),
        help: 'move it out of the braces; a cell applies another one by its name',
      });
    } else if (declares) {
      report({
        code: 'RNN1024',
        message: `unknown keyword ${token.image}`,
        span: tokens.tokenSpan(source, token),
        notes: [itemsNote],
      });
    } else {
      report({
        code: 'RNN1020',
        message: `expected an equation, input, state, param or output, found \`${token.image}\``,
        span: tokens.tokenSpan(source, token),
        notes: call ? ['an expression alone has no effect: every value in a cell has a name'] : [],
        help: call
          ? 'write name = ... for an equation, output ... for an output'
          : token.tokenType === tokens.StringToken
            ? 'a comment begins with #'
            : missesSign
              ? `is an = missing? ${token.image} = ...`
              : undefined,
      });
    }
    reported = true;
    const takeStray = (): void => {
      if (stream.defines[i] === 1 && stream.tokens[i].tokenType === tokens.Word) names.push(stream.tokens[i]);
      take();
    };
    takeStray();
    while (i < stream.tokens.length) {
      const next = stream.tokens[i];
      if (words.closerOf(next) !== undefined && stream.partner[i] > i) {
        for (const end = stream.partner[i]; i <= end; ) takeStray();
        continue;
      }
      if (next.tokenType === tokens.CloseBrace) break;
      // What an `if` holds looks like items: on its own line, and after then and else, it belongs to it.
      const inside =
        (statement !== undefined || declares) && (stream.firstOnLine[i] === 0 || isBranchWord(taken.at(-1)));
      if (words.beginsItem(stream, i) && !inside) break;
      takeStray();
    }
    defines = names;
  }

  function beginEntry(): void {
    const token = take();
    if (!words.isWordLike(token)) {
      report({
        code: 'RNN1020',
        message: `expected an entry such as batch 32, found \`${token.image}\``,
        span: tokens.tokenSpan(source, token),
        notes: ['a train block holds entries: a word and its value'],
      });
      reported = true;
      return;
    }
    const sign = stream.tokens[i];
    if (sign?.tokenType !== tokens.Equals && sign?.tokenType !== tokens.Colon) return;
    const value = stream.tokens[i + 1];
    report({
      code: 'RNN1026',
      message: `an entry has no ${sign.image} after its name`,
      span: tokens.tokenSpan(source, sign),
      help: `write ${token.image} ${value?.tokenType === tokens.NumberToken ? value.image : '...'}`,
      fixes: [{ span: tokens.tokenSpan(source, sign), replacement: '', title: `leave out ${sign.image}` }],
    });
    i += 1;
  }

  /** Whether the segment ends before this token. */
  function isEnd(token: IToken): boolean {
    const depth = open.length;
    if (
      token.tokenType === tokens.CloseBrace &&
      !open.some((at) => stream.tokens[at].tokenType === tokens.OpenBrace)
    ) {
      return true;
    }
    if (token.tokenType === tokens.OpenBrace && mode === 'header') return true;
    if (token.tokenType === tokens.StringToken && mode === 'item' && depth === 0) {
      return ends && stream.firstOnLine[i] === 1;
    }
    if (!words.isWordLike(token)) return false;
    if (depth > 0) return unclosed > 0 && endsInBrackets();
    if (taken.at(-1)?.tokenType === tokens.Dot) return false;
    if (words.surelyBeginsDeclaration(stream, i) && (mode !== 'item' || stream.firstOnLine[i] === 1))
      return true;
    switch (mode) {
      case 'header':
        return !bracePending();
      case 'function':
        if (words.likelyBeginsDeclaration(stream, i)) return true;
        if (!ends) return isLocal && stream.firstOnLine[i] === 1 && words.surelyBeginsItem(stream, i);
        if (isLocal && words.beginsItem(stream, i)) return true;
        if (token.image === 'gradient' && !hasGradient) return false;
        return (
          token.tokenType === tokens.Word &&
          (stream.firstOnLine[i] === 1 || words.declarationWords.has(token.image))
        );
      case 'item':
        if (!ends) return stream.firstOnLine[i] === 1 && words.surelyBeginsItem(stream, i);
        return (
          words.beginsItem(stream, i) ||
          ((token.tokenType === tokens.Word || token.tokenType === tokens.If) && stream.firstOnLine[i] === 1)
        );
      case 'entry':
        return ends ? token.tokenType === tokens.Word : lacksValue();
    }
  }

  /** Inside brackets of which one has no partner: whether the next segment begins on this line. */
  function endsInBrackets(): boolean {
    if (stream.firstOnLine[i] === 0) return false;
    if (words.surelyBeginsDeclaration(stream, i)) return true;
    if (mode === 'function')
      return words.likelyBeginsDeclaration(stream, i) || (isLocal && words.surelyBeginsItem(stream, i));
    if (mode === 'entry') return ends;
    if (mode === 'header') return ends && words.beginsItem(stream, i);
    if (mode !== 'item') return false;
    if (ends) return words.beginsItem(stream, i);
    if (stream.defines[i] !== 2) return words.surelyBeginsItem(stream, i);
    const afterColon = stream.tokens[i + 2];
    return afterColon?.tokenType === tokens.OpenBracket;
  }

  /** In a header: whether its brace is still to come, after something that does not belong there. */
  function bracePending(): boolean {
    const end = Math.min(stream.tokens.length, i + longestHeader);
    for (let at = i; at < end; at++) {
      if (stream.tokens[at].tokenType === tokens.OpenBrace) return true;
      if (stream.tokens[at].tokenType === tokens.CloseBrace) return false;
      if (stream.firstOnLine[at] === 1 && words.beginsItem(stream, at)) return false;
      if (words.surelyBeginsDeclaration(stream, at)) return false;
    }
    return false;
  }

  /** `batch` and then `window 64`: an entry without a value. */
  function lacksValue(): boolean {
    if (taken.length !== 1 || stream.firstOnLine[i] === 0) return false;
    const next = stream.tokens[i + 1]?.tokenType;
    return next === tokens.NumberToken || next === tokens.StringToken || next === tokens.Word;
  }

  function takeWord(token: IToken): void {
    if (taken.at(-1)?.tokenType === tokens.Dot) {
      take();
      ends = true;
      return;
    }
    if (typeNext) {
      const next = stream.tokens[i + 1]?.tokenType;
      if (token.image === 'once' && (next === tokens.OpenBracket || next === tokens.Word)) {
        tokens.retag(take(), tokens.Once);
        ends = false;
        return;
      }
      if (token.image === 'complex' && next === tokens.OpenBracket) {
        tokens.retag(take(), tokens.Complex);
        ends = false;
        return;
      }
      typeNext = false;
      if (token.image === 'index' && next === tokens.OpenParen) tokens.retag(token, tokens.Index);
    }
    if (mode === 'function' && ends && open.length === 0 && token.image === 'gradient' && !hasGradient) {
      hasGradient = true;
      tokens.retag(take(), tokens.Gradient);
      ends = false;
      return;
    }
    const prefix = ends ? 0 : words.tagPrefix(stream, i, open.length === 0 && mode === 'item');
    if (prefix > 0) {
      for (let k = 0; k < prefix; k++) take();
      ends = false;
      return;
    }
    take();
    ends =
      token.tokenType === tokens.Word ||
      token.tokenType === tokens.StepNumberWord ||
      token.tokenType === tokens.Index;
  }

  /** Whether we are in the parameters of a function: they are the first brackets after its name. */
  function inParameters(): boolean {
    return mode === 'function' && open.length > 0 && open[0] === first + 2;
  }

  function reportMissingComma(name: IToken, next: IToken): void {
    const end = tokens.tokenEnd(name);
    report({
      code: 'RNN1020',
      message: `a comma is missing between ${name.image} and ${next.image}`,
      span: tokens.tokenSpan(source, next),
      fixes: [{ span: makeSpan(source, end, end), replacement: ',', title: 'insert a comma' }],
    });
    taken.push(tokens.makeToken(tokens.Comma, '', end, end));
  }

  /** An `=` or `~` inside brackets: a type whose `]` is missing, or a named argument with the wrong sign. */
  function settleSign(sign: IToken): void {
    if (mode === 'item' && open.length === 1 && typeOpen === open[0] && stream.partner[open[0]] < 0)
      closeDownTo(0);
    const isArgument = open.length > 0 && mode !== 'header' && !inParameters();
    const opensArgument = taken.at(-2)?.tokenType;
    const starts = opensArgument === tokens.OpenParen || opensArgument === tokens.Comma;
    if (sign.tokenType === tokens.Equals && isArgument && starts && words.isWordLike(taken.at(-1))) {
      reportNamedArgument(sign);
    }
  }

  function reportNamedArgument(sign: IToken): void {
    const span = tokens.tokenSpan(source, sign);
    const name = taken[taken.length - 1].image;
    report({
      code: 'RNN1026',
      message: `the argument ${name} is named with a colon, not with =`,
      span,
      help: `write ${name}: ...`,
      fixes: [{ span, replacement: ':', title: 'write : for =' }],
    });
    tokens.retag(sign, tokens.Colon);
  }

  function closeBracket(token: IToken): void {
    const at = stream.partner[i];
    if (at < 0 || (open.at(-1) !== at && !open.includes(at))) {
      report({
        code: 'RNN1011',
        message: `this ${token.image} closes nothing`,
        span: tokens.tokenSpan(source, token),
        help: 'leave it out, or open the bracket where it should begin',
      });
      reported = true;
      damaged = true;
      i += 1;
      return;
    }
    closeDownTo(open.lastIndexOf(at) + 1);
    open.pop();
    take();
    ends = true;
  }

  /** Closes the brackets that have no partner, down to `depth`, with tokens that are not in the text. */
  function closeDownTo(depth: number): void {
    const innermost = open.at(-1);
    if (innermost === undefined || open.length <= depth) return;
    const last = taken[taken.length - 1];
    const end = tokens.tokenEnd(last);
    // Brackets beyond the limit on nesting are refused for that. A string without an end has swallowed what closes
    // the brackets before it, and was reported.
    if (open.length <= deepest) {
      if (!holdsUnterminated)
        reportUnclosed(stream, stream.tokens[innermost], last, report, open.length - depth - 1);
      reported = true;
      damaged = true;
    }
    while (open.length > depth) {
      const kind = words.closerOf(stream.tokens[open.pop() ?? 0]);
      invariant(kind !== undefined, 'an open bracket has a closer');
      taken.push(tokens.makeToken(kind, '', end, end));
      unclosed -= 1;
    }
    ends = true;
  }
}

function isBranchWord(token: IToken | undefined): boolean {
  return token?.tokenType === tokens.Then || token?.tokenType === tokens.Else;
}

/** Reports a word where a keyword was wanted, with the keyword that was likely meant. */
export function reportUnknownWord(
  stream: Stream,
  token: IToken,
  meant: string,
  note: string,
  report: Report,
): void {
  const span = tokens.tokenSpan(stream.source, token);
  report({
    code: 'RNN1024',
    message: `unknown keyword ${token.image}`,
    span,
    notes: [note],
    help: `did you mean ${meant}?`,
    fixes: [{ span, replacement: meant, title: `write ${meant}` }],
  });
}

/** Reports a bracket that is never closed; `further` others around it are open too. */
export function reportUnclosed(
  stream: Stream,
  opener: IToken,
  last: IToken,
  report: Report,
  further = 0,
): void {
  const { source } = stream;
  const closer = String(words.closerOf(opener)?.PATTERN);
  const place = makeSpan(source, tokens.tokenEnd(last), tokens.tokenEnd(last));
  report({
    code: 'RNN1010',
    message: `this ${opener.image} is never closed`,
    span: tokens.tokenSpan(source, opener),
    label: 'opened here',
    related: [{ span: place, text: `a ${closer} was expected by here` }],
    notes: further > 0 ? [`${further} more before it ${further === 1 ? 'is' : 'are'} not closed either`] : [],
    fixes: further > 0 ? [] : [{ span: place, replacement: closer, title: `insert ${closer}` }],
  });
}

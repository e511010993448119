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
import { makeSpan } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Report } from './lex.ts';
import * as tokens from './tokens.ts';
import type { Stream } from './words.ts';
import * as words from './words.ts';

/** Tokens that belong together: an item, an entry, a header. */
export interface Segment {
  readonly tokens: readonly IToken[];
  /** Something in it was reported already. */
  readonly reported: boolean;
}

export interface DeclarationLayout {
  readonly kind: 'import' | 'function' | 'block' | 'train';
  /** The whole of an import or a function; of a block what comes before its brace. */
  readonly header: Segment;
  /** The items or entries of a block. */
  readonly segments: readonly Segment[];
  /** The closing brace of a block. */
  readonly close: IToken | undefined;
}

/** Divides a file. The stream's words get their kinds by the way. */
export function layOut(stream: Stream, report: Report): readonly DeclarationLayout[] {
  const declarations: DeclarationLayout[] = [];
  let i = 0;
  while (i < stream.tokens.length) {
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
  const meant = meantDeclarations.get(token.image) ?? suggest(token.image, words.declarationWords.keys());
  if (meant === undefined) return undefined;
  reportUnknownWord(stream, token, meant, 'a file holds import, cell, model, fn and train', report);
  return words.declarationWords.get(meant);
}

function reportUnknownWord(stream: Stream, token: IToken, meant: string, note: string, report: Report): void {
  const span = tokens.tokenSpan(stream.source, token);
  report({
    code: 'RNN1024',
    message: `${token.image} begins nothing that is known here`,
    span,
    notes: [note],
    help: `did you mean ${meant}?`,
    fixes: [{ span, replacement: meant, title: `write ${meant}` }],
  });
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
    const begins = stream.firstOnLine[i] === 1 && words.declarationWords.has(token.image);
    if (i > first && begins && words.isWordLike(stream.tokens[i + 1])) break;
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
    return { layout: { kind: 'import', header, segments: [], close: undefined }, next };
  }
  if (kind === tokens.Fn) {
    const scan = scanSegment(stream, first, 'function', report);
    return {
      layout: { kind: 'function', header: scan.segment, segments: [], close: undefined },
      next: scan.next,
    };
  }
  const scan = scanSegment(stream, first, 'header', report);
  const { source } = stream;
  let i = scan.next;
  const open = stream.tokens[i]?.tokenType === tokens.OpenBrace ? i : undefined;
  if (open !== undefined) i += 1;
  else {
    const last = scan.segment.tokens[scan.segment.tokens.length - 1];
    const end = tokens.tokenEnd(last);
    report({
      code: 'RNN1012',
      message: `a { is missing after ${source.text.slice(token.startOffset, end)}`,
      span: makeSpan(source, end, end),
      label: 'expected { here',
      notes: [`the body of a ${kind.name} stands in braces`],
      fixes: [{ span: makeSpan(source, end, end), replacement: ' {', title: 'insert {' }],
    });
  }
  const segments: Segment[] = [];
  const closed = open !== undefined && stream.partner[open] >= 0;
  for (;;) {
    const current = stream.tokens[i];
    const startsNext = current !== undefined && !closed && words.surelyBeginsDeclaration(stream, i);
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
    header: scan.segment,
    segments,
    close,
  };
  return { layout, next: i };
}

function reportUnclosed(stream: Stream, opener: IToken, last: IToken, report: Report): void {
  const { source } = stream;
  const closer = words.closerOf(opener)?.PATTERN;
  const place = makeSpan(source, tokens.tokenEnd(last), tokens.tokenEnd(last));
  report({
    code: 'RNN1010',
    message: `this ${opener.image} is never closed`,
    span: tokens.tokenSpan(source, opener),
    label: 'opened here',
    related: [{ span: place, text: `a ${String(closer)} was expected by here` }],
    fixes: [{ span: place, replacement: String(closer), title: `insert ${String(closer)}` }],
  });
}

function scanImport(stream: Stream, first: number): { readonly header: Segment; readonly next: number } {
  let i = first + 1;
  for (; i < stream.tokens.length; i++) {
    const token = stream.tokens[i];
    if (token.tokenType === tokens.StringToken) {
      const before = stream.tokens[i - 1];
      if (before.tokenType === tokens.Word && before.image === 'from') tokens.retag(before, tokens.From);
      i += 1;
      break;
    }
    if (stream.firstOnLine[i] === 1 && words.declarationWords.has(token.image)) break;
  }
  return { header: { tokens: stream.tokens.slice(first, i), reported: false }, next: i };
}

/** How far to look for the brace of a header that holds something unexpected, in tokens. */
const longestHeader = 200;

type Mode = 'header' | 'function' | 'item' | 'entry';

interface Scan {
  readonly segment: Segment;
  /** Segments found on the way that come before it. */
  readonly before: readonly Segment[];
  readonly next: number;
}

const meantItems: ReadonlyMap<string, string> = new Map([
  ...['parameter', 'parameters', 'params', 'weight', 'weights', 'var', 'variable', 'const'].map(
    (word): [string, string] => [word, 'param'],
  ),
  ...['return', 'yield', 'out', 'outputs'].map((word): [string, string] => [word, 'output']),
  ...['hidden', 'memory', 'states', 'carry'].map((word): [string, string] => [word, 'state']),
  ...['in', 'inputs'].map((word): [string, string] => [word, 'input']),
  ...['label', 'labels', 'targets'].map((word): [string, string] => [word, 'target']),
]);

/** Scans one segment: from its first token to where the next one begins. */
function scanSegment(stream: Stream, first: number, mode: Mode, report: Report): Scan {
  const { source } = stream;
  const taken: IToken[] = [];
  const before: Segment[] = [];
  const open: number[] = [];
  let unclosed = 0;
  let reported = false;
  let i = first;
  /** Whether an operand has just ended, so that an operator or an end is wanted. */
  let ends = false;
  /** Whether a type is wanted: after its colon, and after `once`. */
  let typeNext = false;
  /** Whether a function's gradient was seen. */
  let hasGradient = false;

  const take = (): IToken => {
    const token = stream.tokens[i];
    taken.push(token);
    i += 1;
    return token;
  };
  const takeNames = (): void => {
    while (words.isWordLike(stream.tokens[i])) {
      const next = stream.tokens[i].image;
      if (stream.firstOnLine[i] === 1 && stream.defines[i] === 0 && words.itemWords.has(next)) break;
      take();
      ends = true;
      if (stream.tokens[i]?.tokenType !== tokens.Comma) break;
      take();
      ends = false;
    }
  };

  if (mode === 'item') beginItem();
  else if (mode === 'entry') beginEntry();
  else {
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
      if (stream.partner[i] < 0) unclosed += 1;
      take();
      ends = false;
      typeNext = false;
    } else if (words.isCloser(token)) {
      closeBracket(token);
    } else if (words.isWordLike(token)) {
      takeWord(token);
    } else {
      const named = kind === tokens.Equals && open.length > 0 && mode !== 'header' && !inParameters();
      if (named && words.isWordLike(taken[taken.length - 1])) reportNamedArgument(token);
      take();
      ends = kind === tokens.NumberToken || kind === tokens.StringToken;
      typeNext =
        kind === tokens.Colon &&
        (mode === 'header' || inParameters() || (mode === 'item' && open.length === 0));
    }
  }
  closeRest();
  return { segment: { tokens: taken, reported }, before, next: i };

  function beginItem(): void {
    const token = stream.tokens[i];
    if (words.isWordLike(token) && stream.defines[i] > 0) {
      takeTargets();
      return;
    }
    let kind = words.itemWords.get(token.image);
    if (kind === undefined && token.tokenType === tokens.Word && words.isWordLike(stream.tokens[i + 1])) {
      const meant = meantItems.get(token.image) ?? suggest(token.image, words.itemWords.keys());
      if (meant !== undefined) {
        const note =
          'a cell or a model holds input, state, param, output and equations; a model also target, loss, metric and generate';
        reportUnknownWord(stream, token, meant, note, report);
        kind = words.itemWords.get(meant);
      }
    }
    if (kind === undefined) {
      beginStray(token);
      return;
    }
    tokens.retag(take(), kind);
    if (kind !== tokens.Output && kind !== tokens.Loss) takeNames();
    else if (stream.defines[i] > 0 && stream.firstOnLine[i] === 0) beginNamedValue(token);
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
        message: `the output ${name.image} is defined in its own line`,
        span: tokens.tokensSpan(source, token, name),
        notes: ['an output names an equation, or is an expression'],
        help: `write ${name.image} = ..., and then output ${name.image}`,
      });
      before.push({ tokens: [token, name], reported: true });
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
    const call = word && stream.tokens[i + 1]?.tokenType !== tokens.Word;
    if (words.surelyBeginsDeclaration(stream, i)) {
      report({
        code: 'RNN1025',
        message: `a ${token.image} cannot stand inside another declaration`,
        span: tokens.tokenSpan(source, token),
        help: 'move it out of the braces; a cell applies another one by its name',
      });
    } else {
      report({
        code: 'RNN1020',
        message: `expected an equation, input, state, param or output, found \`${token.image}\``,
        span: tokens.tokenSpan(source, token),
        notes: call ? ['an expression alone has no effect: every value in a cell has a name'] : [],
        help: call ? 'write name = ... for an equation, output ... for an output' : undefined,
      });
    }
    reported = true;
    take();
    while (i < stream.tokens.length) {
      const next = stream.tokens[i];
      if (words.closerOf(next) !== undefined && stream.partner[i] > i) {
        for (const end = stream.partner[i]; i <= end; ) take();
        continue;
      }
      if (next.tokenType === tokens.CloseBrace || words.beginsItem(stream, i)) break;
      take();
    }
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
    report({
      code: 'RNN1026',
      message: `an entry has no ${sign.image} after its name`,
      span: tokens.tokenSpan(source, sign),
      help: `write ${token.image} and its value`,
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
    if (!words.isWordLike(token)) return false;
    if (depth > 0) return unclosed > 0 && endsInBrackets();
    if (taken.at(-1)?.tokenType === tokens.Dot) return false;
    if (words.surelyBeginsDeclaration(stream, i) && (mode !== 'item' || stream.firstOnLine[i] === 1))
      return true;
    switch (mode) {
      case 'header':
        return !bracePending();
      case 'function':
        if (!ends) return false;
        if (token.image === 'gradient' && !hasGradient) return false;
        return (
          token.tokenType === tokens.Word &&
          (stream.firstOnLine[i] === 1 || words.declarationWords.has(token.image))
        );
      case 'item':
        if (!ends) return words.surelyBeginsItem(stream, i);
        return (
          words.beginsItem(stream, i) || (token.tokenType === tokens.Word && stream.firstOnLine[i] === 1)
        );
      case 'entry':
        return ends ? token.tokenType === tokens.Word : lacksValue();
    }
  }

  /** Inside brackets of which one has no partner: whether the next segment begins on this line. */
  function endsInBrackets(): boolean {
    if (stream.firstOnLine[i] === 0) return false;
    if (words.surelyBeginsDeclaration(stream, i)) return true;
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
      if (stream.tokens[at].tokenType === tokens.CloseBrace || words.beginsItem(stream, at)) return false;
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
      i += 1;
      return;
    }
    while (open[open.length - 1] !== at) closeLast();
    open.pop();
    take();
    ends = true;
  }

  /** Closes a bracket that has no partner with a token that is not in the text. */
  function closeLast(): void {
    const at = open.pop();
    invariant(at !== undefined, 'the layout closes brackets that are open');
    const opener = stream.tokens[at];
    const last = taken[taken.length - 1];
    const kind = words.closerOf(opener);
    invariant(kind !== undefined, 'an open bracket has a closer');
    reportUnclosed(stream, opener, last, report);
    reported = true;
    unclosed -= 1;
    const end = tokens.tokenEnd(last);
    taken.push(tokens.makeToken(kind, '', end, end));
    ends = true;
  }

  function closeRest(): void {
    while (open.length > 0) closeLast();
  }
}

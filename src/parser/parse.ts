/**
 * Parsing: from source text to the syntax tree. It never fails: it returns a tree and diagnostics, and one mistake
 * gives one message.
 *
 * The way: lex, settle keywords and brackets (`words.ts`), divide into declarations and items (`layout.ts`), refuse
 * what is nested too deep (`nesting.ts`), then read each part by the grammar. What cannot be read becomes a `broken`
 * node that keeps the names it would have defined, so that nothing later calls them unknown.
 */
import type { IToken } from 'chevrotain';
import type { Diagnostic } from '../base/diagnostic.ts';
import { makeDiagnostic, sortDiagnostics } from '../base/diagnostic.ts';
import type { Source } from '../base/source.ts';
import { makeSpan } from '../base/source.ts';
import type { CommentCursor } from './comments.ts';
import { documentationOf, makeCommentCursor } from './comments.ts';
import type { SegmentName } from './explain.ts';
import { explain } from './explain.ts';
import type { Attached } from './expressions.ts';
import type { BlockHeader } from './grammar.ts';
import { readSegment, segmentSpan } from './grammar.ts';
import type { DeclarationLayout } from './layout.ts';
import { layOut } from './layout.ts';
import type { Report } from './lex.ts';
import { checkText, lex } from './lex.ts';
import { deepest, tooDeep } from './nesting.ts';
import type { Segment } from './segments.ts';
import * as tokens from './tokens.ts';
import type {
  BrokenDeclaration,
  BrokenItem,
  Comment,
  Declaration,
  Item,
  Name,
  SyntaxFile,
  TrainEntry,
} from './tree.ts';
import { itemWords, makeStream } from './words.ts';

/** After so many messages about one file the rest is not told: a file like that is not a program yet. */
const mostDiagnostics = 100;

/**
 * Parses one file. Never throws for what is in the text. The diagnostics are in the order of the text; the tree
 * holds all that could be read.
 */
export function parse(source: Source): {
  readonly file: SyntaxFile;
  readonly diagnostics: readonly Diagnostic[];
} {
  const found: Diagnostic[] = [];
  const report: Report = (parts) => {
    if (found.length < mostDiagnostics) found.push(makeDiagnostic(parts));
  };
  const file = parseFile(source, report);
  return { file, diagnostics: sortDiagnostics(found) };
}

function parseFile(source: Source, report: Report): SyntaxFile {
  const whole = makeSpan(source, 0, source.text.length);
  if (!checkText(source, report)) {
    return { kind: 'file', source, span: whole, documentation: undefined, declarations: [], ending: [] };
  }
  const lexed = lex(source, report);
  if (lexed.tokens.length === 0 && !/[^\s#]/.test(source.text.replaceAll(/#[^\r\n]*/g, ''))) {
    report({
      code: 'RNN1001',
      message: `${source.name} declares nothing`,
      span: makeSpan(source, 0, 0),
      label: lexed.comments.length > 0 ? 'only comments here' : 'the file is empty',
      help: 'begin with a cell: cell RNN(n, m) { ... }',
    });
  }
  const layouts = layOut(makeStream(source, lexed), report);
  const reader: Reader = { source, report, comments: makeCommentCursor(source, lexed.comments) };
  const declarations = layouts.map((layout, i) => {
    const next = layouts[i + 1]?.header.tokens[0].startOffset ?? Number.POSITIVE_INFINITY;
    return readDeclaration(reader, layout, next);
  });
  const ending = reader.comments.before(Number.POSITIVE_INFINITY);
  const [first, ...others] = declarations;
  // What stands above the imports speaks of the file.
  const documentation = first?.kind === 'import' ? first.documentation : undefined;
  const kept =
    documentation === undefined ? declarations : [{ ...first, documentation: undefined }, ...others];
  return { kind: 'file', source, span: whole, documentation, declarations: kept, ending };
}

interface Reader {
  readonly source: Source;
  readonly report: Report;
  readonly comments: CommentCursor;
}

function readDeclaration(reader: Reader, layout: DeclarationLayout, next: number): Declaration {
  const { source, comments } = reader;
  const header = layout.header.tokens;
  const headerSpan = segmentSpan(source, header);
  const leading = comments.before(headerSpan.start);
  const documentation = documentationOf(leading);
  const isBlock = layout.kind === 'block' || layout.kind === 'train';
  const { close } = layout;
  const inner = comments.before(headerSpan.end);

  const starts = layout.segments.map((segment) => segment.tokens[0].startOffset);
  const items: (Item | TrainEntry)[] = [];
  for (const [i, segment] of layout.segments.entries()) {
    const limit = starts[i + 1] ?? close?.startOffset ?? next;
    items.push(readItem(reader, segment, layout.kind === 'train', limit));
  }
  const ending = close === undefined ? [] : comments.before(close.startOffset);
  const end = Math.max(
    headerSpan.end,
    items.at(-1)?.span.end ?? 0,
    close === undefined ? 0 : tokens.tokenEnd(close),
  );
  const trailing = comments.trailing(end, next);
  const attached: Attached = {
    span: makeSpan(source, headerSpan.start, end),
    trivia: { leading, inner, trailing },
    documentation,
  };
  const broken = (): BrokenDeclaration => ({
    kind: 'broken',
    ...attached,
    names: definedNames(source, header, 1),
  });
  if (!isBlock) {
    const isImport = layout.kind === 'import';
    const name: SegmentName = isImport ? 'import' : 'function';
    const read = readPart(reader, layout.header, name, attached, (grammar) =>
      isImport ? grammar.importDeclaration : grammar.functionDeclaration,
    );
    return read ?? broken();
  }
  const head = readPart(reader, layout.header, 'header', attached, (grammar) => grammar.blockHeader);
  return head === undefined ? broken() : makeBlock(head, attached, items, ending);
}

function makeBlock(
  head: BlockHeader,
  attached: Attached,
  items: readonly (Item | TrainEntry)[],
  ending: readonly Comment[],
): Declaration {
  const { kind, name, parameters } = head;
  if (kind === 'train') {
    const entries = items.filter((item) => item.kind === 'entry' || item.kind === 'broken');
    return { kind, ...attached, name, entries, ending };
  }
  return {
    kind,
    ...attached,
    name,
    parameters,
    items: items.filter((item) => item.kind !== 'entry'),
    ending,
  };
}

function readItem(reader: Reader, segment: Segment, isEntry: boolean, limit: number): Item | TrainEntry {
  const { source, comments } = reader;
  const span = segmentSpan(source, segment.tokens);
  const leading = comments.before(span.start);
  const inner = comments.before(span.end);
  const trailing = comments.trailing(span.end, limit);
  const attached: Attached = {
    span,
    trivia: { leading, inner, trailing },
    documentation: documentationOf(leading),
  };
  const [first] = segment.tokens;
  const isFrozen = first.tokenType === tokens.Frozen;
  const isKeyword = isFrozen || itemWords.get(first.image) === first.tokenType;
  const isFunction = first.tokenType === tokens.Fn;
  const name: SegmentName = isEntry ? 'entry' : isFunction ? 'function' : isKeyword ? 'line' : 'equation';
  const whole = isEntry
    ? readPart<Item | TrainEntry>(reader, segment, name, attached, (grammar) => grammar.entry)
    : readPart<Item | TrainEntry>(reader, segment, name, attached, (grammar) => grammar.item);
  if (whole !== undefined && !segment.damaged) return whole;
  const names =
    segment.defines?.map((token) => ({ span: tokens.tokenSpan(source, token), text: token.image })) ??
    definedNames(source, segment.tokens, isFrozen ? 2 : (isKeyword || isFunction) && !isEntry ? 1 : 0);
  const broken: BrokenItem = { kind: 'broken', ...attached, names };
  return broken;
}

/** Reads one part by its rule; undefined where it cannot be read, which is reported unless something in it was. */
function readPart<Node>(
  reader: Reader,
  segment: Segment,
  name: SegmentName,
  attached: Attached,
  rule: Parameters<typeof readSegment<Node>>[0],
): Node | undefined {
  const { source } = reader;
  const report: Report = segment.reported ? () => undefined : reader.report;
  const deep = tooDeep(segment.tokens);
  if (deep !== undefined) {
    report({
      code: 'RNN1003',
      message: `this is nested more than ${deepest} deep`,
      span: tokens.tokenSpan(source, deep),
      label: 'here it becomes too deep',
      notes: ['brackets, if, not and leading minus signs nest; long sums and products do not'],
      help: 'give a part of it a name of its own: part = ...',
    });
    return undefined;
  }
  const outcome = readSegment(rule, source, report, segment.tokens, attached);
  if (outcome.error === undefined) return outcome.node;
  report(explain(outcome.error, segment.tokens, name, source));
  return undefined;
}

/** The names on the left of an item that could not be read; in `input x: [n], mask: []` those after a type too. */
function definedNames(source: Source, segment: readonly IToken[], first: number): readonly Name[] {
  const names: Name[] = [];
  // `input : [n]`: the name is what is missing.
  if (first === 0 && itemWords.has(segment[0].image) && segment[1]?.tokenType === tokens.Colon) return names;
  segment.forEach((token, k) => {
    const declared = first > 0 && k > 1 && token.tokenType === tokens.Word;
    if (!declared || segment[k - 1].tokenType !== tokens.Comma) return;
    if (segment[k + 1]?.tokenType === tokens.Colon) {
      names.push({ span: tokens.tokenSpan(source, token), text: token.image });
    }
  });
  for (let i = first; i < segment.length; i++) {
    const token = segment[i];
    if (token.tokenType !== tokens.Word) break;
    names.push({ span: tokens.tokenSpan(source, token), text: token.image });
    if (segment[i + 1]?.tokenType === tokens.OpenBracket) {
      while (i + 1 < segment.length && segment[i].tokenType !== tokens.CloseBracket) i += 1;
    }
    if (segment[i + 1]?.tokenType !== tokens.Comma) break;
    i += 1;
  }
  return names;
}

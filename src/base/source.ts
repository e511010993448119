/**
 * Source text, places in it, and the way from an offset to a line and a column.
 *
 * A span holds its source, so that it can be printed long after parsing (a node of the graph keeps one as its
 * origin) at the price of three fields. Offsets count UTF-16 code units, as JavaScript and editors do; lines and
 * columns are counted from 1. A line ends with \n, \r\n or \r.
 */

/** The text of one file, or of something that stands for one. */
export interface Source {
  /** What a message calls it: usually the path as the person wrote it. */
  readonly name: string;
  readonly text: string;
  /** The offset at which each line starts, in ascending order. The first is 0. */
  readonly lineStarts: readonly number[];
}

/** A half-open range of a source: from `start` up to, but not including, `end`. May be empty. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A place as people count it: both numbers start at 1, the column in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Makes a source from a name and a text, and finds its lines once. */
export function makeSource(name: string, text: string): Source {
  const lineStarts = [0];
  for (let offset = 0; offset < text.length; offset++) {
    const unit = text.charCodeAt(offset);
    if (unit === 10 || (unit === 13 && text.charCodeAt(offset + 1) !== 10)) lineStarts.push(offset + 1);
  }
  return { name, text, lineStarts };
}

/** Makes a span. `end` may equal `start`: a place between two characters. */
export function makeSpan(source: Source, start: number, end: number): Span {
  return { source, start, end };
}

/** The smallest span that holds both. They must lie in the same source. */
export function joinSpans(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** The text that a span covers. */
export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** Line and column of an offset. An offset outside the text counts as the nearest one inside. */
export function positionAt(source: Source, offset: number): Position {
  const inside = Math.min(Math.max(offset, 0), source.text.length);
  const starts = source.lineStarts;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= inside) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: inside - starts[low] + 1 };
}

/** The text of a line (counted from 1) without its line end. */
export function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1];
  const next = line < source.lineStarts.length ? source.lineStarts[line] : source.text.length;
  return source.text.slice(start, next).replace(/[\r\n]+$/, '');
}

/** `name:line:column` of a span's start, the form that terminals and editors make clickable. */
export function formatPlace(span: Span): string {
  const { line, column } = positionAt(span.source, span.start);
  return `${span.source.name}:${line}:${column}`;
}

/**
 * Diagnostics as text, with the place marked in a frame of source lines. Pure: colour is an argument.
 *
 * What comes from the file is made safe to print: control characters are replaced, tabs become spaces, and of a
 * very long line only the part around the place is shown.
 */
import type { Diagnostic, Label } from './diagnostic.ts';
import type { Span } from './source.ts';
import { formatPlace, lineText, positionAt } from './source.ts';

export interface RenderOptions {
  /** Whether to colour the text with ANSI escape sequences. */
  readonly colour: boolean;
}

type Paint = (text: string) => string;

interface Palette {
  readonly error: Paint;
  readonly warning: Paint;
  readonly frame: Paint;
  readonly strong: Paint;
}

const plain: Palette = {
  error: (text) => text,
  warning: (text) => text,
  frame: (text) => text,
  strong: (text) => text,
};

const sequence = '\u001b[';
const coloured: Palette = {
  error: (text) => `${sequence}1;31m${text}${sequence}0m`,
  warning: (text) => `${sequence}1;33m${text}${sequence}0m`,
  frame: (text) => `${sequence}34m${text}${sequence}0m`,
  strong: (text) => `${sequence}1m${text}${sequence}0m`,
};

/** The longest part of a source line that a frame shows, in characters. */
const frameWidth = 100;
const tabWidth = 4;

/** Renders diagnostics one after another, with an empty line between; ends with a line end unless there are none. */
export function render(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  const palette = options.colour ? coloured : plain;
  return diagnostics.map((diagnostic) => renderOne(diagnostic, palette)).join('\n');
}

function renderOne(diagnostic: Diagnostic, palette: Palette): string {
  const paint = palette[diagnostic.severity];
  const head = paint(`${diagnostic.severity}[${diagnostic.code}]`);
  const lines = [`${head}${palette.strong(`: ${printable(diagnostic.message)}`)}`];

  const all = [diagnostic.span, ...diagnostic.related.map((label) => label.span)];
  const lastLine = Math.max(...all.map((span) => positionAt(span.source, span.start).line));
  const margin = ' '.repeat(String(lastLine).length + 1);
  const bar = palette.frame('|');

  const primary: Mark = { span: diagnostic.span, text: diagnostic.label, primary: true };
  const marks = [primary, ...diagnostic.related.map((label): Mark => ({ ...label, primary: false }))];
  const here = marks.filter((mark) => mark.span.source === diagnostic.span.source);
  const elsewhere = marks.filter((mark) => mark.span.source !== diagnostic.span.source);

  // A folder, or a file that could not be read: there is a name, and nothing to show of it.
  const bare = diagnostic.span.source.text === '' && diagnostic.label === '';
  const place = bare ? diagnostic.span.source.name : formatPlace(diagnostic.span);
  lines.push(`${margin}${palette.frame('-->')} ${place}`);
  if (!bare) lines.push(`${margin} ${bar}`, ...frame(here, margin, palette, paint));
  for (const mark of elsewhere) {
    lines.push(`${margin}${palette.frame(':::')} ${formatPlace(mark.span)}`, `${margin} ${bar}`);
    lines.push(...frame([mark], margin, palette, paint));
  }
  if (diagnostic.notes.length > 0 || diagnostic.help !== undefined) lines.push(`${margin} ${bar}`);
  const indent = `\n${margin}     `;
  const remark = (text: string): string => printable(text, '\n').replaceAll('\n', indent);
  for (const note of diagnostic.notes) lines.push(`${margin} ${palette.frame('=')} ${remark(note)}`);
  if (diagnostic.help !== undefined) {
    lines.push(`${margin} ${palette.frame('=')} ${palette.strong('help:')} ${remark(diagnostic.help)}`);
  }
  return `${lines.join('\n')}\n`;
}

interface Mark extends Label {
  readonly primary: boolean;
}

/** The marked lines of one source in order, each followed by its marks; left-out lines are shown as `...`. */
function frame(marks: readonly Mark[], margin: string, palette: Palette, paint: Paint): string[] {
  const byLine = new Map<number, Mark[]>();
  for (const mark of marks) {
    const { line } = positionAt(mark.span.source, mark.span.start);
    const those = byLine.get(line);
    if (those === undefined) byLine.set(line, [mark]);
    else those.push(mark);
  }
  const lines: string[] = [];
  let previous: number | undefined;
  for (const line of [...byLine.keys()].sort((a, b) => a - b)) {
    if (previous !== undefined && line > previous + 1) lines.push(palette.frame('...'));
    previous = line;
    const those = byLine.get(line) ?? [];
    those.sort((a, b) => Number(b.primary) - Number(a.primary) || b.span.start - a.span.start);
    const primary = those.find((mark) => mark.primary) ?? those[0];
    const view = viewLine(primary.span, line);
    const number = palette.frame(`${String(line).padStart(margin.length)} |`);
    lines.push(`${number} ${view.text}`.trimEnd());
    for (const mark of those) {
      const from = view.column(positionAt(mark.span.source, mark.span.start).column);
      const to = view.column(endColumn(mark.span, line));
      const underline = (mark.primary ? '^' : '-').repeat(Math.max(1, to - from));
      const drawn = mark.primary ? paint(underline) : palette.frame(underline);
      const words = mark.text === '' ? '' : ` ${printable(mark.text)}`;
      const bar = palette.frame('|');
      lines.push(`${margin} ${bar} ${' '.repeat(from)}${drawn}${mark.primary ? paint(words) : words}`);
    }
  }
  return lines;
}

/** Where the marked part of `line` ends: at the span's end, or at the line's where the span goes on. */
function endColumn(span: Span, line: number): number {
  const end = positionAt(span.source, span.end);
  return end.line === line ? end.column : lineText(span.source, line).length + 1;
}

interface LineView {
  readonly text: string;
  /** From a column of the source (from 1) to one of the text shown (from 0). */
  column(column: number): number;
}

/** The part of a line that fits the frame, around the place of interest. */
function viewLine(span: Span, line: number): LineView {
  const whole = lineText(span.source, line);
  const place = positionAt(span.source, span.start).column - 1;
  const first = whole.length <= frameWidth ? 0 : Math.max(0, place - Math.floor(frameWidth / 2));
  const last = Math.min(whole.length, first + frameWidth);
  const before = first > 0 ? '...' : '';
  const after = last < whole.length ? '...' : '';

  let text = before;
  let width = before.length;
  const columns: number[] = [];
  for (let offset = first; offset < last; ) {
    const character = String.fromCodePoint(whole.codePointAt(offset) ?? 32);
    const shown =
      character === '\t' ? ' '.repeat(tabWidth - ((width - before.length) % tabWidth)) : printable(character);
    for (let unit = 0; unit < character.length; unit++) columns.push(width);
    text += shown;
    width += character === '\t' ? shown.length : 1;
    offset += character.length;
  }
  columns.push(width);
  return {
    text: text + after,
    column: (column) => columns[Math.min(Math.max(column - 1 - first, 0), columns.length - 1)],
  };
}

/** Text with control characters (and, unless kept, line ends) replaced, so that it cannot steer a terminal. */
function printable(text: string, keep = ''): string {
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const steers =
      code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) || code === 0xfeff;
    result += steers && character !== keep ? '\ufffd' : character;
  }
  return result;
}

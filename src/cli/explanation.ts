// What is told of a code: a section of docs/errors.md, which is Markdown, and a program that provokes it, as text.
import type { Paint } from './paint.ts';
import { layOut, wrap } from './table.ts';

export interface Explanation {
  /** `RNN3002`. */
  readonly code: string;
  readonly title: string;
  /** The heading of the part that it stands in. */
  readonly group: string;
  /** What it means and how it is mended, in Markdown. */
  readonly text: string;
  /** The shortest program that provokes it, and what is said of it, where there is one. */
  readonly example?:
    | { readonly name: string; readonly program: string; readonly message: string }
    | undefined;
}

const width = 96;
const margin = '    ';

/** The lines of a section. */
export function explanationLines({ code, title, text, example }: Explanation, paint: Paint): string[] {
  const shown =
    example === undefined
      ? []
      : ['', `${example.name}:`, '', ...indented(example.program), '', ...indented(example.message)];
  return [paint.strong(`${code}: ${title}`), '', ...plainLines(text), ...shown];
}

/** Markdown as a terminal shows it: paragraphs wrapped, code set in, tables in columns, links by their words. */
function plainLines(markdown: string): string[] {
  const parts = markdown.split(/^```$/m).flatMap((block, k) => {
    if (k % 2 === 1) return [indented(block)];
    const paragraphs = block.split(/\n\n+/).map((paragraph) => paragraph.trim());
    return paragraphs.filter((paragraph) => paragraph !== '').map(paragraphLines);
  });
  return parts.flatMap((lines, k) => (k === 0 ? lines : ['', ...lines]));
}

function paragraphLines(paragraph: string): string[] {
  const plain = paragraph.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
  if (plain.startsWith('|')) return tableLines(plain);
  // What stands in quotes stays on one line.
  const joined = plain.replaceAll('\n', ' ').replaceAll(/`[^`]+`/g, (code) => code.replaceAll(' ', '\u00a0'));
  return wrap(joined, width).map((line) => line.replaceAll('\u00a0', ' '));
}

function tableLines(table: string): string[] {
  const rows = table.split('\n').map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
  return layOut(rows.filter((row) => !row.every((cell) => /^-+$/.test(cell)))).map((line) => margin + line);
}

function indented(text: string): string[] {
  return text
    .replace(/^\n/, '')
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : margin + line));
}

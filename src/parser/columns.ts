/**
 * What stands in columns: the words after the keywords of lines that belong together, and the comments behind lines.
 */
import type { IToken, TokenType } from 'chevrotain';
import { pageWidth } from './break-lines.ts';
import * as tokens from './tokens.ts';

const declaring: readonly TokenType[] = [tokens.Input, tokens.Target, tokens.State, tokens.Param];
const measuring: readonly TokenType[] = [tokens.Loss, tokens.Metric, tokens.Generate];

/**
 * How wide the first word of each item is to be; 0 for those that stand in no column. `parted`: whether an empty line
 * stands before an item. All entries of a `train` block have columns.
 */
export function wordWidths(
  words: readonly IToken[],
  parted: readonly boolean[],
  isTrain: boolean,
): readonly number[] {
  const groupOf = ({ tokenType }: IToken): number =>
    isTrain ? 1 : declaring.includes(tokenType) ? 2 : measuring.includes(tokenType) ? 3 : 0;
  const widths: number[] = [];
  for (let from = 0; from < words.length; from = widths.length) {
    const group = groupOf(words[from]);
    let to = from + 1;
    while (to < words.length && group > 0 && groupOf(words[to]) === group && !parted[to]) to++;
    const run = words.slice(from, to);
    // `generate` is another kind of line than `loss`, and longer: where a metric is there, it stands apart.
    const hasMetric = run.some(({ tokenType }) => tokenType === tokens.Metric);
    const inColumn = run.filter(({ tokenType }) => !(hasMetric && tokenType === tokens.Generate));
    const width = group === 0 ? 0 : Math.max(...inColumn.map(({ image }) => image.length));
    widths.push(...run.map(() => width));
  }
  return widths;
}

/** A line of the page. */
export interface PageLine {
  readonly code: string;
  /** What stands behind the code. */
  readonly comment: string | undefined;
  /** The column where the comment stood behind the same code; undefined where the line is a new one. */
  readonly column: number | undefined;
}

/** Puts comments behind their lines. */
export function withComments(lines: readonly PageLine[]): readonly string[] {
  const result: string[] = [];
  for (let from = 0; from < lines.length; from = result.length) {
    let to = from;
    while (to < lines.length && lines[to].comment !== undefined) to++;
    if (to === from) result.push(lines[from].code);
    else result.push(...besides(lines.slice(from, to)));
  }
  return result;
}

/** Lines that follow each other, all with comments: in the column that they share, else in the nearest one. */
function besides(run: readonly PageLine[]): string[] {
  const [{ column: shared }] = run;
  const keeps = run.every(
    ({ code, column }) => column === shared && column !== undefined && column > code.length,
  );
  const nearest = Math.max(...run.map(({ code }) => code.length)) + 2;
  const reaches = (line: PageLine, column: number): boolean =>
    column + (line.comment ?? '').length <= pageWidth || column === line.code.length + 2;
  const together = keeps || run.every((line) => reaches(line, nearest));
  return run.map(({ code, comment = '' }) => {
    const column = keeps ? (shared ?? nearest) : together ? nearest : code.length + 2;
    return code.padEnd(column) + comment;
  });
}

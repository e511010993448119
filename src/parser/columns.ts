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
  while (widths.length < words.length) {
    const from = widths.length;
    const group = groupOf(words[from]);
    let to = from + 1;
    while (to < words.length && group > 0 && groupOf(words[to]) === group && !parted[to]) to++;
    const run = words.slice(from, to);
    // `generate` is another kind of line than `loss`, and longer: where a metric is there, it stands apart.
    const hasMetric = run.some(({ tokenType }) => tokenType === tokens.Metric);
    const inColumn = run.filter(({ tokenType }) => !(hasMetric && tokenType === tokens.Generate));
    const width = group === 0 ? 0 : longest(inColumn.map(({ image }) => image));
    for (const _ of run) widths.push(width);
  }
  return widths;
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
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
  while (result.length < lines.length) {
    let to = result.length;
    while (to < lines.length && lines[to].comment !== undefined) to++;
    if (to === result.length) result.push(lines[to].code);
    else for (const line of besides(lines.slice(result.length, to))) result.push(line);
  }
  return result;
}

/** Lines that follow each other, all with comments: in the column that they share, else in the nearest one. */
function besides(run: readonly PageLine[]): readonly string[] {
  const [{ column: shared }] = run;
  const isKept = ({ code, column }: PageLine): boolean =>
    column !== undefined && column === shared && column > code.length;
  const nearest = longest(run.map(({ code }) => code)) + 2;
  /** Whether a comment stays on the page there, as far as it can. */
  const isOnPage = ({ code, comment = '' }: PageLine): boolean =>
    nearest === code.length + 2 || nearest + comment.length <= pageWidth;
  const common = run.every(isKept) ? shared : run.every(isOnPage) ? nearest : undefined;
  return run.map(({ code, comment = '' }) => code.padEnd(common ?? code.length + 2) + comment);
}

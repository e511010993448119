// Text for a terminal. Colours, where they are wanted: one function for each meaning that the command's own text has.
import type { Stream } from './platform.ts';

type Brush = (text: string) => string;

export interface Paint {
  readonly strong: Brush;
  readonly faint: Brush;
  readonly good: Brush;
  readonly bad: Brush;
}

const same: Brush = (text) => text;
const sgr =
  (code: number): Brush =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;

const plain: Paint = { strong: same, faint: same, good: same, bad: same };
const coloured: Paint = { strong: sgr(1), faint: sgr(2), good: sgr(32), bad: sgr(31) };

/** The brushes for what is written to a stream. */
export function paintFor(stream: Stream): Paint {
  return stream.colour ? coloured : plain;
}

/** Text from outside without what steers a terminal; line ends stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '\ufffd');
}

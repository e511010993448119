// A line that is drawn over and over on a terminal, and not at all elsewhere.
import type { Platform } from './platform.ts';

export interface ProgressLine {
  /** Shows a text in place of the last one; at most some ten times a second, unless `always`. */
  show(text: string, always?: boolean): void;
  /** Takes the line away, so that other text can be written. */
  clear(): void;
}

const pauseBetween = 80;

/** The line on standard error. */
export function progressLine({ err, now }: Platform): ProgressLine {
  if (!err.terminal) return { show() {}, clear() {} };
  let last = Number.NEGATIVE_INFINITY;
  let shown = false;
  return {
    show(text, always = false) {
      const time = now();
      if (!always && time - last < pauseBetween) return;
      last = time;
      shown = true;
      err.write(`\r\u001b[K${text.slice(0, err.columns - 1)}`);
    },
    clear() {
      if (shown) err.write('\r\u001b[K');
      shown = false;
      last = Number.NEGATIVE_INFINITY;
    },
  };
}

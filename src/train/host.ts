/**
 * What training needs of the world, handed in by a door: files, a clock, a moment for others. This room knows no
 * platform, and nothing of a run but what is shown on a screen depends on the clock.
 */

import type { Files } from '../runtime/files.ts';

export interface Host {
  readonly files: Files;
  /** Milliseconds from some moment; only differences count. */
  now(): number;
  /** Lets others run: a key that was pressed, a picture to be drawn. */
  pause(): Promise<void>;
}

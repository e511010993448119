/**
 * The learning rate over a run. Every schedule is a pure function of the update's number, so that a resumed run
 * goes on exactly where it was. Source of the cosine: Loshchilov & Hutter 2017 (SGDR), without restarts.
 */

export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine';
  /** The number of updates in which the rate rises in a straight line from 0 to its full value. */
  readonly warmup: number;
  /** Where it ends, as a part of the full rate. `constant` stays at the full rate. */
  readonly floor: number;
}

/**
 * The rate of update `step` (from 1) of a run of `steps` updates. After the warm-up it falls from the full rate
 * to `floor` times it, which it reaches at the last update.
 */
export function rateAt(schedule: Schedule, rate: number, step: number, steps: number): number {
  const { kind, warmup, floor } = schedule;
  if (step <= warmup) return (rate * step) / warmup;
  if (kind === 'constant') return rate;
  const done = (step - warmup) / Math.max(1, steps - warmup);
  const left = kind === 'linear' ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2;
  return rate * (floor + (1 - floor) * left);
}

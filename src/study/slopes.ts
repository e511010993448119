// One slope against differences, and what counts as evidence.
//
// The first look is the central difference with the largest step, chosen before anything is known: a wrong slope agrees
// with it to 1e-7 by chance alone, one time in ten million. Where it does not agree, the difference may be what is wrong:
// it may reach over a kink or a jump, or cut off too much. Then there are others, with shorter steps and to one side
// alone. Many tries would find something that agrees with anything; so a difference counts only where one of its own kind
// with another step confirms it, as happens if there is a slope to be seen. (One of another kind is no witness: those to
// the left and to the right cut off the same.) What agrees with a confirmed difference is right; what does not, while
// there is one, is wrong; and where none is confirmed there is nothing to compare with.
//
// At a kink itself both sides are confirmed, with different slopes. A rule takes one of them, or the slope between (abs, 0);
// sums of such can be anything between. So this counts as nothing to compare with, unless it agrees.
import { differenceOf, type Side, STEP } from './central-differences.ts';
import { FLOOR } from './laws/distance.ts';

export const TOLERANCE = 1e-7;
/** At most this part of the entries of a case may be left out; else the case says too little. */
export const MOST_LEFT_OUT = 0.05;

const SIDES: readonly Side[] = ['central', 'right', 'left'];
const STEPS: readonly number[] = [STEP, STEP / 8, STEP / 64];

export interface Judgement {
  readonly verdict: 'right' | 'wrong' | 'unknown';
  /** The one that it agrees with, or that speaks against it; of unknown ones, the first look. */
  readonly difference: number;
  /** |slope - difference| by the scale, or by the difference where that is larger. */
  readonly error: number;
}

/**
 * Judges a slope at t = 0 of a function of t. `scale`: what errors are relative to, the largest slope of its kind (at least
 * 0.001 counts). `factor`: for steps shorter than usual.
 */
export function judge(slope: number, f: (t: number) => number, scale: number, factor = 1): Judgement {
  return judgeBy(slope, (side, step) => differenceOf(f, side, step * factor), scale);
}

/** As `judge`, of differences that somebody else takes. */
export function judgeBy(
  slope: number,
  difference: (side: Side, step: number) => number,
  scale: number,
): Judgement {
  const floor = Math.max(FLOOR, scale);
  const judgement = (verdict: Judgement['verdict'], by: number): Judgement => ({
    verdict,
    difference: by,
    error: Math.abs(slope - by) / Math.max(floor, Number.isFinite(by) ? Math.abs(by) : 0),
  });
  const first = difference('central', STEP);
  const look = judgement('right', first);
  if (look.error <= TOLERANCE) return look;
  if (!Number.isFinite(slope)) return judgement('wrong', first);

  const sides = SIDES.map((side) => {
    const taken = STEPS.map((step) => (side === 'central' && step === STEP ? first : difference(side, step)));
    return taken.filter((a, i) => taken.some((b, k) => i !== k && agree(a, b, floor)));
  });
  const confirmed = sides.flat();
  const nearest = confirmed.reduce(
    (best: number | undefined, one) =>
      best === undefined || Math.abs(slope - one) < Math.abs(slope - best) ? one : best,
    undefined,
  );
  if (nearest === undefined) return judgement('unknown', first);
  const found = judgement('right', nearest);
  if (found.error <= TOLERANCE) return found;
  const [, [right], [left]] = sides;
  const isKink = right !== undefined && left !== undefined && !agree(right, left, floor);
  return judgement(isKink ? 'unknown' : 'wrong', nearest);
}

function agree(a: number, b: number, floor: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(floor, Math.abs(a), Math.abs(b));
}

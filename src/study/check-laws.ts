// Holds a program to laws, each on random cases; a failure is shrunk to its smallest case.
//
// What rounding decides (and no computation in so many digits can know) is left out: at most one entry in twenty of a case
// that counts. Other cases are drawn in the place of those with more, and where too few are left the law is not kept.
import fc from 'fast-check';
import { type Forms, type FormsSource, formsBySizes } from './forms.ts';
import type { Gap, Gaps } from './laws/distance.ts';
import { inputsFor, isNumeric, type Law, type Place } from './laws/law.ts';
import { type Case, randomCase } from './random-case.ts';
import { MOST_LEFT_OUT } from './slopes.ts';

export interface LawsCheck extends FormsSource {
  /** The names of the sizes to draw. */
  readonly sizes: readonly string[];
  readonly cases: number;
  readonly seed: number;
  /** Called before each law. */
  readonly onLaw?: (law: Law) => void;
}

/** Two numbers that should be one. */
export interface LawFailure {
  readonly drawn: Case;
  /** What they are: `grad.W`. */
  readonly what: string;
  readonly gap: Gap;
}

export interface LawReport {
  readonly law: Law;
  readonly passed: boolean;
  /** Why the law says nothing of this program; nothing was tried then. */
  readonly exempt: string | undefined;
  /** The largest error. */
  readonly error: number;
  readonly cases: number;
  /** Cases that are not finite, or whose sizes do not suit. */
  readonly skipped: number;
  /** Cases that others were drawn in the place of, since rounding decides too much there. */
  readonly illConditioned: number;
  /** Values and gradients that were compared, and those that rounding decides. */
  readonly compared: number;
  readonly leftOut: number;
  readonly failure: LawFailure | undefined;
}

/** Holds the laws one after the other. The same arguments give the same reports. */
export async function checkLaws(laws: readonly Law[], check: LawsCheck): Promise<readonly LawReport[]> {
  const formsOf = formsBySizes(check);
  const reports: LawReport[] = [];
  for (const law of laws) {
    check.onLaw?.(law);
    reports.push(await checkLaw(law, check, formsOf));
  }
  return reports;
}

async function checkLaw(
  law: Law,
  { sizes, cases, seed }: LawsCheck,
  formsOf: (drawn: Case) => Forms | undefined,
): Promise<LawReport> {
  let exempt: string | undefined;
  let [done, skipped, illConditioned, compared, leftOut, error] = [0, 0, 0, 0, 0, 0];
  let failure: LawFailure | undefined;
  // A crash is none of fast-check's business: it goes to the caller as it is, and is not shrunk.
  let crash: { readonly error: unknown } | undefined;
  const tryCase = async (short: Case): Promise<Found | undefined> => {
    const drawn = law.caseOf?.(short) ?? short;
    const [forms, continuing] = [formsOf(drawn), formsOf({ ...drawn, startingStates: true })];
    if (forms === undefined || continuing === undefined) return undefined;
    exempt ??= law.exempt?.(forms.program);
    if (exempt !== undefined) return undefined;
    return holdLaw(law, { forms, continuing, drawn });
  };
  const property = fc.asyncProperty(randomCase(sizes, false), async (short) => {
    if (crash !== undefined || exempt !== undefined) return true;
    let found: Found | undefined;
    try {
      found = await tryCase(short);
    } catch (thrown) {
      crash = { error: thrown };
      return false;
    }
    if (found?.failure !== undefined) {
      ({ failure } = found);
      return false;
    }
    if (failure !== undefined) return true;
    if (found === undefined) {
      skipped++;
      return true;
    }
    if (found.leftOut > MOST_LEFT_OUT * (found.compared + found.leftOut)) {
      illConditioned++;
      // It does not count, and another one is drawn.
      fc.pre(false);
    }
    done++;
    compared += found.compared;
    leftOut += found.leftOut;
    error = Math.max(error, found.error);
    return true;
  });
  const details = await fc.check(property, { numRuns: cases, seed, maxSkipsPerRun: 1 });
  if (crash !== undefined) throw crash.error;
  return {
    law,
    passed: !details.failed && (exempt !== undefined || done > 0),
    exempt,
    error: failure?.gap.error ?? error,
    cases: done,
    skipped: exempt === undefined ? skipped : 0,
    illConditioned,
    compared,
    leftOut,
    failure,
  };
}

interface Found {
  readonly error: number;
  readonly compared: number;
  readonly leftOut: number;
  readonly failure: LawFailure | undefined;
}

/** One case; undefined where not all that is compared is finite. */
export async function holdLaw(
  law: Law,
  place: Place,
  inputs = inputsFor(law, place),
): Promise<Found | undefined> {
  const { forms, drawn } = place;
  const { gaps, leftOut } = await law.hold(place, inputs);
  const [what, worst] = widest(gaps);
  const isBroken = worst !== undefined && !(worst.error <= law.bound);
  // Looked at only where it could be the reason.
  if ((isBroken || leftOut.length > 0) && !isNumeric(forms.backward, inputs, drawn)) return undefined;
  return {
    error: worst?.error ?? 0,
    compared: gaps.size,
    leftOut: leftOut.length,
    failure: isBroken ? { drawn, what, gap: worst } : undefined,
  };
}

function widest(gaps: Gaps): readonly [what: string, gap: Gap | undefined] {
  let worst: readonly [string, Gap | undefined] = ['', undefined];
  for (const [name, gap] of gaps) {
    // A NaN is farther than anything.
    if (worst[1] === undefined || !(gap.error <= worst[1].error)) worst = [name, gap];
  }
  return worst;
}

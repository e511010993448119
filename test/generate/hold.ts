// Samples held to all laws: what was compared, what was left out, what is broken; and of what is broken the smallest
// program that breaks the same law.
import fc from 'fast-check';
import { threefry2x32 } from '../../src/base/random.ts';
import type { GeneratedLaw } from './finding.ts';
import { GENERATED_LAWS, isNumeric } from './laws.ts';
import { type Sample, sampleOf, samples, trialOf } from './sample.ts';
import type { Trial } from './trial.ts';

/** What has been found, of one sample or of many. */
export interface Tally {
  readonly programs: number;
  /** Of these, those whose values and gradients are numbers: the laws are about them. */
  readonly finite: number;
  readonly laws: Readonly<Record<string, LawTally>>;
}

export interface LawTally {
  readonly programs: number;
  /** What was compared: tensors, directions, graphs. */
  readonly entries: number;
  readonly leftOut: number;
}

export const NOTHING: Tally = { programs: 0, finite: 0, laws: {} };

export function addUp(a: Tally, b: Tally): Tally {
  const names = [...new Set([...Object.keys(a.laws), ...Object.keys(b.laws)])];
  const none: LawTally = { programs: 0, entries: 0, leftOut: 0 };
  const laws = names.map((name): [string, LawTally] => {
    const [x, y] = [a.laws[name] ?? none, b.laws[name] ?? none];
    const { programs, entries, leftOut } = y;
    return [
      name,
      { programs: x.programs + programs, entries: x.entries + entries, leftOut: x.leftOut + leftOut },
    ];
  });
  return {
    programs: a.programs + b.programs,
    finite: a.finite + b.finite,
    laws: Object.fromEntries(laws),
  };
}

/** A sample that breaks a law. */
export interface Broken {
  readonly law: string;
  /** What differs and by how much, or what was thrown. */
  readonly why: string;
  readonly isCrash: boolean;
}

export interface Held {
  readonly tally: Tally;
  readonly broken: Broken | undefined;
}

/** The sample of a campaign with this seed and number. */
export function sampleIn(campaign: number, number: number): Sample {
  return sampleOf(threefry2x32(campaign, 0, number, 0)[0] >>> 1);
}

/** The same of a sample. */
export function hold(sample: Sample, laws?: readonly GeneratedLaw[]): Promise<Held> {
  return holdTrial(trialOf(sample), laws);
}

/** Holds any program to all laws, up to the first that it breaks. */
export async function holdTrial(trial: Trial, laws: readonly GeneratedLaw[] = GENERATED_LAWS): Promise<Held> {
  const found: Record<string, LawTally> = {};
  let finite = 0;
  const held = (broken?: Broken): Held => ({ tally: { programs: 1, finite, laws: found }, broken });
  let current = 'it checks';
  try {
    if (!isNumeric(trial)) return held();
    finite = 1;
    for (const law of laws) {
      current = law.name;
      const finding = await law.hold(trial);
      if (finding === undefined) continue;
      const { distances, entries, leftOut } = finding;
      found[law.name] = { programs: 1, entries, leftOut };
      const wrong = [...distances].filter(([, distance]) => !(distance <= law.bound));
      if (wrong.length > 0) {
        const why = wrong.map(([name, distance]) => `${name}: ${distance}`).join(', ');
        return held({ law: law.name, why: `${why} (at most ${law.bound})`, isCrash: false });
      }
    }
    return held();
  } catch (error) {
    return held({
      law: current,
      why: error instanceof Error ? (error.stack ?? error.message) : String(error),
      isCrash: true,
    });
  }
}

/** The smallest sample that breaks the law that this one does, in the same way, in fast-check's words. */
export async function shrunk(
  sample: Sample,
  { law, isCrash }: Broken,
  all: readonly GeneratedLaw[] = GENERATED_LAWS,
): Promise<string> {
  const laws = all.filter(({ name }) => name === law);
  const property = fc.asyncProperty(samples(), async (less) => {
    const { broken } = await hold(less, laws);
    if (broken?.law === law && broken.isCrash === isCrash) throw new Error(broken.why);
  });
  const details = await fc.check(property, { examples: [[sample]], numRuns: 1, endOnFailure: false });
  const [smallest] = details.counterexample ?? [sample];
  return `${fc.stringify(smallest)}\n${String(details.errorInstance ?? '')}`;
}

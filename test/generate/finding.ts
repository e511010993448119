// What a law on generated programs is, and what it finds.
import { fnv1a32 } from '../../src/base/random.ts';
import type { Distances } from '../laws/distance.ts';
import { FLOAT64, illConditioned } from '../laws/rounding.ts';
import type { Trial } from './trial.ts';

/** What a law has found. */
export interface Finding {
  readonly distances: Distances;
  /** How many things were compared, and how many of these left out, for the reason that the law gives. */
  readonly entries: number;
  readonly leftOut: number;
}

export interface GeneratedLaw {
  readonly name: string;
  readonly bound: number;
  /** Undefined where the law says nothing of the program. */
  hold(trial: Trial): Finding | undefined | Promise<Finding | undefined>;
}

export function all(found: Distances): Finding {
  return { distances: found, entries: found.size, leftOut: 0 };
}

/** Leaves out what rounding decides; looked at only where something is broken. */
export function wellConditioned(found: Distances, bound: number, ill: () => ReadonlySet<string>): Finding {
  const broken = [...found].filter(([, gap]) => !(gap <= bound)).map(([name]) => name);
  if (broken.length === 0) return all(found);
  const names = ill();
  // `h of sequence 2` and `h, unrolled ...` are about h.
  const isIll = (name: string): boolean => broken.includes(name) && names.has(name.split(/[ ,]/)[0]);
  const left = new Map([...found].filter(([name]) => !isIll(name)));
  return { distances: left, entries: found.size, leftOut: found.size - left.size };
}

/** The same for what the gradients' graph gives in float64. */
export function doubles({ forms: { backward }, inputs }: Trial, bound: number, found: Distances): Finding {
  return wellConditioned(found, bound, () => illConditioned(backward, inputs, FLOAT64, bound));
}

/** The steps know the end of the sequence, or the answer is about all of them. */
export function needsAll({ text, forms: { program } }: Trial): boolean {
  const scans = program.graph.nodes.filter(({ kind }) => kind === 'scan').length;
  return scans > 1 || /over time|bidirectional/.test(text);
}

/** A campaign holds its programs to the dear laws by turns: one in so many. `npm test` holds each to all. */
const isByTurns = process.env.LAWS_BY_TURNS !== undefined;

/** The turns of all laws that ask for what targets get, which is made once for them. */
export const TARGETS = 'targets';

/** Whether it is this program's turn. `law` tells the turns of one law from those of another. */
export function isInTurn({ drawn }: Trial, law: string, every: number): boolean {
  return !isByTurns || fnv1a32(`${law} ${drawn.numbers}`) % every === 0;
}

// The order of the passes, and what runs them.

import { invariant } from '../base/invariant.ts';
import type { Graph } from '../graph/graph.ts';
import { verify } from '../graph/verify.ts';
import { fission } from './fission.ts';
import { forgetSlopes } from './forget-slopes.ts';
import { merge } from './merge.ts';
import type { Note, Pass } from './pass.ts';
import { regroupSums } from './regroup-sums.ts';
import { simplify } from './simplify.ts';
import { splitConcat } from './split-concat.ts';

/** What a program goes through after autodiff, in this order. */
export const PIPELINE: readonly Pass[] = [
  forgetSlopes,
  simplify,
  splitConcat,
  regroupSums,
  simplify,
  fission,
  simplify,
  merge,
  simplify,
];

export interface PassOptions {
  /** Verify the graph after each pass; a pass that breaks it is named in the InvariantError that is thrown. */
  readonly verify?: boolean;
  /** Is handed the graph after each pass that has changed it. */
  readonly onGraph?: (graph: Graph, pass: Pass, position: number) => void;
  /** Milliseconds from any point in time. With it each pass is timed. */
  readonly clock?: () => number;
}

export interface PassReport {
  readonly pass: string;
  readonly changed: boolean;
  /** Undefined without a clock. */
  readonly milliseconds: number | undefined;
  readonly notes: readonly Note[];
}

/** Runs passes one after the other. Throws an InvariantError where a pass breaks the graph and `verify` is set. */
export function runPasses(
  graph: Graph,
  passes: readonly Pass[] = PIPELINE,
  options: PassOptions = {},
): { readonly graph: Graph; readonly reports: readonly PassReport[] } {
  const reports: PassReport[] = [];
  let current = graph;
  passes.forEach((pass, position) => {
    const start = options.clock?.();
    const { graph: next, notes } = pass.run(current);
    const milliseconds = start === undefined ? undefined : options.clock!() - start;
    const changed = next !== current;
    reports.push({ pass: pass.name, changed, milliseconds, notes });
    if (options.verify && changed) {
      const complaints = verify(next);
      invariant(complaints.length === 0, `pass ${pass.name} breaks ${graph.name}: ${complaints.join('; ')}`);
    }
    if (changed) options.onGraph?.(next, pass, position);
    current = next;
  });
  return { graph: current, reports };
}

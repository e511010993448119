// The laws of single operations, for faults in rules that no program shows: on the samples of the operation, and at kinks, as
// the tests of both tables have them (test/autodiff).

import type { DerivativeTable } from '../../src/autodiff/rules.ts';
import type { TangentTable } from '../../src/autodiff/tangent-rules.ts';
import { InvariantError } from '../../src/base/invariant.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';
import { gradientError, realInputs, realOutputs } from '../autodiff/differences.ts';
import { adjointGap, tangentError } from '../autodiff/tangents.ts';
import {
  KINK_SEEDS,
  kinkInputs,
  type Sample,
  sampleGraph,
  sampleInputs,
  sampleOp,
} from '../graph/sample-op.ts';
import type { Outcome } from './fault.ts';

/** The table with the fault; the other one is as it is. */
export interface Tables {
  readonly derivatives?: DerivativeTable;
  readonly rules?: TangentTable;
}

/** What the laws of one operation say; undefined where they hold. */
export function judgeBySamples(op: OpName, tables: Tables): Outcome | undefined {
  for (const sample of sampleOp(op)) {
    const graph = sampleGraph(sample);
    if (realInputs(graph).length === 0 || realOutputs(graph).length === 0) continue;
    try {
      const law = brokenBy(sample, tables);
      if (law !== undefined) return { result: 'caught', law, on: sample.title };
    } catch (error) {
      if (!(error instanceof InvariantError || error instanceof RangeError)) throw error;
      return { result: 'refused', on: sample.title };
    }
  }
  return undefined;
}

function brokenBy(sample: Sample, tables: Tables): string | undefined {
  const graph = sampleGraph(sample);
  const { extents } = sample;
  const inputs = sampleInputs(sample);
  const { derivatives, rules } = tables;
  const gap =
    derivatives === undefined
      ? tangentError(graph, extents, rules === undefined ? { inputs } : { inputs, rules })
      : gradientError(graph, extents, { inputs, rules: derivatives });
  if (!(gap <= 1e-9)) return 'each operation by itself: slopes are those of central differences';
  if (!(adjointGap(graph, extents, { inputs, ...tables }) <= 1e-11)) {
    return 'each operation by itself: forward and reverse mode agree';
  }
  const isBroken = KINK_SEEDS.some((seed) => {
    const at = { inputs: kinkInputs(sample, seed) };
    // Where the operation itself is not a number the law says nothing.
    if (!(adjointGap(graph, extents, at) <= 1e-11)) return false;
    return !(adjointGap(graph, extents, { ...at, ...tables }) <= 1e-11);
  });
  return isBroken ? 'each operation by itself: both modes agree at kinks' : undefined;
}

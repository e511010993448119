// Every pass: those of the pipeline, and those that they are made of.
import { algebra } from '../../src/passes/algebra.ts';
import { cse } from '../../src/passes/cse.ts';
import { dead } from '../../src/passes/dead.ts';
import { fission } from '../../src/passes/fission.ts';
import { forgetSlopes } from '../../src/passes/forget-slopes.ts';
import { hoist } from '../../src/passes/hoist.ts';
import { loopInputs } from '../../src/passes/loop-inputs.ts';
import { merge } from '../../src/passes/merge.ts';
import type { Pass } from '../../src/passes/pass.ts';
import { regroupSums } from '../../src/passes/regroup-sums.ts';
import { simplify } from '../../src/passes/simplify.ts';
import { splitConcat } from '../../src/passes/split-concat.ts';

export const PASSES: readonly Pass[] = [
  algebra,
  cse,
  dead,
  forgetSlopes,
  loopInputs,
  hoist,
  simplify,
  splitConcat,
  regroupSums,
  fission,
  merge,
];

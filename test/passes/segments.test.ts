// Passes and scans in segments, whose bodies see several steps at once: what is right of a step need not be of a segment.
import { describe, expect, test } from 'vitest';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { verify } from '../../src/graph/verify.ts';
import { algebra } from '../../src/passes/algebra.ts';
import { cse } from '../../src/passes/cse.ts';
import { dead } from '../../src/passes/dead.ts';
import { keyOf } from '../../src/passes/draft.ts';
import { fission } from '../../src/passes/fission.ts';
import { hoist } from '../../src/passes/hoist.ts';
import { loopInputs } from '../../src/passes/loop-inputs.ts';
import { merge } from '../../src/passes/merge.ts';
import type { Pass } from '../../src/passes/pass.ts';
import { PIPELINE, runPasses } from '../../src/passes/pipeline.ts';
import { regroupSums } from '../../src/passes/regroup-sums.ts';
import { splitConcat } from '../../src/passes/split-concat.ts';
import { lstm } from '../autodiff/cells.ts';
import { difference } from './compare.ts';
import { asBatch, extentsOf, programInputs, withGradients } from './random-graph.ts';
import { loopsOf, products } from './structure.ts';

const PASSES: readonly Pass[] = [
  algebra,
  cse,
  dead,
  loopInputs,
  hoist,
  splitConcat,
  regroupSums,
  fission,
  merge,
];

/** Positions of a segment, and what is made of them and a capture: no step changes it, but a shorter segment does. */
const POSITIONS = `graph Positions
  %0 = input x : real[T, B, 2]
  %1 = parameter w : real[]
  %2 = constant value=0 : real[B, 2]
  %3 = scan over T in segments of 3 carries %2 sequences %0 captures %1
    body segment
      %0 = step start : index[]
      %1 = carry h : real[B, 2]
      %2 = sequence x : real[T.in3, B, 2]
      %3 = capture w : real[]
      %4 = iota extent=T.in3 : index[T.in3]
      %5 = convert %4 : real[T.in3]
      %6 = sin %5 : real[T.in3]
      %7 = extent extent=T.in3.by2 : real[]
      %8 = mul %7 %3 : real[]
      %9 = broadcast %8 axes=[] : real[B, 2]
      %10 = contract %6 %2 left="t" right="tbn" out="bn" : real[B, 2]
      %11 = add %10 %9 : real[B, 2]
      %12 = add %1 %11 : real[B, 2]
      next h %12
      stack h %12
      sum total %11
  %4 = result 0 of %3 : real[B, 2]
  %5 = result 1 of %3 : real[T.by3, B, 2]
  %6 = result 2 of %3 : real[B, 2]
  %7 = sum %5 axes=[0] : real[B, 2]
  output last %4
  output sum %7
  output total %6
`;

/** Sequences that are made of something: the steps, one number, one row, one piece of a row; the numbers of segments. */
const SEQUENCES = `graph Sequences
  %0 = input x : real[T, B, 4]
  %1 = parameter v : real[2]
  %2 = iota extent=T : index[T]
  %3 = iota extent=T.by3 : index[T.by3]
  %4 = constant value=2 : real[T, B, 2]
  %5 = broadcast %1 axes=[2] : real[T, B, 2]
  %6 = broadcast %1 axes=[1] : real[T.by3, 2]
  %7 = slice %0 axis=2 start=1 size=2 : real[T, B, 2]
  %8 = scan over T in segments of 3 sequences %2 %3 %4 %5 %6 %7
    body segment
      %0 = step start : index[]
      %1 = sequence steps : index[T.in3]
      %2 = sequence number : index[]
      %3 = sequence two : real[T.in3, B, 2]
      %4 = sequence row : real[T.in3, B, 2]
      %5 = sequence once : real[2]
      %6 = sequence piece : real[T.in3, B, 2]
      %7 = add %2 %0 : index[]
      %8 = broadcast %7 axes=[] : index[T.in3]
      %9 = add %1 %8 : index[T.in3]
      %10 = convert %9 : real[T.in3]
      %11 = broadcast %10 axes=[0] : real[T.in3, B, 2]
      %12 = broadcast %5 axes=[2] : real[T.in3, B, 2]
      %13 = mul %11 %12 : real[T.in3, B, 2]
      %14 = mul %13 %3 : real[T.in3, B, 2]
      %15 = mul %14 %4 : real[T.in3, B, 2]
      %16 = mul %15 %6 : real[T.in3, B, 2]
      %17 = sum %16 axes=[0] : real[B, 2]
      stack y %16
      stack z %13
      stack sum %17
  %9 = result 0 of %8 : real[T, B, 2]
  %10 = result 1 of %8 : real[T, B, 2]
  %11 = result 2 of %8 : real[T.by3, B, 2]
  %12 = concat %9 %10 axis=2 : real[T, B, 4]
  %13 = sum %11 axes=[0] : real[B, 2]
  output joined %12
  output sum %13
`;

/** Masks: a segment has steps beyond an end, where an alive sequence's body adds up what it sees. */
const MASKS = `graph Masks
  %0 = input x : real[T, B, 2]
  %1 = lengths lengths : index[B]
  %2 = iota extent=T : index[T]
  %3 = broadcast %2 axes=[0] : index[T, B]
  %4 = broadcast %1 axes=[1] : index[T, B]
  %5 = lt %3 %4 : bool[T, B]
  %6 = broadcast %5 axes=[0, 1] : bool[T, B, 2]
  %7 = constant value=0 : real[T, B, 2]
  %8 = constant value=1 : real[B, 2]
  %9 = scan over T lengths %1 carries %8 sequences %0
    body step
      %0 = step step : index[]
      %1 = carry h : real[B, 2]
      %2 = sequence x : real[B, 2]
      %3 = sigmoid %1 : real[B, 2]
      %4 = exp %2 : real[B, 2]
      next h %3
      stack e %4
  %10 = result 0 of %9 : real[B, 2]
  %11 = result 1 of %9 : real[T, B, 2]
  %12 = select %6 %0 %7 : real[T, B, 2]
  %13 = scan over T in segments of 3 lengths %1 sequences %11 %12
    body segment
      %0 = step start : index[]
      %1 = sequence e : real[T.in3, B, 2]
      %2 = sequence x : real[T.in3, B, 2]
      %3 = add %1 %2 : real[T.in3, B, 2]
      %4 = cos %2 : real[T.in3, B, 2]
      %5 = sum %3 axes=[0] : real[B, 2]
      stack y %4
      sum total %5
  %14 = result 0 of %13 : real[T, B, 2]
  %15 = result 1 of %13 : real[B, 2]
  %16 = select %6 %14 %7 : real[T, B, 2]
  output last %10
  output total %15
  output y %16
`;

/** A count of steps and one of segments, by scans that are the same otherwise. */
const COUNTS = `graph Counts
  %0 = input x : real[T, B, 2]
  %1 = constant value=0 : real[B, 2]
  %2 = scan over T carries %1
    body step
      %0 = step step : index[]
      %1 = carry n : real[B, 2]
      %2 = constant value=1 : real[B, 2]
      %3 = add %1 %2 : real[B, 2]
      next n %3
  %3 = result 0 of %2 : real[B, 2]
  %4 = scan over T in segments of 3 carries %1
    body step
      %0 = step step : index[]
      %1 = carry n : real[B, 2]
      %2 = constant value=1 : real[B, 2]
      %3 = add %1 %2 : real[B, 2]
      next n %3
  %5 = result 0 of %4 : real[B, 2]
  %6 = sum %0 axes=[0] : real[B, 2]
  output steps %3
  output segments %5
  output x %6
`;

/** Products of a segment that depend on no past, as terms of a sum that does; and joined with what does. */
const PRODUCTS = `graph Products
  %0 = input x : real[T, B, 2]
  %1 = parameter W : real[2, 2]
  %2 = parameter U : real[2, 4]
  %3 = constant value=0 : real[B, 2]
  %4 = scan over T in segments of 3 carries %3 sequences %0 captures %1 %2
    body segment
      %0 = step start : index[]
      %1 = carry h : real[B, 2]
      %2 = sequence x : real[T.in3, B, 2]
      %3 = capture W : real[2, 2]
      %4 = capture U : real[2, 4]
      %5 = contract %2 %3 left="tbn" right="mn" out="tbm" : real[T.in3, B, 2]
      %6 = sum %2 axes=[0] : real[B, 2]
      %7 = contract %6 %3 left="bn" right="mn" out="bm" : real[B, 2]
      %8 = cos %6 : real[B, 2]
      %9 = contract %8 %3 left="bm" right="mn" out="bn" : real[B, 2]
      %10 = concat %6 %1 axis=1 : real[B, 4]
      %11 = contract %10 %4 left="bn" right="mn" out="bm" : real[B, 2]
      %12 = add %7 %11 : real[B, 2]
      %13 = add %12 %9 : real[B, 2]
      %14 = tanh %13 : real[B, 2]
      %15 = contract %14 %6 left="bm" right="bn" out="mn" : real[2, 2]
      next h %14
      stack y %5
      sum G %15
  %5 = result 0 of %4 : real[B, 2]
  %6 = result 1 of %4 : real[T, B, 2]
  %7 = result 2 of %4 : real[2, 2]
  output h %5
  output y %6
  output G %7
`;

const GRAPHS = { POSITIONS, SEQUENCES, MASKS, COUNTS, PRODUCTS };

describe.each(Object.entries(GRAPHS))('%s', (_, text) => {
  const graph = readGraph(text);
  const apart = (after: Graph): number => {
    expect(verify(after)).toEqual([]);
    const gaps = [1, 2, 3, 4, 8].map((T) => {
      const extents = extentsOf(T, 3);
      return difference(graph, after, programInputs(graph, T, { extents, padding: Number.NaN }), extents);
    });
    return Math.max(...gaps);
  };

  test('is sound', () => {
    expect(verify(graph)).toEqual([]);
    expect(printGraph(graph)).toBe(text);
  });
  test.each(PASSES.map((pass) => [pass.name, pass] as const))('%s', (_, pass) => {
    expect(apart(pass.run(graph).graph)).toBeLessThan(1e-12);
  });
  test('the pipeline', () => {
    const after = runPasses(graph, PIPELINE, { verify: true }).graph;
    expect(apart(after)).toBeLessThan(1e-12);
    expect(loopsOf(after).map(({ segment }) => segment)).toContain(3);
  });
});

test('nothing of a segment leaves its loop', () => {
  const graph = readGraph(PRODUCTS);
  for (const pass of [splitConcat, regroupSums, fission]) expect(pass.run(graph).graph).toBe(graph);
});

test('whole segments are not copied to make one product of two', () => {
  const graph = readGraph(`graph G
  %0 = input x : real[T, 2]
  %1 = parameter W : real[2, 2]
  %2 = parameter U : real[2, 2]
  %3 = scan over T in segments of 3 sequences %0 captures %1 %2
    body segment
      %0 = step start : index[]
      %1 = sequence x : real[T.in3, 2]
      %2 = capture W : real[2, 2]
      %3 = capture U : real[2, 2]
      %4 = contract %1 %2 left="tn" right="mn" out="tm" : real[T.in3, 2]
      %5 = cos %1 : real[T.in3, 2]
      %6 = contract %5 %3 left="tn" right="mn" out="tm" : real[T.in3, 2]
      %7 = add %4 %6 : real[T.in3, 2]
      stack y %7
  %4 = result 0 of %3 : real[T, 2]
  output y %4
`);
  expect(merge.run(graph).graph).toBe(graph);
});

test('scans of steps and of segments are not the same', () => {
  const [a, b] = [COUNTS, COUNTS.replace('in segments of 3 ', '')].map(readGraph);
  expect(keyOf(a)).not.toBe(keyOf(b));
});

test('the products of an LSTM: those of a segment at once, and one at each step', () => {
  const graph = asBatch(lstm(), {});
  const { graph: optimised } = runPasses(withGradients(checkpoint(graph, { steps: 8 })));
  const [forward, backward] = loopsOf(optimised);
  expect(products(optimised)).toEqual({ loops: [1, 4], outside: 0 });
  // W x, and in the loop U h.
  expect(products(forward.body)).toEqual({ loops: [1], outside: 1 });
  // These once more; back, in the loop one for dh; and one each for dx, dW and dU.
  expect(products(backward.body)).toEqual({ loops: [1, 1], outside: 4 });
});

// Every pass, alone and in any order, leaves what a program computes as it is: on random programs, their gradients,
// with unequal lengths and NaNs in the padding.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { verify } from '../../src/graph/verify.ts';
import { fission } from '../../src/passes/fission.ts';
import type { Pass } from '../../src/passes/pass.ts';
import { PIPELINE, runPasses } from '../../src/passes/pipeline.ts';
import { randomGraph, randomInputs } from '../graph/random-graph.ts';
import { SAMPLE_EXTENTS } from '../graph/sample-op.ts';
import { PASSES } from './all.ts';
import { difference } from './compare.ts';
import { asBatch, extentsOf, programInputs, randomProgram } from './random-graph.ts';

const TOLERANCE = 1e-12;

/** What a pass makes of a graph, after checking that it is sound. */
function passed(pass: Pass, graph: Graph): Graph {
  const after = pass.run(graph).graph;
  expect(verify(after)).toEqual([]);
  return after;
}

const anyProgram = fc
  .tuple(randomProgram(), fc.constantFrom('one', 'batch', 'lengths'), fc.boolean())
  .map(([program, kind, gradient]) => {
    return kind === 'one' && !gradient
      ? program
      : asBatch(program, { lengths: kind === 'lengths', gradient });
  });

const steps = fc.constantFrom(1, 2, 5);

/** Fission takes it as given that a loop with lengths does not mix the sequences of a batch; random graphs do. */
function anyGraph(pass: Pass): fc.Arbitrary<Graph> {
  return randomGraph({ lengths: pass !== fission });
}

describe.each(PASSES.map((pass) => [pass.name, pass] as const))('%s alone', (_, pass) => {
  test('changes nothing of what a program computes', () => {
    fc.assert(
      fc.property(anyProgram, fc.nat(99), steps, (graph, seed, T) => {
        const extents = extentsOf(T, 3);
        const inputs = programInputs(graph, seed, { extents, padding: Number.NaN });
        expect(difference(graph, passed(pass, graph), inputs, extents)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 60 },
    );
  });

  test('changes nothing of what any graph computes', () => {
    fc.assert(
      fc.property(anyGraph(pass), fc.nat(99), (graph, seed) => {
        const inputs = randomInputs(graph, seed);
        expect(difference(graph, passed(pass, graph), inputs, SAMPLE_EXTENTS)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 60 },
    );
  });
});

test('passes in any order change nothing', () => {
  fc.assert(
    fc.property(
      anyProgram,
      fc.nat(99),
      fc.array(fc.constantFrom(...PASSES), { minLength: 2, maxLength: 6 }),
      (graph, seed, passes) => {
        const inputs = programInputs(graph, seed, { padding: Number.NaN });
        expect(
          difference(
            graph,
            passes.reduce((g, pass) => passed(pass, g), graph),
            inputs,
          ),
        ).toBeLessThan(TOLERANCE);
      },
    ),
    { numRuns: 60 },
  );
});

test('the pipeline changes nothing', () => {
  fc.assert(
    fc.property(anyProgram, fc.nat(99), steps, (graph, seed, T) => {
      const extents = extentsOf(T, 3);
      const inputs = programInputs(graph, seed, { extents, padding: Number.NaN });
      const { graph: after } = runPasses(graph, PIPELINE, { verify: true });
      expect(difference(graph, after, inputs, extents)).toBeLessThan(TOLERANCE);
    }),
    { numRuns: 100 },
  );
});

test.each(PASSES.map((pass) => [pass.name, pass] as const))('%s comes to an end', (_, pass) => {
  fc.assert(
    fc.property(anyProgram, (graph) => {
      let current = graph;
      for (let round = 0; round < 8; round++) {
        const next = pass.run(current).graph;
        if (next === current) return;
        current = next;
      }
      expect.fail(`${pass.name} still finds something in round 8`);
    }),
    { numRuns: 40 },
  );
});

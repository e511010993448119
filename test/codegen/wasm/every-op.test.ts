// Every operation of the table through WebAssembly against the reference, on the samples of test/graph/sample-op.ts;
// then random graphs, with scans in them.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OP_NAMES } from '../../../src/graph/ops/table.ts';
import { randomGraph, randomInputs } from '../../graph/random-graph.ts';
import { SAMPLE_EXTENTS, sampleEveryOp, sampleGraph, sampleInputs } from '../../graph/sample-op.ts';
import { inputsFor } from '../../loops/programs.ts';
import { expectSame, WAYS } from '../../runtime/compiled.ts';

const samples = sampleEveryOp();

test('the samples have every operation', () => {
  expect(new Set(samples.map(({ op }) => op))).toEqual(new Set(OP_NAMES));
});

describe.each(WAYS)('%s, against the reference', (_, way) => {
  test.each(samples.map((sample) => [sample.title, sample] as const))('%s', async (_, sample) => {
    const { extents } = sample;
    await expectSame(sampleGraph(sample), sampleInputs(sample), extents, { way, tolerance: 1e-5 });
  });

  test.each([false, true])('random graphs, lengths: %s', async (lengths) => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ lengths }), fc.nat(1000), async (graph, seed) => {
        await expectSame(graph, randomInputs(graph, seed), SAMPLE_EXTENTS, { way });
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  test('random graphs with many temporaries, longer and wider', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ lengths: true, size: 40 }), fc.nat(1000), async (graph, seed) => {
        const extents = new Map([
          ['T', 5],
          ['B', 11],
        ]);
        await expectSame(graph, inputsFor(graph, extents, seed), extents, { way });
      }),
      { numRuns: 100, seed: 9 },
    );
  });
});

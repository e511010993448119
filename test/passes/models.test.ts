// The pipeline on the models of the repository, with their gradients, as they are trained.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { PIPELINE, runPasses } from '../../src/passes/pipeline.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { elaborateFile } from '../check/programs.ts';
import { difference } from './compare.ts';
import { programInputs } from './random-graph.ts';
import { loopsOf, products } from './structure.ts';

const SIZES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  rnn: { n: 2, m: 3 },
  lstm: { n: 2, m: 3 },
  gru: { n: 2, m: 3 },
  'gru-reset-after': { n: 2, m: 3 },
  mingru: { n: 2, m: 3 },
  adding: { m: 3 },
  'char-lm': { v: 5, m: 3 },
  polarity: { v: 5, m: 3 },
};

function gradientOf(model: string, lengths: boolean): Graph {
  const sizes = new Map(Object.entries(SIZES[model]));
  const options = { sizes, mode: 'train', startingStates: false } as const;
  const program = elaborateFile(`models/${model}.rnn`, options);
  return withGradients(program, batch(program.graph, { lengths }), differentiable(program));
}

describe.each(Object.keys(SIZES))('%s', (model) => {
  test.each([false, true])('the same numbers, lengths: %s', (lengths) => {
    const graph = gradientOf(model, lengths);
    const { graph: after } = runPasses(graph, PIPELINE, { verify: true });
    const inputs = programInputs(graph, 5, { padding: Number.NaN });
    // Outside of a table a row is not a number, and then nothing is: categories below 2 are in every table here.
    for (const name of ['x', 'y', 'word', 'label']) {
      const given = inputs.get(name);
      if (given?.element === 'index')
        inputs.set(
          name,
          indexTensor(
            given.shape,
            given.data.map((k) => k % 2),
          ),
        );
    }
    for (const [name, { data }] of evaluate(graph, inputs)) {
      expect(data.every(Number.isFinite), name).toBe(true);
    }
    expect(difference(graph, after, inputs)).toBeLessThan(1e-12);
  });
});

test.each([false, true])(
  'structure of char-lm: one product in each of four loops, lengths: %s',
  (lengths) => {
    const { graph } = runPasses(gradientOf('char-lm', lengths));
    // Outside: both layers' inputs and the logits; the way back of the three; the gradients of five weights.
    expect(products(graph)).toEqual({ loops: [1, 1, 1, 1], outside: 3 + 3 + 5 });
    expect(loopsOf(graph).every((scan) => scan.summed === 0)).toBe(true);
  },
);

test.each([false, true])('structure of polarity, lengths: %s', (lengths) => {
  const { graph } = runPasses(gradientOf('polarity', lengths));
  // Both directions share one input projection. For each: the way back, and the gradients of W, of U for r and z, of U for c.
  expect(products(graph)).toEqual({ loops: [2, 2, 0, 0, 2, 2], outside: 1 + 1 + 2 + 2 * 4 });
});

// However a text is cut into windows, the same steps are scored: states and the number of the step are carried.
import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../src/train/evaluate.ts';
import { initialise } from '../../src/train/initialise.ts';
import { MemoryFiles, memoryHost } from './memory-host.ts';
import { compileReference, experimentOf } from './programs.ts';

const source = (start: string) => `
cell RNN(n, m) {
  input x: [n]
  ${start}
  state old: [m]
  old = prev h
  h = tanh(affine(x, prev h, prev old) + sin(t) * 0.3)
  output h
}
model LM(v, m = 4) {
  input  x: index(v)
  target y: index(v)
  h = RNN(m: m)(Embedding(3)(x))
  logits = Dense(v)(h)
  loss   cross_entropy(logits, y)
  metric right = argmax(logits) == y
}
train LM { data text("a.txt", holdout: 0.5)  window 4  batch 2  steps 1 }`;

describe.each([
  ['zero', 'state h: [m]'],
  ['declared', 'param h0: [m] ~ normal(1)\n  state h: [m] = h0'],
])('starts are %s', (_, start) => {
  it('windows of any length score the same', async () => {
    const text = 'a man a plan a canal panama '.repeat(5);
    const scores = [];
    for (const window of [1, 4, 7, 34]) {
      const files = new MemoryFiles({ 'a.txt': text });
      const experiment = await experimentOf(source(start), files, [`window=${window}`]);
      const weights = initialise(experiment.evaluation.continuing.parameters, 3);
      const evaluator = new Evaluator(experiment, compileReference, weights);
      scores.push(await evaluator.run(weights, memoryHost(files)));
      expect(await evaluator.run(weights, memoryHost(files))).toEqual(scores.at(-1));
    }
    for (const score of scores) {
      expect(score?.loss).toBeCloseTo(scores[0]?.loss ?? NaN, 12);
      expect(score?.metrics.get('right')).toBeCloseTo(scores[0]?.metrics.get('right') ?? NaN, 12);
    }
  });
});

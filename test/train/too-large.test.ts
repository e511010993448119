// More memory than there is, told before any of it is asked for: weights, batches, and what a step computes with them.
import { expect, it } from 'vitest';
import { compile } from '../../src/compile.ts';
import { prepare } from '../../src/train/experiment.ts';
import { type TrainEvent, train } from '../../src/train/loop.ts';
import { MemoryFiles, memoryHost } from './memory-host.ts';
import { checked } from './programs.ts';

const adding = `
cell RNN(n, m) {
  input x: [n]
  state h: [m]
  h = tanh(affine(x, prev h))
  output h
}
model Adding(m = 2) {
  input  x: [2]
  target total: once []
  h = RNN(m: m)(x)
  answer: [] = Dense()(last h)
  loss   (answer - total) ^ 2
}
train Adding { data adding(length: 4)  batch 2  optimizer adam  steps 2 }`;

async function prepared(set: readonly string[]) {
  const file = checked(adding);
  const request = { checked: file, sources: [file.source], overrides: { set, data: [] } };
  return prepare(request, new MemoryFiles());
}

it.each([
  [
    'm=1000000',
    'the weight h.RNN.h.W_h is [1000000, 1000000]: 3814697 MiB, and an array has 2048 MiB at most',
  ],
  [
    'm=20000',
    'the weights of Adding need 4579 MiB with what the optimizer keeps of them, and there are 4096 MiB',
  ],
  ['batch=1000000000', ''],
  ['data.length=1000000000', ''],
  ['data.length=9007199254740991', ''],
])('%s', async (set, message) => {
  const { experiment, diagnostics } = await prepared([set]);
  expect(experiment).toBeUndefined();
  expect(diagnostics.map((d) => d.code)).toEqual(['RNN6031']);
  expect(diagnostics[0].message).toContain(message);
});

it.each([
  ['wasm', 'data.length=2000000'],
  ['reference', 'data.length=20000000'],
] as const)('a step that %s has no memory for is told before its data is drawn', async (target, set) => {
  const { experiment } = await prepared([set, 'm=32', 'batch=4']);
  if (experiment === undefined) throw new Error('cannot be prepared');
  let drawn = 0;
  const { trainingBatch } = experiment.dataset;
  const dataset = {
    ...experiment.dataset,
    trainingBatch: (step: number) => {
      drawn++;
      return trainingBatch(step);
    },
  };
  const files = new MemoryFiles();
  const events: TrainEvent[] = [];
  for await (const event of train(
    { ...experiment, dataset },
    {
      folder: 'run',
      host: memoryHost(files),
      target,
      compile: (graph, feedback) => compile(graph, { target, feedback }),
    },
  )) {
    events.push(event);
  }
  expect(events).toMatchObject([
    { kind: 'start' },
    { kind: 'failed', step: 1, diagnostic: { code: 'RNN6031' } },
  ]);
  expect(drawn).toBe(0);
  expect([...files.contents.keys()]).toEqual([]);
});

it('one line that is much too long for a batch is told', async () => {
  const file = checked(`
    model Which(v) {
      input  word: index(v)
      target label: once index(2)
      loss cross_entropy(Dense(2)(max over time Embedding(2)(word)), label)
    }
    train Which { data lines("a.txt", "b.txt", holdout: 0)  batch 1000  steps 2 }`);
  const files = new MemoryFiles({
    'a.txt': `${'so '.repeat(2_000_000)}\n${'no\n'.repeat(1000)}`,
    'b.txt': 'yes',
  });
  const request = { checked: file, sources: [file.source], overrides: { set: [], data: [] } };
  const { diagnostics } = await prepare(request, files);
  expect(diagnostics.map((d) => `${d.code} ${d.message}`)).toEqual([
    'RNN6031 a batch of this data is [1000, 2000000]: 7629 MiB, and an array has 2048 MiB at most',
  ]);
});

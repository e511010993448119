// Runs of small models on the reference: what is told, what is written, and that a run is the same whether it was stopped
// or not.
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile.ts';
import { MemoryError } from '../../src/tensor/memory-error.ts';
import { readSafetensors, writeSafetensors } from '../../src/tensor/safetensors.ts';
import type { Experiment } from '../../src/train/experiment.ts';
import { initialise } from '../../src/train/initialise.ts';
import { type TrainEvent, type TrainOptions, train } from '../../src/train/loop.ts';
import { openRun, resumeRun } from '../../src/train/open-run.ts';
import type { Compile } from '../../src/train/window-program.ts';
import { MemoryFiles, memoryHost } from './memory-host.ts';
import { compileReference, experimentOf } from './programs.ts';

const cell = (start: string) => `
cell RNN(n, m) {
  input x: [n]
  ${start}
  h = tanh(affine(x, prev h))
  output h
}`;

const language = (start = 'state h: [m]') => `${cell(start)}
model LM(v, m = 4) {
  input  x: index(v)
  target y: index(v)
  h = RNN(m: m)(Embedding(3)(x))
  logits = Dense(v)(dropout(h, 0.2))
  loss   cross_entropy(logits, y)
  metric bits = cross_entropy(logits, y) / log(2)
  generate x ~ categorical(logits)
}
train LM {
  data      text("a.txt", holdout: 0.2)
  window    5
  batch     2
  optimizer adam(lr: 0.02)
  schedule  cosine(warmup: 3)
  clip      1.0
  steps     20
  validate  6
}`;

const learnedStart = language('param h0: [m]\n  state h: [m] = h0');

/** Frozen weights, and noise of every scope. */
const held = `${language('frozen param h0: [m] ~ uniform(1, 2)\n  state h: [m] = h0')
  .replace('affine(x, prev h)', 'affine(x, dropout(prev h, 0.2, per: sequence))')
  .replace('dropout(h, 0.2)', 'dropout(h, 0.2, per: batch)')
  .replace('adam(lr: 0.02)', 'adamw(lr: 0.02, decay: 0.1)')}`;

const classes = `${cell('state h: [m]')}
model Which(v, m = 3) {
  input  word: index(v)
  target label: once index(2)
  h = bidirectional(RNN(m: m))(Embedding(3)(word))
  logits = Dense(2)(dropout(max over time h, 0.2))
  loss   cross_entropy(logits, label)
  metric accuracy = argmax(logits) == label
}
train Which {
  data      lines("a.txt", "b.txt", holdout: 0.2)
  batch     4
  optimizer adamw(lr: 0.05)
  epochs    3
}`;

const text = 'the quick brown fox jumps over the lazy dog. '.repeat(4);
const lines = (word: string) =>
  Array.from({ length: 15 }, (_, k) => `${'so '.repeat(k % 4)}${word} it is`).join('\n');

const filesFor = () => new MemoryFiles({ 'a.txt': text, 'b.txt': text });
const classFiles = () => new MemoryFiles({ 'a.txt': lines('good'), 'b.txt': lines('bad') });

async function run(
  experiment: Experiment,
  files: MemoryFiles,
  more: Partial<TrainOptions> & { readonly stopAfter?: number } = {},
): Promise<TrainEvent[]> {
  const { stopAfter, ...options } = more;
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  const stream = train(experiment, {
    folder: 'run',
    host: memoryHost(files),
    compile: compileReference,
    target: 'reference',
    signal: controller.signal,
    sample: 12,
    ...options,
  });
  for await (const event of stream) {
    events.push(event);
    if (event.kind === 'step' && event.step === stopAfter) controller.abort();
  }
  return events;
}

const folderOf = (files: MemoryFiles) =>
  Object.fromEntries([...files.contents].filter(([path]) => path.startsWith('run/')).sort());

describe('a run', () => {
  it('tells what happens, and writes it down', async () => {
    const files = filesFor();
    const events = await run(await experimentOf(language(), files), files);
    expect(events[0]).toMatchObject({
      kind: 'start',
      model: 'LM',
      folder: 'run',
      target: 'reference',
      steps: 20,
      validateEvery: 6,
      parameters: { tensors: 6 },
      data: '144 characters to train on, 36 held out, 28 different ones',
    });
    const kinds = events.map((event) => event.kind);
    expect(kinds.filter((kind) => kind === 'step')).toHaveLength(20);
    expect(kinds.slice(-5)).toEqual(['step', 'validation', 'sample', 'saved', 'done']);
    const validated = events.flatMap((event) => (event.kind === 'validation' ? [event] : []));
    expect(validated.map((event) => event.step)).toEqual([6, 12, 18, 20]);
    expect(validated[0].loss).toBeLessThan(Math.log(28) * 1.1);
    expect(validated[3].loss).toBeLessThan(validated[0].loss);
    for (const { loss, metrics } of validated)
      expect(metrics.get('bits')).toBeCloseTo(loss / Math.log(2), 10);
    expect(events.at(-1)).toMatchObject({ kind: 'done', step: 20, finished: true });
    for (const event of events) if (event.kind === 'sample') expect(event.text).toHaveLength(12);

    expect(Object.keys(folderOf(files))).toEqual([
      'run/checkpoint.safetensors',
      'run/metrics.jsonl',
      'run/settings.json',
      'run/source/m.rnn',
      'run/vocabulary.json',
      'run/weights.safetensors',
    ]);
    const metrics = files
      .text('run/metrics.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(metrics).toHaveLength(24);
    expect(Object.keys(metrics[0])).toEqual(['step', 'loss', 'gradient_norm', 'rate']);
    expect(metrics[0].rate).toBeCloseTo(0.02 / 3, 12);
    expect(metrics.at(-1)).toEqual({
      step: 20,
      validation: { loss: validated[3].loss, bits: validated[3].metrics.get('bits') },
    });
    const settings = JSON.parse(files.text('run/settings.json'));
    expect(settings).toMatchObject({
      numbers: { v: 28, m: 4 },
      settings: { window: 5, seed: 1, validate: 6 },
    });
  });

  it('keeps the weights of the best validation', async () => {
    const files = filesFor();
    // The rate is so large that it gets worse.
    const events = await run(await experimentOf(language(), files, ['optimizer.lr=3', 'steps=30']), files);
    const validated = events.flatMap((event) => (event.kind === 'validation' ? [event] : []));
    const best = validated.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(best.step).toBeLessThan(30);
    expect(events.at(-1)).toMatchObject({ best: { step: best.step, loss: best.loss } });
    const { metadata, tensors } = readSafetensors(files.contents.get('run/weights.safetensors')!);
    expect(metadata.get('step')).toBe(String(best.step));
    const last = readSafetensors(files.contents.get('run/checkpoint.safetensors')!).tensors;
    expect(last.get('logits.Dense.W')).not.toEqual(tensors.get('logits.Dense.W'));
  });

  it('without held-out data keeps the last weights', async () => {
    const files = filesFor();
    await run(await experimentOf(language(), files, ['data.holdout=0']), files);
    const kept = readSafetensors(files.contents.get('run/weights.safetensors')!);
    const last = readSafetensors(files.contents.get('run/checkpoint.safetensors')!);
    expect(kept.metadata.get('step')).toBe('20');
    for (const [name, tensor] of kept.tensors) expect(last.tensors.get(name)).toEqual(tensor);
  });
});

describe('frozen weights', () => {
  it('are drawn and saved like others, and stay', async () => {
    const files = filesFor();
    const experiment = await experimentOf(held, files);
    const events = await run(experiment, files);
    expect(events[0]).toMatchObject({ parameters: { tensors: 6 } });
    const { parameters } = experiment.training.continuing;
    const first = initialise(parameters, experiment.settings.seed).get('h.RNN.h0')!;
    for (const file of ['weights', 'checkpoint']) {
      const { tensors } = readSafetensors(files.contents.get(`run/${file}.safetensors`)!);
      expect(tensors.get('h.RNN.h0')?.data).toEqual(first.data);
      expect(
        [...tensors.keys()].filter((name) => name.startsWith('optimizer') && name.endsWith('h0')),
      ).toEqual([]);
      expect(tensors.get('h.RNN.h.W_x')?.data).not.toEqual(
        initialise(parameters, experiment.settings.seed).get('h.RNN.h.W_x')!.data,
      );
    }
  });
});

describe('repetition', () => {
  const compiled: Compile = (graph, feedback) => compile(graph, { target: 'wasm', feedback });
  it.each<readonly [string, string, () => MemoryFiles, readonly string[], Compile]>([
    ['windows', language(), filesFor, [], compileReference],
    ['windows with a learned start', learnedStart, filesFor, [], compileReference],
    ['nothing held out', language(), filesFor, ['data.holdout=0'], compileReference],
    ['windows with what is held', held, filesFor, [], compileReference],
    ['whole sequences', classes, classFiles, [], compileReference],
    ['windows, compiled', language(), filesFor, [], compiled],
    ['windows with a learned start, compiled', learnedStart, filesFor, [], compiled],
    ['windows with what is held, compiled', held, filesFor, [], compiled],
    ['whole sequences, compiled', classes, classFiles, [], compiled],
  ])('%s: stopped and resumed, byte for byte', async (_, source, make, set, through) => {
    const straight = make();
    const events = await run(await experimentOf(source, straight, set), straight, { compile: through });
    expect(events.at(-1)).toMatchObject({ kind: 'done', finished: true });
    for (const stops of [[10], [3, 6, 13]]) {
      const files = make();
      const experiment = await experimentOf(source, files, set);
      let last = await run(experiment, files, { compile: through, stopAfter: stops[0] });
      for (const [k, stop] of stops.entries()) {
        expect(last.at(-1)).toMatchObject({ kind: 'done', finished: false, step: stop });
        const { run: stopped, diagnostics } = await resumeRun('run', files);
        expect(diagnostics).toEqual([]);
        if (stopped === undefined) throw new Error('cannot be resumed');
        const next = stops[k + 1];
        last = await run(stopped.experiment, files, {
          compile: through,
          resume: stopped.checkpoint,
          ...(next === undefined ? {} : { stopAfter: next }),
        });
      }
      expect(folderOf(files)).toEqual(folderOf(straight));
    }
  });

  it('compiled and interpreted runs tell the same numbers, but for rounding', async () => {
    const lossesOf = async (source: string, make: () => MemoryFiles, through: Compile) => {
      const files = make();
      const events = await run(await experimentOf(source, files), files, { compile: through });
      return events.flatMap((event) =>
        event.kind === 'step' || event.kind === 'validation' ? [event.loss] : [],
      );
    };
    for (const [source, make] of [
      [learnedStart, filesFor],
      [classes, classFiles],
    ] as const) {
      const exact = await lossesOf(source, make, compileReference);
      const rounded = await lossesOf(source, make, compiled);
      expect(rounded).toHaveLength(exact.length);
      exact.forEach((loss, k) => {
        expect(Math.abs(rounded[k] - loss)).toBeLessThan(1e-4);
      });
    }
  });

  it('goes on after a crash: metrics beyond the checkpoint come again', async () => {
    const straight = filesFor();
    await run(await experimentOf(language(), straight), straight);
    const files = filesFor();
    await run(await experimentOf(language(), files), files, { stopAfter: 10 });
    await files.append('run/metrics.jsonl', new TextEncoder().encode('{"step":11,"loss":1}\n{"step":12,"lo'));
    const { run: stopped } = await resumeRun('run', files);
    if (stopped === undefined) throw new Error('cannot be resumed');
    await run(stopped.experiment, files, { resume: stopped.checkpoint });
    expect(folderOf(files)).toEqual(folderOf(straight));
  });

  it('another seed is another run', async () => {
    const [one, two] = [filesFor(), filesFor()];
    await run(await experimentOf(language(), one), one);
    await run(await experimentOf(language(), two, ['seed=2']), two);
    expect(two.text('run/metrics.jsonl')).not.toBe(one.text('run/metrics.jsonl'));
  });

  it('a finished run does not go on, and a folder that holds a run takes no other', async () => {
    const files = filesFor();
    const experiment = await experimentOf(language(), files, ['steps=2']);
    await run(experiment, files);
    const before = folderOf(files);
    const [again] = await run(experiment, files);
    expect(again).toMatchObject({ kind: 'failed', diagnostic: { code: 'RNN6041' } });
    const { run: stopped } = await resumeRun('run', files);
    const [resumed] = await run(experiment, files, { resume: stopped?.checkpoint });
    expect(resumed).toMatchObject({ kind: 'failed', diagnostic: { code: 'RNN6042' } });
    expect(folderOf(files)).toEqual(before);
  });

  it('a run whose text has changed does not go on', async () => {
    const files = filesFor();
    await run(await experimentOf(language(), files), files, { stopAfter: 4 });
    await files.append('a.txt', new TextEncoder().encode('!'));
    const { run: stopped, diagnostics } = await resumeRun('run', files);
    expect(stopped).toBeUndefined();
    expect(diagnostics.map((d) => [d.code, d.message])).toEqual([
      ['RNN6042', 'the run in run cannot go on: v was 28 and is 29'],
    ]);
  });
});

describe('what is learned', () => {
  it('a start that is declared learns too', async () => {
    const files = filesFor();
    await run(await experimentOf(learnedStart, files), files);
    const { tensors } = readSafetensors(files.contents.get('run/weights.safetensors')!);
    expect([...(tensors.get('h.RNN.h0')?.data ?? [])].every((x) => x !== 0)).toBe(true);
  });

  it('classes of lines, to the end', async () => {
    const files = classFiles();
    const events = await run(await experimentOf(classes, files, ['epochs=12']), files);
    const validated = events.flatMap((event) => (event.kind === 'validation' ? [event] : []));
    expect(validated).toHaveLength(12);
    expect(validated.at(-1)?.metrics.get('accuracy')).toBe(1);
  });

  it('the adding problem, a little', async () => {
    const source = `${cell('state h: [m]')}
      model Adding(m = 6) {
        input  x: [2]
        target total: once []
        h = RNN(m: m)(x)
        answer: [] = Dense()(last h)
        loss   (answer - total) ^ 2
      }
      train Adding { data adding(length: 4)  batch 16  optimizer adam(lr: 0.02)  steps 120  validate 60 }`;
    const files = new MemoryFiles();
    const events = await run(await experimentOf(source, files), files);
    const validated = events.flatMap((event) => (event.kind === 'validation' ? [event.loss] : []));
    expect(validated[1]).toBeLessThan(0.03);
  });
});

describe('a batch that does not fit into memory', () => {
  it('is told', async () => {
    const files = filesFor();
    const narrow: Compile = async (graph, feedback) => {
      const program = await compileReference(graph, feedback);
      return {
        ...program,
        bind() {
          throw new MemoryError('LM needs 5000 MiB of memory, and 4095 MiB is the most there can be', 5e9);
        },
      };
    };
    const events = await run(await experimentOf(language(), files), files, { compile: narrow });
    expect(events.at(-1)).toMatchObject({ kind: 'failed', step: 1, diagnostic: { code: 'RNN6031' } });
  });
});

describe('a loss that is not finite', () => {
  const exploding = `
    model M(v) {
      input  x: index(v)
      target y: index(v)
      state s: []
      s = prev s + 1
      logits = Dense(v)(Embedding(2)(x))
      loss   cross_entropy(logits, y) * (if s > 40 then exp(exp(s)) else 1)
    }
    train M { data text("a.txt")  window 5  batch 2  optimizer sgd(lr: 0.1)  steps 20 }`;

  it('stops the run with its step, and keeps the weights before', async () => {
    const files = filesFor();
    const events = await run(await experimentOf(exploding, files), files);
    const last = events.at(-1);
    expect(last).toMatchObject({ kind: 'failed', step: 9, diagnostic: { code: 'RNN6030' } });
    if (last?.kind !== 'failed') throw new Error('did not fail');
    expect(last.diagnostic.message).toMatch(/^at step 9 the (loss|norm of the gradient) is (Infinity|NaN)$/);
    expect(last.diagnostic.help).toBe('try a lower rate (it was 0.1), or clip 1.0 in the train block');
    const { tensors, metadata } = readSafetensors(files.contents.get('run/checkpoint.safetensors')!);
    expect(metadata.get('step')).toBe('8');
    for (const name of ['logits.Dense.W', 'logits.Embedding.W']) {
      expect([...(tensors.get(name)?.data ?? [NaN])].every(Number.isFinite)).toBe(true);
    }
    const straight = filesFor();
    await run(await experimentOf(exploding, straight), straight, { stopAfter: 8 });
    const eight = readSafetensors(straight.contents.get('run/checkpoint.safetensors')!).tensors;
    expect(tensors.get('logits.Dense.W')).toEqual(eight.get('logits.Dense.W'));
    const { run: stopped } = await resumeRun('run', files);
    if (stopped === undefined) throw new Error('cannot be opened');
    const [refused] = await run(stopped.experiment, files, { resume: stopped.checkpoint });
    expect(refused).toMatchObject({ kind: 'failed', diagnostic: { code: 'RNN6042' } });
  });

  it('weights that leave float32 while the loss is still finite are not kept', async () => {
    const leaving = `
      model M(n) {
        input  x: [n]
        target y: once []
        param w: [n]
        score: [] = dot(max over time x, w)
        loss (score - y) * 1e15
      }
      train M { data adding(length: 4)  batch 2  optimizer sgd(lr: 1e30)  steps 9  validate 3 }`;
    for (const steps of [9, 1]) {
      const files = filesFor();
      const wasm: Compile = (graph, feedback) => compile(graph, { target: 'wasm', feedback });
      const experiment = await experimentOf(leaving, files, [`steps=${steps}`]);
      const events = await run(experiment, files, { compile: wasm, target: 'wasm' });
      const last = events.at(-1);
      if (last?.kind !== 'failed') throw new Error('did not fail');
      expect(last.diagnostic.code).toBe('RNN6030');
      expect(last.diagnostic.message).toMatch(
        steps === 9 ? /^at step 2 the loss is/ : /^after step 1 w is no longer finite$/,
      );
      expect(last.diagnostic.notes).toContain('what was saved after step 0 is kept');
      for (const name of ['weights', 'checkpoint']) {
        const { tensors, metadata } = readSafetensors(files.contents.get(`run/${name}.safetensors`)!);
        expect(metadata.get('step')).toBe('0');
        expect([...tensors.get('w')!.data].every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('a checkpoint and weights with numbers that are not finite are told', async () => {
    const files = filesFor();
    await run(await experimentOf(language(), files), files, { stopAfter: 7 });
    for (const name of ['weights', 'checkpoint']) {
      const path = `run/${name}.safetensors`;
      const { tensors, metadata } = readSafetensors(files.contents.get(path)!);
      tensors.get('logits.Dense.W')!.data[3] = Number.NaN;
      files.contents.set(path, writeSafetensors(tensors, metadata));
    }
    const messages = [await openRun('run', files), await resumeRun('run', files)].map(({ diagnostics }) =>
      diagnostics.map((d) => d.message),
    );
    expect(messages).toEqual([
      ['run is not a run: in weights.safetensors logits.Dense.W holds NaN'],
      ['run is not a run: in checkpoint.safetensors logits.Dense.W holds NaN'],
    ]);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/base/random.ts';
import { checkGenerate, type GenerateOptions, generate } from '../../src/train/generate.ts';
import { train } from '../../src/train/loop.ts';
import { type GeneratingRun, openRun } from '../../src/train/open-run.ts';
import { draw, SampleFault, Sampler } from '../../src/train/sample.ts';
import { MemoryFiles, memoryHost } from './memory-host.ts';
import { compileReference, experimentOf } from './programs.ts';

const source = (generates: boolean) => `
cell RNN(n, m) {
  input x: [n]
  param h0: [m] ~ normal(1)
  state h: [m] = h0
  h = tanh(affine(x, prev h) + sin(t))
  output h
}
model LM(v, m = 6) {
  input  x: index(v)
  target y: index(v)
  h = RNN(m: m)(Embedding(4)(x))
  logits = Dense(v)(h)
  loss   cross_entropy(logits, y)
  ${generates ? 'generate x ~ categorical(logits)' : ''}
}
train LM { data text("a.txt", by: word)  window 4  batch 2  optimizer adam(lr: 0.05)  steps 30 }`;

async function trained(set: readonly string[], generates = true): Promise<MemoryFiles> {
  const files = new MemoryFiles({ 'a.txt': 'one two three four five six seven. '.repeat(30) });
  const options = { folder: 'run', host: memoryHost(files), compile: compileReference, target: 'reference' };
  const events = [];
  for await (const event of train(await experimentOf(source(generates), files, set), options))
    events.push(event);
  expect(events.at(-1)).toMatchObject({ kind: 'done', finished: true });
  return files;
}

async function opened(files: MemoryFiles): Promise<GeneratingRun> {
  const { run, diagnostics } = await openRun('run', files);
  expect(diagnostics).toEqual([]);
  if (run === undefined) throw new Error('cannot be opened');
  return run;
}

async function write(run: GeneratingRun, options: Partial<GenerateOptions>): Promise<string[]> {
  const whole = { prompt: '', length: 6, temperature: 1, seed: 1, ...options };
  expect(checkGenerate(run, whole)).toEqual([]);
  const pieces: string[] = [];
  for await (const piece of generate(run, whole, compileReference)) pieces.push(piece);
  return pieces;
}

describe('generating', () => {
  let words: MemoryFiles;
  let characters: MemoryFiles;
  beforeAll(async () => {
    words = await trained(['steps=100']);
    characters = await trained(['data.by=char']);
  });

  it('goes on from a prompt', async () => {
    const run = await opened(words);
    expect(await write(run, { prompt: 'two three', temperature: 0 })).toEqual([
      ' four',
      ' five',
      ' six',
      ' seven.',
      ' one',
      ' two',
    ]);
    expect((await write(run, { prompt: '' }))[0]).not.toMatch(/^ /);
    expect((await write(run, { prompt: 'two ' }))[0]).not.toMatch(/^ /);
  });

  it('is the same for the same seed', async () => {
    const run = await opened(characters);
    const options = { prompt: 'one', length: 40, temperature: 1.5 };
    const text = (await write(run, options)).join('');
    expect(text).toHaveLength(40);
    expect((await write(run, options)).join('')).toBe(text);
    expect((await write(run, { ...options, seed: 2 })).join('')).not.toBe(text);
  });

  it('reads the prompt at once as it would step by step', async () => {
    const run = await opened(characters);
    const prompt = run.vocabulary.encode('one two');
    const take = async (start: Int32Array, count: number) => {
      const sampler = new Sampler(run.programs, compileReference, run.weights);
      const drawn: number[] = [];
      for await (const k of sampler.sample(start, run.vocabulary.size, 0, new RandomStream(1, 'x'))) {
        drawn.push(k);
        if (drawn.length === count) break;
      }
      return drawn;
    };
    const all = await take(prompt.subarray(0, 1), 12);
    const start = Int32Array.of(prompt[0], ...all.slice(0, 5));
    expect(await take(start, 7)).toEqual(all.slice(5));
  });

  it('says what is wrong with the options', async () => {
    const run = await opened(characters);
    const bad = checkGenerate(run, { prompt: 'one §', length: 0, temperature: -1, seed: 1.5 });
    expect(bad.map((d) => `${d.code} ${d.message}`)).toEqual([
      'RNN6052 length cannot be 0',
      'RNN6052 temperature cannot be -1',
      'RNN6052 seed cannot be 1.5',
      'RNN6051 the model has never seen the character "§"',
    ]);
    const unknownWord = { prompt: 'nothing', length: 1, temperature: 1, seed: 1 };
    expect(checkGenerate(await opened(words), unknownWord)).toEqual([]);
  });

  it('says what is wrong with a folder', async () => {
    const codes = async (files: MemoryFiles, folder = 'run') =>
      (await openRun(folder, files)).diagnostics.map((d) => `${d.code} ${d.message}`);
    const broken = (path: string, text: string | undefined) => {
      const files = new MemoryFiles();
      for (const [name, bytes] of characters.contents) files.contents.set(name, bytes);
      if (text === undefined) files.contents.delete(`run/${path}`);
      else files.contents.set(`run/${path}`, new TextEncoder().encode(text));
      return files;
    };
    expect(await codes(characters, 'elsewhere')).toEqual([
      'RNN6040 elsewhere is not a run: cannot read settings.json: there is no such file',
    ]);
    const odd = 'RNN6040 run is not a run: its settings.json is not one that rnn train has written';
    for (const text of ['', '[]', '{"format": 2}', '{"format":"2"}']) {
      expect(await codes(broken('settings.json', text))).toEqual([odd]);
    }
    const settings = characters.text('run/settings.json');
    expect(
      await codes(broken('settings.json', settings.replace('source/m.rnn', 'source/../../m.rnn'))),
    ).toEqual([odd]);
    expect(await codes(broken('source/m.rnn', undefined))).toEqual([
      'RNN6040 run is not a run: cannot read source/m.rnn: there is no such file',
    ]);
    expect((await codes(broken('source/m.rnn', 'cell {'))).length).toBeGreaterThan(0);
    expect(await codes(broken('weights.safetensors', 'x'))).toHaveLength(1);
    expect(await codes(broken('weights.safetensors', undefined))).toEqual([
      'RNN6040 run is not a run: cannot read weights.safetensors: there is no such file',
    ]);
    expect(await codes(broken('vocabulary.json', '{"by":"char","entries":[1]}'))).toHaveLength(1);
    expect((await codes(broken('settings.json', settings.replace('"m": 6', '"m": 7'))))[0]).toMatch(
      /^RNN6040 run is not a run: in weights.safetensors \S+ is \[/,
    );
  });

  it('needs a model that says how', async () => {
    const files = await trained(['steps=1'], false);
    const { diagnostics } = await openRun('run', files);
    expect(diagnostics.map((d) => d.code)).toEqual(['RNN6050']);
  });
});

describe('one draw', () => {
  const logits = Float64Array.of(Math.log(0.2), Math.log(0.5), Math.log(0.3));
  const shares = (temperature: number) => {
    const random = new RandomStream(1, 'draws');
    const counts = [0, 0, 0];
    for (let k = 0; k < 20000; k++) counts[draw(logits, temperature, random)]++;
    return counts.map((n) => n / 20000);
  };

  it('follows the softmax of the logits over the temperature', () => {
    const [a, b, c] = shares(1);
    expect(Math.abs(a - 0.2)).toBeLessThan(0.01);
    expect(Math.abs(b - 0.5)).toBeLessThan(0.012);
    expect(Math.abs(c - 0.3)).toBeLessThan(0.012);
    const sharp = 0.04 + 0.25 + 0.09;
    expect(Math.abs(shares(0.5)[1] - 0.25 / sharp)).toBeLessThan(0.012);
    expect(shares(0)).toEqual([0, 1, 0]);
  });

  it('large logits do not overflow, and what is no number is told', () => {
    const random = new RandomStream(1, 'draws');
    expect(draw(Float64Array.of(1e4, -1e4), 1, random)).toBe(0);
    expect(draw(Float64Array.of(-Infinity, 3), 1, random)).toBe(1);
    for (const bad of [
      [NaN, 1],
      [1, NaN],
      [Infinity, 1],
      [-Infinity, -Infinity],
    ]) {
      expect(() => draw(Float64Array.from(bad), 1, random)).toThrow(SampleFault);
    }
  });
});

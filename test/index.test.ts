// The library: the lines of the README as they stand there, and what else its door does.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  FileFault,
  format,
  generate,
  indexTensor,
  load,
  loadArrays,
  RnnError,
  realTensor,
  saveArrays,
  type TrainEvent,
} from '../src/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rnn-library-'));
const home = process.cwd();

beforeAll(() => {
  cpSync(join(root, 'models'), join(folder, 'models'), { recursive: true });
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
afterEach(() => void vi.restoreAllMocks());

test('the lines of the README', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, lines] = /## The library\n[^#]*?```ts\n(.*?)```/s.exec(readme)!;
  expect(lines.trim().split('\n').length).toBeLessThanOrEqual(16);
  const file = join(folder, 'readme.ts');
  writeFileSync(file, lines.replace("'rnn-lang'", JSON.stringify(join(root, 'src/index.ts'))));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import(file);
  const said = log.mock.calls;
  expect(said.slice(0, 2)).toEqual([
    ['4 * m * n + 4 * m^2 + 4 * m'],
    [
      [1, 4, 3],
      [3, 2],
    ],
  ]);
  // What the comments beside the lines say.
  for (const words of said.slice(0, 2)) {
    const shown = words.map((word) =>
      typeof word === 'string' ? word : JSON.stringify(word).replaceAll(',', ', '),
    );
    expect(lines).toContain(`// ${shown.join(' ')}`);
  }
  expect(said.length).toBeGreaterThan(2);
  for (const [step, loss] of said.slice(2))
    expect([Number.isInteger(step), Number.isFinite(loss)]).toEqual([true, true]);
});

test('a text instead of a file; a batch with lengths', async () => {
  const text = 'cell Sum(n) { input x: [n]  state h: [n]  h = prev h + x  output h }';
  const sum = await load({ name: 'sum.rnn', text });
  expect(sum.names).toEqual(['Sum']);
  const x = realTensor([2, 2, 1], [1, 2, 3, Number.NaN]);
  const { h, 'state.h': last } = await sum.run({ x, lengths: indexTensor([2], [2, 1]) });
  expect([...h.data]).toEqual([1, 3, 3, 0]);
  expect([...last.data]).toEqual([3, 3]);
});

test('mistakes: diagnostics as data, and an RnnError where a method needs a sound program', async () => {
  const broken = await load({ name: 'broken.rnn', text: 'cell C(n) { input x: [n]  output y }' });
  expect(broken.diagnostics).toHaveLength(1);
  expect(() => broken.show()).toThrow(RnnError);
  expect(() => broken.show()).toThrow(/broken\.rnn:1:\d+/);
  await expect(load('models/lsmt.rnn')).rejects.toThrow(FileFault);
  await expect(load('models/lsmt.rnn')).rejects.toThrow(
    /^cannot read models\/lsmt\.rnn: there is no .*; did you mean models\/lstm\.rnn\?$/,
  );
  await expect(loadArrays('models/lstm.rnn')).rejects.toThrow(
    /^cannot read models\/lstm\.rnn as safetensors: /,
  );
  await expect(saveArrays('models/lstm.rnn/a.safetensors', {})).rejects.toThrow(/^cannot write models\/lstm/);

  const lstm = await load('models/lstm.rnn');
  await expect(lstm.run({ x: realTensor([1, 2, 2]) })).rejects.toThrow(/12 weights are missing/);
  expect(() => lstm.weights({ n: 2 }, 1)).toThrow(/the size m of LSTM has no value/);
  expect(() => lstm.show({}, { name: 'GRU' })).toThrow(/no cell and no model GRU/);
});

test('weights: from a seed, saved and loaded, the same on wasm', async () => {
  const lstm = await load('models/lstm.rnn');
  const sizes = { n: 2, m: 3 };
  const weights = lstm.weights(sizes, 4);
  expect(lstm.weights(sizes, 4)).toEqual(weights);
  expect(lstm.weights(sizes, 5)).not.toEqual(weights);
  await saveArrays('weights.safetensors', weights);
  expect(await loadArrays('weights.safetensors')).toEqual(weights);
  const x = realTensor([1, 3, 2], [1, 2, 3, 4, 5, 6]);
  const [exact, fast] = await Promise.all([
    lstm.run({ x, ...weights }),
    lstm.run({ x, ...weights }, { target: 'wasm' }),
  ]);
  exact.h.data.forEach((value, i) => {
    expect(Math.abs(fast.h.data[i] - value)).toBeLessThan(1e-6);
  });
});

test('format', () => {
  expect(format('cell C(n) {input x:[n] output x}')).toBe('cell C(n) {\n  input x: [n]\n  output x\n}\n');
  expect(() => format('cell C(n) {', 'c.rnn')).toThrow('c.rnn:1:11');
});

test('gradcheck', async () => {
  const report = (await load('models/gru.rnn')).gradcheck({ cases: 3, seed: 2 });
  expect(report).toMatchObject({ passed: true, cases: 3, seed: 2 });
});

test('a training that is stopped, and text from it', async () => {
  writeFileSync('small.txt', 'to be or not to be. '.repeat(100));
  const model = await load('models/char-lm.rnn');
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  const set = ['m=4', 'steps=50', 'window=8', 'batch=4'];
  for await (const event of model.train({
    folder: 'runs/small',
    set,
    data: ['small.txt'],
    signal: controller.signal,
  })) {
    events.push(event);
    if (event.kind === 'step' && event.step === 3) controller.abort();
  }
  expect(events.at(-1)).toMatchObject({ kind: 'done', step: 3, finished: false });

  const write = async (seed: number): Promise<string> => {
    let text = '';
    for await (const piece of generate('runs/small', { prompt: 'to ', length: 12, seed })) text += piece;
    return text;
  };
  expect(await write(1)).toHaveLength(12);
  expect(await write(1)).toBe(await write(1));
  await expect(generate('runs/none').next()).rejects.toThrow(/runs\/none is not a run/);
  await expect(generate('runs/small', { prompt: 'é' }).next()).rejects.toThrow(RnnError);
});

test('an experiment that cannot be made ready', async () => {
  const model = await load('models/char-lm.rnn');
  await expect(model.train({ folder: 'r', data: ['none.txt'] }).next()).rejects.toThrow(/none\.txt/);
});

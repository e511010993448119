// `rnn gradcheck`: the table, JSON, progress on a terminal, and a failure as it is shown.
import { expect, test } from 'vitest';
import { derivatives } from '../../src/autodiff/rules.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { gradientLines } from '../../src/cli/gradient-lines.ts';
import { paintFor } from '../../src/cli/paint.ts';
import { checkGradients } from '../../src/study/gradcheck.ts';
import { summarize } from '../../src/study/summary.ts';
import { checkFile } from '../check/programs.ts';
import { modelFiles, rnn } from './rig.ts';

test('a table with a line for each tensor; the same seed, the same table', async () => {
  const words = ['gradcheck', 'models/rnn.rnn', '--cases', '4', '--seed', '3'];
  const { code, out, err } = await rnn(words);
  expect([code, err]).toEqual([0, '']);
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^parameter +shape +gradient +difference +error$/);
  expect(lines.slice(1, 6).map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['W', '[m, n]'],
    ['U', '[m, m]'],
    ['b', '[m]'],
    ['x', '[batch, time, n]'],
    ['state.h', '[batch, m]'],
  ]);
  expect(out).toContain('RNN: every gradient is right (4 cases, seed 3)');
  expect(out).toMatch(/^ {2}forward mode, from a table of its own, gives the same to \d\.\de-1[5-9]$/m);
  expect((await rnn(words)).out).toBe(out);
});

test('--json', async () => {
  const { code, out } = await rnn(['gradcheck', 'models/rnn.rnn', '--cases', '2', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ passed: true, seed: 1, cases: 2, skipped: 0, modes: { passed: true } });
  expect(Object.keys(report.tensors[0]).sort()).toEqual([
    'difference',
    'error',
    'gradient',
    'name',
    'passed',
    'shape',
  ]);
});

test('progress on a terminal, and no trace of it after', async () => {
  const { err } = await rnn(['gradcheck', 'models/rnn.rnn', '--cases', '2'], { terminal: true });
  expect(err).toContain('checking gradients: case 1 of 2');
  expect(err.endsWith('\r\u001b[K')).toBe(true);
});

test('nothing that could be checked is no success', async () => {
  const files = modelFiles({ 'log.rnn': 'cell L(n) {\n  input x: [n]\n  output log(-(x * x) - 1)\n}\n' });
  const { code, out } = await rnn(['gradcheck', 'log.rnn', '--cases', '3'], { files });
  expect(code).toBe(1);
  expect(out).toContain('L: no case could be checked, 3 left out');
});

test('--set: a size that is not drawn, a hyperparameter; without its number the reason is told', async () => {
  const leaky =
    'cell Leaky(n, decay: real) {\n  input x: [n]\n  state h: [n]\n  h = decay * prev h + x\n  output h\n}\n';
  const files = modelFiles({ 'leaky.rnn': leaky });
  const none = await rnn(['gradcheck', 'leaky.rnn'], { files });
  expect(none.code).toBe(1);
  expect(none.err).toContain('decay');
  const words = ['gradcheck', 'leaky.rnn', '--set', 'decay=0.5', '--set', 'n=7', '--cases', '3', '--json'];
  const { code, out } = await rnn(words, { files });
  expect(code).toBe(0);
  expect(JSON.parse(out).tensors[0].shape.at(-1)).toBe(7);
});

test('a wrong gradient: the smallest case, and how to repeat it', () => {
  const file = checkFile('models/rnn.rnn');
  const report = checkGradients({
    sizes: ['n', 'm'],
    programOf: (sizes, startingStates) => elaborate(file, { sizes, mode: 'train', startingStates }).program,
    cases: 20,
    seed: 9,
    rules: { ...derivatives, tanh: [({ dy, y, times }) => times(dy, y)] },
  });
  const stream = { write() {}, terminal: false, columns: 80, colour: false };
  const text = gradientLines(summarize(file.blocks[0], new Map()), report, paintFor(stream)).join('\n');
  expect(text).toMatch(/^W +\[m, n\] .* wrong$/m);
  expect(text).toContain('RNN: a gradient is wrong');
  expect(text).toMatch(/^ {2}along a random direction reverse mode gives -?\d.*, forward mode -?\d/m);
  expect(text).toContain('n = 1, m = 1; one sequence of 1 step');
  expect(text).toMatch(/--cases \d+ --seed 9 repeats it/);
});

// `rnn gradcheck`: the table, what was tried and left out, the laws, JSON, progress on a terminal.
import { expect, test } from 'vitest';
import { modelFiles, rnn } from './rig.ts';
import { shownIn, withoutNumbers } from './shown.ts';

test('a table with a line for each tensor; the same seed, the same table', async () => {
  const words = ['gradcheck', 'models/rnn.rnn', '--cases', '2', '--seed', '3'];
  const { code, out, err } = await rnn(words);
  expect([code, err]).toEqual([0, '']);
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^tensor +shape +value +gradient +difference +error +compared +left out$/);
  expect(lines.slice(1, 6).map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['W', '[m, n]'],
    ['U', '[m, m]'],
    ['b', '[m]'],
    ['x', '[batch, time, n]'],
    ['state.h', '[batch, m]'],
  ]);
  expect(out).toMatch(/^tried +2 cases, seed 3; sizes n \d( to \d)?, m \d( to \d)?$/m);
  expect(out).toMatch(
    /^ +batches of \d( to \d)? sequences of \d( to \d)? steps, with padding in \d; starting states given in \d$/m,
  );
  expect(out).toMatch(/^left out +nothing of \d+ entries$/m);
  expect(out).toMatch(/^forward mode, from a table of its own, agrees +\d\.\de-1[5-9] +1e-11$/m);
  expect(out).toMatch(/^compiled \(WebAssembly, float32\) it is the same +\S+ +1e-4$/m);
  expect(out).not.toContain('Hessian');
  expect(lines.at(-2)).toBe('RNN: every gradient is right, and every law holds');
  expect((await rnn(words)).out).toBe(out);
});

test('--json', async () => {
  const { code, out } = await rnn(['gradcheck', 'models/rnn.rnn', '--cases', '2', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    program: 'RNN',
    passed: true,
    seed: 1,
    cases: 2,
    skipped: 0,
    atKinks: 0,
    leftOut: [],
    hidden: { stops: [], slopes: [], outputs: [], inputs: [] },
    modes: { passed: true },
    tried: { cases: 2 },
  });
  const [W] = report.tensors;
  expect(W).toMatchObject({
    name: 'W',
    passed: true,
    leftOut: 0,
    at: [expect.any(Number), expect.any(Number)],
  });
  expect(W.compared).toBeGreaterThan(0);
  expect(Math.abs(W.gradient - W.difference)).toBeLessThan(1e-9);
  const names = report.laws.map((law: { name: string }) => law.name);
  expect(names).toEqual(['unrolled', 'optimised', 'wasm', 'alone', 'order', 'padding', 'chunks', 'steps']);
  for (const law of report.laws) expect(law.error).toBeLessThanOrEqual(law.bound);
});

test('docs/gradcheck.md shows it so', async () => {
  const { out } = await rnn(['gradcheck', 'models/lstm.rnn', '--cases', '1']);
  const some = (text: string): string => text.replace(/^# further entries .*\n/m, '');
  expect(some(shownIn('docs/gradcheck.md', 'gradcheck models/lstm.rnn'))).toBe(some(withoutNumbers(out)));
});

test('--second', async () => {
  const { code, out } = await rnn(['gradcheck', 'models/rnn.rnn', '--cases', '1', '--second']);
  expect(code).toBe(0);
  for (const says of [
    'Hessian times vector, three ways',
    'the Hessian is symmetric',
    'a difference of gradients',
  ]) {
    expect(out).toMatch(new RegExp(`${says}.* \\d\\.\\de-\\d+ +1e-`));
  }
});

test('what is not looked at: stops, categories, laws that do not apply, sizes that are given', async () => {
  const cell = `cell Seen(n, m) {
  input x: [n]
  input word: index(3)
  h = bidirectional(RNN(m: m))(concat(x, Embedding(2)(word)))
  hard = if h > 0.5 then 1 else 0
  s = sigmoid(h) + stop(hard - sigmoid(h))
  output s
  pick = argmax(h)
  output pick
}
`;
  const files = modelFiles({ 'seen.rnn': `import RNN from "./models/rnn.rnn"\n${cell}` });
  const { code, out } = await rnn(['gradcheck', 'seen.rnn', '--cases', '2', '--set', 'n=2'], { files });
  expect(code).toBe(0);
  expect(out).toContain('sizes n = 2, m ');
  expect(out).toContain(
    'not seen  what stop(...) hides on line 7 of seen.rnn: differences do not look through it',
  );
  expect(out).toContain('          the output pick: a category or condition has no derivative');
  expect(out).toContain('          by the input word: no gradient is taken by categories');
  expect(out).toMatch(/^two chunks, .* - +1e-12 +does not apply: it runs backwards over the sequence too$/m);
  expect(out).toContain('Seen: every gradient is right, and every law that applies holds');
});

test('a gradient that is zero in every case is told: of it nothing was seen', async () => {
  // A clock that never strikes: frozen weights are drawn between -1 and 1 here, like all others.
  const cell = `cell Clock(n) {
  input x: [n]
  frozen param period: [] ~ uniform(-1, 1)
  param w, v: [n]
  output v * x + (if t mod period == 3 then w * x else 0 * x)
}
`;
  const words = ['gradcheck', 'clock.rnn', '--cases', '2'];
  const { code, out } = await rnn(words, { files: modelFiles({ 'clock.rnn': cell }) });
  expect(code).toBe(0);
  expect(out).toMatch(/^zero +the gradient of w, in every case: nothing that was tried depends on it$/m);
  expect(out.match(/in every case/g)).toHaveLength(1);
});

test('a tensor of which nothing could be compared is no success, though it is one entry among many', async () => {
  const cell =
    'cell Blind(n) {\n  input x: [n]\n  param w: [n]\n  param s: []\n  output x * w + abs(sin(1e6 * s))\n}\n';
  const words = ['gradcheck', 'blind.rnn', '--cases', '2', '--set', 'n=20'];
  const { code, out } = await rnn(words, { files: modelFiles({ 'blind.rnn': cell }) });
  expect(code).toBe(1);
  expect(out).toMatch(/^s +\[\] .* 0 +2$/m);
  expect(out).toContain(
    'Blind: it cannot be told whether the gradients are right: nothing of s could be compared',
  );
});

test('kinks: a few entries are left out, with their place; where they are too many it is no success', async () => {
  const files = modelFiles({
    'few.rnn': 'cell Few(n) {\n  input x: [n]\n  param w: [n]\n  y = abs(sin(1000 * w * x))\n  output y\n}\n',
    'many.rnn':
      'cell Many(n) {\n  input x: [n]\n  param w: [n]\n  y = abs(sin(30000 * w * x))\n  output y\n}\n',
  });
  const few = await rnn(['gradcheck', 'few.rnn', '--cases', '3', '--set', 'n=20'], { files });
  expect(few.code).toBe(0);
  expect(few.out).toMatch(/^left out +\d+ of [\d,]+ entries \([0-4]\.\d %\): a kink or jump/m);
  expect(few.out).toMatch(/^ +\d+ at few\.rnn:4:7 {2}y = abs\(sin\(1000 \* w \* x\)\)$/m);
  const many = await rnn(['gradcheck', 'many.rnn', '--cases', '4'], { files });
  expect(many.code).toBe(1);
  expect(many.out).toMatch(
    /Many: it cannot be told whether the gradients are right: in 5 of 5 cases more than 5 %/,
  );
  expect(many.out).toMatch(/^ +\d+ at many\.rnn:4:7/m);
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

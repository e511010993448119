// `rnn derive`: its formats, what it says of its check, and wrong use. What is derived is tested in test/derive.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load } from '../../src/index.ts';
import { modelFiles, rnn } from './rig.ts';

const strange = readFileSync(new URL('../laws/programs/fast-weights.rnn', import.meta.url), 'utf8');
const files = modelFiles({ 'fast-weights.rnn': strange });

test('as text, with a last line on how it was checked', async () => {
  const { code, out, err } = await rnn(['derive', 'models/lstm.rnn']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^cell LSTM: backpropagation through time\n/);
  expect(out).toContain('\n    d_c   = d_h * o * (1 - tanh(c)^2) + d_c[t+1] * f[t+1]\n');
  expect(out).toMatch(
    /\nRead back and evaluated on a random sequence \(n = 2, m = 3, T = 5\): the same gradients to 12 digits\.\n$/,
  );
  expect((await rnn(['derive', 'models/lstm.rnn'])).out).toBe(out);
});

test('in LaTeX and in Markdown', async () => {
  const latex = await rnn(['derive', 'models/gru.rnn', '--format', 'latex']);
  expect(latex.out).toContain('\\begin{align*}');
  expect(latex.out).toMatch(/\n% Read back and evaluated .*\n$/);
  const markdown = await rnn(['derive', 'models/gru.rnn', '--format', 'markdown']);
  expect(markdown.out).toContain('\n$$\n\\begin{aligned}\n');
  expect(markdown.out).toMatch(/^## GRU: /);
});

test('--json, and the same from the library', async () => {
  const { out } = await rnn(['derive', 'models/rnn.rnn', '--json']);
  const record = JSON.parse(out);
  expect(record).toMatchObject({ name: 'RNN', kind: 'cell', gradients: { W: 'd_W', x: 'd_x' } });
  const program = await load('models/rnn.rnn', modelFiles());
  const { text, latex, markdown, ...rest } = program.derive();
  expect(rest).toEqual(record);
  expect(text).toBe((await rnn(['derive', 'models/rnn.rnn'])).out);
  expect(latex).toContain('\\sum_{t}');
  expect(markdown).toContain('\\sum_{t}');
  expect(program.derive({ n: 3 }).given[0]).toMatchObject({ name: 'x', shape: ['3'] });
});

test('a number for a size is told as one, and for a hyperparameter taken', async () => {
  const { out } = await rnn(['derive', 'models/lstm.rnn', '--set', 'm=4', '--set', 'forget=2']);
  expect(out).toContain('h[-1] = zeros(4)');
  expect(out).toMatch(/forget +the number 2\n/);
});

describe('wrong use', () => {
  test.each([
    [['--format', 'html'], '--format html: it is one of text, latex, markdown'],
    [['--format', 'latex', '--json'], '--json is a format of its own'],
    [['--set', 'k=3'], 'RNN has n, m'],
  ])('%j', async (words, message) => {
    const { code, err } = await rnn(['derive', 'models/rnn.rnn', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('a cell with nothing to derive', async () => {
    const program = 'cell Largest(n) {\n  input x: [n]\n  output argmax(x)\n}\n';
    const { code, err } = await rnn(['derive', 'c.rnn'], { files: modelFiles({ 'c.rnn': program }) });
    expect(code).toBe(1);
    expect(err).toContain('error[RNN8201]: Largest gives nothing that has a gradient');
    expect(err).toContain('--> c.rnn:1:6');
  });
});

describe('docs/derive.md', () => {
  const document = readFileSync(new URL('../../docs/derive.md', import.meta.url), 'utf8');
  const shown = [...document.matchAll(/^```\n\$ rnn derive (\S+)\n(.*?)^```$/gms)];

  test('shows three cells as they are derived', async () => {
    const paths = shown.map(([, path]) => path);
    expect(paths).toEqual(['models/lstm.rnn', 'models/gru.rnn', 'fast-weights.rnn']);
    for (const [, path, text] of shown) expect(text).toBe((await rnn(['derive', path], { files })).out);
  });

  test('and a formula in LaTeX', async () => {
    const { out } = await rnn(['derive', 'models/lstm.rnn', '--format', 'markdown']);
    const [, formulas] = /^\$\$\n(.*?)^\$\$$/ms.exec(document)!;
    expect(out).toContain(formulas);
  });

  test('shows the strange cell itself', () => {
    const [, program] = /^```rnn\n(.*?)^```$/ms.exec(document)!;
    expect(strange).toContain(program);
  });
});

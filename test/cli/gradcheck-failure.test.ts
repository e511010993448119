// `rnn gradcheck` where a gradient is wrong. No program can do that, so the table of derivatives has a fault here: the
// failure is shown, kept in a file that takes no other's place, and repeated from it.
import { expect, test, vi } from 'vitest';
import { FileFault } from '../../src/runtime/files.ts';
import { modelFiles, rnn } from './rig.ts';
import { shownIn, withoutNumbers } from './shown.ts';

vi.mock('../../src/autodiff/rules.ts', async (original) => {
  const module = await original<typeof import('../../src/autodiff/rules.ts')>();
  return {
    ...module,
    derivatives: {
      ...module.derivatives,
      sin: [(at: Parameters<(typeof module.derivatives.sin)[0]>[0]) => at.times(at.dy, at.y)],
    },
  };
});

const wave =
  'cell Wave(n, m) {\n  input x: [n]\n  state h: [m]\n  h = sin(affine(x, prev h))\n  output h\n}\n';
const words = ['gradcheck', 'lib/wave.rnn', '--cases', '3', '--seed', '9'];

test('the table, the smallest case, and the file, which repeats it', async () => {
  const files = modelFiles({ 'lib/wave.rnn': wave });
  const { code, out } = await rnn(words, { files });
  expect(code).toBe(1);
  expect(out).toMatch(/^h\.W_x +\[m, n\] .* wrong$/m);
  expect(out).toContain('Wave: a gradient is wrong');
  expect(out).toMatch(/^ {2}along a random direction reverse mode gives -?\d.*, forward mode -?\d/m);
  expect(out).toContain('n = 1, m = 1; one sequence of 1 step');
  expect(out).toContain('--cases 1 --seed 9 repeats it');
  expect(out).toContain('all of it is in wave.gradcheck.json: rnn gradcheck wave.gradcheck.json');

  const again = await rnn(['gradcheck', 'wave.gradcheck.json'], { files });
  expect(again.code).toBe(1);
  expect(again.out).toContain('wave.rnn, n = 1, m = 1; one sequence of 1 step');
  expect(again.out).toContain('Wave: it fails in exactly the same way');
  expect(again.out).toMatch(/^ {2}difference +-?\d/m);
  const { broken } = JSON.parse((await rnn(['gradcheck', 'wave.gradcheck.json', '--json'], { files })).out);
  expect(broken).toMatchObject({ law: 'gradients', what: 'h.W_x[0, 0]' });
});

test('no file is overwritten; --out says where; --json says it too', async () => {
  const files = modelFiles({ 'lib/wave.rnn': wave, 'wave.gradcheck.json': 'mine' });
  const { out } = await rnn([...words, '--json'], { files });
  expect(files.text('wave.gradcheck.json')).toBe('mine');
  const report = JSON.parse(out);
  expect(report).toMatchObject({ program: 'Wave', passed: false, file: 'wave-2.gradcheck.json' });
  expect(JSON.parse(files.text(report.file)).program).toBe('Wave');
  for (const place of ['here.json', 'here-2.json']) {
    expect((await rnn([...words, '--out', 'here.json'], { files })).out).toContain(`is in ${place}: `);
  }
});

test('a place that cannot be written to: the report is there all the same', async () => {
  const files = modelFiles({ 'lib/wave.rnn': wave });
  files.create = () => Promise.reject(new FileFault('the disk is full'));
  const { code, out, err } = await rnn(words, { files });
  expect(code).toBe(1);
  expect(out).toContain('Wave: a gradient is wrong');
  expect(err).toContain('cannot write wave.gradcheck.json: the disk is full');
});

test('docs/gradcheck.md shows it so', async () => {
  const files = modelFiles({ 'wave.rnn': wave });
  const { out } = await rnn(['gradcheck', 'wave.rnn'], { files });
  expect(shownIn('docs/gradcheck.md', 'gradcheck wave.rnn')).toBe(withoutNumbers(out));
  const again = await rnn(['gradcheck', 'wave.gradcheck.json'], { files });
  expect(shownIn('docs/gradcheck.md', 'gradcheck wave.gradcheck.json')).toBe(withoutNumbers(again.out));
});

test('a training is refused', async () => {
  const model = `${wave}model M {
  input x: [2]
  target y: once []
  loss (sum(last Wave(m: 1)(x)) - y) ^ 2
}
train M { data adding(length: 4)  steps 1  batch 2  optimizer sgd(lr: 0.1) }
`;
  const { code, err } = await rnn(['train', 'm.rnn'], { files: modelFiles({ 'm.rnn': model }) });
  expect([code, err]).toEqual([1, expect.stringContaining('the gradients of M are wrong')]);
  expect(err).toMatch(/^h\.h\.W_x .* wrong$|wrong$/m);
});

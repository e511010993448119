// `rnn format`: which files are written, what is printed, the exit code.
import { expect, test } from 'vitest';
import { modelFiles, rnn } from './rig.ts';

const loose = 'cell C(n) {input x:[n] # x\noutput x}';
const laidOut = 'cell C(n) {\n  input x: [n]  # x\n  output x\n}\n';
const bad = 'cell C(n) {\n  output (1\n}\n';

function trio() {
  const files = modelFiles({ 'loose.rnn': loose, 'bad.rnn': bad });
  const written: string[] = [];
  const { write } = files;
  files.write = (path, bytes) => {
    written.push(path);
    return write.call(files, path, bytes);
  };
  return { files, written };
}

test('what is not in the layout is written anew and named, the rest is not touched', async () => {
  const { files, written } = trio();
  const outcome = await rnn(['format', 'models/lstm.rnn', 'loose.rnn', 'models/gru.rnn'], { files });
  expect(outcome).toMatchObject({ code: 0, out: 'loose.rnn\n', err: '' });
  expect(files.text('loose.rnn')).toBe(laidOut);
  expect(written).toEqual(['loose.rnn']);
  const again = await rnn(['format', 'loose.rnn'], { files, terminal: true });
  expect(again).toMatchObject({ code: 0, out: '', err: '1 file: 0 changed\n' });
  expect(written).toEqual(['loose.rnn']);
});

test('--check writes nothing, names what would change, and ends with 1', async () => {
  const { files, written } = trio();
  const words = ['format', '--check', 'models/lstm.rnn', 'loose.rnn', 'loose.rnn'];
  const outcome = await rnn(words, { files, terminal: true });
  expect(outcome).toMatchObject({ code: 1, out: 'loose.rnn\n', err: '2 files: 1 not in the layout\n' });
  expect(written).toEqual([]);
  expect(await rnn(['format', '--check', 'models/lstm.rnn'], { files })).toMatchObject({ code: 0, out: '' });
});

test('a file that cannot be read stays as it is, and does not stop the others', async () => {
  const { files, written } = trio();
  const { code, out, err } = await rnn(['format', 'bad.rnn', 'none.rnn', 'loose.rnn'], { files });
  expect([code, out]).toEqual([1, 'loose.rnn\n']);
  expect(err).toContain('error[RNN1010]: this ( is never closed');
  expect(err).toContain('error[RNN7001]: cannot read none.rnn: there is no such file');
  expect(err).toMatch(/\n\n3 files: 1 changed\n$/);
  expect(written).toEqual(['loose.rnn']);
});

test('what a program means does not matter', async () => {
  const files = modelFiles({ 'a.rnn': 'cell C(n) { output nowhere }' });
  expect(await rnn(['format', 'a.rnn'], { files })).toMatchObject({ code: 0, err: '' });
  expect(files.text('a.rnn')).toBe('cell C(n) {\n  output nowhere\n}\n');
});

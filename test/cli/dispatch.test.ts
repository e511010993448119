// Help, version, wrong use, and what the command says of its own bugs.
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { modelFiles, rnn } from './rig.ts';

test('help of the whole and of each command', async () => {
  const general = await rnn(['--help']);
  expect(general.code).toBe(0);
  expect(general.out.replace(/^rnn \S+:/, 'rnn VERSION:')).toMatchSnapshot();
  for (const { name } of commands) {
    const { code, out, err } = await rnn([name, '--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatchSnapshot(name);
    expect((await rnn(['help', name])).out).toBe(out);
    expect((await rnn([name, '--nonsense', '-h'])).out).toBe(out);
  }
});

test('help fits a terminal, and shows two examples of every command', async () => {
  for (const { name, examples } of commands) {
    const { out } = await rnn([name, '--help']);
    const longest = Math.max(...out.split('\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(100);
    expect(examples.length).toBeGreaterThanOrEqual(2);
  }
});

test('the version', async () => {
  const { code, out } = await rnn(['--version']);
  expect(code).toBe(0);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('nothing at all: help, as wrong use', async () => {
  const { code, out, err } = await rnn([]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('Usage: rnn COMMAND');
});

describe('wrong use ends with 2 and says where to look', () => {
  const wrong: readonly [words: readonly string[], ...says: string[]][] = [
    [['trian', 'a.rnn'], 'there is no command "trian"', 'did you mean rnn train?', 'rnn --help'],
    [['--versoin'], 'there is no option "--versoin"'],
    [['models/lstm.rnn'], 'a command is missing', 'did you mean rnn check models/lstm.rnn?'],
    [['help', 'shwo'], 'there is no command "shwo"', 'did you mean rnn show?'],
    [['show'], 'rnn show needs FILE [NAME]', 'rnn show --help'],
    [['show', 'a.rnn', '--grpah'], 'has no option --grpah', 'did you mean --graph?', 'rnn show --help'],
  ];
  test.each(wrong)('%j', async (words, ...says) => {
    const { code, out, err } = await rnn(words);
    expect([code, out]).toEqual([2, '']);
    for (const text of says) expect(err).toContain(text);
  });
});

describe('a bug of ours', () => {
  const broken = modelFiles();
  broken.read = () => Promise.reject(new Error('the roof is leaking'));

  test('ends with 70, asks to report it, and shows no stack', async () => {
    const { code, err } = await rnn(['check', 'models/lstm.rnn'], { files: broken });
    expect(code).toBe(70);
    expect(err).toContain('a bug in rnn, and not a mistake of yours: the roof is leaking');
    expect(err).toContain('Please report it with the file and this line: rnn check models/lstm.rnn');
    expect(err).not.toContain('    at ');
  });

  test('with RNN_DEBUG the stack is there', async () => {
    const { err } = await rnn(['check', 'models/lstm.rnn'], { files: broken, debug: true });
    expect(err).toContain('    at ');
  });
});

test('colours on a terminal only', async () => {
  const plain = await rnn(['show', 'models/lstm.rnn']);
  const coloured = await rnn(['show', 'models/lstm.rnn'], { terminal: true });
  expect(plain.out).not.toContain('\u001b');
  expect(coloured.out).toContain('\u001b[1mLSTM\u001b[0m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  expect(coloured.out.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.out);
});

test('what comes from outside cannot steer a terminal', async () => {
  const name = 'a\u001b[2Jb.rnn';
  const { err } = await rnn(['show', name]);
  expect(err).not.toContain('\u001b');
  const files = modelFiles({
    'c.rnn': '## Clears\u001b[2J the screen.\ncell C(n) {\n  input x: [n]\n  output x\n}\n',
  });
  const { out } = await rnn(['show', 'c.rnn'], { files });
  expect(out).toContain('Clears');
  expect(out).not.toContain('\u001b');
});

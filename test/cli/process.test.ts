// The real command as a process: what only a process has. Pipes that close, signals, exit codes, the environment.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleAll } from '../../scripts/build.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rnn-process-'));
const model = (name: string): string => join(root, 'models', name);

beforeAll(() => bundleAll(folder));
afterAll(() => rmSync(folder, { recursive: true }));

function start(...words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(folder, 'rnn.js'), ...words], { cwd: folder });
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function end(child: ChildProcess): Promise<Ended> {
  const written = { out: '', err: '' };
  child.stdout!.on('data', (bytes: Buffer) => {
    written.out += bytes.toString();
  });
  child.stderr!.on('data', (bytes: Buffer) => {
    written.err += bytes.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...written })));
}

test('exit codes and where text goes', async () => {
  writeFileSync(join(folder, 'bad.rnn'), 'cell C(n) {\n  input x: [n]\n  output y\n}\n');
  const [fine, fault, misuse, missing] = await Promise.all([
    end(start('show', model('lstm.rnn'))),
    end(start('check', 'bad.rnn')),
    end(start('chekc')),
    end(start('check', 'bda.rnn')),
  ]);
  expect([fine.code, fault.code, misuse.code, missing.code]).toEqual([0, 1, 2, 1]);
  expect(fine.out).toMatch(/^cell LSTM/);
  expect([fine.err, fault.out, misuse.out]).toEqual(['', '', '']);
  expect(fault.err).toContain('bad.rnn:3:10');
  expect(missing.err).toContain('did you mean bad.rnn?');
});

test('what is told of a code is inside of the command', async () => {
  const { code, out, err } = await end(start('explain', 'RNN3002'));
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('error[RNN3002]: cannot multiply');
});

test('a folder where a file is wanted', async () => {
  mkdirSync(join(folder, 'programs'));
  writeFileSync(join(folder, 'programs', 'a.rnn'), 'cell C(n) { input x: [n]  output x }');
  const { code, err } = await end(start('show', 'programs'));
  expect(code).toBe(1);
  expect(err).toContain('cannot read programs: it is a folder');
  expect(err).toContain('it holds programs/a.rnn');
});

test('a reader that goes away is no error', async () => {
  const child = start('show', model('char-lm.rnn'), '--set', 'v=9', '--unroll', '200');
  let err = '';
  child.stderr!.on('data', (bytes: Buffer) => {
    err += bytes.toString();
  });
  child.stdout!.once('data', () => child.stdout!.destroy());
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect([code, err]).toEqual([0, '']);
});

test('Ctrl-C saves and stops', async () => {
  writeFileSync(join(folder, 'text.txt'), 'so it goes, and goes, and goes on. '.repeat(300));
  const words = [
    '--data',
    'text.txt',
    '--set',
    'm=8',
    '--set',
    'steps=100000',
    '--out',
    'run',
    '--json',
    '--unchecked',
  ];
  const child = start('train', model('char-lm.rnn'), ...words);
  child.stdout!.once('data', () => child.kill('SIGINT'));
  const { code, err, out } = await end(child);
  expect(code).toBe(130);
  expect(err).toContain('stopping after this step');
  expect(out).toMatch(/"kind":"done","step":\d+,"finished":false/);
  expect(existsSync(join(folder, 'run', 'checkpoint.safetensors'))).toBe(true);
});

test('what is said to type can be typed: by the way in which it was called', async () => {
  writeFileSync(join(folder, 'few.txt'), 'so it goes, and goes. '.repeat(300));
  const words = ['--data', 'few.txt', '--set', 'm=4', '--set', 'steps=1', '--out', 'few', '--unchecked'];
  const { code, out } = await end(start('train', model('char-lm.rnn'), ...words));
  expect(code).toBe(0);
  expect(out).toMatch(/^to read more of it: node \S*rnn\.js generate few$/m);
});

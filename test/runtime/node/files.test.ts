// Files on the disk: written whole or not at all, and failures in words.
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FileFault } from '../../../src/runtime/files.ts';
import { nodeFiles } from '../../../src/runtime/node/files.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rnn-files-')));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const inFolder = (name: string): string => join(folder, name);

async function fault(work: Promise<unknown>): Promise<FileFault> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FileFault)) throw new Error(`no FileFault: ${String(error)}`);
  return error;
}

test('what is written is read back, and nothing else is left in the folder', async () => {
  await nodeFiles.makeFolder(inFolder('a/b'));
  await nodeFiles.write(inFolder('a/b/c.txt'), bytes('one'));
  await nodeFiles.write(inFolder('a/b/c.txt'), bytes('two'));
  await nodeFiles.append(inFolder('a/b/c.txt'), bytes(' three'));
  expect(new TextDecoder().decode(await nodeFiles.read(inFolder('a/b/c.txt')))).toBe('two three');
  expect(readdirSync(inFolder('a/b'))).toEqual(['c.txt']);
  expect([await nodeFiles.exists(inFolder('a/b/c.txt')), await nodeFiles.exists(inFolder('a/d'))]).toEqual([
    true,
    false,
  ]);
});

test('of two that create a file or a folder, one succeeds', async () => {
  const create = (text: string): Promise<boolean> => nodeFiles.create(inFolder('once.txt'), bytes(text));
  const made = await Promise.all([create('one'), create('two')]);
  expect([...made].sort()).toEqual([false, true]);
  expect(readFileSync(inFolder('once.txt'), 'utf8')).toBe(made[0] ? 'one' : 'two');
  expect(await create('three')).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('once'))).toEqual(['once.txt']);
  for (let k = 0; k < 50; k++) {
    const folders = [1, 2, 3].map(() => nodeFiles.makeFolder(inFolder(`deep${k}/er`)));
    expect((await Promise.all(folders)).filter(Boolean)).toEqual([true]);
  }
});

test('who may read and write a file stays', async () => {
  writeFileSync(inFolder('mine.txt'), 'old');
  chmodSync(inFolder('mine.txt'), 0o640);
  await nodeFiles.write(inFolder('mine.txt'), bytes('new'));
  expect(statSync(inFolder('mine.txt')).mode & 0o777).toBe(0o640);
});

test('a link stays a link, and what is no file is written to as it is', async () => {
  writeFileSync(inFolder('real.txt'), 'old');
  symlinkSync(inFolder('real.txt'), inFolder('link.txt'));
  await nodeFiles.write(inFolder('link.txt'), bytes('new'));
  expect(readFileSync(inFolder('real.txt'), 'utf8')).toBe('new');
  await nodeFiles.write('/dev/null', bytes('gone'));
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('failures say why, and what may have been meant', async () => {
  writeFileSync(inFolder('lstm.rnn'), '');
  const missing = await fault(nodeFiles.read(inFolder('lsmt.rnn')));
  expect(missing.message).toBe('there is no such file or folder');
  expect(missing.help).toBe(`did you mean ${inFolder('lstm.rnn')}?`);

  const aFolder = await fault(nodeFiles.read(folder));
  expect(aFolder.message).toBe('it is a folder');
  expect(aFolder.help).toBe(`it holds ${inFolder('lstm.rnn')}`);

  expect((await fault(nodeFiles.read(inFolder('lstm.rnn/x')))).message).toMatch('a file and not a folder');
  expect((await fault(nodeFiles.read('a\0b'))).message).toMatch('a character that no file name can');
  expect((await fault(nodeFiles.write(inFolder('none/x'), bytes('')))).message).toMatch(
    'no such file or folder',
  );
  expect((await fault(nodeFiles.makeFolder(inFolder('lstm.rnn')))).message).toMatch('is in the way');
});

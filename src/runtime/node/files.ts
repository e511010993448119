// Files as Node has them. Paths are relative to the working directory.
import {
  appendFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { suggest } from '../../base/suggest.ts';
import { FileFault, type Files } from '../files.ts';

/** The file system. */
export const nodeFiles: Files = {
  read: (path) => inWords(path, () => readFile(path)),
  async exists(path) {
    const found = await stat(path).catch(() => undefined);
    return found !== undefined;
  },
  write: (path, bytes) => inWords(path, () => writeWhole(path, bytes)),
  create: (path, bytes) => inWords(path, () => createWhole(path, bytes)),
  append: (path, bytes) => inWords(path, () => appendFile(path, bytes)),
  makeFolder: (path) => inWords(path, () => makeNewFolder(path)),
};

/** The folders above it first: of a call that makes several, it is not known which of them it has made itself. */
async function makeNewFolder(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
    return false;
  }
}

/**
 * Writes beside the file, waits for the disk, and puts it in place, which is one step for the system. Links stay
 * links, who may read it stays, and what is no file (/dev/null, a named pipe) is written to as it is.
 */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const present = await stat(path).catch(() => undefined);
  if (present !== undefined && !present.isFile()) return writeFile(path, bytes);
  const place = present === undefined ? path : await realpath(path);
  const beside = besideOf(place);
  try {
    await writeAndSync(beside, bytes, present?.mode);
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** As `writeWhole`, but a link is what puts it in place: it fails where there is a file, which renaming would take away. */
async function createWhole(path: string, bytes: Uint8Array): Promise<boolean> {
  const beside = besideOf(path);
  try {
    await writeAndSync(beside, bytes);
    await link(beside, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

let parts = 0;

/** A name of its own for each writing, of this process and of others. */
function besideOf(path: string): string {
  return `${path}.${process.pid}-${parts++}.part`;
}

/** `mode`: who may read and write it; what is usual, where it is not given. */
async function writeAndSync(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const handle = await open(path, 'w');
  try {
    if (mode !== undefined) await handle.chmod(mode & 0o7777);
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inWords<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    throw new FileFault(reasons[code] ?? (code || String(error)), await helpFor(code, path));
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file and not a folder',
  EEXIST: 'a file of this name is in the way',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links go round in a circle',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk can only be read',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GB, which is more than can be read at once',
  ERR_INVALID_ARG_VALUE: 'its name holds a character that no file name can',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function helpFor(code: string, path: string): Promise<string | undefined> {
  const slash = path.lastIndexOf('/');
  const folder = path.slice(0, slash + 1);
  if (code === 'ENOENT') {
    const near = suggest(path.slice(slash + 1), await namesIn(folder === '' ? '.' : folder));
    return near === undefined ? undefined : `did you mean ${folder}${near}?`;
  }
  if (code !== 'EISDIR') return undefined;
  const program = (await namesIn(path)).find((name) => name.endsWith('.rnn'));
  return program === undefined ? undefined : `it holds ${path.replace(/\/$/, '')}/${program}`;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort();
}

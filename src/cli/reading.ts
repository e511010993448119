// Files that a person names on the command line: reading and writing, with the words for what goes wrong.
import { FileFault, type Files } from '../runtime/files.ts';
import { InputFault } from './command.ts';

/** Reads a file whole. */
export function readBytes(path: string, files: Files): Promise<Uint8Array> {
  return inWords(`cannot read ${path}`, files.read(path));
}

/** Writes a file whole, or leaves what was there. */
export function writeBytes(path: string, bytes: Uint8Array, files: Files): Promise<void> {
  return inWords(`cannot write ${path}`, files.write(path, bytes));
}

/** Writes a new file whole. False where there is one of that name, which stays. */
export function createBytes(path: string, bytes: Uint8Array, files: Files): Promise<boolean> {
  return inWords(`cannot write ${path}`, files.create(path, bytes));
}

async function inWords<Result>(what: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FileFault) throw new InputFault(`${what}: ${error.message}`, error.help);
    throw error;
  }
}

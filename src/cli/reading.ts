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

/** Writes a file that is not there yet. False where it is, and stays. */
export function createFile(path: string, bytes: Uint8Array, files: Files): Promise<boolean> {
  return inWords(`cannot write ${path}`, files.create(path, bytes));
}

/** An `InputFault` in the place of a `FileFault`, with what was wanted before the reason. */
export async function inWords<Result>(what: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FileFault) throw new InputFault(`${what}: ${error.message}`, error.help);
    throw error;
  }
}

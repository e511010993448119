/**
 * Text files as data: read whole, strictly as UTF-8, and every fault told at the place that names the file. A byte
 * order mark at the start is not a part of the text.
 */
import type { Diagnostic } from '../../base/diagnostic.ts';
import { FileFault, type Files } from '../../runtime/files.ts';
import { type FileName, problem } from '../call.ts';

/** What one string can hold, a little less than 2^29 characters, is what a text may have: in bytes, and all together. */
export const MOST_TEXT = 2 ** 29 - 2 ** 20;

type Report = (diagnostic: Diagnostic) => void;

/** The text of a file; undefined where a fault was reported. */
export async function readText(file: FileName, files: Files, report: Report): Promise<string | undefined> {
  const { path } = file;
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    const inBlock = file.span.source.name !== '--data';
    report(
      problem('RNN6020', `cannot read ${path}: ${fault.message}`, file.span, 'named here', {
        notes: inBlock ? ['paths in a train block are relative to its file; --data FILE takes another'] : [],
        help: fault.help,
      }),
    );
    return undefined;
  }
  if (bytes.length > MOST_TEXT) {
    const megabytes = (count: number): string => `${Math.ceil(count / 2 ** 20)} MiB`;
    const message = `${path} has ${megabytes(bytes.length)}, and a text may have ${megabytes(MOST_TEXT)}`;
    report(problem('RNN6031', message, file.span, 'named here', { help: 'take a part of it' }));
    return undefined;
  }
  const text = decode(bytes);
  if (text === undefined) {
    const notes = [`line ${firstBadLine(bytes)} has bytes that are no characters in UTF-8`];
    const help = 'save it as UTF-8';
    report(problem('RNN6021', `${path} is not a UTF-8 text`, file.span, 'named here', { notes, help }));
    return undefined;
  }
  if (text.trim() === '') {
    report(problem('RNN6022', `there is no text in ${path}`, file.span, 'named here'));
    return undefined;
  }
  return text;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The number (from 1) of the first line that is not UTF-8: no character's bytes hold a line end. */
function firstBadLine(bytes: Uint8Array): number {
  const lineEnd = 10;
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const next = bytes.indexOf(lineEnd, start);
    const end = next < 0 ? bytes.length : next;
    if (decode(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
  return line;
}

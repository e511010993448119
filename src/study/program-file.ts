// A program from its file: the text and all that it imports are read, then parsed and checked. Reading is the only thing
// here that touches the world, through the files that the door hands in.
import { type Diagnostic, sortDiagnostics } from '../base/diagnostic.ts';
import { makeSource, type Source } from '../base/source.ts';
import { check } from '../check/check.ts';
import type { CheckedFile } from '../check/checked.ts';
import { parse } from '../parser/parse.ts';
import type { SyntaxFile } from '../parser/tree.ts';
import { FileFault, type Files } from '../runtime/files.ts';
import { folderOf, joinPath, normalizePath } from '../runtime/paths.ts';

/** The largest program that is read: a thousand pages. A file beyond that is something else. */
const largestProgram = 4 * 1024 * 1024;

export interface ProgramFile {
  readonly source: Source;
  /** The file itself and all that it imports, directly or not. */
  readonly sources: readonly Source[];
  /** Undefined where the file could not be checked at all; there may be errors where it is given. */
  readonly checked: CheckedFile | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads, parses and checks a file. An import that cannot be read is a diagnostic; the file itself rejects with a
 * `FileFault`.
 */
export async function loadProgramFile(path: string, files: Files): Promise<ProgramFile> {
  return checkSource(await readSource(path, files), files);
}

/** Checks a text that is already there. Its imports are relative to the path that its name says. */
export async function checkSource(source: Source, files: Files): Promise<ProgramFile> {
  const { file, diagnostics } = parse(source);
  const sources = await readImports(file, files);
  const checked = check(file, (path, from) => sources.get(importedPath(path, from.name)));
  return {
    source,
    sources: [...sources.values()],
    checked: checked.program,
    diagnostics: sortDiagnostics([...new Set([...diagnostics, ...checked.diagnostics])]),
  };
}

/** Reads a text. Bytes that are not UTF-8 become U+FFFD: the parser says where they are. */
export async function readSource(path: string, files: Files): Promise<Source> {
  const bytes = await files.read(path);
  if (bytes.length > largestProgram) {
    const megabytes = Math.ceil(bytes.length / 1024 / 1024);
    throw new FileFault(
      `it has ${megabytes} MB, and a program is a few pages of text`,
      'is it the right file?',
    );
  }
  return makeSource(path, new TextDecoder().decode(bytes));
}

/** All that a file imports, directly or not, by path; with the file itself. What cannot be read is left out. */
async function readImports(main: SyntaxFile, files: Files): Promise<ReadonlyMap<string, Source>> {
  const sources = new Map([[importedPath(main.source.name, ''), main.source]]);
  const missing = new Set<string>();
  const waiting = [main];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const declaration of file.declarations) {
      if (declaration.kind !== 'import') continue;
      const path = importedPath(declaration.path, file.source.name);
      if (sources.has(path) || missing.has(path)) continue;
      try {
        const source = await readSource(path, files);
        sources.set(path, source);
        waiting.push(parse(source).file);
      } catch (error) {
        if (!(error instanceof FileFault)) throw error;
        missing.add(path);
      }
    }
  }
  return sources;
}

/** `models/lstm.rnn` for `./lstm.rnn` in `models/char-lm.rnn`. */
function importedPath(path: string, from: string): string {
  return normalizePath(joinPath(folderOf(from), path));
}

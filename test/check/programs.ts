// Programs of the repository for tests: read, checked and elaborated; a diagnostic is a failed test.

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { render } from '../../src/base/render.ts';
import { makeSource, type Source } from '../../src/base/source.ts';
import { check } from '../../src/check/check.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { type ElaborateOptions, elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { parse } from '../../src/parser/parse.ts';

const ROOT = new URL('../../', import.meta.url);

function readSource(path: string): Source | undefined {
  try {
    return makeSource(path, readFileSync(new URL(path, ROOT), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Checks a file of the repository, by its path from the root. */
export function checkFile(path: string): CheckedFile {
  const source = readSource(path);
  if (source === undefined) throw new Error(`there is no ${path}`);
  return checkText(source);
}

/** Checks a text; imports are files of the repository. */
export function checkText(source: Source): CheckedFile {
  const parsed = parse(source);
  const checked = check(parsed.file, (path, from) => readSource(posix.join(posix.dirname(from.name), path)));
  const diagnostics = [...parsed.diagnostics, ...checked.diagnostics].filter((d) => d.severity === 'error');
  if (diagnostics.length > 0 || checked.program === undefined) {
    throw new Error(render(diagnostics, { colour: false }));
  }
  return checked.program;
}

export function elaborateFile(path: string, options: ElaborateOptions): Program {
  return elaborated(checkFile(path), options);
}

export function elaborateText(text: string, options: ElaborateOptions): Program {
  return elaborated(checkText(makeSource('models/test.rnn', text)), options);
}

function elaborated(file: CheckedFile, options: ElaborateOptions): Program {
  const { program, diagnostics } = elaborate(file, options);
  if (program === undefined) throw new Error(render(diagnostics, { colour: false }));
  return program;
}

// For tests of the checker: texts in, the checked program or rendered diagnostics out.

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { render } from '../../src/base/render.ts';
import { makeSource, type Source } from '../../src/base/source.ts';
import { check } from '../../src/check/check.ts';
import type { CheckedCell, CheckedFile } from '../../src/check/checked.ts';
import { showSizes } from '../../src/check/size.ts';
import { parse } from '../../src/parser/parse.ts';

/** A reader of files below a folder: `bad/imports/gate.rnn`. */
export function reader(folder: URL): (path: string) => Source | undefined {
  return (path) => {
    try {
      return makeSource(path, readFileSync(new URL(path, folder), 'utf8'));
    } catch {
      return undefined;
    }
  };
}

/** What parsing and checking say of a file; its imports are relative to it. */
export function checkSource(
  source: Source,
  read: (path: string) => Source | undefined,
): { readonly program: CheckedFile | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parse(source);
  const checked = check(parsed.file, (path, from) => read(posix.join(posix.dirname(from.name), path)));
  return { program: checked.program, diagnostics: [...parsed.diagnostics, ...checked.diagnostics] };
}

/** The checked file of a text that has no mistake; its imports are `files`, by path. */
export function good(text: string, files: Readonly<Record<string, string>> = {}): CheckedFile {
  const { program, diagnostics } = checkSource(makeSource('test.rnn', text), (path) =>
    path in files ? makeSource(path, files[path]) : undefined,
  );
  if (program === undefined || diagnostics.length > 0)
    throw new Error(render(diagnostics, { colour: false }));
  return program;
}

/** The last cell or model of a text that has no mistake. */
export function goodCell(text: string, files: Readonly<Record<string, string>> = {}): CheckedCell {
  const cell = good(text, files).blocks.at(-1);
  if (cell === undefined) throw new Error('the text declares nothing');
  return cell;
}

/** The codes and messages of a text: `RNN2001 there is no x here`. */
export function complaints(text: string): readonly string[] {
  const { diagnostics } = checkSource(makeSource('test.rnn', text), () => undefined);
  return diagnostics.map((diagnostic) => `${diagnostic.code} ${diagnostic.message}`);
}

/** The weights of a cell with their shapes, its instances' left out: `W [m, n]`. */
export function weights(cell: CheckedCell): readonly string[] {
  return cell.parameters.map((parameter) => `${parameter.name} ${showSizes(parameter.shape)}`);
}

/** The named equations of a cell with rate, stage and shape: `h step 0 [m]`. */
export function equations(cell: CheckedCell): readonly string[] {
  return cell.equations.flatMap(({ name, value, stage }) => {
    const { rate, element, shape } = value.type;
    const kind = element === 'real' ? '' : `${element} `;
    return name === undefined ? [] : [`${name} ${rate} ${stage} ${kind}${showSizes(shape)}`];
  });
}

/** The instances of a cell with their sizes: `low RNN(n: [n], m: [8])`. */
export function instances(cell: CheckedCell): readonly string[] {
  return cell.instances.map((instance) => {
    const sizes = [...instance.sizes].map(([name, size]) => `${name}: ${showSizes([size]).slice(1, -1)}`);
    return `${instance.name} ${instance.cell.name}(${sizes.join(', ')})`;
  });
}

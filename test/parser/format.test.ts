// The one layout of a program: what it looks like, and that nothing but blanks changes.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { format } from '../../src/parser/format.ts';
import { growFile } from '../generate/file.ts';
import { printFile } from '../generate/tree.ts';
import { isProgram, respaced, treeOf, written } from './respaced.ts';

const root = new URL('../../', import.meta.url);

function formatted(text: string): string {
  const result = format(makeSource('test.rnn', text));
  if (result.text === undefined) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  return result.text;
}

const programsIn = (folder: string): readonly (readonly [path: string, text: string])[] =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.rnn'))
    .map((name) => [`${folder}${name}`, readFileSync(new URL(folder + name, root), 'utf8')]);

/** Laid out by hand, by the same rules. */
const laidOut = [
  'models/',
  'src/check/',
  'test/laws/programs/',
  'test/oracle/programs/',
  'test/check/examples/',
  'test/parser/programs/',
].flatMap(programsIn);
const bad = ['test/check/bad/', 'test/check/bad/imports/'].flatMap(programsIn);

/** What holds for every program and its layout. */
function expectLaws(text: string): string {
  const result = formatted(text);
  expect(formatted(result)).toBe(result);
  expect(treeOf(result)).toBe(treeOf(text));
  expect(written(result)).toEqual(written(text));
  const lines = result.split(/\r?\n/);
  expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  expect(result).not.toMatch(/^\r?\n|\n\r?\n\r?\n|\{\r?\n\r?\n|\n\r?\n\}|\n\r?\n$|[^\n]$/);
  return result;
}

describe('what stands there already', () => {
  test.each(laidOut)('%s is laid out', (_, text) => {
    expect(formatted(text)).toBe(text);
  });

  const documents = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)];
  const blocks = documents
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      [...readFileSync(new URL(path, root), 'utf8').matchAll(/^```rnn\n(.*?)^```$/gms)].map(
        ([, text]) => [path, text] as const,
      ),
    );
  test.each(blocks)('a program in %s is laid out: %#', (_, text) => {
    expect(formatted(text)).toBe(text);
  });
});

describe('the same program, the same comments, and the same a second time', () => {
  test('programs of the repository, and those with mistakes that parse', () => {
    const parsed = bad.filter(([, text]) => isProgram(text));
    expect(parsed.length).toBeGreaterThan(140);
    for (const [, text] of [...laidOut, ...parsed]) expectLaws(text);
  });

  test('these with other blanks, and with comments between any two tokens', () => {
    let seen = 0;
    const texts = [...laidOut, ...bad].map(([, text]) => text).filter(isProgram);
    for (const [k, text] of texts.entries()) {
      for (const remarked of [0, 1, 4]) {
        const other = respaced(text, k, remarked);
        if (!isProgram(other)) continue;
        seen++;
        expectLaws(other);
      }
    }
    expect(seen / texts.length).toBeGreaterThan(2.9);
  });

  test('generated programs, squeezed and stretched', () => {
    let seen = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const text = printFile(growFile(seed));
      expectLaws(text);
      const other = respaced(text, seed, seed % 5);
      if (!isProgram(other)) continue;
      seen++;
      expectLaws(other);
    }
    expect(seen).toBeGreaterThan(290);
  });
});

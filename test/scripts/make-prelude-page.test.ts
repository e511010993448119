// The reference of the prelude says what prelude.rnn says, and everything there says what it is.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { declarationsOf, preludePage } from '../../scripts/make-prelude-page.mjs';
import { makeSource } from '../../src/base/source.ts';
import { parse } from '../../src/parser/parse.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const prelude = read('src/check/prelude.rnn');

test('the page is up to date', () => {
  expect(read('docs/prelude.md'), 'run `node scripts/make-prelude-page.mjs`').toBe(preludePage(prelude));
});

test('it has every declaration, and each says what it is', () => {
  const { declarations } = parse(makeSource('prelude', prelude)).file;
  const names = declarations.flatMap((one) =>
    one.kind === 'function' || one.kind === 'cell' ? [one.name.text] : [],
  );
  const found = declarationsOf(prelude);
  expect(found.map(({ name }) => name)).toEqual(names);
  expect(found.filter(({ words }) => words.length < 10)).toEqual([]);
  // The words and the equations are read as the parser reads them.
  for (const { text } of found) expect(parse(makeSource('one', text)).diagnostics).toEqual([]);
});

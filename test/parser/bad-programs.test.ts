// Programs with one mistake each that nobody could read past, and what the parser says of them: what `rnn explain` shows.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { parserCodes } from '../../src/parser/codes.ts';
import { parse } from '../../src/parser/parse.ts';

const folder = new URL('./bad/', import.meta.url);
const results = readdirSync(folder)
  .filter((name) => name.endsWith('.rnn'))
  .sort()
  .map((name) => {
    const { diagnostics } = parse(makeSource(name, readFileSync(new URL(name, folder), 'utf8')));
    return { name, diagnostics };
  });

test('every program gets one message, and every code has a program', () => {
  const codes = results.map(({ diagnostics }) => diagnostics.map(({ code }) => code).join(' '));
  // A file that is no text and one that is nested two hundred deep are nothing to look at.
  const shown = Object.keys(parserCodes).filter((code) => !['RNN1002', 'RNN1003'].includes(code));
  expect([...codes].sort()).toEqual(shown);
});

test('the messages', async () => {
  const text = results.map(
    ({ name, diagnostics }) => `## ${name}\n\n${render(diagnostics, { colour: false })}`,
  );
  await expect(text.join('\n')).toMatchFileSnapshot('./bad-programs.snap.txt');
});

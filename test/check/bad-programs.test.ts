// Programs with one mistake each, and what the checker says of them: the snapshot is there to be read. The codes, the
// programs and docs/errors.md must agree.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { render } from '../../src/base/render.ts';
import { checkerCodes } from '../../src/check/codes.ts';
import { checkSource, reader } from './checking.ts';

const folder = new URL('./bad/', import.meta.url);
const read = reader(folder);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.rnn'))
  .sort();

const results = names.map((name) => {
  const source = read(name);
  if (source === undefined) throw new Error(`cannot read ${name}`);
  return { name, ...checkSource(source, read) };
});

test('every bad program gets one message', () => {
  expect(names.length).toBeGreaterThanOrEqual(100);
  const others = results.filter((result) => result.diagnostics.length !== 1);
  expect(others.map((result) => `${result.name}: ${result.diagnostics.length}`)).toEqual([]);
});

test('a program with an error is not handed on, one with a warning is', () => {
  for (const { name, program, diagnostics } of results) {
    const isError = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    expect(program === undefined, name).toBe(isError);
  }
});

test('the messages', async () => {
  const text = results.map(
    ({ name, diagnostics }) => `## ${name}\n\n${render(diagnostics, { colour: false })}`,
  );
  await expect(text.join('\n')).toMatchFileSnapshot('./bad-programs.snap.txt');
});

test('every place lies in its file', () => {
  for (const { diagnostics } of results) {
    for (const { span, related, message } of diagnostics) {
      for (const place of [span, ...related.map((label) => label.span)]) {
        expect(place.start, message).toBeLessThanOrEqual(place.end);
        expect(place.end, message).toBeLessThanOrEqual(place.source.text.length);
        expect(place.source.name, message).not.toBe('prelude');
      }
    }
  }
});

test('every code has a program that provokes it and a section in the docs', () => {
  const codes = Object.keys(checkerCodes);
  const provoked = new Set<string>(results.flatMap((result) => result.diagnostics.map((d) => d.code)));
  expect(codes.filter((code) => !provoked.has(code))).toEqual([]);
  const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const sections = docs.match(/^### RNN[2-5][0-8]\d\d: .*$/gm) ?? [];
  expect(sections).toEqual(Object.entries(checkerCodes).map(([code, title]) => `### ${code}: ${title}`));
});

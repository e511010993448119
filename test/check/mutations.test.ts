// Whatever the text, the checker comes to an end, throws nothing, and points into the text. Programs of the repository
// are cut, joined and mixed at random; what the parser makes of them is checked.

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { checkSource, complaints } from './checking.ts';

const folders = ['../../models/', './bad/'].map((folder) => new URL(folder, import.meta.url));
const texts = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.rnn'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8')),
);
const lstm = makeSource('lstm.rnn', readFileSync(new URL('../../models/lstm.rnn', import.meta.url), 'utf8'));

const tokensOf = (text: string): readonly string[] =>
  text.match(/\s+|[A-Za-z_]\w*|[0-9.]+|"[^"]*"|[^\s\w]/g) ?? [];
const words = [...new Set(texts.flatMap(tokensOf))].filter((word) => word.trim() !== '');

/** A program with some of its words left out, doubled, or replaced by words of other programs. */
const mutated = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(
      fc.record({
        at: fc.nat(10_000),
        kind: fc.constantFrom('drop', 'double', 'replace', 'swap'),
        word: fc.constantFrom(...words),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map(([text, changes]) => {
    const tokens = [...tokensOf(text)];
    for (const { at, kind, word } of changes) {
      const i = at % tokens.length;
      if (kind === 'drop') tokens[i] = '';
      else if (kind === 'double') tokens[i] += ` ${tokens[i]}`;
      else if (kind === 'replace') tokens[i] = word;
      else [tokens[i], tokens[0]] = [tokens[0], tokens[i]];
    }
    return tokens.join('');
  });

test('mutated programs never break the checker', () => {
  let checked = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      const { program, diagnostics } = checkSource(makeSource('test.rnn', text), () => lstm);
      for (const { span, related } of diagnostics) {
        for (const place of [span, ...related.map((label) => label.span)]) {
          expect(place.start).toBeGreaterThanOrEqual(0);
          expect(place.start).toBeLessThanOrEqual(place.end);
          expect(place.end).toBeLessThanOrEqual(place.source.text.length);
        }
      }
      if (program !== undefined) checked++;
    }),
    { numRuns: 600 },
  );
  // Some of them are still programs: the property has seen both.
  expect(checked).toBeGreaterThan(8);
});

test('long chains of operators and of equations', () => {
  const chain = `cell C(n) {\n  input x: [n]\n  output ${Array(20_000).fill('x').join(' + ')}\n}\n`;
  expect(complaints(chain)).toEqual([]);
  const lines = Array.from({ length: 3000 }, (_, i) => `  a${i + 1} = a${i} + 1`);
  const equations = `cell C(n) {\n  input x: [n]\n${lines.reverse().join('\n')}\n  a0 = x\n  output a3000\n}\n`;
  expect(complaints(equations)).toEqual([]);
});

test('functions that grow without bound are stopped', () => {
  const functions = Array.from({ length: 40 }, (_, i) => `fn f${i + 1}(a) = f${i}(a) + f${i}(a + 1)`);
  const text = `fn f0(a) = a\n${functions.join('\n')}\ncell C(n) {\n  input x: [n]\n  output f40(x)\n}\n`;
  expect(complaints(text).filter((line) => line.startsWith('RNN5002'))).toHaveLength(1);
});

test('cells that use each other in a long chain', () => {
  const cells = Array.from(
    { length: 999 },
    (_, i) => `cell C${i + 1}(n) {\n  input x: [n]\n  output C${i}()(x)\n}`,
  );
  const text = `cell C0(n) {\n  input x: [n]\n  output x\n}\n${cells.join('\n')}\n`;
  expect(complaints(text)).toEqual([]);
});

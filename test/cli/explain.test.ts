// `rnn explain`: every code there is, as text and as JSON, and what is said of one that is not.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explanationsModule } from '../../scripts/make-explanations.mjs';
import { checkerCodes, elaborationCodes } from '../../src/check/codes.ts';
import { explanations } from '../../src/cli/explanations-source.ts';
import { deriveCodes } from '../../src/derive/codes.ts';
import { parserCodes } from '../../src/parser/codes.ts';
import { dataCodes } from '../../src/study/codes.ts';
import { trainCodes } from '../../src/train/codes.ts';
import { rnn } from './rig.ts';

test('the committed module is up to date with docs/errors.md and the programs', () => {
  const generated = readFileSync(new URL('../../src/cli/explanations-source.ts', import.meta.url), 'utf8');
  expect(generated, 'run `node scripts/make-explanations.mjs`').toBe(explanationsModule());
});

test('every code has its section, and those of programs have one that provokes it', () => {
  const codes = {
    ...parserCodes,
    ...checkerCodes,
    ...elaborationCodes,
    ...trainCodes,
    ...dataCodes,
    ...deriveCodes,
  };
  expect(Object.fromEntries(explanations.map(({ code, title }) => [code, title]))).toEqual(codes);
  const bare = explanations.filter(({ text }) => text.length < 10);
  expect(bare).toEqual([]);
  const without = [...Object.keys(parserCodes), ...Object.keys(checkerCodes)].filter(
    (code) => explanations.find((one) => one.code === code)?.example === undefined,
  );
  // No text, two hundred brackets, and sixty cells.
  expect(without).toEqual(['RNN1002', 'RNN1003', 'RNN5016']);
});

test('a section as text', async () => {
  const { code, out, err } = await rnn(['explain', 'RNN1004']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatchInlineSnapshot(`
    "RNN1004: a symbol that has no meaning here

    A symbol of another language, or of mathematics, that rnn does not have.

        h = x ** 2 % 3

        not              but
        \`**\`             \`^\`
        \`%\`              \`mod\` (floored)
        \`&&\`, \`||\`, \`!\`  \`and\`, \`or\`, \`not\`
        \`h'\`             \`prev h\`
        \`×\`, \`·\`, \`⊙\`    \`*\` elementwise, \`@\` for the matrix product
        \`'text'\`         \`"text"\`
        \`// note\`        \`# note\`
        \`h += x\`         \`h = prev h + x\`
        \`;\`              nothing: line ends and semicolons separate nothing

    foreign-sign.rnn:

        cell Small(n, m) {
          input x: [n]
          state h: [m]
          h = tanh(affine(x, prev h)) ** 2
          output h
        }

        error[RNN1004]: ** has no meaning here
          --> foreign-sign.rnn:4:31
           |
         4 |   h = tanh(affine(x, prev h)) ** 2
           |                               ^^
           |
           = help: write ^
    "
  `);
});

test('a code as it stands in a message, or its number', async () => {
  const { out } = await rnn(['explain', 'RNN3002']);
  for (const word of ['error[RNN3002]', 'rnn3002', '3002']) {
    expect(await rnn(['explain', word])).toMatchObject({ code: 0, out });
  }
});

test('every section fits a terminal, without marks of Markdown', async () => {
  for (const { code, example } of explanations) {
    const { out } = await rnn(['explain', code]);
    const text = example === undefined ? out : out.slice(0, out.indexOf(`\n${example.name}:`));
    expect(Math.max(...text.split('\n').map((line) => line.length)), code).toBeLessThanOrEqual(100);
    expect(out).not.toMatch(/```|\]\(|^\|/m);
    expect(out).not.toMatch(/\n\n\n|[^\n]$/);
  }
});

test('all codes, a line each, in groups', async () => {
  const { code, out } = await rnn(['explain']);
  expect(code).toBe(0);
  expect(out.match(/^ {2}RNN\d+ {2}\S/gm)).toHaveLength(explanations.length);
  expect(out).toMatch(/^Reading the text\n {2}RNN1001 {2}nothing is declared\n/);
});

test('--json', async () => {
  const one = JSON.parse((await rnn(['explain', '3002', '--json'])).out);
  expect(one).toEqual(explanations.find(({ code }) => code === 'RNN3002'));
  const all = JSON.parse((await rnn(['explain', '--json'])).out);
  expect(all).toHaveLength(explanations.length);
  expect(Object.keys(all[0])).toEqual(['code', 'title', 'group']);
});

test('a code that is not there: near ones', async () => {
  const near = await rnn(['explain', 'RNN3020']);
  expect(near).toMatchObject({ code: 2, out: '' });
  expect(near.err).toContain('there is no code "RNN3020"');
  expect(near.err).toContain('RNN3002 (a product that does not fit)');
  expect((await rnn(['explain', 'gradient'])).err).toContain('rnn explain lists them all');
});

// The module and the page that are generated from the prelude say exactly what prelude.rnn says.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { preludeModule, preludePage } from '../../scripts/make-prelude.mjs';
import { preludeSource } from '../../src/check/prelude-source.ts';

const prelude = readFileSync(new URL('../../src/check/prelude.rnn', import.meta.url), 'utf8');
const generated = readFileSync(new URL('../../src/check/prelude-source.ts', import.meta.url), 'utf8');
const page = readFileSync(new URL('../../docs/prelude.md', import.meta.url), 'utf8');

test('the committed module is up to date with prelude.rnn', () => {
  expect(generated, 'run `node scripts/make-prelude.mjs`').toBe(preludeModule(prelude));
  expect(preludeSource).toBe(prelude);
});

test('characters that a template literal would read are kept', async () => {
  const text = ['a `b` \\n $', '{c} $ { \\` \\$', '{\n'].join('');
  const javascript = preludeModule(text).replace(': string', '');
  const module: unknown = await import(`data:text/javascript,${encodeURIComponent(javascript)}`);
  expect(module).toMatchObject({ preludeSource: text });
});

describe('the reference page', () => {
  test('the committed page is up to date with prelude.rnn', () => {
    expect(page, 'run `node scripts/make-prelude.mjs`').toBe(preludePage(prelude));
  });

  test('every function and every cell has a line, and its equations', () => {
    const names = [...prelude.matchAll(/^(?:fn|cell) (\w+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !page.includes(`\n| \`${name}(`))).toEqual([]);
    expect(names.filter((name) => !new RegExp(`^(?:fn|cell) ${name}\\b`, 'm').test(page))).toEqual([]);
  });

  test('arguments are those of the header, of a cell also its inputs', () => {
    const text = `## About.

# Cells

## Two | inputs,
## and a header.
cell C(D: cell = Dense(n), n, a: real = 1) {
  input x, y: [n]
  input  c: once [n]
  output x
}

## A function.
fn f(A: [m, m], b = 2) = A
`;
    expect(preludePage(text)).toContain(`## Cells

| | |
| --- | --- |
| \`C(D: cell = Dense(n), n, a: real = 1)(x, y, c)\` | Two \\| inputs, and a header. |
| \`f(A: [m, m], b = 2)\` | A function. |

\`\`\`rnn
cell C(D: cell = Dense(n), n, a: real = 1) {
  input x, y: [n]
  input  c: once [n]
  output x
}

fn f(A: [m, m], b = 2) = A
\`\`\`
`);
  });

  test('what nothing is said of, and what is in no group, is told', () => {
    expect(() => preludePage('## About.\n\n# Group\n\nfn f(x) = x\n')).toThrow('no ## says what this is');
    expect(() => preludePage('## About.\n\n## A function.\nfn f(x) = x\n')).toThrow(
      'no group has fn f(x) = x',
    );
  });
});

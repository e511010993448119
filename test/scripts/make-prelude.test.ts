// The generated module of the prelude says exactly what prelude.rnn says.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { preludeModule } from '../../scripts/make-prelude.mjs';
import { preludeSource } from '../../src/check/prelude-source.ts';

const prelude = readFileSync(new URL('../../src/check/prelude.rnn', import.meta.url), 'utf8');
const generated = readFileSync(new URL('../../src/check/prelude-source.ts', import.meta.url), 'utf8');

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

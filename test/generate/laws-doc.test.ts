// docs/laws.md has every law, with its bound.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GENERATED_LAWS } from './laws.ts';

test('the document has every law, with its bound', () => {
  const document = readFileSync(new URL('../../docs/laws.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| ([^|]+) \| (\d[\d.e-]*) \|/gm)];
  const told = rows.map(([, name, bound]) => [name, Number(bound)] as const).sort();
  expect(told).toEqual(GENERATED_LAWS.map(({ name, bound }) => [name, bound] as const).sort());
});

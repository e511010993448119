// What the package ships: the command is one file that runs with nothing beside it, and the library can be imported.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleAll } from '../../scripts/build.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rnn-build-'));

beforeAll(() => bundleAll(folder));
afterAll(() => rmSync(folder, { recursive: true }));

const rnn = (...words: readonly string[]): string =>
  execFileSync(process.execPath, [join(folder, 'rnn.js'), ...words], { encoding: 'utf8', cwd: root });

test('the bundled command runs outside the project, without node_modules', () => {
  expect(readFileSync(join(folder, 'rnn.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(rnn('--help')).toContain('gradcheck');
});

test('the bundled command checks a program, so the prelude is inside', () => {
  expect(() => rnn('check', 'models/lstm.rnn')).not.toThrow();
});

test('the library imports only its dependencies and Node', () => {
  const text = readFileSync(join(folder, 'index.js'), 'utf8');
  const imports = [...text.matchAll(/^(?:import|export) .*?from "([^"]+)"/gm)].map((match) => match[1]!);
  expect(imports.filter((name) => !/^(node:|chevrotain$|fast-check$)/.test(name))).toEqual([]);
});

test('the package holds the text that models/char-lm.rnn learns from', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const model = readFileSync(join(root, 'models/char-lm.rnn'), 'utf8');
  const named = [...model.matchAll(/"\.\.\/([^"]+)"/g)].map(([, path]) => path);
  expect(named.length).toBeGreaterThan(3);
  // npm puts README.md in by itself.
  const packed = ['README.md', ...files];
  expect(named.filter((path) => !packed.some((one) => path === one || path.startsWith(`${one}/`)))).toEqual(
    [],
  );
});

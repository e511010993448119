// Turns the prelude, a .rnn file, into a module that exports its text: the checker has no file system to read it from.
// The module is committed, so that tests and type checks need no build; a test says when it is out of date.
//
//   node scripts/make-prelude.mjs          writes src/check/prelude-source.ts, and docs/prelude.md
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makePreludePage } from './make-prelude-page.mjs';

const source = new URL('../src/check/prelude.rnn', import.meta.url);
const target = new URL('../src/check/prelude-source.ts', import.meta.url);

/**
 * The text of the generated module.
 * @param {string} prelude the text of prelude.rnn
 * @returns {string} a TypeScript module whose `preludeSource` is exactly that text
 */
export function preludeModule(prelude) {
  const literal = prelude.replace(/[\\`]|\$\{/g, (found) => `\\${found}`);
  return [
    '// The text of prelude.rnn. Made by scripts/make-prelude.mjs: change prelude.rnn, then run `npm run build`.',
    '',
    `export const preludeSource: string = \`${literal}\`;`,
    '',
  ].join('\n');
}

/** Writes the module, unless it already says the same (so that watchers stay quiet). */
export function makePrelude() {
  const text = preludeModule(readFileSync(source, 'utf8'));
  let present;
  try {
    present = readFileSync(target, 'utf8');
  } catch {
    present = undefined;
  }
  if (present !== text) writeFileSync(target, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  makePrelude();
  makePreludePage();
}

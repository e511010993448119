// Makes the reference of the prelude, docs/prelude.md, from its own source: what each function and cell is, in the words
// that stand above it, and its equations. The page is committed; a test says when it is out of date.
//
//   node scripts/make-prelude-page.mjs          writes docs/prelude.md
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/check/prelude.rnn', import.meta.url);
const target = new URL('../docs/prelude.md', import.meta.url);

/**
 * The declarations of the prelude, in its order.
 * @param {string} prelude the text of prelude.rnn
 * @returns {readonly { name: string, words: string, text: string }[]} `words` is empty where nothing is said
 */
export function declarationsOf(prelude) {
  // Between declarations there is an empty line, and none inside of them.
  return prelude.split(/\n{2,}/).flatMap((block) => {
    const lines = block.trimEnd().split('\n');
    const start = lines.findIndex((line) => !line.startsWith('##'));
    const [, name] = /^(?:fn|cell) (\w+)/.exec(lines[start] ?? '') ?? [];
    if (name === undefined) return [];
    const above = lines.slice(0, start).map((line) => line.replace(/^## ?/, ''));
    return [{ name, words: above.join('\n'), text: lines.slice(start).join('\n') }];
  });
}

/**
 * The page.
 * @param {string} prelude the text of prelude.rnn
 * @returns {string} Markdown
 */
export function preludePage(prelude) {
  const all = declarationsOf(prelude);
  return [
    '# The prelude',
    '',
    'What every file can use without an import, written in the language itself: each function and cell in its own words and',
    'equations. This page is made from `src/check/prelude.rnn` by `node scripts/make-prelude-page.mjs`. What is built in beside it is in',
    '[language.md](language.md#built-in-functions).',
    '',
    all.map(({ name }) => `[${name}](#${name.toLowerCase()})`).join(', '),
    '',
    ...all.flatMap(({ name, words, text }) => [`## ${name}`, '', words, '', '```', text, '```', '']),
  ].join('\n');
}

/** Writes the page. */
export function makePreludePage() {
  writeFileSync(target, preludePage(readFileSync(source, 'utf8')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makePreludePage();

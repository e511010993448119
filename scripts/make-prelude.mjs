// Turns the prelude, a .rnn file, into a module that exports its text, since the checker has no file system to read it
// from, and into a page of the documents. Both are committed, so that tests and type checks need no build; a test says
// when they are out of date.
//
//   node scripts/make-prelude.mjs          writes src/check/prelude-source.ts and docs/prelude.md
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/check/prelude.rnn', import.meta.url);
const module = new URL('../src/check/prelude-source.ts', import.meta.url);
const page = new URL('../docs/prelude.md', import.meta.url);

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

/**
 * The reference page: for each group of the prelude (`# Title`) a table of names, arguments and what `##` says of them,
 * and the equations themselves.
 * @param {string} prelude the text of prelude.rnn, as `rnn format` lays it out: an empty line between declarations
 * @returns {string} Markdown
 * @throws where a declaration stands outside of all groups, or nothing is said of it
 */
export function preludePage(prelude) {
  const [about, ...groups] = prelude.trimEnd().split(/^# /m);
  const stray = /^(?:fn|cell) .*/m.exec(about);
  if (stray !== null) throw new Error(`prelude.rnn: no group has ${stray[0]}`);
  const page = ['# The prelude', '', said(about), ''];
  page.push(
    'Made from `src/check/prelude.rnn` by `node scripts/make-prelude.mjs`. Back to [the language](language.md#the-prelude).',
  );
  for (const group of groups) {
    const [title, ...declarations] = group.trim().split('\n\n');
    const rows = declarations.map((one) => `| \`${callOf(one)}\` | ${said(one).replaceAll('|', '\\|')} |`);
    const equations = declarations.map((one) => one.replace(/^##.*\n/gm, ''));
    const isLong = equations.map((text) => text.includes('\n'));
    const between = (/** @type {number} */ i) => (isLong[i] || isLong[i + 1] ? '\n\n' : '\n');
    const code = equations.map((text, i) => text + (i + 1 < equations.length ? between(i) : '')).join('');
    page.push('', `## ${title}`, '', '| | |', '| --- | --- |', ...rows, '', '```rnn', code, '```');
  }
  return `${page.join('\n')}\n`;
}

/**
 * What `##` says.
 * @param {string} declaration
 */
function said(declaration) {
  const lines = [...declaration.matchAll(/^## (.*)$/gm)].map(([, text]) => text);
  if (lines.length === 0) throw new Error(`prelude.rnn: no ## says what this is: ${declaration}`);
  return lines.join(' ');
}

/**
 * How it is called: its header, and for a cell its inputs in a second pair of brackets.
 * @param {string} declaration
 */
function callOf(declaration) {
  const text = declaration.replace(/^##.*\n/gm, '');
  const [, kind, name] = /^(fn|cell) (\w+)\(/.exec(text) ?? [];
  if (name === undefined) throw new Error(`prelude.rnn: neither a function nor a cell: ${text}`);
  const start = text.indexOf('(');
  let depth = 0;
  let end = start;
  do {
    if (text[end] === '(') depth++;
    if (text[end] === ')') depth--;
    end++;
  } while (depth > 0);
  const header = name + text.slice(start, end);
  if (kind === 'fn') return header;
  const inputs = [...text.matchAll(/^ {2}input +([^:]+?) *:/gm)].map(([, names]) => names);
  return `${header}(${inputs.join(', ')})`;
}

/** Writes the module and the page, unless they already say the same (so that watchers stay quiet). */
export function makePrelude() {
  const prelude = readFileSync(source, 'utf8');
  for (const [target, text] of /** @type {const} */ ([
    [module, preludeModule(prelude)],
    [page, preludePage(prelude)],
  ])) {
    let present;
    try {
      present = readFileSync(target, 'utf8');
    } catch {
      present = undefined;
    }
    if (present !== text) writeFileSync(target, text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makePrelude();

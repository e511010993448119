// Turns docs/errors.md, and a program for each code with what is said of it, into a module: the command explains codes
// without documents at hand. The module is committed, so that tests and type checks need no build; a test says when it is
// out of date.
//
//   node scripts/make-explanations.mjs     writes src/cli/explanations-source.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../src/cli/explanation.ts').Explanation} Explanation */

const root = new URL('../', import.meta.url);
const target = new URL('src/cli/explanations-source.ts', root);
/** Folders of programs with one mistake each, and beside each what is said of them. */
const folders = ['test/parser/bad', 'test/check/bad'];
/** A program that is longer shows less than it tells. */
const longestProgram = 16;

/** @param {string} path */
const read = (path) => readFileSync(new URL(path, root), 'utf8');

/**
 * The shortest program for each code, with its message.
 * @returns {Map<string, NonNullable<Explanation['example']>>}
 */
function readExamples() {
  const examples = new Map();
  for (const folder of folders) {
    for (const told of read(`${folder}-programs.snap.txt`).split(/^## /m).slice(1)) {
      const [, name, message] = /^(\S+)\n\n(.*)$/s.exec(told) ?? [];
      const [, code] = /^\w+\[(RNN\d+)\]/.exec(message) ?? [];
      const program = read(`${folder}/${name}`);
      const known = examples.get(code);
      if (program.split('\n').length > longestProgram || program.length >= known?.program.length) continue;
      examples.set(code, { name, program, message: `${message.trimEnd()}\n` });
    }
  }
  return examples;
}

/**
 * The text of the generated module.
 * @returns {string}
 */
export function explanationsModule() {
  const examples = readExamples();
  let group = '';
  /** @type {Explanation[]} */
  const explanations = [];
  for (const section of read('docs/errors.md')
    .split(/^(?=###? )/m)
    .slice(1)) {
    const [heading] = section.split('\n', 1);
    const [, code, title] = /^### (RNN\d+): (.+)$/.exec(heading) ?? [];
    if (code === undefined) group = heading.replace(/^#+ /, '');
    else {
      const text = section.slice(heading.length).trim();
      explanations.push({ code, title, group, text, example: examples.get(code) });
    }
  }
  return [
    '// The sections of docs/errors.md, and programs with what is said of them. Made by scripts/make-explanations.mjs:',
    '// change those, then run `npm run build`.',
    "import type { Explanation } from './explanation.ts';",
    '',
    'export const explanations: readonly Explanation[] = [',
    ...explanations.map((explanation) => `  ${JSON.stringify(explanation)},`),
    '];',
    '',
  ].join('\n');
}

/** Writes the module, unless it already says the same (so that watchers stay quiet). */
export function makeExplanations() {
  const text = explanationsModule();
  if (read('src/cli/explanations-source.ts') !== text) writeFileSync(target, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeExplanations();

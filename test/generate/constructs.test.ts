// The generator makes what it says that it makes: the syntax trees of some hundred programs are looked through.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { parse } from '../../src/parser/parse.ts';
import {
  FUNCTIONS,
  NODE_KINDS,
  OPERATORS,
  OTHER_WORDS,
  PRELUDE_LEFT_OUT,
  REDUCERS,
  STARTS,
} from './constructs.ts';
import { growFile } from './file.ts';
import { printFile } from './tree.ts';

const PROGRAMS = 400;

/** How often each construct stands in the programs: `kind cell`, `call tanh`, `call max of 2`, `over time max`. */
const seen = new Map<string, number>();

function count(key: string): void {
  seen.set(key, (seen.get(key) ?? 0) + 1);
}

for (let seed = 0; seed < PROGRAMS; seed++) {
  const { file, diagnostics } = parse(makeSource('models/generated.rnn', printFile(growFile(seed))));
  expect(diagnostics).toEqual([]);
  walk(file);
}

/** Counts what stands in a syntax tree, of whatever shape. */
function walk(node: unknown): void {
  if (Array.isArray(node)) for (const part of node) walk(part);
  else if (typeof node === 'object' && node !== null) look(node);
}

function look(node: object): void {
  if ('kind' in node) count(`kind ${String(node.kind)}`);
  if ('operator' in node) count(`operator ${String(node.operator)}`);
  if ('gradient' in node && node.gradient !== undefined) count('gradient of a function');
  if ('once' in node && node.once === true) count('once');
  if ('frozen' in node && node.frozen === true) count('frozen');
  if ('indices' in node && Array.isArray(node.indices) && 'name' in node) count('index notation');
  if ('start' in node && node.start !== undefined) count('start');
  if ('callee' in node && 'arguments' in node && Array.isArray(node.arguments)) {
    const { callee } = node;
    if (typeof callee === 'object' && callee !== null && 'text' in callee) {
      count(`call ${String(callee.text)}`);
      count(`call ${String(callee.text)} of ${node.arguments.length}`);
    }
    if (node.arguments.some((argument: object) => 'name' in argument && argument.name !== undefined)) {
      count('named argument');
    }
  }
  if ('kind' in node && node.kind === 'name' && 'text' in node) count(`word ${String(node.text)}`);
  if ('reducer' in node && typeof node.reducer === 'object' && node.reducer !== null) {
    if ('text' in node.reducer) count(`over time ${String(node.reducer.text)}`);
  }
  for (const [key, part] of Object.entries(node)) if (key !== 'source' && key !== 'span') walk(part);
}

test.each(Object.entries(NODE_KINDS))('nodes: %s', (kind, made) => {
  const times = seen.get(`kind ${kind}`) ?? 0;
  if (made === true) expect(times).toBeGreaterThan(0);
  else expect(times, made).toBe(0);
});

test.each(Object.keys(OPERATORS))('operators: %s', (operator) => {
  expect(seen.get(`operator ${operator}`)).toBeGreaterThan(0);
});

test.each([...Object.keys(FUNCTIONS), ...OTHER_WORDS])('functions and templates: %s', (word) => {
  expect(seen.get(`call ${word}`)).toBeGreaterThan(0);
});

test.each([
  'max of 1',
  'max of 2',
  'max of 3',
  'min of 1',
  'min of 2',
  'affine of 1',
  'affine of 2',
  'affine of 3',
])('functions: %s', (use) => {
  expect(seen.get(`call ${use}`)).toBeGreaterThan(0);
});

const prelude = readFileSync(new URL('../../src/check/prelude.rnn', import.meta.url), 'utf8');
const declared = [...prelude.matchAll(/^(?:fn|cell) (\w+)/gm)].map(([, name]) => name);

test.each(declared.filter((name) => !(name in PRELUDE_LEFT_OUT)))('prelude: %s', (name) => {
  expect(seen.get(`call ${name}`)).toBeGreaterThan(0);
});

test.each([...STARTS.map((start) => `word ${start}`), ...REDUCERS.map((reducer) => `over time ${reducer}`)])(
  'starts and reductions over time: %s',
  (word) => {
    const call = word.replace('word', 'call');
    expect((seen.get(word) ?? 0) + (seen.get(call) ?? 0)).toBeGreaterThan(0);
  },
);

test.each([
  'once',
  'start',
  'named argument',
  'gradient of a function',
  'frozen',
  'word training',
  'word sequence',
  'word batch',
])('%s', (what) => {
  expect(seen.get(what)).toBeGreaterThan(0);
});

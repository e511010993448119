// Index notation, entries and slices: what programs compute is what they mean for each number of their indices, and what
// their twins without index notation compute.

import { expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { disagreements, inputsOf } from './agreement.ts';
import { INDEX_PROGRAMS } from './index-programs.ts';
import { checkText } from './programs.ts';

const NUMBERS = new Map([
  ['n', 3],
  ['m', 2],
  ['v', 4],
]);

function sizesOf(file: CheckedFile): ReadonlyMap<string, number> {
  const sizes = file.blocks.at(-1)!.sizes.filter(({ name }) => NUMBERS.has(name));
  return new Map(sizes.map(({ name }) => [name, NUMBERS.get(name)!]));
}

const all = Object.entries(INDEX_PROGRAMS);

test.each(all)('%s', (_, { text }) => {
  const file = checkText(makeSource('test.rnn', text));
  const sizes = sizesOf(file);
  for (const startingStates of [false, true]) {
    expect(disagreements(file, { sizes, startingStates })).toEqual([]);
    const { program, diagnostics } = elaborate(file, { sizes, mode: 'train', startingStates });
    expect(diagnostics).toEqual([]);
    expect(verify(program!.graph)).toEqual([]);
  }
});

const twins = all.flatMap(([name, { text, twin }]) =>
  twin === undefined ? [] : [[name, text, twin] as const],
);

test.each(twins)('%s: as its twin', (_, text, twin) => {
  const [a, b] = [text, twin].map((source) => {
    const file = checkText(makeSource('test.rnn', source));
    const { program } = elaborate(file, { sizes: sizesOf(file), mode: 'evaluate', startingStates: false });
    return [...evaluate(program!.graph, inputsOf(program!, 5, 0), new Map([[TIME, 5]])).values()];
  });
  expect(a.length).toBe(b.length);
  a.forEach((value, k) => {
    expect(value.shape).toEqual(b[k].shape);
    value.data.forEach((number, i) => {
      expect(Math.abs(number - b[k].data[i])).toBeLessThan(1e-12);
    });
  });
});

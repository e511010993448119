// Elaboration against the plain meaning of checked cells, in all modes; then what a program says of itself.

import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { elaborate, type Mode } from '../../src/check/elaborate/elaborate.ts';
import { verify } from '../../src/graph/verify.ts';
import { disagreements } from './agreement.ts';
import { checkSource } from './checking.ts';
import { CELLS, PROGRAMS } from './elaborate-programs.ts';
import { checkText } from './programs.ts';
import { randomFile } from './random-cells.ts';

const MODES: readonly Mode[] = ['train', 'evaluate', 'generate'];

function fileOf(text: string): CheckedFile {
  return checkText(makeSource('test.rnn', text));
}

/** Numbers for the sizes of a file's last cell; all different. */
function sizesOf(file: CheckedFile): ReadonlyMap<string, number> {
  const numbers = new Map([
    ['n', 3],
    ['m', 2],
    ['v', 4],
  ]);
  return new Map(file.blocks.at(-1)!.sizes.map(({ name }) => [name, numbers.get(name)!]));
}

describe('what a program computes', () => {
  test.each(Object.entries(PROGRAMS))('%s', (_, text) => {
    const file = fileOf(CELLS + text);
    const sizes = sizesOf(file);
    for (const startingStates of [false, true]) {
      expect(disagreements(file, { sizes, startingStates })).toEqual([]);
      for (const mode of MODES) {
        const { program, diagnostics } = elaborate(file, { sizes, mode, startingStates });
        expect(diagnostics).toEqual([]);
        expect(verify(program!.graph)).toEqual([]);
      }
    }
  });
});

describe('random files of cells', () => {
  const drawn = Array.from({ length: 60 }, (_, seed) => seed);
  const accepted: number[] = [];

  test.each(drawn)('%i', (seed) => {
    const text = randomFile(seed);
    const { program: file, diagnostics } = checkSource(makeSource('random.rnn', text), () => undefined);
    // The only mistake that is drawn is a cycle through an end.
    expect(diagnostics.flatMap(({ severity, code }) => (severity === 'error' ? [code] : []))).toEqual(
      file === undefined ? ['RNN4003'] : [],
    );
    if (file === undefined) return;
    accepted.push(seed);
    for (const startingStates of [false, true]) {
      const wrong = disagreements(file, { sizes: new Map([['m', 2]]), startingStates });
      if (wrong.length > 0) throw new Error([...wrong, text].join('\n'));
    }
  });

  test('most are accepted', () => {
    expect(accepted.length).toBeGreaterThan(40);
  });
});

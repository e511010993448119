// Every program of the repository, and programs that nobody has written: what is derived is read back and gives the
// gradients of the graph, at other sizes than it was derived at.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkFile } from '../check/programs.ts';
import { sampleIn } from '../generate/hold.ts';
import { trialOf } from '../generate/sample.ts';
import { derived } from './deriving.ts';

const BOUND = 1e-12;

const paths = ['models', 'test/laws/programs']
  .flatMap((folder) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url))
      .filter((name) => name.endsWith('.rnn'))
      .map((name) => `${folder}/${name}`),
  )
  .filter((path) => !isToldWithNumbers(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')));

/** Whole sequences have no notation; a product over an index halves its axis again and again, and is told with numbers. */
function isToldWithNumbers(text: string): boolean {
  return text.includes('all over time') || text.includes('prod over');
}

describe.each(paths)('%s', (path) => {
  test.each([false, true])(
    'gives the gradients of the graph, starting states given: %s',
    (startingStates) => {
      const { check, equations, text } = derived(checkFile(path), startingStates);
      expect(equations.gradients.size).toBeGreaterThan(1);
      for (const steps of [1, 4]) expect(check(text, steps)?.error).toBeLessThan(BOUND);
      // Sizes are symbols: none of the numbers that stood for them is left.
      // (One program says 1e9 itself.)
      expect(text.replaceAll('1000000000', '')).not.toMatch(/(?<![.\d])\d{4,}/);
      // The names of weights may make a line longer, but not by much.
      const longest = Math.max(...text.split('\n').map((line) => line.length));
      expect(longest).toBeLessThanOrEqual(120);
    },
  );
});

const PROGRAMS = 60;

test(`${PROGRAMS} generated programs`, () => {
  for (let number = 0; number < PROGRAMS; number++) {
    const sample = sampleIn(1, number);
    const trial = trialOf(sample);
    if (isToldWithNumbers(trial.text)) continue;
    const { check, text } = derived(trial.file, sample.drawn.startingStates);
    const found = check(text, sample.drawn.steps);
    expect(found?.error ?? 1, `${trial.text}\n${text}`).toBeLessThan(BOUND);
  }
});

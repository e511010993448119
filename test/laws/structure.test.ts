// What compiling does not depend on: the length of the sequences and how many there are. And what is left in the loops
// of the programs that everybody writes.
import { describe, expect, test, vi } from 'vitest';
import { compile, optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import { products } from '../passes/structure.ts';
import { asTrained, rounded } from './cases.ts';
import { distances } from './distance.ts';
import { type Forms, formsOf } from './forms.ts';
import { SUBJECTS, subjectsOf } from './subjects.ts';

/** What an engine compiles with. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<unknown>;
  Module: new (bytes: Uint8Array) => object;
};

/** Every size 4. */
function formsOfFours(name: string): Forms {
  const [{ sizes, programOf }] = subjectsOf([name]);
  return formsOf(
    programOf({ sizes: Object.fromEntries(sizes.map((size) => [size, 4])), startingStates: false }),
  );
}

describe('products in the loops of values, then of gradients', () => {
  test.each<[string, number[], number[]]>([
    ['rnn', [1], [1, 1]],
    ['lstm', [1], [1, 1]],
    ['joined-lstm', [1], [1, 1]],
    ['gru-reset-after', [1], [1, 1]],
    ['gru', [2], [2, 2]],
    ['mingru', [0], [0, 0]],
    ['peephole-lstm', [1], [1, 1]],
    ['adding', [1], [1, 1]],
    ['char-lm', [1, 1], [1, 1, 1, 1]],
    ['regression', [1], [1, 1]],
  ])('%s', (name, values, gradients) => {
    const { forward, backward } = formsOfFours(name);
    expect(products(optimise(forward)).loops).toEqual(values);
    expect(products(optimise(backward)).loops).toEqual(gradients);
  });
});

/** Numbers for some steps of some sequences, of unequal lengths. */
function inputsOf(
  { program, backward }: Forms,
  steps: number,
  sequences: number,
): ReturnType<typeof drawInputs> {
  const lengths = Array.from({ length: sequences }, (_, b) => Math.max(1, steps - 2 * b));
  const drawn: Case = { sizes: {}, lengths, steps, startingStates: false, numbers: 3 };
  return new Map(rounded(asTrained(backward, drawInputs(program, backward, drawn))));
}

test.each(SUBJECTS.map(({ name }) => name))(
  '%s is compiled once for all lengths and batches',
  async (name) => {
    const instantiate = vi.spyOn(WebAssembly, 'instantiate');
    const compiled = vi.spyOn(WebAssembly, 'Module');
    try {
      const forms = formsOfFours(name);
      const program = await compile(forms.backward, { target: 'wasm' });
      expect(instantiate).toHaveBeenCalledTimes(1);
      const answers = [];
      for (const [steps, sequences] of [
        [3, 2],
        [40, 1],
        [1, 5],
        [3, 2],
      ]) {
        const inputs = inputsOf(forms, steps, sequences);
        const answer = program.execute(inputs);
        answers.push(answer);
        for (const [output, gap] of distances(evaluate(forms.backward, inputs), answer)) {
          expect(gap, `${output}, ${sequences} sequences of ${steps} steps`).toBeLessThanOrEqual(1e-4);
        }
      }
      expect(answers[3]).toEqual(answers[0]);
      expect(instantiate).toHaveBeenCalledTimes(1);
      expect(compiled).not.toHaveBeenCalled();
    } finally {
      instantiate.mockRestore();
      compiled.mockRestore();
    }
  },
);

test('a hundred thousand steps are one more binding', async () => {
  const forms = formsOfFours('lstm');
  const program = await compile(forms.backward, { target: 'wasm' });
  const answer = program.execute(inputsOf(forms, 100_000, 1));
  expect(answer.get('h')!.shape).toEqual([100_000, 1, 4]);
  for (const { data } of answer.values()) expect(data.every((x) => Number.isFinite(x))).toBe(true);
});

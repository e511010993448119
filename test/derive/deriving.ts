// What the tests of derivations have in common: a program derived at sizes that can be told apart, and the same program at
// the small sizes at which it is held to the graph.
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { type ReadBack, readBack } from '../../src/derive/check.ts';
import { counts, deriveProgram } from '../../src/derive/derivation.ts';
import type { Equations } from '../../src/derive/derive.ts';
import { PRIMES } from '../../src/derive/sizes.ts';
import { writeDerivation } from '../../src/derive/text-document.ts';
import { checkText } from '../check/programs.ts';

export interface Derived {
  readonly equations: Equations;
  readonly text: string;
  /** At small sizes. */
  readonly program: Program;
  /** The text, or another one in its place, read back and compared. */
  check(text?: string, steps?: number): ReadBack | undefined;
}

/** The last block of a file, derived with all its sizes as symbols. */
export function derived(file: CheckedFile, startingStates = false): Derived {
  const block = file.blocks.findLast(({ kind }) => kind === 'model') ?? file.blocks.at(-1)!;
  const counted = counts(block);
  const at = (numberOf: (k: number) => number): Program => {
    const sizes = new Map([...block.sizes.map(({ name }, k) => [name, numberOf(k)] as const), ...counted]);
    const options = { name: block.name, sizes, mode: 'train', startingStates } as const;
    const { program, diagnostics } = elaborate(file, options);
    if (program === undefined) throw new Error(render(diagnostics, { colour: false }));
    return program;
  };
  const equations = deriveProgram(
    at((k) => PRIMES[k]),
    block.sizes.map((size) => size.name).filter((name) => !counted.has(name)),
  );
  const text = writeDerivation(equations);
  const program = at((k) => k + 2);
  return {
    equations,
    text,
    program,
    check: (other = text, steps = 5) => readBack(other, equations, program, steps),
  };
}

export function derivedText(text: string): Derived {
  return derived(checkText(makeSource('models/test.rnn', text)));
}

/** The equations of a derived text, by what stands on their left. */
export function equationsOf(text: string): ReadonlyMap<string, string> {
  const joined = text.replaceAll(/\n {5,}/g, ' ');
  const found = [...joined.matchAll(/^ {4}(\S+) += (.*)$/gm)];
  return new Map(found.map(([, left, right]) => [left, right]));
}

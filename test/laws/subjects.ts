// The programs that the laws are held on: those of models/, and further ones of this folder, written as a researcher
// would. Each is elaborated, batched and differentiated once for a choice of sizes.
import { readdirSync } from 'node:fs';
import { batch } from '../../src/autodiff/batch.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import type { Case } from '../../src/study/random-case.ts';
import { checkFile } from '../check/programs.ts';

export interface Subject {
  readonly name: string;
  /** The sizes of its header. */
  readonly sizes: readonly string[];
  /** The program of a case, with its noise. */
  programOf(drawn: Pick<Case, 'sizes' | 'startingStates'>): Program;
}

/** A program in all the forms that are compared. */
export interface Forms {
  readonly program: Program;
  /** A batch with lengths. */
  readonly forward: Graph;
  /** That, with the gradients of all real inputs, weights and given states. */
  readonly backward: Graph;
}

/** Every file of the two folders; its last model or cell. */
export const SUBJECTS: readonly Subject[] = ['models', 'test/laws/programs'].flatMap((folder) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url))
    .filter((file) => file.endsWith('.rnn'))
    .map((file) => makeSubject(`${folder}/${file}`)),
);

export function subjectsOf(names: readonly string[]): readonly Subject[] {
  return names.map((name) => {
    const subject = SUBJECTS.find((known) => known.name === name);
    if (subject === undefined) throw new Error(`there is no subject ${name}`);
    return subject;
  });
}

function makeSubject(path: string): Subject {
  const file = checkFile(path);
  const block = file.blocks.findLast(({ kind }) => kind === 'model') ?? file.blocks.at(-1)!;
  const known = new Map<string, Program>();
  return {
    name: path.slice(path.lastIndexOf('/') + 1, -'.rnn'.length),
    sizes: block.sizes.map((size) => size.name),
    programOf: ({ sizes, startingStates }) => {
      const key = JSON.stringify([sizes, startingStates]);
      const program = known.get(key) ?? elaborated(file, block.name, sizes, startingStates);
      known.set(key, program);
      return program;
    },
  };
}

function elaborated(
  file: ReturnType<typeof checkFile>,
  name: string,
  sizes: Case['sizes'],
  startingStates: boolean,
): Program {
  const options = { name, sizes: new Map(Object.entries(sizes)), mode: 'train', startingStates } as const;
  const { program, diagnostics } = elaborate(file, options);
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return program;
}

const forms = new WeakMap<Program, Forms>();

export function formsOf(program: Program): Forms {
  const known = forms.get(program);
  if (known !== undefined) return known;
  const forward = batch(program.graph, { lengths: true });
  const made = { program, forward, backward: withGradients(program, forward, differentiable(program)) };
  forms.set(program, made);
  return made;
}

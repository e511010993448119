// The programs that the laws are held on: those of models/, and further ones of this folder, written as a researcher
// would. Each is elaborated once for a choice of sizes.
import { readdirSync, readFileSync } from 'node:fs';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import type { Case } from '../../src/study/random-case.ts';
import { checkFile } from '../check/programs.ts';

export interface Subject {
  readonly name: string;
  /** Of its file, from the root. */
  readonly path: string;
  readonly text: string;
  /** The sizes of its header. */
  readonly sizes: readonly string[];
  /** The program of a case, with its noise. */
  programOf(drawn: Pick<Case, 'sizes' | 'startingStates'>): Program;
}

/** Every file of the two folders; its last model or cell. test/generate/models.test.ts holds them to all laws. */
export const ALL_SUBJECTS: readonly Subject[] = ['models', 'test/laws/programs'].flatMap((folder) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url))
    .filter((file) => file.endsWith('.rnn'))
    .map((file) => makeSubject(`${folder}/${file}`)),
);

/** The models that stand for the others where each law has a file of its own and looks closer. */
const MODELS = (
  'adding adding-rnn char-lm clockwork gru gru-reset-after lstm mingru mlstm phase polarity rhn rnn spiking ' +
  'zoneout-lstm'
).split(' ');

export const SUBJECTS: readonly Subject[] = ALL_SUBJECTS.filter(
  ({ path, name }) => !path.startsWith('models/') || MODELS.includes(name),
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
    path,
    name: path.slice(path.lastIndexOf('/') + 1, -'.rnn'.length),
    text: readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
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

// A program as text and the case on which it is held to the laws: all that repeats a trial.
import { makeSource } from '../../src/base/source.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { type ElaborateOptions, elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { emit } from '../../src/codegen/wasm/emit.ts';
import { optimise } from '../../src/compile.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { type Executable, load } from '../../src/runtime/executable.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import { checkText } from '../check/programs.ts';
import type { Tensors } from '../laws/distance.ts';
import { type Forms, formsOf } from '../laws/forms.ts';

/** Beside the models, so that their cells can be imported. */
const PATH = 'models/generated.rnn';

/** What the laws need of what runs. */
type Compiled = Pick<Executable, 'execute'>;

export class Trial {
  readonly text: string;
  readonly drawn: Case;
  #file: CheckedFile | undefined;
  readonly #programs = new Map<string, Program>();
  #optimised: Graph | undefined;
  #compiled: Promise<Compiled> | undefined;

  constructor(text: string, drawn: Case) {
    this.text = text;
    this.drawn = drawn;
  }

  /** The checked file; throws where it has an error. */
  get file(): CheckedFile {
    this.#file ??= checkText(makeSource(PATH, this.text));
    return this.#file;
  }

  /** The last block of the file with the case's sizes. */
  program(mode: ElaborateOptions['mode'] = 'train', startingStates = this.drawn.startingStates): Program {
    const key = `${mode} ${startingStates}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const block = this.file.blocks[this.file.blocks.length - 1];
    const sizes = new Map(block.sizes.map(({ name }) => [name, this.drawn.sizes[name]]));
    const { program, diagnostics } = elaborate(this.file, { name: block.name, sizes, mode, startingStates });
    if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    this.#programs.set(key, program);
    return program;
  }

  get forms(): Forms {
    return formsOf(this.program());
  }

  /** Numbers for everything that the gradients of a batch need; NaN behind the ends. */
  get inputs(): Tensors {
    const { program, backward } = this.forms;
    return drawInputs(program, backward, this.drawn);
  }

  /** The gradients' graph as targets get it. */
  get optimised(): Graph {
    this.#optimised ??= optimise(this.forms.backward);
    return this.#optimised;
  }

  /** That in WebAssembly: `compile`, without optimising once more. */
  get compiled(): Promise<Compiled> {
    this.#compiled ??= load(emit(schedule(this.optimised)), { feedback: [] });
    return this.#compiled;
  }
}

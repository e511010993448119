// A program as text and the case on which it is held to the laws: all that repeats a trial.
import { makeSource } from '../../src/base/source.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { type ElaborateOptions, elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { emit } from '../../src/codegen/wasm/emit.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { type Executable, load } from '../../src/runtime/executable.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import { checkText } from '../check/programs.ts';
import type { Tensors } from '../laws/distance.ts';
import { AUTODIFF, type Autodiff, type Forms, formsOf } from '../laws/forms.ts';

/** Beside the models, so that their cells can be imported. */
const PATH = 'models/generated.rnn';

/** What the laws need of what runs. */
type Compiled = Pick<Executable, 'execute'>;

export class Trial {
  readonly text: string;
  readonly drawn: Case;
  readonly path: string;
  /** What its forms are made by. */
  readonly autodiff: Autodiff;
  #file: CheckedFile | undefined;
  #programs = new Map<string, Program>();
  #inputs: Tensors | undefined;
  #answers: Tensors | undefined;
  #optimised: Graph | undefined;
  #compiled: Promise<Compiled> | undefined;

  /** `path` is where the text stands, from the root: imports are beside it. */
  constructor(text: string, drawn: Case, path = PATH, autodiff: Autodiff = AUTODIFF) {
    this.text = text;
    this.drawn = drawn;
    this.path = path;
    this.autodiff = autodiff;
  }

  /** The same program and case, differentiated otherwise. */
  by(autodiff: Autodiff): Trial {
    const trial = new Trial(this.text, this.drawn, this.path, autodiff);
    trial.#file = this.#file;
    trial.#programs = this.#programs;
    return trial;
  }

  /** The checked file; throws where it has an error. */
  get file(): CheckedFile {
    this.#file ??= checkText(makeSource(this.path, this.text));
    return this.#file;
  }

  /** The last model of the file, or its last cell, with the case's sizes. */
  program(mode: ElaborateOptions['mode'] = 'train', startingStates = this.drawn.startingStates): Program {
    const key = `${mode} ${startingStates}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const { blocks } = this.file;
    const block = blocks.findLast(({ kind }) => kind === 'model') ?? blocks[blocks.length - 1];
    const sizes = new Map(block.sizes.map(({ name }) => [name, this.drawn.sizes[name]]));
    const { program, diagnostics } = elaborate(this.file, { name: block.name, sizes, mode, startingStates });
    if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    this.#programs.set(key, program);
    return program;
  }

  get forms(): Forms {
    return formsOf(this.program(), this.autodiff);
  }

  /** Numbers for everything that the gradients of a batch need; NaN behind the ends. */
  get inputs(): Tensors {
    const { program, backward } = this.forms;
    this.#inputs ??= drawInputs(program, backward, this.drawn);
    return this.#inputs;
  }

  /** What the reference makes of them. */
  get answers(): Tensors {
    this.#answers ??= evaluate(this.forms.backward, this.inputs);
    return this.#answers;
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

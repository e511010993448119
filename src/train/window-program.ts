/**
 * A compiled program for batches that may continue each other: it carries the states from one to the next, and hands
 * whatever else it remembers (weights, the optimizer's memories) from the program for first windows to the one for
 * further windows and back. Where all states start at zero the two are one.
 */
import { batch as addBatch } from '../autodiff/batch.ts';
import { invariant } from '../base/invariant.ts';
import type { Program } from '../check/program.ts';
import type { Runnable as Compiled } from '../compile.ts';
import type { Graph, Output } from '../graph/graph.ts';
import { BATCH, type Extents, TIME } from '../graph/type.ts';
import type { Feedback } from '../runtime/executable.ts';
import { indexTensor, realTensor, type Tensor } from '../tensor/tensor.ts';
import type { Batch, Dataset } from './datasets/dataset.ts';
import type { Programs } from './experiment.ts';

/** What of a compiled program is used here. */
export type Runnable = Pick<Compiled, 'bind' | 'write' | 'run' | 'read'>;

/** Makes a graph runnable. */
export type Compile = (graph: Graph, feedback: readonly Feedback[]) => Runnable | Promise<Runnable>;

/** The graph of a batch of a program, with those of its outputs that are asked for. */
export function batchedGraph(program: Program, lengths: boolean, wanted: (output: Output) => boolean): Graph {
  const graph = addBatch(program.graph, { lengths });
  return { ...graph, outputs: graph.outputs.filter(wanted) };
}

export function stateName(state: string): string {
  return `state.${state}`;
}

function extentsOf(steps: number, sequences: number): Extents {
  return new Map([
    [TIME, steps],
    [BATCH, sequences],
  ]);
}

interface Side {
  readonly program: Program;
  readonly executable: Runnable;
  /** The extents of its last run: T and B. */
  bound: string;
}

export class WindowProgram {
  readonly #programs: Programs;
  readonly #windowed: boolean;
  readonly #compile: (program: Program, feedback: readonly Feedback[]) => Runnable | Promise<Runnable>;
  readonly #kept: readonly Feedback[];
  readonly #sides = new Map<Program, Side>();
  /** Inputs that stay as they were written, and the sides that have them. */
  readonly #fixed = new Map<string, Tensor>();
  readonly #informed = new Set<Side>();
  /** Inputs that every run changes (kept ones and states), before the next run writes them. */
  #waiting = new Map<string, Tensor>();
  /** The one that ran last: what it remembers is the truth, but for what is waiting. */
  #last: Side | undefined;

  /**
   * `build` makes the graph that is run, for each of the two programs. `kept`: what is remembered besides states.
   * `values`: the inputs that stay from run to run (weights, memories), by name.
   */
  constructor(
    programs: Programs,
    windowed: boolean,
    build: (program: Program) => Graph,
    kept: readonly Feedback[],
    compile: Compile,
    values: ReadonlyMap<string, Tensor>,
  ) {
    this.#programs = programs;
    this.#windowed = windowed;
    this.#compile = (program, feedback) => compile(build(program), feedback);
    this.#kept = kept;
    this.write(values);
  }

  /** The states that are carried. */
  get states(): readonly string[] {
    return this.#windowed ? this.#programs.continuing.states.map((state) => state.name) : [];
  }

  /** Puts other values in the place of inputs that stay from run to run; states by their input's name. */
  write(values: ReadonlyMap<string, Tensor>): void {
    const changing = new Set([...this.#kept.map(({ to }) => to), ...this.states.map(stateName)]);
    for (const [name, tensor] of values) (changing.has(name) ? this.#waiting : this.#fixed).set(name, tensor);
    this.#informed.clear();
  }

  /** What every run changes, as it is now: the inputs that `kept` feeds and, after a run, the states. */
  remembered(): Map<string, Tensor> {
    const values = new Map(this.#waiting);
    if (this.#last === undefined) return values;
    const { executable } = this.#last;
    for (const name of [...this.#kept.map(({ to }) => to), ...this.states.map(stateName)]) {
      if (!values.has(name)) values.set(name, executable.read(name));
    }
    return values;
  }

  /**
   * Runs a batch. `inputs`: everything but lengths, states, the offset and what stays from run to run. Read the results
   * from what it returns before the next run.
   */
  async run(batch: Batch, inputs: ReadonlyMap<string, Tensor>): Promise<Runnable> {
    const opens = !batch.continues;
    const side = await this.#side(opens);
    const { program, executable } = side;
    if (this.#last !== side) {
      this.#waiting = this.remembered();
      this.#last = undefined;
    }
    const extents = `${batch.steps} ${batch.sequences}`;
    if (side.bound !== extents && this.#last === side) {
      // Binding other extents forgets the inputs that have such an axis.
      for (const name of this.states.map(stateName)) {
        if (!this.#waiting.has(name)) this.#waiting.set(name, executable.read(name));
      }
    }
    side.bound = extents;
    executable.bind(extentsOf(batch.steps, batch.sequences));
    const takesStates = this.#windowed && program === this.#programs.continuing;
    if (opens || !takesStates) {
      for (const state of this.states) this.#waiting.delete(stateName(state));
    }
    if (opens && takesStates) {
      for (const { name, shape, kind } of program.states) {
        const all = [batch.sequences, ...shape];
        executable.write(stateName(name), kind === 'real' ? realTensor(all) : indexTensor(all));
      }
    }
    if (!this.#informed.has(side)) for (const [name, tensor] of this.#fixed) executable.write(name, tensor);
    this.#informed.add(side);
    for (const [name, tensor] of this.#waiting) executable.write(name, tensor);
    this.#waiting.clear();
    for (const [name, tensor] of inputs) executable.write(name, tensor);
    if (batch.lengths !== undefined) executable.write('lengths', batch.lengths);
    if (program.usesStepNumber) executable.write('offset', indexTensor([], [batch.offset]));
    executable.run();
    this.#last = side;
    return executable;
  }

  /** Compiles all there is and takes the memory for batches of these extents. Throws a MemoryError where it cannot be had. */
  async reserve({ steps, sequences }: Dataset['largest']): Promise<void> {
    for (const opens of this.#windowed ? [true, false] : [true]) {
      const side = await this.#side(opens);
      side.executable.bind(extentsOf(steps, sequences));
    }
  }

  async #side(opens: boolean): Promise<Side> {
    const { continuing, opening } = this.#programs;
    const program = opens && opening !== undefined ? opening : continuing;
    const present = this.#sides.get(program);
    if (present !== undefined) return present;
    const carries = this.#windowed && program === continuing;
    const states = carries ? this.states.map((s) => ({ from: stateName(s), to: stateName(s) })) : [];
    const executable = await this.#compile(program, [...this.#kept, ...states]);
    const side: Side = { program, executable, bound: '' };
    this.#sides.set(program, side);
    return side;
  }
}

/** The input and the target of a batch under the names of a program. */
export function dataOf(program: Program, batch: Batch): Map<string, Tensor> {
  const [input] = program.inputs;
  const [target] = program.targets;
  invariant(input !== undefined && target !== undefined, `${program.name} has an input and a target`);
  return new Map([
    [input.name, batch.input],
    [target.name, batch.target],
  ]);
}

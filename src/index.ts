// The library: what the command does, from TypeScript. Everything starts with `load`; files come from Node unless others
// are handed in.
import type { Diagnostic } from './base/diagnostic.ts';
import { hasErrors } from './base/diagnostic.ts';
import { render } from './base/render.ts';
import { makeSource } from './base/source.ts';
import type { CheckedCell, CheckedFile } from './check/checked.ts';
import { elaborate, selectBlock } from './check/elaborate/elaborate.ts';
import { compile, type Target } from './compile.ts';
import { deriveBlock } from './derive/derivation.ts';
import { type DerivationRecord, derivationRecord, writeAs } from './derive/formats.ts';
import { formatSource } from './parser/format.ts';
import { FileFault, type Files } from './runtime/files.ts';
import { nodeFiles } from './runtime/node/files.ts';
import { checkGradients, type GradientReport } from './study/gradcheck.ts';
import { checkSource, loadProgramFile, type ProgramFile } from './study/program-file.ts';
import { runProgram } from './study/run.ts';
import { type Summary, summarize } from './study/summary.ts';
import { readSafetensors, SafetensorsError, writeSafetensors } from './tensor/safetensors.ts';
import type { Tensor } from './tensor/tensor.ts';
import { prepare } from './train/experiment.ts';
import { checkGenerate, generate as continueText } from './train/generate.ts';
import type { Host } from './train/host.ts';
import { initialise } from './train/initialise.ts';
import { train as runExperiment, type TrainEvent } from './train/loop.ts';
import { openRun } from './train/open-run.ts';

export type { Diagnostic } from './base/diagnostic.ts';
export type { Target } from './compile.ts';
export type { EquationRecord } from './derive/formats.ts';
export { FileFault, type Files } from './runtime/files.ts';
export type { GradientReport, LeftOut, TensorCheck } from './study/gradcheck.ts';
export type { ModesCheck } from './study/modes.ts';
export type { Summary } from './study/summary.ts';
export type { Tried } from './study/tried.ts';
export { SafetensorsError } from './tensor/safetensors.ts';
export { boolTensor, indexTensor, realTensor, type Tensor } from './tensor/tensor.ts';
export type { TrainEvent } from './train/loop.ts';

/** The program, the data or the options are at fault. The message is what `rnn` would print. */
export class RnnError extends Error {
  override readonly name = 'RnnError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(render(diagnostics, { colour: false }));
    this.diagnostics = diagnostics;
  }
}

/** Numbers for sizes of a header: `{ n: 3, m: 4 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** Arrays by name. */
export type Arrays = Readonly<Record<string, Tensor>>;

/** Which cell or model of the file; the last model, else the last cell, where it is not said. */
export interface Choice {
  readonly name?: string;
}

export interface RunOptions extends Choice {
  /** Also `grad.NAME` for every real input, weight and given state. */
  readonly gradient?: boolean;
  /** `reference` (float64) where not given, or `wasm` (float32). */
  readonly target?: Target;
}

export interface GradientCheckOptions extends Choice {
  /** 20 where not given. */
  readonly cases?: number;
  /** 1 where not given. */
  readonly seed?: number;
}

export interface TrainOptions extends Choice {
  /** Where the run is kept; a folder that holds no run. */
  readonly folder: string;
  /** Other values for entries of the train block and sizes: `['steps=500', 'm=64']`. */
  readonly set?: readonly string[];
  /** Other data files than those of the block. */
  readonly data?: readonly string[];
  /** `wasm` where not given. */
  readonly target?: Target;
  /** Stops the run after the step at hand; it is saved. */
  readonly signal?: AbortSignal;
}

export interface GenerateOptions {
  readonly prompt?: string;
  /** Characters or words; 400 where not given. */
  readonly length?: number;
  /** 0.8 where not given. */
  readonly temperature?: number;
  /** 1 where not given. */
  readonly seed?: number;
}

/** The equations of the gradients, one by one and as whole documents. */
export interface Derivation extends DerivationRecord {
  readonly text: string;
  readonly latex: string;
  readonly markdown: string;
}

/** A checked program. Where it has errors, every method throws an `RnnError` with them. */
export interface Program {
  /** Errors and warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** The cells and models that the file declares. */
  readonly names: readonly string[];
  /** Inputs with their shapes, states, parameters with their counts, outputs. Sizes without a number stay formulas. */
  show(sizes?: Sizes, choice?: Choice): Summary;
  /** Weights as a training begins with them. */
  weights(sizes: Sizes, seed: number, choice?: Choice): Record<string, Tensor>;
  /**
   * Evaluates on arrays: inputs and targets `[batch, time, ...]`, weights, maybe `state.NAME` `[batch, ...]` and `lengths`
   * `[batch]`. Gives the outputs, `state.NAME` at each sequence's last step, and of a model `loss` and the metrics.
   */
  run(arrays: Arrays, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** Compares every gradient with central differences on random cases. */
  gradcheck(options?: GradientCheckOptions): GradientReport;
  /**
   * Backpropagation through time as equations, checked: read back from the text and compared with the graph that runs.
   * Sizes without a number stay symbols.
   */
  derive(sizes?: Sizes, choice?: Choice): Derivation;
  /** Runs the experiment of the file and tells what happens. The run is over when the events are. */
  train(options: TrainOptions): AsyncGenerator<TrainEvent, void>;
}

/**
 * Reads and checks a program: a path, or a text with the name that messages call it by (imports are relative to it).
 * Rejects with a `FileFault` where the file cannot be read.
 *
 * ```ts
 * const cell = await load({ name: 'sum.rnn', text: 'cell Sum(n) { input x: [n]  state h: [n]  h = prev h + x  output h }' });
 * const { h } = await cell.run({ x: realTensor([1, 3, 1], [1, 2, 3]) });   // [1, 3, 6]
 * ```
 */
export async function load(
  program: string | { readonly name: string; readonly text: string },
  files: Files = nodeFiles,
): Promise<Program> {
  return typeof program === 'string'
    ? makeProgram(await named(`cannot read ${program}`, loadProgramFile(program, files)), files)
    : makeProgram(await checkSource(makeSource(program.name, program.text), files), files);
}

/** The text that follows a prompt, piece by piece, from the folder of a run. Throws an `RnnError` where it cannot be. */
export async function* generate(
  folder: string,
  options: GenerateOptions = {},
  files: Files = nodeFiles,
): AsyncGenerator<string, void> {
  const { run, diagnostics } = await openRun(folder, files);
  if (run === undefined) throw new RnnError(diagnostics);
  const { prompt = '', length = 400, temperature = 0.8, seed = 1 } = options;
  const settled = { prompt, length, temperature, seed };
  const problems = checkGenerate(run, settled);
  if (problems.length > 0) throw new RnnError(problems);
  const target = run.target === 'reference' ? 'reference' : 'wasm';
  yield* continueText(run, settled, (graph, feedback) => compile(graph, { target, feedback }));
}

/** Arrays from a safetensors file: weights of a run, data. Throws a `SafetensorsError` where it is none. */
export async function loadArrays(path: string, files: Files = nodeFiles): Promise<Record<string, Tensor>> {
  const bytes = await named(`cannot read ${path}`, files.read(path));
  try {
    return Object.fromEntries(readSafetensors(bytes).tensors);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw new SafetensorsError(`cannot read ${path} as safetensors: ${error.message}`);
  }
}

/** Writes arrays as a safetensors file; the same arrays give the same bytes. */
export async function saveArrays(path: string, arrays: Arrays, files: Files = nodeFiles): Promise<void> {
  await named(`cannot write ${path}`, files.write(path, writeSafetensors(toMap(arrays))));
}

/** A program's text in the one layout. Throws an `RnnError` where it cannot be read; what it means does not matter. */
export function format(text: string, name = 'program.rnn'): string {
  const formatted = formatSource(makeSource(name, text));
  return valid(formatted.text, formatted.diagnostics);
}

function makeProgram(file: ProgramFile, files: Files): Program {
  const checked = (): CheckedFile => valid(file.checked, file.diagnostics);
  const choose = ({ name }: Choice = {}): CheckedCell => {
    const { cell, diagnostics } = selectBlock(checked(), name);
    return valid(cell, diagnostics);
  };
  return {
    diagnostics: file.diagnostics,
    names: file.checked?.blocks.map((block) => block.name) ?? [],
    show: (sizes = {}, choice) => summarize(choose(choice), toMap(sizes)),
    weights(sizes, seed, choice) {
      const { program, diagnostics } = elaborate(checked(), {
        name: choose(choice).name,
        sizes: toMap(sizes),
        mode: 'evaluate',
        startingStates: false,
      });
      return Object.fromEntries(initialise(valid(program, diagnostics).parameters, seed));
    },
    async run(arrays, options = {}) {
      const { outputs, diagnostics } = await runProgram(checked(), choose(options), toMap(arrays), options);
      return Object.fromEntries(valid(outputs, diagnostics));
    },
    gradcheck({ cases = 20, seed = 1, ...choice } = {}) {
      const { name, sizes } = choose(choice);
      return checkGradients({
        sizes: sizes.map((size) => size.name),
        programOf: (drawn, startingStates) =>
          elaborate(checked(), { name, sizes: drawn, mode: 'train', startingStates }).program,
        cases,
        seed,
      });
    },
    derive(sizes = {}, choice) {
      const derived = deriveBlock(checked(), choose(choice), { sizes: toMap(sizes) });
      const derivation = valid(derived.derivation, derived.diagnostics);
      return {
        ...derivationRecord(derivation),
        text: writeAs('text', derivation),
        latex: writeAs('latex', derivation),
        markdown: writeAs('markdown', derivation),
      };
    },
    train: (options) => trainProgram(checked(), file, options, files),
  };
}

async function* trainProgram(
  checked: CheckedFile,
  { sources }: ProgramFile,
  options: TrainOptions,
  files: Files,
): AsyncGenerator<TrainEvent, void> {
  const { folder, set = [], data = [], target = 'wasm', name, signal } = options;
  const prepared = await prepare({ checked, sources, name, overrides: { set, data } }, files);
  const experiment = valid(prepared.experiment, prepared.diagnostics);
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
  const host: Host = { files, now: () => performance.now(), pause };
  for await (const event of runExperiment(experiment, {
    folder,
    target,
    signal,
    host,
    compile: (graph, feedback) => compile(graph, { target, feedback }),
  })) {
    yield event;
    if (event.kind === 'failed') throw new RnnError([event.diagnostic]);
  }
}

/** A `FileFault` says what was wanted of which file; from whoever reads and writes it knows only why that failed. */
async function named<Result>(what: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    const { message, help } = error;
    throw new FileFault(`${what}: ${message}${help === undefined ? '' : `; ${help}`}`, help);
  }
}

function toMap<Value>(record: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(record));
}

/** What there is where there is no error. */
function valid<Value>(value: Value | undefined, diagnostics: readonly Diagnostic[]): Value {
  if (value === undefined || hasErrors(diagnostics)) throw new RnnError(diagnostics);
  return value;
}

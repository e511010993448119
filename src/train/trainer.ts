/**
 * The compiled training step: forward, backward, clipping and update in one program, which keeps the weights, the
 * optimizer's memories and the states from one step to the next.
 */
import { gradient } from '../autodiff/vjp.ts';
import { fnv1a32, threefry2x32 } from '../base/random.ts';
import type { Program } from '../check/program.ts';
import { firstNotFinite, indexTensor, realTensor, type Tensor } from '../tensor/tensor.ts';
import type { Experiment } from './experiment.ts';
import { momentName, momentsOf, sharedInputs, withUpdate } from './optimizers.ts';
import { rateAt } from './schedule.ts';
import { batchedGraph, type Compile, dataOf, stateName, WindowProgram } from './window-program.ts';

/** What one step tells. */
export interface StepResult {
  readonly loss: number;
  /** Of all gradients together, before clipping. */
  readonly gradientNorm: number;
  readonly rate: number;
  /** Steps of sequences in the batch, without padding. */
  readonly realSteps: number;
}

export class Trainer {
  readonly #experiment: Experiment;
  readonly #program: WindowProgram;
  /** Those that are trained. */
  readonly #weights: readonly string[];
  readonly #frozen: ReadonlyMap<string, Tensor>;
  /** All weights, in the order of the file. */
  readonly #all: readonly string[];

  /** `values`: weights, and where a run goes on, the optimizer's memories and the states. */
  constructor(experiment: Experiment, compile: Compile, values: ReadonlyMap<string, Tensor>) {
    this.#experiment = experiment;
    const { training, dataset, settings } = experiment;
    const { optimizer, clip } = settings;
    const { parameters } = training.continuing;
    const trained = parameters.filter((parameter) => !parameter.frozen);
    this.#weights = trained.map((parameter) => parameter.name);
    this.#all = parameters.map((parameter) => parameter.name);
    this.#frozen = new Map(
      parameters.flatMap(({ name, frozen }) => (frozen ? [[name, values.get(name)!] as const] : [])),
    );
    const moments = momentsOf(optimizer);
    const start = new Map<string, Tensor>();
    for (const { name, shape } of trained) {
      for (const moment of moments) start.set(momentName(moment, name), realTensor(shape));
    }
    const build = (program: Program) => {
      const forward = batchedGraph(
        program,
        !dataset.windowed,
        ({ name }) => name === 'loss' || (dataset.windowed && name.startsWith('state.')),
      );
      const backward = gradient(forward, { output: 'loss', wrt: this.#weights });
      return withUpdate(backward, this.#weights, optimizer, clip);
    };
    const kept = [...this.#weights, ...start.keys()].map((name) => ({ from: `next.${name}`, to: name }));
    this.#program = new WindowProgram(training, dataset.windowed, build, kept, compile, start);
    this.#program.write(values);
  }

  /** Takes the memory for the largest batch. Throws a MemoryError where it cannot be had. */
  reserve(): Promise<void> {
    return this.#program.reserve(this.#experiment.dataset.largest);
  }

  /** Does step `step` (from 1). A step whose loss or gradient is not finite leaves the weights as they were. */
  async step(step: number): Promise<StepResult> {
    const { settings, dataset, training, steps } = this.#experiment;
    const batch = dataset.trainingBatch(step - 1);
    const inputs = dataOf(training.continuing, batch);
    const rate = rateAt(settings.schedule, settings.rate, step, steps);
    for (const [name, number] of sharedInputs(settings.optimizer, rate, step)) {
      inputs.set(name, realTensor([], [number]));
    }
    if (training.continuing.hasNoise) {
      inputs.set('seed', noiseSeeds(settings.seed, step, batch.sequences));
    }
    if (training.continuing.hasBatchNoise) {
      const key = fnv1a32('batch noise');
      const [word] = threefry2x32(settings.seed, key, step, 0);
      inputs.set('seed.batch', indexTensor([], [word >>> 1]));
    }
    const executable = await this.#program.run(batch, inputs);
    const loss = executable.read('loss').data[0];
    const gradientNorm = executable.read('gradient_norm').data[0];
    return { loss, gradientNorm, rate, realSteps: batch.realSteps };
  }

  /** The weights as they are now. */
  weights(): Map<string, Tensor> {
    const values = this.#program.remembered();
    // A frozen weight stays on this side: it is given in the numbers that the others come back in.
    const isSingle = this.#weights.some((name) => values.get(name)?.data instanceof Float32Array);
    const frozen = (name: string): Tensor => {
      const tensor = this.#frozen.get(name)!;
      return isSingle ? { ...tensor, data: Float32Array.from(tensor.data) } : tensor;
    };
    return new Map(this.#all.map((name) => [name, values.get(name) ?? frozen(name)]));
  }

  /** A weight, or a memory of the optimizer, that holds a number that is not finite; undefined where none does. */
  broken(): string | undefined {
    const states = new Set(this.#program.states.map(stateName));
    for (const [name, tensor] of this.#program.remembered()) {
      if (!states.has(name) && firstNotFinite(tensor) >= 0) return name;
    }
    return undefined;
  }

  /** All that a further step depends on: weights, the optimizer's memories, states. */
  values(): Map<string, Tensor> {
    const values = this.#program.remembered();
    const states = this.#program.states.map(stateName).filter((name) => values.has(name));
    const weights = this.weights();
    const rest = [...values.keys()].filter((name) => !weights.has(name) && !states.includes(name)).sort();
    return new Map([...weights, ...[...rest, ...states].map((name) => [name, values.get(name)!] as const)]);
  }
}

/** A seed for the noise of each sequence of a batch, another one at each step. */
function noiseSeeds(seed: number, step: number, sequences: number): Tensor {
  const key = fnv1a32('noise');
  const seeds = Int32Array.from({ length: sequences }, (_, b) => threefry2x32(seed, key, step, b)[0] >>> 1);
  return indexTensor([sequences], seeds);
}

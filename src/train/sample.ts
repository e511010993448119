/**
 * Sequences from a model that says how they go on (`generate x ~ categorical(logits)`): one step at a time, each
 * step's category drawn from the model's logits and handed back as the next input, the states carried along.
 */
import type { RandomStream } from '../base/random.ts';
import type { Program } from '../check/program.ts';
import { indexTensor, type Tensor } from '../tensor/tensor.ts';
import type { Batch } from './datasets/dataset.ts';
import type { Programs } from './experiment.ts';
import { batchedGraph, type Compile, WindowProgram } from './window-program.ts';

/** The model gave a logit that is not a number. */
export class SampleFault extends Error {
  override readonly name = 'SampleFault';
}

export class Sampler {
  readonly #programs: Programs;
  readonly #program: WindowProgram;

  constructor(programs: Programs, compile: Compile, weights: ReadonlyMap<string, Tensor>) {
    this.#programs = programs;
    const build = (program: Program) =>
      batchedGraph(program, false, ({ name }) => name === 'generate' || name.startsWith('state.'));
    this.#program = new WindowProgram(programs, true, build, [], compile, weights);
  }

  /** Puts other weights in. */
  write(weights: ReadonlyMap<string, Tensor>): void {
    this.#program.write(weights);
  }

  /**
   * The categories that follow `prompt` (at least one category), without end. Only the first `categories` are drawn.
   * The temperature divides the logits: 1 is the model's own distribution, 0 always takes the likeliest. Throws a
   * SampleFault where the model's numbers are not numbers.
   */
  async *sample(
    prompt: Int32Array,
    categories: number,
    temperature: number,
    random: RandomStream,
  ): AsyncGenerator<number, never> {
    let input = prompt;
    for (let offset = 0; ; ) {
      const logits = await this.#logits(input, offset);
      offset += input.length;
      const next = draw(logits.subarray(0, categories), temperature, random);
      yield next;
      input = Int32Array.of(next);
    }
  }

  /** The logits after these steps, the first of which is number `offset`. */
  async #logits(input: Int32Array, offset: number): Promise<Float64Array> {
    const steps = input.length;
    const tensor = indexTensor([steps, 1], input);
    const batch: Batch = {
      input: tensor,
      target: tensor,
      lengths: undefined,
      steps,
      sequences: 1,
      realSteps: steps,
      continues: offset > 0,
      offset,
    };
    const [{ name }] = this.#programs.continuing.inputs;
    const executable = await this.#program.run(batch, new Map([[name, tensor]]));
    const { data } = executable.read('generate');
    return Float64Array.from(data.subarray(data.length - data.length / steps));
  }
}

/** One draw from the categorical distribution with these logits divided by the temperature. */
export function draw(logits: Float64Array, temperature: number, random: RandomStream): number {
  let likeliest = 0;
  for (let k = 0; k < logits.length; k++) if (logits[k] > logits[likeliest]) likeliest = k;
  const largest = logits[likeliest];
  if (!Number.isFinite(largest) || logits.some(Number.isNaN)) {
    throw new SampleFault('the model gives logits that are not finite numbers');
  }
  if (temperature === 0) return likeliest;
  // Less the largest: exp of a large logit alone would be infinite.
  const weights = logits.map((logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((sum, w) => sum + w, 0);
  let left = random.uniform() * total;
  for (let k = 0; k < weights.length; k++) {
    left -= weights[k];
    if (left < 0) return k;
  }
  return likeliest;
}

/**
 * The loss and the metrics of a model over the held-out data, in evaluation mode (no noise): the sum of what the
 * steps (or the sequences, for a once loss) score, divided by their number, whatever the batches are.
 */
import { invariant } from '../base/invariant.ts';
import type { Program } from '../check/program.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Experiment } from './experiment.ts';
import type { Host } from './host.ts';
import { batchedGraph, type Compile, dataOf, WindowProgram } from './window-program.ts';

export interface Scores {
  readonly loss: number;
  /** By name, in the order of the model. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** Evaluates a model again and again, with other weights. */
export class Evaluator {
  readonly #experiment: Experiment;
  readonly #program: WindowProgram;

  constructor(experiment: Experiment, compile: Compile, weights: ReadonlyMap<string, Tensor>) {
    this.#experiment = experiment;
    const { evaluation, dataset } = experiment;
    const wanted = new Set(resultsOf(evaluation.continuing).map(({ name }) => name));
    const build = (program: Program) =>
      batchedGraph(program, !dataset.windowed, ({ name }) => wanted.has(name) || name.startsWith('state.'));
    this.#program = new WindowProgram(evaluation, dataset.windowed, build, [], compile, weights);
  }

  /** Takes the memory for the largest batch. Throws a MemoryError where it cannot be had. */
  async reserve(): Promise<void> {
    const { dataset } = this.#experiment;
    if (dataset.validationBatches > 0) await this.#program.reserve(dataset.largest);
  }

  /** Scores these weights on everything that is held out; undefined where nothing is. */
  async run(weights: ReadonlyMap<string, Tensor>, host: Host): Promise<Scores | undefined> {
    const { dataset, evaluation } = this.#experiment;
    if (dataset.validationBatches === 0) return undefined;
    this.#program.write(weights);
    const program = evaluation.continuing;
    const results = resultsOf(program).map((result) => ({ ...result, sum: 0, count: 0 }));
    for (let k = 0; k < dataset.validationBatches; k++) {
      const batch = dataset.validationBatch(k);
      const executable = await this.#program.run(batch, dataOf(program, batch));
      for (const result of results) {
        const count = result.rate === 'step' ? batch.realSteps : batch.sequences;
        result.sum += executable.read(result.name).data[0] * count;
        result.count += count;
      }
      await host.pause();
    }
    const [loss, ...metrics] = results.map(({ name, sum, count }) => [name, sum / count] as const);
    return { loss: loss[1], metrics: new Map(metrics) };
  }
}

function resultsOf(program: Program): { readonly name: string; readonly rate: 'step' | 'once' }[] {
  invariant(program.loss !== undefined, `${program.name} has a loss`);
  return [{ name: 'loss', rate: program.loss.rate }, ...program.metrics];
}

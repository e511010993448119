/**
 * The training loop: steps, validations, samples and saves, told as events. It draws nothing and knows no clock but the
 * host's, which decides nothing: the same experiment gives the same run folder, byte for byte, whether it was stopped
 * and taken up again or not.
 *
 * Which weights are kept: weights.safetensors are those of the lowest validation loss (the last ones where nothing is
 * held out), checkpoint.safetensors has the last ones. A run that is stopped before its first validation saves the
 * last as both.
 */
import type { Diagnostic } from '../base/diagnostic.ts';
import { RandomStream } from '../base/random.ts';
import { MemoryError } from '../tensor/memory-error.ts';
import { count } from '../tensor/tensor.ts';
import { problem } from './call.ts';
import type { Dataset } from './datasets/dataset.ts';
import { Evaluator, type Scores } from './evaluate.ts';
import type { Experiment } from './experiment.ts';
import type { Host } from './host.ts';
import { initialise } from './initialise.ts';
import { smaller } from './memory-need.ts';
import {
  appendMetrics,
  type Checkpoint,
  createRun,
  folderSpan,
  holdsRun,
  returnTo,
  saveCheckpoint,
  saveWeights,
} from './run-folder.ts';
import { SampleFault, Sampler } from './sample.ts';
import { rateAt } from './schedule.ts';
import { type StepResult, Trainer } from './trainer.ts';
import type { Compile } from './window-program.ts';

export interface TrainOptions {
  /** Where the run is kept. A new run needs a folder that holds none. */
  readonly folder: string;
  readonly host: Host;
  readonly compile: Compile;
  /** The name of what `compile` makes programs for; recorded. */
  readonly target: string;
  /** Stops the run after the step at hand, or the validation. It is saved and can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Where to go on, from `resumeRun`. */
  readonly resume?: Checkpoint | undefined;
  /** How many categories a sample of generated text has; 0: no samples. */
  readonly sample?: number | undefined;
}

/** What happens in a run, in order: start, then steps, validations, samples and saves, then done or failed. */
export type TrainEvent =
  | {
      readonly kind: 'start';
      readonly model: string;
      readonly folder: string;
      readonly target: string;
      readonly parameters: { readonly tensors: number; readonly numbers: number };
      /** The data in one line. */
      readonly data: string;
      readonly steps: number;
      readonly stepsPerEpoch: number | undefined;
      readonly validateEvery: number;
      /** The step after which a resumed run goes on. */
      readonly resumedAfter: number | undefined;
    }
  | ({
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      /** Time steps of sequences per second, as of late. */
      readonly speed: number;
      readonly secondsLeft: number;
    } & StepResult)
  | ({ readonly kind: 'validation'; readonly step: number; readonly best: boolean } & Scores)
  | { readonly kind: 'sample'; readonly step: number; readonly text: string }
  | { readonly kind: 'saved'; readonly step: number; readonly folder: string }
  | {
      readonly kind: 'done';
      readonly step: number;
      /** False: stopped by the signal; the run can be resumed. */
      readonly finished: boolean;
      readonly best: { readonly step: number; readonly loss: number } | undefined;
      readonly seconds: number;
      readonly folder: string;
    }
  | { readonly kind: 'failed'; readonly step: number; readonly diagnostic: Diagnostic };

/** The longest time in milliseconds for which others are kept waiting, but for one step. */
const patience = 30;
/** Lines of metrics that are written together. */
const linesTogether = 100;
const sampleTemperature = 0.8;

/**
 * Runs an experiment and tells what happens. What goes wrong with it is the event `failed`; a `FileFault` of the host is
 * thrown on.
 *
 * ```ts
 * for await (const event of train(experiment, { folder: 'runs/1', host, compile, target: 'wasm' })) draw(event);
 * ```
 */
export async function* train(
  experiment: Experiment,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void> {
  let step = options.resume?.step ?? 0;
  try {
    for await (const event of eventsOf(experiment, options)) {
      if (event.kind === 'step') step = event.step;
      yield event;
    }
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    yield { kind: 'failed', step: step + 1, diagnostic: tooLarge(experiment, error) };
  }
}

async function* eventsOf(experiment: Experiment, options: TrainOptions): AsyncGenerator<TrainEvent, void> {
  const { folder, host, compile, signal, resume } = options;
  const { settings, training, dataset, steps, validateEvery, generation } = experiment;
  const { files } = host;
  const reason = await refusal(experiment, options);
  if (reason !== undefined) {
    yield { kind: 'failed', step: 0, diagnostic: reason };
    return;
  }
  yield startEvent(experiment, options);
  const { parameters } = training.continuing;
  const first = resume?.values ?? initialise(parameters, settings.seed);
  const trainer = new Trainer(experiment, compile, first);
  const weightsAtFirst = new Map(parameters.map(({ name }) => [name, first.get(name)!]));
  const evaluator = new Evaluator(experiment, compile, weightsAtFirst);
  await trainer.reserve();
  await evaluator.reserve();
  const length = options.sample ?? 200;
  const sampler =
    generation === undefined || length === 0 ? undefined : new Sampler(generation, compile, weightsAtFirst);

  let best = resume?.best;
  let step = resume?.step ?? 0;
  let saved = step;
  let lines: string[] = [];
  const clock = new Stopwatch(host);
  const flush = async (): Promise<void> => {
    if (lines.length > 0) await appendMetrics(folder, files, lines);
    lines = [];
  };
  /** False where numbers that are not finite would be saved, which are not: what was saved before is better. */
  const save = async (failed = false): Promise<boolean> => {
    await flush();
    if (trainer.broken() !== undefined) return false;
    if (best === undefined)
      await saveWeights(folder, files, trainer.weights(), { model: settings.model, step });
    await saveCheckpoint(folder, files, { step, best, failed, values: trainer.values() });
    saved = step;
    return true;
  };
  const brokenWeight = (name: string): TrainEvent => {
    const diagnostic = notFinite(experiment, `after step ${step} ${name} is no longer finite`, step, saved);
    return { kind: 'failed', step, diagnostic };
  };
  if (resume !== undefined) await returnTo(resume.step, folder, files, experiment);
  else if (await createRun(folder, files, experiment, options.target)) await save();
  else {
    yield { kind: 'failed', step: 0, diagnostic: folderTaken(folder) };
    return;
  }
  while (step < steps && !signal?.aborted) {
    const result = await trainer.step(step + 1);
    if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm)) {
      const kept = await save(true);
      if (kept) yield { kind: 'saved', step, folder };
      const { loss, gradientNorm } = result;
      const what = Number.isFinite(loss)
        ? `the norm of the gradient is ${gradientNorm}`
        : `the loss is ${loss}`;
      const message = `at step ${step + 1} ${what}`;
      const diagnostic = notFinite(experiment, message, step + 1, kept ? undefined : saved);
      yield { kind: 'failed', step: step + 1, diagnostic };
      return;
    }
    step++;
    const { loss, gradientNorm, rate } = result;
    lines.push(JSON.stringify({ step, loss, gradient_norm: gradientNorm, rate }));
    if (lines.length >= linesTogether) await flush();
    clock.count(result.realSteps);
    yield { kind: 'step', step, steps, ...result, ...clock.outlook(steps - step) };
    await clock.giveWay();

    if (step % validateEvery !== 0 && step !== steps) continue;
    const broken = trainer.broken();
    if (broken !== undefined) {
      await flush();
      yield brokenWeight(broken);
      return;
    }
    const weights = trainer.weights();
    const scores = await evaluator.run(weights, host);
    if (scores !== undefined) {
      const isBest = scores.loss < (best?.loss ?? Number.POSITIVE_INFINITY);
      if (isBest) {
        best = { step, loss: scores.loss };
        await saveWeights(folder, files, weights, { model: settings.model, step });
      }
      const validation = { loss: scores.loss, ...Object.fromEntries(scores.metrics) };
      lines.push(JSON.stringify({ step, validation }));
      yield { kind: 'validation', step, best: isBest, ...scores };
    }
    if (sampler !== undefined) {
      sampler.write(weights);
      const text = await sampleText(
        sampler,
        dataset,
        length,
        new RandomStream(settings.seed, `sample ${step}`),
      );
      if (text !== undefined) yield { kind: 'sample', step, text };
    }
    await save();
    yield { kind: 'saved', step, folder };
    clock.restart();
  }
  if (saved !== step) {
    if (!(await save())) {
      yield brokenWeight(trainer.broken()!);
      return;
    }
    yield { kind: 'saved', step, folder };
  }
  yield { kind: 'done', step, finished: step === steps, best, seconds: clock.seconds(), folder };
}

/** Why a run cannot begin in its folder, or go on; undefined where it can. `train` asks this too. */
export async function refusal(
  experiment: Experiment,
  options: Pick<TrainOptions, 'folder' | 'host' | 'resume'>,
): Promise<Diagnostic | undefined> {
  const { folder, host, resume } = options;
  if (resume === undefined) {
    return (await holdsRun(folder, host.files)) ? folderTaken(folder) : undefined;
  }
  if (resume.failed) {
    const notes = [`after step ${resume.step} its loss or its gradient was not a finite number`];
    const help = 'start a new one, with a lower rate or with clip';
    const message = `the run in ${folder} cannot go on`;
    return problem('RNN6042', message, folderSpan(folder), '', { notes, help });
  }
  if (resume.step < experiment.steps) return undefined;
  const message = `the run in ${folder} is finished: it has done its ${experiment.steps} steps`;
  const help = 'for more steps start a new run, with --set steps=...';
  return problem('RNN6042', message, folderSpan(folder), '', { help });
}

function folderTaken(folder: string): Diagnostic {
  const help = `name another folder, or go on with that run: rnn train --resume ${folder}`;
  return problem('RNN6041', `${folder} holds a run already`, folderSpan(folder), '', { help });
}

function startEvent(experiment: Experiment, { folder, target, resume }: TrainOptions): TrainEvent {
  const parameters = experiment.training.continuing.parameters.filter(({ frozen }) => !frozen);
  return {
    kind: 'start',
    model: experiment.settings.model,
    folder,
    target,
    parameters: {
      tensors: parameters.length,
      numbers: parameters.reduce((sum, { shape }) => sum + count(shape), 0),
    },
    data: experiment.dataset.description,
    steps: experiment.steps,
    stepsPerEpoch: experiment.dataset.stepsPerEpoch,
    validateEvery: experiment.validateEvery,
    resumedAfter: resume?.step,
  };
}

/** `saved`: the step of what is kept; undefined: the step before. */
function notFinite(
  { settings, training, steps }: Experiment,
  message: string,
  step: number,
  saved: number | undefined,
): Diagnostic {
  const rate = rateAt(settings.schedule, settings.rate, step, steps);
  const lower = `a lower rate (it was ${Number(rate.toPrecision(3))})`;
  const help =
    settings.clip === undefined
      ? `try ${lower}, or clip 1.0 in the train block`
      : `try ${lower}, or a smaller clip`;
  const notes = [
    saved === undefined
      ? 'the weights of the step before are kept'
      : `what was saved after step ${saved} is kept`,
    ...(step <= 3
      ? ['so early, the model itself is a suspect: a logarithm of zero, a division by zero']
      : []),
  ];
  const span = training.continuing.loss?.span ?? training.continuing.span;
  return problem('RNN6030', message, span, 'no longer finite', { notes, help });
}

function tooLarge({ settings, dataset }: Experiment, { message }: MemoryError): Diagnostic {
  const help = smaller(dataset);
  const what = 'a batch of this data does not fit into memory';
  return problem('RNN6031', what, settings.data.span, 'this data', { notes: [message], help });
}

/** Text that the model makes up, from where a text begins. Undefined where its numbers are no numbers. */
async function sampleText(
  sampler: Sampler,
  dataset: Dataset,
  length: number,
  random: RandomStream,
): Promise<string | undefined> {
  const { vocabulary } = dataset;
  if (vocabulary === undefined) return undefined;
  const drawn: number[] = [];
  try {
    for await (const category of sampler.sample(
      vocabulary.beginning(),
      vocabulary.size,
      sampleTemperature,
      random,
    )) {
      drawn.push(category);
      if (drawn.length === length) break;
    }
  } catch (fault) {
    if (fault instanceof SampleFault) return undefined;
    throw fault;
  }
  return vocabulary.decode(drawn);
}

/** How fast the updates go, as of late. Validations and saves do not count, nor does the first update, which compiles. */
class Stopwatch {
  readonly #host: Host;
  readonly #begun: number;
  #gaveWay: number;
  /** When the update at hand began. */
  #started: number;
  #updates = 0;
  /** Milliseconds of an update, and of a time step, as averages in which what is long ago fades. */
  #perUpdate = 0;
  #perStep = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#begun = host.now();
    this.#gaveWay = this.#begun;
    this.#started = this.#begun;
  }

  /** The next update begins now. */
  restart(): void {
    this.#started = this.#host.now();
  }

  /** An update of so many time steps has ended, and the next one begins. */
  count(realSteps: number): void {
    const now = this.#host.now();
    const spent = Math.max(now - this.#started, 1e-3);
    this.#updates++;
    const weight = this.#updates <= 2 ? 1 : Math.max(0.02, 1 / (this.#updates - 1));
    this.#perUpdate += weight * (spent - this.#perUpdate);
    this.#perStep += weight * (spent / realSteps - this.#perStep);
    this.#started = now;
  }

  outlook(updatesLeft: number): { readonly speed: number; readonly secondsLeft: number } {
    return { speed: 1000 / this.#perStep, secondsLeft: (this.#perUpdate / 1000) * updatesLeft };
  }

  /** Since the beginning, with all that happened. */
  seconds(): number {
    return (this.#host.now() - this.#begun) / 1000;
  }

  /** Lets others run, if they have waited long enough. */
  async giveWay(): Promise<void> {
    if (this.#host.now() - this.#gaveWay < patience) return;
    await this.#host.pause();
    this.#gaveWay = this.#host.now();
  }
}

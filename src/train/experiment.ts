/**
 * An experiment, made ready: a model and its train block, the settings resolved, the data read, the sizes settled, the
 * programs elaborated. Everything that can be wrong before the first step is told here.
 */
import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import type { Source } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { CheckedCell, CheckedFile, CheckedTrain } from '../check/checked.ts';
import { elaborate, type Mode } from '../check/elaborate/elaborate.ts';
import type { Program } from '../check/program.ts';
import type { Files } from '../runtime/files.ts';
import { folderOf } from '../runtime/paths.ts';
import { listWords, problem } from './call.ts';
import type { Dataset } from './datasets/dataset.ts';
import { openData } from './datasets/open.ts';
import { numbersFit, sizesFromData } from './fit.ts';
import { batchFits, weightsFit } from './memory-need.ts';
import { type Overrides, readSettings, type Settings } from './settings.ts';

/** What a door hands in. */
export interface ExperimentRequest {
  /** The checked file that holds the train block, without errors. Its data files are seen from its folder. */
  readonly checked: CheckedFile;
  /** Every file of the program, the one with the train block and what it imports: they are kept with the run. */
  readonly sources: readonly Source[];
  /** The model to train, where the file has several experiments. */
  readonly name?: string | undefined;
  readonly overrides: Overrides;
}

/**
 * A model for batches that may go on where others ended. `continuing` takes the states as inputs; `opening`, there only
 * where a state does not start at zero, starts them as declared.
 */
export interface Programs {
  readonly continuing: Program;
  readonly opening: Program | undefined;
}

export interface Experiment {
  readonly request: ExperimentRequest;
  readonly settings: Settings;
  readonly dataset: Dataset;
  /** Where sequences are whole, `continuing` has no states as inputs and starts them as declared. */
  readonly training: Programs;
  readonly evaluation: Programs;
  /** Of models that say how. */
  readonly generation: Programs | undefined;
  /** Updates of the whole run. */
  readonly steps: number;
  /** Updates between validations (and saves). */
  readonly validateEvery: number;
}

/** Makes an experiment ready. Undefined where a diagnostic is an error; warnings may come with it. */
export async function prepare(
  request: ExperimentRequest,
  files: Files,
): Promise<{ readonly experiment: Experiment | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const experiment = await build(request, files, report);
  return { experiment: hasErrors(diagnostics) ? undefined : experiment, diagnostics };
}

async function build(
  request: ExperimentRequest,
  files: Files,
  report: (d: Diagnostic) => void,
): Promise<Experiment | undefined> {
  const train = selectTrain(request.checked, request.name, report);
  if (train === undefined) return undefined;
  const { model } = train;
  const read = readSettings(train, request.overrides, folderOf(request.checked.source.name));
  read.diagnostics.forEach(report);
  const { settings } = read;
  if (settings === undefined) return undefined;
  if (model.kind === 'cell' || model.loss === undefined) {
    const help = 'write model instead of cell, with a target and a loss';
    const related = [{ span: model.span, text: 'has no loss' }];
    const { name } = train.syntax;
    report(
      problem('RNN6010', `${model.name} has no loss to train with`, name.span, 'trained here', {
        related,
        help,
      }),
    );
    return undefined;
  }
  const opened = await openData(settings, files);
  opened.diagnostics.forEach(report);
  const { dataset } = opened;
  if (dataset === undefined) return undefined;

  const fromData = sizesFromData(model, dataset, settings.sizes, settings.data.span, report);
  if (fromData === undefined) return undefined;
  const numbers = new Map([...settings.sizes, ...fromData]);
  const make = (mode: Mode) => elaborateBoth(request.checked, model, numbers, mode, dataset.windowed, report);
  const training = make('train');
  if (training === undefined) return undefined;
  if (!numbersFit(training.continuing, dataset, settings.data.span, report)) return undefined;
  if (!weightsFit(training.continuing, settings, report) || !batchFits(dataset, settings, report))
    return undefined;
  if (dataset.windowed && !statesCarry(training.continuing, settings, report)) return undefined;
  const evaluation = make('evaluate');
  const generation =
    model.generate === undefined || !dataset.windowed || dataset.vocabulary === undefined
      ? undefined
      : make('generate');
  if (evaluation === undefined) return undefined;
  const perEpoch = dataset.stepsPerEpoch ?? settings.duration.count;
  const { unit, count } = settings.duration;
  const steps = unit === 'steps' ? count : count * perEpoch;
  const validateEvery = settings.validate ?? (unit === 'steps' ? Math.ceil(steps / 10) : perEpoch);
  return { request, settings, dataset, training, evaluation, generation, steps, validateEvery };
}

function selectTrain(
  file: CheckedFile,
  name: string | undefined,
  report: (d: Diagnostic) => void,
): CheckedTrain | undefined {
  const { trains } = file;
  const models = [...new Set(trains.map((train) => train.model.name))];
  const found = trains.filter((train) => name === undefined || train.model.name === name);
  if (found.length === 1) return found[0];
  const start = { source: file.source, start: 0, end: 0 };
  if (found.length > 1) {
    const message =
      models.length > 1
        ? `there are ${trains.length} experiments here: with ${listWords(models)}`
        : `there are ${found.length} experiments with ${models[0]} here`;
    const help =
      models.length > 1
        ? 'say which model to train'
        : 'keep one: --set steps=100 changes an entry for one run, --data its files';
    const related = [{ span: found[0].syntax.name.span, text: 'one' }];
    report(problem('RNN6010', message, found[1].syntax.name.span, 'another one', { related, help }));
  } else if (trains.length === 0) {
    const last = file.blocks.findLast((block) => block.kind === 'model');
    const help = `write one: train ${last?.name ?? 'MODEL'} { data ...  steps 1000 }`;
    report(problem('RNN6010', 'there is no train block here', last?.span ?? start, '', { help }));
  } else {
    const near = suggest(name ?? '', models);
    const help = near === undefined ? `there is one with ${listWords(models)}` : `did you mean ${near}?`;
    report(problem('RNN6010', `there is no experiment with ${name} here`, start, '', { help }));
  }
  return undefined;
}

/**
 * Elaborates a model with states as inputs (where `windowed`), and once more with the declared starts where these are
 * not zero. Undefined where that fails, which is reported.
 */
export function elaborateBoth(
  checked: CheckedFile,
  model: CheckedCell,
  numbers: ReadonlyMap<string, number>,
  mode: Mode,
  windowed: boolean,
  report: (d: Diagnostic) => void,
): Programs | undefined {
  const isSize = (name: string): boolean => model.sizes.some((size) => size.name === name);
  const make = (startingStates: boolean): Program | undefined => {
    const { program, diagnostics } = elaborate(checked, {
      name: model.name,
      sizes: new Map([...numbers].filter(([name]) => isSize(name))),
      hyperparameters: new Map([...numbers].filter(([name]) => !isSize(name))),
      mode,
      startingStates,
    });
    diagnostics.forEach(report);
    return program;
  };
  const continuing = make(windowed);
  if (continuing === undefined) return undefined;
  const declared = windowed && continuing.states.some((state) => state.start === 'declared');
  return { continuing, opening: declared ? make(false) : undefined };
}

/** A state that runs backwards through a text would have to come from the future. */
function statesCarry(program: Program, settings: Settings, report: (d: Diagnostic) => void): boolean {
  const backward = program.states.find((state) => state.reverse);
  if (backward === undefined) return true;
  const message = `${backward.name} runs from the end of the sequence to its start, and a text is read window by window`;
  const related = [{ span: settings.data.span, text: 'a text without an end' }];
  const help = 'take a cell that runs forwards only, or whole sequences: lines(...)';
  report(
    problem('RNN6025', message, backward.span, 'cannot be carried from window to window', { related, help }),
  );
  return false;
}

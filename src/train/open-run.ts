/**
 * Runs that are there: taken up again where they stopped, or opened to generate from. Everything read from the folder is
 * held against what the run's own program says it must be.
 */
import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import type { Source } from '../base/source.ts';
import { check } from '../check/check.ts';
import type { CheckedFile } from '../check/checked.ts';
import { parse } from '../parser/parse.ts';
import type { Files } from '../runtime/files.ts';
import { folderOf, joinPath, normalizePath } from '../runtime/paths.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { problem } from './call.ts';
import { Vocabulary } from './datasets/vocabulary.ts';
import { type Experiment, elaborateBoth, type Programs, prepare } from './experiment.ts';
import { momentName, momentsOf } from './optimizers.ts';
import {
  type Checkpoint,
  folderSpan,
  notARun,
  type RunRecord,
  readRecord,
  readSources,
  readTensors,
} from './run-folder.ts';
import { stateName } from './window-program.ts';

type Report = (diagnostic: Diagnostic) => void;

/** A trained model that can be generated from. */
export interface GeneratingRun {
  readonly model: string;
  readonly target: string;
  readonly programs: Programs;
  readonly vocabulary: Vocabulary;
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** A run that can go on: hand both to `train`, with the target that was recorded. */
export interface StoppedRun {
  readonly experiment: Experiment;
  readonly checkpoint: Checkpoint;
  readonly target: string;
}

/** Opens a run to generate from it. Undefined where a diagnostic says why not. */
export async function openRun(
  folder: string,
  files: Files,
): Promise<{ readonly run: GeneratingRun | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const run = await open(folder, files, (diagnostic) => void diagnostics.push(diagnostic));
  return { run, diagnostics };
}

async function open(folder: string, files: Files, report: Report): Promise<GeneratingRun | undefined> {
  const stored = await readProgram(folder, files, report);
  if (stored === undefined) return undefined;
  const { record, checked } = stored;
  const model = [...checked.blocks, ...checked.imported].find((cell) => cell.name === record.model);
  if (model === undefined) {
    report(notARun(folder, `its source has no model ${record.model}`));
    return undefined;
  }
  if (model.generate === undefined) {
    const help = 'add to the model: generate x ~ categorical(logits), and train it';
    const message = `${model.name} does not say how a sequence goes on`;
    report(problem('RNN6050', message, model.span, 'has no generate', { help }));
    return undefined;
  }
  const vocabulary = await readVocabulary(folder, files, report);
  if (vocabulary === undefined) return undefined;
  const programs = elaborateBoth(checked, model, record.numbers, 'generate', true, report);
  if (programs === undefined) return undefined;
  const { parameters, generate } = programs.continuing;
  if (generate === undefined || generate.categories < vocabulary.size) {
    report(
      notARun(folder, `vocabulary.json has ${vocabulary.size} entries, more than the model's categories`),
    );
    return undefined;
  }
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const weights = await readTensors(folder, 'weights.safetensors', files, shapes, report);
  if (weights === undefined) return undefined;
  const values = new Map(parameters.map(({ name }) => [name, weights.values.get(name)!]));
  return { model: model.name, target: record.target, programs, vocabulary, weights: values };
}

/**
 * Takes up a run that was stopped. Its program and settings are those of the folder; its data is read anew from where it
 * was. Undefined where a diagnostic says why not.
 */
export async function resumeRun(
  folder: string,
  files: Files,
): Promise<{ readonly run: StoppedRun | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => void diagnostics.push(diagnostic);
  const stored = await readProgram(folder, files, report);
  if (stored === undefined) return { run: undefined, diagnostics };
  const { record, checked, sources } = stored;
  const { model: name, overrides, target } = record;
  const prepared = await prepare({ checked, sources, name, overrides }, files);
  prepared.diagnostics.forEach(report);
  const { experiment } = prepared;
  if (experiment === undefined || !sameNumbers(folder, record, experiment, report)) {
    return { run: undefined, diagnostics };
  }
  const checkpoint = await readCheckpoint(folder, files, experiment, report);
  return { run: checkpoint && { experiment, checkpoint, target }, diagnostics };
}

interface StoredProgram {
  readonly record: RunRecord;
  readonly checked: CheckedFile;
  readonly sources: readonly Source[];
}

async function readProgram(folder: string, files: Files, report: Report): Promise<StoredProgram | undefined> {
  const record = await readRecord(folder, files, report);
  if (record === undefined) return undefined;
  const sources = await readSources(folder, files, record, report);
  if (sources === undefined) return undefined;
  const byPath = new Map(sources.map((source) => [normalizePath(source.name), source]));
  const main = sources.find((source) => source.name === record.path);
  if (main === undefined) {
    report(notARun(folder, `it has no ${record.path}`));
    return undefined;
  }
  const parsed = parse(main);
  const { program, diagnostics } = check(parsed.file, (path, from) =>
    byPath.get(normalizePath(joinPath(folderOf(from.name), path))),
  );
  const all = [...new Set([...parsed.diagnostics, ...diagnostics])];
  if (program !== undefined && !hasErrors(all)) return { record, checked: program, sources };
  all.forEach(report);
  return undefined;
}

async function readVocabulary(folder: string, files: Files, report: Report): Promise<Vocabulary | undefined> {
  const path = joinPath(folder, 'vocabulary.json');
  if (!(await files.exists(path))) {
    const help = 'only a model that was trained on text(...) can be generated from';
    const message = `the run in ${folder} has no vocabulary`;
    report(problem('RNN6050', message, folderSpan(folder), '', { help }));
    return undefined;
  }
  const vocabulary = vocabularyOf(new TextDecoder().decode(await files.read(path)));
  if (vocabulary === undefined)
    report(notARun(folder, 'its vocabulary.json is not one that rnn train has written'));
  return vocabulary;
}

function vocabularyOf(text: string): Vocabulary | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('by' in json) || !('entries' in json)) return undefined;
  const { by, entries } = json;
  if ((by !== 'char' && by !== 'word') || !Array.isArray(entries) || entries.length === 0) return undefined;
  const isText = (entry: unknown): entry is string => typeof entry === 'string' && entry !== '';
  return entries.every(isText) ? new Vocabulary(by, entries) : undefined;
}

/** Whether the sizes are still those of the run: other data has another vocabulary. */
function sameNumbers(folder: string, record: RunRecord, experiment: Experiment, report: Report): boolean {
  const { sizes, hyperparameters } = experiment.training.continuing;
  for (const [name, value] of [...sizes, ...hyperparameters]) {
    const before = record.numbers.get(name);
    if (before === value) continue;
    const message = `the run in ${folder} cannot go on: ${name} was ${before ?? 'not there'} and is ${value}`;
    const notes = [`the data is now: ${experiment.dataset.description}`];
    const help = 'has the data changed? Put back what it was, or start a new run';
    report(problem('RNN6042', message, experiment.settings.data.span, 'this data', { notes, help }));
    return false;
  }
  return true;
}

async function readCheckpoint(
  folder: string,
  files: Files,
  experiment: Experiment,
  report: Report,
): Promise<Checkpoint | undefined> {
  const { training, settings, dataset } = experiment;
  const { parameters, states } = training.continuing;
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of parameters) {
    shapes.set(name, shape);
    for (const moment of momentsOf(settings.optimizer)) shapes.set(momentName(moment, name), shape);
  }
  if (dataset.windowed) {
    for (const { name, shape } of states) shapes.set(stateName(name), [settings.batch, ...shape]);
  }
  const read = await readTensors(folder, 'checkpoint.safetensors', files, shapes, report);
  if (read === undefined) return undefined;
  const { metadata } = read;
  const step = Number(metadata.get('step') ?? Number.NaN);
  const bestStep = Number(metadata.get('best_step') ?? Number.NaN);
  const bestLoss = Number(metadata.get('best_loss') ?? Number.NaN);
  if (!Number.isSafeInteger(step) || step < 0) {
    report(notARun(folder, 'its checkpoint does not say after which step it was made'));
    return undefined;
  }
  const best = Number.isNaN(bestLoss) ? undefined : { step: bestStep, loss: bestLoss };
  const values = new Map([...shapes.keys()].map((name) => [name, read.values.get(name)!]));
  return { step, best, failed: metadata.get('failed') === 'true', values };
}

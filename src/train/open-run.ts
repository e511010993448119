/**
 * Runs that are there: taken up again where they stopped, or opened to generate from. Everything read from the folder is
 * held against what the run's own program says it must be.
 */
import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import type { Source } from '../base/source.ts';
import { check } from '../check/check.ts';
import type { CheckedFile } from '../check/checked.ts';
import { parse } from '../parser/parse.ts';
import { FileFault, type Files } from '../runtime/files.ts';
import { folderOf, joinPath, normalizePath } from '../runtime/paths.ts';
import { firstNotFinite, type Tensor } from '../tensor/tensor.ts';
import { problem } from './call.ts';
import { UNKNOWN_WORD, unitsOf, Vocabulary } from './datasets/vocabulary.ts';
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
  const weights = await readTensors(folder, 'weights.safetensors', files, () => shapes, report);
  if (weights === undefined || !areFinite(folder, 'weights.safetensors', weights.values, report))
    return undefined;
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
  prepared.diagnostics.map(withPlaceOfData).forEach(report);
  const { experiment } = prepared;
  if (experiment === undefined || !sameData(folder, record, experiment, report)) {
    return { run: undefined, diagnostics };
  }
  const checkpoint = await readCheckpoint(folder, files, experiment, report);
  return { run: checkpoint && { experiment, checkpoint, target }, diagnostics };
}

/** Files that were named from the working folder are looked for from the one of today. */
function withPlaceOfData(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.code !== 'RNN6020') return diagnostic;
  const note = 'a run is taken up in the working folder in which it was started, with its data where it was';
  return { ...diagnostic, notes: [...diagnostic.notes, note] };
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
  let text: string;
  try {
    text = new TextDecoder().decode(await files.read(path));
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    report(notARun(folder, `cannot read vocabulary.json: ${fault.message}`));
    return undefined;
  }
  const vocabulary = vocabularyOf(text);
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
  const isUnit = (entry: unknown): entry is string =>
    typeof entry === 'string' && unitsOf(entry, by).length === 1;
  if (!entries.every(isUnit) || new Set(entries).size < entries.length) return undefined;
  return by === 'word' && entries[0] !== UNKNOWN_WORD ? undefined : new Vocabulary(by, entries);
}

/** Whether the data is still that of the run. Where it gives the model other sizes, that is what is told. */
function sameData(folder: string, record: RunRecord, experiment: Experiment, report: Report): boolean {
  const { sizes, hyperparameters } = experiment.training.continuing;
  const notes = [`the data is now: ${experiment.dataset.description}`];
  const help = 'has the data changed? Put back what it was, or start a new run';
  const refuse = (message: string): false => {
    report(problem('RNN6042', message, experiment.settings.data.span, 'this data', { notes, help }));
    return false;
  };
  for (const [name, value] of [...sizes, ...hyperparameters]) {
    const before = record.numbers.get(name);
    if (before === value) continue;
    return refuse(`the run in ${folder} cannot go on: ${name} was ${before ?? 'not there'} and is ${value}`);
  }
  if (experiment.dataset.fingerprint === record.fingerprint) return true;
  return refuse(`the run in ${folder} cannot go on: its data is no longer what it was`);
}

async function readCheckpoint(
  folder: string,
  files: Files,
  experiment: Experiment,
  report: Report,
): Promise<Checkpoint | undefined> {
  const { training, settings, dataset } = experiment;
  if (!(await files.exists(joinPath(folder, 'checkpoint.safetensors')))) {
    const help = 'it was ended before it had begun, or the file was taken away; start a new run';
    report(notARun(folder, 'it has no checkpoint.safetensors', help));
    return undefined;
  }
  const { parameters, states } = training.continuing;
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape, frozen } of parameters) {
    shapes.set(name, shape);
    if (frozen) continue;
    for (const moment of momentsOf(settings.optimizer)) shapes.set(momentName(moment, name), shape);
  }
  // Before the first step there are no states yet.
  const all = (metadata: ReadonlyMap<string, string>): ReadonlyMap<string, readonly number[]> => {
    if (dataset.windowed && stepIn(metadata, 'step') !== 0) {
      for (const { name, shape } of states) shapes.set(stateName(name), [settings.batch, ...shape]);
    }
    return shapes;
  };
  const read = await readTensors(folder, 'checkpoint.safetensors', files, all, report);
  if (read === undefined) return undefined;
  const { metadata } = read;
  const kept = new Map(
    [...read.values].filter(([name]) => !states.some((state) => stateName(state.name) === name)),
  );
  if (!areFinite(folder, 'checkpoint.safetensors', kept, report)) return undefined;
  const step = stepIn(metadata, 'step');
  if (step === undefined) {
    report(notARun(folder, 'its checkpoint does not say after which step it was made'));
    return undefined;
  }
  const values = new Map([...shapes.keys()].map((name) => [name, read.values.get(name)!]));
  const best = await readBest(folder, files, experiment, metadata, report);
  return { step, best, failed: metadata.get('failed') === 'true', values };
}

/** The best validation so far; with a warning none, where its weights are lost: the next one begins anew. */
async function readBest(
  folder: string,
  files: Files,
  { training }: Experiment,
  metadata: ReadonlyMap<string, string>,
  report: Report,
): Promise<Checkpoint['best']> {
  const step = stepIn(metadata, 'best_step');
  const loss = Number(metadata.get('best_loss') ?? Number.NaN);
  if (step === undefined || Number.isNaN(loss)) return undefined;
  const shapes = new Map(training.continuing.parameters.map(({ name, shape }) => [name, shape]));
  const lost = ({ message }: Diagnostic): void => {
    const reason = message.slice(message.indexOf(': ') + 2);
    report({
      ...notARun(folder, ''),
      message: `the best weights of the run in ${folder}, those of step ${step}, are lost: ${reason}`,
      severity: 'warning',
      notes: ['the best ones of what follows are kept'],
    });
  };
  const found = await readTensors(folder, 'weights.safetensors', files, () => shapes, lost);
  if (found === undefined || !areFinite(folder, 'weights.safetensors', found.values, lost)) return undefined;
  return { step, loss };
}

/** A run never saves numbers that are not finite; where there are some, the file was changed. */
function areFinite(
  folder: string,
  file: string,
  tensors: ReadonlyMap<string, Tensor>,
  report: Report,
): boolean {
  for (const [name, tensor] of tensors) {
    const at = firstNotFinite(tensor);
    if (at < 0) continue;
    report(notARun(folder, `in ${file} ${name} holds ${tensor.data[at]}`));
    return false;
  }
  return true;
}

function stepIn(metadata: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = metadata.get(key) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

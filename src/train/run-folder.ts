/**
 * The folder of a run. What lies there:
 *
 * - `settings.json`: the settings, resolved, and what the run was asked for, so that it can be asked for again;
 * - `source/`: the program's files as they were;
 * - `vocabulary.json`: the categories of the text, where there is one;
 * - `metrics.jsonl`: a line per step and per validation, without clock times;
 * - `weights.safetensors`: the weights of the best validation so far, or the last ones where nothing is held out.
 *   This is what `generate` reads;
 * - `checkpoint.safetensors`: the last weights with all that a further step depends on. It is one file, so that
 *   there is never a half of it.
 *
 * All but the growing metrics are written whole or not at all. What metrics.jsonl holds beyond the checkpoint is
 * dropped when the run goes on, and comes again.
 */
import type { Diagnostic } from '../base/diagnostic.ts';
import { makeSource, type Source, type Span } from '../base/source.ts';
import { TARGETS } from '../compile.ts';
import { FileFault, type Files } from '../runtime/files.ts';
import { folderOf, joinPath, normalizePath } from '../runtime/paths.ts';
import { readSafetensors, SafetensorsError, writeSafetensors } from '../tensor/safetensors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { problem } from './call.ts';
import type { Dataset } from './datasets/dataset.ts';
import type { Experiment } from './experiment.ts';
import type { Overrides } from './settings.ts';

const format = 2;

/** What settings.json holds that is read again. */
export interface RunRecord {
  readonly model: string;
  readonly target: string;
  /** The program's path as it was given, and where each of its files lies in the run folder. */
  readonly path: string;
  readonly sources: ReadonlyMap<string, string>;
  readonly overrides: Overrides;
  /** Every size and hyperparameter of the model's header. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Of the data. */
  readonly fingerprint: string;
}

/** Where a run stands. */
export interface Checkpoint {
  /** Updates done. */
  readonly step: number;
  /** The best validation so far. */
  readonly best: { readonly step: number; readonly loss: number } | undefined;
  /** The run stopped because its loss was no longer finite; it cannot go on. */
  readonly failed: boolean;
  /** Weights, memories and states by the names of the training program's inputs. */
  readonly values: ReadonlyMap<string, Tensor>;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Writes what a run begins with, but for its first checkpoint. False where the folder holds a run: settings.json, which is
 * written first, makes it one, and of two runs that begin at once one is the first.
 */
export async function createRun(
  folder: string,
  files: Files,
  experiment: Experiment,
  target: string,
): Promise<boolean> {
  const { request, dataset, settings, training, steps, validateEvery } = experiment;
  await files.makeFolder(folder);
  const sources = storedNames(request.sources.map((source) => source.name));
  const { files: dataFiles, span: _, ...data } = { files: [], ...settings.data };
  const resolved = {
    format,
    model: settings.model,
    target,
    path: request.checked.source.name,
    sources: Object.fromEntries(sources),
    overrides: request.overrides,
    numbers: Object.fromEntries([...training.continuing.sizes, ...training.continuing.hyperparameters]),
    fingerprint: dataset.fingerprint,
    settings: {
      data: { ...data, ...(dataFiles.length === 0 ? {} : { files: dataFiles.map((file) => file.path) }) },
      ...(dataset.windowed ? { window: settings.window } : {}),
      batch: settings.batch,
      optimizer: settings.optimizer,
      rate: settings.rate,
      schedule: settings.schedule,
      ...(settings.clip === undefined ? {} : { clip: settings.clip }),
      steps,
      seed: settings.seed,
      validate: validateEvery,
    },
  };
  const settingsText = encode(`${JSON.stringify(resolved, undefined, 2)}\n`);
  if (!(await files.create(joinPath(folder, 'settings.json'), settingsText))) return false;
  for (const { name, text } of request.sources) {
    const path = joinPath(folder, sources.get(name) ?? name);
    await files.makeFolder(folderOf(path));
    await files.write(path, encode(text));
  }
  await writeVocabulary(folder, files, dataset);
  await files.write(joinPath(folder, 'metrics.jsonl'), new Uint8Array());
  return true;
}

async function writeVocabulary(
  folder: string,
  files: Files,
  { vocabulary, classes }: Dataset,
): Promise<void> {
  if (vocabulary === undefined) return;
  const { by, entries } = vocabulary;
  const text = JSON.stringify({ by, ...(classes === undefined ? {} : { classes }), entries }, undefined, 1);
  await files.write(joinPath(folder, 'vocabulary.json'), encode(`${text}\n`));
}

/**
 * `a/b.rnn` and `a/c/d.rnn` are kept as `source/b.rnn` and `source/c/d.rnn`; `../c.rnn` and `d.rnn`, whose folder is not known, as
 * `source/c.rnn` and `source/here/d.rnn`; an absolute path to `lib/c.rnn` and `d.rnn` as `source/root/lib/c.rnn` and `source/d.rnn`.
 */
function storedNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const split = paths.map((path) => {
    const parts = normalizePath(path).replaceAll(':', '').split('/');
    return parts[0] === '' ? ['root', ...parts.slice(1)] : parts;
  });
  const ups = split.map((parts) => parts.filter((part) => part === '..').length);
  const most = Math.max(...ups);
  const placed = split.map((parts, k) => [
    ...(parts[0] === 'root' ? [] : new Array<string>(most - ups[k]).fill('here')),
    ...parts.slice(ups[k]),
  ]);
  let common = 0;
  while (placed.every((parts) => common < parts.length - 1 && parts[common] === placed[0][common])) common++;
  const names = placed.map((parts) => ['source', ...parts.slice(common)].join('/'));
  const clear = new Set(names.map((name) => name.toLowerCase())).size === names.length;
  return new Map(
    paths.map((path, k) => [path, clear ? names[k] : names[k].replace('source/', `source/${k + 1}/`)]),
  );
}

/** Whether a folder holds a run. */
export function holdsRun(folder: string, files: Files): Promise<boolean> {
  return files.exists(joinPath(folder, 'settings.json'));
}

export function appendMetrics(folder: string, files: Files, lines: readonly string[]): Promise<void> {
  return files.append(joinPath(folder, 'metrics.jsonl'), encode(lines.map((line) => `${line}\n`).join('')));
}

/**
 * Puts a folder back to what it was at a step: lines of metrics.jsonl that are later are dropped, and what follows from the
 * data is made anew.
 */
export async function returnTo(
  step: number,
  folder: string,
  files: Files,
  { dataset }: Experiment,
): Promise<void> {
  await writeVocabulary(folder, files, dataset);
  const path = joinPath(folder, 'metrics.jsonl');
  const present = await files.exists(path);
  const lines = present ? new TextDecoder().decode(await files.read(path)).split('\n') : [];
  const kept = lines.filter((line) => {
    const number = /^\{"step":(\d+)[,}].*\}$/.exec(line)?.[1];
    return number !== undefined && Number(number) <= step;
  });
  await files.write(path, encode(kept.map((line) => `${line}\n`).join('')));
}

/** Writes the weights that the run is used with. */
export async function saveWeights(
  folder: string,
  files: Files,
  weights: ReadonlyMap<string, Tensor>,
  about: { readonly model: string; readonly step: number },
): Promise<void> {
  const metadata = new Map([
    ['model', about.model],
    ['step', String(about.step)],
  ]);
  await files.write(joinPath(folder, 'weights.safetensors'), writeSafetensors(weights, metadata));
}

export async function saveCheckpoint(folder: string, files: Files, checkpoint: Checkpoint): Promise<void> {
  const { step, best, failed, values } = checkpoint;
  const metadata = new Map([['step', String(step)]]);
  if (best !== undefined) {
    metadata.set('best_step', String(best.step));
    metadata.set('best_loss', String(best.loss));
  }
  if (failed) metadata.set('failed', 'true');
  await files.write(joinPath(folder, 'checkpoint.safetensors'), writeSafetensors(values, metadata));
}

type Report = (diagnostic: Diagnostic) => void;

/** Reads what a run was asked for; undefined where the folder is not a run, which is reported. */
export async function readRecord(
  folder: string,
  files: Files,
  report: Report,
): Promise<RunRecord | undefined> {
  const path = joinPath(folder, 'settings.json');
  let text: string;
  try {
    text = new TextDecoder().decode(await files.read(path));
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    const help = 'a run is the folder that rnn train has written';
    report(notARun(folder, `cannot read settings.json: ${fault.message}`, help));
    return undefined;
  }
  const record = recordOf(text);
  if (typeof record === 'object') return record;
  const reason =
    record === undefined
      ? 'its settings.json is not one that rnn train has written'
      : `settings.json has format ${record}, and this version of rnn reads format ${format}`;
  report(notARun(folder, reason));
  return undefined;
}

export function notARun(folder: string, reason: string, help?: string): Diagnostic {
  return problem('RNN6040', `${folder} is not a run: ${reason}`, folderSpan(folder), '', { help });
}

/** A place for what is wrong with a folder. */
export function folderSpan(folder: string): Span {
  return { source: makeSource(folder, ''), start: 0, end: 0 };
}

/** What settings.json says; the number of its format where that is another one; undefined where it is something else. */
function recordOf(text: string): RunRecord | number | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { model, target, path, sources, overrides, numbers, fingerprint, ...rest } = entriesOf(json) ?? {};
  if (typeof rest.format === 'number' && rest.format !== format) return rest.format;
  const stored = textsOf(sources);
  const settled = new Map(Object.entries(entriesOf(numbers) ?? {}));
  const { set, data } = entriesOf(overrides) ?? {};
  if (stored === undefined) return undefined;
  const sound =
    rest.format === format &&
    typeof model === 'string' &&
    TARGETS.some((known) => known === target) &&
    typeof target === 'string' &&
    typeof fingerprint === 'string' &&
    typeof path === 'string' &&
    stored.has(path) &&
    isTexts(set) &&
    isTexts(data) &&
    [...settled.values()].every(Number.isFinite);
  if (!sound) return undefined;
  const values = new Map([...settled].map(([name, value]) => [name, Number(value)]));
  return { model, target, path, sources: stored, overrides: { set, data }, numbers: values, fingerprint };
}

function entriesOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

function textsOf(value: unknown): Map<string, string> | undefined {
  const texts = new Map<string, string>();
  for (const [key, text] of Object.entries(entriesOf(value) ?? {})) {
    // A stored file lies below source/, whatever the record says.
    if (typeof text !== 'string' || !text.startsWith('source/') || text.split('/').includes('..'))
      return undefined;
    texts.set(key, text);
  }
  return texts;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** The files of a run's program, under their original paths. */
export async function readSources(
  folder: string,
  files: Files,
  record: RunRecord,
  report: Report,
): Promise<readonly Source[] | undefined> {
  const sources: Source[] = [];
  for (const [path, stored] of record.sources) {
    try {
      const bytes = await files.read(joinPath(folder, stored));
      sources.push(makeSource(path, new TextDecoder().decode(bytes)));
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      report(notARun(folder, `cannot read ${stored}: ${fault.message}`));
      return undefined;
    }
  }
  return sources;
}

/**
 * Reads tensors of a run and holds them against the shapes that they must have, by name; those of `categories` hold
 * whole numbers. Undefined where a file is missing or does not fit, which is reported.
 */
export async function readTensors(
  folder: string,
  name: 'weights.safetensors' | 'checkpoint.safetensors',
  files: Files,
  expected: (metadata: ReadonlyMap<string, string>) => ReadonlyMap<string, readonly number[]>,
  report: Report,
  categories: ReadonlySet<string> = new Set(),
): Promise<{ values: ReadonlyMap<string, Tensor>; metadata: ReadonlyMap<string, string> } | undefined> {
  try {
    const { tensors, metadata } = readSafetensors(await files.read(joinPath(folder, name)));
    for (const [tensor, shape] of expected(metadata)) {
      const found = tensors.get(tensor);
      const have = found === undefined ? 'is missing' : `is [${found.shape.join(', ')}]`;
      const element = categories.has(tensor) ? 'index' : 'real';
      if (found?.element !== element || String(found.shape) !== String(shape)) {
        report(notARun(folder, `in ${name} ${tensor} ${have}, and [${shape.join(', ')}] is expected`));
        return undefined;
      }
    }
    return { values: tensors, metadata };
  } catch (fault) {
    if (!(fault instanceof FileFault) && !(fault instanceof SafetensorsError)) throw fault;
    report(notARun(folder, `cannot read ${name}: ${fault.message}`));
    return undefined;
  }
}

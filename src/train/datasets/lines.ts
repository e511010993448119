/**
 * `lines(files..., by, holdout)`: one sequence per line, and the number of its file (from 0, in the order given) as
 * the label. Empty lines are left out. Of every file the same part is held out: lines drawn at random, always the
 * same ones, whatever the seed of the run, so that runs can be compared.
 *
 * Each epoch goes through all lines once, in an order of its own. To waste little on padding, lines of similar
 * length come together: the shuffled lines are sorted by length within stretches of sixteen batches, and the
 * batches are shuffled once more.
 */
import type { Diagnostic } from '../../base/diagnostic.ts';
import { RandomStream } from '../../base/random.ts';
import type { Files } from '../../runtime/files.ts';
import { problem } from '../call.ts';
import type { DataSettings, Settings } from '../settings.ts';
import { type Dataset, showCount } from './dataset.ts';
import { Fingerprint } from './fingerprint.ts';
import { readText } from './read-text.ts';
import { padded, type Sequence } from './sequences.ts';
import { Units } from './vocabulary.ts';

type LinesSettings = DataSettings & { readonly kind: 'text' | 'lines' };

/** How many batches are sorted by length together. */
const stretch = 16;

/** How many lines are held: each is an array, which takes a few hundred bytes besides its units. */
const MOST_LINES = 5_000_000;

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Reads the files, one class each. Undefined where a fault was reported. */
export async function openLines(
  data: LinesSettings,
  settings: Pick<Settings, 'batch' | 'seed'>,
  files: Files,
  report: (d: Diagnostic) => void,
): Promise<Dataset | undefined> {
  const classes: string[] = [];
  for (const file of data.files) {
    const text = await readText(file, files, report);
    if (text !== undefined) classes.push(text);
  }
  if (classes.length < data.files.length) return undefined;
  const names = data.files.map((file) => file.path);
  return linesDataset(classes, names, data, settings, report);
}

/** A line as the numbers of its units. */
interface Cut extends Sequence {
  readonly steps: Int32Array;
}

/** Texts, one per class, as a data set. Undefined where there are too few lines, which is reported. */
export function linesDataset(
  texts: readonly string[],
  names: readonly string[],
  data: Pick<LinesSettings, 'by' | 'holdout' | 'span'>,
  settings: Pick<Settings, 'batch' | 'seed'>,
  report: (d: Diagnostic) => void,
): Dataset | undefined {
  const { by, holdout } = data;
  const { batch, seed } = settings;
  const many = texts.reduce((sum, text) => sum + (text.length > MOST_LINES ? countLines(text) : 0), 0);
  if (many > MOST_LINES) {
    const message = `${showCount(many)} lines are too many: ${showCount(MOST_LINES)} can be held at once`;
    report(problem('RNN6031', message, data.span, 'these lines', { help: 'take a part of them' }));
    return undefined;
  }
  const units = new Units(by);
  const training: Cut[] = [];
  const validation: Cut[] = [];
  texts.forEach((text, target) => {
    const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
    const shuffled = new RandomStream(0, `holdout ${target}`).shuffle(lines);
    const count = Math.floor(lines.length * holdout);
    shuffled.forEach((line, k) => {
      (k < count ? validation : training).push({ steps: units.cut(line), target });
    });
  });
  if (holdout > 0 && validation.length === 0) {
    const message = `${showCount(training.length)} lines are too few to hold a part of ${holdout} out`;
    const help = 'give more lines, hold out more, or nothing: holdout: 0';
    report(problem('RNN6023', message, data.span, 'these lines', { help }));
    return undefined;
  }
  const vocabulary = units.vocabulary(training.map((line) => line.steps));
  for (const { steps } of training) units.encode(steps, vocabulary);
  for (const { steps } of validation) units.encode(steps, vocabulary);
  const fingerprint = new Fingerprint();
  for (const entry of vocabulary.entries) fingerprint.text(entry);
  for (const { steps, target } of [...training, ...validation]) {
    fingerprint.numbers([target, steps.length]).numbers(steps);
  }
  validation.sort((a, b) => a.steps.length - b.steps.length);
  const longest = [...training, ...validation].reduce((most, { steps }) => Math.max(most, steps.length), 0);
  const stepsPerEpoch = Math.ceil(training.length / batch);

  let current: { readonly epoch: number; readonly batches: readonly Sequence[][] } | undefined;
  const batchesOf = (epoch: number): readonly Sequence[][] => {
    if (current?.epoch !== epoch) current = { epoch, batches: orderOf(training, batch, seed, epoch) };
    return current.batches;
  };
  const unit = by === 'char' ? 'character' : 'word';
  return {
    description: `${showCount(training.length)} lines to train on, ${showCount(validation.length)} held out, ${showCount(vocabulary.size)} different ${unit}s`,
    fingerprint: fingerprint.toString(),
    input: { kind: 'index', categories: vocabulary.size, rate: 'step', shape: [], meaning: `a ${unit}` },
    target: {
      kind: 'index',
      categories: texts.length,
      rate: 'once',
      shape: [],
      meaning: "the number of the line's file",
    },
    vocabulary,
    classes: names,
    windowed: false,
    largest: { steps: longest, sequences: Math.min(batch, Math.max(training.length, validation.length)) },
    stepsPerEpoch,
    trainingBatch: (step) =>
      padded(batchesOf(Math.floor(step / stepsPerEpoch))[step % stepsPerEpoch], undefined, 'index'),
    validationBatches: Math.ceil(validation.length / batch),
    validationBatch: (index) =>
      padded(validation.slice(index * batch, (index + 1) * batch), undefined, 'index'),
  };
}

/** The batches of one epoch. Only the last one before the final shuffle may be smaller than the others. */
function orderOf(all: readonly Sequence[], batch: number, seed: number, epoch: number): Sequence[][] {
  const random = new RandomStream(seed, `lines ${epoch}`);
  const shuffled = random.shuffle(all);
  const batches: Sequence[][] = [];
  for (let start = 0; start < shuffled.length; start += stretch * batch) {
    const sorted = shuffled
      .slice(start, start + stretch * batch)
      .sort((a, b) => a.steps.length - b.steps.length);
    for (let k = 0; k < sorted.length; k += batch) batches.push(sorted.slice(k, k + batch));
  }
  return random.shuffle(batches);
}

/**
 * `text(files..., by, holdout)`: one long text. The last part is held out; the rest is cut into as many streams of
 * equal length as a batch has sequences, and each step takes the next window of every stream, the target being the
 * input one place further on. States are carried from window to window and start anew when the streams are at
 * their end. What is left over at the end of a stream, less than a window, is not trained on.
 *
 * The held-out part is cut into streams in the same way; its last windows may be shorter, so that all of it counts
 * but for less than one character per stream.
 */
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Files } from '../../runtime/files.ts';
import { indexTensor } from '../../tensor/tensor.ts';
import { type FileName, problem } from '../call.ts';
import type { DataSettings, Settings } from '../settings.ts';
import { type Batch, type Dataset, type Field, showCount } from './dataset.ts';
import { Fingerprint } from './fingerprint.ts';
import { MOST_TEXT, readText } from './read-text.ts';
import { Units } from './vocabulary.ts';

type TextSettings = DataSettings & { readonly kind: 'text' | 'lines' };

/** Reads the files, one after the other, as one text. Undefined where a fault was reported. */
export async function openText(
  data: TextSettings,
  settings: Pick<Settings, 'window' | 'batch'>,
  files: Files,
  report: (d: Diagnostic) => void,
): Promise<Dataset | undefined> {
  const texts = await readAll(data.files, files, report);
  return texts === undefined ? undefined : textDataset(texts.join(''), data, settings, report);
}

async function readAll(
  names: readonly FileName[],
  files: Files,
  report: (d: Diagnostic) => void,
): Promise<readonly string[] | undefined> {
  const texts: string[] = [];
  for (const file of names) {
    const text = await readText(file, files, report);
    if (text !== undefined) texts.push(text);
  }
  if (texts.length < names.length) return undefined;
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length <= MOST_TEXT) return texts;
  const message = `these files have ${showCount(length)} characters together, and a text may have ${showCount(MOST_TEXT)}`;
  report(problem('RNN6031', message, names[0].span, 'the first of them', { help: 'take fewer of them' }));
  return undefined;
}

/** A text as a data set. Undefined where it is too short, which is reported. */
export function textDataset(
  text: string,
  data: Pick<TextSettings, 'by' | 'holdout' | 'span'>,
  settings: Pick<Settings, 'window' | 'batch'>,
  report: (d: Diagnostic) => void,
): Dataset | undefined {
  const { by, holdout } = data;
  const { window, batch } = settings;
  const units = new Units(by);
  const categories = units.cut(text);
  const heldOut = Math.floor(categories.length * holdout);
  const trained = categories.length - heldOut;
  const unit = by === 'char' ? 'character' : 'word';
  const needed = batch * window + 1;
  if (trained < needed) {
    const notes = [
      `a step takes ${batch} windows of ${window} ${unit}s, and one more to predict: ${showCount(needed)}`,
    ];
    const help = 'give a longer text, or a smaller batch or window';
    const message = `${showCount(trained)} ${unit}s are too few to train on`;
    report(problem('RNN6023', message, data.span, 'this text', { notes, help }));
    return undefined;
  }
  if (holdout > 0 && heldOut < 2) {
    const message = `${heldOut} held-out ${unit}s are too few to validate on`;
    const help = 'hold out more, or nothing: holdout: 0';
    report(problem('RNN6023', message, data.span, `holdout: ${holdout}`, { help }));
    return undefined;
  }
  const vocabulary = units.vocabulary([categories.subarray(0, trained)]);
  units.encode(categories, vocabulary);
  const fingerprint = new Fingerprint().numbers(categories);
  for (const entry of vocabulary.entries) fingerprint.text(entry);
  const training = new Streams(categories.subarray(0, trained), batch);
  const held = heldOut === 0 ? undefined : categories.subarray(trained);
  const validation = held === undefined ? undefined : new Streams(held, Math.min(batch, held.length - 1));
  const windows = Math.floor(training.length / window);
  const field = (meaning: string): Field => ({
    kind: 'index',
    categories: vocabulary.size,
    rate: 'step',
    shape: [],
    meaning,
  });
  const parts = [`${showCount(trained)} ${unit}s to train on`, `${showCount(heldOut)} held out`];
  return {
    description: `${parts.join(', ')}, ${showCount(vocabulary.size)} different ones`,
    fingerprint: fingerprint.toString(),
    input: field(`a ${unit}`),
    target: field(`the next ${unit}`),
    vocabulary,
    classes: undefined,
    windowed: true,
    largest: { steps: window, sequences: batch },
    stepsPerEpoch: windows,
    trainingBatch: (step) => training.batch((step % windows) * window, window),
    validationBatches: validation === undefined ? 0 : Math.ceil(validation.length / window),
    validationBatch(index) {
      if (validation === undefined) throw new RangeError('nothing is held out');
      const start = index * window;
      return validation.batch(start, Math.min(window, validation.length - start));
    },
  };
}

/** A text as `count` stretches of equal length side by side; each has one more unit after it, to predict. */
class Streams {
  readonly #categories: Int32Array;
  readonly #count: number;
  /** Steps of each stream. */
  readonly length: number;

  constructor(categories: Int32Array, count: number) {
    this.#categories = categories;
    this.#count = count;
    this.length = Math.floor((categories.length - 1) / count);
  }

  /** The steps from `start` of all streams. */
  batch(start: number, steps: number): Batch {
    const sequences = this.#count;
    const input = indexTensor([steps, sequences]);
    const target = indexTensor([steps, sequences]);
    for (let b = 0; b < sequences; b++) {
      const from = b * this.length + start;
      for (let t = 0; t < steps; t++) {
        input.data[t * sequences + b] = this.#categories[from + t];
        target.data[t * sequences + b] = this.#categories[from + t + 1];
      }
    }
    return {
      input,
      target,
      lengths: undefined,
      steps,
      sequences,
      realSteps: steps * sequences,
      continues: start > 0,
      offset: start,
    };
  }
}

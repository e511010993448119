/**
 * `adding(length: T)`: the adding problem as in Hochreiter & Schmidhuber 1997, section 5.4. A sequence has T to
 * T + T / 10 pairs (all lengths equally likely): a value, uniform on [-1, 1], and a marker. Two pairs are marked
 * with 1: first one of the first ten pairs, then one of the first T / 2 - 1 that are still unmarked. Of the others
 * the first and the last have the marker -1, the rest 0. Where the first pair is a marked one its value is zero. The
 * target is 0.5 + (X1 + X2) / 4, X1 and X2 being the values of the marked pairs. (T / 10 and T / 2 are rounded
 * down, and below T = 20 the first mark goes to one of the first T / 2 pairs.)
 *
 * Every step of the training has new sequences; validation has the same thousand in every run.
 */
import { RandomStream } from '../../base/random.ts';
import type { Settings } from '../settings.ts';
import type { Dataset } from './dataset.ts';
import { Fingerprint } from './fingerprint.ts';
import { padded, type Sequence } from './sequences.ts';

const heldOut = 1000;

export function addingDataset(length: number, settings: Pick<Settings, 'batch' | 'seed'>): Dataset {
  const { batch, seed } = settings;
  const draw = (stream: RandomStream, count: number): Sequence[] =>
    Array.from({ length: count }, () => addingSequence(length, stream));
  return {
    description: `new sequences of ${length} to ${length + Math.floor(length / 10)} steps, ${heldOut} others held out`,
    fingerprint: new Fingerprint().text(`adding ${length}`).toString(),
    input: {
      kind: 'real',
      categories: undefined,
      rate: 'step',
      shape: [2],
      meaning: 'a value and its marker',
    },
    target: {
      kind: 'real',
      categories: undefined,
      rate: 'once',
      shape: [],
      meaning: '0.5 + (the sum of the marked values) / 4',
    },
    vocabulary: undefined,
    classes: undefined,
    windowed: false,
    largest: { steps: length + Math.floor(length / 10), sequences: batch },
    stepsPerEpoch: undefined,
    trainingBatch: (step) => padded(draw(new RandomStream(seed, `adding ${step}`), batch), 2, 'real'),
    validationBatches: Math.ceil(heldOut / batch),
    validationBatch(index) {
      const count = Math.min(batch, heldOut - index * batch);
      const sequences = Array.from({ length: count }, (_, k) =>
        addingSequence(length, new RandomStream(0, `adding held out ${index * batch + k}`)),
      );
      return padded(sequences, 2, 'real');
    },
  };
}

/** One sequence: value and marker of each pair. */
export function addingSequence(length: number, random: RandomStream): Sequence {
  const pairs = length + random.integer(Math.floor(length / 10) + 1);
  const half = Math.floor(length / 2);
  const first = random.integer(Math.min(10, half));
  const other = random.integer(half - 1);
  const second = other < first ? other : other + 1;
  const steps = new Float64Array(2 * pairs);
  for (let t = 0; t < pairs; t++) {
    const value = 2 * random.uniform() - 1;
    const marked = t === first || t === second;
    steps[2 * t] = marked && t === 0 ? 0 : value;
    steps[2 * t + 1] = marked ? 1 : t === 0 || t === pairs - 1 ? -1 : 0;
  }
  return { steps, target: 0.5 + (steps[2 * first] + steps[2 * second]) / 4 };
}

import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { makeSource } from '../../../src/base/source.ts';
import type { Batch } from '../../../src/train/datasets/dataset.ts';
import { linesDataset } from '../../../src/train/datasets/lines.ts';

const span = { source: makeSource('a.rnn', 'lines'), start: 0, end: 5 };

function dataset(texts: readonly string[], batch: number, holdout: number, seed = 1) {
  const found: Diagnostic[] = [];
  const names = texts.map((_, k) => `${k}.txt`);
  const made = linesDataset(texts, names, { by: 'word', holdout, span }, { batch, seed }, (d) =>
    found.push(d),
  );
  return { made, found };
}

/** 40 lines of 1 to 8 words for each of two classes. */
const texts = ['a', 'b'].map((word) =>
  Array.from({ length: 40 }, (_, k) =>
    Array(1 + (k % 8))
      .fill(word)
      .join(' '),
  ).join('\n'),
);

const shapeOf = (batch: Batch | undefined) => [...(batch?.lengths?.data ?? [])];

describe('lines', () => {
  it('every line once in an epoch, each with the label of its file', () => {
    const { made } = dataset(texts, 6, 0.1);
    expect(made?.stepsPerEpoch).toBe(12);
    expect(made?.classes).toEqual(['0.txt', '1.txt']);
    const batches = Array.from({ length: 12 }, (_, k) => made?.trainingBatch(k));
    expect(batches.reduce((n, b) => n + (b?.sequences ?? 0), 0)).toBe(72);
    expect(batches.flatMap((b) => [...(b?.target.data ?? [])]).filter((label) => label === 1)).toHaveLength(
      36,
    );
    const word = ['a', 'b'].map((w) => made?.vocabulary?.entries.indexOf(w));
    for (const b of batches) {
      if (b === undefined) throw new Error('no batch');
      shapeOf(b).forEach((length, k) => {
        for (let t = 0; t < b.steps; t++) {
          const expected = t < length ? word[b.target.data[k]] : 0;
          expect(b.input.data[t * b.sequences + k]).toBe(expected);
        }
      });
    }
  });

  it('batches hold similar lengths, in another order each epoch', () => {
    const { made } = dataset(texts, 6, 0.1);
    const spread = Array.from({ length: 12 }, (_, k) => {
      const lengths = shapeOf(made?.trainingBatch(k));
      return Math.max(...lengths) - Math.min(...lengths);
    });
    expect(Math.max(...spread)).toBeLessThan(3);
    const epoch = (n: number) => Array.from({ length: 12 }, (_, k) => made?.trainingBatch(12 * n + k));
    expect(epoch(1)).not.toEqual(epoch(0));
    expect(epoch(0)).toEqual(
      Array.from({ length: 12 }, (_, k) => dataset(texts, 6, 0.1).made?.trainingBatch(k)),
    );
    expect(dataset(texts, 6, 0.1, 2).made?.trainingBatch(0)).not.toEqual(made?.trainingBatch(0));
  });

  it('holds out the same lines for every seed, a part of every file', () => {
    const held = [1, 2].map((seed) => dataset(texts, 8, 0.1, seed).made?.validationBatch(0));
    expect(held[0]).toEqual(held[1]);
    expect([...(held[0]?.target.data ?? [])].filter((label) => label === 0)).toHaveLength(4);
    expect(dataset(texts, 8, 0.1).made?.validationBatches).toBe(1);
  });

  it('leaves empty lines out, whatever the line ends', () => {
    const { made } = dataset(['x y\r\n\r\nx\n  \n', 'y y\rx'], 3, 0);
    expect(made?.stepsPerEpoch).toBe(2);
    expect(made?.validationBatches).toBe(0);
  });

  it('too few lines to hold some out', () => {
    const { found } = dataset(['a b', 'b a'], 2, 0.1);
    expect(found.map((d) => d.code)).toEqual(['RNN6023']);
  });
});

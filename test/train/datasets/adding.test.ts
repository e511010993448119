import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/base/random.ts';
import { addingDataset, addingSequence } from '../../../src/train/datasets/adding.ts';

describe('the adding problem', () => {
  it.each([4, 7, 19, 100])('as in the paper, length %i', (length) => {
    const half = Math.floor(length / 2);
    const lengths = new Set<number>();
    for (let k = 0; k < 300; k++) {
      const { steps, target } = addingSequence(length, new RandomStream(k, 'test'));
      const pairs = steps.length / 2;
      lengths.add(pairs);
      expect(pairs).toBeGreaterThanOrEqual(length);
      expect(pairs).toBeLessThanOrEqual(length + length / 10);
      const marked: number[] = [];
      for (let t = 0; t < pairs; t++) {
        expect(Math.abs(steps[2 * t])).toBeLessThanOrEqual(1);
        const marker = steps[2 * t + 1];
        if (marker === 1) marked.push(t);
        else expect(marker).toBe(t === 0 || t === pairs - 1 ? -1 : 0);
      }
      expect(marked).toHaveLength(2);
      expect(marked[0]).toBeLessThan(10);
      expect(marked[1]).toBeLessThan(Math.max(half, 2));
      if (marked[0] === 0) expect(steps[0]).toBe(0);
      expect(target).toBeCloseTo(0.5 + (steps[2 * marked[0]] + steps[2 * marked[1]]) / 4, 14);
    }
    expect(lengths.size).toBe(Math.floor(length / 10) + 1);
  });

  it('guessing the mean scores 0.042', () => {
    const data = addingDataset(100, { batch: 100, seed: 1 });
    const targets = Array.from({ length: 10 }, (_, k) => [...data.validationBatch(k).target.data]).flat();
    const variance = targets.reduce((sum, y) => sum + (y - 0.5) ** 2, 0) / targets.length;
    expect(targets).toHaveLength(1000);
    expect(variance).toBeGreaterThan(0.036);
    expect(variance).toBeLessThan(0.046);
  });

  it('new sequences at each step, by the seed; the same held out for every seed', () => {
    const [one, two] = [1, 2].map((seed) => addingDataset(20, { batch: 3, seed }));
    expect(one.trainingBatch(5)).toEqual(addingDataset(20, { batch: 3, seed: 1 }).trainingBatch(5));
    expect(one.trainingBatch(5)).not.toEqual(one.trainingBatch(6));
    expect(one.trainingBatch(5)).not.toEqual(two.trainingBatch(5));
    expect(one.validationBatch(333)).toEqual(two.validationBatch(333));
    expect(one.validationBatches).toBe(334);
    expect(one.validationBatch(333).sequences).toBe(1);
  });

  it('pads to the longest of the batch', () => {
    const batch = addingDataset(50, { batch: 8, seed: 1 }).trainingBatch(0);
    const lengths = [...(batch.lengths?.data ?? [])];
    expect(batch.input.shape).toEqual([Math.max(...lengths), 8, 2]);
    expect(batch.realSteps).toBe(lengths.reduce((a, b) => a + b, 0));
    lengths.forEach((length, b) => {
      expect(batch.input.data[((length - 1) * 8 + b) * 2 + 1]).toBe(-1);
      for (let t = length; t < batch.steps; t++) expect(batch.input.data[(t * 8 + b) * 2 + 1]).toBe(0);
    });
  });
});

// What counts as evidence for and against a slope: smooth functions, kinks on either side, jumps, what is too steep; and
// slopes that agree with one difference by luck.
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/base/random.ts';
import { differenceOf, STEP } from '../../src/study/central-differences.ts';
import { compareTensor } from '../../src/study/compare-tensor.ts';
import { judge } from '../../src/study/slopes.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';

const smooth = (t: number): number => Math.exp(0.7 * t) + Math.sin(3 * t);
const slope = 3.7;

describe('a smooth function', () => {
  test('the slope is right, a slightly other one is wrong', () => {
    expect(judge(slope, smooth, 1)).toMatchObject({ verdict: 'right' });
    expect(judge(slope, smooth, 1).error).toBeLessThan(1e-10);
    expect(judge(slope * (1 + 1e-6), smooth, 1).verdict).toBe('wrong');
    expect(judge(Number.NaN, smooth, 1)).toMatchObject({ verdict: 'wrong', error: Number.NaN });
    expect(judge(Number.POSITIVE_INFINITY, smooth, 1).verdict).toBe('wrong');
  });
});

describe('a kink', () => {
  // Nearer than the shortest step, within all of them, within the longest.
  test.each([1e-6, 1e-5, 1e-4, 1e-3])('%f away, on either side', (distance) => {
    for (const side of [1, -1]) {
      const f = (t: number): number => smooth(t) + 5 * Math.max(0, side * t - distance);
      expect(judge(slope, f, 1).verdict).toBe('right');
      // The slope behind the kink, and one between.
      expect(judge(slope + 5 * side, f, 1).verdict).toBe('wrong');
      expect(judge(slope + 2 * side, f, 1).verdict).toBe('wrong');
    }
  });

  test('exactly there: either slope, or nothing can be said', () => {
    const f = (t: number): number => smooth(t) + Math.abs(t);
    for (const known of [slope - 1, slope, slope + 1]) expect(judge(known, f, 1).verdict).toBe('right');
    expect(judge(slope + 0.5, f, 1).verdict).toBe('unknown');
  });

  test('on both sides, nearer than every step: nothing can be said, of no slope', () => {
    const f = (t: number): number => smooth(t) + 5 * Math.max(0, t - 2e-6) + 3 * Math.max(0, -t - 3e-6);
    expect(judge(slope, f, 1).verdict).toBe('unknown');
    expect(judge(slope + 1, f, 1).verdict).toBe('unknown');
  });

  test('a slope that agrees with one of the further differences, by luck: it is not confirmed', () => {
    const f = (t: number): number => smooth(t) + 5 * Math.max(0, t - 2e-6) + 3 * Math.max(0, -t - 3e-6);
    for (const side of ['central', 'right', 'left'] as const) {
      for (const step of [STEP / 8, STEP / 64]) {
        const lucky = differenceOf(f, side, step);
        expect(Math.abs(lucky - slope)).toBeGreaterThan(1e-3);
        expect(judge(lucky, f, 1).verdict).toBe('unknown');
      }
    }
  });
});

test('a jump beside it', () => {
  const f = (t: number): number => smooth(t) + (t > 1e-5 ? 1 : 0);
  expect(judge(slope, f, 1).verdict).toBe('right');
  expect(judge(slope + 1e-4, f, 1).verdict).toBe('wrong');
});

test('too steep for any step, and not a number nearby', () => {
  expect(judge(1e6, (t) => Math.sin(1e6 * t), 1).verdict).toBe('unknown');
  expect(judge(1, (t) => (t === 0 ? 0 : Number.NaN), 1).verdict).toBe('unknown');
});

describe('a tensor', () => {
  const stream = new RandomStream(1, 'test');
  const compare = (g: readonly number[], x: readonly number[], f: (x: Tensor) => number, most = 100) =>
    compareTensor(realTensor([g.length], g), realTensor([x.length], x), f, most, stream);

  test('the jump of one element is no measure for the errors of others', () => {
    // A difference over the jump is some thousands; to 1e-7 of that, the other gradient would be right.
    const f = ({ data }: Tensor): number => Math.sin(data[0]) + (data[1] > 1e-4 ? 1 : 0);
    expect(compare([1, 0], [0, 0], f)).toMatchObject({ passed: true, compared: 2, leftOut: [] });
    expect(compare([1 + 1e-5, 0], [0, 0], f)).toMatchObject({ passed: false, at: 0 });
  });

  test('the worst is a wrong element before one with a larger error that nothing speaks against', () => {
    const kinks = (x: number): number => Math.max(0, x - 2e-6) + 3 * Math.max(0, -x - 3e-6);
    const f = ({ data }: Tensor): number => kinks(data[0]) + data[1];
    expect(compare([50, 1.001], [0, 0], f)).toMatchObject({
      passed: false,
      at: 1,
      leftOut: [0],
      compared: 1,
    });
    expect(compare([50, 1], [0, 0], f)).toMatchObject({ passed: true, at: 1, leftOut: [0], compared: 1 });
  });

  test('padding has the gradient zero and is no entry', () => {
    const f = ({ data }: Tensor): number => data[0];
    expect(compare([1, 0], [3, Number.NaN], f)).toMatchObject({ passed: true, compared: 1 });
    expect(compare([1, 1e-9], [3, Number.NaN], f)).toMatchObject({ passed: false, at: 1 });
  });

  test('many elements: a few one by one, all together; all one by one where that fails', () => {
    const f = ({ data }: Tensor): number => Array.from(data, Math.sin).reduce((a, b) => a + b);
    const x = Array.from({ length: 50 }, (_, i) => i / 7);
    const g = x.map(Math.cos);
    expect(compare(g, x, f, 5)).toMatchObject({ passed: true, compared: 5, together: 45 });
    expect(compare(g.with(31, 0), x, f, 5)).toMatchObject({
      passed: false,
      at: 31,
      compared: 50,
      together: 0,
    });
  });
});

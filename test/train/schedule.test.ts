import { expect, it } from 'vitest';
import { rateAt } from '../../src/train/schedule.ts';

it('warms up in a straight line and ends at the floor', () => {
  const schedule = { kind: 'cosine', warmup: 10, floor: 0.1 } as const;
  expect(rateAt(schedule, 2, 1, 100)).toBeCloseTo(0.2, 12);
  expect(rateAt(schedule, 2, 10, 100)).toBe(2);
  expect(rateAt(schedule, 2, 55, 100)).toBeCloseTo(2 * (0.1 + 0.9 / 2), 12);
  expect(rateAt(schedule, 2, 100, 100)).toBeCloseTo(0.2, 12);
});

it('linear falls evenly, constant stays', () => {
  expect(rateAt({ kind: 'linear', warmup: 0, floor: 0 }, 1, 25, 100)).toBeCloseTo(0.75, 12);
  expect(rateAt({ kind: 'constant', warmup: 2, floor: 0 }, 1, 1, 100)).toBe(0.5);
  expect(rateAt({ kind: 'constant', warmup: 2, floor: 0 }, 1, 77, 100)).toBe(1);
});

it('a warm-up as long as the run or longer', () => {
  expect(rateAt({ kind: 'cosine', warmup: 10, floor: 0 }, 1, 10, 10)).toBe(1);
  expect(rateAt({ kind: 'cosine', warmup: 20, floor: 0 }, 1, 10, 10)).toBe(0.5);
});

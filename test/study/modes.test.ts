// Forward mode in the gradient check: it agrees with reverse mode, and finds what differences cannot see.
import { describe, expect, test } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { makeSource } from '../../src/base/source.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import {
  checkGradients,
  type GradientCheck,
  type GradientReport,
  TOLERANCE,
} from '../../src/study/gradcheck.ts';
import { MODES_TOLERANCE } from '../../src/study/modes.ts';
import { checkText } from '../check/programs.ts';
import { type Subject, subjectsOf } from '../laws/subjects.ts';

function checkOf({ sizes, programOf }: Subject, options: Partial<GradientCheck> = {}): GradientReport {
  return checkGradients({
    sizes,
    programOf: (numbers, startingStates) => programOf({ sizes: Object.fromEntries(numbers), startingStates }),
    cases: 5,
    elements: 2,
    seed: 2,
    ...options,
  });
}

const subjects = subjectsOf(['rnn', 'lstm', 'gru', 'mingru', 'adding', 'polarity']);

describe('both modes agree', () => {
  test.each(subjects.map((subject) => [subject.name, subject] as const))('%s', (_, subject) => {
    const { modes, failure } = checkOf(subject, { small: true });
    expect(failure).toBeUndefined();
    expect(modes.error).toBeLessThanOrEqual(MODES_TOLERANCE);
    expect(Math.abs(modes.forward)).toBeGreaterThan(0);
  });
});

test('what rounding decides is no fault: of a saturated tanh 1 - y^2 has few digits', () => {
  const file = checkText(
    makeSource(
      'saturated.rnn',
      'cell Saturated(n) { input x: [n]  param w: [n]  output tanh(1000 * abs(w * x)) }',
    ),
  );
  const report = checkGradients({
    sizes: ['n'],
    programOf: (sizes, startingStates) => elaborate(file, { sizes, mode: 'train', startingStates }).program,
    cases: 20,
    elements: 1,
    seed: 2,
  });
  expect(report.failure).toBeUndefined();
  expect(report.passed).toBe(true);
  // Such cases have come up, and others were drawn.
  expect(report.atKinks).toBeGreaterThan(0);
});

test('a fault that is too small for differences is found, and shrunk', () => {
  const slightlyWrong: DerivativeTable = {
    ...derivatives,
    tanh: [({ dy, y, times, sub, mul, number }) => times(dy, sub(number(1 + 1e-9), mul(y, y)))],
  };
  const { passed, tensors, modes, failure } = checkOf(subjects[0], { rules: slightlyWrong });
  expect(passed).toBe(false);
  expect(tensors.every((tensor) => tensor.passed && tensor.error < TOLERANCE)).toBe(true);
  expect(modes.passed).toBe(false);
  expect(modes.error).toBeGreaterThan(1e-10);
  expect(failure).toMatchObject({ sizes: { n: 1, m: 1 }, lengths: [1], steps: 1 });
});

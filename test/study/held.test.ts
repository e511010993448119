// What a program says of its own slopes is taken at its word, and everything around it is compared.
import { expect, test } from 'vitest';
import { derivatives } from '../../src/autodiff/rules.ts';
import { checkGradients } from '../../src/study/gradcheck.ts';
import { elaborateText } from '../check/programs.ts';

/** Neurons that fire where they are above zero, and learn as if that were smooth. */
const spiking = `
  fn spike(v) = if v > 0 then 1 else 0
    gradient 1 / (1 + 10 * abs(v)) ^ 2
  cell LIF(n, m) {
    input x: [n]
    state v: [m]
    state s: [m]
    v = 0.9 * prev v * (1 - prev s) + affine(x, prev s)
    s = spike(v - 0.2)
    output s
  }`;

function check(rules = derivatives): ReturnType<typeof checkGradients> {
  const programOf = (sizes: ReadonlyMap<string, number>, startingStates: boolean) =>
    elaborateText(spiking, { name: 'LIF', sizes, mode: 'train', startingStates });
  return checkGradients({ sizes: ['n', 'm'], programOf, cases: 8, seed: 1, rules });
}

test('the gradients around a slope of its own are right, and not zero', () => {
  const report = check();
  expect(report.passed).toBe(true);
  for (const { gradient } of report.tensors) expect(Math.abs(gradient)).toBeGreaterThan(1e-6);
});

test('a slope that is lost, or doubled, is seen', () => {
  const [, ...others] = derivatives.surrogate;
  const lost = check({ ...derivatives, surrogate: [({ number }) => number(0), ...others] });
  expect(lost.passed).toBe(false);
  const doubled = check({
    ...derivatives,
    surrogate: [({ dy, b, times, add }) => times(dy, add(b, b)), ...others],
  });
  expect(doubled.passed).toBe(false);
});

// Generated programs find what is wrong, and say it in few lines: faults planted in the table of derivatives.
import { expect, test } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { compareDifferences } from './differences.ts';
import type { GeneratedLaw } from './finding.ts';
import { hold, sampleIn, shrunk } from './hold.ts';

/** Gradients by other rules against differences. */
function withRules(rules: DerivativeTable): GeneratedLaw {
  return {
    name: 'gradients by broken rules',
    bound: 1e-7,
    hold({ forms, drawn, inputs }) {
      const { program, forward } = forms;
      const backward = withGradients(program, forward, differentiable(program), rules);
      const { errors, entries, leftOut } = compareDifferences({ program, forward, backward }, drawn, inputs);
      return { distances: errors, entries, leftOut };
    },
  };
}

const faults: readonly (readonly [string, DerivativeTable])[] = [
  ['sigmoid without its second factor', { ...derivatives, sigmoid: [({ dy, y, times }) => times(dy, y)] }],
  [
    'div without a sign',
    { ...derivatives, div: [derivatives.div[0], ({ dy, b, y, over, times }) => times(over(dy, b), y)] },
  ],
];

test.each(faults)('%s', async (_, rules) => {
  const laws = [withRules(rules)];
  for (let k = 0; k < 60; k++) {
    const sample = sampleIn(1, k);
    const { broken } = await hold(sample, laws);
    if (broken === undefined) continue;
    const text = await shrunk(sample, broken, laws);
    expect(text.length).toBeLessThan(700);
    expect(text).toContain(`seed ${sample.seed}`);
    return;
  }
  expect.unreachable('no program shows it');
});

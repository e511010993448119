// Every gradient against central differences in float64.
import fc from 'fast-check';
import { describe } from 'vitest';
import { checkGradients, TOLERANCE } from '../../src/study/gradcheck.ts';
import { describeCase } from '../../src/study/random-case.ts';
import { holds, Law } from './law.ts';
import { SUBJECTS } from './subjects.ts';

const law = new Law('gradients are those of central differences', TOLERANCE, 1);

// What study counts as a case is a case of one batch; a case of this law is some of them, with one seed.
describe(law.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(law, name, fc.noShrink(fc.nat(2 ** 31 - 1)), (seed) => {
      const report = checkGradients({
        sizes,
        programOf: (numbers, startingStates) =>
          programOf({ sizes: Object.fromEntries(numbers), startingStates }),
        cases: 2,
        elements: 4,
        seed,
      });
      if (report.skipped > 0) throw new Error(`${report.skipped} cases are not finite`);
      const where = report.failure === undefined ? '' : ` at ${describeCase(report.failure)}`;
      return new Map(report.tensors.map((tensor) => [`${tensor.name}${where}`, tensor.error]));
    });
  }
});

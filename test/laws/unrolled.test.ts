// Unrolled is scanned, forward and backward; and differentiating and unrolling may change places.
import { describe } from 'vitest';
import { unroll } from '../../src/autodiff/unroll.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { shortCase } from './cases.ts';
import { distances } from './distance.ts';
import { formsOf } from './forms.ts';
import { holds, Law } from './law.ts';
import { SUBJECTS } from './subjects.ts';

const law = new Law('unrolled is scanned', 1e-12, 2);

describe(law.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(law, name, shortCase(sizes), (drawn) => {
      const { program, forward, backward } = formsOf(programOf(drawn));
      const { steps } = drawn;
      const inputs = drawInputs(program, backward, drawn);
      const scanned = evaluate(backward, inputs);
      const unrolled = evaluate(unroll(backward, { steps }), inputs);
      const afterwards = withGradients(program, unroll(forward, { steps }), differentiable(program));
      return new Map([
        ...distances(scanned, unrolled),
        ...[...distances(scanned, evaluate(afterwards, inputs))].map(
          ([output, distance]) => [`${output}, unrolled before it is differentiated`, distance] as const,
        ),
      ]);
    });
  }
});

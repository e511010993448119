// Checkpointed is not checkpointed: values and gradients, for segments of any length.
import { describe } from 'vitest';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { verify } from '../../src/graph/verify.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { shortCase } from './cases.ts';
import { distances } from './distance.ts';
import { formsOf } from './forms.ts';
import { holds, Law } from './law.ts';
import { SUBJECTS } from './subjects.ts';

const law = new Law('checkpointed is not checkpointed', 1e-12, 2);

describe(law.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(law, name, shortCase(sizes), (drawn) => {
      const { program, forward, backward } = formsOf(programOf(drawn));
      const inputs = drawInputs(program, backward, drawn);
      const plain = evaluate(backward, inputs);
      const found = new Map<string, number>();
      for (const steps of [1, 3, drawn.steps, drawn.steps + 1]) {
        const graph = withGradients(program, checkpoint(forward, { steps }), differentiable(program));
        for (const [k, v] of distances(plain, evaluate(graph, inputs))) found.set(`${k} ${steps}`, v);
        const o = runPasses(graph, undefined, {verify: true}).graph;
        found.set(`vo${steps}`, verify(o).length);
        for (const [k, v] of distances(plain, evaluate(o, inputs))) found.set(`optimised ${k} ${steps}`, v);
        found.set(`v${steps}`, verify(graph).length);
        for (const [k, v] of distances(plain, evaluate(unroll(graph, {steps: drawn.steps}), inputs))) found.set(`unrolled ${k} ${steps}`, v);
      }
      return found;
    });
  }
});

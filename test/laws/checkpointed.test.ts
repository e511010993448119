// Checkpointed is not checkpointed: in segments of any length values and gradients are what they were, plain, unrolled,
// optimised, and in WebAssembly what the reference gives.
import { describe } from 'vitest';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { emit } from '../../src/codegen/wasm/emit.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { verify } from '../../src/graph/verify.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { verifyProgram } from '../../src/loops/verify.ts';
import { load } from '../../src/runtime/executable.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import { asTrained, longCase, rounded, shortCase } from './cases.ts';
import { distances } from './distance.ts';
import { type Forms, formsOf } from './forms.ts';
import { holds, Law } from './law.ts';
import { FLOAT32, illConditioned } from './rounding.ts';
import { SUBJECTS } from './subjects.ts';

/** The gradients in segments of some length: from one step to one more than there are. */
function cut({ program, forward }: Forms, drawn: Case): Graph {
  const steps = 1 + (drawn.numbers % (drawn.steps + 1));
  return withGradients(program, checkpoint(forward, { steps }), differentiable(program));
}

const law = new Law('checkpointed is not checkpointed', 1e-12, 1);

describe(law.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(law, name, shortCase(sizes), (drawn) => {
      const forms = formsOf(programOf(drawn));
      const inputs = drawInputs(forms.program, forms.backward, drawn);
      const expected = evaluate(forms.backward, inputs);
      const graph = cut(forms, drawn);
      const ways = {
        plain: graph,
        unrolled: unroll(graph, { steps: drawn.steps }),
        optimised: optimise(graph),
      };
      return new Map(
        Object.entries(ways).flatMap(([way, graph]) => [
          [`complaints, ${way}`, verify(graph).length] as const,
          ...[...distances(expected, evaluate(graph, inputs))].map(
            ([output, distance]) => [`${output}, ${way}`, distance] as const,
          ),
        ]),
      );
    });
  }
});

const compiled = new Law('checkpointed and compiled is not checkpointed', 1e-4, 1);

describe(compiled.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(compiled, name, longCase(sizes), async (drawn) => {
      const forms = formsOf(programOf(drawn));
      const inputs = rounded(asTrained(forms.backward, drawInputs(forms.program, forms.backward, drawn)));
      const loops = schedule(optimise(cut(forms, drawn)));
      const extents = new Map([
        ['T', drawn.steps],
        ['B', drawn.lengths.length],
      ]);
      const program = await load(emit(loops));
      const found = [...distances(evaluate(forms.backward, inputs), program.execute(inputs))];
      const isHeld = ([, distance]: readonly [string, number]): boolean => distance <= compiled.bound;
      const ill = found.every(isHeld)
        ? new Set()
        : illConditioned(forms.backward, inputs, FLOAT32, compiled.bound);
      for (const [output] of found) if (ill.has(output)) compiled.leaveOut(`${output} of ${name}`);
      return new Map([
        ['complaints', verifyProgram(loops, extents).length],
        ...found.filter((one) => isHeld(one) || !ill.has(one[0])),
      ]);
    });
  }
});

// A batch is its sequences, one by one, in any order, whatever stands behind their ends.
import fc from 'fast-check';
import { describe } from 'vitest';
import { compile } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { compareAlone } from './alone.ts';
import { inputShapes, outputShapes, padded, permuted, realShapes, shortCase } from './cases.ts';
import { distances } from './distance.ts';
import { formsOf } from './forms.ts';
import { identical } from './identical.ts';
import { holds, Law } from './law.ts';
import { SUBJECTS } from './subjects.ts';

const alone = new Law('a batch is its sequences one by one', 1e-12, 2);

describe(alone.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(alone, name, shortCase(sizes), (drawn) => {
      const forms = formsOf(programOf(drawn));
      const { program, backward } = forms;
      const inputs = drawInputs(program, backward, drawn);
      return compareAlone(forms, drawn, inputs, evaluate(backward, inputs));
    });
  }
});

const order = new Law('the order of the sequences does not count', 1e-12, 2);

describe(order.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(order, name, shortCase(sizes), (drawn) => {
      const { program, backward } = formsOf(programOf(drawn));
      const inputs = drawInputs(program, backward, drawn);
      const turned = drawn.lengths.map((_, b) => b).reverse();
      const moved = evaluate(backward, permuted(inputs, inputShapes(backward), turned));
      return distances(permuted(evaluate(backward, inputs), outputShapes(backward), turned), moved);
    });
  }
});

const padding = new Law('what stands behind the ends does not count', 0, 1);

describe(padding.name, () => {
  const fillers = fc.constantFrom(0, 1e30, Number.POSITIVE_INFINITY);
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(padding, name, fc.tuple(shortCase(sizes), fillers), async ([drawn, filler]) => {
      const { program, backward } = formsOf(programOf(drawn));
      // NaN, and categories that do not exist; also where cotangents of outputs are, which are zeros there.
      const drawnInputs = drawInputs(program, backward, drawn);
      const spoilt = padded(drawnInputs, realShapes(backward, drawnInputs), drawn.lengths, Number.NaN);
      const filled = padded(drawnInputs, inputShapes(backward), drawn.lengths, filler);
      const compiled = await compile(backward, { target: 'wasm' });
      const [plain, fast] = [
        identical(evaluate(backward, spoilt), evaluate(backward, filled)),
        identical(compiled.execute(spoilt), compiled.execute(filled)),
      ];
      return new Map([...plain, ...[...fast].map(([output, gap]) => [`${output} (wasm)`, gap] as const)]);
    });
  }
});

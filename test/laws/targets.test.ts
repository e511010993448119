// The optimised graph computes what the plain one does; so does WebAssembly, in float32 and for long sequences.
import { describe } from 'vitest';
import { compile, optimise, type Runnable } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { asTrained, longCase, rounded, shortCase } from './cases.ts';
import { distances } from './distance.ts';
import { formsOf } from './forms.ts';
import { holds, Law } from './law.ts';
import { FLOAT32, illConditioned } from './rounding.ts';
import { SUBJECTS } from './subjects.ts';

// Not to the last bit: sums over steps and sequences are added up in another order, some hundred terms of 1e-16 each.
const optimised = new Law('optimised is plain', 1e-12, 2);

describe(optimised.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(optimised, name, shortCase(sizes), (drawn) => {
      const { program, backward } = formsOf(programOf(drawn));
      const inputs = drawInputs(program, backward, drawn);
      return distances(evaluate(backward, inputs), evaluate(optimise(backward), inputs));
    });
  }
});

const wasm = new Law('WebAssembly is the reference', 1e-4, 2);

describe(wasm.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(wasm, name, longCase(sizes), async (drawn) => {
      const { program, backward } = formsOf(programOf(drawn));
      const inputs = rounded(asTrained(backward, drawInputs(program, backward, drawn)));
      const expected = evaluate(backward, inputs);
      const found = distances(expected, (await compiled(backward)).execute(inputs));
      if ([...found.values()].every((distance) => distance <= wasm.bound)) return found;
      const ill = illConditioned(backward, inputs, FLOAT32, wasm.bound);
      return new Map(
        [...found].filter(([output, distance]) => {
          const isLeftOut = distance > wasm.bound && ill.has(output);
          if (isLeftOut) wasm.leaveOut(`${output} of ${name}`);
          return !isLeftOut;
        }),
      );
    });
  }
});

const known = new WeakMap<Graph, Promise<Runnable>>();

/** Compiled once for all lengths and batches. */
function compiled(graph: Graph): Promise<Runnable> {
  const program = known.get(graph) ?? compile(graph, { target: 'wasm' });
  known.set(graph, program);
  return program;
}

// The optimised graph computes what the plain one does; so does WebAssembly, in float32 and for long sequences.
import { describe } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { RandomStream } from '../../src/base/random.ts';
import type { Program } from '../../src/check/program.ts';
import { compile, optimise, type Runnable } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import { asTrained, longCase, rounded, shortCase } from './cases.ts';
import { distances, holds, Law, type Tensors } from './law.ts';
import { formsOf, SUBJECTS } from './subjects.ts';

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
      const { program, forward, backward } = formsOf(programOf(drawn));
      const inputs = rounded(asTrained(backward, drawInputs(program, backward, drawn)));
      const expected = evaluate(backward, inputs);
      const found = distances(expected, (await compiled(backward)).execute(inputs));
      if ([...found.values()].every((distance) => distance <= wasm.bound)) return found;
      const shifts = distances(expected, evaluate(coarse(program, forward), shaken(inputs)));
      return new Map(
        [...found].filter(([output, distance]) => {
          const isIll = distance > wasm.bound && shifts.get(output)! > wasm.bound / 10;
          if (isIll) wasm.leaveOut(`${output} of ${name}`);
          return !isIll;
        }),
      );
    });
  }
});

// A case may be too hard for float32. Where a result of the reference moves by a tenth of the bound when what goes in
// moves by half a unit of float32's last place, and the squashed values in slopes do, then the hundreds of roundings in
// a float32 program cannot stay within the bound, and that result is left out. There are two kinds: gradients whose
// terms cancel each other (of softmax, of many steps), and slopes of saturated units, 1 - y^2, of which little is left
// when y has been rounded.

const half = 2 ** -24;

/** Every number moved by half a unit of the last place, up or down. */
function shaken(inputs: Tensors): Tensors {
  const stream = new RandomStream(1, 'half a unit');
  const move = (x: number): number => x * (1 + (stream.uniform() < 0.5 ? half : -half));
  return new Map(
    [...inputs].map(([name, tensor]) => {
      if (tensor.element !== 'real') return [name, tensor];
      return [name, realTensor(tensor.shape, Float64Array.from(tensor.data, move))];
    }),
  );
}

/** The gradients from squashed values that are half a unit smaller. */
function coarse(program: Program, forward: Graph): Graph {
  const rules: DerivativeTable = {
    ...derivatives,
    tanh: [
      ({ dy, y, times, sub, mul, number }) => {
        const rounded = mul(y, number(1 - half));
        return times(dy, sub(number(1), mul(rounded, rounded)));
      },
    ],
    sigmoid: [
      ({ dy, y, times, sub, mul, number }) => {
        const rounded = mul(y, number(1 - half));
        return times(dy, mul(rounded, sub(number(1), rounded)));
      },
    ],
  };
  return withGradients(program, forward, differentiable(program), rules);
}

const known = new WeakMap<Graph, Promise<Runnable>>();

/** Compiled once for all lengths and batches. */
function compiled(graph: Graph): Promise<Runnable> {
  const program = known.get(graph) ?? compile(graph, { target: 'wasm' });
  known.set(graph, program);
  return program;
}

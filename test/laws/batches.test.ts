// A batch is its sequences, one by one, in any order, whatever stands behind their ends.
import fc from 'fast-check';
import { describe } from 'vitest';
import { compile } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { TIME } from '../../src/graph/type.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { inputShapes, outputShapes, padded, permuted, sequenceOf, shortCase } from './cases.ts';
import { type Distances, distance, distances, holds, Law, type Tensors } from './law.ts';
import { type Forms, formsOf, SUBJECTS } from './subjects.ts';

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

/**
 * Each sequence by itself, with the graph that knows no batch. Outputs, states and the gradients of data are the
 * batch's, and nothing (zero) behind the end; means, and the gradients of weights, add up.
 */
function compareAlone(
  { program, forward, backward }: Forms,
  { lengths, steps }: Case,
  inputs: Tensors,
  together: Tensors,
): Distances {
  const one = withGradients(program, program.graph, differentiable(program));
  const [into, out] = [inputShapes(backward), outputShapes(backward)];
  const answers = lengths.map((length, b) => {
    const own = [...inputs].filter(([name]) => name !== 'lengths');
    return evaluate(one, new Map(own.map(([name, x]) => [name, sequenceOf(x, into.get(name)!, b, length)])));
  });
  const divisors = { steps: lengths.reduce((sum, length) => sum + length), sequences: lengths.length };
  const means = new Map(program.graph.outputs.map(({ name, mean }) => [name, mean && divisors[mean]]));
  const lossDivisor = means.get('loss') ?? 1;
  const found = new Map<string, number>();
  for (const [name, tensor] of together) {
    const shape = out.get(name)!;
    const divisor = means.get(name) ?? (name.startsWith('grad.') ? lossDivisor : 1);
    const scaled = answers.map((answer) => divide(answer.get(name)!, divisor));
    if (shape.includes('B')) {
      scaled.forEach((answer, b) => {
        const mine = sequenceOf(tensor, shape, b, lengths[b]);
        found.set(`${name} of sequence ${b}`, distance(mine, answer));
      });
      if (shape[0] === TIME && steps > Math.min(...lengths)) {
        const blank = padded(new Map([[name, tensor]]), out, lengths, 0).get(name)!;
        found.set(`${name} behind the end`, isSame(blank, tensor) ? 0 : Number.POSITIVE_INFINITY);
      }
    } else {
      found.set(name, distance(tensor, scaled.reduce(add)));
    }
  }
  for (const { name } of forward.outputs) {
    if (!together.has(name)) found.set(name, Number.POSITIVE_INFINITY);
  }
  return found;
}

function divide(tensor: Tensor, by: number): Tensor {
  return by === 1
    ? tensor
    : realTensor(
        tensor.shape,
        Float64Array.from(tensor.data, (x) => x / by),
      );
}

function add(a: Tensor, b: Tensor): Tensor {
  return realTensor(
    a.shape,
    Float64Array.from(a.data, (x, i) => x + b.data[i]),
  );
}

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
      const spoilt = padded(drawnInputs, realOnly(backward, drawnInputs), drawn.lengths, Number.NaN);
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

/** The shapes of inputs, with nothing said of categories, so that these keep what they have. */
function realOnly(graph: Forms['backward'], inputs: Tensors): ReturnType<typeof inputShapes> {
  const shapes = [...inputShapes(graph)];
  return new Map(shapes.map(([name, shape]) => [name, inputs.get(name)!.element === 'real' ? shape : []]));
}

/** 0 where every bit is the same and no NaN is in it, else infinite. */
function identical(a: Tensors, b: Tensors): Distances {
  return new Map(
    [...a].map(([name, tensor]) => {
      const isFine = isSame(tensor, b.get(name)!) && tensor.data.every((x) => Number.isFinite(x));
      return [name, isFine ? 0 : Number.POSITIVE_INFINITY];
    }),
  );
}

function isSame(a: Tensor, b: Tensor): boolean {
  return (
    a.data.length === b.data.length && a.data.every((x, i) => Object.is(x, b.data[i]) || x === b.data[i])
  );
}

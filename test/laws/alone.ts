// A batch against its sequences one by one.
import { evaluate } from '../../src/graph/evaluate.ts';
import { TIME } from '../../src/graph/type.ts';
import type { Case } from '../../src/study/random-case.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { inputShapes, outputShapes, padded, sequenceOf } from './cases.ts';
import { type Distances, distance, type Tensors } from './distance.ts';
import type { Forms } from './forms.ts';
import { isSame } from './identical.ts';

/**
 * Each sequence by itself, with the graph that knows no batch. Outputs, states and the gradients of data are the
 * batch's, and nothing (zero) behind the end; means, and the gradients of weights, add up.
 */
export function compareAlone(
  { program, forward, backward, autodiff }: Forms,
  { lengths, steps }: Case,
  inputs: Tensors,
  together: Tensors,
): Distances {
  const one = autodiff.gradients(program, program.graph);
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

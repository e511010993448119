// What float32 cannot hold.
//
// A case may be too hard for float32. Where a result of the reference moves by a tenth of the bound when what goes in
// moves by half a unit of float32's last place, and the squashed values in slopes do, then the hundreds of roundings in
// a float32 program cannot stay within the bound, and that result is left out. There are two kinds: gradients whose
// terms cancel each other (of softmax, of many steps), and slopes of saturated units, 1 - y^2, of which little is left
// when y has been rounded.
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { RandomStream } from '../../src/base/random.ts';
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import type { Tensors } from './distance.ts';

const half = 2 ** -24;

/** Every number moved by half a unit of the last place, up or down. */
export function shaken(inputs: Tensors): Tensors {
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
export function coarse(program: Program, forward: Graph): Graph {
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

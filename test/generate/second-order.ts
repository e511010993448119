// Second derivatives: the Hessian of the loss (of a cell: of its outputs times their cotangents) times a direction, by
// forward mode over reverse mode, by reverse mode over reverse mode, and by differences of gradients; and its symmetry.
import { RandomStream } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable } from '../../src/study/gradient-program.ts';
import { holdSlopes } from '../../src/study/held.ts';
import { extentsOf } from '../../src/study/random-case.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { tangentOf } from '../laws/cases.ts';
import { distance, type Tensors } from '../laws/distance.ts';
import { FLOAT64, illConditioned } from '../laws/rounding.ts';
import { compareTensor } from './differences.ts';
import { all, type GeneratedLaw, isInTurn, wellConditioned } from './finding.ts';
import type { Trial } from './trial.ts';

/** The gradients alone, under names that are free for another round. */
function slopes(backward: Graph): Graph {
  const outputs = backward.outputs.filter(({ name }) => name.startsWith('grad.'));
  return {
    ...backward,
    outputs: outputs.map(({ name, node }) => ({ name: `slope.${name.slice(5)}`, node })),
  };
}

function directionOf(inputs: Tensors, wrt: readonly string[], numbers: number, which: string): Tensors {
  return new Map(
    wrt.map((name) => [name, tangentOf(inputs.get(name)!, new RandomStream(numbers, `${which} of ${name}`))]),
  );
}

/** A way to H v: a graph, its inputs, and what its outputs begin with. */
interface Product {
  readonly graph: Graph;
  readonly inputs: Tensors;
  readonly prefix: string;
}

/** Forward mode: how the gradients move along v. */
function pushed({ autodiff, forms: { backward }, inputs }: Trial, v: Tensors): Product {
  const wrt = [...v.keys()];
  const graph = autodiff.jvp(slopes(backward), { wrt, outputs: wrt.map((name) => `slope.${name}`) });
  const tangents = [...v].map(([name, x]) => [`tangent.${name}`, x] as const);
  return only({ graph, inputs: new Map([...inputs, ...tangents]), prefix: 'tangent.slope.' });
}

/** Reverse mode: the gradients of the gradients times v. */
function pulled({ autodiff, forms: { backward }, inputs }: Trial, v: Tensors): Product {
  const wrt = [...v.keys()];
  const graph = autodiff.vjp(slopes(backward), { outputs: wrt.map((name) => `slope.${name}`), wrt });
  const cotangents = [...v].map(([name, x]) => [`cotangent.slope.${name}`, x] as const);
  return only({ graph, inputs: new Map([...inputs, ...cotangents]), prefix: 'grad.' });
}

function only({ graph, inputs, prefix }: Product): Product {
  const outputs = graph.outputs.filter(({ name }) => name.startsWith(prefix));
  return { graph: { ...graph, outputs }, inputs, prefix };
}

/** H v by the names of what it is by. */
function along({ graph, inputs, prefix }: Product): Tensors {
  return new Map([...evaluate(graph, inputs)].map(([name, x]) => [name.slice(prefix.length), x]));
}

/** The names of what rounding decides. */
function illOf({ graph, inputs, prefix }: Product, bound: number): string[] {
  return [...illConditioned(graph, inputs, FLOAT64, bound)].map((name) => name.slice(prefix.length));
}

/** The inner product, and the sum of its terms' magnitudes. */
function inner(u: Tensors, v: Tensors): { readonly value: number; readonly size: number } {
  let [value, size] = [0, 0];
  for (const [name, { data }] of u) {
    const other = v.get(name)!.data;
    for (let i = 0; i < data.length; i++) {
      value += data[i] * other[i];
      size += Math.abs(data[i] * other[i]);
    }
  }
  return { value, size };
}

export const secondOrder: GeneratedLaw = {
  name: 'second derivatives agree, and are symmetric',
  bound: 1e-11,
  hold(trial) {
    const { forms, drawn, inputs } = trial;
    const wrt = differentiable(forms.program);
    if (wrt.length === 0 || !isInTurn(trial, secondOrder.name, 4)) return undefined;
    const [u, v] = ['u', 'v'].map((which) => directionOf(inputs, wrt, drawn.numbers, which));
    const products = [pushed(trial, u), pushed(trial, v), pulled(trial, v)];
    const [Hu, Hv, back] = products.map(along);
    const found = new Map(wrt.map((name) => [name, distance(Hv.get(name)!, back.get(name)!)]));
    const [uHv, vHu] = [inner(u, Hv), inner(v, Hu)];
    const gap = Math.abs(uHv.value - vHu.value) / Math.max(uHv.size, vHu.size, 1e-3);
    const { bound } = secondOrder;
    return wellConditioned(new Map([...found, ['symmetry', gap]]), bound, () => {
      const ill = products.flatMap((product) => illOf(product, bound));
      return new Set(ill.length > 0 ? [...ill, 'symmetry'] : []);
    });
  },
};

export const differencesOfGradients: GeneratedLaw = {
  name: 'second derivatives are differences of gradients',
  bound: 1e-6,
  hold(trial) {
    const { forms, drawn, inputs } = trial;
    const wrt = differentiable(forms.program);
    if (wrt.length === 0 || !isInTurn(trial, secondOrder.name, 4)) return undefined;
    const u = directionOf(inputs, wrt, drawn.numbers, 'u');
    const Hu = along(pushed(trial, u));
    const gradients = slopes(forms.backward);
    const extents = extentsOf(drawn);
    const hold = holdSlopes(gradients, inputs, extents);
    // One of the tensors: each of them comes to its turn in some program.
    const name = wrt[drawn.numbers % wrt.length];
    const slope = (moved: Tensor): number => {
      const found = evaluate(gradients, new Map([...inputs, [name, moved]]), extents, hold?.());
      return wrt.reduce(
        (sum, other) =>
          sum +
          inner(new Map([[other, found.get(`slope.${other}`)!]]), new Map([[other, u.get(other)!]])).value,
        0,
      );
    };
    const stream = new RandomStream(drawn.numbers, `direction of ${name}`);
    const { error, entries, leftOut } = compareTensor(Hu.get(name)!, inputs.get(name)!, slope, stream);
    return { ...all(new Map([[name, error]])), entries, leftOut };
  },
};

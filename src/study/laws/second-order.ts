// Second order: the Hessian H of what is differentiated (the loss, or the outputs times their cotangents) times a vector.
// Three ways to it, which use the two tables of derivatives in different orders, must agree: forward over reverse (the
// tangents of the gradients), reverse over reverse (the gradients of the gradients), reverse over forward (the gradients
// of a tangent). H is symmetric: <u, H v> = <v, H u>. And H v is the difference of gradients along v.
import { jvp } from '../../autodiff/jvp.ts';
import { vjp } from '../../autodiff/vjp.ts';
import { RandomStream } from '../../base/random.ts';
import { evaluate } from '../../graph/evaluate.ts';
import type { Graph } from '../../graph/graph.ts';
import { realTensor, type Tensor } from '../../tensor/tensor.ts';
import { differenceOf, moved, type Side } from '../central-differences.ts';
import type { Forms } from '../forms.ts';
import { differentiatedOutputs } from '../gradient-program.ts';
import { holdSlopes } from '../held.ts';
import { type Case, extentsOf } from '../random-case.ts';
import { judgeBy, TOLERANCE } from '../slopes.ts';
import { FLOOR, type Gap, gap, type Tensors } from './distance.ts';
import { type Finding, inFloat64, type Law, type Place } from './law.ts';

/** Of a program that has nothing to differentiate by. */
const NOTHING: Finding = { gaps: new Map(), leftOut: [] };

export const threeWays: Law = {
  name: 'hessian',
  says: 'Hessian times vector, three ways, is the same',
  bound: 1e-11,
  hold(place, inputs) {
    const { forms, drawn } = place;
    if (forms.wrt.length === 0) return NOTHING;
    const { wrt } = forms;
    const v = direction(forms, inputs, drawn, 'v');
    const expected = forwardOverReverse(place, inputs, v);
    const again = reverseOverReverse(place, inputs, v);
    const other = reverseOverForward(place, inputs, v);
    const found = new Map<string, Gap>();
    for (const name of wrt) {
      const [a, b] = [`${name}, reverse over reverse`, `${name}, reverse over forward`];
      found.set(a, gap(expected.get(name)!, again.get(name)!));
      found.set(b, gap(expected.get(name)!, other.get(name)!));
    }
    return conditioned(found, threeWays.bound, place, inputs, v);
  },
};

export const symmetric: Law = {
  name: 'symmetric',
  says: 'the Hessian is symmetric',
  bound: 1e-11,
  hold(place, inputs) {
    const { forms, drawn } = place;
    if (forms.wrt.length === 0) return NOTHING;
    const [u, v] = ['u', 'v'].map((name) => direction(forms, inputs, drawn, name));
    const [there, back] = [
      inner(u, forwardOverReverse(place, inputs, v)),
      inner(v, forwardOverReverse(place, inputs, u)),
    ];
    const error = Math.abs(there.sum - back.sum) / Math.max(there.size, back.size, FLOOR);
    const found: Gap = { error, at: 0, left: there.sum, right: back.sum };
    const name = 'u H v';
    if (error <= symmetric.bound) return { gaps: new Map([[name, found]]), leftOut: [] };
    const { leftOut } = conditioned(allBroken(forms.wrt), symmetric.bound, place, inputs, v);
    return leftOut.length === 0
      ? { gaps: new Map([[name, found]]), leftOut }
      : { gaps: new Map(), leftOut: [name] };
  },
};

/** As the gradients themselves are held against differences of values, kinks and all. */
export const gradientDifferences: Law = {
  name: 'hessian differences',
  says: 'Hessian times vector is a difference of gradients',
  bound: TOLERANCE,
  hold(place, inputs) {
    const { forms, drawn } = place;
    if (forms.wrt.length === 0) return NOTHING;
    const { backward, wrt } = forms;
    const v = direction(forms, inputs, drawn, 'v');
    const hessian = forwardOverReverse(place, inputs, v);
    const extents = extentsOf(drawn);
    const hold = holdSlopes(backward, inputs, extents);
    const known = new Map<number, Tensors>();
    const gradientsAt = (t: number): Tensors => {
      const there = [...v].map(
        ([name, by]) => [name, moved(inputs.get(name)!, by.data as Float64Array, t)] as const,
      );
      const found = known.get(t) ?? evaluate(backward, new Map([...inputs, ...there]), extents, hold?.());
      known.set(t, found);
      return found;
    };
    const found = new Map<string, Gap>();
    const leftOut: string[] = [];
    // Along a direction of so many elements a step moves far: shorter, by the fourth root.
    const elements = [...v.values()].reduce((sum, { data }) => sum + data.length, 0);
    const factor = elements ** -0.25;
    for (const name of wrt) {
      const { data } = hessian.get(name)!;
      const scale = Math.max(...Array.from(data, Math.abs));
      data.forEach((slope, i) => {
        const at = (t: number): number => gradientsAt(t).get(`grad.${name}`)!.data[i];
        const judgement = judgeBy(slope, (side: Side, step) => differenceOf(at, side, step * factor), scale);
        const entry = `${name} ${i}`;
        if (judgement.verdict === 'unknown') leftOut.push(entry);
        else found.set(entry, { error: judgement.error, at: i, left: slope, right: judgement.difference });
      });
    }
    return { gaps: found, leftOut };
  },
};

/** H v by the name of the input: the tangents of the gradients. */
function forwardOverReverse({ forms, drawn }: Place, inputs: Tensors, v: Tensors): Tensors {
  const { wrt } = forms;
  const found = evaluate(
    secondOrder(forms).tangents,
    new Map([...inputs, ...named('tangent.', v)]),
    extentsOf(drawn),
  );
  return new Map(wrt.map((name) => [name, found.get(`tangent.grad.${name}`)!]));
}

/** H v: the gradients of the gradients, times v. */
function reverseOverReverse({ forms, drawn }: Place, inputs: Tensors, v: Tensors): Tensors {
  const { wrt } = forms;
  const found = evaluate(
    secondOrder(forms).gradients,
    new Map([...inputs, ...named('cotangent.first.', v)]),
    extentsOf(drawn),
  );
  return new Map(wrt.map((name) => [name, found.get(`grad.${name}`)!]));
}

/** H v: the gradients of the tangent along v. */
function reverseOverForward({ forms, drawn }: Place, inputs: Tensors, v: Tensors): Tensors {
  const { wrt, program } = forms;
  const cotangents = differentiatedOutputs(program).map((name): [string, Tensor] => [
    `cotangent.tangent.${name}`,
    inputs.get(`cotangent.${name}`) ?? realTensor([], [1]),
  ]);
  const plain = [...inputs].filter(([name]) => !name.startsWith('cotangent.'));
  const found = evaluate(
    secondOrder(forms).ofTangents,
    new Map([...plain, ...named('tangent.', v), ...cotangents]),
    extentsOf(drawn),
  );
  return new Map(wrt.map((name) => [name, found.get(`grad.${name}`)!]));
}

interface SecondOrder {
  /** The tangents of the gradients. */
  readonly tangents: Graph;
  /** The gradients of the gradients, which are called `first.NAME` there. */
  readonly gradients: Graph;
  /** The gradients of the tangents of what is differentiated. */
  readonly ofTangents: Graph;
}

const known = new WeakMap<Forms, SecondOrder>();

function secondOrder(forms: Forms): SecondOrder {
  const { program, backward, tangents, wrt, rules } = forms;
  const made = known.get(forms) ?? {
    tangents: jvp(backward, { wrt, outputs: wrt.map((name) => `grad.${name}`) }),
    gradients: vjp(firstGradients(backward), { wrt, outputs: wrt.map((name) => `first.${name}`) }, rules),
    ofTangents: vjp(
      tangents,
      { wrt, outputs: differentiatedOutputs(program).map((name) => `tangent.${name}`) },
      rules,
    ),
  };
  known.set(forms, made);
  return made;
}

/** The names of the gradients are wanted once more. */
function firstGradients(backward: Graph): Graph {
  const outputs = backward.outputs.map((output) => ({
    ...output,
    name: output.name.replace(/^grad\./, 'first.'),
  }));
  return { ...backward, outputs };
}

function named(prefix: string, tensors: Tensors): readonly (readonly [string, Tensor])[] {
  return [...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor] as const);
}

function conditioned(
  found: ReadonlyMap<string, Gap>,
  bound: number,
  { forms, drawn }: Place,
  inputs: Tensors,
  v: Tensors,
): Finding {
  const graph = firstNamed(secondOrder(forms).tangents);
  return inFloat64(found, bound, graph, new Map([...inputs, ...named('tangent.', v)]), extentsOf(drawn));
}

/** As if nothing agreed: what of it rounding can be the reason of is then left out. */
function allBroken(names: readonly string[]): ReadonlyMap<string, Gap> {
  const lost = { error: Number.POSITIVE_INFINITY, at: 0, left: 0, right: 0 };
  return new Map(names.map((name) => [name, lost]));
}

/** With the tangents of gradients under the names of what they are about. */
function firstNamed(graph: Graph): Graph {
  const outputs = graph.outputs.flatMap((output) =>
    output.name.startsWith('tangent.grad.')
      ? [{ ...output, name: output.name.slice('tangent.grad.'.length) }]
      : [],
  );
  return { ...graph, outputs };
}

/** Padding is not a number, and stays where it is. */
function direction({ wrt }: Forms, inputs: Tensors, { numbers }: Case, name: string): Tensors {
  return new Map(
    wrt.map((input) => {
      const random = new RandomStream(numbers, `${name} of ${input}`);
      const { shape, data } = inputs.get(input)!;
      const drawn = Float64Array.from(data, (x) => {
        const along = 2 * random.uniform() - 1;
        return Number.isNaN(x) ? 0 : along;
      });
      return [input, realTensor(shape, drawn)];
    }),
  );
}

/** The inner product of tensors by name, and the size of its terms. */
function inner(left: Tensors, right: Tensors): { readonly sum: number; readonly size: number } {
  let [sum, size] = [0, 0];
  for (const [name, { data }] of left) {
    const other = right.get(name)!.data;
    for (let i = 0; i < data.length; i++) {
      sum += data[i] * other[i];
      size += Math.abs(data[i] * other[i]);
    }
  }
  return { sum, size };
}

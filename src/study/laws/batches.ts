// A batch is its sequences, one by one, in any order, whatever stands behind their ends.

import { evaluate } from '../../graph/evaluate.ts';
import type { Graph } from '../../graph/graph.ts';
import { BATCH, TIME } from '../../graph/type.ts';
import type { Forms } from '../forms.ts';
import { withGradients } from '../gradient-program.ts';
import { type Case, extentsOf } from '../random-case.ts';
import { type Gap, type Gaps, gap, gaps, identical, type Tensors } from './distance.ts';
import { inFloat64, type Law } from './law.ts';
import { inputShapes, outputShapes, padded, permuted, realShapes, scaled, sequenceOf, sum } from './parts.ts';

export const alone: Law = {
  name: 'alone',
  says: 'a batch is its sequences one by one',
  bound: 1e-12,
  hold({ forms, drawn }, inputs) {
    const extents = extentsOf(drawn);
    const found = compareAlone(forms, drawn, inputs, evaluate(forms.backward, inputs, extents));
    return inFloat64(found, alone.bound, forms.backward, inputs, extents);
  },
};

/**
 * Each sequence by itself, with the graph that knows no batch. Outputs, states and the gradients of data are the
 * batch's, and nothing (zero) behind the end; means, and the gradients of weights, add up.
 */
function compareAlone(
  { program, backward, wrt, rules }: Forms,
  { lengths, steps }: Case,
  inputs: Tensors,
  together: Tensors,
): Gaps {
  const one: Graph = withGradients(program, program.graph, wrt, rules);
  const [into, out] = [inputShapes(backward), outputShapes(backward)];
  const answers = lengths.map((length, b) => {
    const own = [...inputs].filter(([name]) => name !== 'lengths');
    const mine = own.map(([name, x]) => [name, sequenceOf(x, into.get(name)!, b, length)] as const);
    return evaluate(one, new Map(mine), new Map([[TIME, length]]));
  });
  const divisors = { steps: lengths.reduce((total, length) => total + length), sequences: lengths.length };
  const means = new Map(program.graph.outputs.map(({ name, mean }) => [name, mean && divisors[mean]]));
  const lossDivisor = means.get('loss') ?? 1;
  const found = new Map<string, Gap>();
  for (const [name, tensor] of together) {
    const shape = out.get(name)!;
    const divisor = means.get(name) ?? (name.startsWith('grad.') ? lossDivisor : 1);
    // What is divided by one may be categories.
    const own = answers.map((answer) => answer.get(name)!);
    const parts = divisor === 1 ? own : own.map((answer) => scaled(answer, 1 / divisor));
    if (!shape.includes(BATCH)) {
      found.set(name, gap(tensor, parts.reduce(sum)));
      continue;
    }
    parts.forEach((answer, b) => {
      const mine = sequenceOf(tensor, shape, b, lengths[b]);
      found.set(`${name} of sequence ${b}`, gap(mine, answer));
    });
    if (shape[0] === TIME && steps > Math.min(...lengths)) {
      const blank = padded(new Map([[name, tensor]]), out, lengths, 0).get(name)!;
      const behind = identical(new Map([[name, tensor]]), new Map([[name, blank]]));
      found.set(`${name} behind the end`, behind.get(name)!);
    }
  }
  return found;
}

export const order: Law = {
  name: 'order',
  says: 'the order of the sequences does not count',
  bound: 1e-12,
  hold({ forms: { backward }, drawn }, inputs) {
    const extents = extentsOf(drawn);
    const turned = drawn.lengths.map((_, b) => b).reverse();
    const moved = evaluate(backward, permuted(inputs, inputShapes(backward), turned), extents);
    const expected = permuted(evaluate(backward, inputs, extents), outputShapes(backward), turned);
    return inFloat64(gaps(expected, moved), order.bound, backward, inputs, extents);
  },
};

/** To the last bit, in the reference and compiled, where it is NaN and where it is large. */
export const padding: Law = {
  name: 'padding',
  says: 'what stands behind the ends does not count (NaN)',
  bound: 0,
  async hold({ forms, drawn }, inputs) {
    const { lengths } = drawn;
    const extents = extentsOf(drawn);
    const { backward } = forms;
    const spoilt = padded(inputs, realShapes(backward), lengths, Number.NaN);
    const filled = padded(inputs, inputShapes(backward), lengths, 1e30);
    const compiled = await forms.compiled;
    const plain = identical(evaluate(backward, spoilt, extents), evaluate(backward, filled, extents));
    const fast = identical(compiled.execute(spoilt, extents), compiled.execute(filled, extents));
    const both = [...plain, ...[...fast].map(([name, found]) => [`${name} (wasm)`, found] as const)];
    return { gaps: new Map(both), leftOut: [] };
  },
};

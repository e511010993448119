// Sequences read from their ends: a loop in the other direction over what is turned around, each sequence within its own
// length, gives what is turned around; and the gradients do.
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, Node } from '../../src/graph/graph.ts';
import { type Dim, TIME } from '../../src/graph/type.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { inputShapes, outputShapes } from '../laws/cases.ts';
import { distances, type Tensors } from '../laws/distance.ts';
import { doubles, type GeneratedLaw, needsAll } from './finding.ts';

/** Every loop of the program in the other direction. */
function turnedLoops(graph: Graph): Graph {
  const turn = (node: Node): Node => (node.kind === 'scan' ? { ...node, reverse: !node.reverse } : node);
  return { ...graph, nodes: graph.nodes.map(turn) };
}

/** What stands over time, turned around within each sequence's length; the padding stays. */
function turned(
  tensors: Tensors,
  shapes: ReadonlyMap<string, readonly Dim[]>,
  lengths: readonly number[],
): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]): [string, Tensor] => {
      const [time, batch] = shapes.get(name)!;
      if (time !== TIME || batch !== 'B') return [name, tensor];
      const [, sequences, ...rest] = tensor.shape;
      const width = rest.reduce((n, d) => n * d, 1);
      const data = tensor.data.slice();
      for (const [b, length] of lengths.entries()) {
        for (let t = 0; t < length; t++) {
          const [from, to] = [(length - 1 - t) * sequences + b, t * sequences + b].map((row) => row * width);
          data.set(tensor.data.subarray(from, from + width), to);
        }
      }
      return [name, { ...tensor, data } as Tensor];
    }),
  );
}

export const reversed: GeneratedLaw = {
  name: 'backwards over what is turned around is turned around',
  bound: 1e-12,
  hold(trial) {
    const { answers: there, forms, drawn, inputs, text } = trial;
    // What counts the steps, or draws at each of them, knows the direction.
    if (needsAll(trial) || forms.program.usesStepNumber || /\blast\b/.test(text)) return undefined;
    const { program, forward, backward } = forms;
    const back = trial.autodiff.gradients(program, turnedLoops(forward));
    const answers = evaluate(back, turned(inputs, inputShapes(backward), drawn.lengths));
    const again = turned(answers, outputShapes(backward), drawn.lengths);
    return doubles(trial, reversed.bound, distances(there, again));
  },
};

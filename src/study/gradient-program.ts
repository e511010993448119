// Which gradients a program has, and the graph that computes them: for a model the gradient of its loss, for a cell that
// of the sum of its real outputs times their cotangents.
import { type DerivativeTable, derivatives } from '../autodiff/rules.ts';
import { gradient, vjp } from '../autodiff/vjp.ts';
import type { Program } from '../check/program.ts';
import type { Graph } from '../graph/graph.ts';

/**
 * The inputs of a program's graph that have a gradient, in order: weights (frozen ones have none), real inputs, states
 * that are handed in.
 */
export function differentiable({ graph, parameters }: Program): readonly string[] {
  const frozen = new Set(parameters.flatMap(({ name, frozen }) => (frozen ? [name] : [])));
  const names = (role: string): string[] =>
    graph.inputs.flatMap((id) => {
      const node = graph.nodes[id];
      return node.kind === 'input' && node.role === role && node.type.element === 'real' ? [node.name] : [];
    });
  const weights = names('parameter').filter((name) => !frozen.has(name));
  return [...weights, ...names('input'), ...names('state')];
}

/** The outputs that gradients start from: the loss, else every real one. */
export function differentiatedOutputs({ loss, outputs }: Program): readonly string[] {
  if (loss !== undefined) return ['loss'];
  return outputs.filter((output) => output.kind === 'real').map((output) => output.name);
}

/**
 * Adds the outputs `grad.NAME` to a program's graph, batched or not; where the program has no loss, also the inputs
 * `cotangent.OUTPUT`. `rules` is the table of derivatives; tests plant faults in it.
 */
export function withGradients(
  program: Program,
  graph: Graph,
  wrt: readonly string[],
  rules: DerivativeTable = derivatives,
): Graph {
  return program.loss === undefined
    ? vjp(graph, { outputs: differentiatedOutputs(program), wrt }, rules)
    : gradient(graph, { output: 'loss', wrt }, rules);
}

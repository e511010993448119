// Reverse mode: from a graph to one that also computes gradients. What comes out is a graph like any other, so
// it can be printed, simplified, compiled and differentiated again. Derivatives of scans are scans (vjp-scan.ts).

import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import { type Graph, type NodeId, typeOf } from '../graph/graph.ts';
import { findActivity } from './activity.ts';
import { inputNode, outputNode } from './names.ts';
import { type DerivativeTable, derivatives, hasSlope } from './rules.ts';
import { type ForwardScan, sweepBack } from './sweep.ts';
import { buildForward } from './vjp-scan.ts';

/** What to differentiate, with respect to what: names of a graph's outputs and inputs, all of them real. */
interface Differentiation {
  readonly outputs: readonly string[];
  readonly wrt: readonly string[];
}

interface GradientOf {
  readonly output: string;
  readonly wrt: readonly string[];
}

/** A graph with gradients, and where it has the values of the graph that it was made from, and their cotangents. */
export interface Traced {
  readonly graph: Graph;
  readonly values: ReadonlyMap<NodeId, NodeId>;
  readonly cotangents: ReadonlyMap<NodeId, NodeId>;
  /** By the scans of the graph that it was made from: those that the gradient passes, and none that it does not. */
  readonly scans: ReadonlyMap<NodeId, ForwardScan>;
}

/**
 * The vector-Jacobian product: the graph with further inputs `cotangent.NAME`, one for each listed output and of
 * its type, and further outputs `grad.NAME`, one for each name of `wrt` and of its type: the sum over the
 * listed outputs of cotangent times Jacobian; zeros where no derivative leads from any output to the input.
 *
 * A value is used with the branch of an `if` that was taken, and nothing of the other reaches a gradient: before a
 * `select`, zero times a slope that is infinite or not a number is zero.
 *
 * `rules` is the table of derivatives; tests plant faults in it.
 *
 * ```ts
 * const backward = vjp(graph, { outputs: ['h'], wrt: ['x', 'W'] });
 * evaluate(backward, inputsWith('cotangent.h')).get('grad.W');
 * ```
 */
export function vjp(
  graph: Graph,
  { outputs, wrt }: Differentiation,
  rules: DerivativeTable = derivatives,
): Graph {
  return traceVjp(graph, { outputs, wrt }, rules).graph;
}

/** As `vjp`, with what became of each value. */
export function traceVjp(
  graph: Graph,
  { outputs, wrt }: Differentiation,
  rules: DerivativeTable = derivatives,
): Traced {
  return differentiate(graph, outputs, wrt, rules, (builder, output) => {
    return builder.input(`cotangent.${output}`, typeOf(graph, outputNode(graph, output)), 'cotangent');
  });
}

/**
 * The gradient of one output, a real scalar: the graph with further outputs `grad.NAME`, one for each name of
 * `wrt` and of its type. See `vjp`.
 */
export function gradient(
  graph: Graph,
  { output, wrt }: GradientOf,
  rules: DerivativeTable = derivatives,
): Graph {
  return traceGradient(graph, { output, wrt }, rules).graph;
}

/** As `gradient`, with what became of each value. */
export function traceGradient(
  graph: Graph,
  { output, wrt }: GradientOf,
  rules: DerivativeTable = derivatives,
): Traced {
  const { shape } = typeOf(graph, outputNode(graph, output));
  invariant(shape.length === 0, `gradient: ${output} of ${graph.name} is not a scalar`);
  return differentiate(graph, [output], wrt, rules, (builder) => builder.constant(1));
}

function differentiate(
  graph: Graph,
  outputs: readonly string[],
  wrt: readonly string[],
  rules: DerivativeTable,
  seedOf: (builder: GraphBuilder, output: string) => NodeId,
): Traced {
  const from = outputs.map((name) => outputNode(graph, name));
  const to = wrt.map((name) => inputNode(graph, name));
  for (const [k, id] of [...from, ...to].entries()) {
    const name = [...outputs, ...wrt][k];
    invariant(typeOf(graph, id).element === 'real', `vjp: ${name} of ${graph.name} is not real`);
  }
  for (const { name } of graph.outputs) {
    const isTaken = wrt.some((input) => name === `grad.${input}`);
    invariant(!isTaken, `vjp: ${graph.name} already has ${name}; give it another name first`);
  }
  const activity = findActivity(graph, from, to, (op, k) => hasSlope(rules, op, k));
  const builder = new GraphBuilder(graph.name);
  const forward = buildForward(builder, graph, activity, rules, false);
  for (const { name, node, mean } of graph.outputs) builder.output(name, forward.nodes.get(node)!, mean);
  builder.origin = undefined;
  const seeds = outputs.map((name, k) => [from[k], seedOf(builder, name)] as const);
  const sweep = {
    builder,
    graph,
    activity,
    rules,
    forward,
    fetch: (id: NodeId) => id,
    alive: () => undefined,
  };
  const cotangents = sweepBack(sweep, seeds);
  builder.origin = undefined;
  wrt.forEach((name, k) => {
    const cotangent = cotangents.get(to[k]) ?? builder.constant(0, typeOf(graph, to[k]).shape);
    builder.output(`grad.${name}`, cotangent);
  });
  return { graph: builder.finish(), values: forward.nodes, cotangents, scans: forward.scans };
}

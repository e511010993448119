// Forward mode: from a graph to one that also computes how its results move when its inputs move. The graph is built
// once more, and behind each call that varies stands its tangent, by the table of tangents (tangent-rules.ts).
//
// The jvp of a scan is one scan in the same direction: it carries the carries and their tangents, takes the tangents of
// its sequences and captures, and stacks and adds up those of its results. It keeps nothing from step to step.
//
// Lengths need no care here. Where a sequence is not alive the step does nothing for it, nor for its tangents: they are
// carried on, stacked as zeros, and added to nothing. What mixes sequences inside of a step has itself taken out those
// that are not alive, by a select; and the tangent of a select takes out the same.

import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import {
  type CallNode,
  type Graph,
  type NodeId,
  type Output,
  type ScanNode,
  typeOf,
} from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import { type Activity, findActivity } from './activity.ts';
import { copyNodes } from './copy.ts';
import { inputName, inputNode, outputNode, unused } from './names.ts';
import { resultsOf } from './sweep.ts';
import { type TangentTable, tangentRules } from './tangent-rules.ts';
import { type Tangent, tangentFormulas } from './tangent-site.ts';

/**
 * The Jacobian-vector product: the graph with further inputs `tangent.NAME`, one for each name of `wrt`, of its type and
 * with its role, and further outputs `tangent.OUTPUT`, one for each listed output and of its type (a mean of what that is
 * a mean of): the sum over `wrt` of Jacobian times tangent; zeros where no derivative leads from any input to the output.
 * All of them real. Throws where the graph has such a name already: give it another one first.
 *
 * A value moves with the branch of an `if` that was taken, and with nothing of the other. A tangent of zero moves
 * nothing, even where a slope is infinite.
 *
 * `rules` is the table of tangents; tests plant faults in it.
 *
 * ```ts
 * const forward = jvp(graph, { wrt: ['x', 'W'], outputs: ['h'] });
 * evaluate(forward, inputsWith('tangent.x', 'tangent.W')).get('tangent.h');
 * ```
 */
export function jvp(
  graph: Graph,
  { wrt, outputs }: { readonly wrt: readonly string[]; readonly outputs: readonly string[] },
  rules: TangentTable = tangentRules,
): Graph {
  const from = wrt.map((name) => inputNode(graph, name));
  const to = outputs.map((name) => outputNode(graph, name));
  for (const [k, id] of [...from, ...to].entries()) {
    const name = [...wrt, ...outputs][k];
    invariant(typeOf(graph, id).element === 'real', `jvp: ${name} of ${graph.name} is not real`);
  }
  const inputNames = graph.inputs.map((id) => inputName(graph, id));
  const outputNames = graph.outputs.map((output) => output.name);
  for (const [asked, names] of [[wrt, inputNames] as const, [outputs, outputNames] as const]) {
    const name = asked.map((name) => `tangent.${name}`).find((name) => names.includes(name));
    invariant(name === undefined, `jvp: ${graph.name} already has ${name}; give it another name first`);
  }

  const activity = findActivity(graph, to, from, (op) => typeof rules[op] === 'function');
  const builder = new GraphBuilder(graph.name);
  const nodes = new Map<NodeId, NodeId>();
  for (const id of graph.inputs) nodes.set(id, copyInput(builder, graph, id));
  const tangents = new Map<NodeId, NodeId>();
  for (const id of from) tangents.set(id, copyInput(builder, graph, id, `tangent.${inputName(graph, id)}`));
  const push = { builder, graph, activity, rules, nodes, tangents };
  pushForward(push);

  builder.origin = undefined;
  for (const { name, node, mean } of graph.outputs) builder.output(name, nodes.get(node)!, mean);
  outputs.forEach((name, k) => {
    const { mean } = graph.outputs.find((output) => output.name === name)!;
    builder.output(`tangent.${name}`, tangentOrZero(push, to[k]), mean);
  });
  return builder.finish();
}

/** A graph on its way into the builder. Its inputs, and those of their tangents that there are, are built already. */
interface Push {
  readonly builder: GraphBuilder;
  readonly graph: Graph;
  readonly activity: Activity;
  readonly rules: TangentTable;
  /** Each value of the graph, rebuilt. */
  readonly nodes: Map<NodeId, NodeId>;
  /** The tangents of active values; what does not vary has none. */
  readonly tangents: Map<NodeId, NodeId>;
}

/** Builds all nodes, each with its tangent. */
function pushForward(push: Push): void {
  const { builder, graph, activity, nodes, tangents } = push;
  copyNodes(
    builder,
    graph,
    nodes,
    (id, scan) => pushScan(push, id, scan),
    (id, call) => {
      if (!activity.isActive(id)) return;
      const tangent = tangentOf(push, id, call);
      invariant(tangent !== undefined, `jvp: %${id} (${call.op}) varies and has no tangent`);
      tangents.set(id, tangent);
    },
  );
}

/** The tangent of a call, by its row in the table. */
function tangentOf<K extends OpName>(push: Push, id: NodeId, call: CallNode<K>): Tangent {
  const { builder, nodes, tangents } = push;
  const rule = push.rules[call.op];
  invariant(typeof rule === 'function', `jvp: %${id} (${call.op}) varies and has no derivative`);
  const [a, b] = call.operands.map((operand) => nodes.get(operand)!);
  const [da, db, dc] = call.operands.map((operand) => tangents.get(operand));
  return rule({
    ...tangentFormulas(builder, call.op, call.attributes, call.type.shape),
    a,
    b,
    y: nodes.get(id)!,
    da,
    db,
    dc,
    get tangents() {
      return call.operands.map((operand) => tangentOrZero(push, operand));
    },
    attributes: call.attributes,
  });
}

/** Builds a scan with its tangents, and gives the results of the scan as it was. */
function pushScan(push: Push, id: NodeId, scan: ScanNode): readonly NodeId[] {
  const { builder, graph, activity, nodes, tangents } = push;
  const { body, carries, sequences, captures, stacked, summed } = scan;
  const within = activity.scan(id);
  const results = resultsOf(graph, id);
  const isWanted = (k: number): boolean => results[k] !== undefined && activity.isActive(results[k]);

  const [carryInputs, sequenceInputs, captureInputs] = split(
    body.inputs.slice(1),
    carries.length,
    sequences.length,
  );
  // What only starts with a tangent, or ends with one that somebody wants, is carried as well.
  const movedCarries = where(carryInputs, (input, k) => within.isActive(input) || isWanted(k));
  const movedSequences = where(sequenceInputs, (input) => within.isActive(input));
  const movedCaptures = where(captureInputs, (input) => within.isActive(input));

  const inner = new GraphBuilder(body.name);
  const inside: Push = {
    ...push,
    builder: inner,
    graph: body,
    activity: within,
    nodes: new Map(),
    tangents: new Map(),
  };
  const names = new Set(body.inputs.map((input) => inputName(body, input)));
  const enter = (inputs: readonly NodeId[], moved: readonly number[]): void => {
    for (const input of inputs) inside.nodes.set(input, copyInput(inner, body, input));
    for (const input of moved.map((k) => inputs[k])) {
      const name = unused(names, `tangent.${inputName(body, input)}`);
      inside.tangents.set(input, copyInput(inner, body, input, name));
    }
  };
  enter([body.inputs[0]], []);
  enter(carryInputs, movedCarries);
  enter(sequenceInputs, movedSequences);
  enter(captureInputs, movedCaptures);
  pushForward(inside);

  inner.origin = scan.origin;
  const [carryOutputs, stackedOutputs, summedOutputs] = split(body.outputs, carries.length, stacked);
  const movedStacked = where(stackedOutputs, (_, k) => isWanted(carries.length + k));
  const movedSummed = where(summedOutputs, (_, k) => isWanted(carries.length + stacked + k));
  const leave = (outputs: readonly Output[], moved: readonly number[]): void => {
    for (const { name, node } of outputs) inner.output(name, inside.nodes.get(node)!);
    for (const { name, node } of moved.map((k) => outputs[k])) {
      inner.output(`tangent.${name}`, tangentOrZero(inside, node));
    }
  };
  leave(carryOutputs, movedCarries);
  leave(stackedOutputs, movedStacked);
  leave(summedOutputs, movedSummed);

  const withTangents = (operands: readonly NodeId[], moved: readonly number[]): readonly NodeId[] => [
    ...operands.map((operand) => nodes.get(operand)!),
    ...moved.map((k) => tangentOrZero(push, operands[k])),
  ];
  const built = builder.scan({
    axis: scan.axis,
    reverse: scan.reverse,
    segment: scan.segment,
    lengths: scan.lengths === undefined ? undefined : nodes.get(scan.lengths),
    carries: withTangents(carries, movedCarries),
    sequences: withTangents(sequences, movedSequences),
    captures: withTangents(captures, movedCaptures),
    body: inner.finish(),
    stacked: stacked + movedStacked.length,
    summed: summed + movedSummed.length,
  });
  const handOn = (kind: readonly NodeId[], first: number, count: number, moved: readonly number[]): void => {
    moved.forEach((k, i) => {
      if (isWanted(first + k)) tangents.set(results[first + k]!, kind[count + i]);
    });
  };
  handOn(built.carried, 0, carries.length, movedCarries);
  handOn(built.stacked, carries.length, stacked, movedStacked);
  handOn(built.summed, carries.length + stacked, summed, movedSummed);
  return [
    ...built.carried.slice(0, carries.length),
    ...built.stacked.slice(0, stacked),
    ...built.summed.slice(0, summed),
  ];
}

/** The tangent of a value; zero where it does not vary. */
function tangentOrZero({ builder, graph, tangents }: Push, id: NodeId): NodeId {
  return tangents.get(id) ?? builder.constant(0, typeOf(graph, id).shape);
}

/** An input, under its own name or another; a tangent has the type and the place of what it is the tangent of. */
function copyInput(builder: GraphBuilder, graph: Graph, id: NodeId, name = inputName(graph, id)): NodeId {
  const node = graph.nodes[id];
  invariant(node.kind === 'input', `%${id} of ${graph.name} is not an input`);
  return builder.input(name, node.type, node.role, node.origin);
}

/** A list in three: so many, so many, and the rest. */
function split<Item>(
  list: readonly Item[],
  first: number,
  second: number,
): readonly [readonly Item[], readonly Item[], readonly Item[]] {
  return [list.slice(0, first), list.slice(first, first + second), list.slice(first + second)];
}

/** The positions of a list where something holds. */
function where<Item>(
  list: readonly Item[],
  holds: (item: Item, position: number) => boolean,
): readonly number[] {
  return list.flatMap((item, position) => (holds(item, position) ? [position] : []));
}

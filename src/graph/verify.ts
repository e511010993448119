// Proves the invariants that graph.ts states. A pass that breaks one is found by the runner right after it, by name.

import { InvariantError, invariant } from '../base/invariant.ts';
import { type CallNode, type Graph, isCall, type Node, type NodeId, operandsOf, typeOf } from './graph.ts';
import type { OpName } from './ops/attributes.ts';
import { inferType, OPS } from './ops/table.ts';
import { scanResultTypes } from './scan.ts';
import { type AxisName, cutOf, type Dim, sameType, showType, stepsAxis, type Type } from './type.ts';

/**
 * Everything that is wrong with a graph, one sentence each; empty where it is sound. A complaint about a scan's body
 * begins with the way to it: `LSTM, %7 (step), %3: ...`.
 *
 * What holds: inputs and outputs have names of their own; `inputs` lists the input nodes in their order; a node refers
 * to earlier values only (a result to an earlier scan); its type is the one that its operation, or its scan, gives;
 * sizes are whole and positive; what is as long as a segment stands inside of one; a scan has the body that its operands ask for, and its results stand right behind it,
 * all of them; a mean is a real scalar.
 */
export function verify(graph: Graph): readonly string[] {
  const inputs = graph.inputs.flatMap((id) => {
    const node = graph.nodes[id];
    return node?.kind === 'input' ? [node.name] : [];
  });
  // In a body places count, not names.
  return [
    ...complaintsOf(graph, graph.name, new Set()),
    ...repeated(inputs).map((name) => `${graph.name}, inputs: ${name} is there twice`),
    ...repeated(graph.outputs.map((o) => o.name)).map(
      (name) => `${graph.name}, outputs: ${name} is there twice`,
    ),
  ];
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return [...new Set(names.filter((name) => seen.has(name) || !seen.add(name)))];
}

/** What is wrong with a program or a body; `way` leads to it. `inside`: the axes of the segments around. */
function complaintsOf(graph: Graph, way: string, inside: ReadonlySet<AxisName>): string[] {
  const complaints: string[] = [];
  const results = new Map<NodeId, readonly Type[]>();
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    const wrong =
      wrongReference(graph, node, id) ?? wrongType(graph, node, id, results) ?? wrongAxis(node, inside);
    if (wrong !== undefined) complaints.push(`${way}, %${id}: ${wrong}`);
    if (node.kind !== 'scan') return;
    const { axis, segment, body } = node;
    const own = segment === undefined ? inside : new Set([...inside, stepsAxis(axis, segment)]);
    complaints.push(...complaintsOf(body, `${way}, %${id} (${body.name})`, own));
  });

  const inputs = graph.nodes.flatMap((node, id) => (node.kind === 'input' ? [id] : []));
  if (inputs.join() !== graph.inputs.join()) {
    complaints.push(
      `${way}, inputs: [${graph.inputs.join(', ')}] are listed, and [${inputs.join(', ')}] are there`,
    );
  }
  for (const { name, node, mean } of graph.outputs) {
    const value = graph.nodes[node];
    if (value === undefined || value.kind === 'scan') {
      complaints.push(`${way}, output ${name}: %${node} is not a value`);
    } else if (mean !== undefined && showType(value.type) !== 'real[]') {
      complaints.push(`${way}, output ${name}: a mean of ${showType(value.type)}`);
    }
  }
  return complaints;
}

/** What is wrong with the nodes that a node refers to. */
function wrongReference(graph: Graph, node: Node, id: NodeId): string | undefined {
  for (const operand of operandsOf(node)) {
    const value = graph.nodes[operand];
    if (value === undefined || operand >= id)
      return `it refers to %${operand}, which does not stand before it`;
    if (node.kind === 'result' && value.kind !== 'scan')
      return `it is a result of %${operand}, which is no scan`;
    if (node.kind !== 'result' && value.kind === 'scan')
      return `it refers to %${operand}, a scan, which is no value`;
  }
  return undefined;
}

/**
 * What is wrong with a node itself, its operands being earlier values. `results` holds the types of the results of the
 * scans so far that are sound, and gets this one's.
 */
function wrongType(
  graph: Graph,
  node: Node,
  id: NodeId,
  results: Map<NodeId, readonly Type[]>,
): string | undefined {
  try {
    switch (node.kind) {
      case 'input':
        return node.type.shape.every(isDim) ? undefined : `${showType(node.type)} is not a type`;
      case 'call':
        return difference(node.type, callType(graph, node));
      case 'scan': {
        const types = scanResultTypes(node, (operand) => typeOf(graph, operand));
        results.set(id, types);
        const isFollowed = types.every((_, i) => {
          const result = graph.nodes[id + 1 + i];
          return result?.kind === 'result' && result.scan === id && result.index === i;
        });
        return isFollowed ? undefined : `its ${types.length} results do not stand right behind it`;
      }
      case 'result': {
        const types = results.get(node.scan);
        if (types === undefined) return undefined; // about the scan there is a complaint already
        const type = types[node.index];
        return type === undefined ? `its scan has no result ${node.index}` : difference(node.type, type);
      }
      default:
        return node satisfies never;
    }
  } catch (error) {
    if (error instanceof InvariantError) return error.message;
    throw error;
  }
}

/** What is wrong with an axis that a node names: the steps of a segment are so many inside of it only. */
function wrongAxis(node: Node, inside: ReadonlySet<AxisName>): string | undefined {
  const dims: Dim[] = node.kind === 'scan' ? [node.axis] : [...node.type.shape];
  if (isCall(node, 'extent')) dims.push(node.attributes.extent);
  const stray = dims.find((d) => typeof d === 'string' && !isKnown(d, inside));
  return stray === undefined ? undefined : `${stray} is the length of a segment, and this is outside of one`;
}

function isKnown(axis: AxisName, inside: ReadonlySet<AxisName>): boolean {
  const cut = cutOf(axis);
  if (cut === undefined || inside.has(axis)) return true;
  return cut.counts === 'segments' && isKnown(cut.whole, inside);
}

function isDim(dim: number | string): boolean {
  return typeof dim === 'number' ? Number.isInteger(dim) && dim >= 1 : dim !== '';
}

function callType<K extends OpName>(graph: Graph, node: CallNode<K>): Type {
  invariant(node.op in OPS, `there is no operation ${node.op}`);
  const operands = node.operands.map((id) => typeOf(graph, id));
  return inferType(node.op, operands, node.attributes);
}

function difference(stated: Type, inferred: Type): string | undefined {
  return sameType(stated, inferred) ? undefined : `it is ${showType(inferred)} and says ${showType(stated)}`;
}

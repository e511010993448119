// A graph in the making that can be looked at, and the walk that writes one graph into another: what every pass is
// made of. A pass says what happens to a call or to a scan; all the rest is copied.
//
// Invariant: a walk in which nothing happens gives a graph with the same key, so that passes can tell.

import { invariant } from '../base/invariant.ts';
import { GraphBuilder, type ScanParts } from '../graph/build.ts';
import {
  type CallNode,
  type Graph,
  isCall,
  type Node,
  type NodeId,
  operandsOf,
  type ScanNode,
} from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';

/** A builder whose nodes can be looked at while it builds. */
export class Draft extends GraphBuilder {
  at(id: NodeId): Node {
    return this.finish().nodes[id];
  }

  /** The call at `id`, if it is one of `op`. */
  find<K extends OpName>(id: NodeId, op: K): CallNode<K> | undefined {
    const node = this.at(id);
    return isCall(node, op) ? node : undefined;
  }

  /** An input's name that nothing has yet: the name itself, or with a number. */
  unusedName(name: string): string {
    const { nodes, inputs } = this.finish();
    const taken = new Set(inputs.map((id) => (nodes[id].kind === 'input' ? nodes[id].name : '')));
    let candidate = name;
    for (let n = 2; taken.has(candidate); n++) candidate = `${name}.${n}`;
    return candidate;
  }

  /** The number that a constant holds everywhere; undefined for anything else. */
  constantAt(id: NodeId): number | undefined {
    return this.find(id, 'constant')?.attributes.value;
  }
}

/** The scan at a place where there must be one. */
export function scanAt(graph: Pick<Graph, 'nodes'>, id: NodeId): ScanNode {
  const node = graph.nodes[id];
  invariant(node.kind === 'scan', `%${id} is not a scan`);
  return node;
}

/** Where a node of the old graph is in the draft. */
export type Moved = (id: NodeId) => NodeId;

/** What becomes of a node. Without an entry it is copied; bodies of scans are walked with the same changes. */
export interface Changes {
  /** Nodes that are left out. Nothing that stays may refer to them. */
  readonly omit?: (id: NodeId) => boolean;
  /** The value in the draft that stands for a call; its operands are there already. */
  readonly call?: (draft: Draft, call: CallNode, operands: readonly NodeId[]) => NodeId;
  /** The values in the draft that stand for a scan's results, one for each (undefined: nobody asks). */
  readonly scan?: (draft: Draft, scan: ScanNode, to: Moved, id: NodeId) => readonly (NodeId | undefined)[];
}

/** The graph with changes; the same object if there is none. */
export function rebuild(graph: Graph, changes: Changes): Graph {
  const draft = new Draft(graph.name);
  const values = transcribe(graph, draft, new Map(), changes);
  for (const { name, node, mean } of graph.outputs) draft.output(name, placeOf(values, node), mean);
  return unlessSame(graph, draft.finish());
}

/**
 * Writes a graph into a draft. `values` says what stands for its nodes there; inputs that have no value yet become
 * inputs of the draft. Gives the values of all nodes.
 */
export function transcribe(
  graph: Graph,
  draft: Draft,
  values: Map<NodeId, NodeId>,
  changes: Changes,
): Map<NodeId, NodeId> {
  const results = new Map<NodeId, readonly (NodeId | undefined)[]>();
  const outer = draft.origin;
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    if (values.has(id) || changes.omit?.(id)) return;
    draft.origin = node.origin;
    switch (node.kind) {
      case 'input':
        values.set(id, draft.input(node.name, node.type, node.role));
        return;
      case 'call': {
        const operands = node.operands.map((o) => placeOf(values, o));
        const value = changes.call?.(draft, node, operands);
        values.set(id, value ?? draft.call(node.op, operands, node.attributes));
        return;
      }
      case 'scan': {
        const to: Moved = (o) => placeOf(values, o);
        results.set(id, changes.scan?.(draft, node, to, id) ?? copyScan(draft, node, to, changes));
        return;
      }
      case 'result': {
        const value = results.get(node.scan)?.[node.index];
        if (value !== undefined) values.set(id, value);
        return;
      }
      default:
        node satisfies never;
    }
  });
  draft.origin = outer;
  return values;
}

export function placeOf(values: ReadonlyMap<NodeId, NodeId>, id: NodeId): NodeId {
  const value = values.get(id);
  invariant(value !== undefined, `%${id} is used, and was left out`);
  return value;
}

/** A scan's parts with its operands in the draft, its body as it was. */
export function moveScan(node: ScanNode, to: Moved): ScanParts {
  return {
    axis: node.axis,
    reverse: node.reverse,
    segment: node.segment,
    lengths: node.lengths === undefined ? undefined : to(node.lengths),
    carries: node.carries.map(to),
    sequences: node.sequences.map(to),
    captures: node.captures.map(to),
    body: node.body,
    stacked: node.stacked,
    summed: node.summed,
    origin: node.origin,
  };
}

function copyScan(draft: Draft, scan: ScanNode, to: Moved, changes: Changes): readonly NodeId[] {
  const isCopied = changes.call === undefined && changes.scan === undefined;
  const body = isCopied ? scan.body : rebuild(scan.body, changes);
  return buildScan(draft, { ...moveScan(scan, to), body });
}

/** Builds a scan; its results in the order of the body's outputs. */
export function buildScan(draft: Draft, parts: ScanParts): NodeId[] {
  const { carried, stacked, summed } = draft.scan(parts);
  return [...carried, ...stacked, ...summed];
}

/** The old graph where the new one is the same, so that "unchanged" can be seen by identity. */
export function unlessSame(before: Graph, after: Graph): Graph {
  return keyOf(before) === keyOf(after) ? before : after;
}

const keys = new WeakMap<Graph, string>();

/** A text that two graphs share if and only if they are the same but for their name and their origins. */
export function keyOf(graph: Graph): string {
  const known = keys.get(graph);
  if (known !== undefined) return known;
  const lines = graph.nodes.map(nodeKey);
  for (const { name, node, mean } of graph.outputs) lines.push(`${name}=${node}:${mean ?? ''}`);
  const key = lines.join('\n');
  keys.set(graph, key);
  return key;
}

function nodeKey(node: Node): string {
  switch (node.kind) {
    case 'input':
      return `input ${node.name} ${node.role} ${node.type.element}[${node.type.shape.join()}]`;
    case 'call':
      return `${node.op} ${node.operands.join()} ${attributesKey(node.attributes)}`;
    case 'result':
      return `result ${node.scan} ${node.index}`;
    case 'scan': {
      const { axis, reverse, segment, lengths, stacked, summed, carries, sequences, body } = node;
      const head = `scan ${axis} ${reverse} ${segment ?? ''} ${lengths ?? ''} ${carries.length} ${sequences.length} ${stacked} ${summed}`;
      return `${head} ${operandsOf(node).join()} {${keyOf(body)}}`;
    }
    default:
      return node satisfies never;
  }
}

const texts = new WeakMap<object, string>();

/** Attributes as text. Numbers that JSON does not know, and the zero with a sign, are told apart. */
export function attributesKey(attributes: object): string {
  const known = texts.get(attributes) ?? attributesText(attributes);
  texts.set(attributes, known);
  return known;
}

function attributesText(attributes: object): string {
  return JSON.stringify(attributes, (_, value: unknown) => {
    if (typeof value !== 'number') return value;
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : `number ${Object.is(value, -0) ? '-0' : value}`;
  });
}

// Faults in single calls of a graph: in what adds cotangents up and masks them, in the scans that run backwards and around
// them; and in what batching adds to a program.
//
// A call is told by what holds in every form of the program: the scan that it is in, its operation, the span of source
// that it stands for, and which of those it is.
import { type CallNode, type Graph, isCall, type NodeId, operandsOf, typeOf } from '../../src/graph/graph.ts';
import { BATCH, TIME } from '../../src/graph/type.ts';
import { type Draft, rebuild } from '../../src/passes/draft.ts';
import type { GraphFault } from './scans.ts';

/** A call with its place. */
interface Placed {
  readonly call: CallNode;
  readonly graph: Graph;
  readonly key: string;
}

/** What becomes of a call; its operands are in the draft. */
type Replace = (draft: Draft, operands: readonly NodeId[], call: CallNode) => NodeId;

interface CallFault {
  readonly kind: string;
  readonly replace: Replace;
}

/** The calls of a graph, and of the bodies in it, that are `isOne`, each with its place. */
function placed(graph: Graph, isOne: (graph: Graph, id: NodeId) => boolean, around = 'outside'): Placed[] {
  const found: Placed[] = [];
  const counts = new Map<string, number>();
  let scans = 0;
  graph.nodes.forEach((node, position) => {
    if (node.kind === 'scan') {
      scans++;
      found.push(...placed(node.body, isOne, `${around === 'outside' ? '' : `${around}, `}scan ${scans}`));
    }
    if (node.kind !== 'call' || !isOne(graph, position as NodeId)) return;
    const span = node.origin === undefined ? '' : ` of ${node.origin.start}-${node.origin.end}`;
    const kind = `${around}, ${node.op}${span}`;
    const n = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, n);
    found.push({ call: node, graph, key: `${kind} number ${n}` });
  });
  return found;
}

function inCalls(
  graph: Graph,
  callsOf: (graph: Graph) => readonly Placed[],
  faultsOf: (placed: Placed) => readonly CallFault[],
): readonly GraphFault[] {
  return callsOf(graph).flatMap((one) =>
    faultsOf(one).map(({ kind, replace }) => ({
      kind,
      place: one.key,
      plant: (other): Graph => {
        const target = callsOf(other).find(({ key }) => key === one.key)?.call;
        if (target === undefined) return other;
        return rebuild(other, {
          call: (draft, call, operands) =>
            call === target ? replace(draft, operands, call) : draft.call(call.op, operands, call.attributes),
        });
      },
    })),
  );
}

const operand =
  (k: number): Replace =>
  (_, operands) =>
    operands[k];

/** The calls that vjp has added: all in the bodies of its scans, and outside what no value of the program needs. */
function cotangentCalls(graph: Graph): readonly Placed[] {
  const needed = new Set<NodeId>(
    graph.outputs.filter(({ name }) => !name.startsWith('grad.')).map(({ node }) => node),
  );
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    if (needed.has(id as NodeId)) for (const operand of operandsOf(graph.nodes[id])) needed.add(operand);
  }
  return placed(graph, (own, id) => {
    return own === graph ? !needed.has(id) : own.name.endsWith('.backward');
  });
}

/** Every dropped side of a sum and every forgotten choice, among what hands cotangents on. */
export function cotangentFaults(graph: Graph): readonly GraphFault[] {
  return inCalls(graph, cotangentCalls, ({ call, graph: own }) => {
    if (isCall(call, 'add') && call.type.element === 'real') {
      return [
        { kind: 'first side of a sum alone', replace: operand(0) },
        { kind: 'second side of a sum alone', replace: operand(1) },
      ];
    }
    if (isCall(call, 'select') && call.type.element === 'real') {
      const what = sortOf(own, call.operands[0]);
      return [
        { kind: `${what}: first branch always`, replace: operand(1) },
        { kind: `${what}: second branch always`, replace: operand(2) },
      ];
    }
    if (isCall(call, 'lt') && typeOf(own, call.operands[0]).element === 'index') {
      return [
        { kind: 'mask of the batch: one step too long', replace: (draft, [a, b]) => draft.apply('le', a, b) },
      ];
    }
    return [];
  });
}

/** Every slope that is not kept from a tangent of zero. */
export function carefulFaults(graph: Graph): readonly GraphFault[] {
  const isCareful = (own: Graph, id: NodeId): boolean => {
    const node = own.nodes[id];
    return isCall(node, 'select') && sortOf(own, node.operands[0]) === CAREFUL;
  };
  return inCalls(
    graph,
    (other) => placed(other, isCareful),
    () => [{ kind: `${CAREFUL}: first branch always`, replace: operand(1) }],
  );
}

const CAREFUL = 'zero kept before a branch';

/** What a choice is there for. */
function sortOf(graph: Graph, condition: NodeId): string {
  const node = graph.nodes[condition];
  if (node.kind === 'input') return node.name.startsWith('alive') ? 'mask of the batch' : 'choice of a rule';
  if (node.kind !== 'call') return 'choice of a rule';
  if (node.op === 'broadcast') return sortOf(graph, node.operands[0]);
  if (node.op === 'or') return CAREFUL;
  const isOfIndices = node.op === 'lt' && typeOf(graph, node.operands[0]).element === 'index';
  return isOfIndices || node.op === 'and' ? 'mask of the batch' : 'choice of a rule';
}

/** The calls of a batch that count its sequences and steps, and are asked for. */
function countingCalls(graph: Graph): readonly Placed[] {
  return placed(graph, (own, id) => {
    const node = own.nodes[id];
    const isOutput = own.outputs.some((output) => output.node === id);
    const isAsked = isOutput || own.nodes.some((other) => operandsOf(other).includes(id));
    if (node.kind !== 'call' || !isAsked) return false;
    if (isCall(node, 'convert')) {
      const from = own.nodes[node.operands[0]];
      return from.kind === 'input' && from.name === 'lengths';
    }
    if (isCall(node, 'extent')) return node.attributes.extent === BATCH;
    return own === graph && ((isOutput && isCall(node, 'div')) || isTotal(own, node));
  });
}

/** A sum over the sequences. */
function isTotal(graph: Graph, node: CallNode): boolean {
  return isCall(node, 'sum') && typeOf(graph, node.operands[0]).shape.join() === BATCH;
}

/** Every mistake in counting: means that are sums, padding that is counted, sequences that are left out. */
export function countingFaults(graph: Graph): readonly GraphFault[] {
  return inCalls(graph, countingCalls, ({ call }) => {
    if (isCall(call, 'div')) return [{ kind: 'a mean is not divided', replace: operand(0) }];
    if (isCall(call, 'extent')) {
      return [{ kind: 'one sequence is counted', replace: (draft) => draft.constant(1, []) }];
    }
    if (isCall(call, 'convert')) {
      return [
        {
          kind: 'padding is counted',
          replace: (draft) => draft.broadcast(draft.call('extent', [], { extent: TIME }), [BATCH], []),
        },
      ];
    }
    return [
      {
        kind: 'one sequence instead of all',
        replace: (draft, [x]) => draft.call('max_over', [x], { axes: [0] }),
      },
    ];
  });
}

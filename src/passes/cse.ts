// Common subexpressions: what is computed twice is computed once. Two calls are the same if their operation, attributes
// and operands are; two scans if their operands and bodies are. In a scan the same value captured, read or stacked
// twice is so once, and carries that start alike and are updated alike are one. Always pays.
//
// Must not change: which of two values is kept is the first, so that the order of the program stays.

import { type CallNode, type Graph, isCall, type NodeId, operandsOf, type ScanNode } from '../graph/graph.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import {
  attributesKey,
  buildScan,
  type Changes,
  Draft,
  keyOf,
  type Moved,
  moveScan,
  placeOf,
  rebuild,
  transcribe,
  unlessSame,
} from './draft.ts';
import type { Pass } from './pass.ts';

export const cse: Pass = {
  name: 'cse',
  summary: 'computes what is there twice once',
  run: (graph) => ({ graph: shareCommon(graph), notes: [] }),
};

/** The graph with each value computed once; the same object if that is so already. */
export function shareCommon(graph: Graph): Graph {
  return rebuild(graph, sharing());
}

/** Changes for one walk of one graph: they remember what they have seen. */
function sharing(): Changes {
  const calls = new Map<string, NodeId>();
  const scans = new Map<string, readonly NodeId[]>();
  return {
    call(draft, call, operands) {
      const key = callKey(call, operands);
      const known = calls.get(key);
      if (known !== undefined) return known;
      const value = draft.call(call.op, operands, call.attributes);
      calls.set(key, value);
      return value;
    },
    scan: (draft, scan, to) => shareScan(draft, scan, to, scans),
  };
}

const COMMUTATIVE: ReadonlySet<OpName> = new Set(['add', 'mul', 'eq', 'and', 'or']);

function callKey(call: CallNode, operands: readonly NodeId[]): string {
  const sorted = COMMUTATIVE.has(call.op) ? [...operands].sort((a, b) => a - b) : operands;
  const attributes = isCall(call, 'contract') ? canonicalLetters(call.attributes) : call.attributes;
  return `${call.op} ${sorted.join()} ${attributesKey(attributes)}`;
}

/** The letters renamed a, b, c, ... in the order in which they stand: the names mean nothing. */
function canonicalLetters(letters: OpAttributes['contract']): OpAttributes['contract'] {
  const order = [...new Set(letters.left + letters.right)];
  const rename = (text: string) =>
    [...text].map((letter) => String.fromCharCode(97 + order.indexOf(letter))).join('');
  return { left: rename(letters.left), right: rename(letters.right), out: rename(letters.out) };
}

function shareScan(
  draft: Draft,
  scan: ScanNode,
  to: Moved,
  known: Map<string, readonly NodeId[]>,
): readonly NodeId[] {
  const moved = moveScan(scan, to);
  const groups = groupInputs(scan, to);
  const { body, outputs } = shareBody(scan, groups);
  const firstStacked = scan.carries.length;
  const firstSummed = firstStacked + scan.stacked;

  // The outputs that stay: a carry for each group of carries, and of the rest each value once.
  const kept: number[] = [];
  const place = scan.body.outputs.map((_, k) => {
    const isSame = (other: number) => {
      if (k < firstStacked) return groups[1 + other] === groups[1 + k] && other < firstStacked;
      const from = k < firstSummed ? firstStacked : firstSummed;
      return other >= from && outputs[other] === outputs[k];
    };
    const first = kept.findIndex(isSame);
    if (first >= 0) return first;
    kept.push(k);
    return kept.length - 1;
  });
  const inner = new Draft(body.name);
  const values = transcribe(body, inner, new Map(), {});
  for (const k of kept) inner.output(scan.body.outputs[k].name, placeOf(values, outputs[k]));

  const isFirst = (offset: number) => (_: NodeId, k: number) => groups[offset + k] === offset + k;
  const [a, b] = [1 + scan.carries.length, 1 + scan.carries.length + scan.sequences.length];
  const parts = {
    ...moved,
    carries: moved.carries.filter(isFirst(1)),
    sequences: moved.sequences.filter(isFirst(a)),
    captures: moved.captures.filter(isFirst(b)),
    body: unlessSame(scan.body, inner.finish()),
    stacked: kept.filter((k) => k >= firstStacked && k < firstSummed).length,
    summed: kept.filter((k) => k >= firstSummed).length,
  };
  const { axis, reverse, segment } = parts;
  const head = [axis, reverse, segment ?? '', parts.carries.length, parts.sequences.length, parts.stacked];
  const operands = [parts.lengths ?? '', ...parts.carries, ...parts.sequences, ...parts.captures];
  const key = `${head.join()} ${operands.join()} {${keyOf(parts.body)}}`;
  const results = known.get(key) ?? buildScan(draft, parts);
  known.set(key, results);
  return place.map((k) => results[k]);
}

/**
 * For each input of the body the first input that always holds the same value. Sequences and captures are the same
 * where their operands are. Carries that start alike are taken for the same until their updates show a difference.
 */
function groupInputs(scan: ScanNode, to: Moved): number[] {
  const operands = [undefined, ...operandsOf({ ...scan, lengths: undefined }).map(to)];
  const kindOf = (k: number) =>
    k <= scan.carries.length ? 0 : k <= scan.carries.length + scan.sequences.length ? 1 : 2;
  let groups = operands.map((operand, k) =>
    operands.findIndex((other, first) => other === operand && kindOf(first) === kindOf(k)),
  );
  for (;;) {
    const { outputs } = shareBody(scan, groups);
    const next = groups.map((group, k) => {
      if (k === 0 || k > scan.carries.length) return group;
      return groups.findIndex(
        (g, first) => first > 0 && g === group && outputs[first - 1] === outputs[k - 1],
      );
    });
    if (next.every((group, k) => group === groups[k])) return groups;
    groups = next;
  }
}

/** The body with one input for each group, everything computed once, and where its outputs are then. */
function shareBody(scan: ScanNode, groups: readonly number[]): { body: Graph; outputs: NodeId[] } {
  const { body } = scan;
  const draft = new Draft(body.name);
  const values = new Map<NodeId, NodeId>();
  body.inputs.forEach((id, k) => {
    const node = body.nodes[id];
    if (node.kind !== 'input') return;
    draft.origin = node.origin;
    const first = groups[k];
    values.set(
      id,
      first === k ? draft.input(node.name, node.type, node.role) : placeOf(values, body.inputs[first]),
    );
  });
  transcribe(body, draft, values, sharing());
  return { body: draft.finish(), outputs: body.outputs.map((output) => placeOf(values, output.node)) };
}

// What a loop is given: as little as will do. A carry that no step changes is a capture; a constant, or a value that
// only repeats, is made inside of the loop; a sequence that repeats one value is a capture; positions are the step. And a
// loop with lengths does not look at the steps after an end, so a mask over them can go, unless the body adds up over
// the batch: there a sequence that is not alive stands beside others that are, and zero times a NaN would reach them.
//
// Must not change: what the body sees at any step of a sequence that is alive. Always pays.

import { invariant } from '../base/invariant.ts';
import {
  type CallNode,
  type Graph,
  type InputNode,
  isCall,
  type NodeId,
  operandsOf,
  type ScanNode,
  typeOf,
} from '../graph/graph.ts';
import { BATCH, type Type } from '../graph/type.ts';
import { buildScan, Draft, type Moved, moveScan, placeOf, rebuild, transcribe } from './draft.ts';
import { isAliveMask } from './masks.ts';
import type { Pass } from './pass.ts';

export const loopInputs: Pass = {
  name: 'loop-inputs',
  summary: 'gives loops what they need in its smallest form',
  run: (graph) => ({ graph: shrinkLoopInputs(graph), notes: [] }),
};

/** The graph with the inputs of its loops in their smallest form; the same object if they are. */
export function shrinkLoopInputs(graph: Graph): Graph {
  return rebuild(graph, { scan: shrink });
}

/** What stands for an input of the body: an input again, or something made in the body. */
type Stand =
  | { readonly kind: 'input'; readonly operand: NodeId }
  | { readonly kind: 'step' }
  | { readonly kind: 'made'; readonly from: CallNode };

function shrink(draft: Draft, scan: ScanNode, to: Moved): readonly NodeId[] {
  const parts = moveScan(scan, to);
  const body = shrinkLoopInputs(scan.body);
  const inputs = body.inputs.slice(1);
  const isHeld = (k: number) => body.outputs[k].node === inputs[k];
  const [firstSequence, firstCapture] = [scan.carries.length, scan.carries.length + scan.sequences.length];
  const sequences = parts.sequences.map((operand, k) => {
    const isMixed = isMixedOverBatch(body, inputs[firstSequence + k]);
    const plain = isMixed ? operand : withoutMask(draft, operand, scan, parts.lengths);
    return standFor(draft, plain, scan);
  });
  const captures = parts.captures.map((operand) => standFor(draft, operand, undefined));

  const inner = new Draft(body.name);
  const values = new Map<NodeId, NodeId>();
  const inputOf = (id: NodeId) => inputAt(body, id);
  const keep = (id: NodeId, role: 'step' | 'carry' | 'sequence' | 'capture') => {
    const { name, type, origin } = inputOf(id);
    values.set(id, inner.input(inner.unusedName(name), type, role, origin));
  };
  keep(body.inputs[0], 'step');
  const carried = parts.carries.map((_, k) => k).filter((k) => !isHeld(k));
  for (const k of carried) keep(inputs[k], 'carry');
  sequences.forEach((stand, k) => {
    if (stand.kind === 'input') keep(inputs[firstSequence + k], 'sequence');
  });
  const captured: NodeId[] = [];
  const capture = (id: NodeId, operand: NodeId) => {
    keep(id, 'capture');
    captured.push(operand);
  };
  captures.forEach((stand, k) => {
    if (stand.kind === 'input') capture(inputs[firstCapture + k], stand.operand);
  });
  parts.carries.forEach((operand, k) => {
    if (isHeld(k)) capture(inputs[k], operand);
  });
  // What is made in the body captures what it is made of: all inputs come before what is made.
  const stands = [...sequences, ...captures];
  const made = stands.map((stand, k) => {
    if (stand.kind !== 'made') return [];
    const { name, origin } = inputOf(inputs[firstSequence + k]);
    return stand.from.operands.map((operand) => {
      captured.push(operand);
      return inner.input(inner.unusedName(name), draft.typeOf(operand), 'capture', origin);
    });
  });
  stands.forEach((stand, k) => {
    const id = inputs[firstSequence + k];
    if (stand.kind === 'step') values.set(id, placeOf(values, body.inputs[0]));
    if (stand.kind !== 'made') return;
    inner.origin = stand.from.origin;
    const isSequence = k < scan.sequences.length;
    const value = isSequence
      ? makeStep(inner, stand.from, made[k], inputOf(id).type)
      : inner.call(stand.from.op, made[k], stand.from.attributes);
    values.set(id, value);
  });
  transcribe(body, inner, values, {});
  body.outputs.forEach(({ name, node }, k) => {
    if (k >= scan.carries.length || !isHeld(k)) inner.output(name, placeOf(values, node));
  });

  const results = buildScan(draft, {
    ...parts,
    carries: carried.map((k) => parts.carries[k]),
    sequences: sequences.flatMap((stand) => (stand.kind === 'input' ? [stand.operand] : [])),
    captures: captured,
    body: inner.finish(),
  });
  let next = 0;
  return body.outputs.map((_, k) =>
    k < scan.carries.length && isHeld(k) ? parts.carries[k] : results[next++],
  );
}

function inputAt(body: Graph, id: NodeId): InputNode {
  const node = body.nodes[id];
  invariant(node.kind === 'input', `%${id} of ${body.name} is not an input`);
  return node;
}

/** What can stand for a value in the body; for a sequence of a scan where that is given. */
function standFor(draft: Draft, operand: NodeId, scan: ScanNode | undefined): Stand {
  const node = draft.at(operand);
  if (isCall(node, 'iota') && scan !== undefined) {
    return scan.segment === undefined ? { kind: 'step' } : { kind: 'input', operand };
  }
  const isSource = isCall(node, 'constant') || isCall(node, 'iota') || isCall(node, 'extent');
  const isRepeated = isCall(node, 'broadcast') && (scan === undefined || !node.attributes.axes.includes(0));
  return isSource || isRepeated ? { kind: 'made', from: node } : { kind: 'input', operand };
}

/** The value of a call that is a sequence, at any of its steps or in any of its segments. */
function makeStep(inner: Draft, call: CallNode, operands: readonly NodeId[], type: Type): NodeId {
  if (isCall(call, 'constant')) return inner.constant(call.attributes.value, type.shape, type.element);
  invariant(isCall(call, 'broadcast'), `a sequence is not made of ${call.op}`);
  return inner.broadcast(
    operands[0],
    type.shape,
    call.attributes.axes.map((axis) => axis - (call.type.shape.length - type.shape.length)),
  );
}

/** A sequence without its mask over the steps that are not alive, where the scan has the lengths of the mask. */
function withoutMask(draft: Draft, sequence: NodeId, scan: ScanNode, lengths: NodeId | undefined): NodeId {
  const mask = draft.find(sequence, 'select');
  // In a segment there may be steps after an end.
  if (mask === undefined || lengths === undefined || scan.segment !== undefined) return sequence;
  const [condition, value] = mask.operands;
  return isAliveMask(draft, condition, scan.axis, lengths) ? value : sequence;
}

/** Whether something in the body is made of an input of all sequences together. */
function isMixedOverBatch(body: Graph, input: NodeId): boolean {
  const reached = new Set([input]);
  return body.nodes.some((node, id) => {
    const from = operandsOf(node).filter((operand) => reached.has(operand));
    if (from.length === 0) return false;
    // What an inner loop does with it is not looked at.
    if (node.kind !== 'call') return true;
    reached.add(id as NodeId);
    return (
      !node.type.shape.includes(BATCH) && from.some((operand) => typeOf(body, operand).shape.includes(BATCH))
    );
  });
}

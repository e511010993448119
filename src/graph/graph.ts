// The graph: an immutable list of nodes in topological order, with time as a node (the scan). Everything
// that happens to a program after checking is a function from graphs to graphs.
//
// Invariants (kept by the builder, proved by verify.ts): a node refers to earlier nodes only; every node
// has its full type; a scan's body is a graph of its own, which sees nothing but its inputs.

import { invariant } from '../base/invariant.ts';
import type { Span } from '../base/source.ts';
import type { OpAttributes, OpName } from './ops/attributes.ts';
import type { AxisName, Type } from './type.ts';

/** The position of a node in its graph's list. */
export type NodeId = number & { readonly brand: 'NodeId' };

/** Where in the user's source a node comes from; kept through autodiff and every pass. */
export type Origin = Span | undefined;

/**
 * What an input is for. `parameter` and `shared` (learning rates, the offset of t) have no batch axis, all
 * others get one. The inputs of a scan's body have the roles of their place there.
 */
export type InputRole =
  | 'input'
  | 'target'
  | 'parameter'
  | 'state'
  | 'seed'
  | 'lengths'
  | 'cotangent'
  | 'shared'
  | 'step'
  | 'carry'
  | 'sequence'
  | 'capture';

export interface InputNode {
  readonly kind: 'input';
  readonly name: string;
  readonly role: InputRole;
  readonly type: Type;
  readonly origin: Origin;
}

export interface CallNode<K extends OpName = OpName> {
  readonly kind: 'call';
  readonly op: K;
  readonly operands: readonly NodeId[];
  readonly attributes: OpAttributes[K];
  readonly type: Type;
  readonly origin: Origin;
}

/**
 * A loop over a time axis. With `lengths` ([B] index, each from 1 to the axis's extent) a sequence of the
 * batch is *alive* at step t if t < its length. Where it is not alive the step does nothing for it: its
 * carries stay as they were, its stacked results are zero, its summed results get nothing. They are
 * selected, never multiplied, so a NaN of the padding stays there. A value without a batch axis belongs to no
 * sequence: every step carries, stacks and adds it.
 *
 * The body's inputs, in this order: the step (index [], the position on the axis, also when `reverse`), one
 * per carry, one per sequence (its type without the leading axis), one per capture. Its outputs, in this
 * order: the new carries, the values to stack, the values to add up.
 *
 * With `segment` the body runs once for every so many positions, a *segment*; the last one may be shorter. The step is then
 * the first position of the segment. Where sequences have the axis in front the body sees a segment of them, with the
 * axis `stepsAxis` in front; where they have `segmentsAxis`, one entry for each segment. What it stacks goes the same two
 * ways. A sequence of the batch is alive in a segment if it is alive at its first position. In the backward pass the body
 * is computed again; without `segment`, what is needed of it is kept (autodiff/vjp-scan.ts).
 *
 * Results, in the same order: the carries after the last step, the stacked values (a leading time axis), the
 * sums (real). They stand right behind the scan, all of them. A summed result without a batch axis comes from a body that has itself left out the sequences that
 * are not alive.
 */
export interface ScanNode {
  readonly kind: 'scan';
  readonly axis: AxisName;
  /** From the last position of the axis to the first. */
  readonly reverse: boolean;
  /** How many positions one run of the body is for, from 1; undefined: one, without an axis. */
  readonly segment: number | undefined;
  readonly lengths: NodeId | undefined;
  /** Starting values of the carries. */
  readonly carries: readonly NodeId[];
  /** Values with the axis in front; the body sees one step of each. */
  readonly sequences: readonly NodeId[];
  /** Values that every step sees whole: weights, once values. */
  readonly captures: readonly NodeId[];
  readonly body: Graph;
  /** How many of the body's outputs are stacked; those after them are summed. */
  readonly stacked: number;
  readonly summed: number;
  readonly origin: Origin;
}

/** One result of a scan: `index` counts carried, stacked and summed results through. */
export interface ResultNode {
  readonly kind: 'result';
  readonly scan: NodeId;
  readonly index: number;
  readonly type: Type;
  readonly origin: Origin;
}

export type Node = InputNode | CallNode | ScanNode | ResultNode;

/**
 * A named result. `mean` marks the loss and the metrics of one sequence, a sum over its steps (`steps`) or
 * one value (`sequences`): batching adds them over the batch and divides by the number of real steps, or of
 * sequences.
 */
export interface Output {
  readonly name: string;
  readonly node: NodeId;
  readonly mean?: 'steps' | 'sequences';
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** The input nodes, in the order of the program's arguments. */
  readonly inputs: readonly NodeId[];
  readonly outputs: readonly Output[];
}

/** Every node that a node refers to, in order (a scan: lengths, carries, sequences, captures). */
export function operandsOf(node: Node): readonly NodeId[] {
  switch (node.kind) {
    case 'input':
      return [];
    case 'call':
      return node.operands;
    case 'result':
      return [node.scan];
    case 'scan': {
      const rest = [...node.carries, ...node.sequences, ...node.captures];
      return node.lengths === undefined ? rest : [node.lengths, ...rest];
    }
    default:
      return node satisfies never;
  }
}

/** Whether a node is a call of this operation, whose attributes are then known. */
export function isCall<K extends OpName>(node: Node, op: K): node is CallNode<K> {
  return node.kind === 'call' && node.op === op;
}

/** The type of a value. A scan itself is no value: ask for its results. */
export function typeOf(graph: Pick<Graph, 'nodes'>, id: NodeId): Type {
  const node = graph.nodes[id];
  invariant(node !== undefined && node.kind !== 'scan', `%${id} is not a value`);
  return node.type;
}

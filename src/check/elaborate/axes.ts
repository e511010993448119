// Values that still depend on indices, in the graph: for each index that an expression needs, its node has an axis, in
// the order in which the indices were bound, and behind them come the axes that the value has for each of their numbers.

import { invariant } from '../../base/invariant.ts';
import type { Span } from '../../base/source.ts';
import type { GraphBuilder } from '../../graph/build.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type Dim, sameShape } from '../../graph/type.ts';
import type {
  ChainNode,
  CheckedExpression,
  ComparisonNode,
  DropoutNode,
  IfNode,
  LoopNumberNode,
  NoiseNode,
  PowerNode,
  PrimitiveNode,
  RepeatNode,
} from '../checked.ts';
import type { CheckedIndex } from '../checked-places.ts';
import type { Size } from '../size.ts';

/** A value for all numbers of its indices. */
export interface Lifted {
  readonly node: NodeId;
  /** The indices of its first axes, in the order of their ids. */
  readonly axes: readonly CheckedIndex[];
}

/** What is computed element by element, or from operands of its own alone. */
export type Pointwise = ChainNode | PowerNode | ComparisonNode | PrimitiveNode | IfNode;

/** What stands around an expression with indices. */
export interface Around {
  readonly b: GraphBuilder;
  /** An expression that needs no index from around it. */
  whole(e: CheckedExpression): NodeId;
  /** An expression that is computed element by element, from operands of this shape. */
  pointwise(e: Pointwise, operand: (e: CheckedExpression) => NodeId, shape: readonly Dim[]): NodeId;
  /** The probability is in the shape of the operand, or []. */
  noisy(e: DropoutNode, operand: NodeId, probability: () => NodeId): NodeId;
  /** A draw whose probability is this, in its shape. */
  drawn(e: NoiseNode, probability: NodeId): NodeId;
  weight(name: string, e: CheckedExpression): NodeId;
  /** A size, from 1 up. */
  size(size: Size, span: Span): number;
  /** A whole number made of sizes. */
  number(size: Size, span: Span): number;
  /** How often a loop goes round. */
  rounds(e: RepeatNode): number;
  /** Which round of its loop it is. */
  round(e: LoopNumberNode): number;
  /** The rounds of loops that are open around here, and whose values have indices. */
  readonly loops: ReadonlyMap<number, LiftedRound>;
  /** The same, inside of a round. */
  inRound(loop: number, round: LiftedRound): Around;
}

/** A round of a loop: what the one before has left, its number, and what it has computed so far. */
export interface LiftedRound {
  readonly value: Lifted;
  readonly number: number;
  /** How many rounds there are. */
  readonly count: number;
  readonly locals: readonly Lifted[];
}

/** The axes that a value has for each number of its indices. */
export function ownShape(b: GraphBuilder, { node, axes }: Lifted): readonly Dim[] {
  return b.shapeOf(node).slice(axes.length);
}

/** All indices of some values, in order. */
export function joinAxes(values: readonly Lifted[]): readonly CheckedIndex[] {
  const all = new Map(values.flatMap(({ axes }) => axes).map((index) => [index.id, index]));
  return [...all.values()].sort((a, b) => a.id - b.id);
}

/** The extents of some indices. */
export function extentsOf(indices: readonly CheckedIndex[], around: Around, span: Span): number[] {
  return indices.map(({ size }) => around.size(size, span));
}

/** The value with all of these indices and this own shape: repeated along what it does not have. */
export function spreadTo(
  value: Lifted,
  axes: readonly CheckedIndex[],
  own: readonly Dim[],
  around: Around,
  span: Span,
): NodeId {
  const { b } = around;
  const shape = [...extentsOf(axes, around, span), ...own];
  const from = b.shapeOf(value.node);
  if (sameShape(from, shape) && value.axes.length === axes.length) return value.node;
  const places = value.axes.map(({ id }) => axes.findIndex((index) => index.id === id));
  const rest = ownShape(b, value).map((_, k) => axes.length + k);
  return b.call('broadcast', [value.node], { shape, axes: [...places, ...rest] });
}

/** Values in one shape: with all indices of any of them; those that are [] for each spread. */
export function level(
  values: readonly Lifted[],
  around: Around,
  span: Span,
): { readonly nodes: readonly NodeId[]; readonly axes: readonly CheckedIndex[] } {
  const axes = joinAxes(values);
  const own = values.map((value) => ownShape(around.b, value)).find((shape) => shape.length > 0) ?? [];
  return { nodes: values.map((value) => spreadTo(value, axes, own, around, span)), axes };
}

/** Axes in the order in which labels are wanted: `order` holds the labels of the result. */
export function arrange<Label>(
  b: GraphBuilder,
  node: NodeId,
  labels: readonly Label[],
  order: readonly Label[],
): NodeId {
  const places = order.map((label) => labels.indexOf(label));
  if (places.every((place, k) => place === k)) return node;
  return b.call('transpose', [node], { order: places });
}

/** Letters for a product: one for each index, and behind them one for each own axis. */
export class Letters {
  readonly #of = new Map<number, string>();

  ofIndex({ id }: CheckedIndex): string {
    const letter = this.#of.get(id) ?? 'abcdefghijklmnopqrstuvwxyz'[this.#of.size];
    invariant(letter !== undefined, 'a product has at most 26 indices');
    this.#of.set(id, letter);
    return letter;
  }

  of(axes: readonly CheckedIndex[], own = ''): string {
    return axes.map((index) => this.ofIndex(index)).join('') + own;
  }
}

/** The letters of own axes: of the same axis the same, whatever it belongs to. */
export function ownLetters(rank: number): string {
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.slice(0, rank);
}

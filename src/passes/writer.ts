// Writes calls into a draft in their simplest form: before a call is made, the rules look at how its operands were made
// and may write something else. What a rule writes goes through the rules again, so each must make fewer operations or
// smaller ones: that is why it ends.

import type { NodeId } from '../graph/graph.ts';
import type { None, OpAttributes, OpName } from '../graph/ops/attributes.ts';
import { type Dim, type Element, sameShape } from '../graph/type.ts';
import type { Draft } from './draft.ts';

/** What stands for a call instead, or undefined where the rule does not apply. */
export type Rule<K extends OpName> = (
  writer: Writer,
  operands: readonly NodeId[],
  attributes: OpAttributes[K],
) => NodeId | undefined;

export type Rules = { readonly [K in OpName]?: Rule<K> };

type Plain = { [K in OpName]: OpAttributes[K] extends None ? K : never }[OpName];

export class Writer {
  readonly draft: Draft;
  readonly #rules: Rules;

  constructor(draft: Draft, rules: Rules) {
    this.draft = draft;
    this.#rules = rules;
  }

  call<K extends OpName>(op: K, operands: readonly NodeId[], attributes: OpAttributes[K]): NodeId {
    return this.#rules[op]?.(this, operands, attributes) ?? this.draft.call(op, operands, attributes);
  }

  apply(op: Plain, ...operands: NodeId[]): NodeId {
    return this.call(op, operands, {});
  }

  constant(value: number, shape: readonly Dim[], element: Element = 'real'): NodeId {
    return this.draft.constant(value, shape, element);
  }

  broadcast(x: NodeId, shape: readonly Dim[], axes: readonly number[]): NodeId {
    return sameShape(this.shapeOf(x), shape) ? x : this.call('broadcast', [x], { shape, axes });
  }

  shapeOf(id: NodeId): readonly Dim[] {
    return this.draft.shapeOf(id);
  }
}

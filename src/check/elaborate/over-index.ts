// `sum over j: ...` and its like as operations of the graph. A sum of products is a product of tensors, factor by
// factor, so that `sum over j: A[i, j] * B[j, k]` is one matrix product and no value with all three indices is made.
// What does not depend on the indices of the sum is taken out of it.

import { invariant } from '../../base/invariant.ts';
import type { Span } from '../../base/source.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { ChainNode, CheckedExpression, IndexReducer, OverIndexNode } from '../checked.ts';
import type { CheckedIndex } from '../checked-places.ts';
import { freeIndices } from '../free-indices.ts';
import {
  type Around,
  extentsOf,
  joinAxes,
  Letters,
  type Lifted,
  level,
  ownLetters,
  ownShape,
  spreadTo,
} from './axes.ts';

type Lift = (e: CheckedExpression) => Lifted;

/** A reduction over indices. */
export function overIndex(e: OverIndexNode, lift: Lift, around: Around): Lifted {
  const { b } = around;
  const { indices, operand, reducer, span } = e;
  if (reducer === 'sum') return sumOf(operand, indices, lift, around);
  if (reducer === 'mean') {
    const { node, axes } = sumOf(operand, indices, lift, around);
    const count = extentsOf(indices, around, span).reduce((n, d) => n * d, 1);
    return { node: b.apply('div', node, b.constantLike(count, node)), axes };
  }
  const value = lift(operand);
  const missing = indices.filter(({ id }) => !value.axes.some((index) => index.id === id));
  const own = ownShape(b, value);
  const axes = joinAxes([value, { node: value.node, axes: missing }]);
  const node = spreadTo(value, axes, own, around, span);
  const places = axes.flatMap((index, k) => (isOf(index, indices) ? [k] : []));
  return {
    node: places.length === 0 ? node : reduced(node, places, reducer, around),
    axes: axes.filter((index) => !isOf(index, indices)),
  };
}

function isOf({ id }: CheckedIndex, indices: readonly CheckedIndex[]): boolean {
  return indices.some((index) => index.id === id);
}

function reduced(
  node: NodeId,
  axes: readonly number[],
  reducer: Exclude<IndexReducer, 'sum' | 'mean'>,
  { b }: Around,
): NodeId {
  switch (reducer) {
    case 'max':
      return b.call('max_over', [node], { axes });
    case 'min':
      return b.apply('neg', b.call('max_over', [b.apply('neg', node)], { axes }));
    case 'prod':
      return axes.toReversed().reduce<NodeId>((value, axis) => product(value, axis, b), node);
    default:
      return reducer satisfies never;
  }
}

/** The product along one axis, by halves: as many operations as the extent has digits. */
function product(node: NodeId, axis: number, b: Around['b']): NodeId {
  let value = node;
  for (let n = Number(b.shapeOf(value)[axis]); n > 1; n = Math.ceil(n / 2)) {
    const half = Math.floor(n / 2);
    const part = (start: number, size: number): NodeId => b.call('slice', [value], { axis, start, size });
    const both = b.apply('mul', part(0, half), part(half, half));
    value = n === 2 * half ? both : b.call('concat', [both, part(n - 1, 1)], { axis });
  }
  return b.call('reshape', [value], { shape: b.shapeOf(value).toSpliced(axis, 1) });
}

function scaled(value: Lifted, factor: number, { b }: Around): Lifted {
  if (factor === 1) return value;
  return { ...value, node: b.apply('mul', value.node, b.constantLike(factor, value.node)) };
}

function sumOf(
  operand: CheckedExpression,
  indices: readonly CheckedIndex[],
  lift: Lift,
  around: Around,
): Lifted {
  const { span } = operand;
  const needed = indices.filter((index) => isOf(index, freeIndices(operand)));
  const idle = indices.filter((index) => !isOf(index, needed));
  if (idle.length > 0) {
    const times = extentsOf(idle, around, span).reduce((n, d) => n * d, 1);
    const once = needed.length === 0 ? lift(operand) : sumOf(operand, needed, lift, around);
    return scaled(once, times, around);
  }
  if (operand.kind === 'over-index' && operand.reducer === 'sum')
    return sumOf(operand.operand, [...indices, ...operand.indices], lift, around);
  if (operand.kind === 'chain' && (operand.rest[0].operator === '+' || operand.rest[0].operator === '-'))
    return termByTerm(operand, indices, lift, around);
  return contracted(factorsOf(operand, lift, around), indices, around, span);
}

/** The sum of each term, added up. */
function termByTerm(e: ChainNode, indices: readonly CheckedIndex[], lift: Lift, around: Around): Lifted {
  const { b } = around;
  return e.rest.reduce(
    (left, { operator, operand }) => {
      const { nodes, axes } = level([left, sumOf(operand, indices, lift, around)], around, e.span);
      return { node: b.apply(operator === '-' ? 'sub' : 'add', ...nodes), axes };
    },
    sumOf(e.first, indices, lift, around),
  );
}

/** The factors of a product; a division belongs to the factor before it, a sign to the first. */
function factorsOf(e: CheckedExpression, lift: Lift, around: Around): Lifted[] {
  const { b } = around;
  if (e.kind === 'primitive' && e.name === 'neg') {
    const [first, ...others] = factorsOf(e.operands[0], lift, around);
    return [{ ...first, node: b.apply('neg', first.node) }, ...others];
  }
  const isProduct =
    e.kind === 'chain' && e.rest.every(({ operator }) => operator === '*' || operator === '/');
  if (!isProduct) return [lift(e)];
  const factors = factorsOf(e.first, lift, around);
  for (const { operator, operand } of e.rest) {
    if (operator === '*') {
      factors.push(...factorsOf(operand, lift, around));
      continue;
    }
    const { nodes, axes } = level([factors[factors.length - 1], lift(operand)], around, e.span);
    factors[factors.length - 1] = { node: b.apply('div', ...nodes), axes };
  }
  return factors;
}

/** The product of all factors, summed over indices: two factors at a time, those first whose product is the smallest. */
function contracted(
  given: readonly Lifted[],
  indices: readonly CheckedIndex[],
  around: Around,
  span: Span,
): Lifted {
  const { b } = around;
  let factors = [...given];
  /** The summed indices that none of the other factors has. */
  const last = (own: readonly CheckedIndex[], others: readonly Lifted[]): readonly CheckedIndex[] =>
    own.filter((index) => isOf(index, indices) && !others.some(({ axes }) => isOf(index, axes)));
  const without = (value: Lifted, others: readonly Lifted[]): Lifted => {
    const gone = last(value.axes, others);
    const places = value.axes.flatMap((index, k) => (isOf(index, gone) ? [k] : []));
    return {
      node: b.sum(value.node, places),
      axes: value.axes.filter((index) => !isOf(index, gone)),
    };
  };
  factors = factors.map((factor, k) =>
    without(
      factor,
      factors.filter((_, other) => other !== k),
    ),
  );
  while (factors.length > 1) {
    let best: { readonly pair: readonly [number, number]; readonly size: number } | undefined;
    for (let i = 0; i < factors.length; i++) {
      for (let j = i + 1; j < factors.length; j++) {
        const pair = [factors[i], factors[j]];
        const joined = joinAxes(pair);
        const gone = last(
          joined,
          factors.filter((factor) => !pair.includes(factor)),
        );
        const kept = joined.filter((index) => !isOf(index, gone));
        const size = extentsOf(kept, around, span).reduce((n, d) => n * d, 1);
        if (best === undefined || size < best.size) best = { pair: [i, j], size };
      }
    }
    invariant(best !== undefined, 'two factors are a pair');
    const [i, j] = best.pair;
    const others = factors.filter((_, k) => k !== i && k !== j);
    const gone = last(joinAxes([factors[i], factors[j]]), others);
    factors = [multiplied(factors[i], factors[j], gone, around, span), ...others];
  }
  return factors[0];
}

/** The product of two values, summed over some of the indices that both have. */
export function multiplied(
  x: Lifted,
  y: Lifted,
  gone: readonly CheckedIndex[],
  around: Around,
  span: Span,
): Lifted {
  const { b } = around;
  const all = joinAxes([x, y]);
  const axes = all.filter((index) => !isOf(index, gone));
  const covers = (a: Lifted): boolean => a.axes.length === all.length;
  if (gone.length === 0 && (covers(x) || covers(y))) {
    return { node: b.apply('mul', ...level([x, y], around, span).nodes), axes: all };
  }
  const letters = new Letters();
  const [p, q] = [x, y].map((value) => ownLetters(ownShape(b, value).length));
  const own = p.length >= q.length ? p : q;
  const node = b.contract(x.node, y.node, {
    left: letters.of(x.axes, p),
    right: letters.of(y.axes, q),
    out: letters.of(axes, own),
  });
  return { node, axes };
}

// Index notation as operations of the graph: an expression with indices becomes one value for all their numbers at once.
// Every operation is done along the axes of its operands' indices; an operand that lacks an index is the same for all
// its numbers, and is repeated only where the operation needs operands of one shape.

import { InvariantError, invariant } from '../../base/invariant.ts';
import type { NodeId } from '../../graph/graph.ts';
import type {
  AffineNode,
  ChainNode,
  CheckedExpression,
  PrimitiveNode,
  RepeatNode,
  TabulateNode,
} from '../checked.ts';
import { freeIndices } from '../free-indices.ts';
import { dependsOnLoops } from '../operands.ts';
import { access } from './access.ts';
import {
  type Around,
  arrange,
  joinAxes,
  Letters,
  type Lifted,
  level,
  ownShape,
  type Pointwise,
  spreadTo,
} from './axes.ts';
import { multiplied, overIndex } from './over-index.ts';

/** The value of an expression for all numbers of the indices that it needs. */
export function lift(e: CheckedExpression, around: Around): Lifted {
  const { b } = around;
  const { loops } = around;
  const isOpen = freeIndices(e).length > 0 || (loops.size > 0 && dependsOnLoops(e, new Set(loops.keys())));
  const recur = (inner: CheckedExpression): Lifted => lift(inner, around);
  switch (e.kind) {
    case 'tabulate':
      return tabulate(e, around);
    case 'over-index':
      return overIndex(e, recur, around);
    case 'access':
      return access(e, recur(e.operand), recur, around);
    case 'index-number': {
      const numbers = b.call('iota', [], { extent: around.size(e.index.size, e.span) });
      const isNumber = e.type.element === 'real';
      return {
        node: isNumber ? b.call('convert', [numbers], { element: 'real' }) : numbers,
        axes: [e.index],
      };
    }
    case 'loop-value':
    case 'loop-local': {
      const round = loops.get(e.loop);
      if (round !== undefined) return e.kind === 'loop-value' ? round.value : round.locals[e.local];
      break;
    }
    case 'loop-number':
      return { node: around.whole(e), axes: [] };
    default:
  }
  if (!isOpen) return { node: around.whole(e), axes: [] };
  switch (e.kind) {
    case 'chain':
      return chain(e, around);
    case 'power':
      return pointwise(e, e.operands, around);
    case 'comparison':
      return pointwise(e, [e.left, e.right], around);
    case 'if':
      return pointwise(e, [...e.cases.flatMap((c) => [c.condition, c.value]), e.otherwise], around);
    case 'primitive':
      return primitive(e, around);
    case 'slice': {
      const { node, axes } = recur(e.operand);
      const start = around.number(e.start, e.span);
      const size = around.size(e.size, e.span);
      return { node: b.call('slice', [node], { axis: axes.length, start, size }), axes };
    }
    case 'spread': {
      const { node, axes } = recur(e.operand);
      const shape = e.type.shape.map((size) => around.size(size, e.span));
      return { node: spreadTo({ node, axes }, axes, shape, around, e.span), axes };
    }
    case 'reshape': {
      const { node, axes } = recur(e.operand);
      const shape = e.type.shape.map((size) => around.size(size, e.span));
      return {
        node: b.call('reshape', [node], { shape: [...b.shapeOf(node).slice(0, axes.length), ...shape] }),
        axes,
      };
    }
    case 'affine':
      return affine(e, around);
    case 'dropout': {
      const operand = recur(e.operand);
      if (freeIndices(e.probability).length === 0) {
        const node = around.noisy(e, operand.node, () => around.whole(e.probability));
        return { node, axes: operand.axes };
      }
      const { nodes, axes } = level([operand, recur(e.probability)], around, e.span);
      return { node: around.noisy(e, nodes[0], () => nodes[1]), axes };
    }
    case 'noise': {
      invariant(e.probability !== undefined, 'what needs an index is the probability');
      const { node, axes } = recur(e.probability);
      const shape = e.type.shape.map((size) => around.size(size, e.span));
      return { node: around.drawn(e, spreadTo({ node, axes }, axes, shape, around, e.span)), axes };
    }
    case 'repeat':
      return repeat(e, around);
    default:
      throw new InvariantError(`${e.kind} needs no index`);
  }
}

/** Operands in one shape, and the operation on them. */
function pointwise(e: Pointwise, operands: readonly CheckedExpression[], around: Around): Lifted {
  const { nodes, axes } = level(
    operands.map((operand) => lift(operand, around)),
    around,
    e.span,
  );
  const of = (operand: CheckedExpression): NodeId => nodes[operands.indexOf(operand)];
  return { node: around.pointwise(e, of, around.b.shapeOf(nodes[0])), axes };
}

/** Two operands at a time, so that none is repeated along an index that comes in later. */
function chain(e: ChainNode, around: Around): Lifted {
  return e.rest.reduce<Lifted>(
    (left, { operator, operand }) => {
      const right = lift(operand, around);
      if (operator === '@') return matrixProduct(left, right, around);
      if (operator === '*') return multiplied(left, right, [], around, e.span);
      const { nodes, axes } = level([left, right], around, e.span);
      const link: ChainNode = { ...e, rest: [{ operator, operand }] };
      const of = (part: CheckedExpression): NodeId => nodes[part === e.first ? 0 : 1];
      return { node: around.pointwise(link, of, around.b.shapeOf(nodes[0])), axes };
    },
    lift(e.first, around),
  );
}

function matrixProduct(left: Lifted, right: Lifted, around: Around): Lifted {
  const ranks = [left, right].map((value) => ownShape(around.b, value).length);
  const [l, r, out] = [
    ranks[0] === 2 ? 'MN' : 'N',
    ranks[1] === 2 ? 'NK' : 'N',
    `${ranks[0] === 2 ? 'M' : ''}${ranks[1] === 2 ? 'K' : ''}`,
  ];
  return contract(left, right, l, r, out, around);
}

/** A product of own axes, done for all numbers of the indices. */
function contract(x: Lifted, y: Lifted, left: string, right: string, out: string, around: Around): Lifted {
  const letters = new Letters();
  const axes = joinAxes([x, y]);
  const node = around.b.contract(x.node, y.node, {
    left: letters.of(x.axes, left),
    right: letters.of(y.axes, right),
    out: letters.of(axes, out),
  });
  return { node, axes };
}

function primitive(e: PrimitiveNode, around: Around): Lifted {
  const { b } = around;
  const operands = e.operands.map((operand) => lift(operand, around));
  const [x, y] = operands;
  const own = ownShape(b, x).map((_, k) => x.axes.length + k);
  switch (e.name) {
    case 'sum':
      return { node: b.sum(x.node, own), axes: x.axes };
    case 'mean': {
      const count = ownShape(b, x).reduce((product: number, d) => product * Number(d), 1);
      const sum = b.sum(x.node, own);
      return { node: b.apply('div', sum, b.constantLike(count, sum)), axes: x.axes };
    }
    case 'max_over':
      return { node: own.length === 0 ? x.node : b.call('max_over', [x.node], { axes: own }), axes: x.axes };
    case 'min_over': {
      if (own.length === 0) return x;
      const least = b.call('max_over', [b.apply('neg', x.node)], { axes: own });
      return { node: b.apply('neg', least), axes: x.axes };
    }
    case 'argmax':
      return { node: b.call('argmax', [x.node], { axis: x.axes.length }), axes: x.axes };
    case 'dot': {
      const letters = 'ABCDEFGH'.slice(0, own.length);
      if (own.length === 0) return multiplied(x, y, [], around, e.span);
      return contract(x, y, letters, letters, '', around);
    }
    case 'outer':
      return contract(x, y, 'M', 'N', 'MN', around);
    case 'transpose': {
      const [rows, columns] = own;
      const order = [...x.axes.map((_, k) => k), columns, rows];
      return { node: b.call('transpose', [x.node], { order }), axes: x.axes };
    }
    case 'concat': {
      const axes = joinAxes(operands);
      const parts = operands.map((part) => spreadTo(part, axes, ownShape(b, part), around, e.span));
      return { node: b.call('concat', parts, { axis: axes.length }), axes };
    }
    default:
      return pointwise(e, e.operands, around);
  }
}

/** The same weights for all numbers of the indices. */
function affine(e: AffineNode, around: Around): Lifted {
  const { b } = around;
  const out = e.type.shape.length === 0 ? '' : 'M';
  const parts = e.terms.map(({ weight, argument }) => {
    const x = lift(argument, around);
    const w: Lifted = { node: around.weight(weight, e), axes: [] };
    const inner = ownShape(b, x).length === 0 ? '' : 'N';
    if (out === '' && inner === '') return multiplied(w, x, [], around, e.span);
    return contract(w, x, out + inner, inner, out, around);
  });
  if (e.bias !== undefined) parts.push({ node: around.weight(e.bias, e), axes: [] });
  return parts.reduce((sum, part) => {
    const { nodes, axes } = level([sum, part], around, e.span);
    return { node: b.apply('add', ...nodes), axes };
  });
}

/** Every round for all numbers of the indices that any of them needs. */
function repeat(e: RepeatNode, around: Around): Lifted {
  const { b } = around;
  const start = lift(e.start, around);
  const inner = [e.start, ...e.locals, e.body].flatMap(freeIndices);
  const outer = [...around.loops.values()].flatMap(({ value, locals }) => [value, ...locals]);
  const axes = joinAxes([start, { node: start.node, axes: inner }, ...outer]);
  const own = ownShape(b, start);
  const level = (value: Lifted): Lifted => ({ node: spreadTo(value, axes, own, around, e.span), axes });
  let value = level(start);
  const count = around.rounds(e);
  for (let number = 0; number < count; number++) {
    const locals: Lifted[] = [];
    const inside = around.inRound(e.loop, { value, number, count, locals });
    for (const local of e.locals) locals.push(lift(local, inside));
    value = level(lift(e.body, inside));
  }
  return value;
}

/** The indices become the first own axes, in the order in which they are written. */
function tabulate({ indices, operand, span }: TabulateNode, around: Around): Lifted {
  const value = lift(operand, around);
  const own = ownShape(around.b, value);
  const all = joinAxes([value, { node: value.node, axes: indices }]);
  const node = spreadTo(value, all, own, around, span);
  const axes = all.filter(({ id }) => !indices.some((index) => index.id === id));
  const labels = [...all.map(({ id }) => id), ...own.map((_, k) => -1 - k)];
  const order = [...axes, ...indices].map(({ id }) => id).concat(own.map((_, k) => -1 - k));
  invariant(order.length === labels.length, 'every axis keeps its place');
  return { node: arrange(around.b, node, labels, order), axes };
}

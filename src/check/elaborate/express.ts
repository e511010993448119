// One checked expression as operations of the graph. Where it is evaluated (in a scan's body, or outside of all time)
// is the site's business, which also knows what names stand for.
//
// What the language lets spread is broadcast here: operations of the graph have operands of one shape.

import { InvariantError, invariant } from '../../base/invariant.ts';
import type { Span } from '../../base/source.ts';
import { GraphBuilder } from '../../graph/build.ts';
import { evaluate } from '../../graph/evaluate.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type Dim, sameShape } from '../../graph/type.ts';
import type {
  AffineNode,
  ChainNode,
  CheckedExpression,
  ComparisonNode,
  DropoutNode,
  IfNode,
  LoopLocalNode,
  LoopNumberNode,
  LoopValueNode,
  NoiseNode,
  NoiseScope,
  PowerNode,
  PrimitiveNode,
  RepeatNode,
} from '../checked.ts';
import { operandsOf } from '../operands.ts';
import { mostRounds } from '../repeat.ts';
import { evaluateSize, type Size, showSize, symbolsOf } from '../size.ts';
import type { Around } from './axes.ts';
import { identity, newest, oldest } from './entries.ts';
import { lift } from './lift.ts';
import { type Opened, shapeDims, sizeNumber, wholeNumber } from './opened.ts';
import { ElaborationProblem } from './problem.ts';

/** The kinds of expressions that stand for something elsewhere, or for the step itself. */
export type Leaf = Extract<
  CheckedExpression,
  {
    kind:
      | 'input'
      | 'parameter'
      | 'equation'
      | 'previous'
      | 'instance-state'
      | 'apply'
      | 'over-time'
      | 'each-step'
      | 'step-number';
  }
>;

/** Where an expression is evaluated. `Context` is handed through to the leaves. */
export interface Site<Context> {
  readonly b: GraphBuilder;
  /** Noise is on. */
  readonly train: boolean;
  leaf(expression: Leaf, context: Context): NodeId;
  /** Numbers from 0 up to below 1, as many as a shape has, keyed by a name and drawn for a scope. */
  noise?(scope: NoiseScope, name: string, shape: readonly Dim[]): NodeId;
  /** A weight of the cell, by its name there. */
  weight?(name: string, context: Context, span: Span): NodeId;
}

interface Surroundings {
  readonly opened: Omit<Opened, 'instances'>;
}

const ELEMENTWISE = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  mod: 'mod',
  and: 'and',
  or: 'or',
} as const;

/** Adds an expression to the site's graph. `rounds`: the loops of `repeat` that it stands in. */
export function express<C extends Surroundings>(
  e: CheckedExpression,
  context: C,
  site: Site<C>,
  rounds: Rounds = new Map(),
): NodeId {
  const { b } = site;
  const before = b.origin;
  b.origin = e.span;
  const recur = (inner: CheckedExpression): NodeId => express(inner, context, site, rounds);
  const numbers = (shape: CheckedExpression['type']['shape']): Dim[] =>
    shapeDims(shape, context.opened, e.span);
  const node = ((): NodeId => {
    switch (e.kind) {
      case 'literal':
        return b.constant(e.value, [], e.type.element);
      case 'size':
        return sizeValue(b, e.size, context.opened, e.span);
      case 'hyperparameter': {
        const value = context.opened.hyperparameters.get(e.name);
        invariant(value !== undefined, `the hyperparameter ${e.name} has a value`);
        return b.constant(value);
      }
      case 'chain':
      case 'power':
      case 'comparison':
      case 'primitive':
        return operation(e, recur, b);
      case 'if':
        return conditional(e, numbers(e.type.shape), recur, site);
      case 'slice': {
        const start = e.start.terms.length === 0 ? 0 : sizeNumber(e.start, context.opened, e.span);
        const size = sizeNumber(e.size, context.opened, e.span);
        return b.call('slice', [recur(e.operand)], { axis: 0, start, size });
      }
      case 'spread':
        return spread(b, recur(e.operand), numbers(e.type.shape));
      case 'oldest':
        return oldest(b, recur(e.operand));
      case 'newest':
        return newest(b, recur(e.operand), recur(e.past));
      case 'access':
      case 'tabulate':
      case 'over-index':
      case 'index-number':
        return lift(e, around(context, site, rounds)).node;
      case 'reshape':
        return b.call('reshape', [recur(e.operand)], { shape: numbers(e.type.shape) });
      case 'affine':
        return affine(e, numbers(e.type.shape), context, site, recur);
      case 'dropout':
        return dropout(e, recur(e.operand), () => recur(e.probability), context, site);
      case 'noise':
        return noise(e, numbers(e.type.shape), recur, context, site);
      case 'training':
        return b.constant(site.train ? 1 : 0, [], 'bool');
      case 'identity':
        return identity(b, numbers(e.type.shape));
      case 'repeat':
        return repeat(e, context, site, rounds);
      case 'loop-value':
        return roundOf(e, rounds).value;
      case 'loop-number':
        return b.constant(roundOf(e, rounds).number, [], e.type.element);
      case 'loop-local':
        return roundOf(e, rounds).locals[e.local];
      default:
        return site.leaf(e, context);
    }
  })();
  b.origin = before;
  return node;
}

/** An operation on operands that are there already. */
function operation(
  e: ChainNode | PowerNode | ComparisonNode | PrimitiveNode,
  recur: (e: CheckedExpression) => NodeId,
  b: GraphBuilder,
): NodeId {
  switch (e.kind) {
    case 'chain':
      return chain(e, recur, b);
    case 'power':
      return e.operands
        .map((operand) => ({ literal: literalOf(operand), node: recur(operand) }))
        .reduceRight((exponent, base) => ({ literal: undefined, node: power(b, base.node, exponent) })).node;
    case 'comparison':
      return comparison(e, recur, b);
    case 'primitive':
      return primitive(e, recur, b);
    default:
      return e satisfies never;
  }
}

/** What an expression with indices sees of all this. */
function around<C extends Surroundings>(
  context: C,
  site: Site<C>,
  rounds: Rounds,
  loops: Around['loops'] = new Map(),
): Around {
  const { b } = site;
  return {
    b,
    whole: (e) => express(e, context, site, rounds),
    pointwise: (e, operand, shape) =>
      e.kind === 'if' ? conditional(e, shape, operand, site) : operation(e, operand, b),
    noisy: (e, operand, probability) => dropout(e, operand, probability, context, site),
    drawn: (e, probability) => noise(e, b.shapeOf(probability), () => probability, context, site),
    weight(name, { span }) {
      invariant(site.weight !== undefined, 'there are weights here');
      return site.weight(name, context, span);
    },
    size: (size, span) => sizeNumber(size, context.opened, span),
    number: (size, span) => wholeNumber(size, context.opened, span),
    rounds: (e) => roundsNumber(e, context.opened, copiesIn(rounds)),
    round: (e) => roundOf(e, rounds).number,
    loops,
    inRound(loop, round) {
      const { value, number, count } = round;
      const copies = copiesIn(rounds) * count;
      const inside = new Map(rounds).set(loop, { value: value.node, number, locals: [], copies });
      return around(context, site, inside, new Map(loops).set(loop, round));
    },
  };
}

/** One round of a loop: what the one before has left, its number, and what it has computed so far. */
interface Round {
  readonly value: NodeId;
  readonly number: number;
  readonly locals: readonly NodeId[];
  /** How many rounds there are of it, with those of the loops around it. */
  readonly copies: number;
}

/** By the loop's number in the cell. */
type Rounds = ReadonlyMap<number, Round>;

function roundOf({ loop }: LoopValueNode | LoopNumberNode | LoopLocalNode, rounds: Rounds): Round {
  const round = rounds.get(loop);
  invariant(round !== undefined, `what belongs to loop ${loop} stands inside of it`);
  return round;
}

/** Loops in loops open up to their product. */
function copiesIn(rounds: Rounds): number {
  return Math.max(1, ...[...rounds.values()].map(({ copies }) => copies));
}

/** So many copies of the body, one after the other. */
function repeat<C extends Surroundings>(e: RepeatNode, context: C, site: Site<C>, rounds: Rounds): NodeId {
  const around = copiesIn(rounds);
  const count = roundsNumber(e, context.opened, around);
  const copies = around * count;
  let value = express(e.start, context, site, rounds);
  for (let number = 0; number < count; number++) {
    const locals: NodeId[] = [];
    const inside = new Map(rounds).set(e.loop, { value, number, locals, copies });
    for (const local of e.locals) locals.push(express(local, context, site, inside));
    value = express(e.body, context, site, inside);
  }
  return value;
}

function roundsNumber({ count, span }: RepeatNode, { sizes }: Pick<Opened, 'sizes'>, around: number): number {
  const number = evaluateSize(count, sizes);
  invariant(number !== undefined, `every size of ${showSize(count)} has a value`);
  if (Number.isInteger(number) && number >= 0 && around * number <= mostRounds) return number;
  const values = [...sizes].map(([name, value]) => `${name} = ${value}`).join(', ');
  throw new ElaborationProblem({
    code: 'RNN5908',
    message:
      around === 1
        ? `repeat comes to ${number} rounds with ${values}`
        : `repeat comes to ${number} rounds with ${values}, in each of ${around}`,
    span,
    label: `from 0 to ${mostRounds} in all are possible: all of them belong to one step`,
  });
}

/** Two or more operands in one shape: those of shape [] spread. */
function level(b: GraphBuilder, nodes: readonly NodeId[]): NodeId[] {
  const shape = nodes.map((n) => b.shapeOf(n)).find((s) => s.length > 0) ?? [];
  return nodes.map((n) => (b.shapeOf(n).length === 0 ? b.broadcast(n, shape, []) : n));
}

function chain(e: ChainNode, recur: (e: CheckedExpression) => NodeId, b: GraphBuilder): NodeId {
  let value = recur(e.first);
  for (const { operator, operand } of e.rest) {
    const right = recur(operand);
    value =
      operator === '@'
        ? matrixProduct(b, value, right)
        : b.apply(ELEMENTWISE[operator], ...level(b, [value, right]));
  }
  return value;
}

function matrixProduct(b: GraphBuilder, left: NodeId, right: NodeId): NodeId {
  const ranks = `${b.shapeOf(left).length}${b.shapeOf(right).length}`;
  if (ranks === '21') return b.contract(left, right, { left: 'mn', right: 'n', out: 'm' });
  if (ranks === '12') return b.contract(left, right, { left: 'n', right: 'nm', out: 'm' });
  if (ranks === '22') return b.contract(left, right, { left: 'mn', right: 'nk', out: 'mk' });
  invariant(ranks === '11', `@ of ranks ${ranks}`);
  return b.contract(left, right, { left: 'n', right: 'n', out: '' });
}

function literalOf(e: CheckedExpression): number | undefined {
  return e.kind === 'literal' ? e.value : undefined;
}

/** Squares and cubes as products: exact for negative bases on every target, and cheaper. */
function power(
  b: GraphBuilder,
  base: NodeId,
  { literal, node: exponent }: { literal: number | undefined; node: NodeId },
): NodeId {
  if (literal === 2) return b.apply('mul', base, base);
  if (literal === 3) return b.apply('mul', b.apply('mul', base, base), base);
  return b.apply('pow', ...level(b, [base, exponent]));
}

function comparison(e: ComparisonNode, recur: (e: CheckedExpression) => NodeId, b: GraphBuilder): NodeId {
  const [x, y] = level(b, [recur(e.left), recur(e.right)]);
  switch (e.operator) {
    case '==':
      return b.apply('eq', x, y);
    case '!=':
      return b.apply('not', b.apply('eq', x, y));
    case '<':
      return b.apply('lt', x, y);
    case '<=':
      return b.apply('le', x, y);
    case '>':
      return b.apply('lt', y, x);
    case '>=':
      return b.apply('le', y, x);
    default:
      return e.operator satisfies never;
  }
}

/** A number, floored and modulo v, as a category. In float32 the modulus of a large number may leave its range by rounding. */
function toIndex(b: GraphBuilder, x: NodeId, v: NodeId): NodeId {
  const within = b.apply('mod', b.apply('floor', x), v);
  const last = b.apply('sub', v, b.constant(1));
  const held = b.apply('min', b.apply('max', within, b.constant(0)), last);
  return b.call('convert', [held], { element: 'index' });
}

function primitive(e: PrimitiveNode, recur: (e: CheckedExpression) => NodeId, b: GraphBuilder): NodeId {
  const operands = e.operands.map(recur);
  const [x] = operands;
  const axes = b.shapeOf(x).map((_, i) => i);
  switch (e.name) {
    case 'max':
    case 'min': {
      const { name } = e;
      return level(b, operands).reduce((a, c) => b.apply(name, a, c));
    }
    case 'surrogate':
      return b.apply('surrogate', ...level(b, operands));
    case 'sum':
      return b.sum(x, axes);
    case 'mean': {
      return b.apply('div', b.sum(x, axes), countOf(b, b.shapeOf(x)));
    }
    case 'max_over':
      return axes.length === 0 ? x : b.call('max_over', [x], { axes });
    case 'min_over': {
      if (axes.length === 0) return x;
      return b.apply('neg', b.call('max_over', [b.apply('neg', x)], { axes }));
    }
    case 'any':
      return holdsAnywhere(b, x);
    case 'all':
      return b.apply('not', holdsAnywhere(b, b.apply('not', x)));
    case 'to_index':
      return toIndex(b, x, operands[1]);
    case 'argmax':
      return b.call('argmax', [x], { axis: 0 });
    case 'dot': {
      const letters = 'abcdefgh'.slice(0, axes.length);
      return b.contract(x, operands[1], { left: letters, right: letters, out: '' });
    }
    case 'outer':
      return b.contract(x, operands[1], { left: 'm', right: 'n', out: 'mn' });
    case 'concat':
      return b.call('concat', operands, { axis: 0 });
    case 'transpose':
      return b.call('transpose', [x], { order: [1, 0] });
    default:
      return b.apply(e.name, x);
  }
}

/** The number of elements of a shape, a real. */
function countOf(b: GraphBuilder, shape: readonly Dim[]): NodeId {
  const number = shape.reduce((product: number, d) => (typeof d === 'number' ? product * d : product), 1);
  const lengths = shape
    .filter((d) => typeof d === 'string')
    .map((extent) => b.call('extent', [], { extent }));
  if (number === 1 && lengths.length > 0) return lengths.reduce((x, y) => b.apply('mul', x, y));
  return lengths.reduce((x, y) => b.apply('mul', x, y), b.constant(number));
}

/** A size as a number, a real: the lengths of sequences in it are asked for when it runs. */
function sizeValue(b: GraphBuilder, size: Size, opened: Surroundings['opened'], span: Span): NodeId {
  if (!symbolsOf(size).some((symbol) => opened.lengths.has(symbol))) {
    return b.constant(sizeNumber(size, opened, span));
  }
  const terms = size.terms.map(({ coefficient, powers }) => {
    const dims = powers.flatMap(([symbol, exponent]) => {
      const dim = opened.lengths.get(symbol) ?? opened.sizes.get(symbol);
      invariant(dim !== undefined, `the size ${symbol} has a value`);
      return new Array<Dim>(exponent).fill(dim);
    });
    const part = Number(coefficient) / Number(size.denominator);
    const count = countOf(b, dims);
    return part === 1 ? count : b.apply('mul', b.constant(part), count);
  });
  return terms.reduce((x, y) => b.apply('add', x, y));
}

/** Whether a condition holds at one of its entries. */
function holdsAnywhere(b: GraphBuilder, condition: NodeId): NodeId {
  const axes = b.shapeOf(condition).map((_, axis) => axis);
  if (axes.length === 0) return condition;
  const largest = b.call('max_over', [b.call('convert', [condition], { element: 'real' })], { axes });
  return b.apply('lt', b.constant(0), largest);
}

function conditional(
  e: IfNode,
  shape: readonly Dim[],
  recur: (e: CheckedExpression) => NodeId,
  { b, train }: Pick<Site<unknown>, 'b' | 'train'>,
): NodeId {
  const whole = (inner: CheckedExpression): NodeId => spread(b, recur(inner), shape);
  // Of what depends on `training` alone only one side is there.
  const settled = train ? e.cases.findIndex((c) => c.condition.kind === 'training') : -1;
  const open = e.cases.slice(0, settled < 0 ? undefined : settled);
  const cases = open
    .filter((c) => c.condition.kind !== 'training')
    .map((c) => ({ condition: whole(c.condition), value: whole(c.value) }));
  return cases.reduceRight(
    (otherwise, { condition, value }) => b.apply('select', condition, value, otherwise),
    whole(settled < 0 ? e.otherwise : e.cases[settled].value),
  );
}

function spread(b: GraphBuilder, node: NodeId, shape: readonly Dim[]): NodeId {
  return sameShape(b.shapeOf(node), shape) ? node : b.broadcast(node, shape, []);
}

/** The sum of weight . argument, and the bias. A vector or scalar out of a vector or scalar, four ways. */
function affine<C extends Surroundings>(
  e: AffineNode,
  shape: readonly Dim[],
  context: C,
  site: Site<C>,
  recur: (e: CheckedExpression) => NodeId,
): NodeId {
  const { b } = site;
  const weight = (name: string): NodeId => {
    invariant(site.weight !== undefined, 'there are weights here');
    return site.weight(name, context, e.span);
  };
  const out = shape.length === 0 ? '' : 'm';
  const parts = e.terms.map(({ weight: name, argument }) => {
    const x = recur(argument);
    const inner = b.shapeOf(x).length === 0 ? '' : 'n';
    const w = weight(name);
    if (inner === '') return b.apply('mul', ...level(b, [w, x]));
    return b.contract(w, x, { left: out + inner, right: inner, out });
  });
  if (e.bias !== undefined) parts.push(weight(e.bias));
  return parts.reduce((sum, part) => b.apply('add', sum, part));
}

/** Inverted dropout (Srivastava et al. 2014, section 10): what is kept is scaled up, so evaluating scales nothing. */
function dropout<C extends Surroundings>(
  e: DropoutNode,
  x: NodeId,
  probability: () => NodeId,
  context: C,
  site: Site<C>,
): NodeId {
  const { b } = site;
  if (!site.train || !draws(e, context.opened)) return x;
  const shape = b.shapeOf(x);
  const part = dropoutPart(e, context.opened);
  const drawn = uniform(e, '', shape, context, site);
  if (part !== undefined) {
    const kept = b.apply('le', b.constant(part, shape), drawn);
    // A factor, and not a choice between x and 0: a choice would have all gradients before it guard against what is not
    // a number in the branch not taken.
    const factor = b.apply('select', kept, b.constant(1 / (1 - part), shape), b.constant(0, shape));
    return b.apply('mul', x, factor);
  }
  const p = b.broadcast(probability(), shape, []);
  const scale = b.apply('div', b.constant(1, shape), b.apply('sub', b.constant(1, shape), p));
  return b.apply('mul', x, b.apply('select', b.apply('le', p, drawn), scale, b.constant(0, shape)));
}

function noise<C extends Surroundings>(
  e: NoiseNode,
  shape: readonly Dim[],
  recur: (e: CheckedExpression) => NodeId,
  context: C,
  site: Site<C>,
): NodeId {
  const { b } = site;
  if (!site.train) return b.constant(0, shape, e.draw === 'chance' ? 'bool' : 'real');
  if (e.probability !== undefined) {
    const p = isConstant(e.probability)
      ? b.constant(numberOf(e.probability, context.opened))
      : recur(e.probability);
    const spread = b.shapeOf(p).length === shape.length ? p : b.broadcast(p, shape, []);
    return b.apply('lt', uniform(e, '', shape, context, site), spread);
  }
  // Box & Muller 1958: from (0, 1], since the logarithm of zero would be infinite.
  const first = b.apply('log1p', b.apply('neg', uniform(e, '', shape, context, site)));
  const radius = b.apply('sqrt', b.apply('mul', b.constant(-2, shape), first));
  const turn = b.apply('mul', b.constant(2 * Math.PI, shape), uniform(e, '.turn', shape, context, site));
  return b.apply('mul', radius, b.apply('cos', turn));
}

/** Numbers between 0 and 1 for a noise, keyed by its name and what is drawn. */
function uniform<C extends Surroundings>(
  { name, scope }: DropoutNode | NoiseNode,
  part: string,
  shape: readonly Dim[],
  context: C,
  site: Site<C>,
): NodeId {
  invariant(site.noise !== undefined, 'there is noise here');
  return site.noise(scope, context.opened.prefix + name + part, shape);
}

/** The value of a constant scalar made of literals, sizes and hyperparameters, by its graph and the reference. */
export function numberOf(expression: CheckedExpression, opened: Omit<Opened, 'instances'>): number {
  const b = new GraphBuilder('number');
  const leaf = ({ kind }: Leaf): never => {
    throw new InvariantError(`${kind} in a constant`);
  };
  b.output('number', express(expression, { opened }, { b, train: false, leaf }));
  const value = evaluate(b.finish(), new Map()).get('number')?.data[0] ?? Number.NaN;
  if (!Number.isFinite(value)) refuseNumber(value, 'a finite number belongs here', expression, opened);
  return value;
}

/** That, where what is below `least` has no meaning. */
export function numberFrom(
  least: number,
  expression: CheckedExpression,
  opened: Omit<Opened, 'instances'>,
): number {
  const value = numberOf(expression, opened);
  if (value < least) refuseNumber(value, `a number from ${least} up belongs here`, expression, opened);
  return value;
}

/** The part that a dropout leaves out, from 0 up to below 1; undefined where it is computed. */
function dropoutPart({ probability }: DropoutNode, opened: Omit<Opened, 'instances'>): number | undefined {
  if (!isConstant(probability)) return undefined;
  const value = numberOf(probability, opened);
  if (value >= 0 && value < 1) return value;
  return refuseNumber(value, 'dropout leaves out a part from 0 up to below 1', probability, opened);
}

/** Whether a number is made of literals, sizes and hyperparameters alone. */
function isConstant(e: CheckedExpression): boolean {
  const [operands, isLeaf] = [operandsOf(e), ['literal', 'size', 'hyperparameter'].includes(e.kind)];
  const isComputed = ['chain', 'power', 'primitive', 'comparison', 'if'].includes(e.kind);
  return isLeaf || (isComputed && operands.every(isConstant));
}

/** Whether something is drawn in training. */
export function draws(e: DropoutNode | NoiseNode, opened: Omit<Opened, 'instances'>): boolean {
  return e.kind === 'noise' || dropoutPart(e, opened) !== 0;
}

export function refuseNumber(
  value: number,
  label: string,
  { span }: CheckedExpression,
  { sizes, hyperparameters }: Omit<Opened, 'instances'>,
): never {
  const known = [...sizes, ...hyperparameters].map(([name, number]) => `${name} = ${number}`);
  throw new ElaborationProblem({
    code: 'RNN5904',
    message: `this number comes to ${value}${known.length === 0 ? '' : ` with ${known.join(', ')}`}`,
    span,
    label,
  });
}

// Values made element by element: arithmetic, the functions of one operand, minima and maxima, choices, the prelude's
// and the file's own functions.
import {
  apply,
  conditional,
  difference,
  elementwise,
  literal,
  negation,
  product,
  quotient,
  shapeOf,
  slot,
  sumOf,
} from './compose.ts';
import { growCondition } from './condition.ts';
import type { Shape } from './dims.ts';
import {
  absolute,
  hull,
  type Interval,
  interval,
  isWithin,
  magnitude,
  multiply,
  rising,
} from './interval.ts';
import { closed, growReal, growScalar, operands } from './real.ts';
import type { MadeFunction, Place, Scope, Ways } from './scope.ts';
import { offZero, positive, sigmoid, tamed, tanh } from './tame.ts';
import type { Expression } from './tree.ts';

/** One operand and its result. */
type Unary = (scope: Scope, e: Expression) => Expression;

const of =
  (name: string, f: (x: number) => number): Unary =>
  (_, e) =>
    apply(name, [e], rising(e.bounds, f));

const relu = (x: number): number => Math.max(0, x);
const softplus = (x: number): number => Math.log1p(Math.exp(x));

const unary: readonly (readonly [number, Unary])[] = [
  [4, (_, e) => tanh(e)],
  [3, (_, e) => sigmoid(e)],
  [2, (_, e) => negation(e)],
  [1, (scope, e) => of('exp', Math.exp)(scope, tamed(scope, e, 2))],
  [1, (scope, e) => of('log', Math.log)(scope, positive(scope, e))],
  [1, (scope, e) => of('log1p', Math.log1p)(scope, positive(scope, e))],
  [1, (scope, e) => of('sqrt', Math.sqrt)(scope, positive(scope, e))],
  [1, (_, e) => apply('abs', [e], absolute(e.bounds))],
  [1, (scope, e) => apply('sin', [tamed(scope, e, 8)], interval(-1, 1))],
  [1, (scope, e) => apply('cos', [tamed(scope, e, 8)], interval(-1, 1))],
  [1, (scope, e) => floored(tamed(scope, e, 4))],
  [1, of('relu', relu)],
  [1, (_, e) => apply('silu', [e], interval(-0.3, relu(e.bounds.high)))],
  [1, (_, e) => apply('gelu', [e], interval(-0.2, relu(e.bounds.high)))],
  [1, of('softplus', softplus)],
  [1, of('positive', softplus)],
  [1, of('log_sigmoid', (x) => -softplus(-x))],
  [1, shifted],
  [1, cancelled],
];

/** Of a number that no two ways of computing agree to be whole: a jump is none between them then. */
function floored(e: Expression): Expression {
  const odd = sumOf(product(literal(1.7), e), literal(0.13));
  return apply('floor', [odd], rising(odd.bounds, Math.floor));
}

/** Equal for all shifts, so that `stop` hides no part of the gradient. */
function shifted(scope: Scope, e: Expression): Expression {
  const small = tamed(scope, e, 4);
  const shift = apply('stop', [small], small.bounds);
  return apply(
    'shifted_softplus',
    [small, scope.choices.oneIn(2) ? shift : literal(0.3)],
    rising(small.bounds, softplus),
  );
}

/** What is stopped has no slope to begin with. */
function cancelled(_: Scope, e: Expression): Expression {
  return apply('stop', [floored(e)], floored(e).bounds);
}

function binary(scope: Scope, shape: Shape, place: Place): Expression {
  const [a, b] = operands(scope, shape, place, 2);
  return scope.choices.weighted<() => Expression>([
    [4, () => sumOf(a, b)],
    [3, () => difference(a, b)],
    [5, () => product(a, b)],
    [2, () => quotient(a, offZero(scope, b))],
    [1, () => remainder(scope, a, b)],
    [1, () => power(scope, a, b)],
  ])();
}

/** `mod`: between zero and the divisor. */
function remainder(scope: Scope, a: Expression, b: Expression): Expression {
  const divisor = offZero(scope, b);
  const bounds = hull(interval(0, 0), divisor.bounds);
  return elementwise('real', 'product', [slot(a, 'product'), ' mod ', slot(divisor, 'matrix')], bounds);
}

function power(scope: Scope, first: Expression, second: Expression): Expression {
  // Where only one is used, it is the one that does not spread, and of two such the one that knows its shape.
  const more = shapeOf(first).length - shapeOf(second).length;
  const isFirst = more > 0 || (more === 0 && !first.open);
  const [a, b] = isFirst ? [first, second] : [second, first];
  const raise = (base: Expression, exponent: Expression, bounds: Interval): Expression =>
    elementwise('real', 'power', [slot(base, 'over'), ' ^ ', slot(exponent, 'negation')], bounds);
  return scope.choices.of<() => Expression>([
    () => {
      const base = tamed(scope, a, 4);
      return raise(base, literal(2), multiply(absolute(base.bounds), absolute(base.bounds)));
    },
    () => {
      const base = tamed(scope, a, 2);
      return raise(
        base,
        literal(3),
        rising(base.bounds, (x) => x ** 3),
      );
    },
    () => {
      const exponent = tamed(scope, a, 2);
      return raise(
        literal(2),
        exponent,
        rising(exponent.bounds, (x) => 2 ** x),
      );
    },
    () => {
      const [base, exponent] = [positive(scope, tamed(scope, a, 2)), tamed(scope, b, 2)];
      const most = Math.max(base.bounds.high, 1 / base.bounds.low) ** magnitude(exponent.bounds);
      return raise(base, exponent, interval(1 / most, most));
    },
    () => {
      // To the right: 2 ^ (a ^ 2).
      const base = tamed(scope, a, 1);
      const square = raise(base, literal(2), interval(0, 1));
      return raise(literal(1.5), square, interval(1, 1.5));
    },
  ])();
}

function extreme(scope: Scope, shape: Shape, place: Place): Expression {
  const name = scope.choices.of(['min', 'max'] as const);
  const args = operands(scope, shape, place, scope.choices.oneIn(4) ? 3 : 2);
  const pick = Math[name];
  return apply(
    name,
    args,
    interval(pick(...args.map((e) => e.bounds.low)), pick(...args.map((e) => e.bounds.high))),
  );
}

/** `if`, now and then with `else if`. */
function choice(scope: Scope, shape: Shape, place: Place): Expression {
  const [value, otherwise] = operands(scope, shape, place, 2);
  const chosen = conditional(growCondition(scope, shape, place), value, otherwise);
  if (!scope.choices.oneIn(4)) return chosen;
  return conditional(
    growCondition(scope, shape, place),
    growReal(scope, shape, { ...place, open: false }),
    chosen,
  );
}

/** A convex mixture: what it mixes bounds it. */
function mixture(scope: Scope, shape: Shape, place: Place): Expression | undefined {
  const candidates = scope.fitting({ kind: 'real', shape }, place);
  const gates = candidates.filter(({ bounds }) => isWithin(bounds, interval(0, 1)));
  if (gates.length === 0) return undefined;
  const gate = scope.refer(scope.choices.of(gates));
  const [a, b] = operands(scope, shape, place, 2);
  const mixed = sumOf(product(gate, a), product(difference(literal(1), gate), b));
  return { ...mixed, bounds: hull(a.bounds, b.bounds) };
}

function ownFunction(scope: Scope, shape: Shape, place: Place): Expression | undefined {
  const { choices } = scope;
  const suits = ({ takes, gives }: MadeFunction): boolean =>
    gives === 'scalar'
      ? shape.length === 0 && scope.inside === 'cell'
      : takes === 'any' || (shape.length === 1 && scope.inside !== 'any');
  const known = scope.functions.filter(suits);
  if (known.length === 0) return undefined;
  const made = choices.of(known);
  const dims = made.gives === 'scalar' ? [scope.dim()] : shape;
  const inner = made.takes === 'vectors' ? closed(place) : place;
  const args: Expression[] = [];
  for (const { kind, hasDefault } of made.parameters) {
    if (hasDefault && choices.oneIn(2)) break;
    const grown = kind === 'value' ? growReal(scope, dims, inner) : growScalar(scope, place);
    args.push(tamed(scope, grown, 1));
  }
  const called = apply(made.name, args, made.bounds);
  return made.gives === 'scalar'
    ? { ...called, type: { kind: 'real', shape: [] }, known: true, open: false }
    : called;
}

export const elementwiseWays: Ways = [
  [10, (scope, shape, place) => scope.choices.weighted(unary)(scope, growReal(scope, shape, place))],
  [14, binary],
  [2, extreme],
  [3, choice],
  [2, mixture],
  [3, ownFunction],
];

// Keeping values in bounds: what is too large is squashed, what has to be positive is made so.
import { apply, literal, negation, product, sumOf } from './compose.ts';
import { absolute, interval, isWithin, magnitude, rising } from './interval.ts';
import type { Scope } from './scope.ts';
import type { Expression } from './tree.ts';

export const tanh = (e: Expression): Expression => apply('tanh', [e], rising(e.bounds, Math.tanh));

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

export const sigmoid = (e: Expression): Expression => apply('sigmoid', [e], rising(e.bounds, logistic));

/** With a magnitude of at most `most`, which is at least 1. */
export function tamed(scope: Scope, e: Expression, most: number): Expression {
  const size = magnitude(e.bounds);
  if (size <= most) return e;
  const { choices } = scope;
  const ways: readonly (readonly [number, () => Expression])[] = [
    [6, () => tanh(e)],
    [3, () => sigmoid(e)],
    [size < 12 ? 2 : 0, () => apply('sin', [e], interval(-1, 1))],
    [size < 12 ? 1 : 0, () => apply('cos', [e], interval(-1, 1))],
    // A digit less than the quotient has, so that it stays within.
    [size < 100 * most ? 3 : 0, () => product(literal(Math.floor((1000 * most) / size) / 1000), e)],
    [1, () => clipped(e, most)],
  ];
  return choices.weighted(ways)();
}

function clipped(e: Expression, most: number): Expression {
  const low = Math.max(-most, e.bounds.low);
  const high = Math.min(most, e.bounds.high);
  if (low > high) return tanh(e);
  const below = apply('min', [literal(most), e], interval(e.bounds.low, high));
  return apply('max', [negation(literal(most)), below], interval(low, high));
}

/** At least 0.1 and at most a few. */
export function positive(scope: Scope, e: Expression): Expression {
  if (isWithin(e.bounds, interval(0.1, 8))) return e;
  const { choices } = scope;
  const small = tamed(scope, e, 2);
  return choices.of<() => Expression>([
    () => apply('exp', [small], rising(small.bounds, Math.exp)),
    () => sumOf(literal(0.2), sigmoid(e)),
    () => sumOf(apply('abs', [small], absolute(small.bounds)), literal(0.3)),
    () => sumOf(literal(1.5), tanh(e)),
    () =>
      sumOf(
        apply(
          'softplus',
          [small],
          rising(small.bounds, (x) => Math.log1p(Math.exp(x))),
        ),
        literal(0.1),
      ),
  ])();
}

/** Off zero, by at least 0.1. */
export function offZero(scope: Scope, e: Expression): Expression {
  if (e.bounds.low >= 0.1 || e.bounds.high <= -0.1) return e;
  return scope.choices.oneIn(4) ? negation(positive(scope, e)) : positive(scope, e);
}

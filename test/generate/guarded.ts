// Branches that are no number where they are not taken: logarithms and roots of what is negative, quotients by zero.
import { apply, compose, conditional, elementwise, literal, real, slot } from './compose.ts';
import type { Shape } from './dims.ts';
import { interval, magnitude } from './interval.ts';
import { beside, growReal } from './real.ts';
import type { Named, Place, Scope, Ways } from './scope.ts';
import { tamed } from './tame.ts';
import type { Expression } from './tree.ts';

/** Names that may be negative: what is asked is also what the branch looks at. */
function doubtful(scope: Scope, shape: Shape, place: Place): Named | undefined {
  const names = scope
    .fitting(real(shape), place)
    .filter(({ rate, bounds }) => rate === place.rate && bounds.low < 0 && magnitude(bounds) <= 100);
  return names.length === 0 ? undefined : scope.choices.of(names);
}

function guarded(scope: Scope, shape: Shape, place: Place): Expression | undefined {
  const named = doubtful(scope, shape, place);
  if (named === undefined) return undefined;
  const { choices } = scope;
  const a = scope.refer(named);
  const most = Math.max(1, a.bounds.high);
  const otherwise = growReal(scope, shape, beside(shape, place));
  const above = (level: number): Expression =>
    elementwise('bool', 'comparison', [slot(a, 'sum'), ` > ${level}`]);
  return choices.of<() => Expression>([
    () => conditional(above(0.1), apply('log', [a], interval(-2.4, Math.log(most))), otherwise),
    () => conditional(above(0.1), apply('sqrt', [a], interval(0.3, Math.sqrt(most))), otherwise),
    () =>
      conditional(
        above(0.2),
        elementwise('real', 'product', ['1 / ', slot(a, 'matrix')], interval(0, 5)),
        otherwise,
      ),
    () =>
      conditional(
        above(0.1),
        elementwise('real', 'power', [slot(a, 'over'), ' ^ 0.5'], interval(0, Math.sqrt(most))),
        otherwise,
      ),
    () => {
      // A slope that is infinite at what stands in the place of the branch.
      const kept = conditional(above(0.1), a, literal(0));
      return apply('sqrt', [kept], interval(0, Math.sqrt(most)));
    },
    () => {
      // Never taken.
      const far = Math.ceil(magnitude(a.bounds)) + 3;
      const beyond = elementwise('real', 'sum', [slot(a, 'sum'), ` - ${far}`], interval(0, 0));
      return conditional(above(far), apply('log', [beyond], otherwise.bounds), otherwise);
    },
    () => {
      const other = elementwise('bool', 'comparison', [slot(a, 'sum'), ' < 0.1']);
      return conditional(other, otherwise, apply('log', [a], interval(-2.4, Math.log(most))));
    },
  ])();
}

/** What is zero at some steps divides at the others. */
function atSomeSteps(scope: Scope, shape: Shape, place: Place): Expression | undefined {
  if (place.rate !== 'step' || scope.inside !== 'cell') return undefined;
  scope.isPointwise = false;
  const { choices } = scope;
  const value = tamed(scope, growReal(scope, shape, place), 4);
  const otherwise = growReal(scope, shape, beside(shape, place));
  const step = (text: string, level: 'call' | 'comparison', kind: 'real' | 'bool'): Expression =>
    compose({ kind, shape: [] }, level, [text], { known: true, rate: 'step' });
  const bounds = interval(-magnitude(value.bounds), magnitude(value.bounds));
  return choices.of<() => Expression>([
    () => {
      const by = step('(t mod 2)', 'call', 'real');
      const ratio = elementwise('real', 'product', [slot(value, 'product'), ' / ', slot(by)], bounds);
      return conditional(step('t mod 2 == 0', 'comparison', 'bool'), otherwise, ratio);
    },
    () => {
      const never = step('log(1 - t mod 2)', 'call', 'real');
      const sum = elementwise('real', 'sum', [slot(value, 'sum'), ' + ', slot(never)], bounds);
      return conditional(step('t mod 2 == 0', 'comparison', 'bool'), sum, otherwise);
    },
  ])();
}

export const guardedWays: Ways = [
  [2, guarded],
  [1, atSomeSteps],
];

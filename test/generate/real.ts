// Real values of any shape: one of the ways to make such a value; where the depth is used up, a name or a number.
import { compose, listed, literal, real } from './compose.ts';
import type { Shape } from './dims.ts';
import { heard } from './heard.ts';
import { magnitude, multiply } from './interval.ts';
import type { Place, Scope } from './scope.ts';
import { tamed } from './tame.ts';
import type { Expression } from './tree.ts';

/** What is larger than this is squashed before anything else is made of it. */
const LARGE = 12;

/** A real value of a shape. */
export function growReal(scope: Scope, shape: Shape, place: Place): Expression {
  if (place.depth <= 0 || scope.choices.oneIn(7)) return leaf(scope, shape, place);
  for (let tries = 0; tries < 4; tries++) {
    const grown = scope.choices.weighted(scope.ways)(scope, shape, { ...place, depth: place.depth - 1 });
    if (grown !== undefined) return magnitude(grown.bounds) > LARGE ? tamed(scope, grown, 2) : grown;
  }
  return leaf(scope, shape, place);
}

/** The same, between -1 and 1. */
export function growUnit(scope: Scope, shape: Shape, place: Place): Expression {
  return tamed(scope, growLively(scope, shape, place), 1);
}

/** Operands that meet element by element: one of the shape, the others of it too, or numbers that spread. */
export function operands(scope: Scope, shape: Shape, place: Place, count: number): Expression[] {
  const { choices } = scope;
  const whole = choices.between(0, count - 1);
  return Array.from({ length: count }, (_, k) => {
    if (k === whole) return growReal(scope, shape, place);
    if (shape.length > 0 && choices.oneIn(3)) return growScalar(scope, place);
    return growReal(scope, shape, beside(shape, place));
  });
}

/** A number that is [] by its form. */
export function growScalar(scope: Scope, place: Place): Expression {
  return growReal(scope, [], { ...place, open: false, known: true });
}

/** A place beside a vector: that tells the shape. A number does not, since it spreads. */
export function beside(shape: Shape, place: Place): Place {
  return { ...place, open: place.open || shape.length === 1 };
}

/** A place inside of something that does not tell its operands' shapes. */
export function closed(place: Place): Place {
  return { ...place, open: false, known: false };
}

/** A value that changes with the steps, or from sequence to sequence, wherever one can be made. */
export function growLively(scope: Scope, shape: Shape, place: Place): Expression {
  const grown = growReal(scope, shape, place);
  if (grown.rate === place.rate || scope.choices.oneIn(12)) return grown;
  return heard(scope, shape, place) ?? grown;
}

/** A name or a number; inside of a cell also a fresh weight. */
function leaf(scope: Scope, shape: Shape, place: Place): Expression {
  const { choices } = scope;
  const names = scope.fitting({ kind: 'real', shape }, place);
  const lively = names.filter(({ rate }) => rate === place.rate);
  if (lively.length > 0 && !choices.oneIn(6)) return scope.refer(scope.prefer(lively));
  if (choices.oneIn(2)) {
    const made = heard(scope, shape, place);
    if (made !== undefined) return made;
  }
  if (shape.length === 0) {
    if (names.length > 0 && choices.oneIn(2)) return scope.refer(choices.of(names));
    return literal(choices.of([0, 0.1, 0.25, 0.3, 0.5, 0.7, 1, 1.5, 2, 3]));
  }
  if (scope.inside === 'cell') return scope.parameter(shape);
  if (names.length > 0) return scope.refer(choices.of(names));
  // A function sees vectors alone.
  const [a, b] = shape.map((dim) => leaf(scope, [dim], place));
  const bounds = multiply(a.bounds, b.bounds);
  return compose(real(shape), 'call', ['outer(', ...listed([a, b]), ')'], { bounds });
}

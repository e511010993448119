// Chance: dropout, draws of each scope, and what holds in training alone.
import { apply, compose, conditional, literal, product, real, slot } from './compose.ts';
import type { Shape } from './dims.ts';
import { hull, interval, magnitude } from './interval.ts';
import { closed, growReal, operands } from './real.ts';
import type { Place, Scope, Way, Ways } from './scope.ts';
import type { Expression, Rate } from './tree.ts';

/** How long a draw holds, as it is written; anew at each step only where there are steps. */
function scopeOf(scope: Scope, place: Place): { readonly text: string; readonly isStep: boolean } {
  const longer = scope.choices.of([', per: sequence', ', per: batch']);
  if (place.rate !== 'step' || scope.choices.oneIn(2)) return { text: longer, isStep: false };
  return { text: scope.choices.of(['', ', per: step']), isStep: true };
}

const dropped: Way = (scope, shape, place) => {
  if (place.known) return undefined;
  const e = growReal(scope, shape, place);
  const { text, isStep } = scopeOf(scope, place);
  const probability = literal(scope.choices.of([0.1, 0.25, 0.5]));
  scope.isPointwise = false;
  const most = 2 * magnitude(e.bounds);
  return compose(real(shape), 'call', ['dropout(', slot(e), ', ', slot(probability), `${text})`], {
    bounds: interval(-most, most),
    open: e.open,
    ...(isStep ? { rate: place.rate } : {}),
  });
};

/** A condition that holds by chance: of a shape, or of []. */
function chance(scope: Scope, shape: Shape, place: Place): Expression {
  const { text, isStep } = scopeOf(scope, place);
  const rate: Rate = isStep ? 'step' : 'constant';
  if (shape.length === 0 || scope.choices.oneIn(2)) {
    return compose({ kind: 'bool', shape: [] }, 'call', [`chance(0.3${text})`], { known: true, rate });
  }
  const like = growReal(scope, shape, closed(place));
  if (like.known) return compose({ kind: 'bool', shape: [] }, 'word', ['training'], { known: true });
  return compose({ kind: 'bool', shape }, 'call', ['chance(0.4, ', slot(like), `${text})`], { rate });
}

const chosen: Way = (scope, shape, place) => {
  scope.isPointwise = false;
  const [a, b] = operands(scope, shape, place, 2);
  const training = compose({ kind: 'bool', shape: [] }, 'word', ['training'], { known: true });
  return conditional(
    scope.choices.oneIn(3) ? training : chance(scope, place.known ? [] : shape, place),
    a,
    b,
  );
};

/** Normal numbers reach as far as the smallest number that is drawn lets them: to 6 at most. */
const gaussian: Way = (scope, shape, place) => {
  const like = growReal(scope, shape, closed(place));
  if (place.known && !like.known) return undefined;
  scope.isPointwise = false;
  const { text, isStep } = scopeOf(scope, place);
  const drawn = compose(real(shape), 'call', ['gaussian(', slot(like), `${text})`], {
    bounds: interval(-6, 6),
    known: like.known,
    rate: isStep ? 'step' : 'constant',
  });
  return product(literal(0.1), drawn);
};

const zoned: Way = (scope, shape, place) => {
  if (place.rate !== 'step') return undefined;
  scope.isPointwise = false;
  const [a, b] = operands(scope, shape, place, 2);
  return apply('zoneout', [a, b, literal(0.2)], hull(a.bounds, b.bounds));
};

export const noiseWays: Ways = [
  [1, dropped],
  [1, chosen],
  [1, gaussian],
  [1, zoned],
];

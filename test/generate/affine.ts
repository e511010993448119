// Fresh weights: affine, linear, Dense, Embedding.
import { compose, listed, real, slot } from './compose.ts';
import { growIndex } from './condition.ts';
import { mostElements, type Shape, textOf } from './dims.ts';
import { interval, magnitude, UNIT } from './interval.ts';
import { closed, growReal } from './real.ts';
import type { Place, Scope, Way, Ways } from './scope.ts';
import type { Expression } from './tree.ts';

/** Vectors and numbers, as many as are asked for. */
function argumentsOf(scope: Scope, place: Place, count: number): Expression[] {
  const shapes: Shape[] = Array.from({ length: count }, () => (scope.choices.oneIn(4) ? [] : [scope.dim()]));
  return shapes.map((shape) => growReal(scope, shape, closed(place)));
}

/** The sum of products of each argument with weights between -1 and 1. */
function productBounds(args: readonly Expression[], bias: number): ReturnType<typeof interval> {
  const sizes = args.map(
    (e) => mostElements(e.type.kind === 'real' ? e.type.shape : []) * magnitude(e.bounds),
  );
  const most = sizes.reduce((sum, size) => sum + size, bias);
  return interval(-most, most);
}

/** Takes the shape that its place tells, a vector or []. */
const mixed: Way = (scope, shape, place) => {
  if (!place.open || place.known || shape.length > 1) return undefined;
  const { choices } = scope;
  const name = choices.of(['affine', 'affine', 'linear']);
  const args = argumentsOf(scope, place, choices.between(1, 3));
  const bounds = productBounds(args, name === 'affine' ? 1 : 0);
  const starts = choices.of(['', '', '', ', start: normal(0.5)', name === 'affine' ? ', bias: 1' : '']);
  return compose(real(shape), 'call', [`${name}(`, ...listed(args), `${starts})`], { bounds, open: true });
};

const dense: Way = (scope, shape, place) => {
  if (place.known || shape.length > 1) return undefined;
  const args = argumentsOf(scope, place, 1);
  const bounds = productBounds(args, 1);
  if (shape.length === 1 && (!place.open || scope.choices.oneIn(2))) {
    return compose(real(shape), 'call', [`Dense(${textOf(shape[0])})(`, slot(args[0]), ')'], { bounds });
  }
  if (!place.open) return undefined;
  return compose(real(shape), 'call', ['Dense()(', slot(args[0]), ')'], { bounds, open: true });
};

const embedded: Way = (scope, shape, place) => {
  if (shape.length !== 1) return undefined;
  const names = scope.names.filter(
    ({ type, rate, stage }) => type.kind === 'index' && rate === place.rate && stage <= place.stage,
  );
  const known = names.length > 0 ? scope.choices.of(names).type : undefined;
  const categories = known?.kind === 'index' ? known.categories : scope.dim();
  const at = growIndex(scope, categories, closed(place));
  return compose(real(shape), 'call', [`Embedding(${textOf(shape[0])})(`, slot(at), ')'], { bounds: UNIT });
};

export const affineWays: Ways = [
  [14, mixed],
  [3, dense],
  [2, embedded],
];

// Values that look at others as a whole: reductions, products of matrices, joins, picks, and the prelude's functions of
// vectors.
import { apply, compose, listed, real, sizeAsNumber, slot } from './compose.ts';
import { growIndex } from './condition.ts';
import { type Dim, minus, mostElements, number, type Shape, symbol } from './dims.ts';
import { absolute, add, hull, type Interval, interval, magnitude, manyTimes, multiply } from './interval.ts';
import { closed, growReal, growScalar, growUnit } from './real.ts';
import type { Scope, Way, Ways } from './scope.ts';
import { positive, tamed } from './tame.ts';
import type { Expression, Part } from './tree.ts';

/** A size of the cell, or a small number. */
function someDim(scope: Scope): Dim {
  return scope.inside !== 'cell'
    ? symbol('s')
    : scope.choices.oneIn(8)
      ? number(scope.choices.between(1, 3))
      : scope.dim();
}

function someShape(scope: Scope): Shape {
  if (scope.inside !== 'cell') return [symbol('s')];
  const rank = scope.choices.weighted([
    [1, 0],
    [6, 1],
    [2, 2],
  ]);
  return Array.from({ length: rank }, () => someDim(scope));
}

/** `f(...)` that is [] by its form. */
function scalar(name: string, args: readonly Expression[], bounds: Interval): Expression {
  return compose(real([]), 'call', [`${name}(`, ...listed(args), ')'], { bounds, known: true });
}

const reduced: Way = (scope, shape, place) => {
  if (shape.length > 0) return undefined;
  const whole = someShape(scope);
  const e = growReal(scope, whole, closed(place));
  switch (scope.choices.of(['sum', 'mean', 'max', 'min', 'variance', 'log_sum_exp'])) {
    case 'sum':
      return scalar('sum', [e], manyTimes(e.bounds, mostElements(whole)));
    case 'mean':
      return scalar('mean', [e], e.bounds);
    case 'max':
      return scalar('max', [e], e.bounds);
    case 'min':
      return scalar('min', [e], e.bounds);
    case 'variance':
      return scalar('variance', [e], interval(0, (e.bounds.high - e.bounds.low) ** 2));
    default: {
      if (whole.length !== 1) return undefined;
      return scalar('log_sum_exp', [e], add(e.bounds, interval(0, Math.log(mostElements(whole)))));
    }
  }
};

const dotted: Way = (scope, shape, place) => {
  if (shape.length > 0) return undefined;
  const whole = someShape(scope);
  const a = growReal(scope, whole, closed(place));
  const b = growReal(scope, whole, { ...closed(place), open: whole.length === 1 });
  return scalar('dot', [a, b], manyTimes(multiply(a.bounds, b.bounds), mostElements(whole)));
};

const crossEntropy: Way = (scope, shape, place) => {
  if (shape.length > 0 || scope.inside !== 'cell') return undefined;
  const categories = someDim(scope);
  const logits = growReal(scope, [categories], closed(place));
  const label = growIndex(scope, categories, closed(place));
  return scalar('cross_entropy', [logits, label], interval(0, 2 * magnitude(logits.bounds) + 2));
};

/** `A @ b` in its three forms. */
const multiplied: Way = (scope, shape, place) => {
  const inner = closed(place);
  const between = someDim(scope);
  const of = (a: Shape, b: Shape): Expression => {
    const [left, right] = [growReal(scope, a, inner), growReal(scope, b, inner)];
    const bounds = manyTimes(multiply(left.bounds, right.bounds), mostElements([between]));
    return compose(real(shape), 'matrix', [slot(left, 'matrix'), ' @ ', slot(right, 'negation')], { bounds });
  };
  if (shape.length === 1) {
    return scope.choices.oneIn(3) ? of([between], [between, shape[0]]) : of([shape[0], between], [between]);
  }
  return shape.length === 2 ? of([shape[0], between], [between, shape[1]]) : undefined;
};

const outer: Way = (scope, shape, place) => {
  if (shape.length !== 2) return undefined;
  const [a, b] = shape.map((dim) => growReal(scope, [dim], closed(place)));
  return compose(real(shape), 'call', ['outer(', ...listed([a, b]), ')'], {
    bounds: multiply(a.bounds, b.bounds),
  });
};

const transposed: Way = (scope, shape, place) => {
  if (shape.length !== 2) return undefined;
  const e = growReal(scope, [shape[1], shape[0]], closed(place));
  return compose(real(shape), 'call', ['transpose(', slot(e), ')'], { bounds: e.bounds });
};

/** Where the first size is a sum: of two or three parts. */
const joined: Way = (scope, shape, place) => {
  if (shape.length === 0) return undefined;
  const [first, ...others] = shape;
  const candidates = [...scope.sizes.map(symbol), number(1), number(2)];
  const dims: Dim[] = [];
  let left: Dim = first;
  for (let k = 0; k < 2; k++) {
    const fits = candidates.filter((dim) => minus(left, dim) !== undefined);
    if (fits.length === 0 || (k > 0 && scope.choices.oneIn(2))) break;
    const dim = scope.choices.of(fits);
    dims.push(dim);
    left = minus(left, dim)!;
  }
  if (dims.length === 0) return undefined;
  const args = [...dims, left].map((dim) => growReal(scope, [dim, ...others], closed(place)));
  const bounds = hull(...args.map((e) => e.bounds));
  return compose(real(shape), 'call', ['concat(', ...listed(args), ')'], { bounds });
};

/** `a[k]`. */
const picked: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length > 1) return undefined;
  const names = scope.names.filter(
    ({ type, rate, stage }) => type.kind === 'index' && rate === place.rate && stage <= place.stage,
  );
  const known = names.length > 0 ? scope.choices.of(names).type : undefined;
  const categories = known?.kind === 'index' ? known.categories : someDim(scope);
  const table = growReal(scope, [categories, ...shape], closed(place));
  const at = growIndex(scope, categories, closed(place));
  const parts: Part[] = [slot(table, 'call'), '[', slot(at), ']'];
  return compose(real(shape), 'call', parts, { bounds: table.bounds, known: shape.length === 0 });
};

const ofVectors: Way = (scope, shape, place) => {
  if (shape.length !== 1) return undefined;
  const e = growReal(scope, shape, place);
  const most = mostElements(shape);
  switch (scope.choices.of(['softmax', 'layer_norm', 'log_softmax', 'normalized'])) {
    case 'softmax':
      return apply('softmax', [e], interval(0, 1));
    case 'layer_norm':
      return apply('layer_norm', [e], interval(-Math.sqrt(most), Math.sqrt(most)));
    case 'log_softmax': {
      const small = tamed(scope, e, 4);
      return apply('log_softmax', [small], interval(-8 - Math.log(most), 0));
    }
    default:
      return apply('normalized', [positive(scope, e)], interval(0, 1));
  }
};

/** The entropy of what a cell is sure of, a distance: sums of products of things with themselves. */
const shiftedSum: Way = (scope, shape, place) => {
  if (shape.length > 0) return undefined;
  const e = growUnit(scope, someVector(scope), closed(place));
  const shift = scope.choices.oneIn(2)
    ? apply('stop', [growScalar(scope, closed(place))], interval(-1, 1))
    : undefined;
  const by = shift === undefined ? growScalar(scope, closed(place)) : shift;
  const small = tamed(scope, by, 2);
  return scalar('shifted_log_sum_exp', [e, small], add(absolute(e.bounds), interval(-2, 3)));
};

function someVector(scope: Scope): Shape {
  return [someDim(scope)];
}

const sizeNumber: Way = (scope, shape) => {
  if (shape.length > 0 || scope.inside !== 'cell') return undefined;
  const size = sizeAsNumber(scope.choices.of(scope.sizes));
  return scope.choices.of([
    () => apply('sqrt', [size], interval(1, 3.2)),
    () => size,
    () =>
      compose(real([]), 'product', ['1 / ', slot(size, 'matrix')], { bounds: interval(0.1, 1), known: true }),
  ])();
};

export const shapedWays: Ways = [
  [4, reduced],
  [2, dotted],
  [1, crossEntropy],
  [6, multiplied],
  [5, outer],
  [2, transposed],
  [4, joined],
  [3, picked],
  [2, ofVectors],
  [1, shiftedSum],
  [1, sizeNumber],
];

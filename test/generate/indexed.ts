// Index notation: sums and other functions over an index, entries, slices, diagonals, and equations for each number of
// their indices, with shifts and convolutions. What has indices is made of whole values with a name or in brackets.
import { compose, literal, product, real, slot } from './compose.ts';
import { type Dim, minus, mostElements, number, plus, type Shape, shapeText, textOf, times } from './dims.ts';
import { add, hull, type Interval, interval, manyTimes } from './interval.ts';
import { closed, growReal, growUnit } from './real.ts';
import type { Place, Scope, Way, Ways } from './scope.ts';
import { tamed, tanh } from './tame.ts';
import type { Expression, Part } from './tree.ts';

const ZERO = interval(0, 0);

/** `e[places]`: of this shape. */
function at(e: Expression, places: string, shape: Shape, bounds: Interval = e.bounds): Expression {
  return compose(real(shape), 'call', [slot(e, 'call'), `[${places}]`], {
    bounds,
    known: shape.length === 0,
  });
}

/** A whole value between -1 and 1, with a number for these indices. */
function grown(scope: Scope, dims: Shape, places: string, place: Place): Expression {
  const whole = growUnit(scope, dims, { ...closed(place), depth: Math.min(place.depth, 2) });
  return at(whole, places, []);
}

/** A number made of two, and maybe of the indices themselves. */
function mixed(scope: Scope, a: Expression, b: Expression, index: string): Expression {
  const number = compose(real([]), 'word', [index], { bounds: interval(0, 10), known: true });
  return scope.choices.of<() => Expression>([
    () => product(a, b),
    () => product(a, b),
    () => tanh(product(a, b)),
    () => {
      const parts: Part[] = ['if ', index, ' < 1 then ', slot(a), ' else ', slot(b)];
      return compose(real([]), 'if', parts, { bounds: hull(a.bounds, b.bounds), known: true });
    },
    () => product(a, tanh(number)),
  ])();
}

function dim(scope: Scope): Dim {
  return scope.choices.oneIn(6) ? number(scope.choices.between(1, 3)) : scope.dim();
}

/** `sum over j: a[j] * b[j]`. */
function reduced(scope: Scope, place: Place, over: string, body: Expression, most: number): Expression {
  const word = scope.choices.of(['sum', 'sum', 'mean', 'max', 'min', 'prod']);
  // A product of numbers up to 1 is one.
  const inner = word === 'prod' ? tamed(scope, body, 1) : body;
  const bounds =
    word === 'sum' ? manyTimes(inner.bounds, most) : word === 'prod' ? interval(-1, 1) : inner.bounds;
  const parts: Part[] = [`${word} over ${over}: `, slot(inner, 'product')];
  const total = compose(real([]), 'if', parts, { bounds, known: true });
  return place.depth > 0 && scope.choices.oneIn(3) ? tanh(total) : total;
}

const overIndex: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length > 0) return undefined;
  const j = scope.fresh('j');
  const dims = [dim(scope)];
  const a = grown(scope, dims, j, place);
  const b = grown(scope, dims, j, place);
  return reduced(scope, place, j, mixed(scope, a, b, j), mostElements(dims));
};

/** Two indices: a matrix between two vectors, or its diagonal. */
const overIndices: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length > 0) return undefined;
  const [i, j] = [scope.fresh('i'), scope.fresh('j')];
  const [rows, columns] = [dim(scope), dim(scope)];
  if (scope.choices.oneIn(3)) {
    const diagonal = grown(scope, [rows, rows], `${i}, ${i}`, place);
    const b = grown(scope, [rows], i, place);
    return reduced(scope, place, i, mixed(scope, diagonal, b, i), mostElements([rows]));
  }
  const matrix = grown(scope, [rows, columns], `${i}, ${j}`, place);
  const inner = product(matrix, grown(scope, [columns], j, place));
  if (scope.choices.oneIn(2)) {
    return reduced(scope, place, `${i}, ${j}`, inner, mostElements([rows, columns]));
  }
  const row = tamed(scope, reduced(scope, place, j, inner, mostElements([columns])), 1);
  return reduced(scope, place, i, product(row, grown(scope, [rows], i, place)), mostElements([rows]));
};

/** `softmax over j: a[j] * b[j]`. */
const applied: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length !== 1) return undefined;
  const j = scope.fresh('j');
  const body = mixed(scope, grown(scope, shape, j, place), grown(scope, shape, j, place), j);
  return compose(real(shape), 'if', [`softmax over ${j}: `, slot(body, 'product')], {
    bounds: interval(0, 1),
  });
};

/** An entry by its number: of a vector, of a row or a column. */
const entry: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length > 1) return undefined;
  const size = dim(scope);
  const where = scope.choices.of(['0', last(size)]);
  const isColumn = shape.length === 1 && scope.choices.oneIn(2);
  const e = growReal(scope, isColumn ? [...shape, size] : [size, ...shape], closed(place));
  return at(e, isColumn ? `:, ${where}` : where, shape);
};

function last(size: Dim): string {
  return minus(size, number(1)) === undefined ? `${textOf(size)} - 1` : textOf(minus(size, number(1))!);
}

/** A slice of what is longer by one or two. */
const sliced: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length === 0) return undefined;
  const [first, ...others] = shape;
  const more = scope.choices.between(1, 2);
  const e = growReal(scope, [plus(first, number(more)), ...others], closed(place));
  const from = scope.choices.between(0, more);
  const end = plus(first, number(from));
  const places =
    from === more && scope.choices.oneIn(2) ? `${more}:` : `${from === 0 ? '' : from}:${textOf(end)}`;
  return at(e, places, shape);
};

/** The elements of a longer vector, or of a matrix, in another shape. */
const reshaped: Way = (scope, shape, place) => {
  if (scope.inside !== 'cell' || shape.length === 0 || shape.length > 2) return undefined;
  const [first, second] = shape;
  const from = second === undefined ? [number(1), first] : [times(first, second)];
  const e = growReal(scope, from, closed(place));
  return compose(real(shape), 'call', ['reshape(', slot(e), `, ${shapeText(shape)})`], { bounds: e.bounds });
};

/** An equation of its own for each number of its indices. */
const equation: Way = (scope, shape, place) => {
  const { choices } = scope;
  if (scope.inside !== 'cell' || shape.length < 1 || shape.length > 2) return undefined;
  const indices = shape.map((_, k) => scope.fresh('ij'[k]));
  const [i, j] = indices;
  const k = scope.fresh('k');
  const between = dim(scope);
  const width = number(choices.between(1, 3));
  const shifted = (places: string): Expression => {
    const e = grown(scope, shape, places, place);
    return { ...e, bounds: hull(e.bounds, ZERO) };
  };
  const one = (): Expression =>
    shape.length === 1
      ? choices.of<() => Expression>([
          () => shifted(`${i} ${choices.of(['+', '-'])} 1`),
          () => shifted(`${textOf(shape[0])} - 1 - ${i}`),
          () => convolved(),
          () => contracted([shape[0], between], `${i}, ${k}`, [between], k),
          () => grown(scope, [shape[0], shape[0]], `${i}, ${i}`, place),
          () => softened(),
        ])()
      : choices.of<() => Expression>([
          () => product(grown(scope, [shape[0]], i, place), grown(scope, [shape[1]], j, place)),
          () => grown(scope, [shape[1], shape[0]], `${j}, ${i}`, place),
          () => contracted([shape[0], between], `${i}, ${k}`, [between, shape[1]], `${k}, ${j}`),
          () => shifted(`${i}, ${j} - 1`),
          () => softened(),
        ])();
  const convolved = (): Expression => {
    const weights = grown(scope, [width], k, place);
    const x = shifted(`${choices.of(['', '2 * '])}${i} + ${k} - 1`);
    return total(product(weights, x), width);
  };
  const contracted = (left: Shape, leftPlaces: string, right: Shape, rightPlaces: string): Expression =>
    total(product(grown(scope, left, leftPlaces, place), grown(scope, right, rightPlaces, place)), between);
  const total = (body: Expression, size: Dim): Expression =>
    compose(real([]), 'if', [`sum over ${k}: `, slot(body, 'product')], {
      bounds: manyTimes(body.bounds, mostElements([size])),
      known: true,
    });
  const softened = (): Expression => {
    const [all, index] = [indices.join(', '), indices[indices.length - 1]];
    const e = grown(scope, shape, all, place);
    return compose(real([]), 'if', [`softmax over ${index}: `, slot(e, 'product')], {
      bounds: interval(0, 1),
      known: true,
    });
  };
  const a = one();
  const b = choices.oneIn(2) ? one() : literal(0.5);
  const value = tamed(
    scope,
    compose(real([]), 'sum', [slot(a, 'sum'), ' + ', slot(b, 'product')], {
      bounds: add(a.bounds, b.bounds),
      known: true,
    }),
    1,
  );
  const text = scope.fresh(shape.length === 2 ? 'Y' : 'y');
  scope.items.push({ parts: [`${text}[${indices.join(', ')}]: ${shapeText(shape)} = `, slot(value)] });
  const { rate, stage, bounds } = value;
  scope.define({ text, type: real(shape), rate, stage, bounds, known: false });
  return scope.refer(scope.names[scope.names.length - 1]);
};

export const indexedWays: Ways = [
  [3, overIndex],
  [3, overIndices],
  [1, applied],
  [2, entry],
  [2, sliced],
  [1, reshaped],
  [5, equation],
];

// Functions of the cell, and what is done with them several times in one step: repeat, and the solvers of the prelude.
import { compose, literal, product, real, shapeOf, slot, sumOf } from './compose.ts';
import { mostElements, type Shape, sameDim, shapeText, textOf } from './dims.ts';
import { type Interval, interval, UNIT } from './interval.ts';
import { closed, growLively, growUnit } from './real.ts';
import type { Place, Scope, Way, Ways } from './scope.ts';
import { positive, tamed } from './tame.ts';
import type { Expression } from './tree.ts';

/** A function of one value of this shape, or of two where the second is the number of a round; from -1 to 1. */
function localFunction(
  scope: Scope,
  shape: Shape,
  place: Place,
  ways: Ways,
  rounds: string | undefined,
): { readonly name: string; readonly stage: number } {
  const v = scope.fresh('v');
  const value = {
    text: v,
    type: real(shape),
    rate: place.rate,
    stage: place.stage,
    bounds: UNIT,
    known: false,
  };
  const isPicking = rounds !== undefined && shape.length < 2;
  const table = isPicking ? scope.fresh('R') : '';
  if (isPicking) {
    scope.used.add(table);
    const dims = shapeText(shape).slice(1, -1);
    scope.items.push({ parts: [`param ${table}: [${rounds}${dims === '' ? '' : `, ${dims}`}]`] });
  }
  const name = scope.fresh('g');
  let body: Expression | undefined;
  scope.within([value], ways, () => {
    const depth = Math.min(place.depth, 2);
    const grown = growUnit(scope, shape, { ...closed(place), depth });
    const own = product(literal(0.5), scope.refer(value));
    const whole = sumOf(product(literal(0.5), grown), own);
    const at = compose(real(shape), 'call', [`${table}[k]`], { bounds: UNIT });
    body = tamed(scope, isPicking ? sumOf(whole, at) : whole, 1);
  });
  const list = rounds === undefined ? v : `${v}, k`;
  scope.items.push({ parts: [`fn ${name}(${list}) = `, slot(body!)] });
  return { name, stage: body!.stage };
}

/** Something to start from that changes as the place does, so that the rate of the loop is that of the place. */
function start(scope: Scope, shape: Shape, place: Place): Expression | undefined {
  const x = tamed(scope, growLively(scope, shape, closed(place)), 1);
  return x.rate === place.rate ? x : undefined;
}

const repeated =
  (ways: Ways): Way =>
  (scope, shape, place) => {
    if (scope.inside !== 'cell' || place.known || shape.length > 2) return undefined;
    const x = start(scope, shape, place);
    if (x === undefined) return undefined;
    const { choices } = scope;
    const rounds =
      scope.sizes.length > 0 && choices.oneIn(4) ? choices.of(scope.sizes) : `${choices.between(1, 3)}`;
    const { name, stage } = localFunction(scope, shape, place, ways, choices.oneIn(2) ? rounds : undefined);
    return compose(real(shape), 'call', [`repeat(${name}, `, slot(x), `, ${rounds})`], {
      bounds: UNIT,
      stage,
    });
  };

/** The solvers, with how far from the value a step of size 0.5 leads, in multiples of the slope. */
const SOLVERS = ['euler', 'midpoint', 'heun', 'rk4'] as const;

const solved =
  (ways: Ways): Way =>
  (scope, shape, place) => {
    if (scope.inside !== 'cell' || place.known || shape.length > 2) return undefined;
    const x = start(scope, shape, place);
    if (x === undefined) return undefined;
    const { name, stage } = localFunction(scope, shape, place, ways, undefined);
    const bounds: Interval = interval(-1.5, 1.5);
    const parts = [`${scope.choices.of(SOLVERS)}(${name}, `, slot(x), ', 0.5)'];
    return compose(real(shape), 'call', parts, { bounds, stage });
  };

const identity: Way = ({ inside }, shape, place) => {
  if (inside !== 'cell' || place.known || shape.length !== 2 || !sameDim(shape[0], shape[1]))
    return undefined;
  return compose(real(shape), 'call', [`identity(${textOf(shape[0])})`], { bounds: interval(0, 1) });
};

/** Square matrices with something special. What is exponentiated has a norm of at most 1, or 2 before `orthogonal`. */
const constrained: Way = (scope, shape, place) => {
  if (place.known || shape.length !== 2 || !sameDim(shape[0], shape[1])) return undefined;
  const A = growUnit(scope, shape, closed(place));
  const small = slot(product(literal(1 / mostElements(shapeOf(A))), A));
  const one = `identity(${textOf(shape[0])})`;
  const [before, argument, after, bounds] = scope.choices.of([
    ['skew(', slot(A), ')', interval(-2, 2)],
    ['symmetric(', slot(A), ')', interval(-2, 2)],
    ['expm(', small, ')', interval(-3, 3)],
    ['orthogonal(', small, ')', UNIT],
    ['cayley(skew(', small, '))', UNIT],
    // Far from where it would have no inverse.
    ['nearest_orthogonal(', scope.inside === 'cell' ? small : undefined, ` + 2 * ${one})`, UNIT],
  ] as const);
  if (argument === undefined) return undefined;
  return compose(real(shape), 'call', [before, argument, after], { bounds });
};

/** A product of a matrix of few columns with another one. */
const ofLowRank: Way = (scope, shape, place) => {
  if (place.known || shape.length !== 2 || scope.inside !== 'cell') return undefined;
  const rank = scope.dim();
  const [U, V] = shape.map((dim) => growUnit(scope, [dim, rank], closed(place)));
  const most = mostElements([rank]);
  const parts = ['low_rank(', slot(U), ', ', slot(V), ')'];
  return compose(real(shape), 'call', parts, { bounds: interval(-most, most) });
};

const ofUnitLength: Way = (scope, shape, place) => {
  if (place.known || shape.length !== 1 || place.open) return undefined;
  const v = positive(scope, growUnit(scope, shape, closed(place)));
  return compose(real(shape), 'call', ['unit_norm(', slot(v), ')'], { bounds: UNIT });
};

/** `ways`: those that a function of the cell may use. */
export function loopWays(ways: Ways): Ways {
  return [
    [2, repeated(ways)],
    [1, solved(ways)],
    [1, identity],
    [8, constrained],
    [1, ofLowRank],
    [1, ofUnitLength],
  ];
}

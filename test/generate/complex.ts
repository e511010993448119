// Complex values inside of real ones: they grow like real values, of complex weights, states and equations, and come back
// by `re`, `im` and `abs`. Their bounds say how large the absolute value may be.
import { compose, listed, real, slot } from './compose.ts';
import { growBool } from './condition.ts';
import { mostElements, type Shape, shapeText } from './dims.ts';
import { interval, magnitude } from './interval.ts';
import { beside, closed, growReal, growScalar, growUnit } from './real.ts';
import type { Place, Scope, Way, Ways } from './scope.ts';
import { positive, tamed } from './tame.ts';
import type { Expression, Level, Part, ValueType } from './tree.ts';

export function complex(shape: Shape): ValueType {
  return { kind: 'complex', shape };
}

/** A complex expression of a shape, with an absolute value of at most `most`. */
function made(shape: Shape, level: Level, parts: readonly Part[], most: number, known = false): Expression {
  return compose(complex(shape), level, parts, { bounds: interval(-most, most), known });
}

/** A complex value of a shape, and not a large one. */
export function growComplex(scope: Scope, shape: Shape, place: Place): Expression {
  const grown = place.depth <= 0 ? leaf(scope, shape, place) : step(scope, shape, place);
  return smaller(grown, 4);
}

/** As large as `most` at most: by a real factor, or by its own absolute value. */
export function smaller(z: Expression, most: number): Expression {
  const size = magnitude(z.bounds);
  if (size <= most) return z;
  const factor = String(Math.floor((1000 * most) / size) / 1000);
  if (factor === '0') return made(shapeOf(z), 'call', ['cis(abs(', slot(z), '))'], 1, z.known);
  return made(shapeOf(z), 'product', [`${factor} * `, slot(z, 'matrix')], most, z.known);
}

function shapeOf({ type }: Expression): Shape {
  return type.kind === 'index' ? [] : type.shape;
}

/** A name, a weight, or two real values. */
function leaf(scope: Scope, shape: Shape, place: Place): Expression {
  const { choices } = scope;
  const names = scope.fitting(complex(shape), place);
  if (names.length > 0 && !choices.oneIn(4)) return scope.refer(scope.prefer(names));
  if (scope.inside === 'cell' && !place.known && choices.oneIn(2)) return weight(scope, shape);
  return pair(scope, shape, place);
}

function weight(scope: Scope, shape: Shape): Expression {
  const { choices } = scope;
  const name = scope.fresh(choices.of(['lambda', 'Z']));
  const start = choices.of(['', ' ~ normal(0.5)', ' ~ glorot', ' = 0.5']);
  scope.items.push({ parts: [`param ${name}: complex ${shapeText(shape)}${start}`] });
  const facts = { rate: 'constant', stage: 0, known: shape.length === 0 } as const;
  scope.define({ text: name, type: complex(shape), bounds: interval(-Math.SQRT2, Math.SQRT2), ...facts });
  return scope.refer(scope.names[scope.names.length - 1]);
}

/** Of real values: both of the shape, or one of the two a number. */
function pair(scope: Scope, shape: Shape, place: Place): Expression {
  const { choices } = scope;
  const a = growUnit(scope, shape, place);
  if (choices.oneIn(2)) return made(shape, 'call', ['cis(', slot(a), ')'], 1, a.known);
  const b = choices.oneIn(4)
    ? tamed(scope, growScalar(scope, place), 1)
    : growUnit(scope, shape, beside(shape, place));
  const both = choices.oneIn(2) ? [a, b] : [b, a];
  return made(shape, 'call', ['complex(', ...listed(both), ')'], Math.SQRT2, a.known && b.known);
}

function step(scope: Scope, shape: Shape, given: Place): Expression {
  const { choices } = scope;
  const place = { ...given, depth: given.depth - 1 };
  const of = (inner: Shape = shape, at: Place = place): Expression => growComplex(scope, inner, at);
  const size = (e: Expression): number => magnitude(e.bounds);
  const two = (operator: string, level: Level, right: Level, a: Expression, b: Expression, most: number) =>
    made(shape, level, [slot(a, level), ` ${operator} `, slot(b, right)], most, a.known && b.known);
  const one = (name: string, z: Expression, most: number): Expression =>
    made(shape, 'call', [`${name}(`, slot(z), ')'], most, z.known);
  const between = scope.inside === 'cell' ? [scope.dim()] : [];
  const elementwise: readonly (readonly [number, () => Expression])[] = [
    [3, () => leaf(scope, shape, place)],
    [4, () => sum('+')],
    [2, () => sum('-')],
    [6, () => times(of(), of())],
    [3, () => times(choices.oneIn(2) ? literalNumber() : growReal(scope, shape, place), of())],
    [2, () => over(of())],
    [1, () => over(growReal(scope, shape, place))],
    [2, () => one('conj', of(), 4)],
    [1, () => one('stop', of(), 4)],
    [1, () => made(shape, 'negation', ['-', slot(of(), 'power')], 4)],
    [2, () => raised(of(), choices.between(2, 3))],
    [2, () => one('exp', smaller(of(), 1), Math.E)],
    [2, () => chosen()],
    [2, () => shortened(of())],
  ];
  const whole: readonly (readonly [number, () => Expression])[] =
    between.length === 0 || given.known
      ? []
      : [
          [shape.length === 1 ? 5 : 0, () => product(shape.length === 1)],
          [shape.length === 2 ? 2 : 0, () => product(false)],
          [shape.length === 2 ? 3 : 0, () => outer()],
          [shape.length === 2 ? 2 : 0, () => one('transpose', of([...shape].reverse(), closed(place)), 4)],
          [shape.length === 0 ? 3 : 0, () => reduced()],
          [shape.length === 0 ? 3 : 0, () => dotted()],
          [2, () => ended()],
          [2, () => delayed()],
        ];
  return choices.weighted<() => Expression>([...elementwise, ...whole])();

  function sum(operator: '+' | '-'): Expression {
    const mixed = [choices.oneIn(4) ? growReal(scope, shape, place) : of(), of()];
    const [a, b] = choices.oneIn(2) ? mixed : mixed.reverse();
    return two(operator, 'sum', 'product', a, b, size(a) + size(b));
  }

  function times(a: Expression, b: Expression): Expression {
    return two('*', 'product', 'matrix', a, b, size(a) * size(b));
  }

  function literalNumber(): Expression {
    return compose(real([]), 'word', [choices.of(['0.5', '2'])], { bounds: interval(0.5, 2), known: true });
  }

  /** By what keeps off zero: its real part does. */
  function over(a: Expression): Expression {
    const away = positive(scope, growUnit(scope, shape, place));
    const other = growUnit(scope, shape, beside(shape, place));
    const divisor = choices.oneIn(4) && a.type.kind === 'complex' ? away : below(away, other);
    return two('/', 'product', 'matrix', a, divisor, size(a) / 0.1);
  }

  function below(away: Expression, other: Expression): Expression {
    return made(shape, 'call', ['complex(', ...listed([away, other]), ')'], 9, away.known && other.known);
  }

  function raised(z: Expression, k: number): Expression {
    return made(shape, 'power', [slot(z, 'over'), ` ^ ${k}`], size(z) ** k, z.known);
  }

  function shortened(z: Expression): Expression {
    const b = growUnit(scope, shape, beside(shape, place));
    return made(shape, 'call', ['modrelu(', ...listed([z, b]), ')'], size(z) + 1, z.known && b.known);
  }

  function chosen(): Expression {
    const condition = growBool(scope, choices.oneIn(2) ? [] : shape, closed(place));
    const [a, b] = [of(), choices.oneIn(4) ? growReal(scope, shape, place) : of()];
    const parts = ['if ', slot(condition, 'or'), ' then ', slot(a), ' else ', slot(b)];
    return made(shape, 'if', parts, Math.max(size(a), size(b)), condition.known && a.known && b.known);
  }

  /** `W @ z`, of a real or a complex matrix. */
  function product(vector: boolean): Expression {
    const inner = closed(place);
    const rows = [shape[0], ...between];
    const columns = vector ? between : [...between, shape[1]];
    const matrix = choices.oneIn(2) ? of(rows, inner) : growReal(scope, rows, inner);
    const other = matrix.type.kind === 'complex' && choices.oneIn(2) ? growReal : growComplex;
    const right = other(scope, columns, inner);
    const most = size(matrix) * size(right) * mostElements(between);
    return two('@', 'matrix', 'negation', matrix, right, most);
  }

  function outer(): Expression {
    const [a, b] = shape.map((dim) => of([dim], closed(place)));
    return made(shape, 'call', ['outer(', ...listed([a, b]), ')'], size(a) * size(b));
  }

  function reduced(): Expression {
    const name = choices.of(['sum', 'mean']);
    const z = of(between, closed(place));
    return one(name, { ...z, known: true }, size(z) * mostElements(between));
  }

  function dotted(): Expression {
    const [a, b] = [of(between, closed(place)), of(between, closed(place))];
    return made(
      [],
      'call',
      ['dot(', ...listed([a, b]), ')'],
      size(a) * size(b) * mostElements(between),
      true,
    );
  }

  function ended(): Expression {
    if (place.rate !== 'once' || place.stage === 0) return leaf(scope, shape, place);
    const z = of(shape, { ...closed(place), rate: 'step', stage: place.stage - 1 });
    if (z.rate !== 'step') return z.rate === 'constant' ? z : leaf(scope, shape, place);
    scope.isPointwise = false;
    const word = choices.of(['last', 'first', 'mean over time']);
    const facts = { bounds: z.bounds, rate: 'once', stage: z.stage + 1 } as const;
    return compose(complex(shape), 'over', [`${word} `, slot(z, 'over')], facts);
  }

  function delayed(): Expression {
    const names = scope.fitting(complex(shape), place).filter(({ text, rate }) => {
      return place.rate === 'step' && rate === 'step' && /^\w+$/.test(text);
    });
    if (names.length === 0) return leaf(scope, shape, place);
    const named = choices.of(names);
    scope.refer(named);
    scope.isPointwise = false;
    scope.hasState = true;
    const { rate, stage, bounds, known } = named;
    const text = `delay(${named.text}, ${choices.between(1, 2)})`;
    return compose(complex(shape), 'call', [text], { rate, stage, bounds, known });
  }
}

/** A real value of a complex one. */
const partOfComplex: Way = (scope, shape, place) => {
  const z = growComplex(scope, shape, { ...place, open: false, depth: Math.min(place.depth, 3) });
  const size = magnitude(z.bounds);
  const word = scope.choices.of(['re', 'im', 'abs']);
  const bounds = word === 'abs' ? interval(0, size) : interval(-size, size);
  const e = compose(real(shape), 'call', [`${word}(`, slot(z), ')'], { bounds, known: z.known });
  return tamed(scope, e, 4);
};

export const complexWays: Ways = [[3, partOfComplex]];

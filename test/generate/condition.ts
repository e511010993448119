// Conditions and categories.
import { apply, compose, conditional, elementwise, literal, product, slot } from './compose.ts';
import { type Dim, type Shape, sameDim, textOf } from './dims.ts';
import { closed, growLively, growScalar } from './real.ts';
import type { Place, Scope } from './scope.ts';
import type { Expression } from './tree.ts';

/** A condition of a shape, or one that is [] by its form. */
export function growCondition(scope: Scope, shape: Shape, place: Place): Expression {
  const { choices } = scope;
  const isScalar = shape.length === 0 || choices.oneIn(2);
  return growBool(scope, isScalar ? [] : shape, {
    ...closed(place),
    known: isScalar,
    depth: place.depth - 1,
  });
}

/** A bool of a shape. */
export function growBool(scope: Scope, shape: Shape, place: Place): Expression {
  const { choices } = scope;
  const names = scope.fitting({ kind: 'bool', shape }, place);
  if (names.length > 0 && choices.oneIn(3)) return scope.refer(choices.of(names));
  const inner = { ...place, depth: place.depth - 1 };
  const deep = place.depth > 0 ? 1 : 0;
  return choices.weighted<() => Expression>([
    [6, () => comparison(scope, shape, inner)],
    [deep, () => elementwise('bool', 'not', ['not ', slot(growBool(scope, shape, inner), 'comparison')])],
    [deep, () => both(scope, shape, inner)],
    [shape.length === 0 ? 2 * deep : 0, () => throughout(scope, inner)],
    [shape.length === 0 ? 2 * deep : 0, () => sameCategory(scope, place) ?? comparison(scope, shape, inner)],
    [
      shape.length === 0 && place.rate === 'step' && scope.inside === 'cell' ? 2 : 0,
      () => stepCondition(scope),
    ],
  ])();
}

/** Whether a condition holds everywhere, or anywhere. */
function throughout(scope: Scope, place: Place): Expression {
  const word = scope.choices.of(['all', 'any']);
  const shape = scope.inside === 'cell' ? [scope.dim()] : [];
  const condition = growBool(scope, shape, { ...place, known: false });
  return compose({ kind: 'bool', shape: [] }, 'call', [`${word}(`, slot(condition), ')'], { known: true });
}

/** Of values that are hardly ever equal. */
function comparison(scope: Scope, shape: Shape, place: Place): Expression {
  const { choices } = scope;
  const a = growLively(scope, shape, { ...place, open: false });
  const level = choices.of([0.13, 0.37, 0.61]);
  const b = choices.oneIn(3) ? growScalar(scope, place) : literal(level);
  // What both sides are at zero is compared often enough; a number of its own keeps them apart.
  const right = choices.oneIn(2) ? b : apply('tanh', [b], b.bounds);
  const operator = choices.weighted([
    [4, '<'],
    [4, '>'],
    [2, '<='],
    [2, '>='],
    [1, '!='],
    [1, '=='],
  ]);
  return elementwise('bool', 'comparison', [slot(a, 'sum'), ` ${operator} `, slot(right, 'sum')]);
}

function both(scope: Scope, shape: Shape, place: Place): Expression {
  const [a, b] = [growBool(scope, shape, place), growBool(scope, shape, place)];
  return scope.choices.oneIn(2)
    ? elementwise('bool', 'and', [slot(a, 'and'), ' and ', slot(b, 'not')])
    : elementwise('bool', 'or', [slot(a, 'or'), ' or ', slot(b, 'and')]);
}

function sameCategory(scope: Scope, place: Place): Expression | undefined {
  const { choices } = scope;
  const names = scope.names.filter(
    ({ type, rate, stage }) =>
      type.kind === 'index' && (rate === place.rate || rate === 'constant') && stage <= place.stage,
  );
  if (names.length === 0) return undefined;
  const named = choices.of(names);
  if (named.type.kind !== 'index') return undefined;
  const { categories } = named.type;
  const a = scope.refer(named);
  const isOne = sameDim(categories, [['', 1]]);
  const b = choices.oneIn(2) ? growIndex(scope, categories, place) : literal(isOne ? 0 : 1);
  const count = Number(textOf(categories));
  // A number beside a category must be one of it, for every choice of the sizes.
  const right = b.parts[0] === '1' && !(count > 1) ? literal(0) : b;
  const operator = choices.of(['==', '!=']);
  return compose(
    { kind: 'bool', shape: [] },
    'comparison',
    [slot(a, 'sum'), ` ${operator} `, slot(right, 'sum')],
    {
      known: true,
    },
  );
}

function stepCondition(scope: Scope): Expression {
  scope.isPointwise = false;
  const text = scope.choices.of([
    't < 2',
    't mod 2 == 0',
    't mod 3 != 1',
    '1 <= t',
    'not (t == 1)',
    't > 3 and t < 6',
  ]);
  const level = text.startsWith('not') ? 'not' : text.includes('and') ? 'and' : 'comparison';
  return compose({ kind: 'bool', shape: [] }, level, [text], { known: true, rate: 'step' });
}

/** A category. */
export function growIndex(scope: Scope, categories: Dim, place: Place): Expression {
  const { choices } = scope;
  const names = scope.fitting({ kind: 'index', categories }, { ...place, known: false });
  if (names.length > 0 && !choices.oneIn(4)) return scope.refer(scope.prefer(names));
  const inner = { ...closed(place), depth: place.depth - 1 };
  if (place.depth > 0 && choices.oneIn(4)) {
    const [a, b] = [growIndex(scope, categories, inner), growIndex(scope, categories, inner)];
    return conditional(growBool(scope, [], { ...inner, known: true }), a, b);
  }
  if (scope.inside === 'cell' && choices.oneIn(4)) {
    const number = growScalar(scope, inner);
    const turned = product(literal(choices.of([2, 5])), number);
    const parts = ['to_index(', slot(turned), `, ${textOf(categories)})`];
    return compose({ kind: 'index', categories }, 'call', parts);
  }
  const logits = growLively(scope, [categories], inner);
  return compose({ kind: 'index', categories }, 'call', ['argmax(', slot(logits), ')']);
}

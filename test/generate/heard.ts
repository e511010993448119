// A value of some shape made from something that is there at each step (or once), of any type: where nothing of the
// shape is at hand, and where an equation would otherwise be of weights alone.
import { compose, listed, product, real, slot } from './compose.ts';
import { mostElements, type Shape, sameShape } from './dims.ts';
import { type Interval, manyTimes, multiply } from './interval.ts';
import type { Named, Place, Scope } from './scope.ts';
import type { Expression } from './tree.ts';

/** What has the rate of a place, and may be used there. */
function lively(scope: Scope, { rate, stage }: Place): Named[] {
  return scope.names.filter(
    (named) => named.rate === rate && named.stage <= stage && named.type.kind !== 'bool',
  );
}

/** A value of the shape; undefined where nothing is there, or it does not suit. */
export function heard(scope: Scope, shape: Shape, place: Place): Expression | undefined {
  const names = lively(scope, place);
  if (names.length === 0 || shape.length > 2) return undefined;
  const named = scope.prefer(names);
  const { type } = named;
  if (type.kind === 'index') return picked(scope, named, shape);
  if (type.kind === 'complex') return ofComplex(scope, named, shape);
  if (type.kind === 'real' && sameShape(type.shape, shape) && (named.known || !place.known))
    return scope.refer(named);
  // What a function of any shape looks at as a whole would tell it no shape.
  if (scope.inside === 'any') return undefined;
  if (shape.length === 0) return scope.choices.oneIn(2) ? reduced(scope, named) : weighed(scope, named);
  if (scope.inside !== 'cell') return undefined;
  if (named.known) return product(scope.refer(named), scope.parameter(shape));
  if (type.kind !== 'real' || type.shape.length === 0) return undefined;
  const vector =
    type.shape.length === 1
      ? scope.refer(named)
      : multiplied(scope.refer(named), scope.parameter([type.shape[1]]));
  const [dim] = type.shape;
  if (shape.length === 1) return multiplied(scope.parameter([shape[0], dim]), vector);
  const column = multiplied(scope.parameter([shape[1], dim]), vector);
  const row = scope.parameter([shape[0]]);
  const bounds = multiply(row.bounds, column.bounds);
  return compose(real(shape), 'call', ['outer(', ...listed([row, column]), ')'], { bounds });
}

/** A part of a complex value, or how large it is. */
function ofComplex(scope: Scope, named: Named, shape: Shape): Expression | undefined {
  if (named.type.kind !== 'complex') return undefined;
  const { known, bounds } = named;
  const word = scope.choices.of(['re', 'im', 'abs']);
  const own = named.type.shape;
  const part = compose(real(own), 'call', [`${word}(`, slot(scope.refer(named)), ')'], { known, bounds });
  if (sameShape(own, shape)) return known || own.length > 0 ? part : undefined;
  return shape.length === 0 ? scalar('mean', [part], bounds) : undefined;
}

/** A matrix by a vector. */
function multiplied(a: Expression, b: Expression): Expression {
  const shape = a.type.kind === 'real' ? a.type.shape : [];
  const bounds = manyTimes(multiply(a.bounds, b.bounds), mostElements([shape[1]]));
  return compose(real([shape[0]]), 'matrix', [slot(a, 'matrix'), ' @ ', slot(b, 'negation')], { bounds });
}

function picked(scope: Scope, named: Named, shape: Shape): Expression | undefined {
  if (named.type.kind !== 'index' || shape.length > 1 || scope.inside !== 'cell') return undefined;
  const table = scope.parameter([named.type.categories, ...shape]);
  const parts = [slot(table, 'call'), '[', slot(scope.refer(named)), ']'];
  return compose(real(shape), 'call', parts, { bounds: table.bounds, known: shape.length === 0 });
}

function scalar(text: string, args: readonly Expression[], bounds: Interval): Expression {
  return compose(real([]), 'call', [`${text}(`, ...listed(args), ')'], { bounds, known: true });
}

function reduced(scope: Scope, named: Named): Expression {
  const name = scope.choices.of(['mean', 'max', 'min']);
  return scalar(name, [scope.refer(named)], named.bounds);
}

function weighed(scope: Scope, named: Named): Expression {
  if (scope.inside !== 'cell' || named.type.kind !== 'real') return reduced(scope, named);
  const { shape } = named.type;
  const weight = scope.parameter(shape);
  const bounds = manyTimes(multiply(weight.bounds, named.bounds), mostElements(shape));
  return scalar('dot', [weight, scope.refer(named)], bounds);
}

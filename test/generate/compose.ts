// Expressions put together: text, rate, stage and what is known of the shape follow from the parts; the bounds are the
// business of whoever knows the function.
import type { Shape } from './dims.ts';
import { add, divide, hull, type Interval, interval, multiply, negate } from './interval.ts';
import type { Expression, Level, Part, Rate, Slot, ValueType } from './tree.ts';

const rates: readonly Rate[] = ['constant', 'once', 'step'];

export function real(shape: Shape): ValueType {
  return { kind: 'real', shape };
}

export function shapeOf({ type }: Expression): Shape {
  return type.kind === 'index' ? [] : type.shape;
}

/** Categories and conditions have no bounds. */
const NO_BOUNDS: Interval = interval(0, 0);

export function slot(expression: Expression, level: Level = 'if'): Slot {
  return { expression, level };
}

interface Facts {
  readonly bounds?: Interval;
  readonly known?: boolean;
  readonly open?: boolean;
  readonly rate?: Rate;
  readonly stage?: number;
}

/** An expression of these parts; its rate and stage are the latest of theirs. */
export function compose(
  type: ValueType,
  level: Level,
  parts: readonly Part[],
  facts: Facts = {},
): Expression {
  const inner = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.expression]));
  const rate = rates[Math.max(0, ...inner.map((expression) => rates.indexOf(expression.rate)))];
  return {
    type,
    level,
    parts,
    rate: facts.rate ?? rate,
    stage: Math.max(facts.stage ?? 0, ...inner.map(({ stage }) => stage)),
    bounds: facts.bounds ?? NO_BOUNDS,
    known: facts.known ?? false,
    open: facts.open ?? false,
  };
}

/** Element by element: of one shape, except that what is known to be [] spreads. */
export function elementwise(
  kind: 'real' | 'bool',
  level: Level,
  parts: readonly Part[],
  bounds: Interval = NO_BOUNDS,
): Expression {
  const inner = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.expression]));
  const whole = inner.filter(({ known }) => !known);
  const shape = whole.length === 0 ? [] : shapeOf(whole[0]);
  return compose({ kind, shape }, level, parts, {
    bounds,
    known: whole.length === 0,
    open: whole.length > 0 && isOpen(shape, whole),
  });
}

/** Numbers of which it is not plain that they are [] might spread: beside them nothing is settled. */
function isOpen(shape: Shape, whole: readonly Expression[]): boolean {
  return shape.length === 0 ? whole.some(({ open }) => open) : whole.every(({ open }) => open);
}

/** A number that is not negative, in a few digits. */
export function literal(value: number): Expression {
  return compose(real([]), 'word', [String(value)], { bounds: interval(value, value), known: true });
}

/** A word for something whose facts are given. */
export function word(text: string, type: ValueType, facts: Facts): Expression {
  return compose(type, 'word', [text], facts);
}

/** `f(a, b)`, element by element. */
export function apply(name: string, args: readonly Expression[], bounds: Interval): Expression {
  return elementwise('real', 'call', [`${name}(`, ...listed(args), ')'], bounds);
}

/** The arguments with commas between them. */
export function listed(args: readonly Expression[]): Part[] {
  return args.flatMap((argument, i) => (i === 0 ? [slot(argument)] : [', ', slot(argument)]));
}

export function sumOf(a: Expression, b: Expression): Expression {
  return elementwise('real', 'sum', [slot(a, 'sum'), ' + ', slot(b, 'product')], add(a.bounds, b.bounds));
}

export function difference(a: Expression, b: Expression): Expression {
  const bounds = add(a.bounds, negate(b.bounds));
  return elementwise('real', 'sum', [slot(a, 'sum'), ' - ', slot(b, 'product')], bounds);
}

export function product(a: Expression, b: Expression): Expression {
  const bounds = multiply(a.bounds, b.bounds);
  return elementwise('real', 'product', [slot(a, 'product'), ' * ', slot(b, 'matrix')], bounds);
}

/** Zero must not lie in the bounds of b. */
export function quotient(a: Expression, b: Expression): Expression {
  const bounds = divide(a.bounds, b.bounds);
  return elementwise('real', 'product', [slot(a, 'product'), ' / ', slot(b, 'matrix')], bounds);
}

export function negation(a: Expression): Expression {
  return elementwise('real', 'negation', ['-', slot(a, 'power')], negate(a.bounds));
}

export function conditional(condition: Expression, value: Expression, otherwise: Expression): Expression {
  const parts = ['if ', slot(condition, 'or'), ' then ', slot(value), ' else ', slot(otherwise)];
  const bounds = hull(value.bounds, otherwise.bounds);
  if (value.type.kind === 'index') return compose(value.type, 'if', parts);
  // The condition's shape is that of the branches, or [].
  const branches = [value, otherwise].filter(({ known }) => !known);
  const whole = branches.length > 0 || condition.known ? branches : [condition];
  const shape = whole.length === 0 ? [] : shapeOf(whole[0]);
  const known = condition.known && branches.length === 0;
  const open = !known && isOpen(shape, [...branches, ...(condition.known ? [] : [condition])]);
  return compose({ kind: value.type.kind, shape }, 'if', parts, { bounds, known, open });
}

/** A size as a number; copies of a cell may have it larger than the program's own are. */
export function sizeAsNumber(name: string): Expression {
  return compose(real([]), 'word', [name], { bounds: interval(1, 10), known: true });
}

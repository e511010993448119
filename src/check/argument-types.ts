// Types of the arguments of functions: `fn attention(q: [d], keys: [k, d]) = ...`. A name in such a type that means no
// size yet is one that the use binds, and the body knows it; every other size must be the one that is given.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Expression, Parameter, TypeAnnotation } from '../parser/tree.ts';
import { expectNumber, refuseReal } from './complex.ts';
import {
  type Context,
  type Draft,
  draftReal,
  type FunctionValue,
  isFunctionValue,
  isPoison,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  type Place,
  reasons,
  seesCell,
  shapeText,
  typeText,
} from './context.ts';
import { expectReal } from './expect.ts';
import { readSizeAt } from './place-sizes.ts';
import { shortText } from './report.ts';
import type { FunctionEntry } from './resolve.ts';
import { unifyShapes } from './shapes.ts';
import { showSize } from './size.ts';

type Arguments = ReadonlyMap<string, Draft | FunctionValue>;

/**
 * The arguments with the sizes that their types bind; undefined where one has another type than the function says, which
 * is reported at the use. `place` is that of the body.
 */
export function bindTypes(
  context: Context,
  entry: FunctionEntry,
  given: Arguments,
  place: Place,
  span: Span,
): Arguments | undefined {
  const all = new Map(given);
  const within = { ...place, parameters: all };
  const { parameters } = entry.declaration;
  // Names first, so that `[4 * d]` may stand before `[d]`.
  for (const { type } of parameters) {
    for (const size of type === undefined ? [] : sizesIn(type)) bindName(context, size, within, all, span);
  }
  let good = true;
  for (const parameter of parameters) {
    const argument = given.get(parameter.name.text);
    if (parameter.type === undefined || argument === undefined) continue;
    const isGood = fits(context, entry, parameter, argument, within, all);
    good &&= isGood;
  }
  return good ? all : undefined;
}

function fits(
  context: Context,
  entry: FunctionEntry,
  { name, type }: Parameter,
  argument: Draft | FunctionValue,
  place: Place,
  all: Map<string, Draft | FunctionValue>,
): boolean {
  if (type === undefined) return true;
  const { value } = type;
  const { declaration, module } = entry;
  const at = place.at ?? argument.span;
  const wanted = shortText(type.span) ?? 'another type';
  const label: Label | undefined = module.isPrelude
    ? undefined
    : { span: type.span, text: `${name.text} of ${declaration.name.text} is declared here` };
  const notes = sizesIn(type).flatMap((size) => {
    const known = size.kind === 'name' ? all.get(size.text) : undefined;
    if (size.kind !== 'name' || known === undefined || isFunctionValue(known)) return [];
    const found = known.size && context.unknowns.resolve(known.size);
    if (found === undefined || context.unknowns.isOpen(found)) return [];
    return [`${size.text} is ${showSize(found)} here, by the arguments before`];
  });
  const complain = (what: string): false => {
    context.report.add({
      code: 'RNN3003',
      message: `${declaration.name.text} takes ${name.text}: ${wanted}, and ${what}`,
      span: at,
      related: reasons(at, label, ...(isFunctionValue(argument) ? [] : originOf(argument))),
      notes,
    });
    return false;
  };
  if (isFunctionValue(argument)) return complain(`${argument.name} is a function`);
  if (isPoison(argument)) return false;
  const text = nameOf(argument, 'this');
  if (value.kind === 'index') {
    const { element, categories } = argument.type;
    if (element !== 'index' || categories === undefined)
      return complain(`${text} is ${typeText(context, argument.type)}`);
    const size = readSizeAt(context, value.size, place);
    const fail = (): void => void complain(`${text} is ${typeText(context, argument.type)}`);
    if (size === undefined) return false;
    if (context.unknowns.unify(size, categories, fail)) return true;
    fail();
    return false;
  }
  const isComplexType = value.kind === 'named' ? value.name.text === 'complex' : value.complex;
  const use = declaration.name.text;
  if (!(isComplexType ? expectNumber : expectReal)(context, argument, use)) return false;
  if (isComplexType && refuseReal(context, argument, `${name.text} of ${use} is complex`, label))
    return false;
  // Another word is told where the function is declared.
  if (value.kind === 'named' && !isComplexType && value.name.text !== 'real') return false;
  const shape = sizesIn(type).map((size) => readSizeAt(context, size, place));
  const wholeShape = shape.filter((size) => size !== undefined);
  if (wholeShape.length < shape.length) return false;
  const fail = (): void => void complain(`${text} is ${shapeText(context, argument.type.shape)}`);
  if (!unifyShapes(argument.type.shape, wholeShape, context.unknowns, label, fail)) {
    fail();
    return false;
  }
  // What is declared [] is known to be: it spreads.
  const isScalar = shape.length === 0;
  if (isScalar && !argument.type.scalar)
    all.set(name.text, { ...argument, type: { ...argument.type, shape: [], scalar: true } });
  return true;
}

/** A name in a type that means no size yet is a new one, which an argument will tell. */
function bindName(
  context: Context,
  expression: Expression,
  place: Place,
  all: Map<string, Draft | FunctionValue>,
  span: Span,
): void {
  if (expression.kind !== 'name' || all.has(expression.text)) return;
  if (seesCell(place) && context.scope.get(expression.text)?.kind === 'size') return;
  const size = context.unknowns.fresh();
  const type = draftReal([], 'constant');
  const finish = () =>
    ({ kind: 'size', size: context.unknowns.resolve(size), ...nodeBase(context, span, type) }) as const;
  all.set(expression.text, makeDraft(span, type, finish, { atomic: true, size }));
}

/** The sizes that stand in a type. */
function sizesIn({ value }: TypeAnnotation): readonly Expression[] {
  return value.kind === 'tensor' ? value.sizes : value.kind === 'index' ? [value.size] : [];
}

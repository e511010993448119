// Types of the arguments of functions: `fn attention(q: [d], keys: [k, d]) = ...`. A name in such a type that means no
// size yet is one that the use binds, and the body knows it; every other size must be the one that is given.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Expression, Parameter, TypeAnnotation } from '../parser/tree.ts';
import {
  type Context,
  type Draft,
  draftReal,
  expectReal,
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
import { readSizeAt } from './place-sizes.ts';
import { shortText } from './report.ts';
import type { FunctionEntry } from './resolve.ts';
import { unifyShapes } from './shapes.ts';
import { type Size, showSize } from './size.ts';

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
  let good = true;
  for (const parameter of entry.declaration.parameters) {
    const argument = given.get(parameter.name.text);
    if (parameter.type === undefined || argument === undefined) continue;
    const isGood = fits(context, entry, parameter, argument, { ...place, parameters: all }, all, span);
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
  span: Span,
): boolean {
  if (type === undefined) return true;
  const { value } = type;
  const { declaration, module } = entry;
  const at = place.at ?? argument.span;
  const wanted = shortText(type.span) ?? 'another type';
  const label: Label | undefined = module.isPrelude
    ? undefined
    : { span: type.span, text: `${name.text} of ${declaration.name.text} is declared here` };
  const known = new Map(all);
  const complain = (what: string): false => {
    const notes = namesIn(type).flatMap((word) => {
      const size = known.get(word);
      if (size === undefined || isFunctionValue(size) || size.size === undefined) return [];
      return [`${word} is ${showSize(context.unknowns.resolve(size.size))} here, by the arguments before`];
    });
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
    const size = sizeAt(context, value.size, place, all, span);
    const fail = (): void => void complain(`${text} is ${typeText(context, argument.type)}`);
    if (size === undefined) return false;
    if (context.unknowns.unify(size, categories, fail)) return true;
    fail();
    return false;
  }
  if (!expectReal(context, argument, declaration.name.text)) return false;
  // Another word than real is told where the function is declared.
  if (value.kind === 'named' && value.name.text !== 'real') return false;
  const sizes = value.kind === 'tensor' ? value.sizes : [];
  const shape = sizes.map((size) => sizeAt(context, size, place, all, span));
  const wholeShape = shape.filter((size) => size !== undefined);
  if (wholeShape.length < shape.length) return false;
  const fail = (): void => void complain(`${text} is ${shapeText(context, argument.type.shape)}`);
  if (unifyShapes(argument.type.shape, wholeShape, context.unknowns, label, fail)) return true;
  fail();
  return false;
}

/** A size of a type: what it comes to, or for a name that means none yet, a new one that the argument will tell. */
function sizeAt(
  context: Context,
  expression: Expression,
  place: Place,
  all: Map<string, Draft | FunctionValue>,
  span: Span,
): Size | undefined {
  const isFree =
    expression.kind === 'name' &&
    !all.has(expression.text) &&
    !(seesCell(place) && context.scope.get(expression.text)?.kind === 'size');
  if (!isFree) return readSizeAt(context, expression, place);
  const size = context.unknowns.fresh();
  const type = draftReal([], 'constant');
  all.set(
    expression.text,
    makeDraft(
      span,
      type,
      () => ({ kind: 'size', size: context.unknowns.resolve(size), ...nodeBase(context, span, type) }),
      { atomic: true, size },
    ),
  );
  return size;
}

/** The names that stand as sizes in a type. */
function namesIn({ value }: TypeAnnotation): readonly string[] {
  const sizes = value.kind === 'tensor' ? value.sizes : value.kind === 'index' ? [value.size] : [];
  return sizes.flatMap((size) => (size.kind === 'name' ? [size.text] : []));
}

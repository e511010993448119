// `reshape(x, [heads, m / heads])`: the same elements in the same order, in another shape. That there are as many of them is
// proved as sizes are, for every choice of the symbols for which the quotients come out whole.

import type { Span } from '../base/source.ts';
import type { Argument } from '../parser/tree.ts';
import { expectNumber, inParts, partOf } from './complex.ts';
import {
  type Context,
  type Draft,
  fail,
  isPoison,
  nameOf,
  originOf,
  type Place,
  poison,
  reasons,
  shapeText,
} from './context.ts';
import { readSizeAt } from './place-sizes.ts';
import { asVector, type DraftType, isKnownShape, resolveShape } from './shapes.ts';
import { multiplySizes, type Size, showSize, sizeOf } from './size.ts';

export function reshapeDraft(context: Context, args: readonly Argument[], place: Place, span: Span): Draft {
  const [operand, wanted] = args;
  if (operand === undefined || wanted?.value.kind !== 'shape' || args.length > 2) {
    return fail(context, {
      code: 'RNN2013',
      message: 'reshape takes a value and its new shape',
      span,
      help: `write reshape(${operand === undefined ? 'x' : nameOf(poison(operand.span), 'x')}, [m, n])`,
    });
  }
  const draft = context.infer(operand.value, place);
  const sizes = wanted.value.sizes.map((size) => readSizeAt(context, size, place));
  const shape = sizes.filter((size) => size !== undefined);
  if (shape.length < sizes.length) context.incomplete = true;
  if (isPoison(draft) || shape.length < sizes.length) return poison(span);
  if (!expectNumber(context, draft, 'reshape')) return poison(span);
  const label = { span, text: 'reshaped here' };
  const resolved = resolveShape(draft.type.shape, context.unknowns);
  const vector = isKnownShape(resolved) ? undefined : asVector(resolved, context.unknowns, label);
  const from = isKnownShape(resolved) ? resolved : vector === undefined ? [] : [vector];
  const complain = (): Draft => {
    const [before, after] = [from, shape].map((s) => showSize(context.unknowns.resolve(elements(s))));
    return fail(context, {
      code: 'RNN3106',
      message:
        `${nameOf(draft, 'this')} is ${shapeText(context, from)}, with ${before} elements, ` +
        `and ${shapeText(context, shape)} has ${after}`,
      span,
      related: reasons(span, ...originOf(draft)),
    });
  };
  if (!context.unknowns.unify(elements(from), elements(shape), complain)) return complain();
  const type: DraftType = { ...draft.type, shape, scalar: shape.length === 0 };
  return inParts(context, span, type, {}, (part, base) => ({
    kind: 'reshape',
    operand: partOf(draft, part).finish(),
    ...base,
  }));
}

function elements(shape: readonly Size[]): Size {
  return shape.reduce(multiplySizes, sizeOf(1));
}

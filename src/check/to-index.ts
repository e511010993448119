// `to_index(x, v)`: the category that a number names. The number is floored and taken modulo v, so that every number names
// one of the v categories; no gradient passes.

import type { Span } from '../base/source.ts';
import type { Argument } from '../parser/tree.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  type Place,
  poison,
  reasons,
  shapeText,
} from './context.ts';
import { expectReal } from './expect.ts';
import { readSize } from './size-expressions.ts';

export function toIndexDraft(context: Context, args: readonly Argument[], place: Place, span: Span): Draft {
  const [operand, count] = args;
  if (operand === undefined || count === undefined || args.length > 2) {
    return fail(context, {
      code: 'RNN2013',
      message: `to_index takes a number and how many categories there are, and has ${args.length} argument${args.length === 1 ? '' : 's'} here`,
      span,
      help: 'write to_index(x, v): x, floored and modulo v, as one of v categories',
    });
  }
  const draft = context.infer(operand.value, place);
  const categories = readSize(context, count.value);
  if (categories === undefined) {
    context.incomplete = true;
    return poison(span);
  }
  if (!expectReal(context, draft, 'to_index')) return poison(span);
  if (!draft.type.scalar) {
    return fail(context, {
      code: 'RNN3014',
      message: `to_index takes one number, and ${nameOf(draft, 'this')} is ${shapeText(context, draft.type.shape)}`,
      span: draft.span,
      related: reasons(draft.span, ...originOf(draft)),
      help: 'the place of the largest entry of a vector is argmax(x)',
    });
  }
  const type = { element: 'index', categories, shape: [], scalar: true, rate: draft.type.rate } as const;
  return makeDraft(span, type, () => ({
    kind: 'primitive',
    name: 'to_index',
    operands: [
      draft.finish(),
      {
        kind: 'size',
        size: context.unknowns.resolve(categories),
        ...nodeBase(context, count.span, draftReal([], 'constant')),
      },
    ],
    ...nodeBase(context, span, type),
  }));
}

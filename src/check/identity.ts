// `identity(m)`: the matrix with ones on its diagonal. Its size stands in its brackets, so it is none of the functions
// of values.

import type { Span } from '../base/source.ts';
import type { Argument } from '../parser/tree.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  makeDraft,
  nodeBase,
  type Place,
  poison,
} from './context.ts';
import { readSizeAt } from './place-sizes.ts';

export function identityDraft(context: Context, args: readonly Argument[], place: Place, span: Span): Draft {
  const [first] = args;
  if (first === undefined || args.length > 1) {
    return fail(context, {
      code: 'RNN2013',
      message: `identity takes one size, and has ${args.length} arguments here`,
      span,
      help: 'write identity(m) for the matrix [m, m]',
    });
  }
  const size = readSizeAt(context, first.value, place);
  if (size === undefined) {
    context.incomplete = true;
    return poison(span);
  }
  const type = draftReal([size, size], 'constant');
  return makeDraft(span, type, () => ({ kind: 'identity', ...nodeBase(context, span, type) }));
}

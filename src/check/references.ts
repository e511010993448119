// Values that are computed once: a reference to an equation without a name, or inside repeat to something that each round
// computes once.

import type { Span } from '../base/source.ts';
import type { CheckedExpression, CheckedType, EquationId } from './checked.ts';
import { type Context, type Draft, isPoison } from './context.ts';
import { accessed, freeIndices, tabulated } from './free-indices.ts';
import { dependsOnLoops } from './operands.ts';

/** A reference to the value, so that it is computed once: the draft itself where it is a name or a number. */
export function setApart(context: Context, draft: Draft): Draft {
  if (draft.atomic) return draft;
  if (draft.parts !== undefined) {
    const [re, im] = draft.parts;
    return { ...draft, atomic: true, parts: [setApart(context, re), setApart(context, im)] };
  }
  const inner = context.loops.at(-1);
  if (inner === undefined || !isOfRound(context, draft)) return asReference(context, draft);
  const { loop } = inner;
  const { whole, entry } = closedOver(context, draft);
  const local = inner.locals.push(whole) - 1;
  return {
    ...draft,
    atomic: true,
    finish: () => entry((type) => ({ kind: 'loop-local', loop, local, span: draft.span, type })),
  };
}

/** A draft that needs indices from around it, as a value for all their numbers, and what gives the one that is meant. */
function closedOver(
  context: Context,
  draft: Draft,
): {
  readonly whole: Draft;
  readonly entry: (reference: (type: CheckedType) => CheckedExpression) => CheckedExpression;
} {
  let settled: CheckedExpression | undefined;
  const value = (): CheckedExpression => {
    // Before all sizes are known it is looked at for what it is made of alone.
    if (!context.isSettled) return draft.finish();
    settled ??= draft.finish();
    return settled;
  };
  const finish = (): CheckedExpression => {
    const inner = value();
    return tabulated(inner, freeIndices(inner));
  };
  return {
    whole: { ...draft, finish },
    entry: (reference) => {
      const inner = value();
      const free = freeIndices(inner);
      return accessed(reference(tabulated(inner, free).type), free);
    },
  };
}

/** Whether a value changes from round to round of a loop that is looked at. */
function isOfRound(context: Context, draft: Draft): boolean {
  const { loops } = context;
  if (draft.parts !== undefined) return draft.parts.some((part) => isOfRound(context, part));
  return loops.length > 0 && dependsOnLoops(draft.finish(), new Set(loops.map(({ loop }) => loop)));
}

/** Whether a value is there outside of all loops, as what looks beyond one step asks for; otherwise says so. */
export function isOutsideLoops(
  context: Context,
  draft: Draft,
  what: string,
  span: Span,
  help: string,
): boolean {
  if (isPoison(draft) || !isOfRound(context, draft)) return true;
  context.report.add({
    code: 'RNN5019',
    message: `${what} what changes from round to round of repeat`,
    span,
    notes: ['all rounds of repeat belong to one step'],
    help,
  });
  return false;
}

/**
 * A reference to an equation or an input with this value, so that it may stand in another stage than what uses it: the
 * draft itself where it is one, else a nameless equation is made.
 */
export function asReference(context: Context, draft: Draft, name?: string): Draft {
  if (draft.reference) return draft;
  if (draft.parts !== undefined) {
    const [re, im] = draft.parts;
    const named = (part: string): string | undefined => name && `${name}.${part}`;
    const parts = [asReference(context, re, named('re')), asReference(context, im, named('im'))] as const;
    return { ...draft, atomic: true, reference: true, parts };
  }
  const id = context.equations.length as EquationId;
  const { whole, entry } = closedOver(context, draft);
  context.equations.push({ name, span: draft.span, documentation: undefined, draft: whole });
  return {
    ...draft,
    atomic: true,
    reference: true,
    finish: () => entry((type) => ({ kind: 'equation', equation: id, span: draft.span, type })),
  };
}

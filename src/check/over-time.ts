// What is made of all steps of a sequence: `last h`, `max over time h`, and `all over time h`, the whole sequence as one value,
// whose first axis is as long as the sequence. That length is a size without a number (ragged.ts says what may be done with it).

import type { Span } from '../base/source.ts';
import type { First, Last } from '../parser/tree.ts';
import type { CheckedExpression, OverTimeNode } from './checked.ts';
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
} from './context.ts';
import { expectReal } from './expect.ts';
import { behindIndices } from './free-indices.ts';
import { asReference, isOutsideLoops } from './references.ts';
import { asVector, type DraftType, isKnownShape, resolveShape } from './shapes.ts';
import { lengthSize, type Size } from './size.ts';
import { lookUp } from './templates.ts';

const outside = 'give the sequence its end outside: e = last h, and write e in the function';

type Reducer = OverTimeNode['reducer'];

/** `last h`, `max over time h`. */
export function overTimeDraft(
  context: Context,
  reducer: Exclude<Reducer, 'all'>,
  operand: Draft,
  span: Span,
): Draft {
  const isEnd = reducer === 'last' || reducer === 'first';
  const words = isEnd ? reducer : `${reducer} over time`;
  if (!hasSteps(context, operand, words, span)) return poison(span);
  if (!isOutsideLoops(context, operand, `there is no ${words} of`, span, outside)) return poison(span);
  const taken = reducer === 'max' ? expectReal : expectNumber;
  if (!isEnd && !taken(context, operand, words)) return poison(span);
  return madeOfSteps(context, reducer, operand, { ...operand.type, rate: 'once' }, span);
}

/**
 * Whether `first(x)` was meant to apply an instance, a function or a cell called `first`, which brackets cannot do: it
 * is x at the first step. Told here, where x would go on in its place.
 */
export function isMeantAsCall(context: Context, { kind, span }: First | Last, place: Place): boolean {
  const behind = span.source.text.slice(span.start + kind.length, span.end);
  if (!behind.trimStart().startsWith('(')) return false;
  const binding = place.inside === undefined ? context.scope.get(kind) : undefined;
  const entry = binding ?? lookUp(context.entry.module, context.prelude, kind);
  if (entry?.kind !== 'instance' && entry?.kind !== 'function' && entry?.kind !== 'cell') return false;
  context.report.add({
    code: 'RNN2008',
    message: `${kind} before brackets is a keyword, and does not apply the ${entry.kind} ${kind}`,
    span,
    related: [
      {
        span: 'declaration' in entry ? entry.declaration.name.span : binding!.span,
        text: `the ${entry.kind} is declared here`,
      },
    ],
    notes: [`${kind}(x) is ${kind} x, the value of x at the ${kind} step`],
    help: `give the ${entry.kind} another name`,
  });
  return true;
}

/** `all over time h`: of [m] at each step, [time, m] once. */
export function wholeSequence(context: Context, operand: Draft, span: Span): Draft {
  if (!hasSteps(context, operand, 'all over time', span)) return poison(span);
  if (!isOutsideLoops(context, operand, 'there is no all over time of', span, outside)) return poison(span);
  if (operand.type.element === 'index' && !expectReal(context, operand, 'all over time')) return poison(span);
  const label = { span, text: 'the whole sequence is taken here' };
  const resolved = resolveShape(operand.type.shape, context.unknowns);
  const size = isKnownShape(resolved) ? undefined : asVector(resolved, context.unknowns, label);
  const shape = isKnownShape(resolved) ? resolved : size === undefined ? [] : [size];
  const type: DraftType = {
    ...operand.type,
    shape: [lengthSize('time'), ...shape],
    scalar: false,
    rate: 'once',
  };
  return madeOfSteps(context, 'all', operand, type, span);
}

function hasSteps(context: Context, operand: Draft, words: string, span: Span): boolean {
  if (isPoison(operand)) return false;
  if (operand.type.rate === 'step') return true;
  const once = operand.type.rate === 'once';
  fail(context, {
    code: 'RNN4006',
    message: `${words} takes what changes from step to step, and ${nameOf(operand, 'this')} is ${once ? 'there once for the sequence' : 'the same at every step'}`,
    span,
    related: reasons(span, ...originOf(operand)),
    help: `leave out ${words}`,
  });
  return false;
}

function madeOfSteps(context: Context, reducer: Reducer, operand: Draft, type: DraftType, span: Span): Draft {
  const reference = asReference(context, operand);
  const made = (of: CheckedExpression, shape: readonly Size[]): CheckedExpression => ({
    kind: 'over-time',
    reducer,
    operand: of,
    type: { ...of.type, shape, rate: 'once' },
    span,
  });
  const because = reducer === 'all' ? undefined : operand.because;
  return inParts(context, span, type, { because }, (part, base) => {
    const of = partOf(reference, part).finish();
    if (reducer !== 'all') return behindIndices(of, (inner) => made(inner, inner.type.shape));
    const length = lengthSize('time');
    if (of.kind !== 'access') return made(of, [length, ...of.type.shape]);
    // The axes of the indices that it was closed over stand behind that of the steps.
    const { operand: closed, places } = of;
    const whole = made(closed, [length, ...closed.type.shape]);
    return {
      ...of,
      operand: whole,
      places: [{ kind: 'whole' }, ...places],
      ...base,
    };
  });
}

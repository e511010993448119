// `delay(x, k)`: the value that x had k steps ago. It opens up to a state of the last k values, newest first, called
// after its equation (`e.delay`, the second `e.delay2`), and the oldest of them. What is kept is x at this step, so x
// is asked for after everything else, and may itself need what the delay gives.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Argument, Expression, TypeAnnotation } from '../parser/tree.ts';
import type { CheckedExpression, EquationId } from './checked.ts';
import { expectNumber, inParts, partName, partOf, partsOf } from './complex.ts';
import {
  type Context,
  type Draft,
  declaredType,
  draftReal,
  expectReal,
  fail,
  isPoison,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  type Place,
  poison,
  reasons,
  shapeText,
  typeText,
} from './context.ts';
import { type DraftType, isKnownShape, resolveShape, unifyShapes } from './shapes.ts';
import type { Size } from './size.ts';
import { readSize, readType } from './size-expressions.ts';

/** `delay(x, k)`, `delay(x, k, start)`. */
export function delayDraft(context: Context, args: readonly Argument[], place: Place, span: Span): Draft {
  const [operand, steps, from] = args;
  if (operand === undefined || steps === undefined || args.length > 3) {
    return fail(context, {
      code: 'RNN2013',
      message: `delay takes a value, a number of steps, and maybe a start, and has ${args.length} argument${args.length === 1 ? '' : 's'} here`,
      span,
      help: 'write delay(x, 1) for what x was one step ago',
    });
  }
  const number = ++place.counts.delay;
  const name = `${place.equation}.delay${number === 1 ? '' : number}`;
  const kept = typeOfNamed(context, operand.value, place);
  const count = readSize(context, steps.value);
  const start = from === undefined ? undefined : context.infer(from.value, place);
  if (kept === undefined || count === undefined || (start !== undefined && isPoison(start))) {
    context.incomplete = true;
    return poison(span);
  }
  const { type, because } = kept;
  if (start !== undefined && !isStart(context, start, type, because)) return poison(span);
  context.delays.push({
    name,
    span,
    operand: operand.value,
    place,
    count,
    type,
    start,
    equations: [],
  });
  return inParts(context, span, type, { because, atomic: true }, (part, base) => ({
    kind: 'oldest',
    operand: past(context, partName(name, part), count, type, span),
    ...base,
  }));
}

/** The values that a delay keeps, as the step before has left them. */
function past(context: Context, state: string, count: Size, type: DraftType, span: Span): CheckedExpression {
  return { kind: 'previous', state, ...nodeBase(context, span, keptType(context, count, type)) };
}

function keptType(context: Context, count: Size, { shape }: DraftType): DraftType {
  const resolved = resolveShape(shape, context.unknowns);
  return draftReal([count, ...(isKnownShape(resolved) ? resolved : [])], 'step', false);
}

/** The type of a value with a name, which may not be checked yet: then it is the one that is declared. */
function typeOfNamed(
  context: Context,
  expression: Expression,
  place: Place,
): { readonly type: DraftType; readonly because: Label | undefined } | undefined {
  const { span } = expression;
  if (expression.kind !== 'name' && expression.kind !== 'member') {
    const draft = context.infer(expression, place);
    if (isPoison(draft)) return undefined;
    fail(context, {
      code: 'RNN4010',
      message: `delay takes a value that has a name, and ${nameOf(draft, 'this')} has none`,
      span,
      notes: ['what it keeps from step to step is a value of the cell'],
      help: `give it an equation, y = ${nameOf(draft, '...')}, and write delay(y, 1)`,
    });
    return undefined;
  }
  const binding = expression.kind === 'name' ? context.scope.get(expression.text) : undefined;
  if (binding?.kind === 'state' && binding.shape !== undefined) {
    const type = declaredType(binding.element, binding.shape, 'step');
    const because = {
      span: binding.span,
      text: `${nameText(expression)} is a state of ${typeText(context, type)}`,
    };
    return { type, because };
  }
  const isWaiting = binding?.kind === 'equation' && !context.values.has(nameText(expression));
  const draft =
    isWaiting && binding.item.type !== undefined
      ? declaredDraft(context, binding.item.type, span)
      : context.infer(expression, place);
  if (isPoison(draft) || !isKept(context, draft)) return undefined;
  return { type: draft.type, because: draft.because };
}

/** A value that is not checked yet, by its declaration. */
function declaredDraft(context: Context, annotation: TypeAnnotation, span: Span): Draft {
  const written = readType(context, annotation);
  if (written === undefined) return poison(span);
  const { element, categories, shape } = written;
  const rate = written.once ? 'once' : 'step';
  const type = { element, categories, shape, scalar: shape.length === 0, rate } as const;
  const because = { span: annotation.span, text: 'it is declared here' };
  // What it is the draft of is asked for later.
  return { ...poison(span), type, because };
}

function nameText(expression: Expression): string {
  return expression.kind === 'name' ? expression.text : '';
}

/** Whether a value is a number at each step: that can be kept. */
function isKept(context: Context, draft: Draft): boolean {
  if (draft.type.element === 'index') {
    fail(context, {
      code: 'RNN3008',
      message: `${nameOf(draft)} is a category, and delay keeps numbers`,
      span: draft.span,
      related: reasons(draft.span, draft.because),
      help: `give each category a vector, and keep that: e = Embedding(16)(${nameOf(draft, 'x')}), delay(e, 1)`,
    });
    return false;
  }
  if (!expectNumber(context, draft, 'delay')) return false;
  if (draft.type.rate === 'step') return true;
  fail(context, {
    code: 'RNN4004',
    message: `${nameOf(draft, 'this')} is the same at every step, and has no past`,
    span: draft.span,
    related: reasons(draft.span, draft.because),
    help: `write ${nameOf(draft, 'it')} alone`,
  });
  return false;
}

/** Whether a delay can start at a value: a number or a value of its shape, that is there before the first step. */
function isStart(
  context: Context,
  start: Draft,
  { shape, element }: DraftType,
  because: Label | undefined,
): boolean {
  const expect = element === 'complex' ? expectNumber : expectReal;
  if (!expect(context, start, 'the start of delay')) return false;
  if (start.type.rate === 'step') {
    fail(context, {
      code: 'RNN4009',
      message: `a delay starts once, before the first step, and ${nameOf(start, 'this')} changes from step to step`,
      span: start.span,
      related: reasons(start.span, start.because),
      help: 'start it at a number, a param, a once input, or the last value of something else: last other',
    });
    return false;
  }
  if (start.type.scalar) return true;
  const complain = (): void => {
    fail(context, {
      code: 'RNN3003',
      message: `what is delayed is ${shapeText(context, shape)}, and the start ${shapeText(context, start.type.shape)}`,
      span: start.span,
      related: reasons(start.span, because, ...originOf(start)),
    });
  };
  if (unifyShapes(start.type.shape, shape, context.unknowns, because, complain)) return true;
  complain();
  return false;
}

/** What the delays keep at each step, when every equation is checked. */
export function checkDelays(context: Context): void {
  for (const delay of context.delays) {
    const { name, span, operand, place, count, type } = delay;
    const draft = context.infer(operand, place);
    if (isPoison(draft) || !isKept(context, draft)) continue;
    const keptBy = keptType(context, count, type);
    delay.equations = partsOf(type.element).map((part) => {
      const kept = partName(name, part);
      const finish = (): CheckedExpression => ({
        kind: 'newest',
        operand: partOf(draft, part).finish(),
        past: past(context, kept, count, type, span),
        ...nodeBase(context, span, keptType(context, count, type)),
      });
      context.equations.push({
        name: kept,
        span,
        documentation: undefined,
        draft: makeDraft(span, keptBy, finish),
      });
      return (context.equations.length - 1) as EquationId;
    });
  }
}

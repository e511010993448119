// `delay(x, k)`: the value that x had k steps ago. It opens up to a state of the last k values, newest first, called
// after its equation (`e.delay`, the second `e.delay2`), and the oldest of them. What is kept is x at this step, so x
// is asked for after everything else, and may itself need what the delay gives.

import type { Label } from '../base/diagnostic.ts';
import { type Span, spanText } from '../base/source.ts';
import type { Argument, Expression, TypeAnnotation } from '../parser/tree.ts';
import type { CheckedExpression, EquationId } from './checked.ts';
import { expectNumber, inParts, partName, partOf, partsOf } from './complex.ts';
import {
  type Context,
  type Draft,
  type DraftDelay,
  draftReal,
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
  stateType,
  typeText,
} from './context.ts';
import { expectReal } from './expect.ts';
import { asCategory } from './operators.ts';
import { shortText } from './report.ts';
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
  const kept = typeOfNamed(context, operand.value, steps.value, place);
  if (steps.value.kind === 'number' && steps.value.value === 0) {
    return fail(context, {
      code: 'RNN3013',
      message: 'delay looks one step back or more, and this is 0',
      span: steps.value.span,
      help: `the value of this step is ${shortText(operand.value.span) ?? 'x'} alone`,
    });
  }
  const count = readSize(context, steps.value);
  const start = from === undefined ? undefined : context.infer(from.value, place);
  if (kept === undefined || count === undefined || (start !== undefined && isPoison(start))) {
    context.incomplete = true;
    return poison(span);
  }
  const { type, because } = kept;
  const begin = start && asKept(context, start, type, operand.value.span);
  if (begin !== undefined && !isStart(context, begin, type, because)) return poison(span);
  const same = [operand.value.span, steps.value.span, ...(from === undefined ? [] : [from.value.span])];
  // A start that is computed has weights of its own, maybe: it is another one each time.
  const key = begin === undefined || begin.atomic ? same.map(wordsOf).join(', ') : undefined;
  const known = context.delays.find((delay) => key !== undefined && delay.key === key);
  const delay: DraftDelay = known ?? {
    key,
    name,
    span,
    operand: operand.value,
    place,
    count,
    type,
    start: begin,
    equations: [],
  };
  if (known === undefined) context.delays.push(delay);
  else if (span.start < known.span.start) Object.assign(known, { name, span });
  return inParts(context, span, type, { because, atomic: true }, (part, base) => ({
    kind: 'oldest',
    operand: past(context, partName(delay.name, part), count, type, span),
    ...base,
  }));
}

/** What is written there, without blanks. */
function wordsOf(span: Span): string {
  return spanText(span).replace(/\s+/g, '');
}

/** The start of a delay; a whole number beside categories is one of them. */
function asKept(context: Context, start: Draft, type: DraftType, operand: Span): Draft {
  return type.element === 'index' ? asCategory(context, start, { ...poison(operand), type }) : start;
}

/** The values that a delay keeps, as the step before has left them. */
function past(context: Context, state: string, count: Size, type: DraftType, span: Span): CheckedExpression {
  return { kind: 'previous', state, ...nodeBase(context, span, keptType(context, count, type)) };
}

function keptType(context: Context, count: Size, { element, categories, shape }: DraftType): DraftType {
  const resolved = resolveShape(shape, context.unknowns);
  const all = [count, ...(isKnownShape(resolved) ? resolved : [])];
  // Of a complex value each part is kept by itself.
  return { ...draftReal(all, 'step', false), element: element === 'complex' ? 'real' : element, categories };
}

/** The type of a value with a name, which may not be checked yet: then it is the one that is declared. */
function typeOfNamed(
  context: Context,
  expression: Expression,
  steps: Expression,
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
      help:
        expression.kind === 'index-access' && expression.object.kind === 'name'
          ? `delay all of it, and pick then: ${wholeDelayed(expression, steps)}`
          : `give it an equation, y = ${nameOf(draft, '...')}, and write delay(y, ${shortText(steps.span) ?? '1'})`,
    });
    return undefined;
  }
  const binding = expression.kind === 'name' ? context.scope.get(expression.text) : undefined;
  if (binding?.kind === 'state' && binding.shape !== undefined) {
    const type = stateType(binding, binding.shape);
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

/** `delay(x, 2)[i]` for `delay(x[i], 2)`. */
function wholeDelayed({ object, span }: Expression & { kind: 'index-access' }, steps: Expression): string {
  const whole = `delay(${shortText(object.span) ?? '...'}, ${shortText(steps.span) ?? '1'})`;
  return `${whole}${spanText({ ...span, start: object.span.end })}`;
}

/** Whether a value is a number or a category at each step: that can be kept. */
function isKept(context: Context, draft: Draft): boolean {
  if (draft.type.element !== 'index' && !expectNumber(context, draft, 'delay')) return false;
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
function isStart(context: Context, start: Draft, type: DraftType, because: Label | undefined): boolean {
  const { shape, element } = type;
  if (element !== 'index') {
    const expect = element === 'complex' ? expectNumber : expectReal;
    if (!expect(context, start, 'the start of delay')) return false;
  } else if (!isCategoryLike(context, start, type, because)) return false;
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

/** Whether a start is one of the categories that are kept; otherwise says so. */
function isCategoryLike(
  context: Context,
  start: Draft,
  type: DraftType,
  because: Label | undefined,
): boolean {
  if (isPoison(start)) return false;
  const { categories } = start.type;
  const complain = (): void => {
    fail(context, {
      code: categories === undefined ? 'RNN3011' : 'RNN3010',
      message: `what is delayed is ${typeText(context, type)}, and the start ${typeText(context, start.type)}`,
      span: start.span,
      related: reasons(start.span, because, ...originOf(start)),
    });
  };
  if (categories === undefined || type.categories === undefined) {
    complain();
    return false;
  }
  if (context.unknowns.unify(categories, type.categories, complain)) return true;
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

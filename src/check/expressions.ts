// Expressions: what each form means, and time. What an expression is made of is looked at first, then how it fits
// together, so that several mistakes in one line are each told.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Expression } from '../parser/tree.ts';
import { callDraft } from './calls.ts';
import { inParts, partOf } from './complex.ts';
import {
  type Context,
  type Draft,
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
} from './context.ts';
import { reducerElsewhere } from './elsewhere.ts';
import { behindIndices } from './free-indices.ts';
import { elementwise } from './functions.ts';
import { indexDraft, overIndexDraft } from './indices.ts';
import { memberOf, nameDraft, notConstant, prevDraft } from './names.ts';
import {
  chainDraft,
  comparisonDraft,
  conditionalDraft,
  linkSpan,
  notDraft,
  powerDraft,
} from './operators.ts';
import { isMeantAsCall, overTimeDraft, wholeSequence } from './over-time.ts';
import { accessDraft } from './places.ts';
import { asReference, isOutsideLoops } from './references.ts';
import { shortText } from './report.ts';
import { sizeOf } from './size.ts';

/** The draft of an expression. Reports what is wrong with it, once, and then gives a poisoned draft. */
export function inferExpression(context: Context, expression: Expression, place: Place): Draft {
  const span = place.at ?? expression.span;
  const infer = (part: Expression): Draft => context.infer(part, place);
  const drawn = place.draws?.get(expression);
  if (drawn !== undefined) return drawn;
  switch (expression.kind) {
    case 'number': {
      const { value } = expression;
      const type = draftReal([], 'constant');
      const finish = () => ({ kind: 'literal', value, ...nodeBase(context, span, type) }) as const;
      const size = Number.isInteger(value) ? { size: sizeOf(value) } : {};
      return makeDraft(span, type, finish, { atomic: true, literal: value, ...size });
    }
    case 'string':
      return fail(context, {
        code: 'RNN2008',
        message: 'a text in quotes has no value in an equation',
        span,
        notes: ['texts stand in train blocks and imports'],
      });
    case 'shape':
      return fail(context, {
        code: 'RNN2008',
        message: `${shortText(span) ?? 'this'} is a shape, not a value`,
        span,
        notes: ['a shape is what reshape(x, [m, n]) is given, as its second argument'],
      });
    case 'name': {
      const index = place.indices?.get(expression.text);
      if (index !== undefined && place.constant !== undefined) {
        return notConstant(context, expression.text, place.constant, span);
      }
      if (index !== undefined) return indexDraft(context, index, span);
      return nameDraft(context, expression.text, place, span);
    }
    case 'step-number': {
      if (place.constant !== undefined) return notConstant(context, 't', place.constant, span);
      const type = draftReal([], 'step');
      const finish = () => ({ kind: 'step-number', ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { atomic: true });
    }
    case 'member':
      return memberOf(context, expression, false, place, span);
    case 'call':
      return callDraft(context, expression, place, span);
    case 'index-access':
      return accessDraft(context, expression, place, span);
    case 'prev':
      return prevDraft(context, expression, place, span);
    case 'chain': {
      const first = infer(expression.first);
      const rest = expression.rest.map(({ operator, operand }) => ({
        operator,
        operand: infer(operand),
        span: place.at ?? linkSpan(expression.first.span, operand.span),
      }));
      return chainDraft(context, first, rest, span);
    }
    case 'power':
      return powerDraft(context, expression.operands.map(infer), span);
    case 'comparison':
      return comparisonDraft(
        context,
        expression.operator,
        infer(expression.left),
        infer(expression.right),
        span,
      );
    case 'negation': {
      const operand = infer(expression.operand);
      return isPoison(operand) ? poison(span) : elementwise(context, 'neg', [operand], span);
    }
    case 'not':
      return notDraft(context, infer(expression.operand), span);
    case 'conditional': {
      const cases = expression.cases.map((c) => ({ condition: infer(c.condition), value: infer(c.value) }));
      return conditionalDraft(context, cases, infer(expression.otherwise), span);
    }
    case 'last':
    case 'first':
      if (isMeantAsCall(context, expression, place)) return poison(span);
      return overTimeDraft(context, expression.kind, infer(expression.operand), span);
    case 'over-time': {
      const operand = infer(expression.operand);
      const word = expression.reducer.text;
      if (word === 'all') return wholeSequence(context, operand, span);
      if (word === 'max' || word === 'sum' || word === 'mean')
        return overTimeDraft(context, word, operand, span);
      const near = reducerElsewhere(word) ?? suggest(word, ['max', 'sum', 'mean', 'all']);
      return fail(context, {
        code: 'RNN2017',
        message: `there is no ${word} over time`,
        span: place.at ?? expression.reducer.span,
        notes: ['a sequence is put together by max, mean, sum or all over time, or by last and first'],
        help: near === undefined ? undefined : `did you mean ${near} over time?`,
      });
    }
    case 'each-step':
      return eachStepDraft(context, infer(expression.operand), span);
    case 'over-index':
      return overIndexDraft(context, expression, place, span);
    default:
      return expression satisfies never;
  }
}

function eachStepDraft(context: Context, operand: Draft, span: Span): Draft {
  if (isPoison(operand)) return poison(span);
  if (operand.type.rate !== 'once') {
    const constant = operand.type.rate === 'constant';
    return fail(context, {
      code: 'RNN4005',
      message: constant
        ? `${nameOf(operand, 'this')} is the same at every step: it goes with the steps as it is`
        : `${nameOf(operand, 'this')} is already there at each step`,
      span,
      related: reasons(span, ...originOf(operand)),
      help: 'leave out each step',
    });
  }
  const help = 'write it outside: e = each step c, and e in the function';
  if (!isOutsideLoops(context, operand, 'there is no each step of', span, help)) return poison(span);
  const type = { ...operand.type, rate: 'step' } as const;
  const reference = asReference(context, operand);
  return inParts(context, span, type, { because: operand.because }, (part) =>
    behindIndices(partOf(reference, part).finish(), (of) => ({
      kind: 'each-step',
      operand: of,
      type: { ...of.type, rate: 'step' },
      span,
    })),
  );
}

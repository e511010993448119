// `repeat(f, start, count)`: f applied count times, each time to what it gave before. The count may be a size, so how
// often is not known here: the body is checked once, as a loop that elaboration opens up when sizes have numbers.

import type { Span } from '../base/source.ts';
import type { Argument } from '../parser/tree.ts';
import type { CheckedExpression } from './checked.ts';
import {
  type Context,
  type Draft,
  draftReal,
  type FunctionValue,
  fail,
  isPoison,
  joinRates,
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
import { argumentsOf, declaredHere, functionArgument, takesArguments } from './function-values.ts';
import { callPrimitive } from './functions.ts';
import { openFunction, withDefaults } from './inline.ts';
import { readSizeAt } from './place-sizes.ts';
import { type DraftType, unifyShapes } from './shapes.ts';
import { constantSize, type Size } from './size.ts';

/** Each round is a copy of the equations: a step with more is not one that a person wrote in earnest. */
export const mostRounds = 2000;

export function repeatDraft(context: Context, args: readonly Argument[], place: Place, span: Span): Draft {
  const [first, second, third] = args;
  if (third === undefined || args.length > 3) {
    return fail(context, {
      code: 'RNN2013',
      message: `repeat takes a function, a value to start from and a number of times, and has ${args.length} argument${args.length === 1 ? '' : 's'} here`,
      span,
      help: 'write repeat(f, x, 3) for f(f(f(x)))',
    });
  }
  const value = functionArgument(context, 'repeat takes a function first', first.value, place);
  const start = context.infer(second.value, place);
  const count = readSizeAt(context, third.value, place);
  if (value === undefined || count === undefined || isPoison(start)) {
    context.incomplete = true;
    return poison(span);
  }
  const known = constantSize(count);
  if (known !== undefined && known.numerator > BigInt(mostRounds)) {
    return fail(context, {
      code: 'RNN5020',
      message: `repeat would open up to ${known.numerator} copies of ${value.name}`,
      span: place.at ?? third.span,
      notes: [`${mostRounds} are the most: all of them belong to one step`],
      help: 'what goes on from step to step is a state and its prev',
    });
  }
  if (!expectReal(context, start, 'repeat')) return poison(span);
  const isCounted = value.entry !== undefined && argumentsOf(value).least === 2;
  if (!takesArguments(context, value, isCounted ? 2 : 1, 'repeat calls it', undefined)) return poison(span);
  return loop(context, value, start, count, isCounted, place, span);
}

function loop(
  context: Context,
  value: FunctionValue,
  start: Draft,
  count: Size,
  isCounted: boolean,
  place: Place,
  span: Span,
): Draft {
  const number = context.loopCount++;
  const locals: Draft[] = [];
  context.loops.push({ loop: number, locals });
  const before = makeDraft(
    start.span,
    start.type,
    () => ({ kind: 'loop-value', loop: number, ...nodeBase(context, span, start.type) }),
    { because: start.because, atomic: true },
  );
  const numberType = draftReal([], 'constant');
  const round = makeDraft(
    span,
    numberType,
    () => ({ kind: 'loop-number', loop: number, ...nodeBase(context, span, numberType) }),
    { atomic: true, rounds: count },
  );
  const body = applied(context, value, isCounted ? [before, round] : [before], place, span);
  context.loops.pop();
  if (isPoison(body) || !expectReal(context, body, 'repeat')) {
    context.incomplete = true;
    return poison(span);
  }
  const complain = (): Draft =>
    fail(context, {
      code: 'RNN3001',
      message:
        `repeat hands what ${value.name} gives to it again: it takes ${shapeText(context, start.type.shape)}, ` +
        `and gives ${shapeText(context, body.type.shape)}`,
      span: value.span,
      related: reasons(
        value.span,
        { span: start.span, text: `it starts from ${nameOf(start, 'this')}` },
        ...originOf(start),
        ...originOf(body),
        ...declaredHere(value.entry),
      ),
      help: start.type.scalar ? 'let it start from a value of the shape that comes out' : undefined,
    });
  if (!unifyShapes(body.type.shape, start.type.shape, context.unknowns, start.because, complain)) {
    return complain();
  }
  const rate = joinRates(context, [start, body], span);
  if (rate === undefined) return poison(span);
  const type: DraftType = { ...start.type, scalar: start.type.scalar || body.type.scalar, rate };
  const finish = (): CheckedExpression => ({
    kind: 'repeat',
    loop: number,
    count: context.unknowns.resolve(count),
    start: start.finish(),
    locals: locals.map((local) => local.finish()),
    body: body.finish(),
    ...nodeBase(context, span, type),
  });
  return makeDraft(span, type, finish, { because: start.because ?? body.because });
}

/** A function applied to values that are no expressions of the text. */
function applied(
  context: Context,
  { name, entry }: FunctionValue,
  values: readonly Draft[],
  place: Place,
  span: Span,
): Draft {
  if (entry === undefined) return callPrimitive(context, name, values, span);
  const { parameters } = entry.declaration;
  const given = new Map(values.map((value, i) => [parameters[i].name.text, value]));
  return openFunction(context, entry, withDefaults(context, entry, given, place, span), place, span);
}

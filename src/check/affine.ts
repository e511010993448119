// Fresh weights: affine, linear and Dense, and the rule that names them (docs/language.md, "Names of weights"). In
// equation e, `affine(a, prev h)` has the weights e.W_a and e.W_h and the bias e.b; the second affine or linear of the
// equation has e.2.W_a, and so on. Also dropout, whose noise is named in the same way.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Expression } from '../parser/tree.ts';
import type { CheckedExpression, CheckedStart } from './checked.ts';
import {
  type Context,
  type DenseUnit,
  type Draft,
  expectReal,
  fail,
  isPoison,
  joinRates,
  makeDraft,
  nameOf,
  nodeBase,
  type Place,
  poison,
  reasons,
  shapeText,
  typeText,
} from './context.ts';
import { isKnownShape, resolveShape, type Shape, type UnknownShape } from './shapes.ts';
import type { Size } from './size.ts';

/** Glorot by the sizes of the result and the argument, also where the weight is a vector. */
const glorot = (fanIn: Size, fanOut: Size): CheckedStart => ({ kind: 'glorot', fanIn, fanOut });
const zeros = (): CheckedStart => ({ kind: 'zeros' });

/** A shape that its place will tell. */
function unknownShape(context: Context, span: Span, word: string, equation: string): UnknownShape {
  const shape: UnknownShape = {
    kind: 'unknown-shape',
    span,
    word,
    equation,
    binding: undefined,
    learntFrom: undefined,
  };
  context.shapes.push(shape);
  return shape;
}

/** Enters a weight. Two of one name are reported when all are known. */
function addParameter(
  context: Context,
  name: string,
  span: Span,
  position: number,
  shapes: readonly Shape[],
  start: (fanIn: Size, fanOut: Size) => CheckedStart,
): string {
  context.parameters.push({ name, span, position, documentation: undefined, shapes, start });
  return name;
}

/** The name of an argument, where the rule knows one: `x`, `prev h`, `prev top.h`, `top.c`. */
function argumentName(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'name':
      return expression.text;
    case 'member':
      return expression.name.text;
    case 'prev':
      return argumentName(expression.operand);
    default:
      return undefined;
  }
}

/** The names of the weights of one call: `W_a` by name, `W_2` by place where there is no name or it stands twice. */
function weightNames(expressions: readonly Expression[]): readonly string[] {
  const names = expressions.map(argumentName);
  return names.map((name, i) => {
    const unique = name !== undefined && names.filter((other) => other === name).length === 1;
    return unique ? `W_${name}` : `W_${i + 1}`;
  });
}

/**
 * The prefix of the next affine or linear of an equation. Asked for before its arguments are looked at, so that they
 * are counted in the order of the text.
 */
export function nextAffinePrefix(place: Place): string {
  const count = ++place.counts.affine;
  return count === 1 ? `${place.equation}.` : `${place.equation}.${count}.`;
}

/** `affine(a, b)` and `linear(a, b)`: arguments are real vectors or scalars. */
export function affineDraft(
  context: Context,
  word: string,
  prefix: string,
  args: readonly { readonly draft: Draft; readonly expression: Expression }[],
  place: Place,
  span: Span,
): Draft {
  const drafts = args.map((argument) => argument.draft);
  const good = drafts.filter((draft) => isVectorOrScalar(context, draft, word));
  const rate = joinRates(context, drafts, span);
  if (good.length < drafts.length || rate === undefined) return poison(span);
  const shape = unknownShape(context, span, word, place.equation);
  const names = weightNames(args.map((argument) => argument.expression));
  const weights = names.map((name, i) =>
    addParameter(context, prefix + name, drafts[i].span, span.start, [shape, drafts[i].type.shape], glorot),
  );
  const bias =
    word === 'linear' ? undefined : addParameter(context, `${prefix}b`, span, span.start, [shape], zeros);
  return affineNode(context, weights, bias, drafts, shape, span);
}

function affineNode(
  context: Context,
  weights: readonly string[],
  bias: string | undefined,
  drafts: readonly Draft[],
  shape: Shape,
  span: Span,
): Draft {
  const rate = drafts.some((d) => d.type.rate === 'step')
    ? 'step'
    : drafts.some((d) => d.type.rate === 'once')
      ? 'once'
      : 'constant';
  const type = { element: 'real', categories: undefined, shape, scalar: false, rate } as const;
  return makeDraft(
    span,
    type,
    (): CheckedExpression => ({
      kind: 'affine',
      terms: weights.map((weight, i) => ({ weight, argument: drafts[i].finish() })),
      bias,
      ...nodeBase(context, span, type),
    }),
  );
}

function isVectorOrScalar(context: Context, draft: Draft, word: string): boolean {
  if (draft.type.element === 'complex') {
    const name = nameOf(draft, 'z');
    context.report.add({
      code: 'RNN3201',
      message: `${name} is complex, and the weights of ${word} are real`,
      span: draft.span,
      label: `this is ${typeText(context, draft.type)}`,
      related: reasons(draft.span, draft.because),
      help: `declare a weight, param W: complex [m, n], and write W @ ${/^(prev )?[\w.]+(\([^()]*\))?$/.test(name) ? name : `(${name})`}`,
    });
    return false;
  }
  if (!expectReal(context, draft, word)) return false;
  const shape = resolveShape(draft.type.shape, context.unknowns);
  if (!isKnownShape(shape) || shape.length <= 1) return true;
  context.report.add({
    code: 'RNN3006',
    message: `${word} takes vectors and scalars, and ${nameOf(draft, 'this')} is ${shapeText(context, shape)}`,
    span: draft.span,
    related: reasons(draft.span, draft.because),
    help: 'declare a param for it, and write the product with @',
  });
  return false;
}

/** Applies it. `unify` reports where a second argument has another shape than the first. */
export function applyDense(
  context: Context,
  unit: DenseUnit,
  argument: Draft,
  place: Place,
  span: Span,
  unify: (argument: Draft, shape: Shape, from: Label | undefined) => boolean,
): Draft {
  if (isPoison(argument) || !isVectorOrScalar(context, argument, 'Dense')) return poison(span);
  const weight = `${unit.prefix}W`;
  const bias = `${unit.prefix}b`;
  if (unit.shapes === undefined) {
    const { size } = unit;
    const result = size === undefined ? unknownShape(context, span, 'Dense', place.equation) : [size];
    unit.shapes = [result, argument.type.shape];
    addParameter(context, weight, unit.span, unit.span.start, unit.shapes, glorot);
    addParameter(context, bias, unit.span, unit.span.start, [result], zeros);
  } else if (!unify(argument, unit.shapes[1], { span: unit.span, text: 'one copy has one set of weights' })) {
    return poison(span);
  }
  return affineNode(context, [weight], bias, [argument], unit.shapes[0], span);
}

/** `dropout(x, p)`. */
export function dropoutDraft(
  context: Context,
  operand: Draft,
  probability: Draft,
  place: Place,
  span: Span,
): Draft {
  const count = ++place.counts.dropout;
  const name = `${place.equation}.dropout${count === 1 ? '' : count}`;
  if (!expectReal(context, operand, 'dropout') || !expectReal(context, probability, 'dropout')) {
    return poison(span);
  }
  const { literal } = probability;
  if (literal !== undefined && !(literal >= 0 && literal < 1)) {
    return fail(context, {
      code: 'RNN3014',
      message: `dropout leaves out a part from 0 up to, but not including, 1; this is ${literal}`,
      span: probability.span,
      help: literal > 1 && literal < 100 ? `for ${literal} % write ${literal / 100}` : undefined,
    });
  }
  const type = {
    ...operand.type,
    rate: operand.type.rate === 'constant' ? 'step' : operand.type.rate,
  } as const;
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'dropout',
      name,
      operand: operand.finish(),
      probability: probability.finish(),
      ...nodeBase(context, span, type),
    }),
    { because: operand.because },
  );
}

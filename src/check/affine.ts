// Fresh weights: affine, linear and Dense, and the rule that names them (docs/language.md, "Names of weights"). In
// equation e, `affine(a, prev h)` has the weights e.W_a and e.W_h and the bias e.b; the second affine or linear of the
// equation has e.2.W_a, and so on.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Expression } from '../parser/tree.ts';
import type { CheckedExpression } from './checked.ts';
import {
  type Context,
  type DenseUnit,
  type Draft,
  type DraftParameter,
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
import { expectReal } from './expect.ts';
import { isKnownShape, resolveShape, type Shape, type UnknownShape, unifyShapes } from './shapes.ts';
import type { WrittenStart } from './starts.ts';

/** Glorot by the sizes of the result and the argument, also where the weight is a vector. */
const byFans: Start = { start: (fanIn, fanOut) => ({ kind: 'glorot', fanIn, fanOut }) };
const atZero: Start = { start: () => ({ kind: 'zeros' }) };

type Start = Pick<DraftParameter, 'start' | 'check'>;

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
  { start, check }: Start,
): string {
  context.parameters.push({
    name,
    span,
    position,
    documentation: undefined,
    frozen: false,
    shapes,
    start,
    check,
  });
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

/** How the weights and the bias of an affine start, where it says so: `start:` and `bias:`. */
export interface WrittenStarts {
  readonly weights: WrittenStart | undefined;
  readonly bias: WrittenStart | undefined;
}

/** `affine(a, b)` and `linear(a, b)`: arguments are real vectors or scalars. */
export function affineDraft(
  context: Context,
  word: string,
  prefix: string,
  args: readonly { readonly draft: Draft; readonly expression: Expression }[],
  starts: WrittenStarts,
  place: Place,
  span: Span,
): Draft {
  const drafts = args.map((argument) => argument.draft);
  const good = drafts.filter((draft) => isVectorOrScalar(context, draft, word));
  const rate = joinRates(context, drafts, span);
  if (good.length < drafts.length || rate === undefined) return poison(span);
  const shared = place.inside?.isLocal === true ? context.shared.get(span.start) : undefined;
  if (shared !== undefined) {
    const fits = drafts.map((draft, i) =>
      agreesWithWeights(context, word, draft, shared.arguments[i], place),
    );
    if (fits.includes(false)) return poison(span);
    return affineNode(context, shared.weights, shared.bias, drafts, shared.result, span);
  }
  const shape = unknownShape(context, span, word, place.equation);
  const names = weightNames(args.map((argument) => argument.expression));
  const weights = names.map((name, i) =>
    addParameter(
      context,
      prefix + name,
      drafts[i].span,
      span.start,
      [shape, drafts[i].type.shape],
      starts.weights ?? byFans,
    ),
  );
  const bias =
    word === 'linear'
      ? undefined
      : addParameter(context, `${prefix}b`, span, span.start, [shape], starts.bias ?? atZero);
  if (place.inside?.isLocal === true) {
    const shapes = drafts.map((draft) => draft.type.shape);
    context.shared.set(span.start, { weights, bias, result: shape, arguments: shapes });
  }
  return affineNode(context, weights, bias, drafts, shape, span);
}

/** Whether an argument of an affine in a function of the cell has the shape of its first use. */
function agreesWithWeights(
  context: Context,
  word: string,
  draft: Draft,
  shape: Shape,
  { inside }: Place,
): boolean {
  const name = inside?.declaration.name.text ?? '';
  const complain = (): void =>
    context.report.add({
      code: 'RNN3003',
      message:
        `${name} has one set of weights for all its uses: its ${word} takes ${shapeText(context, shape)}, ` +
        `and ${nameOf(draft, 'this')} is ${shapeText(context, draft.type.shape)} here`,
      span: inside?.span ?? draft.span,
      related: reasons(inside?.span ?? draft.span, { span: draft.span, text: `the ${word} is here` }),
      help: 'give what has weights of its own an equation of its own',
    });
  if (unifyShapes(draft.type.shape, shape, context.unknowns, undefined, complain)) return true;
  complain();
  return false;
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
    addParameter(context, weight, unit.span, unit.span.start, unit.shapes, byFans);
    addParameter(context, bias, unit.span, unit.span.start, [result], atZero);
  } else if (!unify(argument, unit.shapes[1], { span: unit.span, text: 'one copy has one set of weights' })) {
    return poison(span);
  }
  return affineNode(context, [weight], bias, [argument], unit.shapes[0], span);
}

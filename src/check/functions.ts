// The functions that are built in: their shapes and kinds. Everything else of the language is written with these, in the
// prelude or by the user.

import type { Span } from '../base/source.ts';
import type { ElementwiseName, PrimitiveName, UnaryName, WholeName } from './checked.ts';
import { combine, combinedType } from './combine.ts';
import { complexDraft, expectNumber, isComplex, partOf, refuseReal, spreadOver } from './complex.ts';
import { byParts, cis, complexAbs, complexExp, complexProduct, conjugate } from './complex-arithmetic.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  joinRates,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  poison,
  reasons,
  shapeText,
} from './context.ts';
import { argumentsElsewhere } from './elsewhere.ts';
import { expectBool, expectReal } from './expect.ts';
import { shortText } from './report.ts';
import { asVector, type DraftType, isKnownShape, resolveShape, unifyShapes } from './shapes.ts';
import { addSizes, type Size } from './size.ts';

const unary: ReadonlySet<string> = new Set<UnaryName>([
  'exp',
  'log',
  'log1p',
  'sqrt',
  'tanh',
  'sigmoid',
  'abs',
  'sin',
  'cos',
  'floor',
  'stop',
]);

function isUnary(name: string): name is UnaryName {
  return unary.has(name);
}

/** The words that the language itself knows as functions; those below are looked at elsewhere. */
const others = [
  ...(['max', 'min', 'sum', 'mean', 'all', 'any', 'argmax'] as const),
  ...(['dot', 'outer', 'concat', 'transpose'] as const),
  ...(['complex', 'cis', 're', 'im', 'conj'] as const),
] as const;
type OtherFunction = (typeof others)[number];

function isOther(name: string): name is OtherFunction {
  return (others as readonly string[]).includes(name);
}

/** The functions of this file. */
export const primitiveNames: readonly string[] = [...unary, ...others];

/** How many arguments a primitive function takes. */
export function arityOf(name: string): { readonly least: number; readonly most: number } {
  if (name === 'max' || name === 'min') return { least: 1, most: Number.POSITIVE_INFINITY };
  if (name === 'concat') return { least: 2, most: Number.POSITIVE_INFINITY };
  const count = name === 'dot' || name === 'outer' ? 2 : 1;
  return { least: count, most: count };
}

/** Whether a word is a function of this file. */
export function isPrimitiveFunction(name: string): boolean {
  return isUnary(name) || isOther(name);
}

/** The words that make weights, noise, or several values: the checker looks at them by themselves. */
const builtIn = [
  'affine',
  'linear',
  'dropout',
  'chance',
  'gaussian',
  'delay',
  'split',
  'reshape',
  'repeat',
  'identity',
  'to_index',
] as const;

/** Whether a word is built in, and no primitive function. */
export function isBuiltIn(name: string): boolean {
  return (builtIn as readonly string[]).includes(name);
}

/** For "did you mean". */
export const functionNames: readonly string[] = [...unary, ...others, ...builtIn];

/** `name(operands)`. The name must be a primitive function. */
export function callPrimitive(context: Context, name: string, operands: readonly Draft[], span: Span): Draft {
  if (isUnary(name)) {
    return count(context, name, operands, 1, 1, span) ?? elementwise(context, name, operands, span);
  }
  if (!isOther(name)) return poison(span);
  switch (name) {
    case 'max':
    case 'min':
      if (operands.length === 1) return whole(context, `${name}_over`, name, operands, span);
      return count(context, name, operands, 1, undefined, span) ?? elementwise(context, name, operands, span);
    case 'sum':
    case 'mean':
      return count(context, name, operands, 1, 1, span) ?? whole(context, name, name, operands, span);
    case 'all':
    case 'any':
      return count(context, name, operands, 1, 1, span) ?? wholeCondition(context, name, operands, span);
    case 'argmax':
      return count(context, name, operands, 1, 1, span) ?? argmax(context, operands, span);
    case 'dot':
      return count(context, name, operands, 2, 2, span) ?? dot(context, operands, span);
    case 'outer':
      return count(context, name, operands, 2, 2, span) ?? outer(context, operands, span);
    case 'concat':
      return count(context, name, operands, 2, undefined, span) ?? concatDrafts(context, operands, span);
    case 'transpose':
      return count(context, name, operands, 1, 1, span) ?? transpose(context, operands, span);
    case 'complex':
      return count(context, name, operands, 2, 2, span) ?? complexOf(context, operands, span);
    case 'cis':
      return count(context, name, operands, 1, 1, span) ?? cisOf(context, operands, span);
    case 're':
    case 'im':
    case 'conj':
      return count(context, name, operands, 1, 1, span) ?? ofComplex(context, name, operands, span);
    default:
      return name satisfies never;
  }
}

function count(
  context: Context,
  name: string,
  operands: readonly Draft[],
  least: number,
  most: number | undefined,
  span: Span,
): Draft | undefined {
  if (operands.length >= least && (most === undefined || operands.length <= most)) return undefined;
  const wanted = most === undefined ? `${least} or more` : String(least);
  return fail(context, {
    code: 'RNN2013',
    message: `${name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, and has ${operands.length} here`,
    span,
    help: argumentsElsewhere(
      name,
      operands.map((operand) => shortText(operand.span) ?? '...'),
    ),
  });
}

function primitive(
  context: Context,
  name: PrimitiveName,
  operands: readonly Draft[],
  type: DraftType,
  span: Span,
): Draft {
  const because = operands.map((operand) => operand.because).find((label) => label !== undefined);
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'primitive',
      name,
      operands: operands.map((operand) => operand.finish()),
      ...nodeBase(context, span, type),
    }),
    { because },
  );
}

/** A linear function: of complex operands it is taken part by part. */
function linear(
  context: Context,
  name: PrimitiveName,
  operands: readonly Draft[],
  type: DraftType,
  span: Span,
): Draft {
  const build = operands.some(isComplex) ? byParts : primitive;
  return build(context, name, operands, type, span);
}

/** An elementwise function or operator of real operands. `words` say what takes them, and what cannot be done with two. */
export function elementwise(
  context: Context,
  name: ElementwiseName,
  operands: readonly Draft[],
  span: Span,
  words = { user: name === 'neg' ? '-' : name, action: `take the ${name} of A and B` },
): Draft {
  const [first] = operands;
  if (isComplex(first)) {
    if (name === 'exp') return complexExp(context, first, span);
    if (name === 'abs') return complexAbs(context, first, span);
    if (name === 'neg' || name === 'stop') {
      return byParts(context, name, operands, partOf(first, 're').type, span);
    }
  }
  const good = operands.filter((operand) => expectReal(context, operand, words.user));
  if (good.length < operands.length) return poison(span);
  const combined = combine(context, operands, words.action, span);
  const rate = joinRates(context, operands, span);
  if (combined === undefined || rate === undefined) return poison(span);
  return primitive(context, name, operands, combinedType(combined, 'real', rate), span);
}

function whole(
  context: Context,
  name: WholeName,
  word: string,
  operands: readonly Draft[],
  span: Span,
): Draft {
  const [operand] = operands;
  const type = draftReal([], operand.type.rate);
  const ordered = name === 'max_over' || name === 'min_over';
  if (!(ordered ? expectReal : expectNumber)(context, operand, word)) return poison(span);
  return linear(context, name, operands, type, span);
}

/** `complex(a, b)`: a + i b. */
function complexOf(context: Context, operands: readonly Draft[], span: Span): Draft {
  const good = operands.filter((operand) => expectReal(context, operand, 'complex'));
  if (good.length < 2) return poison(span);
  const combined = combine(context, operands, 'make one complex value of A and B', span);
  const rate = joinRates(context, operands, span);
  if (combined === undefined || rate === undefined) return poison(span);
  const type = combinedType(combined, 'real', rate);
  const [re, im] = operands.map((operand) => spreadOver(context, operand, type));
  return complexDraft(span, re, im, { because: combined.because });
}

/** `cis(a)`: exp(i a). */
function cisOf(context: Context, operands: readonly Draft[], span: Span): Draft {
  const [angle] = operands;
  if (isComplex(angle)) {
    const name = nameOf(angle, 'z');
    return fail(context, {
      code: 'RNN3201',
      message: `${nameOf(angle, 'this')} is complex, and cis takes a real angle`,
      span: angle.span,
      related: reasons(angle.span, angle.because),
      help: `write exp(complex(0, 1) * ${angle.atomic ? name : `(${name})`})`,
    });
  }
  return expectReal(context, angle, 'cis') ? cis(context, angle, span) : poison(span);
}

/** `re(z)`, `im(z)`, `conj(z)`. */
function ofComplex(
  context: Context,
  name: 're' | 'im' | 'conj',
  operands: readonly Draft[],
  span: Span,
): Draft {
  const [z] = operands;
  const help = {
    re: 'a real value is its own real part: leave out re',
    im: 'a real value has no imaginary part: write 0',
    conj: 'a real value is its own conjugate: leave out conj',
  };
  if (!expectNumber(context, z, name)) return poison(span);
  if (refuseReal(context, z, `${name} takes a complex value`, undefined, help[name])) return poison(span);
  return name === 'conj' ? conjugate(context, z, span) : { ...partOf(z, name), span };
}

/** Whether a condition holds everywhere, or anywhere. */
function wholeCondition(
  context: Context,
  name: 'all' | 'any',
  operands: readonly Draft[],
  span: Span,
): Draft {
  const [operand] = operands;
  if (!expectBool(context, operand, name)) return poison(span);
  const { rate } = operand.type;
  const type = { element: 'bool', categories: undefined, shape: [], scalar: true, rate } as const;
  return primitive(context, name, operands, type, span);
}

/** The one axis of an operand, or undefined where it has another number of axes, which is reported. */
function vectorOf(context: Context, name: string, operand: Draft): Size | undefined {
  const label = { span: operand.span, text: `${name} takes a vector` };
  const size = asVector(operand.type.shape, context.unknowns, label);
  if (size !== undefined) return size;
  const shape = shapeText(context, operand.type.shape);
  context.report.add({
    code: 'RNN3006',
    message: `${name} takes a vector, and ${nameOf(operand, 'this')} is ${shape}`,
    span: operand.span,
    related: reasons(operand.span, ...originOf(operand)),
  });
  return undefined;
}

function argmax(context: Context, operands: readonly Draft[], span: Span): Draft {
  const [operand] = operands;
  if (!expectReal(context, operand, 'argmax')) return poison(span);
  const size = vectorOf(context, 'argmax', operand);
  if (size === undefined) return poison(span);
  const { rate } = operand.type;
  const type = { element: 'index', categories: size, shape: [], scalar: true, rate } as const;
  return primitive(context, 'argmax', operands, type, span);
}

function dot(context: Context, operands: readonly Draft[], span: Span): Draft {
  const [a, b] = operands;
  const good = operands.filter((operand) => expectNumber(context, operand, 'dot'));
  if (good.length < 2) return poison(span);
  const rate = joinRates(context, operands, span);
  const complain = (): Draft =>
    fail(context, {
      code: 'RNN3001',
      message:
        `dot takes two values of one shape, and ${nameOf(a, 'the first')} is ${shapeText(context, a.type.shape)}, ` +
        `${nameOf(b, 'the second')} ${shapeText(context, b.type.shape)}`,
      span,
      related: reasons(span, ...originOf(a), ...originOf(b)),
    });
  const from = b.because ?? { span: b.span, text: 'dot takes two values of one shape' };
  if (!unifyShapes(a.type.shape, b.type.shape, context.unknowns, from, complain)) return complain();
  // Two shapes that nothing tells are vectors: there is nothing to multiply in scalars.
  asVector(a.type.shape, context.unknowns, from);
  if (rate === undefined) return poison(span);
  const type = draftReal([], rate);
  return operands.some(isComplex)
    ? complexProduct(context, 'dot', a, b, type, span)
    : primitive(context, 'dot', operands, type, span);
}

function outer(context: Context, operands: readonly Draft[], span: Span): Draft {
  const good = operands.filter((operand) => expectNumber(context, operand, 'outer'));
  if (good.length < 2) return poison(span);
  const rate = joinRates(context, operands, span);
  const sizes = operands.map((operand) => vectorOf(context, 'outer', operand));
  const [a, b] = sizes;
  if (rate === undefined || a === undefined || b === undefined) return poison(span);
  const type = draftReal([a, b], rate);
  return operands.some(isComplex)
    ? complexProduct(context, 'outer', operands[0], operands[1], type, span)
    : primitive(context, 'outer', operands, type, span);
}

function transpose(context: Context, operands: readonly Draft[], span: Span): Draft {
  const [operand] = operands;
  if (!expectNumber(context, operand, 'transpose')) return poison(span);
  const shape = resolveShape(operand.type.shape, context.unknowns);
  if (isKnownShape(shape) && shape.length === 2) {
    const type = draftReal([shape[1], shape[0]], operand.type.rate);
    return linear(context, 'transpose', operands, type, span);
  }
  return fail(context, {
    code: 'RNN3006',
    message: `transpose takes a matrix, and ${nameOf(operand, 'this')} is ${shapeText(context, shape)}`,
    span: operand.span,
    related: reasons(operand.span, ...originOf(operand)),
    help: 'a vector is neither a row nor a column: write dot(a, b) for a number, outer(a, b) for a matrix',
  });
}

/** Whether an operand is the name of something with a written type. */
function isDeclared(context: Context, operand: Draft): boolean {
  const kind = context.scope.get(nameOf(operand))?.kind;
  return kind === 'input' || kind === 'target' || kind === 'state' || kind === 'parameter';
}

/** Joined along the first axis; the others are equal. */
export function concatDrafts(context: Context, operands: readonly Draft[], span: Span): Draft {
  const good = operands.filter((operand) => expectNumber(context, operand, 'concat'));
  if (good.length < operands.length) return poison(span);
  const rate = joinRates(context, operands, span);
  const shapes = operands.map((operand) => {
    const shape = resolveShape(operand.type.shape, context.unknowns);
    if (isKnownShape(shape)) return shape;
    const size = asVector(shape, context.unknowns, { span: operand.span, text: 'concat joins vectors' });
    return size === undefined ? [] : [size];
  });
  const scalar = shapes.findIndex((shape) => shape.length === 0);
  if (scalar >= 0) {
    const operand = operands[scalar];
    return fail(context, {
      code: 'RNN3006',
      message: `concat joins vectors, and ${nameOf(operand, 'this')} is []`,
      span: operand.span,
      related: reasons(operand.span, ...originOf(operand)),
      help: isDeclared(context, operand)
        ? 'declare it as a vector of one: [1]'
        : `make it a vector of one: reshape(${shortText(operand.span) ?? '...'}, [1])`,
    });
  }
  const [first, ...rest] = shapes;
  let size = first[0];
  for (const [i, shape] of rest.entries()) {
    const other = operands[i + 1];
    const complain = (): Draft =>
      fail(context, {
        code: 'RNN3001',
        message:
          `concat joins along the first axis, the others must be equal: ${nameOf(operands[0], 'the first')} is ` +
          `${shapeText(context, first)}, ${nameOf(other, 'this')} ${shapeText(context, shape)}`,
        span: other.span,
        related: reasons(other.span, ...originOf(operands[0]), ...originOf(other)),
      });
    if (!unifyShapes(first.slice(1), shape.slice(1), context.unknowns, undefined, complain))
      return complain();
    size = addSizes(size, shape[0]);
  }
  if (rate === undefined) return poison(span);
  return linear(context, 'concat', operands, draftReal([size, ...first.slice(1)], rate), span);
}

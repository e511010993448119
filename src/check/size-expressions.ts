// Sizes and types as they are written: `4 * m`, `[4 * m, n]`, `once index(2)`. A size is made of whole numbers and the
// sizes of the header with + - * / and ^. A division need not come out whole for every choice of them: that is looked
// at when they get numbers.

import { suggest } from '../base/suggest.ts';
import type { Expression, TypeAnnotation } from '../parser/tree.ts';
import type { Binding, Context } from './context.ts';
import { typeElsewhere } from './elsewhere.ts';
import { shortText } from './report.ts';
import {
  addSizes,
  constantSize,
  divideSizes,
  isLength,
  isManageable,
  isNeverPositive,
  lengthSize,
  multiplySizes,
  type Size,
  scaleSize,
  showSize,
  sizeOf,
  sizeSymbol,
  soleSymbol,
  subtractSizes,
  symbolsOf,
} from './size.ts';

type SizeContext = Pick<Context, 'report' | 'scope'> & {
  /** The length of the sequence may stand here: in the type of an equation. */
  readonly allowsLength?: boolean;
};

/** Names that people give to the axes which the language adds by itself. */
const axisWords: ReadonlyMap<string, string> = new Map([
  ...['t', 'time', 'steps', 'seq', 'seq_len', 'length'].map((word) => [word, 'time'] as const),
  ...['b', 'batch', 'batch_size'].map((word) => [word, 'batch'] as const),
]);

/** Reads a size that stands for itself: not below 1. Undefined where it is none, which is reported. */
export function readSize(context: SizeContext, expression: Expression): Size | undefined {
  const size = readPart(context, expression);
  if (size === undefined) return undefined;
  const constant = constantSize(size);
  if (symbolsOf(size).some(isLength) && soleSymbol(size) === undefined) {
    return notASize(
      context,
      expression,
      'the length of a sequence is an axis as it is, and nothing is computed with it',
    );
  }
  // What is divided may not come out whole: that is seen when the sizes get numbers.
  const isPossible = constant === undefined || constant.denominator === 1n;
  if (isPossible && !isNeverPositive(size)) return size;
  const text = showSize(size);
  context.report.add({
    code: 'RNN3013',
    message:
      constant !== undefined
        ? `a size is a whole number above zero, and this is ${text}`
        : `${text} is never above zero`,
    span: expression.span,
  });
  return undefined;
}

function readPart(context: SizeContext, expression: Expression): Size | undefined {
  const size = readRaw(context, expression);
  if (size === undefined || isManageable(size)) return size;
  context.report.add({
    code: 'RNN3013',
    message: 'this size is beyond what can be computed with',
    span: expression.span,
    notes: ['sizes are polynomials of a small degree, and numbers below 2^53'],
  });
  return undefined;
}

function readRaw(context: SizeContext, expression: Expression): Size | undefined {
  switch (expression.kind) {
    case 'number':
      if (Number.isInteger(expression.value)) return sizeOf(expression.value);
      return notASize(context, expression, 'a size is a whole number');
    case 'name':
      return readName(context, expression);
    case 'negation': {
      const operand = readPart(context, expression.operand);
      return operand === undefined ? undefined : scaleSize(operand, -1n, 1n);
    }
    case 'chain': {
      let total = readPart(context, expression.first);
      for (const { operator, operand } of expression.rest) {
        const right = readPart(context, operand);
        if (total === undefined || right === undefined) return undefined;
        if (operator === '+') total = addSizes(total, right);
        else if (operator === '-') total = subtractSizes(total, right);
        else if (operator === '*') total = multiplySizes(total, right);
        else if (operator === '/') {
          if (right.terms.length === 0) return notASize(context, operand, 'nothing can be divided by zero');
          total = divideSizes(total, right);
        } else return notASize(context, expression, `a size has no ${operator}`);
        if (!isManageable(total)) return total;
      }
      return total;
    }
    case 'power': {
      const [base, exponent, ...more] = expression.operands.map((operand) => readPart(context, operand));
      if (base === undefined || exponent === undefined || more.includes(undefined)) return undefined;
      const count = constantSize(exponent);
      const fits = count !== undefined && count.denominator === 1n && count.numerator >= 0n;
      if (!fits || count.numerator > 16n || more.length > 0) {
        return notASize(context, expression, 'the exponent of a size is a whole number from 0 to 16');
      }
      let product = sizeOf(1);
      for (let i = 0n; i < count.numerator; i++) {
        product = multiplySizes(product, base);
        if (!isManageable(product)) return product;
      }
      return product;
    }
    default:
      return notASize(context, expression, 'a size is made of whole numbers and the sizes of the header');
  }
}

function notASize(context: SizeContext, expression: Expression, note: string): undefined {
  const text = shortText(expression.span);
  context.report.add({
    code: 'RNN3012',
    message: `${text ?? 'this'} is not a size`,
    span: expression.span,
    notes: [note],
  });
  return undefined;
}

function readName(
  context: SizeContext,
  expression: Extract<Expression, { readonly kind: 'name' }>,
): Size | undefined {
  const binding = context.scope.get(expression.text);
  const sizes = [...context.scope].filter(([, other]) => other.kind === 'size').map(([name]) => name);
  if (binding?.kind === 'size') return sizeSymbol(expression.text);
  if (binding === undefined && context.allowsLength && expression.text === 'time') return lengthSize('time');
  if (binding?.kind === 'broken') return undefined;
  if (binding !== undefined) {
    context.report.add({
      code: 'RNN3012',
      message: `${expression.text} is ${describeBinding(binding)}, not a size`,
      span: expression.span,
      related: [{ span: binding.span, text: `${expression.text} is declared here` }],
      notes: sizes.length === 0 ? [] : [headerText(sizes)],
      help:
        binding.kind === 'hyperparameter'
          ? `a size in the header has no type: leave out : real after ${expression.text}`
          : undefined,
    });
    return undefined;
  }
  const near = suggest(expression.text, sizes);
  const axis = axisWords.get(expression.text.toLowerCase());
  // A size that is missing is told once.
  context.scope.set(expression.text, { kind: 'broken', span: expression.span });
  context.report.add({
    code: 'RNN2001',
    message: `there is no size ${expression.text}`,
    span: expression.span,
    notes: [headerText(sizes)],
    help:
      axis !== undefined
        ? `leave it out: a cell is one step of one sequence, and the ${axis} axis is added by itself`
        : near === undefined
          ? `declare it: add ${expression.text} to the brackets of the header`
          : `did you mean ${near}?`,
    fixes: near === undefined ? [] : [{ span: expression.span, replacement: near, title: `write ${near}` }],
  });
  return undefined;
}

function headerText(sizes: readonly string[]): string {
  if (sizes.length === 0) return 'the header declares no sizes';
  return sizes.length === 1
    ? `the size of the header is ${sizes[0]}`
    : `the sizes of the header are ${sizes.join(', ')}`;
}

/** `an input`, `a state`: what a name is, with its article. */
export function describeBinding(binding: Binding): string {
  switch (binding.kind) {
    case 'size':
      return 'a size';
    case 'hyperparameter':
      return 'a hyperparameter';
    case 'input':
      return 'an input';
    case 'target':
      return 'a target';
    case 'state':
      return 'a state';
    case 'parameter':
      return 'a weight';
    case 'equation':
      return 'an equation';
    case 'instance':
      return 'an instance of a cell';
    case 'cell':
      return 'a cell of the header';
    case 'function':
      return 'a function';
    case 'broken':
      return 'something that could not be read';
    default:
      return binding satisfies never;
  }
}

/** A type as it is written. */
export interface WrittenType {
  readonly element: 'real' | 'complex' | 'index';
  readonly categories: Size | undefined;
  readonly shape: readonly Size[];
  readonly once: boolean;
}

/** Reads a type; undefined where it has a mistake, which is reported. */
export function readType(context: SizeContext, annotation: TypeAnnotation): WrittenType | undefined {
  const { value, once } = annotation;
  switch (value.kind) {
    case 'tensor': {
      const shape = value.sizes.map((size) => readSize(context, size));
      const known = shape.filter((size) => size !== undefined);
      return known.length < shape.length
        ? undefined
        : { element: value.complex ? 'complex' : 'real', categories: undefined, shape: known, once };
    }
    case 'index': {
      const categories = readSize(context, value.size);
      return categories === undefined ? undefined : { element: 'index', categories, shape: [], once };
    }
    case 'named': {
      const word = value.name.text;
      if (word === 'real' || word === 'complex') {
        return { element: word, categories: undefined, shape: [], once };
      }
      if (word === '') return undefined;
      const near = suggest(word, ['real', 'complex', 'index']);
      context.report.add({
        code: 'RNN2012',
        message: `there is no type ${word}`,
        span: value.span,
        notes: [
          'types are real, [m] (a vector of m numbers), [m, n], complex [m] and index(v) (one of v categories)',
        ],
        help:
          context.scope.get(word)?.kind === 'size'
            ? `did you mean [${word}]?`
            : (typeElsewhere(word) ?? (near === undefined ? undefined : `did you mean ${near}?`)),
      });
      return undefined;
    }
    default:
      return value satisfies never;
  }
}

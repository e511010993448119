// Sizes that are no numbers. The first axis of `all over time h` is as long as the sequence, which is another number for each
// sequence of a batch. Such a size stands as a whole axis, or as a number in an equation; where it would have to be known
// before there is a sequence, it is an error. A cell says the same of the sizes of its header: which of them are
// numbers in every use. So it is right for all sizes, lengths among them, but for those.

import type { Span } from '../base/source.ts';
import type { CheckedCell, CheckedExpression, CheckedParameter, CheckedStart, FixedSize } from './checked.ts';
import { operandsOf } from './operands.ts';
import type { Report } from './report.ts';
import { isLength, type Size, showSize, soleSymbol, symbolsOf } from './size.ts';

/** Why the length of a sequence cannot stand in the place of a fixed size. */
export const lengthNote =
  'the length of a sequence is known only when there is one: it can be a whole axis, or a number in an equation';

/** What of a cell has sizes, as far as it is known by then. */
export type Sized = Pick<CheckedCell, 'states' | 'instances' | 'hyperparameters'> & {
  readonly parameters: readonly CheckedParameter[];
  /** Equations, arguments, starts of states. */
  readonly expressions: readonly CheckedExpression[];
};

/** The sizes of a header that are numbers, and what asks for it. A length that would have to be one is reported. */
export function fixedSizes(cell: Sized, report: Report): ReadonlyMap<string, FixedSize> {
  const fixed = new Map<string, FixedSize>();
  const told = new Set<string>();
  /** Every symbol of the size is a number. */
  const fix = (size: Size, span: Span, why: string, because?: FixedSize): void => {
    for (const symbol of symbolsOf(size)) {
      if (!isLength(symbol)) {
        if (!fixed.has(symbol)) fixed.set(symbol, { span, why });
        continue;
      }
      if (told.has(symbol)) continue;
      told.add(symbol);
      report.add({
        code: 'RNN3017',
        message: `${why}, and ${showSize(size)} is as long as the sequence is`,
        span,
        related: because === undefined ? [] : [{ span: because.span, text: because.why }],
        notes: [lengthNote],
      });
    }
  };
  const fixAll = (shape: readonly Size[], span: Span, why: string): void => {
    for (const size of shape) fix(size, span, why);
  };
  /** A size stands as an axis: by itself it may be anything. */
  const asAxis = (size: Size, span: Span): void => {
    if (soleSymbol(size) === undefined) fix(size, span, 'this is computed with a size as a number');
  };
  /** A number that has to be there before any sequence. */
  const asConstant = (e: CheckedExpression, what: string): void => {
    if (e.kind === 'size') fix(e.size, e.span, `${what} is settled before there is a sequence`);
    for (const operand of operandsOf(e)) asConstant(operand, what);
  };
  const visit = (e: CheckedExpression): void => {
    const { span } = e;
    switch (e.kind) {
      case 'affine':
        fixAll(e.type.shape, span, 'affine has weights of a fixed size');
        for (const { argument } of e.terms) {
          fixAll(argument.type.shape, span, 'affine has weights of a fixed size');
        }
        break;
      case 'slice':
        fixAll(e.operand.type.shape.slice(0, 1), span, 'what is taken apart here has a fixed size');
        break;
      case 'access':
        e.places.forEach(({ kind }, axis) => {
          const size = e.operand.type.shape[axis];
          if (kind !== 'whole') fix(size, span, 'what stands in brackets is for an axis of a fixed size');
        });
        break;
      case 'reshape':
        fixAll(e.operand.type.shape, span, 'reshape takes what has a fixed size');
        break;
      case 'dropout':
        fixAll(e.operand.type.shape, span, 'dropout draws noise of a fixed size');
        asConstant(e.probability, 'the part that dropout leaves out');
        break;
      case 'noise':
        fixAll(e.type.shape, span, `${e.draw} draws noise of a fixed size`);
        if (e.probability !== undefined) asConstant(e.probability, 'a probability');
        break;
      case 'identity':
        fixAll(e.type.shape, span, 'identity makes a matrix of a fixed size');
        break;
      case 'repeat':
        fix(e.count, span, 'how often repeat goes round is a fixed number');
        break;
      case 'primitive':
        if (e.name === 'concat') {
          for (const operand of e.operands) {
            fixAll(operand.type.shape.slice(0, 1), operand.span, 'concat joins axes of a fixed size');
          }
        }
        if (e.name === 'argmax') {
          fixAll(e.operands[0].type.shape, span, 'argmax gives one of a fixed number of categories');
        }
        break;
      default:
    }
    for (const size of e.type.shape) asAxis(size, span);
    if (e.type.categories !== undefined) fix(e.type.categories, span, 'categories have a fixed number');
    for (const operand of operandsOf(e)) visit(operand);
  };
  for (const { shape, span } of cell.states) fixAll(shape, span, 'a state has a fixed size');
  for (const { shape, span, start } of cell.parameters) {
    fixAll(shape, span, 'a weight has a fixed size');
    for (const number of numbersOf(start)) asConstant(number, 'the start of a weight');
  }
  for (const { cell: inner, sizes, hyperparameters, span } of cell.instances) {
    for (const [name, size] of sizes) {
      const reason = inner.fixed.get(name);
      if (reason === undefined) asAxis(size, span);
      else fix(size, span, `${name} of ${inner.name} is a fixed size`, reason);
    }
    for (const value of hyperparameters.values()) asConstant(value, 'a hyperparameter');
  }
  for (const { defaultValue } of cell.hyperparameters) {
    if (defaultValue !== undefined) asConstant(defaultValue, 'a hyperparameter');
  }
  for (const expression of cell.expressions) visit(expression);
  return fixed;
}

/** The numbers that a start is made of. */
function numbersOf(start: CheckedStart): readonly CheckedExpression[] {
  const dense = (density: CheckedExpression | undefined): readonly CheckedExpression[] =>
    density === undefined ? [] : [density];
  switch (start.kind) {
    case 'normal':
      return [start.deviation, ...dense(start.density)];
    case 'uniform':
      return [start.low, start.high, ...dense(start.density)];
    case 'spectral':
      return [start.radius, ...dense(start.density)];
    case 'log_uniform':
      return [start.low, start.high];
    case 'chrono':
      return [start.longest];
    case 'legendre':
      return [start.window];
    case 'value':
      return [start.value];
    default:
      return [];
  }
}

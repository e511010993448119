// What meets element by element: the shape that comes out, or why there is none.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Rate } from './checked.ts';
import type { CheckerCode } from './codes.ts';
import { type Context, type Draft, isPoison, nameOf, originOf, reasons, shapeText } from './context.ts';
import {
  type DraftElement,
  type DraftType,
  isKnownShape,
  resolveShape,
  type Shape,
  unifyShapes,
} from './shapes.ts';
import { type Size, showSize } from './size.ts';

export interface Combined {
  readonly shape: Shape;
  readonly scalar: boolean;
  readonly because: Label | undefined;
}

/**
 * The shape of an elementwise operation. What is known to be [] spreads; all others have one shape. Undefined where an
 * operand is poisoned or the shapes differ. That is reported: `action` as in "add A and B", where the two stand.
 */
export function combine(
  context: Context,
  operands: readonly Draft[],
  action: string,
  span: Span,
  code: CheckerCode = 'RNN3001',
): Combined | undefined {
  if (operands.some(isPoison)) return undefined;
  const spread = operands.filter((draft) => !draft.type.scalar);
  if (spread.length === 0) return { shape: [], scalar: true, because: undefined };
  const [first, ...others] = spread;
  for (const other of others) {
    const complain = (): void => reportShapes(context, first, other, action, span, code);
    const from = other.because ?? first.because ?? { span: other.span, text: 'its shape comes from here' };
    if (!unifyShapes(first.type.shape, other.type.shape, context.unknowns, from, complain)) {
      complain();
      return undefined;
    }
  }
  const because = spread.map((draft) => draft.because).find((label) => label !== undefined);
  return { shape: first.type.shape, scalar: false, because };
}

function reportShapes(
  context: Context,
  a: Draft,
  b: Draft,
  action: string,
  span: Span,
  code: CheckerCode,
): void {
  const [left, right] = [shapeText(context, a.type.shape), shapeText(context, b.type.shape)];
  const first = `${nameOf(a, 'the left side')} ${left}`;
  const second = `${nameOf(b, 'the right side')} ${right}`;
  const lonely = [a, b].find((draft) => shapeText(context, draft.type.shape) === '[]');
  const column = (longer: string, shorter: string): boolean => longer === shorter.replace(/\]$/, ', 1]');
  context.report.add({
    code,
    message: `cannot ${action.replace(/\b[AB]\b/g, (side) => (side === 'A' ? first : second))}`,
    span,
    label: `${left} meets ${right}`,
    related: reasons(span, ...originOf(a), ...originOf(b)),
    notes: ['values that meet element by element have one shape; only what is known to be [] spreads'],
    help:
      column(left, right) || column(right, left)
        ? 'a column is not a vector: leave out the axis of 1'
        : lonely === undefined
          ? matrixProduct(context, a, b, action)
          : `if ${nameOf(lonely, 'it')} is meant to spread, declare it: ${lonely.atomic ? nameOf(lonely) : 'name'}: [] = ...`,
  });
}

/** The help for `W * x` where W @ x would fit. */
function matrixProduct(context: Context, a: Draft, b: Draft, action: string): string | undefined {
  const [left, right] = [a, b].map(({ type }) => resolveShape(type.shape, context.unknowns));
  if (action !== 'multiply A by B' || !isKnownShape(left) || !isKnownShape(right)) return undefined;
  const fits = (p: readonly Size[], q: readonly Size[]): boolean =>
    p.length + q.length === 3 && showSize(p[p.length - 1]) === showSize(q[0]);
  const product = (p: Draft, q: Draft): string =>
    `* is element by element; for the matrix product write ${nameOf(p, '...')} @ ${nameOf(q, '...')}`;
  return fits(left, right) ? product(a, b) : fits(right, left) ? product(b, a) : undefined;
}

/** A type of this element, with the shape that was combined. */
export function combinedType(combined: Combined, element: DraftElement, rate: Rate): DraftType {
  return { element, categories: undefined, shape: combined.shape, scalar: combined.scalar, rate };
}

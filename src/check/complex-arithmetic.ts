// The arithmetic of complex drafts, part by part, with the formulas beside it. z = x + i y, w = u + i v.
// Shapes and rates are looked at by the callers, in operators.ts and functions.ts; here everything fits.

import type { Span } from '../base/source.ts';
import type { ChainOperator } from '../parser/tree.ts';
import type { CheckedExpression, PrimitiveName } from './checked.ts';
import { asComplex, complexDraft, isComplex, partOf, spreadOver } from './complex.ts';
import { type Context, type Draft, draftReal, makeDraft, nodeBase } from './context.ts';
import { setApart } from './references.ts';
import type { DraftType } from './shapes.ts';

/** Makes real drafts of one span. */
class Reals {
  readonly #context: Context;
  readonly #span: Span;

  constructor(context: Context, span: Span) {
    this.#context = context;
    this.#span = span;
  }

  number(value: number): Draft {
    const type = draftReal([], 'constant');
    const finish = (): CheckedExpression => ({ kind: 'literal', value, ...this.#base(type) });
    return makeDraft(this.#span, type, finish, { atomic: true, literal: value });
  }

  chain(operator: ChainOperator, a: Draft, b: Draft, type: DraftType): Draft {
    return makeDraft(this.#span, type, () => ({
      kind: 'chain',
      first: a.finish(),
      rest: [{ operator, operand: b.finish() }],
      ...this.#base(type),
    }));
  }

  call(name: PrimitiveName, operands: readonly Draft[], type: DraftType): Draft {
    return makeDraft(this.#span, type, () => ({
      kind: 'primitive',
      name,
      operands: operands.map((operand) => operand.finish()),
      ...this.#base(type),
    }));
  }

  /** `if a > 0 then value else 0`. */
  wherePositive(a: Draft, value: Draft, type: DraftType): Draft {
    return makeDraft(this.#span, type, () => ({
      kind: 'if',
      cases: [
        {
          condition: {
            kind: 'comparison',
            operator: '>',
            left: a.finish(),
            right: this.number(0).finish(),
            ...this.#base({ ...type, element: 'bool' }),
          },
          value: value.finish(),
        },
      ],
      otherwise: this.number(0).finish(),
      ...this.#base(type),
    }));
  }

  #base(type: DraftType) {
    return nodeBase(this.#context, this.#span, type);
  }
}

/** `a + b`, `a - b`, `a * b`, `a / b`, `a @ b`. `type` is that of either part of the result. */
export function complexLink(
  context: Context,
  operator: ChainOperator,
  a: Draft,
  b: Draft,
  type: DraftType,
  span: Span,
): Draft {
  const reals = new Reals(context, span);
  const of = (op: ChainOperator, p: Draft, q: Draft, t = type): Draft => reals.chain(op, p, q, t);
  if (!isComplex(a) && !isComplex(b)) return of(operator, a, b);
  if (operator === '+' || operator === '-') {
    const im = ((): Draft => {
      if (!isComplex(b)) return spreadOver(context, partOf(a, 'im'), type);
      if (isComplex(a)) return of(operator, partOf(a, 'im'), partOf(b, 'im'));
      const other = spreadOver(context, partOf(b, 'im'), type);
      return operator === '+' ? other : reals.call('neg', [other], type);
    })();
    return complexDraft(span, of(operator, partOf(a, 're'), partOf(b, 're')), im);
  }
  const [p, q] = [setApart(context, a), setApart(context, b)];
  const [[x, y], [u, v]] = [p, q].map((one) => [partOf(one, 're'), partOf(one, 'im')]);
  if (!isComplex(q)) return complexDraft(span, of(operator, x, u), of(operator, y, u));
  if (operator === '/') {
    // z / w = z conj(w) / |w|^2.
    const own = partOf(q, 're').type;
    const square = setApart(context, of('+', of('*', u, u, own), of('*', v, v, own), own));
    if (!isComplex(p)) {
      return complexDraft(
        span,
        of('/', of('*', x, u), square),
        reals.call('neg', [of('/', of('*', x, v), square)], type),
      );
    }
    return complexDraft(
      span,
      of('/', of('+', of('*', x, u), of('*', y, v)), square),
      of('/', of('-', of('*', y, u), of('*', x, v)), square),
    );
  }
  if (!isComplex(p)) return complexDraft(span, of(operator, x, u), of(operator, x, v));
  return complexDraft(
    span,
    of('-', of(operator, x, u), of(operator, y, v)),
    of('+', of(operator, x, v), of(operator, y, u)),
  );
}

/** `z ^ k` for a whole number k from 1, by squares. */
export function complexPower(context: Context, z: Draft, k: number, span: Span): Draft {
  const { type } = partOf(z, 're');
  let square = setApart(context, z);
  let result: Draft | undefined;
  for (let left = k; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      result = result === undefined ? square : complexLink(context, '*', result, square, type, span);
    }
    if (left > 1) square = setApart(context, complexLink(context, '*', square, square, type, span));
  }
  return { ...(result ?? z), span };
}

/** `dot` and `outer` are products too, without a conjugate: sums of z w. `type` is that of either part of the result. */
export function complexProduct(
  context: Context,
  name: 'dot' | 'outer',
  a: Draft,
  b: Draft,
  type: DraftType,
  span: Span,
): Draft {
  const reals = new Reals(context, span);
  const [p, q] = [setApart(context, a), setApart(context, b)];
  const [[x, y], [u, v]] = [p, q].map((one) => [partOf(one, 're'), partOf(one, 'im')]);
  const of = (first: Draft, second: Draft): Draft => reals.call(name, [first, second], type);
  if (!isComplex(q)) return complexDraft(span, of(x, u), of(y, u));
  if (!isComplex(p)) return complexDraft(span, of(x, u), of(x, v));
  return complexDraft(
    span,
    reals.chain('-', of(x, u), of(y, v), type),
    reals.chain('+', of(x, v), of(y, u), type),
  );
}

/** exp(x + i y) = exp(x) (cos y + i sin y). */
export function complexExp(context: Context, z: Draft, span: Span): Draft {
  const [x, y] = [partOf(z, 're'), setApart(context, partOf(z, 'im'))];
  const { type } = x;
  const reals = new Reals(context, span);
  const size = setApart(context, reals.call('exp', [x], type));
  const of = (name: 'cos' | 'sin'): Draft => reals.chain('*', size, reals.call(name, [y], type), type);
  return complexDraft(span, of('cos'), of('sin'));
}

/** cis(y) = exp(i y) = cos y + i sin y. */
export function cis(context: Context, angle: Draft, span: Span): Draft {
  const y = setApart(context, angle);
  const reals = new Reals(context, span);
  return complexDraft(span, reals.call('cos', [y], y.type), reals.call('sin', [y], y.type));
}

/**
 * |z| = m sqrt((x / m)^2 + (y / m)^2) for any m > 0: with the larger of |x| and |y| no square is too large or too small for
 * its number format. As it is the same for all m, m may be held still, and the slope is z / |z|; at 0 it is 0.
 */
export function complexAbs(context: Context, z: Draft, span: Span): Draft {
  const apart = setApart(context, z);
  const [x, y] = [partOf(apart, 're'), partOf(apart, 'im')];
  const { type } = x;
  const reals = new Reals(context, span);
  const larger = reals.call('max', [reals.call('abs', [x], type), reals.call('abs', [y], type)], type);
  const m = setApart(context, reals.call('stop', [larger], type));
  const [u, v] = [x, y].map((part) => setApart(context, reals.chain('/', part, m, type)));
  const squares = reals.chain('+', reals.chain('*', u, u, type), reals.chain('*', v, v, type), type);
  const size = reals.chain('*', m, reals.call('sqrt', [squares], type), type);
  return reals.wherePositive(m, size, type);
}

/** x - i y. */
export function conjugate(context: Context, z: Draft, span: Span): Draft {
  const im = partOf(z, 'im');
  return complexDraft(span, partOf(z, 're'), new Reals(context, span).call('neg', [im], im.type));
}

/** A linear function: of each part by itself. `type` is that of either part of the result. */
export function byParts(
  context: Context,
  name: PrimitiveName,
  operands: readonly Draft[],
  type: DraftType,
  span: Span,
): Draft {
  const reals = new Reals(context, span);
  const of = (part: 're' | 'im'): Draft => {
    const parts = operands.map((operand) => partOf(asComplex(context, operand), part));
    return reals.call(name, parts, type);
  };
  return complexDraft(span, of('re'), of('im'));
}

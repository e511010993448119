// Operators: arithmetic, the matrix product, comparisons, conditions, choice.

import type { Label } from '../base/diagnostic.ts';
import { joinSpans, type Span } from '../base/source.ts';
import type { ChainOperator, ComparisonOperator } from '../parser/tree.ts';
import { combine, combinedType } from './combine.ts';
import { alike, expectNumber, inParts, isComplex, partOf } from './complex.ts';
import { complexLink, complexPower } from './complex-arithmetic.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  isPoison,
  joinRates,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  poison,
  reasons,
  shapeText,
  typeText,
} from './context.ts';
import { expectBool, expectReal } from './expect.ts';
import { indexAsCategory } from './indices.ts';
import { lengthNote } from './ragged.ts';
import { setApart } from './references.ts';
import { asVector, type DraftType, isKnownShape, resolveShape, type Shape } from './shapes.ts';
import {
  constantSize,
  isLength,
  type Size,
  sameSize,
  showSize,
  sizeOf,
  subtractSizes,
  symbolsOf,
} from './size.ts';

const actions: Readonly<Record<Exclude<ChainOperator, '@'>, string>> = {
  '+': 'add A and B',
  '-': 'subtract B from A',
  '*': 'multiply A by B',
  '/': 'divide A by B',
  mod: 'take the remainder of A by B',
  and: 'join A and B with and',
  or: 'join A and B with or',
};

/** The type of two neighbours of a chain, and where its shape comes from; undefined where they do not fit. */
type LinkType = { readonly type: DraftType; readonly because: Label | undefined } | undefined;

/** `a + b - c`: grouped to the left, however long it is. */
export function chainDraft(
  context: Context,
  first: Draft,
  rest: readonly { readonly operator: ChainOperator; readonly operand: Draft; readonly span: Span }[],
  span: Span,
): Draft {
  let total = checkOperand(context, first, rest[0]?.operator ?? '+');
  let category = first.type.element === 'index';
  // What is complex goes link by link: each part of a product needs both parts of what is before it.
  const anyComplex = isComplex(first) || rest.some(({ operand }) => isComplex(operand));
  for (const { operator, operand, span: linkSpan } of rest) {
    // Two categories in one sum are one mistake.
    const again = category && operand.type.element === 'index';
    const right = again ? poison(operand.span) : checkOperand(context, operand, operator);
    category ||= operand.type.element === 'index';
    const partial =
      isPoison(total) || isPoison(right) ? undefined : link(context, operator, total, right, linkSpan);
    const { type, because } = partial ?? poison(linkSpan);
    total = anyComplex
      ? isPoison(total) || isPoison(right) || partial === undefined
        ? poison(linkSpan)
        : { ...complexLink(context, operator, total, right, type, linkSpan), because }
      : makeDraft(linkSpan, type, total.finish, { because });
  }
  if (isPoison(total)) return poison(span);
  if (anyComplex) return { ...total, span };
  const { type } = total;
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'chain',
      first: first.finish(),
      rest: rest.map((r) => ({ operator: r.operator, operand: r.operand.finish() })),
      ...nodeBase(context, span, type),
    }),
    { because: total.because },
  );
}

function checkOperand(context: Context, draft: Draft, operator: ChainOperator): Draft {
  const good =
    operator === 'and' || operator === 'or'
      ? expectBool(context, draft, operator)
      : operator === 'mod'
        ? expectReal(context, draft, operator)
        : expectNumber(context, draft, operator);
  return good ? draft : poison(draft.span);
}

function link(context: Context, operator: ChainOperator, a: Draft, b: Draft, span: Span): LinkType {
  const rate = joinRates(context, [a, b], span);
  if (rate === undefined) return undefined;
  if (operator === '@') {
    const shape = productShape(context, a, b, span);
    return shape && { type: draftReal(shape, rate, false), because: a.because ?? b.because };
  }
  const combined = combine(context, [a, b], actions[operator], span);
  const element = operator === 'and' || operator === 'or' ? 'bool' : 'real';
  return combined && { type: combinedType(combined, element, rate), because: combined.because };
}

/** The shape of `a @ b`: matrix by vector, matrix by matrix, vector by matrix. */
function productShape(context: Context, a: Draft, b: Draft, span: Span): Shape | undefined {
  const known = (draft: Draft): readonly Size[] => {
    const shape = resolveShape(draft.type.shape, context.unknowns);
    if (isKnownShape(shape)) return shape;
    const size = asVector(shape, context.unknowns, { span, text: 'multiplied with @ here' });
    return size === undefined ? [] : [size];
  };
  const [left, right] = [known(a), known(b)];
  const [l, r] = [nameOf(a, 'the left side'), nameOf(b, 'the right side')];
  const [ls, rs] = [shapeText(context, left), shapeText(context, right)];
  const related = reasons(span, ...originOf(a), ...originOf(b));
  const sum = left.length + right.length;
  if (left.length < 1 || right.length < 1 || left.length > 2 || right.length > 2 || sum < 3) {
    const vectors = left.length === 1 && right.length === 1;
    context.report.add({
      code: 'RNN3002',
      message: `cannot multiply ${l} ${ls} by ${r} ${rs} with @`,
      span,
      related,
      notes: ['@ takes a matrix and a vector, two matrices, or a vector and a matrix'],
      help: vectors
        ? `write dot(${l}, ${r}) for a number, outer(${l}, ${r}) for a matrix, * element by element`
        : left.length === 0 || right.length === 0
          ? 'write * to scale by a number'
          : undefined,
    });
    return undefined;
  }
  const [inner, outer] = [left[left.length - 1], right[0]];
  const complain = (): void => {
    const [x, y] = [showSize(context.unknowns.resolve(inner)), showSize(context.unknowns.resolve(outer))];
    const other =
      left.length === 2 && right.length === 1 ? fittingWeight(context, left[0], outer, l) : undefined;
    const same = (p: Size | undefined, q: Size | undefined): boolean =>
      p !== undefined &&
      q !== undefined &&
      sameSize(context.unknowns.resolve(p), context.unknowns.resolve(q));
    context.report.add({
      code: 'RNN3002',
      message: `cannot multiply ${l} ${ls} by ${r} ${rs}`,
      span,
      label:
        left.length === 2 && right.length === 1
          ? `${l} takes a vector of ${x}, and ${r} has ${y}`
          : `${x} ${left.length === 2 ? 'columns' : 'entries'} on the left meet ${y} ${right.length === 2 ? 'rows' : 'entries'} on the right`,
      related,
      help:
        other !== undefined
          ? `${other} is [${showSize(left[0])}, ${y}]: did you mean ${other} @ ${r}?`
          : left.length === 2 && right.length === 1 && same(left[0], outer)
            ? wrongWayRound(l, r, `[${x}, ${y}]`)
            : left.length === 1 && same(inner, right[1])
              ? `write ${r} @ ${l}`
              : left.length === 2 && right.length === 2 && same(inner, right[1])
                ? `write ${l} @ transpose(${r})`
                : left.length === 2 && right.length === 2 && same(left[0], outer)
                  ? `write transpose(${l}) @ ${r}`
                  : undefined,
    });
  };
  if (!context.unknowns.unify(inner, outer, complain)) {
    complain();
    return undefined;
  }
  return [...left.slice(0, -1), ...right.slice(1)];
}

/** The help for a matrix that would fit if it were turned. */
function wrongWayRound(matrix: string, vector: string, wanted: string): string {
  const turned = /^transpose\((.*)\)$/.exec(matrix);
  if (turned !== null) return `write ${turned[1]} @ ${vector}`;
  const declared = /^\w+$/.test(matrix) ? `declare ${matrix}: ${wanted}, or write ` : 'write ';
  return `is ${matrix} the wrong way round? Then ${declared}${vector} @ ${matrix}`;
}

/** The only weight that would have fitted in the place of another. */
function fittingWeight(context: Context, rows: Size, columns: Size, except: string): string | undefined {
  const fitting = [...context.scope].filter(([name, binding]) => {
    const shape = binding.kind === 'parameter' ? binding.shape : undefined;
    return (
      name !== except &&
      shape?.length === 2 &&
      sameSize(shape[0], context.unknowns.resolve(rows)) &&
      sameSize(shape[1], context.unknowns.resolve(columns))
    );
  });
  return fitting.length === 1 ? fitting[0][0] : undefined;
}

/** `a ^ b ^ c`. */
export function powerDraft(context: Context, operands: readonly Draft[], span: Span): Draft {
  if (operands.some(isComplex)) return powerOfComplex(context, operands, span);
  const good = operands.filter((operand) => expectReal(context, operand, '^'));
  if (good.length < operands.length) return poison(span);
  const combined = combine(context, operands, 'raise A to the power B', span);
  const rate = joinRates(context, operands, span);
  if (combined === undefined || rate === undefined) return poison(span);
  const type = combinedType(combined, 'real', rate);
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'power',
      operands: operands.map((operand) => operand.finish()),
      ...nodeBase(context, span, type),
    }),
    { because: combined.because },
  );
}

/** The largest exponent of a complex value. */
const MOST_POWER = 64;

/** `z ^ 3`: a product. Other powers have a branch to choose, and that is for the program to say. */
function powerOfComplex(context: Context, operands: readonly Draft[], span: Span): Draft {
  if (operands.some(isPoison)) return poison(span);
  const [base, exponent] = operands;
  const k = exponent.literal;
  const fits = k !== undefined && Number.isInteger(k) && k >= 1 && k <= MOST_POWER;
  if (operands.length === 2 && isComplex(base) && fits) return complexPower(context, base, k, span);
  const [a, b] = [nameOf(base, 'this'), nameOf(exponent, 'the exponent')];
  const turned = isComplex(exponent);
  return fail(context, {
    code: 'RNN3203',
    message: turned
      ? `the exponent ${b} is complex, and an exponent is real`
      : `${a} is complex, and ${b} is no whole number from 1 to ${MOST_POWER} that is written as one`,
    span,
    related: reasons(span, (turned ? exponent : base).because),
    notes: ['a power of a complex value is a product of so many: all others have more than one value'],
    help: turned
      ? `of a positive real a, write exp(${b} * log(a))`
      : `write ${a} ^ 2 for a square, 1 / ${a} ^ 2 for one below the line`,
  });
}

/** A whole number beside a category is a category too: `label == 1`. */
export function asCategory(context: Context, literal: Draft, like: Draft): Draft {
  if (literal.chooseLike !== undefined && like.type.element === 'index') return literal.chooseLike(like);
  const { categories: all } = like.type;
  if (literal.index !== undefined && like.type.element === 'index' && all !== undefined) {
    const text = `${nameOf(like, 'this')} is ${typeText(context, like.type)}`;
    return indexAsCategory(context, literal, all, { span: like.span, text });
  }
  const value = literal.literal;
  if (value === undefined || like.type.element !== 'index' || literal.type.element !== 'real') return literal;
  const { categories } = like.type;
  const limit = categories === undefined ? undefined : constantSize(context.unknowns.resolve(categories));
  const below = limit === undefined || value < Number(limit.numerator);
  if (!Number.isInteger(value) || value < 0 || !below) {
    return fail(context, {
      code: 'RNN3010',
      message: `${nameOf(like, 'this')} is ${typeText(context, like.type)}, and ${value} is none of its categories`,
      span: literal.span,
      related: reasons(literal.span, like.because),
      notes: [
        `categories are counted from 0${limit === undefined ? '' : `, here up to ${limit.numerator - 1n}`}`,
      ],
    });
  }
  const type: DraftType = { element: 'index', categories, shape: [], scalar: true, rate: 'constant' };
  return makeDraft(literal.span, type, () => ({
    kind: 'literal',
    value,
    ...nodeBase(context, literal.span, type),
  }));
}

/** Whether two categories are of one kind; otherwise says so. */
function sameCategories(context: Context, a: Draft, b: Draft, span: Span, chosen = false): boolean {
  const [x, y] = [a.type.categories, b.type.categories];
  if (x === undefined || y === undefined) return true;
  const complain = (): void =>
    context.report.add({
      code: 'RNN3010',
      message: `${nameOf(a, 'the left side')} is ${typeText(context, a.type)}, and ${nameOf(b, 'the right side')} is ${typeText(context, b.type)}`,
      span,
      related: reasons(span, ...originOf(a), ...originOf(b)),
      notes: [
        chosen
          ? 'the branches of an if are categories out of as many'
          : 'two categories can be compared where there are as many of both',
      ],
    });
  if (context.unknowns.unify(x, y, complain)) return true;
  complain();
  return false;
}

export function comparisonDraft(
  context: Context,
  operator: ComparisonOperator,
  givenLeft: Draft,
  givenRight: Draft,
  span: Span,
): Draft {
  const left = asCategory(context, givenLeft, givenRight);
  const right = asCategory(context, givenRight, givenLeft);
  if (isPoison(left) || isPoison(right)) return poison(span);
  const bothIndex = left.type.element === 'index' && right.type.element === 'index';
  if (bothIndex) {
    if (operator !== '==' && operator !== '!=') {
      return fail(context, {
        code: 'RNN3008',
        message: `categories have no order: ${nameOf(left, 'this')} can be compared by == and != alone`,
        span,
        related: reasons(span, left.because, right.because),
      });
    }
    if (!sameCategories(context, left, right, span)) return poison(span);
  } else {
    const numbers = left.type.element === 'index' ? right : left;
    const category = left.type.element === 'index' ? left : right;
    if (category.type.element === 'index' && numbers.type.element === 'real') {
      const shape = shapeText(context, numbers.type.shape);
      return fail(context, {
        code: 'RNN3008',
        message: `cannot compare ${nameOf(numbers, 'this')}, numbers ${shape}, with ${nameOf(category, 'this')}, a category`,
        span,
        related: reasons(span, ...originOf(numbers), category.because),
        help:
          shape === '[]'
            ? undefined
            : `write argmax(${nameOf(numbers, '...')}) ${operator} ${nameOf(category, '...')}`,
      });
    }
    const good = [left, right].filter((side) => expectReal(context, side, operator));
    if (good.length < 2) return poison(span);
  }
  const combined = combine(context, [left, right], 'compare A with B', span);
  const rate = joinRates(context, [left, right], span);
  if (combined === undefined || rate === undefined) return poison(span);
  const type = combinedType(combined, 'bool', rate);
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'comparison',
      operator,
      left: left.finish(),
      right: right.finish(),
      ...nodeBase(context, span, type),
    }),
    { because: combined.because },
  );
}

/** `not a`. */
export function notDraft(context: Context, operand: Draft, span: Span): Draft {
  if (!expectBool(context, operand, 'not')) return poison(span);
  const { type } = operand;
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'primitive',
      name: 'not',
      operands: [operand.finish()],
      ...nodeBase(context, span, type),
    }),
    { because: operand.because },
  );
}

/** `if a then x else y`. */
export function conditionalDraft(
  context: Context,
  cases: readonly { readonly condition: Draft; readonly value: Draft }[],
  otherwise: Draft,
  span: Span,
): Draft {
  const conditions = cases.map((c) => c.condition);
  const good = conditions.filter((condition) => expectBool(context, condition, 'if'));
  const given = [...cases.map((c) => c.value), otherwise];
  const category = given.find((value) => value.type.element === 'index');
  const values =
    category === undefined
      ? alike(context, given)
      : given.map((value) => asCategory(context, value, category));
  if (good.length < conditions.length || values.some(isPoison)) return poison(span);
  const [first, ...others] = values;
  for (const other of others) {
    if (other.type.element === first.type.element) {
      if (!sameCategories(context, first, other, span, true)) return poison(span);
      continue;
    }
    return fail(context, {
      code: 'RNN3016',
      message:
        `the branches differ: ${nameOf(first, 'one')} is ${elementText(context, first)}, ` +
        `and ${nameOf(other, 'the other')} is ${elementText(context, other)}`,
      span: other.span,
      related: reasons(other.span, { span: first.span, text: `this is ${elementText(context, first)}` }),
    });
  }
  const branches = combine(context, values, 'choose between A and B', span, 'RNN3016');
  if (branches === undefined) return poison(span);
  // All branches stand for one value in what is said about the conditions.
  const whole = values.find((value) => !value.type.scalar) ?? first;
  const combined = combine(context, [...conditions, whole], 'choose by A between values like B', span);
  const rate = joinRates(context, [...conditions, ...values], span);
  if (combined === undefined || rate === undefined) return poison(span);
  const because = branches.because ?? combined.because;
  const isChoice = values.every((value) => value.literal !== undefined || value.chooseLike !== undefined);
  const chooseLike = (like: Draft): Draft => {
    const turned = (value: Draft): Draft => asCategory(context, value, like);
    const chosen = cases.map((c) => ({ condition: c.condition, value: turned(c.value) }));
    return conditionalDraft(context, chosen, turned(otherwise), span);
  };
  const type: DraftType = {
    ...combinedType(combined, first.type.element, rate),
    categories: first.type.categories,
  };
  const extra = { because, chooseLike: isChoice ? chooseLike : undefined };
  const shared = isComplex(first) ? conditions.map((condition) => setApart(context, condition)) : conditions;
  return inParts(context, span, type, extra, (part, base) => ({
    kind: 'if',
    cases: shared.map((condition, i) => ({
      condition: condition.finish(),
      value: partOf(values[i], part).finish(),
    })),
    otherwise: partOf(values[values.length - 1], part).finish(),
    ...base,
  }));
}

function elementText(context: Context, draft: Draft): string {
  switch (draft.type.element) {
    case 'bool':
      return 'a condition';
    case 'index':
      return `a category, ${typeText(context, draft.type)}`;
    case 'real':
    case 'complex':
    case 'unknown':
      return 'a number';
    default:
      return draft.type.element satisfies never;
  }
}

/** The spans of the growing left part of a chain: for messages about one of its operators. */
export function linkSpan(first: Span, operand: Span): Span {
  return first.source === operand.source ? joinSpans(first, operand) : operand;
}

/** `split(z, k)` as the right side of k names. */
export function splitDrafts(
  context: Context,
  operand: Draft,
  parts: number,
  span: Span,
): readonly Draft[] | undefined {
  if (!expectNumber(context, operand, 'split')) return undefined;
  const shape = resolveShape(operand.type.shape, context.unknowns);
  const label = { span, text: `split into ${parts} here` };
  const size = isKnownShape(shape) ? shape.at(0) : asVector(shape, context.unknowns, label);
  const rest = isKnownShape(shape) ? shape.slice(1) : [];
  if (size === undefined) {
    fail(context, {
      code: 'RNN3006',
      message: `${nameOf(operand, 'this')} is [], and cannot be split`,
      span: operand.span,
      related: reasons(operand.span, ...originOf(operand)),
    });
    return undefined;
  }
  const isNumber = size !== undefined && constantSize(size) !== undefined;
  const complain = (): void =>
    context.report.add({
      code: 'RNN3005',
      message: `cannot split ${nameOf(operand, 'this')} ${shapeText(context, shape)} into ${parts} equal parts${isNumber ? '' : ' for every size'}`,
      span,
      related: reasons(span, ...originOf(operand)),
      help: `give it a size that is ${parts} times another one, such as [${isNumber ? parts * 4 : `${parts} * m`}]`,
    });
  if (symbolsOf(context.unknowns.resolve(size)).some(isLength)) {
    context.report.add({
      code: 'RNN3017',
      message: `split takes an axis of a fixed size apart, and ${showSize(size)} is as long as the sequence is`,
      span,
      notes: [lengthNote],
    });
    return undefined;
  }
  const part = context.unknowns.fresh();
  context.wholes.push({ size: part, complain });
  let total: Size = sizeOf(0);
  const starts: Size[] = [];
  for (let i = 0; i < parts; i++) {
    starts.push(total);
    total = subtractSizes(total, subtractSizes(sizeOf(0), part));
  }
  if (!context.unknowns.unify(size, total, complain)) {
    complain();
    return undefined;
  }
  const type = {
    ...draftReal([part, ...rest], operand.type.rate, false),
    element: operand.type.element,
  } as const;
  return starts.map((start) =>
    inParts(context, span, type, { because: operand.because }, (which, base) => ({
      kind: 'slice',
      operand: partOf(operand, which).finish(),
      start: context.unknowns.resolve(start),
      size: context.unknowns.resolve(part),
      ...base,
    })),
  );
}

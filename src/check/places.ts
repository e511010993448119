// What stands in brackets after a value: `S[i, j]`, `x[0]`, `x[i - 1]`, `A[1:3]`, `a[k]`. A place is an index, a whole
// number made of sizes, arithmetic on indices, a category, or a slice.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Expression, IndexAccess, SliceSyntax } from '../parser/tree.ts';
import type { CheckedExpression } from './checked.ts';
import type { CheckedPlace } from './checked-places.ts';
import { inParts, isComplex, partOf } from './complex.ts';
import {
  type Context,
  type Draft,
  type FunctionValue,
  fail,
  type IndexBinding,
  isFunctionValue,
  isPoison,
  joinRates,
  nameOf,
  nodeBase,
  originOf,
  type Place,
  poison,
  reasons,
  seesCell,
  shapeText,
  typeText,
} from './context.ts';
import { childrenOf } from './dependencies.ts';
import { expectReal } from './expect.ts';
import { rangeOver, settledIndex } from './indices.ts';
import { setApart } from './references.ts';
import { shortText } from './report.ts';
import { asVector, type DraftType, isKnownShape, resolveShape } from './shapes.ts';
import {
  addSizes,
  constantSize,
  divideSizes,
  isNeverPositive,
  multiplySizes,
  type Size,
  showSize,
  sizeOf,
  sizeSymbol,
  subtractSizes,
} from './size.ts';

/** A place while its cell is checked. */
type DraftPlace =
  | {
      readonly kind: 'slice';
      readonly from: Size | undefined;
      readonly to: Size | undefined;
      readonly span: Span;
    }
  | { readonly kind: 'entry'; readonly at: Size; readonly span: Span }
  | { readonly kind: 'category'; readonly draft: Draft }
  /** The number of a round of repeat, of so many. */
  | { readonly kind: 'round'; readonly draft: Draft; readonly rounds: Size }
  | { readonly kind: 'index'; readonly index: IndexBinding; readonly span: Span }
  | { readonly kind: 'sum'; readonly sum: IndexSum; readonly span: Span };

/** A whole number made of sizes, and of indices as often as their factors say. */
interface IndexSum {
  readonly terms: ReadonlyMap<IndexBinding, Size>;
  readonly offset: Size;
}

const zero = sizeOf(0);
const one = sizeOf(1);

/** `object[places]`. */
export function accessDraft(context: Context, expression: IndexAccess, place: Place, span: Span): Draft {
  const object = context.infer(expression.object, place);
  if (object.type.element === 'index' && !expectReal(context, object, 'picking with [ ]')) {
    return poison(span);
  }
  const known = resolveShape(object.type.shape, context.unknowns);
  const places = expression.indices.map((written, k) => {
    const axis = isKnownShape(known) ? known.at(k) : undefined;
    return readPlace(context, written, place, axis === undefined ? 'n' : showSize(axis));
  });
  const read = places.filter((found) => found !== undefined);
  if (isPoison(object) || read.length < places.length) return poison(span);
  const label = { span, text: 'its entries are named here' };
  const resolved = resolveShape(object.type.shape, context.unknowns);
  const vector = isKnownShape(resolved) ? undefined : asVector(resolved, context.unknowns, label);
  const shape = isKnownShape(resolved) ? resolved : vector === undefined ? [] : [vector];
  if (shape.length < read.length) return tooManyPlaces(context, object, read.length, span);
  const kept: Size[] = [];
  const finished: (() => CheckedPlace<CheckedExpression>)[] = [];
  for (const [k, found] of read.entries()) {
    // Both parts of a complex value are picked by one category, which is computed once.
    const shared: DraftPlace =
      found.kind === 'category' && isComplex(object)
        ? { ...found, draft: setApart(context, found.draft) }
        : found;
    const fitted = fitPlace(context, object, shared, shape[k], span);
    if (fitted === undefined) return poison(span);
    if (fitted.size !== undefined) kept.push(fitted.size);
    finished.push(fitted.finish);
  }
  const positions = read.flatMap((found) => (found.kind === 'category' ? [found.draft] : []));
  const rate = joinRates(context, [object, ...positions], span);
  if (rate === undefined) return poison(span);
  const rest = [...kept, ...shape.slice(read.length)];
  const type: DraftType = { ...object.type, shape: rest, scalar: rest.length === 0, rate };
  const isView = read.every(({ kind }) => kind !== 'category' && kind !== 'sum');
  const extra = { because: object.because, atomic: object.atomic && isView };
  return inParts(context, span, type, extra, (part, base) => ({
    kind: 'access',
    operand: partOf(object, part).finish(),
    places: finished.map((finish) => finish()),
    ...base,
  }));
}

function tooManyPlaces(context: Context, object: Draft, count: number, span: Span): Draft {
  const shape = shapeText(context, object.type.shape);
  const rank = resolveShape(object.type.shape, context.unknowns);
  const axes = isKnownShape(rank) ? rank.length : 1;
  const name = nameOf(object, 'this');
  return fail(context, {
    code: 'RNN3006',
    message:
      axes === 0
        ? `${name} is ${typeText(context, object.type)}, and has no entries to pick from`
        : `${name} is ${shape}, with ${axes} ${axes === 1 ? 'axis' : 'axes'}, and ${count} places stand in its brackets`,
    span: axes === 0 ? object.span : span,
    related: reasons(span, ...originOf(object)),
    help:
      axes === 0 && object.type.element !== 'index'
        ? `a number stands without brackets: write ${name}`
        : undefined,
  });
}

interface Fitted {
  /** Of the axis that is left, if one is. */
  readonly size: Size | undefined;
  readonly finish: () => CheckedPlace<CheckedExpression>;
}

/** A place on an axis of a size; undefined where it does not fit, which is reported. */
function fitPlace(
  context: Context,
  object: Draft,
  place: DraftPlace,
  size: Size,
  span: Span,
): Fitted | undefined {
  const { unknowns } = context;
  const settle = (s: Size): Size => unknowns.resolve(s);
  switch (place.kind) {
    case 'index': {
      const { index } = place;
      const shape = shapeText(context, object.type.shape);
      const label = { span, text: `${nameOf(object, 'this')} is ${shape}` };
      if (!rangeOver(context, index, size, label)) return undefined;
      return { size: undefined, finish: () => ({ kind: 'index', index: settledIndex(context, index) }) };
    }
    case 'sum': {
      const { terms, offset } = place.sum;
      return {
        size: undefined,
        finish: () => ({
          kind: 'sum',
          terms: [...terms].map(([index, factor]) => ({
            index: settledIndex(context, index),
            factor: settle(factor),
          })),
          offset: settle(offset),
        }),
      };
    }
    case 'category': {
      const { draft } = place;
      const { categories } = draft.type;
      const complain = (): undefined => {
        fail(context, {
          code: 'RNN3010',
          message:
            `${nameOf(draft, 'this')} is ${typeText(context, draft.type)}, and ${nameOf(object, 'the table')} ` +
            `${shapeText(context, object.type.shape)} is for ${showSize(settle(size))} categories`,
          span,
          related: reasons(span, ...originOf(object), draft.because),
        });
      };
      if (categories !== undefined && !unknowns.unify(size, categories, complain)) return complain();
      return { size: undefined, finish: () => ({ kind: 'category', position: draft.finish() }) };
    }
    case 'round': {
      const { draft, rounds } = place;
      const complain = (): undefined => {
        fail(context, {
          code: 'RNN3010',
          message: `repeat has ${showSize(settle(rounds))} rounds, and ${nameOf(object, 'this')} ${shapeText(context, object.type.shape)} is for ${showSize(settle(size))}`,
          span,
          related: reasons(span, ...originOf(object)),
          help: 'what is picked by the round has as many entries as there are rounds',
        });
      };
      const more = subtractSizes(settle(size), settle(rounds));
      const isEnough = more.terms.every(({ coefficient }) => coefficient > 0n) && !unknowns.isOpen(more);
      if (!isEnough && !unknowns.unify(size, rounds, complain)) return complain();
      const type: DraftType = { ...draft.type, element: 'index', categories: rounds };
      const finish = (): CheckedPlace<CheckedExpression> => ({
        kind: 'category',
        position: { ...draft.finish(), ...nodeBase(context, draft.span, type) },
      });
      return { size: undefined, finish };
    }
    case 'entry': {
      const { at } = place;
      const tell = (): void => reportOutside(context, object, place, settle(size));
      const inside = [addSizes(at, one), subtractSizes(size, at)];
      if (!inside.every((part) => mayBeAboveZero(context, part, tell))) return undefined;
      return { size: undefined, finish: () => ({ kind: 'entry', at: settle(at) }) };
    }
    case 'slice': {
      const start = place.from ?? zero;
      const end = place.to ?? size;
      if (place.from === undefined && place.to === undefined)
        return { size, finish: () => ({ kind: 'whole' }) };
      const tell = (): void => reportOutside(context, object, place, settle(size));
      const part = subtractSizes(end, start);
      const inside = [addSizes(start, one), part, addSizes(subtractSizes(size, end), one)];
      if (!inside.every((one) => mayBeAboveZero(context, one, tell))) return undefined;
      return { size: part, finish: () => ({ kind: 'slice', start: settle(start), size: settle(part) }) };
    }
    default:
      return place satisfies never;
  }
}

/**
 * False where it is known not to be. Told once all sizes are known; where it depends on the numbers, elaboration tells
 * it.
 */
function mayBeAboveZero(context: Context, size: Size, complain: () => void): boolean {
  const found = context.unknowns.resolve(size);
  if (!context.unknowns.isOpen(found)) {
    if (isNeverPositive(found)) complain();
    return !isNeverPositive(found);
  }
  context.wholes.push({ size, complain: (known) => (isNeverPositive(known) ? complain() : undefined) });
  return true;
}

function reportOutside(
  context: Context,
  object: Draft,
  place: Extract<DraftPlace, { readonly kind: 'entry' | 'slice' }>,
  size: Size,
): void {
  const axis = showSize(size);
  const fixed = constantSize(size) !== undefined;
  const name = nameOf(object, 'this');
  if (place.kind === 'entry') {
    const at = constantSize(place.at);
    const isLast = at !== undefined && at.numerator === -1n && object.type.rate === 'step';
    const ofTheEnd = isLast ? `; the value at the last step is last ${name}` : '';
    context.report.add({
      code: 'RNN3105',
      message: `${name} has no entry ${showSize(place.at)}: it has ${axis} along this axis`,
      span: place.span,
      related: reasons(place.span, ...originOf(object)),
      notes: ['entries are counted from 0'],
      help: `the last one is ${name}[${fixed ? Number(axis) - 1 : `${axis} - 1`}]${ofTheEnd}`,
    });
    return;
  }
  const [from, to] = [place.from ?? zero, place.to ?? size].map(showSize);
  context.report.add({
    code: 'RNN3105',
    message: `there are no entries ${from} to ${to} of ${name}: it has ${axis} along this axis`,
    span: place.span,
    related: reasons(place.span, ...originOf(object)),
    notes: ['a:b holds the entries from a to before b, counted from 0, and at least one'],
    help: sliceMend(object, place, size),
  });
}

/** What a slice that reaches too far, or holds nothing, was probably meant to be. */
function sliceMend(
  object: Draft,
  { from, to }: Extract<DraftPlace, { readonly kind: 'slice' }>,
  size: Size,
): string | undefined {
  const name = nameOf(object, 'x');
  const start = from === undefined ? '' : showSize(from);
  const end = to === undefined ? undefined : constantSize(to);
  if (end !== undefined && end.numerator < 0n && end.denominator === 1n) {
    return `to leave out the last ${end.numerator === -1n ? 'one' : -end.numerator} write ${name}[${start}:${showSize(addSizes(size, to ?? size))}]`;
  }
  if (from !== undefined && to !== undefined && subtractSizes(from, to).terms.length === 0) {
    return `for entry ${start} alone write ${name}[${start}]`;
  }
  if (to === undefined || isNeverPositive(subtractSizes(to, size))) return undefined;
  return `write ${name}[${start}:] for all that follow`;
}

/** What one place means; undefined where it has a mistake, which is reported. */
function readPlace(
  context: Context,
  written: Expression | SliceSyntax,
  place: Place,
  axis: string,
): DraftPlace | undefined {
  const span = place.at ?? written.span;
  if (written.kind === 'slice') {
    const from = written.from && readNumber(context, written.from, place);
    if (written.from !== undefined && from === undefined) return undefined;
    const to = written.to && readNumber(context, written.to, place);
    if (written.to !== undefined && to === undefined) return undefined;
    return { kind: 'slice', from, to, span };
  }
  if (unbound(context, written, place)) return undefined;
  const sum = readSum(context, written, place);
  if (sum !== undefined) {
    if (!isWholeOrOpen(sum.offset)) return notAPlace(context, written, span);
    const [[index, factor] = [undefined, zero]] = sum.terms;
    if (index === undefined) return { kind: 'entry', at: sum.offset, span };
    const alone = sum.terms.size === 1 && isOne(factor) && sum.offset.terms.length === 0;
    return alone && written.kind === 'name' ? { kind: 'index', index, span } : { kind: 'sum', sum, span };
  }
  const draft = context.infer(written, place);
  if (isPoison(draft)) return undefined;
  if (draft.rounds !== undefined) return { kind: 'round', draft, rounds: draft.rounds };
  if (draft.type.element === 'index') return { kind: 'category', draft };
  const isNumber = draft.type.element === 'real' && draft.type.scalar && !place.indices?.size;
  const text = isNumber && seesCell(place) ? shortText(written.span) : undefined;
  return notAPlace(context, written, span, draft, text && `to_index(${text}, ${axis})`);
}

/** Whether it is whole, or may be: a quotient of sizes is looked at when they get numbers. */
function isWholeOrOpen(size: Size): boolean {
  const constant = constantSize(size);
  return constant === undefined || constant.denominator === 1n;
}

function isOne(size: Size): boolean {
  return subtractSizes(size, one).terms.length === 0;
}

/** An end of a slice: a whole number made of sizes. */
function readNumber(context: Context, written: Expression, place: Place): Size | undefined {
  if (unbound(context, written, place)) return undefined;
  const sum = readSum(context, written, place);
  if (sum !== undefined && sum.terms.size === 0 && isWholeOrOpen(sum.offset)) return sum.offset;
  context.report.add({
    code: 'RNN3011',
    message: `${shortText(written.span) ?? 'this'} is no end of a slice`,
    span: place.at ?? written.span,
    notes: ['what stands around the colon is a whole number, made of numbers and the sizes of the header'],
    help:
      sum === undefined || sum.terms.size === 0
        ? undefined
        : 'entries beside an index are reached by the index: x[i + 1]',
  });
  return undefined;
}

function notAPlace(
  context: Context,
  written: Expression,
  span: Span,
  draft?: Draft,
  category?: string,
): undefined {
  const is = draft === undefined ? 'not whole' : typeText(context, draft.type);
  context.report.add({
    code: 'RNN3011',
    message: `what stands in brackets is a whole number or a category, and ${shortText(written.span) ?? 'this'} is ${is}`,
    span,
    related: reasons(span, draft?.because),
    notes: [
      'a whole number is made of numbers, the sizes of the header, and indices; a category picks the entry that it names',
    ],
    help: category && `make a category of it: ${category}`,
  });
}

/** Whether a name in a place is bound by nothing: the index of a sum that is missing, mostly. */
function unbound(context: Context, written: Expression, place: Place): boolean {
  if (written.kind === 'name') {
    const { text: name } = written;
    const cell = seesCell(place) ? context.scope : new Map();
    if (place.indices?.has(name) || place.parameters?.has(name) || cell.has(name)) return false;
    const known = [...(place.parameters?.keys() ?? []), ...cell.keys()];
    // A slip in another name is told as that, where the name is looked up.
    if (name.length > 1 && suggest(name, known) !== undefined) return false;
    // A name that is missing is told once.
    if (place.parameters === undefined) context.scope.set(name, { kind: 'broken', span: written.span });
    context.report.add({
      code: 'RNN3103',
      message: `nothing binds the index ${name}`,
      span: place.at ?? written.span,
      notes: ['an index stands on the left side of its equation, or after over'],
      help:
        place.indices === undefined || place.indices.size === 0
          ? `sum over ${name}: ... for a sum; y[${name}] = ... for a value for each ${name}`
          : `sum over ${name}: ... for a sum; for a value for each ${name} put it on the left of the equation as well`,
    });
    return true;
  }
  // What binds indices itself is looked at where it is read.
  if (written.kind === 'over-index') return false;
  const called = written.kind === 'call' && written.callee.kind === 'name';
  return childrenOf(written)
    .slice(called ? 1 : 0)
    .some((child) => unbound(context, child, place));
}

/** An expression as a sum of sizes and indices; undefined where it is none. Reports nothing. */
function readSum(context: Context, written: Expression, place: Place): IndexSum | undefined {
  const number = (offset: Size): IndexSum => ({ terms: new Map(), offset });
  switch (written.kind) {
    case 'number':
      return Number.isSafeInteger(written.value) ? number(sizeOf(written.value)) : undefined;
    case 'name': {
      const { text } = written;
      const index = place.indices?.get(text);
      if (index !== undefined) return { terms: new Map([[index, one]]), offset: zero };
      const given = place.parameters?.get(text);
      if (given !== undefined) return argumentSum(context, given);
      const isSize = seesCell(place) && context.scope.get(text)?.kind === 'size';
      return isSize ? number(sizeSymbol(text)) : undefined;
    }
    case 'negation': {
      const operand = readSum(context, written.operand, place);
      return operand && scaleSum(operand, sizeOf(-1));
    }
    case 'chain': {
      let total = readSum(context, written.first, place);
      for (const { operator, operand } of written.rest) {
        const right = readSum(context, operand, place);
        if (total === undefined || right === undefined) return undefined;
        if (operator === '+') total = addSums(total, right);
        else if (operator === '-') total = addSums(total, scaleSum(right, sizeOf(-1)));
        else if (operator === '*' && right.terms.size === 0) total = scaleSum(total, right.offset);
        else if (operator === '*' && total.terms.size === 0) total = scaleSum(right, total.offset);
        else if (operator === '/' && total.terms.size === 0 && right.terms.size === 0) {
          if (right.offset.terms.length === 0) return undefined;
          total = number(divideSizes(total.offset, right.offset));
        } else return undefined;
      }
      return total;
    }
    default:
      return undefined;
  }
}

/** An argument of a function that is a whole number, a size or an index. */
function argumentSum(context: Context, given: Draft | FunctionValue): IndexSum | undefined {
  if (isFunctionValue(given)) return undefined;
  if (given.index !== undefined) return { terms: new Map([[given.index, one]]), offset: zero };
  return given.size && { terms: new Map(), offset: context.unknowns.resolve(given.size) };
}

function addSums(a: IndexSum, b: IndexSum): IndexSum {
  const terms = new Map(a.terms);
  for (const [index, factor] of b.terms) {
    const sum = addSizes(terms.get(index) ?? zero, factor);
    if (sum.terms.length === 0) terms.delete(index);
    else terms.set(index, sum);
  }
  return { terms, offset: addSizes(a.offset, b.offset) };
}

function scaleSum(sum: IndexSum, factor: Size): IndexSum {
  const terms = [...sum.terms].map(([index, own]) => [index, multiplySizes(own, factor)] as const);
  return {
    terms: new Map(terms.filter(([, own]) => own.terms.length > 0)),
    offset: multiplySizes(sum.offset, factor),
  };
}

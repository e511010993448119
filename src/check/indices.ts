// Index notation: `S[i, j] = ...` and `sum over j: ...`. An index is a number counting from 0 that the left side of an
// equation or the word over binds; how far it goes follows from the axes that it names, which are all of one size. The
// right side is checked for one number of each index, so all rules of the language hold in it as they do elsewhere; the
// whole value is what `tabulate` makes of it.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Chain, Expression, Name, OverIndex } from '../parser/tree.ts';
import type { IndexReducer } from './checked.ts';
import type { CheckedIndex } from './checked-places.ts';
import { expectNumber, inParts, partOf } from './complex.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  type IndexBinding,
  isPoison,
  makeDraft,
  nodeBase,
  type Place,
  poison,
  reasons,
  seesCell,
} from './context.ts';
import { childrenOf } from './dependencies.ts';
import { reducerElsewhere } from './elsewhere.ts';
import { expectReal } from './expect.ts';
import { accessed, tabulated } from './free-indices.ts';
import { functionNames, isBuiltIn, isPrimitiveFunction } from './functions.ts';
import { shortText } from './report.ts';
import { type DraftType, isKnownShape, resolveShape, unifyShapes } from './shapes.ts';
import { type Size, showSize } from './size.ts';
import { describeBinding } from './size-expressions.ts';
import { lookUp, templateNamed } from './templates.ts';

const reducers: readonly IndexReducer[] = ['sum', 'mean', 'prod', 'max', 'min'];

function reducerNamed(word: string): IndexReducer | undefined {
  return reducers.find((reducer) => reducer === word);
}

/** Binds indices, from now on in `place`; undefined where a name cannot be one, which is reported. */
export function bindIndices(
  context: Context,
  names: readonly Name[],
  place: Place,
  again: boolean,
): readonly IndexBinding[] | undefined {
  const bound: IndexBinding[] = [];
  for (const { text: name, span } of names) {
    const twice = bound.find((index) => index.name === name);
    const outer = again ? undefined : place.indices?.get(name);
    const known = seesCell(place) ? context.scope.get(name) : undefined;
    const value = known?.kind === 'broken' ? undefined : known;
    const argument = place.parameters?.get(name);
    if (twice !== undefined || outer !== undefined) {
      context.report.add({
        code: 'RNN3103',
        message: twice === undefined ? `${name} is bound twice` : `the index ${name} stands here twice`,
        span,
        related: [{ span: (twice ?? outer ?? { span }).span, text: `${name} is bound here already` }],
        notes: ['each index names one axis; a diagonal is read on the right side: d[i] = A[i, i]'],
        help: 'give one of the two another name',
      });
      return undefined;
    }
    if (value !== undefined || argument !== undefined) {
      context.report.add({
        code: 'RNN3103',
        message: `${name} is ${value === undefined ? 'an argument' : describeBinding(value)}, and no index can have its name`,
        span,
        related: value === undefined ? [] : [{ span: value.span, text: `${name} is declared here` }],
        help: `give the index a name that nothing else has, such as ${freeIndex(context, place)}`,
      });
      return undefined;
    }
    const index: IndexBinding = {
      id: context.indices.length,
      name,
      span,
      size: context.unknowns.fresh(),
      first: undefined,
    };
    context.indices.push(index);
    context.pending.push({
      size: index.size,
      defaultValue: undefined,
      complain: () => reportNoRange(context, index),
    });
    bound.push(index);
  }
  return bound;
}

function reportNoRange(context: Context, { name, span }: IndexBinding): void {
  context.report.add({
    code: 'RNN3101',
    message: `nothing says how far the index ${name} goes`,
    span,
    notes: [
      'an index goes over the axes that it names by itself: arithmetic on it, as in x[i - 1], does not say how far',
    ],
    help: `let it name an axis, x[${name}], or declare what stands on the left: y[${name}]: [n] = ...`,
  });
}

/** A place in which these indices are bound too. */
export function withIndices(place: Place, bound: readonly IndexBinding[]): Place {
  const indices = new Map(place.indices);
  for (const index of bound) indices.set(index.name, index);
  return { ...place, indices };
}

/** Lets an index go over an axis of a size; all its axes have one size. `label` is where, and says it. */
export function rangeOver(context: Context, index: IndexBinding, size: Size, label: Label): boolean {
  const first = index.first ?? { size, label };
  index.first ??= first;
  const { name } = index;
  const complain = (): void => {
    const [a, b] = [first.size, size].map((s) => showSize(context.unknowns.resolve(s)));
    context.report.add({
      code: 'RNN3102',
      message: `the index ${name} would go over ${a} and over ${b}`,
      span: label.span,
      label: label.text,
      related: reasons(label.span, first.label),
      notes: ['all axes that one index names have one size'],
    });
  };
  if (context.unknowns.unify(index.size, size, complain)) return true;
  complain();
  return false;
}

/** An index by itself: a number. */
export function indexDraft(context: Context, index: IndexBinding, span: Span): Draft {
  const type = draftReal([], 'constant');
  const finish = () =>
    ({
      kind: 'index-number',
      index: settledIndex(context, index),
      ...nodeBase(context, span, type),
    }) as const;
  return { ...makeDraft(span, type, finish, { atomic: true }), index };
}

/** An index beside a category is one too, and goes over all of them. */
export function indexAsCategory(context: Context, draft: Draft, categories: Size, because: Label): Draft {
  const { index, span } = draft;
  if (index === undefined) return draft;
  if (!rangeOver(context, index, categories, { span, text: because.text })) return poison(span);
  const type: DraftType = { element: 'index', categories, shape: [], scalar: true, rate: 'constant' };
  return makeDraft(span, type, () => ({
    kind: 'index-number',
    index: settledIndex(context, index),
    ...nodeBase(context, span, type),
  }));
}

export function settledIndex(context: Context, { id, name, size }: IndexBinding): CheckedIndex {
  return { id, name, size: context.unknowns.resolve(size) };
}

/** The draft of a value for all numbers of some indices, which are its first axes. */
export function tabulateDraft(context: Context, inner: Draft, bound: readonly IndexBinding[]): Draft {
  const { span } = inner;
  const shape = resolveShape(inner.type.shape, context.unknowns);
  // Nothing else tells the shape of an affine for each number: it is one number.
  if (!isKnownShape(shape)) {
    const text = 'one number for each number of the indices';
    unifyShapes(shape, [], context.unknowns, { span, text }, () => {});
  }
  const own = isKnownShape(shape) ? shape : [];
  const type: DraftType = {
    ...inner.type,
    shape: [...bound.map(({ size }) => size), ...own],
    scalar: false,
  };
  return inParts(context, span, type, { because: inner.because }, (part) =>
    tabulated(
      partOf(inner, part).finish(),
      bound.map((index) => settledIndex(context, index)),
    ),
  );
}

/** The reducer of what only makes a value of all numbers: `softmax over j: s[j]` hands that to the function. */
const tabulation = '';

/** `sum over j: ...`, `softmax over j: ...`. */
export function overIndexDraft(context: Context, expression: OverIndex, place: Place, span: Span): Draft {
  const { reducer, indices, operand } = expression;
  const word = reducer.text;
  const own = context.entry.module.entries.has(word) || context.scope.has(word);
  const reduction = own ? undefined : reducerNamed(word);
  if (word !== tabulation && reduction === undefined) return applyOver(context, expression, place, span);
  const bound = bindIndices(context, indices, place, reduction === undefined);
  if (bound === undefined) return poison(span);
  const inner = context.infer(operand, withIndices(place, bound));
  if (isPoison(inner)) return poison(span);
  if (reduction === undefined) return tabulateDraft(context, inner, bound);
  const adds = reduction === 'sum' || reduction === 'mean';
  const taken = adds ? expectNumber : expectReal;
  if (!taken(context, inner, `${word} over ${indices[0].text}`)) return poison(span);
  if (reduction === 'sum' && operand.kind === 'chain' && addsAgain(context, operand, indices)) {
    return poison(span);
  }
  const { type } = inner;
  return inParts(context, span, type, { because: inner.because }, (part, base) => ({
    kind: 'over-index',
    reducer: reduction,
    indices: bound.map((index) => settledIndex(context, index)),
    operand: partOf(inner, part).finish(),
    ...base,
  }));
}

/** Names for an index that mean nothing yet. */
function freeIndex(context: Context, place: Place): string {
  const [a, b] = ['i', 'j', 'k', 'l', 'p', 'q'].filter(
    (name) => !context.scope.has(name) && !place.parameters?.has(name) && !place.indices?.has(name),
  );
  return [a, b].filter((name) => name !== undefined).join(' or ') || 'i1';
}

/** A function of all numbers of an index. Where it gives one for each, and the index is bound outside, that one is meant. */
function applyOver(context: Context, expression: OverIndex, place: Place, span: Span): Draft {
  const { reducer, indices, operand } = expression;
  const { text: word } = reducer;
  const isKnown =
    isPrimitiveFunction(word) ||
    isBuiltIn(word) ||
    (place.parameters?.has(word) ?? false) ||
    context.scope.has(word) ||
    templateNamed(context, place, word) !== undefined ||
    lookUp(place.module, context.prelude, word) !== undefined;
  if (!isKnown) {
    const near = reducerElsewhere(word) ?? suggest(word, [...reducers, ...functionNames]);
    return fail(context, {
      code: 'RNN2017',
      message: `there is no ${word} over an index`,
      span: place.at ?? reducer.span,
      notes: [
        `${reducers.join(', ')} put the numbers of an index together, and so does any function of a vector`,
      ],
      help: near === undefined ? undefined : `did you mean ${near} over ${indices[0].text}?`,
    });
  }
  const all: OverIndex = { ...expression, reducer: { ...reducer, text: tabulation }, span: operand.span };
  const value = context.infer(
    {
      kind: 'call',
      span,
      callee: { kind: 'name', span: reducer.span, text: reducer.text },
      arguments: [{ span: operand.span, name: undefined, value: all }],
    },
    place,
  );
  if (isPoison(value)) return poison(span);
  const outer = indices.flatMap(({ text }) => place.indices?.get(text) ?? []);
  const shape = resolveShape(value.type.shape, context.unknowns);
  if (outer.length < indices.length || !isKnownShape(shape) || shape.length < outer.length) return value;
  const label = {
    span,
    text: `${reducer.text} gives one for each ${outer.map(({ name }) => name).join(', ')}`,
  };
  const good = outer.every((index, k) => rangeOver(context, index, shape[k], label));
  if (!good) return poison(span);
  const rest = shape.slice(outer.length);
  const type: DraftType = { ...value.type, shape: rest, scalar: rest.length === 0 };
  return inParts(context, span, type, { because: value.because }, (part) =>
    accessed(
      partOf(value, part).finish(),
      outer.map((index) => settledIndex(context, index)),
    ),
  );
}

/** Whether one of these indices stands in an expression. */
export function mentions(expression: Expression, names: readonly string[]): boolean {
  if (expression.kind === 'name') return names.includes(expression.text);
  return childrenOf(expression).some((child) => mentions(child, names));
}

/**
 * `sum over j: W[i, j] * x[j] + b[i]` reaches to the end, and would add b[i] for every j: where the sum is not in
 * brackets, each of its terms has an index of it.
 */
function addsAgain(context: Context, operand: Chain, indices: readonly Name[]): boolean {
  const isSum = operand.rest[0].operator === '+' || operand.rest[0].operator === '-';
  const isBracketed = operand.span.start < operand.first.span.start;
  if (!isSum || isBracketed) return false;
  const names = indices.map(({ text }) => text);
  const terms = [operand.first, ...operand.rest.map((link) => link.operand)];
  const idle = terms.find((term) => !mentions(term, names));
  if (idle === undefined) return false;
  const text = shortText(idle.span) ?? 'this term';
  const over = `sum over ${names.join(', ')}`;
  context.report.add({
    code: 'RNN3104',
    message: `${text} does not depend on ${names.join(' or ')}, and would be added for each`,
    span: idle.span,
    notes: [`${over}: reaches as far to the right as it can`],
    help: `put the sum in brackets, (${over}: ...), and ${text} outside; or all that is meant to be summed: ${over}: (...)`,
  });
  return true;
}

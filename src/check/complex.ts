// Complex values. The checker alone knows them: a complex draft is a pair of real ones, and what the checker hands on
// (states, weights, equations, inputs, outputs) are reals, two for each complex one, called `.re` and `.im` after it. So
// everything behind the checker, gradients too, is that of reals. Why it is so: docs/notes/0008-complex.md.
//
// Invariant: both parts of a draft have its shape and its rate. What is used for both parts of a result is set apart first,
// so that nothing is computed twice, however deep products stand in products.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { CheckedExpression, CheckedType } from './checked.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  reasons,
  typeText,
} from './context.ts';
import { expectReal } from './expect.ts';
import type { DraftType } from './shapes.ts';

/** A part of a complex value, or the one that a real value has. */
export type Part = 're' | 'im' | undefined;

/** The name of a part of what is called `name`: of a state, a weight, an input, an output. */
export function partName(name: string, part: Part): string {
  return part === undefined ? name : `${name}.${part}`;
}

/** The name of what a name may be a part of, as it stands in the text. */
export function wholeName(name: string): string {
  return name.replace(/\.(re|im)$/, '');
}

/** The parts that a value of this element has. */
export function partsOf(element: DraftType['element']): readonly Part[] {
  return element === 'complex' ? ['re', 'im'] : [undefined];
}

export function isComplex(draft: Draft): boolean {
  return draft.parts !== undefined;
}

/** The draft of a part: of a real value itself. */
export function partOf(draft: Draft, part: Part): Draft {
  return draft.parts === undefined || part === undefined ? draft : draft.parts[part === 're' ? 0 : 1];
}

/** What is finished for a value: the value itself, or its two parts. */
export function finishedParts(draft: Draft): readonly [Part, Draft][] {
  return partsOf(draft.type.element).map((part) => [part, partOf(draft, part)]);
}

/** The start of a part of a state: a real start of a complex state is that of its real part. */
export function startOfPart(start: Draft | undefined, part: Part): Draft | undefined {
  if (start === undefined || (part === 'im' && !isComplex(start))) return undefined;
  return partOf(start, part);
}

interface Extra {
  readonly because?: Label | undefined;
  readonly atomic?: boolean;
  readonly reference?: boolean;
  readonly chooseLike?: ((like: Draft) => Draft) | undefined;
}

/** A complex draft of two parts, which have one shape and one rate. */
export function complexDraft(span: Span, re: Draft, im: Draft, extra?: Extra): Draft {
  const type: DraftType = { ...re.type, element: 'complex' };
  const never = () => re.finish();
  return { ...makeDraft(span, type, never, { because: re.because, ...extra }), parts: [re, im] };
}

/** A draft that is made part by part: of a real type one node, of a complex one two. */
export function inParts(
  context: Context,
  span: Span,
  type: DraftType,
  extra: Extra,
  finish: (part: Part, base: { readonly type: CheckedType; readonly span: Span }) => CheckedExpression,
): Draft {
  const real: DraftType = { ...type, element: 'real' };
  if (type.element !== 'complex') {
    return makeDraft(span, type, () => finish(undefined, nodeBase(context, span, type)), extra);
  }
  const part = (which: 're' | 'im'): Draft =>
    makeDraft(span, real, () => finish(which, nodeBase(context, span, real)), extra);
  return complexDraft(span, part('re'), part('im'), extra);
}

// Real values as complex ones

/** A real value with the shape and the rate of another, over which it spreads or which it has. */
export function spreadOver(context: Context, draft: Draft, like: DraftType): Draft {
  if (draft.type.scalar === like.scalar && draft.type.rate === like.rate) return draft;
  const type = draftReal(like.shape, like.rate, like.scalar);
  const finish = (): CheckedExpression => ({
    kind: 'spread',
    operand: draft.finish(),
    ...nodeBase(context, draft.span, type),
  });
  return makeDraft(draft.span, type, finish, { because: draft.because });
}

function zero(context: Context, span: Span): Draft {
  const type = draftReal([], 'constant');
  const finish = () => ({ kind: 'literal', value: 0, ...nodeBase(context, span, type) }) as const;
  return makeDraft(span, type, finish, { atomic: true, literal: 0 });
}

/** A real value as a complex one, whose imaginary part is 0; what is not real as it is. */
export function asComplex(context: Context, draft: Draft): Draft {
  if (draft.type.element !== 'real') return draft;
  return complexDraft(draft.span, draft, spreadOver(context, zero(context, draft.span), draft.type));
}

/** Values of one kind: where one is complex, all are. */
export function alike(context: Context, drafts: readonly Draft[]): readonly Draft[] {
  return drafts.some(isComplex) ? drafts.map((draft) => asComplex(context, draft)) : drafts;
}

// What belongs where

/** Whether the draft is a number, real or complex; otherwise says what to do. */
export function expectNumber(context: Context, draft: Draft, use: string): boolean {
  return isComplex(draft) || expectReal(context, draft, use);
}

/** Whether a real number stands where a complex one belongs. That is reported. */
export function refuseReal(
  context: Context,
  draft: Draft,
  what: string,
  from: Label | undefined,
  help?: string,
): boolean {
  if (draft.type.element !== 'real') return false;
  fail(context, {
    code: 'RNN3202',
    message: `${what}, and ${nameOf(draft, 'this')} is real`,
    span: draft.span,
    label: `this is ${typeText(context, draft.type)}`,
    related: reasons(draft.span, from, ...originOf(draft)),
    help: help ?? `write complex(${nameOf(draft, '...')}, 0) where that is meant`,
  });
  return true;
}

// Cells that are checked: of what they call `z.re` and `z.im` their user sees z

/** Something of a checked cell under the name that its declaration has: one real entry of a list, or two. */
export interface Declared<T> {
  readonly name: string;
  /** Its place in the list, or that of its real part. */
  readonly at: number;
  readonly entry: T;
  readonly complex: boolean;
}

/** The inputs, states or outputs of a checked cell as they are declared: two parts stand side by side. */
export function declaredOf<T extends { readonly name: string }>(
  entries: readonly T[],
): readonly Declared<T>[] {
  return entries.flatMap((entry, at): readonly Declared<T>[] => {
    const [, name, part] = /^(.*)\.(re|im)$/.exec(entry.name) ?? [];
    const isRe = part === 're' && entries.at(at + 1)?.name === partName(name, 'im');
    const isIm = part === 'im' && at > 0 && entries[at - 1].name === partName(name, 're');
    if (isIm) return [];
    return [{ name: isRe ? name : entry.name, at, entry, complex: isRe }];
  });
}

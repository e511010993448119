// What the parts of the checker share while one cell is checked: its names, its unknowns, and the drafts of what the
// checked cell will hold. A draft of an expression has a type in which sizes may still be unknown; `finish` makes the
// checked node once everything is settled, and is called only where there was no error.

import type { Label } from '../base/diagnostic.ts';
import { invariant } from '../base/invariant.ts';
import type { Span } from '../base/source.ts';
import type { Equation, Expression, FunctionDeclaration, StateItem } from '../parser/tree.ts';
import type {
  ApplicationId,
  CheckedCell,
  CheckedExpression,
  CheckedStart,
  CheckedType,
  EquationId,
  Rate,
} from './checked.ts';
import type { Complaint, Report } from './report.ts';
import { shortText } from './report.ts';
import type { BlockEntry, FunctionEntry, Module } from './resolve.ts';
import {
  type DraftType,
  isKnownShape,
  resolveShape,
  type Shape,
  showShape,
  type UnknownShape,
} from './shapes.ts';
import { type Size, type SizeUnknowns, showSize } from './size.ts';

/** An expression while its cell is checked. */
export interface Draft {
  readonly span: Span;
  readonly type: DraftType;
  /** Where its shape comes from: the declaration behind it. */
  readonly because: Label | undefined;
  /** A name or a number: using it twice computes nothing twice. */
  readonly atomic: boolean;
  /** Atomic, and the value of an equation or an input: it may stand in another stage than what uses it. */
  readonly reference: boolean;
  /** The value of a literal. */
  readonly literal: number | undefined;
  /** Of a choice between whole numbers: the same as a choice between categories like another draft. */
  readonly chooseLike: ((like: Draft) => Draft) | undefined;
  /** An index by itself. */
  readonly index?: IndexBinding;
  /**
   * Of a complex value, and only of one: its real and its imaginary part, two real drafts of its shape and rate. The
   * checker alone knows complex values: they are finished part by part.
   */
  readonly parts: readonly [re: Draft, im: Draft] | undefined;
  /** Where it is a size: a whole number, a size of the header, or what stands for one inside a function. */
  readonly size: Size | undefined;
  /** Where it is the number of a round of `repeat`: how many rounds there are. */
  readonly rounds: Size | undefined;
  readonly finish: () => CheckedExpression;
}

/** An index of index notation. */
export interface IndexBinding {
  /** Its place among all of the cell. */
  readonly id: number;
  readonly name: string;
  readonly span: Span;
  /** How many numbers it goes over: unknown until it names an axis. */
  readonly size: Size;
  /** The first axis that it names. */
  first: { readonly size: Size; readonly label: Label } | undefined;
}

/** What a name of a cell means. */
export type Binding =
  | { readonly kind: 'size'; readonly span: Span }
  | { readonly kind: 'hyperparameter'; readonly span: Span }
  | { readonly kind: 'input' | 'target'; readonly span: Span; readonly type: DraftType }
  | StateBinding
  | {
      readonly kind: 'parameter';
      readonly span: Span;
      readonly shape: readonly Size[] | undefined;
      readonly element: 'real' | 'complex';
    }
  | { readonly kind: 'equation'; readonly span: Span; readonly item: Equation }
  | { readonly kind: 'instance'; readonly span: Span; readonly item: Equation }
  | CellBinding
  | { readonly kind: 'function'; readonly span: Span; readonly entry: FunctionEntry }
  | { readonly kind: 'broken'; readonly span: Span };

export interface StateBinding {
  readonly kind: 'state';
  readonly span: Span;
  readonly item: StateItem;
  /** Undefined where its declaration has a mistake. */
  readonly shape: readonly Size[] | undefined;
  /** Of a state of categories: how many there are. */
  readonly categories: Size | undefined;
  readonly element: 'real' | 'complex';
  /** The equation that defines it, where there is one. */
  equation: Equation | undefined;
  /** Its equation may be an item that could not be read. */
  unread: boolean;
}

/** `C: cell` of the header. */
export interface CellBinding {
  readonly kind: 'cell';
  readonly span: Span;
  /** What was given for it, or its default; undefined where its cell is looked at without one, or it has a mistake. */
  template: Template | undefined;
  /** Whether what stands for it is settled: the default of a cell sees the cells before it. */
  isSettled: boolean;
  /** Where it stands in an expression first. */
  usedAt: Span | undefined;
}

/** A template that was read: what to make copies of. */
export type Template = CellTemplate | DenseTemplate | WrappedTemplate;

export interface CellTemplate {
  readonly kind: 'cell';
  readonly word: string;
  readonly cell: CheckedCell;
  /** The names of its header, in order. */
  readonly order: readonly string[];
  /** What is given; what came with a cell of the header is called after both, `C.m`. */
  readonly sizes: ReadonlyMap<string, Size>;
  readonly hyperparameters: ReadonlyMap<string, Draft>;
  /** Where each is given. */
  readonly places: ReadonlyMap<string, Span>;
  readonly span: Span;
}

export interface DenseTemplate {
  readonly kind: 'dense';
  readonly size: Size | undefined;
  readonly span: Span;
}

/** `argument`: what stands behind a cell of the header, under the name that it has there. */
export type WrappedTemplate = { readonly inner: Template; readonly span: Span } & (
  | { readonly kind: 'stack'; readonly count: number }
  | { readonly kind: 'bidirectional' | 'residual' }
  | { readonly kind: 'argument'; readonly word: string }
);

/** What a name with an equation stands for. */
export interface Value {
  readonly id: EquationId;
  /** Of a complex value: the equation of its imaginary part; `id` is that of the real one. */
  readonly imaginary: EquationId | undefined;
  readonly type: DraftType;
  readonly because: Label;
}

export interface DraftEquation {
  readonly name: string | undefined;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly draft: Draft;
}

export interface DraftParameter {
  readonly name: string;
  readonly span: Span;
  /** Where its declaration or its affine stands in the file: weights are listed in this order. */
  readonly position: number;
  readonly documentation: string | undefined;
  readonly frozen: boolean;
  /** One after the other: the shape of the result, then that of the argument. */
  readonly shapes: readonly Shape[];
  readonly start: (fanIn: Size, fanOut: Size) => CheckedStart;
  /** Reports where the shape does not suit the start; asked when all shapes are known. */
  readonly check?: ((shape: readonly Size[], name: string, declared: Span) => void) | undefined;
}

export interface DraftInstance {
  readonly name: string;
  readonly span: Span;
  readonly cell: CheckedCell;
  readonly sizes: ReadonlyMap<string, Size>;
  readonly hyperparameters: ReadonlyMap<string, Draft>;
  /** Why its sizes are what they are: what was given with its cells. */
  readonly because: readonly Label[];
  /** How often it is applied, and where first. */
  applications: ApplicationId[];
}

/** What a `delay` keeps: a state that no item declares. */
export interface DraftDelay {
  /** What is written, so that the same is kept once; undefined: it is never the same. */
  readonly key: string | undefined;
  /** After the first place where it is written. */
  name: string;
  span: Span;
  readonly operand: Expression;
  readonly place: Place;
  readonly count: Size;
  /** Of each of the values that it keeps. */
  readonly type: DraftType;
  readonly start: Draft | undefined;
  /** Once everything else is checked: one, or of a complex value two. */
  equations: readonly EquationId[];
}

export interface DraftApplication {
  readonly instance: string;
  readonly span: Span;
  readonly arguments: readonly Draft[];
  readonly rate: Rate;
  readonly reverse: boolean;
}

/** A copy of a template, with weights of its own, ready to be applied. */
export type TemplateUnit =
  | { readonly kind: 'instance'; readonly instance: DraftInstance }
  | DenseUnit
  | { readonly kind: 'stack'; readonly units: readonly TemplateUnit[] }
  | { readonly kind: 'bidirectional'; readonly forward: TemplateUnit; readonly backward: TemplateUnit }
  | { readonly kind: 'residual'; readonly inner: TemplateUnit };

/** A Dense: made once, applied as often as it has a name. */
export interface DenseUnit {
  readonly kind: 'dense';
  /** Its weights are `prefix` W and b. */
  readonly prefix: string;
  readonly span: Span;
  /** What stands in its brackets. */
  readonly size: Size | undefined;
  /** The shapes of its result and of its argument, from the first application on. */
  shapes: readonly [result: Shape, argument: Shape] | undefined;
}

/** Where an expression stands. */
export interface Place {
  /** The equation after which weights are named. */
  readonly equation: string;
  readonly counts: NameCounts;
  /** The file whose words it uses: another one inside a function that comes from there. */
  readonly module: Module;
  /** Inside a function: its parameters. */
  readonly parameters: ReadonlyMap<string, Draft | FunctionValue> | undefined;
  /** The indices that are bound here. A function sees its own alone. */
  readonly indices?: ReadonlyMap<string, IndexBinding>;
  /** Inside a function: which, and where it is used. */
  readonly inside: Inside | undefined;
  /** Inside a function of the prelude: the place of its use, which stands for everything in it. */
  readonly at: Span | undefined;
  /** Only literals, sizes and hyperparameters may stand here: what it is, for the message. */
  readonly constant: string | undefined;
  /** In a formula of a start: the distributions that stand in it. */
  readonly draws?: ReadonlyMap<Expression, Draft>;
}

/** A function that is handed to another one. */
export interface FunctionValue {
  readonly kind: 'function-value';
  readonly name: string;
  /** Where it is handed in. */
  readonly span: Span;
  /** Undefined where it is built in. */
  readonly entry: FunctionEntry | undefined;
}

/** The opening up of a function. */
export interface Inside {
  readonly declaration: FunctionDeclaration;
  /** It is a function of the cell, and sees the cell's names. */
  readonly isLocal: boolean;
  /** Where it is used, in the cell itself. */
  readonly span: Span;
  readonly outer: Inside | undefined;
}

/** Whether the names of the cell are seen: in the cell itself, and in its functions. */
export function seesCell(place: Place): boolean {
  return place.inside === undefined || place.inside.isLocal;
}

export function isFunctionValue(given: Draft | FunctionValue): given is FunctionValue {
  return 'kind' in given;
}

/** The weights of an affine that stands in a function of the cell: one set for all uses of the function. */
export interface SharedAffine {
  readonly weights: readonly string[];
  readonly bias: string | undefined;
  readonly result: Shape;
  readonly arguments: readonly Shape[];
}
/** The functions that draw. */
export type NoiseWord = 'dropout' | 'chance' | 'gaussian';

/** How many affine maps, noises, delays and anonymous cells an equation has so far. */
export interface NameCounts {
  affine: number;
  readonly noises: Map<NoiseWord, number>;
  delay: number;
  readonly cells: Map<string, number>;
}

/** Gives the checked cell of a declaration, with these cells for those of its header; undefined where it has errors. */
export type CellOf = (entry: BlockEntry, cells?: ReadonlyMap<string, Template>) => CheckedCell | undefined;

/** The state of checking one cell. */
export interface Context {
  readonly entry: BlockEntry;
  readonly name: string;
  readonly report: Report;
  readonly unknowns: SizeUnknowns;
  readonly prelude: Module;
  readonly scope: Map<string, Binding>;
  readonly equations: DraftEquation[];
  /** The equation of each name that has one and is already checked. */
  readonly values: Map<string, Value>;
  readonly parameters: DraftParameter[];
  readonly instances: DraftInstance[];
  /** The sizes that are given with the cells of the header: unknown, until the equations or the use tell them. */
  readonly givenSizes: { readonly name: string; readonly size: Size; readonly cell: string }[];
  /** The hyperparameters that are given so. */
  readonly givenNumbers: { readonly name: string; readonly span: Span }[];
  /** The named instances; undefined where the template has a mistake. */
  readonly units: Map<string, TemplateUnit | undefined>;
  readonly applications: DraftApplication[];
  /** What `delay` keeps. */
  readonly delays: DraftDelay[];
  /** All sizes and shapes are known: what is finished now stays. */
  isSettled: boolean;
  /** All indices, in the order in which they are bound. */
  readonly indices: IndexBinding[];
  /** The named instances that stand somewhere before brackets of values, whether or not that worked out. */
  readonly appliedNames: Set<string>;
  /** The instances whose past is looked at, and where first. */
  readonly lookedAt: Map<string, Span>;
  /** The affines of the cell's functions, by where they stand. */
  readonly shared: Map<number, SharedAffine>;
  /** The loops whose body is looked at, outer ones first, with what each computes once in a round. */
  readonly loops: { readonly loop: number; readonly locals: Draft[] }[];
  /** How many loops there are so far. */
  loopCount: number;
  /** The functions that were opened up. */
  readonly opened: Set<FunctionDeclaration>;
  /** Shapes that still have to be learnt. */
  readonly shapes: UnknownShape[];
  /** Sizes that have to follow from the use of a cell, and what to say where they do not. */
  readonly pending: {
    readonly size: Size;
    readonly defaultValue: Size | undefined;
    readonly complain: () => void;
  }[];
  /** Sizes that must come out whole, and what to say where they do not. */
  readonly wholes: { readonly size: Size; readonly complain: (size: Size) => void }[];
  /** Something that could not be read was met: there is nothing to finish, though no error of ours says so. */
  incomplete: boolean;
  /** How many functions were opened up. */
  expansions: number;
  /** An item that could not be read defines nothing that is known: what is missing elsewhere may be its name. */
  readonly nameless: boolean;
  /** Names without a past of which that was told. */
  readonly toldPast: Set<string>;
  /** The function of the prelude that the user wrote, while it is opened up: what speaks in messages. */
  speaker: string | undefined;
  readonly cellOf: CellOf;
  readonly infer: (expression: Expression, place: Place) => Draft;
}

export function newCounts(): NameCounts {
  return { affine: 0, noises: new Map(), delay: 0, cells: new Map() };
}

const anyShape = (): Shape => [];

/** Stands for an expression whose mistake is reported: it agrees with everything. */
export function poison(span: Span): Draft {
  return {
    span,
    type: { element: 'unknown', categories: undefined, shape: anyShape(), scalar: true, rate: 'constant' },
    because: undefined,
    atomic: true,
    reference: true,
    literal: undefined,
    chooseLike: undefined,
    parts: undefined,
    size: undefined,
    rounds: undefined,
    finish: () => ({ kind: 'literal', value: 0, span, type: realType([], 'constant') }),
  };
}

export function isPoison(draft: Draft): boolean {
  return draft.type.element === 'unknown';
}

/** Reports, and gives a poisoned draft. */
export function fail(context: Context, complaint: Complaint): Draft {
  context.report.add(complaint);
  return poison(complaint.span);
}

function realType(shape: readonly Size[], rate: Rate): CheckedType {
  return { element: 'real', categories: undefined, shape, rate };
}

/** The type of a value that a declaration gives. */
export function declaredType(element: 'real' | 'complex', shape: readonly Size[], rate: Rate): DraftType {
  return { ...draftReal(shape, rate), element };
}

/** A draft type: real, of this shape; `scalar` where its form says that it is []. */
export function draftReal(
  shape: Shape,
  rate: Rate,
  scalar = isKnownShape(shape) && shape.length === 0,
): DraftType {
  return { element: 'real', categories: undefined, shape, scalar, rate };
}

/** The type of a state's value. */
export function stateType(
  { element, categories }: { readonly element: 'real' | 'complex'; readonly categories: Size | undefined },
  shape: readonly Size[],
): DraftType {
  const type = declaredType(element, shape, 'step');
  return categories === undefined ? type : { ...type, element: 'index', categories };
}

/** A draft with the fields that are mostly not there left out. */
export function makeDraft(
  span: Span,
  type: DraftType,
  finish: () => CheckedExpression,
  extra?: {
    readonly because?: Label | undefined;
    readonly atomic?: boolean;
    readonly reference?: boolean;
    readonly literal?: number;
    readonly chooseLike?: ((like: Draft) => Draft) | undefined;
    readonly size?: Size;
    readonly rounds?: Size;
  },
): Draft {
  return {
    span,
    type,
    because: extra?.because,
    atomic: extra?.atomic ?? extra?.reference ?? false,
    reference: extra?.reference ?? false,
    literal: extra?.literal,
    chooseLike: extra?.chooseLike,
    parts: undefined,
    size: extra?.size,
    rounds: extra?.rounds,
    finish,
  };
}

/** The type with everything put in. Called when all unknowns are settled. */
function settledType(context: Context, type: DraftType): CheckedType {
  invariant(type.element !== 'complex', 'a complex value is finished part by part');
  const shape = resolveShape(type.shape, context.unknowns);
  return {
    element: type.element === 'unknown' ? 'real' : type.element,
    categories: type.categories === undefined ? undefined : context.unknowns.resolve(type.categories),
    shape: isKnownShape(shape) ? shape : [],
    rate: type.rate,
  };
}

/** A checked node's type and span. */
export function nodeBase(context: Context, span: Span, type: DraftType): { type: CheckedType; span: Span } {
  return { type: settledType(context, type), span };
}

// Words for messages

/** What the user wrote, or words for it. */
export function nameOf(draft: Draft, otherwise = 'this'): string {
  return shortText(draft.span) ?? otherwise;
}

export function shapeText(context: Context, shape: Shape): string {
  return showShape(shape, context.unknowns);
}

/** `[m]`, `complex [m]`, `index(v)`, `bool`, `bool [m]`, `once [m]`. */
export function typeText(context: Context, type: DraftType): string {
  const shape = shapeText(context, type.shape);
  switch (type.element) {
    case 'real':
    case 'unknown':
      return shape;
    case 'bool':
      return shape === '[]' ? 'bool' : `bool ${shape}`;
    case 'complex':
      return `complex ${shape}`;
    case 'index': {
      const size = type.categories === undefined ? '?' : showSize(context.unknowns.resolve(type.categories));
      return shape === '[]' ? `index(${size})` : `index(${size}) ${shape}`;
    }
    default:
      return type.element satisfies never;
  }
}

/** The labels of where things come from, without those that are missing, stand twice, or lie where the mistake is. */
export function reasons(span: Span, ...labels: readonly (Label | undefined)[]): readonly Label[] {
  const kept: Label[] = [];
  for (const label of labels) {
    if (label === undefined) continue;
    const same = (other: Label): boolean =>
      other.span.source === label.span.source &&
      other.span.start === label.span.start &&
      other.text === label.text;
    const here =
      label.span.source === span.source && label.span.start === span.start && label.span.end === span.end;
    if (!here && !kept.some(same)) kept.push(label);
  }
  return kept;
}

/** Where a draft's shape comes from: its declaration, or the place from which an affine learnt it. */
export function originOf(draft: Draft): readonly Label[] {
  const labels: Label[] = draft.because === undefined ? [] : [draft.because];
  let shape = draft.type.shape;
  while (!isKnownShape(shape) && shape.binding !== undefined) {
    const from = shape.learntFrom;
    if (from !== undefined) {
      labels.push({
        ...from,
        text: `${from.text}: the ${shape.word} of ${shape.equation} has its shape from here`,
      });
    }
    shape = shape.binding;
  }
  return labels;
}

// Rates

/** What stands behind `last` or `each step`: a call needs no brackets of its own. */
export function asOperand(text: string, atomic: boolean): string {
  return atomic || /^\w+(\([^()]*\))+$/.test(text) ? text : `(${text})`;
}

/** The rate of what is computed from these; steps and onces do not go together. */
export function joinRates(context: Context, drafts: readonly Draft[], span: Span): Rate | undefined {
  const steps = drafts.find((draft) => draft.type.rate === 'step' && !isPoison(draft));
  const once = drafts.find((draft) => draft.type.rate === 'once' && !isPoison(draft));
  if (steps === undefined) return once === undefined ? 'constant' : 'once';
  if (once === undefined) return 'step';
  const [s, o] = [nameOf(steps, 'one side'), nameOf(once, 'the other')];
  const simple = (draft: Draft): string => asOperand(nameOf(draft, '...'), draft.atomic);
  context.report.add({
    code: 'RNN4001',
    message: `${s} is there at each step, and ${o} once for the sequence`,
    span,
    label: 'the two meet here',
    related: reasons(span, ...originOf(steps), ...originOf(once)),
    help:
      `write last ${simple(steps)} (or max over time ...) for a value of the whole sequence, ` +
      `or each step ${simple(once)} for one that every step sees`,
  });
  return undefined;
}

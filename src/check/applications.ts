// Applying copies of cells to values, and looking into them: `LSTM(m: 64)(x)`, `y = top(x)`, `prev top.h`, `top.c`.

import type { Label } from '../base/diagnostic.ts';
import { type Span, spanText } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import { applyDense } from './affine.ts';
import type { ApplicationId, CheckedCell, CheckedInput, CheckedType, Rate } from './checked.ts';
import { combine, combinedType } from './combine.ts';
import {
  type Declared,
  declaredOf,
  expectNumber,
  finishedParts,
  inParts,
  isComplex,
  partName,
  refuseReal,
} from './complex.ts';
import { complexLink } from './complex-arithmetic.ts';
import {
  asOperand,
  type Context,
  type Draft,
  type DraftInstance,
  fail,
  isPoison,
  joinRates,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  type Place,
  poison,
  reasons,
  shapeText,
  stateType,
  type TemplateUnit,
  typeText,
} from './context.ts';
import { expectReal } from './expect.ts';
import { concatDrafts } from './functions.ts';
import { isOutsideLoops, setApart } from './references.ts';
import { type DraftType, type Shape, unifyShapes } from './shapes.ts';
import { type Size, substituteSize } from './size.ts';
import { weightDraft, weightsOf } from './tied.ts';

/** An argument of an application. */
export interface GivenValue {
  readonly draft: Draft;
  /** The word before the colon. */
  readonly name: { readonly text: string; readonly span: Span } | undefined;
}

/** Applies a copy; gives its outputs, or undefined where there is a mistake, which is reported. */
export function applyUnit(
  context: Context,
  unit: TemplateUnit,
  args: readonly GivenValue[],
  reverse: boolean,
  place: Place,
  span: Span,
): readonly Draft[] | undefined {
  switch (unit.kind) {
    case 'instance':
      return applyInstance(context, unit.instance, args, reverse, span);
    case 'dense': {
      const argument = onlyArgument(context, 'Dense', args, span);
      if (argument === undefined) return undefined;
      const unify = (draft: Draft, shape: Shape, from: Label | undefined): boolean =>
        agrees(context, draft, shape, 'the argument of this Dense', from);
      const result = applyDense(context, unit, argument, place, span, unify);
      return isPoison(result) ? undefined : [result];
    }
    case 'stack': {
      let current = args;
      for (const [i, copy] of unit.units.entries()) {
        const outputs = applyUnit(context, copy, current, reverse, place, span);
        if (outputs === undefined) return undefined;
        if (i === unit.units.length - 1) return outputs;
        const next = onlyOutput(context, 'stack', outputs, span);
        if (next === undefined) return undefined;
        current = [{ draft: next, name: undefined }];
      }
      return undefined;
    }
    case 'bidirectional': {
      const shared = args.map((argument) => ({ ...argument, draft: setApart(context, argument.draft) }));
      const forward = applyUnit(context, unit.forward, shared, reverse, place, span);
      if (forward === undefined) return undefined;
      const backward = applyUnit(context, unit.backward, shared, !reverse, place, span);
      if (backward === undefined) return undefined;
      const a = onlyOutput(context, 'bidirectional', forward, span);
      const b = onlyOutput(context, 'bidirectional', backward, span);
      if (a === undefined || b === undefined) return undefined;
      if (a.type.scalar) {
        fail(context, {
          code: 'RNN3006',
          message: 'bidirectional joins two vectors, and what its cell gives is []',
          span,
          help: 'let the cell give a vector of one: [1]',
        });
        return undefined;
      }
      const result = concatDrafts(context, [a, b], span);
      return isPoison(result) ? undefined : [result];
    }
    case 'residual': {
      const argument = onlyArgument(context, 'residual', args, span);
      if (argument === undefined || isPoison(argument)) return undefined;
      const shared = setApart(context, argument);
      const outputs = applyUnit(
        context,
        unit.inner,
        [{ draft: shared, name: undefined }],
        reverse,
        place,
        span,
      );
      const result = outputs && onlyOutput(context, 'residual', outputs, span);
      if (result === undefined) return undefined;
      const sum = addDrafts(context, shared, result, span);
      return isPoison(sum) ? undefined : [sum];
    }
    default:
      return unit satisfies never;
  }
}

function addDrafts(context: Context, a: Draft, b: Draft, span: Span): Draft {
  if (!expectNumber(context, a, 'residual') || !expectNumber(context, b, 'residual')) return poison(span);
  // Both sides count: residual adds what goes in to what comes out, so neither spreads.
  const spread = [a, b].map((draft) => ({ ...draft, type: { ...draft.type, scalar: false } }));
  const combined = combine(context, spread, 'add what goes into residual, A, and what comes out, B', span);
  const rate = joinRates(context, [a, b], span);
  if (combined === undefined || rate === undefined) return poison(span);
  const type = combinedType({ ...combined, scalar: a.type.scalar && b.type.scalar }, 'real', rate);
  if (isComplex(a) || isComplex(b)) return complexLink(context, '+', a, b, type, span);
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'chain',
      first: a.finish(),
      rest: [{ operator: '+', operand: b.finish() }],
      ...nodeBase(context, span, type),
    }),
    { because: combined.because },
  );
}

function onlyArgument(
  context: Context,
  word: string,
  args: readonly GivenValue[],
  span: Span,
): Draft | undefined {
  const [argument] = args;
  if (args.length === 1 && argument.name === undefined) return argument.draft;
  context.report.add({
    code: 'RNN2013',
    message:
      args.length === 1
        ? `the argument of ${word} has no name`
        : `${word} is applied to one value, and has ${args.length} here`,
    span,
    help: word === 'Dense' && args.length > 1 ? 'write affine(a, b), or Dense()(concat(a, b))' : undefined,
  });
  return undefined;
}

function onlyOutput(
  context: Context,
  word: string,
  outputs: readonly Draft[],
  span: Span,
): Draft | undefined {
  if (outputs.length === 1) return outputs[0];
  context.report.add({
    code: 'RNN5009',
    message: `${word} takes a cell with one output, and this one has ${outputs.length}`,
    span,
  });
  return undefined;
}

/** Whether a draft has this shape; otherwise says so. */
function agrees(
  context: Context,
  draft: Draft,
  shape: Shape,
  what: string,
  from: Label | undefined,
  more: readonly Label[] = [],
): boolean {
  const complain = (): void =>
    context.report.add({
      code: 'RNN3003',
      message: `${what} is ${shapeText(context, shape)}, and ${nameOf(draft, 'this')} is ${shapeText(context, draft.type.shape)}`,
      span: draft.span,
      related: reasons(draft.span, from, ...more, ...originOf(draft)),
    });
  if (unifyShapes(draft.type.shape, shape, context.unknowns, from, complain)) return true;
  complain();
  return false;
}

function applyInstance(
  context: Context,
  instance: DraftInstance,
  args: readonly GivenValue[],
  reverse: boolean,
  span: Span,
): readonly Draft[] | undefined {
  const { cell } = instance;
  const [first] = instance.applications;
  if (cell.hasState && first !== undefined) {
    context.report.add({
      code: 'RNN5003',
      message: `${instance.name} is one copy of ${cell.name}, with a memory of its own, and is applied twice`,
      span,
      related: [{ span: context.applications[first].span, text: 'it is already applied here' }],
      help: 'make another copy, with a name of its own',
    });
    return undefined;
  }
  const inLoop = `the copy ${instance.name} of ${cell.name} cannot be applied to`;
  const help = 'write its equations in a function of the cell; a Dense with a name may stand there';
  if (args.some(({ draft }) => !isOutsideLoops(context, draft, inLoop, span, help))) return undefined;
  const given = matchArguments(context, cell, args, span);
  const drafts = given?.filter((draft) => draft !== undefined) ?? [];
  const inputs = declaredOf(cell.inputs);
  if (drafts.length < inputs.length) return undefined;
  let good = true;
  for (const [i, draft] of drafts.entries()) {
    if (!checkArgument(context, instance, inputs[i], draft)) good = false;
  }
  const rate = applicationRate(context, cell, inputs, drafts, span);
  if (!good || rate === undefined) return undefined;
  const id = context.applications.length as ApplicationId;
  const parts = drafts.flatMap((draft) => finishedParts(draft).map(([, part]) => part));
  context.applications.push({ instance: instance.name, span, arguments: parts, rate, reverse });
  instance.applications.push(id);
  return declaredOf(cell.outputs).map((output) => {
    const type = inInstance(instance, output.entry.value.type, rate, output.complex);
    const shape = shapeText(context, type.shape);
    const text = `${cell.name} gives ${output.complex ? `complex ${shape}` : shape} here`;
    return outputDraft(context, id, output, type, { span: instance.span, text }, span);
  });
}

/** One output of an application. */
function outputDraft(
  context: Context,
  application: ApplicationId,
  { at }: Declared<unknown>,
  type: DraftType,
  because: Label,
  span: Span,
): Draft {
  return inParts(context, span, type, { because }, (part, base) => ({
    kind: 'apply',
    application,
    output: part === 'im' ? at + 1 : at,
    ...base,
  }));
}

/** A type of the instance's cell, in the sizes of its user. */
function inInstance(instance: DraftInstance, type: CheckedType, applied: Rate, complex: boolean): DraftType {
  const { cell, sizes } = instance;
  const inner = type.rate;
  return {
    element: complex ? 'complex' : type.element,
    categories: type.categories === undefined ? undefined : substituteSize(type.categories, sizes),
    shape: type.shape.map((size) => substituteSize(size, sizes)),
    scalar: type.shape.length === 0,
    rate: inner === 'step' && cell.pointwise ? applied : inner,
  };
}

/** The arguments in the order of the inputs; undefined where they do not fit, which is reported. */
function matchArguments(
  context: Context,
  cell: CheckedCell,
  args: readonly GivenValue[],
  span: Span,
): readonly (Draft | undefined)[] | undefined {
  const names = declaredOf(cell.inputs).map((input) => input.name);
  const found = new Map<string, GivenValue>();
  let good = true;
  const related = [{ span: cell.span, text: `${cell.name} is declared here` }];
  for (const [i, argument] of args.entries()) {
    const name = argument.name?.text ?? names.at(i);
    if (name === undefined) break;
    const before = found.get(name);
    if (!names.includes(name)) {
      const isSize = cell.sizes.some((size) => size.name === name);
      const near = suggest(name, names);
      context.report.add({
        code: 'RNN2014',
        message: isSize
          ? `${name} is a size of ${cell.name}, not an input`
          : `${cell.name} has no input ${name}`,
        span: argument.name?.span ?? span,
        notes: [`it has ${names.length === 0 ? 'no inputs' : names.join(', ')}`],
        related,
        help: isSize
          ? `sizes stand in the first pair of brackets: ${cell.name}(${name}: ...)(...)`
          : near && `did you mean ${near}?`,
      });
      good = false;
    } else if (before !== undefined) {
      context.report.add({
        code: 'RNN2015',
        message: `the input ${name} of ${cell.name} is given twice`,
        span: argument.draft.span,
        related: [{ span: before.draft.span, text: 'it is already given here' }],
      });
      good = false;
    } else found.set(name, argument);
  }
  if (!good) return undefined;
  const given = names.map((name) => found.get(name)?.draft);
  if (args.length === names.length && !given.includes(undefined)) return given;
  const takes =
    names.length === 0
      ? 'no inputs'
      : `${names.length === 1 ? 'the input' : 'the inputs'} ${names.join(', ')}`;
  context.report.add({
    code: 'RNN2013',
    message: `${cell.name} has ${takes}, and is applied to ${args.length} value${args.length === 1 ? '' : 's'}`,
    span,
    related,
    notes:
      args.length > names.length && cell.hasState
        ? ['its states go on from step to step by themselves: they are not handed in']
        : [],
  });
  return undefined;
}

/** Whether an argument has the kind and the shape of its input. */
function checkArgument(
  context: Context,
  instance: DraftInstance,
  { name, entry: input, complex }: Declared<CheckedInput>,
  draft: Draft,
): boolean {
  if (isPoison(draft)) return false;
  const what = `the input ${name} of ${instance.cell.name}`;
  const from: Label = { span: input.span, text: `${name} is declared here` };
  const wanted = inInstance(instance, input.type, 'step', complex);
  if (wanted.element === 'complex') {
    if (!expectNumber(context, draft, what)) return false;
    if (refuseReal(context, draft, `${what} is complex`, from)) return false;
  } else if (wanted.element === 'real') {
    if (!expectReal(context, draft, what)) return false;
  } else if (draft.type.element !== 'index') {
    context.report.add({
      code: 'RNN3011',
      message: `${what} is a category, and ${nameOf(draft, 'this')} is ${typeText(context, draft.type)}`,
      span: draft.span,
      related: reasons(draft.span, from, ...originOf(draft)),
      help:
        instance.cell.name === 'Embedding'
          ? `numbers are mixed as they are: affine(${nameOf(draft, 'x')}), or Dense(64)(${nameOf(draft, 'x')})`
          : undefined,
    });
    return false;
  } else if (wanted.categories !== undefined && draft.type.categories !== undefined) {
    const complain = (): void =>
      context.report.add({
        code: 'RNN3010',
        message: `${what} is ${typeText(context, wanted)}, and ${nameOf(draft, 'this')} is ${typeText(context, draft.type)}`,
        span: draft.span,
        related: reasons(draft.span, from, draft.because),
      });
    if (!context.unknowns.unify(wanted.categories, draft.type.categories, complain)) {
      complain();
      return false;
    }
  }
  const before = context.report.diagnostics.length;
  const fits = agrees(context, draft, wanted.shape, what, from, instance.because);
  // `RNN(64)`: by place the first size is meant, that of the input.
  const [, word, number] = /^(\w+)\((\w+)\)/.exec(spanText(instance.span)) ?? [];
  const second = instance.cell.sizes.at(1)?.name;
  if (!fits && number !== undefined && second !== undefined && word === instance.cell.name) {
    const help = `by place the first size is ${instance.cell.sizes[0].name}: write ${word}(${second}: ${number})`;
    context.report.amend(before, (diagnostic) => ({ ...diagnostic, help }));
  }
  return fits;
}

/** The rate at which a cell is applied; undefined where an argument has the wrong one, which is reported. */
function applicationRate(
  context: Context,
  cell: CheckedCell,
  inputs: readonly Declared<CheckedInput>[],
  drafts: readonly Draft[],
  span: Span,
): Rate | undefined {
  if (cell.pointwise) return joinRates(context, drafts, span);
  for (const [i, draft] of drafts.entries()) {
    const {
      name,
      entry: { type, span: declared },
    } = inputs[i];
    if (isPoison(draft) || draft.type.rate === 'constant' || draft.type.rate === type.rate) continue;
    const text = nameOf(draft, 'this');
    const simple = asOperand(nameOf(draft, '...'), draft.atomic);
    context.report.add({
      code: 'RNN4001',
      message:
        type.rate === 'step'
          ? `${cell.name} takes a value of ${name} at each step, and ${text} is there once for the sequence`
          : `${cell.name} takes ${name} once for the sequence, and ${text} is there at each step`,
      span: draft.span,
      related: reasons(draft.span, { span: declared, text: `${name} is declared here` }),
      help:
        type.rate === 'step'
          ? `write each step ${simple}`
          : `write last ${simple}, or max over time ${simple}`,
    });
    return undefined;
  }
  return 'step';
}

// Looking into an instance

interface FoundState {
  /** Its full name in the cell that is checked. */
  readonly name: string;
  readonly shape: readonly Size[];
  readonly categories: Size | undefined;
  readonly element: 'real' | 'complex';
  readonly because: Label;
}

/** The state that a path into an instance names; undefined where there is none. */
function findState(instance: DraftInstance, path: readonly string[]): FoundState | undefined {
  let { cell } = instance;
  let sizes: ReadonlyMap<string, Size> = instance.sizes;
  for (const part of path.slice(0, -1)) {
    const inner = cell.instances.find((candidate) => candidate.name === part);
    if (inner === undefined) return undefined;
    const outer = sizes;
    sizes = new Map([...inner.sizes].map(([name, size]) => [name, substituteSize(size, outer)]));
    cell = inner.cell;
  }
  const found = declaredOf(cell.states).find((candidate) => candidate.name === path.at(-1));
  if (found === undefined) return undefined;
  const { entry: state, complex } = found;
  return {
    name: [instance.name, ...path].join('.'),
    shape: state.shape.map((size) => substituteSize(size, sizes)),
    categories: state.categories && substituteSize(state.categories, sizes),
    element: complex ? 'complex' : 'real',
    because: { span: state.span, text: `${found.name} is a state of ${cell.name}` },
  };
}

/** The instance behind a unit that has just one. */
function soleInstance(unit: TemplateUnit): DraftInstance | undefined {
  if (unit.kind === 'residual') return soleInstance(unit.inner);
  return unit.kind === 'instance' ? unit.instance : undefined;
}

/** Whether a path names an output or a state. */
function hasValue({ cell, ...instance }: DraftInstance, path: readonly string[]): boolean {
  const isOutput = path.length === 1 && cell.outputs.some(({ name }) => name === path[0]);
  return isOutput || findState({ cell, ...instance }, path) !== undefined;
}

/** Names in a message: the first few of many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(', ');
  return names.length > 12 ? `${shown} and ${names.length - 12} others` : shown;
}

/** `prev top.h`, `top.c` and `top.W`; `path` begins with the name of the instance. */
export function memberDraft(context: Context, path: readonly string[], previous: boolean, span: Span): Draft {
  const [name, ...rest] = path;
  const unit = context.units.get(name);
  if (unit === undefined) {
    context.incomplete = true;
    return poison(span);
  }
  const instance = soleInstance(unit);
  const weight = previous ? undefined : weightDraft(context, path, span);
  if (weight !== undefined && (instance === undefined || !hasValue(instance, rest))) return weight;
  if (instance === undefined) {
    const weights = weightsOf(context, name);
    if (unit.kind === 'dense') {
      const isOpen = weights.includes(rest.join('.'));
      return fail(context, {
        code: 'RNN2016',
        message: isOpen
          ? `the shape of ${path.join('.')} is not known here`
          : `a Dense has the weights W and b, and no ${rest.join('.')}`,
        span,
        related: [{ span: unit.span, text: `${name} is made here` }],
        help: isOpen
          ? `write how many numbers it gives: ${name} = Dense(64)`
          : weights.length === 0
            ? `apply it: y = ${name}(...)`
            : undefined,
      });
    }
    return fail(context, {
      code: 'RNN2016',
      message: `${name} is made of several cells (${unit.kind}), and their values cannot be named from outside`,
      span,
      notes: weights.length === 0 ? [] : [`its weights are ${listed(weights)}`],
      help: 'name each of them: low = ..., top = ...',
    });
  }
  const { cell } = instance;
  const state = findState(instance, rest);
  if (previous && state !== undefined) {
    if (!context.lookedAt.has(name)) context.lookedAt.set(name, span);
    const type = stateType(state, state.shape);
    const extra = { because: state.because, atomic: true };
    return inParts(context, span, type, extra, (part, base) => ({
      kind: 'previous',
      state: partName(state.name, part),
      ...base,
    }));
  }
  const handedOut = declaredOf(cell.outputs);
  const output =
    rest.length === 1 && !previous ? handedOut.find((candidate) => candidate.name === rest[0]) : undefined;
  if (output === undefined && state === undefined) {
    const outputs = handedOut.map((o) => o.name);
    const states = declaredOf(cell.states).map((s) => s.name);
    const isOutput = previous && outputs.includes(rest.join('.'));
    const weights = previous ? [] : weightsOf(context, name);
    const near = suggest(rest.join('.'), previous ? states : [...outputs, ...states, ...weights]);
    return fail(context, {
      code: isOutput ? 'RNN4004' : 'RNN2016',
      message: isOutput
        ? `${rest.join('.')} of ${cell.name} has no past: it is not a state`
        : `${cell.name} has no ${previous ? 'state' : 'output, state or weight'} ${rest.join('.')}`,
      span,
      related: [{ span: cell.span, text: `${cell.name} is declared here` }],
      notes: [
        states.length === 0 ? 'it has no states' : `its states are ${states.join(', ')}`,
        ...(previous ? [] : [`it hands out ${outputs.join(', ')}`]),
        ...(weights.length === 0 ? [] : [`its weights are ${listed(weights)}`]),
      ],
      help: near === undefined ? undefined : `did you mean ${previous ? 'prev ' : ''}${name}.${near}?`,
    });
  }
  const [application, ...more] = instance.applications;
  if (application === undefined || more.length > 0) {
    // Applied somewhere with a mistake of its own: that one is enough.
    if (application === undefined && context.appliedNames.has(name)) {
      context.incomplete = true;
      return poison(span);
    }
    return fail(context, {
      code: more.length > 0 ? 'RNN5003' : 'RNN5004',
      message:
        more.length > 0
          ? `${name} is applied ${more.length + 1} times, so ${path.join('.')} could be any of them`
          : `${name} is never applied, so ${path.join('.')} has no value`,
      span,
      related: [{ span: instance.span, text: `${name} is made here` }],
      help: more.length > 0 ? 'give each result a name of its own' : `apply it: y = ${name}(...)`,
    });
  }
  const applied = context.applications[application].rate;
  if (output !== undefined) {
    const { entry, complex } = output;
    const type = inInstance(instance, entry.value.type, applied, complex);
    const because = { span: entry.span, text: `an output of ${cell.name}` };
    return outputDraft(context, application, output, type, because, span);
  }
  if (state === undefined) return poison(span);
  const type = stateType(state, state.shape);
  return inParts(context, span, type, { because: state.because }, (part, base) => ({
    kind: 'instance-state',
    state: partName(state.name, part),
    application,
    ...base,
  }));
}

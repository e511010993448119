// Equations: what stands on the left, and whether the right side fits it. Also the starts of states.

import type { Label } from '../base/diagnostic.ts';
import type { Equation, EquationTarget, Expression, StateItem } from '../parser/tree.ts';
import { callOutputs } from './calls.ts';
import type { EquationId } from './checked.ts';
import { expectNumber, finishedParts, partName, refuseReal } from './complex.ts';
import {
  type Context,
  type Draft,
  isPoison,
  nameOf,
  newCounts,
  originOf,
  type Place,
  poison,
  reasons,
  type StateBinding,
  shapeText,
  stateType,
  typeText,
} from './context.ts';
import { expectReal } from './expect.ts';
import { indexedSide } from './index-equations.ts';
import { asCategory, splitDrafts } from './operators.ts';
import { setApart } from './references.ts';
import { shortText } from './report.ts';
import { type DraftType, unifyShapes } from './shapes.ts';
import { readType, type WrittenType } from './size-expressions.ts';
import { lookUp } from './templates.ts';

/** The place of an expression in the cell itself; its weights are named after `equation`. */
export function placeOf(context: Context, equation: string): Place {
  return {
    equation,
    counts: newCounts(),
    module: context.entry.module,
    parameters: undefined,
    inside: undefined,
    at: undefined,
    constant: undefined,
  };
}

/** Checks an equation and enters what it defines. In a cycle, which is reported, its names are poison. */
export function checkEquation(context: Context, item: Equation, inCycle: boolean): void {
  const { targets, value } = item;
  const written =
    item.type === undefined ? undefined : readType({ ...context, allowsLength: true }, item.type);
  if (item.type !== undefined && written === undefined) context.incomplete = true;
  const names = targets.map((target) => target.name.text);
  const place = placeOf(context, names.join('_'));
  const indexed = targets.some((target) => target.indices !== undefined);
  const drafts = indexed
    ? indexedSide(context, item, written?.shape, place)
    : rightSides(context, value, targets.length, place);
  for (const [i, target] of targets.entries()) {
    // In a cycle the right side is looked at for other mistakes; it has no value.
    const draft = inCycle ? undefined : drafts?.[i];
    define(context, item, target, draft ?? poison(value.span), written);
  }
}

/** One draft for each name on the left; undefined where there is a mistake, which is reported. */
function rightSides(
  context: Context,
  value: Expression,
  count: number,
  place: Place,
): readonly Draft[] | undefined {
  if (count === 1) return [context.infer(value, place)];
  const { span } = value;
  if (value.kind === 'call') {
    const { callee, arguments: args } = value;
    const isSplit =
      callee.kind === 'name' &&
      callee.text === 'split' &&
      lookUp(place.module, context.prelude, 'split') === undefined;
    if (isSplit) {
      const [operand, parts] = args;
      const draft = operand === undefined ? undefined : context.infer(operand.value, place);
      const wanted = parts?.value.kind === 'number' ? parts.value.value : undefined;
      if (draft === undefined || wanted !== count || args.length > 2) {
        context.report.add({
          code: 'RNN5005',
          message:
            wanted === undefined || args.length > 2
              ? 'split takes a value and the number of its parts'
              : `split gives ${wanted} parts, and there are ${count} names on the left`,
          span,
          help:
            wanted === undefined || args.length > 2
              ? `write split(${operand === undefined || draft === undefined ? 'z' : nameOf(draft, 'z')}, ${count})`
              : wanted > count
                ? `name ${wanted - count === 1 ? 'the last part' : `the last ${wanted - count} parts`} too`
                : `leave ${count - wanted === 1 ? 'the last name' : `the last ${count - wanted} names`} out`,
        });
        return undefined;
      }
      return isPoison(draft) ? undefined : splitDrafts(context, setApart(context, draft), count, span);
    }
    const outputs = callOutputs(context, value, place, span);
    if (outputs === undefined || outputs.length === count) return outputs;
    const template = callee.kind === 'call' ? shortText(callee.span) : undefined;
    const isFunction = callee.kind === 'name' && context.scope.get(callee.text)?.kind !== 'instance';
    reportCount(
      context,
      span,
      outputs.length,
      count,
      isFunction
        ? splitHelp(shortText(span), count)
        : template === undefined || outputs.length !== 1
          ? undefined
          : `a cell hands out its outputs alone; to see its states name the copy: low = ${template}, h = low(...), and then low.c`,
    );
    return undefined;
  }
  const draft = context.infer(value, place);
  if (!isPoison(draft)) {
    reportCount(context, span, 1, count, splitHelp(nameOf(draft, '...'), count));
  }
  return undefined;
}

function splitHelp(text: string | undefined, count: number): string {
  return `write split(${text ?? '...'}, ${count}) to take it apart`;
}

function reportCount(
  context: Context,
  span: Expression['span'],
  values: number,
  names: number,
  help: string | undefined,
): void {
  context.report.add({
    code: 'RNN5005',
    message: `the right side gives ${values === 1 ? 'one value' : `${values} values`}, and there are ${names} names on the left`,
    span,
    help,
  });
}

/** Enters the value of one name, after a look at its type. */
function define(
  context: Context,
  item: Equation,
  target: EquationTarget,
  draft: Draft,
  written: WrittenType | undefined,
): void {
  const name = target.name.text;
  const binding = context.scope.get(name);
  // A second equation of a name, or one for an input: reported where names are entered.
  if (binding === undefined || (binding.kind !== 'state' && binding.kind !== 'equation')) return;
  const first = binding.kind === 'state' ? binding.equation : binding.item;
  if (first !== item || context.values.has(name)) return;
  const { span } = target.name;
  let type = draft.type;
  const shown = shapeText(context, type.shape);
  const text =
    shown.includes('?') || isPoison(draft)
      ? `${name} is defined here`
      : `${name} is ${typeText(context, type)}`;
  let because: Label = draft.because ?? { span, text };
  if (written !== undefined && !isPoison(draft)) {
    const label = { span: item.type?.span ?? span, text: `${name} is declared here` };
    type = fitWritten(context, name, draft, written, label);
    because = label;
  }
  if (binding.kind === 'state') {
    if (binding.shape === undefined) context.incomplete = true;
    else {
      const given = { ...draft, type };
      draft = binding.categories === undefined ? given : asCategory(context, given, likeState(name, binding));
      checkState(context, name, binding, draft);
    }
    type = binding.shape === undefined ? poison(span).type : stateType(binding, binding.shape);
    because = { span: binding.span, text: `${name} is a state of ${typeText(context, type)}` };
  }
  const id = context.equations.length as EquationId;
  const parts = finishedParts(draft);
  const { documentation } = item;
  for (const [part, half] of parts) {
    context.equations.push({ name: partName(name, part), span, documentation, draft: half });
  }
  const imaginary = parts.length === 2 ? ((id + 1) as EquationId) : undefined;
  context.values.set(name, { id, imaginary, type, because });
}

/** The type that an equation declares; whether its value has it is checked here. */
function fitWritten(
  context: Context,
  name: string,
  draft: Draft,
  written: WrittenType,
  label: Label,
): DraftType {
  const type: DraftType = {
    element: written.element,
    categories: written.categories,
    shape: written.shape,
    scalar: written.shape.length === 0,
    rate: draft.type.rate,
  };
  if (written.once && draft.type.rate === 'step') {
    context.report.add({
      code: 'RNN4008',
      message: `${name} is declared once for the sequence, and ${nameOf(draft, 'its value')} is there at each step`,
      span: draft.span,
      related: reasons(draft.span, label),
      help: 'write last, or max over time, before it, or leave out once',
    });
  }
  if (written.element === 'complex') {
    if (!expectNumber(context, draft, name)) return type;
    if (refuseReal(context, draft, `${name} is declared complex`, label)) return type;
  } else if (written.element === 'real') {
    if (!expectReal(context, draft, name)) return type;
  } else if (draft.type.element !== 'index') {
    context.report.add({
      code: 'RNN3011',
      message: `${name} is declared as a category, and ${nameOf(draft, 'its value')} is ${typeText(context, draft.type)}`,
      span: draft.span,
      related: reasons(draft.span, label),
    });
    return type;
  } else if (written.categories !== undefined && draft.type.categories !== undefined) {
    const complain = (): void =>
      context.report.add({
        code: 'RNN3010',
        message: `${name} is declared ${typeText(context, type)}, and its value is ${typeText(context, draft.type)}`,
        span: draft.span,
        related: reasons(draft.span, label, draft.because),
      });
    if (!context.unknowns.unify(written.categories, draft.type.categories, complain)) complain();
  }
  const complain = (): void =>
    context.report.add({
      code: 'RNN3003',
      message: `${name} is declared ${shapeText(context, written.shape)}, and its value is ${shapeText(context, draft.type.shape)}`,
      span: draft.span,
      label: `this is ${shapeText(context, draft.type.shape)}`,
      related: reasons(draft.span, label, ...originOf(draft)),
    });
  if (!unifyShapes(draft.type.shape, written.shape, context.unknowns, label, complain)) complain();
  return type;
}

function checkState(context: Context, name: string, state: StateBinding, draft: Draft): void {
  if (isPoison(draft)) return;
  const label = { span: state.span, text: `${name} is declared here` };
  if (state.element === 'complex') {
    if (!expectNumber(context, draft, `the state ${name}`)) return;
    if (refuseReal(context, draft, `the state ${name} is declared complex`, label)) return;
  } else if (state.categories === undefined) {
    if (!expectReal(context, draft, `the state ${name}`)) return;
  } else if (!isCategory(context, name, state, draft, 'its equation gives')) return;
  if (draft.type.rate === 'once') {
    const text = nameOf(draft, '...');
    context.report.add({
      code: 'RNN4007',
      message: `the state ${name} has a value at each step, and its equation gives one for the sequence`,
      span: draft.span,
      related: reasons(draft.span, label),
      help: `write each step ${draft.atomic || text.startsWith('(') ? text : `(${text})`}`,
    });
  }
  const { shape } = state;
  if (shape === undefined) return;
  const complain = (): void => {
    const given = shapeText(context, draft.type.shape);
    context.report.add({
      code: 'RNN3003',
      message: `${name} is a state of ${shapeText(context, shape)}, and its equation gives ${given}`,
      span: draft.span,
      label: `this is ${given}`,
      related: reasons(draft.span, label, ...originOf(draft)),
    });
  };
  const from = { span: state.span, text: `${name} is a state of ${shapeText(context, shape)}` };
  if (!unifyShapes(draft.type.shape, shape, context.unknowns, from, complain)) complain();
}

/** What stands for the state where a whole number is to be one of its categories. */
function likeState(name: string, state: StateBinding): Draft {
  const { span } = state;
  const type = stateType(state, state.shape ?? []);
  return { ...poison(span), type, because: { span, text: `${name} is declared here` } };
}

/** Whether a value is a category of the state; otherwise says so. */
function isCategory(
  context: Context,
  name: string,
  state: StateBinding,
  draft: Draft,
  gives: string,
): boolean {
  const { element, categories } = draft.type;
  const type = stateType(state, state.shape ?? []);
  const label = { span: state.span, text: `${name} is declared here` };
  const related = reasons(draft.span, label, ...originOf(draft));
  const told = `the state ${name} is ${typeText(context, type)}, and ${gives} ${typeText(context, draft.type)}`;
  if (element === 'unknown') return false;
  if (element !== 'index' || categories === undefined || state.categories === undefined) {
    const help =
      element === 'bool'
        ? `write if ${nameOf(draft, '...')} then 1 else 0`
        : `make a category of it: to_index(${nameOf(draft, '...')}, ${typeText(context, type).slice(6, -1)}), or argmax of a vector`;
    context.report.add({ code: 'RNN3011', message: told, span: draft.span, related, help });
    return false;
  }
  const complain = (): void =>
    context.report.add({ code: 'RNN3010', message: told, span: draft.span, related });
  if (context.unknowns.unify(categories, state.categories, complain)) return true;
  complain();
  return false;
}

/** The start of a state of categories: a whole number, or a category that is there before the first step. */
function categoryStart(
  context: Context,
  name: string,
  binding: StateBinding,
  given: Draft,
): Draft | undefined {
  const draft = asCategory(context, given, likeState(name, binding));
  if (isPoison(draft) || !isCategory(context, name, binding, draft, 'it starts at')) return undefined;
  return notOfSteps(context, draft) ? draft : undefined;
}

/** Whether a value is there before the first step; otherwise says so. */
function notOfSteps(context: Context, draft: Draft): boolean {
  if (draft.type.rate !== 'step') return true;
  context.report.add({
    code: 'RNN4009',
    message: `a state starts once, before the first step, and ${nameOf(draft, 'this')} changes from step to step`,
    span: draft.span,
    related: reasons(draft.span, draft.because),
    help: 'start it at a param, at a once input, or at the last value of another state: = last other',
  });
  return false;
}

/** The start of states: `state h, c: [m] = h0`. One draft for all names of the item; undefined where it has a mistake. */
export function checkStart(context: Context, item: StateItem): Draft | undefined {
  if (item.start === undefined) return undefined;
  const names = item.names.map((name) => name.text);
  const draft = context.infer(item.start, placeOf(context, `${names.join('_')}.start`));
  const binding = context.scope.get(names[0] ?? '');
  if (isPoison(draft) || binding?.kind !== 'state' || binding.shape === undefined) return undefined;
  const { shape, span, categories, element } = binding;
  if (categories !== undefined) return categoryStart(context, names[0], binding, draft);
  const label = { span, text: `${names[0]} is a state of ${shapeText(context, shape)}` };
  const expect = element === 'complex' ? expectNumber : expectReal;
  if (!expect(context, draft, `the start of ${names[0]}`)) return undefined;
  if (!notOfSteps(context, draft)) return undefined;
  if (draft.type.scalar) return draft;
  const complain = (): void =>
    context.report.add({
      code: 'RNN3003',
      message: `${names[0]} is a state of ${shapeText(context, shape)}, and starts at ${shapeText(context, draft.type.shape)}`,
      span: draft.span,
      related: reasons(draft.span, label, ...originOf(draft)),
    });
  if (!unifyShapes(draft.type.shape, shape, context.unknowns, label, complain)) complain();
  return draft;
}

// Which equation needs which at the same step, read off the syntax: `prev` breaks the chain, everything else does not.
// Gives the order in which a cell is checked, dependencies first, and finds the cycles that have no `prev` in them.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Argument, Call, Expression, Item } from '../parser/tree.ts';
import type { Context } from './context.ts';
import { components, shortestCycle, smallest } from './cycles.ts';
import { isWeight } from './tied.ts';

/** The expressions right inside an expression, in the order of the text. Types and names of arguments are not. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'shape':
    case 'name':
    case 'step-number':
      return [];
    case 'member':
      return [expression.object];
    case 'call': {
      const values = expression.arguments.filter((argument) => !isScope(expression, argument));
      return [expression.callee, ...values.map((argument) => argument.value)];
    }
    case 'index-access':
      return [
        expression.object,
        ...expression.indices.flatMap((place) =>
          place.kind === 'slice' ? [place.from ?? [], place.to ?? []].flat() : [place],
        ),
      ];
    case 'prev':
    case 'negation':
    case 'not':
    case 'last':
    case 'first':
    case 'each-step':
    case 'over-time':
    case 'over-index':
      return [expression.operand];
    case 'chain':
      return [expression.first, ...expression.rest.map((link) => link.operand)];
    case 'power':
      return expression.operands;
    case 'comparison':
      return [expression.left, expression.right];
    case 'conditional':
      return [...expression.cases.flatMap((c) => [c.condition, c.value]), expression.otherwise];
    default:
      return expression satisfies never;
  }
}

/** `per: sequence` in `dropout(x, 0.1, per: sequence)`: a word of the language, which names no value. */
function isScope({ callee }: Call, { name, value }: Argument): boolean {
  const draws = callee.kind === 'name' && ['dropout', 'chance', 'gaussian'].includes(callee.text);
  const isWord = value.kind === 'name' && ['step', 'sequence', 'batch'].includes(value.text);
  return draws && isWord && name?.text === 'per';
}

/** The path of a member expression: `top.low.h` is [top, low, h]. Undefined where it does not begin with a name. */
export function memberPath(expression: Expression): readonly string[] | undefined {
  const path: string[] = [];
  let current = expression;
  while (current.kind === 'member') {
    path.unshift(current.name.text);
    current = current.object;
  }
  return current.kind === 'name' ? [current.text, ...path] : undefined;
}

/** An item with an expression that is checked as a whole. */
export type Unit = Exclude<Item, { readonly kind: 'input' | 'target' | 'param' | 'function' | 'broken' }>;

interface Use {
  readonly unit: number;
  readonly name: string;
  readonly span: Span;
  /** By `last` or `... over time`: at the end of the sequence. */
  readonly atEnd: boolean;
  /** For its shape alone: `delay` keeps it for a later step. */
  readonly isDelayed: boolean;
}

/** The expression of an item, where it has one. */
function expressionOf(item: Unit): Expression | undefined {
  switch (item.kind) {
    case 'equation':
    case 'output':
    case 'loss':
    case 'metric':
      return item.value;
    case 'generate':
      return item.distribution;
    case 'state':
      return item.start;
    default:
      return item satisfies never;
  }
}

export interface OrderedUnit {
  readonly unit: Unit;
  /** It stands in a cycle, which is reported: what it defines is poison. */
  readonly inCycle: boolean;
}

/** The items of a cell that hold expressions, instances left out, dependencies first. Reports cycles. */
export function orderUnits(context: Context, items: readonly Item[]): readonly OrderedUnit[] {
  const units = items.filter((item) => isUnit(context, item));
  const delay = isOwn(context, 'delay') ? undefined : 'delay';
  // A second definition of a name is told as that, and is no part of a cycle.
  const first = (unit: Unit, name: string): boolean => {
    const binding = context.scope.get(name);
    const item =
      binding?.kind === 'state' ? binding.equation : binding?.kind === 'equation' ? binding.item : undefined;
    return item === undefined || item === unit;
  };
  const again = (unit: Unit): boolean =>
    unit.kind === 'equation' && !unit.targets.some(({ name }) => first(unit, name.text));
  const definedBy = new Map<string, number>();
  const appliedBy = new Map<string, number>();
  units.forEach((unit, i) => {
    if (unit.kind === 'equation') {
      for (const { name } of unit.targets) if (first(unit, name.text)) definedBy.set(name.text, i);
    }
    forEachExpression(context, unit, delay, (expression) => {
      if (expression.kind !== 'call' || expression.callee.kind !== 'name') return;
      const name = expression.callee.text;
      if (context.scope.get(name)?.kind === 'instance' && !appliedBy.has(name)) appliedBy.set(name, i);
      if (appliedBy.has(name)) context.appliedNames.add(name);
    });
  });
  const uses = units.map((unit): readonly Use[] => {
    if (again(unit)) return [];
    const found = new Map<number, Use>();
    forEachExpression(context, unit, delay, (expression, atEnd, isDelayed) => {
      if (isDelayed && isDeclared(context, expression)) return;
      // A weight of an instance is there without its application.
      if (expression.kind === 'member' && isWeight(context, memberPath(expression) ?? [])) return;
      const [target, name] =
        expression.kind === 'name'
          ? [definedBy.get(expression.text), expression.text]
          : expression.kind === 'member' && expression.object.kind === 'name'
            ? [appliedBy.get(expression.object.text), `${expression.object.text}.${expression.name.text}`]
            : [undefined, ''];
      if (target === undefined || found.has(target)) return;
      found.set(target, { unit: target, name, span: expression.span, atEnd, isDelayed });
    });
    return [...found.values()];
  });
  const edgesOf = (node: number): readonly number[] => uses[node].map((use) => use.unit);
  const ordered: OrderedUnit[] = [];
  for (const component of components(units.length, edgesOf)) {
    const cyclic = component.length > 1 || edgesOf(component[0]).includes(component[0]);
    if (cyclic) reportCycle(context, units, uses, smallest(component));
    for (const node of component) ordered.push({ unit: units[node], inCycle: cyclic });
  }
  return ordered;
}

function isUnit(context: Context, item: Item): item is Unit {
  switch (item.kind) {
    case 'equation':
      return !item.targets.every((target) => context.scope.get(target.name.text)?.kind === 'instance');
    case 'state':
      return item.start !== undefined;
    case 'output':
    case 'loss':
    case 'metric':
    case 'generate':
      return true;
    case 'input':
    case 'target':
    case 'param':
    case 'function':
    case 'broken':
      return false;
    default:
      return item satisfies never;
  }
}

interface Visited {
  readonly expression: Expression;
  readonly atEnd: boolean;
  readonly isDelayed: boolean;
  /** Inside a function of the cell: its arguments, which hide names of the cell. */
  readonly hidden: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();

/**
 * Every expression of a unit outside of `prev`, and those of the cell's functions that it uses; a bare name that is called
 * is not looked at by itself. `isDelayed`: it is what `delay` keeps, the function of that name where the file has none of
 * its own.
 */
function forEachExpression(
  context: Context,
  unit: Unit,
  delay: string | undefined,
  visit: (expression: Expression, atEnd: boolean, isDelayed: boolean) => void,
): void {
  const root = expressionOf(unit);
  const pending: Visited[] =
    root === undefined ? [] : [{ expression: root, atEnd: false, isDelayed: false, hidden: nothing }];
  const entered = new Set<string>();
  /** Looks into a function of the cell, once. */
  const enter = (name: string, { atEnd, hidden }: Visited): void => {
    const binding = hidden.has(name) ? undefined : context.scope.get(name);
    const key = `${name} ${atEnd}`;
    if (binding?.kind !== 'function' || entered.has(key)) return;
    entered.add(key);
    const { parameters, body, gradient } = binding.entry.declaration;
    const own = new Set(parameters.map((parameter) => parameter.name.text));
    const defaults = parameters.flatMap(({ defaultValue }) => defaultValue ?? []);
    for (const expression of [...defaults, ...(gradient === undefined ? [] : [gradient]), body]) {
      pending.push({ expression, atEnd, isDelayed: false, hidden: own });
    }
  };
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { expression, isDelayed, hidden } = next;
    if (expression.kind === 'prev') continue;
    const atEnd = next.atEnd || ['last', 'first', 'over-time'].includes(expression.kind);
    const called =
      expression.kind === 'call' && expression.callee.kind === 'name' ? expression.callee.text : undefined;
    const named = called ?? (expression.kind === 'name' ? expression.text : undefined);
    if (named === undefined || !hidden.has(named)) visit(expression, atEnd, isDelayed);
    const children = childrenOf(expression);
    // In the order of the text: the stack gives back the last first.
    for (let i = children.length - 1; i >= (called === undefined ? 0 : 1); i--) {
      pending.push({
        expression: children[i],
        atEnd,
        isDelayed: called !== undefined && called === delay && i === 1,
        hidden,
      });
    }
    if (named !== undefined) enter(named, { ...next, atEnd });
  }
}

/** Whether a word means something that the file or the cell declares. */
function isOwn(context: Context, word: string): boolean {
  return context.scope.has(word) || context.entry.module.entries.has(word);
}

/** Whether the shape of a name is declared: then `delay` need not wait for its value. */
function isDeclared(context: Context, expression: Expression): boolean {
  const binding = expression.kind === 'name' ? context.scope.get(expression.text) : undefined;
  return binding?.kind === 'state' || (binding?.kind === 'equation' && binding.item.type !== undefined);
}

function nameOfUnit(unit: Unit): string {
  switch (unit.kind) {
    case 'equation':
      return unit.targets.map((target) => target.name.text).join(', ');
    case 'metric':
    case 'generate':
      return unit.name.text;
    case 'state':
      return `the start of ${unit.names.map((name) => name.text).join(', ')}`;
    case 'output':
    case 'loss':
      return unit.kind;
    default:
      return unit satisfies never;
  }
}

/** Why nothing of a step can wait for the end, and what to do: also for cycles that `prev` hides from the syntax. */
export const endNote =
  'prev looks one step back; what comes from the end of a sequence is there after its last step';
export const endHelp = 'keep the running value in a state, and use its prev';

function reportCycle(
  context: Context,
  units: readonly Unit[],
  uses: readonly (readonly Use[])[],
  start: number,
): void {
  const cycle = shortestCycle(start, (node) => uses[node].map((use) => use.unit));
  if (cycle === undefined) return;
  const steps = cycle.slice(0, -1).map((node, i) => ({
    name: nameOfUnit(units[node]),
    use: uses[node].find((use) => use.unit === cycle[i + 1]),
  }));
  const [first, ...others] = steps;
  if (first.use === undefined) return;
  const related = others.flatMap((step): Label[] =>
    step.use === undefined ? [] : [{ span: step.use.span, text: `${step.name} needs ${step.use.name} here` }],
  );
  const state = steps
    .map((step) => step.use?.name ?? '')
    .find((name) => context.scope.get(name)?.kind === 'state');
  const path = [...steps.map((step) => step.name), first.name].join(' -> ');
  if (steps.some((step) => step.use?.atEnd)) {
    context.report.add({
      code: 'RNN4003',
      message:
        steps.length === 1
          ? `${first.name} waits for the end of the sequence, where it needs itself`
          : `these wait for the end of the sequence and for each other: ${path}`,
      span: first.use.span,
      label: `${first.name} needs ${first.use.name} here`,
      related,
      notes: [endNote],
      help:
        steps.length === 1 && state !== undefined
          ? `write prev ${state} for its value of one step ago`
          : endHelp,
    });
    return;
  }
  const delayed = steps.find((step) => step.use?.isDelayed)?.use;
  if (delayed !== undefined) {
    context.report.add({
      code: 'RNN4011',
      message: `the shape of ${delayed.name} would have to follow from its own past`,
      span: delayed.span,
      related,
      help: `declare it: ${delayed.name}: [m] = ...`,
    });
    return;
  }
  context.report.add({
    code: 'RNN4002',
    message:
      steps.length === 1
        ? `${first.name} needs itself at the same step`
        : `these need each other at the same step: ${path}`,
    span: first.use.span,
    label: `${first.name} needs ${first.use.name} here`,
    related,
    notes: ['a value of the same step cannot wait for itself; only the past, prev, may stand in a cycle'],
    help:
      state === undefined
        ? `declare ${steps.length === 1 ? `it as a state, state ${first.name}: [m],` : 'one of them as a state,'} and write prev where its value of one step ago is meant`
        : `write prev ${state} where its value of one step ago is meant`,
  });
}

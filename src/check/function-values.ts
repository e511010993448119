// Functions as arguments of functions: `euler(slope, prev y, 0.1)`. Which parameters of a function are functions is read
// off its body: what is called there, or handed on to where it is called. So whatever does not fit is told at the use.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Call, Expression, FunctionDeclaration } from '../parser/tree.ts';
import {
  type Context,
  type Draft,
  type FunctionValue,
  fail,
  isFunctionValue,
  isPoison,
  nameOf,
  type Place,
  seesCell,
} from './context.ts';
import { childrenOf } from './dependencies.ts';
import { arityOf, isBuiltIn, isPrimitiveFunction, primitiveNames } from './functions.ts';
import { shortText } from './report.ts';
import type { FunctionEntry } from './resolve.ts';
import { describeBinding } from './size-expressions.ts';
import { lookUp } from './templates.ts';

/** The function that a word names, if it names one. */
function functionNamed(context: Context, name: string, place: Place, span: Span): FunctionValue | undefined {
  const given = place.parameters?.get(name);
  if (given !== undefined) return isFunctionValue(given) ? given : undefined;
  const binding = seesCell(place) ? context.scope.get(name) : undefined;
  if (binding !== undefined) {
    return binding.kind === 'function'
      ? { kind: 'function-value', name, span, entry: binding.entry }
      : undefined;
  }
  const entry = lookUp(place.module, context.prelude, name);
  if (entry?.kind === 'function') return { kind: 'function-value', name, span, entry };
  return entry === undefined && isPrimitiveFunction(name)
    ? { kind: 'function-value', name, span, entry: undefined }
    : undefined;
}

/** Where a function is declared, as a reason; nothing where it is built in, or of the prelude. */
export function declaredHere(entry: FunctionEntry | undefined): readonly Label[] {
  if (entry === undefined || entry.module.isPrelude) return [];
  const { name } = entry.declaration;
  return [{ span: name.span, text: `${name.text} is declared here` }];
}

// What parameters are

/** How a parameter is used: where it is called, and where it is a value. */
interface ParameterUse {
  called: Span | undefined;
  value: Span | undefined;
}

const known = new WeakMap<FunctionDeclaration, ReadonlyMap<string, ParameterUse>>();

/** How a function uses its parameters, by their names. */
function parameterUses(
  entry: FunctionEntry,
  find: (word: string, entry: FunctionEntry) => FunctionEntry | undefined,
): ReadonlyMap<string, ParameterUse> {
  const { declaration } = entry;
  const before = known.get(declaration);
  if (before !== undefined) return before;
  const uses = new Map<string, ParameterUse>(
    declaration.parameters.map(({ name }) => [name.text, { called: undefined, value: undefined }]),
  );
  // Of functions that contain themselves this much is enough: they are reported.
  known.set(declaration, uses);
  const { body, gradient } = declaration;
  const pending: Expression[] = gradient === undefined ? [body] : [gradient, body];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const children = childrenOf(at);
    if (at.kind === 'name') {
      const use = uses.get(at.text);
      if (use !== undefined) use.value ??= at.span;
    }
    if (at.kind !== 'call' || at.callee.kind !== 'name') {
      for (const child of children) pending.push(child);
      continue;
    }
    const called = at.callee.text;
    const own = uses.get(called);
    if (own !== undefined) own.called ??= at.callee.span;
    const inner = own === undefined ? find(called, entry) : undefined;
    for (const [i, { name, value }] of at.arguments.entries()) {
      const use = value.kind === 'name' ? uses.get(value.text) : undefined;
      const takes = inner === undefined ? undefined : parameterUses(inner, find);
      const word = name?.text ?? inner?.declaration.parameters.at(i)?.name.text;
      const other = word === undefined ? undefined : takes?.get(word);
      if (use === undefined) pending.push(value);
      // What becomes of the argument of an argument, the use will tell.
      else if (own !== undefined) continue;
      else if (inner === undefined ? called === 'repeat' && i === 0 : other?.called !== undefined) {
        use.called ??= value.span;
      } else if (inner === undefined || other?.value !== undefined) use.value ??= value.span;
    }
  }
  return uses;
}

/** What a word means as a function inside another function. */
function finder(context: Context): (word: string, entry: FunctionEntry) => FunctionEntry | undefined {
  return (word, { isLocal, module }) => {
    const binding = isLocal ? context.scope.get(word) : undefined;
    if (binding?.kind === 'function') return binding.entry;
    const entry = lookUp(module, context.prelude, word);
    return entry?.kind === 'function' ? entry : undefined;
  };
}

// Handing functions in

/** An argument of a function: a function where one belongs, else a value; undefined where the one stands for the other. */
export function inferArgument(
  context: Context,
  entry: FunctionEntry,
  parameter: string | undefined,
  expression: Expression,
  place: Place,
): Draft | FunctionValue | undefined {
  const { declaration } = entry;
  const use = parameter === undefined ? undefined : parameterUses(entry, finder(context)).get(parameter);
  const related = declaredHere(entry);
  const name = declaration.name.text;
  const span = place.at ?? expression.span;
  const value = expression.kind === 'name' ? functionNamed(context, expression.text, place, span) : undefined;
  if (use?.called === undefined) {
    if (value === undefined) return context.infer(expression, place);
    if (use !== undefined && use.value === undefined) return value;
    fail(context, {
      code: 'RNN2008',
      message:
        parameter === undefined
          ? `${value.name} is a function, not a value`
          : `${name} takes a value for ${parameter}, and ${value.name} is a function`,
      span,
      related,
      help: `give it its arguments: ${value.name}(...)`,
    });
    return undefined;
  }
  if (value !== undefined) return value;
  const calls = entry.module.isPrelude ? [] : [{ span: use.called, text: `${parameter} is called here` }];
  return notAFunction(context, `${name} takes a function for ${parameter}`, expression, place, [
    ...calls,
    ...related,
  ]);
}

/** The function that stands where one belongs; undefined where something else does, which is reported. */
export function functionArgument(
  context: Context,
  who: string,
  expression: Expression,
  place: Place,
): FunctionValue | undefined {
  const span = place.at ?? expression.span;
  const value = expression.kind === 'name' ? functionNamed(context, expression.text, place, span) : undefined;
  return value ?? notAFunction(context, who, expression, place, []);
}

function notAFunction(
  context: Context,
  who: string,
  expression: Expression,
  place: Place,
  related: readonly Label[],
): undefined {
  const span = place.at ?? expression.span;
  const say = (what: string, help: string | undefined): undefined => {
    fail(context, { code: 'RNN2008', message: `${who}, and ${what}`, span, related, help });
    return undefined;
  };
  if (expression.kind !== 'name') {
    const called =
      expression.kind === 'call' && expression.callee.kind === 'name' ? expression.callee : undefined;
    const isCall = called !== undefined && functionNamed(context, called.text, place, span) !== undefined;
    if (!isCall) {
      const draft = context.infer(expression, place);
      if (isPoison(draft)) return undefined;
      return say(`${nameOf(draft, 'this')} is a value`, 'declare one, fn f(v) = ..., and write f here');
    }
    return say(`${shortText(expression.span) ?? 'this'} is a value`, `write its name alone: ${called.text}`);
  }
  const { text } = expression;
  const binding = seesCell(place) ? context.scope.get(text) : undefined;
  if (binding?.kind === 'broken') {
    context.incomplete = true;
    return undefined;
  }
  if (binding !== undefined || place.parameters?.has(text) === true) {
    const what = binding === undefined ? 'a value' : describeBinding(binding);
    return say(
      `${text} is ${what}`,
      binding?.kind === 'instance' ? `write a function of the cell: fn f(v) = ${text}(v)` : undefined,
    );
  }
  if (isBuiltIn(text))
    return say(`${text} is none that can be handed on`, `write a function of the cell: fn f(v) = ${text}(v)`);
  const entries = [...place.module.entries, ...context.prelude.entries];
  const local = seesCell(place) ? [...context.scope].filter(([, other]) => other.kind === 'function') : [];
  const functions = entries.filter(([, entry]) => entry.kind === 'function');
  const near = suggest(text, [...local, ...functions].map(([word]) => word).concat(primitiveNames));
  if (lookUp(place.module, context.prelude, text)?.kind === 'broken') {
    context.incomplete = true;
    return undefined;
  }
  fail(context, {
    code: 'RNN2002',
    message: `there is no function ${text} here`,
    span,
    related,
    help: near === undefined ? `declare it: fn ${text}(v) = ...` : `did you mean ${near}?`,
    fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
  });
  return undefined;
}

// Calling what was handed in

/** How many arguments a function takes, at least and at most. */
export function argumentsOf({ name, entry }: FunctionValue): {
  readonly least: number;
  readonly most: number;
} {
  if (entry === undefined) return arityOf(name);
  const { parameters } = entry.declaration;
  const least = parameters.filter((parameter) => parameter.defaultValue === undefined).length;
  return { least, most: parameters.length };
}

/** Whether a function can be called with so many arguments; otherwise says so, where it was handed in. */
export function takesArguments(
  context: Context,
  value: FunctionValue,
  count: number,
  who: string,
  call: Call | undefined,
): boolean {
  const { least, most } = argumentsOf(value);
  if (count >= least && count <= most) return true;
  const words =
    most === Number.POSITIVE_INFINITY
      ? `${least} or more`
      : least === most
        ? `${least}`
        : `${least} to ${most}`;
  const list = value.entry?.declaration.parameters.map(({ name }) => name.text).join(', ') ?? '';
  const at: readonly Label[] =
    call === undefined ? [] : [{ span: call.span, text: `${shortCall(call)} is called here` }];
  context.report.add({
    code: 'RNN2013',
    message: `${who} with ${count} argument${count === 1 ? '' : 's'}, and ${value.name} takes ${words}${list === '' ? '' : ` (${list})`}`,
    span: value.span,
    related: [...at, ...declaredHere(value.entry)],
  });
  return false;
}

function shortCall({ callee }: Call): string {
  return callee.kind === 'name' ? callee.text : 'it';
}

// Names with two meanings: a value of a cell, or an argument of a function, that is called as a function is. Nothing is
// hidden by it, since a function is known by its brackets; but a reader may take one for the other. A warning.

import type { Span } from '../base/source.ts';
import type { Context } from './context.ts';
import { isBuiltIn, isPrimitiveFunction } from './functions.ts';
import type { Report } from './report.ts';
import type { FunctionEntry, Module } from './resolve.ts';
import { describeBinding } from './size-expressions.ts';
import { lookUp } from './templates.ts';

/** Warns of the names of a cell. */
export function warnShadowed(context: Context): void {
  const { entry, prelude, report } = context;
  if (entry.module.isPrelude) return;
  for (const [name, binding] of context.scope) {
    if (binding.kind === 'broken') continue;
    warn(name, binding.span, describeBinding(binding), entry.module, prelude, report);
  }
}

/** Warns of the arguments of a function. */
export function warnShadowedArguments(
  { declaration, module }: FunctionEntry,
  prelude: Module,
  report: Report,
): void {
  if (module.isPrelude) return;
  for (const { name } of declaration.parameters) {
    warn(name.text, name.span, 'an argument', module, prelude, report);
  }
}

function warn(name: string, span: Span, what: string, module: Module, prelude: Module, report: Report): void {
  const entry = lookUp(module, prelude, name);
  const isFunction = entry?.kind === 'function';
  if (!isFunction && !isPrimitiveFunction(name) && !isBuiltIn(name)) return;
  const own = isFunction && module.entries.get(name) === entry;
  const where = own ? 'of this file' : isFunction ? 'of the prelude' : 'that is built in';
  report.add({
    code: 'RNN2025',
    severity: 'warning',
    message: `${name} is ${what} here, and also a function ${where}`,
    span,
    related: own ? [{ span: entry.declaration.name.span, text: 'the function is declared here' }] : [],
    notes: [`${name} alone is the value, ${name}(...) the function`],
    help: 'give one of them another name',
  });
}

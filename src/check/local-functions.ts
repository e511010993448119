// Functions of a cell: formulas that see, beside their arguments, the names of the cell. They are opened up where they
// are used, like those of a file; what their weights are called follows from the function, so all uses share them.

import { suggest } from '../base/suggest.ts';
import type { Expression, FunctionDeclaration, Item } from '../parser/tree.ts';
import type { Context } from './context.ts';
import { components, shortestCycle, smallest } from './cycles.ts';
import { childrenOf } from './dependencies.ts';
import { checkFunction } from './order.ts';
import { warnShadowedArguments } from './shadowed.ts';
import { lookUp } from './templates.ts';

/** What can be said of a cell's functions whatever they are applied to: names that are not there, and circles. */
export function checkLocalFunctions(context: Context, items: readonly Item[]): void {
  const functions = items.filter((item): item is FunctionDeclaration => {
    if (item.kind !== 'function') return false;
    const binding = context.scope.get(item.name.text);
    return binding?.kind === 'function' && binding.entry.declaration === item;
  });
  const { module } = context.entry;
  const names = [...context.scope].filter(([, { kind }]) => kind !== 'broken').map(([name]) => name);
  for (const declaration of functions) {
    const entry = { kind: 'function', declaration, isLocal: true, module } as const;
    const knows = (word: string): boolean =>
      context.scope.has(word) || lookUp(module, context.prelude, word) !== undefined || context.nameless;
    warnShadowedArguments(entry, context.prelude, context.report);
    checkFunction(entry, knows, (word) => suggest(word, names), context.report);
  }
  const byName = new Map(functions.map((declaration, i) => [declaration.name.text, i]));
  const edges = functions.map((declaration) =>
    [...namesIn(declaration)].flatMap((name) => byName.get(name) ?? []),
  );
  for (const group of components(functions.length, (node) => edges[node])) {
    const start = smallest(group);
    if (group.length === 1 && !edges[start].includes(start)) continue;
    const cycle = shortestCycle(start, (node) => edges[node]) ?? [start, start];
    const path = cycle.map((node) => functions[node].name.text);
    const { span } = functions[start].name;
    context.report.add({
      code: 'RNN5002',
      message:
        path.length === 2
          ? `the function ${path[0]} contains itself`
          : `these contain each other: ${path.join(' -> ')}`,
      span,
      notes: ['a function is opened up where it is used, and this one would never end'],
      help: 'what is done a number of times is written repeat(f, start, count)',
    });
    for (const node of group) {
      const { name } = functions[node];
      context.scope.set(name.text, { kind: 'broken', span: name.span });
    }
  }
}

/** The names in a function that are not its arguments. */
function namesIn({ parameters, body, gradient }: FunctionDeclaration): ReadonlySet<string> {
  const own = new Set(parameters.map(({ name }) => name.text));
  const found = new Set<string>();
  const pending: Expression[] = gradient === undefined ? [body] : [body, gradient];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at.kind === 'name' && !own.has(at.text)) found.add(at.text);
    for (const child of childrenOf(at)) pending.push(child);
  }
  return found;
}

/** Functions of a cell that nothing uses. */
export function warnUnusedFunctions(context: Context): void {
  for (const [name, binding] of context.scope) {
    if (binding.kind !== 'function' || context.opened.has(binding.entry.declaration)) continue;
    context.report.add({
      code: 'RNN5013',
      severity: 'warning',
      message: `the function ${name} is never used`,
      span: binding.span,
    });
  }
}

// The order in which cells are checked: each after those that it uses. Reports cells and functions that contain
// themselves, and what is wrong with functions whatever they are applied to.

import { suggest } from '../base/suggest.ts';
import type { Expression } from '../parser/tree.ts';
import { components, shortestCycle, smallest } from './cycles.ts';
import { childrenOf } from './dependencies.ts';
import type { Report } from './report.ts';
import type { BlockEntry, Entry, FunctionEntry, Module } from './resolve.ts';
import { lookUp } from './templates.ts';

type Declared = BlockEntry | FunctionEntry;

/** Every cell and model that the file declares or uses, dependencies first; those that contain themselves left out. */
export function orderBlocks(main: Module, prelude: Module, report: Report): readonly BlockEntry[] {
  const all: Declared[] = [];
  const numbers = new Map<Declared['declaration'], number>();
  const number = (entry: Declared): number => {
    const known = numbers.get(entry.declaration);
    if (known !== undefined) return known;
    numbers.set(entry.declaration, all.length);
    all.push(entry);
    return all.length - 1;
  };
  const declared = (entries: Iterable<Entry>): void => {
    for (const entry of entries) if (entry.kind !== 'broken') number(entry);
  };
  declared(main.entries.values());
  const edges: number[][] = [];
  // The list grows while it is walked: what a cell uses is walked too.
  for (const entry of all) edges.push(usedBy(entry, prelude).map(number));
  const ordered: BlockEntry[] = [];
  for (const group of components(all.length, (node) => edges[node])) {
    const start = smallest(group);
    const cycle = group.length > 1 || edges[start].includes(start);
    if (cycle) reportCycle(all, shortestCycle(start, (node) => edges[node]) ?? [start, start], report);
    for (const node of group) {
      const entry = all[node];
      if (entry.kind === 'function') checkFunction(entry, prelude, report);
      else if (!cycle) ordered.push(entry);
    }
  }
  return ordered;
}

function usedBy(entry: Declared, prelude: Module): readonly Declared[] {
  const own = new Set<string>();
  const roots: Expression[] = [];
  if (entry.kind === 'function') {
    for (const { name, defaultValue } of entry.declaration.parameters) {
      own.add(name.text);
      if (defaultValue !== undefined) roots.push(defaultValue);
    }
    const { body, gradient } = entry.declaration;
    roots.push(body, ...(gradient === undefined ? [] : [gradient]));
  } else {
    for (const item of entry.declaration.items) {
      if (item.kind === 'equation') {
        for (const { name } of item.targets) own.add(name.text);
        roots.push(item.value);
      } else if (item.kind === 'output' || item.kind === 'loss' || item.kind === 'metric')
        roots.push(item.value);
      else if (item.kind === 'generate') roots.push(item.distribution);
      else if (item.kind === 'state' && item.start !== undefined) roots.push(item.start);
    }
  }
  const used = new Set<Declared>();
  while (roots.length > 0) {
    const expression = roots.pop();
    if (expression === undefined) break;
    if (expression.kind === 'call' && expression.callee.kind === 'name') use(expression.callee.text);
    else if (expression.kind === 'name' && !own.has(expression.text)) use(expression.text);
    for (const child of childrenOf(expression)) roots.push(child);
  }
  return [...used];

  function use(word: string): void {
    const found = lookUp(entry.module, prelude, word);
    if (found !== undefined && found.kind !== 'broken') used.add(found);
  }
}

function reportCycle(all: readonly Declared[], cycle: readonly number[], report: Report): void {
  const [start] = cycle;
  const { kind, declaration } = all[start];
  const path = cycle.map((node) => all[node].declaration.name.text);
  report.add({
    code: 'RNN5002',
    message:
      path.length === 2
        ? `the ${kind} ${path[0]} contains itself`
        : `these contain each other: ${path.join(' -> ')}`,
    span: declaration.name.span,
    notes: [
      kind === 'function'
        ? 'a function is opened up where it is used, and this one would never end'
        : 'a cell is a fixed number of equations, and this one would never end',
    ],
    help: kind === 'function' ? undefined : 'what repeats from step to step is a state and its prev',
  });
}

/** What can be said of a function that nobody uses: its names, and that what has a slope has an argument. */
function checkFunction(entry: FunctionEntry, prelude: Module, report: Report): void {
  const { declaration, module } = entry;
  const { parameters, body, gradient, name } = declaration;
  if (gradient !== undefined && parameters.length === 0) {
    report.add({
      code: 'RNN5018',
      message: `the slope of ${name.text} is by its first argument, and it has none`,
      span: gradient.span,
      help: 'leave out gradient: what has no arguments has no slope',
    });
  }
  const names = new Set<string>();
  for (const parameter of parameters) {
    const { text, span } = parameter.name;
    if (names.has(text)) {
      report.add({ code: 'RNN2003', message: `${name.text} has two arguments called ${text}`, span });
    }
    names.add(text);
    if (parameter.type === undefined) continue;
    report.add({
      code: 'RNN5015',
      message: 'the arguments of a function have no types yet: it is checked where it is used',
      span: parameter.type.span,
      help: 'leave out the type',
    });
  }
  const bound = new Set<string>();
  const pending: Expression[] = gradient === undefined ? [body] : [gradient, body];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const called = at.kind === 'call' && at.callee.kind === 'name';
    for (const child of childrenOf(at).slice(called ? 1 : 0)) pending.push(child);
    // What it binds itself is looked at where it is used.
    if (at.kind === 'over-index') for (const { text } of at.indices) bound.add(text);
    if (at.kind !== 'name' || names.has(at.text) || bound.has(at.text)) continue;
    if (lookUp(module, prelude, at.text) !== undefined) continue;
    const near = suggest(at.text, names);
    report.add({
      code: 'RNN2001',
      message: `there is no ${at.text} here`,
      span: at.span,
      notes: [`a function sees its arguments alone: ${name.text} has ${[...names].join(', ') || 'none'}`],
      help:
        near === undefined
          ? `make it an argument: fn ${name.text}(${[...names, at.text].join(', ')}) = ...`
          : `did you mean ${near}?`,
      fixes: near === undefined ? [] : [{ span: at.span, replacement: near, title: `write ${near}` }],
    });
  }
}

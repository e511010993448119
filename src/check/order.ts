// The order in which cells are checked: each after those that it uses. Reports cells and functions that contain
// themselves, and what is wrong with functions whatever they are applied to.

import { suggest } from '../base/suggest.ts';
import type { Expression, FunctionDeclaration, TypeAnnotation } from '../parser/tree.ts';
import { cellParametersOf } from './cell-arguments.ts';
import { components, shortestCycle, smallest } from './cycles.ts';
import { childrenOf } from './dependencies.ts';
import { isPrimitiveFunction } from './functions.ts';
import type { Report } from './report.ts';
import type { BlockEntry, Entry, FunctionEntry, Module } from './resolve.ts';
import { warnShadowedArguments } from './shadowed.ts';
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
  warnUnusedImports(
    main,
    new Set(all.flatMap((entry, i) => (entry.module === main ? edges[i] : [])).map((i) => all[i])),
    report,
  );
  const ordered: BlockEntry[] = [];
  for (const group of components(all.length, (node) => edges[node])) {
    const start = smallest(group);
    const cycle = group.length > 1 || edges[start].includes(start);
    if (cycle) reportCycle(all, shortestCycle(start, (node) => edges[node]) ?? [start, start], report);
    for (const node of group) {
      const entry = all[node];
      if (entry.kind === 'function') {
        const knows = (word: string): boolean => lookUp(entry.module, prelude, word) !== undefined;
        warnShadowedArguments(entry, prelude, report);
        checkFunction(entry, knows, () => undefined, report);
      } else if (!cycle) ordered.push(entry);
    }
  }
  return ordered;
}

/** Names that are imported, and stand nowhere; told where all of the file could be read. */
function warnUnusedImports(main: Module, used: ReadonlySet<Declared>, report: Report): void {
  const { declarations } = main.file;
  const isUnread = declarations.some(
    (declaration) =>
      declaration.kind === 'broken' ||
      ('items' in declaration && declaration.items.some((item) => item.kind === 'broken')),
  );
  if (isUnread) return;
  const trained = new Set(declarations.flatMap((one) => (one.kind === 'train' ? [one.name.text] : [])));
  for (const declaration of declarations) {
    if (declaration.kind !== 'import') continue;
    for (const { text, span } of declaration.names) {
      const entry = main.entries.get(text);
      const isOwn = entry === undefined || entry.kind === 'broken' || entry.module === main;
      if (isOwn || trained.has(text) || [...used].some((one) => one.declaration === entry.declaration))
        continue;
      const message = `${text} is imported, and never used`;
      report.add({ code: 'RNN5013', severity: 'warning', message, span });
    }
  }
}

function usedBy(entry: Declared, prelude: Module): readonly Declared[] {
  const own = new Set<string>();
  /** What is called there is none of the file. */
  const handedIn = new Set<string>();
  const roots: Expression[] = [];
  const enterFunction = ({ parameters, body, gradient }: FunctionDeclaration): void => {
    for (const { defaultValue } of parameters) if (defaultValue !== undefined) roots.push(defaultValue);
    roots.push(body, ...(gradient === undefined ? [] : [gradient]));
  };
  if (entry.kind === 'function') {
    for (const { name } of entry.declaration.parameters) {
      own.add(name.text);
      handedIn.add(name.text);
    }
    enterFunction(entry.declaration);
  } else {
    for (const { name, defaultValue } of cellParametersOf(entry.declaration)) {
      own.add(name.text);
      if (defaultValue !== undefined) roots.push(defaultValue);
    }
    for (const item of entry.declaration.items) {
      if (item.kind === 'function') {
        own.add(item.name.text);
        handedIn.add(item.name.text);
        enterFunction(item);
      } else if (item.kind === 'equation') {
        for (const { name } of item.targets) own.add(name.text);
        roots.push(item.value);
      } else if (item.kind === 'output' || item.kind === 'loss' || item.kind === 'metric')
        roots.push(item.value);
      else if (item.kind === 'generate') roots.push(item.distribution);
      else if (item.kind === 'state' && item.start !== undefined) roots.push(item.start);
      if ('names' in item && item.kind !== 'broken') for (const { text } of item.names) own.add(text);
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
    if (found !== undefined && !handedIn.has(word) && found.kind !== 'broken') used.add(found);
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
    help:
      kind === 'function'
        ? 'what is done a number of times is written repeat(f, start, count)'
        : 'what repeats from step to step is a state and its prev',
  });
}

/**
 * What can be said of a function that nobody uses: its names, and that what has a slope has an argument. `knows` says
 * whether it sees a name beside its arguments, `like` which of those looks like another one.
 */
export function checkFunction(
  entry: FunctionEntry,
  knows: (word: string) => boolean,
  like: (word: string) => string | undefined,
  report: Report,
): void {
  const { declaration, isLocal } = entry;
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
    if (parameter.type !== undefined)
      for (const size of checkArgumentType(parameter.type, report)) names.add(size);
  }
  const bound = new Set<string>();
  const pending: Expression[] = gradient === undefined ? [body] : [gradient, body];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const called = at.kind === 'call' && at.callee.kind === 'name';
    for (const child of childrenOf(at).slice(called ? 1 : 0)) pending.push(child);
    // What it binds itself is looked at where it is used.
    if (at.kind === 'over-index') for (const { text } of at.indices) bound.add(text);
    if (at.kind !== 'name' || names.has(at.text) || bound.has(at.text)) continue;
    if (knows(at.text) || isPrimitiveFunction(at.text)) continue;
    if (at.text === 'training') continue;
    const near = suggest(at.text, names) ?? like(at.text);
    report.add({
      code: 'RNN2001',
      message: `there is no ${at.text} here`,
      span: at.span,
      notes: [
        isLocal
          ? `${name.text} sees its arguments (${[...names].join(', ') || 'none'}) and the names of the cell`
          : `a function sees its arguments alone: ${name.text} has ${[...names].join(', ') || 'none'}`,
      ],
      help:
        near === undefined
          ? `make it an argument: fn ${name.text}(${[...names, at.text].join(', ')}) = ...`
          : `did you mean ${near}?`,
      fixes: near === undefined ? [] : [{ span: at.span, replacement: near, title: `write ${near}` }],
    });
  }
}

/** What can be said of the type of an argument whatever is given; and the names of sizes in it, which the body knows. */
function checkArgumentType({ once, value, span }: TypeAnnotation, report: Report): readonly string[] {
  if (once) {
    report.add({
      code: 'RNN2012',
      message: 'an argument of a function may be of steps or once: what is given says which',
      span,
      help: 'leave out once',
    });
  }
  if (value.kind === 'named' && !['real', 'complex', ''].includes(value.name.text)) {
    report.add({
      code: 'RNN2012',
      message: `there is no type ${value.name.text} for an argument of a function`,
      span: value.span,
      notes: [
        'they are real, [m] (a vector of m numbers), [m, n], complex [m] and index(v) (one of v categories)',
      ],
      help: 'a value of any shape, and a function, have no type: leave it out',
    });
  }
  const found: string[] = [];
  const pending = value.kind === 'tensor' ? [...value.sizes] : value.kind === 'index' ? [value.size] : [];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at.kind === 'name') found.push(at.text);
    pending.push(...childrenOf(at));
  }
  return found;
}

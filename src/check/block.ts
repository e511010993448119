// One cell or model, from its syntax to its checked form: names, then equations in the order in which they need each
// other, then what inference has left open, then time. A cell is checked once, for all sizes.

import { openArgument } from './cell-arguments.ts';
import type {
  CheckedCell,
  CheckedEquation,
  CheckedExpression,
  CheckedResult,
  CheckedSettled,
} from './checked.ts';
import { finishedParts, partName, partsOf, startOfPart } from './complex.ts';
import type { CellOf, Context, Draft, DraftParameter, Template } from './context.ts';
import { isPoison, newCounts, reasons } from './context.ts';
import { declareHeader, declareItems, type Header } from './declarations.ts';
import { checkDelays } from './delay.ts';
import { orderUnits } from './dependencies.ts';
import { checkEquation, checkStart, placeOf } from './equations.ts';
import { inferExpression } from './expressions.ts';
import { warnFirstStep } from './first-step.ts';
import { checkLocalFunctions, warnUnusedFunctions } from './local-functions.ts';
import { fixedSizes } from './ragged.ts';
import type { Report } from './report.ts';
import type { BlockEntry, Module } from './resolve.ts';
import { checkParts, checkResult, type DraftResult } from './results.ts';
import { warnShadowed } from './shadowed.ts';
import { isKnownShape, resolveShape } from './shapes.ts';
import {
  constantSize,
  isLength,
  isNeverPositive,
  isQuotient,
  isWhole,
  type Size,
  SizeUnknowns,
  showSize,
  sizeSymbol,
  symbolsOf,
} from './size.ts';
import { findStages, nodesOf } from './stages.ts';
import { checkStarts, product } from './starts.ts';
import { inferConstant } from './template-arguments.ts';
import { instantiate, isTemplate, readTemplate } from './templates.ts';
import { reportUndefinedStates } from './undefined-states.ts';
import { neverApplied, warnUnused } from './usage.ts';
import { checkWeights } from './weights.ts';

/** Cells in cells double with every level: a short file could ask for more copies than there is memory. */
const mostCopies = 10_000;
/** What walks through cells in cells does so by recursion, and this leaves it room. */
const mostDepth = 1000;

/**
 * Checks a cell, with the given templates for the cells of its header. Undefined where it has an error, or uses something
 * that has one; also where nothing stands for a cell of its header, so that little is known of it.
 */
export function checkBlock(
  entry: BlockEntry,
  prelude: Module,
  report: Report,
  cellOf: CellOf,
  given: ReadonlyMap<string, Template> = new Map(),
): CheckedCell | undefined {
  const before = report.errors;
  const { declaration } = entry;
  const { items } = declaration;
  const context = newContext(entry, prelude, report, cellOf);
  context.incomplete = items.some((item) => item.kind === 'broken');
  const header = declareHeader(context, declaration);
  const defaults = new Map<string, Draft>();
  for (const { name, defaultValue } of header.hyperparameters) {
    if (defaultValue === undefined) continue;
    const what = `the default of ${name.text}`;
    const draft = inferConstant(context, defaultValue, placeOf(context, name.text), what);
    if (draft !== undefined) defaults.set(name.text, draft);
  }
  bindCells(context, header.cells, given);
  declareItems(context, items, (value) => isTemplate(context, placeOf(context, ''), value));
  checkLocalFunctions(context, items);
  reportUndefinedStates(context);
  makeInstances(context);
  for (const item of items) if (item.kind === 'param') checkWeights(context, item);
  const starts = new Map<string, Draft>();
  const results: DraftResult[] = [];
  for (const { unit, inCycle } of orderUnits(context, items)) {
    if (unit.kind === 'equation') checkEquation(context, unit, inCycle);
    else if (unit.kind === 'state') {
      const start = checkStart(context, unit);
      if (start !== undefined) for (const name of unit.names) starts.set(name.text, start);
    } else {
      const result = checkResult(context, unit);
      if (result !== undefined) results.push(result);
    }
  }
  checkDelays(context);
  checkParts(context, items, declaration.name.span);
  checkNames(context, results);
  settle(context, before);
  if (report.errors > before || context.incomplete) return undefined;
  context.isSettled = true;
  return finish(context, header, defaults, starts, results);
}

function newContext(entry: BlockEntry, prelude: Module, report: Report, cellOf: CellOf): Context {
  const context: Context = {
    entry,
    name: entry.declaration.name.text,
    report,
    unknowns: new SizeUnknowns(),
    prelude,
    scope: new Map(),
    equations: [],
    values: new Map(),
    parameters: [],
    instances: [],
    givenSizes: [],
    givenNumbers: [],
    units: new Map(),
    applications: [],
    delays: [],
    isSettled: false,
    indices: [],
    appliedNames: new Set(),
    lookedAt: new Map(),
    shared: new Map(),
    loops: [],
    loopCount: 0,
    opened: new Set(),
    shapes: [],
    pending: [],
    wholes: [],
    incomplete: false,
    expansions: 0,
    speaker: undefined,
    nameless: entry.declaration.items.some((item) => item.kind === 'broken' && item.names.length === 0),
    toldPast: new Set(),
    cellOf,
    infer: (expression, place) => {
      const draft = inferExpression(context, expression, place);
      if (isPoison(draft)) context.incomplete = true;
      return draft;
    },
  };
  return context;
}

/** Says which template stands for each cell of the header: what the use gives, else the default. */
function bindCells(context: Context, cells: Header['cells'], given: ReadonlyMap<string, Template>): void {
  for (const { name, defaultValue } of cells) {
    const { text, span } = name;
    const binding = context.scope.get(text);
    if (binding?.kind !== 'cell') continue;
    const other = context.entry.module.entries.get(text);
    if (other !== undefined && other.kind !== 'broken') {
      context.report.add({
        code: 'RNN2003',
        message: `${text} is also the name of a ${other.kind} of this file`,
        span,
        related: [{ span: other.declaration.name.span, text: `${text} is declared here` }],
        help: 'give the cell of the header a name of its own',
      });
    }
    const template = given.get(text);
    if (template !== undefined) binding.template = openArgument(context, text, span, template);
    else if (defaultValue !== undefined) {
      binding.template = readTemplate(context, defaultValue, placeOf(context, text));
    } else {
      context.incomplete = true;
      if (context.entry.kind === 'model') {
        context.report.add({
          code: 'RNN5009',
          message: `${text} stands for a cell, and nobody can give one to the model ${context.name}`,
          span,
          notes: ['a cell is given where it is used inside another; a model is not'],
          help: `give it a default: ${text}: cell = GRU(m: 64)`,
        });
      }
    }
    binding.isSettled = true;
  }
}

/** Makes the named instances, so that every equation can look into them. */
function makeInstances(context: Context): void {
  for (const [name, binding] of context.scope) {
    if (binding.kind !== 'instance') continue;
    const { module } = context.entry;
    const cell = module.entries.get(name);
    if (cell !== undefined && cell.kind !== 'broken') {
      context.report.add({
        code: 'RNN2003',
        message: `${name} is also the name of a ${cell.kind} of this file`,
        span: binding.span,
        related: [{ span: cell.declaration.name.span, text: `${name} is declared here` }],
        help: 'give the instance a name of its own',
      });
    }
    const indexed = binding.item.targets.find((target) => target.indices !== undefined);
    if (indexed !== undefined) {
      context.report.add({
        code: 'RNN3103',
        message: `${name} is an instance of a cell, and has no indices`,
        span: indexed.span,
        help: `make one copy, ${name} = ..., apply it to whole values, and use entries of what it gives`,
      });
    }
    if (binding.item.type !== undefined) {
      context.report.add({
        code: 'RNN2008',
        message: `${name} is an instance of a cell, and has no type`,
        span: binding.item.type.span,
        help: 'leave it out: the sizes stand in the brackets of the cell',
      });
    }
    const place = { ...placeOf(context, name), counts: newCounts() };
    const template = readTemplate(context, binding.item.value, place);
    context.units.set(name, template && instantiate(context, template, name));
  }
}

/** No two weights and no two results share a name. */
function checkNames(context: Context, results: readonly DraftResult[]): void {
  const seen = new Map<string, DraftParameter>();
  // An affine has several weights: one message tells of all.
  const told = new Set<number>();
  for (const parameter of context.parameters) {
    const first = seen.get(parameter.name);
    if (first === undefined) {
      seen.set(parameter.name, parameter);
      continue;
    }
    if (told.has(parameter.position)) continue;
    told.add(parameter.position);
    context.report.add({
      code: 'RNN5011',
      message: `two weights would be called ${parameter.name}`,
      span: parameter.span,
      related: [{ span: first.span, text: 'the first is here' }],
      notes: ['weights are named after the equation in which they stand'],
      help: 'give one of the equations another name',
    });
  }
  const names = new Map<string, DraftResult>();
  for (const result of results) {
    // What generate draws from is handed out under that name.
    const name = result.kind === 'generate' ? 'generate' : result.name;
    const first = names.get(name);
    // Two losses, or two lines generate, are reported where a model's parts are looked at.
    if (
      first === undefined ||
      (result.kind === first.kind && result.kind !== 'output' && result.kind !== 'metric')
    ) {
      names.set(name, result);
      continue;
    }
    context.report.add({
      code: 'RNN5011',
      message: `two results would be called ${name}`,
      span: result.span,
      related: [{ span: first.span, text: 'the first is here' }],
      help:
        name === 'output'
          ? 'give each an equation, and hand out its name: a = ..., output a'
          : 'give one of them another name',
    });
  }
}

/** What inference leaves open: solved by defaults, or reported; and every size that was found must be one. */
function settle(context: Context, before: number): void {
  const { unknowns, report } = context;
  unknowns.settle();
  for (const { name, size } of context.givenSizes) {
    if (unknowns.isOpen(size)) unknowns.unify(size, sizeSymbol(name), () => {});
  }
  unknowns.settle();
  for (const { size, defaultValue } of context.pending) {
    if (defaultValue !== undefined && unknowns.isOpen(size)) unknowns.unify(size, defaultValue, () => {});
  }
  unknowns.settle();
  if (report.errors > before || context.incomplete) return;
  const told = new Set<unknown>();
  for (const shape of context.shapes) {
    const resolved = resolveShape(shape, unknowns);
    const open = isKnownShape(resolved) ? resolved.some((size) => unknowns.isOpen(size)) : true;
    const wrong = isKnownShape(resolved) ? resolved.find((size) => isNoSize(size)) : undefined;
    if (!open && wrong !== undefined) {
      report.add({
        code: 'RNN3013',
        message: `this ${shape.word} would have to give ${showSize(wrong)} numbers`,
        span: shape.span,
        related: reasons(shape.span, shape.learntFrom),
        notes: ['that is what its place asks for, and a size is a whole number above zero'],
      });
      continue;
    }
    // Shapes that were found equal are told once.
    const key = isKnownShape(resolved) ? shape : resolved;
    if (!open || told.has(key)) continue;
    told.add(key);
    report.add({
      code: 'RNN3004',
      message: `the shape of this ${shape.word} follows from nothing`,
      span: shape.span,
      notes: [
        `what ${shape.word} gives takes the shape that its place asks for, and here every shape would do`,
      ],
      help:
        shape.word === 'Dense'
          ? 'write how many numbers it gives: Dense(64)'
          : shape.equation === 'output'
            ? 'give it a name and a type: y: [m] = ..., and then output y'
            : `give the equation a type: ${shape.equation}: [m] = ...`,
    });
  }
  if (report.errors > before) return;
  for (const { size, complain } of context.pending) if (unknowns.isOpen(size)) complain();
  if (report.errors > before) return;
  for (const { size, complain } of context.wholes) {
    const found = unknowns.resolve(size);
    if (!isSize(found)) complain(found);
  }
  if (report.errors === before) checkStarts(context);
}

/** Whether it is no size for any choice of its symbols, as far as its form tells. */
function isNoSize(size: Size): boolean {
  const constant = constantSize(size);
  return isNeverPositive(size) || (constant !== undefined && constant.denominator !== 1n);
}

/** Whether it can be a size, for every choice of its symbols as far as its form tells. */
function isSize(size: Size): boolean {
  return (isWhole(size) || isQuotient(size)) && !isNeverPositive(size);
}

function finish(
  context: Context,
  header: Header,
  defaults: ReadonlyMap<string, Draft>,
  starts: ReadonlyMap<string, Draft>,
  results: readonly DraftResult[],
): CheckedCell | undefined {
  const { entry, report, unknowns, scope } = context;
  const { declaration } = entry;
  const shapeOf = (parts: DraftParameter['shapes'][number]): readonly Size[] => {
    const shape = resolveShape(parts, unknowns);
    return isKnownShape(shape) ? shape : [];
  };
  const inputs = declaration.items.flatMap((item) => {
    if (item.kind !== 'input' && item.kind !== 'target') return [];
    return item.names.flatMap(({ text, span }) => {
      const binding = scope.get(text);
      if (binding === undefined || (binding.kind !== 'input' && binding.kind !== 'target')) return [];
      const { element, categories, rate } = binding.type;
      if (element === 'unknown') return [];
      const { kind, documentation } = item;
      return partsOf(element).map((part) => {
        const kept = element === 'complex' ? 'real' : element;
        const type = { element: kept, categories, shape: shapeOf(binding.type.shape), rate };
        return { kind, name: partName(text, part), span, documentation, type };
      });
    });
  });
  const equations = context.equations.map(({ name, span, documentation, draft }) => ({
    name,
    span,
    documentation,
    value: draft.finish(),
  }));
  const declared = declaration.items.flatMap((item) => {
    if (item.kind !== 'state') return [];
    return item.names.flatMap(({ text, span }) => {
      const binding = scope.get(text);
      const value = context.values.get(text);
      if (binding?.kind !== 'state' || binding.shape === undefined || value === undefined) return [];
      const { shape, categories, element } = binding;
      const { documentation } = item;
      return partsOf(element).map((part) => {
        const start = startOfPart(starts.get(text), part)?.finish();
        const equation = part === 'im' && value.imaginary !== undefined ? value.imaginary : value.id;
        return { name: partName(text, part), span, documentation, shape, categories, start, equation };
      });
    });
  });
  const kept = context.delays.flatMap(({ name, span, count, type, start, equations }) => {
    const shape = [unknowns.resolve(count), ...shapeOf(type.shape)];
    const categories = type.categories && unknowns.resolve(type.categories);
    return equations.map((equation, i) => {
      const part = partsOf(type.element)[i];
      return {
        name: partName(name, part),
        span,
        documentation: undefined,
        shape,
        categories,
        start: startOfPart(start, part)?.finish(),
        equation,
      };
    });
  });
  const states = [...declared, ...kept];
  const parameters = [...context.parameters]
    .sort((a, b) => a.position - b.position)
    .map(({ name, span, position, documentation, frozen, shapes, start }) => {
      const parts = shapes.map(shapeOf);
      const shape = parts.flat();
      const fans = [product(parts[1] ?? []), product(parts[0])] as const;
      return { name, span, position, documentation, frozen, shape, start: start(...fans) };
    });
  const instances = [...context.instances]
    .sort((a, b) => a.span.start - b.span.start)
    .map(({ name, span, cell, sizes, hyperparameters }) => ({
      name,
      span,
      cell,
      sizes: new Map([...sizes].map(([size, value]) => [size, unknowns.resolve(value)])),
      hyperparameters: new Map([...hyperparameters].map(([word, draft]) => [word, draft.finish()])),
    }));
  const applications = context.applications.map(({ instance, span, arguments: args, rate, reverse }) => ({
    instance,
    span,
    arguments: args.map((argument) => argument.finish()),
    rate,
    reverse,
  }));
  const unstaged = { name: context.name, states, instances, equations, applications };
  const lonely = neverApplied(context);
  if (lonely) return undefined;
  const copies = countCopies(instances, applications);
  const depth = 1 + instances.reduce((most, { cell }) => Math.max(most, cell.depth), 0);
  if (copies > mostCopies || depth > mostDepth) {
    const { text: name, span } = declaration.name;
    const [message, label] =
      copies > mostCopies
        ? [`${name} opens up to more than ${mostCopies} copies of cells`, 'with all in it, and all in those']
        : [`${name} has cells in cells, more than ${mostDepth} deep`, ''];
    report.add({ code: 'RNN5016', message, span, label });
    return undefined;
  }
  const stages = findStages(unstaged, report);
  if (stages === undefined) return undefined;
  const staged: CheckedEquation[] = equations.map((e, i) => ({ ...e, stage: stages.ofEquation[i] }));
  const checked = results.flatMap((result) =>
    finishedParts(result.draft).map(([part, draft]) => {
      const value = draft.finish();
      const stage = value.kind === 'equation' ? stages.ofEquation[value.equation] : 0;
      const rate = value.type.rate === 'step' ? 'step' : 'once';
      const { kind, span, documentation } = result;
      const name = partName(result.name, part);
      return { kind, name, documentation, span, value, rate, stage } as const;
    }),
  );
  const plain = ({ span, value, rate, stage }: CheckedResult): CheckedResult => ({
    span,
    value,
    rate,
    stage,
  });
  const named = (kind: DraftResult['kind']) =>
    checked
      .filter((result) => result.kind === kind)
      .map((result) => ({ name: result.name, documentation: result.documentation, ...plain(result) }));
  const loss = checked.find((result) => result.kind === 'loss');
  const generate = checked.find((result) => result.kind === 'generate');
  const ofKind = (kind: 'input' | 'target') =>
    inputs
      .filter((input) => input.kind === kind)
      .map(({ name, span, documentation, type }) => ({ name, span, documentation, type }));
  const hyperparameters = header.hyperparameters.map(({ name }) => ({
    name: name.text,
    span: name.span,
    defaultValue: defaults.get(name.text)?.finish(),
  }));
  const expressions = [
    ...equations.map((equation) => equation.value),
    ...applications.flatMap((application) => application.arguments),
    ...states.flatMap((state) => (state.start === undefined ? [] : [state.start])),
  ];
  const all = [...expressions, ...checked.map((result) => result.value)].flatMap(nodesOf);
  const before = report.errors;
  const fixed = fixedSizes({ states, parameters, instances, hyperparameters, expressions }, report);
  if (report.errors > before) return undefined;
  const within = new Map(instances.map((instance) => [instance.name, instance.cell.stages - 1]));
  const deepest = [
    ...stages.ofEquation,
    ...checked.map((result) => result.stage),
    ...applications.map(({ instance }, i) => stages.ofApplication[i] + (within.get(instance) ?? 0)),
  ].reduce((a, b) => Math.max(a, b), 0);
  const { settled, open } = settledSizes(context);
  const cell: CheckedCell = {
    kind: entry.kind,
    name: context.name,
    span: declaration.name.span,
    documentation: declaration.documentation,
    sizes: [
      ...header.sizes.map(({ parameter: { name }, defaultValue }) => ({
        name: name.text,
        span: name.span,
        defaultValue,
      })),
      ...open.map(({ name, span }) => ({ name, span, defaultValue: undefined })),
    ],
    hyperparameters: [
      ...header.hyperparameters.map(({ name }) => ({
        name: name.text,
        span: name.span,
        defaultValue: defaults.get(name.text)?.finish(),
      })),
      ...context.givenNumbers.map(({ name, span }) => ({ name, span, defaultValue: undefined })),
    ],
    settled,
    inputs: ofKind('input'),
    targets: ofKind('target'),
    states,
    parameters,
    instances,
    equations: staged,
    applications: applications.map((a, i) => ({ ...a, stage: stages.ofApplication[i] })),
    order: stages.order,
    outputs: named('output'),
    loss: loss && plain(loss),
    metrics: named('metric'),
    generate: generate && { ...plain(generate), input: generate.name },
    pointwise:
      states.length === 0 &&
      inputs.every((input) => input.type.rate === 'step') &&
      !all.some(
        (node) => ['step-number', 'over-time', 'each-step'].includes(node.kind) || isLengthNumber(node),
      ) &&
      instances.every((instance) => instance.cell.pointwise) &&
      !applications.some((application) => application.reverse),
    copies,
    depth,
    hasState: states.length > 0 || instances.some((instance) => instance.cell.hasState),
    stages: 1 + deepest,
    fixed,
  };
  for (const [name, binding] of scope) {
    if (binding.kind !== 'cell' || binding.usedAt !== undefined) continue;
    const message = `the cell ${name} of the header is never used`;
    report.add({ code: 'RNN5013', severity: 'warning', message, span: binding.span });
  }
  warnUnusedFunctions(context);
  warnUnused(
    cell,
    checked.map((result) => result.value),
    stages,
    report,
  );
  warnFirstStep(cell, report);
  warnShadowed(context);
  return cell;
}

/** Whether it is the number of steps. */
function isLengthNumber(node: CheckedExpression): boolean {
  return node.kind === 'size' && symbolsOf(node.size).some(isLength);
}

/** What the equations make of the sizes that are given with the cells of the header, and those that they leave open. */
function settledSizes(context: Context): {
  readonly settled: readonly CheckedSettled[];
  readonly open: readonly CheckedSettled[];
} {
  const all = context.givenSizes.map(({ name, cell, size }) => {
    const binding = context.scope.get(cell);
    const span = binding?.kind === 'cell' ? (binding.usedAt ?? binding.span) : context.entry.declaration.span;
    return { name, span, size: context.unknowns.resolve(size) };
  });
  const isOpen = ({ name, size }: CheckedSettled): boolean => showSize(size) === name;
  return { settled: all.filter((one) => !isOpen(one)), open: all.filter(isOpen) };
}

/** Itself, and all copies in it as often as they are applied. */
function countCopies(
  instances: CheckedCell['instances'],
  applications: readonly { readonly instance: string }[],
): number {
  const times = new Map<string, number>();
  for (const { instance } of applications) times.set(instance, (times.get(instance) ?? 0) + 1);
  return instances.reduce((sum, { name, cell }) => sum + Math.max(1, times.get(name) ?? 0) * cell.copies, 1);
}

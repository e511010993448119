// Cells as they are used: templates (`LSTM(m: 64)`, `stack(2, C)`, `bidirectional(C)`, `residual(C)`, `Dense(k)`), the
// copies that are made from them, and their application. Stack, bidirectional and residual are opened up here: a checked
// program knows instances of cells only. The copies of stack are called 1, 2, ..., those of bidirectional forward and
// backward; residual adds nothing to a name.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Expression } from '../parser/tree.ts';
import { cellParametersOf, numbersOf, sizesOf } from './cell-arguments.ts';
import {
  type CellBinding,
  type CellTemplate,
  type Context,
  type Draft,
  type Place,
  seesCell,
  type Template,
  type TemplateUnit,
} from './context.ts';
import { isBuiltIn, isPrimitiveFunction } from './functions.ts';
import { shortText } from './report.ts';
import { type BlockEntry, type Entry, hasNameless, type Module } from './resolve.ts';
import { type Size, showSize, substituteSize } from './size.ts';
import { describeBinding } from './size-expressions.ts';
import {
  addDenseSize,
  addNumbers,
  allPlain,
  checkCount,
  looksLikeValue,
  nameArguments,
  sizeText,
  unknownArgument,
} from './template-arguments.ts';

const templateWords = ['Dense', 'stack', 'bidirectional', 'residual'] as const;
type TemplateWord = (typeof templateWords)[number];

function isTemplateWord(word: string): word is TemplateWord {
  return (templateWords as readonly string[]).includes(word);
}

const mostCopies = 1000;

function copiesOf(template: Template): number {
  switch (template.kind) {
    case 'cell':
    case 'dense':
      return 1;
    case 'stack':
      return template.count * copiesOf(template.inner);
    case 'bidirectional':
      return 2 * copiesOf(template.inner);
    case 'residual':
    case 'argument':
      return copiesOf(template.inner);
    default:
      return template satisfies never;
  }
}

/** What a word means in a file: its own declarations and imports, then the prelude. */
export function lookUp(module: Module, prelude: Module, word: string): Entry | undefined {
  return module.entries.get(word) ?? prelude.entries.get(word);
}

/** The cell of the header that a word names, if it names one: a function sees none. */
function cellNamed(context: Context, place: Place, word: string): CellBinding | undefined {
  const binding = place.inside === undefined ? context.scope.get(word) : undefined;
  return binding?.kind === 'cell' ? binding : undefined;
}

/** The cell or the built-in template that a word names at a place, if it names one. */
export function templateNamed(
  context: Context,
  place: Place,
  word: string,
): BlockEntry | TemplateWord | CellBinding | undefined {
  const given = cellNamed(context, place, word);
  if (given !== undefined) return given;
  const entry = lookUp(place.module, context.prelude, word);
  if (entry !== undefined) return entry.kind === 'cell' || entry.kind === 'model' ? entry : undefined;
  return isTemplateWord(word) ? word : undefined;
}

/** Whether an expression is a template: a cell's name, or one with its brackets of sizes. */
export function isTemplate(context: Context, place: Place, expression: Expression): boolean {
  const head = expression.kind === 'call' ? expression.callee : expression;
  return head.kind === 'name' && templateNamed(context, place, head.text) !== undefined;
}

/** For "did you mean": the words that can stand where a cell does. */
export function cellNames(module: Module, prelude: Module): readonly string[] {
  const cells = [...module.entries, ...prelude.entries].filter(([, entry]) => entry.kind === 'cell');
  return [...cells.map(([name]) => name), ...templateWords];
}

/** Reads a template; undefined where it has a mistake (which is reported) or its cell has. */
export function readTemplate(context: Context, expression: Expression, place: Place): Template | undefined {
  const head = expression.kind === 'call' ? expression.callee : expression;
  const args = expression.kind === 'call' ? expression.arguments : [];
  const { span } = expression;
  if (head.kind !== 'name') return notATemplate(context, expression, place);
  const named = templateNamed(context, place, head.text);
  if (named === undefined) return notATemplate(context, expression, place);
  if (place.inside !== undefined) {
    context.report.add({
      code: 'RNN5001',
      message: place.inside.isLocal
        ? `the function ${place.inside.declaration.name.text} makes a copy of ${head.text}, and copies are made by equations`
        : `the function ${place.inside.declaration.name.text} uses the cell ${head.text}, and a function has no weights`,
      span,
      help: place.inside.isLocal
        ? `make it in the cell, net = ${shortText(span) ?? `${head.text}(...)`}, and write net(...) here`
        : 'make the function a cell',
    });
    return undefined;
  }
  if (typeof named !== 'string') {
    return 'declaration' in named
      ? readCell(context, named, args, place, span)
      : readGiven(context, named, head.text, args, place, span);
  }
  switch (named) {
    case 'Dense':
      return addDenseSize(context, { kind: 'dense', size: undefined, span }, args, span);
    case 'stack': {
      if (!checkCount(context, 'stack', args, 2, 2, span) || !allPlain(context, 'stack', args))
        return undefined;
      const [count, template] = args;
      if (template.value.kind === 'number' && count.value.kind !== 'number') {
        const cell = shortText(count.value.span) ?? '...';
        context.report.add({
          code: 'RNN5009',
          message: 'stack takes the number of copies first, and then the cell',
          span,
          help: `write stack(${template.value.value}, ${cell})`,
        });
        return undefined;
      }
      const inner = readTemplate(context, template.value, place);
      const value = count.value.kind === 'number' ? count.value.value : 0;
      if (!Number.isInteger(value) || value < 1 || value > 100) {
        context.report.add({
          code: 'RNN5009',
          message: 'stack takes how many copies to make, a number from 1 to 100, and a cell',
          span: count.value.span,
          notes: ['every copy has weights with names of their own, so their number is part of the text'],
        });
        return undefined;
      }
      if (inner === undefined) return undefined;
      if (value * copiesOf(inner) <= mostCopies) return { kind: 'stack', count: value, inner, span };
      context.report.add({
        code: 'RNN5009',
        message: `these are ${value * copiesOf(inner)} copies, and ${mostCopies} are the most that one template makes`,
        span,
      });
      return undefined;
    }
    case 'bidirectional':
    case 'residual': {
      if (!checkCount(context, named, args, 1, 1, span) || !allPlain(context, named, args)) return undefined;
      const inner = readTemplate(context, args[0].value, place);
      return inner === undefined ? undefined : { kind: named, inner, span };
    }
    default:
      return named satisfies never;
  }
}

function notATemplate(context: Context, expression: Expression, place: Place): undefined {
  const head = expression.kind === 'call' ? expression.callee : expression;
  const name = head.kind === 'name' ? head.text : undefined;
  const entry = name === undefined ? undefined : lookUp(place.module, context.prelude, name);
  const binding = name === undefined ? undefined : context.scope.get(name);
  if (entry?.kind === 'broken' || binding?.kind === 'broken') {
    context.incomplete = true;
    return undefined;
  }
  const isFunction =
    name !== undefined && (entry?.kind === 'function' || isPrimitiveFunction(name) || isBuiltIn(name));
  if (name !== undefined && binding === undefined && entry === undefined && !isFunction) {
    return unknownCell(context, name, place, head.span);
  }
  const what = isFunction ? 'a function' : binding === undefined ? undefined : describeBinding(binding);
  context.report.add({
    code: 'RNN5009',
    message: `a cell belongs here${name === undefined || what === undefined ? '' : `, and ${name} is ${what}`}`,
    span: expression.span,
    help: 'write a cell with its sizes, such as LSTM(m: 64)',
  });
  return undefined;
}

/** Reports, once for a name, that there is no such cell. */
export function unknownCell(context: Context, name: string, place: Place, span: Span): undefined {
  const near = suggest(name, cellNames(place.module, context.prelude));
  if (seesCell(place)) context.scope.set(name, { kind: 'broken', span });
  if (near === undefined && hasNameless(place.module)) {
    context.incomplete = true;
    return undefined;
  }
  context.report.add({
    code: 'RNN2002',
    message: `there is no cell ${name} here`,
    span,
    help:
      near === undefined
        ? `import it from its file: import ${name} from "./${name.toLowerCase()}.rnn"`
        : `did you mean ${near}?`,
    fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
  });
  return undefined;
}

/** A cell with its brackets. The cells of its header come first: which cell it is depends on them. */
function readCell(
  context: Context,
  entry: BlockEntry,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Template | undefined {
  const { declaration } = entry;
  const word = declaration.name.text;
  if (entry.kind === 'model') {
    context.report.add({
      code: 'RNN2008',
      message: `${word} is a model, and only cells can be used inside others`,
      span,
      related: [{ span: declaration.name.span, text: `${word} is declared here` }],
      help: `make a cell of what both need, and let ${word} use it too`,
    });
    return undefined;
  }
  const order = declaration.parameters.map((parameter) => parameter.name.text);
  const named = nameArguments(context, word, order, args, declaration.name.span, span);
  if (named === undefined) return undefined;
  const cells = cellParametersOf(declaration);
  const isCell = (name: string): boolean => cells.some((parameter) => parameter.name.text === name);
  const given = new Map<string, Template>();
  let good = true;
  for (const { name, argument } of named) {
    if (isCell(name)) {
      const template = readTemplate(context, argument.value, place);
      if (template === undefined) good = false;
      else given.set(name, template);
    } else if (cells.length > 0 && order.includes(name) && isTemplate(context, place, argument.value)) {
      const text = shortText(argument.value.span) ?? '...';
      good = false;
      context.report.add({
        code: 'RNN5009',
        message: `${name} of ${word} is no cell, and ${text} is one`,
        span: argument.span,
        related: [{ span: declaration.name.span, text: `${word} is declared here` }],
        help: `write ${word}(${cells[0].name.text}: ${text})`,
      });
    }
  }
  if (!good) return undefined;
  for (const { name, defaultValue } of cells) {
    if (defaultValue !== undefined || named.some((argument) => argument.name === name.text)) continue;
    const unknown = named.find((argument) => !order.includes(argument.name));
    if (unknown !== undefined) return unknownArgument(context, word, unknown.argument, order);
    good = false;
    context.report.add({
      code: 'RNN2013',
      message: `${word} needs its cell ${name.text}`,
      span,
      related: [{ span: name.span, text: `${name.text} is declared here` }],
      help: `write ${word}(${name.text}: GRU(m: 64))`,
    });
  }
  if (!good) return undefined;
  const cell = cellWith(context, entry, given, span);
  if (cell === undefined) {
    context.incomplete = true;
    return undefined;
  }
  const sizes = new Map<string, Size>();
  const hyperparameters = new Map<string, Draft>();
  const places = new Map<string, Span>();
  for (const [name, template] of given) {
    for (const [size, value] of sizesOf(template)) sizes.set(`${name}.${size}`, value);
    for (const [number, value] of numbersOf(template)) hyperparameters.set(`${name}.${number}`, value);
    for (const size of [...sizes.keys(), ...hyperparameters.keys()]) places.set(size, template.span);
  }
  const base: CellTemplate = { kind: 'cell', word, cell, order, sizes, hyperparameters, places, span };
  return addNumbers(
    context,
    base,
    named.filter(({ name }) => !isCell(name)),
    place,
  );
}

/** A cell with these cells for those of its header. What is wrong with it for them names its use, too. */
function cellWith(
  context: Context,
  entry: BlockEntry,
  given: ReadonlyMap<string, Template>,
  span: Span,
): ReturnType<Context['cellOf']> {
  if (given.size === 0) return context.cellOf(entry);
  const { report } = context;
  const before = report.diagnostics.length;
  const cell = context.cellOf(entry, given);
  const word = entry.declaration.name.text;
  const cells = [...given].map(([name, template]) => `${name}: ${shortText(template.span) ?? '...'}`);
  report.amend(before, (diagnostic) =>
    diagnostic.span.source === entry.module.source && entry.module.isPrelude
      ? {
          ...diagnostic,
          span,
          label: '',
          // It would name what the prelude alone can write.
          help: diagnostic.code === 'RNN5005' ? undefined : diagnostic.help,
          fixes: [],
          notes: [...diagnostic.notes, `inside ${word} of the prelude`],
        }
      : {
          ...diagnostic,
          related: [...diagnostic.related, { span, text: `${word} is used here with ${cells.join(', ')}` }],
        },
  );
  return cell;
}

/** A cell of the header, with what its use adds to the sizes that it was given with. */
function readGiven(
  context: Context,
  binding: CellBinding,
  word: string,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Template | undefined {
  if (!binding.isSettled) {
    context.report.add({
      code: 'RNN5009',
      message: `the default of a cell is made of the cells before it in the header, and ${word} is none`,
      span,
      related: [{ span: binding.span, text: `${word} is declared here` }],
    });
    return undefined;
  }
  binding.usedAt ??= span;
  if (binding.template === undefined) {
    // Nothing is known of it: what is wrong with it shows where its cell is used.
    for (const argument of args)
      if (argument.name === undefined) looksLikeValue(context, word, argument.value);
    context.incomplete = true;
    return undefined;
  }
  const inner = withArguments(context, binding.template, args, place, span);
  return inner && { kind: 'argument', word, inner, span };
}

function withArguments(
  context: Context,
  template: Template,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Template | undefined {
  if ('inner' in template) {
    const inner = withArguments(context, template.inner, args, place, span);
    return inner && { ...template, inner, span };
  }
  if (template.kind === 'dense') return addDenseSize(context, { ...template, span }, args, span);
  const { word, order, cell } = template;
  const named = nameArguments(context, word, order, args, cell.span, span);
  if (named === undefined) return undefined;
  const isNumber = (name: string): boolean =>
    [...cell.sizes, ...cell.hyperparameters].some((number) => number.name === name);
  const settled = named.find(({ name }) => order.includes(name) && !isNumber(name));
  if (settled === undefined) return addNumbers(context, { ...template, span }, named, place);
  context.report.add({
    code: 'RNN5009',
    message: `${settled.name} of ${word} is a cell, and is settled where ${word} is given`,
    span: settled.argument.span,
    related: [{ span: template.span, text: `${word} is given here` }],
  });
  return undefined;
}

/** The word after which an anonymous copy is called: of the outermost template, residual left out. */
function wordOf(template: Template): string {
  switch (template.kind) {
    case 'cell':
      return template.word;
    case 'dense':
      return 'Dense';
    case 'stack':
    case 'bidirectional':
      return template.kind;
    case 'residual':
      return wordOf(template.inner);
    case 'argument':
      return template.word;
    default:
      return template satisfies never;
  }
}

/** The name of the next anonymous copy of a template in an equation: `h.LSTM`, then `h.LSTM2`. */
export function anonymousName(template: Template, place: Place): string {
  const word = wordOf(template);
  const count = (place.counts.cells.get(word) ?? 0) + 1;
  place.counts.cells.set(word, count);
  return `${place.equation}.${word}${count === 1 ? '' : count}`;
}

/** Makes a copy with weights and states of its own; all their names begin with `name` and a dot. */
export function instantiate(context: Context, template: Template, name: string): TemplateUnit {
  switch (template.kind) {
    case 'dense':
      return {
        kind: 'dense',
        prefix: `${name}.`,
        span: template.span,
        size: template.size,
        shapes: undefined,
      };
    case 'stack': {
      const copies = Array.from({ length: template.count }, (_, i) => i + 1);
      return {
        kind: 'stack',
        units: copies.map((i) => instantiate(context, template.inner, `${name}.${i}`)),
      };
    }
    case 'bidirectional':
      return {
        kind: 'bidirectional',
        forward: instantiate(context, template.inner, `${name}.forward`),
        backward: instantiate(context, template.inner, `${name}.backward`),
      };
    case 'residual':
      return { kind: 'residual', inner: instantiate(context, template.inner, name) };
    case 'argument':
      return instantiate(context, template.inner, name);
    case 'cell': {
      const { cell, word, span } = template;
      needNumbers(context, template);
      const sizes = new Map<string, Size>();
      for (const { name: size, span: declared, defaultValue } of cell.sizes) {
        const known = template.sizes.get(size);
        const value = known ?? context.unknowns.fresh();
        sizes.set(size, value);
        if (known !== undefined) continue;
        const related: Label[] = [{ span: declared, text: `${size} is declared here` }];
        context.wholes.push({
          size: value,
          complain: (found) =>
            context.report.add({
              code: 'RNN3013',
              message: `the size ${size} of ${word} would have to be ${showSize(found)}`,
              span,
              related,
              notes: ['it follows from the arguments, and a size is a whole number above zero'],
            }),
        });
        context.pending.push({
          size: value,
          defaultValue: defaultValue === undefined ? undefined : substituteSize(defaultValue, sizes),
          complain: () =>
            context.report.add({
              code: 'RNN3004',
              message: `the size ${size} of ${word} does not follow from its arguments`,
              span,
              related,
              help: `write ${word}(${size}: 64)`,
            }),
        });
      }
      const because = settleGiven(context, template, sizes);
      const { hyperparameters } = template;
      const instance = { name, span, cell, sizes, hyperparameters, because, applications: [] };
      context.instances.push(instance);
      return { kind: 'instance', instance };
    }
    default:
      return template satisfies never;
  }
}

/** Every hyperparameter has a number. */
function needNumbers(context: Context, { word, cell, hyperparameters, span }: CellTemplate): void {
  for (const { name, defaultValue } of cell.hyperparameters) {
    if (defaultValue !== undefined || hyperparameters.has(name)) continue;
    context.report.add({
      code: 'RNN2013',
      message: `${word} needs its number ${name}`,
      span,
      related: [{ span: cell.span, text: `${word} is declared here` }],
      help: `write ${word}(${name}: 0.5)`,
    });
  }
}

/** The sizes that were given with the cells of its header are what its equations make of them. Says which were given. */
function settleGiven(
  context: Context,
  { word, cell, sizes: given, places, span }: CellTemplate,
  sizes: ReadonlyMap<string, Size>,
): readonly Label[] {
  return cell.settled.flatMap(({ name, size, span: used }) => {
    const known = given.get(name);
    if (known === undefined) return [];
    const place = places.get(name) ?? span;
    const words = `${name.split('.').reverse().join(' of ')}`;
    const wanted = substituteSize(size, sizes);
    const complain = (): void =>
      context.report.add({
        code: 'RNN5009',
        message: `${words} is ${sizeText(context, known)} here, and ${word} makes it ${sizeText(context, wanted)}`,
        span: place,
        related: [{ span: used, text: 'it is used here' }],
      });
    if (!context.unknowns.unify(known, wanted, complain)) complain();
    return [{ span: place, text: `${words} is ${sizeText(context, known)} here` }];
  });
}

// Cells as they are used: templates (`LSTM(m: 64)`, `stack(2, C)`, `bidirectional(C)`, `residual(C)`, `Dense(k)`), the
// copies that are made from them, and their application. Stack, bidirectional and residual are opened up here: a checked
// program knows instances of cells only. The copies of stack are called 1, 2, ..., those of bidirectional forward and
// backward; residual adds nothing to a name.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Expression } from '../parser/tree.ts';
import type { CheckedCell } from './checked.ts';
import {
  type Context,
  type Draft,
  nameOf,
  newCounts,
  type Place,
  seesCell,
  type TemplateUnit,
} from './context.ts';
import { isBuiltIn, isPrimitiveFunction } from './functions.ts';
import { shortText } from './report.ts';
import { type BlockEntry, type Entry, hasNameless, type Module } from './resolve.ts';
import { type Size, showSize, substituteSize } from './size.ts';
import { describeBinding, readSize } from './size-expressions.ts';

const templateWords = ['Dense', 'stack', 'bidirectional', 'residual'] as const;
type TemplateWord = (typeof templateWords)[number];

function isTemplateWord(word: string): word is TemplateWord {
  return (templateWords as readonly string[]).includes(word);
}

/** A template that was read: what to make copies of. */
export type Template =
  | {
      readonly kind: 'cell';
      readonly word: string;
      readonly cell: CheckedCell;
      readonly sizes: ReadonlyMap<string, Size>;
      readonly hyperparameters: ReadonlyMap<string, Draft>;
      readonly span: Span;
    }
  | { readonly kind: 'dense'; readonly size: Size | undefined; readonly span: Span }
  | { readonly kind: 'stack'; readonly count: number; readonly inner: Template; readonly span: Span }
  | { readonly kind: 'bidirectional' | 'residual'; readonly inner: Template; readonly span: Span };

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
      return copiesOf(template.inner);
    default:
      return template satisfies never;
  }
}

/** What a word means in a file: its own declarations and imports, then the prelude. */
export function lookUp(module: Module, prelude: Module, word: string): Entry | undefined {
  return module.entries.get(word) ?? prelude.entries.get(word);
}

/** The cell or the built-in template that a word names in a file, if it names one. */
export function templateNamed(
  module: Module,
  prelude: Module,
  word: string,
): BlockEntry | TemplateWord | undefined {
  const entry = lookUp(module, prelude, word);
  if (entry !== undefined) return entry.kind === 'cell' || entry.kind === 'model' ? entry : undefined;
  return isTemplateWord(word) ? word : undefined;
}

/** Whether an expression is a template: a cell's name, or one with its brackets of sizes. */
export function isTemplate(module: Module, prelude: Module, expression: Expression): boolean {
  const head = expression.kind === 'call' ? expression.callee : expression;
  return head.kind === 'name' && templateNamed(module, prelude, head.text) !== undefined;
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
  const named = templateNamed(place.module, context.prelude, head.text);
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
  if (typeof named !== 'string') return readCell(context, named, args, place, span);
  switch (named) {
    case 'Dense': {
      const named = args.find((argument) => argument.name !== undefined && argument.name.text !== 'k');
      if (named !== undefined) return unknownArgument(context, 'Dense', named, ['k']);
      if (!checkCount(context, 'Dense', args, 0, 1, span)) return undefined;
      const [argument] = args;
      if (argument === undefined) return { kind: 'dense', size: undefined, span };
      if (looksLikeValue(context, 'Dense', argument.value)) return undefined;
      const size = readSize(context, argument.value);
      return size === undefined ? undefined : { kind: 'dense', size, span };
    }
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
  if (name !== undefined && binding === undefined && !isFunction && expression.kind === 'call') {
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

function checkCount(
  context: Context,
  word: string,
  args: readonly Argument[],
  least: number,
  most: number,
  span: Span,
): boolean {
  if (args.length >= least && args.length <= most) return true;
  context.report.add({
    code: 'RNN2013',
    message: `${word} takes ${least === most ? least : `${least} or ${most}`} argument${most === 1 ? '' : 's'}, and has ${args.length} here`,
    span,
    help:
      word === 'stack'
        ? 'write stack(2, LSTM(m: 64)): how many, and of what'
        : word === 'Dense'
          ? 'the values come in a second pair of brackets: Dense(2)(x)'
          : `write ${word}(GRU(m: 64)): the values come in a second pair of brackets`,
  });
  return false;
}

function allPlain(context: Context, word: string, args: readonly Argument[]): boolean {
  for (const argument of args) {
    if (argument.name === undefined) continue;
    unknownArgument(context, word, argument, []);
    return false;
  }
  return true;
}

function unknownArgument(
  context: Context,
  word: string,
  argument: Argument,
  known: readonly string[],
): undefined {
  const name = argument.name?.text ?? '';
  const near = suggest(name, known);
  context.report.add({
    code: 'RNN2014',
    message: `${word} takes no ${name}`,
    span: argument.name?.span ?? argument.span,
    notes: [
      known.length === 0
        ? `the arguments of ${word} have no names`
        : `its first pair of brackets takes ${known.join(', ')}`,
    ],
    help:
      near !== undefined
        ? `did you mean ${near}?`
        : name === 'dropout'
          ? 'apply dropout to what it gives: dropout(h, 0.1)'
          : name === 'bias'
            ? 'linear is without a bias: y: [k] = linear(h)'
            : undefined,
    fixes:
      near === undefined || argument.name === undefined
        ? []
        : [{ span: argument.name.span, replacement: near, title: `write ${near}` }],
  });
  return undefined;
}

/** `LSTM(x)` for `LSTM(m: 64)(x)`: the first pair of brackets holds sizes. Reports, and says whether it is so. */
function looksLikeValue(context: Context, word: string, expression: Expression): boolean {
  const names: ReadonlySet<string> = new Set(['input', 'target', 'state', 'parameter', 'equation']);
  const name = expression.kind === 'name' ? expression.text : undefined;
  const kind = name === undefined ? undefined : context.scope.get(name)?.kind;
  const isValue =
    (kind !== undefined && names.has(kind)) ||
    ['prev', 'call', 'last', 'first', 'over-time', 'each-step', 'conditional', 'index-access'].includes(
      expression.kind,
    );
  if (!isValue) return false;
  context.report.add({
    code: 'RNN3012',
    message: `the first brackets after ${word} hold sizes, and ${name ?? 'this'} is a value`,
    span: expression.span,
    help: `write ${word}(...)(${name ?? '...'}): sizes first, values in a second pair of brackets`,
  });
  return true;
}

function readCell(
  context: Context,
  entry: BlockEntry,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Template | undefined {
  const word = entry.declaration.name.text;
  if (entry.kind === 'model') {
    context.report.add({
      code: 'RNN2008',
      message: `${word} is a model, and only cells can be used inside others`,
      span,
      related: [{ span: entry.declaration.name.span, text: `${word} is declared here` }],
      help: `make a cell of what both need, and let ${word} use it too`,
    });
    return undefined;
  }
  const cell = context.cellOf(entry);
  if (cell === undefined) {
    context.incomplete = true;
    return undefined;
  }
  const order = entry.declaration.parameters.map((parameter) => parameter.name.text);
  const sizes = new Map<string, Size>();
  const hyperparameters = new Map<string, Draft>();
  const given = new Map<string, Span>();
  let good = true;
  for (const [i, argument] of args.entries()) {
    const name = argument.name?.text ?? order.at(i);
    if (name === undefined) {
      context.report.add({
        code: 'RNN2013',
        message: `${word} takes ${order.length} size${order.length === 1 ? '' : 's'} (${order.join(', ')}), and has ${args.length} here`,
        span,
        related: [{ span: cell.span, text: `${word} is declared here` }],
      });
      return undefined;
    }
    const before = given.get(name);
    if (before !== undefined) {
      context.report.add({
        code: 'RNN2015',
        message: `${name} of ${word} is given twice`,
        span: argument.span,
        related: [{ span: before, text: 'it is already given here' }],
      });
      good = false;
      continue;
    }
    given.set(name, argument.span);
    if (cell.sizes.some((size) => size.name === name)) {
      const size = looksLikeValue(context, word, argument.value)
        ? undefined
        : readSize(context, argument.value);
      if (size === undefined) good = false;
      else sizes.set(name, size);
    } else if (cell.hyperparameters.some((other) => other.name === name)) {
      const draft = inferConstant(context, argument.value, place, `${name} of ${word}`);
      if (draft === undefined) good = false;
      else hyperparameters.set(name, draft);
    } else {
      unknownArgument(context, word, argument, order);
      good = false;
    }
  }
  for (const { name, defaultValue } of cell.hyperparameters) {
    if (defaultValue !== undefined || given.has(name)) continue;
    good = false;
    context.report.add({
      code: 'RNN2013',
      message: `${word} needs its number ${name}`,
      span,
      related: [{ span: cell.span, text: `${word} is declared here` }],
      help: `write ${word}(${name}: 0.5)`,
    });
  }
  return good ? { kind: 'cell', word, cell, sizes, hyperparameters, span } : undefined;
}

/**
 * A real number made of literals, sizes and hyperparameters; undefined where it is something else, which is reported
 * (`what` names it). The check that it is [] and real is here, that nothing else stands in it in the place.
 */
export function inferConstant(
  context: Context,
  expression: Expression,
  place: Place,
  what: string,
): Draft | undefined {
  const draft = context.infer(expression, { ...place, counts: newCounts(), constant: what });
  if (draft.type.element === 'unknown') return undefined;
  if (draft.type.element === 'real' && draft.type.scalar) return draft;
  context.report.add({
    code: 'RNN3014',
    message: `${what} is one real number, and ${nameOf(draft, 'this')} is not`,
    span: expression.span,
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
    case 'cell': {
      const { cell, word, span } = template;
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
      const { hyperparameters } = template;
      const instance = { name, span, cell, sizes, hyperparameters, applications: [] };
      context.instances.push(instance);
      return { kind: 'instance', instance };
    }
    default:
      return template satisfies never;
  }
}

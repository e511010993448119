// What stands in the first brackets after a cell: its sizes, its hyperparameters and its cells, by place or by name.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Expression } from '../parser/tree.ts';
import {
  type CellTemplate,
  type Context,
  type DenseTemplate,
  type Draft,
  nameOf,
  newCounts,
  type Place,
  shapeText,
} from './context.ts';
import { shortText } from './report.ts';
import type { Size } from './size.ts';
import { readSize } from './size-expressions.ts';

/** An argument with the name that its place or its word gives it. */
export interface NamedArgument {
  readonly name: string;
  readonly argument: Argument;
}

/** The arguments by name; undefined where there are too many, or one stands twice, which is reported. */
export function nameArguments(
  context: Context,
  word: string,
  order: readonly string[],
  args: readonly Argument[],
  declared: Span | undefined,
  span: Span,
): readonly NamedArgument[] | undefined {
  const related = declared === undefined ? [] : [{ span: declared, text: `${word} is declared here` }];
  const given = new Map<string, Span>();
  const named: NamedArgument[] = [];
  let good = true;
  for (const [i, argument] of args.entries()) {
    const name = argument.name?.text ?? order.at(i);
    if (name === undefined) {
      context.report.add({
        code: 'RNN2013',
        message: `${word} takes ${order.length} size${order.length === 1 ? '' : 's'} (${order.join(', ')}), and has ${args.length} here`,
        span,
        related,
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
    named.push({ name, argument });
  }
  return good ? named : undefined;
}

/** The sizes and hyperparameters that stand in the brackets, added to those that a template has. */
export function addNumbers(
  context: Context,
  template: CellTemplate,
  args: readonly NamedArgument[],
  place: Place,
): CellTemplate | undefined {
  const { cell, word, order } = template;
  const sizes = new Map(template.sizes);
  const hyperparameters = new Map(template.hyperparameters);
  const places = new Map(template.places);
  let good = true;
  for (const { name, argument } of args) {
    const before = places.get(name);
    if (cell.sizes.some((size) => size.name === name)) {
      const size = looksLikeValue(context, word, argument.value)
        ? undefined
        : readSize(context, argument.value);
      const known = sizes.get(name);
      if (size === undefined) good = false;
      else if (known === undefined) sizes.set(name, size);
      else if (!sameSize(context, `${name} of ${word}`, known, size, argument.span, before)) good = false;
    } else if (hyperparameters.has(name) && before !== undefined) {
      context.report.add({
        code: 'RNN2015',
        message: `${name} of ${word} is given twice`,
        span: argument.span,
        related: [{ span: before, text: 'it is already given here' }],
      });
      good = false;
    } else if (cell.hyperparameters.some((other) => other.name === name)) {
      const draft = inferConstant(context, argument.value, place, `${name} of ${word}`);
      if (draft === undefined) good = false;
      else hyperparameters.set(name, draft);
    } else {
      unknownArgument(context, word, argument, order);
      good = false;
    }
    if (before === undefined) places.set(name, argument.span);
  }
  return good ? { ...template, sizes, hyperparameters, places } : undefined;
}

/** `Dense(k)`, `Dense`; for a cell of the header also with the size that it was given with. */
export function addDenseSize(
  context: Context,
  template: DenseTemplate,
  args: readonly Argument[],
  span: Span,
): DenseTemplate | undefined {
  const named = args.find((argument) => argument.name !== undefined && argument.name.text !== 'k');
  if (named !== undefined) return unknownArgument(context, 'Dense', named, ['k']);
  if (!checkCount(context, 'Dense', args, 0, 1, span)) return undefined;
  const [argument] = args;
  if (argument === undefined) return template;
  if (looksLikeValue(context, 'Dense', argument.value)) return undefined;
  const size = readSize(context, argument.value);
  if (size === undefined) return undefined;
  if (template.size === undefined) return { ...template, size };
  return sameSize(context, 'k of Dense', template.size, size, argument.span, template.span)
    ? template
    : undefined;
}

/** Whether a size that is given again is the one that it was. */
function sameSize(
  context: Context,
  what: string,
  known: Size,
  size: Size,
  span: Span,
  before: Span | undefined,
): boolean {
  const complain = (): void =>
    context.report.add({
      code: 'RNN5009',
      message: `${what} is ${sizeText(context, size)} here, and already ${sizeText(context, known)}`,
      span,
      related: before === undefined ? [] : [{ span: before, text: 'it is already given here' }],
    });
  if (context.unknowns.unify(known, size, complain)) return true;
  complain();
  return false;
}

/** A size for a message. */
export function sizeText(context: Context, size: Size): string {
  return shapeText(context, [size]).slice(1, -1);
}

export function checkCount(
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

export function allPlain(context: Context, word: string, args: readonly Argument[]): boolean {
  for (const argument of args) {
    if (argument.name === undefined) continue;
    unknownArgument(context, word, argument, []);
    return false;
  }
  return true;
}

export function unknownArgument(
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
export function looksLikeValue(context: Context, word: string, expression: Expression): boolean {
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
    message: `the first brackets after ${word} hold sizes, and ${shortText(expression.span) ?? 'this'} is a value`,
    span: expression.span,
    help: `write ${word}(...)(${shortText(expression.span) ?? '...'}): sizes first, values in a second pair of brackets`,
  });
  return true;
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

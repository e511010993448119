// The names of a cell: its header and its declarations, each entered once. Equations are entered by name only; what
// they say is looked at later, in the order in which they need each other.

import type { Span } from '../base/source.ts';
import type { BlockDeclaration, Equation, Expression, Item, Name, Parameter } from '../parser/tree.ts';
import { isCellType } from './cell-arguments.ts';
import type { Binding, Context } from './context.ts';
import type { DraftType } from './shapes.ts';
import type { Size } from './size.ts';
import { describeBinding, readSize, readType } from './size-expressions.ts';

export interface Header {
  readonly sizes: readonly { readonly parameter: Parameter; readonly defaultValue: Size | undefined }[];
  readonly hyperparameters: readonly Parameter[];
  /** `C: cell`. What stands for them is for the caller, too. */
  readonly cells: readonly Parameter[];
}

/** Enters the header. The defaults of hyperparameters are for the caller. */
export function declareHeader(context: Context, declaration: BlockDeclaration): Header {
  const sizes: { parameter: Parameter; defaultValue: Size | undefined }[] = [];
  const hyperparameters: Parameter[] = [];
  const cells: Parameter[] = [];
  for (const parameter of declaration.parameters) {
    const { name, type, defaultValue } = parameter;
    if (type === undefined) {
      const isReal = defaultValue?.kind === 'number' && !Number.isInteger(defaultValue.value);
      if (isReal) {
        context.report.add({
          code: 'RNN3012',
          message: `${name.text} is a size, and ${defaultValue.value} is not a whole number`,
          span: defaultValue.span,
          notes: ['what stands in the header without a type is a size'],
          help: `write ${name.text}: real = ${defaultValue.value} for a number`,
        });
        declare(context, name, { kind: 'broken', span: name.span });
        continue;
      }
      // The default sees the sizes before it, so it is read before its own name is entered.
      const value = defaultValue === undefined ? undefined : readSize(context, defaultValue);
      if (declare(context, name, { kind: 'size', span: name.span }))
        sizes.push({ parameter, defaultValue: value });
      continue;
    }
    if (isCellType(type)) {
      const { span } = name;
      const binding = {
        kind: 'cell',
        span,
        template: undefined,
        isSettled: false,
        usedAt: undefined,
      } as const;
      if (declare(context, name, { ...binding })) cells.push(parameter);
      continue;
    }
    const read = readType(context, type);
    if (read === undefined) {
      declare(context, name, { kind: 'broken', span: name.span });
      continue;
    }
    if (read.element !== 'real' || read.shape.length > 0 || read.once) {
      context.report.add({
        code: 'RNN3014',
        message: `${name.text} stands in the header, and what stands there is a size, a real number or a cell`,
        span: type.span,
        help: `write ${name.text}: real for a number, or declare a param or an input inside`,
      });
      declare(context, name, { kind: 'broken', span: name.span });
      continue;
    }
    if (declare(context, name, { kind: 'hyperparameter', span: name.span })) hyperparameters.push(parameter);
  }
  return { sizes, hyperparameters, cells };
}

/** Enters inputs, targets, states, weights and what could not be read; then the names of the equations. */
export function declareItems(
  context: Context,
  items: readonly Item[],
  isInstance: (value: Expression) => boolean,
): void {
  // What could not be read comes last: it defines only what nothing else does.
  for (const item of items) if (item.kind !== 'broken') declareItem(context, item);
  for (const item of items) if (item.kind === 'broken') declareItem(context, item);
  for (const item of items) {
    if (item.kind === 'equation') declareEquation(context, item, isInstance);
  }
}

function declareItem(context: Context, item: Item): void {
  switch (item.kind) {
    case 'input':
    case 'target': {
      const read = readType(context, item.type);
      const type: DraftType | undefined = read && {
        element: read.element,
        categories: read.categories,
        shape: read.shape,
        scalar: read.shape.length === 0,
        rate: read.once ? 'once' : 'step',
      };
      for (const name of item.names) {
        const { span } = name;
        declare(
          context,
          name,
          type === undefined ? { kind: 'broken', span } : { kind: item.kind, span, type },
        );
      }
      break;
    }
    case 'state': {
      const read = readType(context, item.type);
      if (read?.once) {
        context.report.add({
          code: 'RNN4007',
          message: 'a state has a value at each step: it cannot be once',
          span: item.type.span,
          help: 'leave out once',
        });
      }
      const shape = read?.once ? undefined : read?.shape;
      const element = read?.element === 'complex' ? 'complex' : 'real';
      for (const name of item.names) {
        declare(context, name, {
          kind: 'state',
          span: name.span,
          item,
          shape,
          categories: read?.categories,
          element,
          equation: undefined,
          unread: false,
        });
      }
      break;
    }
    case 'param': {
      const read = readType(context, item.type);
      const element = read?.element === 'complex' ? 'complex' : 'real';
      if (read !== undefined && (read.once || read.element === 'index')) {
        context.report.add({
          code: read.once ? 'RNN4008' : 'RNN3014',
          message: read.once
            ? 'a weight is the same for all steps and all sequences: it goes with once as it is'
            : 'a weight is made of numbers',
          span: item.type.span,
          help: read.once ? 'leave out once' : 'write its shape, such as [m, n]',
        });
      }
      for (const name of item.names) {
        declare(context, name, { kind: 'parameter', span: name.span, shape: read?.shape, element });
      }
      break;
    }
    case 'function': {
      const { name } = item;
      const entry = {
        kind: 'function',
        declaration: item,
        isLocal: true,
        module: context.entry.module,
      } as const;
      declare(context, name, { kind: 'function', span: name.span, entry });
      break;
    }
    case 'broken':
      for (const name of item.names) {
        const known = context.scope.get(name.text);
        if (known === undefined) context.scope.set(name.text, { kind: 'broken', span: name.span });
        else if (known.kind === 'state') known.unread = true;
      }
      break;
    case 'equation':
    case 'output':
    case 'loss':
    case 'metric':
    case 'generate':
      break;
    default:
      item satisfies never;
  }
}

/** Whether it is a word that the file could not find or read, or one with its first brackets. */
function isBroken(context: Context, value: Expression): boolean {
  const head = value.kind === 'call' ? value.callee : value;
  return head.kind === 'name' && context.entry.module.entries.get(head.text)?.kind === 'broken';
}

function declareEquation(context: Context, item: Equation, isInstance: (value: Expression) => boolean): void {
  const instance = item.targets.length === 1 && isInstance(item.value);
  const own = new Map<string, Span>();
  for (const { name } of item.targets) {
    const { text, span } = name;
    const before = context.scope.get(text);
    if (before === undefined) {
      // What stands for nothing known may have been a cell: nobody asks what a copy of it is.
      if (item.targets.length === 1 && isBroken(context, item.value))
        declare(context, name, { kind: 'broken', span });
      else declare(context, name, { kind: instance ? 'instance' : 'equation', span, item });
      own.set(text, span);
      continue;
    }
    const related = [{ span: before.span, text: `${text} is declared here` }];
    switch (before.kind) {
      case 'broken':
        break;
      case 'state':
        if (before.equation === undefined && !own.has(text)) {
          before.equation = item;
          own.set(text, span);
        } else reportTwice(context, name, own.get(text) ?? placeIn(before.equation, text) ?? before.span);
        break;
      case 'equation':
      case 'instance':
        reportTwice(context, name, before.span);
        break;
      case 'function':
        declare(context, name, { kind: 'equation', span, item });
        break;
      case 'input':
      case 'target':
      case 'parameter':
      case 'size':
      case 'hyperparameter':
      case 'cell':
        context.report.add({
          code: 'RNN2011',
          message: `${text} is ${describeBinding(before)}: its value is given, not computed`,
          span,
          related,
          help:
            before.kind === 'parameter'
              ? `declare ${text} as a state in the place of a weight, or give the equation a name of its own`
              : 'give the equation a name of its own',
        });
        // That a weight has no past follows from the same slip.
        if (before.kind === 'parameter') context.toldPast.add(text);
        break;
      default:
        before satisfies never;
    }
  }
}

function placeIn(item: Equation | undefined, name: string): Span | undefined {
  return item?.targets.find((target) => target.name.text === name)?.name.span;
}

function reportTwice(context: Context, name: Name, first: Span): void {
  context.report.add({
    code: 'RNN2010',
    message: `${name.text} is defined twice`,
    span: name.span,
    related: [{ span: first, text: `${name.text} is already defined here` }],
    notes: ['equations are not assignments: each name has one value at each step'],
    help: 'give the second one another name, or make one equation of the two',
  });
}

/** Enters a name; false where it is taken, which is reported. (The parser lets nothing be called t.) */
function declare(context: Context, name: Name, binding: Binding): boolean {
  const { text, span } = name;
  const before = context.scope.get(text);
  if (before === undefined) {
    context.scope.set(text, binding);
    return true;
  }
  if (before.kind === 'broken') return false;
  context.report.add({
    code: 'RNN2003',
    message: `${text} is declared twice`,
    span,
    related: [{ span: before.span, text: `${text} is already ${describeBinding(before)}, declared here` }],
  });
  return false;
}

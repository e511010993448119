// Names as values: `x`, `prev h`, `top.c`, `prev top.h`. What a name stands for, or why it stands for no value.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Expression, Prev } from '../parser/tree.ts';
import { memberDraft } from './applications.ts';
import { inParts, partName } from './complex.ts';
import {
  type Binding,
  type Context,
  type Draft,
  declaredType,
  draftReal,
  fail,
  isFunctionValue,
  makeDraft,
  nodeBase,
  type Place,
  poison,
  reasons,
  seesCell,
  stateType,
  typeText,
} from './context.ts';
import { memberPath } from './dependencies.ts';
import { memberElsewhere, valueElsewhere } from './elsewhere.ts';
import { isBuiltIn, isPrimitiveFunction } from './functions.ts';
import { trainingDraft } from './noise.ts';
import { lengthSize, sizeSymbol } from './size.ts';
import { describeBinding } from './size-expressions.ts';
import { lookUp, templateNamed } from './templates.ts';

/** A bare name, as a value. */
export function nameDraft(context: Context, name: string, place: Place, span: Span): Draft {
  const given = place.parameters?.get(name);
  if (given !== undefined) return isFunctionValue(given) ? functionAsValue(context, given.name, span) : given;
  const binding = seesCell(place) ? context.scope.get(name) : undefined;
  const isFree = binding === undefined && lookUp(place.module, context.prelude, name) === undefined;
  if (isFree && name === 'training') {
    if (place.constant !== undefined) return notConstant(context, name, place.constant, span);
    return trainingDraft(context, span);
  }
  if (binding === undefined && name === 'time' && place.constant === undefined)
    return lengthDraft(context, span);
  if (binding === undefined) return unknownName(context, name, place, span);
  const { kind } = binding;
  if (kind === 'size') {
    const type = draftReal([], 'constant');
    const finish = () =>
      ({ kind: 'size', size: sizeSymbol(name), ...nodeBase(context, span, type) }) as const;
    return makeDraft(span, type, finish, { atomic: true, size: sizeSymbol(name) });
  }
  if (kind === 'hyperparameter') {
    const type = draftReal([], 'constant');
    const finish = () => ({ kind: 'hyperparameter', name, ...nodeBase(context, span, type) }) as const;
    return makeDraft(span, type, finish, { atomic: true });
  }
  if (kind === 'broken') {
    context.incomplete = true;
    return poison(span);
  }
  if (place.constant !== undefined) return notConstant(context, name, place.constant, span);
  return valueDraft(context, name, binding, span);
}

/** `time`: how many steps the sequence has. */
function lengthDraft(context: Context, span: Span): Draft {
  const type = draftReal([], 'constant');
  const finish = () =>
    ({ kind: 'size', size: lengthSize('time'), ...nodeBase(context, span, type) }) as const;
  return makeDraft(span, type, finish, { atomic: true });
}

function valueDraft(context: Context, name: string, binding: Binding, span: Span): Draft {
  switch (binding.kind) {
    case 'input':
    case 'target': {
      const { type } = binding;
      const once = type.rate === 'once' ? 'once ' : '';
      const because = { span: binding.span, text: `${name} is ${once}${typeText(context, type)}` };
      return inParts(context, span, type, { because, reference: true }, (part, base) => ({
        kind: 'input',
        name: partName(name, part),
        ...base,
      }));
    }
    case 'parameter': {
      if (binding.shape === undefined) {
        context.incomplete = true;
        return poison(span);
      }
      const type = declaredType(binding.element, binding.shape, 'constant');
      const because = { span: binding.span, text: `${name} is ${typeText(context, type)}` };
      return inParts(context, span, type, { because, atomic: true }, (part, base) => ({
        kind: 'parameter',
        name: partName(name, part),
        ...base,
      }));
    }
    case 'state':
    case 'equation': {
      const value = context.values.get(name);
      if (value === undefined) {
        context.incomplete = true;
        return poison(span);
      }
      const { id, imaginary = id, type, because } = value;
      return inParts(context, span, type, { because, reference: true }, (part, base) => ({
        kind: 'equation',
        equation: part === 'im' ? imaginary : id,
        ...base,
      }));
    }
    case 'instance':
      if (context.units.get(name) === undefined) {
        // What it would be an instance of has a mistake of its own.
        context.incomplete = true;
        return poison(span);
      }
      return fail(context, {
        code: 'RNN2008',
        message: `${name} is an instance of a cell, not a value`,
        span,
        related: [{ span: binding.span, text: `${name} is made here` }],
        help: `apply it, y = ${name}(...), or name one of its values: ${name}.h`,
      });
    case 'cell':
      return fail(context, {
        code: 'RNN2008',
        message: `${name} is a cell, not a value`,
        span,
        related: [{ span: binding.span, text: `${name} is declared here` }],
        help: `apply it: ${name}()(x)`,
      });
    case 'function':
      return functionAsValue(context, name, span);
    case 'size':
    case 'hyperparameter':
    case 'broken':
      return poison(span);
    default:
      return binding satisfies never;
  }
}

function functionAsValue(context: Context, name: string, span: Span): Draft {
  return fail(context, {
    code: 'RNN2008',
    message: `${name} is a function, not a value`,
    span,
    help: `give it its arguments: ${name}(...)`,
  });
}

function unknownName(context: Context, name: string, place: Place, span: Span, past = false): Draft {
  const entry = lookUp(place.module, context.prelude, name);
  if (entry?.kind === 'broken') {
    context.incomplete = true;
    return poison(span);
  }
  if (entry?.kind === 'function' || isPrimitiveFunction(name) || isBuiltIn(name)) {
    return functionAsValue(context, name, span);
  }
  if (templateNamed(context, place, name) !== undefined) {
    return fail(context, {
      code: 'RNN2008',
      message: `${name} is a cell, not a value`,
      span,
      help: `apply it: ${name}(...)(x)`,
    });
  }
  const inCell = seesCell(place);
  const known = [...(place.parameters?.keys() ?? []), ...(inCell ? knownNames(context) : [])];
  const states = inCell ? [...context.scope].filter(([, { kind }]) => kind === 'state') : [];
  const elsewhere = valueElsewhere(
    name,
    states.map(([state]) => state),
  );
  const guess = elsewhere === undefined || past ? suggest(name, known) : undefined;
  // `Wz` beside a gate z is the weight that the paper has there.
  const isWeight = !past && inCell && /^([A-Z]_?|b_?)[a-z]{0,2}$/.test(name) && (guess?.length ?? 1) === 1;
  const near = isWeight && guess?.toLowerCase() !== name.toLowerCase() ? undefined : guess;
  // A name that is missing is told once.
  if (inCell) context.scope.set(name, { kind: 'broken', span });
  if (inCell && near === undefined && context.nameless) {
    context.incomplete = true;
    return poison(span);
  }
  return fail(context, {
    code: 'RNN2001',
    message: `there is no ${name} here`,
    span,
    related:
      near === undefined || !inCell || context.scope.get(near) === undefined
        ? []
        : reasons(span, { span: context.scope.get(near)?.span ?? span, text: `${near} is declared here` }),
    help:
      near !== undefined
        ? `did you mean ${near}?`
        : !inCell
          ? undefined
          : name === 'loss'
            ? 'the loss has no name: give its value one, l = ..., and write loss l'
            : past
              ? `declare it as a state, state ${name}: [m], and give its value at each step: ${name} = ...`
              : (elsewhere ??
                (isWeight
                  ? `declare it as a weight, with its sizes: param ${name}: ${/^b/.test(name) ? '[m]' : '[m, n]'}`
                  : `define it by an equation, ${name} = ..., or declare it as an input, a state or a param`)),
    fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
  });
}

/** The names of the cell that stand for something. */
function knownNames(context: Context): readonly string[] {
  return [...context.scope].filter(([, binding]) => binding.kind !== 'broken').map(([name]) => name);
}

/** `top.c`, `prev top.h`. */
export function memberOf(
  context: Context,
  expression: Expression,
  previous: boolean,
  place: Place,
  span: Span,
): Draft {
  const path = memberPath(expression);
  const [root] = path ?? [];
  const isOwn = seesCell(place) && (root === undefined || place.parameters?.has(root) !== true);
  const binding = root === undefined ? undefined : context.scope.get(root);
  if (!isOwn || path === undefined || root === undefined || binding === undefined) {
    if (root !== undefined && isOwn) return unknownName(context, root, place, span);
    return fail(context, {
      code: 'RNN2016',
      message: 'a point stands between an instance of a cell and one of its states or outputs',
      span,
    });
  }
  if (binding.kind === 'broken') {
    context.incomplete = true;
    return poison(span);
  }
  if (binding.kind !== 'instance') {
    return fail(context, {
      code: 'RNN2016',
      message: `${root} is ${describeBinding(binding)}, and has no parts with names`,
      span,
      related: [{ span: binding.span, text: `${root} is declared here` }],
      notes: ['only an instance of a cell, such as top = LSTM(m: 64), has: top.h'],
      help: memberElsewhere(root, path[1]),
    });
  }
  if (place.constant !== undefined) return notConstant(context, path.join('.'), place.constant, span);
  return memberDraft(context, path, previous, span);
}

/** `prev h`, `prev top.h`. */
export function prevDraft(context: Context, expression: Prev, place: Place, span: Span): Draft {
  const { operand } = expression;
  const root = memberPath(operand)?.[0];
  const isArgument = root !== undefined && place.parameters?.has(root) === true;
  if (place.inside !== undefined && (!place.inside.isLocal || isArgument)) {
    const name = place.inside.declaration.name.text;
    return fail(context, {
      code: 'RNN5001',
      message: isArgument
        ? `${root} is an argument of ${name}, and has no past`
        : `the function ${name} looks at the past, and a function has no memory`,
      span,
      help: 'hand the past value in as an argument',
    });
  }
  if (operand.kind === 'member') return memberOf(context, operand, true, place, span);
  const name = operand.text;
  const binding = context.scope.get(name);
  if (binding === undefined) {
    const states = [...context.scope].filter(([, other]) => other.kind === 'state').map(([other]) => other);
    const near = suggest(name, states);
    if (near === undefined) return unknownName(context, name, place, operand.span, true);
    return fail(context, {
      code: 'RNN2001',
      message: `there is no state ${name}`,
      span: operand.span,
      related: reasons(span, {
        span: context.scope.get(near)?.span ?? span,
        text: `${near} is declared here`,
      }),
      help: `did you mean prev ${near}?`,
      fixes: [{ span: operand.span, replacement: near, title: `write ${near}` }],
    });
  }
  if (place.constant !== undefined) return notConstant(context, `prev ${name}`, place.constant, span);
  switch (binding.kind) {
    case 'state': {
      if (binding.shape === undefined) {
        context.incomplete = true;
        return poison(span);
      }
      const type = stateType(binding, binding.shape);
      const because = { span: binding.span, text: `${name} is a state of ${typeText(context, type)}` };
      return inParts(context, span, type, { because, atomic: true }, (part, base) => ({
        kind: 'previous',
        state: partName(name, part),
        ...base,
      }));
    }
    case 'broken':
      context.incomplete = true;
      return poison(span);
    case 'input':
    case 'target':
    case 'equation':
    case 'instance':
    case 'function':
    case 'parameter':
    case 'size':
    case 'hyperparameter':
    case 'cell':
      return noPast(context, name, binding, span);
    default:
      return binding satisfies never;
  }
}

function noPast(context: Context, name: string, binding: Binding, span: Span): Draft {
  const given = binding.kind === 'input' || binding.kind === 'target';
  const type = given ? binding.type : context.values.get(name)?.type;
  const shape = type === undefined ? '[m]' : typeText(context, type);
  const help = given
    ? type?.rate === 'once'
      ? `it is the same at every step: leave out prev`
      : `write delay(${name}, 1) for its value of one step ago`
    : binding.kind === 'equation'
      ? `declare it as one: state ${name}: ${shape.includes('?') ? '[m]' : shape}`
      : binding.kind === 'instance'
        ? `name one of its states: prev ${name}.h`
        : binding.kind === 'cell'
          ? `name a copy of it, low = ${name}(), and one of its states: prev low.h`
          : binding.kind === 'function'
            ? `give it the past of a state: ${name}(prev h)`
            : `it is the same at every step: leave out prev`;
  if (context.toldPast.has(name) || (context.nameless && binding.kind === 'equation')) return poison(span);
  context.toldPast.add(name);
  return fail(context, {
    code: 'RNN4004',
    message: `${name} is ${describeBinding(binding)}, and has no past: only a state has`,
    span,
    related: [{ span: binding.span, text: `${name} is declared here` }],
    help,
  });
}

/** What stands in a constant place and is not known before anything runs. */
export function notConstant(context: Context, name: string, what: string, span: Span): Draft {
  return fail(context, {
    code: 'RNN3014',
    message: `${what} is settled before anything runs, and ${name} is not known then`,
    span,
    notes: ['numbers, sizes and hyperparameters may stand there'],
  });
}

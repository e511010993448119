// Expressions: names, calls, time. What an expression is made of is looked at first, then how it fits together, so that
// several mistakes in one line are each told.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Call, Expression, Prev } from '../parser/tree.ts';
import { affineDraft, dropoutDraft, nextAffinePrefix } from './affine.ts';
import { applyUnit, memberDraft, memberPath } from './applications.ts';
import {
  asReference,
  type Binding,
  type Context,
  type Draft,
  draftReal,
  expectReal,
  fail,
  isPoison,
  makeDraft,
  nameOf,
  nodeBase,
  originOf,
  type Place,
  poison,
  reasons,
  typeText,
} from './context.ts';
import {
  callPrimitive,
  elementwise,
  isPrimitiveFunction,
  pickDraft,
  primitiveFunctions,
} from './functions.ts';
import { inlineFunction } from './inline.ts';
import {
  chainDraft,
  comparisonDraft,
  conditionalDraft,
  linkSpan,
  notDraft,
  powerDraft,
} from './operators.ts';
import { shortText } from './report.ts';
import { sizeSymbol } from './size.ts';
import { describeBinding } from './size-expressions.ts';
import {
  anonymousName,
  cellNames,
  inferConstant,
  instantiate,
  isTemplate,
  lookUp,
  readTemplate,
  templateNamed,
} from './templates.ts';

/** Words of the design that are not built yet. */
const laterFunctions: ReadonlySet<string> = new Set(['delay']);

/** The draft of an expression. Reports what is wrong with it, once, and then gives a poisoned draft. */
export function inferExpression(context: Context, expression: Expression, place: Place): Draft {
  const span = place.at ?? expression.span;
  const infer = (part: Expression): Draft => context.infer(part, place);
  switch (expression.kind) {
    case 'number': {
      const { value } = expression;
      const type = draftReal([], 'constant');
      const finish = () => ({ kind: 'literal', value, ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { atomic: true, literal: value });
    }
    case 'string':
      return fail(context, {
        code: 'RNN2008',
        message: 'a text in quotes has no value in an equation',
        span,
        notes: ['texts stand in train blocks and imports'],
      });
    case 'name':
      return nameDraft(context, expression.text, place, span);
    case 'step-number': {
      if (place.constant !== undefined) return notConstant(context, 't', place.constant, span);
      const type = draftReal([], 'step');
      const finish = () => ({ kind: 'step-number', ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { atomic: true });
    }
    case 'member':
      return memberOf(context, expression, false, place, span);
    case 'call':
      return callDraft(context, expression, place, span);
    case 'index-access': {
      if (expression.indices.length !== 1) {
        return later(context, 'index notation with several indices', span, 'write it with @, outer and dot');
      }
      const table = infer(expression.object);
      const position = infer(expression.indices[0]);
      return isPoison(table) ? poison(span) : pickDraft(context, table, position, span);
    }
    case 'prev':
      return prevDraft(context, expression, place, span);
    case 'chain': {
      const first = infer(expression.first);
      const rest = expression.rest.map(({ operator, operand }) => ({
        operator,
        operand: infer(operand),
        span: place.at ?? linkSpan(expression.first.span, operand.span),
      }));
      return chainDraft(context, first, rest, span);
    }
    case 'power':
      return powerDraft(context, expression.operands.map(infer), span);
    case 'comparison':
      return comparisonDraft(
        context,
        expression.operator,
        infer(expression.left),
        infer(expression.right),
        span,
      );
    case 'negation': {
      const operand = infer(expression.operand);
      return isPoison(operand) ? poison(span) : elementwise(context, 'neg', [operand], span);
    }
    case 'not':
      return notDraft(context, infer(expression.operand), span);
    case 'conditional': {
      const cases = expression.cases.map((c) => ({ condition: infer(c.condition), value: infer(c.value) }));
      return conditionalDraft(context, cases, infer(expression.otherwise), span);
    }
    case 'last':
      return overTimeDraft(context, 'last', infer(expression.operand), span);
    case 'over-time': {
      const operand = infer(expression.operand);
      const word = expression.reducer.text;
      if (word === 'max' || word === 'sum' || word === 'mean')
        return overTimeDraft(context, word, operand, span);
      if (word === 'all') return later(context, 'all over time', span);
      const near = suggest(word, ['max', 'sum', 'mean']);
      return fail(context, {
        code: 'RNN2017',
        message: `there is no ${word} over time`,
        span: place.at ?? expression.reducer.span,
        notes: ['a sequence is put together by max, mean or sum over time, or by last'],
        help: near === undefined ? undefined : `did you mean ${near} over time?`,
      });
    }
    case 'each-step':
      return eachStepDraft(context, infer(expression.operand), span);
    case 'over-index':
      return later(context, 'index notation', span, 'write it with @, outer and dot');
    default:
      return expression satisfies never;
  }
}

function later(context: Context, what: string, span: Span, help?: string): Draft {
  return fail(context, {
    code: 'RNN5015',
    message: `${what} is part of the language, and not supported yet`,
    span,
    help,
  });
}

function notConstant(context: Context, name: string, what: string, span: Span): Draft {
  return fail(context, {
    code: 'RNN3014',
    message: `${what} is settled before anything runs, and ${name} is not known then`,
    span,
    notes: ['literals, sizes and hyperparameters may stand there'],
  });
}

// Names

function nameDraft(context: Context, name: string, place: Place, span: Span): Draft {
  if (place.parameters !== undefined) {
    return place.parameters.get(name) ?? unknownName(context, name, place, span);
  }
  const binding = context.scope.get(name);
  if (binding === undefined) return unknownName(context, name, place, span);
  const { kind } = binding;
  if (kind === 'size') {
    const type = draftReal([], 'constant');
    const finish = () =>
      ({ kind: 'size', size: sizeSymbol(name), ...nodeBase(context, span, type) }) as const;
    return makeDraft(span, type, finish, { atomic: true });
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

function valueDraft(context: Context, name: string, binding: Binding, span: Span): Draft {
  switch (binding.kind) {
    case 'input':
    case 'target': {
      const { type } = binding;
      const because = { span: binding.span, text: `${name} is ${typeText(context, type)}` };
      const finish = () => ({ kind: 'input', name, ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { because, reference: true });
    }
    case 'parameter': {
      if (binding.shape === undefined) {
        context.incomplete = true;
        return poison(span);
      }
      const type = draftReal(binding.shape, 'constant');
      const because = { span: binding.span, text: `${name} is ${typeText(context, type)}` };
      const finish = () => ({ kind: 'parameter', name, ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { because, atomic: true });
    }
    case 'state':
    case 'equation': {
      const value = context.values.get(name);
      if (value === undefined) {
        context.incomplete = true;
        return poison(span);
      }
      const { id, type, because } = value;
      const finish = () => ({ kind: 'equation', equation: id, ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { because, reference: true });
    }
    case 'instance':
      return fail(context, {
        code: 'RNN2008',
        message: `${name} is an instance of a cell, not a value`,
        span,
        related: [{ span: binding.span, text: `${name} is made here` }],
        help: `apply it, y = ${name}(...), or name one of its values: ${name}.h`,
      });
    case 'size':
    case 'hyperparameter':
    case 'broken':
      return poison(span);
    default:
      return binding satisfies never;
  }
}

function unknownName(context: Context, name: string, place: Place, span: Span): Draft {
  const entry = lookUp(place.module, context.prelude, name);
  if (entry?.kind === 'broken') {
    context.incomplete = true;
    return poison(span);
  }
  const isFunction = entry?.kind === 'function' || isPrimitiveFunction(name) || isBuiltIn(name);
  if (isFunction || templateNamed(place.module, context.prelude, name) !== undefined) {
    return fail(context, {
      code: 'RNN2008',
      message: `${name} is a ${isFunction ? 'function' : 'cell'}, not a value`,
      span,
      help: isFunction ? `give it its arguments: ${name}(...)` : `apply it: ${name}(...)(x)`,
    });
  }
  const known = place.parameters === undefined ? [...context.scope.keys()] : [...place.parameters.keys()];
  const near = suggest(name, known);
  const hidden = place.parameters !== undefined && context.scope.has(name);
  const functionName = place.inside?.declaration.name.text;
  return fail(context, {
    code: 'RNN2001',
    message: `there is no ${name} here`,
    span,
    related:
      near === undefined || context.scope.get(near) === undefined || place.parameters !== undefined
        ? []
        : reasons(span, { span: context.scope.get(near)?.span ?? span, text: `${near} is declared here` }),
    notes: hidden
      ? [`a function sees its arguments alone, and ${name} is none of ${functionName ?? 'it'}`]
      : [],
    help: near === undefined ? undefined : `did you mean ${near}?`,
    fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
  });
}

function isBuiltIn(name: string): boolean {
  return ['affine', 'linear', 'dropout', 'split'].includes(name);
}

/** `top.c`, `prev top.h`. */
function memberOf(
  context: Context,
  expression: Expression,
  previous: boolean,
  place: Place,
  span: Span,
): Draft {
  const path = memberPath(expression);
  const [root] = path ?? [];
  const binding = root === undefined ? undefined : context.scope.get(root);
  if (place.inside !== undefined || path === undefined || root === undefined || binding === undefined) {
    if (root !== undefined && place.inside === undefined) return unknownName(context, root, place, span);
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
    });
  }
  if (place.constant !== undefined) return notConstant(context, path.join('.'), place.constant, span);
  return memberDraft(context, path, previous, span);
}

function prevDraft(context: Context, expression: Prev, place: Place, span: Span): Draft {
  const { operand } = expression;
  if (place.inside !== undefined) {
    const name = place.inside.declaration.name.text;
    return fail(context, {
      code: 'RNN5001',
      message: `the function ${name} looks at the past, and a function has no memory`,
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
    if (near === undefined) return unknownName(context, name, place, operand.span);
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
      const type = draftReal(binding.shape, 'step');
      const because = { span: binding.span, text: `${name} is a state of ${typeText(context, type)}` };
      const finish = () => ({ kind: 'previous', state: name, ...nodeBase(context, span, type) }) as const;
      return makeDraft(span, type, finish, { because, atomic: true });
    }
    case 'broken':
      context.incomplete = true;
      return poison(span);
    case 'input':
    case 'target':
    case 'equation':
    case 'instance':
    case 'parameter':
    case 'size':
    case 'hyperparameter':
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
    ? type?.element === 'real'
      ? `keep it in a state: state kept: ${shape}, kept = ${name}, and then prev kept`
      : undefined
    : binding.kind === 'equation'
      ? `declare it as one: state ${name}: ${shape.includes('?') ? '[m]' : shape}`
      : binding.kind === 'instance'
        ? `name one of its states: prev ${name}.h`
        : `it is the same at every step: leave out prev`;
  return fail(context, {
    code: 'RNN4004',
    message: `${name} is ${describeBinding(binding)}, and has no past: only a state has`,
    span,
    related: [{ span: binding.span, text: `${name} is declared here` }],
    help,
  });
}

// Time

function overTimeDraft(
  context: Context,
  reducer: 'last' | 'max' | 'sum' | 'mean',
  operand: Draft,
  span: Span,
): Draft {
  if (isPoison(operand)) return poison(span);
  const words = reducer === 'last' ? 'last' : `${reducer} over time`;
  if (operand.type.rate !== 'step') {
    const once = operand.type.rate === 'once';
    return fail(context, {
      code: 'RNN4006',
      message: `${words} takes what changes from step to step, and ${nameOf(operand, 'this')} is ${once ? 'there once for the sequence' : 'the same at every step'}`,
      span,
      related: reasons(span, ...originOf(operand)),
      help: `leave out ${words}`,
    });
  }
  if (reducer !== 'last' && !expectReal(context, operand, words)) return poison(span);
  const type = { ...operand.type, rate: 'once' } as const;
  const reference = asReference(context, operand);
  return makeDraft(
    span,
    type,
    () => ({ kind: 'over-time', reducer, operand: reference.finish(), ...nodeBase(context, span, type) }),
    { because: operand.because },
  );
}

function eachStepDraft(context: Context, operand: Draft, span: Span): Draft {
  if (isPoison(operand)) return poison(span);
  if (operand.type.rate !== 'once') {
    const constant = operand.type.rate === 'constant';
    return fail(context, {
      code: 'RNN4005',
      message: constant
        ? `${nameOf(operand, 'this')} is the same at every step: it goes with the steps as it is`
        : `${nameOf(operand, 'this')} is already there at each step`,
      span,
      related: reasons(span, ...originOf(operand)),
      help: 'leave out each step',
    });
  }
  const type = { ...operand.type, rate: 'step' } as const;
  const reference = asReference(context, operand);
  return makeDraft(
    span,
    type,
    () => ({ kind: 'each-step', operand: reference.finish(), ...nodeBase(context, span, type) }),
    { because: operand.because },
  );
}

// Calls

function callDraft(context: Context, call: Call, place: Place, span: Span): Draft {
  const outputs = callOutputs(context, call, place, span);
  if (outputs === undefined) return poison(span);
  if (outputs.length === 1) return outputs[0];
  const text = shortText(call.callee.span) ?? 'this';
  const count = outputs.length;
  return fail(context, {
    code: 'RNN5005',
    message: `${text} gives ${count} values, and one belongs here`,
    span,
    help: `name them first: ${Array.from({ length: Math.min(count, 4) }, (_, i) => 'abcd'[i]).join(', ')}${count > 4 ? ', ...' : ''} = ${text}(...)`,
  });
}

/** What a call gives: one value, or all outputs of a cell; undefined where it has a mistake, which is reported. */
export function callOutputs(
  context: Context,
  call: Call,
  place: Place,
  span: Span,
): readonly Draft[] | undefined {
  const { callee } = call;
  if (callee.kind === 'name') {
    const local = place.inside === undefined ? context.scope.get(callee.text) : undefined;
    if (local?.kind === 'instance') return applyNamed(context, callee.text, call, place, span);
    if (local?.kind === 'broken') {
      for (const argument of call.arguments) context.infer(argument.value, place);
      context.incomplete = true;
      return undefined;
    }
    const draft = callNamed(context, callee.text, call, place, span);
    return isPoison(draft) ? undefined : [draft];
  }
  if (isTemplate(place.module, context.prelude, callee)) {
    // Read first, so that copies are counted in the order of the text.
    const template = readTemplate(context, callee, place);
    const name = template === undefined ? '' : anonymousName(template, place);
    const args = inferArguments(context, call.arguments, place);
    if (template === undefined) return undefined;
    if (place.constant !== undefined) {
      notConstant(context, shortText(span) ?? 'this', place.constant, span);
      return undefined;
    }
    return applyUnit(context, instantiate(context, template, name), args, false, place, span);
  }
  for (const argument of call.arguments) context.infer(argument.value, place);
  if (callee.kind === 'call' && callee.callee.kind === 'name') {
    const name = callee.callee.text;
    const known = lookUp(place.module, context.prelude, name);
    if (known?.kind === 'broken') {
      context.incomplete = true;
      return undefined;
    }
    if (known === undefined && !context.scope.has(name) && !isPrimitiveFunction(name) && !isBuiltIn(name)) {
      unknownFunction(context, name, place, callee.callee.span, true);
      return undefined;
    }
  }
  fail(context, {
    code: 'RNN2008',
    message: `${shortText(callee.span) ?? 'this'} is a value, and cannot be applied`,
    span: callee.span,
    notes: ['what can stand before brackets is a function, an instance of a cell, or a cell with its sizes'],
  });
  return undefined;
}

function inferArguments(
  context: Context,
  args: readonly Argument[],
  place: Place,
): readonly { readonly draft: Draft; readonly name: Argument['name'] }[] {
  return args.map((argument) => ({ draft: context.infer(argument.value, place), name: argument.name }));
}

function applyNamed(
  context: Context,
  name: string,
  call: Call,
  place: Place,
  span: Span,
): readonly Draft[] | undefined {
  const args = inferArguments(context, call.arguments, place);
  const unit = context.units.get(name);
  if (unit === undefined) {
    context.incomplete = true;
    return undefined;
  }
  if (place.constant !== undefined) {
    notConstant(context, shortText(span) ?? 'this', place.constant, span);
    return undefined;
  }
  return applyUnit(context, unit, args, false, place, span);
}

/** `name(...)`, where the name is no instance. */
function callNamed(context: Context, name: string, call: Call, place: Place, span: Span): Draft {
  const entry = lookUp(place.module, context.prelude, name);
  const args = call.arguments;
  if (entry?.kind === 'broken') {
    for (const argument of args) context.infer(argument.value, place);
    context.incomplete = true;
    return poison(span);
  }
  if (entry?.kind === 'function') return inlineFunction(context, entry, call, place, span);
  if (templateNamed(place.module, context.prelude, name) !== undefined) {
    const template = readTemplate(context, call, place);
    if (template === undefined) return poison(span);
    const text = shortText(call.span) ?? name;
    return fail(context, {
      code: 'RNN2008',
      message: `${text} is a cell that is not applied to anything yet`,
      span,
      help: `add the values in a second pair of brackets: ${text}(x)`,
    });
  }
  const named = args.find((argument) => argument.name !== undefined);
  const known = isPrimitiveFunction(name) || isBuiltIn(name);
  if (named?.name !== undefined && known) {
    context.report.add({
      code: 'RNN2014',
      message: `the arguments of ${name} have no names`,
      span: named.name.span,
      help: `leave out ${named.name.text}:`,
    });
    for (const argument of args) context.infer(argument.value, place);
    return poison(span);
  }
  if (isBuiltIn(name)) return callBuiltIn(context, name, args, place, span);
  const drafts = args.map((argument) => context.infer(argument.value, place));
  if (isPrimitiveFunction(name)) {
    return drafts.some(isPoison) ? poison(span) : callPrimitive(context, name, drafts, span);
  }
  return unknownFunction(context, name, place, call.callee.span, false);
}

function callBuiltIn(
  context: Context,
  name: string,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Draft {
  if (name !== 'split' && place.inside !== undefined) {
    return fail(context, {
      code: 'RNN5001',
      message: `the function ${place.inside.declaration.name.text} uses ${name}, and a function has ${name === 'dropout' ? 'no noise' : 'no weights'}`,
      span,
      help: 'make the function a cell',
    });
  }
  if (name !== 'split' && place.constant !== undefined) {
    return notConstant(context, shortText(span) ?? name, place.constant, span);
  }
  if (name === 'split') {
    for (const argument of args) context.infer(argument.value, place);
    return fail(context, {
      code: 'RNN5005',
      message: 'split gives several values, and one belongs here',
      span,
      help: 'name the parts: a, b = split(z, 2)',
    });
  }
  if (name === 'dropout') {
    const [operand, probability] = args;
    if (operand === undefined || probability === undefined || args.length > 2) {
      for (const argument of args) context.infer(argument.value, place);
      return fail(context, {
        code: 'RNN2013',
        message: `dropout takes a value and how much of it to leave out, and has ${args.length} argument${args.length === 1 ? '' : 's'} here`,
        span,
        help: 'write dropout(x, 0.1)',
      });
    }
    const value = context.infer(operand.value, place);
    const part = inferConstant(context, probability.value, place, 'the part that dropout leaves out');
    return part === undefined ? poison(span) : dropoutDraft(context, value, part, place, span);
  }
  const prefix = nextAffinePrefix(place);
  const given = args.map(({ value }) => ({ draft: context.infer(value, place), expression: value }));
  if (given.length === 0) {
    return fail(context, {
      code: 'RNN2013',
      message: `${name} takes one argument or more, and has none here`,
      span,
      help: `write ${name}(x)`,
    });
  }
  return affineDraft(context, name, prefix, given, place, span);
}

function unknownFunction(context: Context, name: string, place: Place, span: Span, asCell: boolean): Draft {
  const local = place.inside === undefined ? context.scope.get(name) : undefined;
  if (laterFunctions.has(name)) return later(context, name, span);
  const parameter = place.parameters?.has(name) ?? false;
  if (local !== undefined || parameter) {
    return fail(context, {
      code: 'RNN2008',
      message: `${name} is ${local === undefined ? 'an argument' : describeBinding(local)}, not a function`,
      span,
      related: local === undefined ? [] : [{ span: local.span, text: `${name} is declared here` }],
      help: 'a product is written with * or @',
    });
  }
  const entries = [...place.module.entries, ...context.prelude.entries];
  const functions = entries.filter(([, entry]) => entry.kind === 'function').map(([word]) => word);
  const instances = [...context.scope].filter(([, b]) => b.kind === 'instance').map(([word]) => word);
  const cells = cellNames(place.module, context.prelude);
  const builtIn = ['affine', 'linear', 'dropout', 'split'];
  const near = suggest(
    name,
    asCell ? cells : [...instances, ...functions, ...builtIn, ...primitiveFunctions, ...cells],
  );
  return fail(context, {
    code: 'RNN2002',
    message: asCell ? `there is no cell ${name} here` : `there is no function or cell ${name} here`,
    span,
    notes: asCell || near !== undefined ? [] : ['functions are declared with fn, outside of cells'],
    help:
      near === undefined
        ? asCell
          ? `import it: import ${name} from "./file.rnn"`
          : undefined
        : `did you mean ${near}?`,
    fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
  });
}

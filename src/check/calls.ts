// Calls: functions, cells with their sizes, instances, and the words that make weights or noise.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Call, Expression } from '../parser/tree.ts';
import { affineDraft, nextAffinePrefix, type WrittenStarts } from './affine.ts';
import { applyUnit } from './applications.ts';
import { declaredOf } from './complex.ts';
import {
  type Context,
  type Draft,
  type FunctionValue,
  fail,
  isFunctionValue,
  isPoison,
  type Place,
  poison,
  seesCell,
} from './context.ts';
import { delayDraft } from './delay.ts';
import { memberPath } from './dependencies.ts';
import { axisElsewhere, functionElsewhere } from './elsewhere.ts';
import { takesArguments } from './function-values.ts';
import { callPrimitive, functionNames, isBuiltIn, isPrimitiveFunction } from './functions.ts';
import { identityDraft } from './identity.ts';
import { mentions } from './indices.ts';
import { inlineFunction } from './inline.ts';
import { notConstant } from './names.ts';
import { isNoiseWord, noiseDraft } from './noise.ts';
import { repeatDraft } from './repeat.ts';
import { shortText } from './report.ts';
import { reshapeDraft } from './reshape.ts';
import { describeBinding } from './size-expressions.ts';
import { holdsDraw, readNumber, readStart, type WrittenStart } from './starts.ts';
import {
  anonymousName,
  cellNames,
  instantiate,
  isTemplate,
  lookUp,
  readTemplate,
  templateNamed,
  unknownCell,
} from './templates.ts';
import { toIndexDraft } from './to-index.ts';

/** A call that stands for one value. */
export function callDraft(context: Context, call: Call, place: Place, span: Span): Draft {
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
    const handedIn = place.parameters?.get(callee.text);
    if (handedIn !== undefined && isFunctionValue(handedIn)) {
      const draft = callHandedIn(context, handedIn, call, place, span);
      return isPoison(draft) ? undefined : [draft];
    }
    const isOwn = seesCell(place) && handedIn === undefined;
    const local = isOwn ? context.scope.get(callee.text) : undefined;
    if (local?.kind === 'function') {
      const draft = inlineFunction(context, local.entry, call, place, span);
      return isPoison(draft) ? undefined : [draft];
    }
    if (local?.kind === 'instance' && isForEachIndex(context, call, place)) return undefined;
    if (local?.kind === 'instance') return applyNamed(context, callee.text, call, place, span);
    if (local?.kind === 'broken') {
      for (const argument of call.arguments) context.infer(argument.value, place);
      context.incomplete = true;
      return undefined;
    }
    const draft = callNamed(context, callee.text, call, place, span);
    return isPoison(draft) ? undefined : [draft];
  }
  if (isTemplate(context, place, callee)) {
    if (isForEachIndex(context, call, place)) return undefined;
    // Read first, so that copies are counted in the order of the text.
    const template = readTemplate(context, callee, place);
    const name = template === undefined ? '' : anonymousName(template, place);
    const most = template?.kind === 'cell' ? declaredOf(template.cell.inputs).length : call.arguments.length;
    const args = inferArguments(context, call.arguments, place, most);
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
    if (known?.kind === 'broken' || context.scope.get(name)?.kind === 'broken') {
      context.incomplete = true;
      return undefined;
    }
    const binding = context.scope.get(name);
    if (known === undefined && place.inside !== undefined && binding?.kind === 'cell') {
      fail(context, {
        code: 'RNN5001',
        message: `the function ${place.inside.declaration.name.text} uses the cell ${name} of a header, and a function has no weights`,
        span: callee.callee.span,
        related: [{ span: binding.span, text: `${name} is declared here` }],
        help: 'make the function a cell',
      });
      return undefined;
    }
    if (known === undefined && binding === undefined && !isPrimitiveFunction(name) && !isBuiltIn(name)) {
      unknownFunction(context, name, place, callee.callee.span, true);
      return undefined;
    }
  }
  const past = callee.kind === 'prev' ? callee.operand : undefined;
  if (past?.kind === 'member' && place.inside === undefined) {
    const object = shortText(past.object.span) ?? '...';
    const help =
      functionElsewhere(past.name.text, `prev ${object}`) ?? `write ${past.name.text}(prev ${object})`;
    const notes = ['a function stands before what it is applied to'];
    const message = `prev ${object} has no functions of its own`;
    fail(context, { code: 'RNN2008', message, span: callee.span, notes, help });
    return undefined;
  }
  if (callee.kind === 'member' && place.inside === undefined) {
    const [root, ...path] = memberPath(callee) ?? [];
    const word = callee.name.text;
    const object = shortText(callee.object.span) ?? '...';
    const given = call.arguments.map((argument) => shortText(argument.span) ?? '...');
    if (root !== undefined && !context.scope.has(root)) {
      fail(context, {
        code: 'RNN2001',
        message: `there is no ${root} here`,
        span: callee.object.span,
        notes: ['there are no libraries: the functions of the language stand alone'],
        help: functionElsewhere(word) ?? `write ${word}(...)`,
      });
      return undefined;
    }
    if (path.length > 0 && context.scope.get(root ?? '')?.kind !== 'instance') {
      fail(context, {
        code: 'RNN2008',
        message: `${object} has no functions of its own`,
        span: callee.span,
        notes: ['a function stands before what it is applied to'],
        help: functionElsewhere(word, object) ?? `write ${word}(${[object, ...given].join(', ')})`,
      });
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

/** Whether a cell would be applied to something else for each number of an index: it has one copy, and takes whole values. */
function isForEachIndex(context: Context, call: Call, place: Place): boolean {
  const names = [...(place.indices?.keys() ?? [])];
  const open = call.arguments.find(({ value }) => mentions(value, names));
  if (open === undefined) return false;
  const [cell, value] = [shortText(call.callee.span) ?? 'the cell', shortText(open.span) ?? 'this'];
  context.report.add({
    code: 'RNN3103',
    message: `a cell takes whole values, and ${value} is another one for each ${names.find((name) => mentions(open.value, [name])) ?? 'index'}`,
    span: open.span,
    help: `give what it takes an equation, apply it, y = ${cell}(...), and use an entry of y`,
  });
  return true;
}

/** A call of an argument that is a function. */
function callHandedIn(context: Context, value: FunctionValue, call: Call, place: Place, span: Span): Draft {
  const who = `${place.inside?.declaration.name.text ?? 'this'} calls it`;
  if (!takesArguments(context, value, call.arguments.length, who, call)) return poison(span);
  if (value.entry !== undefined) return inlineFunction(context, value.entry, call, place, span);
  return callKnown(context, value.name, call.arguments, place, span);
}

function inferArguments(
  context: Context,
  args: readonly Argument[],
  place: Place,
  most = args.length,
): readonly { readonly draft: Draft; readonly name: Argument['name'] }[] {
  // What is one too many is told as that, whatever it is.
  return args.map((argument, i) => ({
    draft: i < most ? context.infer(argument.value, place) : poison(argument.span),
    name: argument.name,
  }));
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
  if (templateNamed(context, place, name) !== undefined) {
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
  if (isPrimitiveFunction(name) || isBuiltIn(name)) return callKnown(context, name, args, place, span);
  for (const argument of args) context.infer(argument.value, place);
  return unknownFunction(context, name, place, call.callee.span, false);
}

/** A call of a function that is built in. */
function callKnown(
  context: Context,
  name: string,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Draft {
  const named = args.find((argument) => argument.name !== undefined);
  if (named?.name !== undefined && !isAffine(name) && !isNoiseWord(name)) {
    context.report.add({
      code: 'RNN2014',
      message: `the arguments of ${name} have no names`,
      span: named.name.span,
      help: axisElsewhere(name, named.name.text) ?? `leave out ${named.name.text}:`,
    });
    for (const argument of args) context.infer(argument.value, place);
    return poison(span);
  }
  if (isBuiltIn(name)) return callBuiltIn(context, name, args, place, span);
  const drafts = args.map((argument) => context.infer(argument.value, place));
  if (place.constant !== undefined && (name === 'complex' || name === 'cis')) {
    const message = `${place.constant} is one real number, and ${name} makes a complex one`;
    return fail(context, { code: 'RNN3201', message, span });
  }
  return drafts.some(isPoison) ? poison(span) : callPrimitive(context, name, drafts, span);
}

function callBuiltIn(
  context: Context,
  name: string,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Draft {
  if (name === 'reshape') return reshapeDraft(context, args, place, span);
  if (name === 'repeat') return repeatDraft(context, args, place, span);
  if (name === 'identity') return identityDraft(context, args, place, span);
  const isLocal = place.inside?.isLocal === true && name !== 'delay';
  if (name !== 'split' && !isNoiseWord(name) && place.inside !== undefined && !isLocal) {
    return fail(context, {
      code: 'RNN5001',
      message: `the function ${place.inside.declaration.name.text} uses ${name}, and a function has ${name === 'delay' ? 'no memory' : name === 'to_index' ? 'no sizes' : 'no weights'}`,
      span,
      help: place.inside.isLocal
        ? 'give the delayed value an equation of the cell, and use its name'
        : 'make the function a cell, or write it inside of the cell that uses it',
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
  if (name === 'to_index') return toIndexDraft(context, args, place, span);
  if (name === 'delay') return delayDraft(context, args, place, span);
  if (isNoiseWord(name)) return noiseDraft(context, name, args, place, span);
  const prefix = nextAffinePrefix(place);
  const starts = readStarts(context, name, args, place);
  const plain = args.filter((argument) => argument.name === undefined);
  const given = plain.map(({ value }) => ({ draft: context.infer(value, place), expression: value }));
  if (given.length === 0) {
    return fail(context, {
      code: 'RNN2013',
      message: `${name} takes one argument or more, and has none here`,
      span,
      help: `write ${name}(x)`,
    });
  }
  return starts === undefined ? poison(span) : affineDraft(context, name, prefix, given, starts, place, span);
}

function isAffine(name: string): boolean {
  return name === 'affine' || name === 'linear';
}

/** `start:` and `bias:` of an affine: how its weights and its bias start; undefined where there is a mistake. */
function readStarts(
  context: Context,
  word: string,
  args: readonly Argument[],
  place: Place,
): WrittenStarts | undefined {
  const found = new Map<string, WrittenStart | undefined>();
  let good = true;
  for (const { name, value } of args) {
    if (name === undefined) continue;
    const { text, span } = name;
    const known = word === 'affine' ? ['start', 'bias'] : ['start'];
    if (!known.includes(text) || found.has(text)) {
      const near = suggest(text, known);
      good = false;
      context.report.add({
        code: found.has(text) ? 'RNN2015' : 'RNN2014',
        message: found.has(text)
          ? `${text} of ${word} is given twice`
          : text === 'bias'
            ? 'linear has no bias'
            : `${word} has no argument ${text}`,
        span,
        related: found.has(text)
          ? args.flatMap((other) =>
              other.name?.text === text && other.name.span.start < span.start
                ? [{ span: other.name.span, text: 'it is already given here' }]
                : [],
            )
          : [],
        notes:
          text === 'bias'
            ? []
            : ['what it mixes has no names; start: orthogonal says how its weights start, bias: 1 its bias'],
        help: text === 'bias' && word === 'linear' ? 'write affine' : near && `did you mean ${near}?`,
      });
      continue;
    }
    const what = text === 'bias' ? `the start of the bias` : 'the start of the weights';
    const written = isNumber(context, value)
      ? readNumber(context, value, place, what)
      : readStart(context, value, place, `a number is one for all entries: ${text}: 1`);
    if (written === undefined) good = false;
    found.set(text, written);
  }
  return good ? { weights: found.get('start'), bias: found.get('bias') } : undefined;
}

/** Whether a start is a number, and no distribution and no other weight. */
function isNumber(context: Context, value: Expression): boolean {
  if (holdsDraw(context, value)) return false;
  const inner = value.kind === 'negation' ? value.operand : value;
  const head = inner.kind === 'call' ? inner.callee : inner;
  if (head.kind === 'member') return false;
  if (head.kind !== 'name') return true;
  const kind = context.scope.get(head.text)?.kind;
  return kind === 'size' || kind === 'hyperparameter' || isPrimitiveFunction(head.text);
}

function unknownFunction(context: Context, name: string, place: Place, span: Span, asCell: boolean): Draft {
  const local = seesCell(place) ? context.scope.get(name) : undefined;
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
  // That the letter is none of a name is told, and what it is called here.
  if (name === '\u03c3') {
    context.incomplete = true;
    return poison(span);
  }
  const entries = [...place.module.entries, ...context.prelude.entries];
  const functions = entries.filter(([, entry]) => entry.kind === 'function').map(([word]) => word);
  const instances = [...context.scope]
    .filter(([, b]) => b.kind === 'instance' || b.kind === 'function')
    .map(([word]) => word);
  if (asCell) {
    unknownCell(context, name, place, span);
    return poison(span);
  }
  const cells = cellNames(place.module, context.prelude);
  const foreign = functionElsewhere(name);
  const near =
    foreign === undefined
      ? suggest(name, [...instances, ...functions, ...functionNames, ...cells])
      : undefined;
  if (seesCell(place)) context.scope.set(name, { kind: 'broken', span });
  return fail(context, {
    code: 'RNN2002',
    message: `there is no function or cell ${name} here`,
    span,
    notes: near === undefined && foreign === undefined ? ['functions are declared with fn'] : [],
    help: foreign ?? (near === undefined ? undefined : `did you mean ${near}?`),
    fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
  });
}

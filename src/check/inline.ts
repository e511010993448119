// Functions are opened up at each use, and checked there: `fn gate(a) = sigmoid(a + 1)` has no types of its own. An
// argument is computed once, however often the function names it.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Call, Expression } from '../parser/tree.ts';
import { bindTypes } from './argument-types.ts';
import {
  type Context,
  type Draft,
  type FunctionValue,
  fail,
  isFunctionValue,
  isPoison,
  nameOf,
  newCounts,
  originOf,
  type Place,
  poison,
  reasons,
  shapeText,
  typeText,
} from './context.ts';
import { argumentsElsewhere, axisElsewhere } from './elsewhere.ts';
import { inferArgument } from './function-values.ts';
import { elementwise } from './functions.ts';
import { sizeOfExpression } from './place-sizes.ts';
import { setApart } from './references.ts';
import { shortText } from './report.ts';
import type { FunctionEntry } from './resolve.ts';
import { lookUp } from './templates.ts';

/** Opening up more functions than this in one cell means that they grow without bound. */
const MOST_EXPANSIONS = 5000;
const MOST_NESTED = 60;

/** `name(arguments)` for a function of the language. */
export function inlineFunction(
  context: Context,
  entry: FunctionEntry,
  call: Call,
  place: Place,
  span: Span,
): Draft {
  const parameters = bindArguments(context, entry, call, place, span);
  if (parameters === undefined) {
    context.incomplete = true;
    return poison(span);
  }
  const [first, answer] = parameters.values();
  const isLoss = entry.module.isPrelude && entry.declaration.name.text === 'cross_entropy';
  const isSwapped = first !== undefined && !isFunctionValue(first) && first.type.element === 'index';
  if (
    isLoss &&
    answer !== undefined &&
    !isFunctionValue(answer) &&
    answer.type.element === 'real' &&
    !isSwapped
  ) {
    const { span: at, because } = answer;
    return fail(context, {
      code: 'RNN3011',
      message: `cross_entropy takes a category for the answer, and ${nameOf(answer, 'this')} is ${typeText(context, answer.type)}`,
      span: place.at ?? at,
      related: reasons(at, because),
      notes: ['a category is a whole number that says which: no vector of zeros with a one in it'],
      help: `declare it so: target ${/^\w+$/.test(nameOf(answer, 'y')) ? nameOf(answer, 'y') : 'y'}: index(v)`,
    });
  }
  const isSound = first !== undefined && !isFunctionValue(first) && !isPoison(first);
  if (isSound && isLoss) {
    warnOfProbabilities(context, call, place);
  }
  return openFunction(context, entry, parameters, place, span);
}

/** `cross_entropy(softmax(z), y)`: that learns, and badly. The softmax may stand in an equation before. */
function warnOfProbabilities(context: Context, call: Call, place: Place): void {
  const given = call.arguments[0]?.value;
  if (given === undefined || place.inside !== undefined) return;
  const binding = given.kind === 'name' ? context.scope.get(given.text) : undefined;
  const isAlone = binding?.kind === 'equation' && binding.item.targets.length === 1;
  const value = isAlone ? binding.item.value : given;
  if (value.kind !== 'call' || value.callee.kind !== 'name' || value.callee.text !== 'softmax') return;
  const softmax = lookUp(place.module, context.prelude, 'softmax');
  if (softmax?.kind !== 'function' || !softmax.module.isPrelude || context.scope.has('softmax')) return;
  const logits = value.arguments[0] === undefined ? undefined : shortText(value.arguments[0].span);
  const answer = call.arguments[1] === undefined ? undefined : shortText(call.arguments[1].span);
  context.report.add({
    code: 'RNN5026',
    severity: 'warning',
    message: `${shortText(given.span) ?? 'this'} ${isAlone ? 'holds' : 'gives'} probabilities, and cross_entropy takes logits`,
    span: given.span,
    related: isAlone ? [{ span: value.span, text: 'softmax makes probabilities here' }] : [],
    notes: ['cross_entropy applies softmax itself; applied twice, it hardly tells the categories apart'],
    help:
      isAlone && logits !== undefined && !/^\w+$/.test(logits)
        ? `give the logits a name, logits = ${logits}, and write cross_entropy(logits, ${answer ?? 'y'})`
        : `write cross_entropy(${logits ?? 'logits'}, ${answer ?? 'y'})`,
  });
}

/** The value of a function whose arguments are known. */
export function openFunction(
  context: Context,
  entry: FunctionEntry,
  given: ReadonlyMap<string, Draft | FunctionValue>,
  place: Place,
  span: Span,
): Draft {
  const { declaration, module, isLocal } = entry;
  const name = declaration.name.text;
  const slopeLess = declaration.gradient !== undefined && declaration.parameters.length === 0;
  if (slopeLess || isEndless(context, place, span)) {
    context.incomplete = true;
    return poison(span);
  }
  context.opened.add(declaration);
  const used = place.inside?.span ?? span;
  const inside = { declaration, isLocal, span: used, outer: place.inside };
  const before = context.report.diagnostics.length;
  const { speaker } = context;
  context.speaker = module.isPrelude ? (speaker ?? name) : undefined;
  const outside: Place = {
    // The weights of a function of the cell are its own, however often it is used.
    equation: isLocal ? name : place.equation,
    // What is drawn is named after the equation, so it is counted there.
    counts: isLocal ? newCounts() : { ...newCounts(), noises: place.counts.noises },
    module,
    parameters: given,
    inside,
    at: module.isPrelude ? (place.at ?? span) : undefined,
    constant: place.constant,
  };
  const parameters = bindTypes(context, entry, given, outside, span);
  if (parameters === undefined) {
    context.speaker = speaker;
    context.incomplete = true;
    return poison(span);
  }
  const opened: Place = { ...outside, parameters };
  const value = context.infer(declaration.body, opened);
  const draft =
    declaration.gradient === undefined || place.constant !== undefined
      ? value
      : withSlope(context, entry, parameters, value, context.infer(declaration.gradient, opened));
  context.speaker = speaker;
  // Of the prelude only what the user wrote is named.
  const where = module.isPrelude && speaker === undefined ? [`inside ${name} of the prelude`] : [];
  const swapped = module.isPrelude && speaker === undefined ? swappedArguments(name, parameters) : undefined;
  context.report.amend(before, (diagnostic) =>
    module.isPrelude
      ? {
          ...diagnostic,
          notes: [...diagnostic.notes, ...(diagnostic.message.includes(name) ? [] : where)],
          help: swapped ?? diagnostic.help,
        }
      : { ...diagnostic, related: usedIn(diagnostic.related, span, name) },
  );
  return { ...draft, span: module.isPrelude ? span : draft.span };
}

/** With where a function is used, told once: one that is handed to itself is used again and again at the same place. */
function usedIn(related: readonly Label[], span: Span, name: string): readonly Label[] {
  const text = `${name} is used here`;
  const isTold = related.some((label) => label.text === text && label.span.start === span.start);
  return isTold ? related : [...related, { span, text }];
}

/** Whether functions open up without an end. Those that contain themselves by name are reported where they are declared. */
function isEndless(context: Context, place: Place, span: Span): boolean {
  let depth = 0;
  for (let outer = place.inside; outer !== undefined; outer = outer.outer) depth++;
  const isDeep = depth > MOST_NESTED;
  if (++context.expansions <= MOST_EXPANSIONS && !isDeep) return false;
  if (context.report.diagnostics.some(({ code }) => code === 'RNN5002')) return true;
  const name = place.inside?.declaration.name.text;
  context.report.add({
    code: 'RNN5002',
    message: isDeep
      ? `${name} opens up to functions in functions, more than ${MOST_NESTED} deep`
      : `the functions of this ${context.entry.kind} open up to more than ${MOST_EXPANSIONS} others`,
    span: place.inside?.span ?? span,
  });
  return true;
}

/** The value of a function with the slope that it gives itself, by its first argument. */
function withSlope(
  context: Context,
  { declaration: { name, parameters } }: FunctionEntry,
  given: ReadonlyMap<string, Draft | FunctionValue>,
  value: Draft,
  slope: Draft,
): Draft {
  const argument = given.get(parameters[0].name.text);
  if (argument === undefined || isFunctionValue(argument)) {
    return fail(context, {
      code: 'RNN5018',
      message: `the slope of ${name.text} is by its first argument, and that is a function`,
      span: parameters[0].span,
      help: 'let a value be its first argument',
    });
  }
  if (isPoison(argument) || isPoison(value)) return poison(value.span);
  if (value.type.scalar && !argument.type.scalar) {
    const shape = shapeText(context, argument.type.shape);
    return fail(context, {
      code: 'RNN3001',
      message: `a slope is element by element, and ${name.text} makes [] of ${nameOf(argument, 'what is')} ${shape}`,
      span: value.span,
      related: reasons(value.span, ...originOf(argument)),
      help: 'give the slope to a function of each element, and reduce outside of it',
    });
  }
  return elementwise(context, 'surrogate', [argument, slope, value], value.span, {
    user: `the slope of ${name.text}`,
    action: `give ${name.text} its slope, A with B`,
  });
}

/** The help for `cross_entropy(y, logits)`: a category first and numbers after it. */
function swappedArguments(
  name: string,
  parameters: ReadonlyMap<string, Draft | FunctionValue>,
): string | undefined {
  const [first, second, ...more] = [...parameters.values()];
  if (second === undefined || more.length > 0) return undefined;
  if (isFunctionValue(first) || isFunctionValue(second)) return undefined;
  if (first.type.element !== 'index' || second.type.element !== 'real') return undefined;
  return `did you mean ${name}(${nameOf(second, 'logits')}, ${nameOf(first, 'y')})?`;
}

/** A documentation as the end of a sentence. */
function inSentence(documentation: string): string {
  const text = documentation.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** The arguments by the names of the parameters, each computed once; undefined where they do not fit. */
function bindArguments(
  context: Context,
  entry: FunctionEntry,
  call: Call,
  place: Place,
  span: Span,
): ReadonlyMap<string, Draft | FunctionValue> | undefined {
  const { declaration, module } = entry;
  const name = declaration.name.text;
  const names = declaration.parameters.map((parameter) => parameter.name.text);
  const related = module.isPrelude ? [] : [{ span: declaration.name.span, text: `${name} is declared here` }];
  const found = new Map<string, Draft | FunctionValue>();
  let good = true;
  for (const [i, argument] of call.arguments.entries()) {
    const word = argument.name?.text ?? names.at(i);
    const given = inferArgument(context, entry, word, argument.value, place);
    if (given === undefined) good = false;
    if (given === undefined || word === undefined) continue;
    const before = found.get(word);
    if (!names.includes(word)) {
      const near = suggest(word, names);
      good = false;
      context.report.add({
        code: 'RNN2014',
        message: `${name} has no argument ${word}`,
        span: argument.name?.span ?? argument.span,
        related,
        notes: [`it has ${names.join(', ')}`],
        help: axisElsewhere(name, word) ?? (near === undefined ? undefined : `did you mean ${near}?`),
      });
    } else if (before !== undefined) {
      good = false;
      context.report.add({
        code: 'RNN2015',
        message: `${word} of ${name} is given twice`,
        span: argument.span,
        related: [{ span: before.span, text: 'it is already given here' }],
      });
    } else {
      found.set(word, isFunctionValue(given) ? given : asArgument(context, given, argument.value, place));
    }
  }
  if (!good) return undefined;
  const missing = declaration.parameters.filter(
    (p) => !found.has(p.name.text) && p.defaultValue === undefined,
  );
  if (call.arguments.length > names.length || missing.length > 0) {
    const least = declaration.parameters.filter((parameter) => parameter.defaultValue === undefined).length;
    const count = least === names.length ? String(least) : `${least} to ${names.length}`;
    context.report.add({
      code: 'RNN2013',
      message: `${name} takes ${count} argument${count === '1' ? '' : 's'} (${names.join(', ')}), and has ${call.arguments.length} here`,
      span,
      related,
      notes:
        module.isPrelude && declaration.documentation !== undefined
          ? [`${name} is: ${inSentence(declaration.documentation)}`]
          : [],
      help: module.isPrelude
        ? argumentsElsewhere(
            name,
            call.arguments.map((argument) => shortText(argument.span) ?? '...'),
          )
        : undefined,
    });
    return undefined;
  }
  return withDefaults(context, entry, found, place, span);
}

/** An argument, computed once. It may be a size (`2 * depth`); in a constant place nothing is set apart: it has no equations. */
function asArgument(context: Context, draft: Draft, expression: Expression, place: Place): Draft {
  const apart = place.constant === undefined ? setApart(context, draft) : draft;
  return apart.size === undefined ? { ...apart, size: sizeOfExpression(context, expression, place) } : apart;
}

/** The arguments, with the defaults of those that are not given. */
export function withDefaults(
  context: Context,
  entry: FunctionEntry,
  given: ReadonlyMap<string, Draft | FunctionValue>,
  place: Place,
  span: Span,
): ReadonlyMap<string, Draft | FunctionValue> {
  const { declaration, module } = entry;
  const found = new Map(given);
  for (const parameter of declaration.parameters) {
    const value: Expression | undefined = parameter.defaultValue;
    if (value === undefined || found.has(parameter.name.text)) continue;
    const at = module.isPrelude ? (place.at ?? span) : undefined;
    const { text } = parameter.name;
    const draft = inferArgument(context, entry, text, value, {
      equation: place.equation,
      counts: newCounts(),
      module,
      parameters: new Map(),
      inside: { declaration, isLocal: entry.isLocal, span: place.inside?.span ?? span, outer: place.inside },
      at,
      constant: `the default of ${text}`,
    });
    found.set(text, draft ?? poison(value.span));
  }
  return found;
}

// What a cell hands out: outputs, and in a model its loss, metrics and generate.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Expression, GenerateItem, Item, LossItem, MetricItem, OutputItem } from '../parser/tree.ts';
import {
  type Context,
  type Draft,
  isPoison,
  nameOf,
  originOf,
  reasons,
  shapeText,
  typeText,
} from './context.ts';
import { placeOf } from './equations.ts';
import { expectReal } from './expect.ts';
import { asReference } from './references.ts';
import { type Complaint, shortText } from './report.ts';
import { unifyShapes } from './shapes.ts';

/** A result while its cell is checked. */
export interface DraftResult {
  readonly kind: 'output' | 'loss' | 'metric' | 'generate';
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  /** A reference to an equation, an input, a parameter. */
  readonly draft: Draft;
}

/** Checks one result; undefined where it has a mistake, which is reported. */
export function checkResult(
  context: Context,
  item: OutputItem | LossItem | MetricItem | GenerateItem,
): DraftResult | undefined {
  const { documentation } = item;
  switch (item.kind) {
    case 'output': {
      const { value } = item;
      const name = value.kind === 'name' ? value.text : 'output';
      const draft = resultValue(context, value, 'output');
      return draft && { kind: 'output', name, span: value.span, documentation, draft };
    }
    case 'loss': {
      const draft = resultValue(context, item.value, 'loss');
      if (draft === undefined || !expectReal(context, draft, 'the loss')) return undefined;
      if (!isScalar(context, draft, 'the loss')) return undefined;
      return { kind: 'loss', name: 'loss', span: item.value.span, documentation, draft };
    }
    case 'metric': {
      const name = item.name.text;
      const draft = resultValue(context, item.value, name);
      if (draft === undefined) return undefined;
      if (draft.type.element !== 'bool' && !expectReal(context, draft, `the metric ${name}`))
        return undefined;
      if (!isScalar(context, draft, `the metric ${name}`)) return undefined;
      return { kind: 'metric', name, span: item.name.span, documentation, draft };
    }
    case 'generate':
      return checkGenerate(context, item);
    default:
      return item satisfies never;
  }
}

function resultValue(context: Context, value: Expression, name: string): Draft | undefined {
  const draft = context.infer(value, placeOf(context, name));
  if (isPoison(draft)) return undefined;
  // A weight handed out is no value of a step: it stays as it is.
  return value.kind === 'name' ? draft : asReference(context, draft, name);
}

function isScalar(context: Context, draft: Draft, what: string): boolean {
  const from = { span: draft.span, text: `${what} is a scalar` };
  const complain = (): void => {
    const text = nameOf(draft, '...');
    const bool = draft.type.element === 'bool';
    context.report.add({
      code: 'RNN3015',
      message: `${what} is one number, and this is ${typeText(context, draft.type)}`,
      span: draft.span,
      label: `this is ${typeText(context, draft.type)}`,
      related: reasons(draft.span, ...originOf(draft)),
      help: bool ? `write mean(if ${text} then 1 else 0)` : `write mean(${text}), or sum(${text})`,
    });
  };
  if (unifyShapes(draft.type.shape, [], context.unknowns, from, complain)) return true;
  complain();
  return false;
}

function checkGenerate(context: Context, item: GenerateItem): DraftResult | undefined {
  const { name, distribution } = item;
  const say = (message: string, span: Span, help?: string, related = reasons(span)): undefined => {
    context.report.add({ code: 'RNN5012', message, span, help, related });
    return undefined;
  };
  const binding = context.scope.get(name.text);
  const inputs = [...context.scope].filter(([, other]) => other.kind === 'input').map(([word]) => word);
  const callee = distribution.kind === 'call' ? distribution.callee : distribution;
  const word = callee.kind === 'name' ? callee.text : '';
  const args = distribution.kind === 'call' ? distribution.arguments : [];
  if (word !== 'categorical') {
    const near = suggest(word, ['categorical']);
    context.report.add({
      code: 'RNN2017',
      message:
        word === '' ? 'a distribution belongs after ~' : `there is no distribution ${word} to generate from`,
      span: callee.span,
      notes: ['categorical draws a category by its logits: one number for each, the larger the likelier'],
      help: near === undefined ? 'write categorical(logits)' : `did you mean ${near}?`,
    });
    return undefined;
  }
  const place = placeOf(context, 'generate');
  const drafts = args.map((argument) => context.infer(argument.value, place));
  if (binding?.kind === 'broken') return undefined;
  if (binding?.kind !== 'input') {
    const near = suggest(name.text, inputs);
    return say(
      binding === undefined ? `there is no input ${name.text}` : `${name.text} is no input`,
      name.span,
      near !== undefined
        ? `did you mean ${near}?`
        : inputs.length === 0
          ? undefined
          : `what is drawn is the next value of an input: generate ${inputs[0]} ~ categorical(...)`,
    );
  }
  const { type } = binding;
  const label = { span: binding.span, text: `${name.text} is ${typeText(context, type)}` };
  if (type.element !== 'index' || type.rate !== 'step' || type.categories === undefined) {
    return say(
      `${name.text} is not a category at each step, so it cannot be drawn step by step`,
      name.span,
      `only a category can be drawn: input ${name.text}: index(v)`,
      reasons(name.span, label),
    );
  }
  const [logits] = drafts;
  if (drafts.length !== 1) {
    return say('categorical takes the logits, one vector', distribution.span, 'write categorical(logits)');
  }
  if (isPoison(logits) || !expectReal(context, logits, 'categorical')) return undefined;
  if (logits.type.rate !== 'step') {
    return say(`${nameOf(logits, 'this')} is there once, and a draw is made at each step`, logits.span);
  }
  const complain = (): undefined =>
    say(
      `${name.text} is ${typeText(context, type)}, and ${nameOf(logits, 'this')} is ${shapeText(context, logits.type.shape)}: one number for each category is wanted`,
      logits.span,
      undefined,
      reasons(logits.span, label, ...originOf(logits)),
    );
  if (!unifyShapes(logits.type.shape, [type.categories], context.unknowns, label, complain))
    return complain();
  const draft = asReference(context, logits, 'generate');
  return { kind: 'generate', name: name.text, span: item.span, documentation: item.documentation, draft };
}

/** A loss for the first target of a model. */
function exampleLoss(items: readonly Item[]): string {
  const target = items.find((item) => item.kind === 'target');
  const name = target?.names[0]?.text ?? 'y';
  return target?.type.value.kind === 'index' ? `cross_entropy(logits, ${name})` : `mean((z - ${name}) ^ 2)`;
}

/** What a cell must have, a model must have, and a cell must not have. */
export function checkParts(context: Context, items: readonly Item[], span: Span): void {
  const { kind, declaration } = context.entry;
  const name = declaration.name.text;
  const unread = items.some((item) => item.kind === 'broken');
  /** `loss = ...`, where the line of that name is missing. */
  const equationFor = (word: string): Pick<Complaint, 'help' | 'related'> => {
    const equation = items.find(
      (item) => item.kind === 'equation' && item.targets.length === 1 && item.targets[0].name.text === word,
    );
    if (equation?.kind !== 'equation') return {};
    return {
      related: [
        { span: equation.targets[0].name.span, text: `this is an equation for a value called ${word}` },
      ],
      help: `write ${word} ${shortText(equation.value.span) ?? '...'}, without =`,
    };
  };
  if (kind === 'cell') {
    for (const item of items) {
      if (
        item.kind !== 'target' &&
        item.kind !== 'loss' &&
        item.kind !== 'metric' &&
        item.kind !== 'generate'
      )
        continue;
      context.report.add({
        code: 'RNN5008',
        message: `${item.kind === 'generate' ? 'generate' : `a ${item.kind}`} belongs in a model, and ${name} is a cell`,
        span: item.span,
        related: [{ span, text: `${name} is declared here` }],
        help: `write model ${name}, or move it into the model that uses ${name}`,
      });
    }
    if (!unread && !items.some((item) => item.kind === 'output')) {
      context.report.add({
        code: 'RNN5006',
        message: `the cell ${name} has no output`,
        span,
        help: 'say what it hands out: output h',
        ...equationFor('output'),
      });
    }
    return;
  }
  for (const word of ['loss', 'generate'] as const) {
    const [first, second] = items.filter((item) => item.kind === word);
    if (second !== undefined && first !== undefined) {
      context.report.add({
        code: 'RNN5007',
        message: `the model ${name} has two lines ${word}`,
        span: second.span,
        related: [{ span: first.span, text: 'the first is here' }],
        help: word === 'loss' ? 'add the two up in one loss' : undefined,
      });
    }
    if (word === 'loss' && first === undefined && !unread) {
      context.report.add({
        code: 'RNN5007',
        message: `the model ${name} has no loss, and nothing to learn from`,
        span,
        help: `say what is to be made small: loss ${exampleLoss(items)}; or make it a cell`,
        ...equationFor('loss'),
      });
    }
  }
}

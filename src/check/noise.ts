// Chance in equations: `dropout`, `chance`, `gaussian`, each with the scope of its draws, and `training`. Noise is named
// after the equation that uses it: `e.dropout`, the second `e.dropout2`, behind a function too.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument } from '../parser/tree.ts';
import type { NoiseScope, Rate } from './checked.ts';
import { combine, combinedType } from './combine.ts';
import {
  type Context,
  type Draft,
  draftReal,
  fail,
  isPoison,
  joinRates,
  makeDraft,
  type NoiseWord,
  nodeBase,
  type Place,
  poison,
} from './context.ts';
import { expectReal } from './expect.ts';
import { inferConstant } from './template-arguments.ts';

const scopes = ['step', 'sequence', 'batch'] as const satisfies readonly NoiseScope[];

const usage: Readonly<
  Record<NoiseWord, { readonly takes: string; readonly example: string; least: number }>
> = {
  dropout: {
    takes: 'a value and how much of it to leave out',
    example: 'dropout(x, 0.1)',
    least: 2,
  },
  chance: {
    takes: 'a probability, and maybe a value whose shape it has',
    example: 'chance(0.1, x)',
    least: 1,
  },
  gaussian: { takes: 'one value, whose shape it has', example: 'gaussian(x)', least: 1 },
};

export function isNoiseWord(word: string): word is NoiseWord {
  return Object.hasOwn(usage, word);
}

/** `training`: a condition that holds in training, and nowhere else. */
export function trainingDraft(context: Context, span: Span): Draft {
  const type = {
    element: 'bool',
    categories: undefined,
    shape: [],
    scalar: true,
    rate: 'constant',
  } as const;
  return makeDraft(span, type, () => ({ kind: 'training', ...nodeBase(context, span, type) }), {
    atomic: true,
  });
}

/** `dropout(x, p)`, `chance(p)`, `chance(p, x)`, `gaussian(x)`, each maybe with `per: sequence`. */
export function noiseDraft(
  context: Context,
  word: NoiseWord,
  args: readonly Argument[],
  place: Place,
  span: Span,
): Draft {
  const plain = args.filter((argument) => argument.name === undefined);
  const scope = readScope(context, word, args);
  const { takes, example, least } = usage[word];
  if (plain.length < least || plain.length > (word === 'gaussian' ? 1 : 2)) {
    for (const argument of plain) context.infer(argument.value, place);
    return fail(context, {
      code: 'RNN2013',
      message: `${word} takes ${takes}, and has ${plain.length} argument${plain.length === 1 ? '' : 's'} here`,
      span,
      help:
        word === 'gaussian' && plain[1]?.value.kind === 'number'
          ? `write ${plain[1].value.value} * gaussian(x), with the value that it is added to for x`
          : `write ${example}`,
    });
  }
  const [first, second] = plain;
  if (word === 'dropout') {
    const value = context.infer(first.value, place);
    // In a function the part may be an argument: it is looked at where the function is used.
    const part =
      place.inside === undefined
        ? inferConstant(context, second.value, place, 'the part that dropout leaves out')
        : context.infer(second.value, place);
    if (scope === undefined || part === undefined || isPoison(value) || isPoison(part)) return poison(span);
    return dropoutDraft(context, value, part, scope, nameOf(word, place), span);
  }
  const drafts = plain.map((argument) => context.infer(argument.value, place));
  if (scope === undefined || drafts.some(isPoison)) return poison(span);
  const good = drafts.filter((draft) => expectReal(context, draft, word));
  if (good.length < drafts.length) return poison(span);
  const name = nameOf(word, place);
  if (word === 'gaussian') {
    const { shape, scalar, rate } = drafts[0].type;
    const type = draftReal(shape, drawnRate(scope, rate, 'constant'), scalar);
    const finish = () =>
      ({
        kind: 'noise',
        draw: word,
        name,
        scope,
        probability: undefined,
        ...nodeBase(context, span, type),
      }) as const;
    return makeDraft(span, type, finish, { because: drafts[0].because });
  }
  const [probability, like] = drafts;
  const { literal } = probability;
  if (literal !== undefined && !(literal >= 0 && literal <= 1)) {
    return fail(context, {
      code: 'RNN3014',
      message: `a probability lies from 0 to 1; this is ${literal}`,
      span: probability.span,
      help: literal > 1 && literal < 100 ? `for ${literal} % write ${literal / 100}` : undefined,
    });
  }
  const combined = combine(context, drafts, 'draw with the probability A for B', span);
  if (combined === undefined) return poison(span);
  const rate = drawnRate(scope, like?.type.rate ?? 'constant', probability.type.rate);
  if (like !== undefined && scope === 'step' && joinRates(context, drafts, span) === undefined) {
    return poison(span);
  }
  const type = combinedType(combined, 'bool', rate);
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'noise',
      draw: 'chance',
      name,
      scope,
      probability: probability.finish(),
      ...nodeBase(context, span, type),
    }),
    { because: combined.because },
  );
}

/** How often a draw is made: `like` gives its shape alone, `needs` is what it is computed from. */
function drawnRate(scope: NoiseScope, like: Rate, needs: Rate): Rate {
  if (scope !== 'step') return needs;
  return like === 'once' || needs === 'once' ? 'once' : 'step';
}

function nameOf(word: NoiseWord, place: Place): string {
  const { noises } = place.counts;
  const count = (noises.get(word) ?? 0) + 1;
  noises.set(word, count);
  return `${place.equation}.${word}${count === 1 ? '' : count}`;
}

/** What stands behind `per:`; undefined where it is none of the scopes, which is reported. */
function readScope(context: Context, word: NoiseWord, args: readonly Argument[]): NoiseScope | undefined {
  const named = args.filter((argument) => argument.name !== undefined);
  const wrong = named.find(({ name }) => name?.text !== 'per') ?? named.at(1);
  if (wrong?.name !== undefined) {
    const { text, span } = wrong.name;
    context.report.add({
      code: text === 'per' ? 'RNN2015' : 'RNN2014',
      message: text === 'per' ? `per of ${word} is given twice` : `${word} has no argument ${text}`,
      span,
      related:
        text === 'per' && named[0].name !== undefined
          ? [{ span: named[0].name.span, text: 'it is already given here' }]
          : [],
      help:
        text === 'per'
          ? undefined
          : 'only the scope of its draws has a name: per: step, per: sequence or per: batch',
    });
    return undefined;
  }
  if (named.length === 0) return 'step';
  const { value } = named[0];
  const found = scopes.find((scope) => value.kind === 'name' && value.text === scope);
  if (found !== undefined) return found;
  const near = value.kind === 'name' ? suggest(value.text, scopes) : undefined;
  context.report.add({
    code: 'RNN2017',
    message: `the scope of ${word} is step, sequence or batch`,
    span: value.span,
    notes: [
      'it says how long a draw holds: for one step, for all steps of a sequence, for all sequences of a batch',
    ],
    help: near === undefined ? undefined : `did you mean ${near}?`,
  });
  return undefined;
}

function dropoutDraft(
  context: Context,
  operand: Draft,
  probability: Draft,
  scope: NoiseScope,
  name: string,
  span: Span,
): Draft {
  if (!expectReal(context, operand, 'dropout') || !expectReal(context, probability, 'dropout')) {
    return poison(span);
  }
  const { literal } = probability;
  if (literal !== undefined && !(literal >= 0 && literal < 1)) {
    return fail(context, {
      code: 'RNN3014',
      message: `dropout leaves out a part from 0 up to, but not including, 1; this is ${literal}`,
      span: probability.span,
      help: literal > 1 && literal < 100 ? `for ${literal} % write ${literal / 100}` : undefined,
    });
  }
  if (!probability.type.scalar) {
    return fail(context, {
      code: 'RNN3014',
      message: 'the part that dropout leaves out is one real number, and this is not',
      span: probability.span,
      help: 'for a part of each entry write if chance(p, x) then 0 else x / (1 - p)',
    });
  }
  const joined = joinRates(context, [operand, probability], span);
  if (joined === undefined) return poison(span);
  const rate = scope === 'step' && joined === 'constant' ? 'step' : joined;
  const type = { ...operand.type, rate } as const;
  return makeDraft(
    span,
    type,
    () => ({
      kind: 'dropout',
      name,
      scope,
      operand: operand.finish(),
      probability: probability.finish(),
      ...nodeBase(context, span, type),
    }),
    { because: operand.because },
  );
}

// How declared weights start: `param W: [m, n] ~ orthogonal`, `param b: [m] = 1`. Unsaid, a matrix starts
// Glorot-uniform by its fans, a vector or a scalar at zero.

import { makeSpan } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, ParamItem } from '../parser/tree.ts';
import type { CheckedStart } from './checked.ts';
import { type Part, partName, partsOf } from './complex.ts';
import type { Context, Draft } from './context.ts';
import { placeOf } from './equations.ts';
import { shortText } from './report.ts';
import { multiplySizes, type Size, sameSize, showSizes, sizeOf } from './size.ts';
import { inferConstant } from './templates.ts';

/** How many numbers each distribution takes. */
const distributions = { glorot: 0, orthogonal: 0, identity: 0, zeros: 0, normal: 1, uniform: 2 } as const;
type Distribution = keyof typeof distributions;

function isDistribution(word: string): word is Distribution {
  return Object.hasOwn(distributions, word);
}

/** Enters the weights of a declaration. */
export function checkWeights(context: Context, item: ParamItem): void {
  const start = readStart(context, item);
  for (const name of item.names) {
    const binding = context.scope.get(name.text);
    if (binding?.kind !== 'parameter' || binding.span !== name.span || binding.shape === undefined) continue;
    const { shape, element } = binding;
    if (!fits(context, item, name.text, shape, element)) continue;
    for (const part of partsOf(element)) {
      context.parameters.push({
        name: partName(name.text, part),
        span: name.span,
        position: name.span.start,
        documentation: item.documentation,
        shapes: [shape],
        start: () => startOfPart(start(shape), part),
      });
    }
  }
}

/** The product of sizes; 1 where there are none. */
export function product(sizes: readonly Size[]): Size {
  return sizes.reduce(multiplySizes, sizeOf(1));
}

/**
 * How a part of a complex weight starts. Drawn ones are drawn each by itself; by the fans each has half of the variance,
 * so that the two have it together. One number, and the identity, are real.
 */
function startOfPart(start: CheckedStart, part: Part): CheckedStart {
  if (part === undefined) return start;
  if (start.kind === 'glorot') {
    return {
      ...start,
      fanIn: multiplySizes(sizeOf(2), start.fanIn),
      fanOut: multiplySizes(sizeOf(2), start.fanOut),
    };
  }
  const isReal = start.kind === 'value' || start.kind === 'identity';
  return part === 'im' && isReal ? { kind: 'zeros' } : start;
}

const byFans = (shape: readonly Size[]): CheckedStart => ({
  kind: 'glorot',
  fanIn: product(shape.length < 2 ? shape : shape.slice(1)),
  fanOut: product(shape.length < 2 ? [] : shape.slice(0, 1)),
});

const usual = (shape: readonly Size[]): CheckedStart =>
  shape.length < 2 ? { kind: 'zeros' } : byFans(shape);

function readStart(context: Context, item: ParamItem): (shape: readonly Size[]) => CheckedStart {
  if (item.start === undefined) return usual;
  const { kind, value } = item.start;
  const what = `the start of ${item.names.map((name) => name.text).join(', ')}`;
  const place = placeOf(context, item.names[0]?.text ?? '');
  if (kind === 'value') {
    const called = value.kind === 'call' ? value.callee : value;
    if (called.kind === 'name' && isDistribution(called.text) && !context.scope.has(called.text)) {
      const sign = makeSpan(value.span.source, item.type.span.end, value.span.start);
      context.report.add({
        code: 'RNN2017',
        message: `${called.text} is a distribution, and stands after ~`,
        span: value.span,
        notes: ['after = stands one number for all its entries; ~ draws each of them'],
        help: `write ~ ${shortText(value.span) ?? called.text}`,
        fixes: [{ span: sign, replacement: ' ~ ', title: 'write ~ for =' }],
      });
      return usual;
    }
    const draft = inferConstant(context, value, place, what);
    return draft === undefined ? usual : () => ({ kind: 'value', value: draft.finish() });
  }
  const head = value.kind === 'call' ? value.callee : value;
  const args: readonly Argument[] = value.kind === 'call' ? value.arguments : [];
  const word = head.kind === 'name' ? head.text : '';
  if (!isDistribution(word)) {
    const near = suggest(word, Object.keys(distributions));
    context.report.add({
      code: 'RNN2017',
      message: word === '' ? 'a distribution belongs after ~' : `there is no distribution ${word}`,
      span: head.span,
      notes: [`distributions are ${Object.keys(distributions).join(', ')}; a number is written with =`],
      help:
        near !== undefined
          ? `did you mean ${near}?`
          : head.kind === 'number'
            ? `write = ${head.value}`
            : undefined,
      fixes: near === undefined ? [] : [{ span: head.span, replacement: near, title: `write ${near}` }],
    });
    return usual;
  }
  const count = distributions[word];
  if (args.length !== count) {
    context.report.add({
      code: 'RNN2013',
      message: `${word} takes ${count === 0 ? 'no numbers' : count === 1 ? 'one number' : `${count} numbers`}, and has ${args.length} here`,
      span: value.span,
      help:
        word === 'normal'
          ? 'write normal(0.1): the standard deviation'
          : word === 'uniform'
            ? 'write uniform(-0.1, 0.1): the lower and the upper end'
            : `write ~ ${word}`,
    });
    return usual;
  }
  const numbers = args.map((argument) =>
    inferConstant(context, argument.value, place, `a number of ${word}`),
  );
  return (shape) => startOf(word, shape, numbers);
}

function startOf(
  word: Distribution,
  shape: readonly Size[],
  numbers: readonly (Draft | undefined)[],
): CheckedStart {
  const [first, second] = numbers;
  switch (word) {
    case 'glorot':
      return byFans(shape);
    case 'orthogonal':
    case 'identity':
    case 'zeros':
      return { kind: word };
    case 'normal':
      return first === undefined ? usual(shape) : { kind: 'normal', deviation: first.finish() };
    case 'uniform':
      if (first === undefined || second === undefined) return usual(shape);
      return { kind: 'uniform', low: first.finish(), high: second.finish() };
    default:
      return word satisfies never;
  }
}

/** Orthogonal is for real matrices, identity for square ones. Says so where it does not fit. */
function fits(
  context: Context,
  item: ParamItem,
  name: string,
  shape: readonly Size[],
  element: 'real' | 'complex',
): boolean {
  const value = item.start?.kind === 'distribution' ? item.start.value : undefined;
  const head = value?.kind === 'call' ? value.callee : value;
  const word = head?.kind === 'name' ? head.text : '';
  const matrix = shape.length === 2;
  const square = matrix && sameSize(shape[0], shape[1]);
  if (word === 'orthogonal' && matrix && element === 'complex') {
    context.report.add({
      code: 'RNN5010',
      message: `orthogonal is for real matrices, and ${name} is complex`,
      span: value?.span ?? item.span,
      related: [{ span: item.type.span, text: `${name} is declared complex here` }],
      help: 'leave it out (both parts start uniform by the fans), or write ~ normal(0.1)',
    });
    return false;
  }
  if ((word !== 'orthogonal' || matrix) && (word !== 'identity' || square)) return true;
  context.report.add({
    code: 'RNN5010',
    message: `${word} is for ${word === 'identity' ? 'square matrices' : 'matrices'}, and ${name} is ${showSizes(shape)}`,
    span: value?.span ?? item.span,
    related: [{ span: item.type.span, text: `${name} is declared ${showSizes(shape)} here` }],
    help: `leave it out (a ${matrix ? 'matrix starts uniform by its fans' : 'vector starts at zero'}), or write ~ normal(0.1)`,
  });
  return true;
}

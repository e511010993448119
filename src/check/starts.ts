// How a weight starts, as it is written after `~` in a declaration and behind `start:` and `bias:` in an affine: the
// name of a distribution with its numbers, or another weight (`~ W`, `~ -f.b`), at whose start this one starts too.

import type { Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { Argument, Expression } from '../parser/tree.ts';
import type { CheckedExpression, CheckedStart } from './checked.ts';
import { declaredOf, wholeName } from './complex.ts';
import {
  type Context,
  type Draft,
  type DraftParameter,
  draftReal,
  makeDraft,
  nodeBase,
  type Place,
} from './context.ts';
import { childrenOf, memberPath } from './dependencies.ts';
import { distributionElsewhere } from './elsewhere.ts';
import { isKnownShape, resolveShape } from './shapes.ts';
import { multiplySizes, type Size, sameSize, showSizes, sizeOf } from './size.ts';
import { nodesOf } from './stages.ts';
import { inferConstant } from './template-arguments.ts';

interface Distribution {
  /** Its numbers, with an example of each. */
  readonly numbers: readonly string[];
  /** Whether a share of the entries may be drawn, the others zero. */
  readonly sparse?: boolean;
  /** Which shapes it is for. */
  readonly fits: Fits;
  /** Says the numbers, where there are too few or too many. */
  readonly help?: string;
}

/** `operator`: a square matrix, or the vector that goes with it. */
type Fits = 'any' | 'matrix' | 'square' | 'operator';

const distributions = {
  glorot: { numbers: [], fits: 'any' },
  he: { numbers: [], fits: 'any' },
  lecun: { numbers: [], fits: 'any' },
  orthogonal: { numbers: [], fits: 'matrix' },
  identity: { numbers: [], fits: 'square' },
  zeros: { numbers: [], fits: 'any' },
  range: { numbers: [], fits: 'any' },
  normal: {
    numbers: ['0.1'],
    sparse: true,
    fits: 'any',
    help: 'write normal(0.1): the standard deviation',
  },
  uniform: {
    numbers: ['-0.1', '0.1'],
    sparse: true,
    fits: 'any',
    help: 'write uniform(-0.1, 0.1): the lower and the upper end',
  },
  log_uniform: {
    numbers: ['0.001', '0.1'],
    fits: 'any',
    help: 'write log_uniform(0.001, 0.1): the lower and the upper end',
  },
  chrono: {
    numbers: ['100'],
    fits: 'any',
    help: 'write chrono(100): the longest time to remember, in steps',
  },
  spectral: {
    numbers: ['0.9'],
    sparse: true,
    fits: 'square',
    help: 'write spectral(0.9): the spectral radius',
  },
  hippo: { numbers: [], fits: 'operator' },
  legendre: {
    numbers: ['100'],
    fits: 'operator',
    help: 'write legendre(100): how many steps the memory looks back',
  },
} as const satisfies Readonly<Record<string, Distribution>>;

type Word = keyof typeof distributions;

const distributionNames: readonly string[] = Object.keys(distributions);

export function isDistribution(word: string): word is Word {
  return Object.hasOwn(distributions, word);
}

/** A start as it is written. */
export interface WrittenStart {
  readonly start: (fanIn: Size, fanOut: Size) => CheckedStart;
  /** Reports where a weight of this shape cannot start so. */
  readonly check: CheckStart;
  /** `check` has to wait until all weights are known. */
  readonly late: boolean;
}

export type CheckStart = (shape: readonly Size[], name: string, declared: Span) => void;

/** The product of sizes; 1 where there are none. */
export function product(sizes: readonly Size[]): Size {
  return sizes.reduce(multiplySizes, sizeOf(1));
}

/** A number everywhere: `= 1`, `bias: 1`. Undefined where it is none, which is reported. */
export function readNumber(
  context: Context,
  value: Expression,
  place: Place,
  what: string,
): WrittenStart | undefined {
  const draft = inferConstant(context, value, place, what);
  if (draft === undefined) return undefined;
  return { start: () => ({ kind: 'value', value: draft.finish() }), check: () => {}, late: false };
}

/** What stands after `~`; undefined where it has a mistake, which is reported. `user`: what takes a start, for messages. */
export function readStart(
  context: Context,
  value: Expression,
  place: Place,
  note = 'a number is written with =',
): WrittenStart | undefined {
  const head = value.kind === 'call' ? value.callee : value;
  const word = head.kind === 'name' ? head.text : '';
  if (isDistribution(word)) return readDistribution(context, word, value, place);
  const copied = value.kind === 'negation' ? value.operand : value;
  const path = memberPath(copied)?.join('.');
  if (path !== undefined && (copied.kind === 'member' || context.scope.get(path)?.kind === 'parameter')) {
    return copyOf(context, path, value.kind === 'negation', copied.span);
  }
  const unknown = copied.kind === 'name' ? copied.text : word;
  const near = distributionElsewhere(unknown) ?? suggest(unknown, distributionNames);
  const draws = drawsIn(context, value);
  if (draws.length > 0) return readFormula(context, value, draws, place);
  context.report.add({
    code: 'RNN2017',
    message:
      unknown === ''
        ? 'a distribution belongs after ~'
        : `there is no distribution ${unknown}, and no weight`,
    span: head.span,
    notes: [`distributions are ${distributionNames.join(', ')}; ${note}`],
    help:
      near !== undefined
        ? `did you mean ${near}?`
        : head.kind === 'number'
          ? `write = ${head.value}`
          : ['ones', 'constant', 'const', 'full'].includes(unknown)
            ? 'one number for all entries is written with =: = 1'
            : undefined,
    fixes: near === undefined ? [] : [{ span: head.span, replacement: near, title: `write ${near}` }],
  });
  return undefined;
}

function readDistribution(
  context: Context,
  word: Word,
  value: Expression,
  place: Place,
): WrittenStart | undefined {
  const known: Distribution = distributions[word];
  const args: readonly Argument[] = value.kind === 'call' ? value.arguments : [];
  const named = args.filter((argument) => argument.name !== undefined);
  const stranger = named.find(({ name }) => name?.text !== 'density' || known.sparse !== true);
  if (stranger?.name !== undefined) {
    const sparse = distributionNames.filter((other) => isDistribution(other) && isSparse(other));
    context.report.add({
      code: 'RNN2014',
      message: `${word} has no argument ${stranger.name.text}`,
      span: stranger.name.span,
      notes: [`density, the share of the entries that are not zero, is for ${sparse.join(', ')}`],
    });
    return undefined;
  }
  const plain = args.filter((argument) => argument.name === undefined);
  const count = known.numbers.length;
  if (plain.length !== count || named.length > 1) {
    context.report.add({
      code: 'RNN2013',
      message: `${word} takes ${count === 0 ? 'no numbers' : count === 1 ? 'one number' : `${count} numbers`}, and has ${plain.length} here`,
      span: value.span,
      help: known.help ?? `write ~ ${word}`,
    });
    return undefined;
  }
  const number = (argument: Argument): Draft | undefined =>
    inferConstant(context, argument.value, place, `a number of ${word}`);
  const numbers = plain.map(number);
  const density = named.length === 0 ? undefined : number(named[0]);
  if (numbers.includes(undefined) || (named.length > 0 && density === undefined)) return undefined;
  return {
    start: (fanIn, fanOut) => {
      const found = numbers.flatMap((draft) => (draft === undefined ? [] : [draft.finish()]));
      return startOf(word, found, density?.finish(), fanIn, fanOut);
    },
    check: (shape, name, declared) => fits(context, word, known.fits, value.span, shape, name, declared),
    late: false,
  };
}

function isSparse(word: Word): boolean {
  const known: Distribution = distributions[word];
  return known.sparse === true;
}

function startOf(
  word: Word,
  [first, second]: readonly CheckedExpression[],
  density: CheckedExpression | undefined,
  fanIn: Size,
  fanOut: Size,
): CheckedStart {
  switch (word) {
    case 'glorot':
      return { kind: word, fanIn, fanOut };
    case 'he':
    case 'lecun':
      return { kind: word, fanIn };
    case 'orthogonal':
    case 'identity':
    case 'zeros':
    case 'range':
    case 'hippo':
      return { kind: word };
    case 'normal':
      return { kind: word, deviation: first, density };
    case 'uniform':
      return { kind: word, low: first, high: second, density };
    case 'log_uniform':
      return { kind: word, low: first, high: second };
    case 'chrono':
      return { kind: word, longest: first };
    case 'spectral':
      return { kind: word, radius: first, density };
    case 'legendre':
      return { kind: word, window: first };
    default:
      return word satisfies never;
  }
}

/** Whether a distribution stands in an expression. */
export function holdsDraw(context: Context, root: Expression): boolean {
  return drawsIn(context, root).length > 0;
}

/** The distributions that stand in a formula, in the order of the text. */
function drawsIn(context: Context, root: Expression): readonly Expression[] {
  const found: Expression[] = [];
  const pending = [root];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const head = at.kind === 'call' ? at.callee : at;
    if (head.kind === 'name' && isDistribution(head.text) && !context.scope.has(head.text)) found.push(at);
    else pending.push(...childrenOf(at).toReversed());
  }
  return found;
}

/**
 * A formula in which distributions stand, `~ log(-log(uniform(0.9, 0.99)))`: computed entry by entry. Each distribution is
 * drawn in the shape of the weight, and stands in the checked formula as a parameter called `draw 1`.
 */
function readFormula(
  context: Context,
  value: Expression,
  found: readonly Expression[],
  place: Place,
): WrittenStart | undefined {
  const written = found.map((draw) => readStart(context, draw, place));
  const draws = new Map(
    found.map((draw, k) => {
      const type = draftReal([], 'constant');
      const finish = () =>
        ({ kind: 'parameter', name: drawName(k), ...nodeBase(context, draw.span, type) }) as const;
      return [draw, makeDraft(draw.span, type, finish, { atomic: true })] as const;
    }),
  );
  const draft = inferConstant(context, value, { ...place, draws }, 'a start');
  if (draft === undefined || written.includes(undefined)) return undefined;
  return {
    start: (fanIn, fanOut) => ({
      kind: 'formula',
      draws: written.flatMap((one) => (one === undefined ? [] : [one.start(fanIn, fanOut)])),
      value: draft.finish(),
    }),
    check(shape, name, declared) {
      for (const one of written) one?.check(shape, name, declared);
      const whole = nodesOf(draft.finish()).find((node) => !isEntrywise(node));
      if (whole === undefined) return;
      context.report.add({
        code: 'RNN5010',
        message: `${name} starts entry by entry, and this looks at more than one of them, or chooses`,
        span: whole.span,
        notes: [
          'a start is a formula of numbers and distributions, with + - * / mod ^ and functions of one number',
        ],
      });
    },
    late: false,
  };
}

/** How a formula of a start calls the distributions in it. */
export function drawName(k: number): string {
  return `draw ${k + 1}`;
}

function isEntrywise(node: CheckedExpression): boolean {
  switch (node.kind) {
    case 'literal':
    case 'size':
    case 'hyperparameter':
    case 'parameter':
    case 'power':
      return true;
    case 'chain':
      return node.rest.every(({ operator }) => ['+', '-', '*', '/', 'mod'].includes(operator));
    case 'primitive':
      return ![
        'sum',
        'mean',
        'max_over',
        'min_over',
        'argmax',
        'dot',
        'outer',
        'concat',
        'transpose',
      ].includes(node.name);
    default:
      return false;
  }
}

const shapesFor: Readonly<Record<Fits, string>> = {
  any: 'all weights',
  matrix: 'matrices',
  square: 'square matrices',
  operator: 'square matrices, and for the vectors that go with them',
};

function fits(
  context: Context,
  word: string,
  wanted: Fits,
  span: Span,
  shape: readonly Size[],
  name: string,
  declared: Span,
): void {
  const matrix = shape.length >= 2;
  const square = shape.length === 2 && sameSize(shape[0], shape[1]);
  const good = {
    any: true,
    matrix,
    square,
    operator: square || shape.length === 1,
  }[wanted];
  if (good) return;
  context.report.add({
    code: 'RNN5010',
    message: `${word} is for ${shapesFor[wanted]}, and ${name} is ${showSizes(shape)}`,
    span,
    related: [{ span: declared, text: `${name} is ${showSizes(shape)} here` }],
    help: /\.W_/.test(name)
      ? `mix each by itself: affine(a) + linear(b, start: ${word})`
      : `leave it out (a ${matrix ? 'matrix starts uniform by its fans' : 'vector starts at zero'}), or write normal(0.1)`,
  });
}

/** `~ W`, `~ -f.b`. The other weight may stand anywhere in the cell, so it is looked for at the end. */
function copyOf(context: Context, of: string, negative: boolean, span: Span): WrittenStart {
  return {
    start: () => ({ kind: 'copy', of, negative }),
    check: (shape, part, declared) => {
      const name = wholeName(part);
      const declaredNames = declaredOf(context.parameters);
      const other = declaredNames.find((parameter) => parameter.name === of);
      if (other === undefined) {
        const names = declaredNames.map((parameter) => parameter.name);
        const near = suggest(of, names);
        context.report.add({
          code: 'RNN2001',
          message: `there is no weight ${of} in this ${context.entry.kind}`,
          span,
          notes: names.length === 0 ? [] : [`its weights are ${names.join(', ')}`],
          help: near === undefined ? undefined : `did you mean ${near}?`,
        });
        return;
      }
      const theirs = shapeOf(context, other.entry);
      const isComplex = name !== part;
      if (other.complex !== isComplex) {
        const [mine, its] = isComplex ? ['complex', 'real'] : ['real', 'complex'];
        context.report.add({
          code: 'RNN5010',
          message: `${name} is ${mine}, and ${of}, at which it starts, ${its}`,
          span,
          related: [
            { span: declared, text: `${name} is ${mine}` },
            { span: other.entry.span, text: `${of} is ${its}` },
          ],
        });
        return;
      }
      if (theirs.length === shape.length && theirs.every((size, i) => sameSize(size, shape[i]))) return;
      context.report.add({
        code: 'RNN5010',
        message: `${name} is ${showSizes(shape)}, and ${of}, at which it starts, ${showSizes(theirs)}`,
        span,
        related: [
          { span: declared, text: `${name} is ${showSizes(shape)}` },
          { span: other.entry.span, text: `${of} is ${showSizes(theirs)}` },
        ],
      });
    },
    late: true,
  };
}

function shapeOf(context: Context, { shapes }: DraftParameter): readonly Size[] {
  return shapes.flatMap((part) => {
    const shape = resolveShape(part, context.unknowns);
    return isKnownShape(shape) ? shape : [];
  });
}

/** Whether the starts fit their weights, when all shapes are known. */
export function checkStarts(context: Context): void {
  for (const parameter of context.parameters) {
    parameter.check?.(shapeOf(context, parameter), parameter.name, parameter.span);
  }
  const copies = new Map(
    context.parameters.flatMap(({ name, start }) => {
      const found = start(sizeOf(1), sizeOf(1));
      return found.kind === 'copy' ? [[name, found.of] as const] : [];
    }),
  );
  for (const { name, span } of context.parameters) {
    const path = [name];
    for (let at = copies.get(name); at !== undefined && !path.includes(at); at = copies.get(at))
      path.push(at);
    const last = copies.get(path[path.length - 1]);
    // Told once, at the first of the circle.
    if (last !== name) continue;
    context.report.add({
      code: 'RNN5010',
      message: `these weights start at each other: ${[...path, name].map(wholeName).join(' -> ')}`,
      span,
      help: 'let one of them start at a distribution or a number',
    });
    return;
  }
}

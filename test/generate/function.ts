// Functions of the file: formulas of values of one shape, and of numbers.
import type { Choices } from './choices.ts';
import { apply, literal, product, real, slot, sumOf } from './compose.ts';
import { type Shape, symbol } from './dims.ts';
import { type Interval, interval, UNIT } from './interval.ts';
import { growReal } from './real.ts';
import { type MadeFunction, Scope } from './scope.ts';
import { tamed } from './tame.ts';
import { type Expression, type Item, printParts } from './tree.ts';
import { anyShape, ofVectors } from './ways.ts';

/** Formulas of a, from -1 to 1, with slopes: their own, and others that somebody would rather learn with. */
const SLOPED: readonly (readonly [value: string, slope: string, bounds: Interval])[] = [
  ['tanh(a)', '1 - tanh(a) ^ 2', UNIT],
  ['sigmoid(2 * a)', '2 * sigmoid(2 * a) * sigmoid(-2 * a)', interval(0, 1)],
  ['sin(a)', 'cos(a)', UNIT],
  ['exp(a)', 'exp(a)', interval(0.3, 2.8)],
  ['a ^ 3', '3 * a ^ 2', UNIT],
  ['0.5 * a', '0.5', UNIT],
  ['if a > 0.3 then 1 else 0', '1 / (1 + 4 * abs(a)) ^ 2', interval(0, 1)],
  ['floor(2 * a) / 2', '1', interval(-1, 1)],
];

/** A function that says its own slope. */
function growSloped(choices: Choices, functions: MadeFunction[]): Item {
  const [value, slope, bounds] = choices.of(SLOPED);
  const name = `f${functions.length + 1}`;
  const parameters = [{ kind: 'value', hasDefault: false }] as const;
  functions.push({ name, takes: 'any', parameters, gives: 'shape', bounds });
  return { parts: [`fn ${name}(a) = ${value} gradient ${slope}`] };
}

/** A function of vectors, or of anything. */
export function growFunction(choices: Choices, functions: MadeFunction[]): Item {
  if (choices.oneIn(5)) return growSloped(choices, functions);
  const takes = choices.of(['any', 'vectors'] as const);
  const ways = takes === 'any' ? anyShape : ofVectors;
  const scope = new Scope({
    choices,
    sizes: [],
    functions: [...functions],
    templates: [],
    wrappers: [],
    inside: takes,
    ways,
  });
  const names = ['a', 'b', 'c'].slice(0, choices.between(1, 3));
  const parameters = names.map((_, k) => {
    const kind = k > 0 && choices.oneIn(2) ? ('number' as const) : ('value' as const);
    return { kind, hasDefault: false };
  });
  const isLast = parameters[parameters.length - 1].kind === 'number' && choices.oneIn(2);
  if (isLast) parameters[parameters.length - 1].hasDefault = true;
  const whole: Shape = [symbol('s')];
  for (const [k, { kind }] of parameters.entries()) {
    const facts = { rate: 'step', stage: 0, bounds: UNIT } as const;
    const shape = kind === 'value' ? whole : [];
    scope.define({ text: names[k], type: real(shape), known: kind === 'number', ...facts });
  }
  const isScalar = takes === 'vectors' && choices.oneIn(3);
  const place = {
    rate: 'step',
    stage: 0,
    depth: choices.between(1, 3),
    open: false,
    known: isScalar,
  } as const;
  let body = tamed(scope, growReal(scope, isScalar ? [] : whole, place), 2);
  // Every argument counts.
  for (const named of scope.names) {
    if (new RegExp(`\\b${named.text}\\b`).test(printParts(body.parts))) continue;
    const argument = scope.refer(named);
    body =
      isScalar && !named.known ? sumOf(body, inner(argument)) : sumOf(body, product(literal(0.5), argument));
  }
  const name = `f${functions.length + 1}`;
  const isTyped = takes === 'vectors' && choices.oneIn(2);
  const list = names.map((text, k) => {
    if (parameters[k].hasDefault) return `${text} = 0.5`;
    return isTyped ? `${text}: ${parameters[k].kind === 'value' ? '[d]' : '[]'}` : text;
  });
  functions.push({ name, takes, parameters, gives: isScalar ? 'scalar' : 'shape', bounds: body.bounds });
  return { parts: [`fn ${name}(${list.join(', ')}) = `, slot(body)] };
}

function inner(vector: Expression): Expression {
  return { ...apply('mean', [vector], vector.bounds), type: real([]), known: true };
}

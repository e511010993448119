// Functions of the file: formulas of values of one shape, and of numbers.
import type { Choices } from './choices.ts';
import { apply, literal, product, real, slot, sumOf } from './compose.ts';
import { type Shape, symbol } from './dims.ts';
import { UNIT } from './interval.ts';
import { growReal } from './real.ts';
import { type MadeFunction, Scope } from './scope.ts';
import { tamed } from './tame.ts';
import { type Expression, type Item, printParts } from './tree.ts';
import { anyShape, ofVectors } from './ways.ts';

/** A function of vectors, or of anything. */
export function growFunction(choices: Choices, functions: MadeFunction[]): Item {
  const takes = choices.of(['any', 'vectors'] as const);
  const ways = takes === 'any' ? anyShape : ofVectors;
  const scope = new Scope({
    choices,
    sizes: [],
    functions: [...functions],
    templates: [],
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
  const list = names.map((text, k) => (parameters[k].hasDefault ? `${text} = 0.5` : text));
  functions.push({ name, takes, parameters, gives: isScalar ? 'scalar' : 'shape', bounds: body.bounds });
  return { parts: [`fn ${name}(${list.join(', ')}) = `, slot(body)] };
}

function inner(vector: Expression): Expression {
  return { ...apply('mean', [vector], vector.bounds), type: real([]), known: true };
}

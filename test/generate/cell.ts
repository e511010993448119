// Cells: a header, what is given, a body, and what is handed out; and what others need to know to apply them.
import { Body, type Surroundings } from './body.ts';
import type { Choices } from './choices.ts';
import { complex } from './complex.ts';
import { real, slot } from './compose.ts';
import { type Dim, number, type Shape } from './dims.ts';
import { growUnit } from './real.ts';
import type { Named, Output, Scope, Template } from './scope.ts';
import type { Block, Part } from './tree.ts';

/** What is given: most often a vector at each step. */
function growInputs(body: Body, choices: Choices): void {
  const { scope } = body;
  const many = choices.weighted([
    [3, 1],
    [2, 2],
    [1, 3],
  ]);
  const type = (): Named['type'] =>
    choices.oneIn(4)
      ? { kind: 'index', categories: categories(scope, choices) }
      : choices.oneIn(8)
        ? complex(givenShape(scope, choices))
        : real(givenShape(scope, choices));
  for (let k = 0; k < many; k++) body.input('input', k === 0 ? 'x' : 'w', type(), false);
  if (choices.oneIn(4)) body.input('input', 'who', type(), true);
}

export function categories(scope: Scope, choices: Choices): Dim {
  return choices.oneIn(3) ? number(choices.between(2, 4)) : scope.dim();
}

/** Sizes that an argument tells: each stands alone. */
function givenShape(scope: Scope, choices: Choices): Shape {
  const rank = choices.weighted([
    [1, 0],
    [7, 1],
    [2, 2],
  ]);
  return Array.from({ length: rank }, () => (choices.oneIn(8) ? number(choices.between(1, 3)) : scope.dim()));
}

interface Header {
  readonly text: string;
  readonly defaults: ReadonlyMap<string, number>;
  readonly hasHyperparameter: boolean;
  readonly hyperparameterHasDefault: boolean;
}

/** The header's text. Only what is applied may leave a hyperparameter to who applies it. */
function growHeader(body: Body, choices: Choices, sizes: readonly string[], isApplied: boolean): Header {
  const defaults = new Map<string, number>();
  const texts = sizes.map((name, k) => {
    if (k < sizes.length - 1 || !choices.oneIn(3)) return name;
    defaults.set(name, choices.between(2, 3));
    return `${name} = ${defaults.get(name)}`;
  });
  const hasHyperparameter = choices.oneIn(4);
  // What has no default does not follow what has one.
  const needsDefault = !isApplied || defaults.size > 0 || choices.oneIn(2);
  if (hasHyperparameter) {
    body.hyperparameter('rate');
    texts.push(`rate: real${needsDefault ? ' = 0.3' : ''}`);
  }
  return { text: texts.join(', '), defaults, hasHyperparameter, hyperparameterHasDefault: needsDefault };
}

/** A header and a body. */
export function growBody(around: Surroundings, isApplied: boolean): { body: Body; head: Header } {
  const { choices, sizes } = around;
  const body = new Body(around);
  const head = growHeader(body, choices, sizes, isApplied);
  growInputs(body, choices);
  for (let k = choices.between(0, 3); k > 0; k--) body.state();
  if (choices.oneIn(2)) body.instance();
  body.grow();
  return { body, head };
}

/** The real equations that nothing has used, or some other. */
export function results(body: Body): Named[] {
  const { scope } = body;
  const isMade = ({ text, rate }: Named): boolean =>
    rate !== 'constant' && !text.includes(' ') && !body.inputs.some(({ name }) => name === text);
  const made = scope.names.filter(isMade);
  const loose = made.filter(({ text }) => !scope.used.has(text));
  return loose.length > 0 ? loose : made.slice(-1);
}

export function growCell(around: Surroundings, name: string): { block: Block; template: Template } {
  const { choices, sizes } = around;
  const { body, head } = growBody(around, name !== 'Main');
  const { scope } = body;
  const found = results(body).filter(({ text }) => !text.includes('.'));
  if (!found.some(({ type }) => type.kind === 'real')) {
    found.push(body.equation(choices.oneIn(3) ? [] : [scope.dim()], 'step', 0, 'y'));
  }
  const outputs = found.filter(({ rate }) => rate !== 'constant');
  if (outputs.length === 0) {
    const [given] = body.inputs;
    outputs.push(alive(body, given.name));
  }
  const ends = outputs.map(({ text }) => ({ parts: [`output ${text}`] as Part[] }));
  const handed: Output[] = outputs.map(({ text, type, rate, bounds }) => {
    return { name: text, type, rate: rate === 'once' ? 'once' : 'step', bounds };
  });
  if (choices.oneIn(5)) {
    // An expression: it is called `output`.
    const dim = scope.dim();
    const value = growUnit(scope, [dim], body.place('step', body.stages - 1, false));
    if (value.rate === 'step' && value.level !== 'word') {
      ends.push({ parts: ['output ', slot(value)] });
      handed.push({ name: 'output', type: real([dim]), rate: 'step', bounds: value.bounds });
    }
  }
  const block: Block = { name, header: `cell ${name}(${head.text})`, items: body.finished(ends) };
  const { inputs, states } = body;
  const told = new Set(
    inputs.flatMap(({ type }) => {
      const dims = type.kind === 'index' ? [type.categories] : type.shape;
      return dims.flatMap((dim) => (dim.length === 1 && dim[0][1] === 1 ? [dim[0][0]] : []));
    }),
  );
  const template: Template = {
    name,
    sizes: sizes.map((size) => ({
      name: size,
      inferred: told.has(size),
      defaultValue: head.defaults.get(size),
    })),
    hyperparameters: head.hasHyperparameter
      ? [{ name: 'rate', hasDefault: head.hyperparameterHasDefault }]
      : [],
    inputs,
    outputs: handed,
    states,
    isPointwise: scope.isPointwise && inputs.every(({ once }) => !once),
    hasState: scope.hasState,
    stages: 1 + Math.max(body.stages - 1, ...scope.names.map(({ stage }) => stage)),
  };
  return { block, template };
}

/** An equation that hears an input: for the rare cell whose equations are all of weights alone. */
function alive(body: Body, input: string): Named {
  const { scope } = body;
  const named = scope.names.find(({ text }) => text === input)!;
  const value = scope.refer(named);
  const name = scope.fresh('y');
  body.items.push({ parts: [`${name} = `, slot(value)] });
  const made = { ...named, text: name };
  scope.define(made);
  return made;
}

// A whole file: functions, cells that use each other, and a cell or a model at the end.
import { affineWays } from './affine.ts';
import { Body, type Surroundings } from './body.ts';
import { SIZE_NAMES } from './case.ts';
import { Choices } from './choices.ts';
import { apply, difference, listed, literal, product, real, slot, sumOf } from './compose.ts';
import { growIndex } from './condition.ts';
import { type Dim, number, type Shape, shapeText, symbol } from './dims.ts';
import { elementwiseWays } from './elementwise.ts';
import { guardedWays } from './guarded.ts';
import { imported } from './imported.ts';
import { interval, UNIT } from './interval.ts';
import { timeWays } from './over-time.ts';
import { growReal } from './real.ts';
import { type MadeFunction, type Named, Scope, type Template, type Ways } from './scope.ts';
import { shapedWays } from './shaped.ts';
import { tamed } from './tame.ts';
import { templateWays } from './templates.ts';
import type { Block, Expression, File, Item, Part } from './tree.ts';

/** Ways that know any shape, those that look at whole vectors, and all. */
const anyShape: Ways = [...elementwiseWays, ...guardedWays];
const ofVectors: Ways = [...anyShape, ...shapedWays];
const ofCells: Ways = [...ofVectors, ...affineWays, ...timeWays, ...templateWays];

/** The program of a seed. */
export function growFile(seed: number): File {
  const choices = new Choices(seed);
  // Most programs are small: what goes wrong in large ones mostly goes wrong in small ones, too.
  const size = choices.weighted([
    [4, 1],
    [4, 2],
    [2, 3],
  ]);
  const lines: Item[] = [];
  const functions: MadeFunction[] = [];
  for (let k = choices.between(0, size); k > 1; k--) lines.push(growFunction(choices, functions));
  const templates: Template[] = [];
  if (choices.oneIn(4)) lines.unshift(imported(choices, templates));
  const blocks: Block[] = [];
  const around = (equations: number, depth: number, sizes: readonly string[]): Surroundings => ({
    choices,
    functions,
    templates: [...templates],
    ways: ofCells,
    equations,
    depth,
    sizes,
  });
  for (let k = choices.between(0, size); k > 0; k--) {
    const { block, template } = growCell(
      around(choices.between(0, 2), 2, header(choices)),
      `C${blocks.length + 1}`,
    );
    blocks.push(block);
    templates.push(template);
  }
  const last = around(choices.between(1, 2 * size), size === 1 ? 2 : 3, header(choices));
  blocks.push(choices.oneIn(2) ? growModel(last) : growCell(last, 'Main').block);
  return { lines, blocks };
}

function header(choices: Choices): string[] {
  return SIZE_NAMES.slice(0, choices.between(1, 3));
}

/** A function of vectors, or of anything. */
function growFunction(choices: Choices, functions: MadeFunction[]): Item {
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
    if (scope.used.has(named.text)) continue;
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
      : real(givenShape(scope, choices));
  for (let k = 0; k < many; k++) body.input('input', k === 0 ? 'x' : 'w', type(), false);
  if (choices.oneIn(4)) body.input('input', 'who', type(), true);
}

function categories(scope: Scope, choices: Choices): Dim {
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

function growInside(body: Body, choices: Choices): Body {
  growInputs(body, choices);
  for (let k = choices.between(0, 3); k > 0; k--) body.state();
  if (choices.oneIn(2)) body.instance();
  body.grow();
  return body;
}

/** The real equations that nothing has used, or some other. */
function results(body: Body): Named[] {
  const { scope } = body;
  const isMade = ({ text, rate }: Named): boolean =>
    rate !== 'constant' && !text.includes(' ') && !body.inputs.some(({ name }) => name === text);
  const made = scope.names.filter(isMade);
  const loose = made.filter(({ text }) => !scope.used.has(text));
  return loose.length > 0 ? loose : made.slice(-1);
}

function growCell(around: Surroundings, name: string): { block: Block; template: Template } {
  const { choices, sizes } = around;
  const body = new Body(around);
  const head = growHeader(body, choices, sizes, name !== 'Main');
  growInside(body, choices);
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
  const block: Block = {
    name,
    header: `cell ${name}(${head.text})`,
    items: body.finished(outputs.map(({ text }) => ({ parts: [`output ${text}`] }))),
  };
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
    outputs: outputs.map(({ text, type, rate, bounds }) => {
      return { name: text, type, rate: rate === 'once' ? 'once' : 'step', bounds };
    }),
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

function growModel(around: Surroundings): Block {
  const { choices, sizes } = around;
  const body = new Body(around);
  const head = growHeader(body, choices, sizes, false);
  growInside(body, choices);
  const ends: Item[] = [];
  growLoss(body, choices, ends);
  // What the loss does not hear is handed out.
  const loose = results(body).filter(({ text }) => !text.includes('.') && !body.scope.used.has(text));
  for (const { text } of loose) ends.push({ parts: [`output ${text}`] });
  return { name: 'Main', header: `model Main(${head.text})`, items: body.finished(ends) };
}

/** Targets, the loss, metrics, and how the sequence goes on. */
function growLoss(body: Body, choices: Choices, ends: Item[]): void {
  const { scope } = body;
  const isOnce = choices.oneIn(3);
  const rate = isOnce ? 'once' : 'step';
  const stage = isOnce ? Math.max(1, body.stages - 1) : choices.between(0, body.stages - 1);
  const place = body.place(rate, stage, false);
  // Hears what nothing has heard yet, so that the gradient reaches it.
  const loose = results(body).filter(
    ({ type, known, rate: own }) =>
      type.kind === 'real' && own === 'step' && (known || type.shape.length > 0),
  );
  const also = loose.map((named): Expression => {
    const e = scope.refer(named);
    const mean = named.type.kind === 'real' && named.type.shape.length === 0 ? e : scalarMean(e);
    return rate === 'step' && named.stage <= stage ? mean : overTime(mean);
  });
  const terms = also.filter((e) => e.rate === rate);
  if (choices.oneIn(2)) {
    const dim = categories(scope, choices);
    const logits = body.equation([dim], rate, stage, 'logits');
    const label = body.input('target', 'label', { kind: 'index', categories: dim }, isOnce);
    const both = listed([scope.refer(logits), scope.refer(label)]);
    const [name] = [scope.fresh('accuracy')];
    ends.push({ parts: ['loss ', ...added(['cross_entropy(', ...both, ')'], terms)] });
    ends.push({ parts: [`metric ${name} = argmax(${logits.text}) == ${label.text}`] });
    ends.push({ parts: [`metric surprise = cross_entropy(`, ...both, ') / log(2)'] });
    const input = body.inputs.find(
      ({ type, once, name: own }) =>
        own !== label.text &&
        !once &&
        type.kind === 'index' &&
        shapeText([type.categories]) === shapeText([dim]),
    );
    if (input !== undefined && logits.rate === 'step') {
      ends.push({ parts: [`generate ${input.name} ~ categorical(${logits.text})`] });
    }
    return;
  }
  const shape = choices.oneIn(3) ? [] : [scope.dim()];
  const answer = body.equation(shape, rate, stage, 'answer');
  const target = body.input('target', 'y', real(shape), isOnce);
  const gap = difference(scope.refer(answer), scope.refer(target));
  const square: Part[] = [slot(gap, 'over'), ' ^ 2'];
  const whole: Part[] = shape.length === 0 ? square : [choices.of(['sum(', 'mean(']), ...square, ')'];
  ends.push({ parts: ['loss ', ...added(whole, terms)] });
  const far = shape.length === 0 ? ['abs(', slot(gap), ')'] : ['max(abs(', slot(gap), '))'];
  ends.push({ parts: ['metric far = ', ...far] });
  ends.push({ parts: ['metric close = ', ...far, ' < 0.43'] });
  const at = growIndex(scope, number(2), place);
  if (choices.oneIn(4)) ends.push({ parts: ['metric first = ', slot(at, 'sum'), ' == 0'] });
}

function added(parts: readonly Part[], terms: readonly Expression[]): Part[] {
  return [...parts, ...terms.flatMap((term) => [' + 0.1 * ', slot(term, 'matrix')])];
}

function scalarMean(e: Expression): Expression {
  return { ...apply('mean', [e], e.bounds), type: real([]), known: true };
}

function overTime(e: Expression): Expression {
  const parts = ['mean over time ', slot(e, 'over')];
  return { ...e, level: 'over', parts, rate: 'once', stage: e.stage + 1, bounds: interval(0, 0) };
}

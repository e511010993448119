// The inside of a cell or a model: sizes, inputs, weights, states and copies of cells that feed each other, equations,
// and what becomes of a sequence when it is over. What is given and what has a past is declared first; then the
// equations grow one after the other, each from what is there by then.
import type { Choices } from './choices.ts';
import { complex, growComplex, smaller } from './complex.ts';
import { difference, literal, product, real, shapeOf, slot, sumOf } from './compose.ts';
import { growBool, growIndex } from './condition.ts';
import { type Dim, number, part, plus, type Shape, shapeText, substitute, times } from './dims.ts';
import { type Interval, interval, isWithin, UNIT } from './interval.ts';
import { growLively, growReal, growUnit } from './real.ts';
import type { MadeFunction, Named, Place, Template, Ways } from './scope.ts';
import { Scope } from './scope.ts';
import { sigmoid, tamed, tanh } from './tame.ts';
import { application, applied, type Copy, copyOf, layered, rateOf, typeIn } from './templates.ts';
import { type Expression, type Item, type Part, printParts, type ValueType } from './tree.ts';
import type { Wrapper } from './wrapper.ts';

/** What stands around a block, and how large it shall be. */
export interface Surroundings {
  readonly choices: Choices;
  readonly functions: readonly MadeFunction[];
  readonly templates: readonly Template[];
  readonly wrappers: readonly Wrapper[];
  readonly ways: Ways;
  /** How many equations of its own, roughly. */
  readonly equations: number;
  /** How deep these are. */
  readonly depth: number;
  /** Its sizes are those of the header; one is used by `index`. */
  readonly sizes: readonly string[];
}

/** A state that waits for its equation. */
interface Waiting {
  readonly name: string;
  readonly shape: Shape;
  readonly bounds: Interval;
  readonly stage: number;
}

/** A copy of a cell that waits for its application. */
interface WaitingCopy {
  readonly name: string;
  readonly copy: Copy;
  readonly stage: number;
}

/** States may become as large as the sum of all steps. */
const ACCUMULATED: Interval = interval(-101, 101);

export class Body {
  readonly scope: Scope;
  readonly items: Item[] = [];
  /** Inputs and targets as they are applied. */
  readonly inputs: { name: string; type: ValueType; once: boolean }[] = [];
  readonly states: { name: string; shape: Shape; bounds: Interval }[] = [];
  readonly #choices: Choices;
  readonly #depth: number;
  readonly #equations: number;
  /** Whether something happens after the end: then there is a second stage. */
  readonly stages: number;
  readonly #waiting: Waiting[] = [];
  readonly #copies: WaitingCopy[] = [];

  constructor({ choices, functions, templates, wrappers, ways, equations, depth, sizes }: Surroundings) {
    this.#choices = choices;
    this.#depth = depth;
    this.#equations = equations;
    this.scope = new Scope({ choices, sizes, functions, templates, wrappers, inside: 'cell', ways });
    this.stages = choices.weighted([
      [6, 1],
      [3, 2],
      [1, 3],
    ]);
  }

  hyperparameter(name: string): void {
    const facts = { rate: 'constant', stage: 0, bounds: interval(0.1, 0.9), known: true } as const;
    this.scope.hyperparameters.push(this.scope.fresh(name));
    this.scope.define({ text: name, type: real([]), ...facts });
  }

  input(word: 'input' | 'target', like: string, type: ValueType, once: boolean): Named {
    const name = this.scope.fresh(like);
    const text = `${once ? 'once ' : ''}${typeText(type)}`;
    this.items.push({ parts: [`${word} ${name}: ${text}`] });
    const known = type.kind === 'index' || shapeOfType(type).length === 0;
    const named = { text: name, type, rate: once ? 'once' : 'step', stage: 0, bounds: UNIT, known } as const;
    // What a target says is for the loss alone.
    if (word === 'input') this.scope.define(named);
    this.inputs.push({ name, type, once });
    return named;
  }

  /** A shape of rank 0 to 2; now and then with a size that is computed. */
  shape(): Shape {
    const rank = this.#choices.weighted([
      [2, 0],
      [6, 1],
      [2, 2],
    ]);
    return Array.from({ length: rank }, () => this.dim());
  }

  dim(): Dim {
    const { scope } = this;
    const m = scope.dim();
    return this.#choices.weighted<Dim>([
      [14, m],
      [1, times(number(2), m)],
      [1, plus(m, number(1))],
      [1, plus(m, scope.dim())],
      [1, number(this.#choices.between(1, 3))],
    ]);
  }

  place(rate: 'once' | 'step', stage: number, open: boolean): Place {
    return { rate, stage, depth: this.#choices.between(1, this.#depth), open, known: false };
  }

  /** A state, with what it starts from; its equation comes later. */
  state(): void {
    const { scope } = this;
    const choices = this.#choices;
    const shape = this.shape();
    const stage = choices.between(0, this.stages - 1);
    const name = scope.fresh(choices.of(shape.length === 2 ? ['S', 'M'] : ['h', 'c', 's']));
    const bounds = choices.oneIn(4) ? ACCUMULATED : UNIT;
    const start = choices.oneIn(2) ? this.#start(shape, stage) : undefined;
    const parts: Part[] = [`state ${name}: ${shapeText(shape)}`];
    if (start !== undefined) parts.push(' = ', slot(start));
    this.items.push({ parts });
    this.states.push({ name, shape, bounds });
    this.#waiting.push({ name, shape, bounds, stage });
    this.#past(name, shape, bounds, stage);
    scope.isPointwise = false;
    scope.hasState = true;
  }

  /** A weight, something once, the end of something: between -1 and 1. */
  #start(shape: Shape, stage: number): Expression {
    const place = { ...this.place('once', stage, false), depth: this.#choices.between(0, 2) };
    if (this.#choices.oneIn(5)) return literal(this.#choices.of([0.5, 1]));
    if (this.#choices.oneIn(2)) return tamed(this.scope, this.scope.parameter(shape), 1);
    return growUnit(this.scope, shape, place);
  }

  #past(name: string, shape: Shape, bounds: Interval, stage: number): void {
    const facts = { rate: 'step', stage, bounds, known: shape.length === 0 } as const;
    this.scope.define({ text: `prev ${name}`, type: real(shape), ...facts });
  }

  /** A named copy of a cell, whose past may be looked at before it is applied. */
  instance(): void {
    const { scope } = this;
    const found = scope.templates.filter(({ stages, isPointwise }) => stages <= this.stages || isPointwise);
    if (found.length === 0) return;
    const template = this.#choices.of(found);
    const copy = copyOf(scope, template, new Map(), false, template.hasState);
    const name = scope.fresh(this.#choices.of(['low', 'top', 'mid']));
    const stage = this.#choices.between(template.stages - 1, Math.max(template.stages, this.stages) - 1);
    this.#copies.push({ name, copy, stage });
    if (!template.hasState) return;
    this.items.push({ parts: [`${name} = ${copy.text}`] });
    for (const { name: state, shape, bounds } of template.states) {
      const own = shape.map((dim) => substitute(dim, copy.sizes));
      this.states.push({ name: `${name}.${state}`, shape: own, bounds });
      this.#past(`${name}.${state}`, own, bounds, stage);
    }
  }

  /** All equations: the free ones, those of the states, and the applications. */
  grow(): void {
    const choices = this.#choices;
    const free = Array.from({ length: this.#equations }, () => () => this.#free());
    const states = this.#waiting.map((state) => () => this.#next(state));
    const copies = this.#copies.map((copy) => () => this.#apply(copy));
    for (const step of choices.shuffled([...free, ...states, ...copies])) step();
    if (this.stages > 1) this.#ending();
  }

  #free(): void {
    const choices = this.#choices;
    const stage = choices.between(0, this.stages - 1);
    choices.weighted<() => void>([
      [12, () => this.equation(this.shape(), 'step', stage)],
      [2, () => this.#once(stage)],
      [1, () => this.#condition(stage)],
      [1, () => this.#category(stage)],
      [1, () => this.#keptCategory(stage)],
      [3, () => this.#split(stage)],
      [1, () => this.#fedBack(stage)],
      [2, () => this.#complex(stage)],
      [this.scope.templates.length > 0 ? 3 : 0, () => this.#several(stage)],
      [this.stages > 1 ? 4 : 0, () => this.#layered()],
    ])();
  }

  /** Something that is left when all steps are over. */
  #ending(): void {
    const many = this.#choices.between(1, 2);
    for (let k = 0; k < many; k++) this.equation(this.shape(), 'once', this.stages - 1);
  }

  #once(stage: number): void {
    this.equation(this.shape(), 'once', stage);
  }

  /** `y = ...`, with its type where that follows from nothing else. */
  equation(shape: Shape, rate: 'once' | 'step', stage: number, like = 'a'): Named {
    const value = tamed(
      this.scope,
      growReal(this.scope, shape, this.place(rate, stage, shape.length < 2)),
      4,
    );
    return this.#define(value, shape, like);
  }

  #define(value: Expression, shape: Shape, like: string): Named {
    const name = this.scope.fresh(like);
    const typed = value.open || (value.type.kind === 'real' && this.#choices.oneIn(6));
    this.items.push({ parts: [`${name}${typed ? `: ${shapeText(shape)}` : ''} = `, slot(value)] });
    const known = value.known || (typed && shape.length === 0);
    const named = {
      text: name,
      type: value.type,
      rate: value.rate,
      stage: value.stage,
      bounds: value.bounds,
      known,
    };
    this.scope.define(named);
    return named;
  }

  /** An equation that needs what it was: `z: [n] = ... delay(z, 2) ...`. */
  #fedBack(stage: number): void {
    const { scope } = this;
    const shape = this.shape();
    const name = scope.fresh('z');
    const facts = {
      type: real(shape),
      rate: 'step',
      stage,
      bounds: UNIT,
      known: shape.length === 0,
    } as const;
    const past = { text: `delay(${name}, ${this.#choices.between(1, 3)})`, ...facts };
    scope.define(past);
    const said = growLively(scope, shape, this.place('step', stage, shape.length < 2));
    const value = tanh(sumOf(said, product(literal(0.5), scope.refer(past))));
    this.items.push({ parts: [`${name}: ${shapeText(shape)} = `, slot(value)] });
    scope.isPointwise = false;
    scope.hasState = true;
    scope.define({ text: name, ...facts });
  }

  /** A complex equation, or a complex state that turns and decays, and takes something in. */
  #complex(stage: number): void {
    const { scope } = this;
    const choices = this.#choices;
    const shape = this.shape();
    const place = this.place('step', stage, false);
    const known = shape.length === 0;
    if (choices.oneIn(2)) {
      const name = scope.fresh('c');
      const value = growComplex(scope, shape, { ...place, rate: choices.oneIn(4) ? 'once' : 'step' });
      const typed = choices.oneIn(3) ? `: complex ${shapeText(shape)}` : '';
      this.items.push({ parts: [`${name}${typed} = `, slot(value)] });
      const { type, rate, stage: own, bounds } = value;
      scope.define({
        text: name,
        type,
        rate,
        stage: own,
        bounds,
        known: value.known || (known && typed !== ''),
      });
      return;
    }
    const name = scope.fresh('r');
    const start = choices.of(['', ' = 0.5', ' = complex(0, 1)']);
    this.items.push({ parts: [`state ${name}: complex ${shapeText(shape)}${start}`] });
    const facts = { rate: 'step', stage, bounds: interval(-Math.SQRT2, Math.SQRT2), known } as const;
    scope.define({ text: `prev ${name}`, type: complex(shape), ...facts });
    const angle = growUnit(scope, shape, place);
    const said = smaller(growComplex(scope, shape, place), 0.5);
    this.items.push({
      parts: [`${name} = 0.5 * cis(`, slot(angle), `) * prev ${name} + `, slot(said, 'product')],
    });
    scope.isPointwise = false;
    scope.hasState = true;
    scope.define({
      text: name,
      type: complex(shape),
      ...facts,
      stage: Math.max(stage, said.stage, angle.stage),
    });
  }

  #condition(stage: number): void {
    const shape = this.#choices.oneIn(2) ? [] : [this.dim()];
    const grown = growBool(this.scope, shape, this.place('step', stage, false));
    this.#define({ ...grown, open: false }, shapeOf(grown), 'is');
  }

  #category(stage: number): void {
    const grown = growIndex(this.scope, this.dim(), this.place('step', stage, false));
    const name = this.scope.fresh('k');
    this.items.push({ parts: [`${name} = `, slot(grown)] });
    const { type, rate, stage: own } = grown;
    this.scope.define({ text: name, type, rate, stage: own, bounds: UNIT, known: true });
  }

  /** A category with a past: `state p: index(m)`, `p = if ... then k else prev p`. */
  #keptCategory(stage: number): void {
    const { scope } = this;
    const categories = this.dim();
    const name = scope.fresh('p');
    const type: ValueType = { kind: 'index', categories };
    const facts = { type, rate: 'step', stage, bounds: UNIT, known: true } as const;
    const start = this.#choices.oneIn(3) ? ' = 0' : '';
    this.items.push({ parts: [`state ${name}: ${typeText(type)}${start}`] });
    scope.define({ text: `prev ${name}`, ...facts });
    scope.define({ text: `delay(${name}, ${this.#choices.between(1, 2)})`, ...facts });
    const grown = growIndex(scope, categories, this.place('step', stage, false));
    this.items.push({ parts: [`${name} = `, slot(grown)] });
    scope.isPointwise = false;
    scope.hasState = true;
    scope.define({ text: name, ...facts });
  }

  /** `a, b = split(z, 2)`. */
  #split(stage: number): void {
    const { scope } = this;
    const count = this.#choices.between(2, 4);
    const others = this.#choices.oneIn(5) ? [this.dim()] : [];
    const first = this.dim();
    const shape = [times(number(count), first), ...others];
    const open = others.length === 0 && this.#choices.oneIn(2);
    const value = tamed(scope, growReal(scope, shape, this.place('step', stage, open)), 4);
    const own: Shape = [part(shape[0], count)!, ...others];
    const names = Array.from({ length: count }, (_, k) => scope.fresh('ijuv'[k]));
    const typed = value.open ? `: ${shapeText(own)}` : '';
    this.items.push({ parts: [`${names.join(', ')}${typed} = split(`, slot(value), `, ${count})`] });
    const { rate, stage: needed, bounds } = value;
    for (const text of names)
      scope.define({ text, type: real(own), rate, stage: needed, bounds, known: false });
  }

  /** `a, b = C(m: 4)(x)`: a copy without a name, with one or several outputs. */
  #several(stage: number): void {
    const { scope } = this;
    const template = this.#choices.of(scope.templates);
    const copy = copyOf(scope, template, new Map(), false);
    const place = this.place('step', stage, false);
    const made = application(scope, copy, copy.text, place);
    if (made !== undefined) this.#outputs(copy, made, place);
  }

  /** `y = bidirectional(C)(x)` and the like: in an even size, so that both directions have a place. */
  #layered(): void {
    const stage = this.stages - 1;
    const shape = [times(number(2), this.scope.dim())];
    for (let tries = 4; tries > 0; tries--) {
      const value = layered(this.scope, shape, this.place('step', stage, false));
      if (value === undefined) continue;
      this.#define(value, shape, 'y');
      return;
    }
  }

  #outputs({ template, sizes }: Copy, made: Expression, place: Place): void {
    const { scope } = this;
    const { outputs } = template;
    const names = outputs.map(() => scope.fresh('y'));
    const types = outputs.map(({ type }) => typeIn(type, sizes));
    const [type] = types;
    const isScalar = outputs.length === 1 && type.kind === 'real' && type.shape.length === 0;
    const typed = isScalar && this.#choices.oneIn(2);
    const left = `${names.join(', ')}${typed ? ': []' : ''}`;
    this.items.push({ parts: [`${left} = `, slot(made)] });
    for (const [k, output] of outputs.entries()) {
      const rate = made.rate === 'constant' ? 'constant' : rateOf(template, output, place);
      const known = (types[k].kind === 'real' && typed) || types[k].kind === 'index';
      scope.define({ text: names[k], type: types[k], rate, stage: made.stage, bounds: output.bounds, known });
    }
  }

  /** The application of a named copy; then its states are seen, too. */
  #apply({ name, copy, stage }: WaitingCopy): void {
    const { scope } = this;
    const { template, sizes } = copy;
    const place = { ...this.place('step', stage, false), stage };
    const made = application(scope, copy, name, place);
    if (!template.hasState) {
      // Without a past it is declared where it is applied, and may be applied again.
      if (made === undefined) return;
      this.items.push({ parts: [`${name} = ${copy.text}`] });
      this.#outputs(copy, made, place);
      const again = this.#choices.oneIn(3) ? application(scope, copy, name, place) : undefined;
      if (again !== undefined) this.#outputs(copy, again, place);
      return;
    }
    if (made === undefined) throw new Error(`no place for ${name}`);
    applied(scope, template);
    this.#outputs(copy, { ...made, stage }, place);
    for (const { name: output, type, rate, bounds } of template.outputs) {
      const text = `${name}.${output}`;
      if (template.states.some((state) => state.name === output)) continue;
      scope.define({ text, type: typeIn(type, sizes), rate, stage, bounds, known: type.kind === 'index' });
    }
    for (const { name: state, shape, bounds } of template.states) {
      const own = shape.map((dim) => substitute(dim, sizes));
      const facts = { rate: 'step', stage, bounds, known: own.length === 0 } as const;
      scope.define({ text: `${name}.${state}`, type: real(own), ...facts });
    }
  }

  /** The value of a state at each step, which stays within its bounds. */
  #next({ name, shape, bounds, stage }: Waiting): void {
    const { scope } = this;
    const choices = this.#choices;
    const place = this.place('step', stage, shape.length < 2);
    const isOwn = (text: string): boolean => text === `prev ${name}`;
    const past = scope.refer(scope.names.find(({ text }) => isOwn(text))!);
    // From what it says, or from its past and what it says.
    const said = growLively(scope, shape, place);
    const value = isWithin(bounds, UNIT)
      ? choices.weighted<() => Expression>([
          [5, () => tanh(choices.oneIn(2) ? said : sumOf(said, past))],
          [3, () => this.#mixed(past, tamed(scope, said, 1), shape, place)],
          [1, () => tamed(scope, said, 1)],
        ])()
      : choices.weighted<() => Expression>([
          [3, () => sumOf(past, tamed(scope, said, 1))],
          [3, () => sumOf(product(this.#gate(shape, place), past), tamed(scope, said, 1))],
        ])();
    const typed = choices.oneIn(8) ? `: ${shapeText(shape)}` : '';
    this.items.push({ parts: [`${name}${typed} = `, slot(value)] });
    const known = shape.length === 0;
    scope.define({ text: name, type: real(shape), rate: 'step', stage, bounds, known });
  }

  #gate(shape: Shape, place: Place): Expression {
    const { scope } = this;
    const choices = this.#choices;
    if (shape.length > 0 && choices.oneIn(3)) {
      return choices.oneIn(2) ? literal(choices.of([0.3, 0.5, 0.9])) : sigmoid(this.#number(place));
    }
    return sigmoid(growReal(scope, shape, place));
  }

  #number(place: Place): Expression {
    return growReal(this.scope, [], { ...place, open: false, known: true });
  }

  /** `k * past + (1 - k) * said`, for one gate with a name. */
  #mixed(past: Expression, said: Expression, shape: Shape, place: Place): Expression {
    const { scope } = this;
    const gate = this.#gate(shape, place);
    const named =
      gate.parts.length === 1 ? gate : scope.refer(this.#define(gate, gate.known ? [] : shape, 'z'));
    const mixed = sumOf(product(named, past), product(difference(literal(1), named), said));
    return { ...mixed, bounds: UNIT };
  }

  /** Everything as items, in any order: they are equations; `ends` come behind them. */
  finished(ends: readonly Item[]): Item[] {
    const { choices, items } = this.scope;
    // What was made on the way to something else is not declared: weights and functions that nothing names.
    const live = [...this.items, ...ends].map(({ parts }) => printParts(parts));
    const kept = new Set<Item>();
    for (let before = -1; before < kept.size; ) {
      before = kept.size;
      for (const item of items) {
        const text = printParts(item.parts);
        const name = (/^(?:(?:frozen )?param|fn) (\w+)/.exec(text) ?? /^(\w+)\[/.exec(text))?.[1];
        const isNamed = name === undefined || live.some((other) => new RegExp(`\\b${name}\\b`).test(other));
        if (!isNamed || kept.has(item)) continue;
        kept.add(item);
        live.push(text);
      }
    }
    const all = [...items.filter((item) => kept.has(item)), ...this.items];
    if (!choices.oneIn(3)) return [...all, ...ends];
    // But inputs stand by place where the cell is applied.
    const isInput = ({ parts }: Item): boolean =>
      typeof parts[0] === 'string' && /^(input|target) /.test(parts[0]);
    const inputs = all.filter(isInput);
    const shuffled = choices.shuffled(all).map((item) => (isInput(item) ? inputs.shift()! : item));
    return [...shuffled, ...ends];
  }
}

function shapeOfType(type: ValueType): Shape {
  return type.kind === 'index' ? [] : type.shape;
}

function typeText(type: ValueType): string {
  if (type.kind === 'index') return `index(${textOfDim(type.categories)})`;
  return `${type.kind === 'complex' ? 'complex ' : ''}${shapeText(type.shape)}`;
}

function textOfDim(dim: Dim): string {
  return shapeText([dim]).slice(1, -1);
}

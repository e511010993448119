// What can be named at one place of a program that grows: values, sizes, functions, templates; and what it needs besides
// itself: weights that are declared on the way, and what has been used.
import type { Choices } from './choices.ts';
import { word } from './compose.ts';
import { type Dim, type Shape, sameDim, sameShape, shapeText, symbol } from './dims.ts';
import { type Interval, interval, UNIT } from './interval.ts';
import type { Expression, Item, Rate, ValueType } from './tree.ts';
import type { Wrapper } from './wrapper.ts';

/** A value with a name. */
export interface Named {
  readonly text: string;
  readonly type: ValueType;
  readonly rate: Rate;
  readonly stage: number;
  readonly bounds: Interval;
  readonly known: boolean;
}

/** A function of the file, of values of one shape, and of numbers. */
export interface MadeFunction {
  readonly name: string;
  /** Any shape; or vectors, since it looks at them as a whole. */
  readonly takes: 'any' | 'vectors';
  /** Of every argument; `number` ones are [], and those at the end may have a default. */
  readonly parameters: readonly { readonly kind: 'value' | 'number'; readonly hasDefault: boolean }[];
  /** What it gives: of the shape of its values, or []. */
  readonly gives: 'shape' | 'scalar';
  readonly bounds: Interval;
}

/** A cell that can be applied. Shapes are over its own sizes. */
export interface Template {
  readonly name: string;
  /** In the order of the header. */
  readonly sizes: readonly TemplateSize[];
  readonly hyperparameters: readonly { readonly name: string; readonly hasDefault: boolean }[];
  readonly inputs: readonly { readonly name: string; readonly type: ValueType; readonly once: boolean }[];
  readonly outputs: readonly Output[];
  readonly states: readonly { readonly name: string; readonly shape: Shape; readonly bounds: Interval }[];
  /** May be applied to once values. */
  readonly isPointwise: boolean;
  /** Has a memory, of its own or in a copy of another: may be applied once. */
  readonly hasState: boolean;
  /** How many stages one application takes. */
  readonly stages: number;
}

export interface TemplateSize {
  readonly name: string;
  /** Follows from an argument. */
  readonly inferred: boolean;
  readonly defaultValue: number | undefined;
}

export interface Output {
  readonly name: string;
  readonly type: ValueType;
  readonly rate: 'once' | 'step';
  readonly bounds: Interval;
}

/** What an expression is asked to be, besides its type. */
export interface Place {
  readonly rate: 'once' | 'step';
  /** The last stage whose values may be used. */
  readonly stage: number;
  /** How deep it may be. */
  readonly depth: number;
  /** Whether the place tells the shape, so that an affine may stand there. */
  readonly open: boolean;
  /** Must be [] by its form. */
  readonly known: boolean;
}

/** A way to make a real value; undefined where it does not suit the shape or the place. */
export type Way = (scope: Scope, shape: Shape, place: Place) => Expression | undefined;

export type Ways = readonly (readonly [weight: number, way: Way])[];

interface Surroundings {
  readonly choices: Choices;
  /** The names of the header's sizes. */
  readonly sizes: readonly string[];
  readonly functions: readonly MadeFunction[];
  readonly templates: readonly Template[];
  readonly wrappers: readonly Wrapper[];
  /** In a function there is nothing but its arguments. `any`: they may have any shape. */
  readonly inside: 'cell' | 'vectors' | 'any';
  readonly ways: Ways;
}

export class Scope {
  readonly choices: Choices;
  readonly names: Named[] = [];
  /** Items that were needed on the way. */
  readonly items: Item[] = [];
  readonly used = new Set<string>();
  readonly sizes: readonly string[];
  readonly functions: readonly MadeFunction[];
  readonly templates: readonly Template[];
  readonly wrappers: readonly Wrapper[];
  readonly inside: Surroundings['inside'];
  #ways: Ways;
  readonly hyperparameters: string[] = [];
  /** Looks at one step alone. */
  isPointwise = true;
  hasState = false;
  readonly #taken = new Set<string>();

  constructor({ choices, sizes, functions, templates, wrappers, inside, ways }: Surroundings) {
    this.choices = choices;
    this.sizes = sizes;
    this.functions = functions;
    this.templates = templates;
    this.wrappers = wrappers;
    this.inside = inside;
    this.#ways = ways;
    for (const size of sizes) this.#taken.add(size);
  }

  /** How a real value can be made here. */
  get ways(): Ways {
    return this.#ways;
  }

  /** Inside of a function of the cell: its arguments are names too, there are other ways, and nothing is delayed. */
  within(own: readonly Named[], ways: Ways, grow: () => void): void {
    const before = this.#ways;
    const hidden = this.names.filter(({ text }) => text.startsWith('delay('));
    const remove = (some: readonly Named[]): void => {
      for (const named of some) this.names.splice(this.names.indexOf(named), 1);
    };
    this.#ways = ways;
    remove(hidden);
    this.names.push(...own);
    grow();
    remove(own);
    this.names.push(...hidden);
    this.#ways = before;
  }

  /** A new name that begins like this: itself, or with a number. */
  fresh(like: string): string {
    let name = like;
    for (let k = 2; this.#taken.has(name); k++) name = `${like}${k}`;
    this.#taken.add(name);
    return name;
  }

  define(named: Named): void {
    this.names.push(named);
  }

  refer(named: Named): Expression {
    const { text, type, ...facts } = named;
    this.used.add(text);
    return word(text, type, facts);
  }

  /** One of some names; rather one that nothing has used yet. */
  prefer(names: readonly Named[]): Named {
    const loose = names.filter(({ text }) => !this.used.has(text));
    return this.choices.of(loose.length > 0 && !this.choices.oneIn(3) ? loose : names);
  }

  /** Names of a type that may stand at a place. */
  fitting(type: ValueType, { rate, stage, known }: Place): Named[] {
    return this.names.filter(
      (named) =>
        (named.rate === rate || named.rate === 'constant') &&
        named.stage <= stage &&
        (!known || named.known) &&
        sameType(named.type, type),
    );
  }

  /** A weight of this shape: one that is there, or a new one. */
  parameter(shape: Shape): Expression {
    const known = this.names.filter(
      ({ rate, type }) => rate === 'constant' && type.kind === 'real' && sameShape(type.shape, shape),
    );
    if (known.length > 0 && !this.choices.oneIn(3)) return this.refer(this.choices.of(known));
    return this.declareParameter(shape);
  }

  declareParameter(shape: Shape): Expression {
    const { choices } = this;
    const name = this.fresh(choices.of(shape.length === 2 ? ['W', 'U', 'V'] : ['b', 'p', 'gain']));
    const isSquare = shape.length === 2 && sameDim(shape[0], shape[1]);
    const other = this.names.find(
      ({ text, rate, type }) =>
        rate === 'constant' &&
        type.kind === 'real' &&
        sameShape(type.shape, shape) &&
        this.items.some(({ parts }) => /^(frozen )?param (\w+)/.exec(String(parts[0]))?.[2] === text),
    );
    const frozen = choices.oneIn(8) ? 'frozen ' : '';
    const [start, bounds] = choices.weighted<readonly [string, Interval]>([
      [6, ['', UNIT]],
      [1, [' ~ glorot', UNIT]],
      [1, [' ~ normal(0.5)', UNIT]],
      [1, [' ~ uniform(-0.5, 0.5)', UNIT]],
      [1, [' ~ zeros', UNIT]],
      [1, [' = 1', interval(0.5, 1.5)]],
      [1, [' = -0.5', interval(-1, 0)]],
      [1, [` ~ ${choices.of(['he', 'lecun', 'normal(0.5, density: 0.5)', 'chrono(50)'])}`, UNIT]],
      [1, [' ~ log_uniform(0.1, 0.9)', interval(0.1, 0.9)]],
      [other === undefined ? 0 : 1, [` ~ ${choices.of(['', '-'])}${other?.text ?? ''}`, UNIT]],
      [shape.length === 2 ? 1 : 0, [' ~ orthogonal', UNIT]],
      [isSquare ? 2 : 0, [` ~ ${choices.of(['identity', 'spectral(0.9)'])}`, UNIT]],
      [isSquare || shape.length === 1 ? 1 : 0, [` ~ ${choices.of(['hippo', 'legendre(10)'])}`, UNIT]],
      [this.sizes.length > 0 ? 1 : 0, [` = 1 / (1 + ${this.sizes[0]})`, interval(-0.5, 1)]],
    ]);
    this.items.push({ parts: [`${frozen}param ${name}: ${shapeText(shape)}${start}`] });
    const named = { text: name, type: { kind: 'real', shape }, rate: 'constant', stage: 0 } as const;
    this.define({ ...named, bounds, known: shape.length === 0 });
    return this.refer(this.names[this.names.length - 1]);
  }

  /** A size that values here may have. */
  dim(): Dim {
    return symbol(this.choices.of(this.sizes));
  }
}

export function sameType(a: ValueType, b: ValueType): boolean {
  if (a.kind === 'index') return b.kind === 'index' && sameDim(a.categories, b.categories);
  return b.kind === a.kind && sameShape(a.shape, (b as typeof a).shape);
}

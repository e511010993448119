// What a checked cell means, said as plainly as can be: any value at any step is computed when it is asked for, from what
// its equation names. There are no scans, no stages and no order here, so elaboration is held against it.

import type {
  AccessNode,
  ApplicationId,
  CheckedCell,
  CheckedExpression,
  EquationId,
} from '../../src/check/checked.ts';
import type { CheckedIndex } from '../../src/check/checked-places.ts';
import { evaluateSize, type Size } from '../../src/check/size.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

export interface Value {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A copy of a cell that is applied, or the outermost cell. */
interface Scope {
  readonly cell: CheckedCell;
  readonly prefix: string;
  readonly sizes: ReadonlyMap<string, number>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly user: { readonly scope: Scope; readonly application: ApplicationId } | undefined;
  readonly applied: Scope[];
  /** Its steps are those of its user, from the last to the first. */
  readonly reverse: boolean;
  /** Looks at one value for the sequence: what it calls a step is that. */
  readonly once: boolean;
  readonly known: Map<string, Value>;
}

/** The symbol of the length of the sequence. */
const LENGTH = '@time';

/** A position on the time axis, or none: what is there once for the sequence. */
type Step = number | undefined;

export interface Given {
  readonly sizes: ReadonlyMap<string, number>;
  readonly numbers?: ReadonlyMap<string, number>;
  /** Data, weights and the starts of states, by the names of the program. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly steps: number;
  readonly offset: number;
}

/** Everything that a cell hands out, in evaluation: outputs, loss, metrics (sums over the steps), `state.NAME`. */
export function meaningOf(cell: CheckedCell, given: Given): ReadonlyMap<string, Value> {
  const sizes = new Map([...given.sizes, [LENGTH, given.steps]]);
  const root = openScope(cell, '', sizes, given.numbers ?? new Map(), undefined);
  const meaning = new Meaning(given);
  const steps = Array.from({ length: given.steps }, (_, t) => t);
  const found = new Map<string, Value>();
  for (const { name, value, rate } of cell.outputs) {
    if (rate === 'once') found.set(name, meaning.at(value, root, undefined));
    else found.set(name, stack(steps.map((t) => meaning.at(value, root, t))));
  }
  const scalars = [...(cell.loss ? [{ name: 'loss', ...cell.loss }] : []), ...cell.metrics];
  for (const { name, value, rate } of scalars) {
    const values = rate === 'once' ? [undefined] : steps;
    found.set(name, values.map((t) => meaning.at(value, root, t)).reduce(zip((a, b) => a + b)));
  }
  for (const [name, value] of meaning.lastStates(root)) found.set(`state.${name}`, value);
  return found;
}

function openScope(
  cell: CheckedCell,
  prefix: string,
  sizes: ReadonlyMap<string, number>,
  given: ReadonlyMap<string, number>,
  user: Scope['user'],
): Scope {
  const application = user?.scope.cell.applications[user.application];
  const numbers = new Map(given);
  const scope: Scope = {
    cell,
    prefix,
    sizes,
    numbers,
    user,
    applied: [],
    reverse: (user?.scope.reverse ?? false) !== (application?.reverse ?? false),
    once: user !== undefined && (user.scope.once || application?.rate !== 'step'),
    known: new Map(),
  };
  const number = (e: CheckedExpression): number =>
    new Meaning({ sizes, inputs: new Map(), steps: 0, offset: 0 }).at(e, scope, undefined).data[0];
  for (const { name, defaultValue } of cell.hyperparameters) {
    if (!numbers.has(name)) numbers.set(name, number(defaultValue!));
  }
  cell.applications.forEach((inner, id) => {
    const instance = cell.instances.find((one) => one.name === inner.instance)!;
    scope.applied.push(
      openScope(
        instance.cell,
        `${prefix}${instance.name}.`,
        new Map([
          [LENGTH, sizes.get(LENGTH)!],
          ...[...instance.sizes].map(([name, size]) => [name, evaluateSize(size, sizes)!] as const),
        ]),
        new Map([...instance.hyperparameters].map(([name, e]) => [name, number(e)])),
        { scope, application: id as ApplicationId },
      ),
    );
  });
  return scope;
}

class Meaning {
  readonly #given: Given;
  /** The numbers that indices have at the moment, by id. */
  readonly #indices = new Map<number, number>();
  /** The loops that what is computed stands in. */
  readonly #rounds = new Map<
    number,
    { readonly value: Value; readonly number: number; readonly locals: readonly CheckedExpression[] }
  >();

  constructor(given: Given) {
    this.#given = given;
  }

  /** The states of a scope and all in it, after the last of its steps. */
  lastStates(scope: Scope): readonly (readonly [name: string, value: Value])[] {
    const last = scope.reverse ? 0 : this.#given.steps - 1;
    return [
      ...scope.cell.states.map(
        (state) => [scope.prefix + state.name, this.#equation(state.equation, scope, last)] as const,
      ),
      ...scope.applied.flatMap((inner) => this.lastStates(inner)),
    ];
  }

  at(e: CheckedExpression, scope: Scope, t: Step): Value {
    const { cell } = scope;
    const of = (inner: CheckedExpression): Value => this.at(inner, scope, t);
    switch (e.kind) {
      case 'literal':
        return scalar(e.value);
      case 'size':
        return scalar(evaluateSize(e.size, scope.sizes)!);
      case 'hyperparameter':
        return scalar(scope.numbers.get(e.name)!);
      case 'step-number':
        return scalar(this.#given.offset + t!);
      case 'parameter':
        return this.#input(scope.prefix + e.name, undefined);
      case 'input': {
        const position = cell.inputs.findIndex((input) => input.name === e.name);
        if (scope.user !== undefined) {
          const { scope: outer, application } = scope.user;
          return this.at(outer.cell.applications[application].arguments[position], outer, t);
        }
        const once = [...cell.inputs, ...cell.targets].find((i) => i.name === e.name)!.type.rate === 'once';
        return this.#input(e.name, once ? undefined : t);
      }
      case 'equation':
        return this.#equation(e.equation, scope, t);
      case 'previous':
        return this.#previous(e.state, scope, t!);
      case 'instance-state': {
        const [state, inner] = stateOf(e.state, scope);
        return this.#equation(state.equation, inner, t);
      }
      case 'apply': {
        const inner = scope.applied[e.application];
        return this.at(inner.cell.outputs[e.output].value, inner, t);
      }
      case 'over-time': {
        // In the order of time, whichever way the cell runs.
        if (e.reducer === 'all') {
          return stack(Array.from({ length: this.#given.steps }, (_, s) => this.at(e.operand, scope, s)));
        }
        const all = this.#steps(scope).map((s) => this.at(e.operand, scope, s));
        if (e.reducer === 'last') return all[all.length - 1];
        if (e.reducer === 'first') return all[0];
        if (e.reducer === 'max') return all.reduce(zip(Math.max));
        const sum = all.reduce(zip((a, b) => a + b));
        return e.reducer === 'sum' ? sum : map(sum, (x) => x / all.length);
      }
      case 'each-step':
        return this.at(e.operand, scope, undefined);
      case 'oldest': {
        const { shape, data } = of(e.operand);
        const width = data.length / shape[0];
        return { shape: shape.slice(1), data: data.slice(data.length - width) };
      }
      case 'newest': {
        const [value, past] = [of(e.operand), of(e.past)];
        return { shape: past.shape, data: [...value.data, ...past.data].slice(0, past.data.length) };
      }
      case 'chain':
        return e.rest.reduce((left, link) => {
          const right = of(link.operand);
          return link.operator === '@' ? product(left, right) : zip(operators[link.operator])(left, right);
        }, of(e.first));
      case 'power':
        return e.operands.map(of).reduceRight((exponent, base) => zip((a, b) => a ** b)(base, exponent));
      case 'comparison':
        return zip(comparisons[e.operator])(of(e.left), of(e.right));
      case 'primitive':
        return primitive(e.name, e.operands.map(of));
      case 'if': {
        // Element by element: a condition of [] is that of all.
        const shape = e.type.shape.map((size) => evaluateSize(size, scope.sizes)!);
        const cases = e.cases.map((c) => [of(c.condition), of(c.value)] as const);
        const otherwise = of(e.otherwise);
        return build(shape, (i) => {
          const chosen = cases.find(([condition]) => entry(condition, i) !== 0);
          return entry(chosen === undefined ? otherwise : chosen[1], i);
        });
      }
      case 'slice': {
        const { shape, data } = of(e.operand);
        const [start, size] = [e.start, e.size].map((s: Size) => evaluateSize(s, scope.sizes)!);
        const row = data.length / shape[0];
        return { shape: [size, ...shape.slice(1)], data: data.slice(start * row, (start + size) * row) };
      }
      case 'spread': {
        const operand = of(e.operand);
        return build(
          e.type.shape.map((size) => evaluateSize(size, scope.sizes)!),
          (i) => entry(operand, i),
        );
      }
      case 'access':
        return this.#access(e, scope, t);
      case 'index-number':
        return scalar(this.#indices.get(e.index.id)!);
      case 'tabulate': {
        const values = this.#forAll(e.indices, e.operand, scope, t);
        const sizes = e.indices.map(({ size }) => evaluateSize(size, scope.sizes)!);
        return {
          shape: [...sizes, ...values[0].shape],
          data: values.flatMap(({ data }) => data),
        };
      }
      case 'over-index': {
        const values = this.#forAll(e.indices, e.operand, scope, t);
        const total = values.reduce(zip(reducers[e.reducer]));
        return e.reducer === 'mean' ? map(total, (x) => x / values.length) : total;
      }
      case 'reshape': {
        const shape = e.type.shape.map((size) => evaluateSize(size, scope.sizes)!);
        return { shape, data: of(e.operand).data };
      }
      case 'affine': {
        const shape = e.type.shape.map((size) => evaluateSize(size, scope.sizes)!);
        const terms = e.terms.map(
          ({ weight, argument }) => [this.#input(scope.prefix + weight, undefined), of(argument)] as const,
        );
        const bias = e.bias === undefined ? scalar(0) : this.#input(scope.prefix + e.bias, undefined);
        return build(shape, (i) =>
          terms.reduce(
            (sum, [w, x]) => x.data.reduce((s, xj, j) => s + w.data[i * x.data.length + j] * xj, sum),
            entry(bias, i),
          ),
        );
      }
      case 'dropout':
        return of(e.operand);
      case 'identity': {
        const shape = e.type.shape.map((size) => evaluateSize(size, scope.sizes)!);
        return build(shape, (i) => (i % (shape[0] + 1) === 0 ? 1 : 0));
      }
      case 'repeat': {
        let value = of(e.start);
        const outer = this.#rounds.get(e.loop);
        for (let number = 0; number < evaluateSize(e.count, scope.sizes)!; number++) {
          this.#rounds.set(e.loop, { value, number, locals: e.locals });
          value = of(e.body);
        }
        if (outer !== undefined) this.#rounds.set(e.loop, outer);
        return value;
      }
      case 'loop-value':
        return this.#rounds.get(e.loop)!.value;
      case 'loop-number':
        return scalar(this.#rounds.get(e.loop)!.number);
      case 'loop-local':
        return of(this.#rounds.get(e.loop)!.locals[e.local]);
      case 'noise':
        return build(
          e.type.shape.map((size) => evaluateSize(size, scope.sizes)!),
          () => 0,
        );
      case 'training':
        return scalar(0);
      default:
        return e satisfies never;
    }
  }

  /** The values of an expression for all numbers of some indices, the last one the fastest. */
  #forAll(
    [first, ...others]: readonly CheckedIndex[],
    operand: CheckedExpression,
    scope: Scope,
    t: Step,
  ): readonly Value[] {
    if (first === undefined) return [this.at(operand, scope, t)];
    const size = evaluateSize(first.size, scope.sizes)!;
    const before = this.#indices.get(first.id);
    const values = Array.from({ length: size }, (_, number) => {
      this.#indices.set(first.id, number);
      return this.#forAll(others, operand, scope, t);
    });
    // An equation that is asked for on the way may go over the same index.
    if (before !== undefined) this.#indices.set(first.id, before);
    return values.flat();
  }

  /** Entry by entry: which of the operand is at each place, or zero where there is none. */
  #access({ operand, places }: AccessNode, scope: Scope, t: Step): Value {
    const { shape, data } = this.at(operand, scope, t);
    const number = (size: Size): number => evaluateSize(size, scope.sizes)!;
    const kept: number[] = [];
    /** For each axis of the operand the entries that are named. */
    const named = shape.map((extent, axis): readonly number[] => {
      const place = places.at(axis);
      switch (place?.kind) {
        case 'entry':
          return [number(place.at)];
        case 'category':
          return [this.at(place.position, scope, t).data[0]];
        case 'index':
          return [this.#indices.get(place.index.id)!];
        case 'sum':
          return [
            place.terms.reduce(
              (sum, { index, factor }) => sum + number(factor) * this.#indices.get(index.id)!,
              number(place.offset),
            ),
          ];
        default: {
          const [start, size] =
            place?.kind === 'slice' ? [number(place.start), number(place.size)] : [0, extent];
          kept.push(size);
          return Array.from({ length: size }, (_, k) => start + k);
        }
      }
    });
    const entries = named.reduce<readonly (readonly number[])[]>(
      (all, own) => all.flatMap((before) => own.map((k) => [...before, k])),
      [[]],
    );
    const values = entries.map((at) => {
      if (at.some((k, axis) => k < 0 || k >= shape[axis])) return 0;
      return data[at.reduce((flat, k, axis) => flat * shape[axis] + k, 0)];
    });
    return { shape: kept, data: values };
  }

  /** The steps as a scope sees them, in its order. */
  #steps(scope: Scope): readonly number[] {
    const steps = Array.from({ length: this.#given.steps }, (_, t) => t);
    return scope.reverse ? steps.reverse() : steps;
  }

  #equation(id: EquationId, scope: Scope, t: Step): Value {
    const { value } = scope.cell.equations[id];
    const step = scope.once || value.type.rate !== 'step' ? undefined : t;
    const key = `${id}@${step}`;
    const known = scope.known.get(key) ?? this.at(value, scope, step);
    scope.known.set(key, known);
    return known;
  }

  #previous(path: string, scope: Scope, t: number): Value {
    const [state, inner] = stateOf(path, scope);
    const steps = this.#steps(inner);
    const before = steps[steps.indexOf(t) - 1];
    if (before !== undefined) return this.#equation(state.equation, inner, before);
    const shape = state.shape.map((size) => evaluateSize(size, inner.sizes)!);
    const name = `state.${inner.prefix}${state.name}`;
    if (this.#given.inputs.has(name)) return this.#input(name, undefined);
    const start = state.start === undefined ? scalar(0) : this.at(state.start, inner, undefined);
    return build(shape, (i) => entry(start, i));
  }

  #input(name: string, t: Step): Value {
    const tensor = this.#given.inputs.get(name);
    if (tensor === undefined) throw new Error(`${name} is not given`);
    const data = Array.from(tensor.data);
    if (t === undefined) return { shape: tensor.shape, data };
    const size = data.length / tensor.shape[0];
    return { shape: tensor.shape.slice(1), data: data.slice(t * size, (t + 1) * size) };
  }
}

function stateOf(path: string, scope: Scope): readonly [CheckedCell['states'][number], Scope] {
  const own = scope.cell.states.find((state) => state.name === path);
  if (own !== undefined) return [own, scope];
  const id = scope.cell.applications.findIndex(({ instance }) => path.startsWith(`${instance}.`));
  const { instance } = scope.cell.applications[id];
  return stateOf(path.slice(instance.length + 1), scope.applied[id]);
}

// Numbers

function scalar(value: number): Value {
  return { shape: [], data: [value] };
}

function build(shape: readonly number[], at: (i: number) => number): Value {
  return { shape, data: Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => at(i)) };
}

/** Entry i of a value; a value of shape [] has the same one everywhere. */
function entry({ shape, data }: Value, i: number): number {
  return shape.length === 0 ? data[0] : data[i];
}

function map(value: Value, f: (x: number) => number): Value {
  return { shape: value.shape, data: value.data.map((x) => f(x)) };
}

function zip(f: (a: number, b: number) => number): (a: Value, b: Value) => Value {
  return (a, b) => build(a.shape.length === 0 ? b.shape : a.shape, (i) => f(entry(a, i), entry(b, i)));
}

function stack(values: readonly Value[]): Value {
  return { shape: [values.length, ...values[0].shape], data: values.flatMap((value) => value.data) };
}

const operators = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  mod: (a: number, b: number) => a - b * Math.floor(a / b),
  and: (a: number, b: number) => Math.min(a, b),
  or: (a: number, b: number) => Math.max(a, b),
};

const comparisons = {
  '==': (a: number, b: number) => Number(a === b),
  '!=': (a: number, b: number) => Number(a !== b),
  '<': (a: number, b: number) => Number(a < b),
  '<=': (a: number, b: number) => Number(a <= b),
  '>': (a: number, b: number) => Number(a > b),
  '>=': (a: number, b: number) => Number(a >= b),
};

const reducers = {
  sum: (a: number, b: number) => a + b,
  mean: (a: number, b: number) => a + b,
  prod: (a: number, b: number) => a * b,
  max: Math.max,
  min: Math.min,
};

/** [m, n] by [n], [m, n] by [n, k], [m] by [m, n]. */
function product(a: Value, b: Value): Value {
  const columns = b.shape.length === 2 ? b.shape[1] : 1;
  const inner = b.shape[0];
  const shape = [...a.shape.slice(0, -1), ...b.shape.slice(1)];
  return build(shape, (i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.data[row * inner + k] * b.data[k * columns + column];
    return sum;
  });
}

function primitive(name: string, operands: readonly Value[]): Value {
  const [x, y] = operands;
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  switch (name) {
    case 'max':
      return operands.reduce(zip(Math.max));
    case 'min':
      return operands.reduce(zip(Math.min));
    case 'sum':
      return scalar(sum(x.data));
    case 'mean':
      return scalar(sum(x.data) / x.data.length);
    case 'max_over':
      return scalar(Math.max(...x.data));
    case 'min_over':
      return scalar(Math.min(...x.data));
    case 'all':
      return scalar(Math.min(...x.data));
    case 'any':
      return scalar(Math.max(...x.data));
    case 'to_index': {
      const [a, v] = [Math.floor(x.data[0]), y.data[0]];
      return scalar(a - v * Math.floor(a / v));
    }
    case 'argmax':
      return scalar(x.data.indexOf(Math.max(...x.data)));
    case 'dot':
      return scalar(sum(x.data.map((a, i) => a * y.data[i])));
    case 'outer':
      return { shape: [...x.shape, ...y.shape], data: x.data.flatMap((a) => y.data.map((b) => a * b)) };
    case 'concat':
      return {
        shape: [sum(operands.map(({ shape }) => shape[0])), ...x.shape.slice(1)],
        data: operands.flatMap(({ data }) => data),
      };
    case 'transpose':
      return build([x.shape[1], x.shape[0]], (i) => {
        const [row, column] = [Math.floor(i / x.shape[0]), i % x.shape[0]];
        return x.data[column * x.shape[1] + row];
      });
    case 'neg':
      return map(x, (a) => -a);
    case 'not':
      return map(x, (a) => 1 - a);
    case 'sigmoid':
      return map(x, (a) => 1 / (1 + Math.exp(-a)));
    case 'stop':
      return x;
    case 'surrogate':
      return [operands[1], operands[2]].reduce(
        zip((_, value) => value),
        x,
      );
    default:
      return map(
        x,
        Math[name as 'tanh' | 'exp' | 'log' | 'log1p' | 'sqrt' | 'abs' | 'sin' | 'cos' | 'floor'],
      );
  }
}

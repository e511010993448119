// Computes with a derivation that was read from text: step by step, as its headings say, in float64. It knows the notation
// and nothing else.
//
// Two rules that a reader takes for granted. A term that refers to a step beyond the end is zero, unless an equation gives
// the value there (a state before its first step). And the gradient by X has the shape of X.

import {
  combine,
  contracted,
  entries,
  fill,
  joined,
  matmul,
  type Numbers,
  over,
  reduced,
  reordered,
  scalar,
  spread,
  times,
  transposed,
} from './arrays.ts';
import { type At, type Equation, type Formula, type FunctionName, some, type Term } from './formula.ts';
import { NotationError, type ReadDerivation } from './read.ts';

/** Values of names: one, or one for each step. */
export interface Values {
  readonly once: ReadonlyMap<string, Numbers>;
  readonly steps: ReadonlyMap<string, readonly Numbers[]>;
}

/** What a derivation gives for these values and this many steps. Throws a NotationError where it cannot be computed. */
export function evaluateDerivation(derivation: ReadDerivation, given: Values, steps: number): Values {
  const computation = new Computation(derivation, given, steps);
  for (const { order, equations } of derivation.groups) {
    if (order === 'once') {
      for (const equation of equations) computation.compute(equation, undefined);
      continue;
    }
    for (let k = 0; k < steps; k++) {
      for (const equation of equations) computation.compute(equation, order === 'up' ? k : steps - 1 - k);
    }
  }
  return computation.values();
}

const ELEMENTWISE: Readonly<Partial<Record<FunctionName, (x: number) => number>>> = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  // Both exponentials are of a number that is not positive: the other one would overflow.
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  abs: Math.abs,
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  stop: (x) => x,
};

class Computation {
  readonly #once: Map<string, Numbers>;
  /** From the step before the first to the one behind the last. */
  readonly #steps = new Map<string, (Numbers | undefined)[]>();
  readonly #count: number;
  readonly #gradient: string;

  constructor({ gradient, groups }: ReadDerivation, given: Values, count: number) {
    this.#count = count;
    this.#gradient = gradient;
    this.#once = new Map([['T', scalar(count)], ...given.once]);
    for (const [name, values] of given.steps) this.#steps.set(name, [undefined, ...values, undefined]);
    for (const { order, equations } of groups) {
      for (const { name } of equations) {
        if (order !== 'once') this.#steps.set(name, new Array(count + 2).fill(undefined));
      }
    }
  }

  values(): Values {
    const steps = [...this.#steps].map(([name, values]): [string, Numbers[]] => [
      name,
      values.slice(1, 1 + this.#count).filter((value) => value !== undefined),
    ]);
    return { once: this.#once, steps: new Map(steps) };
  }

  compute({ name, at, formula }: Equation, t: number | undefined): void {
    const value = this.#shaped(name, this.#total(formula, t));
    const list = this.#steps.get(name);
    if (t !== undefined || at !== undefined) {
      if (list === undefined) throw new NotationError(`${name} has no steps`);
      list[1 + this.#position(at ?? { base: 't', offset: 0 }, t)] = value;
    } else this.#once.set(name, value);
  }

  /** The gradient by X in the shape of X. */
  #shaped(name: string, value: Numbers): Numbers {
    if (value.shape.length > 0 || !name.startsWith(this.#gradient)) return value;
    const of = name.slice(this.#gradient.length);
    const like = this.#once.get(of) ?? this.#steps.get(of)?.find((one) => one !== undefined);
    return like === undefined ? value : fill(like.shape, value.data[0]);
  }

  #position({ base, offset }: At, t: number | undefined): number {
    if (base === 'first') return offset;
    if (base === 'last') return this.#count - 1 + offset;
    if (t === undefined) throw new NotationError('there is no step here');
    return t + offset;
  }

  /** The sum of the terms that are there. */
  #total(formula: Formula, t: number | undefined): Numbers {
    const terms: readonly Term[] = formula.kind === 'sum' ? formula.terms : [{ negative: false, formula }];
    const there = terms.filter((term) => !some(term.formula, (part) => this.#isBeyond(part, t)));
    return this.#sum(there, t);
  }

  #isBeyond(part: Formula, t: number | undefined): boolean {
    if (part.kind !== 'name') return false;
    const list = this.#steps.get(part.name);
    // Within a sum over all steps there is no step yet, and none is missed.
    if (list === undefined || (t === undefined && (part.at?.base ?? 't') === 't')) return false;
    const position = this.#position(part.at ?? { base: 't', offset: 0 }, t);
    return (position < 0 || position >= this.#count) && list[1 + position] === undefined;
  }

  #sum(terms: readonly Term[], t: number | undefined): Numbers {
    return terms
      .map(({ negative, formula }) => {
        const value = this.#value(formula, t);
        return negative ? combine((x) => -x, value) : value;
      })
      .reduce((sum, term) => combine((x, y) => x + y, sum, term), scalar(0));
  }

  #name(name: string, at: At | undefined, t: number | undefined): Numbers {
    const list = this.#steps.get(name);
    const value =
      list === undefined ? this.#once.get(name) : list[1 + this.#position(at ?? { base: 't', offset: 0 }, t)];
    if (value === undefined) throw new NotationError(`${name} has no value here yet`);
    return value;
  }

  #value(formula: Formula, t: number | undefined): Numbers {
    const of = (part: Formula): Numbers => this.#value(part, t);
    switch (formula.kind) {
      case 'number':
        return scalar(formula.value);
      case 'name':
        return this.#name(formula.name, formula.at, t);
      case 'step':
        return scalar(this.#position(formula.at, t));
      case 'sum':
        return this.#sum(formula.terms, t);
      case 'product':
        return formula.factors.map(of).reduce((x, y) => combine(times, x, y));
      case 'quotient':
        return combine(over, of(formula.top), of(formula.bottom));
      case 'mod':
        return combine(modulo, of(formula.left), of(formula.right));
      case 'power':
        return combine(Math.pow, of(formula.base), of(formula.exponent));
      case 'matmul':
        return matmul(of(formula.left), of(formula.right));
      case 'transpose':
        return transposed(of(formula.operand));
      case 'relation':
        return this.#relation(formula, of);
      case 'not':
        return combine((x) => (x === 0 ? 1 : 0), of(formula.operand));
      case 'if':
        return combine(
          (c, x, y) => (c === 0 ? y : x),
          of(formula.condition),
          of(formula.yes),
          of(formula.no),
        );
      case 'call':
        return this.#call(formula.name, formula.operands, t);
      case 'over-time':
        return Array.from({ length: this.#count }, (_, step) => this.#value(formula.operand, step)).reduce(
          (sum, term) => combine((x, y) => x + y, sum, term),
        );
      case 'list':
        return {
          shape: [formula.items.length],
          data: Float64Array.from(formula.items, (item) => of(item).data[0]),
        };
      case 'letters':
        throw new NotationError(`"${formula.text}" is no number`);
      default:
        return formula satisfies never;
    }
  }

  #relation(
    { relation, left, right }: Extract<Formula, { kind: 'relation' }>,
    of: (part: Formula) => Numbers,
  ): Numbers {
    const tests = {
      '<': (x: number, y: number) => x < y,
      '<=': (x: number, y: number) => x <= y,
      '==': (x: number, y: number) => x === y,
      and: (x: number, y: number) => x !== 0 && y !== 0,
      or: (x: number, y: number) => x !== 0 || y !== 0,
    };
    return combine((x, y) => (tests[relation](x, y) ? 1 : 0), of(left), of(right));
  }

  #call(name: FunctionName, operands: readonly Formula[], t: number | undefined): Numbers {
    const plain = ELEMENTWISE[name];
    if (plain !== undefined) return combine(plain, this.#value(operands[0], t));
    if (name === 'einsum') {
      const [letters, x, y] = operands;
      const [left, right, out] = letters.kind === 'letters' ? letters.text.split(/,|->/) : ['', '', ''];
      return contracted(left, right, out, this.#value(x, t), this.#value(y, t));
    }
    const values = operands.map((operand) => this.#value(operand, t));
    const numbers = values.map(({ data }) => Array.from(data));
    const [x = scalar(0), y] = values;
    const all = x.shape.map((_, axis) => axis);
    switch (name) {
      case 'sum':
        return reduced(x, numbers[1] ?? all, 0, (a, b) => a + b);
      case 'mean':
        return scalar(reduced(x, all, 0, (a, b) => a + b).data[0] / x.data.length);
      case 'dot':
        return scalar(combine(times, x, y).data.reduce((sum, term) => sum + term, 0));
      case 'min':
        return combine(Math.min, x, y);
      case 'max':
        // Beside another value the larger one; by itself, or along axes, the largest entry.
        if (values.length === 2 && operands[1].kind !== 'list') return combine(Math.max, x, y);
        return reduced(x, numbers[1] ?? all, Number.NEGATIVE_INFINITY, Math.max);
      case 'argmax':
        return argmax(x, numbers[1]?.[0] ?? 0);
      case 'first_max': {
        const first = argmax(x, 0).data[0];
        return { shape: x.shape, data: x.data.map((_, i) => (i === first ? 1 : 0)) };
      }
      case 'concat': {
        const isAlong = operands.at(-1)?.kind === 'list';
        return joined(isAlong ? values.slice(0, -1) : values, isAlong ? (numbers.at(-1)?.[0] ?? 0) : 0);
      }
      case 'part': {
        const [, [k], [n]] = numbers;
        const size = x.shape[0] / n;
        return entries(x, (k - 1) * size, k * size, 0);
      }
      case 'entries':
        return entries(x, numbers[1][0], numbers[2][0], numbers[3]?.[0] ?? 0);
      case 'row':
        return rows(x, y);
      case 'put':
        return putRows(x, y, numbers[2]);
      case 'one_hot':
        return putRows(scalar(1), x, [numbers[1][0]]);
      case 'zeros':
        return fill(
          numbers.map(([extent]) => extent),
          0,
        );
      case 'softmax':
        return softmax(x);
      case 'log_sum_exp': {
        const most = Math.max(...x.data);
        return scalar(most + Math.log(x.data.reduce((sum, one) => sum + Math.exp(one - most), 0)));
      }
      case 'spread':
        return spread(x, numbers[1], numbers[2] ?? []);
      case 'reshape':
        return { shape: numbers[1], data: x.data };
      case 'axes':
        return reordered(x, numbers[1]);
      case 'positions':
        return { shape: [x.data[0]], data: Float64Array.from({ length: x.data[0] }, (_, i) => i) };
      case 'at_end':
        return t === this.#count - 1 ? x : fill(x.shape, 0);
      case 'at_start':
        return t === 0 ? x : fill(x.shape, 0);
      case 'before_end':
        return t === this.#count - 1 ? fill(x.shape, 0) : x;
      case 'after_start':
        return t === 0 ? fill(x.shape, 0) : x;
      default:
        throw new NotationError(`there is no function ${name}`);
    }
  }
}

function softmax(x: Numbers): Numbers {
  const most = Math.max(...x.data);
  const powers = x.data.map((one) => Math.exp(one - most));
  const total = powers.reduce((sum, one) => sum + one, 0);
  return { shape: x.shape, data: powers.map((one) => one / total) };
}

/** With the sign of the divisor. */
function modulo(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

/** The first of the largest along an axis. */
function argmax(x: Numbers, axis: number): Numbers {
  const extent = x.shape[axis];
  const inner = x.shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  const out = fill(x.shape.toSpliced(axis, 1), 0);
  out.data.forEach((_, i) => {
    const start = Math.floor(i / inner) * extent * inner + (i % inner);
    for (let k = 1; k < extent; k++) {
      if (x.data[start + k * inner] > x.data[start + out.data[i] * inner]) out.data[i] = k;
    }
  });
  return out;
}

/** The rows of a table that are named. */
function rows(table: Numbers, at: Numbers): Numbers {
  const shape = table.shape.slice(1);
  const size = table.data.length / table.shape[0];
  const out = fill([...at.shape, ...shape], 0);
  at.data.forEach((row, i) => {
    out.data.set(table.data.subarray(row * size, (row + 1) * size), i * size);
  });
  return out;
}

/** Zeros of a shape, with rows added at their places. */
function putRows(given: Numbers, at: Numbers, shape: readonly number[]): Numbers {
  const out = fill(shape, 0);
  const size = out.data.length / shape[0];
  at.data.forEach((row, i) => {
    for (let k = 0; k < size; k++) {
      out.data[row * size + k] += given.data[given.shape.length === 0 && size > 1 ? 0 : i * size + k];
    }
  });
  return out;
}

// Formulas as a textbook writes them: what a derivation is made of. Three doors lead here: phrases.ts makes formulas from
// nodes of the graph, read.ts from text; text.ts, latex.ts and evaluate.ts take them from there.
//
// The constructors rewrite for the reader's eye and keep the meaning: 1 * x is x, y * y is y^2, a + -b is a - b, sums and
// products are flat. One rule of the notation is not arithmetic: zero times anything is zero, also where that is no
// number, and so is zero divided by anything. Gradients before a branch that was not taken are written with it.

/** A step: `t`, the first or the last one, and an offset from there. */
export interface At {
  readonly base: 't' | 'first' | 'last';
  readonly offset: number;
}

export type FunctionName =
  | 'exp'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'tanh'
  | 'sigmoid'
  | 'abs'
  | 'sin'
  | 'cos'
  | 'floor'
  | 'stop'
  | 'sum'
  | 'mean'
  | 'dot'
  | 'max'
  | 'min'
  | 'argmax'
  | 'concat'
  | 'part'
  | 'entries'
  | 'row'
  | 'put'
  | 'one_hot'
  | 'softmax'
  | 'log_sum_exp'
  | 'zeros'
  | 'first_max'
  | 'spread'
  | 'at_end'
  | 'at_start'
  | 'before_end'
  | 'after_start'
  | 'positions'
  | 'axes'
  | 'reshape'
  | 'einsum';

export type Relation = '<' | '<=' | '==' | 'and' | 'or';

export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  /** `at` is undefined for what has no steps: weights, once values, sizes. */
  | { readonly kind: 'name'; readonly name: string; readonly at: At | undefined }
  /** The number of a step. */
  | { readonly kind: 'step'; readonly at: At }
  | { readonly kind: 'sum'; readonly terms: readonly Term[] }
  | { readonly kind: 'product'; readonly factors: readonly Formula[] }
  | { readonly kind: 'quotient'; readonly top: Formula; readonly bottom: Formula }
  | { readonly kind: 'mod'; readonly left: Formula; readonly right: Formula }
  | { readonly kind: 'power'; readonly base: Formula; readonly exponent: Formula }
  /** The matrix product; a vector is a column, so that `a @ b^T` is a matrix. */
  | { readonly kind: 'matmul'; readonly left: Formula; readonly right: Formula }
  | { readonly kind: 'transpose'; readonly operand: Formula }
  | {
      readonly kind: 'relation';
      readonly relation: Relation;
      readonly left: Formula;
      readonly right: Formula;
    }
  | { readonly kind: 'not'; readonly operand: Formula }
  | { readonly kind: 'if'; readonly condition: Formula; readonly yes: Formula; readonly no: Formula }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Formula[] }
  /** Over all steps. */
  | { readonly kind: 'over-time'; readonly operand: Formula }
  /** A shape, an order of axes: `[m, n]`. */
  | { readonly kind: 'list'; readonly items: readonly Formula[] }
  /** Letters of axes, for einsum. */
  | { readonly kind: 'letters'; readonly text: string };

export interface Term {
  readonly negative: boolean;
  readonly formula: Formula;
}

export const NOW: At = { base: 't', offset: 0 };

export function number(value: number): Formula {
  return { kind: 'number', value };
}

export function name(text: string, at?: At): Formula {
  return { kind: 'name', name: text, at };
}

export function call(called: FunctionName, ...operands: readonly Formula[]): Formula {
  return { kind: 'call', name: called, operands };
}

function isNumber(formula: Formula, value: number): boolean {
  return formula.kind === 'number' && formula.value === value;
}

/** More parts than this in one formula, and nobody reads it. */
const MOST_PARTS = 20_000;
const partCounts = new WeakMap<object, number>();

/** A formula that would be too long to be written. */
export class TooLong extends Error {}

/** How many parts a formula has when it is written out; what stands in it often is counted as often, and looked at once. */
function countParts(part: object): number {
  const known = partCounts.get(part);
  if (known !== undefined) return known;
  const inner = Object.values(part).filter((value) => typeof value === 'object' && value !== null);
  const count = inner.reduce((sum: number, value: object) => sum + countParts(value), 1);
  partCounts.set(part, count);
  return count;
}

/** Throws `TooLong` where a formula is that. */
export function expectReadable(formula: Formula): void {
  if (countParts(formula) > MOST_PARTS) throw new TooLong();
}

function same(a: Formula, b: Formula): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The terms of a formula; none of zero. */
export function termsOf(formula: Formula): readonly Term[] {
  if (formula.kind === 'sum') return formula.terms;
  return isNumber(formula, 0) ? [] : [{ negative: false, formula }];
}

export function sumOf(terms: readonly Term[]): Formula {
  const flat = terms.flatMap(({ negative, formula }): readonly Term[] => {
    if (formula.kind === 'number' && formula.value < 0)
      return [{ negative: !negative, formula: number(-formula.value) }];
    return termsOf(formula).map((term) => ({ ...term, negative: term.negative !== negative }));
  });
  if (flat.length === 0) return number(0);
  if (flat.every((term) => term.formula.kind === 'number')) {
    return number(
      flat.reduce((total, term) => {
        const value = term.formula.kind === 'number' ? term.formula.value : 0;
        return total + (term.negative ? -value : value);
      }, 0),
    );
  }
  const all = collected(flat);
  const [first] = all;
  return all.length === 1 && !first.negative ? first.formula : { kind: 'sum', terms: all };
}

/** Equal terms as one: a + a is 2 * a. */
function collected(terms: readonly Term[]): readonly Term[] {
  const kinds: { readonly term: Term; count: number }[] = [];
  for (const term of terms) {
    const known = kinds.find(
      (kind) => kind.term.negative === term.negative && same(kind.term.formula, term.formula),
    );
    if (known === undefined) kinds.push({ term, count: 1 });
    else known.count++;
  }
  return kinds.map(({ term, count }) => ({ ...term, formula: multiply(number(count), term.formula) }));
}

export function add(a: Formula, b: Formula): Formula {
  // Before the sums in it fall apart: (x - y) + (x - y) is 2 * (x - y).
  if (same(a, b)) return multiply(number(2), a);
  return sumOf([
    { negative: false, formula: a },
    { negative: false, formula: b },
  ]);
}

export function subtract(a: Formula, b: Formula): Formula {
  return sumOf([
    { negative: false, formula: a },
    { negative: true, formula: b },
  ]);
}

export function negate(a: Formula): Formula {
  return a.kind === 'number' ? number(-a.value) : sumOf([{ negative: true, formula: a }]);
}

/** The one negative term that a formula is; undefined where it is something else. */
function negated(formula: Formula): Formula | undefined {
  if (formula.kind === 'number' && formula.value < 0) return number(-formula.value);
  if (formula.kind !== 'sum' || formula.terms.length !== 1) return undefined;
  return formula.terms[0].formula;
}

export function multiply(a: Formula, b: Formula): Formula {
  const [x, y] = [negated(a), negated(b)];
  if (x !== undefined) return negate(multiply(x, b));
  if (y !== undefined) return negate(multiply(a, y));
  if (isNumber(a, 0) || isNumber(b, 0)) return number(0);
  if (isNumber(a, 1)) return b;
  if (isNumber(b, 1)) return a;
  if (same(a, b)) return power(a, number(2));
  if (a.kind === 'quotient' && isNumber(a.top, 1)) return divide(b, a.bottom);
  const of = (formula: Formula): readonly Formula[] =>
    formula.kind === 'product' ? formula.factors : [formula];
  const factors = [...of(a), ...of(b)];
  const numbers = factors.filter((factor) => factor.kind === 'number');
  const scale = numbers.reduce((product, { value }) => product * value, 1);
  const others = factors.filter((factor) => factor.kind !== 'number');
  const all = scale === 1 && others.length > 0 ? others : [number(scale), ...others];
  return all.length === 1 ? all[0] : { kind: 'product', factors: all };
}

export function divide(top: Formula, bottom: Formula): Formula {
  const minus = negated(top);
  if (minus !== undefined) return negate(divide(minus, bottom));
  if (isNumber(top, 0)) return top;
  return isNumber(bottom, 1) ? top : { kind: 'quotient', top, bottom };
}

export function power(base: Formula, exponent: Formula): Formula {
  return isNumber(exponent, 1) ? base : { kind: 'power', base, exponent };
}

/** A function that is linear in its first operand: a minus goes in front of it. */
export function linear(called: FunctionName, x: Formula, ...rest: readonly Formula[]): Formula {
  const minus = negated(x);
  return minus === undefined ? call(called, x, ...rest) : negate(call(called, minus, ...rest));
}

/** Added up over the steps. */
export function overTime(operand: Formula): Formula {
  const minus = negated(operand);
  return minus === undefined ? { kind: 'over-time', operand } : negate(overTime(minus));
}

export function transpose(operand: Formula): Formula {
  const minus = negated(operand);
  if (minus !== undefined) return negate(transpose(minus));
  return operand.kind === 'transpose' ? operand.operand : { kind: 'transpose', operand };
}

export function matmul(left: Formula, right: Formula): Formula {
  const [x, y] = [negated(left), negated(right)];
  if (x !== undefined) return negate(matmul(x, right));
  if (y !== undefined) return negate(matmul(left, y));
  if (isNumber(left, 0) || isNumber(right, 0)) return number(0);
  return { kind: 'matmul', left, right };
}

/** What a comparison of two numbers is, else the comparison. */
export function relate(relation: Relation, left: Formula, right: Formula): Formula {
  if (relation === '==' && left.kind === 'number' && right.kind === 'number') {
    return number(left.value === right.value ? 1 : 0);
  }
  return { kind: 'relation', relation, left, right };
}

export function choose(condition: Formula, yes: Formula, no: Formula): Formula {
  if (condition.kind === 'number') return condition.value === 1 ? yes : no;
  return same(yes, no) ? yes : { kind: 'if', condition, yes, no };
}

/** The formula with each part replaced: parts first, then what is made of them. */
function mapParts(formula: Formula, map: (part: Formula) => Formula): Formula {
  switch (formula.kind) {
    case 'number':
    case 'name':
    case 'step':
    case 'letters':
      return formula;
    case 'sum':
      return sumOf(formula.terms.map(({ negative, formula: part }) => ({ negative, formula: map(part) })));
    case 'product':
      return { ...formula, factors: formula.factors.map(map) };
    case 'quotient':
      return { ...formula, top: map(formula.top), bottom: map(formula.bottom) };
    case 'mod':
    case 'matmul':
    case 'relation':
      return { ...formula, left: map(formula.left), right: map(formula.right) };
    case 'power':
      return { ...formula, base: map(formula.base), exponent: map(formula.exponent) };
    case 'transpose':
    case 'not':
    case 'over-time':
      return { ...formula, operand: map(formula.operand) };
    case 'if':
      return { ...formula, condition: map(formula.condition), yes: map(formula.yes), no: map(formula.no) };
    case 'call':
      return { ...formula, operands: formula.operands.map(map) };
    case 'list':
      return { ...formula, items: formula.items.map(map) };
    default:
      return formula satisfies never;
  }
}

/** The parts of a formula, without itself. */
export function partsOf(formula: Formula): readonly Formula[] {
  const parts: Formula[] = [];
  mapParts(formula, (part) => {
    parts.push(part);
    return part;
  });
  return parts;
}

/** The formula at another step: every `t` in it replaced. */
export function moved(formula: Formula, move: (at: At) => At): Formula {
  if (formula.kind === 'step') {
    const at = move(formula.at);
    return at.base === 'first' ? number(at.offset) : { ...formula, at };
  }
  if (formula.kind === 'name') {
    return formula.at === undefined ? formula : { ...formula, at: move(formula.at) };
  }
  return mapParts(formula, (part) => moved(part, move));
}

/** Whether something in a formula is so. */
export function some(formula: Formula, test: (part: Formula) => boolean): boolean {
  return test(formula) || partsOf(formula).some((part) => some(part, test));
}

/**
 * How much there is to read: one for an operation, two for a matrix product, half for what goes with a number. What has
 * more than one of it and is used twice gets a name.
 */
export function complexity(formula: Formula): number {
  const parts = partsOf(formula).reduce((total, part) => total + complexity(part), 0);
  const light = (list: readonly Formula[]): number =>
    list.slice(1).length - list.filter((part) => part.kind === 'number').length / 2;
  switch (formula.kind) {
    case 'number':
    case 'name':
    case 'step':
    case 'letters':
    case 'list':
      return 0;
    case 'sum':
      return parts + Math.max(0.5, light(formula.terms.map((term) => term.formula)));
    case 'product':
      return parts + light(formula.factors);
    case 'power':
      return parts + (formula.exponent.kind === 'number' ? 0.5 : 1);
    case 'quotient':
      return parts + 1;
    case 'transpose':
      return parts;
    case 'matmul':
    case 'over-time':
    case 'if':
      return parts + 2;
    case 'call':
      return parts + Math.max(1, formula.operands.filter((part) => part.kind === 'name').length);
    default:
      return parts + 1;
  }
}

export interface Equation {
  readonly name: string;
  /** Undefined for what has no steps. */
  readonly at: At | undefined;
  readonly formula: Formula;
}

// What is certain at the very first step: states stand at their starts, `t` is 0, weights at starts that are one number.
// A divisor that is certainly zero there, or a logarithm of zero, is a number that is none from the first step on: a
// warning. Demanded from what the cell hands out and keeps, so that what a condition keeps away says nothing; where it
// cannot be told which branch is taken, both are looked at in silence.

import type { Label } from '../base/diagnostic.ts';
import { spanText } from '../base/source.ts';
import type {
  CheckedCell,
  CheckedExpression,
  CheckedStart,
  ComparisonNode,
  IfNode,
  PrimitiveNode,
} from './checked.ts';
import { operandsOf } from './operands.ts';
import { type Report, shortText } from './report.ts';

/** A number that every entry certainly is, and why. A condition is 0 or 1. */
interface Certain {
  readonly value: number;
  readonly why: readonly Label[];
}

type Known = Certain | undefined;

/** Warns of what is certainly no number at the first step. */
export function warnFirstStep(cell: CheckedCell, report: Report): void {
  const first = new FirstStep(cell, report);
  for (const evaluation of cell.order) if (evaluation.kind === 'equation') first.settle(evaluation.equation);
  for (const { equation } of cell.states) first.demand(equation);
  const results = [...cell.outputs, ...cell.metrics, ...(cell.loss === undefined ? [] : [cell.loss])];
  for (const { value } of results) first.at(value, true);
  for (const { arguments: args } of cell.applications) for (const value of args) first.at(value, true);
  first.tellDemanded();
}

class FirstStep {
  readonly #cell: CheckedCell;
  readonly #report: Report;
  readonly #known = new Map<number, Known>();
  /** Equations that count; a set is walked in the order in which it grows. */
  readonly #demanded = new Set<number>();
  readonly #told = new Set<string>();

  constructor(cell: CheckedCell, report: Report) {
    this.#cell = cell;
    this.#report = report;
  }

  /** Finds what an equation is. In the order of the cell: what it needs is known. */
  settle(id: number): void {
    this.#known.set(id, this.at(this.#cell.equations[id].value, false));
  }

  demand(id: number): void {
    this.#demanded.add(id);
  }

  /** Tells what is wrong with all that is demanded, and what that demands. */
  tellDemanded(): void {
    for (const id of this.#demanded) this.at(this.#cell.equations[id].value, true);
  }

  /** `loud`: what is wrong is told. */
  at(e: CheckedExpression, loud: boolean): Known {
    const of = (inner: CheckedExpression): Known => this.at(inner, loud);
    switch (e.kind) {
      case 'literal':
        return { value: e.value, why: [] };
      case 'training':
        return { value: 1, why: [] };
      case 'step-number':
        return { value: 0, why: [{ span: e.span, text: 't is 0 at the first step' }] };
      case 'parameter':
        return this.#weight(e.name);
      case 'previous':
        return this.#state(e.state, loud);
      case 'equation':
        if (loud) this.demand(e.equation);
        return this.#known.get(e.equation);
      case 'chain': {
        let value = of(e.first);
        for (const { operator, operand } of e.rest) {
          const right = of(operand);
          if ((operator === '/' || operator === 'mod') && right?.value === 0) {
            this.#tell(e, operand, right, 'divides by', loud);
            value = undefined;
          } else value = combined(operator, value, right);
        }
        return value;
      }
      case 'power': {
        const operands = e.operands.map(of);
        const exponent = operands[operands.length - 1];
        const base = operands[operands.length - 2];
        if (base?.value === 0 && exponent !== undefined && exponent.value < 0) {
          this.#tell(e, e.operands[operands.length - 2], base, 'takes a negative power of', loud);
          return undefined;
        }
        return operands.reduceRight((power, one) => powerOf(one, power));
      }
      case 'comparison':
        return compare(e.operator, of(e.left), of(e.right));
      case 'primitive':
        return this.#primitive(e, e.operands.map(of), loud);
      case 'if':
        return this.#conditional(e, loud);
      case 'affine': {
        const terms = e.terms.map(({ weight, argument }) => product(this.#weight(weight), of(argument)));
        const bias = e.bias === undefined ? [] : [this.#weight(e.bias)];
        const zeros = terms.every((term) => term?.value === 0);
        return zeros ? [...terms, ...bias].reduce((a, b) => combined('+', a, b)) : undefined;
      }
      case 'dropout': {
        const value = of(e.operand);
        return value?.value === 0 ? value : undefined;
      }
      case 'slice':
      case 'spread':
      case 'oldest':
        return of(e.operand);
      case 'access':
        for (const part of operandsOf(e)) of(part);
        // What lies beyond the ends is zero.
        return e.places.some(({ kind }) => kind === 'sum') ? undefined : of(e.operand);
      case 'tabulate':
      case 'reshape':
        return of(e.operand);
      case 'over-index': {
        const value = of(e.operand);
        return e.reducer === 'sum' || e.reducer === 'prod' ? (value?.value === 0 ? value : undefined) : value;
      }
      case 'index-number':
        return undefined;
      case 'each-step':
        return of(e.operand);
      case 'newest':
        of(e.operand);
        return undefined;
      case 'noise':
        if (e.probability !== undefined) of(e.probability);
        return undefined;
      case 'repeat':
        for (const part of operandsOf(e)) of(part);
        return undefined;
      case 'identity':
      case 'loop-value':
      case 'loop-number':
      case 'loop-local':
      case 'size':
      case 'hyperparameter':
      case 'input':
      case 'instance-state':
      case 'apply':
      case 'over-time':
        return undefined;
      default:
        return e satisfies never;
    }
  }

  #weight(name: string): Known {
    const weight = this.#cell.parameters.find((parameter) => parameter.name === name);
    const value = weight && numberOf(weight.start);
    if (weight === undefined || value === undefined) return undefined;
    return { value, why: [{ span: weight.span, text: `the weight ${name} starts at ${wordOf(value)}` }] };
  }

  #state(name: string, loud: boolean): Known {
    const own = this.#cell.states.find((state) => state.name === name);
    if (own === undefined) return stateOf(this.#cell, name, name);
    const why = [{ span: own.span, text: `the state ${name} starts at zero` }];
    return own.start === undefined ? { value: 0, why } : this.at(own.start, loud);
  }

  #primitive(e: PrimitiveNode, operands: readonly Known[], loud: boolean): Known {
    const [x, y] = operands;
    const tell = (what: string): undefined => {
      if (x !== undefined) this.#tell(e, e.operands[0], x, what, loud);
    };
    switch (e.name) {
      case 'log':
        return x !== undefined && x.value <= 0 ? tell('takes the logarithm of') : image(x, Math.log);
      case 'log1p':
        return x !== undefined && x.value <= -1
          ? tell('takes the logarithm of 1 plus')
          : image(x, Math.log1p);
      case 'sqrt':
        if (x !== undefined && x.value < 0) return tell('takes the square root of');
        if (x?.value === 0 && this.#learns(e.operands[0])) {
          return tell('has an infinite slope: it takes the square root of');
        }
        return image(x, Math.sqrt);
      case 'sigmoid':
        return image(x, (a) => 1 / (1 + Math.exp(-a)));
      case 'neg':
        return image(x, (a) => -a);
      case 'not':
        return image(x, (a) => 1 - a);
      case 'exp':
      case 'tanh':
      case 'abs':
      case 'sin':
      case 'cos':
      case 'floor':
        return image(x, Math[e.name]);
      case 'stop':
      case 'mean':
      case 'max_over':
      case 'min_over':
      case 'transpose':
        return x;
      case 'sum':
        return x?.value === 0 ? x : undefined;
      case 'dot':
        return [x, y].find((one) => one?.value === 0);
      case 'outer':
        return product(x, y);
      case 'surrogate':
        return operands[2];
      case 'max':
      case 'min': {
        const known = operands.filter((one) => one !== undefined);
        if (known.length < operands.length) return undefined;
        const value = Math[e.name](...known.map((one) => one.value));
        return { value, why: known.flatMap((one) => one.why) };
      }
      case 'concat':
        return operands.every((one) => one !== undefined && one.value === x?.value) ? x : undefined;
      case 'argmax':
      case 'all':
      case 'any':
      case 'to_index':
        return undefined;
      default:
        return e.name satisfies never;
    }
  }

  #conditional(e: IfNode, loud: boolean): Known {
    let isCertain = true;
    const values: Known[] = [];
    for (const { condition, value } of e.cases) {
      const holds = this.at(condition, loud && isCertain);
      if (holds?.value === 0) continue;
      if (holds !== undefined && isCertain) return this.at(value, loud);
      isCertain = false;
      values.push(this.at(value, false));
      if (holds !== undefined) return same(values);
    }
    return same([...values, this.at(e.otherwise, loud && isCertain)]);
  }

  /** Whether a weight or an input is behind a value, at the same step: then its slope counts. */
  #learns(root: CheckedExpression): boolean {
    const seen = new Set<number>();
    const pending = [root];
    for (let e = pending.pop(); e !== undefined; e = pending.pop()) {
      if (['parameter', 'affine', 'input', 'apply', 'instance-state'].includes(e.kind)) return true;
      if (e.kind !== 'equation') pending.push(...partsOf(e));
      else if (!seen.has(e.equation)) {
        seen.add(e.equation);
        pending.push(this.#cell.equations[e.equation].value);
      }
    }
    return false;
  }

  /** One message for a place, whatever leads there. */
  #tell(
    whole: CheckedExpression,
    part: CheckedExpression,
    { value, why }: Certain,
    what: string,
    loud: boolean,
  ): void {
    const { span } = whole;
    const key = `${span.source.name} ${span.start} ${span.end} ${part.span.start}`;
    if (!loud || this.#told.has(key)) return;
    this.#told.add(key);
    const isInside = part.span.start !== span.start || part.span.end !== span.end;
    const operand = isInside ? shortText(part.span) : undefined;
    const number = wordOf(value);
    const related = why.filter((label, i) => why.findIndex((other) => other.text === label.text) === i);
    const isSlope = what.startsWith('has');
    this.#report.add({
      code: 'RNN5025',
      severity: 'warning',
      message: `this ${what} ${number} at the first step`,
      span,
      label: operand === undefined ? '' : `${operand} is ${number} there`,
      related: related.slice(0, 2).filter((label) => label.span !== span),
      notes: isSlope
        ? ['what learns through it gets no number for a gradient']
        : [
            ...(related.length === 0 ? ['whatever the weights and the inputs are'] : []),
            ...(what === 'divides by' && !/\/|\bmod\b/.test(spanText(span))
              ? [`the division is inside ${/^\w+/.exec(spanText(span))?.[0] ?? 'this'}`]
              : []),
          ],
      help: isSlope ? 'add a small number: sqrt(... + 0.00001)' : mendOf(whole, related),
    });
  }
}

/** What to do about a zero at the first step, by where it comes from. */
function mendOf(whole: CheckedExpression, related: readonly Label[]): string {
  const text = shortText(whole.span) ?? '...';
  const from = related[0]?.text ?? '';
  if (from.startsWith('t ')) {
    return `write t + 1 for t, or leave the first step out: if t > 0 then ${text} else 0`;
  }
  if (from.startsWith('the weight ')) return 'give the weight another start, or add a small number';
  const other = from.startsWith('the state ') ? 'give the state another start, ' : '';
  return `${other}add a small number, or choose by a condition: if t > 0 then ${text} else 0`;
}

function partsOf(e: CheckedExpression): readonly CheckedExpression[] {
  switch (e.kind) {
    case 'chain':
      return [e.first, ...e.rest.map(({ operand }) => operand)];
    case 'power':
    case 'primitive':
      return e.operands;
    case 'if':
      return [...e.cases.map(({ value }) => value), e.otherwise];
    case 'slice':
    case 'spread':
    case 'dropout':
    case 'each-step':
    case 'oldest':
    case 'access':
    case 'tabulate':
    case 'over-index':
    case 'reshape':
      return [e.operand];
    default:
      return [];
  }
}

/** The start of a state of an instance, `top.low.h`: where nothing is said it is zero. */
function stateOf(cell: CheckedCell, path: string, whole: string): Known {
  for (const { name, cell: inner } of cell.instances) {
    if (!path.startsWith(`${name}.`)) continue;
    const rest = path.slice(name.length + 1);
    const state = inner.states.find((one) => one.name === rest);
    if (state === undefined) return stateOf(inner, rest, whole);
    const why = [{ span: state.span, text: `the state ${whole} starts at zero` }];
    return state.start === undefined ? { value: 0, why } : undefined;
  }
  return undefined;
}

function numberOf(start: CheckedStart): number | undefined {
  if (start.kind === 'zeros') return 0;
  if (start.kind !== 'value') return undefined;
  if (start.value.kind === 'literal') return start.value.value;
  const isNegative = start.value.kind === 'primitive' && start.value.name === 'neg';
  const [inner] = isNegative ? start.value.operands : [];
  return inner?.kind === 'literal' ? -inner.value : undefined;
}

function wordOf(value: number): string {
  return value === 0 ? 'zero' : String(Number(value.toPrecision(6)));
}

function image(x: Known, f: (a: number) => number): Known {
  return x === undefined ? undefined : { value: f(x.value), why: x.why };
}

/** Zero times anything is zero. */
function product(a: Known, b: Known): Known {
  if (a?.value === 0) return a;
  if (b?.value === 0) return b;
  return a === undefined || b === undefined
    ? undefined
    : { value: a.value * b.value, why: [...a.why, ...b.why] };
}

function combined(operator: string, a: Known, b: Known): Known {
  if (operator === '*') return product(a, b);
  // Of others the sum over an axis is not known.
  if (operator === '@') return [a, b].find((one) => one?.value === 0);
  if (operator === '/' && a?.value === 0) return a;
  if (operator === 'and' || operator === 'or') {
    const decided = operator === 'and' ? 0 : 1;
    const found = [a, b].find((one) => one?.value === decided);
    if (found !== undefined) return found;
  }
  if (a === undefined || b === undefined) return undefined;
  const why = [...a.why, ...b.why];
  switch (operator) {
    case '+':
      return { value: a.value + b.value, why };
    case '-':
      return { value: a.value - b.value, why };
    case '/':
      return { value: a.value / b.value, why };
    case 'mod':
      return { value: a.value - b.value * Math.floor(a.value / b.value), why };
    default:
      return { value: operator === 'and' ? 1 : 0, why };
  }
}

function powerOf(base: Known, exponent: Known): Known {
  if (base === undefined || exponent === undefined) return undefined;
  return { value: base.value ** exponent.value, why: [...base.why, ...exponent.why] };
}

function compare(operator: ComparisonNode['operator'], a: Known, b: Known): Known {
  if (a === undefined || b === undefined) return undefined;
  const [x, y] = [a.value, b.value];
  const holds = {
    '==': x === y,
    '!=': x !== y,
    '<': x < y,
    '<=': x <= y,
    '>': x > y,
    '>=': x >= y,
  }[operator];
  return { value: Number(holds), why: [...a.why, ...b.why] };
}

/** The one number that all of these are. */
function same(values: readonly Known[]): Known {
  const [first] = values;
  return values.every((one) => one !== undefined && one.value === first?.value) ? first : undefined;
}

// Functions of the prelude, found again in their operations and in those of their derivatives, so that a classifier reads
// as in a textbook: softmax(x) - one_hot(y). What is found is equal to what is there, with the largest of x taken out:
//
//   softmax(x)              exp(x - m) / sum(exp(x - m)), where m is stop(max(x))
//   d * softmax(x)          (d / sum(exp(x - m))) * exp(x - m): the derivative of log_sum_exp
//   y * (d - dot(d, y))     (d / s - sum(d / s * y)) * exp(x - m), where s is sum(exp(x - m)) and y the softmax: its derivative
//   log_sum_exp(x)          m + log(sum(exp(x - m)))
//   mean(x)                 sum(x) / n, where n is the number of entries of x
//   concat(a, b, ...)       what was split, put together: a with zeros behind it, plus b with zeros around it, plus ...
//   d * first_max(x)        d at the first of the largest of a vector, 0 elsewhere: the derivative of max(x)

import { type CallNode, isCall, type Node } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import { sameShape } from '../graph/type.ts';
import { keyOf, type Place, type Places } from './places.ts';

/** A function that was found, and the places of what it is of. */
export type Recognised =
  | { readonly kind: 'softmax' | 'log-sum-exp' | 'mean'; readonly x: Place }
  | { readonly kind: 'scaled-softmax' | 'first-max'; readonly dy: Place; readonly x: Place }
  | { readonly kind: 'joined'; readonly parts: readonly Place[] }
  | { readonly kind: 'softmax-gradient'; readonly dy: Place; readonly y: Place };

export function recognise(
  places: Places,
  place: Place,
  isNamed: (place: Place) => boolean,
): Recognised | undefined {
  const seen = new Seen(places, isNamed);
  return (
    seen.mean(place) ??
    seen.softmax(place) ??
    seen.logSumExp(place) ??
    seen.joined(place) ??
    seen.firstMax(place)
  );
}

export function isZero(node: Node): boolean {
  return isCall(node, 'constant') && node.attributes.value === 0;
}

class Seen {
  readonly #places: Places;
  readonly #isNamed: (place: Place) => boolean;

  constructor(places: Places, isNamed: (place: Place) => boolean) {
    this.#places = places;
    this.#isNamed = isNamed;
  }

  mean(place: Place): Recognised | undefined {
    const [top, bottom] = this.#operands(place, 'div') ?? [];
    if (top === undefined || this.#places.typeOf(place).shape.length > 0 || this.#isNamed(top)) {
      return undefined;
    }
    const x = this.#wholeOf(top, 'sum');
    const entries = this.#places.nodeOf(bottom);
    if (x === undefined || !isCall(entries, 'constant')) return undefined;
    const count = this.#places.typeOf(x).shape.reduce((n: number, d) => n * Number(d), 1);
    return count === entries.attributes.value ? { kind: 'mean', x } : undefined;
  }

  softmax(place: Place): Recognised | undefined {
    const quotient = this.#operands(place, 'div');
    if (quotient !== undefined) {
      const x = this.#shifted(quotient[0]);
      return x !== undefined && this.#isTotal(quotient[1], quotient[0]) ? { kind: 'softmax', x } : undefined;
    }
    const [left, powers] = this.#operands(place, 'mul') ?? [];
    const x = powers === undefined ? undefined : this.#shifted(powers);
    if (left === undefined || powers === undefined || x === undefined) return undefined;
    const dy = this.#dividedBy(left, powers);
    if (dy !== undefined) return { kind: 'scaled-softmax', dy, x };
    return this.#softmaxGradient(left, powers);
  }

  /** The left factor of exp(x - m) in the derivative of a softmax. */
  #softmaxGradient(left: Place, powers: Place): Recognised | undefined {
    const [direct, shared] = this.#operands(left, 'add') ?? [];
    if (direct === undefined) return undefined;
    const dy = this.#dividedBy(direct, powers);
    const inner = this.#wholeOf(shared, 'sum');
    const [product] = (inner && this.#operands(inner, 'neg')) ?? [];
    const [again, y] = (product && this.#operands(product, 'mul')) ?? [];
    if (dy === undefined || again === undefined) return undefined;
    const other = this.#dividedBy(again, powers);
    const result = this.softmax(y);
    const isSame = other !== undefined && keyOf(other) === keyOf(dy) && result?.kind === 'softmax';
    return isSame ? { kind: 'softmax-gradient', dy, y } : undefined;
  }

  logSumExp(place: Place): Recognised | undefined {
    const [shift, log] = this.#operands(place, 'add') ?? [];
    const [total] = (log && this.#operands(log, 'log')) ?? [];
    const powers = total === undefined ? undefined : this.#wholeOf(total, 'sum');
    const x = powers === undefined ? undefined : this.#shifted(powers);
    return x !== undefined && this.#isLargest(shift, x) ? { kind: 'log-sum-exp', x } : undefined;
  }

  /** Parts with zeros around them that fill an axis together. */
  joined(place: Place): Recognised | undefined {
    const [left] = this.#operands(place, 'add') ?? [];
    if (left === undefined) return undefined;
    const padded = this.#terms(place).map((term) => this.#padded(term));
    const parts = padded.filter((one) => one !== undefined).toSorted((a, b) => a.start - b.start);
    if (parts.length < padded.length) return undefined;
    let end = 0;
    for (const { start, size } of parts) {
      if (start !== end) return undefined;
      end += size;
    }
    const isFull = end === this.#places.typeOf(place).shape[0];
    return isFull ? { kind: 'joined', parts: parts.map(({ part }) => part) } : undefined;
  }

  #terms(place: Place): readonly Place[] {
    return (this.#operands(place, 'add') ?? []).flatMap((term) => {
      const isSum = !this.#isNamed(term) && this.#operands(term, 'add') !== undefined;
      return isSum ? this.#terms(term) : [term];
    });
  }

  /** The one part that is not zero of what is joined along the first axis, and where it stands. */
  #padded(place: Place): { readonly part: Place; readonly start: number; readonly size: number } | undefined {
    const operands = this.#operands(place, 'concat');
    const node = this.#places.nodeOf(place);
    if (operands === undefined || !isCall(node, 'concat') || node.attributes.axis !== 0) return undefined;
    const extents = operands.map((operand) => Number(this.#places.typeOf(operand).shape[0]));
    const filled = operands.flatMap((operand, k) => (isZero(this.#places.nodeOf(operand)) ? [] : [k]));
    const [at] = filled;
    if (filled.length !== 1) return undefined;
    const start = extents.slice(0, at).reduce((sum, extent) => sum + extent, 0);
    return { part: operands[at], start, size: extents[at] };
  }

  firstMax(place: Place): Recognised | undefined {
    const [condition, dy, otherwise] = this.#operands(place, 'select') ?? [];
    const type = this.#places.typeOf(place);
    if (condition === undefined || type.shape.length !== 1 || !isZero(this.#places.nodeOf(otherwise)))
      return undefined;
    const [positions, largest] = this.#operands(condition, 'eq') ?? [];
    if (positions === undefined || !isCall(this.#places.nodeOf(positions), 'iota')) return undefined;
    const [x] = this.#operands(largest, 'argmax') ?? [];
    const isAlong = x !== undefined && sameShape(this.#places.typeOf(x).shape, type.shape);
    return isAlong ? { kind: 'first-max', dy, x } : undefined;
  }

  /** Where an operand comes from, before it was spread. */
  #under(place: Place): Place {
    const from = this.#places.origin(place);
    const node = this.#places.nodeOf(from);
    return isCall(node, 'broadcast') ? this.#under({ ...from, node: node.operands[0] }) : from;
  }

  /** The operands of a call of this operation. */
  #operands(place: Place, op: OpName): readonly Place[] | undefined {
    const node = this.#places.nodeOf(place);
    if (node.kind !== 'call' || node.op !== op) return undefined;
    return node.operands.map((operand) => this.#under({ scan: place.scan, node: operand }));
  }

  /** What is reduced over all axes. */
  #wholeOf(place: Place, op: 'sum' | 'max_over'): Place | undefined {
    const [x] = this.#operands(place, op) ?? [];
    if (x === undefined) return undefined;
    const { attributes } = this.#places.nodeOf(place) as CallNode<'sum' | 'max_over'>;
    return attributes.axes.length === this.#places.typeOf(x).shape.length ? x : undefined;
  }

  /** The x of exp(x - stop(max(x))). */
  #shifted(place: Place): Place | undefined {
    const [difference] = this.#operands(place, 'exp') ?? [];
    const [x, shift] = (difference && this.#operands(difference, 'sub')) ?? [];
    return x !== undefined && this.#isLargest(shift, x) ? x : undefined;
  }

  #isLargest(place: Place, x: Place): boolean {
    const [largest] = this.#operands(place, 'stop') ?? [];
    const of = largest === undefined ? undefined : this.#wholeOf(largest, 'max_over');
    return of !== undefined && keyOf(of) === keyOf(x);
  }

  #isTotal(place: Place, powers: Place): boolean {
    const of = this.#wholeOf(place, 'sum');
    return of !== undefined && keyOf(of) === keyOf(powers);
  }

  /** The d of d / sum(powers). */
  #dividedBy(place: Place, powers: Place): Place | undefined {
    const [top, bottom] = this.#operands(place, 'div') ?? [];
    return top !== undefined && this.#isTotal(bottom, powers) ? top : undefined;
  }
}

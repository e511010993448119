// From places of the gradient graph to formulas. What has a name is written by it; everything else is opened up where it
// is used. How often that happened is counted, for whoever gives names to common factors.
//
// What a scan carries is written by time: in the forward scan as the state one step ago, `h[t-1]`. A backward scan
// carries what it hands from step to step: at step t that is the formula of what it handed on, one step later, so that
// the gradient of a state reads as in a textbook: d_c = d_c[t+1] * f[t+1] + ... A term with a step beyond the end is zero.

import { invariant } from '../base/invariant.ts';
import { type CallNode, isCall, type NodeId } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import type { Type } from '../graph/type.ts';
import {
  type At,
  call,
  expectReadable,
  type Formula,
  moved,
  multiply,
  NOW,
  name,
  number,
  overTime,
  some,
  subtract,
  sumOf,
  termsOf,
} from './formula.ts';
import { type Part, PHRASES, type Site } from './phrases.ts';
import { keyOf, type Place, type PlaceKey, type Places } from './places.ts';
import { isZero, recognise } from './recognise.ts';
import { symbolic } from './sizes.ts';

/** What names stand for, and what is known of the scans. */
export interface Names {
  readonly places: Places;
  readonly sizes: ReadonlyMap<string, number>;
  readonly hyperparameters: ReadonlyMap<string, number>;
  /** By place. */
  readonly names: ReadonlyMap<PlaceKey, string>;
  /** What the forward scans carry: by the key of the body's input. */
  readonly states: ReadonlyMap<PlaceKey, string>;
  readonly backward: ReadonlySet<NodeId>;
  /** What stands for the length of the sequence; undefined where the user's names include T. */
  readonly steps: string | undefined;
}

export class Formulas {
  readonly #known: Names;
  readonly #parts = new Map<PlaceKey, Part>();
  /** How often each place without a name was written. */
  readonly uses = new Map<PlaceKey, { readonly place: Place; count: number; readonly owner: string }>();
  /** Whose equation is being written. */
  owner = '';

  constructor(known: Names) {
    this.#known = known;
  }

  /** A place where it is used: its name, or what it is. */
  refer(place: Place): Part {
    const { names, places } = this.#known;
    const from = places.origin(place);
    const key = keyOf(from);
    const named = names.get(key);
    if (named !== undefined) {
      return (
        this.#numberAt(from) ?? {
          formula: name(named, places.hasSteps(from) ? NOW : undefined),
          loose: false,
        }
      );
    }
    const node = places.nodeOf(from);
    if (isCall(node, 'broadcast')) {
      const operand = { ...from, node: node.operands[0] };
      if (places.typeOf(operand).shape.length === 0) return { ...this.refer(operand), loose: true };
    }
    const use = this.uses.get(key);
    if (use === undefined) this.uses.set(key, { place: from, count: 1, owner: this.owner });
    else use.count++;
    return this.part(from);
  }

  /** What is one number everywhere is written as that, though it has a name: the gradient by the loss is 1. */
  #numberAt(place: Place): Part | undefined {
    const { places } = this.#known;
    const node = places.nodeOf(place);
    if (!isCall(node, 'constant')) return undefined;
    return { formula: this.#constant(node), loose: places.typeOf(place).shape.length > 0 };
  }

  /** What a place is. */
  part(place: Place): Part {
    const key = keyOf(place);
    const known = this.#parts.get(key) ?? this.#make(place);
    expectReadable(known.formula);
    this.#parts.set(key, known);
    return known;
  }

  /** In its own shape, as an operand. */
  exact(place: Place): Formula {
    return this.inShape(this.refer(place), this.#known.places.typeOf(place));
  }

  inShape({ formula, loose }: Part, type: Type): Formula {
    if (!loose) return formula;
    const shape = this.shape(type);
    const isZeros = formula.kind === 'number' && formula.value === 0;
    return isZeros ? call('zeros', ...shape.items) : call('spread', formula, shape);
  }

  shape(type: Type): Extract<Formula, { kind: 'list' }> {
    return { kind: 'list', items: type.shape.map((d) => symbolic(Number(d), this.#known.sizes)) };
  }

  /**
   * What a backward scan carries into a step: what the step after handed on, as it was there. At the first step that it
   * runs through nothing was handed on yet: there it is what the scan starts with.
   */
  after(scan: NodeId, k: number): Part {
    const { places, states } = this.#known;
    const { body, carries, reverse } = places.scan(scan);
    const direction = reverse ? 1 : -1;
    const handed = this.refer({ scan, node: body.outputs[k].node });
    const later = moved(handed.formula, (at) => ({ ...at, offset: at.offset + direction }));
    const own = new Set(states.values());
    // A term that names something of the step after is zero by itself where there is none; any other is told to be.
    const isBeyond = (part: Formula): boolean =>
      part.kind === 'name' && part.at !== undefined && part.at.offset * direction > 0 && !own.has(part.name);
    const guarded = termsOf(later).map(({ negative, formula }) => ({
      negative,
      formula: some(formula, isBeyond)
        ? formula
        : call(direction > 0 ? 'before_end' : 'after_start', formula),
    }));
    const first = this.refer({ scan: undefined, node: carries[k] });
    const isZero = first.formula.kind === 'number' && first.formula.value === 0;
    const arriving = isZero ? [] : [call(direction > 0 ? 'at_end' : 'at_start', first.formula)];
    const formula = sumOf([...arriving.map((one) => ({ negative: false, formula: one })), ...guarded]);
    const isScalar = places.typeOf({ scan, node: body.outputs[k].node }).shape.length === 0;
    return {
      formula,
      loose: !isScalar && (handed.loose || termsOf(later).length === 0) && (isZero || first.loose),
    };
  }

  #make(place: Place): Part {
    const { places, backward, states } = this.#known;
    const node = places.nodeOf(place);
    if (node.kind === 'call') return this.#call(place, node);
    if (node.kind === 'result') return this.#result(node.scan, node.index);
    invariant(node.kind === 'input', 'a scan itself is no value');
    if (node.role === 'step') return { formula: { kind: 'step', at: NOW }, loose: false };
    // Derived is the run from the beginning: the number of the first step is 0.
    if (node.role === 'shared') return { formula: number(0), loose: false };
    invariant(place.scan !== undefined && node.role === 'carry', `${node.name} has a name`);
    const k = places.carryIndex(place);
    if (backward.has(place.scan)) return this.after(place.scan, k);
    const state = states.get(keyOf(place));
    invariant(state !== undefined, `the carry ${node.name} has a name`);
    const offset = places.scan(place.scan).reverse ? 1 : -1;
    return { formula: name(state, { base: 't', offset }), loose: false };
  }

  /** What a scan leaves: the last of what it carries, or a sum over the steps. */
  #result(scan: NodeId, index: number): Part {
    const { places, backward, steps } = this.#known;
    const { body, carries, reverse } = places.scan(scan);
    const { formula, loose } = this.refer({ scan, node: body.outputs[index].node });
    if (index >= carries.length) {
      const isCount = formula.kind === 'number' && formula.value === 1 && steps !== undefined;
      return { formula: isCount ? name(steps) : overTime(formula), loose };
    }
    const base = reverse ? 'first' : 'last';
    invariant(backward.has(scan) || formula.kind === 'name', 'the last of a sequence has a name');
    return { formula: moved(formula, (at): At => ({ base, offset: at.offset })), loose };
  }

  #call(place: Place, node: CallNode): Part {
    const read = this.#readable(place);
    if (read !== undefined) return read;
    const { places, sizes, steps } = this.#known;
    const inside = (k: number): Place => ({
      scan: place.scan,
      node: this.#withoutCare(place.scan, node, node.operands[k]),
    });
    const type = places.typeOf(place);
    const site: Site = {
      type,
      types: node.operands.map((operand) => places.typeOf({ scan: place.scan, node: operand })),
      part: (k) => this.refer(inside(k)),
      exact: (k) => this.exact(inside(k)),
      size: (value) => symbolic(value, sizes),
      constant: () => this.#constant(node),
      steps: () => (steps === undefined ? { kind: 'over-time', operand: number(1) } : name(steps)),
    };
    return phrase(node, site);
  }

  #constant(node: CallNode): Formula {
    const { hyperparameters, sizes } = this.#known;
    invariant(isCall(node, 'constant'), `${node.op} is a constant`);
    const { value } = node.attributes;
    const written = node.origin?.source.text.slice(node.origin.start, node.origin.end) ?? '';
    if (hyperparameters.get(written) === value) return name(written);
    const isLiteral = Number(written) === value;
    return isLiteral || !Number.isInteger(value) ? number(value) : symbolic(value, sizes);
  }

  /** What reads better than its operations one by one. */
  #readable(place: Place): Part | undefined {
    const found = recognise(this.#known.places, place, (one) => this.#known.names.has(keyOf(one)));
    if (found === undefined) return undefined;
    const exact = (formula: Formula): Part => ({ formula, loose: false });
    switch (found.kind) {
      case 'mean':
      case 'softmax':
        return exact(call(found.kind, this.exact(found.x)));
      case 'joined':
        return exact(call('concat', ...found.parts.map((part) => this.exact(part))));
      case 'log-sum-exp':
        return exact(call('log_sum_exp', this.exact(found.x)));
      case 'scaled-softmax':
        return exact(multiply(this.refer(found.dy).formula, call('softmax', this.exact(found.x))));
      case 'first-max':
        return exact(multiply(this.refer(found.dy).formula, call('first_max', this.exact(found.x))));
      case 'softmax-gradient': {
        const [dy, y] = [this.exact(found.dy), this.exact(found.y)];
        return exact(multiply(y, subtract(dy, call('dot', dy, y))));
      }
      default:
        return found satisfies never;
    }
  }

  /**
   * A factor that was made safe before a branch (autodiff/careful.ts) is written as it is: what it was made safe from, zero
   * times something that is no number, is zero in the notation.
   */
  #withoutCare(scan: NodeId | undefined, user: CallNode, id: NodeId): NodeId {
    const { nodes } = this.#known.places.graphOf({ scan, node: id });
    const node = nodes[id];
    if (!['mul', 'div', 'contract'].includes(user.op) || !isCall(node, 'select')) return id;
    const [condition, x] = node.operands;
    const either = nodes[condition];
    if (!isCall(either, 'or')) return id;
    const test = nodes[either.operands[0]];
    if (!isCall(test, 'lt')) return id;
    const [low, high] = test.operands.map((operand) => nodes[operand]);
    const isAbsolute = (one: typeof low): boolean => isCall(one, 'abs') && one.operands[0] === x;
    const isNumber = isAbsolute(low) && isCall(high, 'constant') && high.attributes.value === Infinity;
    const isDivisor = user.op === 'div' && isZero(low) && isAbsolute(high);
    return isNumber || isDivisor ? x : id;
  }
}

function phrase<K extends OpName>(node: CallNode<K>, site: Site): Part {
  return PHRASES[node.op](node, site);
}

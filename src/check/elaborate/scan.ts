// One scan: the definitions of a stage in one direction as the body, their states as carries, and what is exported as
// stacked values, sums, and carries that only collect (the last value, the largest).

import { invariant } from '../../base/invariant.ts';
import { GraphBuilder } from '../../graph/build.ts';
import type { Graph, NodeId } from '../../graph/graph.ts';
import { type Element, index, TIME, type Type } from '../../graph/type.ts';
import type { NoiseScope } from '../checked.ts';
import type { ProgramValue } from '../program.ts';
import { type Export, endOf, placeKey, placeName, type Unit, type Way } from './demand.ts';
import { express, type Leaf, type Site } from './express.ts';
import type { Opening, Place, Scope } from './open.ts';

/** What a scan can ask of the graph around it. */
export interface Outside {
  readonly b: GraphBuilder;
  readonly opening: Opening;
  readonly train: boolean;
  /** A step's value that another scan has stacked, or a sequence of the data: [T, ...]. */
  sequence(place: Place, way: 'stacked' | 'previous'): NodeId;
  /** A value without a time: data, a weight, a once definition. */
  whole(place: Place): NodeId;
  /** What an `over-time` expression comes to. */
  reduced(wanted: Export): NodeId;
  /** index []. */
  seed(scope: NoiseScope): NodeId;
  offset(): NodeId;
  /** The start of a state: [shape]. */
  start(state: Unit['states'][number]): NodeId;
}

export interface Built {
  /** By `exportKey`. */
  readonly exports: ReadonlyMap<string, NodeId>;
  /** Final values, by the state's name. */
  readonly states: ReadonlyMap<string, NodeId>;
  /** What the equations compute at each step. */
  readonly values: readonly ProgramValue[];
}

export function exportKey(place: Place, way: Way): string {
  return `${way} ${placeKey(place)}`;
}

export function buildScan(unit: Unit, outside: Outside): Built {
  const b = new GraphBuilder(unit.key);
  const step = b.input('step', index(), 'step');
  const taken = new Set(['step']);
  const fresh = (name: string): string => {
    let candidate = name;
    for (let k = 2; taken.has(candidate); k++) candidate = `${name}_${k}`;
    taken.add(candidate);
    return candidate;
  };
  const sequences = new Map<NodeId, NodeId>();
  const captures = new Map<NodeId, NodeId>();
  const take = (outer: NodeId, name: string, role: 'sequence' | 'capture'): NodeId => {
    const imported = role === 'sequence' ? sequences : captures;
    let inner = imported.get(outer);
    if (inner === undefined) {
      const { element, shape } = outside.b.typeOf(outer);
      const type: Type = { element, shape: role === 'sequence' ? shape.slice(1) : shape };
      inner = b.input(fresh(name), type, role);
      imported.set(outer, inner);
    }
    return inner;
  };

  const carries: { readonly start: NodeId; readonly input: NodeId; next: NodeId | undefined }[] = [];
  const carry = (start: NodeId, name: string): (typeof carries)[number] => {
    const made = { start, input: b.input(fresh(name), outside.b.typeOf(start), 'carry'), next: undefined };
    carries.push(made);
    return made;
  };
  const states = new Map(unit.states.map((s) => [s.name, carry(outside.start(s), s.name)]));

  const values = new Map<string, NodeId>();
  const here = (place: Place): NodeId => {
    const own = place.kind === 'definition' ? values.get(place.definition.key) : undefined;
    if (own !== undefined) return own;
    const isStep = place.kind === 'definition' ? place.definition.rate === 'step' : isSequence(place);
    if (isStep) return take(outside.sequence(place, 'stacked'), placeName(place), 'sequence');
    return take(outside.whole(place), placeName(place), 'capture');
  };
  const resolve = (e: Leaf, scope: Scope): Place => {
    const place = outside.opening.resolve(e, scope);
    invariant(place !== undefined, `${e.kind} is a reference`);
    return place;
  };
  const stepIndex = (): NodeId => b.apply('add', step, take(outside.offset(), 'offset', 'capture'));
  const site: Site<Scope> = {
    b,
    train: outside.train,
    leaf(e, scope) {
      switch (e.kind) {
        case 'step-number':
          return b.call('convert', [stepIndex()], { element: 'real' });
        case 'previous': {
          const place = outside.opening.state(e.state, scope);
          const own = states.get(place.name);
          if (own !== undefined) return own.input;
          const late = outside.sequence({ kind: 'definition', definition: place.definition }, 'previous');
          return take(late, `${place.name}.previous`, 'sequence');
        }
        case 'over-time': {
          const place = resolve(e.operand as Leaf, scope);
          const end = outside.reduced({ place, ...endOf(e, scope) });
          return take(end, 'reduced', 'capture');
        }
        case 'each-step':
          return here(resolve(e.operand as Leaf, scope));
        default:
          return here(resolve(e, scope));
      }
    },
    noise(scope, name, shape) {
      const seed = outside.seed(scope);
      if (scope === 'step') {
        return b.call('uniform', [take(seed, 'seed', 'capture'), stepIndex()], { name, shape });
      }
      // The same at every step: drawn once, before them.
      const outer = outside.b;
      outer.origin = b.origin;
      const drawn = outer.call('uniform', [seed, outer.constant(0, [], 'index')], { name, shape });
      return take(drawn, name, 'capture');
    },
    weight: (name, scope) => here({ kind: 'parameter', name: scope.opened.prefix + name }),
  };
  for (const definition of unit.definitions) {
    b.origin = definition.span;
    values.set(definition.key, express(definition.value, definition.scope, site));
  }
  for (const place of unit.states) {
    const made = states.get(place.name);
    invariant(made !== undefined, `the state ${place.name} is carried`);
    made.next = values.get(place.definition.key);
  }

  const exported = new Map<
    string,
    { readonly kind: 'carried' | 'stacked' | 'summed'; readonly index: number }
  >();
  const counted = new Map<string, { readonly sum: string }>();
  const stacked: NodeId[] = [];
  const summed: NodeId[] = [];
  const sum = (key: string, value: NodeId): void => {
    if (!exported.has(key)) exported.set(key, { kind: 'summed', index: summed.push(value) - 1 });
  };
  const collect = (key: string, start: number, of: NodeId, next: (before: NodeId) => NodeId): void => {
    const { element, shape } = b.typeOf(of);
    const made = carry(outside.b.constant(start, shape, element), key.split(' ')[0]);
    made.next = next(made.input);
    exported.set(key, { kind: 'carried', index: carries.length - 1 });
  };
  for (const { place, ways } of unit.exports.values()) {
    const value = here(place);
    for (const way of ways) {
      const key = exportKey(place, way);
      switch (way) {
        case 'stacked':
          exported.set(key, { kind: 'stacked', index: stacked.push(value) - 1 });
          break;
        case 'previous': {
          const state = unit.states.find((s) => placeKey(place) === s.definition.key);
          const own = state && states.get(state.name);
          invariant(own !== undefined, 'only a state has a past');
          exported.set(key, { kind: 'stacked', index: stacked.push(own.input) - 1 });
          break;
        }
        case 'last': {
          const position = unit.states.findIndex((s) => placeKey(place) === s.definition.key);
          if (position >= 0) exported.set(key, { kind: 'carried', index: position });
          else collect(key, 0, value, () => value);
          break;
        }
        case 'max':
          // The earlier one first: of equals it gets the derivative.
          collect(key, Number.NEGATIVE_INFINITY, value, (before) => b.apply('max', before, value));
          break;
        case 'mean':
          sum('steps', b.constant(1));
          sum(exportKey(place, 'sum'), asReal(b, value));
          counted.set(key, { sum: exportKey(place, 'sum') });
          break;
        case 'sum':
          sum(key, asReal(b, value));
          break;
        default:
          way satisfies never;
      }
    }
  }

  carries.forEach(({ next }, i) => {
    invariant(next !== undefined, `carry ${i} of ${unit.key} has a next value`);
    b.output(`carry ${i}`, next);
  });
  stacked.forEach((value, i) => {
    b.output(`stack ${i}`, value);
  });
  summed.forEach((value, i) => {
    b.output(`sum ${i}`, value);
  });
  const made = b.finish();
  const inputs = [step, ...carries.map((c) => c.input), ...sequences.values(), ...captures.values()];
  const { body, places } = inputsFirst(made, inputs);
  const outer = outside.b;
  outer.origin = unit.definitions[0]?.span;
  const results = outer.scan({
    axis: TIME,
    reverse: unit.reverse,
    carries: carries.map((c) => c.start),
    sequences: [...sequences.keys()],
    captures: [...captures.keys()],
    body,
    stacked: stacked.length,
    summed: summed.length,
  });
  const exports = new Map([...exported].map(([key, { kind, index: i }]) => [key, results[kind][i]]));
  for (const [key, { sum: total }] of counted) {
    const [value, steps] = [exports.get(total), exports.get('steps')];
    invariant(value !== undefined && steps !== undefined, 'a mean has its sum and its count');
    exports.set(key, outer.apply('div', value, outer.broadcast(steps, outer.shapeOf(value), [])));
  }
  return {
    exports,
    states: new Map(unit.states.map((s, i) => [s.name, results.carried[i]])),
    values: unit.definitions
      .filter(({ isNamed }) => isNamed)
      .map(({ key, name }) => ({ name, body, node: places.get(values.get(key)!)! })),
  };
}

function isSequence(place: Place): boolean {
  return place.kind === 'data' && place.input.type.rate === 'step';
}

/** A metric may be a condition: it counts 1 where it holds. */
function asReal(b: GraphBuilder, value: NodeId): NodeId {
  const real: Element = 'real';
  return b.typeOf(value).element === real ? value : b.call('convert', [value], { element: real });
}

/** The body with its inputs in front, in this order: a graph is printed and read back node by node. And where its nodes are. */
function inputsFirst(
  body: Graph,
  inputs: readonly NodeId[],
): { readonly body: Graph; readonly places: ReadonlyMap<NodeId, NodeId> } {
  const b = new GraphBuilder(body.name);
  const places = new Map<NodeId, NodeId>();
  const isInput = new Set(inputs);
  const others = body.nodes.map((_, id) => id as NodeId).filter((id) => !isInput.has(id));
  for (const id of [...inputs, ...others]) {
    const node = body.nodes[id];
    invariant(node.kind === 'input' || node.kind === 'call', `scan body ${body.name} holds no scan`);
    places.set(
      id,
      node.kind === 'input'
        ? b.input(node.name, node.type, node.role, node.origin)
        : b.call(
            node.op,
            node.operands.map((operand) => places.get(operand)!),
            node.attributes,
            node.origin,
          ),
    );
  }
  for (const { name, node } of body.outputs) b.output(name, places.get(node)!);
  return { body: b.finish(), places };
}

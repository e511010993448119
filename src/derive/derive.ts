// Backpropagation through time as equations: the graph that computes the gradients of a program, the one that runs, told in
// the user's names. First what the program computes, then for each step, from the last to the first, how much the result
// changes with each state and each equation, then the weights.

import { traceGradient, traceVjp } from '../autodiff/vjp.ts';
import type { Program } from '../check/program.ts';
import { type NodeId, operandsOf } from '../graph/graph.ts';
import { follow } from './follow.ts';
import { type At, complexity, type Equation, type Formula, NOW, some } from './formula.ts';
import { Formulas } from './formulas.ts';
import { largePlaces } from './large.ts';
import { type Given, Naming } from './naming.ts';
import { keyOf, type Place, type PlaceKey, type Places } from './places.ts';
import { inReadingOrder, inTermOrder } from './reading.ts';

/** Equations that are read together. */
export interface Group {
  readonly kind: 'starts' | 'forward' | 'once' | 'backward' | 'gradients';
  /** Once, or at each step: from the first one up, or from the last one down. */
  readonly order: 'once' | 'up' | 'down';
  readonly equations: readonly Equation[];
}

export interface GivenValue {
  readonly name: string;
  readonly kind: Given['kind'];
  readonly hasSteps: boolean;
  readonly shape: readonly Formula[];
  /** The input of the gradient graph that it is; undefined for noise. */
  readonly input: string | undefined;
  readonly place: Place;
}

export interface Equations {
  readonly name: string;
  readonly kind: 'cell' | 'model';
  readonly given: readonly GivenValue[];
  readonly groups: readonly Group[];
  /** The hyperparameters that occur, with their numbers. */
  readonly symbols: ReadonlyMap<string, number>;
  /** What the name of a gradient begins with. */
  readonly gradient: string;
  readonly arriving: string;
  /** The same of what a step hands back to the one before. */
  readonly back: string;
  /** What is minimised, and whether it is a sum over the steps; undefined for a cell. */
  readonly loss: { readonly name: string; readonly rate: 'step' | 'once' } | undefined;
  /** Short beginnings of names, by the long ones. */
  readonly abbreviations: ReadonlyMap<string, string>;
  /** By the graph's output `grad.NAME`: what it is called here. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** What has a gradient, in the order of the file: weights, real inputs, states that are handed in. */
export function derivedBy({ graph }: Program): readonly string[] {
  const names = (role: string): string[] =>
    graph.inputs.flatMap((id) => {
      const node = graph.nodes[id];
      return node.kind === 'input' && node.role === role && node.type.element === 'real' ? [node.name] : [];
    });
  return [...names('parameter'), ...names('input'), ...names('state')];
}

/** The equations of a program. Sizes that are to be read as symbols are primes (sizes.ts). */
export function derive(program: Program): Equations {
  const wrt = derivedBy(program);
  const outputs = program.outputs.filter(({ kind }) => kind === 'real').map((output) => output.name);
  const traced =
    program.loss === undefined
      ? traceVjp(program.graph, { outputs, wrt })
      : traceGradient(program.graph, { output: 'loss', wrt });
  const followed = follow(program, traced);
  const naming = new Naming(program, followed);
  const { places } = followed;
  const needed = neededPlaces(places, new Set(program.metrics.map((metric) => metric.name)));
  for (const place of largePlaces(places, needed, naming.names)) naming.nameLarge(place);
  const known = {
    places,
    sizes: program.sizes,
    hyperparameters: program.hyperparameters,
    names: naming.names,
    states: naming.states,
    backward: new Set(followed.backward.keys()),
    steps: naming.steps,
  };
  let groups: readonly Group[] = [];
  for (;;) {
    const formulas = new Formulas(known);
    groups = emit(places, naming, followed.backward, formulas, needed);
    if (!nameFactors(naming, formulas, () => new Formulas(known))) break;
  }
  groups = groups.map((group) => readably(group, groups, naming));
  const used = (text: string): boolean =>
    groups.some(({ equations }) =>
      equations.some(({ formula }) => some(formula, (part) => part.kind === 'name' && part.name === text)),
    );
  const shapeOf = (place: Place): readonly Formula[] => new Formulas(known).shape(places.typeOf(place)).items;
  return {
    name: program.name,
    kind: program.kind,
    given: naming.given
      .filter(({ name, kind }) => used(name) || kind === 'input' || kind === 'weight' || kind === 'start')
      .map(({ name, kind, place, input }) => ({
        name,
        kind,
        input,
        place,
        hasSteps: places.hasSteps(place),
        shape: shapeOf(place),
      })),
    groups,
    symbols: new Map([...program.hyperparameters].filter(([text]) => used(text))),
    gradient: naming.gradient,
    arriving: naming.arriving,
    back: naming.back,
    loss:
      program.loss === undefined || naming.loss === undefined
        ? undefined
        : { name: naming.loss, rate: program.loss.rate },
    gradients: new Map(wrt.map((one) => [`grad.${one}`, naming.gradient + naming.short(one)])),
    abbreviations: naming.abbreviations,
  };
}

/** A group in the order in which it is read. */
function readably(group: Group, groups: readonly Group[], { arriving, gradient }: Naming): Group {
  const equations = group.equations.map((equation) => {
    const isGradient = equation.name.startsWith(gradient);
    return isGradient
      ? { ...equation, formula: inTermOrder(equation.formula, { arriving, gradient }) }
      : equation;
  });
  if (group.kind !== 'backward') return { ...group, equations };
  const forward = groups.flatMap((other) =>
    other.kind === 'forward' || other.kind === 'once' ? other.equations.map(({ name }) => name) : [],
  );
  return { ...group, equations: inReadingOrder(equations, forward, gradient) };
}

/** Gives names to what is written more than once and is more than a glance. False where there is nothing of that kind. */
function nameFactors(naming: Naming, formulas: Formulas, anew: () => Formulas): boolean {
  const before = naming.names.size;
  // Formulas know the names that there were when they were made.
  let current = anew();
  const formulaOf = (place: Place): Formula => current.part(place).formula;
  const isMix = (place: Place): boolean => {
    const formula = formulaOf(place);
    const isWeight = (part: Formula): boolean =>
      part.kind === 'transpose' ? isWeight(part.operand) : part.kind === 'name' && part.at === undefined;
    return (
      formula.kind === 'sum' &&
      formula.terms.some(({ formula: term }) => term.kind === 'matmul' && isWeight(term.left))
    );
  };
  // What was met last stands innermost: with a name for it, what is around it may be a glance.
  for (const { place, count, owner } of [...formulas.uses.values()].reverse()) {
    if (naming.names.has(keyOf(place)) || !isWorthName(formulaOf(place), count, naming.gradient)) continue;
    naming.nameFactor(place, owner, isMix, (one) => formulas.uses.has(keyOf(one)));
    current = anew();
  }
  return naming.names.size > before;
}

/** Whether what is written so often should be said once. A function of a name, tanh(c), never is. */
function isWorthName(formula: Formula, count: number, gradient: string): boolean {
  const weight = complexity(formula);
  const isPlain = formula.kind === 'call' && weight <= 1;
  const isGradient = some(formula, (part) => part.kind === 'name' && part.name.startsWith(gradient));
  const isOfTime = weight <= 2 && !some(formula, (part) => part.kind === 'name');
  return !isPlain && !isOfTime && ((count >= 2 && weight > 1) || (count >= 3 && weight >= 1 && isGradient));
}

/** What the results depend on, apart from the metrics. */
function neededPlaces(places: Places, metrics: ReadonlySet<string>): ReadonlySet<PlaceKey> {
  const needed = new Set<PlaceKey>();
  const waiting: Place[] = places.graph.outputs
    .filter((output) => !metrics.has(output.name))
    .map(({ node }) => ({ scan: undefined, node }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const place = places.origin(next);
    if (needed.has(keyOf(place))) continue;
    needed.add(keyOf(place));
    const node = places.nodeOf(place);
    const carried = (scan: NodeId, k: number): void => {
      const { body, carries } = places.scan(scan);
      waiting.push({ scan, node: body.outputs[k].node });
      if (k < carries.length) waiting.push({ scan: undefined, node: carries[k] });
      if (k < carries.length) needed.add(keyOf({ scan, node: body.inputs[1 + k] }));
    };
    if (node.kind === 'call')
      for (const operand of operandsOf(node)) waiting.push({ ...place, node: operand });
    if (node.kind === 'result') carried(node.scan, node.index);
    if (node.kind === 'input' && place.scan !== undefined && node.role === 'carry') {
      carried(place.scan, places.carryIndex(place));
    }
  }
  return needed;
}

/** All equations, in an order in which they can be computed. */
function emit(
  places: Places,
  naming: Naming,
  backward: ReadonlyMap<NodeId, NodeId>,
  formulas: Formulas,
  needed: ReadonlySet<PlaceKey>,
): readonly Group[] {
  const groups: { kind: Group['kind']; order: Group['order']; equations: Equation[] }[] = [];
  const put = (kind: Group['kind'], order: Group['order'], equations: readonly Equation[]): void => {
    if (equations.length === 0) return;
    const last = groups.at(-1);
    if (last !== undefined && last.kind === kind && last.order === order && order === 'once') {
      last.equations.push(...equations);
    } else groups.push({ kind, order, equations: [...equations] });
  };
  const isGradient = (text: string): boolean => text.startsWith(naming.gradient);
  const equation = (text: string, place: Place): Equation => {
    formulas.owner = text;
    const part = formulas.part(place);
    const formula = isGradient(text) ? part.formula : formulas.inShape(part, places.typeOf(place));
    return { name: text, at: places.hasSteps(place) ? NOW : undefined, formula };
  };
  /** The equations that stand at one place: its own, and further names. */
  const standingAt = (place: Place): Equation[] => {
    const own = naming.names.get(keyOf(place));
    const isGiven = naming.given.some((given) => keyOf(given.place) === keyOf(place));
    const hasOwn = own !== undefined && !isGiven && needed.has(keyOf(place));
    const aliases = naming.aliases.filter(
      ({ behind, place: of }) => keyOf(behind) === keyOf(place) && needed.has(keyOf(of)),
    );
    return [
      ...(hasOwn ? [equation(own, place)] : []),
      ...aliases.map((alias) => {
        formulas.owner = alias.name;
        const part = formulas.refer(alias.place);
        const type = places.typeOf(alias.place);
        const formula = isGradient(alias.name) ? part.formula : formulas.inShape(part, type);
        return { name: alias.name, at: alias.hasSteps ? NOW : undefined, formula };
      }),
    ];
  };
  const top: readonly NodeId[] = [...places.graph.nodes.keys(), places.graph.nodes.length] as NodeId[];
  for (const id of top) {
    const node = places.graph.nodes[id];
    if (node?.kind !== 'scan') {
      const place = { scan: undefined, node: id };
      // A result that a scan stacks stands in the scan.
      if (node !== undefined && keyOf(places.origin(place)) !== keyOf(place)) continue;
      for (const one of standingAt(place)) {
        if (one.at === undefined) put(isGradient(one.name) ? 'gradients' : 'once', 'once', [one]);
        else put(isGradient(one.name) ? 'backward' : 'forward', 'up', [one]);
      }
      continue;
    }
    const isBackward = backward.has(id);
    if (!isBackward) {
      put(
        'starts',
        'once',
        node.carries.flatMap((start, k): readonly Equation[] => {
          const carry = { scan: id, node: node.body.inputs[1 + k] };
          const state = naming.states.get(keyOf(carry));
          if (state === undefined || !needed.has(keyOf(carry))) return [];
          const at: At = node.reverse ? { base: 'last', offset: 1 } : { base: 'first', offset: -1 };
          formulas.owner = state;
          const part = formulas.refer({ scan: undefined, node: start });
          return [{ name: state, at, formula: formulas.inShape(part, places.typeOf(carry)) }];
        }),
      );
    }
    const equations = node.body.nodes.flatMap((_, inner) => standingAt({ scan: id, node: inner as NodeId }));
    put(isBackward ? 'backward' : 'forward', node.reverse ? 'down' : 'up', equations);
  }
  return groups;
}

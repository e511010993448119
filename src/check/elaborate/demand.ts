// What is needed of what, before anything is built: which definitions live, which step's values leave their scan and
// how, and in which order scans and once values can be computed.

import { invariant } from '../../base/invariant.ts';
import { type CheckedExpression, operandsOf } from '../checked.ts';
import type { Definition, Opening, Place, Scope, StatePlace } from './open.ts';

/** How a step's value leaves its scan: at every step, one step late, or as one value. */
export type Export = 'stacked' | 'previous' | 'last' | 'max' | 'sum' | 'mean';

/** A scan to be: a stage in one direction, or a look at values that come from elsewhere. */
export interface Unit {
  readonly key: string;
  readonly reverse: boolean;
  readonly definitions: Definition[];
  readonly states: StatePlace[];
  /** By what is exported: a definition of this unit, or for a look any place. */
  readonly exports: Map<string, { readonly place: Place; readonly ways: Set<Export> }>;
}

/** One thing to compute at the top of the graph. */
export type Task =
  | { readonly kind: 'scan'; readonly unit: Unit }
  | { readonly kind: 'once'; readonly definition: Definition };

export interface Demands {
  /** In an order in which each has what it needs. */
  readonly tasks: readonly Task[];
  /** Noise or `t` is used. */
  readonly usesStepNumber: boolean;
  readonly hasNoise: boolean;
  /** Inputs and targets that something reads. */
  readonly data: ReadonlySet<string>;
}

/** A result of the program: a place, and how it leaves its scan where it is a step's value. */
export interface Root {
  readonly place: Place;
  readonly way: Export;
}

export function placeKey(place: Place): string {
  return place.kind === 'definition' ? place.definition.key : `${place.kind} ${placeName(place)}`;
}

export function placeName(place: Place): string {
  if (place.kind === 'definition') return place.definition.name;
  return place.kind === 'data' ? place.input.name : place.name;
}

export function placeRate(place: Place): 'once' | 'step' {
  if (place.kind === 'definition') return place.definition.rate;
  return place.kind === 'data' && place.input.type.rate === 'step' ? 'step' : 'once';
}

/**
 * The scan that exports a place in a certain way. A scan exports its own definitions; but what runs backwards is
 * reduced in the order of time by another scan, which looks at it, and so are inputs.
 */
export function exporterKey(place: Place, way: Export): string {
  if (place.kind !== 'definition') return 'look at the inputs';
  const own = unitKey(place.definition);
  const inPlace = way === 'stacked' || way === 'previous' || !place.definition.reverse;
  return inPlace ? own : `look at ${own}`;
}

function unitKey({ stage, reverse }: Definition): string {
  return `${reverse ? 'backward' : 'forward'} ${stage}`;
}

/** Finds all that the roots and the states need. */
export function demandsOf(
  opening: Opening,
  roots: readonly Root[],
  states: readonly StatePlace[],
  train: boolean,
): Demands {
  const live = new Set<Definition>();
  const data = new Set<string>();
  const units = new Map<string, Unit>();
  /** From a task to the tasks it needs, by key. */
  const needs = new Map<string, Set<string>>();
  const waiting: Definition[] = [];
  const flags = { usesStepNumber: false, hasNoise: false };

  const unit = (key: string, reverse: boolean): Unit => {
    let found = units.get(key);
    if (found === undefined) {
      found = { key, reverse, definitions: [], states: [], exports: new Map() };
      units.set(key, found);
    }
    return found;
  };
  const taskOf = (d: Definition): string => (d.rate === 'step' ? unitKey(d) : d.key);
  const need = (task: string | undefined, other: string): void => {
    if (task === undefined || task === other) return;
    needs.set(task, (needs.get(task) ?? new Set()).add(other));
  };
  const mark = (definition: Definition): void => {
    if (live.has(definition)) return;
    live.add(definition);
    if (definition.rate === 'step') unit(unitKey(definition), definition.reverse);
    waiting.push(definition);
  };
  /** `task` needs a place at its own step, or as a whole where `task` is not the place's own scan. */
  const use = (place: Place, task: string | undefined): void => {
    if (place.kind === 'data') data.add(place.input.name);
    if (place.kind !== 'definition') return;
    mark(place.definition);
    const own = taskOf(place.definition);
    need(task, own);
    if (place.definition.rate === 'step' && task !== own) exportFrom(place, 'stacked');
  };
  const exportFrom = (place: Place, way: Export): string => {
    const key = exporterKey(place, way);
    const reverse = key.startsWith('backward');
    const { exports } = unit(key, reverse);
    const entry = exports.get(placeKey(place)) ?? { place, ways: new Set<Export>() };
    entry.ways.add(way);
    exports.set(placeKey(place), entry);
    if (place.kind === 'data') data.add(place.input.name);
    if (place.kind === 'definition') {
      mark(place.definition);
      if (key !== unitKey(place.definition)) use(place, key);
    }
    return key;
  };
  const resolve = (e: CheckedExpression, scope: Scope): Place => {
    const place = opening.resolve(e, scope);
    invariant(place !== undefined, `${e.kind} is a reference`);
    return place;
  };
  const walk = (e: CheckedExpression, scope: Scope, task: string): void => {
    switch (e.kind) {
      case 'step-number':
        flags.usesStepNumber = true;
        return;
      case 'dropout':
        if (train) flags.hasNoise = true;
        break;
      case 'previous': {
        const { definition } = opening.state(e.state, scope);
        mark(definition);
        if (unitKey(definition) !== task) {
          exportFrom({ kind: 'definition', definition }, 'previous');
          need(task, unitKey(definition));
        }
        return;
      }
      case 'over-time':
        need(task, exportFrom(resolve(e.operand, scope), e.reducer));
        return;
      case 'input':
      case 'equation':
      case 'apply':
      case 'instance-state':
        use(resolve(e, scope), task);
        return;
      default:
    }
    for (const operand of operandsOf(e)) walk(operand, scope, task);
  };

  for (const { place, way } of roots) {
    if (placeRate(place) === 'step') exportFrom(place, way);
    else use(place, undefined);
  }
  for (const { definition, state, scope } of states) {
    mark(definition);
    if (state.start !== undefined) walk(state.start, scope, unitKey(definition));
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    walk(next.value, next.scope, taskOf(next));
  }
  for (const definition of opening.definitions) {
    if (live.has(definition) && definition.rate === 'step')
      unit(unitKey(definition), definition.reverse).definitions.push(definition);
  }
  for (const state of states) unit(unitKey(state.definition), state.definition.reverse).states.push(state);
  const once = opening.definitions.filter((d) => live.has(d) && d.rate === 'once');
  return {
    tasks: inOrder([...units.values()], once, needs),
    usesStepNumber: flags.usesStepNumber || flags.hasNoise,
    hasNoise: flags.hasNoise,
    data,
  };
}

/** Each task after all that it needs; the order is the file's where that leaves a choice. */
function inOrder(
  units: readonly Unit[],
  once: readonly Definition[],
  needs: ReadonlyMap<string, ReadonlySet<string>>,
): Task[] {
  const tasks = new Map<string, Task>();
  for (const definition of once) tasks.set(definition.key, { kind: 'once', definition });
  for (const unit of units) tasks.set(unit.key, { kind: 'scan', unit });
  const ordered: Task[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of tasks.keys()) {
    // Depth first with a stack of its own: chains of equations may be long.
    const stack = [start];
    while (stack.length > 0) {
      const key = stack[stack.length - 1];
      if (state.get(key) === 'done') {
        stack.pop();
        continue;
      }
      const missing = [...(needs.get(key) ?? [])].filter((k) => state.get(k) !== 'done');
      if (missing.length === 0) {
        const task = tasks.get(key);
        invariant(task !== undefined, `the task ${key} exists`);
        ordered.push(task);
        state.set(key, 'done');
        stack.pop();
        continue;
      }
      invariant(state.get(key) !== 'open', `the stages of ${key} do not go round in a circle`);
      state.set(key, 'open');
      stack.push(...missing);
    }
  }
  return ordered;
}

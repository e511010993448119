// What is needed of what, before anything is built: which definitions live, which step's values leave their scan and
// how, and in which order scans and once values can be computed.

import { invariant } from '../../base/invariant.ts';
import { type CheckedExpression, type OverTimeNode, operandsOf } from '../checked.ts';
import { draws } from './express.ts';
import type { Definition, Opening, Place, Scope, StatePlace } from './open.ts';

/** How a step's value leaves its scan: at every step, one step late, or as one value. */
export type Way = 'stacked' | 'previous' | Exclude<OverTimeNode['reducer'], 'first'>;

/** A value at each step, as something that is there outside of its scan. */
export interface Export {
  readonly place: Place;
  readonly way: Way;
  /**
   * Whose last it is, of `last` and its like: a cell that runs backwards ends with the first step. A sequence is in the
   * order of time for all.
   */
  readonly reverse: boolean;
}

/** A scan to be: a stage in one direction, or a look at values that come from elsewhere. */
export interface Unit {
  readonly key: string;
  readonly reverse: boolean;
  readonly definitions: Definition[];
  readonly states: StatePlace[];
  /** By what is exported: a definition of this unit, or for a look any place. */
  readonly exports: Map<string, { readonly place: Place; readonly ways: Set<Way> }>;
}

/** One thing to compute at the top of the graph. */
export type Task =
  | { readonly kind: 'scan'; readonly unit: Unit }
  | { readonly kind: 'once'; readonly definition: Definition };

export interface Demands {
  /** In an order in which each has what it needs. */
  readonly tasks: readonly Task[];
  /** Noise of each step is drawn, or `t` is used. */
  readonly usesStepNumber: boolean;
  /** What is drawn in training, for each sequence and for the batch. */
  readonly noise: { readonly sequence: boolean; readonly batch: boolean };
  /** Inputs and targets that something reads. */
  readonly data: ReadonlySet<string>;
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
 * The scan that makes an export. A scan exports its own definitions; but the end of what runs in the other direction is
 * found by another scan, which looks at it, and so is that of inputs, and of what a cell takes at each step though it is
 * the same at all of them.
 */
export function exporterKey({ place, way, reverse }: Export): string {
  const look = (at: string): string => `look ${reverse ? 'back at' : 'at'} ${at}`;
  if (place.kind !== 'definition') return look('the inputs');
  const { definition } = place;
  if (definition.rate === 'once') return look(definition.key);
  const own = unitKey(definition);
  const isSequence = way === 'stacked' || way === 'previous';
  return isSequence || definition.reverse === reverse ? own : look(own);
}

/** How an end leaves its scan. The first of one direction is the last of the other. */
export function endOf({ reducer }: OverTimeNode, { reverse }: Scope): Pick<Export, 'way' | 'reverse'> {
  return reducer === 'first' ? { way: 'last', reverse: !reverse } : { way: reducer, reverse };
}

function unitKey({ stage, reverse }: Definition): string {
  return `${reverse ? 'backward' : 'forward'} ${stage}`;
}

/** Finds all that the roots and the states need. */
export function demandsOf(
  opening: Opening,
  roots: readonly Export[],
  states: readonly StatePlace[],
  options: { readonly train: boolean; startsGiven(state: string): boolean },
): Demands {
  const live = new Set<Definition>();
  const data = new Set<string>();
  const units = new Map<string, Unit>();
  /** From a task to the tasks it needs, by key. */
  const needs = new Map<string, Set<string>>();
  const waiting: Definition[] = [];
  const uses = { stepNumber: false, sequence: false, batch: false };

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
    if (place.definition.rate === 'step' && task !== own) {
      exportFrom({ place, way: 'stacked', reverse: false });
    }
  };
  /** Has a scan make an export; gives the scan's key. */
  const exportFrom = (wanted: Export): string => {
    const { place, way } = wanted;
    const key = exporterKey(wanted);
    const own = place.kind === 'definition' && key === unitKey(place.definition);
    const { exports } = unit(key, own ? place.definition.reverse : wanted.reverse);
    const entry = exports.get(placeKey(place)) ?? { place, ways: new Set<Way>() };
    entry.ways.add(way);
    exports.set(placeKey(place), entry);
    use(place, key);
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
        uses.stepNumber = true;
        return;
      case 'dropout':
      case 'noise':
        if (!draws(e, scope.opened)) break;
        if (e.scope === 'batch') uses.batch = true;
        else uses.sequence = true;
        if (e.scope === 'step' && options.train) uses.stepNumber = true;
        break;
      case 'previous': {
        const { definition } = opening.state(e.state, scope);
        mark(definition);
        if (unitKey(definition) !== task) {
          exportFrom({ place: { kind: 'definition', definition }, way: 'previous', reverse: false });
          need(task, unitKey(definition));
        }
        return;
      }
      case 'over-time':
        need(task, exportFrom({ place: resolve(e.operand, scope), ...endOf(e, scope) }));
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

  for (const root of roots) {
    if (placeRate(root.place) === 'step') exportFrom(root);
    else use(root.place, undefined);
  }
  for (const { name, definition, state, scope } of states) {
    mark(definition);
    if (state.start !== undefined && !options.startsGiven(name))
      walk(state.start, scope, unitKey(definition));
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
    usesStepNumber: uses.stepNumber,
    noise: { sequence: uses.sequence, batch: uses.batch },
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
      // The first on top, so that it is done first.
      for (const other of missing.reverse()) stack.push(other);
    }
  }
  return ordered;
}

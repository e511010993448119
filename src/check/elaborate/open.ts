// Opening cells up: the tree of instances with numbers for their sizes, and the tree of applications with their place
// in time. After this there are no cells, only definitions: one expression each, at one stage, in one direction.

import { invariant } from '../../base/invariant.ts';
import type { Span } from '../../base/source.ts';
import type { AxisName } from '../../graph/type.ts';
import type {
  CheckedApplication,
  CheckedCell,
  CheckedExpression,
  CheckedInput,
  CheckedParameter,
  CheckedState,
  EquationId,
} from '../checked.ts';
import { isLength } from '../size.ts';
import { numberOf } from './express.ts';
import { lengthOf, type Opened, sizeNumber } from './opened.ts';

/** One application of a copy: where in time it stands. The outermost cell is applied once, by whoever runs it. */
export interface Scope {
  readonly id: number;
  readonly opened: Opened;
  readonly user: { readonly scope: Scope; readonly application: CheckedApplication } | undefined;
  /** By the position of the application in the cell's list. */
  readonly applied: readonly Scope[];
  /** `once`: what the cell calls a step is once here. */
  readonly rate: 'once' | 'step';
  readonly reverse: boolean;
  readonly stage: number;
}

/** One expression with a place in time: an equation, or an argument that is more than a name. */
export interface Definition {
  readonly key: string;
  readonly name: string;
  /** The name is the user's, and does not just say that this is a part of an equation. */
  readonly isNamed: boolean;
  readonly scope: Scope;
  readonly value: CheckedExpression;
  readonly span: Span;
  /** A constant counts as `once`. */
  readonly rate: 'once' | 'step';
  /** Of a step's value: its scan. */
  readonly stage: number;
  readonly reverse: boolean;
}

/** A state of one copy, by its full name. */
export interface StatePlace {
  readonly name: string;
  readonly scope: Scope;
  readonly state: CheckedState;
  readonly definition: Definition;
}

/** What a reference leads to once cells are opened up. */
export type Place =
  | { readonly kind: 'definition'; readonly definition: Definition }
  | { readonly kind: 'data'; readonly input: CheckedInput }
  | { readonly kind: 'parameter'; readonly name: string };

/** Opens a cell with numbers for its sizes and hyperparameters, axes for sizes that are lengths, and all instances in it. */
export function open(
  cell: CheckedCell,
  prefix: string,
  sizes: ReadonlyMap<string, number>,
  lengths: ReadonlyMap<string, AxisName>,
  given: ReadonlyMap<string, number>,
): Opened {
  const hyperparameters = new Map(given);
  const bare = { cell, prefix, sizes, lengths, hyperparameters, instances: [] };
  for (const { name, defaultValue } of cell.hyperparameters) {
    if (hyperparameters.has(name)) continue;
    invariant(defaultValue !== undefined, `the hyperparameter ${name} has a value`);
    hyperparameters.set(name, numberOf(defaultValue, bare));
  }
  const instances = cell.instances.map((checked) => {
    const innerSizes = new Map<string, number>();
    const innerLengths = new Map([...lengths].filter(([symbol]) => isLength(symbol)));
    for (const [name, size] of checked.sizes) {
      const axis = lengthOf(size, bare);
      if (axis === undefined) innerSizes.set(name, sizeNumber(size, bare, checked.span));
      else innerLengths.set(name, axis);
    }
    const numbers = [...checked.hyperparameters].map(
      ([name, value]) => [name, numberOf(value, bare)] as const,
    );
    const inner = `${prefix}${checked.name}.`;
    return { checked, opened: open(checked.cell, inner, innerSizes, innerLengths, new Map(numbers)) };
  });
  return { ...bare, instances };
}

/** Every weight of an opened cell and its instances, in the order of the text; an instance's stand where it does. */
export function parametersOf(
  opened: Opened,
): readonly { readonly name: string; readonly parameter: CheckedParameter; readonly opened: Opened }[] {
  const own = opened.cell.parameters.map((parameter) => ({
    at: parameter.position,
    found: [{ name: opened.prefix + parameter.name, parameter, opened }],
  }));
  const inside = opened.instances.map(({ checked, opened: inner }) => ({
    at: checked.span.start,
    found: parametersOf(inner),
  }));
  return [...own, ...inside].sort((a, b) => a.at - b.at).flatMap(({ found }) => found);
}

/** Everything that is applied, opened up in time. */
export class Opening {
  readonly root: Scope;
  readonly definitions: readonly Definition[];
  readonly states: readonly StatePlace[];
  readonly #byKey = new Map<string, Definition>();
  readonly #stateByName: ReadonlyMap<string, StatePlace>;
  #scopes = 0;

  constructor(opened: Opened) {
    this.root = this.#scope(opened, undefined);
    const definitions: Definition[] = [];
    this.#define(this.root, definitions);
    this.definitions = definitions;
    for (const definition of definitions) this.#byKey.set(definition.key, definition);
    const states: StatePlace[] = [];
    this.#findStates(this.root, states);
    this.states = states;
    this.#stateByName = new Map(states.map((state) => [state.name, state]));
  }

  /** Where a reference leads; undefined where the expression is none. */
  resolve(expression: CheckedExpression, scope: Scope): Place | undefined {
    switch (expression.kind) {
      case 'parameter':
        return { kind: 'parameter', name: scope.opened.prefix + expression.name };
      case 'equation':
        return { kind: 'definition', definition: this.#equation(scope, expression.equation) };
      case 'instance-state':
        return { kind: 'definition', definition: this.state(expression.state, scope).definition };
      case 'apply': {
        const inner = scope.applied[expression.application];
        const place = this.resolve(inner.opened.cell.outputs[expression.output].value, inner);
        invariant(place !== undefined, 'an output is a reference');
        return place;
      }
      case 'input': {
        const { cell } = scope.opened;
        if (scope.user === undefined) {
          const input = [...cell.inputs, ...cell.targets].find((i) => i.name === expression.name);
          invariant(input !== undefined, `the input ${expression.name} exists`);
          return { kind: 'data', input };
        }
        const position = cell.inputs.findIndex((i) => i.name === expression.name);
        const argument = scope.user.application.arguments[position];
        const place = this.resolve(argument, scope.user.scope);
        return place ?? { kind: 'definition', definition: this.#definition(argumentKey(scope, position)) };
      }
      default:
        return undefined;
    }
  }

  /** The state that a name means in a scope: `h`, `top.h`, `top.low.h`. */
  state(name: string, scope: Scope): StatePlace {
    const full = scope.opened.prefix + name;
    const place = this.#stateByName.get(full);
    invariant(place !== undefined, `the state ${full} exists`);
    return place;
  }

  #definition(key: string): Definition {
    const definition = this.#byKey.get(key);
    invariant(definition !== undefined, `the definition ${key} exists`);
    return definition;
  }

  #equation(scope: Scope, id: EquationId): Definition {
    return this.#definition(equationKey(scope, id));
  }

  #scope(opened: Opened, user: Scope['user']): Scope {
    const applied: Scope[] = [];
    const once = user !== undefined && (user.scope.rate === 'once' || user.application.rate !== 'step');
    const scope: Scope = {
      id: this.#scopes++,
      opened,
      user,
      applied,
      rate: once ? 'once' : 'step',
      reverse: (user?.scope.reverse ?? false) !== (user?.application.reverse ?? false),
      stage: (user?.scope.stage ?? 0) + (user?.application.stage ?? 0),
    };
    for (const application of opened.cell.applications) {
      const instance = opened.instances.find((i) => i.checked.name === application.instance);
      invariant(instance !== undefined, `the instance ${application.instance} exists`);
      applied.push(this.#scope(instance.opened, { scope, application }));
    }
    return scope;
  }

  #define(scope: Scope, definitions: Definition[]): void {
    const { cell } = scope.opened;
    const rateOf = (value: CheckedExpression): Definition['rate'] =>
      scope.rate === 'step' && value.type.rate === 'step' ? 'step' : 'once';
    const ofStates = new Set(cell.states.map((state) => state.equation));
    for (const evaluation of cell.order) {
      if (evaluation.kind === 'equation') {
        const equation = cell.equations[evaluation.equation];
        definitions.push({
          key: equationKey(scope, evaluation.equation),
          name: scope.opened.prefix + (equation.name ?? 'part'),
          isNamed: equation.name !== undefined,
          scope,
          value: equation.value,
          span: equation.span,
          // A state is there at each step, though its equation says the same at all.
          rate: ofStates.has(evaluation.equation) ? 'step' : rateOf(equation.value),
          stage: scope.stage + equation.stage,
          reverse: scope.reverse,
        });
        continue;
      }
      const application = cell.applications[evaluation.application];
      const inner = scope.applied[evaluation.application];
      application.arguments.forEach((value, position) => {
        if (this.#isReference(value)) return;
        definitions.push({
          key: argumentKey(inner, position),
          name: inner.opened.prefix + inner.opened.cell.inputs[position].name,
          isNamed: true,
          scope,
          value,
          span: value.span,
          rate: rateOf(value),
          stage: inner.stage,
          reverse: scope.reverse,
        });
      });
      this.#define(inner, definitions);
    }
  }

  #isReference({ kind }: CheckedExpression): boolean {
    return ['parameter', 'equation', 'instance-state', 'apply', 'input'].includes(kind);
  }

  #findStates(scope: Scope, states: StatePlace[]): void {
    for (const state of scope.opened.cell.states) {
      const definition = this.#equation(scope, state.equation);
      states.push({ name: scope.opened.prefix + state.name, scope, state, definition });
    }
    for (const inner of scope.applied) this.#findStates(inner, states);
  }
}

function equationKey(scope: Scope, id: EquationId): string {
  return `${scope.id}.${id}`;
}

function argumentKey(scope: Scope, position: number): string {
  return `${scope.id}.argument.${position}`;
}

// Elaboration: a checked cell or model, with numbers for its sizes, becomes a graph of one sequence. Cells are opened
// up, each stage becomes a scan, and once values stand between them.

import { type Diagnostic, makeDiagnostic } from '../../base/diagnostic.ts';
import { invariant } from '../../base/invariant.ts';
import type { Span } from '../../base/source.ts';
import { suggest } from '../../base/suggest.ts';
import { GraphBuilder } from '../../graph/build.ts';
import type { InputRole, NodeId } from '../../graph/graph.ts';
import { type Dim, index, real, TIME, type Type } from '../../graph/type.ts';
import type { CheckedCell, CheckedFile, CheckedInput, CheckedResult, NoiseScope } from '../checked.ts';
import type { Program, ProgramInput, ProgramValue } from '../program.ts';
import {
  type Demands,
  demandsOf,
  type Export,
  endOf,
  exporterKey,
  placeKey,
  placeName,
  placeRate,
  type Way,
} from './demand.ts';
import { express, type Leaf, type Site } from './express.ts';
import { resolveHyperparameters, resolveSizes } from './header.ts';
import { Opening, open, type Place, parametersOf, type Scope, type StatePlace } from './open.ts';
import { type Opened, shapeNumbers, sizeNumber } from './opened.ts';
import { ElaborationProblem } from './problem.ts';
import { type Built, buildScan, exportKey, type Outside } from './scan.ts';
import { startOf } from './start.ts';

/** `train` has noise; `evaluate` has none; `generate` has no targets, loss and metrics either. */
export type Mode = 'train' | 'evaluate' | 'generate';

export interface ElaborateOptions {
  /** Which cell or model; the last model of the file, else its last cell, where it is not said. */
  readonly name?: string;
  /** Numbers for sizes of the header; the others have defaults. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Numbers for real hyperparameters of the header; the others have defaults. */
  readonly hyperparameters?: ReadonlyMap<string, number>;
  readonly mode: Mode;
  /** Whose starts come in as `state.NAME`, instead of what is declared: every state's, none's, or of those named. */
  readonly startingStates: boolean | ReadonlySet<string>;
}

export interface Elaborated {
  readonly program: Program | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The cell or model that a command means: by its name, or the last model, or the last cell. */
export function selectBlock(
  file: CheckedFile,
  name: string | undefined,
): { readonly cell: CheckedCell | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const all = [...file.blocks, ...file.imported];
  if (name !== undefined) {
    const cell = all.find((c) => c.name === name);
    if (cell !== undefined) return { cell, diagnostics: [] };
  } else {
    const cell = file.blocks.findLast((c) => c.kind === 'model') ?? file.blocks.at(-1);
    if (cell !== undefined) return { cell, diagnostics: [] };
  }
  const template = file.templates.find((one) => name === undefined || one === name);
  const names = all.map((c) => c.name);
  const near = name === undefined ? undefined : suggest(name, names);
  const diagnostic = makeDiagnostic({
    code: 'RNN5901',
    message:
      template !== undefined
        ? `${template} is a template: nothing says which cell its header stands for`
        : name === undefined
          ? 'there is no cell and no model here'
          : `there is no cell and no model ${name} here`,
    span: { source: file.source, start: 0, end: 0 },
    notes: names.length === 0 ? [] : [`the file and its imports have ${names.join(', ')}`],
    ...(template !== undefined
      ? { help: 'give it a default (C: cell = GRU(m: 64)), or name a cell that uses it' }
      : near === undefined
        ? {}
        : { help: `did you mean ${near}?` }),
  });
  return { cell: undefined, diagnostics: [diagnostic] };
}

/** Elaborates one cell or model of a checked file. Never throws for what the file or the options say. */
export function elaborate(file: CheckedFile, options: ElaborateOptions): Elaborated {
  const { cell, diagnostics } = selectBlock(file, options.name);
  if (cell === undefined) return { program: undefined, diagnostics };
  try {
    const sizes = resolveSizes(cell, options.sizes);
    const opened = open(cell, '', sizes, resolveHyperparameters(cell, options.hyperparameters));
    return { program: new Elaboration(opened, options).program(), diagnostics: [] };
  } catch (error) {
    if (error instanceof ElaborationProblem) return { program: undefined, diagnostics: [error.diagnostic] };
    throw error;
  }
}

/** What an input of the user's is, in a message. */
const roleWords: Readonly<Partial<Record<InputRole, string>>> = {
  input: 'an input',
  target: 'a target',
  parameter: 'a weight',
  state: 'the start of a state',
};

class Elaboration {
  readonly #opened: Opened;
  readonly #cell: CheckedCell;
  readonly #options: ElaborateOptions;
  readonly #opening: Opening;
  readonly #states: readonly StatePlace[];
  readonly #b: GraphBuilder;
  /** By `placeKey`, `state NAME`, `seed` and `offset`. */
  readonly #inputs = new Map<string, NodeId>();
  /** The names of inputs, with what each is for. */
  readonly #taken = new Map<string, string>();
  readonly #once = new Map<string, NodeId>();
  readonly #built = new Map<string, Built>();

  constructor(opened: Opened, options: ElaborateOptions) {
    this.#opened = opened;
    this.#cell = opened.cell;
    this.#options = options;
    this.#opening = new Opening(opened);
    this.#states = this.#opening.states;
    this.#b = new GraphBuilder(opened.cell.name);
  }

  program(): Program {
    const { mode } = this.#options;
    const cell = this.#cell;
    const b = this.#b;
    const results = this.#results();
    const demands = demandsOf(
      this.#opening,
      results.map((r) => r.root),
      this.#states,
      { train: mode === 'train', startsGiven: (state) => this.#startsGiven(state) },
    );
    const targets = mode === 'generate' ? [] : cell.targets;
    this.#refuseTargets(demands, targets);
    this.#taken.set('lengths', 'how long each sequence of a batch is');
    const { noise } = demands;
    if (noise.sequence) this.#taken.set('seed', 'what noise is drawn from');
    if (noise.batch) this.#taken.set('seed.batch', 'what the noise of a batch is drawn from');
    if (noise.sequence || demands.usesStepNumber) this.#taken.set('offset', 'the number of the first step');

    for (const input of cell.inputs) this.#dataInput(input, 'input');
    for (const input of targets) this.#dataInput(input, 'target');
    const parameters = parametersOf(this.#opened).map(({ name, parameter, opened }) => ({
      name,
      span: parameter.span,
      documentation: parameter.documentation,
      shape: shapeNumbers(parameter.shape, opened, parameter.span).map(Number),
      frozen: parameter.frozen,
      start: startOf(parameter.start, opened, this.#cell.span),
    }));
    for (const p of parameters) {
      this.#input(`parameter ${p.name}`, p.name, real(...p.shape), 'parameter', p.span);
    }
    const states = this.#states.map(({ name, scope, state, definition }) => ({
      name,
      span: state.span,
      documentation: state.documentation,
      shape: shapeNumbers(state.shape, scope.opened, state.span).map(Number),
      start: state.start === undefined ? ('zero' as const) : ('declared' as const),
      reverse: definition.reverse,
    }));
    for (const s of states) {
      if (!this.#startsGiven(s.name)) continue;
      this.#input(`state ${s.name}`, `state.${s.name}`, real(...s.shape), 'state', s.span);
    }
    const [hasNoise, hasBatchNoise] = [noise.sequence && mode === 'train', noise.batch && mode === 'train'];
    if (hasNoise) this.#inputs.set('seed', b.input('seed', index(), 'seed', cell.span));
    if (hasBatchNoise) this.#inputs.set('seed.batch', b.input('seed.batch', index(), 'shared', cell.span));
    if (demands.usesStepNumber) this.#inputs.set('offset', b.input('offset', index(), 'shared', cell.span));

    for (const task of demands.tasks) {
      if (task.kind === 'scan') this.#built.set(task.unit.key, buildScan(task.unit, this.#outside()));
      else {
        const { key, value, scope } = task.definition;
        this.#once.set(key, express(value, scope, this.#site()));
      }
    }
    for (const { name, root, mean } of results) {
      b.origin = undefined;
      const node = placeRate(root.place) === 'step' ? this.#exported(root) : this.#whole(root.place);
      b.output(name, mean === undefined ? node : this.#real(node), mean);
    }
    const lastValues = new Map([...this.#built.values()].flatMap((scan) => [...scan.states]));
    for (const { name } of this.#states) {
      const final = lastValues.get(name);
      invariant(final !== undefined, `the state ${name} has a last value`);
      b.output(`state.${name}`, final);
    }
    const withLoss = mode !== 'generate';
    const { generate } = cell;
    return {
      name: cell.name,
      kind: cell.kind,
      span: cell.span,
      documentation: cell.documentation,
      graph: b.finish(),
      sizes: this.#opened.sizes,
      hyperparameters: this.#opened.hyperparameters,
      inputs: cell.inputs.map((i) => this.#programInput(i)),
      targets: targets.map((i) => this.#programInput(i)),
      parameters,
      states,
      outputs: cell.outputs.map((o) => ({
        name: o.name,
        span: o.span,
        documentation: o.documentation,
        kind: o.value.type.element,
        categories: this.#categories(o.value.type.categories, o.span),
        rate: o.rate,
        shape: shapeNumbers(o.value.type.shape, this.#opened, o.span).map(Number),
      })),
      loss: withLoss && cell.loss !== undefined ? { span: cell.loss.span, rate: cell.loss.rate } : undefined,
      metrics: withLoss ? cell.metrics.map(({ name, span, rate }) => ({ name, span, rate })) : [],
      generate:
        generate === undefined
          ? undefined
          : {
              span: generate.span,
              input: generate.input,
              categories: Number(shapeNumbers(generate.value.type.shape, this.#opened, generate.span)[0]),
            },
      values: this.#values(demands),
      hasNoise,
      hasBatchNoise,
      usesStepNumber: demands.usesStepNumber,
    };
  }

  /** What the program gives, by name: the outputs, then loss and metrics, or what to generate from. */
  #results(): { readonly name: string; readonly root: Export; readonly mean?: 'steps' | 'sequences' }[] {
    const cell = this.#cell;
    const root = (result: CheckedResult, way: Way): Export => {
      const place = this.#opening.resolve(result.value, this.#opening.root);
      invariant(place !== undefined, 'a result is a reference');
      return { place, way, reverse: false };
    };
    const scalar = (name: string, result: CheckedResult) => ({
      name,
      root: root(result, 'sum'),
      mean: result.rate === 'step' ? ('steps' as const) : ('sequences' as const),
    });
    const outputs = cell.outputs.map((o) => ({ name: o.name, root: root(o, 'stacked') }));
    if (this.#options.mode !== 'generate') {
      const loss = cell.loss === undefined ? [] : [scalar('loss', cell.loss)];
      return [...outputs, ...loss, ...cell.metrics.map((m) => scalar(m.name, m))];
    }
    return cell.generate === undefined
      ? outputs
      : [...outputs, { name: 'generate', root: root(cell.generate, 'stacked') }];
  }

  /** Generating knows no target: nothing but the loss and the metrics may look at one. */
  #refuseTargets(demands: Demands, present: readonly CheckedInput[]): void {
    const missing = this.#cell.targets.find((t) => demands.data.has(t.name) && !present.includes(t));
    if (missing === undefined) return;
    throw new ElaborationProblem({
      code: 'RNN5905',
      message: `${this.#cell.name} cannot generate: an equation outside its loss looks at the target ${missing.name}`,
      span: missing.span,
      label: 'not known while generating',
      notes: ['the outputs, the states and what generate draws from must do without targets'],
    });
  }

  /** Adds an input that is called after something of the user's. */
  #input(key: string, name: string, type: Type, role: InputRole, span: Span): void {
    const other = this.#taken.get(name);
    if (other !== undefined) {
      throw new ElaborationProblem({
        code: 'RNN5907',
        message: `two inputs of ${this.#cell.name} would be called ${name}`,
        span,
        label: 'one is this',
        notes: [`the other is ${other}`],
        help: 'give it another name',
      });
    }
    this.#taken.set(name, roleWords[role] ?? role);
    this.#inputs.set(key, this.#b.input(name, type, role, span));
  }

  #dataInput({ name, span, type }: CheckedInput, role: 'input' | 'target'): void {
    const shape: Dim[] = shapeNumbers(type.shape, this.#opened, span);
    const whole = { element: type.element, shape: type.rate === 'step' ? [TIME, ...shape] : shape };
    this.#input(`data ${name}`, name, whole, role, span);
  }

  #programInput({ name, span, documentation, type }: CheckedInput): ProgramInput {
    invariant(type.element !== 'bool' && type.rate !== 'constant', `${name} is real or index, step or once`);
    return {
      name,
      span,
      documentation,
      kind: type.element,
      categories: this.#categories(type.categories, span),
      rate: type.rate,
      shape: shapeNumbers(type.shape, this.#opened, span).map(Number),
    };
  }

  #categories(size: CheckedInput['type']['categories'], span: CheckedInput['span']): number | undefined {
    return size === undefined ? undefined : sizeNumber(size, this.#opened, span);
  }

  #outside(): Outside {
    return {
      b: this.#b,
      opening: this.#opening,
      train: this.#options.mode === 'train',
      sequence: (place, way) =>
        place.kind === 'data'
          ? this.#given(`data ${place.input.name}`)
          : this.#exported({ place, way, reverse: false }),
      whole: (place) => this.#whole(place),
      reduced: (wanted) => this.#exported(wanted),
      seed: (scope) => this.#seed(scope),
      offset: () => this.#given('offset'),
      start: (state) => this.#startOf(state),
    };
  }

  #seed(scope: NoiseScope): NodeId {
    return this.#given(scope === 'batch' ? 'seed.batch' : 'seed');
  }

  #given(key: string): NodeId {
    const id = this.#inputs.get(key);
    invariant(id !== undefined, `the program has ${key}`);
    return id;
  }

  /** What the equations compute, by their names. */
  #values({ tasks }: Demands): ProgramValue[] {
    return tasks.flatMap((task): readonly ProgramValue[] => {
      if (task.kind === 'scan') return this.#built.get(task.unit.key)?.values ?? [];
      const { isNamed, key, name } = task.definition;
      return isNamed ? [{ name, body: undefined, node: this.#once.get(key)! }] : [];
    });
  }

  #exported(wanted: Export): NodeId {
    const { place, way } = wanted;
    const node = this.#built.get(exporterKey(wanted))?.exports.get(exportKey(place, way));
    invariant(node !== undefined, `${placeName(place)} is exported (${way})`);
    return node;
  }

  #whole(place: Place): NodeId {
    if (place.kind !== 'definition') return this.#given(placeKey(place));
    const node = this.#once.get(place.definition.key);
    invariant(node !== undefined, `${place.definition.name} is computed before it is used`);
    return node;
  }

  #startsGiven(state: string): boolean {
    const { startingStates } = this.#options;
    return typeof startingStates === 'boolean' ? startingStates : startingStates.has(state);
  }

  #startOf({ name, scope, state }: StatePlace): NodeId {
    const b = this.#b;
    if (this.#startsGiven(name)) return this.#given(`state ${name}`);
    const shape = shapeNumbers(state.shape, scope.opened, state.span);
    b.origin = state.span;
    if (state.start === undefined) return b.constant(0, shape);
    const start = express(state.start, scope, this.#site());
    // A number goes everywhere, and what a delay starts from to all that it keeps.
    const rank = b.shapeOf(start).length;
    const axes = Array.from({ length: rank }, (_, k) => shape.length - rank + k);
    return rank === shape.length ? start : b.broadcast(start, shape, axes);
  }

  #real(node: NodeId): NodeId {
    const b = this.#b;
    return b.typeOf(node).element === 'real' ? node : b.call('convert', [node], { element: 'real' });
  }

  /** Outside of time: once values, starts of states. */
  #site(): Site<Scope> {
    const b = this.#b;
    const resolve = (e: Leaf, scope: Scope): Place => {
      const place = this.#opening.resolve(e, scope);
      invariant(place !== undefined, `${e.kind} is a reference`);
      return place;
    };
    return {
      b,
      train: this.#options.mode === 'train',
      leaf: (e, scope) => {
        if (e.kind === 'over-time') {
          const place = resolve(e.operand as Leaf, scope);
          return this.#exported({ place, ...endOf(e, scope) });
        }
        invariant(
          e.kind !== 'step-number' && e.kind !== 'previous' && e.kind !== 'each-step',
          `${e.kind} in time`,
        );
        return this.#whole(resolve(e, scope));
      },
      noise: (scope, name, shape) =>
        b.call('uniform', [this.#seed(scope), b.constant(0, [], 'index')], { name, shape }),
      weight: (name, scope) => this.#given(`parameter ${scope.opened.prefix}${name}`),
    };
  }
}

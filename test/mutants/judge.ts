// One mutant on one program: what it does to the graphs, to the code and to the answers, and which law notices.
//
// A law has two sides. Planted faults are in the compiler; the other side (the evaluator, the checker, differences, the
// answers of one sequence alone) is never mutated.
import { isDeepStrictEqual } from 'node:util';
import { Script } from 'node:vm';
import { unroll } from '../../src/autodiff/unroll.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import type { ElaborateOptions } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { type Artifact, emit } from '../../src/codegen/wasm/emit.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { verify } from '../../src/graph/verify.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { type Executable, load } from '../../src/runtime/executable.ts';
import { differentiable, differentiatedOutputs, withGradients } from '../../src/study/gradient-program.ts';
import type { GeneratedLaw } from '../generate/finding.ts';
import { GENERATED_LAWS, isNumeric } from '../generate/laws.ts';
import { Trial } from '../generate/trial.ts';
import { asTrained, rounded } from '../laws/cases.ts';
import { distances, type Tensors } from '../laws/distance.ts';
import { formsOf } from '../laws/forms.ts';
import { FLOAT32, FLOAT64, illConditioned } from '../laws/rounding.ts';
import type { Planned } from './programs.ts';
import { EndlessError, limitCalls, plant, record } from './switch.ts';
import { TARGET_LAWS } from './target-laws.ts';

/** What a fault can change first: graphs of autodiff, the optimised graph, the code, what runs. */
export type Stage = 'graphs' | 'optimised' | 'code' | 'run';

/** A program as the compiler without a fault makes it. */
export interface Base {
  readonly name: string;
  readonly size: Planned['size'];
  readonly trial: Again;
  readonly graphs: readonly string[];
  readonly optimised: string;
  /** How many points are passed on the way to the code. */
  readonly calls: number;
  readonly milliseconds: number;
}

interface Answers {
  readonly plain: Tensors;
  readonly unrolled: Tensors;
  readonly optimised: Tensors;
  readonly wasm: Tensors;
}

export type Outcome =
  /** Every graph and every byte of the code are what they were, or the answers are. */
  | { readonly kind: 'same' | 'unchanged' }
  | { readonly kind: 'caught'; readonly by: string; readonly why: string }
  /** Other answers, and no law has noticed. */
  | { readonly kind: 'escaped'; readonly why: string };

/** Milliseconds for a call that takes a few. */
const PATIENCE = 1200;

const script = new Script('callWaiting()');

/** Calls a function that may go on for ever; then it throws. Loops of WebAssembly end so, too. */
function limited<R>(call: () => R, patience: number): R {
  let result: R | undefined;
  // Of the whole process: a module that is loaded once more has the same.
  (globalThis as { callWaiting?: () => void }).callWaiting = () => {
    result = call();
  };
  script.runInThisContext({ timeout: Math.ceil(patience) });
  return result as R;
}

/** A trial of the same program that makes everything anew from a stage on. */
class Again extends Trial {
  readonly #trial: Trial;
  readonly #stage: Stage;
  readonly #patience: number;
  readonly #copies = new Map<Program, Program>();
  readonly #inputs: Tensors;
  #graph: Graph | undefined;
  #artifact: Artifact | undefined;
  #executable: Trial['compiled'] | undefined;

  constructor(trial: Trial, stage: Stage, patience: number) {
    super(trial.text, trial.drawn);
    this.#trial = trial;
    this.#stage = stage;
    this.#patience = patience;
    this.#inputs = trial.inputs;
  }

  /** The forms that are known of a program are not those of its copy. */
  override program(mode?: ElaborateOptions['mode'], startingStates = this.drawn.startingStates): Program {
    const known = this.#trial.program(mode, startingStates);
    if (this.#stage !== 'graphs') return known;
    const copy = this.#copies.get(known) ?? { ...known };
    this.#copies.set(known, copy);
    return copy;
  }

  override get inputs(): Tensors {
    return this.#stage === 'graphs' ? super.inputs : this.#inputs;
  }

  override get optimised(): Graph {
    if (this.#stage === 'code' || this.#stage === 'run') return this.#trial.optimised;
    this.#graph ??= limited(() => super.optimised, this.#patience);
    return this.#graph;
  }

  get artifact(): Artifact {
    this.#artifact ??= limited(() => emit(schedule(this.optimised)), this.#patience);
    return this.#artifact;
  }

  override get compiled(): Trial['compiled'] {
    this.#executable ??= load(this.artifact, { feedback: [] }).then((made) => ({
      execute: (...given: Parameters<Executable['execute']>) =>
        limited(() => made.execute(...given), this.#patience),
    }));
    return this.#executable;
  }
}

/** All graphs that autodiff makes of a program for the laws. */
function textsOfAutodiff(trial: Trial): readonly string[] {
  const { program, forward, backward } = trial.forms;
  const { steps } = trial.drawn;
  const wrt = differentiable(program);
  const unrolled = unroll(forward, { steps });
  const withStates = [false, true].map((states) => {
    const own = trial.program('train', states);
    const outputs = [...differentiatedOutputs(own), ...own.states.map(({ name }) => `state.${name}`)];
    return vjp(formsOf(own).forward, { outputs, wrt: differentiable(own) });
  });
  const graphs = [
    forward,
    backward,
    unroll(backward, { steps }),
    withGradients(program, unrolled, wrt),
    withGradients(program, program.graph, wrt),
    ...withStates,
  ];
  return graphs.map((graph) => printGraph(graph));
}

async function answersOf(trial: Again): Promise<Answers> {
  const { inputs, drawn } = trial;
  const { backward } = trial.forms;
  return {
    plain: evaluate(backward, inputs),
    unrolled: evaluate(unroll(backward, { steps: drawn.steps }), inputs),
    optimised: evaluate(trial.optimised, inputs),
    wasm: (await trial.compiled).execute(rounded(asTrained(backward, inputs))),
  };
}

/** The program without a fault. Undefined where it gives no numbers, and the laws say nothing of it. */
export function makeBase(planned: Planned): Base | undefined {
  plant(-1);
  const original = planned.make();
  if (!isNumeric(original)) return undefined;
  limitCalls(Number.POSITIVE_INFINITY);
  const begin = performance.now();
  const trial = new Again(original, 'graphs', 60_000);
  const graphs = textsOfAutodiff(trial);
  const optimised = printGraph(trial.optimised);
  // The code belongs to the trial from here on.
  if (trial.artifact.bytes.length === 0) throw new Error(`${planned.name} has no code`);
  const calls = limitCalls(Number.POSITIVE_INFINITY);
  const milliseconds = performance.now() - begin;
  return { name: planned.name, size: planned.size, trial, graphs, optimised, calls, milliseconds };
}

/**
 * Which mutants a program can tell from the original, where the first of them changes something in this stage. Throws
 * where the program breaks a law without a fault.
 */
export async function recordMarks(base: Base, first: Stage, marks: Uint8Array): Promise<void> {
  record(marks);
  try {
    const trial = new Again(base.trial, first, 60_000);
    if (first === 'graphs') textsOfAutodiff(trial);
    const laws = lawsFor(base.size !== 'small', first === 'graphs' ? first : 'code', true);
    const broken = await brokenLaw(trial, laws);
    if (broken !== undefined) throw new Error(`${base.name} without a fault: ${broken.by}: ${broken.why}`);
  } finally {
    record(undefined);
  }
}

const OF_CODE = ['WebAssembly is the reference', 'what stands behind the ends does not count'];
const OF_OPTIMISED = ['printed and read back is the same', 'optimised is plain', ...OF_CODE];
/** What takes too long on a large program. */
const OF_SMALL = [
  'gradients are those of central differences',
  'chunks are the whole',
  'unrolled is scanned',
];

/** The laws that have something to say where the first difference is in this stage. */
function lawsFor(isLarge: boolean, stage: Stage, runs: boolean): readonly GeneratedLaw[] {
  const known = GENERATED_LAWS.filter(({ name }) => {
    if (isLarge && OF_SMALL.includes(name)) return false;
    return stage === 'graphs' || (stage === 'optimised' ? OF_OPTIMISED : OF_CODE).includes(name);
  });
  return runs && !isLarge ? [...known, ...TARGET_LAWS] : known;
}

async function brokenLaw(
  trial: Trial,
  laws: readonly GeneratedLaw[],
): Promise<{ readonly by: string; readonly why: string } | undefined> {
  for (const law of laws) {
    const finding = await law.hold(trial);
    const wrong = [...(finding?.distances ?? [])].find(([, distance]) => !(distance <= law.bound));
    if (wrong !== undefined) return { by: law.name, why: `${wrong[0]}: ${wrong[1]}` };
  }
  return undefined;
}

/** Plants a mutant and holds the program to the laws. `first`: the first stage that the fault may change. */
export async function judge(mutant: number, base: Base, first: Stage): Promise<Outcome> {
  plant(mutant);
  limitCalls(30 * base.calls + 1e6);
  try {
    return await judged(base, first);
  } catch (error) {
    return { kind: 'caught', by: byWhat(error), why: String(error).slice(0, 200) };
  } finally {
    plant(-1);
    limitCalls(Number.POSITIVE_INFINITY);
  }
}

async function judged(base: Base, first: Stage): Promise<Outcome> {
  const trial = new Again(base.trial, first, PATIENCE + base.milliseconds);
  const stage = firstDifference(base, trial, first);
  if (stage === undefined) return { kind: 'same' };
  if (stage === 'optimised') {
    const complaints = verify(trial.optimised);
    if (complaints.length > 0) return { kind: 'caught', by: 'the graph verifies', why: complaints[0] };
  }
  const broken = await brokenLaw(trial, lawsFor(base.size !== 'small', stage, first === 'run'));
  if (broken !== undefined) return { kind: 'caught', ...broken };
  const answers = await answersOf(trial);
  plant(-1);
  const differs = changedAnswers(base, await answersOf(base.trial), answers);
  return differs === undefined ? { kind: 'unchanged' } : { kind: 'escaped', why: differs };
}

function firstDifference(base: Base, trial: Again, first: Stage): Stage | undefined {
  if (first === 'graphs' && !isDeepStrictEqual(textsOfAutodiff(trial), base.graphs)) return 'graphs';
  if (first === 'graphs' || first === 'optimised') {
    if (printGraph(trial.optimised) !== base.optimised) return 'optimised';
  }
  if (!isDeepStrictEqual(trial.artifact, base.trial.artifact)) return 'code';
  return first === 'run' ? 'run' : undefined;
}

/** Which answer is another one than without the fault, beyond what a law allows and rounding decides. */
function changedAnswers(base: Base, before: Answers, after: Answers): string | undefined {
  const { forms, inputs } = base.trial;
  for (const key of ['plain', 'unrolled', 'optimised', 'wasm'] as const) {
    const [bound, unit] = key === 'wasm' ? [1e-4, FLOAT32] : [1e-12, FLOAT64];
    const found = [...distances(before[key], after[key])].filter(([, gap]) => !(gap <= bound));
    if (found.length === 0) continue;
    const given = key === 'wasm' ? rounded(asTrained(forms.backward, inputs)) : inputs;
    const ill = illConditioned(forms.backward, given, unit, bound);
    const wrong = found.find(([name]) => !ill.has(name));
    if (wrong !== undefined) return `${wrong[0]} (${key}): ${wrong[1]}`;
  }
  return undefined;
}

/** Who has noticed, where something is thrown. */
function byWhat(error: unknown): string {
  if (error instanceof EndlessError) return 'goes on for ever';
  if (!(error instanceof Error)) return 'is thrown';
  if ('code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'goes on for ever';
  if (error.name === 'CompileError') return 'the engine refuses the code';
  if (error.name === 'RuntimeError') return 'the code leaves its memory';
  if (error.constructor.name === 'InvariantError') return 'an invariant';
  return 'is thrown';
}

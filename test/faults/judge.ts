// What comes of a fault: on one program after the other the answers are computed with it and without; where they differ, the
// laws are asked, which know nothing of the answers without it.
import { InvariantError } from '../../src/base/invariant.ts';
import { RandomStream } from '../../src/base/random.ts';
import type { Program } from '../../src/check/program.ts';
import { EvaluationError, evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable, differentiatedOutputs } from '../../src/study/gradient-program.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import type { GeneratedLaw } from '../generate/finding.ts';
import { GENERATED_LAWS, isNumeric } from '../generate/laws.ts';
import type { Trial } from '../generate/trial.ts';
import { tangentOf } from '../laws/cases.ts';
import { withStateGradients } from '../laws/chunked.ts';
import { distances, type Tensors } from '../laws/distance.ts';
import type { Autodiff, Forms } from '../laws/forms.ts';
import type { Outcome } from './fault.ts';

/** Which answers a fault may change; `states`: the gradients, and those of the states that a sequence leaves as well. */
export type Answers = 'gradients' | 'states' | 'tangents';

/** Answers that are further apart are other answers. What is nearer may be rounding, and no law is to see it. */
const OTHER = 1e-6;

/** Laws that compare a graph with itself in another form. They cannot see what is wrong with it, and take their time. */
export const FORM: ReadonlySet<string> = new Set([
  'it checks, and its graphs verify',
  'laid out is the same program',
  'a batch is one more axis of the data',
  'printed and read back is the same',
  'passes alone, and in any order, change nothing',
  'unrolled behind the passes is scanned',
  'optimised is plain',
  'WebAssembly is the reference',
]);

/** The laws that take the least time are asked first. */
export const FIRST: ReadonlySet<string> = new Set([
  'forward and reverse mode agree',
  'they agree about the states that are left at the end',
]);

/** The laws in the order in which they are asked, those about the form at the end. */
const LAWS: readonly GeneratedLaw[] = GENERATED_LAWS.toSorted((a, b) => place(a) - place(b));

function place({ name }: GeneratedLaw): number {
  if (FIRST.has(name)) return 0;
  return FORM.has(name) ? 2 : 1;
}

/** A program with a case, and what is known of it as it is. */
export class Subject {
  readonly name: string;
  readonly trial: Trial;
  #isNumeric: boolean | undefined;
  readonly #kept = new Map<GeneratedLaw, Promise<boolean>>();
  readonly #answers = new Map<Answers, Tensors>();

  constructor(name: string, trial: Trial) {
    this.name = name;
    this.trial = trial;
  }

  /** Whether its answers are numbers: the laws are about those. */
  get isNumeric(): boolean {
    this.#isNumeric ??= isNumeric(this.trial);
    return this.#isNumeric;
  }

  /** Whether the program as it is keeps the law, which then says something of it. */
  keeps(law: GeneratedLaw): Promise<boolean> {
    const known = this.#kept.get(law) ?? brokenOn(this.trial, law).then((isBroken) => isBroken === false);
    this.#kept.set(law, known);
    return known;
  }

  answers(which: Answers): Tensors {
    const known = this.#answers.get(which) ?? answersOf(this.trial, which);
    this.#answers.set(which, known);
    return known;
  }
}

/** Whether a law is broken; undefined where it says nothing. What is thrown breaks it. */
async function brokenOn(trial: Trial, law: GeneratedLaw): Promise<boolean | undefined> {
  try {
    const finding = await law.hold(trial);
    return finding && [...finding.distances.values()].some((distance) => !(distance <= law.bound));
  } catch {
    return true;
  }
}

/** The gradients of all that a program gives: of the states that it leaves as well, where it has some. */
export function allGradients(forms: Forms): Graph {
  return forms.program.states.length > 0 ? withStateGradients(forms) : forms.backward;
}

/** What that is the gradient of. */
export function allOutputs(program: Program): readonly string[] {
  // What is a category at the end has no tangent.
  const states = program.states.filter(({ kind }) => kind === 'real');
  return [...differentiatedOutputs(program), ...states.map(({ name }) => `state.${name}`)];
}

function answersOf(trial: Trial, which: Answers): Tensors {
  const { forms, inputs } = trial;
  if (which === 'states' && forms.program.states.length > 0) {
    const graph = allGradients(forms);
    const found = evaluate(graph, drawInputs(forms.program, graph, trial.drawn));
    const ofStates = [...found].map(([name, tensor]) => [`${name}, with states`, tensor] as const);
    return new Map([...evaluate(forms.backward, inputs), ...ofStates]);
  }
  if (which !== 'tangents') return evaluate(forms.backward, inputs);
  const wrt = differentiable(forms.program);
  const outputs = allOutputs(forms.program);
  const stream = new RandomStream(trial.drawn.numbers, 'tangents');
  const tangents = wrt.map((name): [string, Tensor] => [
    `tangent.${name}`,
    tangentOf(inputs.get(name)!, stream),
  ]);
  const plain = [...inputs].filter(([name]) => !name.startsWith('cotangent.'));
  return evaluate(forms.autodiff.jvp(forms.forward, { wrt, outputs }), new Map([...plain, ...tangents]));
}

/** A fault, as it is planted. */
export interface Planted {
  readonly autodiff: Autodiff;
  readonly answers: Answers;
}

/** Holds the subjects to the laws with the fault planted, up to the first that shows it. */
export async function judge(
  planted: Planted,
  subjects: Iterable<Subject>,
  thoroughly: boolean,
  laws = LAWS,
): Promise<Outcome> {
  let programs = 0;
  let escaped: Outcome | undefined;
  for (const subject of subjects) {
    if (!subject.isNumeric) continue;
    programs++;
    const on = subject.name;
    const trial = subject.trial.by(planted.autodiff);
    let change: string | undefined;
    try {
      change = changeOf(subject.answers(planted.answers), answersOf(trial, planted.answers));
    } catch (error) {
      const isRefused = [InvariantError, EvaluationError, RangeError].some((sort) => error instanceof sort);
      if (!isRefused) throw error;
      return { result: 'refused', on };
    }
    if (change === undefined) continue;
    const broken: string[] = [];
    for (const law of laws) {
      if (broken.length > 0 && (!thoroughly || FORM.has(law.name))) break;
      // Only of what breaks a law is it asked whether it does so without the fault.
      const isBroken = (await brokenOn(trial, law)) === true && (await subject.keeps(law));
      if (isBroken) broken.push(law.name);
    }
    if (broken.length > 0) {
      return { result: 'caught', law: broken[0], ...(thoroughly ? { all: broken } : {}), on };
    }
    escaped ??= { result: 'escaped', on, change };
  }
  return escaped ?? { result: 'unchanged', programs, why: 'the same numbers on every program' };
}

/** The answer that has changed most; undefined where none has. */
function changeOf(before: Tensors, after: Tensors): string | undefined {
  const changed = [...distances(before, after)].filter(([, distance]) => !(distance <= OTHER));
  const [most] = changed.sort(([, a], [, b]) => b - a);
  return most && `${most[0]} by ${most[1].toExponential(1)}`;
}

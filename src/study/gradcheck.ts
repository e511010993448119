// The gradient check: every gradient of a program against central differences of the reference in float64, on random
// sizes, lengths and numbers. A failure is shrunk to its smallest case.
//
// For each tensor the error is max |g - d| / max(max |g|, max |d|, 0.001), over its elements, and at most 1e-7. Besides, all
// gradients of a case together are held against forward mode (modes.ts).
import fc from 'fast-check';
import { batch } from '../autodiff/batch.ts';
import type { DerivativeTable } from '../autodiff/rules.ts';
import { RandomStream } from '../base/random.ts';
import type { Program } from '../check/program.ts';
import { evaluate, type OnCall } from '../graph/evaluate.ts';
import { type Graph, isCall, type Node, type Origin } from '../graph/graph.ts';
import type { Extents } from '../graph/type.ts';
import { realTensor, type Tensor } from '../tensor/tensor.ts';
import { centralDifference, oneSidedDifference, type ScalarFunction, STEP } from './central-differences.ts';
import { differentiable, differentiatedOutputs, withGradients } from './gradient-program.ts';
import { compareModes, type ModesCheck, withTangents } from './modes.ts';
import { type Case, drawInputs, extentsOf, randomCase } from './random-case.ts';

export const TOLERANCE = 1e-7;
/** Gradients below this count as this large: a difference has rounding errors of its own. */
const FLOOR = 1e-3;
/** How many elements of all tensors together are compared one by one in a case, roughly. */
const shared = 400;

export interface GradientCheck {
  /** The names of the sizes to draw. */
  readonly sizes: readonly string[];
  /** The program of a case; undefined where its sizes do not suit it (a size that must be even, say). */
  programOf(sizes: ReadonlyMap<string, number>, startingStates: boolean): Program | undefined;
  readonly cases: number;
  readonly seed: number;
  /** Smaller cases (sizes to 2, 2 sequences of 3 steps), for a check that must be quick. */
  readonly small?: boolean;
  /**
   * How many elements of a tensor are compared one by one, drawn at random; where it has more, all of them together are
   * compared in a random direction, and one by one if that fails. Not given: a share of some 400 for each case.
   */
  readonly elements?: number;
  /** Called after each case with how many are done. */
  readonly onCase?: (done: number) => void;
  /** The table of derivatives; tests plant faults in it. */
  readonly rules?: DerivativeTable;
}

/** The gradient of one tensor in its worst case, at its worst element. */
export interface TensorCheck {
  readonly name: string;
  readonly gradient: number;
  readonly difference: number;
  /** Relative, as the head of this file says. NaN where the gradient is not a number. */
  readonly error: number;
  /** The largest shape that was checked. */
  readonly shape: readonly number[];
  readonly passed: boolean;
}

export interface GradientReport {
  readonly passed: boolean;
  readonly seed: number;
  /** Cases that were checked. */
  readonly cases: number;
  /** Cases left out, since the loss was not finite there or the sizes did not suit. */
  readonly skipped: number;
  /** Over all cases that passed; where one failed, of that one alone, at its smallest. */
  readonly tensors: readonly TensorCheck[];
  /** Forward mode beside the gradients, which are reverse mode: of the same cases. */
  readonly modes: ModesCheck;
  /** The smallest case that fails. */
  readonly failure: Case | undefined;
}

/** Runs the check. The same arguments give the same report. */
export function checkGradients(check: GradientCheck): GradientReport {
  const subjects = new Map<string, Subject | undefined>();
  const subjectOf = (drawn: Case): Subject | undefined => {
    const key = JSON.stringify([drawn.sizes, drawn.startingStates]);
    if (!subjects.has(key)) subjects.set(key, makeSubject(check, drawn));
    return subjects.get(key);
  };
  let done = 0;
  let skipped = 0;
  const worst = new Map<string, TensorCheck>();
  let worstModes: ModesCheck = { forward: 0, reverse: 0, error: 0, passed: true };
  let failed: CaseCheck | undefined;
  // A crash is none of fast-check's business: it goes to the caller as it is, and is not shrunk.
  let crash: { readonly error: unknown } | undefined;
  const property = fc.property(randomCase(check.sizes, check.small === true), (drawn) => {
    if (crash !== undefined) return true;
    let found: CaseCheck | undefined;
    try {
      const subject = subjectOf(drawn);
      found = subject === undefined ? undefined : checkCase(subject, drawn, check.elements);
    } catch (error) {
      crash = { error };
      return false;
    }
    if (failed === undefined) {
      done++;
      check.onCase?.(done);
    }
    if (found === undefined) {
      if (failed === undefined) skipped++;
      return true;
    }
    if (!found.modes.passed || found.tensors.some((tensor) => !tensor.passed)) {
      failed = found;
      return false;
    }
    for (const tensor of found.tensors) keepWorst(worst, tensor);
    if (found.modes.error >= worstModes.error) worstModes = found.modes;
    return true;
  });
  const details = fc.check(property, { numRuns: check.cases, seed: check.seed });
  if (crash !== undefined) throw crash.error;
  return {
    passed: !details.failed,
    seed: check.seed,
    cases: done - skipped,
    skipped,
    tensors: failed?.tensors ?? [...worst.values()],
    modes: failed?.modes ?? worstModes,
    failure: details.counterexample?.[0],
  };
}

interface CaseCheck {
  readonly tensors: readonly TensorCheck[];
  readonly modes: ModesCheck;
}

interface Subject {
  readonly program: Program;
  readonly forward: Graph;
  readonly backward: Graph;
  readonly tangents: Graph;
  readonly wrt: readonly string[];
}

function makeSubject(check: GradientCheck, drawn: Case): Subject | undefined {
  const program = check.programOf(new Map(Object.entries(drawn.sizes)), drawn.startingStates);
  if (program === undefined) return undefined;
  const forward = batch(program.graph, { lengths: true });
  const wrt = differentiable(program);
  const backward = withGradients(program, forward, wrt, check.rules);
  return { program, forward, wrt, backward, tangents: withTangents(program, forward, wrt) };
}

/** One case; undefined where what is differentiated is not finite to begin with. */
function checkCase(
  subject: Subject,
  drawn: Case,
  elements = Math.ceil(shared / subject.wrt.length),
): CaseCheck | undefined {
  const { program, forward, backward, tangents, wrt } = subject;
  const extents = extentsOf(drawn);
  const inputs = drawInputs(program, backward, drawn);
  const cotangents = new Map(
    program.loss === undefined
      ? differentiatedOutputs(program).map((name) => [name, inputs.get(`cotangent.${name}`)!])
      : [['loss', realTensor([], [1])]],
  );
  const plain = new Map([...inputs].filter(([name]) => !name.startsWith('cotangent.')));
  const hold = holdStops(forward, plain, extents);
  const objective = (name: string, moved: Tensor): number => {
    const outputs = evaluate(forward, new Map([...plain, [name, moved]]), extents, hold?.());
    return [...cotangents].reduce((sum, [name, by]) => sum + dot(outputs.get(name)!.data, by.data), 0);
  };
  const [first] = wrt;
  if (first !== undefined && !Number.isFinite(objective(first, plain.get(first)!))) return undefined;
  const outputs = evaluate(backward, inputs, extents);
  const gradients = new Map(wrt.map((name) => [name, outputs.get(`grad.${name}`)!]));
  const tensors = wrt.map((name) => {
    const random = new RandomStream(drawn.numbers, `which of ${name}`);
    const objectiveOf = (moved: Tensor): number => objective(name, moved);
    return compare(name, gradients.get(name)!, plain.get(name)!, objectiveOf, elements, random);
  });
  return { tensors, modes: compareModes(tangents, plain, cotangents, gradients, extents, drawn.numbers) };
}

/**
 * Evaluations in which every `stop` of the program gives what it gives at these inputs: a difference would look through
 * it, and a gradient does not. Those of the prelude are left alone, since there the result does not depend on what is
 * stopped, and that is to be seen. Undefined where there are none.
 */
function holdStops(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents,
): (() => OnCall) | undefined {
  if (!hasStop(graph)) return undefined;
  const still: Tensor[] = [];
  evaluate(graph, inputs, extents, (node, value) => {
    if (isStop(node)) still.push(value);
    return value;
  });
  return () => {
    let next = 0;
    return (node, value) => (isStop(node) ? still[next++] : value);
  };
}

function hasStop(graph: Graph): boolean {
  return graph.nodes.some((node) => (node.kind === 'scan' ? hasStop(node.body) : isStop(node)));
}

/** A stop that is written in the program: what comes from the prelude has the place where that was used. */
function isStop(node: Node): boolean {
  return isCall(node, 'stop') && /^[\s(]*stop\b/.test(textOf(node.origin));
}

function textOf(span: Origin): string {
  return span === undefined ? '' : span.source.text.slice(span.start, span.end);
}

function compare(
  name: string,
  gradient: Tensor,
  x: Tensor,
  objective: ScalarFunction,
  most: number,
  random: RandomStream,
): TensorCheck {
  const g = gradient.data;
  const central =
    (step: number): Difference =>
    (element) =>
      centralDifference(objective, x, unit(g.length, element), step);
  const oneSided =
    (step: number): Difference =>
    (element) =>
      oneSidedDifference(objective, x, unit(g.length, element), step);
  // A difference that reaches over a kink is no derivative. Shorter steps reach less far, and one of the two that look to
  // one side alone does not reach over it at all; a wrong gradient differs from all of them.
  const differences = [
    central(STEP),
    central(STEP / 8),
    central(STEP / 64),
    oneSided(STEP / 8),
    oneSided(-STEP / 8),
  ];
  const all = Array.from(g, (_, element) => element);
  if (g.length <= most) return compareElements(name, gradient, all, differences);

  const some = compareElements(name, gradient, random.shuffle(all).slice(0, most), differences);
  const scale = largest(g);
  const direction = Float64Array.from(g, () => (random.uniform() < 0.5 ? -1 : 1));
  // Between one (x moves too far: cutting off) and the square root (too little: rounding).
  const step = STEP / g.length ** 0.25;
  const along = Math.abs(dot(g, direction) - centralDifference(objective, x, direction, step)) / scale;
  return some.passed && along <= TOLERANCE ? some : compareElements(name, gradient, all, differences);
}

/** The derivative by one element, by some difference. */
type Difference = (element: number) => number;

/** Compares with the first difference, and what is not near it with each of the others in turn. */
function compareElements(
  name: string,
  gradient: Tensor,
  elements: readonly number[],
  [first, ...others]: readonly Difference[],
): TensorCheck {
  const g = gradient.data;
  const d = new Map(elements.map((element) => [element, first(element)]));
  let worst = largestGap(g, d);
  for (const differenceOf of others) {
    if (worst.error <= TOLERANCE) break;
    const allowed = TOLERANCE * worst.scale;
    for (const [element, difference] of d) {
      if (!(Math.abs(g[element] - difference) <= allowed)) d.set(element, differenceOf(element));
    }
    worst = largestGap(g, d);
  }
  const { at, error } = worst;
  const passed = error <= TOLERANCE;
  return { name, gradient: g[at], difference: d.get(at)!, error, shape: gradient.shape, passed };
}

/** Where gradient and difference are farthest apart, and how far; a NaN is farther than anything. */
function largestGap(
  g: Tensor['data'],
  d: ReadonlyMap<number, number>,
): { readonly at: number; readonly error: number; readonly scale: number } {
  const scale = largest(g, d.values());
  let [at] = d.keys();
  let widest = -1;
  for (const [element, difference] of d) {
    const gap = Math.abs(g[element] - difference);
    if (!(gap <= widest)) {
      at = element;
      widest = gap;
    }
    if (Number.isNaN(gap)) break;
  }
  return { at: at!, error: widest / scale, scale };
}

/** The largest finite magnitude, at least the floor. */
function largest(...lists: readonly Iterable<number>[]): number {
  let scale = FLOOR;
  for (const list of lists) {
    for (const value of list) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  }
  return scale;
}

/** The direction of one element. */
function unit(length: number, element: number): Float64Array {
  const direction = new Float64Array(length);
  direction[element] = 1;
  return direction;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function keepWorst(worst: Map<string, TensorCheck>, tensor: TensorCheck): void {
  const before = worst.get(tensor.name);
  const larger = before === undefined || tensor.error > before.error ? tensor : before;
  const shape = before !== undefined && size(before.shape) > size(tensor.shape) ? before.shape : tensor.shape;
  worst.set(tensor.name, { ...larger, shape });
}

function size(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

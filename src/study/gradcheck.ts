// The gradient check: every gradient of a program against differences of the reference in float64, on random sizes,
// lengths and numbers. A failure is shrunk to its smallest case. What is evidence and what is not: slopes.ts.
//
// For each tensor the error is |g - d| / max(|d|, max |g|, 0.001) at its worst element, and at most 1e-7. Besides, all
// gradients of a case together are held against forward mode (modes.ts).
//
// Where no difference is confirmed (a kink lies within every step) there is nothing to compare with. In a case that counts
// these are at most one entry in twenty: other cases are drawn in the place of those with more, and where too few are left
// the check fails.
import fc from 'fast-check';
import { RandomStream } from '../base/random.ts';
import type { Span } from '../base/source.ts';
import { evaluate, type OnCall } from '../graph/evaluate.ts';
import { realTensor, type Tensor } from '../tensor/tensor.ts';
import { type Comparison, compareTensor, dot, movedBy } from './compare-tensor.ts';
import { type Forms, type FormsSource, formsBySizes } from './forms.ts';
import { differentiatedOutputs } from './gradient-program.ts';
import { holdSlopes } from './held.ts';
import { findKink } from './kinks.ts';
import type { Tensors } from './laws/distance.ts';
import { compareModes, type ModesCheck } from './modes.ts';
import { type Case, drawInputs, extentsOf, randomCase } from './random-case.ts';
import { MOST_LEFT_OUT } from './slopes.ts';
import { type Tried, TriedCases } from './tried.ts';

export { TOLERANCE } from './slopes.ts';

/** How many elements of all tensors together are compared one by one in a case, roughly. */
const shared = 400;
/** In how many elements of a case the kink is looked for. */
const mostSought = 8;

export interface GradientCheck extends FormsSource {
  /** The names of the sizes to draw. */
  readonly sizes: readonly string[];
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
}

/** The gradient of one tensor in its worst case, at its worst element. */
export interface TensorCheck {
  readonly name: string;
  /** The element: its position along each axis, time first. */
  readonly at: readonly number[];
  /** The value there, of which the gradient is taken. */
  readonly value: number;
  readonly gradient: number;
  readonly difference: number;
  /** Relative, as the head of this file says. NaN where the gradient is not a number. */
  readonly error: number;
  /** The largest shape that was checked. */
  readonly shape: readonly number[];
  readonly passed: boolean;
  /** Entries of all cases: compared one by one, in a direction with others only, and not at all. */
  readonly compared: number;
  readonly together: number;
  readonly leftOut: number;
  /** Whether its gradient is zero at every element of every case: what is compared is zero with zero then. */
  readonly flat: boolean;
}

/** Entries that nothing can be compared with, by the place that has the kink. */
export interface LeftOut {
  /** Undefined where it was not found, or not looked for. */
  readonly origin: Span | undefined;
  readonly entries: number;
}

export interface GradientReport {
  readonly passed: boolean;
  readonly seed: number;
  /** Cases that were checked. */
  readonly cases: number;
  /** Cases left out, since the loss was not finite there or the sizes did not suit. */
  readonly skipped: number;
  /** Cases that others were drawn in the place of: too many entries lay at kinks, or rounding decides the modes. */
  readonly atKinks: number;
  /** Over all cases that passed; where one failed, of that one alone, at its smallest. */
  readonly tensors: readonly TensorCheck[];
  /** Forward mode beside the gradients, which are reverse mode: of the same cases. */
  readonly modes: ModesCheck;
  /** Of the cases that were checked; where too few could be, of those that could not. */
  readonly leftOut: readonly LeftOut[];
  readonly tried: Tried;
  /** The smallest case that fails. */
  readonly failure: Case | undefined;
}

/** Runs the check. The same arguments give the same report. */
export function checkGradients(check: GradientCheck): GradientReport {
  const formsOf = formsBySizes(check);
  let done = 0;
  let skipped = 0;
  let atKinks = 0;
  const worst = new Map<string, TensorCheck>();
  let worstModes: ModesCheck = { forward: 0, reverse: 0, error: 0, passed: true };
  let leftOut: readonly LeftOut[] = [];
  let places: readonly LeftOut[] = [];
  const tried = new TriedCases();
  let failed: CaseCheck | undefined;
  // A crash is none of fast-check's business: it goes to the caller as it is, and is not shrunk.
  let crash: { readonly error: unknown } | undefined;
  const property = fc.property(randomCase(check.sizes, check.small === true), (drawn) => {
    if (crash !== undefined) return true;
    let found: CaseCheck | undefined;
    try {
      const forms = formsOf(drawn);
      found = forms === undefined ? undefined : checkCase(forms, drawn, check.elements);
    } catch (error) {
      crash = { error };
      return false;
    }
    const isWrong = found !== undefined && !isRight(found);
    if (failed !== undefined) {
      if (isWrong) failed = found;
      return !isWrong;
    }
    if (found !== undefined && !isWrong && (found.modes === undefined || hasTooManyLeftOut(found.tensors))) {
      atKinks++;
      places = mergePlaces([...places, ...found.leftOut]);
      // It does not count, and another one is drawn.
      fc.pre(false);
    }
    done++;
    check.onCase?.(done);
    if (isWrong) {
      failed = found;
      return false;
    }
    if (found === undefined) {
      skipped++;
      return true;
    }
    tried.add(drawn);
    for (const tensor of found.tensors) keepWorst(worst, tensor);
    leftOut = mergePlaces([...leftOut, ...found.leftOut]);
    if (found.modes !== undefined && found.modes.error >= worstModes.error) worstModes = found.modes;
    return true;
  });
  // As many others as are asked for, and no more.
  const details = fc.check(property, { numRuns: check.cases, seed: check.seed, maxSkipsPerRun: 1 });
  if (crash !== undefined) throw crash.error;
  const tensors = failed?.tensors ?? [...worst.values()];
  return {
    passed: !details.failed && !tensors.some(isBlind),
    seed: check.seed,
    cases: done - skipped,
    skipped,
    atKinks,
    tensors,
    modes: failed?.modes ?? worstModes,
    leftOut: failed?.leftOut ?? (details.failed ? places : leftOut),
    tried: tried.all,
    failure: details.counterexample?.[0],
  };
}

/** What the gradients of one case come to. */
export interface CaseCheck {
  readonly tensors: readonly TensorCheck[];
  /** Undefined where rounding decides. */
  readonly modes: ModesCheck | undefined;
  readonly leftOut: readonly LeftOut[];
}

function isRight({ tensors, modes }: CaseCheck): boolean {
  return modes?.passed !== false && tensors.every(({ passed }) => passed);
}

/** The arrays of a case: what goes in, cotangents of the outputs included. */
export function inputsOf({ program, backward }: Pick<Forms, 'program' | 'backward'>, drawn: Case): Tensors {
  return drawInputs(program, backward, drawn);
}

/** One case; undefined where what is differentiated is not finite to begin with. */
export function checkCase(
  forms: Forms,
  drawn: Case,
  elements?: number,
  inputs: Tensors = inputsOf(forms, drawn),
): CaseCheck | undefined {
  const { program, forward, backward, wrt } = forms;
  const extents = extentsOf(drawn);
  const cotangents = new Map(
    program.loss === undefined
      ? differentiatedOutputs(program).map((name) => [name, inputs.get(`cotangent.${name}`)!])
      : [['loss', realTensor([], [1])]],
  );
  const plain = new Map([...inputs].filter(([name]) => !name.startsWith('cotangent.')));
  const hold = holdSlopes(forward, plain, extents);
  const valuesAt = (name: string, tensor: Tensor, onCall = hold?.()): Tensors =>
    evaluate(forward, new Map([...plain, [name, tensor]]), extents, onCall);
  const objective = (name: string, tensor: Tensor): number => {
    const outputs = valuesAt(name, tensor);
    return [...cotangents].reduce((sum, [output, by]) => sum + dot(outputs.get(output)!.data, by.data), 0);
  };
  const [first] = wrt;
  if (first !== undefined && !Number.isFinite(objective(first, plain.get(first)!))) return undefined;
  const outputs = evaluate(backward, inputs, extents);
  const gradients = new Map(wrt.map((name) => [name, outputs.get(`grad.${name}`)!]));
  const most = elements ?? Math.ceil(shared / wrt.length);
  const compared = wrt.map((name): readonly [string, Comparison] => {
    const random = new RandomStream(drawn.numbers, `which of ${name}`);
    const objectiveOf = (tensor: Tensor): number => objective(name, tensor);
    return [name, compareTensor(gradients.get(name)!, plain.get(name)!, objectiveOf, most, random)];
  });
  const originOf = (name: string, element: number): Span | undefined =>
    findKink((by, onCall) => {
      const held = hold?.();
      const both: OnCall = (node, value, operands) =>
        onCall(node, held?.(node, value, operands) ?? value, operands);
      valuesAt(name, movedBy(plain.get(name)!, element, by), both);
    });
  return {
    tensors: compared.map(([name, comparison]) =>
      tensorCheck(name, comparison, gradients.get(name)!, plain.get(name)!),
    ),
    modes: compareModes(forms, inputs, cotangents, gradients, extents, drawn.numbers),
    leftOut: mergePlaces(
      compared
        .flatMap(([name, { leftOut }]) => leftOut.map((element) => [name, element] as const))
        .map(([name, element], k) => ({
          origin: k < mostSought ? originOf(name, element) : undefined,
          entries: 1,
        })),
    ),
  };
}

function tensorCheck(
  name: string,
  { at, difference, error, passed, compared, together, leftOut }: Comparison,
  gradient: Tensor,
  x: Tensor,
): TensorCheck {
  return {
    name,
    at: positionOf(at, x.shape),
    value: x.data[at],
    gradient: gradient.data[at],
    difference,
    error,
    shape: gradient.shape,
    passed,
    compared,
    together,
    leftOut: leftOut.length,
    flat: gradient.data.every((slope) => slope === 0),
  };
}

/** Where an element stands: its position along each axis. */
function positionOf(element: number, shape: readonly number[]): readonly number[] {
  const position: number[] = [];
  let rest = element;
  for (const extent of shape.toReversed()) {
    position.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return position;
}

/** Each place once, with all its entries. */
function mergePlaces(list: readonly LeftOut[]): readonly LeftOut[] {
  const places = new Map<string, LeftOut>();
  for (const { origin, entries } of list) {
    const key = origin === undefined ? '' : `${origin.source.name} ${origin.start}`;
    places.set(key, { origin, entries: entries + (places.get(key)?.entries ?? 0) });
  }
  return [...places.values()];
}

function hasTooManyLeftOut(tensors: readonly TensorCheck[]): boolean {
  const total = (key: 'compared' | 'together' | 'leftOut'): number =>
    tensors.reduce((sum, tensor) => sum + tensor[key], 0);
  const leftOut = total('leftOut');
  return leftOut > MOST_LEFT_OUT * (total('compared') + total('together') + leftOut);
}

/** Whether nothing of a tensor could be compared in any case: of its gradient nothing is known then. */
export function isBlind({ compared, leftOut }: TensorCheck): boolean {
  return compared === 0 && leftOut > 0;
}

/** The worst of its cases, with the entries of all. */
function keepWorst(worst: Map<string, TensorCheck>, tensor: TensorCheck): void {
  const before = worst.get(tensor.name);
  if (before === undefined) {
    worst.set(tensor.name, tensor);
    return;
  }
  worst.set(tensor.name, {
    ...(isBlind(before) || (!isBlind(tensor) && tensor.error > before.error) ? tensor : before),
    shape: size(before.shape) > size(tensor.shape) ? before.shape : tensor.shape,
    compared: before.compared + tensor.compared,
    together: before.together + tensor.together,
    leftOut: before.leftOut + tensor.leftOut,
    flat: before.flat && tensor.flat,
  });
}

function size(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

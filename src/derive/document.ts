// A derivation as something to read: the equations under headings in words, and what the symbols mean.

import type { Equations, GivenValue, Group } from './derive.ts';
import { type Equation, type Formula, type FunctionName, some } from './formula.ts';

/** A heading and its equations, in the order of reading, which is also one of computing. */
export interface Section {
  /** What it is about; for equations at each step with the direction of time in the words that read.ts looks for. */
  readonly heading: string;
  readonly parts: readonly {
    readonly heading: string | undefined;
    readonly equations: readonly Equation[];
  }[];
}

export function sectionsOf(equations: Equations): readonly Section[] {
  const inputs = new Set(
    equations.given.filter(({ kind }) => kind === 'input').map(({ name }) => equations.gradient + name),
  );
  const used = new Set<string>();
  for (const group of equations.groups) {
    for (const { formula } of group.equations) collectNames(formula, used);
  }
  const isLast = ({ name }: Equation): boolean => !used.has(name);
  const order = new Map([...equations.gradients.values()].map((name, k) => [name, k]));
  const weights: Equation[] = [];
  const sections = equations.groups.flatMap((group): Section[] => {
    if (group.kind === 'gradients') {
      const isWeight = (one: Equation): boolean => order.has(one.name) && isLast(one);
      weights.push(...group.equations.filter(isWeight));
      const rest = group.equations.filter((one) => !isWeight(one));
      return rest.length === 0 ? [] : [{ heading: headings.gradients, parts: [part(rest)] }];
    }
    if (group.kind !== 'backward') {
      return [{ heading: headingOf(group), parts: [part(group.equations)] }];
    }
    const ofInputs = group.equations.filter((one) => inputs.has(one.name) && isLast(one));
    const own = group.equations.filter((one) => !ofInputs.includes(one));
    const parts = ofInputs.length === 0 ? [] : [part(ofInputs, 'the inputs')];
    return [{ heading: headingOf(group), parts: [...(own.length === 0 ? [] : [part(own)]), ...parts] }];
  });
  weights.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  const ofKind = (...kinds: readonly GivenValue['kind'][]): readonly Equation[] =>
    weights.filter(({ name }) =>
      equations.given.some((one) => kinds.includes(one.kind) && equations.gradient + one.name === name),
    );
  const rest = [
    part(ofKind('weight')),
    part(ofKind('input'), 'the inputs'),
    part(ofKind('start'), 'the starts'),
  ];
  const parts = rest.filter((one) => one.equations.length > 0);
  return parts.length === 0 ? sections : [...sections, { heading: headings.weights, parts }];
}

function part(equations: readonly Equation[], heading?: string): Section['parts'][number] {
  return { heading, equations };
}

const headings = {
  starts: 'before the first step',
  once: 'once',
  forward: 'forward',
  backward: 'backward',
  gradients: 'gradients of what is there once',
  weights: 'the weights',
};

function headingOf({ kind, order }: Group): string {
  const heading = headings[kind];
  if (order === 'once') return heading;
  return `${heading}, t = ${order === 'up' ? '0, ..., T-1' : 'T-1, ..., 0'}`;
}

function collectNames(formula: Formula, names: Set<string>): void {
  some(formula, (one) => {
    if (one.kind === 'name') names.add(one.name);
    return false;
  });
}

/** Short names of copies, as the end of a sentence; undefined where there are none. */
export function describeAbbreviations({ abbreviations }: Equations): string | undefined {
  const told = [...abbreviations].map(([long, short]) => `${short}* for ${long}*`);
  return told.length === 0 ? undefined : `Copies of cells have short names here: ${told.join(', ')}.`;
}

/** What the notation means, as far as it is used. */
export function legend(equations: Equations): readonly string[] {
  const { arriving, back, given, gradient, groups, kind, loss } = equations;
  const all = groups.flatMap((group) => group.equations);
  const uses = (test: (part: Formula) => boolean): boolean => all.some(({ formula }) => some(formula, test));
  const calls = (...names: readonly FunctionName[]): boolean =>
    uses((one) => one.kind === 'call' && names.includes(one.name));
  const minimised =
    loss === undefined
      ? 'some loss L'
      : loss.rate === 'step'
        ? `${loss.name}, the loss added up over the steps,`
        : loss.name === 'loss'
          ? 'the loss'
          : `${loss.name}, the loss,`;
  const outputs = given
    .filter((one) => one.kind === 'arriving')
    .map(({ name }) => name.slice(arriving.length));
  const down = groups.some((group) => group.kind === 'backward' && group.order === 'down');
  const up = groups.some((group) => group.kind === 'backward' && group.order === 'up');
  const beyond = [...(down ? ['t+1'] : []), ...(up ? ['t-1'] : [])];
  const short = describeAbbreviations(equations);
  return [
    `${gradient}X is the gradient of ${minimised} by X. What has steps and stands alone is meant at step t.`,
    ...(outputs.length === 0 || kind === 'model'
      ? []
      : [
          `${arriving}X is what arrives from outside at the output X: the gradient by it, from whatever comes after.`,
        ]),
    ...(all.some(({ name }) => name.startsWith(back))
      ? [`${back}X is what a step hands back to the one before: its part of the gradient by that one's X.`]
      : []),
    ...(groups.some((group) => group.kind === 'backward')
      ? [`A term with ${beyond.map((one) => `[${one}]`).join(' or ')} is zero where there is no such step.`]
      : []),
    ...(short === undefined ? [] : [short]),
    `* is element by element, @ the product of matrices, ^T transposed; a vector is a column, and a @ b^T a matrix.`,
    ...(calls('at_end', 'at_start')
      ? ['at_end(a), at_start(a): a at the last (first) step, zero at all others.']
      : []),
    ...(calls('before_end', 'after_start')
      ? ['before_end(a), after_start(a): zero at the last (first) step, a at all others.']
      : []),
    ...(calls('put') ? ['put(a, k, shape): a in row k, zero in all others. W[k]: row k of W.'] : []),
    ...(calls('part') ? ['part(a, k, n): the k-th of n equal parts of a.'] : []),
    ...(calls('entries')
      ? ['entries(a, i, k): the entries of a from i up to before k, counted from 0.']
      : []),
    ...(calls('first_max')
      ? ['first_max(a): 1 at the first of the largest entries of a, 0 at all others.']
      : []),
    ...(calls('spread') ? ['spread(a, shape): a everywhere in this shape.'] : []),
    ...(calls('stop') ? ['stop(a): a, of which no gradient is taken.'] : []),
  ];
}

/** What is given, in words. */
export function describeGiven(given: GivenValue): string {
  const words = {
    input: 'input',
    target: 'target',
    weight: 'weight',
    start: 'start of the state',
    arriving: 'arrives from outside',
    noise: 'drawn anew, from 0 to 1',
  };
  return `${words[given.kind]}${given.hasSteps ? ', at each step' : ''}`;
}

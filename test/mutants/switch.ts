// The switch of the planted faults: what `points.ts` writes into a source calls one of these functions at each point.
// As long as nothing is planted each returns what the source says.
//
// A point has one or more mutants, numbered on from `first`. While it records, each mutant that would have given another
// value than the source did is marked as *felt*: a program on which it is not felt cannot tell it from the original.

/** Marks of a mutant: its point was reached; it would have given another value. */
export const REACHED = 1;
export const FELT = 2;

let planted = -1;
let marks: Uint8Array | undefined;
let calls = 0;
let mostCalls = Number.POSITIVE_INFINITY;

/** A mutant that goes on for ever. */
export class EndlessError extends Error {}

// A fault at the top level of a module is there when the module is loaded, or not at all.
const atLoad = globalThis as { plantedAtLoad?: number; marksAtLoad?: Uint8Array | undefined };
planted = atLoad.plantedAtLoad ?? -1;
marks = atLoad.marksAtLoad;

/** Plants a mutant; -1: none. */
export function plant(mutant: number): void {
  planted = mutant;
}

/** Marks in this array, or not at all. */
export function record(array: Uint8Array | undefined): void {
  marks = array;
}

/** How many points have been passed since the last call. From here on, at most `most`. */
export function limitCalls(most: number): number {
  const before = calls;
  calls = 0;
  mostCalls = most;
  return before;
}

/** Whether nothing is to be done at this point but what the source says. */
function isQuiet(first: number, mutants: number): boolean {
  if (++calls > mostCalls) throw new EndlessError('a planted fault goes on for ever');
  return marks === undefined && (planted < first || planted >= first + mutants);
}

function mark(mutant: number, isFelt: boolean): void {
  if (marks !== undefined) marks[mutant] |= isFelt ? REACHED | FELT : REACHED;
}

/** Whether the mutant is planted, where it is felt wherever it is reached. */
function isPlanted(mutant: number): boolean {
  if (isQuiet(mutant, 1)) return false;
  mark(mutant, true);
  return planted === mutant;
}

/** A condition: always true, always false, or only one of them. */
export function condition(first: number, which: 'both' | 'true' | 'false', value: unknown): unknown {
  const isBoth = which === 'both';
  if (isQuiet(first, isBoth ? 2 : 1)) return value;
  if (which !== 'false') mark(first, !value);
  if (which !== 'true') mark(isBoth ? first + 1 : first, Boolean(value));
  if (planted === first) return which !== 'false';
  return isBoth && planted === first + 1 ? false : value;
}

type Operator<R> = (first: number, a: number, b: number) => R;

function operator<R>(own: (a: number, b: number) => R, other: (a: number, b: number) => R): Operator<R> {
  return (first, a, b) => {
    const value = own(a, b);
    // Texts that are joined stay as they are.
    if (isQuiet(first, 1) || typeof value === 'string') return value;
    const changed = other(a, b);
    mark(first, !Object.is(changed, value));
    return planted === first ? changed : value;
  };
}

// Comparisons: with equality where they had none, without where they had.
export const less = operator(
  (a, b) => a < b,
  (a, b) => a <= b,
);
export const atMost = operator(
  (a, b) => a <= b,
  (a, b) => a < b,
);
export const more = operator(
  (a, b) => a > b,
  (a, b) => a >= b,
);
export const atLeast = operator(
  (a, b) => a >= b,
  (a, b) => a > b,
);

// Arithmetic, on large numbers too.
export const plus = operator(
  (a, b) => a + b,
  (a, b) => a - b,
);
export const minus = operator(
  (a, b) => a - b,
  (a, b) => a + b,
);
export const times = operator(
  (a, b) => a * b,
  (a, b) => a + b,
);
export const over = operator(
  (a, b) => a / b,
  (a, b) => a * b,
);
export const modulo = operator(
  (a, b) => a % b,
  (a, b) => a * b,
);
export const power = operator(
  (a, b) => a ** b,
  (a, b) => a * b,
);
export const shiftLeft = operator(
  (a, b) => a << b,
  (a, b) => a >> b,
);
export const shiftRight = operator(
  (a, b) => a >> b,
  (a, b) => a << b,
);
export const shiftUnsigned = operator(
  (a, b) => a >>> b,
  (a, b) => a >> b,
);
export const bitAnd = operator(
  (a, b) => a & b,
  (a, b) => a | b,
);
export const bitOr = operator(
  (a, b) => a | b,
  (a, b) => a & b,
);
export const bitXor = operator(
  (a, b) => a ^ b,
  (a, b) => a | b,
);

/** A literal: the other one. */
export function literal<E>(first: number, value: E, other: E): E {
  return isPlanted(first) ? other : value;
}

/** Arguments, two neighbours of which change places. */
export function swapped(first: number, values: readonly unknown[]): readonly unknown[] {
  const pairs = values.length - 1;
  if (isQuiet(first, pairs)) return values;
  for (let k = 0; k < pairs; k++) mark(first + k, values[k] !== values[k + 1]);
  const at = planted - first;
  return at < 0 || at >= pairs ? values : values.with(at, values[at + 1]).with(at + 1, values[at]);
}

/** Whether a statement is there. */
export function stays(first: number): boolean {
  return !isPlanted(first);
}

/** A receiver whose next method does nothing. */
export function linked<E extends object>(first: number, receiver: E): E {
  if (!isPlanted(first)) return receiver;
  return new Proxy(receiver, { get: () => () => receiver });
}

/** What stands before `??`: not there. */
export function given(first: number, value: unknown): unknown {
  if (isQuiet(first, 1)) return value;
  mark(first, value !== undefined && value !== null);
  return planted === first ? undefined : value;
}

/** One element of a list: left out. */
export function element<E>(first: number, value: E): readonly E[] {
  return isPlanted(first) ? [] : [value];
}

/** Elements put into a list: left out. */
export function elements<E>(first: number, values: Iterable<E>): Iterable<E> {
  return isPlanted(first) ? [] : values;
}

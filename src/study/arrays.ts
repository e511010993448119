// Arrays from outside, batch first as everybody has them, held against what a program takes. What does not fit is a
// diagnostic at the declaration: which axis is missing, which array disagrees, and what to write.
import {
  type Diagnostic,
  type DiagnosticParts,
  makeDiagnostic,
  sortDiagnostics,
} from '../base/diagnostic.ts';
import { suggest } from '../base/suggest.ts';
import type { CheckedCell } from '../check/checked.ts';
import { evaluateSize, type Size, showSize, symbolsOf } from '../check/size.ts';
import { type SymbolicInput, solveSizes, symbolicInputs } from '../check/solve-sizes.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { missingAxis } from './axes.ts';
import type { DataCode } from './codes.ts';

/** The name of the array that says how long each sequence is: integer, one per sequence. */
export const LENGTHS = 'lengths';

export interface FittedArrays {
  readonly sizes: ReadonlyMap<string, number>;
  /** How many sequences there are. */
  readonly batch: number;
  /** How many steps the longest may have: the extent of the time axis. */
  readonly steps: number;
}

/** One array that the program may be given. */
export interface Slot {
  readonly name: string;
  readonly span: SymbolicInput['span'];
  /** What it is, in a message: `input`, `weight`, `state`. */
  readonly what: string;
  readonly element: 'real' | 'index';
  readonly required: boolean;
  /** The axes before the declared ones. */
  readonly leading: readonly ('batch' | 'time')[];
  readonly shape: readonly Size[];
  readonly categories: Size | undefined;
}

type Report = (code: DataCode, parts: Omit<DiagnosticParts, 'code'>) => void;

/** Every array that `rnn run` may be given for a cell, the lengths aside. */
export function slotsOf(cell: CheckedCell, gradient: boolean): readonly Slot[] {
  const slots = symbolicInputs(cell).map((input): Slot => {
    const { name, span, role, rate, shape, categories } = input;
    const data = role === 'input' || role === 'target';
    return {
      name,
      span,
      what: role === 'parameter' ? 'weight' : role,
      element: categories === undefined ? 'real' : 'index',
      required: role !== 'state',
      leading: data && rate === 'step' ? ['batch', 'time'] : role === 'parameter' ? [] : ['batch'],
      shape,
      categories,
    };
  });
  if (!gradient || cell.loss !== undefined) return slots;
  const cotangents = cell.outputs
    .filter((output) => output.value.type.element === 'real')
    .map(
      (output): Slot => ({
        name: `cotangent.${output.name}`,
        span: output.span,
        what: 'cotangent',
        element: 'real',
        required: false,
        leading: output.rate === 'step' ? ['batch', 'time'] : ['batch'],
        shape: output.value.type.shape,
        categories: undefined,
      }),
    );
  return [...slots, ...cotangents];
}

/** `[batch, time, n]`, as a message says what is wanted. */
function wantedShape(slot: Slot): string {
  return `[${[...slot.leading, ...slot.shape.map(showSize)].join(', ')}]`;
}

/**
 * Finds sizes, batch and steps from arrays, and everything that does not fit. `fitted` is undefined where there is an
 * error. Of the padding (after a sequence's length) nothing is looked at.
 */
export function fitArrays(
  cell: CheckedCell,
  slots: readonly Slot[],
  arrays: ReadonlyMap<string, Tensor>,
): { readonly fitted: FittedArrays | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, parts) => void diagnostics.push(makeDiagnostic({ code, ...parts }));
  const finish = (fitted: FittedArrays | undefined) => ({
    fitted,
    diagnostics: sortDiagnostics(diagnostics),
  });

  reportNames(cell, slots, arrays, report);
  const given = slots.flatMap((slot) => {
    const array = arrays.get(slot.name);
    return array === undefined ? [] : [{ slot, array }];
  });
  const lengths = arrays.get(LENGTHS);
  const fitting = given.filter(
    (one) => checkKind(one, report) && checkAxes(cell, one, given, lengths, report),
  );
  if (diagnostics.length > 0) return finish(undefined);

  const extents = readExtents(cell, fitting, lengths, report);
  const shapes = fitting.map(
    ({ slot, array }) => [slot.name, array.shape.slice(slot.leading.length)] as const,
  );
  const { sizes, diagnostics: misfits } = solveSizes(cell, new Map(shapes));
  diagnostics.push(...misfits);
  if (diagnostics.length > 0 || extents === undefined) return finish(undefined);

  if (lengths !== undefined) checkLengths(cell, lengths, extents.steps, report);
  if (diagnostics.length > 0) return finish(undefined);
  for (const one of fitting) checkCategories(one, sizes, lengths, report);
  return finish(diagnostics.length > 0 ? undefined : { sizes, ...extents });
}

interface Given {
  readonly slot: Slot;
  readonly array: Tensor;
}

function reportNames(
  cell: CheckedCell,
  slots: readonly Slot[],
  arrays: ReadonlyMap<string, Tensor>,
  report: Report,
): void {
  const known = new Set([...slots.map((slot) => slot.name), LENGTHS]);
  const free = [...known].filter((name) => !arrays.has(name));
  const surplus = [...arrays.keys()].filter((name) => !known.has(name));
  // A name that is misspelt is one mistake: it is not missing as well.
  const meant = new Set<string>();
  const takes = [`it takes ${[...known].join(', ')}`];
  const unknown: string[] = [];
  for (const name of surplus) {
    const near = suggest(name, free) ?? startOfState(name, slots) ?? onlyMissing(surplus, arrays, slots);
    if (near === undefined) {
      unknown.push(JSON.stringify(name));
      continue;
    }
    meant.add(near);
    report('RNN7002', {
      message: `${cell.name} does not take an array ${JSON.stringify(name)}`,
      span: cell.span,
      notes: takes,
      help: `did you mean ${near}?`,
    });
  }
  if (unknown.length > 0) {
    const what = unknown.length === 1 ? 'an array' : 'the arrays';
    const message = `${cell.name} does not take ${what} ${unknown.join(', ')}`;
    report('RNN7002', { message, span: cell.span, notes: takes });
  }
  const missing = slots.filter((slot) => slot.required && !arrays.has(slot.name) && !meant.has(slot.name));
  const weights = missing.filter((slot) => slot.what === 'weight');
  // Who gives none of the weights has made one mistake and not twelve.
  const together = weights.length > 2 ? weights : [];
  if (together.length > 0) reportMissingWeights(together, report);
  for (const slot of missing) {
    if (together.includes(slot)) continue;
    report('RNN7003', {
      message: `the ${slot.what} ${slot.name} is missing: ${kindWords(slot)} ${wantedShape(slot)} are wanted`,
      span: slot.span,
      label: 'declared here',
    });
  }
}

/** So many are named in a message. */
const namedTogether = 12;

function reportMissingWeights(weights: readonly Slot[], report: Report): void {
  const named = weights.slice(0, namedTogether).map((slot) => `${slot.name} ${wantedShape(slot)}`);
  const more = weights.length > namedTogether ? `, and ${weights.length - namedTogether} more` : '';
  report('RNN7003', {
    message: `${weights.length} weights are missing`,
    span: weights[0].span,
    label: `${weights[0].name} is declared here`,
    notes: [`wanted are ${named.join(', ')}${more}`],
    help: 'weights come from a run (its weights.safetensors), or from the library (program.weights)',
  });
}

/** `h0`, `h_init`, `h`: the start of the state h is called `state.h`. */
function startOfState(name: string, slots: readonly Slot[]): string | undefined {
  const state = `state.${name.replace(/_?(0|init|start|prev)$/, '')}`;
  return slots.find((slot) => slot.what === 'state' && slot.name === state)?.name;
}

/** What is missing, where it is one thing, and one array that nothing takes has as many axes. */
function onlyMissing(
  surplus: readonly string[],
  arrays: ReadonlyMap<string, Tensor>,
  slots: readonly Slot[],
): string | undefined {
  const [missing, ...others] = slots.filter((slot) => slot.required && !arrays.has(slot.name));
  if (missing === undefined || others.length > 0 || surplus.length !== 1) return undefined;
  const axes = missing.leading.length + missing.shape.length;
  return arrays.get(surplus[0])?.shape.length === axes ? missing.name : undefined;
}

function kindWords({ categories }: Slot): string {
  return categories === undefined ? 'reals' : `whole numbers below ${showSize(categories)}`;
}

function showGiven({ slot, array }: Given): string {
  return `${slot.name} is [${array.shape.join(', ')}]`;
}

function checkKind(one: Given, report: Report): boolean {
  const { slot, array } = one;
  if (slot.element === 'real' || array.element !== 'real') return true;
  report('RNN7006', {
    message: `${slot.name} holds reals, and categories are wanted: ${kindWords(slot)}`,
    span: slot.span,
    label: 'declared here',
    help: 'write it as int32 or int64',
  });
  return false;
}

/** The number of axes, and that there is something on each. */
function checkAxes(
  cell: CheckedCell,
  one: Given,
  given: readonly Given[],
  lengths: Tensor | undefined,
  report: Report,
): boolean {
  const { slot, array } = one;
  const at = { span: slot.span, label: 'declared here' };
  const wanted = wantedShape(slot);
  if (array.shape.length === slot.leading.length + slot.shape.length) {
    if (!array.shape.includes(0)) return true;
    report('RNN7009', { message: `${showGiven(one)}: there is nothing in it`, ...at });
    return false;
  }
  const { reason, help } = missingAxis(slot, array.shape, knownSizes(cell, given), lengths?.shape[0]);
  report('RNN7004', {
    message: `${showGiven(one)}, and ${wanted} is wanted${reason === '' ? '' : `: ${reason}`}`,
    ...at,
    notes:
      slot.leading.length === 2
        ? ['a cell is written for one step of one sequence; arrays hold a batch of sequences']
        : [],
    help,
  });
  return false;
}

/** The sizes that follow from the arrays with the right number of axes. */
function knownSizes(cell: CheckedCell, given: readonly Given[]): ReadonlyMap<string, number> {
  const right = given.filter(
    ({ slot, array }) => array.shape.length === slot.leading.length + slot.shape.length,
  );
  const shapes = right.map(({ slot, array }) => [slot.name, array.shape.slice(slot.leading.length)] as const);
  const bare = { ...cell, sizes: cell.sizes.map((size) => ({ ...size, defaultValue: undefined })) };
  return solveSizes(bare, new Map(shapes)).sizes;
}

/** Batch and steps, which all arrays that have them must agree on. */
function readExtents(
  cell: CheckedCell,
  given: readonly Given[],
  lengths: Tensor | undefined,
  report: Report,
): { readonly batch: number; readonly steps: number } | undefined {
  const first = new Map<'batch' | 'time', Given>();
  let agree = true;
  for (const one of given) {
    const { slot, array } = one;
    slot.leading.forEach((axis, k) => {
      const before = first.get(axis);
      if (before === undefined) first.set(axis, one);
      else if (agree && extentOf(before, axis) !== array.shape[k]) {
        agree = false;
        report('RNN7005', disagreement(before, one, axis, first));
      }
    });
  }
  const batchFrom = first.get('batch');
  const timeFrom = first.get('time');
  const batch = batchFrom === undefined ? lengths?.shape[0] : extentOf(batchFrom, 'batch');
  const longest = lengths === undefined || lengths.data.length === 0 ? undefined : Math.max(...lengths.data);
  const steps = timeFrom === undefined ? longest : extentOf(timeFrom, 'time');
  if (batch === undefined || steps === undefined) {
    report('RNN7008', {
      message: `nothing says how many ${batch === undefined ? 'sequences' : 'steps'} there are`,
      span: cell.span,
      help: `give ${LENGTHS}: the number of steps of each sequence, integers [batch]`,
    });
    return undefined;
  }
  if (lengths !== undefined && (lengths.shape.length !== 1 || lengths.shape[0] !== batch)) {
    const swapped = lengths.shape.length === 1 && lengths.shape[0] === steps;
    report('RNN7008', {
      message: `${LENGTHS} is [${lengths.shape.join(', ')}], and ${batchFrom?.slot.name ?? 'the batch'} has ${counted(batch, 'sequence')}`,
      span: cell.span,
      help: swapped
        ? 'are batch and time swapped? The batch is the first axis, time the second'
        : 'one number for each sequence',
    });
    return undefined;
  }
  return agree ? { batch, steps } : undefined;
}

function extentOf({ slot, array }: Given, axis: 'batch' | 'time'): number {
  return array.shape[slot.leading.indexOf(axis)];
}

function disagreement(
  before: Given,
  one: Given,
  axis: 'batch' | 'time',
  first: ReadonlyMap<'batch' | 'time', Given>,
): Omit<DiagnosticParts, 'code'> {
  const unit = axis === 'batch' ? 'sequence' : 'step';
  const timeFrom = first.get('time');
  const batchFrom = first.get('batch');
  const swapped =
    one.slot.leading.length === 2 &&
    timeFrom !== undefined &&
    batchFrom !== undefined &&
    one.array.shape[0] === extentOf(timeFrom, 'time') &&
    one.array.shape[1] === extentOf(batchFrom, 'batch');
  // A state beside an input whose first axis is time.
  const timeFirst =
    axis === 'batch' &&
    one.slot.leading.length === 1 &&
    before.slot.leading.length === 2 &&
    before.array.shape[1] === extentOf(one, 'batch');
  return {
    message: `${showGiven(one)}, ${counted(extentOf(one, axis), unit)}, and ${showGiven(before)}, ${counted(extentOf(before, axis), unit)}`,
    span: one.slot.span,
    label: wantedShape(one.slot),
    related: [{ span: before.slot.span, text: wantedShape(before.slot) }],
    help: swapped
      ? 'are batch and time swapped? The batch is the first axis, time the second'
      : timeFirst
        ? `are batch and time swapped in ${before.slot.name}? The batch is the first axis, time the second (NumPy: a.swapaxes(0, 1))`
        : undefined,
  };
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function checkLengths(cell: CheckedCell, lengths: Tensor, steps: number, report: Report): void {
  if (lengths.element !== 'index') {
    const message = `${LENGTHS} holds ${lengths.element === 'real' ? 'reals' : 'bools'}, and integers are wanted`;
    report('RNN7006', { message, span: cell.span, help: 'write it as int32 or int64' });
    return;
  }
  const at = lengths.data.findIndex((length) => length < 1 || length > steps);
  if (at < 0) return;
  const length = lengths.data[at];
  report('RNN7008', {
    message: `the length of sequence ${at} is ${length}, and the arrays have ${counted(steps, 'step')}`,
    span: cell.span,
    notes: [`a length is from 1 to ${steps}: no sequence is empty`],
  });
}

/** Every category of a real step exists. */
function checkCategories(
  { slot, array }: Given,
  sizes: ReadonlyMap<string, number>,
  lengths: Tensor | undefined,
  report: Report,
): void {
  if (slot.categories === undefined) return;
  const categories = evaluateSize(slot.categories, sizes) ?? Number.POSITIVE_INFINITY;
  const overTime = slot.leading.length === 2;
  const [, steps = 1] = array.shape;
  const at = array.data.findIndex((value, i) => {
    const padding = overTime && lengths !== undefined && i % steps >= lengths.data[Math.floor(i / steps)];
    return !padding && (value < 0 || value >= categories);
  });
  if (at < 0) return;
  const place = overTime ? `step ${at % steps} of sequence ${Math.floor(at / steps)}` : `sequence ${at}`;
  report('RNN7007', {
    message: `${slot.name} holds ${array.data[at]} at ${place}, and categories are 0 to ${categories - 1}`,
    span: slot.span,
    label:
      symbolsOf(slot.categories).length === 0
        ? 'declared here'
        : `index(${showSize(slot.categories)}), and ${showSize(slot.categories)} is ${categories}`,
    help: array.data[at] === categories ? 'categories are counted from 0' : undefined,
  });
}

// Sizes from arrays: which numbers n and m are, where the shapes of inputs, weights and states are given.

import { type Diagnostic, type DiagnosticParts, makeDiagnostic } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { CheckedCell } from './checked.ts';
import type { ElaborationCode } from './codes.ts';
import { isSize, sizeWords } from './elaborate/opened.ts';
import {
  evaluateSize,
  type Size,
  type SizeBinding,
  showSize,
  showSizes,
  substituteSize,
  symbolsOf,
} from './size.ts';

/** What a program takes from outside, with its declared shape over the sizes of its header. */
export interface SymbolicInput {
  /** `x`, `low.W`, `state.h`. */
  readonly name: string;
  readonly span: Span;
  readonly role: 'input' | 'target' | 'parameter' | 'state';
  /** Without time and batch. */
  readonly shape: readonly Size[];
  /** Of data: whether it has a time axis. */
  readonly rate: 'once' | 'step' | 'constant';
  /** Of an index: how many categories there are. */
  readonly categories: Size | undefined;
}

/** Everything that `cell` takes from outside: data, targets, weights (its instances' too), starts of states. */
export function symbolicInputs(cell: CheckedCell): readonly SymbolicInput[] {
  const data = (role: 'input' | 'target', inputs: CheckedCell['inputs']): SymbolicInput[] =>
    inputs.map(({ name, span, type }) => ({
      name,
      span,
      role,
      shape: type.shape,
      rate: type.rate,
      categories: type.categories,
    }));
  return [
    ...data('input', cell.inputs),
    ...data('target', cell.targets),
    ...weightsAndStates(cell, '', undefined),
  ];
}

function weightsAndStates(
  cell: CheckedCell,
  prefix: string,
  binding: SizeBinding | undefined,
): SymbolicInput[] {
  const outer = (shape: readonly Size[]): readonly Size[] =>
    binding === undefined ? shape : shape.map((size) => substituteSize(size, binding));
  const common = { rate: 'constant', categories: undefined } as const;
  const found: SymbolicInput[] = [];
  for (const { name, span, shape } of cell.parameters) {
    found.push({ name: prefix + name, span, role: 'parameter', shape: outer(shape), ...common });
  }
  for (const { name, span, shape, categories } of cell.states) {
    const kept = { shape: outer(shape), ...common, categories: categories && outer([categories])[0] };
    found.push({ name: `state.${prefix}${name}`, span, role: 'state', ...kept });
  }
  for (const instance of cell.instances) {
    const sizes = [...instance.sizes].map(([name, size]) => [name, outer([size])[0]] as const);
    found.push(...weightsAndStates(instance.cell, `${prefix}${instance.name}.`, new Map(sizes)));
  }
  return found;
}

/** An array's shape beside the declaration that it is for. */
interface Given {
  readonly input: SymbolicInput;
  readonly shape: readonly number[];
}

/**
 * Finds the sizes of a header from shapes without time and batch, by input name; what no shape gives takes its
 * default. A shape that does not fit, and a size that nothing gives, are diagnostics, one for each mistake.
 *
 * ```ts
 * solveSizes(rnn, new Map([['x', [3]], ['W', [4, 3]]])).sizes;   // n: 3, m: 4
 * ```
 */
export function solveSizes(
  cell: CheckedCell,
  shapes: ReadonlyMap<string, readonly number[]>,
): { readonly sizes: ReadonlyMap<string, number>; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  /** Sizes that are not known because of a mistake that is told. */
  const lost = new Set<string>();
  const report = (parts: Omit<DiagnosticParts, 'code'>): void => {
    const code: ElaborationCode = 'RNN5906';
    diagnostics.push(makeDiagnostic({ code, ...parts }));
  };
  const misfits = (
    { input, shape }: Given,
    why: string,
    more: Pick<DiagnosticParts, 'notes' | 'help'>,
  ): void =>
    report({
      message: `${input.name} is given as [${shape.join(', ')}], but it is declared ${showSizes(input.shape)}${why}`,
      span: input.span,
      label: 'declared here',
      ...more,
    });
  const given: Given[] = [];
  for (const input of symbolicInputs(cell)) {
    const shape = shapes.get(input.name);
    if (shape === undefined) continue;
    if (shape.length === input.shape.length) given.push({ input, shape });
    else {
      misfits({ input, shape }, '', {});
      for (const symbol of input.shape.flatMap(symbolsOf)) lost.add(symbol);
    }
  }

  const sizes = new Map<string, number>();
  /** Where a size was read off; the others have their default. */
  const origin = new Map<string, string>();
  readOff(given, sizes, origin);
  for (const { name, span, defaultValue } of cell.sizes) {
    const value =
      sizes.has(name) || defaultValue === undefined ? undefined : evaluateSize(defaultValue, sizes);
    if (value === undefined || defaultValue === undefined) continue;
    if (isSize(value)) {
      sizes.set(name, value);
      readOff(given, sizes, origin);
      continue;
    }
    lost.add(name);
    report({
      message: `the default of ${name}, ${showSize(defaultValue)}, comes to ${value}`,
      span,
      label: sizeWords,
      notes: symbolsOf(defaultValue).map((symbol) => whence(symbol, sizes, origin)),
    });
  }

  for (const { name, span } of cell.sizes) {
    if (sizes.has(name) || lost.has(name)) continue;
    const impossible = given.find(({ input }) =>
      input.shape.some((size) => soleUnknown(size, sizes) === name),
    );
    if (impossible !== undefined) misfits(impossible, `, which no ${name} makes so`, {});
    else {
      report({
        message: `nothing that is given says how large ${name} is`,
        span,
        label: 'this size',
        help: `give a weight or an input whose shape holds ${name}, or a number (--set ${name}=4)`,
      });
    }
  }
  if (diagnostics.length > 0) return { sizes, diagnostics };

  for (const one of given) {
    const { input, shape } = one;
    const wanted = input.shape.map((size) => evaluateSize(size, sizes));
    if (wanted.every((d, axis) => d === shape[axis])) continue;
    const differing = input.shape.filter((_, axis) => wanted[axis] !== shape[axis]);
    const symbols = [...new Set(differing.flatMap(symbolsOf))];
    const notes = symbols.map((symbol) => whence(symbol, sizes, origin));
    const here = `[${wanted.join(', ')}]`;
    const isTurned = shape.length === 2 && shape[0] === wanted[1] && shape[1] === wanted[0];
    const help = isTurned ? `is it the wrong way round? Turned it is ${here} (NumPy: a.T)` : undefined;
    misfits(one, `, here ${here}`, { notes, help });
  }
  return { sizes, diagnostics };
}

function whence(
  symbol: string,
  sizes: ReadonlyMap<string, number>,
  origin: ReadonlyMap<string, string>,
): string {
  return `${symbol} is ${sizes.get(symbol)}, from ${origin.get(symbol) ?? 'its default'}`;
}

/**
 * Finds all sizes that follow from the shapes and those that are known. Where arrays differ, most decide (of equals the
 * first), so that the one that is wrong is told, and not all that it meets.
 */
function readOff(given: readonly Given[], sizes: Map<string, number>, origin: Map<string, string>): void {
  for (;;) {
    /** For each size the arrays that say so, by the number. */
    const votes = new Map<string, Map<number, Set<SymbolicInput>>>();
    for (const { input, shape } of given) {
      for (const [axis, size] of input.shape.entries()) {
        const symbol = soleUnknown(size, sizes);
        const value = symbol === undefined ? undefined : solveFor(symbol, size, shape[axis], sizes);
        if (symbol === undefined || value === undefined) continue;
        const numbers = votes.get(symbol) ?? new Map<number, Set<SymbolicInput>>();
        votes.set(symbol, numbers.set(value, (numbers.get(value) ?? new Set()).add(input)));
      }
    }
    if (votes.size === 0) return;
    for (const [symbol, numbers] of votes) {
      const [[value, [first]]] = [...numbers].sort(([, a], [, b]) => b.size - a.size);
      sizes.set(symbol, value);
      origin.set(symbol, first.name);
    }
  }
}

/** The one symbol of a size that is not known, where the size is linear in it. */
function soleUnknown(size: Size, known: ReadonlyMap<string, number>): string | undefined {
  const [symbol, ...others] = symbolsOf(size).filter((name) => !known.has(name));
  const powers = size.terms.flatMap((term) => term.powers.filter(([name]) => name === symbol));
  const isLinear = powers.length > 0 && powers.every(([, exponent]) => exponent === 1);
  return others.length === 0 && isLinear ? symbol : undefined;
}

/** What the one unknown symbol of a size is where the size has this value; undefined if it would be no size. */
function solveFor(
  symbol: string,
  size: Size,
  value: number,
  known: ReadonlyMap<string, number>,
): number | undefined {
  const at = (number: number): number =>
    evaluateSize(size, new Map([...known, [symbol, number]])) ?? Number.NaN;
  const solution = (value - at(0)) / (at(1) - at(0));
  return isSize(solution) ? solution : undefined;
}

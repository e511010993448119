// Sizes from arrays: which numbers n and m are, where the shapes of inputs, weights and states are given.

import { type Diagnostic, type DiagnosticParts, makeDiagnostic } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { CheckedCell } from './checked.ts';
import {
  evaluateSize,
  type Size,
  type SizeBinding,
  showSizes,
  sizeOf,
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
  for (const { name, span, shape } of cell.states) {
    found.push({ name: `state.${prefix}${name}`, span, role: 'state', shape: outer(shape), ...common });
  }
  for (const instance of cell.instances) {
    const sizes = [...instance.sizes].map(([name, size]) => [name, outer([size])[0]] as const);
    found.push(...weightsAndStates(instance.cell, `${prefix}${instance.name}.`, new Map(sizes)));
  }
  return found;
}

/**
 * Finds the sizes of a header from shapes without time and batch, by input name; what no shape gives takes its
 * default. A shape that does not fit, and a size that nothing gives, are diagnostics.
 */
export function solveSizes(
  cell: CheckedCell,
  shapes: ReadonlyMap<string, readonly number[]>,
): { readonly sizes: ReadonlyMap<string, number>; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (parts: Omit<DiagnosticParts, 'code'>): void => {
    diagnostics.push(makeDiagnostic({ code: 'RNN5906', ...parts }));
  };
  const sizes = new Map<string, number>();
  const origin = new Map<string, string>();
  const given = symbolicInputs(cell).flatMap((input) => {
    const shape = shapes.get(input.name);
    if (shape === undefined) return [];
    if (shape.length === input.shape.length) return [{ input, shape }];
    report({
      message: `${input.name} is given as [${shape.join(', ')}], but it is ${declared(input)}`,
      span: input.span,
      label: 'declared here',
    });
    return [];
  });
  for (let found = true; found; ) {
    found = false;
    for (const { input, shape } of given) {
      input.shape.forEach((size, axis) => {
        const solved = solveFor(size, shape[axis], sizes);
        if (solved === undefined) return;
        sizes.set(solved.symbol, solved.value);
        origin.set(solved.symbol, `${input.name} [${shape.join(', ')}]`);
        found = true;
      });
    }
  }
  for (const { name, span, defaultValue } of cell.sizes) {
    if (sizes.has(name)) continue;
    const value = defaultValue === undefined ? undefined : evaluateSize(defaultValue, sizes);
    if (value !== undefined) sizes.set(name, value);
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
  for (const { input, shape } of given) {
    const wanted = input.shape.map((size) => evaluateSize(size, sizes));
    if (wanted.every((d, axis) => d === shape[axis])) continue;
    const symbols = [...new Set(input.shape.flatMap(symbolsOf))];
    report({
      message: `${input.name} is given as [${shape.join(', ')}], but it is ${declared(input)}, here [${wanted.join(', ')}]`,
      span: input.span,
      label: 'declared here',
      notes: symbols.map((s) => `${s} is ${sizes.get(s)}, from ${origin.get(s) ?? 'its default'}`),
    });
  }
  return { sizes, diagnostics };
}

function declared(input: SymbolicInput): string {
  return `declared ${showSizes(input.shape)}`;
}

/** The one unknown symbol of a size that is linear in it, and its value; undefined if that is not how it is. */
function solveFor(
  size: Size,
  value: number,
  known: ReadonlyMap<string, number>,
): { readonly symbol: string; readonly value: number } | undefined {
  const rest = substituteSize(size, new Map([...known].map(([name, number]) => [name, sizeOf(number)])));
  const [symbol, ...others] = symbolsOf(rest);
  if (symbol === undefined || others.length > 0) return undefined;
  const at = (number: number): number => evaluateSize(rest, new Map([[symbol, number]])) ?? Number.NaN;
  const linear = rest.terms.every((term) => term.powers.every(([, exponent]) => exponent === 1));
  if (!linear) return undefined;
  const slope = at(1) - at(0);
  const solution = (value - at(0)) / slope;
  return Number.isInteger(solution) && solution >= 1 ? { symbol, value: solution } : undefined;
}

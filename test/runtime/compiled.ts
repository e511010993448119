// Compiling a graph for a test, and holding its results against the reference's.
import { expect } from 'vitest';
import { emit } from '../../src/codegen/wasm/emit.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Extents } from '../../src/graph/type.ts';
import { lower } from '../../src/loops/lower.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { type Executable, type LoadOptions, load } from '../../src/runtime/executable.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

export type Tensors = ReadonlyMap<string, Tensor>;

/** By way of the optimised loop program, or of the straight one. */
export function compile(graph: Graph, way: Way = schedule, options?: LoadOptions): Promise<Executable> {
  return load(emit(way(graph)), options);
}

export type Way = typeof lower;

export const WAYS: readonly (readonly [string, Way])[] = [
  ['straight', lower],
  ['optimised', schedule],
];

/** The largest difference over `tolerance` times the largest number (at least 0.001); NaN and infinities must agree. */
export function expectClose(actual: Tensor, expected: Tensor, name: string, tolerance = 1e-4): void {
  expect([name, actual.element, actual.shape]).toEqual([name, expected.element, expected.shape]);
  let [largest, difference] = [1e-3, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, e] = [actual.data[i], expected.data[i]];
    if (Object.is(a, e) || a === e) continue;
    if (!Number.isFinite(a) || !Number.isFinite(e)) {
      expect.fail(`${name}[${i}] is ${a} instead of ${e}`);
    }
    largest = Math.max(largest, Math.abs(a), Math.abs(e));
    difference = Math.max(difference, Math.abs(a - e));
  }
  if (expected.element !== 'real') largest = 0;
  if (difference > tolerance * largest) {
    expect.fail(`${name} differs by ${difference}, its largest number is ${largest}`);
  }
}

/** Runs a graph on wasm and on the reference and compares all outputs. */
export async function expectSame(
  graph: Graph,
  inputs: Tensors,
  extents?: Extents,
  { way, tolerance }: { readonly way?: Way; readonly tolerance?: number } = {},
): Promise<void> {
  const expected = evaluate(graph, inputs, extents);
  const actual = (await compile(graph, way)).execute(inputs, extents);
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, tensor] of expected) expectClose(actual.get(name)!, tensor, name, tolerance);
}

// A program evaluated on arrays: batch first on the outside, time first inside; results cut at the ends of the sequences.
import { batch } from '../autodiff/batch.ts';
import { unroll } from '../autodiff/unroll.ts';
import { type Diagnostic, makeDiagnostic } from '../base/diagnostic.ts';
import type { CheckedCell, CheckedFile } from '../check/checked.ts';
import { elaborate } from '../check/elaborate/elaborate.ts';
import type { Program } from '../check/program.ts';
import { sizeOf } from '../check/size.ts';
import { compile, type Target } from '../compile.ts';
import type { Graph, InputNode } from '../graph/graph.ts';
import { BATCH, concreteShape, type Extents, TIME } from '../graph/type.ts';
import { count, indexTensor, realTensor, type Tensor, zeros } from '../tensor/tensor.ts';
import { type FittedArrays, fitArrays, LENGTHS, slotsOf } from './arrays.ts';
import { differentiable, withGradients } from './gradient-program.ts';

export interface RunOptions {
  /** Also `grad.NAME` for every real input, weight and state that is given. */
  readonly gradient?: boolean;
  /** `reference` (float64) where not given; `wasm` computes in float32. */
  readonly target?: Target;
  /** By the graph unrolled over the steps: the same numbers, the textbook's way. */
  readonly unroll?: boolean;
  /** Numbers for sizes that no array gives. */
  readonly sizes?: ReadonlyMap<string, number>;
  readonly hyperparameters?: ReadonlyMap<string, number>;
}

export interface RunResult {
  /** By name, batch first; undefined where the arrays do not fit. */
  readonly outputs: ReadonlyMap<string, Tensor> | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Evaluates a cell or a model on arrays by name: inputs and targets `[batch, time, ...]` (or `[batch, ...]` where they
 * are once), weights, maybe states `state.NAME` `[batch, ...]`, `lengths` `[batch]`, and for the gradient of a cell
 * `cotangent.OUTPUT` (ones where not given).
 *
 * Gives every output (zero after the end of a sequence), `state.NAME` at each sequence's own last step, and of a model
 * `loss` and the metrics.
 */
export async function runProgram(
  file: CheckedFile,
  cell: CheckedCell,
  arrays: ReadonlyMap<string, Tensor>,
  options: RunOptions = {},
): Promise<RunResult> {
  const { gradient = false, sizes = new Map(), hyperparameters } = options;
  const given = withDefaults(cell, sizes);
  const { fitted, diagnostics } = fitArrays(given, slotsOf(given, gradient), arrays);
  if (fitted === undefined) return { outputs: undefined, diagnostics };
  const contradictions = contradictionsOf(cell, sizes, fitted.sizes);
  if (contradictions.length > 0) return { outputs: undefined, diagnostics: contradictions };
  const elaborated = elaborate(file, {
    name: cell.name,
    sizes: fitted.sizes,
    ...(hyperparameters === undefined ? {} : { hyperparameters }),
    mode: 'evaluate',
    startingStates: statesIn(arrays),
  });
  const { program } = elaborated;
  if (program === undefined) return { outputs: undefined, diagnostics: elaborated.diagnostics };

  const graph = graphOf(program, fitted, arrays.has(LENGTHS), options);
  const inputs = inputsOf(program, graph, fitted, arrays);
  const executable = await compile(graph, { target: options.target ?? 'reference' });
  const results = executable.execute(inputs, extentsOf(fitted));
  const timed = timedNames(program);
  const outputs = [...results].map(
    ([name, value]) => [name, timed.has(name) ? swapLeading(value) : value] as const,
  );
  return { outputs: new Map(outputs), diagnostics: elaborated.diagnostics };
}

/** The cell with numbers as the defaults of its sizes: they hold where no array says another. */
function withDefaults(cell: CheckedCell, numbers: ReadonlyMap<string, number>): CheckedCell {
  const sizes = cell.sizes.map((size) => {
    const number = numbers.get(size.name);
    return number === undefined ? size : { ...size, defaultValue: sizeOf(number) };
  });
  return { ...cell, sizes };
}

function contradictionsOf(
  cell: CheckedCell,
  given: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
): readonly Diagnostic[] {
  return cell.sizes.flatMap(({ name, span }) => {
    const [wanted, is] = [given.get(name), found.get(name)];
    if (wanted === undefined || wanted === is) return [];
    return [
      makeDiagnostic({
        code: 'RNN7005',
        message: `${name} is given as ${wanted}, and the arrays say ${is}`,
        span,
      }),
    ];
  });
}

function statesIn(arrays: ReadonlyMap<string, Tensor>): ReadonlySet<string> {
  const prefix = 'state.';
  return new Set(
    [...arrays.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
  );
}

function graphOf(program: Program, { steps }: FittedArrays, lengths: boolean, options: RunOptions): Graph {
  const batched = batch(program.graph, { lengths });
  const graph = options.unroll === true ? unroll(batched, { steps }) : batched;
  return options.gradient === true ? withGradients(program, graph, differentiable(program)) : graph;
}

function extentsOf({ batch, steps }: FittedArrays): Extents {
  return new Map([
    [BATCH, batch],
    [TIME, steps],
  ]);
}

function inputsOf(
  program: Program,
  graph: Graph,
  fitted: FittedArrays,
  arrays: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  const extents = extentsOf(fitted);
  const timed = timedNames(program);
  return new Map(
    graph.inputs.map((id) => {
      const { name, role, type } = graph.nodes[id] as InputNode;
      const shape = concreteShape(type.shape, extents);
      const array = arrays.get(name);
      if (array === undefined) {
        // The number of the first step, and cotangents that are not given.
        return [
          name,
          role === 'cotangent'
            ? realTensor(shape, new Float64Array(count(shape)).fill(1))
            : zeros(type.element, shape),
        ];
      }
      const value =
        type.element === 'real' ? realTensor(array.shape, array.data) : indexTensor(array.shape, array.data);
      return [name, timed.has(name) ? swapLeading(value) : value];
    }),
  );
}

/** What has a time axis: step inputs and outputs, their gradients and cotangents. */
function timedNames({ inputs, targets, outputs }: Program): ReadonlySet<string> {
  const names = (values: readonly { readonly name: string; readonly rate: string }[]): string[] =>
    values.filter((value) => value.rate === 'step').map((value) => value.name);
  const data = names([...inputs, ...targets]);
  const results = names(outputs);
  return new Set([
    ...data,
    ...results,
    ...data.map((name) => `grad.${name}`),
    ...results.map((name) => `cotangent.${name}`),
  ]);
}

/** From batch first to time first, and back: the first two axes change places. */
function swapLeading(tensor: Tensor): Tensor {
  const [rows, columns, ...rest] = tensor.shape;
  const width = count(rest);
  const swapped = zeros(tensor.element, [columns, rows, ...rest]);
  const data = tensor.data instanceof Float32Array ? new Float32Array(tensor.data.length) : swapped.data;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const from = (i * columns + j) * width;
      data.set(tensor.data.subarray(from, from + width), (j * rows + i) * width);
    }
  }
  return { ...swapped, data };
}

// Random cases of a program: sizes, a batch of sequences of unequal lengths, and numbers for everything that goes in.
//
// The numbers are a function of one seed and of their names, so a case stays itself while fast-check makes its sizes
// smaller. The padding holds what must not be looked at: NaN, and categories that do not exist.
import fc from 'fast-check';
import { RandomStream } from '../base/random.ts';
import type { Program, ProgramStart } from '../check/program.ts';
import type { Graph, InputNode } from '../graph/graph.ts';
import { BATCH, concreteShape, type Extents, TIME } from '../graph/type.ts';
import { count, indexTensor, realTensor, type Tensor } from '../tensor/tensor.ts';

export interface Case {
  /** A number for each size of the header. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The steps of each sequence of the batch. */
  readonly lengths: readonly number[];
  /** The extent of the time axis; at least the longest of them. */
  readonly steps: number;
  /** Whether the states' starting values are handed in; else they are the declared ones. */
  readonly startingStates: boolean;
  /** Keys the numbers. */
  readonly numbers: number;
}

/**
 * Sizes from 1 to 5, up to 4 sequences of up to 8 steps; `small`: to 2, 2 and 3. They shrink towards one step of one
 * sequence of size one.
 */
export function randomCase(sizes: readonly string[], small: boolean): fc.Arbitrary<Case> {
  const size = fc.integer({ min: 1, max: small ? 2 : 5 });
  return fc
    .record({
      sizes: fc.record(Object.fromEntries(sizes.map((name) => [name, size]))),
      steps: fc.integer({ min: 1, max: small ? 3 : 8 }),
      // How many steps each sequence lacks: zero is the simplest.
      lacking: fc.array(fc.nat(7), { minLength: 1, maxLength: small ? 2 : 4 }),
      startingStates: fc.boolean(),
      numbers: fc.noShrink(fc.nat(2 ** 31 - 1)),
    })
    .map(({ lacking, steps, ...rest }) => ({
      ...rest,
      steps,
      lengths: lacking.map((lack) => Math.max(1, steps - lack)),
    }));
}

/** A case in words: `n = 1, m = 2; 2 sequences of 3 and 1 steps; states handed in`. */
export function describeCase({ sizes, lengths, steps, startingStates }: Case): string {
  const batch = lengths.length === 1 ? 'one sequence' : `${lengths.length} sequences`;
  const longest = Math.max(...lengths);
  return [
    ...(Object.keys(sizes).length === 0
      ? []
      : [
          Object.entries(sizes)
            .map(([name, value]) => `${name} = ${value}`)
            .join(', '),
        ]),
    `${batch} of ${lengths.join(', ')} ${lengths.length === 1 && lengths[0] === 1 ? 'step' : 'steps'}${steps > longest ? ` in an array of ${steps}` : ''}`,
    ...(startingStates ? ['starting states given'] : []),
  ].join('; ');
}

/** How many sequences and steps a case has. */
export function extentsOf({ lengths, steps }: Case): Extents {
  return new Map([
    [BATCH, lengths.length],
    [TIME, steps],
  ]);
}

/** Numbers for every input of a program's batched graph, cotangents included. */
export function drawInputs(program: Program, graph: Graph, drawn: Case): Map<string, Tensor> {
  const extents = extentsOf(drawn);
  return new Map(
    graph.inputs.map((id) => {
      const node = graph.nodes[id] as InputNode;
      const shape = concreteShape(node.type.shape, extents);
      const tensor = drawTensor(program, node, shape, drawn);
      const overTime = node.type.shape[0] === TIME && node.type.shape[1] === BATCH;
      return [
        node.name,
        overTime && node.role !== 'cotangent' ? spoilPadding(tensor, drawn.lengths) : tensor,
      ];
    }),
  );
}

function drawTensor(program: Program, node: InputNode, shape: readonly number[], drawn: Case): Tensor {
  const { name, role, type } = node;
  const random = new RandomStream(drawn.numbers, name);
  if (role === 'lengths') return indexTensor(shape, drawn.lengths);
  const draw = (number: () => number): number[] => Array.from({ length: count(shape) }, number);
  if (type.element === 'index') {
    const declared = [...program.inputs, ...program.targets].find((input) => input.name === name);
    // Seeds may be any number, and so may the number of the first step.
    const categories = declared?.categories ?? 1000;
    return indexTensor(
      shape,
      draw(() => random.integer(categories)),
    );
  }
  const start = program.parameters.find((parameter) => parameter.name === name)?.start;
  // A weight with a declared value stays near it: it may be a scale that has to be positive.
  const [centre, spread] = start?.kind === 'value' ? [start.value, 0.5] : rangeOf(start);
  return realTensor(
    shape,
    draw(() => centre + spread * (2 * random.uniform() - 1)),
  );
}

/** The middle and the half width of what a weight is drawn from: one that starts on one side of zero stays there. */
function rangeOf(start: ProgramStart | undefined): readonly [number, number] {
  const isOneSided =
    start?.kind === 'log_uniform' || (start?.kind === 'uniform' && start.low * start.high > 0);
  return isOneSided ? [(start.low + start.high) / 2, (start.high - start.low) / 2] : [0, 1];
}

/** What lies after the end of a sequence: NaN, or a category that does not exist. Time is the first axis. */
function spoilPadding(tensor: Tensor, lengths: readonly number[]): Tensor {
  const [steps, batch, ...rest] = tensor.shape;
  const width = count(rest);
  for (let t = 0; t < steps; t++) {
    for (let b = 0; b < batch; b++) {
      if (t < lengths[b]) continue;
      const from = (t * batch + b) * width;
      tensor.data.fill(tensor.element === 'real' ? Number.NaN : -7, from, from + width);
    }
  }
  return tensor;
}

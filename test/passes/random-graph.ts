// Random programs of one sequence, as elaboration might make them, for property tests of whatever takes programs: scans
// with several carries, some of which feed each other, shift or only feed themselves; products with weights and of
// values of the step; rows of tables, noise, joined values, choices. `batch` and `vjp` make the rest of them.
//
//   fc.assert(fc.property(randomProgram(), fc.nat(), (program, seed) => {
//     const graph = asBatch(program, { lengths: true, gradient: true });
//     evaluate(graph, programInputs(graph, seed), EXTENTS) ...
//   }))
//
// What they compute stays finite: what goes on to the next step has been through tanh.
import * as fc from 'fast-check';
import { batch } from '../../src/autodiff/batch.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { RandomStream } from '../../src/base/random.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { type Graph, type NodeId, typeOf } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import {
  type AxisName,
  BATCH,
  concreteShape,
  type Dim,
  type Extents,
  index,
  real,
  sameShape,
  TIME,
  type Type,
} from '../../src/graph/type.ts';
import { count, type Tensor, zeros } from '../../src/tensor/tensor.ts';

export const EXTENTS: Extents = new Map([
  [TIME, 5],
  [BATCH, 3],
]);

const M = 3;
const ROWS = 4;

/** A program of one sequence: one to three scans, the later ones on what the earlier ones have stacked. */
export function randomProgram(): fc.Arbitrary<Graph> {
  const numbers = fc.array(fc.nat(9999), { minLength: 10, maxLength: 150, size: 'max' });
  return numbers.map((list) => readable(grow(new Choices(list))));
}

/** The graph, which fast-check shows as text where a property fails. */
function readable(graph: Graph): Graph {
  return Object.defineProperty(graph, fc.toStringMethod, { value: () => `\n${printGraph(graph)}` });
}

interface Batching {
  readonly lengths?: boolean;
  /** With the gradients of all real outputs by all real inputs. */
  readonly gradient?: boolean;
}

/** The program of a batch, and its gradients. */
export function asBatch(program: Graph, { lengths = false, gradient = false }: Batching): Graph {
  const batched = batch(program, { lengths });
  return readable(gradient ? withGradients(batched) : batched);
}

/** The gradients of all real outputs by all real inputs. */
export function withGradients(graph: Graph): Graph {
  const outputs = graph.outputs.filter(({ node }) => typeOf(graph, node).element === 'real');
  const wrt = graph.nodes.flatMap((node) =>
    node.kind === 'input' && node.type.element === 'real' ? [node.name] : [],
  );
  return vjp(graph, { outputs: outputs.map((output) => output.name), wrt });
}

interface Drawing {
  readonly extents?: Extents;
  /** What stands in the padding; `lengths` is an input then. */
  readonly padding?: number;
}

/** Values for all inputs: reals from -1 to 1, indices below 4, lengths from 1 to the extent of T. */
export function programInputs(
  graph: Graph,
  seed: number,
  { extents = EXTENTS, padding }: Drawing = {},
): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  for (const node of graph.nodes) {
    if (node.kind !== 'input') continue;
    const { name, role, type } = node;
    const tensor = zeros(type.element, concreteShape(type.shape, extents));
    const stream = new RandomStream(seed, name);
    const steps = extents.get(TIME)!;
    for (let i = 0; i < tensor.data.length; i++) {
      if (role === 'lengths') tensor.data[i] = 1 + stream.integer(steps);
      else tensor.data[i] = type.element === 'real' ? 2 * stream.uniform() - 1 : stream.integer(ROWS);
    }
    values.set(name, tensor);
  }
  const lengths = values.get('lengths')?.data;
  for (const node of graph.nodes) {
    if (node.kind !== 'input' || lengths === undefined || padding === undefined) continue;
    // Cotangents of padding are zero by contract; other reals may be anything there.
    const { element, shape } = node.type;
    if (shape[0] !== TIME || shape[1] !== BATCH || element !== 'real') continue;
    const { data, shape: sizes } = values.get(node.name)!;
    const size = count(sizes.slice(2));
    for (let i = 0; i < data.length; i++) {
      const [t, b] = [Math.floor(i / size / sizes[1]), Math.floor(i / size) % sizes[1]];
      if (t >= lengths[b]) data[i] = node.role === 'cotangent' ? 0 : padding;
    }
  }
  return values;
}

/** Numbers that decide, one after the other; when they are used up, zeros. */
class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  get isSpent(): boolean {
    return this.#next >= this.#numbers.length;
  }

  below(n: number): number {
    return (this.#numbers[this.#next++] ?? 0) % n;
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }
}

/** Values that are known at one place of a program. */
class Pool {
  readonly b: GraphBuilder;
  readonly choices: Choices;
  readonly values: NodeId[] = [];

  constructor(b: GraphBuilder, choices: Choices) {
    this.b = b;
    this.choices = choices;
  }

  input(name: string, type: Type, role: Parameters<GraphBuilder['input']>[2]): NodeId {
    return this.keep(this.b.input(name, type, role));
  }

  keep(id: NodeId): NodeId {
    this.values.push(id);
    return id;
  }

  all(fits: (type: Type) => boolean): NodeId[] {
    return this.values.filter((id) => fits(this.b.typeOf(id)));
  }

  /** A real of this shape: the one that a choice gives, or a constant. */
  real(...shape: Dim[]): NodeId {
    const found = this.all((type) => type.element === 'real' && sameShape(type.shape, shape));
    return found.length === 0 ? this.b.constant(0.5, shape) : this.choices.of(found);
  }
}

function grow(choices: Choices): Graph {
  const pool = new Pool(new GraphBuilder('program'), choices);
  const { b } = pool;
  pool.input('x', real(TIME, M), 'input');
  pool.input('ids', index(TIME), 'input');
  pool.input('state.h', real(M), 'state');
  pool.input('once', real(M), 'input');
  for (const name of ['W', 'U']) pool.input(name, real(M, M), 'parameter');
  pool.input('W2', real(M, 2 * M), 'parameter');
  pool.input('v', real(M), 'parameter');
  pool.input('table', real(ROWS, M), 'parameter');
  pool.input('seed', index(), 'seed');
  let scans = 0;
  do {
    growScan(pool);
    scans++;
  } while (!choices.isSpent && scans < 3);
  const results = pool.values.slice(10);
  results.forEach((id, k) => {
    if (k < 2 || choices.below(4) > 0) b.output(`out${k}`, id);
  });
  return b.finish();
}

function growScan(outer: Pool): void {
  const { choices } = outer;
  const inner = new Pool(new GraphBuilder('step'), choices);
  const { b } = inner;
  inner.input('t', index(), 'step');
  const starts = Array.from({ length: choices.below(4) }, () => outer.real(M));
  const carries = starts.map((_, k) => inner.input(`c${k}`, real(M), 'carry'));
  const isSequence = ({ shape }: Type) => shape[0] === TIME && shape.length <= 2;
  const sequences = outer.all(isSequence).filter((_, k) => k < 2 || choices.below(2) > 0);
  sequences.forEach((id, k) => {
    const { element, shape } = outer.b.typeOf(id);
    inner.input(`s${k}`, { element, shape: shape.slice(1) }, 'sequence');
  });
  const captures = outer
    .all(({ shape }) => !shape.includes(TIME))
    .filter((_, k) => k < 7 || choices.below(2) > 0);
  captures.forEach((id, k) => {
    inner.input(`w${k}`, outer.b.typeOf(id), 'capture');
  });
  const steps = 2 + choices.below(10);
  for (let k = 0; k < steps; k++) inner.keep(growValue(inner));

  carries.forEach((past, k) => {
    const last = inner.all(({ element, shape }) => element === 'real' && sameShape(shape, [M]));
    const value = choices.of(last.slice(-4));
    b.output(`c${k}`, choices.of([b.apply('tanh', value), value, mix(b, past, value), past]));
  });
  const reals = () => inner.all(({ element }) => element === 'real');
  const stacked = Array.from({ length: choices.below(4) }, () => choices.of(inner.values.slice(-8)));
  stacked.forEach((id, k) => {
    b.output(`y${k}`, id);
  });
  const summed = Array.from({ length: choices.below(3) }, () => {
    const [x, y] = [choices.of(reals().slice(-6)), choices.of(reals().slice(-6))];
    return choices.below(2) > 0 && sameShape(b.shapeOf(x), b.shapeOf(y)) ? b.apply('add', x, y) : x;
  });
  summed.forEach((id, k) => {
    b.output(`sum${k}`, id);
  });
  if (starts.length + stacked.length + summed.length === 0) b.output('t', inner.values[0]);
  const results = outer.b.scan({
    axis: TIME,
    reverse: choices.below(3) === 0,
    carries: starts,
    sequences,
    captures,
    body: b.finish(),
    stacked: starts.length + stacked.length + summed.length === 0 ? 1 : stacked.length,
    summed: summed.length,
  });
  for (const id of [...results.carried, ...results.stacked, ...results.summed]) outer.keep(id);
}

/** Half of both. */
function mix(b: GraphBuilder, x: NodeId, y: NodeId): NodeId {
  return b.apply('mul', b.constantLike(0.5, x), b.apply('add', x, b.apply('tanh', y)));
}

const ofOne = ['tanh', 'sigmoid', 'sin', 'cos', 'neg', 'abs'] as const;
const ofTwo = ['add', 'sub', 'max', 'min'] as const;

function growValue(pool: Pool): NodeId {
  const { b, choices } = pool;
  const [x, y] = [pool.real(M), pool.real(M)];
  const tamed = b.apply('tanh', y);
  const repeat = (id: NodeId, ...shape: Dim[]) => b.broadcast(id, shape, []);
  const kinds: readonly (() => NodeId)[] = [
    () => b.contract(pool.real(M, M), tamed, { left: 'mn', right: 'n', out: 'm' }),
    () => b.contract(tamed, pool.real(M, M), { left: 'm', right: 'mn', out: 'n' }),
    () => b.contract(pool.real(M, M), x, { left: 'mn', right: 'n', out: 'm' }),
    () => {
      const both = b.call('concat', [x, y], { axis: 0 });
      return b.contract(pool.real(M, 2 * M), both, { left: 'mn', right: 'n', out: 'm' });
    },
    () => b.apply(choices.of(ofOne), x),
    () => b.apply(choices.of(ofTwo), x, y),
    () => b.apply('mul', b.apply('tanh', x), b.apply('tanh', y)),
    () => b.apply('select', b.apply('lt', x, y), y, b.constantLike(choices.below(3), x)),
    () => repeat(b.contract(x, tamed, { left: 'n', right: 'n', out: '' }), M),
    () => {
      const table = pool.real(ROWS, M);
      const ids = pool.all(({ element, shape }) => element === 'index' && shape.length === 0);
      const id = b.apply('max', choices.of(ids), b.constant(0, [], 'index'));
      return b.apply('gather', table, b.apply('min', id, b.constant(ROWS - 1, [], 'index')));
    },
    () => {
      // The seed is the last of the captured indices; the step the first index of all.
      const ids = pool.all(({ element, shape }) => element === 'index' && shape.length === 0);
      const seed = b.call('convert', [b.sum(x, [0])], { element: 'index' });
      return b.call('uniform', [choices.of([seed, ids[ids.length - 1]]), pool.values[0]], {
        name: 'drop',
        shape: [M],
      });
    },
    () => {
      const outer = b.contract(b.apply('tanh', x), tamed, { left: 'm', right: 'n', out: 'mn' });
      return pool.keep(outer);
    },
    () => {
      const part = b.call('slice', [x], { axis: 0, start: choices.below(M), size: 1 });
      return b.call('concat', [part, b.call('slice', [y], { axis: 0, start: 0, size: M - 1 })], { axis: 0 });
    },
    () => repeat(b.call('max_over', [x], { axes: [0] }), M),
    () => repeat(b.call('convert', [pool.values[0]], { element: 'real' }), M),
    () => b.apply('add', x, b.constant(choices.below(2), [M])),
    () => b.sum(pool.real(M, M), [choices.below(2)]),
    () => {
      const square = b.call('reshape', [pool.real(M, M)], { shape: [M * M] });
      return b.call('slice', [square], { axis: 0, start: choices.below(M), size: M });
    },
  ];
  return choices.of(kinds)();
}

/** The names of the axes of time, for whoever evaluates at other extents. */
export function extentsOf(steps: number, sequences: number): Extents {
  return new Map<AxisName, number>([
    [TIME, steps],
    [BATCH, sequences],
  ]);
}

// Random well-typed graphs for property tests, with inputs to run them on. They are built by type and shape, from a
// list of numbers that fast-check shrinks: fewer numbers, fewer nodes.
//
//   fc.assert(fc.property(randomGraph(), (graph) => { evaluate(graph, randomInputs(graph, 1), SAMPLE_EXTENTS) ... }))
//
// What they compute stays finite: products are taken of values brought between -1 and 1 first. Their scans (nested
// ones too) have all three kinds of results. With `lengths` some scans have lengths; their bodies may then mix the
// sequences of a batch as no program of the language does.
import * as fc from 'fast-check';
import { RandomStream } from '../../src/base/random.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import type { None } from '../../src/graph/ops/attributes.ts';
import {
  BATCH,
  concreteShape,
  type Dim,
  type Element,
  index,
  real,
  sameShape,
  sameType,
  TIME,
  type Type,
} from '../../src/graph/type.ts';
import { type Tensor, zeros } from '../../src/tensor/tensor.ts';
import { SAMPLE_EXTENTS } from './sample-op.ts';

export interface RandomGraphOptions {
  /** Some scans have lengths. */
  readonly lengths?: boolean;
  /** At most so many steps of building; a step makes up to five nodes, or a scan. */
  readonly size?: number;
}

/** Inputs x, y [T, B, n], weights W, v, a start h0, indices, a seed, lengths; some of the values as outputs. */
export function randomGraph(options: RandomGraphOptions = {}): fc.Arbitrary<Graph> {
  const { lengths = false, size = 20 } = options;
  const step = fc.array(fc.nat(999), { minLength: 6, maxLength: 6 });
  return fc.array(step, { maxLength: size }).map((steps) => {
    const garden = new Garden(new GraphBuilder('random'));
    garden.input('x', real(TIME, BATCH, 2), 'input');
    garden.input('y', real(TIME, BATCH, 3), 'input');
    garden.input('h0', real(BATCH, 3), 'state');
    garden.input('W', real(3, 2), 'parameter');
    garden.input('v', real(3), 'parameter');
    garden.input('s', real(), 'parameter');
    garden.input('at', index(BATCH), 'input');
    garden.input('seed', index(BATCH), 'seed');
    const given = garden.input('lengths', index(BATCH), 'lengths');
    if (lengths) garden.useLengths(given);
    for (const numbers of steps) garden.grow(new Choices(numbers));
    return garden.harvest();
  });
}

/** Values for all inputs of a random graph: reals from -1 to 1, indices 0 or 1, lengths from 1. */
export function randomInputs(graph: Graph, seed: number): ReadonlyMap<string, Tensor> {
  return new Map(
    graph.inputs.flatMap((id) => {
      const node = graph.nodes[id];
      if (node.kind !== 'input') return [];
      const tensor = zeros(node.type.element, concreteShape(node.type.shape, SAMPLE_EXTENTS));
      const stream = new RandomStream(seed, node.name);
      const [first, last] = node.role === 'lengths' ? [1, SAMPLE_EXTENTS.get(TIME)!] : [0, 1];
      for (let i = 0; i < tensor.data.length; i++) {
        tensor.data[i] =
          node.type.element === 'real'
            ? Math.fround(2 * stream.uniform() - 1)
            : first + stream.integer(last - first + 1);
      }
      return [[node.name, tensor] as const];
    }),
  );
}

/** Numbers that decide, one after the other; when they are used up, zeros. */
class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(n: number): number {
    return (this.#numbers[this.#next++] ?? 0) % n;
  }

  /** One of the items, or undefined of none. */
  of<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(Math.max(1, items.length))];
  }

  /** As many other choices, made from what is left. */
  split(count: number): Choices[] {
    const left = this.#numbers.slice(this.#next);
    return Array.from(
      { length: count },
      (_, k) => new Choices(left.map((n, i) => (n * (k + 2) + 7 * i) % 1000)),
    );
  }
}

const NONE: None = {};
const MAX_RANK = 4;
const bounded = ['tanh', 'sigmoid', 'sin', 'cos'] as const;
const ofOne = [...bounded, 'neg', 'abs', 'floor', 'stop'] as const;
const ofTwo = ['add', 'sub', 'max', 'min'] as const;
const comparisons = ['lt', 'le', 'eq'] as const;

/** A builder and the values that it has grown so far. */
class Garden {
  readonly #builder: GraphBuilder;
  /** The lengths that scans may have. */
  #lengths: NodeId | undefined;
  readonly #values: NodeId[] = [];
  readonly #depth: number;

  constructor(builder: GraphBuilder, depth = 0) {
    this.#builder = builder;
    this.#depth = depth;
  }

  useLengths(lengths: NodeId): void {
    this.#lengths = lengths;
  }

  input(...[name, type, role]: Parameters<GraphBuilder['input']>): NodeId {
    return this.#keep(this.#builder.input(name, type, role));
  }

  #keep(id: NodeId): NodeId {
    this.#values.push(id);
    return id;
  }

  #type(id: NodeId): Type {
    return this.#builder.typeOf(id);
  }

  #pick(choices: Choices, fits: (type: Type) => boolean): NodeId | undefined {
    return choices.of(this.#values.filter((id) => fits(this.#type(id))));
  }

  #real(choices: Choices, fits: (shape: readonly Dim[]) => boolean = () => true): NodeId | undefined {
    return this.#pick(choices, (type) => type.element === 'real' && fits(type.shape));
  }

  /** Between -1 and 1. */
  #tame(id: NodeId): NodeId {
    return this.#builder.apply('tanh', id);
  }

  grow(choices: Choices): void {
    const kinds = [
      () => this.#elementwise(choices),
      () => this.#product(choices),
      () => this.#condition(choices),
      () => this.#place(choices),
      () => this.#part(choices),
      () => this.#reduction(choices),
      () => this.#contraction(choices),
      () => this.#source(choices),
      () => this.#rows(choices),
      () => this.#scan(choices),
    ];
    const id = kinds[choices.below(kinds.length)]();
    if (id !== undefined) this.#keep(id);
  }

  #elementwise(choices: Choices): NodeId | undefined {
    const x = this.#real(choices);
    if (x === undefined) return undefined;
    const b = this.#builder;
    switch (choices.below(6)) {
      case 0:
        return b.apply('sqrt', b.apply('abs', x));
      case 1:
        return b.apply('log1p', b.apply('abs', x));
      case 2:
        return b.apply('exp', this.#tame(x));
      case 3:
      case 4: {
        const y = this.#real(choices, (shape) => sameShape(shape, b.shapeOf(x)));
        return b.apply(choices.of(ofTwo)!, x, y ?? x);
      }
      default:
        return b.apply(choices.of(ofOne)!, x);
    }
  }

  #product(choices: Choices): NodeId | undefined {
    const x = this.#real(choices);
    const y = this.#real(choices, (shape) => x !== undefined && sameShape(shape, this.#builder.shapeOf(x)));
    if (x === undefined || y === undefined) return undefined;
    const b = this.#builder;
    const [p, q] = [this.#tame(x), this.#tame(y)];
    switch (choices.below(4)) {
      case 0: // the divisor from 1 to 3
        return b.apply('div', p, b.apply('add', q, b.constantLike(2, q)));
      case 1: // the base from 1 to 3
        return b.apply('pow', b.apply('add', q, b.constantLike(2, q)), p);
      case 2:
        return b.apply('mod', p, b.constantLike(0.75, p));
      default:
        return b.apply('mul', p, q);
    }
  }

  #condition(choices: Choices): NodeId | undefined {
    const x = this.#real(choices);
    const y = this.#real(choices, (shape) => x !== undefined && sameShape(shape, this.#builder.shapeOf(x)));
    if (x === undefined || y === undefined) return undefined;
    const b = this.#builder;
    const compared = b.apply(choices.of(comparisons)!, x, y);
    const other = b.apply('lt', y, b.constantLike(0.25, y));
    const conditions = [
      compared,
      b.apply('and', compared, other),
      b.apply('or', compared, other),
      b.apply('not', compared),
    ];
    const condition = conditions[choices.below(conditions.length)];
    return choices.below(3) === 0
      ? b.call('convert', [condition], { element: 'real' })
      : b.call('select', [condition, x, y], NONE);
  }

  /** The same elements elsewhere: broadcast, transpose, reshape. */
  #place(choices: Choices): NodeId | undefined {
    const x = this.#real(choices);
    if (x === undefined) return undefined;
    const b = this.#builder;
    const shape = b.shapeOf(x);
    const axes = shape.map((_, axis) => axis);
    switch (choices.below(3)) {
      case 0: {
        const added = choices.of([2, 1, TIME, BATCH])!;
        if (shape.length >= MAX_RANK || shape.includes(added)) return undefined;
        const at = choices.below(shape.length + 1);
        return b.broadcast(
          x,
          shape.toSpliced(at, 0, added),
          axes.map((axis) => (axis < at ? axis : axis + 1)),
        );
      }
      case 1:
        return b.call('transpose', [x], { order: choices.below(2) ? axes.toReversed() : axes });
      default: {
        const sizes = shape.filter((d) => typeof d === 'number');
        const named = shape.slice(0, shape.length - sizes.length);
        if (named.some((d) => typeof d === 'number')) return undefined;
        const merged = sizes.reduce((n, d) => n * d, 1);
        return b.call('reshape', [x], {
          shape: [...named, ...(choices.below(2) ? [merged] : [1, ...sizes])],
        });
      }
    }
  }

  /** slice and concat along an axis of known size. */
  #part(choices: Choices): NodeId | undefined {
    const x = this.#real(choices, (shape) => shape.some((d) => typeof d === 'number' && d <= 8));
    if (x === undefined) return undefined;
    const b = this.#builder;
    const shape = b.shapeOf(x);
    const axis = shape.findIndex((d) => typeof d === 'number' && d <= 8);
    const extent = Number(shape[axis]);
    if (choices.below(2)) {
      const y = this.#real(choices, (other) => sameShape(other, shape));
      return b.call('concat', choices.below(2) && y !== undefined ? [x, y] : [x, x, x], { axis });
    }
    const start = choices.below(extent);
    return b.call('slice', [x], { axis, start, size: 1 + choices.below(extent - start) });
  }

  #reduction(choices: Choices): NodeId | undefined {
    const x = this.#real(choices, (shape) => shape.length > 0);
    if (x === undefined) return undefined;
    const b = this.#builder;
    const axis = choices.below(b.shapeOf(x).length);
    switch (choices.below(4)) {
      case 0:
        return b.call('max_over', [x], { axes: [axis] });
      case 1:
        return b.call('argmax', [x], { axis });
      case 2:
        return b.sum(
          x,
          b.shapeOf(x).map((_, k) => k),
        );
      default:
        return b.sum(x, [axis]);
    }
  }

  #contraction(choices: Choices): NodeId | undefined {
    const x = this.#real(choices);
    const y = this.#real(choices);
    if (x === undefined || y === undefined) return undefined;
    const b = this.#builder;
    const left = b.shapeOf(x).map((_, k) => 'abcdefgh'[k]);
    const shared: string[] = [];
    const right = b.shapeOf(y).map((d, k) => {
      const same = left.findIndex((letter, axis) => !shared.includes(letter) && b.shapeOf(x)[axis] === d);
      if (same < 0 || choices.below(4) === 0) return 'ijklmnop'[k];
      shared.push(left[same]);
      return left[same];
    });
    const summed = shared.filter(() => choices.below(3) > 0);
    const out = [...new Set([...left, ...right])].filter((letter) => !summed.includes(letter));
    if (out.length > MAX_RANK) return undefined;
    const letters = { left: left.join(''), right: right.join(''), out: out.join('') };
    return b.contract(this.#tame(x), this.#tame(y), letters);
  }

  #source(choices: Choices): NodeId | undefined {
    const b = this.#builder;
    switch (choices.below(5)) {
      case 0:
        return b.constant(choices.below(9) / 4 - 1, choices.of([[], [3], [BATCH, 3], [TIME, BATCH, 2]])!);
      case 1:
        return b.call('convert', [b.call('iota', [], { extent: choices.of([2, TIME, BATCH])! })], {
          element: 'real',
        });
      case 2:
        return b.call('extent', [], { extent: choices.of([3, TIME, BATCH])! });
      case 3: {
        const seed = this.#pick(choices, (type) => sameType(type, index(BATCH)));
        const step = this.#pick(choices, (type) => sameType(type, index())) ?? b.constant(2, [], 'index');
        return seed && b.call('uniform', [seed, step], { name: 'drop', shape: choices.of([[], [3]])! });
      }
      default: {
        const x = this.#pick(choices, (type) => type.element === 'index');
        return x && b.call('convert', [x], { element: choices.of<Element>(['real', 'bool'])! });
      }
    }
  }

  /** gather and scatter_add; positions of the largest are in range of what they were taken from, and of a table of 8. */
  #rows(choices: Choices): NodeId | undefined {
    const at = this.#pick(choices, ({ element, shape }) => element === 'index' && shape.length <= 2);
    if (at === undefined) return undefined;
    const b = this.#builder;
    const zero = b.constant(0, b.shapeOf(at), 'index');
    const last = b.constant(1, b.shapeOf(at), 'index');
    const inside = b.apply('min', b.apply('max', at, zero), last);
    if (choices.below(2)) {
      const isTable = (shape: readonly Dim[]): boolean =>
        typeof shape[0] === 'number' && shape[0] >= 2 && shape.length <= 2;
      const table = this.#real(choices, isTable);
      return table && b.call('gather', [table, inside], NONE);
    }
    const rank = b.shapeOf(at).length;
    const rows = this.#real(choices, (shape) => sameShape(shape.slice(0, rank), b.shapeOf(at)));
    return rows && b.call('scatter_add', [inside, rows], { extent: 3 });
  }

  #scan(choices: Choices): NodeId | undefined {
    if (this.#depth >= 2) return undefined;
    const hasTime = ({ shape }: Type): boolean => shape[0] === TIME && !shape.slice(1).includes(TIME);
    const isReal = ({ element }: Type): boolean => element === 'real';
    const noTime = (type: Type): boolean => isReal(type) && !type.shape.includes(TIME);
    const sequence = this.#pick(choices, hasTime);
    const carry = this.#pick(choices, noTime);
    const capture = this.#pick(choices, isReal);
    if (sequence === undefined || carry === undefined || capture === undefined) return undefined;

    const body = new Garden(new GraphBuilder(`body${this.#depth}`), this.#depth + 1);
    body.input('t', index(), 'step');
    const past = body.input('past', this.#type(carry), 'carry');
    const { element, shape } = this.#type(sequence);
    body.input('x', { element, shape: shape.slice(1) }, 'sequence');
    body.input('w', this.#type(capture), 'capture');
    for (const inner of choices.split(4)) body.grow(inner);
    body.#carryOn(past);

    const hasLengths = choices.below(2) === 0;
    const results = this.#builder.scan({
      axis: TIME,
      reverse: choices.below(2) === 0,
      lengths: hasLengths ? this.#lengths : undefined,
      carries: [carry],
      sequences: [sequence],
      captures: [capture],
      body: body.#builder.finish(),
      stacked: 1,
      summed: 1,
    });
    this.#keep(results.carried[0]);
    this.#keep(results.stacked[0]);
    return results.summed[0];
  }

  /** The outputs of a body: the next carry (half of the past and the last value of its shape), one stacked, one summed. */
  #carryOn(past: NodeId): void {
    const b = this.#builder;
    const shape = b.shapeOf(past);
    const news = this.#values.findLast((id) => sameType(this.#type(id), this.#type(past))) ?? past;
    const half = b.apply('mul', b.constant(0.5, shape), past);
    const next = b.apply('add', half, this.#tame(news));
    b.output('next', next);
    b.output('stacked', this.#values.findLast((id) => !b.shapeOf(id).includes(TIME)) ?? next);
    b.output('summed', this.#values.findLast((id) => this.#type(id).element === 'real') ?? next);
  }

  /** The graph, with its last values as outputs. */
  harvest(): Graph {
    this.#values.slice(-6).forEach((id, k) => {
      this.#builder.output(`out${k}`, id);
    });
    return this.#builder.finish();
  }
}

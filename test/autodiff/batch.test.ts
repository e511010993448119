// A batch is its sequences, one by one: values, means and gradients, whatever stands behind their ends.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, typeOf } from '../../src/graph/graph.ts';
import { index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { count, indexTensor, realTensor, type Tensor, zeros } from '../../src/tensor/tensor.ts';
import { lstm, lstmWithLoss, scan, simpleRnn } from './cells.ts';
import { cotangentsOf, distance, drawInputs, inputsOf, realInputs, type Values } from './differences.ts';

const LENGTHS = [5, 1, 3, 4];
const STEPS = 5;

/** Sequence b of a batched tensor, cut to its length; `at` is the place of B. */
function sequenceOf({ element, shape, data }: Tensor, at: number, b: number, length: number): Tensor {
  const rest = shape.toSpliced(at, 1);
  const cut = at === 0 ? rest : rest.with(0, length);
  const out = zeros(element, cut);
  const inner = count(shape.slice(at + 1));
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = data[(Math.floor(i / inner) * shape[at] + b) * inner + (i % inner)];
  }
  return out;
}

/** Writes a value over everything behind the ends. */
function pad(tensor: Tensor, value: number): Tensor {
  const [steps, sequences] = tensor.shape;
  const size = count(tensor.shape.slice(2));
  const out = zeros(tensor.element, tensor.shape);
  out.data.set(tensor.data);
  for (let t = 0; t < steps; t++) {
    for (let b = 0; b < sequences; b++) {
      const start = (t * sequences + b) * size;
      if (t >= LENGTHS[b]) out.data.fill(value, start, start + size);
    }
  }
  return out;
}

/** Where B stands in the type of an input or output of the batched graph; undefined: nowhere. */
function batchAxis(shape: readonly (number | string)[]): number | undefined {
  const at = shape.indexOf('B');
  return at < 0 ? undefined : at;
}

const cells: Record<string, Graph> = {
  simpleRnn: simpleRnn({ startGiven: true }),
  'simpleRnn, reverse': simpleRnn({ startGiven: true, reverse: true }),
  lstm: lstm({ startGiven: true }),
  'lstm, reverse': lstm({ reverse: true }),
  'lstm with loss': lstmWithLoss({}),
};

describe.each(Object.entries(cells))('%s', (_, graph) => {
  const batched = batch(graph, { lengths: true });
  const extents = new Map([
    ['T', STEPS],
    ['B', LENGTHS.length],
  ]);
  const lengths = new Map([['lengths', indexTensor([LENGTHS.length], LENGTHS)]]);
  const inputs = drawInputs(batched, extents, 3, lengths);
  const types = new Map(inputsOf(batched).map(({ name, type }) => [name, type]));
  const padded = new Map(
    [...inputs].map(([name, value]) => {
      const { shape } = types.get(name)!;
      return [name, shape[0] === 'T' && shape[1] === 'B' ? pad(value, NaN) : value] as const;
    }),
  );
  const alone = (values: Values, b: number): Values => {
    const own = [...values].flatMap(([name, value]): [string, Tensor][] => {
      if (name === 'lengths') return [];
      const at = batchAxis(types.get(name)!.shape);
      return [[name, at === undefined ? value : sequenceOf(value, at, b, LENGTHS[b])]];
    });
    return new Map(own);
  };

  test('is sound', () => {
    expect(verify(batched)).toEqual([]);
  });

  test('values', () => {
    const together = evaluate(batched, padded, extents);
    const sums = new Map<string, number>();
    LENGTHS.forEach((length, b) => {
      const single = evaluate(graph, alone(inputs, b));
      for (const { name, node, mean } of graph.outputs) {
        const value = together.get(name)!;
        if (mean !== undefined) {
          sums.set(name, (sums.get(name) ?? 0) + single.get(name)!.data[0]);
          continue;
        }
        const at = batchAxis(typeOf(batched, batched.outputs.find((o) => o.name === name)!.node).shape)!;
        expect(distance(sequenceOf(value, at, b, length), single.get(name)!)).toBeLessThan(1e-14);
        if (typeOf(graph, node).shape[0] === 'T') {
          expect(distance(value, pad(value, 0))).toBe(0);
        }
      }
    });
    const steps = LENGTHS.reduce((total, length) => total + length);
    for (const [name, sum] of sums) expect(together.get(name)!.data[0]).toBeCloseTo(sum / steps, 12);
  });

  test('gradients: those of weights are the sum over the sequences, those behind an end are zero', () => {
    const wrt = realInputs(graph);
    const plain = graph.outputs.filter(({ mean }) => mean === undefined).map(({ name }) => name);
    const cotangents = cotangentsOf(batched, plain, extents, 4);
    const request = { outputs: plain, wrt };
    const given = [...cotangents].map(([name, value]) => {
      // A cotangent behind the end is one of a zero: whatever it is, it must not count.
      const steps = value.shape.length > 2;
      return [`cotangent.${name}`, steps ? pad(value, NaN) : value] as const;
    });
    const together = evaluate(vjp(batched, request), new Map([...padded, ...given]), extents);
    const sums = new Map<string, Tensor>();
    LENGTHS.forEach((length, b) => {
      const own = [...cotangents].map(
        ([name, value]) =>
          [`cotangent.${name}`, sequenceOf(value, value.shape.length > 2 ? 1 : 0, b, length)] as const,
      );
      const single = evaluate(vjp(graph, request), new Map([...alone(inputs, b), ...own]));
      for (const name of wrt) {
        const [all, one] = [together.get(`grad.${name}`)!, single.get(`grad.${name}`)!];
        const at = batchAxis(types.get(name)!.shape);
        if (at !== undefined) {
          expect(distance(sequenceOf(all, at, b, length), one)).toBeLessThan(1e-13);
          if (at === 1) expect(distance(all, pad(all, 0))).toBe(0);
        } else {
          const sum = sums.get(name) ?? realTensor(one.shape);
          for (let i = 0; i < one.data.length; i++) sum.data[i] += one.data[i];
          sums.set(name, sum);
        }
      }
    });
    expect(sums.size).toBeGreaterThan(0);
    for (const [name, sum] of sums) {
      expect(distance(together.get(`grad.${name}`)!, sum)).toBeLessThan(1e-12);
    }
  });

  test('without lengths all sequences are whole', () => {
    const equal = evaluate(batched, new Map([...inputs, ['lengths', indexTensor([4], [5, 5, 5, 5])]]));
    const { lengths: _lengths, ...rest } = Object.fromEntries(inputs);
    const whole = evaluate(batch(graph, { lengths: false }), new Map(Object.entries(rest)));
    for (const [name, value] of whole) expect(distance(value, equal.get(name)!)).toBeLessThan(1e-14);
  });
});

test('the number of steps is that of each sequence', () => {
  const g = new GraphBuilder('mean over time');
  const x = g.input('x', real('T'), 'input');
  const { summed } = scan(g, { carries: [], sequences: [['x', x]], captures: [] }, (s, { at }) => ({
    carried: [],
    summed: [
      ['sum', at('x')],
      ['share', s.apply('div', at('x'), s.call('extent', [], { extent: 'T' }))],
    ],
  }));
  g.output('mean', g.apply('div', summed[0], g.call('extent', [], { extent: 'T' })));
  g.output('share', summed[1]);
  const graph = batch(g.finish(), { lengths: true });
  expect(verify(graph)).toEqual([]);
  const outputs = evaluate(
    graph,
    new Map([
      ['x', realTensor([3, 2], [1, 10, 2, 20, 6, NaN])],
      ['lengths', indexTensor([2], [3, 2])],
    ]),
  );
  expect([...outputs.get('mean')!.data]).toEqual([3, 15]);
  expect(outputs.get('share')!.data[0]).toBeCloseTo(3, 14);
  expect(outputs.get('share')!.data[1]).toBeCloseTo(15, 14);
});

test('means: over the steps, and over the sequences', () => {
  const g = new GraphBuilder('means');
  const x = g.input('x', real('T'), 'input');
  const label = g.input('label', real(), 'target');
  const { summed } = scan(g, { carries: [], sequences: [['x', x]], captures: [] }, (_, { at }) => ({
    carried: [],
    summed: [['sum', at('x')]],
  }));
  g.output('loss', summed[0], 'steps');
  g.output('first', label, 'sequences');
  g.output('same', g.constant(7), 'sequences');
  const inputs = new Map([
    ['x', realTensor([2, 3], [1, 2, 3, 4, 5, 6])],
    ['label', realTensor([3], [1, 2, 6])],
  ]);
  const read = (outputs: Values): number[] => [...outputs.values()].flatMap(({ data }) => [...data]);
  expect(read(evaluate(batch(g.finish(), { lengths: false }), inputs))).toEqual([3.5, 3, 7]);
  const lengths = new Map([...inputs, ['lengths', indexTensor([3], [2, 1, 1])]]);
  expect(read(evaluate(batch(g.finish(), { lengths: true }), lengths))).toEqual([2.5, 3, 7]);
});

test('every sequence draws its own numbers, by its own seed', () => {
  const g = new GraphBuilder('noise');
  const seed = g.input('seed', index(), 'seed');
  const x = g.input('x', real('T'), 'input');
  const { stacked } = scan(
    g,
    { carries: [], sequences: [['x', x]], captures: [['seed', seed]] },
    (s, { at, step }) => ({
      carried: [],
      stacked: [['noise', s.call('uniform', [at('seed'), step], { name: 'noise', shape: [2] })]],
    }),
  );
  g.output('noise', stacked[0]);
  const together = evaluate(
    batch(g.finish(), { lengths: false }),
    new Map([
      ['seed', indexTensor([2], [8, 9])],
      ['x', realTensor([3, 2])],
    ]),
  ).get('noise')!;
  expect(together.shape).toEqual([3, 2, 2]);
  [8, 9].forEach((own, b) => {
    const inputs = new Map([
      ['seed', indexTensor([], [own])],
      ['x', realTensor([3])],
    ]);
    const single = evaluate(g.finish(), inputs).get('noise')!;
    expect(distance(sequenceOf(together, 1, b, 3), single)).toBe(0);
  });
});

test('a reduction over time outside of a scan is refused with lengths: it would count what is behind the ends', () => {
  const g = new GraphBuilder('sum');
  g.output('y', g.sum(g.input('x', real('T', 2), 'input'), [0]));
  expect(() => batch(g.finish(), { lengths: true })).toThrow(/beyond the end/);
  expect(verify(batch(g.finish(), { lengths: false }))).toEqual([]);
});

test('only the scans over T have lengths', () => {
  const g = new GraphBuilder('axes');
  for (const axis of ['T', 'S']) {
    const x = g.input(axis, real(axis), 'input');
    const { summed } = scan(g, { axis, carries: [], sequences: [['x', x]], captures: [] }, (_, { at }) => ({
      carried: [],
      summed: [['sum', at('x')]],
    }));
    g.output(`sum.${axis}`, summed[0]);
  }
  const scans = batch(g.finish(), { lengths: true }).nodes.filter((node) => node.kind === 'scan');
  expect(scans.map(({ axis, lengths }) => [axis, lengths !== undefined])).toEqual([
    ['T', true],
    ['S', false],
  ]);
});

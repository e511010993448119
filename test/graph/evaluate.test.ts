// The reference interpreter on numbers that were worked out by hand: scans with their three kinds of results,
// backwards, with lengths, nested; and inputs that do not fit.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import { EvaluationError, evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { BATCH, type Dim, index, real, TIME } from '../../src/graph/type.ts';
import { boolTensor, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';

/** The numbers of an output. */
function numbers(graph: Graph, inputs: Record<string, Tensor>, output: string): number[] {
  return [...evaluate(graph, new Map(Object.entries(inputs))).get(output)!.data];
}

/** h = w * prev h + x, from h0; carried, h stacked, h * x summed; w captured. `step` is the shape of a step. */
function decay(step: readonly Dim[], options: { reverse?: boolean; lengths?: boolean } = {}): Graph {
  const body = new GraphBuilder('step');
  body.input('t', index(), 'step');
  const past = body.input('h', real(...step), 'carry');
  const x = body.input('x', real(...step), 'sequence');
  const w = body.input('w', real(), 'capture');
  const h = body.apply('add', body.apply('mul', body.broadcast(w, step, []), past), x);
  body.output('h', h);
  body.output('h', h);
  body.output('hx', body.apply('mul', h, x));

  const graph = new GraphBuilder('decay');
  const xs = graph.input('x', real(TIME, ...step), 'input');
  const start = graph.input('start', real(...step), 'state');
  const weight = graph.input('w', real(), 'parameter');
  const lengths = options.lengths ? graph.input('lengths', index(BATCH), 'lengths') : undefined;
  const scan = graph.scan({
    axis: TIME,
    reverse: options.reverse ?? false,
    lengths,
    carries: [start],
    sequences: [xs],
    captures: [weight],
    body: body.finish(),
    stacked: 1,
    summed: 1,
  });
  graph.output('last', scan.carried[0]);
  graph.output('all', scan.stacked[0]);
  graph.output('total', scan.summed[0]);
  return graph.finish();
}

describe('a scan', () => {
  const inputs = { x: realTensor([3], [1, 2, 3]), start: realTensor([], [4]), w: realTensor([], [0.5]) };

  test('carries, stacks and sums', () => {
    // h: 0.5 * 4 + 1 = 3, 1.5 + 2 = 3.5, 1.75 + 3 = 4.75
    const graph = decay([]);
    expect(numbers(graph, inputs, 'last')).toEqual([4.75]);
    expect(numbers(graph, inputs, 'all')).toEqual([3, 3.5, 4.75]);
    expect(numbers(graph, inputs, 'total')).toEqual([3 * 1 + 3.5 * 2 + 4.75 * 3]);
  });

  test('backwards keeps positions', () => {
    // h: 0.5 * 4 + 3 = 5 at 2, 2.5 + 2 = 4.5 at 1, 2.25 + 1 = 3.25 at 0
    const graph = decay([], { reverse: true });
    expect(numbers(graph, inputs, 'last')).toEqual([3.25]);
    expect(numbers(graph, inputs, 'all')).toEqual([3.25, 4.5, 5]);
    expect(numbers(graph, inputs, 'total')).toEqual([3.25 * 1 + 4.5 * 2 + 5 * 3]);
  });

  test('counts its steps by position, forwards and backwards', () => {
    for (const reverse of [false, true]) {
      const body = new GraphBuilder('step');
      body.output('t', body.input('t', index(), 'step'));
      body.input('x', real(), 'sequence');
      const graph = new GraphBuilder('count');
      const x = graph.input('x', real(TIME), 'input');
      const { stacked } = graph.scan({
        axis: TIME,
        reverse,
        carries: [],
        sequences: [x],
        captures: [],
        body: body.finish(),
        stacked: 1,
        summed: 0,
      });
      graph.output('t', stacked[0]);
      expect(numbers(graph.finish(), { x: realTensor([4]) }, 't')).toEqual([0, 1, 2, 3]);
    }
  });

  describe('with lengths', () => {
    // Three steps of two sequences, the second one a step long: what follows there is not a number.
    const batch = {
      x: realTensor([3, 2], [1, 10, 2, NaN, 3, NaN]),
      start: realTensor([2], [4, 40]),
      w: realTensor([], [0.5]),
      lengths: indexTensor([2], [3, 1]),
    };

    test('holds the carry, stacks zero, adds nothing beyond the end', () => {
      const graph = decay([BATCH], { lengths: true });
      expect(numbers(graph, batch, 'last')).toEqual([4.75, 30]);
      expect(numbers(graph, batch, 'all')).toEqual([3, 30, 3.5, 0, 4.75, 0]);
      expect(numbers(graph, batch, 'total')).toEqual([24.25, 300]);
    });

    test('backwards begins at the end of each sequence', () => {
      const graph = decay([BATCH], { lengths: true, reverse: true });
      expect(numbers(graph, batch, 'last')).toEqual([3.25, 30]);
      expect(numbers(graph, batch, 'all')).toEqual([3.25, 30, 4.5, 0, 5, 0]);
      expect(numbers(graph, batch, 'total')).toEqual([27.25, 300]);
    });

    test('selects whole rows where a step has more axes', () => {
      const x = realTensor([2, 2, 2], [1, 2, 3, 4, 5, 6, NaN, NaN]);
      const inputs = { ...batch, x, start: realTensor([2, 2]), lengths: indexTensor([2], [2, 1]) };
      const graph = decay([BATCH, 2], { lengths: true });
      expect(numbers(graph, inputs, 'all')).toEqual([1, 2, 3, 4, 5.5, 7, 0, 0]);
      expect(numbers(graph, inputs, 'last')).toEqual([5.5, 7, 3, 4]);
    });

    test('adds everything of a sum without a batch axis', () => {
      const body = new GraphBuilder('step');
      const t = body.input('t', index(), 'step');
      const x = body.input('x', real(BATCH), 'sequence');
      body.output('t', body.call('convert', [t], { element: 'real' }));
      body.output('sum', body.sum(x, [0]));
      const graph = new GraphBuilder('sum');
      const xs = graph.input('x', real(TIME, BATCH), 'input');
      const { stacked, summed } = graph.scan({
        axis: TIME,
        lengths: graph.input('lengths', index(BATCH), 'lengths'),
        carries: [],
        sequences: [xs],
        captures: [],
        body: body.finish(),
        stacked: 1,
        summed: 1,
      });
      graph.output('steps', stacked[0]);
      graph.output('total', summed[0]);
      const inputs = { x: realTensor([2, 2], [1, 2, 4, 8]), lengths: indexTensor([2], [2, 1]) };
      expect(numbers(graph.finish(), inputs, 'total')).toEqual([15]);
      expect(numbers(graph.finish(), inputs, 'steps')).toEqual([0, 1]);
    });

    test.each([0, 4, -1])('refuses a length of %d', (length) => {
      const lengths = indexTensor([2], [3, length]);
      const attempt = (): unknown => numbers(decay([BATCH], { lengths: true }), { ...batch, lengths }, 'all');
      const message = `the length of sequence 1 is ${length}, and axis T is 3 long`;
      expect(attempt).toThrow(expect.objectContaining({ input: 'lengths', message }));
    });
  });

  test('inside another sees what that captures', () => {
    // For each x[t], the sum over y of x[t] * y[u].
    const inner = new GraphBuilder('inner');
    inner.input('u', index(), 'step');
    const y = inner.input('y', real(), 'sequence');
    const x = inner.input('x', real(), 'capture');
    inner.output('xy', inner.apply('mul', x, y));
    const outer = new GraphBuilder('outer');
    outer.input('t', index(), 'step');
    const xt = outer.input('x', real(), 'sequence');
    const ys = outer.input('y', real('U'), 'capture');
    const { summed } = outer.scan({
      axis: 'U',
      carries: [],
      sequences: [ys],
      captures: [xt],
      body: inner.finish(),
      stacked: 0,
      summed: 1,
    });
    outer.output('total', summed[0]);
    const graph = new GraphBuilder('nested');
    const { stacked } = graph.scan({
      axis: TIME,
      carries: [],
      sequences: [graph.input('x', real(TIME), 'input')],
      captures: [graph.input('y', real('U'), 'input')],
      body: outer.finish(),
      stacked: 1,
      summed: 0,
    });
    graph.output('totals', stacked[0]);
    const inputs = { x: realTensor([3], [1, 2, 3]), y: realTensor([2], [10, 1]) };
    expect(numbers(graph.finish(), inputs, 'totals')).toEqual([11, 22, 33]);
  });
});

describe('inputs', () => {
  const graph = decay([2]);
  const good: Record<string, Tensor> = {
    x: realTensor([3, 2], [1, 2, 3, 4, 5, 6]),
    start: realTensor([2]),
    w: realTensor([], [1]),
  };

  test('in float32 are taken as float64', () => {
    const x: Tensor = { element: 'real', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect(numbers(graph, { ...good, x }, 'last')).toEqual([9, 12]);
  });

  test('are left as they were', () => {
    const before = structuredClone(good);
    numbers(graph, good, 'last');
    expect(good).toEqual(before);
  });

  const { x: _, ...missing } = good;
  test.each<[string, Record<string, Tensor>, string, string]>([
    ['missing', missing, 'x', 'input x is missing: real[T, 2]'],
    ['surplus', { ...good, z: realTensor([]) }, 'z', 'decay has no input z'],
    [
      'of another rank',
      { ...good, x: realTensor([2]) },
      'x',
      'input x is real[2], and real[T, 2] is expected',
    ],
    [
      'of another size',
      { ...good, x: realTensor([3, 4]) },
      'x',
      'input x is real[3, 4], and real[T, 2] is expected',
    ],
    ['of another element', { ...good, w: boolTensor([]) }, 'w', 'input w is bool[], and real[] is expected'],
    [
      'without a step',
      { ...good, x: realTensor([0, 2]) },
      'x',
      'input x is real[0, 2], and real[T, 2] is expected',
    ],
  ])('%s are named', (_, inputs, input, message) => {
    const attempt = (): unknown => evaluate(graph, new Map(Object.entries(inputs)));
    expect(attempt).toThrow(EvaluationError);
    expect(attempt).toThrow(expect.objectContaining({ input, message }));
  });

  test('that disagree on an axis are told both', () => {
    const builder = new GraphBuilder('pair');
    builder.input('a', real(TIME, 2), 'input');
    builder.output('b', builder.input('b', real(TIME), 'input'));
    const inputs = new Map([
      ['a', realTensor([5, 2])],
      ['b', realTensor([4])],
    ]);
    expect(() => evaluate(builder.finish(), inputs)).toThrow(
      'input b is real[4], and real[T] is expected, where axis T is 5 in input a, which is real[5, 2]',
    );
  });

  test('that carry no axis leave its extent to the caller', () => {
    const builder = new GraphBuilder('positions');
    builder.output('i', builder.call('iota', [], { extent: TIME }));
    builder.output('n', builder.call('extent', [], { extent: 'U' }));
    const graph = builder.finish();
    expect(() => evaluate(graph, new Map())).toThrow('the extent of axis T follows from no input');
    expect(() => evaluate(graph, new Map(), new Map([[TIME, 3]]))).toThrow('axis U');
    const outputs = evaluate(
      graph,
      new Map(),
      new Map([
        [TIME, 3],
        ['U', 7],
      ]),
    );
    expect([...outputs.get('i')!.data]).toEqual([0, 1, 2]);
    expect([...outputs.get('n')!.data]).toEqual([7]);
  });
});

test('more memory than the reference may take is refused before anything is computed', () => {
  const b = new GraphBuilder('wide');
  const x = b.input('x', real('T'), 'input');
  b.output('y', b.sum(b.broadcast(b.apply('tanh', x), [1e9, 1e9, 'T'], [2]), [0, 1]));
  expect(() => evaluate(b.finish(), new Map([['x', realTensor([2])]]))).toThrow(
    /^wide needs \d+ MiB of memory at T = 2, and the reference takes no more than 8192 MiB$/,
  );
});

// Every row of the table of derivatives against central differences, on the samples of every operation.
import { describe, expect, test } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import type { Site } from '../../src/autodiff/site.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { NodeId } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';
import { OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import { real } from '../../src/graph/type.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import { type Sample, sampleGraph, sampleInputs, sampleOp } from '../graph/sample-op.ts';
import { gradientError, gradients, realInputs, realOutputs } from './differences.ts';

/** The samples of an operation with something to differentiate. */
function differentiable(op: OpName): readonly Sample[] {
  return sampleOp(op).filter((sample) => {
    const graph = sampleGraph(sample);
    return realInputs(graph).length > 0 && realOutputs(graph).length > 0;
  });
}

function errorOf(sample: Sample, rules?: DerivativeTable): number {
  return gradientError(sampleGraph(sample), sample.extents, {
    inputs: sampleInputs(sample),
    ...(rules === undefined ? {} : { rules }),
  });
}

/** `surrogate` has the slope that it is given, whatever differences say: surrogate.test.ts. */
const withSlope = OP_NAMES.filter(
  (op) => op !== 'surrogate' && derivatives[op].some((entry) => typeof entry === 'function'),
);

test('a rule has an entry for each operand', () => {
  for (const op of OP_NAMES) expect([op, derivatives[op].length]).toEqual([op, OPS[op].arity ?? 1]);
});

test('what has no derivative says why', () => {
  const without = OP_NAMES.flatMap((op) => derivatives[op].filter((entry) => typeof entry !== 'function'));
  expect(without.length).toBeGreaterThan(10);
  for (const entry of without) expect('why' in entry && entry.why.length).toBeGreaterThan(10);
});

describe.each(withSlope)('%s', (op) => {
  const samples = differentiable(op);
  test.each(samples.map((sample) => [sample.title, sample] as const))('%s', (_, sample) => {
    expect(errorOf(sample)).toBeLessThan(1e-9);
  });
  test('a fault in the rule is caught', () => {
    derivatives[op].forEach((entry, k) => {
      if (typeof entry !== 'function') return;
      const relevant = samples.filter(({ types }) => types[Math.min(k, types.length - 1)].element === 'real');
      expect(relevant.length).toBeGreaterThan(0);
      const faulty = plant(op, k);
      expect(Math.max(...relevant.map((sample) => errorOf(sample, faulty)))).toBeGreaterThan(0.1);
    });
  });
});

/** The table with the sign of one entry turned. */
function plant<K extends OpName>(op: K, k: number): DerivativeTable {
  const rules: DerivativeTable = derivatives;
  const entries = rules[op].map((entry, i) => {
    return i === k && typeof entry === 'function' ? (at: Site<K>) => at.neg(entry(at)) : entry;
  });
  return { ...rules, [op]: entries };
}

describe('slopes at kinks', () => {
  type Make = (builder: GraphBuilder, x: readonly NodeId[]) => NodeId;

  function slopes(make: Make, ...inputs: number[]): number[] {
    const builder = new GraphBuilder('kink');
    const x = inputs.map((_, k) => builder.input(`x${k}`, real(), 'input'));
    builder.output('y', make(builder, x));
    const values = new Map(inputs.map((value, k) => [`x${k}`, realTensor([], [value])]));
    const wrt = [...values.keys()];
    const found = gradients(builder.finish(), values, new Map([['y', realTensor([], [1])]]), wrt, new Map());
    return wrt.map((name) => found.get(name)!.data[0]);
  }

  test.each<[string, Make, number[], number[]]>([
    ['relu, below', (g, [x]) => g.apply('max', g.constant(0), x), [-2], [0]],
    ['relu, at 0', (g, [x]) => g.apply('max', g.constant(0), x), [0], [0]],
    ['relu, above', (g, [x]) => g.apply('max', g.constant(0), x), [2], [1]],
    ['abs at 0', (g, [x]) => g.apply('abs', x), [0], [0]],
    ['max of equals', (g, [x, y]) => g.apply('max', x, y), [1, 1], [1, 0]],
    ['min of equals', (g, [x, y]) => g.apply('min', x, y), [1, 1], [1, 0]],
    ['floor', (g, [x]) => g.apply('floor', x), [1.5], [0]],
    ['stop', (g, [x]) => g.apply('mul', x, g.apply('stop', x)), [3], [3]],
    ['x^2 at 0', (g, [x]) => g.apply('pow', x, g.constant(2)), [0], [0]],
    ['x^1 at 0', (g, [x]) => g.apply('pow', x, g.constant(1)), [0], [1]],
    ['x^0 at 0', (g, [x]) => g.apply('pow', x, g.constant(0)), [0], [0]],
    ['x^2 below 0', (g, [x]) => g.apply('pow', x, g.constant(2)), [-3], [-6]],
    ['0^y', (g, [y]) => g.apply('pow', g.constant(0), y), [2], [0]],
  ])('%s', (_, make, at, expected) => {
    expect(slopes(make, ...at).map((slope) => slope + 0)).toEqual(expected);
  });

  test('max_over takes the first of equals in row-major order', () => {
    const builder = new GraphBuilder('kink');
    const x = builder.input('x', real(2, 3), 'input');
    builder.output('y', builder.call('max_over', [x], { axes: [0, 1] }));
    const values = new Map([['x', realTensor([2, 3], [0, 5, 5, 5, 0, 5])]]);
    const one = new Map([['y', realTensor([], [1])]]);
    const found = gradients(builder.finish(), values, one, ['x'], new Map());
    expect([...found.get('x')!.data]).toEqual([0, 1, 0, 0, 0, 0]);
  });
});

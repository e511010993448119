// Every row of the table of tangents, on the samples of every operation: against central differences along a direction, and
// against the table of derivatives. Each fault in one of the two tables is seen by the other.
import { describe, expect, test } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import type { Site } from '../../src/autodiff/site.ts';
import { type TangentTable, tangentRules } from '../../src/autodiff/tangent-rules.ts';
import type { Tangent, TangentSite } from '../../src/autodiff/tangent-site.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { NodeId } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';
import { OP_NAMES } from '../../src/graph/ops/table.ts';
import { real } from '../../src/graph/type.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import {
  KINK_SEEDS,
  kinkInputs,
  type Sample,
  sampleGraph,
  sampleInputs,
  sampleOp,
} from '../graph/sample-op.ts';
import { realInputs, realOutputs } from './differences.ts';
import { adjointGap, tangentError, tangents } from './tangents.ts';

const TOLERANCE = 1e-11;

/** The samples of an operation with something to differentiate. */
function differentiable(op: OpName): readonly Sample[] {
  return sampleOp(op).filter((sample) => {
    const graph = sampleGraph(sample);
    return realInputs(graph).length > 0 && realOutputs(graph).length > 0;
  });
}

interface Tables {
  readonly rules?: TangentTable;
  readonly derivatives?: DerivativeTable;
}

function gapOf(sample: Sample, tables: Tables = {}): number {
  return adjointGap(sampleGraph(sample), sample.extents, { inputs: sampleInputs(sample), ...tables });
}

const withRule = OP_NAMES.filter((op) => typeof tangentRules[op] === 'function');

test('both tables say of the same operations that there is no derivative, each with its reason', () => {
  const inReverse = OP_NAMES.filter((op) => derivatives[op].some((entry) => typeof entry === 'function'));
  expect(withRule).toEqual(inReverse);
  for (const op of OP_NAMES) {
    const rule = tangentRules[op];
    if (typeof rule !== 'function') expect(rule.why.length).toBeGreaterThan(10);
  }
});

/** `surrogate` has the slope that it is given, whatever differences say: surrogate.test.ts. */
describe.each(withRule.filter((op) => op !== 'surrogate'))('%s', (op) => {
  const samples = differentiable(op);
  test.each(samples.map((sample) => [sample.title, sample] as const))('%s', (_, sample) => {
    const graph = sampleGraph(sample);
    const inputs = sampleInputs(sample);
    expect(tangentError(graph, sample.extents, { inputs })).toBeLessThan(1e-9);
    expect(gapOf(sample)).toBeLessThan(TOLERANCE);
    // What does not vary has no tangent: with one operand after the other.
    for (const name of realInputs(graph)) {
      expect(tangentError(graph, sample.extents, { inputs, wrt: [name] })).toBeLessThan(1e-9);
      expect(adjointGap(graph, sample.extents, { inputs, wrt: [name] })).toBeLessThan(TOLERANCE);
    }
  });

  test('at kinks', () => {
    for (const sample of samples) {
      for (const seed of KINK_SEEDS) {
        const gap = adjointGap(sampleGraph(sample), sample.extents, { inputs: kinkInputs(sample, seed) });
        // Infinite where the operation itself is not a number there: the logarithm of -1.
        if (Number.isFinite(gap)) expect([sample.title, gap < TOLERANCE]).toEqual([sample.title, true]);
      }
    }
  });

  test.each(faultsOf(op))('a fault in the row is caught: %s', (_, rules) => {
    expect(Math.max(...samples.map((sample) => gapOf(sample, { rules })))).toBeGreaterThan(1e-3);
  });

  test('a fault in the table of derivatives is caught', () => {
    derivatives[op].forEach((entry, k) => {
      if (typeof entry !== 'function') return;
      const faulty = turned(op, k);
      const gaps = samples.map((sample) => gapOf(sample, { derivatives: faulty }));
      expect(Math.max(...gaps)).toBeGreaterThan(1e-3);
    });
  });
});

/** The table of derivatives with the sign of one entry turned. */
function turned<K extends OpName>(op: K, k: number): DerivativeTable {
  const rules: DerivativeTable = derivatives;
  const entries = rules[op].map((entry, i) => {
    return i === k && typeof entry === 'function' ? (at: Site<K>) => at.neg(entry(at)) : entry;
  });
  return { ...rules, [op]: entries };
}

/** What is left of a tangent where a row has lost a term. */
function orZero(tangent: Tangent, at: Pick<TangentSite, 'number'>): NodeId {
  return tangent ?? at.number(0);
}

/** Tables with a fault in one row: its sign, its size, all of it, one term after the other, operands taken for each other. */
function faultsOf<K extends OpName>(op: K): readonly (readonly [string, TangentTable])[] {
  const rule = tangentRules[op];
  if (typeof rule !== 'function') return [];
  type Row = (at: TangentSite<K>) => Tangent;
  const planted = (title: string, row: Row) => [title, { ...tangentRules, [op]: row }] as const;
  const isReal = (k: number): boolean => sampleOp(op).some(({ types }) => types[k]?.element === 'real');
  const without = (name: 'da' | 'db' | 'dc', k: number) =>
    planted(`without ${name}`, (at) => {
      const tangents = at.tangents.map((dx, i) => (i === k ? orZero(at.minus(dx, dx), at) : dx));
      return orZero(rule({ ...at, tangents, [name]: undefined }), at);
    });
  return [
    planted('the other sign', (at) => at.neg(rule(at))),
    planted('twice', (at) => at.plus(rule(at), rule(at))),
    planted('nothing', (at) => at.number(0)),
    ...(isReal(0) ? [without('da', 0)] : []),
    ...(isReal(1) ? [without('db', 1)] : []),
    ...(isReal(2) ? [without('dc', 2)] : []),
    ...(['mul', 'pow', 'max', 'min', 'mod'].includes(op)
      ? [planted('operands taken for each other', (at) => rule({ ...at, a: at.b, b: at.a }))]
      : []),
    ...(['sub', 'mul', 'div', 'pow', 'max', 'min', 'mod'].includes(op)
      ? [planted('tangents taken for each other', (at) => rule({ ...at, da: at.db, db: at.da }))]
      : []),
  ];
}

describe('slopes at kinks', () => {
  type Make = (builder: GraphBuilder, x: readonly NodeId[]) => NodeId;

  /** The tangent of the result for each operand moving alone. */
  function slopes(make: Make, ...inputs: number[]): number[] {
    const builder = new GraphBuilder('kink');
    const x = inputs.map((_, k) => builder.input(`x${k}`, real(), 'input'));
    builder.output('y', make(builder, x));
    const values = new Map(inputs.map((value, k) => [`x${k}`, realTensor([], [value])]));
    return [...values.keys()].map((name) => {
      const direction = new Map(
        [...values.keys()].map((other) => [other, realTensor([], [Number(other === name)])]),
      );
      return tangents(builder.finish(), values, direction, ['y'], new Map()).get('y')!.data[0];
    });
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
    const graph = builder.finish();
    const values = new Map([['x', realTensor([2, 3], [0, 5, 5, 5, 0, 5])]]);
    const direction = new Map([['x', realTensor([2, 3], [1, 2, 3, 4, 5, 6])]]);
    expect([...tangents(graph, values, direction, ['y'], new Map()).get('y')!.data]).toEqual([2]);
  });
});

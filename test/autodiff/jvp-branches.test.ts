// A tangent of zero adds nothing, even where a slope is infinite. Such zeros are made by branches that are constant, by
// states that start at a number, by whatever joins what varies with what does not. Reverse mode drops those slopes where it
// gets there; forward mode meets them on its way, and must not make them NaN.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { real } from '../../src/graph/type.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { scan } from './cells.ts';
import { adjointGap, tangentError } from './tangents.ts';

type Make = (g: GraphBuilder, x: NodeId) => NodeId;

/** x where it varies, else a number at which the slopes below are infinite. x is not zero. */
const MAKES_ZEROS: Record<string, Make> = {
  'if x > 0 then x else 0': (g, x) =>
    g.apply('select', g.apply('lt', g.constantLike(0, x), x), x, g.constantLike(0, x)),
  'if x < 0 then 0 else x': (g, x) =>
    g.apply('select', g.apply('lt', x, g.constantLike(0, x)), g.constantLike(0, x), x),
  relu: (g, x) => g.apply('max', x, g.constantLike(0, x)),
  '0 - min(0, x)': (g, x) => g.apply('sub', g.constantLike(0, x), g.apply('min', g.constantLike(0, x), x)),
  'joined with zeros': (g, x) => {
    const part = g.call('slice', [g.apply('mul', x, x)], { axis: 0, start: 1, size: 2 });
    return g.call('concat', [part, g.constant(0, [2])], { axis: 0 });
  },
  'rows that nothing is added to': (g, x) => {
    const positions = g.call('convert', [g.apply('lt', g.constantLike(0, x), x)], { element: 'index' });
    return g.call('scatter_add', [positions, g.apply('mul', x, x)], { extent: 4 });
  },
};

/** Infinite slopes at 0, some of infinite values; what comes out is finite at 0 and above. */
const STEEP: Record<string, Make> = {
  'sqrt u': (g, u) => g.apply('sqrt', u),
  'u^0.5': (g, u) => g.apply('pow', u, g.constantLike(0.5, u)),
  'u^u': (g, u) => g.apply('pow', u, u),
  'exp(log u)': (g, u) => g.apply('exp', g.apply('log', u)),
  'exp(log1p(u - 1))': (g, u) => g.apply('exp', g.apply('log1p', g.apply('sub', u, g.constantLike(1, u)))),
  'exp(-1 / u)': (g, u) => g.apply('exp', g.apply('div', g.constantLike(-1, u), u)),
  'tanh(1 / u)': (g, u) => g.apply('tanh', g.apply('div', g.constantLike(1, u), u)),
  'sigmoid(u^-2)': (g, u) => g.apply('sigmoid', g.apply('pow', u, g.constantLike(-2, u))),
};

const N = 4;
const x0 = realTensor([N], [0.7, -1.2, 1.5, -0.3]);

test.each(
  Object.keys(MAKES_ZEROS).flatMap((zeros) => Object.keys(STEEP).map((steep) => [zeros, steep] as const)),
)('%s, then %s', (zeros, steep) => {
  const g = new GraphBuilder('zeros');
  const x = g.input('x', real(N), 'input');
  g.output('y', STEEP[steep](g, MAKES_ZEROS[zeros](g, x)));
  const graph = g.finish();
  const inputs = new Map([['x', x0]]);
  const value = evaluate(graph, inputs).get('y')!;
  expect(value.data.every(Number.isFinite)).toBe(true);
  expect(tangentError(graph, new Map(), { inputs })).toBeLessThan(1e-9);
  expect(adjointGap(graph, new Map(), { inputs })).toBeLessThan(1e-11);
});

describe('states that start at a number', () => {
  /** What a step makes of the state s and of x; it gives the new state, and a value. */
  type StepOf = (b: GraphBuilder, s: NodeId, x: NodeId) => readonly [state: NodeId, value: NodeId];

  const STATES: Record<string, readonly [start: number, step: StepOf]> = {
    'the root of a running sum of squares': [
      0,
      (b, s, x) => [b.apply('add', s, b.apply('mul', x, x)), b.apply('mul', b.apply('sqrt', s), x)],
    ],
    'a running norm': [
      0,
      (b, s, x) => {
        const norm = b.apply('sqrt', b.apply('add', b.apply('mul', s, s), b.apply('mul', x, x)));
        return [norm, b.apply('pow', s, b.constantLike(0.3, s))];
      },
    ],
    'a running product, by its logarithm': [
      -Infinity,
      (b, s, x) => {
        const next = b.apply('log', b.apply('add', b.apply('exp', s), b.apply('exp', x)));
        return [next, b.apply('mul', b.apply('exp', s), x)];
      },
    ],
    'a running maximum, with its weight': [
      -Infinity,
      (b, s, x) => {
        const top = b.apply('max', s, x);
        return [
          top,
          b.apply('add', b.apply('exp', b.apply('sub', s, top)), b.apply('exp', b.apply('sub', x, top))),
        ];
      },
    ],
    'one over a count that starts at nothing': [
      0,
      (b, s, x) => [
        b.apply('add', s, b.apply('sigmoid', x)),
        b.apply('tanh', b.apply('div', b.constantLike(1, s), s)),
      ],
    ],
  };

  function graphOf(start: number, step: StepOf): Graph {
    const g = new GraphBuilder('starts');
    const x = g.input('x', real('T', 2), 'input');
    const w = g.input('w', real(2), 'parameter');
    const { carried, stacked } = scan(
      g,
      { carries: [['s', g.constant(start, [2])]], sequences: [['x', x]], captures: [['w', w]] },
      (b, { at }) => {
        const [next, value] = step(b, at('s'), b.apply('mul', at('w'), at('x')));
        return { carried: [next], stacked: [['value', value]] };
      },
    );
    g.output('s', carried[0]);
    g.output('values', stacked[0]);
    return g.finish();
  }

  test.each(Object.entries(STATES))('%s', (_, [start, step]) => {
    const one = graphOf(start, step);
    const extents = new Map([
      ['T', 4],
      ['B', 3],
    ]);
    const inputs = new Map([['lengths', indexTensor([3], [4, 1, 2])]]);
    expect(tangentError(one, extents)).toBeLessThan(1e-8);
    expect(adjointGap(one, extents)).toBeLessThan(1e-11);
    expect(tangentError(batch(one, { lengths: true }), extents, { inputs })).toBeLessThan(1e-8);
    expect(adjointGap(batch(one, { lengths: true }), extents, { inputs })).toBeLessThan(1e-11);
  });
});

test('a tangent that is zero at a point alone has its own derivative: sqrt(1 + x^2) at 0, and other slopes', () => {
  const ways: readonly Make[] = [
    (g, u) => g.apply('sqrt', g.apply('add', g.constant(1), u)),
    (g, u) => g.apply('log', g.apply('add', g.constant(1), u)),
    (g, u) => g.apply('log1p', u),
    (g, u) => g.apply('div', u, g.constant(2)),
    (g, u) => g.apply('div', g.constant(1), g.apply('sub', g.constant(1), u)),
    (g, u) => g.apply('pow', g.apply('add', g.constant(1), u), g.constant(0.5)),
    (g, u) => g.apply('pow', g.constant(Math.E), u),
  ];
  const seconds = ways.map((make) => {
    const g = new GraphBuilder('point');
    const x = g.input('x', real(), 'input');
    g.output('y', make(g, g.apply('mul', x, x)));
    const first = jvp(g.finish(), { wrt: ['x'], outputs: ['y'] });
    const one = realTensor([], [1]);
    const inputs = [
      ['x', realTensor([], [0])],
      ['tangent.x', one],
    ] as const;
    const [outputs, wrt] = [['tangent.y'], ['x']];
    const reverse = vjp(first, { wrt, outputs });
    const seeded = new Map([...inputs, ['cotangent.tangent.y', one] as const]);
    return evaluate(reverse, seeded).get('grad.x')!.data[0];
  });
  [1, 2, 2, 1, 2, 1, 2].forEach((want, k) => {
    expect(seconds[k]).toBeCloseTo(want, 12);
  });
});

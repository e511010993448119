// The branch not taken reaches neither value nor gradient nor tangent, even when it is not a number. Each case is
// differentiated where the branch is harmless and where it is not: nothing else may change.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { bool, type Extents, index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { boolTensor, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { add, scan, times } from './cells.ts';
import { cotangentsOf, distance, drawInputs, realInputs, realOutputs, type Values } from './differences.ts';
import { directionOf, tangents } from './tangents.ts';

/** What is wrong with these numbers at 0 (or below): values and slopes that are infinite or no numbers. */
const POISONS: Record<string, (s: GraphBuilder, x: NodeId) => NodeId> = {
  'log x': (s, x) => s.apply('log', x),
  'sqrt x': (s, x) => s.apply('sqrt', x),
  '1 / x': (s, x) => s.apply('div', s.constantLike(1, x), x),
  'x / x': (s, x) => s.apply('div', x, x),
  'x^-1.5': (s, x) => s.apply('pow', x, s.constantLike(-1.5, x)),
  'exp(1 / x)': (s, x) => s.apply('exp', s.apply('div', s.constantLike(1, x), x)),
  'log1p(-x^-2 / 30)': (s, x) =>
    s.apply('log1p', s.apply('div', s.apply('pow', x, s.constantLike(-2, x)), s.constantLike(-30, x))),
};
const BAD = [0, -1, NaN];
const GOOD = 2;

/** What may come between the poison and the branch, on a vector of n; w is a weight of n, W of n by n. */
const BETWEEN: Record<string, (s: GraphBuilder, v: NodeId, w: NodeId, W: NodeId) => NodeId> = {
  tanh: (s, v) => s.apply('tanh', v),
  sigmoid: (s, v) => s.apply('sigmoid', v),
  'times w': (s, v, w) => s.apply('mul', v, w),
  'plus w': (s, v, w) => s.apply('add', v, w),
  'over w': (s, v, w) => s.apply('div', v, w),
  'w over': (s, v, w) => s.apply('div', w, v),
  square: (s, v) => s.apply('mul', v, v),
  abs: (s, v) => s.apply('abs', v),
};
/** Of these each result depends on all of the sequence: for branches that choose whole sequences. */
const MIXING: Record<string, (s: GraphBuilder, v: NodeId, w: NodeId, W: NodeId) => NodeId> = {
  'W times': (s, v, _, W) => times(s, W, v),
  softmax: (s, v) => {
    const e = s.apply('exp', v);
    return s.apply('div', e, s.broadcast(s.sum(e, [0]), s.shapeOf(v), []));
  },
  'max over': (s, v) => s.broadcast(s.call('max_over', [v], { axes: [0] }), s.shapeOf(v), []),
  turned: (s, v) => {
    const parts = [1, 0].map((start) => s.call('slice', [v], { axis: 0, start, size: 1 }));
    return s.call('concat', parts, { axis: 0 });
  },
  outer: (s, v, w) => times(s, s.contract(v, w, { left: 'i', right: 'j', out: 'ij' }), v),
};

const N = 2;

/** Differentiates at both inputs: all gradients and tangents are equal and finite. */
function compare(graph: Graph, harmless: Values, poisoned: Values, extents: Extents): void {
  expect(verify(graph)).toEqual([]);
  const wrt = realInputs(graph);
  const outputs = realOutputs(graph);
  const cotangents = cotangentsOf(graph, outputs, extents, 5);
  const seeds = [...cotangents].map(([name, value]) => [`cotangent.${name}`, value] as const);
  const backward = vjp(graph, { outputs, wrt });
  expect(verify(backward)).toEqual([]);
  // Where it is poisoned it moves as well.
  const direction = directionOf(harmless, wrt, 5);
  const [want, found] = [harmless, poisoned].map((inputs) => {
    const moved = tangents(graph, inputs, direction, outputs, extents);
    const named = [...moved].map(([name, value]) => [`tangent.${name}`, value] as const);
    return new Map([...evaluate(backward, new Map([...inputs, ...seeds]), extents), ...named]);
  });
  // Where even the harmless one overflows there is nothing to compare.
  fc.pre([...want.values()].every(({ data }) => data.every((x) => Number.isFinite(x))));
  for (const [name, value] of want) {
    if (distance(value, found.get(name)!) > 1e-12) {
      expect.fail(`${name}: ${found.get(name)!.data} instead of ${value.data}`);
    }
  }
}

/** Fills the places where the condition holds. */
function filled(tensor: Tensor, places: readonly boolean[], value: number): Tensor {
  const size = tensor.data.length / places.length;
  return realTensor(
    tensor.shape,
    tensor.data.map((x, i) => (places[Math.floor(i / size)] ? value : Math.abs(x) + 0.2)),
  );
}

const poison = fc.constantFrom(...Object.keys(POISONS));
const bad = fc.constantFrom(...BAD);
const elementwise = fc.array(fc.constantFrom(...Object.keys(BETWEEN)), { maxLength: 3 });
const mixed = fc.array(fc.constantFrom(...Object.keys({ ...BETWEEN, ...MIXING })), { maxLength: 4 });
const isFirst = fc.boolean();

function chain(s: GraphBuilder, names: readonly string[], v: NodeId, w: NodeId, W: NodeId): NodeId {
  const all = { ...BETWEEN, ...MIXING };
  return names.reduce((value, name) => all[name](s, value, w, W), v);
}

/** if c then bad else good, or the other way round with the condition turned. */
function choose(s: GraphBuilder, c: NodeId, good: NodeId, evil: NodeId, goodFirst: boolean): NodeId {
  return goodFirst ? s.apply('select', c, good, evil) : s.apply('select', s.apply('not', c), evil, good);
}

/** x and c of n each, or of one sequence. `c` says where the poison is. */
function plainGraph(names: readonly string[], kind: string, goodFirst: boolean, whole: boolean): Graph {
  const g = new GraphBuilder('branches');
  const x = g.input('x', real(N), 'input');
  const u = g.input('u', real(N), 'input');
  const c = g.input('c', whole ? bool() : bool(N), 'input');
  const w = g.input('w', real(N), 'parameter');
  const W = g.input('W', real(N, N), 'parameter');
  const evil = chain(g, names, POISONS[kind](g, x), w, W);
  const good = times(g, W, g.apply('mul', u, w));
  const condition = g.broadcast(c, [N], whole ? [] : [0]);
  g.output('y', choose(g, condition, good, evil, goodFirst));
  return g.finish();
}

/** The same in a step: h = if c then W h + u else (what comes from x and h). */
function scanGraph(names: readonly string[], kind: string, goodFirst: boolean, whole: boolean): Graph {
  const g = new GraphBuilder('branches');
  const x = g.input('x', real('T', N), 'input');
  const u = g.input('u', real('T', N), 'input');
  const c = g.input('c', whole ? bool('T') : bool('T', N), 'input');
  const w = g.input('w', real(N), 'parameter');
  const W = g.input('W', real(N, N), 'parameter');
  const h0 = g.input('h0', real(N), 'state');
  const { carried, stacked } = scan(
    g,
    {
      carries: [['h', h0]],
      sequences: [
        ['x', x],
        ['u', u],
        ['c', c],
      ],
      captures: [
        ['w', w],
        ['W', W],
      ],
    },
    (s, { at }) => {
      const evil = chain(s, names, s.apply('add', POISONS[kind](s, at('x')), at('h')), at('w'), at('W'));
      const good = s.apply('tanh', add(s, times(s, at('W'), at('h')), at('u')));
      const h = choose(s, s.broadcast(at('c'), [N], whole ? [] : [0]), good, evil, goodFirst);
      return { carried: [h], stacked: [['h', h]] };
    },
  );
  g.output('h', carried[0]);
  g.output('hs', stacked[0]);
  return g.finish();
}

describe.each([
  ['element by element', false, elementwise],
  ['whole sequences', true, mixed],
] as const)('%s', (_, whole, path) => {
  test.each([false, true])('outside of scans, in a batch: %s', (isBatch) => {
    fc.assert(
      fc.property(
        path,
        poison,
        bad,
        isFirst,
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (names, kind, value, goodFirst, flags) => {
          const plain = plainGraph(names, kind, goodFirst, whole);
          const graph = isBatch ? batch(plain, { lengths: false }) : plain;
          const sequences = isBatch ? 4 : 1;
          const places = flags.slice(0, whole ? sequences : sequences * N);
          const shape = [...(isBatch ? [4] : []), ...(whole ? [] : [N])];
          const extents: Extents = new Map([['B', 4]]);
          const inputs = drawInputs(
            graph,
            extents,
            1,
            new Map([['c', boolTensor(shape, places.map(Number))]]),
          );
          const at = (poisoned: number): Values =>
            new Map([...inputs, ['x', filled(inputs.get('x')!, places, poisoned)]]);
          compare(graph, at(GOOD), at(value), extents);
        },
      ),
      { numRuns: 150, seed: 1 },
    );
  });

  test.each([false, true])('in a scan, in a batch with lengths: %s', (isBatch) => {
    const steps = 3;
    fc.assert(
      fc.property(
        path,
        poison,
        bad,
        isFirst,
        fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
        (names, kind, value, goodFirst, flags) => {
          const plain = scanGraph(names, kind, goodFirst, whole);
          const graph = isBatch ? batch(plain, { lengths: true }) : plain;
          const sequences = isBatch ? 4 : 1;
          const places = flags.slice(0, steps * sequences * (whole ? 1 : N));
          const shape = [steps, ...(isBatch ? [4] : []), ...(whole ? [] : [N])];
          const extents: Extents = new Map([
            ['T', steps],
            ['B', 4],
          ]);
          const given = new Map([['c', boolTensor(shape, places.map(Number))]]);
          if (isBatch) given.set('lengths', indexTensor([4], [3, 1, 2, 3]));
          const inputs = drawInputs(graph, extents, 1, given);
          const at = (poisoned: number): Values =>
            new Map([...inputs, ['x', filled(inputs.get('x')!, places, poisoned)]]);
          compare(graph, at(GOOD), at(value), extents);
        },
      ),
      { numRuns: 100, seed: 2 },
    );
  });
});

test('a branch that chooses between the results of scans', () => {
  const g = new GraphBuilder('branches');
  const x = g.input('x', real('T', N), 'input');
  const c = g.input('c', bool(), 'input');
  const W = g.input('W', real(N, N), 'parameter');
  const { carried } = scan(
    g,
    {
      carries: [
        ['evil', g.constant(1, [N])],
        ['good', g.constant(1, [N])],
      ],
      sequences: [['x', x]],
      captures: [['W', W]],
    },
    (s, { at }) => ({
      carried: [
        s.apply('add', times(s, at('W'), at('evil')), s.apply('log', at('x'))),
        s.apply('tanh', times(s, at('W'), at('good'))),
      ],
    }),
  );
  const condition = g.broadcast(c, [N], []);
  g.output('y', g.apply('select', condition, carried[1], g.apply('sqrt', carried[0])));
  const graph = batch(g.finish(), { lengths: true });
  const extents: Extents = new Map([
    ['T', 3],
    ['B', 2],
  ]);
  const given = new Map<string, Tensor>([
    ['c', boolTensor([2], [1, 0])],
    ['lengths', indexTensor([2], [3, 2])],
    ['W', realTensor([2, 2], [0.5, 0.3, 0.2, 0.6])],
  ]);
  const at = (value: number): Values => {
    const steps = [value, value, 3, 2, value, 1, 2, 2, value, value, NaN, NaN];
    return new Map([...given, ['x', realTensor([3, 2, N], steps)]]);
  };
  compare(graph, at(1), at(-1), extents);
});

test('a carry that reaches the result at the last step only', () => {
  const g = new GraphBuilder('branches');
  const x = g.input('x', real('T'), 'input');
  const c = g.input('c', bool('T'), 'input');
  const { carried } = scan(
    g,
    {
      carries: [
        ['now', g.constant(1)],
        ['kept', g.constant(1)],
      ],
      sequences: [
        ['x', x],
        ['c', c],
      ],
      captures: [],
    },
    (s, { at }) => {
      const now = s.apply('sqrt', at('x'));
      return { carried: [now, s.apply('select', at('c'), at('kept'), s.apply('sin', now))] };
    },
  );
  g.output('now', carried[0]);
  g.output('kept', carried[1]);
  const at = (value: number): Values =>
    new Map<string, Tensor>([
      ['c', boolTensor([4], [0, 1, 1, 0])],
      ['x', realTensor([4], [2, value, value, 3])],
    ]);
  compare(g.finish(), at(1), at(0), new Map());
});

describe('a way around the branch that not every element takes, or not every slope', () => {
  const ways: Record<string, (g: GraphBuilder, u: NodeId) => NodeId> = {
    slice: (g, u) => g.call('slice', [u], { axis: 0, start: 1, size: 1 }),
    gather: (g, u) => g.apply('gather', u, g.constant(1, [1], 'index')),
    pow: (g, u) => g.apply('pow', u, g.constant(0, [N])),
  };
  test.each(Object.entries(ways))('%s', (_, way) => {
    const g = new GraphBuilder('branches');
    const x = g.input('x', real(N), 'input');
    const c = g.input('c', bool(N), 'input');
    const u = g.apply('sqrt', x);
    g.output('besides', way(g, u));
    g.output('y', g.apply('select', c, g.constant(3, [N]), g.apply('sin', u)));
    const at = (value: number): Values =>
      new Map<string, Tensor>([
        ['x', realTensor([N], [value, 3])],
        ['c', boolTensor([N], [1, 1])],
      ]);
    compare(g.finish(), at(1), at(0), new Map());
  });
});

test('weights that only the branch not taken meets, beside sequences that are at their end', () => {
  const g = new GraphBuilder('branches');
  const x = g.input('x', real('T', N), 'input');
  const c = g.input('c', bool('T'), 'input');
  const W = g.input('W', real(N, N), 'parameter');
  const { carried } = scan(
    g,
    {
      carries: [['h', g.constant(1, [N])]],
      sequences: [
        ['x', x],
        ['c', c],
      ],
      captures: [['W', W]],
    },
    (s, { at }) => {
      const evil = times(s, s.apply('log', at('W')), at('x'));
      return {
        carried: [s.apply('select', s.broadcast(at('c'), [N], []), s.apply('mul', at('h'), at('x')), evil)],
      };
    },
  );
  g.output('h', carried[0]);
  const at = (value: number): Values =>
    new Map<string, Tensor>([
      ['x', realTensor([2, 2, N], [1, 2, 3, 4, 5, 6, 7, 8])],
      // The second sequence is at its end at the second step, where it would take the other branch.
      ['c', boolTensor([2, 2], [1, 1, 1, 0])],
      ['W', realTensor([N, N], [value, value, value, value])],
      ['lengths', indexTensor([2], [2, 1])],
    ]);
  const extents: Extents = new Map([
    ['T', 2],
    ['B', 2],
  ]);
  compare(batch(g.finish(), { lengths: true }), at(1), at(-1), extents);
});

test('a plain LSTM pays nothing: without branches no product is careful', () => {
  const g = new GraphBuilder('plain');
  const x = g.input('x', real(N), 'input');
  const w = g.input('w', real(N), 'parameter');
  g.output('y', g.apply('tanh', g.apply('mul', x, w)));
  const backward = vjp(g.finish(), { outputs: ['y'], wrt: ['x', 'w'] });
  const ops = backward.nodes.map((node) => (node.kind === 'call' ? node.op : node.kind));
  expect(ops).not.toContain('select');
});

test('nor does a classifier: the category of each sequence is picked by a select, but all logits are in the loss', () => {
  const g = new GraphBuilder('classifier');
  const x = g.input('x', real('T', N), 'input');
  const W = g.input('W', real(N, N), 'parameter');
  const label = g.input('label', index(), 'target');
  const { carried } = scan(
    g,
    { carries: [['top', g.constant(0, [N])]], sequences: [['x', x]], captures: [['W', W]] },
    (s, { at }) => ({ carried: [s.apply('max', at('top'), s.apply('tanh', times(s, at('W'), at('x'))))] }),
  );
  const logits = times(g, W, carried[0]);
  const surprise = g.apply(
    'sub',
    g.apply('log', g.sum(g.apply('exp', logits), [0])),
    g.apply('gather', logits, label),
  );
  g.output('loss', surprise, 'sequences');
  const backward = gradient(batch(g.finish(), { lengths: false }), { output: 'loss', wrt: ['W'] });
  const calls = backward.nodes.flatMap((node) => (node.kind === 'scan' ? node.body.nodes : [node]));
  // A careful contraction asks which cotangents are not zero.
  expect(calls.some((node) => node.kind === 'call' && node.op === 'not')).toBe(false);
});

test('nor does what surely reaches the result, whatever branch it passes besides', () => {
  const g = new GraphBuilder('both');
  const x = g.input('x', real(N), 'input');
  const w = g.input('w', real(N), 'parameter');
  const c = g.input('c', bool(N), 'input');
  const h = g.apply('tanh', g.apply('mul', x, w));
  g.output('y', g.apply('add', h, g.apply('select', c, h, g.constant(0, [N]))));
  const backward = vjp(g.finish(), { outputs: ['y'], wrt: ['x', 'w'] });
  const selects = backward.nodes.filter((node) => node.kind === 'call' && node.op === 'select');
  expect(selects).toHaveLength(2);
});

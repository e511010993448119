// Backpropagation through time: scans against central differences.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { makeSource } from '../../src/base/source.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, ScanNode } from '../../src/graph/graph.ts';
import { type Extents, real } from '../../src/graph/type.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { type CellOptions, lstm, lstmWithLoss, scan, simpleRnn } from './cells.ts';
import { gradientError, realInputs } from './differences.ts';

const extents: Extents = new Map([
  ['T', 5],
  ['B', 3],
]);
const lengths = new Map([['lengths', indexTensor([3], [5, 1, 3])]]);

const cells = { simpleRnn, lstm, lstmWithLoss };
const options: readonly CellOptions[] = [
  {},
  { startGiven: true },
  { reverse: true },
  { startGiven: true, reverse: true },
  { n: 1, m: 1 },
];

describe.each(Object.entries(cells))('%s', (_, make) => {
  describe.each(options.map((option) => [JSON.stringify(option), option] as const))('%s', (_, option) => {
    test('one sequence', () => {
      expect(gradientError(make(option), extents)).toBeLessThan(1e-9);
    });
    test('one step', () => {
      expect(gradientError(make(option), new Map([['T', 1]]))).toBeLessThan(1e-9);
    });
    test('a batch', () => {
      expect(gradientError(batch(make(option), { lengths: false }), extents)).toBeLessThan(1e-9);
    });
    test('a batch with lengths', () => {
      const graph = batch(make(option), { lengths: true });
      expect(gradientError(graph, extents, { inputs: lengths })).toBeLessThan(1e-9);
    });
  });
});

function scansOf(graph: Graph): readonly ScanNode[] {
  return graph.nodes.filter((node) => node.kind === 'scan');
}

function countOps(graph: Graph, op: string): number {
  return graph.nodes.filter((node) => node.kind === 'call' && node.op === op).length;
}

describe('what the backward pass keeps and does', () => {
  const request = (graph: Graph) => ({ outputs: ['h'], wrt: realInputs(graph) });

  test('the LSTM keeps its four gates, tanh c and what it carries; no input, no weight, nothing twice', () => {
    const graph = lstm();
    const [plain] = scansOf(graph);
    const [forward, backward] = scansOf(vjp(graph, request(graph)));
    expect(forward.stacked - plain.stacked).toBe(7);
    const kept = forward.body.outputs.slice(plain.carries.length + plain.stacked);
    const nodes = kept.map(({ node }) => forward.body.nodes[node]);
    expect(nodes.map((node) => (node.kind === 'call' ? node.op : node.kind)).sort()).toEqual(
      ['input', 'input', 'sigmoid', 'sigmoid', 'sigmoid', 'tanh', 'tanh'].sort(),
    );
    expect(new Set(forward.body.outputs.slice(plain.carries.length).map(({ node }) => node)).size).toBe(8);
    expect(backward.reverse).toBe(true);
    // The cotangent of h, the seven, and x as it is.
    expect(backward.sequences).toHaveLength(9);
    // All weights but the biases and those of x ... which the gradient of x needs.
    expect(backward.captures).toHaveLength(8);
  });

  test('a result that is stacked anyway is not kept again', () => {
    const graph = simpleRnn();
    const [plain] = scansOf(graph);
    const [forward] = scansOf(vjp(graph, request(graph)));
    // h is there; only prev h comes in addition.
    expect(forward.stacked - plain.stacked).toBe(1);
  });

  test('gradients of weights are summed, never carried', () => {
    const graph = batch(lstm(), { lengths: true });
    const [, backward] = scansOf(vjp(graph, request(graph)));
    expect(backward.carries).toHaveLength(2);
    expect(backward.summed).toBe(12);
    expect(backward.lengths).toBeDefined();
  });

  test('no work for what is not asked for', () => {
    const graph = lstmWithLoss();
    const all = scansOf(gradient(graph, { output: 'loss', wrt: realInputs(graph) })).at(-1)!;
    const one = scansOf(gradient(graph, { output: 'loss', wrt: ['U.o'] })).at(-1)!;
    // Per gate: for x, for h, for W, for U. Of one weight: its own, and what leads back through h.
    expect(countOps(all.body, 'contract')).toBe(16);
    expect(countOps(one.body, 'contract')).toBe(5);
    expect(one.sequences.length).toBeLessThan(all.sequences.length);
    const none = gradient(graph, { output: 'loss', wrt: [] });
    expect(scansOf(none)).toHaveLength(2);
  });

  test('a carry that no gradient passes has none', () => {
    const g = new GraphBuilder('count');
    const x = g.input('x', real('T'), 'input');
    const { carried } = scan(
      g,
      {
        carries: [
          ['sum', g.constant(0)],
          ['count', g.constant(0)],
        ],
        sequences: [['x', x]],
        captures: [],
      },
      (s, { at }) => ({
        carried: [
          s.apply('add', at('sum'), s.apply('mul', at('x'), at('count'))),
          s.apply('add', at('count'), s.constant(1)),
        ],
      }),
    );
    g.output('loss', carried[0]);
    const [, backward] = scansOf(gradient(g.finish(), { output: 'loss', wrt: ['x'] }));
    expect(backward.carries).toHaveLength(1);
  });

  test('origins are kept', () => {
    const source = makeSource('cell.rnn', 'h = tanh(prev h * x)');
    const g = new GraphBuilder('origins');
    const x = g.input('x', real('T'), 'input');
    const s = new GraphBuilder('step');
    s.input('step', { element: 'index', shape: [] }, 'step');
    const h = s.input('h', real(), 'carry');
    const step = s.input('x', real(), 'sequence');
    s.origin = { source, start: 4, end: 20 };
    const next = s.apply('tanh', s.apply('mul', h, step));
    s.output('h', next);
    g.origin = s.origin;
    const { carried } = g.scan({
      axis: 'T',
      carries: [g.constant(1)],
      sequences: [x],
      captures: [],
      body: s.finish(),
      stacked: 0,
      summed: 0,
    });
    g.output('loss', carried[0]);
    const graph = gradient(g.finish(), { output: 'loss', wrt: ['x'] });
    for (const scan of scansOf(graph)) {
      expect(scan.origin).toBe(s.origin);
      for (const node of scan.body.nodes) if (node.kind === 'call') expect(node.origin).toBe(s.origin);
    }
  });
});

describe('a fault planted in a rule that the LSTM uses is caught', () => {
  type Rules = Partial<DerivativeTable>;
  const faults: Record<string, Rules> = {
    'tanh: the square is forgotten': {
      tanh: [({ dy, y, times, sub, number }) => times(dy, sub(number(1), y))],
    },
    'sigmoid: y (1 + y)': {
      sigmoid: [({ dy, y, times, add, mul, number }) => times(dy, mul(y, add(number(1), y)))],
    },
    'mul: the operands are taken for each other': {
      mul: [({ dy, a, times }) => times(dy, a), ({ dy, b, times }) => times(dy, b)],
    },
    'add: the second operand gets nothing': { add: [({ dy }) => dy, ({ number }) => number(0)] },
    'contract: the Jacobian is transposed': {
      contract: [
        derivatives.contract[0],
        ({ dy, a, attributes: { left, right, out }, contract }) => {
          // W instead of its transpose, where W is square.
          const isSquare = left.length === 2 && right.length === 1;
          const turned = isSquare ? left[1] + left[0] : left;
          return contract(dy, a, { left: out, right: turned, out: right });
        },
      ],
    },
    'mul: constant': { mul: [{ why: 'a weight taken for a constant' }, derivatives.mul[1]] },
  };
  test.each(Object.entries(faults))('%s', (_, fault) => {
    const graph = lstm({ n: 4, m: 4, startGiven: true });
    const rules: DerivativeTable = { ...derivatives, ...fault };
    expect(gradientError(graph, new Map([['T', 3]]))).toBeLessThan(1e-9);
    expect(gradientError(graph, new Map([['T', 3]]), { rules })).toBeGreaterThan(1e-3);
  });
});

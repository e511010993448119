// Tangents of scans: against central differences, against reverse mode, and against the unrolled graph.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { type TangentTable, tangentRules } from '../../src/autodiff/tangent-rules.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { makeSource } from '../../src/base/source.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, type ScanNode, typeOf } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { type Extents, index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { asBatch, EXTENTS as PROGRAM_EXTENTS, programInputs, randomProgram } from '../passes/random-graph.ts';
import { type CellOptions, lstm, lstmWithLoss, scan, simpleRnn } from './cells.ts';
import { distance, drawInputs, realInputs, realOutputs, type Values } from './differences.ts';
import { ALL, ALONE, EXTENTS, graphOf, planOf, SMOOTH, TOGETHER } from './random-bodies.ts';
import { adjointGap, cotangentsWithin, directionOf, tangentError, tangents } from './tangents.ts';

const TOLERANCE = 1e-11;

const extents: Extents = new Map([
  ['T', 5],
  ['B', 3],
]);
const LENGTHS = [5, 1, 3];
const lengths = new Map([['lengths', indexTensor([3], LENGTHS)]]);
const cells = { simpleRnn, lstm, lstmWithLoss };
const options: readonly CellOptions[] = [
  {},
  { startGiven: true },
  { startGiven: true, reverse: true },
  { n: 1, m: 1 },
];

function scansOf(graph: Graph): readonly ScanNode[] {
  return graph.nodes.filter((node) => node.kind === 'scan');
}

/** Every input, with a number in place of all that lies beyond the end of a sequence. */
function padded(graph: Graph, inputs: Values, number: number): Values {
  return new Map(
    [...inputs].map(([name, tensor]) => {
      const { shape } = typeOf(graph, graph.inputs.find((id) => named(graph, id) === name)!);
      if (shape[0] !== 'T' || shape[1] !== 'B') return [name, tensor];
      const width = tensor.data.length / 15;
      const data = tensor.data.map((x, i) => {
        const [t, b] = [Math.floor(i / width / 3), Math.floor(i / width) % 3];
        return t < LENGTHS[b] ? x : number;
      });
      return [name, { ...tensor, data }];
    }),
  );
}

function named(graph: Graph, id: number): string | undefined {
  const node = graph.nodes[id];
  return node.kind === 'input' ? node.name : undefined;
}

describe.each(Object.entries(cells))('%s', (_, make) => {
  describe.each(options.map((option) => [JSON.stringify(option), option] as const))('%s', (_, option) => {
    const one = make(option);
    const many = batch(one, { lengths: true });
    test('differences', () => {
      expect(tangentError(one, extents)).toBeLessThan(1e-9);
      expect(tangentError(one, new Map([['T', 1]]))).toBeLessThan(1e-9);
      expect(tangentError(batch(one, { lengths: false }), extents)).toBeLessThan(1e-9);
      expect(tangentError(many, extents, { inputs: lengths })).toBeLessThan(1e-9);
    });
    test('reverse mode', () => {
      expect(adjointGap(one, extents)).toBeLessThan(TOLERANCE);
      expect(adjointGap(batch(one, { lengths: false }), extents)).toBeLessThan(TOLERANCE);
      expect(adjointGap(many, extents, { inputs: lengths })).toBeLessThan(TOLERANCE);
      for (const name of realInputs(one)) {
        expect(adjointGap(many, extents, { inputs: lengths, wrt: [name] })).toBeLessThan(TOLERANCE);
      }
      for (const name of realOutputs(one)) {
        expect(adjointGap(many, extents, { inputs: lengths, outputs: [name] })).toBeLessThan(TOLERANCE);
      }
    });
    test('beyond the end of a sequence nothing moves, and nothing there moves anything', () => {
      const outputs = realOutputs(many);
      const inputs = drawInputs(many, extents, 1, lengths);
      const direction = directionOf(inputs, realInputs(many), 1);
      const [want, found] = [0.3, NaN].map((number) => {
        return tangents(
          many,
          padded(many, inputs, number),
          padded(many, direction, number),
          outputs,
          extents,
        );
      });
      for (const [name, tensor] of want) {
        expect(tensor.data.some((x) => x !== 0)).toBe(true);
        expect(found.get(name)).toEqual(tensor);
        const { shape } = typeOf(many, many.outputs.find((output) => output.name === name)!.node);
        if (shape[0] !== 'T') continue;
        const width = tensor.data.length / 15;
        tensor.data.forEach((x, i) => {
          const [t, b] = [Math.floor(i / width / 3), Math.floor(i / width) % 3];
          if (t >= LENGTHS[b]) expect(x).toBe(0);
        });
      }
    });
    test('to batch and to differentiate may change places', () => {
      const request = { wrt: realInputs(one), outputs: realOutputs(one) };
      const [first, second] = [jvp(many, request), batch(jvp(one, request), { lengths: true })];
      const inputs = drawInputs(first, extents, 3, lengths);
      const [want, found] = [first, second].map((graph) => evaluate(graph, inputs, extents));
      for (const [name, value] of want) expect(distance(value, found.get(name)!)).toBeLessThan(1e-14);
    });
  });
});

describe('random scan bodies', () => {
  const bodies = (names: object) => fc.tuple(planOf(Object.keys(names)), fc.boolean());

  test('smooth ones: tangents are central differences', () => {
    fc.assert(
      fc.property(bodies(SMOOTH), ([plan, isBatch]) => {
        const graph = isBatch ? batch(graphOf(plan), { lengths: true }) : graphOf(plan);
        expect(tangentError(graph, EXTENTS, { inputs: isBatch ? TOGETHER : ALONE })).toBeLessThan(1e-7);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  test('all: the identity with reverse mode', () => {
    fc.assert(
      fc.property(bodies(ALL), ([plan, isBatch]) => {
        const graph = isBatch ? batch(graphOf(plan), { lengths: true }) : graphOf(plan);
        expect(adjointGap(graph, EXTENTS, { inputs: isBatch ? TOGETHER : ALONE })).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  test('all: to differentiate and to unroll may change places', () => {
    fc.assert(
      fc.property(bodies(ALL), ([plan, isBatch]) => {
        const graph = isBatch ? batch(graphOf(plan), { lengths: true }) : graphOf(plan);
        const request = { outputs: realOutputs(graph), wrt: realInputs(graph) };
        const scanned = jvp(graph, request);
        const flat = jvp(unroll(graph, { steps: 4 }), request);
        expect([...verify(scanned), ...verify(flat)]).toEqual([]);
        const inputs = drawInputs(scanned, EXTENTS, 6, isBatch ? TOGETHER : ALONE);
        const [want, found] = [scanned, flat].map((one) => evaluate(one, inputs, EXTENTS));
        for (const [name, value] of want) expect(distance(value, found.get(name)!)).toBeLessThan(1e-12);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test('tangents of some outputs along some inputs: nothing but what is asked for', () => {
    fc.assert(
      fc.property(planOf(Object.keys(ALL)), fc.nat(), fc.nat(), (plan, first, second) => {
        const graph = graphOf(plan);
        const [outputs, wrt] = [realOutputs(graph), realInputs(graph)];
        const [output, input] = [outputs[first % outputs.length], wrt[second % wrt.length]];
        const inputs = drawInputs(graph, EXTENTS, 7, ALONE);
        const alone = directionOf(inputs, [input], 7);
        const still = wrt.map((name) => [name, realTensor(inputs.get(name)!.shape)] as const);
        const all = tangents(graph, inputs, new Map([...still, ...alone]), outputs, EXTENTS).get(output)!;
        const one = tangents(graph, inputs, alone, [output], EXTENTS).get(output)!;
        expect(distance(all, one)).toBeLessThan(1e-14);
      }),
      { numRuns: 100, seed: 6 },
    );
  });
});

test('random programs: the identity with reverse mode', () => {
  fc.assert(
    fc.property(randomProgram(), fc.boolean(), fc.nat(), (program, withLengths, seed) => {
      const graph = asBatch(program, { lengths: withLengths });
      const inputs = programInputs(graph, seed, withLengths ? { padding: NaN } : {});
      const outputs = realOutputs(graph);
      const ends = inputs.get('lengths')?.data ?? [5, 5, 5];
      const cotangents = cotangentsWithin(graph, outputs, PROGRAM_EXTENTS, seed, ends);
      expect(adjointGap(graph, PROGRAM_EXTENTS, { inputs, outputs, cotangents, seed })).toBeLessThan(
        TOLERANCE,
      );
    }),
    { numRuns: 60, seed: 8 },
  );
});

describe('what the forward pass carries', () => {
  test('one scan, with a tangent for each carry, sequence and result; and for the weights that move', () => {
    const graph = batch(lstm(), { lengths: true });
    const [plain] = scansOf(graph);
    const [both, ...others] = scansOf(jvp(graph, { wrt: ['x', 'U.o', 'b.i'], outputs: ['h', 'state.h'] }));
    expect(others).toEqual([]);
    expect(both.carries).toHaveLength(2 * plain.carries.length);
    expect(both.sequences).toHaveLength(2);
    expect(both.captures.length - plain.captures.length).toBe(2);
    expect([both.stacked, both.summed]).toEqual([2, 0]);
    expect(both.reverse).toBe(false);
    expect(both.lengths).toBeDefined();
  });

  test('what does not vary has no tangent: a carry that counts', () => {
    const g = new GraphBuilder('count');
    const x = g.input('x', real('T'), 'input');
    const { carried, stacked, summed } = scan(
      g,
      {
        carries: [
          ['sum', g.constant(0)],
          ['count', g.constant(0)],
        ],
        sequences: [['x', x]],
        captures: [],
      },
      (s, { at }) => {
        const count = s.apply('add', at('count'), s.constant(1));
        const term = s.apply('mul', at('x'), at('count'));
        return {
          carried: [s.apply('add', at('sum'), term), count],
          stacked: [['count', count]],
          summed: [['term', term]],
        };
      },
    );
    g.output('sum', carried[0]);
    g.output('count', carried[1]);
    g.output('counts', stacked[0]);
    g.output('terms', summed[0]);
    const graph = g.finish();
    const [forward] = scansOf(jvp(graph, { wrt: ['x'], outputs: ['sum', 'count', 'counts', 'terms'] }));
    expect([forward.carries.length, forward.stacked, forward.summed]).toEqual([3, 1, 2]);
    const [asked] = scansOf(jvp(graph, { wrt: ['x'], outputs: ['terms'] }));
    expect([asked.carries.length, asked.stacked, asked.summed]).toEqual([2, 1, 2]);
    const [unasked] = scansOf(jvp(graph, { wrt: ['x'], outputs: ['count'] }));
    expect([unasked.carries.length, unasked.sequences.length]).toEqual([2, 1]);
    expect(tangentError(graph, extents)).toBeLessThan(1e-9);
  });

  test('carries that hand on to one another, the first of which alone moves at the start', () => {
    const g = new GraphBuilder('shift');
    const start = g.input('start', real(), 'state');
    const names = ['a', 'b', 'c', 'd'];
    const { carried, stacked } = scan(
      g,
      {
        carries: names.map((name, k) => [name, k === 0 ? start : g.constant(k)] as const),
        sequences: [['x', g.input('x', real('T'), 'input')]],
        captures: [],
      },
      (s, { at }) => ({
        // a is new at each step; b to d are what it was one, two and three steps ago.
        carried: [s.apply('sin', at('x')), ...names.slice(0, -1).map((name) => s.apply('sin', at(name)))],
        stacked: [['d', at('d')]],
      }),
    );
    carried.forEach((node, k) => {
      g.output(names[k], node);
    });
    g.output('ds', stacked[0]);
    const graph = g.finish();
    for (const steps of [1, 2, 3, 6]) {
      for (const wrt of [['start'], ['x'], ['start', 'x']]) {
        expect(tangentError(graph, new Map([['T', steps]]), { wrt })).toBeLessThan(1e-9);
        expect(adjointGap(graph, new Map([['T', steps]]), { wrt })).toBeLessThan(TOLERANCE);
      }
    }
    const [fromStart] = scansOf(jvp(graph, { wrt: ['start'], outputs: ['ds'] }));
    expect(fromStart.carries).toHaveLength(4 + 4);
  });

  test('a mean stays one; origins are kept; what is printed can be read again', () => {
    const source = makeSource('cell.rnn', 'h = tanh(prev h * x)');
    const g = new GraphBuilder('origins');
    const x = g.input('x', real('T'), 'input');
    const s = new GraphBuilder('step');
    s.input('step', index(), 'step');
    const [h, step] = [s.input('h', real(), 'carry'), s.input('x', real(), 'sequence')];
    s.origin = { source, start: 4, end: 20 };
    const next = s.apply('tanh', s.apply('mul', h, step));
    s.output('h', next);
    s.output('loss', next);
    g.origin = s.origin;
    const parts = { axis: 'T', carries: [g.constant(1)], sequences: [x], captures: [], body: s.finish() };
    const { summed } = g.scan({ ...parts, stacked: 0, summed: 1 });
    g.output('loss', summed[0], 'steps');
    const graph = jvp(g.finish(), { wrt: ['x'], outputs: ['loss'] });
    expect(graph.outputs.map(({ mean }) => mean)).toEqual(['steps', 'steps']);
    for (const scan of scansOf(graph)) {
      expect(scan.origin).toBe(s.origin);
      for (const node of scan.body.nodes) if (node.kind === 'call') expect(node.origin).toBe(s.origin);
    }
    const printed = printGraph(graph);
    expect(printGraph(readGraph(printed))).toBe(printed);
  });

  test('names that are taken', () => {
    const first = jvp(simpleRnn(), { wrt: ['U'], outputs: ['loss'] });
    expect(() => jvp(first, { wrt: ['U'], outputs: ['h'] })).toThrow(/already has tangent.U/);
    expect(() => jvp(first, { wrt: ['x'], outputs: ['loss'] })).toThrow(/already has tangent.loss/);
    expect(() => jvp(first, { wrt: ['lengths'], outputs: ['loss'] })).toThrow(/no input lengths/);
    const second = jvp(first, { wrt: ['x', 'tangent.U'], outputs: ['tangent.loss'] });
    expect(verify(second)).toEqual([]);
  });
});

describe('a fault planted in a row that the LSTM uses is caught by reverse mode', () => {
  const faults: Record<string, Partial<TangentTable>> = {
    'tanh: the square is forgotten': {
      tanh: ({ y, da, times, sub, number }) => times(da, sub(number(1), y)),
    },
    'sigmoid: y (1 + y)': {
      sigmoid: ({ y, da, times, add, mul, number }) => times(da, mul(y, add(number(1), y))),
    },
    'mul: the operands are taken for each other': {
      mul: ({ a, b, da, db, plus, times }) => plus(times(da, a), times(db, b)),
    },
    'add: the second operand does not move': { add: ({ da, number }) => da ?? number(0) },
    'contract: the state does not move': { contract: ({ b, da, same, number }) => same(da, b) ?? number(0) },
  };
  test.each(Object.entries(faults))('%s', (_, fault) => {
    const graph = batch(lstm({ startGiven: true }), { lengths: true });
    const rules: TangentTable = { ...tangentRules, ...fault };
    expect(adjointGap(graph, extents, { inputs: lengths, rules })).toBeGreaterThan(1e-3);
  });
});

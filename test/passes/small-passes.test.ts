// Dead code, common subexpressions, hoisting, the inputs of loops: what each does, and where it must not.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { BATCH, real, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { shareCommon } from '../../src/passes/cse.ts';
import { removeDead } from '../../src/passes/dead.ts';
import { keyOf } from '../../src/passes/draft.ts';
import { hoistInvariants } from '../../src/passes/hoist.ts';
import { shrinkLoopInputs } from '../../src/passes/loop-inputs.ts';
import { simplifyGraph } from '../../src/passes/simplify.ts';
import { scan } from '../autodiff/cells.ts';
import { difference } from './compare.ts';
import { loop, product } from './loops.ts';
import { programInputs } from './random-graph.ts';
import { countCalls, loopsOf } from './structure.ts';

/** The graph after a pass that leaves what it computes, and is done after one run. */
function passed(pass: (graph: Graph) => Graph, graph: Graph): Graph {
  const after = pass(graph);
  expect(verify(after)).toEqual([]);
  expect(difference(graph, after, programInputs(graph, 3))).toBeLessThan(1e-12);
  expect(pass(after)).toBe(after);
  return after;
}

describe('dead code', () => {
  test('results, carries, sequences and captures that nobody asks for go; inputs of the program stay', () => {
    const graph = loop(
      (b, { at }) => {
        const h = b.apply('tanh', b.apply('add', at('h'), at('x')));
        const unused = b.apply('exp', at('u'));
        return {
          carried: [h, unused],
          stacked: [
            ['y', product(b, at('W'), h)],
            ['z', h],
          ],
          summed: [['sum', b.sum(unused, [0])]],
        };
      },
      { carries: ['h', 'u'], isSeen: (name) => name === 'z' },
    );
    const after = passed(removeDead, graph);
    const [only] = loopsOf(after);
    expect([only.carries.length, only.sequences.length, only.captures.length]).toEqual([1, 1, 0]);
    expect([only.stacked, only.summed]).toEqual([1, 0]);
    expect(after.inputs.length).toBe(graph.inputs.length);
  });

  test('a carry that another one reads stays, even if its last value is not asked for', () => {
    const graph = loop(
      (b, { at }) => ({ carried: [b.apply('add', at('h'), at('u')), b.apply('sin', at('h'))] }),
      {
        carries: ['h', 'u'],
        isSeen: (name) => name === 'h',
      },
    );
    expect(loopsOf(passed(removeDead, graph))[0].carries).toHaveLength(2);
  });

  test('a loop without a living result goes', () => {
    const graph = loop((_, { at }) => ({ carried: [at('x')] }), { carries: ['h'], isSeen: () => false });
    expect(loopsOf(passed(removeDead, graph))).toHaveLength(0);
  });
});

describe('common subexpressions', () => {
  test('operands in another order, letters of another name', () => {
    const g = new GraphBuilder('twice');
    const [x, y] = [g.input('x', real(BATCH, 3), 'input'), g.input('y', real(BATCH, 3), 'input')];
    g.output('a', g.apply('add', x, y));
    g.output('b', g.apply('add', y, x));
    g.output('c', g.apply('sub', x, y));
    g.output('d', g.apply('sub', y, x));
    g.output('e', g.contract(x, y, { left: 'bn', right: 'bn', out: 'b' }));
    g.output('f', g.contract(x, y, { left: 'ij', right: 'ij', out: 'i' }));
    g.output('g', g.contract(x, y, { left: 'ij', right: 'ij', out: 'j' }));
    const after = passed(shareCommon, g.finish());
    expect(countCalls(after, 'add')).toBe(1);
    expect(countCalls(after, 'sub')).toBe(2);
    expect(countCalls(after, 'contract')).toBe(2);
  });

  test('carries that start alike and go on alike are one, also if they feed each other', () => {
    const graph = loop(
      (b, { at }) => {
        const next = (past: string, other: string) =>
          b.apply('add', b.apply('tanh', at(past)), b.apply('sin', at(other)));
        return { carried: [next('h', 'u'), next('u', 'h'), b.apply('exp', b.apply('neg', at('w')))] };
      },
      { carries: ['h', 'u', 'w'] },
    );
    expect(loopsOf(passed(shareCommon, graph))[0].carries).toHaveLength(2);
  });

  test('carries that start differently stay apart', () => {
    const make = (isSame: boolean): Graph => {
      const g = new GraphBuilder('starts');
      const [x, p, q] = ['x', 'p', 'q'].map((name) =>
        g.input(name, name === 'x' ? real(TIME, BATCH) : real(BATCH), 'input'),
      );
      const carries = [
        ['h', p],
        ['u', isSame ? p : q],
      ] as const;
      const { carried } = scan(g, { carries, sequences: [['x', x]], captures: [] }, (b, { at }) => ({
        carried: [b.apply('add', at('h'), at('x')), b.apply('add', at('u'), at('x'))],
      }));
      g.output('h', carried[0]);
      g.output('u', carried[1]);
      return g.finish();
    };
    expect(loopsOf(passed(shareCommon, make(true)))[0].carries).toHaveLength(1);
    expect(loopsOf(passed(shareCommon, make(false)))[0].carries).toHaveLength(2);
  });

  test('loops are one if their directions are', () => {
    const make = (reverse: boolean): Graph => {
      const g = new GraphBuilder('loops');
      const x = g.input('x', real(TIME, BATCH), 'input');
      const zero = g.constant(0, [BATCH]);
      [false, reverse].forEach((direction, k) => {
        const { carried } = scan(
          g,
          { reverse: direction, carries: [['h', zero]], sequences: [['x', x]], captures: [] },
          (b, { at }) => ({ carried: [b.apply('tanh', b.apply('sub', at('h'), at('x')))] }),
        );
        g.output(`h${k}`, carried[0]);
      });
      return g.finish();
    };
    expect(loopsOf(passed(shareCommon, make(false)))).toHaveLength(1);
    expect(loopsOf(passed(shareCommon, make(true)))).toHaveLength(2);
  });

  test('a value that is stacked or captured twice is so once', () => {
    const g = new GraphBuilder('twice');
    const [x, W] = [g.input('x', real(TIME, BATCH, 3), 'input'), g.input('W', real(3, 3), 'parameter')];
    const { stacked } = scan(
      g,
      {
        carries: [],
        sequences: [
          ['x', x],
          ['again', x],
        ],
        captures: [
          ['W', W],
          ['V', W],
        ],
      },
      (b, { at }) => ({
        carried: [],
        stacked: [
          ['y', product(b, at('W'), at('x'))],
          ['z', product(b, at('V'), at('again'))],
        ],
      }),
    );
    g.output('y', stacked[0]);
    g.output('z', stacked[1]);
    const [only] = loopsOf(passed(shareCommon, g.finish()));
    expect([only.sequences.length, only.captures.length, only.stacked]).toEqual([1, 1, 1]);
  });
});

describe('hoisting', () => {
  test('what no step changes is computed once; repeating stays', () => {
    const graph = loop((b, { at }) => {
      const WU = b.contract(at('W'), at('U'), { left: 'mk', right: 'kn', out: 'mn' });
      const v = b.broadcast(b.apply('sigmoid', at('v')), [BATCH, 3], [1]);
      return { carried: [], stacked: [['y', b.apply('mul', v, product(b, WU, at('x')))]] };
    });
    const after = passed(hoistInvariants, graph);
    const [{ body }] = loopsOf(after);
    expect([
      countCalls(after, 'contract'),
      countCalls(after, 'sigmoid'),
      countCalls(after, 'broadcast'),
    ]).toEqual([1, 1, 0]);
    expect([
      countCalls(body, 'contract'),
      countCalls(body, 'sigmoid'),
      countCalls(body, 'broadcast'),
    ]).toEqual([1, 0, 1]);
  });

  test('what depends on the step, a carry or a sequence stays', () => {
    const graph = loop(
      (b, { at, step }) => {
        const t = b.broadcast(b.call('convert', [step], { element: 'real' }), [BATCH, 3], []);
        const next = b.apply('tanh', b.apply('add', at('h'), at('once')));
        const stacked = [b.apply('add', t, at('once')), b.apply('mul', at('x'), at('once'))];
        return { carried: [next], stacked: stacked.map((y, k) => [`y${k}`, y] as const) };
      },
      { carries: ['h'] },
    );
    expect(hoistInvariants(graph)).toBe(graph);
  });
});

describe('inputs of loops', () => {
  test('a carry that no step changes is a capture', () => {
    const graph = loop(
      (b, { at }) => ({ carried: [at('h'), b.apply('tanh', b.apply('add', at('u'), at('h')))] }),
      { carries: ['h', 'u'] },
    );
    const [only] = loopsOf(passed(shrinkLoopInputs, graph));
    expect(only.carries).toHaveLength(1);
  });

  test('constants, repeated values and positions are made inside', () => {
    const g = new GraphBuilder('given');
    const [x, v] = [g.input('x', real(TIME, BATCH, 3), 'input'), g.input('v', real(3), 'parameter')];
    const { stacked } = scan(
      g,
      {
        carries: [],
        sequences: [
          ['x', x],
          ['ones', g.constant(1, [TIME, BATCH, 3])],
          ['vs', g.broadcast(v, [TIME, BATCH, 3], [2])],
          ['t', g.call('iota', [], { extent: TIME })],
        ],
        captures: [
          ['two', g.constant(2, [BATCH, 3])],
          ['vb', g.broadcast(v, [BATCH, 3], [1])],
        ],
      },
      (b, { at }) => {
        const t = b.broadcast(b.call('convert', [at('t')], { element: 'real' }), [BATCH, 3], []);
        const all = ['ones', 'vs', 'two', 'vb'].map(at);
        return {
          carried: [],
          stacked: [['y', [at('x'), t, ...all].reduce((sum, y) => b.apply('add', sum, y))]],
        };
      },
    );
    g.output('y', stacked[0]);
    const after = passed((graph) => removeDead(shrinkLoopInputs(graph)), g.finish());
    const [only] = loopsOf(after);
    expect(only.sequences).toHaveLength(1);
    expect(only.captures).toHaveLength(2); // v twice: common subexpressions make it one
    expect(countCalls(after, 'constant') + countCalls(after, 'broadcast') + countCalls(after, 'iota')).toBe(
      0,
    );
  });

  test('a loop does not look behind the ends, so that a mask there goes; with other lengths it stays', () => {
    const masked = (isOwn: boolean): Graph => {
      const graph = loop((b, { at }) => ({ carried: [b.apply('add', at('h'), at('x'))] }), {
        carries: ['h'],
        lengths: true,
      });
      const g = GraphBuilder.extend(graph);
      const lengths = graph.inputs.at(-1)!;
      const others = isOwn ? lengths : g.apply('min', lengths, g.constant(2, [BATCH], 'index'));
      const position = g.broadcast(g.call('iota', [], { extent: TIME }), [TIME, BATCH], [0]);
      const alive = g.apply('lt', position, g.broadcast(others, [TIME, BATCH], [1]));
      const x = graph.inputs[0];
      const everywhere = g.broadcast(alive, [TIME, BATCH, 3], [0, 1]);
      const selected = g.apply('select', everywhere, x, g.constant(0, [TIME, BATCH, 3]));
      const { carried } = scan(
        g,
        { lengths, carries: [['h', graph.inputs[2]]], sequences: [['x', selected]], captures: [] },
        (b, { at }) => ({ carried: [b.apply('sub', at('h'), at('x'))] }),
      );
      g.output('masked', carried[0]);
      return g.finish();
    };
    const selects = (graph: Graph) => countCalls(removeDead(shrinkLoopInputs(graph)), 'select');
    expect([selects(masked(true)), selects(masked(false))]).toEqual([0, 1]);
  });
});

test('simplification leaves a simple graph as it is, the same object', () => {
  const graph = loop((b, { at }) => ({ carried: [b.apply('tanh', b.apply('add', at('h'), at('x')))] }), {
    carries: ['h'],
  });
  const simple = simplifyGraph(graph);
  expect(simplifyGraph(simple)).toBe(simple);
});

test('the key of a graph tells numbers apart that print alike in JSON', () => {
  const key = (value: number) => {
    const g = new GraphBuilder('number');
    g.output('x', g.constant(value));
    return keyOf(g.finish());
  };
  const keys = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(key);
  expect(new Set(keys).size).toBe(keys.length);
});

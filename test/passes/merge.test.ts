// Merging and splitting of products: which become one, which may not, and that they are the same numbers.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { BATCH, real, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { splitLoops } from '../../src/passes/fission.ts';
import { mergeProducts } from '../../src/passes/merge.ts';
import { regroup } from '../../src/passes/regroup-sums.ts';
import { simplifyGraph } from '../../src/passes/simplify.ts';
import { splitConcat, splitProducts } from '../../src/passes/split-concat.ts';
import { scan } from '../autodiff/cells.ts';
import { joinedRnn } from './cells.ts';
import { difference } from './compare.ts';
import { loop, product } from './loops.ts';
import { asBatch, programInputs } from './random-graph.ts';
import { countCalls, loopsOf, products } from './structure.ts';

/** The graph after a pass and simplification, checked against what it was. */
function passed(pass: (graph: Graph) => Graph, graph: Graph): Graph {
  const after = pass(graph);
  expect(verify(after)).toEqual([]);
  expect(difference(graph, after, programInputs(graph, 3))).toBeLessThan(1e-12);
  const simple = simplifyGraph(after);
  expect(difference(graph, simple, programInputs(graph, 4))).toBeLessThan(1e-12);
  return simple;
}

interface Inputs {
  readonly x: NodeId;
  readonly y: NodeId;
  /** Weights of [rows, 3]. */
  readonly weights: (rows: number) => NodeId;
  readonly vector: () => NodeId;
}

/** A program without a loop, on x, y [T, B, 3] and as many weights as it asks for. */
function program(write: (b: GraphBuilder, inputs: Inputs) => readonly NodeId[]): Graph {
  const b = new GraphBuilder('products');
  const [x, y] = ['x', 'y'].map((name) => b.input(name, real(TIME, BATCH, 3), 'input'));
  let count = 0;
  const weights = (rows: number) => b.input(`W${count++}`, real(rows, 3), 'parameter');
  const vector = () => b.input(`W${count++}`, real(3), 'parameter');
  write(b, { x, y, weights, vector }).forEach((id, k) => {
    b.output(`out${k}`, id);
  });
  return b.finish();
}

const tbm = { left: 'mn', right: 'tbn', out: 'tbm' };

describe('products that share an operand', () => {
  test('weights of several sizes, and vectors among them', () => {
    const graph = program((b, { x, weights, vector }) => [
      b.contract(weights(2), x, tbm),
      b.contract(weights(4), x, tbm),
      b.contract(x, weights(1), { left: 'tbn', right: 'mn', out: 'tbm' }),
      b.contract(vector(), x, { left: 'n', right: 'tbn', out: 'tb' }),
    ]);
    const after = passed(mergeProducts, graph);
    expect(products(after).outside).toBe(1);
    expect(countCalls(after, 'concat')).toBe(1);
  });

  test('not with axes in another order, and not of two operands', () => {
    const graph = program((b, { x, y, weights }) => [
      b.contract(weights(3), x, tbm),
      b.contract(weights(3), x, { left: 'nm', right: 'tbn', out: 'tbm' }),
      b.contract(weights(3), x, { left: 'mn', right: 'tbn', out: 'mtb' }),
      b.contract(weights(3), y, tbm),
    ]);
    expect(mergeProducts(graph)).toBe(graph);
  });

  test('not where one needs the other', () => {
    const graph = program((b, { x, weights }) => {
      const W = weights(3);
      const again = b.contract(weights(2), x, tbm);
      const U = b.sum(b.contract(W, x, { left: 'mn', right: 'tbn', out: 'tbmn' }), [0, 1]);
      return [again, b.contract(U, x, tbm)];
    });
    const after = passed(mergeProducts, graph);
    // W x with its outer letters and the other two have no common form; U x and `again` have, and are free of it.
    expect(products(after).outside).toBeLessThan(3);
    const chain = program((b, { x, weights }) => {
      const first = b.contract(weights(3), x, tbm);
      const U = b.sum(b.contract(first, x, { left: 'tbm', right: 'tbn', out: 'tbmn' }), [0, 1]);
      return [b.contract(U, x, tbm)];
    });
    expect(products(passed(mergeProducts, chain)).outside).toBe(3);
  });

  test('not of whole sequences that would have to be copied', () => {
    const graph = program((b, { x, y }) => {
      const squares = b.apply('mul', y, y);
      return [y, squares].map((other) => b.contract(x, other, { left: 'tbm', right: 'tbn', out: 'mn' }));
    });
    expect(mergeProducts(graph)).toBe(graph);
  });

  test('inside of a loop, where the weights are joined before it', () => {
    const graph = loop(
      (b, { at }) => {
        const [p, q] = [product(b, at('W'), at('h')), product(b, at('U'), at('h'))];
        return { carried: [b.apply('tanh', b.apply('mul', p, b.apply('add', q, at('x'))))] };
      },
      { carries: ['h'] },
    );
    const after = passed(mergeProducts, graph);
    expect(products(after)).toEqual({ loops: [1], outside: 0 });
    expect([countCalls(after, 'concat'), countCalls(loopsOf(after)[0].body, 'concat')]).toEqual([1, 0]);
  });
});

describe('sums of products', () => {
  const sumInLoop = (isUsed: boolean): Graph =>
    loop(
      (b, { at }) => {
        const [p, q] = [product(b, at('W'), at('h')), product(b, at('U'), b.apply('sin', at('h')))];
        const sum = b.apply('add', b.apply('add', p, at('x')), q);
        return { carried: [b.apply('tanh', sum)], stacked: isUsed ? [['p', p]] : [] };
      },
      { carries: ['h'] },
    );

  test('are one product of what stands side by side', () => {
    const after = passed(mergeProducts, sumInLoop(false));
    expect(products(after)).toEqual({ loops: [1], outside: 0 });
    expect(countCalls(loopsOf(after)[0].body, 'concat')).toBe(1);
  });

  test('not if somebody asks for one of them by itself', () => {
    const after = passed(mergeProducts, sumInLoop(true));
    expect(products(after)).toEqual({ loops: [2], outside: 0 });
    expect(countCalls(loopsOf(after)[0].body, 'concat')).toBe(0);
  });

  test('not of whole sequences that would have to be copied', () => {
    const graph = program((b, { x, y, weights }) => {
      return [b.apply('add', b.contract(weights(2), x, tbm), b.contract(weights(2), y, tbm))];
    });
    expect(mergeProducts(graph)).toBe(graph);
  });
});

test('stacked results that are joined are stacked joined; their sums are one sum; pieces are read from the whole', () => {
  const g = new GraphBuilder('stacked');
  const x = g.input('x', real(TIME, BATCH, 3), 'input');
  const zero = g.constant(0, [BATCH, 3]);
  const first = scan(g, { carries: [['h', zero]], sequences: [['x', x]], captures: [] }, (b, { at }) => {
    const h = b.apply('tanh', b.apply('add', at('h'), at('x')));
    const parts = [h, b.apply('sin', h), b.call('slice', [h], { axis: 1, start: 0, size: 2 })];
    return { carried: [h], stacked: parts.map((part, k) => [`y${k}`, part] as const) };
  });
  const joined = g.call('concat', first.stacked, { axis: 2 });
  const W = g.input('W', real(2, 8), 'parameter');
  g.output('product', g.contract(W, joined, tbm));
  for (const [k, part] of first.stacked.entries()) g.output(`sum${k}`, g.sum(part, [0, 1]));
  const second = scan(
    g,
    { carries: [['h', zero]], sequences: [['y', first.stacked[1]]], captures: [] },
    (b, { at }) => ({ carried: [b.apply('add', at('h'), at('y'))] }),
  );
  g.output('state', second.carried[0]);
  const after = passed(mergeProducts, g.finish());
  const [stacking, reading] = loopsOf(after);
  expect(stacking.stacked).toBe(1);
  expect([countCalls(after, 'concat'), countCalls(after, 'sum')]).toEqual([0, 1]);
  expect(countCalls(reading.body, 'slice')).toBe(1);
});

test('terms of a sum that leave the loop come in as one, and leave it as one product', () => {
  const graph = loop(
    (b, { at }) => {
      const [p, q] = [product(b, at('W'), at('x')), product(b, at('U'), b.apply('sin', at('x')))];
      return { carried: [b.apply('tanh', b.apply('add', b.apply('add', at('h'), p), q))] };
    },
    { carries: ['h'] },
  );
  const after = passed(regroup, graph);
  expect(regroup(after)).toBe(after);
  const [only] = loopsOf(simplifyGraph(splitLoops(after)));
  expect(only.sequences).toHaveLength(1);
});

describe('products of joined values', () => {
  test('are split where a part knows no past', () => {
    const graph = asBatch(joinedRnn(), { lengths: true });
    expect(products(graph)).toEqual({ loops: [1], outside: 0 });
    const after = passed(splitProducts, graph);
    expect(products(after)).toEqual({ loops: [2], outside: 0 });
    expect(countCalls(after, 'slice')).toBe(2); // the weights, cut before the loop
    expect(splitConcat.run(graph).notes).toHaveLength(1);
  });

  test('stay whole where all parts know the past, or none', () => {
    const graph = loop(
      (b, { at }) => {
        const W = b.call('concat', [at('W'), at('U')], { axis: 1 });
        const past = b.call('concat', [at('h'), b.apply('sin', at('h'))], { axis: 1 });
        const now = b.call('concat', [at('x'), b.apply('sin', at('x'))], { axis: 1 });
        const h = b.apply('tanh', b.apply('add', product(b, W, past), product(b, W, now)));
        return { carried: [h] };
      },
      { carries: ['h'] },
    );
    expect(splitProducts(graph)).toBe(graph);
  });
});

// Copies that may go and copies that must stay, by their results against the reference and by their number.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { BATCH, index, real, TIME } from '../../src/graph/type.ts';
import type { Program, Statement } from '../../src/loops/program.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { expectSame } from '../runtime/compiled.ts';
import { inputsFor } from './programs.ts';

const EXTENTS = new Map([
  ['T', 4],
  ['B', 3],
]);

type Parts = { readonly b: GraphBuilder; readonly x: NodeId; readonly W: NodeId; readonly h0: NodeId };
type Step = {
  readonly s: GraphBuilder;
  readonly h: readonly NodeId[];
  readonly xt: NodeId;
  readonly W: NodeId;
};

const letters = { left: 'bn', right: 'mn', out: 'bm' };

/** A scan over x with square weights; `step` gives the new carries, then what is stacked. */
function scanned(
  starts: (parts: Parts) => readonly NodeId[],
  step: (parts: Step) => { readonly carried: readonly NodeId[]; readonly stacked: readonly NodeId[] },
  finish: (parts: Parts, results: { carried: readonly NodeId[]; stacked: readonly NodeId[] }) => void,
): Graph {
  const b = new GraphBuilder('copies');
  const x = b.input('x', real(TIME, BATCH, 3), 'input');
  const W = b.input('W', real(3, 3), 'parameter');
  const h0 = b.input('state.h', real(BATCH, 3), 'state');
  const parts = { b, x, W, h0 };
  const carries = starts(parts);
  const s = new GraphBuilder('step');
  s.input('step', index(), 'step');
  const h = carries.map((_, k) => s.input(`h${k}`, real(BATCH, 3), 'carry'));
  const xt = s.input('x', real(BATCH, 3), 'sequence');
  const inside = s.input('W', real(3, 3), 'capture');
  const { carried, stacked } = step({ s, h, xt, W: inside });
  for (const [k, node] of [...carried, ...stacked].entries()) s.output(`y${k}`, node);
  const results = b.scan({
    axis: TIME,
    carries,
    sequences: [x],
    captures: [W],
    body: s.finish(),
    stacked: stacked.length,
    summed: 0,
  });
  finish(parts, results);
  return b.finish();
}

function outputs({ b }: Parts, results: { carried: readonly NodeId[]; stacked: readonly NodeId[] }): void {
  for (const [k, node] of [...results.carried, ...results.stacked].entries()) b.output(`y${k}`, node);
}

/** Sweeps inside loops that only move elements. */
function copies(program: Program): number {
  const isCopy = (statement: Statement): boolean =>
    statement.kind === 'sweep' && statement.scalars.every(({ kind }) => kind === 'load' || kind === 'store');
  return program.body.flatMap((statement) => (statement.kind === 'loop' ? statement.body : [])).filter(isCopy)
    .length;
}

test('a product goes right into its carry and into its step of a stacked result', async () => {
  const graph = scanned(
    ({ h0 }) => [h0],
    ({ s, h, xt, W }) => {
      const y = s.contract(xt, W, letters);
      return { carried: [s.contract(s.apply('tanh', h[0]), W, letters)], stacked: [y] };
    },
    outputs,
  );
  expect(copies(schedule(graph))).toBe(0);
  await expectSame(graph, inputsFor(graph, EXTENTS));
});

describe('a copy stays', () => {
  test('where the old carry is still looked at', async () => {
    const graph = scanned(
      ({ h0 }) => [h0],
      ({ s, h, xt, W }) => ({ carried: [s.contract(xt, W, letters)], stacked: [h[0]] }),
      outputs,
    );
    expect(copies(schedule(graph))).toBeGreaterThan(0);
    await expectSame(graph, inputsFor(graph, EXTENTS));
  });

  test('where a product reads the carry that it makes anew', async () => {
    const graph = scanned(
      ({ h0 }) => [h0],
      ({ s, h, W }) => ({ carried: [s.contract(h[0], W, letters)], stacked: [] }),
      outputs,
    );
    await expectSame(graph, inputsFor(graph, EXTENTS));
  });

  test('where a later product reads the old carry', async () => {
    const graph = scanned(
      ({ h0 }) => [h0],
      ({ s, h, xt, W }) => {
        const next = s.contract(xt, W, letters);
        return { carried: [next], stacked: [s.contract(h[0], W, letters)] };
      },
      outputs,
    );
    await expectSame(graph, inputsFor(graph, EXTENTS));
  });

  test('where the start of two carries is used after the loop', async () => {
    const b = new GraphBuilder('starts');
    const h0 = b.input('state.h', real(BATCH, 3), 'state');
    const W = b.input('W', real(3, 3), 'parameter');
    const x = b.input('x', real(TIME, BATCH, 3), 'input');
    const start = b.contract(h0, W, letters);
    const s = new GraphBuilder('step');
    s.input('step', index(), 'step');
    const [p, q] = [s.input('p', real(BATCH, 3), 'carry'), s.input('q', real(BATCH, 3), 'carry')];
    const xt = s.input('x', real(BATCH, 3), 'sequence');
    s.output('p', s.apply('add', p, xt));
    s.output('q', s.apply('mul', q, xt));
    const parts = { axis: TIME, sequences: [x], captures: [], body: s.finish(), stacked: 0, summed: 0 };
    const { carried } = b.scan({ ...parts, carries: [start, start] });
    b.output('p', carried[0]);
    b.output('q', carried[1]);
    b.output('after', b.contract(start, W, letters));
    const graph = b.finish();
    await expectSame(graph, inputsFor(graph, EXTENTS));
  });

  test('where carries change places', async () => {
    const graph = scanned(
      ({ h0, b }) => [h0, b.apply('neg', h0), b.apply('tanh', h0)],
      ({ h }) => ({ carried: [h[1], h[2], h[0]], stacked: [h[2]] }),
      outputs,
    );
    await expectSame(graph, inputsFor(graph, EXTENTS));
  });

  test('where a carry follows from parts of another, turned around', async () => {
    const graph = scanned(
      ({ h0, b }) => [h0, b.apply('neg', h0)],
      ({ s, h }) => {
        const parts = [2, 1, 0].map((start) => s.call('slice', [h[0]], { axis: 1, start, size: 1 }));
        const turned = s.call('concat', parts, { axis: 1 });
        return { carried: [h[1], turned], stacked: [turned, h[0]] };
      },
      outputs,
    );
    await expectSame(graph, inputsFor(graph, EXTENTS));
  });
});

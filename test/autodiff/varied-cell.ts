// A cell with everything that a step may have, and a batch for it: for what must hold of any scan.
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { BATCH, type Extents, index, real, TIME } from '../../src/graph/type.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { scan } from './cells.ts';
import type { Values } from './differences.ts';

/** Counts, conditions, noise, the step's number, states of several ranks, a second scan. */
export function varied(reverse: boolean): Graph {
  const g = new GraphBuilder('varied');
  const x = g.input('x', real(TIME, 2), 'input');
  const seed = g.input('seed', index(), 'seed');
  const W = g.input('W', real(2, 2), 'parameter');
  const h0 = g.input('h0', real(2), 'state');
  const once = g.apply('tanh', g.contract(W, h0, { left: 'mn', right: 'n', out: 'm' }));
  const first = scan(
    g,
    {
      reverse,
      carries: [
        ['h', h0],
        ['A', g.constant(0, [2, 2])],
        ['s', g.constant(1)],
        ['count', g.constant(3, [], 'index')],
        ['seen', g.constant(0, [], 'bool')],
      ],
      sequences: [['x', x]],
      captures: [
        ['W', W],
        ['once', once],
        ['seed', seed],
      ],
    },
    (b, { at, step }) => {
      const noise = b.call('uniform', [at('seed'), step], { name: 'noise', shape: [2] });
      const z = b.contract(at('W'), at('h'), { left: 'mn', right: 'n', out: 'm' });
      const seen = b.apply('or', at('seen'), b.apply('lt', b.constant(2.5), b.sum(noise, [0])));
      const t = b.call('convert', [b.apply('add', step, at('count'))], { element: 'real' });
      const wave = b.broadcast(b.apply('sin', t), [2], []);
      const driven = b.apply('add', b.apply('mul', at('x'), noise), b.apply('mul', at('once'), wave));
      const h = b.apply('tanh', b.apply('add', z, driven));
      const outer = b.contract(h, at('x'), { left: 'i', right: 'j', out: 'ij' });
      const A = b.apply('add', b.apply('mul', at('A'), b.constant(0.5, [2, 2])), outer);
      const s = b.apply('select', seen, at('s'), b.apply('sigmoid', b.sum(A, [0, 1])));
      const count = b.apply('add', at('count'), b.constant(1, [], 'index'));
      return {
        carried: [h, A, s, count, seen],
        stacked: [
          ['h', b.apply('mul', h, b.broadcast(s, [2], []))],
          ['count', count],
          ['seen', seen],
        ],
        summed: [['total', b.apply('mul', A, A)]],
      };
    },
  );
  const second = scan(
    g,
    {
      reverse: !reverse,
      carries: [['m', first.carried[0]]],
      sequences: [['h', first.stacked[0]]],
      captures: [['A', first.carried[1]]],
    },
    (b, { at }) => {
      const m = b.apply(
        'tanh',
        b.contract(at('A'), b.apply('add', at('m'), at('h')), { left: 'mn', right: 'n', out: 'm' }),
      );
      return { carried: [m], stacked: [['m', m]] };
    },
  );
  const named = {
    h: first.stacked[0],
    count: first.stacked[1],
    seen: first.stacked[2],
    total: first.summed[0],
  };
  for (const [name, node] of Object.entries(named)) g.output(name, node);
  first.carried.forEach((node, k) => {
    g.output(`last${k}`, node);
  });
  g.output('m', second.stacked[0]);
  return g.finish();
}

/** Three sequences, for five steps. */
export const LENGTHS: Values = new Map([['lengths', indexTensor([3], [5, 1, 4])]]);

/** The extents of so many steps of three sequences. */
export function extentsAt(T: number): Extents {
  return new Map([
    [TIME, T],
    [BATCH, 3],
  ]);
}

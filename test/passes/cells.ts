// Cells as the elaboration makes them, written by hand: graphs of one sequence.
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { index, real, TIME } from '../../src/graph/type.ts';
import { add, type Named, scan, times } from '../autodiff/cells.ts';

const [N, M] = [3, 4];

interface Options {
  readonly reverse?: boolean;
}

/** Parameters of a cell, as pairs for a scan to capture. */
function parameters(g: GraphBuilder, shapes: Readonly<Record<string, readonly number[]>>): Named[] {
  return Object.entries(shapes).map(([name, shape]) => [name, g.input(name, real(...shape), 'parameter')]);
}

/** The GRU of the examples: the reset gate acts before the product, or after it. */
export function gru(reset: 'before' | 'after', { reverse = false }: Options = {}): Graph {
  const g = new GraphBuilder('GRU');
  const x = g.input('x', real(TIME, N), 'input');
  const weights = parameters(
    g,
    Object.fromEntries(
      ['r', 'z', 'c'].flatMap((gate): [string, number[]][] => [
        [`W.${gate}`, [M, N]],
        [`U.${gate}`, [M, M]],
        [`b.${gate}`, [M]],
      ]),
    ),
  );
  const start = g.input('state.h', real(M), 'state');
  const parts = { reverse, carries: [['h', start]], sequences: [['x', x]], captures: weights } as const;
  const results = scan(g, parts, (s, { at }) => {
    const gate = (name: string, h: NodeId) =>
      add(s, times(s, at(`W.${name}`), at('x')), times(s, at(`U.${name}`), h), at(`b.${name}`));
    const r = s.apply('sigmoid', gate('r', at('h')));
    const z = s.apply('sigmoid', gate('z', at('h')));
    const inner =
      reset === 'before'
        ? gate('c', s.apply('mul', r, at('h')))
        : add(s, times(s, at('W.c'), at('x')), s.apply('mul', r, times(s, at('U.c'), at('h'))), at('b.c'));
    const kept = s.apply('mul', z, at('h'));
    const written = s.apply('mul', s.apply('sub', s.constant(1, [M]), z), s.apply('tanh', inner));
    const h = s.apply('add', kept, written);
    return { carried: [h], stacked: [['h', h]] };
  });
  g.output('h', results.stacked[0]);
  g.output('state.h', results.carried[0]);
  return g.finish();
}

/** The minGRU of the examples: no product knows the past. */
export function minGru({ reverse = false }: Options = {}): Graph {
  const g = new GraphBuilder('MinGRU');
  const x = g.input('x', real(TIME, N), 'input');
  const weights = parameters(g, { 'W.z': [M, N], 'b.z': [M], 'W.h': [M, N], 'b.h': [M] });
  const parts = {
    reverse,
    carries: [['h', g.constant(0, [M])]],
    sequences: [['x', x]],
    captures: weights,
  } as const;
  const results = scan(g, parts, (s, { at }) => {
    const affine = (name: string) => add(s, times(s, at(`W.${name}`), at('x')), at(`b.${name}`));
    const z = s.apply('sigmoid', affine('z'));
    const kept = s.apply('mul', s.apply('sub', s.constant(1, [M]), z), at('h'));
    const h = s.apply('add', kept, s.apply('mul', z, affine('h')));
    return { carried: [h], stacked: [['h', h]] };
  });
  g.output('h', results.stacked[0]);
  g.output('state.h', results.carried[0]);
  return g.finish();
}

/** Two simple RNNs, one on the other, in one loop; embedded symbols go in, and logits, their loss and the best come out. */
export function twoLayers({ reverse = false }: Options = {}): Graph {
  const g = new GraphBuilder('TwoLayers');
  const ids = g.input('ids', index(TIME), 'input');
  const y = g.input('y', index(TIME), 'target');
  const weights = parameters(g, {
    table: [5, N],
    'low.W': [M, N],
    'low.U': [M, M],
    'top.W': [M, M],
    'top.U': [M, M],
    'out.W': [5, M],
  });
  const zero = g.constant(0, [M]);
  const results = scan(
    g,
    {
      reverse,
      carries: [
        ['low', zero],
        ['top', zero],
      ],
      sequences: [
        ['ids', ids],
        ['y', y],
      ],
      captures: weights,
    },
    (s, { at }) => {
      const x = s.apply('gather', at('table'), at('ids'));
      const low = s.apply('tanh', add(s, times(s, at('low.W'), x), times(s, at('low.U'), at('low'))));
      const top = s.apply('tanh', add(s, times(s, at('top.W'), low), times(s, at('top.U'), at('top'))));
      const logits = times(s, at('out.W'), top);
      const total = s.apply('log', s.sum(s.apply('exp', logits), [0]));
      const loss = s.apply('sub', total, s.apply('gather', logits, at('y')));
      const best = s.call('argmax', [logits], { axis: 0 });
      return { carried: [low, top], stacked: [['best', best]], summed: [['loss', loss]] };
    },
  );
  g.output('best', results.stacked[0]);
  g.output('loss', results.summed[0], 'steps');
  return g.finish();
}

/** h = tanh(W [x; prev h]): the weights of both in one matrix. */
export function joinedRnn({ reverse = false }: Options = {}): Graph {
  const g = new GraphBuilder('JoinedRNN');
  const x = g.input('x', real(TIME, N), 'input');
  const weights = parameters(g, { W: [M, N + M] });
  const parts = {
    reverse,
    carries: [['h', g.constant(0, [M])]],
    sequences: [['x', x]],
    captures: weights,
  } as const;
  const results = scan(g, parts, (s, { at }) => {
    const h = s.apply('tanh', times(s, at('W'), s.call('concat', [at('x'), at('h')], { axis: 0 })));
    return { carried: [h], stacked: [['h', h]] };
  });
  g.output('h', results.stacked[0]);
  g.output('state.h', results.carried[0]);
  return g.finish();
}

/** The LSTM with its gates from one matrix, cut by `split`. */
export function splitLstm(): Graph {
  const g = new GraphBuilder('SplitLSTM');
  const x = g.input('x', real(TIME, N), 'input');
  const weights = parameters(g, { W: [4 * M, N], U: [4 * M, M], b: [4 * M] });
  const zero = g.constant(0, [M]);
  const parts = {
    carries: [
      ['h', zero],
      ['c', zero],
    ],
    sequences: [['x', x]],
    captures: weights,
  } as const;
  const results = scan(g, parts, (s, { at }) => {
    const z = add(s, times(s, at('W'), at('x')), times(s, at('U'), at('h')), at('b'));
    const part = (k: number) => s.call('slice', [z], { axis: 0, start: k * M, size: M });
    const [i, f, o] = [0, 1, 2].map((k) => s.apply('sigmoid', part(k)));
    const write = s.apply('mul', i, s.apply('tanh', part(3)));
    const c = s.apply('add', s.apply('mul', f, at('c')), write);
    const h = s.apply('mul', o, s.apply('tanh', c));
    return { carried: [h, c], stacked: [['h', h]] };
  });
  g.output('h', results.stacked[0]);
  return g.finish();
}

// Cells as the elaboration makes them, for the tests of this room: graphs of one sequence, one scan over T.
import { GraphBuilder, type ScanResults } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { index, real, TIME, type Type } from '../../src/graph/type.ts';

/** A value with the name that the body sees it by. */
export type Named = readonly [name: string, node: NodeId];

export interface Step {
  readonly step: NodeId;
  /** Carries, sequences and captures by their names. */
  readonly at: (name: string) => NodeId;
}

export interface Body {
  /** The new carries, in the order of the carries. */
  readonly carried: readonly NodeId[];
  readonly stacked?: readonly Named[];
  readonly summed?: readonly Named[];
}

/** A scan over T (or another axis), its body written as a function. */
export function scan(
  outer: GraphBuilder,
  parts: {
    readonly carries: readonly Named[];
    readonly sequences: readonly Named[];
    readonly captures: readonly Named[];
    readonly reverse?: boolean;
    readonly axis?: string;
    readonly lengths?: NodeId;
  },
  body: (builder: GraphBuilder, step: Step) => Body,
): ScanResults {
  const builder = new GraphBuilder('step');
  const step = builder.input('t', index(), 'step');
  const known = new Map<string, NodeId>();
  const add = ([name]: Named, type: Type, role: 'carry' | 'sequence' | 'capture'): void => {
    known.set(name, builder.input(name, type, role));
  };
  for (const named of parts.carries) add(named, outer.typeOf(named[1]), 'carry');
  for (const named of parts.sequences) {
    const { element, shape } = outer.typeOf(named[1]);
    add(named, { element, shape: shape.slice(1) }, 'sequence');
  }
  for (const named of parts.captures) add(named, outer.typeOf(named[1]), 'capture');
  const { carried, stacked = [], summed = [] } = body(builder, { step, at: (name) => known.get(name)! });
  parts.carries.forEach(([name], k) => {
    builder.output(name, carried[k]);
  });
  for (const [name, node] of [...stacked, ...summed]) builder.output(name, node);
  return outer.scan({
    axis: parts.axis ?? TIME,
    reverse: parts.reverse ?? false,
    lengths: parts.lengths,
    carries: parts.carries.map(([, node]) => node),
    sequences: parts.sequences.map(([, node]) => node),
    captures: parts.captures.map(([, node]) => node),
    body: builder.finish(),
    stacked: stacked.length,
    summed: summed.length,
  });
}

/** W x, for one sequence. */
export function times(builder: GraphBuilder, W: NodeId, x: NodeId): NodeId {
  return builder.contract(W, x, { left: 'mn', right: 'n', out: 'm' });
}

export function add(builder: GraphBuilder, ...terms: readonly NodeId[]): NodeId {
  return terms.reduce((sum, term) => builder.apply('add', sum, term));
}

export interface CellOptions {
  readonly reverse?: boolean;
  /** Starting states are inputs; else they are zero. */
  readonly startGiven?: boolean;
  readonly n?: number;
  readonly m?: number;
}

/** h = tanh(W x + U prev h + b); outputs h at all steps, the last h, and the sum of squares of h as a loss. */
export function simpleRnn({ reverse = false, startGiven = false, n = 3, m = 4 }: CellOptions = {}): Graph {
  const g = new GraphBuilder('RNN');
  const x = g.input('x', real(TIME, n), 'input');
  const W = g.input('W', real(m, n), 'parameter');
  const U = g.input('U', real(m, m), 'parameter');
  const b = g.input('b', real(m), 'parameter');
  const start = startGiven ? g.input('state.h', real(m), 'state') : g.constant(0, [m]);
  const results = scan(
    g,
    {
      reverse,
      carries: [['h', start]],
      sequences: [['x', x]],
      captures: [
        ['W', W],
        ['U', U],
        ['b', b],
      ],
    },
    (s, { at }) => {
      const h = s.apply('tanh', add(s, times(s, at('W'), at('x')), times(s, at('U'), at('h')), at('b')));
      return { carried: [h], stacked: [['h', h]], summed: [['loss', s.sum(s.apply('mul', h, h), [0])]] };
    },
  );
  g.output('h', results.stacked[0]);
  g.output('state.h', results.carried[0]);
  g.output('loss', results.summed[0], 'steps');
  return g.finish();
}

/** The LSTM of the examples; outputs h at all steps, the last h and c. */
export function lstm({ reverse = false, startGiven = false, n = 3, m = 4 }: CellOptions = {}): Graph {
  const g = new GraphBuilder('LSTM');
  const x = g.input('x', real(TIME, n), 'input');
  const gates = ['i', 'f', 'o', 'g'];
  const weights = gates.flatMap((gate): Named[] => [
    [`W.${gate}`, g.input(`W.${gate}`, real(m, n), 'parameter')],
    [`U.${gate}`, g.input(`U.${gate}`, real(m, m), 'parameter')],
    [`b.${gate}`, g.input(`b.${gate}`, real(m), 'parameter')],
  ]);
  const start = (name: string): NodeId =>
    startGiven ? g.input(`state.${name}`, real(m), 'state') : g.constant(0, [m]);
  const results = scan(
    g,
    {
      reverse,
      carries: [
        ['h', start('h')],
        ['c', start('c')],
      ],
      sequences: [['x', x]],
      captures: weights,
    },
    (s, { at }) => {
      const affine = (gate: string): NodeId =>
        add(s, times(s, at(`W.${gate}`), at('x')), times(s, at(`U.${gate}`), at('h')), at(`b.${gate}`));
      const i = s.apply('sigmoid', affine('i'));
      const f = s.apply('sigmoid', s.apply('add', affine('f'), s.constant(1, [m])));
      const o = s.apply('sigmoid', affine('o'));
      const write = s.apply('tanh', affine('g'));
      const c = s.apply('add', s.apply('mul', f, at('c')), s.apply('mul', i, write));
      const h = s.apply('mul', o, s.apply('tanh', c));
      return { carried: [h, c], stacked: [['h', h]] };
    },
  );
  g.output('h', results.stacked[0]);
  g.output('state.h', results.carried[0]);
  g.output('state.c', results.carried[1]);
  return g.finish();
}

/** The LSTM as it computes with a summed loss: the sum over the steps of |h|^2, a mean over the steps. */
export function lstmWithLoss(options: CellOptions = {}): Graph {
  const cell = lstm(options);
  const g = GraphBuilder.extend(cell);
  const h = cell.outputs.find((output) => output.name === 'h')!.node;
  const { summed } = scan(g, { carries: [], sequences: [['h', h]], captures: [] }, (s, { at }) => ({
    carried: [],
    summed: [['loss', s.sum(s.apply('mul', at('h'), at('h')), [0])]],
  }));
  g.output('loss', summed[0], 'steps');
  return g.finish();
}

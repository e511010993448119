// A loop for the tests of single passes: x [T, B, 3] with lengths goes in, and the body is written as a function.
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { BATCH, index, real, TIME } from '../../src/graph/type.ts';
import { type Body, type Named, type Step, scan } from '../autodiff/cells.ts';

export interface LoopOptions {
  readonly carries?: readonly string[];
  readonly reverse?: boolean;
  readonly lengths?: boolean;
  /** Which results become outputs; default: all. */
  readonly isSeen?: (name: string) => boolean;
}

/**
 * A program of one loop. Its body sees x [B, 3], id [B], and the weights W, U [3, 3], v [3], table [4, 3], once [B, 3]
 * and the lengths; carries start at `start` [B, 3].
 */
export function loop(body: (b: GraphBuilder, step: Step) => Body, options: LoopOptions = {}): Graph {
  const { carries = [], reverse = false, lengths = false, isSeen = () => true } = options;
  const g = new GraphBuilder('loop');
  const x = g.input('x', real(TIME, BATCH, 3), 'input');
  const id = g.input('id', index(TIME, BATCH), 'input');
  const start = g.input('start', real(BATCH, 3), 'state');
  const captures: Named[] = [
    ['W', g.input('W', real(3, 3), 'parameter')],
    ['U', g.input('U', real(3, 3), 'parameter')],
    ['v', g.input('v', real(3), 'parameter')],
    ['table', g.input('table', real(4, 3), 'parameter')],
    ['once', g.input('once', real(BATCH, 3), 'input')],
  ];
  const ends = lengths ? g.input('lengths', index(BATCH), 'lengths') : undefined;
  if (ends !== undefined) captures.push(['lengths', ends]);
  let written: Body | undefined;
  const results = scan(
    g,
    {
      reverse,
      carries: carries.map((name): Named => [name, start]),
      sequences: [
        ['x', x],
        ['id', id],
      ],
      captures,
      ...(ends === undefined ? {} : { lengths: ends }),
    },
    (b, step) => {
      written = body(b, step);
      return written;
    },
  );
  const names = [
    ...carries,
    ...(written?.stacked ?? []).map(([name]) => name),
    ...(written?.summed ?? []).map(([name]) => name),
  ];
  [...results.carried, ...results.stacked, ...results.summed].forEach((result, k) => {
    if (isSeen(names[k])) g.output(names[k], result);
  });
  return g.finish();
}

/** W x for values of a batch. */
export function product(b: GraphBuilder, W: NodeId, x: NodeId): NodeId {
  return b.contract(W, x, { left: 'mn', right: 'bn', out: 'bm' });
}

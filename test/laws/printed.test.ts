// What is printed is read back: the same graph, in every form that a program goes through.

import { isDeepStrictEqual } from 'node:util';
import { describe } from 'vitest';
import { unroll } from '../../src/autodiff/unroll.ts';
import { optimise } from '../../src/compile.ts';
import type { Graph, Node } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { verify } from '../../src/graph/verify.ts';
import { shortCase } from './cases.ts';
import { formsOf } from './forms.ts';
import { holds, Law } from './law.ts';
import { SUBJECTS } from './subjects.ts';

const law = new Law('printed and read back is the same', 0, 1);

describe(law.name, () => {
  for (const { name, sizes, programOf } of SUBJECTS) {
    holds(law, name, shortCase(sizes), (drawn) => {
      const { program, forward, backward } = formsOf(programOf(drawn));
      const graphs = {
        'of one sequence': program.graph,
        'of a batch': forward,
        'with gradients': backward,
        optimised: optimise(backward),
        unrolled: unroll(forward, { steps: drawn.steps }),
      };
      return new Map(
        Object.entries(graphs).map(([form, graph]) => {
          const same = isDeepStrictEqual(readGraph(printGraph(graph)), withoutOrigins(graph));
          return [form, same && verify(graph).length === 0 ? 0 : Number.POSITIVE_INFINITY];
        }),
      );
    });
  }
});

/** Origins are comments in the text. */
function withoutOrigins(graph: Graph): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node): Node => {
      const bare = { ...node, origin: undefined };
      return bare.kind === 'scan' ? { ...bare, body: withoutOrigins(bare.body) } : bare;
    }),
  };
}

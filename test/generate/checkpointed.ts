// The law of checkpointing, on every second generated program: in segments of any length values and gradients are what they
// were. So they are after the passes and unrolled, on one program in eight each.
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { verify } from '../../src/graph/verify.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { distances } from '../laws/distance.ts';
import { FLOAT64, illConditioned } from '../laws/rounding.ts';
import type { GeneratedLaw } from './laws.ts';

const BOUND = 1e-12;

export const checkpointed: GeneratedLaw = {
  name: 'checkpointed is not checkpointed',
  bound: BOUND,
  hold({ forms: { program, forward, backward }, drawn, inputs }) {
    if (drawn.numbers % 2 === 1) return undefined;
    const expected = evaluate(backward, inputs);
    const found = new Map<string, number>();
    const compare = (what: string, graph: Graph): void => {
      found.set(`the graph, ${what}`, verify(graph).length);
      for (const [name, gap] of distances(expected, evaluate(graph, inputs))) {
        found.set(`${name}, ${what}`, gap);
      }
    };
    // From segments of one step to one segment that is longer than the sequences.
    const steps = 1 + ((drawn.numbers / 2) % (drawn.steps + 1));
    const graph = withGradients(program, checkpoint(forward, { steps }), differentiable(program));
    compare(`in segments of ${steps}`, graph);
    if (drawn.numbers % 8 === 0) compare(`in segments of ${steps}, optimised`, runPasses(graph).graph);
    if (drawn.numbers % 8 === 4) {
      compare(`in segments of ${steps}, unrolled`, unroll(graph, { steps: drawn.steps }));
    }

    const broken = [...found].filter(([, gap]) => !(gap <= BOUND)).map(([what]) => what);
    const ill = broken.length === 0 ? new Set() : illConditioned(backward, inputs, FLOAT64, BOUND);
    const leftOut = broken.filter((what) => ill.has(what.split(',')[0]));
    for (const what of leftOut) found.delete(what);
    return { distances: found, entries: found.size + leftOut.length, leftOut: leftOut.length };
  },
};

// The law of checkpointing, on every second generated program: in segments of any length values and gradients are what they
// were. So they are after the passes and unrolled, on one program in eight each.
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { verify } from '../../src/graph/verify.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { distances } from '../laws/distance.ts';
import { doubles, type GeneratedLaw } from './finding.ts';

export const checkpointed: GeneratedLaw = {
  name: 'checkpointed is not checkpointed',
  bound: 1e-12,
  hold(trial) {
    const { answers, drawn, forms, inputs } = trial;
    if (drawn.numbers % 2 === 1) return undefined;
    const { program, forward } = forms;
    const found = new Map<string, number>();
    const compare = (what: string, graph: Graph): void => {
      found.set(`the graph, ${what}`, verify(graph).length);
      for (const [name, gap] of distances(answers, evaluate(graph, inputs))) {
        found.set(`${name}, ${what}`, gap);
      }
    };
    // From segments of one step to one segment that is longer than the sequences.
    const steps = 1 + ((drawn.numbers / 2) % (drawn.steps + 1));
    const graph = trial.autodiff.gradients(program, checkpoint(forward, { steps }));
    compare(`in segments of ${steps}`, graph);
    if (drawn.numbers % 8 === 0) compare(`in segments of ${steps}, optimised`, runPasses(graph).graph);
    if (drawn.numbers % 8 === 4) {
      compare(`in segments of ${steps}, unrolled`, unroll(graph, { steps: drawn.steps }));
    }
    return doubles(trial, checkpointed.bound, found);
  },
};

// The law of checkpointing: in segments of any length values and gradients are what they were, and so they are after the
// passes, or unrolled.
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { verify } from '../../src/graph/verify.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { distances } from '../laws/distance.ts';
import { doubles, type GeneratedLaw, isInTurn } from './finding.ts';

export const checkpointed: GeneratedLaw = {
  name: 'checkpointed is not checkpointed',
  bound: 1e-12,
  hold(trial) {
    if (!isInTurn(trial, checkpointed.name, 12)) return undefined;
    const { answers, drawn, forms, inputs } = trial;
    const { program, forward } = forms;
    const found = new Map<string, number>();
    const compare = (what: string, graph: Graph): void => {
      found.set(`the graph, ${what}`, verify(graph).length);
      for (const [name, gap] of distances(answers, evaluate(graph, inputs))) {
        found.set(`${name}, ${what}`, gap);
      }
    };
    // From segments of one step to one segment that is longer than the sequences.
    const steps = 1 + (drawn.numbers % (drawn.steps + 1));
    const graph = trial.autodiff.gradients(program, checkpoint(forward, { steps }));
    compare(`in segments of ${steps}`, graph);
    // These by turns.
    if (drawn.numbers % 2 === 0) compare(`in segments of ${steps}, optimised`, runPasses(graph).graph);
    else compare(`in segments of ${steps}, unrolled`, unroll(graph, { steps: drawn.steps }));
    return doubles(trial, checkpointed.bound, found);
  },
};

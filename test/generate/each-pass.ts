// Passes alone, passes in some order that nobody chose, and loops unrolled behind the passes.

import { unroll } from '../../src/autodiff/unroll.ts';
import { RandomStream } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { verify } from '../../src/graph/verify.ts';
import { distances } from '../laws/distance.ts';
import { PASSES } from '../passes/all.ts';
import { doubles, type GeneratedLaw, isInTurn, TARGETS } from './finding.ts';

export const eachPass: GeneratedLaw = {
  name: 'passes alone, and in any order, change nothing',
  bound: 1e-12,
  hold(trial) {
    if (!isInTurn(trial, eachPass.name, 6)) return undefined;
    const { answers, forms, inputs, drawn } = trial;
    const { backward } = forms;
    const stream = new RandomStream(drawn.numbers, 'order of passes');
    const found = new Map<string, number>();
    for (const pass of PASSES) {
      const { graph } = pass.run(backward);
      if (graph === backward) continue;
      found.set(`complaints about ${pass.name}`, verify(graph).length);
      for (const [name, gap] of distances(answers, evaluate(graph, inputs))) {
        found.set(`${name} after ${pass.name}`, gap);
      }
    }
    let graph = backward;
    for (let k = 0; k < 5; k++) graph = PASSES[stream.integer(PASSES.length)].run(graph).graph;
    found.set('complaints after some passes', verify(graph).length);
    for (const [name, gap] of distances(answers, evaluate(graph, inputs)))
      found.set(`${name} after some passes`, gap);
    return doubles(trial, eachPass.bound, found);
  },
};

export const unrolledBehind: GeneratedLaw = {
  name: 'unrolled behind the passes is scanned',
  bound: 1e-12,
  hold(trial) {
    if (!isInTurn(trial, TARGETS, 3)) return undefined;
    const { inputs, drawn, optimised } = trial;
    const found = distances(evaluate(optimised, inputs), evaluate(unroll(optimised, drawn), inputs));
    return doubles(trial, unrolledBehind.bound, found);
  },
};

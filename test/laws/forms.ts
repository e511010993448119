// The forms of a program that are compared; each is made once.
import { batch } from '../../src/autodiff/batch.ts';
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';

/** A program in all the forms that are compared. */
export interface Forms {
  readonly program: Program;
  /** A batch with lengths. */
  readonly forward: Graph;
  /** That, with the gradients of all real inputs, weights and given states. */
  readonly backward: Graph;
}

const forms = new WeakMap<Program, Forms>();

export function formsOf(program: Program): Forms {
  const known = forms.get(program);
  if (known !== undefined) return known;
  const forward = batch(program.graph, { lengths: true });
  const made = { program, forward, backward: withGradients(program, forward, differentiable(program)) };
  forms.set(program, made);
  return made;
}

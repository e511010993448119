// The forms of a program that are compared; each is made once. They are made by the transformations as they are, or by a set
// with a fault in it (test/faults): whatever a law differentiates, it differentiates by the set of its forms, so that a
// fault is everywhere where a mistake in the code would be.
import { batch } from '../../src/autodiff/batch.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';

/** What of what, by names of a graph's outputs and inputs. */
interface Differentiation {
  readonly outputs: readonly string[];
  readonly wrt: readonly string[];
}

/** The transformations that the laws are about. */
export interface Autodiff {
  /** With lengths. */
  batch(graph: Graph): Graph;
  /** A program's graph, in any form, with the gradients of all real inputs, weights and given states. */
  gradients(program: Program, graph: Graph): Graph;
  vjp(graph: Graph, what: Differentiation): Graph;
  jvp(graph: Graph, what: Differentiation): Graph;
}

export const AUTODIFF: Autodiff = {
  batch: (graph) => batch(graph, { lengths: true }),
  gradients: (program, graph) => withGradients(program, graph, differentiable(program)),
  vjp: (graph, what) => vjp(graph, what),
  jvp: (graph, what) => jvp(graph, what),
};

/** A program in all the forms that are compared. */
export interface Forms {
  readonly program: Program;
  /** A batch with lengths. */
  readonly forward: Graph;
  /** That, with the gradients of all real inputs, weights and given states. */
  readonly backward: Graph;
  /** What they were made by. */
  readonly autodiff: Autodiff;
}

const made = new WeakMap<Autodiff, WeakMap<Program, Forms>>();

export function formsOf(program: Program, autodiff: Autodiff = AUTODIFF): Forms {
  const all = made.get(autodiff) ?? new WeakMap<Program, Forms>();
  made.set(autodiff, all);
  const known = all.get(program);
  if (known !== undefined) return known;
  const forward = autodiff.batch(program.graph);
  const forms = { program, forward, backward: autodiff.gradients(program, forward), autodiff };
  all.set(program, forms);
  return forms;
}

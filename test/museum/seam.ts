// The seam between whoever asks for gradients and the graphs that compute them. museum.test.ts puts it there; while a
// fault is planted, every gradient that is made, also inside the gradient check, is made with the fault.
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { withGradients } from '../../src/study/gradient-program.ts';

/** What a gradient graph was made of. */
export interface Made {
  readonly program: Program;
  /** The program's graph, batched or not. */
  readonly forward: Graph;
  readonly wrt: readonly string[];
}

/** A fault: from the gradient graph as it should be to what it would be with the fault. */
export type Plant = (gradient: Graph, made: Made) => Graph;

let present: Plant | undefined;

/** Runs something with a fault planted. */
export function withPlant<R>(plant: Plant | undefined, run: () => R): R {
  const before = present;
  present = plant;
  try {
    return run();
  } finally {
    present = before;
  }
}

/** The maker of gradients, as whoever asks for it gets it. */
export function throughSeam(make: typeof withGradients): typeof withGradients {
  return (program, forward, wrt, rules) => {
    const gradient = make(program, forward, wrt, rules);
    const plant = present;
    // A plant may make gradients itself: those are as they should be.
    return plant === undefined
      ? gradient
      : withPlant(undefined, () => plant(gradient, { program, forward, wrt }));
  };
}

// A program in the forms that are held against each other. Each is made once, when it is asked for.
import { batch } from '../autodiff/batch.ts';
import { type DerivativeTable, derivatives } from '../autodiff/rules.ts';
import type { Program } from '../check/program.ts';
import { compile, optimise, type Runnable } from '../compile.ts';
import type { Graph } from '../graph/graph.ts';
import { differentiable, withGradients } from './gradient-program.ts';
import { withTangents } from './modes.ts';
import type { Case } from './random-case.ts';

export interface Forms {
  readonly program: Program;
  /** What gradients are taken by: weights, real inputs, states that are handed in. */
  readonly wrt: readonly string[];
  /** A batch with lengths. */
  readonly forward: Graph;
  /** That, with the gradients by `wrt`. */
  readonly backward: Graph;
  /** The table of derivatives that `backward` is made with. */
  readonly rules: DerivativeTable;
  /** The batch with tangents of `wrt`. */
  readonly tangents: Graph;
  /** `backward` after the passes. */
  readonly optimised: Graph;
  /** `backward` as WebAssembly. */
  readonly compiled: Promise<Runnable>;
}

/** `rules` is the table of derivatives; tests plant faults in it. */
export function makeForms(program: Program, rules: DerivativeTable = derivatives): Forms {
  const forward = batch(program.graph, { lengths: true });
  const wrt = differentiable(program);
  const backward = withGradients(program, forward, wrt, rules);
  const tangents = once(() => withTangents(program, forward, wrt));
  const optimised = once(() => optimise(backward));
  const compiled = once(() => compile(backward, { target: 'wasm' }));
  return {
    program,
    wrt,
    forward,
    backward,
    rules,
    get tangents() {
      return tangents();
    },
    get optimised() {
      return optimised();
    },
    get compiled() {
      return compiled();
    },
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Where the programs of cases come from. */
export interface FormsSource {
  /** The program of a case; undefined where its sizes do not suit it (a size that must be even, say). */
  programOf(sizes: ReadonlyMap<string, number>, startingStates: boolean): Program | undefined;
  /** The table of derivatives; tests plant faults in it. */
  readonly rules?: DerivativeTable;
}

/** The forms of a case's program; those of the same sizes are made once. */
export function formsBySizes({ programOf, rules }: FormsSource): (drawn: Case) => Forms | undefined {
  const known = new Map<string, Forms | undefined>();
  return ({ sizes, startingStates }) => {
    const key = JSON.stringify([sizes, startingStates]);
    if (!known.has(key)) {
      const program = programOf(new Map(Object.entries(sizes)), startingStates);
      known.set(key, program === undefined ? undefined : makeForms(program, rules));
    }
    return known.get(key);
  };
}

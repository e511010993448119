// A program: one cell or model with all its sizes settled, elaborated to a graph of one sequence. This is what
// everything above the checker works with. It says what the graph's inputs and outputs are, in the user's terms.
//
// Names of the graph's inputs: data and targets by their own, weights by theirs (`W`, `i.W_x`, `low.W`), `state.NAME`
// for a state that is handed in, `seed` where there is noise, `seed.batch` where a draw holds for a batch, `offset` where the number of the step is used. Its
// outputs: the outputs by name, `state.NAME` after the last step, `loss`, the metrics by name, `generate`.

import type { Span } from '../base/source.ts';
import type { Graph, NodeId } from '../graph/graph.ts';

export interface Program {
  readonly name: string;
  readonly kind: 'cell' | 'model';
  /** The name where it stands in the file. */
  readonly span: Span;
  readonly documentation: string | undefined;
  /** One sequence: T is symbolic, there is no B. */
  readonly graph: Graph;
  /** Every size of the header. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Every real hyperparameter of the header. */
  readonly hyperparameters: ReadonlyMap<string, number>;
  readonly inputs: readonly ProgramInput[];
  /** None where the mode is `generate`. */
  readonly targets: readonly ProgramInput[];
  /** In the order of the file; an instance's weights stand where the instance does. */
  readonly parameters: readonly ProgramParameter[];
  readonly states: readonly ProgramState[];
  readonly outputs: readonly ProgramOutput[];
  readonly loss: ProgramResult | undefined;
  readonly metrics: readonly (ProgramResult & { readonly name: string })[];
  readonly generate: ProgramGenerate | undefined;
  /** What the equations compute, by their names; in the order of computation. A value may have several names. */
  readonly values: readonly ProgramValue[];
  /** Whether the graph has the input `seed`, one for each sequence. */
  readonly hasNoise: boolean;
  /** Whether the graph has the input `seed.batch`, one for all sequences. */
  readonly hasBatchNoise: boolean;
  /** Whether the graph has the input `offset`. */
  readonly usesStepNumber: boolean;
}

export type ProgramRate = 'once' | 'step';

export interface ProgramInput {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly kind: 'real' | 'index';
  /** For an index: how many categories there are. */
  readonly categories: number | undefined;
  readonly rate: ProgramRate;
  /** Without time and batch. */
  readonly shape: readonly number[];
}

export interface ProgramParameter {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly shape: readonly number[];
  /** It stays at its start: no gradient is asked for, and no optimizer moves it. */
  readonly frozen: boolean;
  readonly start: ProgramStart;
}

/** How a weight starts. Random ones are keyed by the weight's name. */
export type ProgramStart =
  | { readonly kind: 'zeros' }
  /** Uniform between plus and minus sqrt(6 / (fanIn + fanOut)) (Glorot & Bengio 2010). */
  | { readonly kind: 'glorot'; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: 'orthogonal' }
  | { readonly kind: 'identity' }
  | ({ readonly kind: 'normal'; readonly deviation: number } & Sparse)
  | ({ readonly kind: 'uniform'; readonly low: number; readonly high: number } & Sparse)
  /** The exponential of a number that is uniform between the logarithms of the two. */
  | { readonly kind: 'log_uniform'; readonly low: number; readonly high: number }
  /** The logarithm of a number that is uniform between 1 and longest - 1 (Tallec & Ollivier 2018). */
  | { readonly kind: 'chrono'; readonly longest: number }
  /** Normal numbers, scaled so that the largest eigenvalue has this size (Jaeger 2001). */
  | ({ readonly kind: 'spectral'; readonly radius: number } & Sparse)
  /** HiPPO-LegS (Gu et al. 2020): the square matrix A, or the vector B. */
  | { readonly kind: 'hippo' }
  /** HiPPO-LegT over a window, one step of it (Voelker et al. 2019): the square matrix A, or the vector B. */
  | { readonly kind: 'legendre'; readonly window: number }
  /** At the start of another weight, or at its negative. */
  | { readonly kind: 'copy'; readonly of: string; readonly negative: boolean }
  /** The same number everywhere. */
  | { readonly kind: 'value'; readonly value: number };

interface Sparse {
  /** The share of the entries that are drawn, if not all; the others are zero. */
  readonly density?: number | undefined;
}

export interface ProgramState {
  /** `h`, `low.h`: the graph's `state.h`, `state.low.h`. */
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly shape: readonly number[];
  /** Before the first step: zero, or what its declaration says (weights, another cell's state). */
  readonly start: 'zero' | 'declared';
  /** Runs from the last step to the first: it cannot be carried from window to window. */
  readonly reverse: boolean;
}

export interface ProgramOutput {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly kind: 'real' | 'index' | 'bool';
  readonly categories: number | undefined;
  readonly rate: ProgramRate;
  /** Without time and batch. */
  readonly shape: readonly number[];
}

/** Where the graph has the value of an equation, or what is handed to a copy of a cell under the name of its input. */
export interface ProgramValue {
  /** `i`, `low.h`, `low.x`. */
  readonly name: string;
  /** The body of the scan that it stands in; undefined: the program's graph itself. */
  readonly body: Graph | undefined;
  readonly node: NodeId;
}

/** The loss or a metric: a scalar, per step or once. */
export interface ProgramResult {
  readonly span: Span;
  readonly rate: ProgramRate;
}

/**
 * How a sequence is continued: draw the next `input` from the categories whose logits the graph gives as `generate`,
 * in the mode of that name.
 */
export interface ProgramGenerate {
  readonly span: Span;
  readonly input: string;
  readonly categories: number;
}

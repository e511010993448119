// A program: one cell or model with all its sizes settled, elaborated to a graph of one sequence. This is what
// everything above the checker works with. It says what the graph's inputs and outputs are, in the user's terms.
//
// Names of the graph's inputs: data and targets by their own, weights by theirs (`W`, `i.W_x`, `low.W`), `state.NAME`
// for a state that is handed in, `seed` where there is noise, `offset` where the number of the step is used. Its
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
  /** Whether the graph has the input `seed`. */
  readonly hasNoise: boolean;
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
  readonly start: ProgramStart;
}

/** How a weight starts. Random ones are keyed by the weight's name. */
export type ProgramStart =
  | { readonly kind: 'zeros' }
  /** Uniform between plus and minus sqrt(6 / (fanIn + fanOut)) (Glorot & Bengio 2010). */
  | { readonly kind: 'glorot'; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: 'orthogonal' }
  | { readonly kind: 'identity' }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** The same number everywhere. */
  | { readonly kind: 'value'; readonly value: number };

export interface ProgramState {
  /** `h`, `low.h`: the graph's `state.h`, `state.low.h`. */
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly kind: 'real' | 'index';
  /** For an index: how many categories there are. */
  readonly categories: number | undefined;
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

/**
 * A data set: batches for training by the number of the step, and batches for validation in a fixed order.
 *
 * Invariant: a training batch depends on the files, the settings, the seed and the step's number alone, never on
 * the batches that were asked for before. That is what makes a resumed run equal to one that was not stopped.
 */
import type { Tensor } from '../../tensor/tensor.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a data set gives to one input or target of a model. */
export interface Field {
  readonly kind: 'real' | 'index';
  /** For an index: how many categories there are. */
  readonly categories: number | undefined;
  readonly rate: 'step' | 'once';
  /** Without time and batch. */
  readonly shape: readonly number[];
  /** What it is, for a message: "the next character". */
  readonly meaning: string;
}

/** Arrays are time-major: [T, B, ...] for a value at each step, [B, ...] for one per sequence. */
export interface Batch {
  readonly input: Tensor;
  readonly target: Tensor;
  /** Index [B]; undefined: every sequence has all the steps. */
  readonly lengths: Tensor | undefined;
  /** T and B. */
  readonly steps: number;
  readonly sequences: number;
  /** Steps without padding, over all sequences. */
  readonly realSteps: number;
  /** Whether its sequences go on where those of the batch before ended. */
  readonly continues: boolean;
  /** The number of its first step, counted from where its sequences began. */
  readonly offset: number;
}

export interface Dataset {
  /** For people: how much there is, in one line. */
  readonly description: string;
  /** Other data has another one: every sequence and its order are in it. */
  readonly fingerprint: string;
  readonly input: Field;
  readonly target: Field;
  readonly vocabulary: Vocabulary | undefined;
  /** What the categories of the target are called, where each is a file: their names. */
  readonly classes: readonly string[] | undefined;
  /** Whether batches may continue each other, so that states are carried. */
  readonly windowed: boolean;
  /** Steps and sequences that no batch goes beyond, of training and validation. */
  readonly largest: { readonly steps: number; readonly sequences: number };
  /** Undefined: data without an end. */
  readonly stepsPerEpoch: number | undefined;
  /** `step` counts from 0. */
  trainingBatch(step: number): Batch;
  /** 0: nothing is held out. */
  readonly validationBatches: number;
  validationBatch(index: number): Batch;
}

/** `12,345`. */
export function showCount(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

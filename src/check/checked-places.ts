// Indices, and what stands in brackets for one axis of a value, in a checked program.

import type { Size } from './size.ts';

/** An index of index notation: a whole number from 0 to below its size. Two are the same where their ids are. */
export interface CheckedIndex {
  /** In the order in which the cell binds them: what is bound outside is smaller. */
  readonly id: number;
  readonly name: string;
  readonly size: Size;
}

/** What stands in brackets for one axis of a value. */
export type CheckedPlace<Expression> =
  | { readonly kind: 'whole' }
  | { readonly kind: 'slice'; readonly start: Size; readonly size: Size }
  | { readonly kind: 'entry'; readonly at: Size }
  /** index []. */
  | { readonly kind: 'category'; readonly position: Expression }
  /** The entry that an index names. */
  | { readonly kind: 'index'; readonly index: CheckedIndex }
  /** The entry at `offset` and so often each index as its factor says; zero where there is none. */
  | { readonly kind: 'sum'; readonly terms: readonly IndexTerm[]; readonly offset: Size };

export interface IndexTerm {
  readonly index: CheckedIndex;
  readonly factor: Size;
}

// The ways in which a weight can start. `Size` and `Number` are what its sizes and its numbers are made of.

/**
 * The fans are the products of the sizes of the output (fan out) and of the argument (fan in), 1 where there are none.
 * `density` is the share of the entries that are drawn, all where it is not given; the others are zero.
 */
export type Start<Size, Number> =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'glorot'; readonly fanIn: Size; readonly fanOut: Size }
  | { readonly kind: 'he' | 'lecun'; readonly fanIn: Size }
  | { readonly kind: 'orthogonal' }
  | { readonly kind: 'identity' }
  | ({ readonly kind: 'normal'; readonly deviation: Number } & Sparse<Number>)
  | ({ readonly kind: 'uniform'; readonly low: Number; readonly high: Number } & Sparse<Number>)
  | { readonly kind: 'log_uniform'; readonly low: Number; readonly high: Number }
  | { readonly kind: 'chrono'; readonly longest: Number }
  | ({ readonly kind: 'spectral'; readonly radius: Number } & Sparse<Number>)
  | { readonly kind: 'hippo' }
  | { readonly kind: 'range' }
  /** Entry by entry; the k-th of the draws stands in it as a parameter called `draw k`, of shape []. */
  | { readonly kind: 'formula'; readonly draws: readonly Start<Size, Number>[]; readonly value: Number }
  | { readonly kind: 'legendre'; readonly window: Number }
  /** At the start of another weight of the cell, or at its negative. */
  | { readonly kind: 'copy'; readonly of: string; readonly negative: boolean }
  | { readonly kind: 'value'; readonly value: Number };

interface Sparse<Number> {
  readonly density: Number | undefined;
}

// Cells that a program makes around others: with a cell in the header, from a vector to one of the same size.
import type { Choices } from './choices.ts';
import type { Block } from './tree.ts';

/** A cell with a cell in its header, as those that use it see it. */
export interface Wrapper {
  readonly name: string;
  /** It has a state of its own, so that it is no function of one step. */
  readonly hasState: boolean;
}

const bodies: readonly { readonly hasState: boolean; readonly items: readonly string[] }[] = [
  { hasState: false, items: ['g = sigmoid(affine(x))', 'output g * C()(x) + (1 - g) * x'] },
  { hasState: false, items: ['inner = C()', 'y = inner(x)', 'output 0.5 * y + x'] },
  { hasState: false, items: ['output 0.5 * stack(2, C)(x) - residual(C)(x)'] },
  { hasState: false, items: ['y = highway(C)(x)', 'output x + 0.5 * y'] },
  { hasState: true, items: ['state s: [n]', 's = 0.5 * prev s + 0.5 * C()(x)', 'output x + s'] },
];

export function growWrapper(choices: Choices): { readonly block: Block; readonly wrapper: Wrapper } {
  const { hasState, items } = choices.of(bodies);
  const lines = ['input x: [n]', ...items].map((line) => ({ parts: [line] }));
  const header = `cell Around(${choices.of(['C: cell, n', 'n, C: cell', 'C: cell = Dense(n), n'])})`;
  return { block: { name: 'Around', header, items: lines }, wrapper: { name: 'Around', hasState } };
}

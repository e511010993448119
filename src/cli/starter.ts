// What `rnn new` writes: a cell to change, a model around it and an experiment, with a comment to each line that teaches
// what it is. It trains as it stands.

import { invariant } from '../base/invariant.ts';
import { makeSource } from '../base/source.ts';
import { formatSource } from '../parser/format.ts';

export const TASKS = ['adding', 'text'] as const;

export type Task = (typeof TASKS)[number];

/** Where the remarks stand, but for a long name. */
const remarkColumn = 43;

/** The text of a program. `file` is its own name; `cell` begins with a capital. */
export function starter(file: string, cell: string, task: Task): string {
  const parts = [cellPart(cell), task === 'adding' ? addingPart(cell) : textPart(cell, file)];
  const lines = parts.join('\n').replaceAll(/^(.+) {2}(# .*)$/gm, (_, code: string, remark) => {
    return code.padEnd(remarkColumn) + remark;
  });
  const { text } = formatSource(makeSource(file, lines));
  invariant(text !== undefined, 'a program to start from can be read');
  return text;
}

function cellPart(cell: string): string {
  return `
## A cell to start from: the minimal gated unit (Zhou et al. 2016). Change its equations, and check again.
cell ${cell}(n, m) {  # sizes: n numbers come in at each step, m are kept in mind
  input x: [n]  # what comes in at this step
  state h: [m]  # what is kept in mind; zero before the first step

  f = sigmoid(affine(x, prev h))  # a gate from 0 to 1. affine: weights for each argument, and a bias
  g = tanh(affine(x, f * prev h))  # what to write; where the gate is 0 it forgets prev h, the h before
  h = (1 - f) * prev h + f * g  # some of the old and some of the new. Every state has its equation
  output h  # what others see of it
}
`;
}

function addingPart(cell: string): string {
  return `
## The adding problem: two of the numbers of a sequence are marked. What do they add up to?
model ${cell}Adding(m = 32) {  # m has a default here: --set m=64 takes another
  input  x: [2]  # a number, and its mark
  target total: once []  # one answer for the whole sequence

  h = ${cell}(m: m)(x)  # a copy of the cell: sizes first, then values; n follows from x
  answer: [] = Dense()(last h)  # weights and a bias for what is in mind at the last step

  loss   (answer - total) ^ 2  # what training makes small
  metric solved = abs(answer - total) < 0.04
}

train ${cell}Adding {
  data      adding(length: 20)  # made anew for each step: no file is needed
  batch     32  # sequences in a step
  optimizer adam(lr: 0.01)
  clip      1.0  # longer gradients are shortened
  steps     500
}
`;
}

function textPart(cell: string, file: string): string {
  return `
## Guesses the next character of a text.
model ${cell}Text(v, m = 64) {  # v is counted in the data; m has a default: --set m=128 takes another
  input  x: index(v)  # one of v characters
  target y: index(v)  # the one that comes next

  h = ${cell}(m: m)(Embedding(16)(x))  # 16 numbers for each character, then a copy of the cell
  logits = Dense(v)(h)  # a number for each character that may come next

  loss   cross_entropy(logits, y)  # what training makes small
  metric bits_per_char = cross_entropy(logits, y) / log(2)
  generate x ~ categorical(logits)  # how a text is written on, a character at a time
}

train ${cell}Text {
  data      text("${file}", by: char)  # this file, to begin with: --data book.txt takes another
  window    32  # characters of a step; states go on from one to the next, gradients do not
  batch     8  # places of the text that are read side by side
  optimizer adam(lr: 0.01)
  clip      1.0  # longer gradients are shortened
  steps     100
}
`;
}

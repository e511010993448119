// How much the reference holds at a time, from shapes alone.
import { expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluationBytes } from '../../src/graph/memory.ts';
import { readGraph } from '../../src/graph/read.ts';
import { real } from '../../src/graph/type.ts';

const at = (T: number) =>
  new Map([
    ['T', T],
    ['B', 2],
  ]);

// The input is the caller's and stays; of the chain two are there at a time.
it('what is no longer needed is let go', () => {
  const b = new GraphBuilder('chain');
  let x = b.input('x', real('T'), 'input');
  for (let k = 0; k < 10; k++) x = b.apply('tanh', x);
  b.output('y', x);
  expect(evaluationBytes(b.finish(), at(1000))).toBe(8 * (1000 + 2 * 1000));
});

it('a scan holds its stacks, and one step of its body', () => {
  const graph = readGraph(`graph Leaky
  %0 = input x : real[T, B, 2]
  %1 = constant value=0 : real[B, 2]
  %2 = scan over T carries %1 sequences %0
    body step
      %0 = step t : index[]
      %1 = carry h : real[B, 2]
      %2 = sequence x : real[B, 2]
      %3 = add %1 %2 : real[B, 2]
      %4 = tanh %3 : real[B, 2]
      next h %4
      stack h %4
  %3 = result 0 of %2 : real[B, 2]
  %4 = result 1 of %2 : real[T, B, 2]
  output h %4
`);
  // The input, the start, the last state, the stack, and two values of a step, of four numbers at each step.
  expect(evaluationBytes(graph, at(100))).toBe(8 * 4 * (100 + 1 + 1 + 100 + 2));
});

it('numbers of any size', () => {
  const b = new GraphBuilder('wide');
  const x = b.input('x', real(1e9, 1e9), 'input');
  b.output('y', b.apply('tanh', x));
  expect(evaluationBytes(b.finish(), at(1))).toBe(16e18);
});

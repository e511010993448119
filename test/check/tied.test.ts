// Weights of an instance, read by name: one weight, whose gradient is that of both uses.
import { expect, test } from 'vitest';
import { gradient } from '../../src/autodiff/vjp.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { elaborateText } from './programs.ts';

const model = (items: string, use: string, logits: string): string => `model M(v, m) {
  input  x: index(v)
  target y: index(v)
  ${items}
  e = ${use}
  h = tanh(e)
  logits = ${logits}
  loss cross_entropy(logits, y)
}`;

const sizes = new Map([
  ['v', 3],
  ['m', 2],
]);
const W = realTensor([3, 2], [0.3, -0.2, 0.7, 0.1, -0.5, 0.4]);

/** The loss and the gradient by a weight, over three steps. */
function run(text: string, weight: string): readonly number[] {
  const { graph, parameters } = elaborateText(text, { mode: 'train', sizes, startingStates: false });
  expect(parameters.map(({ name, shape }) => [name, ...shape])).toEqual([[weight, 3, 2]]);
  const outputs = evaluate(
    gradient(graph, { output: 'loss', wrt: [weight] }),
    new Map([
      ['x', indexTensor([3], [0, 2, 1])],
      ['y', indexTensor([3], [1, 1, 2])],
      [weight, W],
    ]),
  );
  return [...outputs.get('loss')!.data, ...outputs.get(`grad.${weight}`)!.data];
}

test('a tied embedding is one weight', () => {
  const tied = run(model('emb = Embedding(m)', 'emb(x)', 'emb.W @ h'), 'emb.W');
  const plain = run(model('param W: [v, m]', 'W[x]', 'W @ h'), 'W');
  expect(tied).toEqual(plain);
});

test('of what stands deeper, of a copy in a bidirectional, and of a Dense', () => {
  const text = `cell Low(n, m) {
    input x: [n]
    param U: [m, n]
    output U @ x
  }
  cell Top(n, m) {
    input x: [n]
    low = Low(m: 2 * m)
    z = low(x)
    output z
  }
  cell All(n) {
    input x: [n]
    top = Top(m: 4)
    both = bidirectional(Low(m: n))
    out = Dense(5)
    a = top(x)
    b = both(x)
    c = out(a)
    d = top.low.U @ x
    f = both.forward.U @ x + both.backward.U @ x
    g = out.W @ d + out.b
    output concat(b, c, f, g)
  }`;
  const { parameters } = elaborateText(text, {
    name: 'All',
    mode: 'train',
    sizes: new Map([['n', 3]]),
    startingStates: false,
  });
  expect(parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
    ['top.low.U', 8, 3],
    ['both.forward.U', 3, 3],
    ['both.backward.U', 3, 3],
    ['out.W', 5, 8],
    ['out.b', 5],
  ]);
});

test('a weight is there before its instance is applied', () => {
  const text = `cell Low(n, m) {
    input x: [n]
    param U: [m, n]
    output U @ x
  }
  cell All(n) {
    input x: [n]
    low = Low(m: n)
    y = low(low.U @ x)
    output y
  }`;
  expect(() =>
    elaborateText(text, { name: 'All', mode: 'train', sizes: new Map([['n', 3]]), startingStates: false }),
  ).not.toThrow();
});

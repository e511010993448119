// Second room: sums. What a weight, or a state, is owed by all the places that use it; and which buffer it is read from.
import { type Exhibit, gradientExhibit } from './exhibit.ts';
import {
  countedTwice,
  neverWritten,
  oneUseOnly,
  overwritten,
  readFor,
  withoutLastStates,
} from './planting.ts';

// With more than one layer the pointer to the biases' gradients was moved on by half of what it should have been, and that of the
// upper layer stood at zero. On another device it was right: the reporter had compared the two.
const biasOfUpperLayer = gradientExhibit({
  name: 'The bias of the upper layer',
  threads: ['apache/mxnet#17818', 'apache/mxnet#17872'],
  program: `cell Two {
    input x: []
    param w, b, v, c: []
    state low, top: []
    low = w * prev low + x + b
    top = v * prev top + low + c
    output last top
  }`,
  numbers: { x: [1, 1], w: 2, b: 1, v: 3, c: 5 },
  // low = 2, 6; top2 = v (low1 + c) + low2 + c.
  gradients: { w: 2, b: 3 + 2 + 1, v: 2 + 5, c: 3 + 1, x: [5, 1] },
  plant: neverWritten('c'),
  wrongly: { w: 2, b: 6, v: 7, c: 0, x: [5, 1] },
});

// In a fused GRU of three and more layers the input weights of the layers in between got their gradients from what goes into
// the whole, not from what goes into the layer: a pointer that was set to the start and not moved. First and last layer were right.
//
// a = 1, 3; b = 2 a = 2, 6; dc = 1, 1 and db = 5, 5: dv is 5 * 1 + 5 * 3, and not 5 * 1 + 5 * 2.
const middleLayer = gradientExhibit({
  name: 'The middle layer learns from the wrong input',
  threads: ['apache/mxnet#18203', 'apache/mxnet#17898'],
  program: `cell Three {
    input x: []
    param u, v, w: []
    state a, b, c: []
    a = prev a + u * x
    b = v * a
    c = prev c + w * b
    output last c
  }`,
  numbers: { x: [1, 2], u: 1, v: 2, w: 5 },
  // c2 = w v (a1 + a2), and a1 + a2 = u (2 x1 + x2) = 4.
  gradients: { u: 5 * 2 * 4, v: 5 * 4, w: 2 * 4, x: [20, 10] },
  plant: readFor('forward 0.backward', 'carry 0', 'x'),
  wrongly: { u: 40, v: 5 * 3, w: 8, x: [20, 10] },
});

// The two directions of a layer were differentiated one after the other, and the first wrote dx where the second had still to
// read dy. Two numbers of one size, one place.
//
// dy is 1 everywhere. The direction from the end has dx = 1, 1.5, 1.75; the other one should make 1.75, 1.5, 1 of dy, and makes
// 2.1875, 2.375, 1.75 of that.
const overwrittenCotangent = gradientExhibit({
  name: 'The buffer that the other direction had still to read',
  threads: ['apache/mxnet#17898', 'apache/mxnet#18203'],
  program: `cell Run(n) {
    input x: [n]
    state h: [n]
    h = 0.5 * prev h + x
    output h
  }
  cell Both(n) {
    input x: [n]
    y = bidirectional(Run(n: n))(x)
    output y
  }`,
  sizes: { n: 1 },
  numbers: { x: [[1], [2], [3]] },
  gradients: { x: [[2.75], [3], [2.75]] },
  plant: readFor('forward 0.backward', 'cotangent.stack 0', 'backward 1.backward: cotangent.x'),
  wrongly: { x: [[2.1875 + 1], [2.375 + 1.5], [1.75 + 1.75]] },
});

// One matrix that reads words and writes them is used in two places, and its gradient is the sum of both. Here two copies had
// each its own gradient and its own step of the optimizer; elsewhere the second one replaced the first.
//
// E = (2, 3), the word is 1: h = 3, and the logits are E h = 6, 9. From writing comes (h, h), from reading E1 gets E0 + E1.
const tied = gradientExhibit({
  name: 'Tied weights, counted once',
  threads: ['paiml/entrenar#314', 'NVIDIA/TransformerEngine#3437'],
  program: `cell Tied(v, d) {
    input word: index(v)
    param E: [v, d]
    state h: [d]
    h = prev h + E[word]
    output E @ h
  }`,
  sizes: { v: 2, d: 1 },
  numbers: { word: [1], E: [[2], [3]] },
  gradients: { E: [[3], [3 + 5]] },
  plant: oneUseOnly('E', 0),
  wrongly: { E: [[3], [3]] },
});

// After a good deal of searching, "a loop causing too much backpropagation": LSTMs and GRUs did not always learn. Someone who
// mended the LSTM of another library noticed that its weights' gradients were twice what they should be.
const twice = gradientExhibit({
  name: 'Counted twice',
  threads: ['BrainJS/brain.js#701', 'pytorch/pytorch#95137'],
  program: `cell Sum {
    input x: []
    param w: []
    state h: []
    h = prev h + w * x
    output h
  }`,
  numbers: { x: [1, 10, 100], w: 2 },
  gradients: { w: 3 + 20 + 100, x: [6, 4, 2] },
  plant: countedTwice('w'),
  wrongly: { w: 246, x: [6, 4, 2] },
});

// A value read twice by its index got the gradient of the last reading alone: the gradients were stored where they should have been
// added. For an embedding that is every word that occurs again.
//
// Word 0 is read at the steps 1 and 3, and dh is 1, 2, 4 times c there.
const readTwice = gradientExhibit({
  name: 'A row that is read twice',
  threads: ['pytorch/pytorch#1528', 'PaddlePaddle/Paddle#17705', 'pymc-devs/pytensor#2242'],
  program: `cell Words(v, d) {
    input word: index(v)
    param E: [v, d]
    state h: [d]
    h = 2 * prev h + E[word]
    output last h
  }`,
  sizes: { v: 2, d: 1 },
  numbers: { word: [0, 1, 0], E: [[1], [1]] },
  gradients: { E: [[4 + 1], [2]] },
  plant: overwritten('E'),
  wrongly: { E: [[4], [2]] },
});

// An LSTM gives its outputs and its last cell state. Who used the latter got gradients as if he had not: the backward
// operation did not look at that cotangent. A gradient check over that one output found it.
//
// c = 1, 4, 11. Through the sums of all: da = 1 + (4 + 2), dx = 7, 3, 1; and through the last one 6 and 4, 2, 1 once more.
const lastState = gradientExhibit({
  name: 'The last cell state does not count',
  threads: ['deeplearning4j/deeplearning4j#8838', 'PaddlePaddle/Paddle#6970'],
  program: `cell Cell {
    input x: []
    param a: []
    state c: []
    c = a * prev c + x
    output c
    end = last c
    output end
  }`,
  numbers: { x: [1, 2, 3], a: 2 },
  gradients: { a: 7 + 6, x: [7 + 4, 3 + 2, 1 + 1] },
  plant: withoutLastStates,
  wrongly: { a: 7, x: [7, 3, 1] },
});

export const sums: readonly Exhibit[] = [
  biasOfUpperLayer,
  middleLayer,
  overwrittenCotangent,
  tied,
  twice,
  readTwice,
  lastState,
];

// First room: the loop that runs backwards. What it hands from step to step, in which order, and what it reads.
import { expect } from 'vitest';
import { apart, BY_HAND, checkOf, type Exhibit, gradientExhibit, gradientsAt } from './exhibit.ts';
import { cutCarries, inForwardOrder, neverWritten, readFor, whereStartsAreNumbers } from './planting.ts';

// The state's cotangent was traced as zero where the starting state asked for no gradient, and so it was zero at every step:
// each use of the weight was counted as if nothing came after it. Values were right, the weight's gradient (0.19 for 0.27 in
// the thread) was not. Whoever asked for the start's gradient as well saw nothing.
//
// h3 = a^2 x1 + a x2 + x3, so da is 2 a x1 + x2 = 6. With the fault the last use of a alone is seen: h2 = 4.
const closedOver = gradientExhibit({
  name: 'The weight that the loop closes over',
  threads: ['pytorch/pytorch#184528', 'pytorch/pytorch#184529'],
  program: `cell Sum {
    input x: []
    param a: []
    state h: []
    h = a * prev h + x
    output last h
  }`,
  numbers: { x: [1, 2, 3], a: 2 },
  gradients: { a: 6, x: [4, 2, 1] },
  plant: whereStartsAreNumbers(cutCarries()),
  wrongly: { a: 4, x: [0, 0, 1] },
});

const turning = `cell Turning(n) {
  input x: [n]
  param A: [n, n]
  state h: [n]
  h = x * (A @ prev h)
  output last h
}`;

// The derivative of a loop was put together from those of its steps in the order in which the steps had run. That is right
// only if they can change places, and the steps of a recurrent cell cannot. It was the default for LSTM and GRU; against
// differences, one weight of a GRU had 0.405 for 0.091.
//
// J1 = diag(1, 2) A and J2 = diag(3, 1) A. The start's gradient is J1' J2' c = (26, 36), and J2' J1' c = (21, 81) is not.
const forwardOrder: Exhibit = (() => {
  const exhibit = gradientExhibit({
    name: 'Jacobians in the order of the forward pass',
    threads: ['elixir-nx/axon#644', 'elixir-nx/axon#646'],
    program: turning,
    sizes: { n: 2 },
    numbers: {
      x: [
        [1, 2],
        [3, 1],
      ],
      A: [
        [0, 1],
        [1, 1],
      ],
      'state.h': [1, 1],
      'cotangent.output': [1, 10],
    },
    gradients: {
      // h1 = (1, 4), A h1 = (4, 5); dh1 x1 = (10, 26) meets h0 = (1, 1), and dh2 x2 = (3, 10) meets h1.
      A: [
        [10 + 3, 10 + 12],
        [26 + 10, 26 + 40],
      ],
      'state.h': [26, 36],
      x: [
        [10, 26],
        [4, 50],
      ],
    },
    plant: inForwardOrder,
    wrongly: { 'state.h': [21, 81] },
  });
  return {
    ...exhibit,
    wrong() {
      exhibit.wrong();
      // Numbers commute: a state of one hides the fault, in the start's gradient.
      const small = {
        program: turning,
        sizes: { n: 1 },
        numbers: { x: [[2], [3]], A: [[5]], 'state.h': [1] },
      };
      const start = { 'state.h': 2 * 5 * 3 * 5 };
      expect(apart(gradientsAt(small, inForwardOrder), start)).toBeLessThanOrEqual(BY_HAND);
    },
  };
})();

// A network was applied to all steps by broadcasting, and the gradient of a broadcast called the steps' derivatives from
// the first to the last. When the loss, which looked at the last output, reached the last step, the others were done: the
// gradient was that of one step. An LSTM got stuck at a plateau, without a word.
//
// Here the loss looks at the last of the outputs, and the loop back begins at the wrong end.
const oneStep = gradientExhibit({
  name: 'Backpropagation through one step of time',
  threads: ['FluxML/Flux.jl#1209', 'FluxML/Flux.jl#1168', 'FluxML/Zygote.jl#676'],
  program: `cell Sum {
    input x: []
    param a: []
    state h: []
    h = a * prev h + x
    output h
  }`,
  numbers: { x: [1, 2, 3], a: 2, 'cotangent.h': [0, 0, 1] },
  gradients: { a: 6, x: [4, 2, 1] },
  plant: inForwardOrder,
  wrongly: { a: 4, x: [0, 0, 1] },
});

// The numbers are those of the thread: weights 5 and 4, bias 0, a learned start of 7, inputs 2 and 3, the loss is the second
// output. It should have been 11, 66, 5 and 16 for the start; it was 3, 38 and 1.
//
// h1 = 5 * 2 + 4 * 7 = 38 and h2 = 5 * 3 + 4 * 38.
const hiddenState = gradientExhibit({
  name: 'Gradients lost with the hidden state',
  threads: ['FluxML/Flux.jl#2185'],
  program: `cell Learned {
    input x: []
    param wi, wh, b, s: []
    state h: [] = s
    h = wi * x + wh * prev h + b
    output last h
  }`,
  numbers: { x: [2, 3], wi: 5, wh: 4, b: 0, s: 7 },
  gradients: { wi: 3 + 4 * 2, wh: 38 + 4 * 7, b: 1 + 4, s: 16, x: [20, 5] },
  plant: cutCarries(),
  wrongly: { wi: 3, wh: 38, b: 1, s: 0, x: [0, 5] },
});

// Once more, and finer: the tests that were written for the thread before found that in one version all gradients were right but
// that of the learned start. It had been handed to the state that the layer keeps, and not to the weight that it began with.
const lostStart = gradientExhibit({
  name: 'Right, but for the learned start',
  threads: ['FluxML/Flux.jl#2215'],
  program: `cell Learned {
    input x: []
    param w, s: []
    state h: [] = s
    h = w * prev h + x
    output last h
  }`,
  numbers: { x: [1, 1], w: 3, s: 2 },
  // h2 = w^2 s + w x1 + x2.
  gradients: { w: 2 * 3 * 2 + 1, s: 9, x: [3, 1] },
  plant: neverWritten('s'),
  wrongly: { w: 13, s: 0, x: [3, 1] },
});

// What the list of this museum has of the thread: the gradient of a scan whose carry is in part not used, or constant. (Its
// neighbour reports a failure for the gradient of a compiled scan in which a part of the carry is not used.) Here a carry
// passes through unchanged, and is taken for something that nothing depends on.
const passesThrough = gradientExhibit({
  name: 'A carry that passes through',
  threads: ['jax-ml/jax#748', 'jax-ml/jax#749', 'jax-ml/jax#1082'],
  program: `cell Scaled {
    input x: []
    state p, unused, h: []
    p = prev p
    unused = prev unused + x
    h = prev h + prev p * x
    output last h
  }`,
  numbers: { x: [1, 2, 3], 'state.p': 5, 'state.unused': 0, 'state.h': 0 },
  gradients: { x: [5, 5, 5], 'state.p': 6, 'state.unused': 0, 'state.h': 1 },
  plant: cutCarries(['p']),
  wrongly: { x: [5, 5, 5], 'state.p': 0, 'state.unused': 0, 'state.h': 1 },
});

// The running sum of the thread: its Jacobian is a triangle of ones. Forward mode gave it. Reverse mode gave zeros, for the
// sequence that was scanned over, and said nothing. The two modes beside each other are a check that needs no step size.
const sequence: Exhibit = (() => {
  const program = `cell RunningSum {
    input n: []
    param a: []
    state x: []
    x = prev x + a * n
    output x
  }`;
  const exhibit = gradientExhibit({
    name: 'Zeros for the sequence, in one mode',
    threads: ['jax-ml/jax#753'],
    program,
    numbers: { n: [0, 1, 2, 3, 4], a: 1 },
    // n_k is in all sums from the k-th on; the sums of n are 0, 1, 3, 6, 10.
    gradients: { n: [5, 4, 3, 2, 1], a: 20 },
    plant: neverWritten('n'),
    wrongly: { n: [0, 0, 0, 0, 0], a: 20 },
  });
  return {
    ...exhibit,
    wrong() {
      exhibit.wrong();
      expect(checkOf(program, neverWritten('n')).modes.passed).toBe(false);
    },
  };
})();

// A reader of a course asks why the first step's term of the recurrent weight's gradient takes the state after that step where
// it should take the one before. (Nobody has answered yet.) All shapes fit, and training goes on.
//
// h = 1, 4, 11 and dh = 7, 3, 1. The weight's gradient is the sum of dh_t h_(t-1) = 3 * 1 + 1 * 4, and not of dh_t h_t.
const oneStepLate = gradientExhibit({
  name: 'The state after the step for the state before',
  threads: ['VikParuchuri/zero_to_gpt#9'],
  program: `cell Sum {
    input x: []
    param a: []
    state h: []
    h = a * prev h + x
    output h
  }`,
  numbers: { x: [1, 2, 3], a: 2 },
  gradients: { a: 7, x: [7, 3, 1] },
  plant: readFor('forward 0.backward', 'prev.h', 'forward 0: stack 0'),
  wrongly: { a: 7 + 3 * 4 + 11, x: [7, 3, 1] },
});

export const theLoopBack: readonly Exhibit[] = [
  closedOver,
  forwardOrder,
  oneStep,
  hiddenState,
  lostStart,
  passesThrough,
  sequence,
  oneStepLate,
];

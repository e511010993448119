// Third room: ends of sequences. Arrays have room for the longest; what lies behind the end of a shorter one must
// not be heard of.
import { expect } from 'vitest';
import { gradient } from '../../src/autodiff/vjp.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { gradientError } from '../autodiff/differences.ts';
import {
  apart,
  ask,
  BY_HAND,
  type Exhibit,
  extentsOf,
  gradientExhibit,
  gradientsAt,
  valuesAt,
} from './exhibit.ts';
import {
  atEndOfArray,
  averagedOverArray,
  filledBehindEnds,
  ignoringLengths,
  withoutLengths,
  withoutMasks,
} from './planting.ts';

const decaying = `cell Sum {
  input x: []
  param a: []
  state h: []
  h = a * prev h + x
  output last h
}`;

// The gradient check of an LSTM over sentences of unequal lengths fails; why, we could not read. A way to get there: the forward
// pass stops at the end of each sentence, and the backward pass does not.
//
// The second sequence has one step, and the gradient of its later ones is nothing.
const goesOnBackwards = gradientExhibit({
  name: 'Masked forwards, not backwards',
  threads: ['Element-Research/rnn#204'],
  program: decaying,
  lengths: [3, 1],
  numbers: {
    x: [
      [1, 1],
      [2, 0],
      [3, 0],
    ],
    a: 2,
  },
  gradients: {
    a: 6,
    x: [
      [4, 1],
      [2, 0],
      [1, 0],
    ],
  },
  plant: withoutLengths,
  wrongly: {
    x: [
      [4, 4],
      [2, 2],
      [1, 1],
    ],
  },
});

// A loop that squares its numbers stops at the sixth of twenty. Its gradient arrived at the last six places, multiplied by the
// numbers there: 28 to 38. To run backwards the array had been turned round, and its end came first, and not the end of
// the loop.
const lastPlaces = gradientExhibit({
  name: 'Counted from the end of the array',
  threads: ['Theano/Theano#5439', 'Theano/Theano#5775'],
  program: `cell Square {
    input x: []
    output x * x
  }`,
  lengths: [6],
  numbers: { x: Array.from({ length: 20 }, (_, t) => [t]) },
  gradients: { x: Array.from({ length: 20 }, (_, t) => [t < 6 ? 2 * t : 0]) },
  plant: atEndOfArray,
  wrongly: { x: Array.from({ length: 20 }, (_, t) => [t < 14 ? 0 : 2 * t]) },
});

// A sequence mask puts a number of one's choice behind the end. Its gradient put the same number there, where it should have
// put zero. Someone noticed while he made the checks of gradients stricter: largest error instead of the average one.
const maskValue = gradientExhibit({
  name: 'The gradient that is filled up like the value',
  threads: ['apache/mxnet#4986'],
  program: decaying,
  lengths: [3, 1],
  numbers: {
    x: [
      [1, 1],
      [2, 0],
      [3, 0],
    ],
    a: 2,
  },
  gradients: {
    a: 6,
    x: [
      [4, 1],
      [2, 0],
      [1, 0],
    ],
  },
  plant: filledBehindEnds('x', -1),
  wrongly: {
    a: 6,
    x: [
      [4, 1],
      [2, -1],
      [1, -1],
    ],
  },
});

// An optimisation takes the product that makes a weight's gradient out of the backward loop, as one large product over all
// steps. The loop, with a truncated gradient, had made only some of them. (The shapes did not fit, and so it was an error and
// not a wrong number.) Our fission does the same with loops that stop at the end of each sequence.
const pushedOut: Exhibit = (() => {
  const question = {
    program: `cell Sum {
      input x: []
      param a, w: []
      state h: []
      h = a * prev h + w * x
      output last h
    }`,
    lengths: [3, 1],
    numbers: {
      x: [
        [1, 10],
        [2, Number.NaN],
        [3, Number.NaN],
      ],
      a: 2,
      w: 1,
    },
  };
  const expected = { a: 6, w: 4 + 4 + 3 + 10 };
  return {
    name: 'A product over more steps than the loop has made',
    threads: ['Theano/Theano#4652', 'Theano/Theano#6444'],
    right() {
      expect(apart(gradientsAt(question), expected)).toBeLessThanOrEqual(BY_HAND);
      expect(apart(gradientsAt(question, optimise), expected)).toBeLessThanOrEqual(BY_HAND);
    },
    wrong() {
      const found = gradientsAt(question, (made) => withoutMasks(optimise(made)));
      expect(found.w).toEqual([Number.NaN]);
    },
  };
})();

/** The value and the gradient of a model's loss, of a batch. */
function lossOf(graph: Graph, inputs: Parameters<typeof evaluate>[1]): readonly [number, number] {
  const outputs = evaluate(gradient(graph, { output: 'loss', wrt: ['w'] }), inputs);
  return [outputs.get('loss')!.data[0], outputs.get('grad.w')!.data[0]];
}

// The loss of a padded batch was the sum over the real steps divided by the number of all: the more padding, the smaller, and
// the weights of sequences depended on their neighbours. No gradient check can see that: the gradient is right, of the wrong
// loss. What sees it is that a batch must give what its sequences give alone.
//
// Each of four real steps costs (2 * 1 - 0)^2 = 4, and the array has six places.
const padded: Exhibit = (() => {
  const model = `model Fit {
    input x: []
    target y: []
    param w: []
    loss (w * x - y) ^ 2
  }`;
  const together = {
    program: model,
    lengths: [3, 1],
    numbers: {
      x: [
        [1, 1],
        [1, 0],
        [1, 0],
      ],
      y: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      w: 2,
    },
  };
  const alone = { program: model, lengths: [1], numbers: { x: [[1]], y: [[0]], w: 2 } };
  return {
    name: 'The mean over the padding',
    threads: ['keras-team/keras#15323', 'tensorflow/tensorflow#39146', 'DeepX-inc/machina#118'],
    right() {
      for (const question of [together, alone]) {
        const { graph, tensorsFor } = ask(question);
        expect(lossOf(graph, tensorsFor(graph))).toEqual([4, 4]);
      }
    },
    wrong() {
      const { graph, tensorsFor } = ask(together);
      const faulty = averagedOverArray(graph);
      const [loss, slope] = lossOf(faulty, tensorsFor(graph));
      expect(loss).toBeCloseTo(16 / 6, 12);
      expect(slope).toBeCloseTo(16 / 6, 12);
      expect(blindCheck(faulty, ['loss'])).toBeLessThan(1e-9);
    },
  };
})();

/** Gradients against differences of the same graph, faulty or not. */
function blindCheck(graph: Graph, outputs: readonly string[]): number {
  const inputs = new Map([['lengths', indexTensor([2], [3, 1])]]);
  return gradientError(graph, extentsOf(3, 2), { outputs, inputs });
}

// A recurrent policy gave its state after the last place of the array, and not after the last step of each sequence: a short
// episode was continued from what zeros make of its state. Again the gradient is that of the function, and the function wrong.
//
// The second sequence leaves 2, and two steps of nothing make 0.5 of it.
const lastPlace: Exhibit = (() => {
  const question = {
    program: `cell Fading {
      input x: []
      state h: []
      h = 0.5 * prev h + x
      output last h
    }`,
    lengths: [3, 1],
    numbers: {
      x: [
        [1, 2],
        [1, 0],
        [1, 0],
      ],
    },
  };
  return {
    name: 'The state at the last place',
    threads: ['ray-project/ray#21392', 'keitakurita/practical-torchtext#5'],
    right() {
      expect(valuesAt(question).output).toEqual([1.75, 2]);
      expect(valuesAt(question)['state.h']).toEqual([1.75, 2]);
    },
    wrong() {
      const found = valuesAt(question, (graph) => ignoringLengths(graph, 'all'));
      expect(found.output).toEqual([1.75, 0.5]);
      expect(blindCheck(ignoringLengths(ask(question).graph, 'all'), ['output'])).toBeLessThan(1e-9);
    },
  };
})();

// The direction that runs from the end began in the padding. With zeros behind the end, no bias and zero as the start there is
// nothing to see; a cell with a bias has a state of its own making when it gets to the sequence.
//
// The second sequence has one step: 2 + 1. From the padding comes 1, then 1.5, and half of that.
const fromThePadding: Exhibit = (() => {
  const question = (bias: number) => ({
    program: `cell Run(n) {
      input x: [n]
      state h: [n]
      h = 0.5 * prev h + x + ${bias}
      output h
    }
    cell Both(n) {
      input x: [n]
      y = bidirectional(Run())(x)
      output y
    }`,
    sizes: { n: 1 },
    lengths: [3, 1],
    numbers: {
      x: [
        [[4], [2]],
        [[0], [0]],
        [[0], [0]],
      ],
    },
  });
  // The first step of the second sequence: from the start, from the end.
  const first = (bias: number, change?: (graph: Graph) => Graph): readonly number[] =>
    valuesAt(question(bias), change).y.slice(2, 4);
  const faulty = (graph: Graph): Graph => ignoringLengths(graph, 'reverse');
  return {
    name: 'The other direction begins in the padding',
    threads: ['apache/mxnet#19323', 'pytorch/pytorch#517', 'tensorflow/tensorflow#6633'],
    right() {
      expect(first(1)).toEqual([3, 3]);
    },
    wrong() {
      expect(first(1, faulty)).toEqual([3, 3.75]);
      expect(first(0, faulty)).toEqual([2, 2]);
    },
  };
})();

export const ends: readonly Exhibit[] = [
  goesOnBackwards,
  lastPlaces,
  maskValue,
  pushedOut,
  padded,
  lastPlace,
  fromThePadding,
];

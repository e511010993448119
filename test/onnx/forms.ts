// The programs that stand for ONNX's operators, and what ONNX's weights are called in them. For each operator there are
// two: one of this folder, which takes ONNX's tensors as they are, and the one that this project ships or tests with,
// whose gates have weights of their own.
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { parts, plus } from './axes.ts';
import type { OnnxCase } from './cases.ts';

export interface Form {
  readonly path: string;
  readonly cell: string;
  /** What stands in the first brackets of the cell, beside its size. */
  readonly more: string;
  /** The weights of one direction by the program's names, from ONNX's. */
  readonly weights: (given: OnnxWeights) => ReadonlyMap<string, Tensor>;
}

/** Of one direction, without the axis of directions. */
export interface OnnxWeights {
  readonly W: Tensor;
  readonly R: Tensor;
  /** Zero where the case gives none. */
  readonly B: Tensor;
  readonly P: Tensor | undefined;
}

/** The programs of this folder. */
const joined = (path: string, cell: string): Form => ({
  path: `test/onnx/programs/${path}.rnn`,
  cell,
  more: '',
  weights: ({ W, R, B, P }) => new Map(Object.entries({ W, R, B, ...(P === undefined ? {} : { P }) })),
});

/** W, R and both halves of B for each gate, in ONNX's order. */
function gatesOf(
  { W, R, B }: OnnxWeights,
  order: string,
): Readonly<
  Record<string, { readonly W: Tensor; readonly R: Tensor; readonly Wb: Tensor; readonly Rb: Tensor }>
> {
  const n = order.length;
  const [Ws, Rs, Bs] = [parts(W, n), parts(R, n), parts(B, 2 * n)];
  return Object.fromEntries(
    [...order].map((gate, k) => [gate, { W: Ws[k], R: Rs[k], Wb: Bs[k], Rb: Bs[n + k] }]),
  );
}

/** `affine(x, prev h)` in the equations of four gates; ONNX's c is the equation that is named here. */
function affineWeights(given: OnnxWeights, c: string): [string, Tensor][] {
  return Object.entries(gatesOf(given, 'iofc')).flatMap(([gate, { W, R, Wb, Rb }]): [string, Tensor][] => {
    const equation = gate === 'c' ? c : gate;
    return [
      [`${equation}.W_x`, W],
      [`${equation}.W_h`, R],
      [`${equation}.b`, plus(Wb, Rb)],
    ];
  });
}

function gruWeights(given: OnnxWeights, linearBeforeReset: boolean): ReadonlyMap<string, Tensor> {
  const { z, r, h } = gatesOf(given, 'zrh');
  return new Map([
    ['Wz', z.W],
    ['Wr', r.W],
    ['Wc', h.W],
    ['Uz', z.R],
    ['Ur', r.R],
    ['Uc', h.R],
    ['bz', plus(z.Wb, z.Rb)],
    ['br', plus(r.Wb, r.Rb)],
    ...(linearBeforeReset
      ? ([
          ['bc', h.Wb],
          ['cc', h.Rb],
        ] as const)
      : ([['bc', plus(h.Wb, h.Rb)]] as const)),
  ]);
}

const RNN: readonly Form[] = [
  joined('rnn', 'RNN'),
  {
    path: 'models/rnn.rnn',
    cell: 'RNN',
    more: '',
    weights: (given) => {
      const { i } = gatesOf(given, 'i');
      return new Map(Object.entries({ W: i.W, U: i.R, b: plus(i.Wb, i.Rb) }));
    },
  },
];

const LSTM: readonly Form[] = [
  joined('lstm', 'LSTM'),
  {
    path: 'models/lstm.rnn',
    cell: 'LSTM',
    more: ', forget: 0',
    weights: (given) => new Map(affineWeights(given, 'g')),
  },
];

const PEEPHOLE_LSTM: readonly Form[] = [
  joined('peephole-lstm', 'PeepholeLSTM'),
  {
    path: 'test/laws/programs/peephole-lstm.rnn',
    cell: 'PeepholeLSTM',
    more: '',
    weights: (given) => {
      const [p_i, p_o, p_f] = parts(given.P!, 3);
      return new Map([...affineWeights(given, 'c'), ...Object.entries({ p_i, p_o, p_f })]);
    },
  },
];

const GRU: readonly Form[] = [
  joined('gru', 'GRU'),
  { path: 'models/gru.rnn', cell: 'GRU', more: '', weights: (given) => gruWeights(given, false) },
];

const GRU_LINEAR_BEFORE_RESET: readonly Form[] = [
  joined('gru-linear-before-reset', 'GRU'),
  { path: 'models/gru-reset-after.rnn', cell: 'GRU', more: '', weights: (given) => gruWeights(given, true) },
];

export function formsOf({ operator, linearBeforeReset, inputs }: OnnxCase): readonly Form[] {
  if (operator === 'RNN') return RNN;
  if (operator === 'LSTM') return inputs.has('P') ? PEEPHOLE_LSTM : LSTM;
  if (operator === 'GRU') return linearBeforeReset ? GRU_LINEAR_BEFORE_RESET : GRU;
  throw new Error(`no program for ${operator}`);
}

/** As many zeros as ONNX's B has entries. */
export function noBias(R: Tensor): Tensor {
  return realTensor([2 * R.shape[0]]);
}

// One of ONNX's cases by one of our programs: arrays from ONNX's shapes to ours and back.
import { makeSource } from '../../src/base/source.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { type RunOptions, runProgram } from '../../src/study/run.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { checkText } from '../check/programs.ts';
import { entry, permuted, swapped } from './axes.ts';
import type { Direction, OnnxCase } from './cases.ts';
import { type Form, noBias } from './forms.ts';

interface Use {
  readonly items: string;
  /** What the copies of the cell are called, one for each of ONNX's directions. */
  readonly copies: readonly string[];
  /** A copy of which nothing is asked. */
  readonly unused?: string;
}

/** How a cell is used in each direction. There is no way to run backward alone: it is one half of both. */
const USES: Readonly<Record<Direction, Use>> = {
  forward: { items: 'one = CELL  Y = one(x)', copies: ['one.'] },
  reverse: {
    items: 'ahead, Y = split(bidirectional(CELL)(x), 2)',
    copies: ['ahead_Y.bidirectional.backward.'],
    unused: 'ahead_Y.bidirectional.forward.',
  },
  bidirectional: {
    items: 'Y = bidirectional(CELL)(x)',
    copies: ['Y.bidirectional.forward.', 'Y.bidirectional.backward.'],
  },
};

/** `Y`, `Y_h` and `Y_c` (of an LSTM) in ONNX's shapes. */
export async function runCase(
  onnx: OnnxCase,
  form: Form,
  options: RunOptions,
): Promise<ReadonlyMap<string, Tensor>> {
  const file = programOf(form, onnx.direction);
  const { outputs, diagnostics } = await runProgram(file, file.blocks[0], arraysOf(onnx, form), options);
  if (outputs === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { copies } = USES[onnx.direction];
  const finals = (state: string): Tensor =>
    together(
      copies.map((copy) => outputs.get(`state.${copy}${state}`)!),
      onnx.layout,
    );
  return new Map([
    ['Y', directed(outputs.get('Y')!, copies.length, onnx.layout)],
    ['Y_h', finals('h')],
    ...(onnx.operator === 'LSTM' ? ([['Y_c', finals('c')]] as const) : []),
  ]);
}

const programs = new Map<string, CheckedFile>();

function programOf({ path, cell, more }: Form, direction: Direction): CheckedFile {
  const items = USES[direction].items.replace('CELL', `${cell}(m: m${more})`);
  const text = `import ${cell} from "../../${path}"
cell Operator(n, m) { input x: [n]  ${items}  output Y }`;
  const known = programs.get(text) ?? checkText(makeSource('test/onnx/operator.rnn', text));
  programs.set(text, known);
  return known;
}

/** What our program takes, by its names: batch first, and of weights and starts those of one direction for each copy. */
function arraysOf({ inputs, direction, layout }: OnnxCase, form: Form): ReadonlyMap<string, Tensor> {
  const { copies, unused } = USES[direction];
  const X = inputs.get('X')!;
  const arrays = new Map([['x', layout === 0 ? swapped(X) : X]]);
  const lengths = inputs.get('sequence_lens');
  if (lengths !== undefined) arrays.set('lengths', lengths);
  copies.forEach((copy, d) => {
    const given = (name: string): Tensor | undefined => {
      const tensor = inputs.get(name);
      return tensor && entry(tensor, d);
    };
    const [W, R] = [given('W')!, given('R')!];
    const weights = form.weights({ W, R, B: given('B') ?? noBias(R), P: given('P') });
    const starts = ['h', 'c'].flatMap((state): [string, Tensor][] => {
      const start = inputs.get(`initial_${state}`);
      return start === undefined ? [] : [[state, entry(layout === 0 ? start : swapped(start), d)]];
    });
    for (const [name, weight] of weights) {
      arrays.set(copy + name, weight);
      if (unused !== undefined) arrays.set(unused + name, withoutNumbers(weight));
    }
    for (const [name, start] of starts) {
      arrays.set(`state.${copy}${name}`, start);
      if (unused !== undefined) arrays.set(`state.${unused}${name}`, withoutNumbers(start));
    }
  });
  return arrays;
}

/** Nothing of a copy that is not asked for may be seen. */
function withoutNumbers({ shape, data }: Tensor): Tensor {
  return realTensor(shape, new Float64Array(data.length).fill(Number.NaN));
}

/** Our Y [batch, time, directions * m] as ONNX has it. */
function directed(
  { shape: [batch, time, features], data }: Tensor,
  directions: number,
  layout: 0 | 1,
): Tensor {
  const apart = realTensor([batch, time, directions, features / directions], data);
  return layout === 1 ? apart : permuted(apart, [1, 2, 0, 3]);
}

/** States of all directions [batch, m] as ONNX has them together. */
function together(states: readonly Tensor[], layout: 0 | 1): Tensor {
  const data = states.flatMap((state) => [...state.data]);
  const stacked = realTensor([states.length, ...states[0].shape], data);
  return layout === 0 ? stacked : swapped(stacked);
}

// Values and gradients against PyTorch's, float64, 1e-9: numbers computed elsewhere (make.py) by a hand that had not
// seen this code. Each file is held against the reference, scanned, unrolled and after the passes.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { readSafetensors } from '../../src/tensor/safetensors.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { elaborateFile } from '../check/programs.ts';

const HERE = new URL('.', import.meta.url);

/** What a family of files is: the program, and its names for the oracle's. */
interface Family {
  readonly program: string;
  readonly name: (oracle: string) => string;
}

const same = (name: string): string => name;

/** `W.i.x` is `i.W_x`, `b.i` is `i.b`. */
function lstm(name: string): string {
  return name.replace(/^W\.(\w)\.(\w)$/, '$1.W_$2').replace(/^b\.(\w)$/, '$1.b');
}

function within(prefixes: Readonly<Record<string, string>>, inner: (name: string) => string) {
  return (name: string): string => {
    const prefix = Object.keys(prefixes).find((p) => name.startsWith(p));
    return prefix === undefined ? name : prefixes[prefix] + inner(name.slice(prefix.length));
  };
}

const gates: Readonly<Record<string, string>> = {
  'W.r.x': 'Wr',
  'W.r.h': 'Ur',
  'b.r': 'br',
  'W.z.x': 'Wz',
  'W.z.h': 'Uz',
  'b.z': 'bz',
  'W.n.x': 'Wc',
  'b.n': 'bc',
  'W.n.h': 'Uc',
  'c.n': 'cc',
};

const FAMILIES: Readonly<Record<string, Family>> = {
  rnn: { program: 'models/rnn.rnn', name: same },
  lstm: { program: 'models/lstm.rnn', name: lstm },
  'gru-reset-after': { program: 'models/gru-reset-after.rnn', name: (n) => gates[n] ?? n },
  'gru-reset-before': { program: 'models/gru.rnn', name: same },
  mingru: { program: 'models/mingru.rnn', name: lstm },
  'lstm-stack': {
    program: 'test/oracle/programs/lstm-stack.rnn',
    name: within({ '0.': 'output.stack.1.', '1.': 'output.stack.2.' }, lstm),
  },
  'gru-bidirectional': {
    program: 'test/oracle/programs/gru-bidirectional.rnn',
    name: within(
      { 'forward.': 'output.bidirectional.forward.', 'backward.': 'output.bidirectional.backward.' },
      same,
    ),
  },
};

const SUFFIX = /-(ragged-nan|long-ragged|long-full|ragged|full|one)\.safetensors$/;

function load(file: string): ReadonlyMap<string, Tensor> {
  return readSafetensors(readFileSync(new URL(`data/${file}`, HERE))).tensors;
}

function get(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`no ${name} among ${[...tensors.keys()].join(', ')}`);
  return tensor;
}

/** The largest difference, measured as the project measures gradients. */
function distance(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  let [difference, size] = [0, 1e-3];
  actual.data.forEach((a, i) => {
    const e = expected.data[i];
    difference = Math.max(difference, Math.abs(a - e));
    size = Math.max(size, Math.abs(a), Math.abs(e));
    if (Number.isNaN(a)) difference = Number.POSITIVE_INFINITY;
  });
  return difference / size;
}

function compare(results: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>): void {
  expect(expected.size).toBeGreaterThan(3);
  for (const [name, tensor] of expected) {
    expect(distance(get(results, name), tensor), name).toBeLessThanOrEqual(1e-9);
  }
}

describe('cells against PyTorch', () => {
  const files = readdirSync(new URL('data/', HERE)).filter((f) => SUFFIX.test(f));

  it('has them all', () => {
    expect(files.length).toBe(36);
  });

  it.each(files)('%s', (file) => {
    const family = FAMILIES[file.replace(SUFFIX, '')];
    const data = load(file);
    const states = (name: string): string => family.name(name).replace(/^(.*)$/, 'state.$1');
    const x = get(data, 'x');
    const output = get(data, 'output');
    const both = file.startsWith('gru-bidirectional');
    const sizes = new Map([
      ['n', x.shape[2]],
      ['m', both ? output.shape[2] / 2 : output.shape[2]],
    ]);
    const program = elaborateFile(family.program, { sizes, mode: 'evaluate', startingStates: true });
    const [{ name: out }] = program.outputs;
    const inputs = new Map<string, Tensor>();
    const expected = new Map<string, Tensor>();
    const wrt: string[] = [];
    for (const [name, tensor] of data) {
      if (name === 'x' || name === 'lengths') inputs.set(name, tensor);
      else if (name === 'cotangent.output') inputs.set(`cotangent.${out}`, tensor);
      else if (name === 'output') expected.set(out, tensor);
      else if (name.startsWith('start.')) inputs.set(states(name.slice(6)), tensor);
      else if (name.startsWith('final.')) expected.set(states(name.slice(6)), tensor);
      else if (name.startsWith('grad.start.')) expected.set(`grad.${states(name.slice(11))}`, tensor);
      else if (name.startsWith('grad.')) expected.set(`grad.${family.name(name.slice(5))}`, tensor);
      else if (name !== 'loss') inputs.set(family.name(name), tensor);
    }
    for (const name of expected.keys()) if (name.startsWith('grad.')) wrt.push(name.slice(5));
    expect(wrt.length).toBe(1 + program.parameters.length + program.states.length);
    const batched = batch(program.graph, { lengths: true });
    const scanned = vjp(batched, { outputs: [out], wrt });
    const timeMajor = turned(
      program.inputs.map((i) => i.name),
      inputs,
      out,
    );
    compare(turnedBack(scanned, evaluate(scanned, timeMajor)), expected);
    const unrolled = unroll(scanned, { steps: x.shape[1] });
    compare(turnedBack(scanned, evaluate(unrolled, timeMajor)), expected);
    compare(turnedBack(scanned, evaluate(optimise(scanned), timeMajor)), expected);
  });
});

describe('models against PyTorch', () => {
  it('char-lm', () => {
    const data = load('char-lm.safetensors');
    const name = (oracle: string): string =>
      ({ E: 'h.Embedding.W', 'W.logits': 'logits.Dense.W', 'b.logits': 'logits.Dense.b' })[oracle] ??
      `h.LSTM.${lstm(oracle)}`;
    const sizes = new Map([
      ['v', get(data, 'E').shape[0]],
      ['d', get(data, 'E').shape[1]],
      ['m', get(data, 'b.i').shape[0]],
    ]);
    model(
      'test/oracle/programs/char-lm.rnn',
      sizes,
      data,
      name,
      ['x', 'y'],
      ['logits', 'h'],
      'bits_per_char',
    );
  });

  it('polarity', () => {
    const data = load('polarity.safetensors');
    const name = (oracle: string): string =>
      ({ E: 'h.Embedding.W', 'W.logits': 'logits.Dense.W', 'b.logits': 'logits.Dense.b' })[oracle] ??
      `h.bidirectional.${oracle}`;
    const sizes = new Map([
      ['v', get(data, 'E').shape[0]],
      ['d', get(data, 'E').shape[1]],
      ['m', get(data, 'forward.br').shape[0]],
    ]);
    model(
      'test/oracle/programs/polarity.rnn',
      sizes,
      data,
      name,
      ['word', 'label'],
      ['logits', 'pooled'],
      'accuracy',
    );
  });
});

function model(
  file: string,
  sizes: ReadonlyMap<string, number>,
  data: ReadonlyMap<string, Tensor>,
  name: (oracle: string) => string,
  given: readonly string[],
  outputs: readonly string[],
  metric: string,
): void {
  const program = elaborateFile(file, { sizes, mode: 'evaluate', startingStates: false });
  const inputs = new Map<string, Tensor>([['lengths', get(data, 'lengths')]]);
  for (const n of given) inputs.set(n, get(data, n));
  const expected = new Map<string, Tensor>([
    ['loss', get(data, 'loss')],
    [metric, get(data, `metric.${metric}`)],
    ...outputs.map((o) => [o, get(data, o)] as const),
  ]);
  const wrt: string[] = [];
  for (const [oracle, tensor] of data) {
    if (!oracle.startsWith('grad.')) continue;
    const weight = name(oracle.slice(5));
    inputs.set(weight, get(data, oracle.slice(5)));
    expected.set(`grad.${weight}`, tensor);
    wrt.push(weight);
  }
  expect(wrt.length).toBe(program.parameters.length);
  const graph = gradient(batch(program.graph, { lengths: true }), { output: 'loss', wrt });
  const timeMajor = turned(given, inputs, undefined);
  compare(turnedBack(graph, evaluate(graph, timeMajor)), expected);
  compare(turnedBack(graph, evaluate(optimise(graph), timeMajor)), expected);
}

/** The files have the batch in front, programs have time in front. */
function turned(
  given: readonly string[],
  inputs: ReadonlyMap<string, Tensor>,
  output: string | undefined,
): Map<string, Tensor> {
  const turn = new Set([...given, `cotangent.${output}`]);
  return new Map(
    [...inputs].map(([name, tensor]) => [
      name,
      turn.has(name) && tensor.shape.length > 1 ? swap(tensor) : tensor,
    ]),
  );
}

function turnedBack(graph: Graph, results: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    graph.outputs.map(({ name, node }) => {
      const made = graph.nodes[node];
      const tensor = get(results, name);
      return [name, made.kind !== 'scan' && made.type.shape[0] === 'T' ? swap(tensor) : tensor];
    }),
  );
}

/** [a, b, ...rest] to [b, a, ...rest]. */
function swap(tensor: Tensor): Tensor {
  const [a, b, ...rest] = tensor.shape;
  const size = rest.reduce((n, d) => n * d, 1);
  const data = tensor.data.slice();
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < size; k++) data[(j * a + i) * size + k] = tensor.data[(i * b + j) * size + k];
    }
  }
  return { element: tensor.element, shape: [b, a, ...rest], data };
}

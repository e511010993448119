// How fast one training step of an LSTM is (forward, backward through time, plain gradient descent), in the measure of
// the design's measurements: 3 * 2 * T * B * 4 m * (n + m) operations, median of the repetitions. And how fast the
// matrix product alone is. Last a long step, plain and in segments: what checkpointing saves and costs.
//
//   node bench/run.mjs lstm-step            PRINT=1 before it shows the loop programs

import { batch } from '../src/autodiff/batch.ts';
import { checkpoint } from '../src/autodiff/checkpoint.ts';
import { gradient } from '../src/autodiff/vjp.ts';
import { RandomStream } from '../src/base/random.ts';
import { emit } from '../src/codegen/wasm/emit.ts';
import { GraphBuilder } from '../src/graph/build.ts';
import type { Graph, NodeId } from '../src/graph/graph.ts';
import { concreteShape, index, real, TIME } from '../src/graph/type.ts';
import { printProgram } from '../src/loops/print.ts';
import { schedule } from '../src/loops/schedule.ts';
import { runPasses } from '../src/passes/pipeline.ts';
import { load } from '../src/runtime/executable.ts';
import { count, realTensor } from '../src/tensor/tensor.ts';

const GATES = ['i', 'f', 'o', 'g'];

/** The LSTM as the language elaborates it: for each gate two weights and a bias. Loss: the sum of h^2. */
function lstm(n: number, m: number): Graph {
  const b = new GraphBuilder('lstm');
  const x = b.input('x', real(TIME, n), 'input');
  const captures: NodeId[] = [];
  const names: string[] = [];
  for (const gate of GATES) {
    for (const [suffix, shape] of [['W', [m, n]] as const, ['U', [m, m]] as const, ['b', [m]] as const]) {
      names.push(`${gate}.${suffix}`);
      captures.push(b.input(`${gate}.${suffix}`, real(...shape), 'parameter'));
    }
  }
  const s = new GraphBuilder('step');
  s.input('step', index(), 'step');
  const [h, c] = [s.input('h', real(m), 'carry'), s.input('c', real(m), 'carry')];
  const xt = s.input('x', real(n), 'sequence');
  const weights = names.map((name, i) => s.input(name, b.typeOf(captures[i]), 'capture'));
  const gate = (k: number): NodeId => {
    const [W, U, bias] = weights.slice(3 * k, 3 * k + 3);
    const letters = { left: 'mn', right: 'n', out: 'm' };
    return s.apply('add', s.apply('add', s.contract(W, xt, letters), s.contract(U, h, letters)), bias);
  };
  const [i, f, o] = [0, 1, 2].map((k) => s.apply('sigmoid', gate(k)));
  const next = s.apply('add', s.apply('mul', f, c), s.apply('mul', i, s.apply('tanh', gate(3))));
  const out = s.apply('mul', o, s.apply('tanh', next));
  s.output('h', out);
  s.output('c', next);
  s.output('out', out);
  const { stacked } = b.scan({
    axis: TIME,
    carries: [b.constant(0, [m]), b.constant(0, [m])],
    sequences: [x],
    captures,
    body: s.finish(),
    stacked: 1,
    summed: 0,
  });
  b.output('loss', b.sum(b.apply('mul', stacked[0], stacked[0]), [0, 1]), 'steps');
  return b.finish();
}

/** The program that also gives every parameter one step of gradient descent; in segments, where these have a length. */
function trainingStep(graph: Graph, segment: number | undefined): Graph {
  const parameters = graph.inputs.flatMap((id) => {
    const node = graph.nodes[id];
    return node.kind === 'input' && node.role === 'parameter' ? [node.name] : [];
  });
  const batched = batch(graph, { lengths: false });
  const forward = segment === undefined ? batched : checkpoint(batched, { steps: segment });
  const backward = gradient(forward, { output: 'loss', wrt: parameters });
  // The updates are appended to the nodes: their operands stand before them.
  const nodes = [...backward.nodes];
  const outputs = backward.outputs.filter(({ name }) => name === 'loss');
  for (const name of parameters) {
    const at = nodes.findIndex((node) => node.kind === 'input' && node.name === name) as NodeId;
    const slope = backward.outputs.find((output) => output.name === `grad.${name}`)!.node;
    const input = nodes[at];
    if (input.kind !== 'input') throw new Error('a parameter is an input');
    const { type, origin } = input;
    const push = (op: 'mul' | 'sub', operands: NodeId[]): NodeId =>
      (nodes.push({ kind: 'call', op, operands, attributes: {}, type, origin }) - 1) as NodeId;
    const rate = (nodes.push({
      kind: 'call',
      op: 'constant',
      operands: [],
      attributes: { element: 'real', shape: type.shape, value: 0.01 },
      type,
      origin,
    }) - 1) as NodeId;
    outputs.push({ name: `new.${name}`, node: push('sub', [at, push('mul', [rate, slope])]) });
  }
  return { ...backward, nodes, outputs };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

/** Milliseconds of one run: median over about a second, after warming up. */
function measure(run: () => void): number {
  const started = performance.now();
  while (performance.now() - started < 400) run();
  const times: number[] = [];
  const start = performance.now();
  while (performance.now() - start < 1500 || times.length < 5) {
    const before = performance.now();
    run();
    times.push(performance.now() - before);
  }
  return median(times);
}

async function measureStep(T: number, B: number, n: number, m: number, segment?: number): Promise<void> {
  const started = performance.now();
  const { graph } = runPasses(trainingStep(lstm(n, m), segment));
  const program = schedule(graph);
  if (process.env.PRINT) console.log(printProgram(program));
  const artifact = emit(program);
  const feedback = graph.outputs
    .filter(({ name }) => name.startsWith('new.'))
    .map(({ name }) => ({ from: name, to: name.slice(4) }));
  const executable = await load(artifact, { feedback });
  const compiled = performance.now() - started;
  executable.bind(
    new Map([
      ['T', T],
      ['B', B],
    ]),
  );
  for (const { name, type } of artifact.layout.inputs) {
    const shape = concreteShape(
      type.shape,
      new Map([
        ['T', T],
        ['B', B],
      ]),
    );
    const stream = new RandomStream(1, name);
    executable.write(
      name,
      realTensor(
        shape,
        Array.from({ length: count(shape) }, () => 0.1 * stream.normal()),
      ),
    );
  }
  const time = measure(() => executable.run());
  const operations = 3 * 2 * T * B * 4 * m * (n + m);
  const speed = (operations / time / 1e6).toFixed(1);
  console.log(
    `LSTM step T=${T} B=${B} n=${n} m=${m}${segment === undefined ? '' : ` in segments of ${segment}`}: ${time.toFixed(2)} ms, ${speed} GFLOP/s ` +
      `(compiled in ${compiled.toFixed(0)} ms, ${artifact.bytes.length} bytes of code, ${(executable.bytes / 2 ** 20).toFixed(1)} MiB)`,
  );
}

async function measureProduct(
  letters: { left: string; right: string; out: string },
  M: number,
  N: number,
  K: number,
): Promise<void> {
  const sizes: Record<string, number> = { m: M, n: N, k: K };
  const b = new GraphBuilder('product');
  const [x, y] = [letters.left, letters.right].map((own, i) =>
    b.input(i === 0 ? 'x' : 'y', real(...[...own].map((letter) => sizes[letter])), 'input'),
  );
  b.output('z', b.contract(x, y, letters));
  const executable = await load(emit(schedule(b.finish())));
  executable.bind(new Map());
  for (const [name, own] of [
    ['x', letters.left],
    ['y', letters.right],
  ]) {
    const shape = [...own].map((letter) => sizes[letter]);
    executable.write(
      name,
      realTensor(
        shape,
        Array.from({ length: count(shape) }, (_, i) => (i % 7) - 3),
      ),
    );
  }
  const time = measure(() => executable.run());
  const speed = ((2 * M * N * K) / time / 1e6).toFixed(1);
  console.log(`product ${letters.left},${letters.right}->${letters.out} ${M}x${N}x${K}: ${speed} GFLOP/s`);
}

for (const [M, N, K] of [
  [32, 512, 128],
  [2048, 512, 64],
  [512, 192, 2048],
  [1, 512, 128],
  [512, 512, 512],
]) {
  await measureProduct({ left: 'mk', right: 'nk', out: 'mn' }, M, N, K);
  await measureProduct({ left: 'mk', right: 'kn', out: 'mn' }, M, N, K);
  await measureProduct({ left: 'km', right: 'kn', out: 'mn' }, M, N, K);
}
await measureStep(64, 32, 64, 128);
await measureStep(50, 1, 32, 32);
await measureStep(50, 32, 32, 32);
await measureStep(100, 32, 128, 256);
await measureStep(1024, 32, 64, 128);
await measureStep(1024, 32, 64, 128, 16);

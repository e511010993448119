// Programs for the tests of loops and targets: cells written by hand as the language elaborates them.
import { batch } from '../../src/autodiff/batch.ts';
import { gradient } from '../../src/autodiff/vjp.ts';
import { RandomStream } from '../../src/base/random.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { BATCH, concreteShape, type Extents, index, real, TIME } from '../../src/graph/type.ts';
import { count, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';

/** h = tanh(W x + U h + b) over a batch, written with its batch axis: every h, and the last. */
export function rnnForward(n: number, m: number, { lengths = false, reverse = false } = {}): Graph {
  const b = new GraphBuilder('rnn');
  const x = b.input('x', real(TIME, BATCH, n), 'input');
  const h0 = b.input('state.h', real(BATCH, m), 'state');
  const weights = [b.input('W', real(m, n), 'parameter'), b.input('U', real(m, m), 'parameter')];
  const bias = b.input('b', real(m), 'parameter');
  const given = lengths ? b.input('lengths', index(BATCH), 'lengths') : undefined;
  const s = new GraphBuilder('step');
  s.input('step', index(), 'step');
  const h = s.input('h', real(BATCH, m), 'carry');
  const xt = s.input('x', real(BATCH, n), 'sequence');
  const [W, U] = [s.input('W', real(m, n), 'capture'), s.input('U', real(m, m), 'capture')];
  const c = s.input('b', real(m), 'capture');
  const letters = { left: 'bn', right: 'mn', out: 'bm' };
  const sum = s.apply('add', s.contract(xt, W, letters), s.contract(h, U, letters));
  const next = s.apply('tanh', s.apply('add', sum, s.broadcast(c, [BATCH, m], [1])));
  s.output('h', next);
  s.output('hs', next);
  const { carried, stacked } = b.scan({
    axis: TIME,
    reverse,
    lengths: given,
    carries: [h0],
    sequences: [x],
    captures: [...weights, bias],
    body: s.finish(),
    stacked: 1,
    summed: 0,
  });
  b.output('h', stacked[0]);
  b.output('last', carried[0]);
  return b.finish();
}

/** An LSTM of one sequence with a loss over all steps. */
function lstm(n: number, m: number): Graph {
  const b = new GraphBuilder('lstm');
  const x = b.input('x', real(TIME, n), 'input');
  const names = ['i', 'f', 'o', 'g'];
  const captures: NodeId[] = [];
  for (const name of names) {
    captures.push(b.input(`${name}.W`, real(m, n), 'parameter'));
    captures.push(b.input(`${name}.U`, real(m, m), 'parameter'));
    captures.push(b.input(`${name}.b`, real(m), 'parameter'));
  }
  const s = new GraphBuilder('step');
  s.input('step', index(), 'step');
  const [h, c] = [s.input('h', real(m), 'carry'), s.input('c', real(m), 'carry')];
  const xt = s.input('x', real(n), 'sequence');
  const inside = captures.map((id, k) => s.input(`p${k}`, b.typeOf(id), 'capture'));
  const letters = { left: 'mn', right: 'n', out: 'm' };
  const gates = names.map((_, k) => {
    const [W, U, bias] = inside.slice(3 * k, 3 * k + 3);
    return s.apply('add', s.apply('add', s.contract(W, xt, letters), s.contract(U, h, letters)), bias);
  });
  const [i, f, o] = gates.slice(0, 3).map((gate) => s.apply('sigmoid', gate));
  const next = s.apply('add', s.apply('mul', f, c), s.apply('mul', i, s.apply('tanh', gates[3])));
  const out = s.apply('mul', o, s.apply('tanh', next));
  for (const [name, node] of [
    ['h', out],
    ['c', next],
    ['out', out],
  ] as const)
    s.output(name, node);
  s.output('loss', s.sum(s.apply('mul', out, out), [0]));
  const { stacked, summed } = b.scan({
    axis: TIME,
    carries: [b.constant(0, [m]), b.constant(0, [m])],
    sequences: [x],
    captures,
    body: s.finish(),
    stacked: 1,
    summed: 1,
  });
  b.output('h', stacked[0]);
  b.output('loss', summed[0], 'steps');
  return b.finish();
}

/** The LSTM over a batch, with the gradients of its loss. */
export function lstmGradient(n: number, m: number, options: { readonly lengths: boolean }): Graph {
  const graph = batch(lstm(n, m), options);
  const wrt = graph.inputs.flatMap((id) => {
    const node = graph.nodes[id];
    return node.kind === 'input' && node.type.element === 'real' ? [node.name] : [];
  });
  return gradient(graph, { output: 'loss', wrt });
}

/**
 * Inputs for a graph: normal reals, lengths from 1 to T (the first is T). With `padding`, what lies beyond the end of a
 * sequence in inputs [T, B, ...] is that number.
 */
export function inputsFor(graph: Graph, extents: Extents, seed = 1, padding?: number): Map<string, Tensor> {
  const steps = extents.get(TIME)!;
  const inputs = new Map<string, Tensor>();
  let lengths: Tensor | undefined;
  for (const id of graph.inputs) {
    const node = graph.nodes[id];
    if (node.kind !== 'input') continue;
    const shape = concreteShape(node.type.shape, extents);
    const stream = new RandomStream(seed, node.name);
    const size = count(shape);
    if (node.role === 'lengths') {
      lengths = indexTensor(
        shape,
        Array.from({ length: size }, (_, b) => (b === 0 ? steps : 1 + stream.integer(steps))),
      );
      inputs.set(node.name, lengths);
    } else if (node.type.element === 'index') {
      inputs.set(
        node.name,
        indexTensor(
          shape,
          Array.from({ length: size }, () => stream.integer(2)),
        ),
      );
    } else {
      const scale = node.role === 'parameter' ? 1 / Math.sqrt(shape.at(-1) ?? 1) : 1;
      inputs.set(
        node.name,
        realTensor(
          shape,
          Float32Array.from({ length: size }, () => scale * stream.normal()),
        ),
      );
    }
  }
  if (padding !== undefined && lengths !== undefined) {
    for (const id of graph.inputs) {
      const node = graph.nodes[id];
      if (node.kind !== 'input' || node.type.shape[0] !== TIME || node.type.shape[1] !== BATCH) continue;
      const { data, shape } = inputs.get(node.name)!;
      const size = count(shape.slice(2));
      for (let t = 0; t < shape[0]; t++) {
        for (let b = 0; b < shape[1]; b++) {
          if (t < lengths.data[b]) continue;
          data.fill(padding, (t * shape[1] + b) * size, (t * shape[1] + b + 1) * size);
        }
      }
    }
  }
  return inputs;
}

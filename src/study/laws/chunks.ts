// A sequence in pieces, the states handed from one to the next, is the whole: in two chunks with all gradients, and step by
// step (T = 1), which is how a program runs on a stream.
//
// It holds for programs whose steps look back alone. One that runs backwards, or takes something over all steps (a mean, or
// `last h` at each step), has to have the end before the beginning; it is exempt, and says so.
import { vjp } from '../../autodiff/vjp.ts';
import type { Program } from '../../check/program.ts';
import { evaluate } from '../../graph/evaluate.ts';
import { type Graph, isCall, type NodeId, operandsOf, type ScanNode } from '../../graph/graph.ts';
import { BATCH, type Dim, type Extents, TIME } from '../../graph/type.ts';
import { indexTensor, type Tensor } from '../../tensor/tensor.ts';
import type { Forms } from '../forms.ts';
import { type Case, drawInputs, extentsOf } from '../random-case.ts';
import { gaps, type Tensors } from './distance.ts';
import { inFloat64, type Law, type Place } from './law.ts';
import {
  inputShapes,
  joined,
  outputShapes,
  type Shapes,
  scaled,
  sequenceOf,
  stepsOf,
  sum,
  withoutCotangents,
} from './parts.ts';

export const chunks: Law = {
  name: 'chunks',
  says: 'two chunks, the state handed over, are the whole',
  bound: 1e-12,
  exempt: needsAllSteps,
  /** Both chunks have steps for every sequence. */
  caseOf: (drawn) => ({
    ...drawn,
    steps: drawn.steps + 1,
    lengths: drawn.lengths.map((length) => length + 1),
  }),
  inputsOf: ({ forms, drawn }) => drawInputs(forms.program, withStateGradients(forms), drawn),
  hold(place, inputs) {
    const whole = withStateGradients(place.forms);
    const extents = extentsOf(place.drawn);
    const found = gaps(evaluate(whole, inputs, extents), inChunks(place, inputs));
    return inFloat64(found, chunks.bound, whole, inputs, extents);
  },
};

/** What two chunks give together, gradients included. */
function inChunks({ forms, continuing, drawn }: Place, inputs: Tensors): Tensors {
  const { program } = forms;
  const graphs = [withStateGradients(forms), withStateGradients(continuing)] as const;
  const at = cutOf(drawn);
  const total = drawn.lengths.reduce((all, length) => all + length);
  const shares = [(at * drawn.lengths.length) / total, 1 - (at * drawn.lengths.length) / total] as const;
  const shapes = inputShapes(graphs[0]);
  const meanOf = (name: string) => program.graph.outputs.find((output) => output.name === name)?.mean;
  const cut = (chunk: 0 | 1): Map<string, Tensor> =>
    new Map(
      [...inputs].map(([name, tensor]): [string, Tensor] => {
        if (name === 'lengths') {
          const lengths = drawn.lengths.map((length) => (chunk === 0 ? at : length - at));
          return [name, indexTensor([lengths.length], lengths)];
        }
        if (name === 'offset') return [name, indexTensor([], [tensor.data[0] + (chunk === 0 ? 0 : at)])];
        const isStep = shapes.get(name)![0] === TIME;
        if (isStep) return [name, chunk === 0 ? stepsOf(tensor, 0, at) : stepsOf(tensor, at, drawn.steps)];
        if (!name.startsWith('cotangent.')) return [name, tensor];
        // What is said at the end is said by the last chunk; a mean over steps by both, each for its own.
        if (meanOf(name.slice('cotangent.'.length)) === 'steps') return [name, scaled(tensor, shares[chunk])];
        return [name, chunk === 0 ? scaled(tensor, 0) : tensor];
      }),
    );

  const states = program.states.map(({ name }) => `state.${name}`);
  const [before, after] = [at, drawn.steps - at].map((steps) => extentsOf({ ...drawn, steps }));
  const first = evaluate(forms.forward, withoutCotangents(cut(0)), before);
  const secondInputs = cut(1);
  for (const state of states) secondInputs.set(state, first.get(state)!);
  const second = evaluate(graphs[1], takenBy(graphs[1], secondInputs), after);
  const firstInputs = cut(0);
  for (const state of realStates(program))
    firstInputs.set(`cotangent.${state}`, second.get(`grad.${state}`)!);
  const again = evaluate(graphs[0], firstInputs, before);

  const results = outputShapes(graphs[0]);
  return new Map(
    [...results].map(([name, shape]): [string, Tensor] => {
      const [a, b] = [again.get(name)!, second.get(name)];
      if (name.startsWith('grad.state.')) return [name, a];
      if (shape[0] === TIME) return [name, joined([a, b!])];
      if (meanOf(name) === 'steps') return [name, sum(scaled(a, shares[0]), scaled(b!, shares[1]))];
      return [name, name.startsWith('grad.') ? sum(a, b!) : b!];
    }),
  );
}

/** Where a case is cut. */
function cutOf({ lengths, numbers }: Case): number {
  return 1 + (numbers % (Math.min(...lengths) - 1));
}

/** The states that have a gradient: those of categories have none. */
function realStates({ states }: Program): readonly string[] {
  return states.filter(({ kind }) => kind === 'real').map(({ name }) => `state.${name}`);
}

const known = new WeakMap<Program, Graph>();

/** The batch with gradients of its loss, or outputs, and of the states that it leaves. */
function withStateGradients({ program, forward, wrt, rules }: Forms): Graph {
  const real = program.outputs.filter(({ kind }) => kind === 'real').map(({ name }) => name);
  const ends = program.loss === undefined ? real : ['loss'];
  const outputs = [...ends, ...realStates(program)];
  const graph = known.get(program) ?? vjp(forward, { outputs, wrt }, rules);
  known.set(program, graph);
  return graph;
}

/** Each sequence by itself, a step at a time. */
export const steps: Law = {
  name: 'steps',
  says: 'T = 1 is the step: one at a time is the whole',
  bound: 1e-12,
  exempt: needsAllSteps,
  hold({ forms, continuing, drawn }, inputs) {
    const { lengths } = drawn;
    const { program, forward } = forms;
    const shapes = inputShapes(forward);
    const plain = withoutCotangents(inputs);
    const states = program.states.map(({ name }) => `state.${name}`);
    const found = lengths.flatMap((length, b) => {
      const own = new Map(
        [...plain].map(([name, x]) => [name, batchOfOne(x, shapes.get(name)!, b, length)] as const),
      );
      own.set('lengths', indexTensor([1], [length]));
      const extents = (steps: number): Extents => extentsOf({ ...drawn, lengths: [length], steps });
      const whole = evaluate(forward, own, extents(length));
      const parts: Tensors[] = [];
      for (let t = 0; t < length; t++) {
        const step = new Map(
          [...own].map(([name, x]) => [name, shapes.get(name)![0] === TIME ? stepsOf(x, t, t + 1) : x]),
        );
        step.set('lengths', indexTensor([1], [1]));
        const offset = own.get('offset');
        if (offset !== undefined) step.set('offset', indexTensor([], [offset.data[0] + t]));
        if (t > 0) for (const state of states) step.set(state, parts[t - 1].get(state)!);
        const graph = (t === 0 ? forms : continuing).forward;
        parts.push(evaluate(graph, takenBy(graph, step), extents(1)));
      }
      return [...gaps(whole, together(program, outputShapes(forward), parts))].map(
        ([name, gap]) => [`${name} of sequence ${b}`, gap] as const,
      );
    });
    return inFloat64(new Map(found), steps.bound, forms.backward, inputs, extentsOf(drawn));
  },
};

/** The program that goes on does not draw the start of a state, nor the noise in it. */
function takenBy(graph: Graph, inputs: Tensors): Tensors {
  const names = inputShapes(graph);
  return new Map([...inputs].filter(([name]) => names.has(name)));
}

function batchOfOne(x: Tensor, shape: readonly Dim[], b: number, length: number): Tensor {
  const at = shape.indexOf(BATCH);
  if (at < 0) return x;
  const one = sequenceOf(x, shape, b, length);
  return { ...one, shape: one.shape.toSpliced(at, 0, 1) };
}

/** Outputs of steps joined; means over steps averaged; what is said at the end, from the last. */
function together(program: Program, shapes: Shapes, parts: readonly Tensors[]): Tensors {
  return new Map(
    [...shapes].map(([name, shape]): [string, Tensor] => {
      const own = parts.map((part) => part.get(name)!);
      if (shape[0] === TIME) return [name, joined(own)];
      const mean = program.graph.outputs.find((output) => output.name === name)?.mean;
      return [name, mean === 'steps' ? scaled(own.reduce(sum), 1 / own.length) : own.at(-1)!];
    }),
  );
}

/** Why a program cannot be cut into chunks; undefined where it can. */
function needsAllSteps({ graph, states }: Program): string | undefined {
  const scans = graph.nodes.flatMap((node, id) =>
    node.kind === 'scan' ? [[id as NodeId, node] as const] : [],
  );
  if (scans.some(([, { reverse }]) => reverse)) return 'it runs backwards over the sequence too';
  if (scans.length > 1) return 'its steps use what is known at the end of the sequence';
  for (const [id, scan] of scans) {
    const finals = new Set(states.map(({ name }) => outputOf(graph, `state.${name}`)));
    const means = new Set(graph.outputs.flatMap(({ mean, node }) => (mean === 'steps' ? [node] : [])));
    const firstSum = scan.carries.length + scan.stacked;
    for (const [result, node] of graph.nodes.entries()) {
      if (node.kind !== 'result' || node.scan !== id) continue;
      const isSum = node.index >= firstSum;
      const isCollected =
        node.index < scan.carries.length && !finals.has(result as NodeId) && !isLast(scan, node.index);
      if ((isSum && !isOnlyMean(graph, result as NodeId, means)) || isCollected)
        return 'it takes something over all steps of the sequence';
    }
  }
  return undefined;
}

function outputOf(graph: Graph, name: string): NodeId | undefined {
  return graph.outputs.find((output) => output.name === name)?.node;
}

/** A carry that keeps the newest value, and nothing of those before. */
function isLast({ body }: ScanNode, carry: number): boolean {
  const before = body.inputs[1 + carry];
  const seen = new Set<NodeId>();
  const waiting = [body.outputs[carry].node];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === before) return false;
    if (seen.has(id)) continue;
    seen.add(id);
    waiting.push(...operandsOf(body.nodes[id]));
  }
  return true;
}

/** A sum over the steps that nothing sees but a mean over the steps. */
function isOnlyMean(graph: Graph, id: NodeId, means: ReadonlySet<NodeId>): boolean {
  return (
    graph.nodes.every(
      (node, user) =>
        !operandsOf(node).includes(id) ||
        (isCall(node, 'convert') && isOnlyMean(graph, user as NodeId, means)),
    ) &&
    (means.has(id) || graph.outputs.every(({ node }) => node !== id))
  );
}

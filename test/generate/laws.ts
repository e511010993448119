// The laws that hold for every program: those of test/laws, as functions of a trial.
import { isDeepStrictEqual } from 'node:util';
import { batch } from '../../src/autodiff/batch.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { RandomStream } from '../../src/base/random.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, type Node, typeOf } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { BATCH, type Dim, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { compareAlone } from '../laws/alone.ts';
import {
  asTrained,
  inputShapes,
  outputShapes,
  padded,
  permuted,
  realShapes,
  rounded,
} from '../laws/cases.ts';
import { asFloat64, bothWays, type Run } from '../laws/chunked.ts';
import { type Distances, distances, type Tensors } from '../laws/distance.ts';
import { identical } from '../laws/identical.ts';
import { FLOAT32, FLOAT64, illConditioned } from '../laws/rounding.ts';
import { compareDifferences } from './differences.ts';
import type { Trial } from './trial.ts';

/** What a law has found. */
export interface Finding {
  readonly distances: Distances;
  /** How many things were compared, and how many of these left out, for the reason that the law gives. */
  readonly entries: number;
  readonly leftOut: number;
}

export interface GeneratedLaw {
  readonly name: string;
  readonly bound: number;
  /** Undefined where the law says nothing of the program. */
  hold(trial: Trial): Finding | undefined | Promise<Finding | undefined>;
}

function all(found: Distances): Finding {
  return { distances: found, entries: found.size, leftOut: 0 };
}

/** Leaves out what rounding decides; looked at only where something is broken. */
function wellConditioned(found: Distances, bound: number, ill: () => ReadonlySet<string>): Finding {
  const broken = [...found].filter(([, gap]) => !(gap <= bound)).map(([name]) => name);
  if (broken.length === 0) return all(found);
  const names = ill();
  // `h of sequence 2` and `h, unrolled ...` are about h.
  const isIll = (name: string): boolean => broken.includes(name) && names.has(name.split(/[ ,]/)[0]);
  const left = new Map([...found].filter(([name]) => !isIll(name)));
  return { distances: left, entries: found.size, leftOut: found.size - left.size };
}

function doubles({ forms: { backward }, inputs }: Trial, bound: number, found: Distances): Finding {
  return wellConditioned(found, bound, () => illConditioned(backward, inputs, FLOAT64, bound));
}

function yes(isSo: boolean): number {
  return isSo ? 0 : Number.POSITIVE_INFINITY;
}

const checks: GeneratedLaw = {
  name: 'it checks, and its graphs verify',
  bound: 0,
  hold(trial) {
    const found = new Map<string, number>();
    const isModel = trial.program().generate !== undefined;
    for (const mode of ['train', 'evaluate', ...(isModel ? (['generate'] as const) : [])] as const) {
      for (const states of [false, true]) {
        const { graph } = trial.program(mode, states);
        found.set(`${mode}${states ? ' with states' : ''}`, verify(graph).length);
      }
    }
    const { forward, backward } = trial.forms;
    found.set('of a batch', verify(forward).length);
    found.set('with gradients', verify(backward).length);
    return all(found);
  },
};

/** What is handed in and out: data with the batch behind time, weights as they are, gradients like what they are of. */
const layout: GeneratedLaw = {
  name: 'a batch is one more axis of the data',
  bound: 0,
  hold({ forms: { program, forward, backward } }) {
    const withBatch = (shape: readonly Dim[]): readonly Dim[] =>
      shape[0] === TIME ? [TIME, BATCH, ...shape.slice(1)] : [BATCH, ...shape];
    const expected = new Map<string, readonly Dim[]>([['lengths', [BATCH]]]);
    for (const id of program.graph.inputs) {
      const node = program.graph.nodes[id];
      if (node.kind !== 'input') continue;
      const isSame = node.role === 'parameter' || node.role === 'shared';
      expected.set(node.name, isSame ? node.type.shape : withBatch(node.type.shape));
    }
    for (const { name, node, mean } of program.graph.outputs) {
      const shape = mean === undefined ? withBatch(typeOf(program.graph, node).shape) : [];
      expected.set(`output ${name}`, shape);
      expected.set(`cotangent.${name}`, shape);
    }
    for (const name of differentiable(program)) expected.set(`output grad.${name}`, expected.get(name)!);
    const found = [forward, backward].flatMap((graph) => [
      ...inputShapes(graph),
      ...[...outputShapes(graph)].map(([name, shape]) => [`output ${name}`, shape] as const),
    ]);
    const there = new Set(found.map(([name]) => name));
    const missing = [...expected.keys()].filter((name) => !name.startsWith('cotangent.') && !there.has(name));
    return all(
      new Map([
        ...found.map(([name, shape]) => [name, yes(expected.get(name)?.join() === shape.join())] as const),
        ...missing.map((name) => [name, yes(false)] as const),
      ]),
    );
  },
};

const printed: GeneratedLaw = {
  name: 'printed and read back is the same',
  bound: 0,
  hold({ forms: { program, forward, backward }, optimised, drawn: { steps } }) {
    const graphs: Readonly<Record<string, Graph>> = {
      'of one sequence': program.graph,
      'of a batch': forward,
      'with gradients': backward,
      optimised,
      unrolled: unroll(forward, { steps }),
    };
    const found = Object.entries(graphs).map(([form, graph]): [string, number] => {
      const isSame = isDeepStrictEqual(readGraph(printGraph(graph)), withoutOrigins(graph));
      return [form, yes(isSame && verify(graph).length === 0)];
    });
    return all(new Map(found));
  },
};

/** Origins are comments in the text. */
function withoutOrigins(graph: Graph): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node): Node => {
      const bare = { ...node, origin: undefined };
      return bare.kind === 'scan' ? { ...bare, body: withoutOrigins(bare.body) } : bare;
    }),
  };
}

const differences: GeneratedLaw = {
  name: 'gradients are those of central differences',
  bound: 1e-7,
  hold({ forms, drawn, inputs }) {
    const { errors, entries, leftOut } = compareDifferences(forms, drawn, inputs);
    return { distances: errors, entries, leftOut };
  },
};

/** `<cotangent, J tangent> = <gradient, tangent>`, relative to the sum of the terms' magnitudes. */
const modes: GeneratedLaw = {
  name: 'forward and reverse mode agree',
  bound: 1e-11,
  hold({ forms: { program, forward, backward }, drawn, inputs }) {
    const wrt = differentiable(program);
    if (wrt.length === 0) return undefined;
    const real = program.outputs.filter(({ kind }) => kind === 'real').map(({ name }) => name);
    const outputs = program.loss === undefined ? real : ['loss'];
    const tangents = wrt.map((name): [string, Tensor] => {
      const stream = new RandomStream(drawn.numbers, `tangent of ${name}`);
      const { shape, data } = inputs.get(name)!;
      return [
        `tangent.${name}`,
        realTensor(
          shape,
          Float64Array.from(data, () => 2 * stream.uniform() - 1),
        ),
      ];
    });
    const plain = [...inputs].filter(([name]) => !name.startsWith('cotangent.'));
    const pushed = evaluate(jvp(forward, { wrt, outputs }), new Map([...plain, ...tangents]));
    const pulled = evaluate(backward, inputs);
    const there = outputs.map((name) =>
      inner(inputs.get(`cotangent.${name}`), pushed.get(`tangent.${name}`)!),
    );
    const back = tangents.map(([name, tangent]) =>
      inner(pulled.get(`grad.${name.slice('tangent.'.length)}`), tangent),
    );
    const total = (parts: readonly Inner[], key: keyof Inner): number =>
      parts.reduce((sum, p) => sum + p[key], 0);
    const scale = Math.max(total(there, 'size'), total(back, 'size'), 1e-3);
    const gap = Math.abs(total(there, 'value') - total(back, 'value')) / scale;
    return all(new Map([['inner product', gap]]));
  },
};

interface Inner {
  readonly value: number;
  readonly size: number;
}

function inner(a: Tensor | undefined, b: Tensor): Inner {
  const terms = Array.from(b.data, (x, i) => (a === undefined ? 1 : a.data[i]) * x);
  return {
    value: terms.reduce((sum, term) => sum + term, 0),
    size: terms.reduce((sum, term) => sum + Math.abs(term), 0),
  };
}

const unrolled: GeneratedLaw = {
  name: 'unrolled is scanned',
  bound: 1e-12,
  hold(trial) {
    const { inputs, drawn } = trial;
    const { program, forward, backward } = trial.forms;
    const { steps } = drawn;
    const scanned = evaluate(backward, inputs);
    const before = evaluate(unroll(backward, { steps }), inputs);
    const after = withGradients(program, unroll(forward, { steps }), differentiable(program));
    const later = [...distances(scanned, evaluate(after, inputs))];
    const found = new Map([
      ...distances(scanned, before),
      ...later.map(([name, gap]) => [`${name}, unrolled before it is differentiated`, gap] as const),
    ]);
    return doubles(trial, unrolled.bound, found);
  },
};

const optimised: GeneratedLaw = {
  name: 'optimised is plain',
  bound: 1e-12,
  hold(trial) {
    const { forms, optimised: graph, inputs } = trial;
    const found = distances(evaluate(forms.backward, inputs), evaluate(graph, inputs));
    return doubles(trial, optimised.bound, found);
  },
};

const wasm: GeneratedLaw = {
  name: 'WebAssembly is the reference',
  bound: 1e-4,
  async hold({ forms: { backward }, compiled, inputs }) {
    const small = rounded(asTrained(backward, inputs));
    const expected = evaluate(backward, small);
    const found = distances(expected, (await compiled).execute(small));
    return wellConditioned(found, wasm.bound, () => illConditioned(backward, small, FLOAT32, wasm.bound));
  },
};

const alone: GeneratedLaw = {
  name: 'a batch is its sequences one by one',
  bound: 1e-12,
  hold(trial) {
    const { forms, drawn, inputs } = trial;
    const found = compareAlone(forms, drawn, inputs, evaluate(forms.backward, inputs));
    return doubles(trial, alone.bound, found);
  },
};

/** Of two programs in five: graphs without lengths are made by all stages in a way of their own. */
const withoutLengths: GeneratedLaw = {
  name: 'sequences of one length need no lengths',
  bound: 1e-12,
  hold({ forms: { program, backward }, drawn }) {
    if (drawn.numbers % 5 > 1) return undefined;
    const whole = { ...drawn, lengths: drawn.lengths.map(() => drawn.steps) };
    const inputs = drawInputs(program, backward, whole);
    const without = withGradients(program, batch(program.graph, { lengths: false }), differentiable(program));
    const given = new Map([...inputs].filter(([name]) => name !== 'lengths'));
    const answer = evaluate(backward, inputs);
    const optimal = distances(answer, evaluate(optimise(without), given));
    const found = new Map([
      ...distances(answer, evaluate(without, given)),
      ...[...optimal].map(([name, gap]) => [`${name}, optimised`, gap] as const),
    ]);
    const { bound } = withoutLengths;
    return wellConditioned(found, bound, () => illConditioned(backward, inputs, FLOAT64, bound));
  },
};

const order: GeneratedLaw = {
  name: 'the order of the sequences does not count',
  bound: 1e-12,
  hold(trial) {
    const { drawn, inputs } = trial;
    const { backward } = trial.forms;
    const turned = drawn.lengths.map((_, b) => b).reverse();
    const moved = evaluate(backward, permuted(inputs, inputShapes(backward), turned));
    const found = distances(permuted(evaluate(backward, inputs), outputShapes(backward), turned), moved);
    return doubles(trial, order.bound, found);
  },
};

const padding: GeneratedLaw = {
  name: 'what stands behind the ends does not count',
  bound: 0,
  async hold({ forms: { backward }, compiled, drawn, inputs }) {
    const spoilt = padded(inputs, realShapes(backward, inputs), drawn.lengths, Number.NaN);
    const filled = padded(inputs, inputShapes(backward), drawn.lengths, 1e30);
    const target = await compiled;
    const plain = identical(evaluate(backward, spoilt), evaluate(backward, filled));
    const fast = identical(target.execute(spoilt), target.execute(filled));
    return all(new Map([...plain, ...[...fast].map(([name, gap]) => [`${name} (wasm)`, gap] as const)]));
  },
};

/** The steps know the end of the sequence, or the answer is about all of them. */
function needsAll({ text, forms: { program } }: Trial): boolean {
  const scans = program.graph.nodes.filter(({ kind }) => kind === 'scan').length;
  return scans > 1 || /over time|bidirectional/.test(text);
}

const chunks: GeneratedLaw = {
  name: 'chunks are the whole',
  bound: 1e-12,
  async hold(trial) {
    if (needsAll(trial)) return undefined;
    const { drawn } = trial;
    // Both chunks have steps for every sequence.
    const lengths = drawn.lengths.map((length) => length + 1);
    const longer = { ...drawn, steps: drawn.steps + 1, lengths };
    const at = 1 + (drawn.numbers % (Math.min(...lengths) - 1));
    const run: Run = evaluate;
    const { whole, chunked } = await bothWays(
      { drawn: longer, at },
      (own) => trial.program('train', own.startingStates),
      run,
    );
    return all(distances(asFloat64(whole), asFloat64(chunked)));
  },
};

/** What every law compares has to be numbers in the first place. */
export function isNumeric({ forms: { backward }, inputs }: Trial): boolean {
  const answers: Tensors = evaluate(backward, inputs);
  return [...answers.values()].every(({ data }) => data.every((x) => Number.isFinite(x)));
}

export const GENERATED_LAWS: readonly GeneratedLaw[] = [
  checks,
  layout,
  printed,
  differences,
  modes,
  unrolled,
  optimised,
  wasm,
  alone,
  withoutLengths,
  order,
  padding,
  chunks,
];

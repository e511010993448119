// The laws that hold for every program: those of test/laws, as functions of a trial.
import { isDeepStrictEqual } from 'node:util';
import { batch } from '../../src/autodiff/batch.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { RandomStream } from '../../src/base/random.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, type Node, typeOf } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { BATCH, type Dim, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { differentiable, differentiatedOutputs } from '../../src/study/gradient-program.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { compareAlone } from '../laws/alone.ts';
import {
  asTrained,
  inputShapes,
  outputShapes,
  padded,
  permuted,
  realShapes,
  rounded,
  tangentOf,
} from '../laws/cases.ts';
import { asFloat64, bothWays, type Run, realStates, withStateGradients } from '../laws/chunked.ts';
import { distances, type Tensors } from '../laws/distance.ts';
import type { Forms } from '../laws/forms.ts';
import { identical } from '../laws/identical.ts';
import { FLOAT32, FLOAT64, illConditioned } from '../laws/rounding.ts';
import { checkpointed } from './checkpointed.ts';
import { compareDifferences } from './differences.ts';
import { eachPass, unrolledBehind } from './each-pass.ts';
import {
  all,
  doubles,
  type Finding,
  type GeneratedLaw,
  isInTurn,
  needsAll,
  TARGETS,
  wellConditioned,
} from './finding.ts';
import { formatted } from './formatted.ts';
import { reversed } from './reversed.ts';
import { differencesOfGradients, secondOrder } from './second-order.ts';
import { Trial } from './trial.ts';

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
  hold(trial) {
    const { program, forward, backward } = trial.forms;
    const { steps, numbers } = trial.drawn;
    // The large ones by turns.
    const graphs: Readonly<Record<string, Graph>> = {
      'of one sequence': program.graph,
      'of a batch': forward,
      ...[
        () => ({ 'with gradients': backward }),
        () => (isInTurn(trial, TARGETS, 3) ? { optimised: trial.optimised } : {}),
        () => ({ unrolled: unroll(forward, { steps }) }),
      ][numbers % 3](),
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
  hold({ forms, drawn, inputs }) {
    const { program, backward } = forms;
    return compareModes(forms, backward, differentiatedOutputs(program), drawn, inputs, modes.bound);
  },
};

/** The gradient of what one window of truncated BPTT leaves to the next. */
const ends: GeneratedLaw = {
  name: 'they agree about the states that are left at the end',
  bound: 1e-11,
  hold(trial) {
    const { forms, drawn } = trial;
    const { program } = forms;
    if (realStates(program).length === 0 || !isInTurn(trial, ends.name, 2)) return undefined;
    const backward = withStateGradients(forms);
    const outputs = [...differentiatedOutputs(program), ...realStates(program)];
    return compareModes(forms, backward, outputs, drawn, drawInputs(program, backward, drawn), ends.bound);
  },
};

function compareModes(
  { program, forward, autodiff }: Forms,
  backward: Graph,
  outputs: readonly string[],
  drawn: Case,
  inputs: Tensors,
  bound: number,
): Finding | undefined {
  const wrt = differentiable(program);
  if (wrt.length === 0) return undefined;
  const tangents = wrt.map((name): [string, Tensor] => {
    const stream = new RandomStream(drawn.numbers, `tangent of ${name}`);
    return [`tangent.${name}`, tangentOf(inputs.get(name)!, stream)];
  });
  const plain = [...inputs].filter(([name]) => !name.startsWith('cotangent.'));
  const pushed = evaluate(autodiff.jvp(forward, { wrt, outputs }), new Map([...plain, ...tangents]));
  const pulled = evaluate(backward, inputs);
  const there = outputs.map((name) => inner(inputs.get(`cotangent.${name}`), pushed.get(`tangent.${name}`)!));
  const back = tangents.map(([name, tangent]) =>
    inner(pulled.get(`grad.${name.slice('tangent.'.length)}`), tangent),
  );
  const total = (parts: readonly Inner[], key: keyof Inner): number =>
    parts.reduce((sum, p) => sum + p[key], 0);
  const scale = Math.max(total(there, 'size'), total(back, 'size'), 1e-3);
  const gap = Math.abs(total(there, 'value') - total(back, 'value')) / scale;
  return wellConditioned(new Map([['inner product', gap]]), bound, () => {
    const ill = illConditioned(backward, inputs, FLOAT64, bound);
    return new Set(ill.size > 0 ? ['inner'] : []);
  });
}

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
    if (!isInTurn(trial, unrolled.name, 3)) return undefined;
    const { answers: scanned, inputs, drawn } = trial;
    const { program, forward, backward } = trial.forms;
    const { steps } = drawn;
    const before = evaluate(unroll(backward, { steps }), inputs);
    const after = trial.autodiff.gradients(program, unroll(forward, { steps }));
    const later = [...distances(scanned, evaluate(after, inputs))];
    const found = new Map([
      ...distances(scanned, before),
      ...later.map(([name, gap]) => [`${name}, unrolled before it is differentiated`, gap] as const),
    ]);
    return doubles(trial, unrolled.bound, found);
  },
};

/** A loop of one step is its body. */
const oneStep: GeneratedLaw = {
  name: 'one step is the step',
  bound: 0,
  hold(trial) {
    if (!isInTurn(trial, oneStep.name, 2)) return undefined;
    const lengths = trial.drawn.lengths.map(() => 1);
    const one = new Trial(trial.text, { ...trial.drawn, steps: 1, lengths }, trial.path, trial.autodiff);
    const { forward, backward } = one.forms;
    const found = distances(
      evaluate(backward, one.inputs),
      evaluate(unroll(backward, { steps: 1 }), one.inputs),
    );
    const left = unroll(forward, { steps: 1 }).nodes.filter(({ kind }) => kind === 'scan').length;
    return all(new Map([...found, ['loops that are left', left]]));
  },
};

const optimised: GeneratedLaw = {
  name: 'optimised is plain',
  bound: 1e-12,
  hold(trial) {
    if (!isInTurn(trial, TARGETS, 3)) return undefined;
    const { answers, optimised: graph, inputs } = trial;
    const found = distances(answers, evaluate(graph, inputs));
    return doubles(trial, optimised.bound, found);
  },
};

const wasm: GeneratedLaw = {
  name: 'WebAssembly is the reference',
  bound: 1e-4,
  async hold(trial) {
    if (!isInTurn(trial, TARGETS, 3)) return undefined;
    const { compiled, inputs } = trial;
    const { backward } = trial.forms;
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
    const found = compareAlone(forms, drawn, inputs, trial.answers);
    return doubles(trial, alone.bound, found);
  },
};

/** Of two programs in five: graphs without lengths are made by all stages in a way of their own. */
const withoutLengths: GeneratedLaw = {
  name: 'sequences of one length need no lengths',
  bound: 1e-12,
  hold(trial) {
    if (!isInTurn(trial, withoutLengths.name, 8)) return undefined;
    const { autodiff, drawn } = trial;
    const { program, backward } = trial.forms;
    const whole = { ...drawn, lengths: drawn.lengths.map(() => drawn.steps) };
    const inputs = drawInputs(program, backward, whole);
    const without = autodiff.gradients(program, batch(program.graph, { lengths: false }));
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
    const { answers, drawn, inputs } = trial;
    const { backward } = trial.forms;
    const turned = drawn.lengths.map((_, b) => b).reverse();
    const moved = evaluate(backward, permuted(inputs, inputShapes(backward), turned));
    const found = distances(permuted(answers, outputShapes(backward), turned), moved);
    return doubles(trial, order.bound, found);
  },
};

const padding: GeneratedLaw = {
  name: 'what stands behind the ends does not count',
  bound: 0,
  async hold(trial) {
    const { drawn, inputs } = trial;
    const { backward } = trial.forms;
    const spoilt = padded(inputs, realShapes(backward, inputs), drawn.lengths, Number.NaN);
    const filled = padded(inputs, inputShapes(backward), drawn.lengths, 1e30);
    const plain = identical(evaluate(backward, spoilt), evaluate(backward, filled));
    if (!isInTurn(trial, TARGETS, 3)) return all(plain);
    const target = await trial.compiled;
    const fast = identical(target.execute(spoilt), target.execute(filled));
    return all(new Map([...plain, ...[...fast].map(([name, gap]) => [`${name} (wasm)`, gap] as const)]));
  },
};

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
      trial.autodiff,
    );
    const found = distances(asFloat64(whole), asFloat64(chunked));
    // One step more than the trial has may be one too many for its numbers: then both are none.
    const kept = new Map(
      [...found].filter(([name]) => isNumbers(whole.get(name)) || isNumbers(chunked.get(name))),
    );
    return { distances: kept, entries: found.size, leftOut: found.size - kept.size };
  },
};

/** What every law compares has to be numbers in the first place. */
export function isNumeric({ answers }: Trial): boolean {
  return [...answers.values()].every(isNumbers);
}

function isNumbers(tensor: Tensor | undefined): boolean {
  return tensor?.data.every((x) => Number.isFinite(x)) ?? true;
}

export const GENERATED_LAWS: readonly GeneratedLaw[] = [
  checks,
  formatted,
  layout,
  printed,
  differences,
  modes,
  ends,
  secondOrder,
  differencesOfGradients,
  unrolled,
  oneStep,
  eachPass,
  optimised,
  unrolledBehind,
  checkpointed,
  wasm,
  alone,
  withoutLengths,
  order,
  padding,
  chunks,
  reversed,
];

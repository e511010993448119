// What a compiled program owes beyond its answers: other extents bound and then the first ones again give what they
// gave before; what is fed back inside is what comes out and is handed in again; what is wrong is refused.
import { emit } from '../../src/codegen/wasm/emit.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { BATCH, showType, TIME } from '../../src/graph/type.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { load } from '../../src/runtime/executable.ts';
import { drawInputs } from '../../src/study/random-case.ts';
import { type Tensor, zeros } from '../../src/tensor/tensor.ts';
import type { GeneratedLaw } from '../generate/finding.ts';
import { asTrained, rounded } from '../laws/cases.ts';
import { distances } from '../laws/distance.ts';
import { formsOf } from '../laws/forms.ts';
import { identical } from '../laws/identical.ts';
import { FLOAT32, illConditioned } from '../laws/rounding.ts';

const BOUND = 1e-4;

const boundAnew: GeneratedLaw = {
  name: 'other extents need no other code',
  bound: BOUND,
  async hold({ forms: { program, backward }, drawn, inputs, compiled }) {
    const target = await compiled;
    const small = rounded(asTrained(backward, inputs));
    const before = target.execute(small);
    const steps = drawn.steps + 2;
    const longer = { ...drawn, steps, lengths: [...drawn.lengths, steps] };
    const others = rounded(asTrained(backward, drawInputs(program, backward, longer)));
    const found = distances(evaluate(backward, others), target.execute(others));
    const broken = [...found].filter(([, gap]) => !(gap <= BOUND));
    const ill = broken.length === 0 ? new Set() : illConditioned(backward, others, FLOAT32, BOUND);
    const again = identical(before, target.execute(small));
    const kept = [...found].filter(([name]) => !ill.has(name));
    const all = new Map([...kept, ...[...again].map(([name, gap]) => [`${name}, again`, gap] as const)]);
    return { distances: all, entries: found.size + again.size, leftOut: found.size - kept.length };
  },
};

const fedBack: GeneratedLaw = {
  name: 'what is fed back is what comes out',
  bound: 0,
  async hold(trial) {
    const program = trial.program('train', true);
    if (program.states.length === 0) return undefined;
    const { forward } = formsOf(program);
    const inputs = rounded(asTrained(forward, drawInputs(program, forward, trial.drawn)));
    const artifact = emit(schedule(optimise(forward)));
    const names = program.states.map(({ name }) => `state.${name}`);
    const inside = await load(artifact, { feedback: names.map((name) => ({ from: name, to: name })) });
    const outside = await load(artifact);
    const extents = new Map([
      [TIME, trial.drawn.steps],
      [BATCH, trial.drawn.lengths.length],
    ]);
    inside.bind(extents);
    for (const { name } of artifact.layout.inputs) inside.write(name, inputs.get(name)!);
    inside.run();
    inside.run();
    const first = outside.execute(inputs, extents);
    const next = new Map([...inputs, ...names.map((name) => [name, first.get(name)!] as const)]);
    const second = outside.execute(next, extents);
    const found = identical(second, new Map([...second.keys()].map((name) => [name, inside.read(name)])));
    return { distances: found, entries: found.size, leftOut: 0 };
  },
};

const refused: GeneratedLaw = {
  name: 'wrong arguments are refused',
  bound: 0,
  async hold({ forms: { backward }, optimised, inputs, drawn }) {
    const artifact = emit(schedule(optimised));
    const target = await load(artifact);
    const found = new Map<string, number>();
    const holds = (what: string, isSo: boolean): void => {
      found.set(what, isSo ? 0 : Number.POSITIVE_INFINITY);
    };
    const refuses = (what: string, call: () => unknown): void => holds(what, messageOf(call) !== undefined);
    const extents = new Map([
      [TIME, drawn.steps],
      [BATCH, drawn.lengths.length],
    ]);

    refuses('running before anything is bound', () => target.run());
    for (const axis of artifact.layout.axes) {
      for (const extent of [0, 1.5]) {
        refuses(`${extent} as ${axis}`, () => target.bind(new Map([...extents, [axis, extent]])));
      }
      refuses(`no ${axis}`, () => target.bind(new Map([...extents].filter(([name]) => name !== axis))));
    }
    if (artifact.layout.axes.includes(TIME)) {
      refuses('more than there is', () => target.bind(new Map([...extents, [TIME, 2 ** 31]])));
    }
    for (const [name, tensor] of inputs) {
      const others = [...inputs].filter(([other]) => other !== name);
      for (const [how, wrong] of wrongTensors(name, tensor, drawn.steps)) {
        const given = new Map(wrong === undefined ? others : [...others, [name, wrong] as const]);
        const reason = messageOf(() => evaluate(backward, given));
        holds(`${name} ${how}`, reason === messageOf(() => target.execute(given)));
        target.bind(extents);
        if (wrong !== undefined && reason !== undefined) {
          refuses(`${name} ${how}, written`, () => target.write(name, wrong));
        }
      }
    }
    refuses('an argument of no name', () => target.write('no name', inputs.values().next().value!));
    refuses('a result of no name', () => target.read('no name'));

    const fresh = await load(artifact);
    fresh.bind(extents);
    for (const [name, tensor] of inputs) {
      refuses(`running without ${name}`, () => fresh.run());
      fresh.write(name, tensor);
    }
    fresh.run();
    fresh.bind(extents);
    holds('running on', messageOf(() => fresh.run()) === undefined);
    fresh.bind(new Map([...extents, [BATCH, drawn.lengths.length + 1]]));
    refuses('running with what was written before', () => fresh.run());
    for (const { name, type } of artifact.layout.inputs) {
      if (type.shape.some((d) => typeof d === 'string') || type.element !== 'real') continue;
      const kept = identical(
        rounded(new Map([[name, inputs.get(name)!]])),
        new Map([[name, fresh.read(name)]]),
      );
      holds(`${name} stays`, kept.get(name) === 0);
    }
    const [{ name }] = artifact.layout.outputs;
    const unlike = artifact.layout.inputs.find(
      ({ type }) => type.shape.length === 0 || type.shape[0] !== TIME,
    );
    for (const pair of [
      { from: 'no name', to: 'lengths' },
      { from: name, to: 'no name' },
      ...(unlike === undefined ? [] : [{ from: name, to: unlike.name }]),
    ]) {
      const [from, to] = [artifact.layout.outputs, artifact.layout.inputs].map((ports, k) =>
        ports.find((port) => port.name === (k === 0 ? pair.from : pair.to)),
      );
      if (from !== undefined && to !== undefined && showType(from.type) === showType(to.type)) continue;
      const error = await load(artifact, { feedback: [pair] }).catch((thrown: unknown) => thrown);
      holds(`${pair.from} fed back as ${pair.to}`, error instanceof Error);
    }
    return { distances: found, entries: found.size, leftOut: 0 };
  },
};

/** What may be wrong with an argument. */
function wrongTensors(
  name: string,
  { element, shape, data }: Tensor,
  steps: number,
): readonly (readonly [string, Tensor | undefined])[] {
  const longer = [...shape.slice(0, -1), (shape.at(-1) ?? 0) + 1];
  const other = element === 'real' ? 'index' : 'real';
  return [
    ['is missing', undefined],
    ['has another shape', zeros(element, longer)],
    ['has another element', { ...zeros(other, shape) }],
    ...(name === 'lengths'
      ? [0, steps + 1].map((length) => {
          const wrong = zeros(element, shape);
          wrong.data.set(data);
          wrong.data[data.length - 1] = length;
          return [`is ${length}`, wrong] as const;
        })
      : []),
  ];
}

function messageOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Laws of what runs. */
export const TARGET_LAWS: readonly GeneratedLaw[] = [boundAnew, fedBack, refused];

// Between steps and onces: ends and reductions over time, what every step sees, and the number of the step.
import { apply, compose, literal, product, real, slot } from './compose.ts';
import { hull, interval, manyTimes } from './interval.ts';
import { closed, growReal } from './real.ts';
import type { Way, Ways } from './scope.ts';
import { tamed } from './tame.ts';
import type { Expression } from './tree.ts';

/** How many steps a sequence has at most. */
const STEPS = 100;

const ended: Way = (scope, shape, place) => {
  if (place.rate !== 'once' || place.stage === 0 || place.known) return undefined;
  const inner = { ...closed(place), rate: 'step', stage: place.stage - 1 } as const;
  const e = growReal(scope, shape, inner);
  // A constant has no steps.
  if (e.rate !== 'step') return undefined;
  scope.isPointwise = false;
  const word = scope.choices.of([
    'last',
    'last',
    'first',
    'max over time',
    'mean over time',
    'sum over time',
  ]);
  const bounds = word === 'sum over time' ? manyTimes(e.bounds, STEPS) : e.bounds;
  const facts = { bounds, rate: 'once', stage: e.stage + 1 } as const;
  return compose(real(shape), 'over', [`${word} `, slot(e, 'over')], facts);
};

/** Of the whole sequence: a reduction, or the steps weighed by a score of each. */
const whole: Way = (scope, shape, place) => {
  if (place.rate !== 'once' || place.stage === 0 || place.known || shape.length > 1) return undefined;
  const inner = { ...closed(place), rate: 'step', stage: place.stage - 1 } as const;
  const e = growReal(scope, shape, inner);
  const score = growReal(scope, [], inner);
  if (e.rate !== 'step' || score.rate !== 'step') return undefined;
  scope.isPointwise = false;
  const facts = { rate: 'once', stage: Math.max(e.stage, score.stage) + 1 } as const;
  const all = (of: Expression): Expression =>
    compose(real(shape), 'over', ['all over time ', slot(of, 'over')], facts);
  if (shape.length === 1) {
    const parts = ['softmax(', slot(all(score)), ') @ ', slot(all(e), 'over')];
    return compose(real(shape), 'matrix', parts, { ...facts, bounds: e.bounds });
  }
  const word = scope.choices.of(['mean', 'max', 'min', 'dot']);
  if (word === 'dot') {
    const parts = ['dot(softmax(', slot(all(score)), '), ', slot(all(e)), ') * time / (1 + time)'];
    return compose(real([]), 'product', parts, {
      ...facts,
      bounds: hull(e.bounds, interval(0, 0)),
      known: true,
    });
  }
  return compose(real([]), 'call', [`${word}(`, slot(all(e)), ')'], {
    ...facts,
    bounds: e.bounds,
    known: true,
  });
};

const eachStep: Way = (scope, shape, place) => {
  if (place.rate !== 'step' || place.known) return undefined;
  const e = growReal(scope, shape, { ...closed(place), rate: 'once' });
  if (e.rate !== 'once') return undefined;
  return compose(real(shape), 'over', ['each step ', slot(e, 'over')], { bounds: e.bounds, rate: 'step' });
};

const stepNumber: Way = (scope, shape, place) => {
  if (place.rate !== 'step' || shape.length > 0) return undefined;
  scope.isPointwise = false;
  const t = compose(real([]), 'word', ['t'], { bounds: interval(0, 1100), known: true, rate: 'step' });
  const mod = (k: number): Expression =>
    compose(real([]), 'product', [slot(t), ` mod ${k}`], { bounds: interval(0, k), known: true });
  return scope.choices.of<() => Expression>([
    () => mod(scope.choices.between(2, 4)),
    () => apply('sin', [mod(4)], interval(-1, 1)),
    () =>
      compose(real([]), 'product', ['1 / (1 + t)'], { bounds: interval(0, 1), known: true, rate: 'step' }),
    () =>
      apply('exp', [compose(real([]), 'negation', ['-t'], { known: true, rate: 'step' })], interval(0, 1)),
    () => product(literal(0.001), t),
  ])();
};

/** What something was some steps ago: an input, an equation, or a state, also before its own equation. */
const delayed: Way = (scope, shape, place) => {
  const { choices } = scope;
  if (place.rate !== 'step') return undefined;
  const own = scope.fitting({ kind: 'real', shape }, place).flatMap((named) => {
    const name = named.text.replace(/^prev /, '');
    const isInstance = named.text !== name && name.includes('.');
    return named.rate === 'step' && /^[\w.]+$/.test(name) && !isInstance ? [{ named, name }] : [];
  });
  if (own.length === 0) return undefined;
  const { named, name } = choices.of(own);
  scope.isPointwise = false;
  scope.hasState = true;
  scope.refer(named);
  const steps = choices.oneIn(5) ? choices.of(scope.sizes) : String(choices.between(1, 3));
  const start = choices.oneIn(4) ? tamed(scope, scope.parameter(shape), 1) : undefined;
  const parts = [`delay(${name}, ${steps}`, ...(start === undefined ? [] : [', ', slot(start)]), ')'];
  const bounds = hull(named.bounds, start?.bounds ?? interval(0, 0));
  const { rate, stage, known } = named;
  return compose(real(shape), 'call', parts, { bounds, rate, stage, known });
};

export const timeWays: Ways = [
  [3, delayed],
  [16, ended],
  [4, whole],
  [3, eachStep],
  [2, stepNumber],
];

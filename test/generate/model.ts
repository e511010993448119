// Models: cells with targets, a loss, metrics, and a way to go on.
import type { Body, Surroundings } from './body.ts';
import { categories, growBody, results } from './cell.ts';
import {
  apply,
  compose,
  difference,
  elementwise,
  listed,
  literal,
  product,
  real,
  slot,
  sumOf,
} from './compose.ts';
import { growIndex } from './condition.ts';
import { number, sameDim } from './dims.ts';
import { interval } from './interval.ts';
import type { Named, Place } from './scope.ts';
import type { Block, Expression, Item } from './tree.ts';

export function growModel(around: Surroundings): Block {
  const { body, head } = growBody(around, false);
  const ends = growEnds(body);
  // What the loss does not hear is handed out.
  const loose = results(body).filter(({ text }) => !text.includes('.') && !body.scope.used.has(text));
  for (const { text } of loose) ends.push({ parts: [`output ${text}`] });
  return { name: 'Main', header: `model Main(${head.text})`, items: body.finished(ends) };
}

/** The loss and the metrics. */
function growEnds(body: Body): Item[] {
  const { choices } = body.scope;
  const isOnce = choices.oneIn(3);
  const stage = isOnce ? Math.max(1, body.stages - 1) : choices.between(0, body.stages - 1);
  const place = body.place(isOnce ? 'once' : 'step', stage, false);
  const rest = looseTerms(body, place);
  return choices.oneIn(2) ? classified(body, place, rest) : regressed(body, place, rest);
}

/** What nothing has heard yet, as terms of the loss, so that the gradient reaches it. */
function looseTerms(body: Body, { rate, stage }: Place): Expression[] {
  const suits = ({ type, known, rate: own }: Named): boolean =>
    (type.kind === 'real' || type.kind === 'complex') && own === 'step' && (known || type.shape.length > 0);
  return results(body)
    .filter(suits)
    .map((named) => {
      const e = body.scope.refer(named);
      const isScalar = named.type.kind === 'real' && named.type.shape.length === 0;
      const mean = isScalar ? e : scalar('mean', named.type.kind === 'complex' ? sizeOf(e) : e);
      return rate === 'step' && named.stage <= stage ? mean : overTime(mean);
    })
    .filter((term) => term.rate === rate);
}

/** A category is to be told. */
function classified(body: Body, { rate, stage }: Place, rest: readonly Expression[]): Item[] {
  const { scope } = body;
  const dim = categories(scope, scope.choices);
  const logits = body.equation([dim], rate, stage, 'logits');
  const label = body.input('target', 'label', { kind: 'index', categories: dim }, rate === 'once');
  const both = listed([scope.refer(logits), scope.refer(label)]);
  const surprise = compose(real([]), 'call', ['cross_entropy(', ...both, ')'], { known: true });
  const accuracy = scope.fresh('accuracy');
  const ends: Item[] = [
    { parts: ['loss ', slot(withTerms(surprise, rest))] },
    { parts: [`metric ${accuracy} = argmax(${logits.text}) == ${label.text}`] },
    { parts: ['metric surprise = ', slot(surprise, 'product'), ' / log(2)'] },
  ];
  const input = body.inputs.find(
    ({ type, once, name }) =>
      name !== label.text && !once && type.kind === 'index' && sameDim(type.categories, dim),
  );
  if (input !== undefined && logits.rate === 'step') {
    ends.push({ parts: [`generate ${input.name} ~ categorical(${logits.text})`] });
  }
  return ends;
}

/** Numbers are to be told. */
function regressed(body: Body, place: Place, rest: readonly Expression[]): Item[] {
  const { scope } = body;
  const { choices } = scope;
  const shape = choices.oneIn(3) ? [] : [scope.dim()];
  const answer = body.equation(shape, place.rate, place.stage, 'answer');
  const target = body.input('target', 'y', real(shape), place.rate === 'once');
  const gap = difference(scope.refer(answer), scope.refer(target));
  const square = elementwise('real', 'power', [slot(gap, 'over'), ' ^ 2'], interval(0, 25));
  const loss = shape.length === 0 ? square : scalar(choices.of(['sum', 'mean']), square);
  const distances = apply('abs', [gap], interval(0, 5));
  const far = shape.length === 0 ? distances : scalar('max', distances);
  const ends: Item[] = [
    { parts: ['loss ', slot(withTerms(loss, rest))] },
    { parts: ['metric far = ', slot(far)] },
    { parts: ['metric close = ', slot(far, 'sum'), ' < 0.43'] },
  ];
  if (choices.oneIn(4)) {
    ends.push({ parts: ['metric first = ', slot(growIndex(scope, number(2), place), 'sum'), ' == 0'] });
  }
  return ends;
}

function withTerms(loss: Expression, terms: readonly Expression[]): Expression {
  return terms.reduce((sum, term) => sumOf(sum, product(literal(0.1), term)), loss);
}

function scalar(name: string, e: Expression): Expression {
  return { ...apply(name, [e], e.bounds), type: real([]), known: true };
}

/** How large a complex value is, element by element. */
function sizeOf(e: Expression): Expression {
  const shape = e.type.kind === 'complex' ? e.type.shape : [];
  return { ...apply('abs', [e], e.bounds), type: real(shape) };
}

function overTime(e: Expression): Expression {
  const parts = ['mean over time ', slot(e, 'over')];
  return compose(real([]), 'over', parts, { rate: 'once', stage: e.stage + 1 });
}

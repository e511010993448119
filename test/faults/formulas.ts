// Faults in the formulas of a rule. A rule is a function that calls a vocabulary (times, sum, contract, ...); here it is
// handed one in which the n-th call of a word gives something else. Which calls there are, rules say themselves: they
// are run and listened to.
import type { Site } from '../../src/autodiff/site.ts';
import type { TangentSite } from '../../src/autodiff/tangent-site.ts';

/** What a word takes. `value`: a node, or no tangent, or a function that makes a node; `values`: any number of them. */
type Argument =
  | 'value'
  | 'values'
  | 'axes'
  | 'shape'
  | 'order'
  | 'letters'
  | 'number'
  | 'axis'
  | 'start'
  | 'size';

interface Word {
  readonly takes: readonly Argument[];
  /** It gives the same with its first two values exchanged. */
  readonly isCommutative?: boolean;
  /** It gives a condition: there is no such thing as twice of it. */
  readonly isCondition?: boolean;
  /** Its operands are conditions too. */
  readonly takesConditions?: boolean;
}

function word(takes: string, about: Omit<Word, 'takes'> = {}): Word {
  return { takes: takes.split(' ') as Argument[], ...about };
}

const PLAIN = {
  neg: word('value'),
  floor: word('value'),
  log: word('value'),
  sin: word('value'),
  cos: word('value'),
  add: word('value value', { isCommutative: true }),
  sub: word('value value'),
  mul: word('value value', { isCommutative: true }),
  div: word('value value'),
  pow: word('value value'),
  lt: word('value value', { isCondition: true }),
  eq: word('value value', { isCommutative: true, isCondition: true }),
  number: word('number'),
};

/** The vocabulary of derivatives. */
export const SITE = {
  ...PLAIN,
  times: word('value value', { isCommutative: true }),
  over: word('value value'),
  contract: word('value value letters'),
  sum: word('value axes'),
  scatterAdd: word('value value size'),
  select: word('value value value'),
  broadcast: word('value shape axes'),
  reshape: word('value shape'),
  transpose: word('value order'),
  pad: word('value axis start size'),
  slice: word('value axis start size'),
  gather: word('value value'),
  maxOver: word('value axes'),
  toFirstLargest: word('value value axis'),
} satisfies Record<WordOf<Site>, Word>;

/** The vocabulary of tangents. */
export const TANGENT_SITE = {
  ...PLAIN,
  same: word('values'),
  plus: word('value value', { isCommutative: true }),
  minus: word('value value'),
  times: word('value value', { isCommutative: true }),
  steep: word('value value'),
  over: word('value value'),
  choose: word('value value value'),
  atFirstLargest: word('value value axes'),
  and: word('value value', { isCommutative: true, isCondition: true, takesConditions: true }),
} satisfies Record<WordOf<TangentSite>, Word>;

/** The members of a site that are functions. */
type WordOf<S> = { [K in keyof S]: S[K] extends (...args: never[]) => unknown ? K : never }[keyof S];

export type Vocabulary = Readonly<Record<string, Word>>;

/** A site as a record of words and values. */
export type AnySite = Readonly<Record<string, unknown>>;

type Said = (...args: readonly unknown[]) => unknown;

/** One call of a word by a rule. */
export interface Call {
  readonly word: string;
  /** Which of the calls of this word, from 0. */
  readonly n: number;
  readonly args: readonly unknown[];
}

/** What a site was asked for by a rule. */
export interface Heard {
  readonly calls: readonly Call[];
  /** The operands and the result, by name. */
  readonly values: readonly string[];
}

/** The site, with a listener. `answer` may give another result than the word itself. */
export function listening(
  site: AnySite,
  vocabulary: Vocabulary,
  answer: (call: Call, say: Said) => unknown,
  onValue: (name: string) => void = () => undefined,
): AnySite {
  const counts = new Map<string, number>();
  const heard: Record<string, unknown> = Object.create(site);
  for (const name of Object.keys(vocabulary)) {
    const said = site[name] as Said;
    heard[name] = (...args: unknown[]): unknown => {
      const n = counts.get(name) ?? 0;
      counts.set(name, n + 1);
      return answer({ word: name, n, args }, said);
    };
  }
  for (const name of ['a', 'b', 'y']) {
    Object.defineProperty(heard, name, {
      get: () => {
        onValue(name);
        return site[name];
      },
    });
  }
  return heard;
}

/** The ways to double and to negate in a vocabulary, and its zero in the place of no tangent. */
export interface Arithmetic {
  negated(site: AnySite, value: unknown): unknown;
  doubled(site: AnySite, value: unknown): unknown;
  orZero(site: AnySite, value: unknown): unknown;
}

/** A fault in one call. */
export interface CallFault {
  readonly kind: string;
  readonly place: string;
  /** What comes of the call instead. */
  answer(site: AnySite, args: readonly unknown[], say: Said): unknown;
}

/** What may be told wrongly to a word: kind, what is done, and how, to an argument of its sort. */
type Change = readonly [kind: string, what: string, (given: never) => unknown];

type Letters = Readonly<Record<string, string>>;

const nextTo: readonly Change[] = [
  ['other place', 'one more', (given: number) => given + 1],
  ['other place', 'one less', (given: number) => given - 1],
];

const CHANGES: Readonly<Record<Argument, readonly Change[]>> = {
  value: [],
  values: [],
  shape: [],
  number: [
    ['other number', 'plus 1', (given: number) => given + 1],
    ['other number', 'zero', () => 0],
  ],
  axis: nextTo,
  start: nextTo,
  size: nextTo,
  axes: [
    ['other axes', 'without the first', (given: readonly number[]) => given.slice(1)],
    ['other axes', 'without the last', (given: readonly number[]) => given.slice(0, -1)],
    ['other axes', 'the next ones', (given: readonly number[]) => given.map((axis) => axis + 1)],
    ['other axes', 'those before', (given: readonly number[]) => given.map((axis) => axis - 1)],
  ],
  order: [
    ['other order', 'from the end', (given: readonly number[]) => given.toReversed()],
    ['other order', 'inverted', (given: readonly number[]) => given.map((_, k) => given.indexOf(k))],
  ],
  letters: ['left', 'right', 'out'].map((side) => [
    'transposed',
    side,
    (given: Letters) => ({ ...given, [side]: [...given[side]].toReversed().join('') }),
  ]),
};

/** Every fault of a call that rules were heard to make; `heard`: the same call on several occasions. */
export function faultsOf(
  heard: readonly Call[],
  vocabulary: Vocabulary,
  arithmetic: Arithmetic,
): readonly CallFault[] {
  const [{ word: name, n, args }] = heard;
  const { takes, isCommutative = false, isCondition = false, takesConditions = false } = vocabulary[name];
  const place = `${name} ${n + 1}`;
  const faults: CallFault[] = [];
  const plant = (kind: string, what: string, answer: CallFault['answer']): void => {
    faults.push({ kind, place: what === '' ? place : `${place}, ${what}`, answer });
  };
  const built = (value: unknown): unknown => (typeof value === 'function' ? value() : value);
  const values = args.flatMap((_, k) => (takes[0] === 'values' || takes[k] === 'value' ? [k] : []));
  // Of a choice or a comparison no term can be left over: it is exchanged, or one branch of the choice stays.
  const terms = values.length === 3 ? values.slice(1) : takesConditions || !isCondition ? values : [];
  for (const k of terms) {
    plant('left out', `argument ${k + 1} alone`, (site, own) => arithmetic.orZero(site, built(own[k])));
  }
  if (values.length === 3) plant('exchanged', '', (_, [a, b, c], say) => say(a, c, b));
  if (values.length === 2 && !isCommutative) {
    plant('exchanged', '', (site, [a, b, ...rest], say) => {
      return say(arithmetic.orZero(site, built(b)), built(a), ...rest);
    });
  }
  if (isCondition && !takesConditions) {
    const other = name === 'eq' ? 'lt' : 'eq';
    plant('other condition', other, (site, own) => (site[other] as Said)(...own));
  }
  const isZero = name === 'number' && heard.every((call) => call.args[0] === 0);
  if (!isCondition && !isZero) {
    plant('negated', '', (site, own, say) => arithmetic.negated(site, say(...own)));
    plant('doubled', '', (site, own, say) => arithmetic.doubled(site, say(...own)));
  }
  takes.forEach((argument, k) => {
    for (const [kind, what, how] of CHANGES[argument]) {
      const change = how as (given: unknown) => unknown;
      const isOther = heard.some((call) => {
        return JSON.stringify(change(call.args[k])) !== JSON.stringify(call.args[k]);
      });
      if (isOther) plant(kind, `${argument} ${what}`, (_, own, say) => say(...own.with(k, change(own[k]))));
    }
  });
  return faults;
}

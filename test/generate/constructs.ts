// Which constructs of the language the generator makes, as a closed list: a construct that is added to the language and
// stands in no row does not compile. `true`: it is made; else the reason why not. A construct that the generator does
// not make is not finished.
import type { IndexReducer, PrimitiveName } from '../../src/check/checked.ts';
import type {
  ChainOperator,
  ComparisonOperator,
  Declaration,
  Expression,
  Item,
  Parameter,
  ParamStart,
  SliceSyntax,
  SyntaxFile,
  TrainEntry,
  TypeAnnotation,
  ValueType,
} from '../../src/parser/tree.ts';

type NodeKind =
  | SyntaxFile['kind']
  | Declaration['kind']
  | Parameter['kind']
  | TrainEntry['kind']
  | Item['kind']
  | ParamStart['kind']
  | TypeAnnotation['kind']
  | ValueType['kind']
  | Expression['kind']
  | SliceSyntax['kind'];

/** Made, or the reason why not. */
type Made = true | string;

export const NODE_KINDS = {
  file: true,
  import: true,
  cell: true,
  model: true,
  function: true,
  train: 'says how a run goes on, and no more about the program: test/train reads its entries',
  entry: 'part of train',
  broken: 'what could not be parsed: test/parser/robustness.test.ts',
  parameter: true,
  input: true,
  target: true,
  state: true,
  param: true,
  equation: true,
  output: true,
  loss: true,
  metric: true,
  generate: true,
  distribution: true,
  value: true,
  type: true,
  tensor: true,
  index: true,
  named: true,
  number: true,
  shape: true,
  string: 'stands in imports, where it is no expression, and in train',
  name: true,
  'step-number': true,
  member: true,
  call: true,
  'index-access': true,
  prev: true,
  chain: true,
  power: true,
  comparison: true,
  negation: true,
  not: true,
  conditional: true,
  last: true,
  first: true,
  'each-step': true,
  'over-time': true,
  'over-index': true,
  slice: true,
} as const satisfies Readonly<Record<NodeKind, Made>>;

export const OPERATORS = {
  '+': true,
  '-': true,
  '*': true,
  '/': true,
  mod: true,
  '@': true,
  and: true,
  or: true,
  '==': true,
  '!=': true,
  '<': true,
  '<=': true,
  '>': true,
  '>=': true,
} as const satisfies Readonly<Record<ChainOperator | ComparisonOperator, true>>;

/** Functions by the words that call them. `neg` and `not` are nodes; `max_over` is `max` of one;
 * `surrogate` is the `gradient` of a function. */
type Word = Exclude<PrimitiveName, 'neg' | 'not' | 'max_over' | 'min_over' | 'surrogate'>;

/** What makes complex values, and takes them apart: the checker opens it up. */
type ComplexWord = 'complex' | 'cis' | 're' | 'im' | 'conj';

export const FUNCTIONS = {
  exp: true,
  log: true,
  log1p: true,
  sqrt: true,
  tanh: true,
  sigmoid: true,
  abs: true,
  sin: true,
  cos: true,
  floor: true,
  stop: true,
  max: true,
  min: true,
  sum: true,
  mean: true,
  all: true,
  any: true,
  argmax: true,
  to_index: true,
  dot: true,
  outer: true,
  concat: true,
  transpose: true,
  ...{ complex: true, cis: true, re: true, im: true, conj: true },
} as const satisfies Readonly<Record<Word | ComplexWord, true>>;

/** What the checker knows by name besides: `max` and `min` with one argument and with several, too. */
export const OTHER_WORDS: readonly string[] = [
  'affine',
  'linear',
  'dropout',
  'chance',
  'gaussian',
  'delay',
  'split',
  'reshape',
  'repeat',
  'identity',
  'Dense',
  'Embedding',
  'stack',
  'bidirectional',
  'residual',
  'categorical',
];

/** Functions of the prelude that the generator leaves out, with the reason. */
export const PRELUDE_LEFT_OUT: Readonly<Record<string, string>> = {
  heun_from: 'stands in heun',
  rk4_second: 'stands in rk4',
  rk4_third: 'stands in rk4',
  rk4_fourth: 'stands in rk4',
  squared: 'stands in expm',
  exp_series: 'stands in expm',
  exp_series_2: 'stands in expm',
  exp_series_4: 'stands in expm',
  straightened: 'stands in nearest_orthogonal',
  unit_spectral:
    'its slope has no bound where two singular values are the largest: test/check/constrained.test.ts',
  largest_eigenvalue: 'stands in unit_spectral',
  rayleigh_quotient: 'stands in unit_spectral',
  squared_unit: 'stands in unit_spectral',
  scaled_unit: 'stands in unit_spectral and nearest_orthogonal',
};

/** How weights may start. */
export const STARTS = [
  'glorot',
  'he',
  'lecun',
  'orthogonal',
  'normal',
  'uniform',
  'log_uniform',
  'chrono',
  'spectral',
  'hippo',
  'legendre',
  'range',
  'zeros',
  'identity',
] as const;

/** Reductions over an index; a function of a vector stands there, too. */
export const INDEX_REDUCERS = {
  sum: true,
  mean: true,
  prod: true,
  max: true,
  min: true,
} as const satisfies Readonly<Record<IndexReducer, true>>;

/** Reductions over time. */
export const REDUCERS = ['max', 'mean', 'sum', 'all'] as const;

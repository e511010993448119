// What other libraries call the things of this language: for the help of a message about a name that is not known here.

/** A function of another library: what is written here instead. */
const functions: ReadonlyMap<string, string> = new Map([
  ...['mse', 'mse_loss', 'mean_squared_error', 'l2_loss'].map(
    (name) => [name, 'write mean((a - b) ^ 2)'] as const,
  ),
  ...['zeros', 'zeros_like'].map(
    (name) => [name, 'write 0: it spreads, and a state without a start begins at zero'] as const,
  ),
  ...['ones', 'ones_like'].map((name) => [name, 'write 1: it spreads'] as const),
  ...['matmul', 'mm', 'mv', 'bmm'].map((name) => [name, 'write W @ x'] as const),
  ...['pow', 'power', 'square'].map((name) => [name, 'write x ^ 2'] as const),
  ...['cat', 'concatenate', 'hstack'].map((name) => [name, 'write concat(a, b)'] as const),
  ...['chunk', 'unstack', 'unbind'].map((name) => [name, 'write a, b = split(z, 2)'] as const),
  ...['average', 'avg'].map((name) => [name, 'write mean(x)'] as const),
  ...['norm', 'l2norm'].map((name) => [name, 'write sqrt(sum(x ^ 2))'] as const),
  ...['clip', 'clamp'].map((name) => [name, 'write min(max(x, low), high)'] as const),
  ...['where', 'select', 'cond'].map((name) => [name, 'write if condition then a else b'] as const),
  ...['logistic', 'expit', 'sigma'].map((name) => [name, 'write sigmoid(x)'] as const),
  ...['ln'].map((name) => [name, 'write log(x)'] as const),
  ...['nll', 'nll_loss', 'softmax_cross_entropy', 'categorical_crossentropy', 'ce_loss'].map(
    (name) => [name, 'write cross_entropy(logits, y)'] as const,
  ),
  ...['one_hot', 'onehot', 'lookup'].map(
    (name) => [name, 'a category becomes a vector by Embedding(64)(x)'] as const,
  ),
  ...['real', 'creal'].map((name) => [name, 'write re(x)'] as const),
  ...['imag', 'cimag'].map((name) => [name, 'write im(x)'] as const),
  ...['conjugate', 'conj_physical'].map((name) => [name, 'write conj(x)'] as const),
  ...['expi', 'cexp', 'polar'].map(
    (name) => [name, 'write cis(a) for e^(i a), exp(z) for a complex z'] as const,
  ),
  ...['stop_gradient', 'detach'].map((name) => [name, 'write stop(x)'] as const),
  ...['fc', 'fully_connected'].map((name) => [name, 'write Dense(10)(x), or affine(x)'] as const),
  ...['hard_sigmoid', 'hardsigmoid'].map((name) => [name, 'write min(max(0.2 * x + 0.5, 0), 1)'] as const),
  ...['len', 'size', 'dim', 'shape'].map((name) => [name, 'sizes have names: those of the header'] as const),
  ...['conv', 'conv1d', 'convolve'].map(
    (name) => [name, 'write it with indices: y[i]: [n] = sum over k: w[k] * x[i + k - 1]'] as const,
  ),
  ...['randn', 'rand', 'random', 'uniform', 'normal'].map(
    (name) => [name, 'a random start belongs to a weight: param W: [m, n] ~ normal(0.1)'] as const,
  ),
]);

/** A name of other programs that stands where a value belongs: what is written here instead. */
const values: ReadonlyMap<string, string> = new Map([
  ...['True', 'true', 'False', 'false'].map(
    (name) => [name, 'a condition is a comparison, such as t > 0; a switch is a number: 1 or 0'] as const,
  ),
  ...['zeros', 'ones'].map((name) => [name, `write ${name === 'ones' ? 1 : 0}: a number spreads`] as const),
  ...['pi', 'PI'].map((name) => [name, 'write 3.141592653589793'] as const),
  ...['step', 'timestep', 'time_step'].map((name) => [name, 'the number of the step is t, from 0'] as const),
]);

/** Members that tensors have elsewhere. */
const members: ReadonlyMap<string, (of: string) => string> = new Map([
  ['T', (of: string) => `write transpose(${of})`],
  ['t', (of: string) => `write transpose(${of})`],
  ['shape', () => 'sizes have names: those of the header'],
  ['re', (of: string) => `write re(${of})`],
  ['real', (of: string) => `write re(${of})`],
  ['im', (of: string) => `write im(${of})`],
  ['imag', (of: string) => `write im(${of})`],
  ['grad', () => 'gradients are made by the compiler, and seen by rnn run --grad'],
]);

const numberTypes: ReadonlySet<string> = new Set([
  ...['float', 'float32', 'float64', 'double', 'number', 'scalar', 'Tensor', 'tensor', 'f32', 'f64'],
]);
const complexTypes: ReadonlySet<string> = new Set([
  ...['complex64', 'complex128', 'cfloat', 'cdouble', 'c64', 'c128', 'Complex', 'cplx'],
]);
const wholeTypes: ReadonlySet<string> = new Set([
  'int',
  'int32',
  'int64',
  'integer',
  'size',
  'dim',
  'nat',
  'long',
]);

/** The help for a call of `name`, or undefined. Where it is known, `argument` stands in the place of x. */
export function functionElsewhere(name: string, argument = 'x'): string | undefined {
  return functions.get(name)?.replace('(x)', `(${argument})`);
}

/** A layer of another library: what is written here instead. */
const cells: ReadonlyMap<string, string> = new Map([
  ...['Linear', 'Affine', 'FC', 'FullyConnected'].map(
    (name) => [name, 'a layer with a weight and a bias is Dense(64)(x), or affine(x)'] as const,
  ),
  ['Dropout', 'it is a function: dropout(x, 0.1)'],
  ['LayerNorm', 'it is a function: layer_norm(x)'],
  ['Softmax', 'it is a function: softmax(x)'],
  ['Sequential', 'apply one after the other: Dense(v)(LSTM(m: 64)(x))'],
  ...['lstm', 'gru', 'LSTMCell', 'GRUCell'].map((name) => {
    const cell = name.slice(0, name.toLowerCase().startsWith('lstm') ? 4 : 3).toUpperCase();
    return [name, `import ${cell} from its file: import ${cell} from "./${cell.toLowerCase()}.rnn"`] as const;
  }),
]);

/** The help for a cell called `name`, or undefined. */
export function cellElsewhere(name: string): string | undefined {
  return cells.get(name);
}

/** The help for a value called `name`, or undefined; `states` are those of the cell: `h_prev`, `prev_h`. */
export function valueElsewhere(name: string, states: readonly string[]): string | undefined {
  const state = states.find((other) =>
    ['_prev', '_old', '_last', '_tm1', '_t_1', '_prime', '_previous', 'prev_', 'last_', 'old_'].some(
      (word) => (word.startsWith('_') ? name === other + word : name === word + other),
    ),
  );
  return state === undefined ? values.get(name) : `its value of one step ago is prev ${state}`;
}

/** The help for `of.name`, or undefined. */
export function memberElsewhere(of: string, name: string): string | undefined {
  return members.get(name)?.(of);
}

/** The help for `axis: 0` in a call of `name`, or undefined where `word` is no such argument. */
export function axisElsewhere(name: string, word: string, what = 'it'): string | undefined {
  if (!['axis', 'axes', 'dim', 'dims', 'keepdim', 'keepdims'].includes(word)) return undefined;
  return ['sum', 'mean', 'max', 'min'].includes(name)
    ? `leave ${what} out: ${name} goes over the whole value; along one axis write y[i] = ${name} over j: A[i, j]`
    : `leave ${what} out: there is no batch axis and no time axis in a cell`;
}

/** The help for a call of `name` with as many arguments as other libraries take, or undefined. */
export function argumentsElsewhere(name: string, given: readonly string[]): string | undefined {
  if ((name === 'layer_norm' || name === 'rms_norm') && given.length > 1) {
    const [x, gain, bias] = given;
    return `write ${gain} * ${name}(${x})${bias === undefined ? '' : ` + ${bias}`}`;
  }
  const isAxis = given.length === 2 && /^-?\d$/.test(given[1]);
  return isAxis ? axisElsewhere(name, 'axis', given[1]) : undefined;
}

/** What a distribution of another name is called here, or undefined. */
export function distributionElsewhere(name: string): string | undefined {
  if (/^(xavier|glorot)/i.test(name)) return 'glorot';
  if (/^(kaiming|he_)/i.test(name)) return 'he';
  if (/^(gauss|randn$)/i.test(name)) return 'normal';
  return /^(rand|random)$/i.test(name) ? 'uniform' : undefined;
}

/** What a reducer of another name is called here, or undefined. */
export function reducerElsewhere(name: string): string | undefined {
  if (['average', 'avg'].includes(name)) return 'mean';
  if (['total', 'add', 'SUM', 'sigma'].includes(name)) return 'sum';
  return ['maximum', 'largest', 'pool', 'maxpool'].includes(name) ? 'max' : undefined;
}

/** The help for a type, or undefined. */
export function typeElsewhere(name: string): string | undefined {
  if (numberTypes.has(name)) return 'write [] for one number, [m] for a vector';
  if (complexTypes.has(name)) return 'write complex [m]';
  if (wholeTypes.has(name)) return 'a size in the header has no type; a category is written index(v)';
  return undefined;
}

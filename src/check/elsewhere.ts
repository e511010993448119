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
  ...['randn', 'rand', 'random', 'uniform', 'normal'].map(
    (name) => [name, 'a random start belongs to a weight: param W: [m, n] ~ normal(0.1)'] as const,
  ),
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

/** The help for `of.name`, or undefined. */
export function memberElsewhere(of: string, name: string): string | undefined {
  return members.get(name)?.(of);
}

/** The help for a type, or undefined. */
export function typeElsewhere(name: string): string | undefined {
  if (numberTypes.has(name)) return 'write [] for one number, [m] for a vector';
  if (complexTypes.has(name)) return 'write complex [m]';
  if (wholeTypes.has(name)) return 'a size in the header has no type; a category is written index(v)';
  return undefined;
}

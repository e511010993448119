// The text of prelude.rnn. Made by scripts/make-prelude.mjs: change prelude.rnn, then run `npm run build`.

export const preludeSource: string = `## What every file knows, written in the language itself. A function here costs no derivative: it has the one of
## its equations.

## The positive part; its slope at 0 is 0, since of equals \`max\` follows the first.
fn relu(x) = max(0, x)

## The sigmoid linear unit, "swish" (Elfwing et al. 2018).
fn silu(x) = x * sigmoid(x)

## The Gaussian error linear unit, by its tanh approximation (Hendrycks & Gimpel 2016).
fn gelu(x) = 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x ^ 3)))

## log(1 + e^x), a smooth positive part. Its slope is sigmoid(x), at 0 too.
fn softplus(x) = shifted_softplus(x, stop(max(0, x)))

## softplus for any shift m: equal for all, and free of overflow for the m that softplus takes.
fn shifted_softplus(x, m) = m + log1p(exp(x - m) + (exp(-m) - 1))

## log(sigmoid(x)), finite where sigmoid(x) is no more.
fn log_sigmoid(x) = -softplus(-x)

## log(sum(e^x)), a smooth maximum of a vector.
fn log_sum_exp(x) = shifted_log_sum_exp(x, stop(max(x)))

## log_sum_exp for any shift m: equal for all, and free of overflow for the largest of x.
fn shifted_log_sum_exp(x, m) = m + log(sum(exp(x - m)))

## A vector of positive numbers with the sum 1.
fn softmax(x) = normalized(exp(x - stop(max(x))))

## A vector divided by its sum.
fn normalized(x) = x / sum(x)

## log(softmax(x)), finite where softmax(x) is zero.
fn log_softmax(x) = x - log_sum_exp(x)

## How surprising the category y is to one who expected softmax(logits), in nats.
fn cross_entropy(logits, y) = log_sum_exp(logits) - logits[y]

## The mean square distance from the mean.
fn variance(x) = mean((x - mean(x)) ^ 2)

## A vector with mean 0 and variance 1 (Ba, Kiros & Hinton 2016), without gain and bias.
fn layer_norm(x) = (x - mean(x)) / sqrt(variance(x) + 0.00001)

## A vector of d numbers for each of v categories.
cell Embedding(d, v) {
  input x: index(v)
  param W: [v, d] ~ normal(1)
  output W[x]
}

## The modReLU of a complex value (Arjovsky et al. 2016): its absolute value plus b, where that is positive, at its own
## angle; else 0.
fn modrelu(z, b) = if abs(z) > 0 then relu(abs(z) + b) / abs(z) * z else 0
`;

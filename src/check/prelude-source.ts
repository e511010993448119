// The text of prelude.rnn. Made by scripts/make-prelude.mjs: change prelude.rnn, then run `npm run build`.

export const preludeSource: string = `# Activations

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

## The modReLU of a complex value (Arjovsky, Shah & Bengio 2016): its absolute value plus b, where that is positive, at its
## own angle; else 0.
fn modrelu(z, b) = if abs(z) > 0 then relu(abs(z) + b) / abs(z) * z else 0

# Distributions over categories

## A vector of positive numbers with the sum 1.
fn softmax(x) = normalized(exp(x - stop(max(x))))

## log(softmax(x)), finite where softmax(x) is zero.
fn log_softmax(x) = x - log_sum_exp(x)

## How surprising the category y is to one who expected softmax(logits), in nats (divided by
## \`log(2)\`: in bits).
fn cross_entropy(logits, y) = log_sum_exp(logits) - logits[y]

## log(sum(e^x)), a smooth maximum of a vector.
fn log_sum_exp(x) = shifted_log_sum_exp(x, stop(max(x)))

## log_sum_exp for any shift m: equal for all, and free of overflow for the largest of x.
fn shifted_log_sum_exp(x, m) = m + log(sum(exp(x - m)))

## A vector divided by its sum.
fn normalized(x) = x / sum(x)

# Statistics and lengths

## The mean square distance from the mean.
fn variance(x) = mean((x - mean(x)) ^ 2)

## A vector with mean 0 and variance 1 (Ba, Kiros & Hinton 2016), without gain and bias.
fn layer_norm(x) = (x - mean(x)) / sqrt(variance(x) + 0.00001)

## A vector with the length 1 in the direction of v; of a vector shorter than 1e-6 a shorter one.
fn unit_norm(v) = v / sqrt(dot(v, v) + 1e-12)

# Differential equations

## One step of size h of the differential equation y' = f(y), by Euler's method: its error is of order h^2.
fn euler(f, y, h) = y + h * f(y)

## That by the midpoint method: the error of a step is of order h^3.
fn midpoint(f, y, h) = y + h * f(y + h / 2 * f(y))

## That by Heun's method: the mean of the slopes at both ends. The error of a step is of order h^3.
fn heun(f, y, h) = heun_from(f, y, h, f(y))

## heun with the slope k at y.
fn heun_from(f, y, h, k) = y + h / 2 * (k + f(y + h * k))

## That by the classical method of Runge and Kutta, with four slopes: the error of a step is of order h^5.
fn rk4(f, y, h) = rk4_second(f, y, h, f(y))

## rk4 with its first slope.
fn rk4_second(f, y, h, a) = rk4_third(f, y, h, a, f(y + h / 2 * a))

## rk4 with its first two slopes.
fn rk4_third(f, y, h, a, b) = rk4_fourth(f, y, h, a, b, f(y + h / 2 * b))

## rk4 with its first three slopes.
fn rk4_fourth(f, y, h, a, b, c) = y + h / 6 * (a + 2 * b + 2 * c + f(y + h * c))

# Matrices

## The skew-symmetric part of a square matrix, twice: A - A^T. Its eigenvalues are imaginary.
fn skew(A: [m, m]) = A - transpose(A)

## The symmetric part of a square matrix, twice: A + A^T.
fn symmetric(A: [m, m]) = A + transpose(A)

## An orthogonal matrix made from any square one: e^(A - A^T) (Lezcano-Casado & Martinez-Rubio 2019, "expRNN"). What is
## trained is A, so the matrix stays orthogonal, as closely as expm is exact.
fn orthogonal(A: [m, m]) = expm(skew(A))

## e^A of a square matrix, by a series of eight terms of A / 64, squared six times (scaling and squaring; Moler & Van
## Loan 2003). In float64 its error is below 1e-12 where the norm of A is at most 4, below 1e-9 up to 16.
fn expm(A: [m, m]) = repeat(squared, exp_series(A / 64, identity(m)), 6)

## A matrix times itself.
fn squared(A: [m, m]) = A @ A

## The series of e^A up to its eighth power, by few products.
fn exp_series(A: [m, m], I: [m, m]) = exp_series_2(A, I, squared(A))

## exp_series with the square of A.
fn exp_series_2(A, I, A2) = exp_series_4(A, I, A2, A @ A2, squared(A2))

## exp_series with the powers of A up to the fourth.
fn exp_series_4(A, I, A2, A3, A4) = I + A + A2 / 2 + A3 / 6
                                    + A4 @ (I + (A + (A2 + (A3 + A4 / 8) / 7) / 6) / 5) / 24

## Of a skew-symmetric A the orthogonal matrix (I - A)^-1 (I + A), its Cayley transform (Helfrich, Willmott & Ye 2018): the
## square of the orthogonal matrix nearest to I + A, which needs no inverse. In float64 right to 1e-12 where the sum of the
## squares of A is at most 9000.
fn cayley(A: [m, m]) = squared(nearest_orthogonal(identity(m) + A))

## The orthogonal matrix nearest to a square one (its polar factor), by the iteration of Newton and Schulz (Higham 2008).
## In float64 right to 1e-12 where no singular value of A is below a hundredth of the root of the sum of its squares.
fn nearest_orthogonal(A: [m, m]) = repeat(straightened, scaled_unit(A), 20)

## A matrix with singular values nearer to 1.
fn straightened(A: [m, m]) = 1.5 * A - 0.5 * (A @ transpose(A)) @ A

## A matrix with the largest singular value 1, in 1 part in 100: W divided by it, found by the 256th power of W^T W.
fn unit_spectral(W: [m, n]) = W / sqrt(largest_eigenvalue(transpose(W) @ W) + 1e-12)

## The largest eigenvalue of a symmetric matrix that has none below zero.
fn largest_eigenvalue(A: [m, m]) = rayleigh_quotient(A, repeat(squared_unit, scaled_unit(A), 8), identity(m))

## The eigenvalue of A to the eigenvector that a projection P keeps.
fn rayleigh_quotient(A, P, I) = sum(A * P) / (sum(I * P) + 1e-12)

## A square matrix times itself, scaled.
fn squared_unit(A: [m, m]) = scaled_unit(A @ A)

## A matrix divided by the root of the sum of its squares.
fn scaled_unit(A) = A / sqrt(sum(A * A) + 1e-24)

## Positive numbers made from any: softplus.
fn positive(a) = softplus(a)

## A matrix [m, n] of rank r at most, U V^T (as the weights of FastGRNN, Kusupati et al. 2018).
fn low_rank(U: [m, r], V: [n, r]) = U @ transpose(V)

# Chance

## Zoneout (Krueger et al. 2017): in training each unit keeps its past with the probability p, elsewhere it takes the
## mean of the two.
fn zoneout(new, past, p) = if training then (if chance(p, new) then past else new)
                           else p * past + (1 - p) * new

# Layers

## A vector of d numbers for each of v categories.
cell Embedding(d, v) {
  input x: index(v)
  param W: [v, d] ~ normal(1)
  output W[x]
}

## A highway layer around a cell (Srivastava, Greff & Schmidhuber 2015): a gate lets through what C makes of x, and
## as much of x itself as is left. It begins by carrying x: the gate's bias starts at a negative number.
cell highway(C: cell, n, bias: real = -1) {
  input x: [n]
  param W: [n, n]
  param b: [n] = bias
  gate = sigmoid(W @ x + b)
  output gate * C()(x) + (1 - gate) * x
}
`;

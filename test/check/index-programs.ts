// Programs in index notation, with entries and slices: each is held against what it means, number by number; those with a
// twin also against the same cell written by `@`, `outer` and their like. Sizes are n = 3, m = 2, v = 4.

export interface IndexProgram {
  readonly text: string;
  /** The same cell without index notation. */
  readonly twin?: string;
}

/** A cell of a vector x of n, and m. */
const cell = (body: string): string => `cell Main(n, m) {\n  input x: [n]\n${body}\n}`;

export const INDEX_PROGRAMS: Readonly<Record<string, IndexProgram>> = {
  'linear attention': {
    text: cell(`
  state S: [m, n]
  v: [m] = affine(x)
  S[i, j] = 0.5 * prev S[i, j] + v[i] * x[j]
  h[i] = sum over j: S[i, j] * x[j]
  output h`),
    twin: cell(`
  state S: [m, n]
  v: [m] = affine(x)
  S = 0.5 * prev S + outer(v, x)
  h = S @ x
  output h`),
  },
  'the delta rule': {
    text: cell(`
  state S: [m, n]
  v: [m] = affine(x)
  b: [] = sigmoid(affine(x))
  k = x / sqrt(1 + dot(x, x))
  old[i] = sum over j: prev S[i, j] * k[j]
  S[i, j] = prev S[i, j] + b * (v[i] - old[i]) * k[j]
  h[i] = sum over j: S[i, j] * k[j]
  output h`),
    twin: cell(`
  state S: [m, n]
  v: [m] = affine(x)
  b: [] = sigmoid(affine(x))
  k = x / sqrt(1 + dot(x, x))
  S = prev S + b * outer(v - prev S @ k, k)
  h = S @ k
  output h`),
  },
  'products of matrices': {
    text: cell(`
  param A: [m, n]
  param B: [n, m]
  C[i, k] = sum over j: A[i, j] * x[j] * B[j, k]
  y[k] = sum over i, j: A[i, j] * B[j, k] * x[j] / 3
  z = sum over i: sum over j: A[i, j] * B[j, i]
  output C
  output y
  output z`),
    twin: cell(`
  param A: [m, n]
  param B: [n, m]
  C = A @ (outer(x, ones) * B)
  ones = 0 * (x @ B) + 1
  y = ones @ (A @ (outer(x, ones) * B)) / 3
  z = sum(A * transpose(B))
  output C
  output y
  output z`),
  },
  'an equation that is a table of its own': {
    text: cell(`
  L[i, j]: [n, n] = if i < j then 0 else sqrt(2 * i + 1) * cos(2 * 3.14159 * i * j / n)
  F[i, j]: [m, m] = if i == j then 1 else (i + 1) ^ j
  y[i] = sum over j: L[i, j] * x[j]
  g[i, j] = F[j, i] * 2
  output y
  output g`),
  },
  'diagonals and transposes': {
    text: cell(`
  param A: [n, n]
  param T: [n, m, n]
  d[i] = A[i, i] * x[i]
  s[i, j] = A[j, i] - A[i, j]
  e[k] = sum over i: T[i, k, i] * x[i]
  f[i] = sum over j: T[i, 0, j] * A[j, i]
  trace = sum over i: A[i, i]
  output d
  output s
  output e
  output f
  output trace`),
    twin: cell(`
  param A: [n, n]
  param T: [n, m, n]
  d[i] = A[i, i] * x[i]
  s = transpose(A) - A
  e[k] = sum over i: T[i, k, i] * x[i]
  f[i] = sum over j: T[i, 0, j] * A[j, i]
  trace = sum(A * I)
  I[i, j]: [n, n] = if i == j then 1 else 0
  output d
  output s
  output e
  output f
  output trace`),
  },
  'shifts, strides and flips': {
    text: cell(`
  param w: [m]
  a[i]: [n] = x[i - 1]
  b[i]: [n] = x[i + 1] - x[i]
  c[i]: [n] = sum over k: w[k] * x[i + k - 1]
  d[i]: [n] = sum over k: w[k] * x[i - k]
  e[i]: [2] = x[2 * i]
  f[i]: [n] = x[n - 1 - i]
  g[i]: [n] = x[i + 7] + x[i - 7]
  p[i, k]: [n, m] = x[2 * i - k + 1]
  output a
  output b
  output c
  output d
  output e
  output f
  output g
  output p`),
  },
  'a convolution of two axes with channels': {
    text: `cell Main(n, m) {
  input x: [m, n, 4]
  param W: [n, m, 3, 2]
  state u: [n, n, 4]
  u[k, i, j] = tanh(0.5 * prev u[k, i, j] + sum over c, a, b: W[k, c, a, b] * x[c, i + a - 1, j + b - 1])
  output u
}`,
  },
  'diagonals of shifts': {
    text: cell(`
  param A: [n, n]
  d[i]: [n] = A[i, i + 1] + A[i + 1, i]
  e[i]: [n] = A[n - 1 - i, i]
  output d
  output e`),
  },
  'functions element by element': {
    text: `fn gate(a, b = 1) = sigmoid(a + b) * a
fn inner(a, b) = sum over j: a[j] * b[j]
fn pick(a, k) = a[k + 1] - a[k]
${cell(`
  param W: [m, n]
  state h: [m]
  y[i, j] = tanh(W[i, j] * x[j])
  z[i, j] = gate(W[i, j] * x[j] - t, prev h[i])
  q[i] = gate(sum over j: z[i, j] * relu(x[j]))
  h[i] = inner(W[i], x) * 0.3 + q[i]
  o[i] = pick(x, 0) * max(prev h[i], 0.1, W[i, 1]) ^ 2
  output h
  output y
  output o`)}`,
  },
  'loops with indices': {
    text: `fn step(a, k) = a + 0.1 * tanh(a * (k + 1))
${cell(`
  param R: [3, m, n]
  param W: [m, n]
  state h: [m]
  fn leak(a, b) = repeat(step, sigmoid(a * b) + a * 0.5, 3)
  fn turn(v) = tanh(sum over j: gate(v[j] * 2) * x[j]) * v
  fn gate(a) = sigmoid(a) * a
  fn round(v, k) = tanh(R[k] @ x) + R[k, 0, 1] * v
  y[i] = leak(prev h[i], sum over j: W[i, j] * x[j])
  z[i]: [m, n] = repeat(turn, W[i], 2)
  u[i, j] = repeat(step, W[i, j], 2) * x[j]
  h = repeat(round, y, 3)
  w[i] = sum over j: leak(W[i, j], x[j])
  output h
  output z
  output u
  output w`)}`,
  },
  'noise for each number': {
    text: cell(`
  param W: [m, n]
  a[i] = dropout(x[i], 0.3) + dropout(2, 0.5)
  b[i, j] = dropout(W[i, j] * x[j], 1 / n)
  c[j] = if chance(sigmoid(x[j])) then x[j] else 0
  d[i] = sum over j: dropout(W[i, j], 0.5) * x[j]
  output a
  output b
  output c
  output d`),
  },
  'rows as vectors': {
    text: cell(`
  param A: [m, n]
  param B: [n, n]
  p[i] = softmax(A[i] * x)[0]
  P[i]: [m, n] = softmax(A[i] @ B)
  Q[i]: [m, n] = B @ A[i] + concat(x[1:], A[i, 0:1])
  r[i] = dot(A[i], x) + max(A[i]) - min(A[i] * x) + mean(A[i])
  R[i]: [m, n, n] = transpose(outer(A[i], x)) + outer(x, A[i])
  a[i] = sum over j: A[i, j] * dot(B[j], x)
  b = sum over i: A[i] * r[i]
  output p
  output P
  output Q
  output r
  output R
  output a
  output b`),
  },
  'functions over an index': {
    text: cell(`
  param A: [m, n]
  param K: [n, n]
  P[i, j] = softmax over j: A[i, j] * x[j]
  V[i, j] = layer_norm over i: P[i, j]
  c[k] = sum over j: (softmax over j: sum over i: K[j, i] * x[i]) * K[j, k]
  s[i] = log_sum_exp over j: A[i, j] + x[j]
  w = softmax over j: dot(K[j], x)
  best[i] = if (argmax over j: A[i, j] * x[j]) == 0 then x[0] else A[i, 1]
  q[i] = K[argmax over j: A[i, j] * x[j], 1]
  u[i] = A[i, argmax over j: A[i, j] * x[j]]
  output P
  output V
  output c
  output s
  output w
  output best
  output q
  output u`),
    twin: cell(`
  param A: [m, n]
  param K: [n, n]
  P[i]: [m, n] = softmax(A[i] * x)
  V[i, j] = layer_norm over i: P[i, j]
  c = softmax(K @ x) @ K
  s[i] = log_sum_exp(A[i] + x)
  w = softmax(K @ x)
  best[i] = if (argmax over j: A[i, j] * x[j]) == 0 then x[0] else A[i, 1]
  q[i] = K[argmax(A[i] * x), 1]
  u[i] = max over j: if (argmax over k: A[i, k] * x[k]) == j then A[i, j] else -100
  output P
  output V
  output c
  output s
  output w
  output best
  output q
  output u`),
  },
  'mean, product, largest and least': {
    text: cell(`
  param A: [m, n]
  a[i] = mean over j: A[i, j] * x[j]
  b[i] = prod over j: A[i, j] + x[j]
  c[j] = max over i: A[i, j]
  d = min over i, j: A[i, j] * x[j]
  e = prod over i, j: A[i, j] / 2
  f[i] = sum over j: (A[i, j] + 2)
  g = mean over j: x[j] - t
  k = prod over j: 1.5 + 0 * x[j]
  output a
  output b
  output c
  output d
  output e
  output f
  output g
  output k`),
    twin: cell(`
  param A: [m, n]
  a = A @ x / n
  b[i] = (A[i, 0] + x[0]) * (A[i, 1] + x[1]) * (A[i, 2] + x[2])
  c[j] = max(A[0, j], A[1, j])
  d = min(min(A[0] * x), min(A[1] * x))
  e[i] = A[i, 0] * A[i, 1] * A[i, 2]
  e2 = e[0] * e[1] / 64
  f[i] = sum(A[i]) + 2 * n
  g = mean(x) - t
  k = 1.5 ^ n + 0 * sum(x)
  output a
  output b
  output c
  output d
  output e2
  output f
  output g
  output k`),
  },
  'entries and slices': {
    text: cell(`
  param A: [n + 2, m, n]
  y = x[0] + x[n - 1] * A[0, 1, 2]
  p = x[1:]
  q = concat(x[:1], x[0:2], x[1:n])
  r = A[1:3, 0]
  s = A[:, :, 1:]
  u = A[n + 1]
  w = A[2, :, 0][:1] + A[:, 1, n - 1][2:3]
  output y
  output p
  output q
  output r
  output s
  output u
  output w`),
  },
  'sizes that are quotients, and reshape': {
    text: `cell Main(h = 2, d = 6, n) {
  input x: [n]
  param W: [3 * d, n]
  param A: [n, 2 * n / n]
  state S: [h, d / h, d / h]
  q, k, v = split(reshape(W @ x, [3 * h, d / h]), 3)
  S[a, i, j] = prev S[a, i, j] + v[a, i] * k[a, j]
  y[a, i] = sum over j: S[a, i, j] * q[a, j]
  z = reshape(y, [d]) + reshape(S[1], [d * d / h / h])[0]
  r[a]: [h, 3, d / h / 3] = reshape(S[a, 0], [3, d / h / 3])
  w: [d / (h + 1)] = affine(x)
  output z
  output r
  output w
  c = A @ z[:2]
  output c
  m = x[(n - 1) / 2] + x[n / 3]
  output m
}`,
  },
  'categories beside places': {
    text: `cell Main(v, n, m) {
  input k: index(v)
  input x: [n]
  param W: [v, m]
  param U: [n, v]
  a = W[k, 0]
  b = U[1, k] * U[:, k]
  c[i] = W[k, i] * U[2, k]
  d[i] = if i == k then x[0] else 0
  e[i, j] = if i != k then U[j, i] else W[i, 1]
  output a
  output b
  output c
  output d
  output e
}`,
  },
  'times and rates': {
    text: cell(`
  input c: once [m]
  param W: [m, n]
  state h: [m] = c
  h[i] = 0.5 * prev h[i] + sum over j: W[i, j] * x[j] + (if t > 1 then delay(x, 2)[j] else 0)
  w[i] = last h[i] + c[i] + mean over time (sum over j: W[i, j] * x[j])
  u[i] = h[i] * each step (w[i] * c[i])
  z[i] = sigmoid(affine(x)) * h[i] + affine(h[i]) + (linear(x, h))[i]
  output u
  output w
  output z`),
  },
  'conditions for each element': {
    text: cell(`
  param A: [m, n]
  big[i, j] = A[i, j] > x[j]
  y[i, j] = if big[i, j] and not (i == j) then A[i, j] else if j < i then x[j] else t
  z[j] = if x[j] < 0 and big[1, j] then -x[j] else x[j] mod 2
  w[i, j]: [m, n] = if big[i, j + 1] then 1 else 2
  output y
  output z
  output w`),
  },
  heads: {
    text: `cell Main(h = 2, d = 3, n) {
  input x: [n]
  param Q, K, V: [h, d, n]
  state S: [h, d, d]
  q[a, i] = sum over j: Q[a, i, j] * x[j]
  k[a, i] = sum over j: K[a, i, j] * x[j]
  v[a]: [h, d] = V[a] @ x
  S[a, i, j] = 0.9 * prev S[a, i, j] + v[a, i] * k[a, j]
  y[a, i] = sum over j: S[a, i, j] * q[a, j]
  z = sum over a: y[a]
  f[i]: [h * d] = sum over a, j: (if a * d + j == i then y[a, j] else 0)
  g[a, j]: [h, d] = f[a * d + j]
  output y
  output z
  output g
}`,
  },
};

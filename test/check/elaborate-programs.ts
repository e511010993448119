// Programs that stretch elaboration: ends inside of ends, cells turned round, values that are not where their type says.
// Each is held against what it means. The last cell or model of each counts; its sizes are among n, m and v.

/** Cells that the programs use. */
export const CELLS = `
cell RNN(n, m) {
  input x: [n]
  state h: [m]
  h = tanh(affine(x, prev h))
  output h
}
cell Centred(n) {
  input x: [n]
  mu = mean over time x
  output x - each step mu
}
cell Tail(n) {
  input x: [n]
  y = x * x
  end = last y
  output end
  first = y - each step end
  output first
}
cell Both(n, m) {
  input x: [n]
  h = bidirectional(RNN(m: m))(tanh(x))
  y = 2 * h
  output y
}
cell Gate(n, m) {
  input x: [n]
  y: [m] = sigmoid(affine(x))
  output y
}
`;

/** A cell of a vector x of n, and m. */
const cell = (body: string): string => `cell Main(n, m) {\n  input x: [n]\n${body}\n}`;

export const PROGRAMS: Readonly<Record<string, string>> = {
  'bidirectional of bidirectional': cell(`
    h = bidirectional(Both(m: m))(x)
    output h`),
  'stack of bidirectional': cell(`
    h = stack(3, bidirectional(RNN(m: m)))(x)
    output h`),
  'bidirectional of a stack': cell(`
    h = bidirectional(stack(3, RNN(m: m)))(x)
    output h`),
  'bidirectional of residual': cell(`
    h = bidirectional(residual(RNN(m: n)))(x)
    output h`),
  'a mean over time within bidirectional': cell(`
    h = bidirectional(Centred())(x)
    output h`),
  'two outputs of a stage each': cell(`
    a, b = Tail()(x)
    output a
    output b`),
  'ends inside a reversed cell': `
    cell T(n) {
      input x: [n]
      state s: [n]
      s = tanh(prev s + x)
      e = last s
      f = last x
      y = s - each step e + each step f
      output y
    }
    cell Main(n) {
      input x: [n]
      h = bidirectional(T())(x)
      output h
    }`,
  'a reversed cell that starts at its own end': `
    cell T(n) {
      input x: [n]
      state s: [n] = last x
      s = tanh(prev s + x) * t
      output s
    }
    cell Main(n) {
      input x: [n]
      h = bidirectional(T())(x)
      output h
      z = last h
      output z
    }`,
  'ends of what runs backwards, in the order of time': cell(`
    h = bidirectional(RNN(m: m))(x)
    a = last h
    b = max over time h
    c = mean over time h
    d = sum over time h
    output a
    output b
    output c
    output d`),
  'an expression into a reversed cell': cell(`
    h = bidirectional(RNN(m: m))(2 * x)
    output h`),
  'a constant into a reversed cell': cell(`
    param w: [n]
    k = w + 1
    h = bidirectional(RNN(m: m))(k)
    output h
    output last x`),
  'a weight into a reversed cell': cell(`
    param w: [n]
    h = bidirectional(RNN(m: m))(w)
    output h
    y = h * sum(x)
    output y`),
  'constant into a cell that pools': `
    cell P(n) {
      input x: [n]
      z = max over time x
      output z
    }
    cell Main(n) {
      input x: [n]
      param w: [n]
      y = P()(w)
      z = P()(w + 1)
      output y
      output z
      output x
    }`,
  'a weight into a cell that takes steps': `
    cell P(n) {
      input x: [n]
      state s: [n]
      s = prev s + x
      z = last x
      output z
      output s
      output x
    }
    cell Main(n) {
      input x: [n]
      param w: [n]
      a, b, c = P()(w)
      d, e, f = P()(w + 1)
      output d
      output e
      output f
      output a
      output b
      output c
      output x
    }`,
  'a cell that hands a weight through': `
    cell P(n) {
      input x: [n]
      state s: [n]
      s = prev s + x
      output x
      output s
    }
    cell Main(n) {
      input x: [n]
      param w: [n]
      a, b = P()(w)
      output a
      output b
      output x
    }`,
  'a cell that hands a constant through': `
    cell P(n) {
      input x: [n]
      state s: [n]
      s = prev s + x
      output x
      output s
    }
    cell Main(n) {
      input x: [n]
      param w: [n]
      a, b = P()(w + 1)
      output a
      output b
      output x
    }`,
  'a once value from a first stage in a second': cell(`
    a = last x
    b = a * a
    y = x * each step b
    c = max over time y
    z = y - each step c
    output z
    output b`),
  'outputs that are inputs': cell(`
    input c: once [m]
    output x
    output c`),
  'the last of an input': cell(`
    a = last x
    output a`),
  'the past of a state, and its value, in a later stage': cell(`
    top = RNN(m: n)
    h = top(x)
    k = max over time x
    y = prev top.h * each step k
    z = top.h - y
    output y
    output z`),
  'the past of a state that stands in a stage of its own': cell(`
    e = max over time x
    top = RNN(m: n)
    g = x - each step e
    h = top(g)
    k = max over time h
    y = prev top.h * each step k
    output y`),
  'the past of an instance before its application': cell(`
    top = RNN(m: n)
    a: [m] = tanh(affine(x, prev top.h))
    b: [n] = linear(a)
    h = top(b)
    output h`),
  'a start handed in, which is the end of another cell': `
    cell Dec(n) {
      input x: [n]
      input s0: once [n]
      state s: [n] = s0
      s = tanh(prev s + x)
      output s
    }
    cell Main(n) {
      input x: [n]
      h = RNN(m: n)(x)
      y = Dec()(x, last h)
      output y
    }`,
  'a start at the end of another state': cell(`
    h = RNN(m: n)(x)
    state s: [n] = last h
    s = prev s * x
    output s`),
  'a state that is a weight at each step': cell(`
    param b: [n]
    state s: [n]
    s = b
    y = prev s + x
    z = last s
    output y
    output s
    output z`),
  'a state that is the same at each step': cell(`
    param b: [n]
    state s: [n]
    s = b * 2
    y = prev s + x + s
    output y`),
  'a state that is a number': cell(`
    state s: []
    s = 1
    y = prev s * x
    output y`),
  'a start that spreads': cell(`
    state s: [n] = 0.5
    s = prev s + x
    output s`),
  'a state that is an input': cell(`
    state s: [n]
    s = x
    y = prev s + x
    output y`),
  'the past of the past': cell(`
    state a: [n]
    state b: [n]
    a = x
    b = prev a
    c = prev b
    output c`),
  'one copy on steps and on once values': cell(`
    g = Gate(m: n)
    a = g(x)
    b = g(a)
    c = g(last b)
    d = g(each step c)
    output c
    output d`),
  'one copy on a weight and on steps': cell(`
    param w: [n]
    g = Gate(m: n)
    a = g(w)
    output a
    b = g(x)
    output b`),
  'cells within cells on steps and once values': `
    cell In(n) {
      input x: [n]
      g = Gate(m: n)
      output g(g(x) + 1)
    }
    cell Main(n) {
      input x: [n]
      i = In()
      y = i(x)
      z = i(max over time y)
      output y
      output z
    }`,
  'a power tower': cell(`
    output x ^ 2 ^ 3`),
  'powers grouped to the right': cell(`
    output (abs(x) + 1) ^ x ^ 2`),
  powers: cell(`
    output concat(x ^ 3, x ^ 1, (1 + x ^ 2) ^ 0.5, (1 + x ^ 2) ^ -1)`),
  'the number of the step': cell(`
    state s: [n]
    s = prev s * 0.5 + x * t
    output s`),
  'metrics that are conditions': `
    model M(n, m) {
      input x: [n]
      target y: [m]
      p: [m] = affine(x)
      loss mean((p - y) ^ 2)
      metric good = mean(p) > 0
      metric once_good = mean(last p) > 0
      metric k = 3
      output p
    }`,
  'a loss at the end': `
    model M(n, m) {
      input x: [n]
      target y: once [m]
      p: [m] = affine(last x)
      loss mean((p - y) ^ 2)
      output p
    }`,
  'a loss of weights alone': `
    model M(n, m) {
      input x: [n]
      param w: []
      loss w * 2
      output x
    }`,
  'a loss that is an input': `
    model M(n, m) {
      input x: []
      target y: []
      loss y
      metric a = y
      metric b = x
      output x
    }`,
  'hyperparameters with defaults made of sizes': `
    cell M(n, m, q: real = 1 / sqrt(n), r: real = q * m) {
      input x: [n]
      output x * q + r
    }`,
  'sizes as numbers': `
    cell M(n, m) {
      input x: [n]
      output x * (m - 2) + (n - 3)
    }`,
  'the last category': `
    model M(v, m) {
      input w: index(v)
      target y: once index(v)
      z = last w
      logits = Dense(v)(Embedding(m)(z))
      loss cross_entropy(logits, y)
      metric a = argmax(logits) == y
      metric b = z == y
      output z
      output w
    }`,
  'the last condition': `
    cell M(n) {
      input x: [n]
      c = x > 0
      d = last c
      e = last (sum(x) > 0)
      output d
      output e
      y = if each step d then x else 0
      output y
    }`,
  'a cell that takes nothing': `
    cell M(m) {
      state s: [m]
      s = prev s + 1
      output s
    }`,
  conditions: `
    cell M(n) {
      input x: [n]
      y = if t < 4 then x else if x > 0 then 1 else -x
      output y
    }`,
  'logits to generate from': `
    model M(v) {
      input x: index(v)
      target y: index(v)
      h = RNN(m: 2)(Embedding(3)(x))
      logits = Dense(v)(h)
      out = cross_entropy(logits, y)
      loss out
      output logits
      generate x ~ categorical(logits)
    }`,
  'generate from an input': `
    model M(v) {
      input x: index(v)
      input logits: [v]
      target y: index(v)
      loss cross_entropy(logits, y)
      generate x ~ categorical(logits)
    }`,
  'all ends of one state': cell(`
    h = RNN(m: n)(x)
    a = mean over time h
    b = sum over time h
    c = last h
    d = max over time h
    output a
    output b
    output c
    output d
    z = each step a + each step b + each step c + each step d + h
    output z`),
  'an output that is a constant': `
    cell C(n) {
      input x: [n]
      param w: [n]
      state s: [n] = w
      k = w * 2
      s = prev s * k + x
      output s
      output k
    }
    cell Main(n) {
      input x: [n]
      c = C()
      a, b = c(x)
      output a
      output b
    }`,
  'once inputs of cells within a reversed cell': `
    cell Inner(n) {
      input x: [n]
      input c: once [n]
      y = x * each step c
      output y
      z = c + last y
      output z
    }
    cell Outer(n) {
      input x: [n]
      m1 = max over time x
      a, b = Inner()(x * 2, m1 + 1)
      p, q = Inner()(a, b)
      output p
    }
    cell Main(n) {
      input x: [n]
      h = bidirectional(Outer())(x)
      k = last h
      output h
      output k
    }`,
  'a matrix for a memory': `
    cell F(n) {
      input x: [n]
      state S: [n, n]
      S = prev S * 0.5 + outer(x, x)
      y = S @ x
      z = last S
      output y
      output z
    }`,
  'affine of vectors and scalars': cell(`
    input u: []
    a: [] = affine(x, u)
    b: [m] = affine(u)
    c: [] = linear(u)
    output a * b * c`),
  'ends of inputs and weights, in both directions': `
    cell T(n) {
      input x: [n]
      param w: [n]
      state s: [n] = last x
      s = prev s * x
      a = last x
      b = max over time s
      c = mean over time (s * x)
      d = last s
      e = sum over time x
      y = s - each step (a + b * c - d * e * w)
      output y
      output d
    }
    cell Main(n) {
      input x: [n]
      param w: [n]
      f, l = T()(w * 2)
      output f
      output l
      h = bidirectional(Dense(n))(x)
      k = bidirectional(residual(S()))(h)
      output k
    }
    cell S(n) {
      input x: [n]
      p, q = T()(x)
      output p + each step q
    }`,
  'rounds in rounds, with what each computes once': cell(`
    param R: [n, n, n]
    param W: [n, n]
    param S: [m + 1, n]
    fn outer_round(v, k) = repeat(inner_round, twice(v * (k + 1)), n) + S[k]
    fn inner_round(w, j) = twice(tanh(W @ w + R[j] @ w) * j)
    fn twice(a) = a * a + a
    output repeat(outer_round, x, m)`),
  'weights of a function, shared by its uses and by all rounds': cell(`
    state h: [n]
    fn slope(v) = tanh(affine(v, u)) - linear(v) + tanh(linear(v))
    u: [m] = affine(x)
    h = heun(slope, repeat(slope, prev h, 2), 0.5) + slope(x)
    output h`),
  'no round at all, and as many as a size': cell(`
    param W: [n, n]
    fn turned(v) = W @ v
    output repeat(turned, x, n - 3)
    y = repeat(turned, x, m ^ 2 - 1)
    output y`),
  'what does not change from round to round, from another stage': cell(`
    state h: [n] = repeat(tanh, last x, 3)
    fn shifted(v) = tanh(v + each step last x - each step (max over time (x * x)))
    h = repeat(shifted, prev h + h0, 2)
    h0 = repeat(sigmoid, x, 2)
    e = repeat(tanh, last h, 2)
    output h
    output e`),
  'functions in a cell that runs backwards': `
    cell Flow(n) {
      input x: [n]
      state s: [n]
      net = Dense(n)
      fn slope(v) = net(v) + x - each step last x
      s = rk4(slope, prev s, 0.2)
      output s
    }
    cell Main(n) {
      input x: [n]
      y = bidirectional(Flow())(x)
      output y
    }`,
  'functions that are handed through': `
    fn twice(f, y) = f(f(y))
    fn both(f, g, y) = f(y) + g(y)
    fn bound(q: [k], keys: [j, k]) = (keys @ q) * k / j
    cell Main(n, m) {
      input x: [n]
      param W: [m, n]
      fn scaled(v, a = 0.5) = both(tanh, halved, v) * a * sum(W)
      fn halved(v) = v / 2
      output twice(scaled, both(halved, scaled, x))
      y = bound(x, W)
      output y
    }`,
  'a reversed cell within a reversed cell': `
    cell T(n) {
      input x: [n]
      state s: [n] = last x
      s = prev s * x
      a = last x
      y = s - each step a - each step last s
      output y
    }
    cell S(n) {
      input x: [n]
      h = Dense(n)(bidirectional(T())(tanh(x)))
      e = last h
      output h - each step e
    }
    cell Main(n) {
      input x: [n]
      k = bidirectional(S())(x)
      output k
      z = last k
      output z
    }`,
};

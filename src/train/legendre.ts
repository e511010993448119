/**
 * Memories by Legendre polynomials (HiPPO, Gu et al. 2020), whose weights are fixed by formulas. Rows i and columns j
 * count from 0, d of them.
 */

/**
 * HiPPO-LegS, of the whole past: the matrix A of c' = A c + B x, row-major,
 *
 *     A[i, j] = -sqrt((2 i + 1) (2 j + 1)) below the diagonal, -(i + 1) on it, 0 above.
 */
export function legsMatrix(d: number): Float64Array {
  return Float64Array.from({ length: d * d }, (_, k) => {
    const [i, j] = [Math.floor(k / d), k % d];
    if (i === j) return -(i + 1);
    return i > j ? -Math.sqrt((2 * i + 1) * (2 * j + 1)) : 0;
  });
}

/** The vector B of HiPPO-LegS: B[i] = sqrt(2 i + 1). */
export function legsVector(d: number): Float64Array {
  return Float64Array.from({ length: d }, (_, i) => Math.sqrt(2 * i + 1));
}

/**
 * HiPPO-LegT, the Legendre memory unit (Voelker, Kajić & Eliasmith 2019), of the last `window` steps:
 *
 *     A[i, j] = (2 i + 1) / window * (-1 if i < j, else (-1)^(i - j + 1)),   B[i] = (2 i + 1) (-1)^i / window,
 *
 * as one step of m = A m + B x: with x held still over the step, e^A and A^-1 (e^A - I) B.
 */
export function legendreStep(
  d: number,
  window: number,
): { readonly matrix: Float64Array; readonly vector: Float64Array } {
  // The exponential of [[A, B], [0, 0]] has both in its first d rows.
  const n = d + 1;
  const joined = new Float64Array(n * n);
  for (let i = 0; i < d; i++) {
    const scale = (2 * i + 1) / window;
    for (let j = 0; j < d; j++) joined[i * n + j] = scale * (i < j || (i - j) % 2 === 0 ? -1 : 1);
    joined[i * n + d] = scale * (i % 2 === 0 ? 1 : -1);
  }
  const power = exponential(joined, n);
  return {
    matrix: Float64Array.from({ length: d * d }, (_, k) => power[Math.floor(k / d) * n + (k % d)]),
    vector: Float64Array.from({ length: d }, (_, i) => power[i * n + d]),
  };
}

/** e^A by its series, of A halved so often that it is small, and squared as often. */
function exponential(matrix: Float64Array, n: number): Float64Array {
  let norm = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += Math.abs(matrix[i * n + j]);
    norm = Math.max(norm, row);
  }
  const halvings = Math.max(0, Math.ceil(Math.log2(Math.max(norm, 1e-300))) + 1);
  const small = matrix.map((x) => x / 2 ** halvings);
  let term: Float64Array = Float64Array.from({ length: n * n }, (_, k) =>
    Math.floor(k / n) === k % n ? 1 : 0,
  );
  let sum = term.slice();
  // A norm of a half at most: the twentieth term is below 1e-24.
  for (let k = 1; k <= 20; k++) {
    term = multiply(term, small, n).map((x) => x / k);
    sum = sum.map((x, i) => x + term[i]);
  }
  for (let k = 0; k < halvings; k++) sum = multiply(sum, sum, n);
  return sum;
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k];
      if (x === 0) continue;
      for (let j = 0; j < n; j++) product[i * n + j] += x * b[k * n + j];
    }
  }
  return product;
}

/**
 * The eigenvalues of a real matrix in float64: reduced to Hessenberg form by eliminations with pivots, then found by the
 * QR algorithm with double implicit shifts, which gives complex pairs with real arithmetic. After Wilkinson & Reinsch
 * 1971 (elmhes, hqr); the order of all sums is fixed, so the same matrix gives the same numbers.
 */

/** The size of the largest eigenvalue of a square matrix, row-major; 0 for an empty one, NaN where there are none. */
export function spectralRadius(matrix: Float64Array, n: number): number {
  const eigenvalues = eigenvaluesOf(matrix, n);
  if (eigenvalues === undefined) return Number.NaN;
  return eigenvalues.reduce((most, [re, im]) => Math.max(most, Math.hypot(re, im)), 0);
}

/** All eigenvalues, as pairs of real and imaginary part; undefined where a number is not finite. */
export function eigenvaluesOf(
  matrix: Float64Array,
  n: number,
): readonly (readonly [number, number])[] | undefined {
  if (!matrix.every(Number.isFinite)) return undefined;
  const a = Array.from({ length: n }, (_, i) => Float64Array.from(matrix.subarray(i * n, (i + 1) * n)));
  toHessenberg(a);
  return ofHessenberg(a);
}

function toHessenberg(a: readonly Float64Array[]): void {
  const n = a.length;
  for (let m = 1; m < n - 1; m++) {
    let pivot = m;
    for (let j = m; j < n; j++) if (Math.abs(a[j][m - 1]) > Math.abs(a[pivot][m - 1])) pivot = j;
    const x = a[pivot][m - 1];
    if (x === 0) continue;
    if (pivot !== m) {
      for (let j = m - 1; j < n; j++) [a[pivot][j], a[m][j]] = [a[m][j], a[pivot][j]];
      for (let j = 0; j < n; j++) [a[j][pivot], a[j][m]] = [a[j][m], a[j][pivot]];
    }
    for (let i = m + 1; i < n; i++) {
      const y = a[i][m - 1] / x;
      if (y === 0) continue;
      a[i][m - 1] = 0;
      for (let j = m; j < n; j++) a[i][j] -= y * a[m][j];
      for (let j = 0; j < n; j++) a[j][m] += y * a[j][i];
    }
  }
}

/** The sign of b on the size of a. */
function signed(a: number, b: number): number {
  return b >= 0 ? Math.abs(a) : -Math.abs(a);
}

function ofHessenberg(a: readonly Float64Array[]): readonly (readonly [number, number])[] | undefined {
  const n = a.length;
  const found: (readonly [number, number])[] = [];
  let norm = 0;
  for (let i = 0; i < n; i++) for (let j = Math.max(i - 1, 0); j < n; j++) norm += Math.abs(a[i][j]);
  if (norm === 0) return Array.from({ length: n }, () => [0, 0] as const);
  let end = n - 1;
  let shifted = 0;
  let tries = 0;
  while (end >= 0) {
    // Where the part up to `end` falls apart: the first row of its last block.
    let l = end;
    for (; l > 0; l--) {
      const around = Math.abs(a[l - 1][l - 1]) + Math.abs(a[l][l]);
      const size = around === 0 ? norm : around;
      if (Math.abs(a[l][l - 1]) <= Number.EPSILON * size) {
        a[l][l - 1] = 0;
        break;
      }
    }
    let x = a[end][end];
    if (l === end) {
      found.push([x + shifted, 0]);
      end -= 1;
      tries = 0;
      continue;
    }
    let y = a[end - 1][end - 1];
    let w = a[end][end - 1] * a[end - 1][end];
    if (l === end - 1) {
      found.push(...ofBlock(x, y, w, shifted));
      end -= 2;
      tries = 0;
      continue;
    }
    // Each eigenvalue takes some three sweeps; a shift out of the ordinary breaks what would go round in a circle.
    if (tries === 300) return undefined;
    if (tries % 10 === 0 && tries > 0) {
      shifted += x;
      for (let i = 0; i <= end; i++) a[i][i] -= x;
      const s = Math.abs(a[end][end - 1]) + Math.abs(a[end - 1][end - 2]);
      x = 0.75 * s;
      y = x;
      w = -0.4375 * s * s;
    }
    tries += 1;
    sweep(a, l, end, x, y, w);
  }
  return found;
}

/** The two eigenvalues of the last 2 by 2 block. */
function ofBlock(x: number, y: number, w: number, shifted: number): readonly (readonly [number, number])[] {
  const p = 0.5 * (y - x);
  const q = p * p + w;
  const z = Math.sqrt(Math.abs(q));
  const at = x + shifted;
  if (q < 0)
    return [
      [at + p, z],
      [at + p, -z],
    ];
  const larger = p + signed(z, p);
  return [
    [at + larger, 0],
    [larger === 0 ? at : at - w / larger, 0],
  ];
}

/** One double QR step on the rows and columns from l to `end`. */
function sweep(a: readonly Float64Array[], l: number, end: number, x: number, y: number, w: number): void {
  let m = end - 2;
  let [p, q, r] = [0, 0, 0];
  for (; m >= l; m--) {
    const z = a[m][m];
    const [rest, sum] = [x - z, y - z];
    p = (rest * sum - w) / a[m + 1][m] + a[m][m + 1];
    q = a[m + 1][m + 1] - z - rest - sum;
    r = a[m + 2][m + 1];
    const scale = Math.abs(p) + Math.abs(q) + Math.abs(r);
    p /= scale;
    q /= scale;
    r /= scale;
    if (m === l) break;
    const u = Math.abs(a[m][m - 1]) * (Math.abs(q) + Math.abs(r));
    const v = Math.abs(p) * (Math.abs(a[m - 1][m - 1]) + Math.abs(z) + Math.abs(a[m + 1][m + 1]));
    if (u <= Number.EPSILON * v) break;
  }
  for (let i = m + 2; i <= end; i++) {
    a[i][i - 2] = 0;
    if (i !== m + 2) a[i][i - 3] = 0;
  }
  for (let k = m; k < end; k++) {
    let scale = 1;
    if (k !== m) {
      p = a[k][k - 1];
      q = a[k + 1][k - 1];
      r = k === end - 1 ? 0 : a[k + 2][k - 1];
      scale = Math.abs(p) + Math.abs(q) + Math.abs(r);
      if (scale !== 0) {
        p /= scale;
        q /= scale;
        r /= scale;
      }
    }
    const s = signed(Math.sqrt(p * p + q * q + r * r), p);
    if (s === 0) continue;
    if (k !== m) a[k][k - 1] = -s * scale;
    else if (l !== m) a[k][k - 1] = -a[k][k - 1];
    p += s;
    const [x1, y1, z1] = [p / s, q / s, r / s];
    q /= p;
    r /= p;
    for (let j = k; j <= end; j++) {
      let sum = a[k][j] + q * a[k + 1][j];
      if (k !== end - 1) {
        sum += r * a[k + 2][j];
        a[k + 2][j] -= sum * z1;
      }
      a[k + 1][j] -= sum * y1;
      a[k][j] -= sum * x1;
    }
    const last = Math.min(end, k + 3);
    for (let i = l; i <= last; i++) {
      let sum = x1 * a[i][k] + y1 * a[i][k + 1];
      if (k !== end - 1) {
        sum += z1 * a[i][k + 2];
        a[i][k + 2] -= sum * r;
      }
      a[i][k + 1] -= sum * q;
      a[i][k] -= sum;
    }
  }
}

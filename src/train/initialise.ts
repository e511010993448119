/**
 * How weights start: pure functions of the seed and the weight's name, so that adding one weight does not reshuffle
 * the others.
 *
 * Glorot-uniform after Glorot & Bengio 2010. Orthogonal after Saxe, McClelland & Ganguli 2014: the Q of the QR
 * decomposition of a normal matrix, with the signs fixed by the diagonal of R, without which it is not uniform over
 * the orthogonal matrices (Mezzadri 2007). What has more axes is the matrix of its first axis by all others.
 */
import { InvariantError, invariant } from '../base/invariant.ts';
import { RandomStream } from '../base/random.ts';
import type { ProgramParameter } from '../check/program.ts';
import { count, realTensor, type Tensor } from '../tensor/tensor.ts';
import { spectralRadius } from './eigenvalues.ts';
import { legendreStep, legsMatrix, legsVector } from './legendre.ts';

/** The starting values of all weights, in float64, in the order of the parameters. */
export function initialise(parameters: readonly ProgramParameter[], seed: number): Map<string, Tensor> {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return new Map(
    parameters.map((parameter) => {
      // A weight may start at another one, that one at a third.
      let from = parameter;
      let sign = 1;
      while (from.start.kind === 'copy') {
        const { of, negative } = from.start;
        const next = byName.get(of);
        invariant(next !== undefined, `${from.name} starts at ${of}`);
        if (negative) sign = -sign;
        from = next;
      }
      const tensor = startOf(from, seed);
      if (sign < 0) for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = -tensor.data[k];
      return [parameter.name, tensor];
    }),
  );
}

/** The starting value of one weight that does not start at another one. */
export function startOf(parameter: ProgramParameter, seed: number): Tensor {
  const { name, shape, start } = parameter;
  const random = new RandomStream(seed, name);
  const each = (value: (position: number) => number): Tensor => {
    const tensor = realTensor(shape);
    for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = value(k);
    return tensor;
  };
  /** Each entry drawn with the probability `density`, else zero: two numbers for each, so that the values do not hang on it. */
  const some = (density: number | undefined, value: () => number): Tensor =>
    each(() => {
      if (density === undefined) return value();
      const drawn = value();
      return random.uniform() < density ? drawn : 0;
    });
  switch (start.kind) {
    case 'zeros':
      return realTensor(shape);
    case 'glorot': {
      const limit = Math.sqrt(6 / (start.fanIn + start.fanOut));
      return each(() => limit * (2 * random.uniform() - 1));
    }
    case 'orthogonal':
      return realTensor(shape, orthogonal(shape[0] ?? 1, count(shape.slice(1)), random));
    case 'identity':
      invariant(shape.length === 2, `${name} starts as the identity and is no matrix`);
      return each((k) => (Math.floor(k / shape[1]) === k % shape[1] ? 1 : 0));
    case 'normal':
      return some(start.density, () => start.deviation * random.normal());
    case 'uniform':
      return some(start.density, () => start.low + (start.high - start.low) * random.uniform());
    case 'log_uniform': {
      const [low, high] = [Math.log(start.low), Math.log(start.high)];
      return each(() => Math.exp(low + (high - low) * random.uniform()));
    }
    case 'chrono':
      return each(() => Math.log(1 + (start.longest - 2) * random.uniform()));
    case 'spectral': {
      const tensor = some(start.density, () => random.normal());
      const radius = spectralRadius(Float64Array.from(tensor.data), shape[0]);
      // A matrix without an eigenvalue but zero cannot be scaled.
      const scale = radius > 0 ? start.radius / radius : 1;
      for (let k = 0; k < tensor.data.length; k++) tensor.data[k] *= scale;
      return tensor;
    }
    case 'hippo':
      return realTensor(shape, shape.length === 1 ? legsVector(shape[0]) : legsMatrix(shape[0]));
    case 'legendre': {
      const step = legendreStep(shape[0], start.window);
      return realTensor(shape, shape.length === 1 ? step.vector : step.matrix);
    }
    case 'copy':
      throw new InvariantError(`${name} starts at ${start.of}`);
    case 'value':
      return each(() => start.value);
    default:
      return start satisfies never;
  }
}

/** A matrix whose rows (if rows <= columns) or columns are orthonormal, uniformly distributed; row-major. */
function orthogonal(rows: number, columns: number, random: RandomStream): Float64Array {
  const [tall, wide] = rows >= columns ? [rows, columns] : [columns, rows];
  const vectors = Array.from({ length: wide }, () =>
    Float64Array.from({ length: tall }, () => random.normal()),
  );
  // Gram-Schmidt twice over: the second pass takes away what rounding left in the first. It makes the diagonal of R
  // positive, which is the fixing of the signs.
  vectors.forEach((v, k) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) addScaled(v, vectors[j], -dot(v, vectors[j]));
    }
    const norm = Math.sqrt(dot(v, v));
    for (let i = 0; i < tall; i++) v[i] /= norm;
  });
  const matrix = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      matrix[r * columns + c] = rows >= columns ? vectors[c][r] : vectors[r][c];
    }
  }
  return matrix;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] += factor * b[i];
}

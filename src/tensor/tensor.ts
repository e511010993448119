// Host tensors: what goes into a program and comes out of it. Row-major, without strides.

/** Element types as in the graph; `real` is kept in float64 or float32. */
export interface Tensor {
  readonly element: 'real' | 'index' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Int32Array | Uint8Array;
}

/** The number of elements of a shape. */
export function count(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

/** A real tensor in float64. Without data: zeros. Throws a RangeError if the data does not fill the shape. */
export function realTensor(shape: readonly number[], data?: ArrayLike<number>): Tensor {
  return { element: 'real', shape, data: filled(new Float64Array(count(shape)), shape, data) };
}

/** An index tensor (int32). Without data: zeros. Throws a RangeError if the data does not fill the shape. */
export function indexTensor(shape: readonly number[], data?: ArrayLike<number>): Tensor {
  return { element: 'index', shape, data: filled(new Int32Array(count(shape)), shape, data) };
}

/** A bool tensor (0 or 1 in bytes). Throws a RangeError if the data does not fill the shape. */
export function boolTensor(shape: readonly number[], data?: ArrayLike<number>): Tensor {
  return { element: 'bool', shape, data: filled(new Uint8Array(count(shape)), shape, data) };
}

function filled<A extends Float64Array | Int32Array | Uint8Array>(
  array: A,
  shape: readonly number[],
  data?: ArrayLike<number>,
): A {
  if (data === undefined) return array;
  if (data.length !== array.length) {
    throw new RangeError(`[${shape.join(', ')}] holds ${array.length} numbers, and not ${data.length}`);
  }
  array.set(data);
  return array;
}

/** The position of the first number that is not finite; -1 where there is none. */
export function firstNotFinite({ data }: Tensor): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

/** Zeros (or false) of any element type; reals in float64. */
export function zeros(element: Tensor['element'], shape: readonly number[]): Tensor {
  if (element === 'real') return realTensor(shape);
  return element === 'index' ? indexTensor(shape) : boolTensor(shape);
}

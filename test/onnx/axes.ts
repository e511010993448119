// Tensors taken apart and put together by their axes, as far as ONNX's arrays and ours differ.
import { offsets, rowMajorStrides } from '../../src/tensor/strides.ts';
import { count, realTensor, type Tensor } from '../../src/tensor/tensor.ts';

/** The axes in another order: axis k of the result is axis `order[k]`. */
export function permuted({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const strides = rowMajorStrides(shape);
  const from = offsets(
    order.map((axis) => shape[axis]),
    order.map((axis) => strides[axis]),
  );
  return realTensor(
    order.map((axis) => shape[axis]),
    Array.from(from, (i) => data[i]),
  );
}

/** The first two axes change places. */
export function swapped(tensor: Tensor): Tensor {
  return permuted(tensor, [1, 0, ...[...tensor.shape.keys()].slice(2)]);
}

/** One position of the first axis. */
export function entry({ shape, data }: Tensor, position: number): Tensor {
  const size = count(shape.slice(1));
  return realTensor(shape.slice(1), data.slice(position * size, (position + 1) * size));
}

/** As many equal parts of the first axis, in order. */
export function parts({ shape: [rows, ...rest], data }: Tensor, number: number): Tensor[] {
  const size = data.length / number;
  return Array.from({ length: number }, (_, k) =>
    realTensor([rows / number, ...rest], data.slice(k * size, (k + 1) * size)),
  );
}

/** Element by element. */
export function plus(a: Tensor, b: Tensor): Tensor {
  return realTensor(
    a.shape,
    a.data.map((x, i) => x + b.data[i]),
  );
}

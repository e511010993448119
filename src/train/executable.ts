// Stand-in until the runtime lands.
import type { Extents } from '../graph/type.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface Executable {
  bind(extents: Extents): void;
  write(name: string, tensor: Tensor): void;
  run(): void;
  read(name: string): Tensor;
}

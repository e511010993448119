// A module while it is put together: its functions, its constants, and the block of numbers that say where this
// program's buffers lie and how long its axes are. The code asks the block for every extent, stride and address that
// is not a plain number, so that other extents need no other code: only the block is written anew.

import type { AxisName, Extents } from '../../graph/type.ts';
import { ELEMENT_BYTES, type Storage } from '../../loops/memory.ts';
import type { BufferId } from '../../loops/program.ts';
import { type Size, type Sum, showSum, valueOfSum } from '../../loops/size.ts';
import type { WasmFunction, WasmType } from './binary.ts';
import { Code, ConstantPool, type FunctionId, type Local } from './code.ts';

/** One number of the block: a sum in bytes or as it is, after a buffer's address where there is one. */
export interface BlockEntry {
  readonly buffer: BufferId | undefined;
  readonly sum: Sum;
}

const POOL_START = 64;
const POOL_BYTES = 8192 - POOL_START;

/** Where the block begins. */
export const BLOCK_START = POOL_START + POOL_BYTES;

/** The numbers of the block for given extents and addresses of buffers. */
export function blockNumbers(
  entries: readonly BlockEntry[],
  addresses: readonly number[],
  extents: Extents,
): Int32Array {
  return Int32Array.from(
    entries,
    ({ buffer, sum }) => (buffer === undefined ? 0 : addresses[buffer]) + valueOfSum(sum, extents),
  );
}

export class ModuleBuilder {
  readonly constants = new ConstantPool(POOL_START, POOL_BYTES);
  readonly functions: WasmFunction[] = [];
  readonly block: BlockEntry[] = [];
  /** The program's buffers, by their numbers. */
  readonly buffers: readonly Storage[];
  readonly #entries = new Map<string, number>();
  readonly #named = new Map<string, FunctionId>();

  constructor(buffers: readonly Storage[]) {
    this.buffers = buffers;
  }

  code(parameters: readonly WasmType[], results: readonly WasmType[] = []): Code {
    return new Code(this.constants, parameters, results);
  }

  add(name: string, code: Code): FunctionId {
    this.functions.push(code.finish(name));
    return (this.functions.length - 1) as FunctionId;
  }

  /** A function that many call: made when first asked for. */
  shared(name: string, make: () => Code): FunctionId {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const id = this.add(name, make());
    this.#named.set(name, id);
    return id;
  }

  #entry(code: Code, entry: BlockEntry): void {
    const key = `${entry.buffer}:${showSum(entry.sum)}`;
    let at = this.#entries.get(key);
    if (at === undefined) {
      at = this.block.push(entry) - 1;
      this.#entries.set(key, at);
    }
    code.int(0).memory('i32.load', BLOCK_START + 4 * at);
  }

  /** The axes on which numbers of the block depend, as far as the code has asked for them. */
  get axes(): readonly AxisName[] {
    return [...new Set(this.block.flatMap(({ sum }) => sum.flatMap((size) => size.axes)))];
  }

  /** Writes every number of the block that the code so far has asked for, as it is with other extents of some axes. */
  setExtents(code: Code, extents: ReadonlyMap<AxisName, Local>): void {
    const isMoved = ({ axes }: Size): boolean => axes.some((axis) => extents.has(axis));
    for (const [at, { buffer, sum }] of [...this.block.entries()]) {
      if (!sum.some(isMoved)) continue;
      code.int(0);
      const rest = sum.filter((size) => !isMoved(size));
      if (buffer === undefined) this.sum(code, rest);
      else this.#entry(code, { buffer, sum: rest });
      for (const { factor, axes } of sum.filter(isMoved)) {
        this.elements(code, { factor, axes: axes.filter((axis) => !extents.has(axis)) });
        for (const axis of axes) {
          const extent = extents.get(axis);
          if (extent !== undefined) code.get(extent).op('i32.mul');
        }
        code.op('i32.add');
      }
      code.memory('i32.store', BLOCK_START + ELEMENT_BYTES * at);
    }
  }

  /** Puts a sum on the stack, times `unit`. */
  sum(code: Code, sum: Sum, unit = 1): void {
    const scaled = sum.map(({ factor, axes }) => ({ factor: factor * unit, axes }));
    if (scaled.length === 0) code.int(0);
    else if (scaled.length === 1 && scaled[0].axes.length === 0) code.int(scaled[0].factor);
    else this.#entry(code, { buffer: undefined, sum: scaled });
  }

  /** Puts a number of elements on the stack. */
  elements(code: Code, size: Size): void {
    this.sum(code, size.factor === 0 ? [] : [size]);
  }

  /** Puts the number of bytes of so many elements on the stack. */
  bytes(code: Code, size: Size): void {
    this.sum(code, size.factor === 0 ? [] : [size], ELEMENT_BYTES);
  }

  /** Puts the address of an element on the stack: `offset` elements into a buffer. */
  address(code: Code, buffer: BufferId, offset: Sum): void {
    const sum = offset.map(({ factor, axes }) => ({ factor: factor * ELEMENT_BYTES, axes }));
    this.#entry(code, { buffer, sum });
  }
}

/** The locals that hold the steps of the loops around. */
export type Steps = ReadonlyMap<number, Local>;

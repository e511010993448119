// The instructions of one function: an assembler by the names of the specification, with locals that are taken when
// they are needed.

import {
  float32Bytes,
  float64Bytes,
  pushSigned,
  pushUnsigned,
  type WasmFunction,
  type WasmType,
} from './binary.ts';

/** Instructions without an immediate, by their opcode. */
const PLAIN = {
  return: [0x0f],
  drop: [0x1a],
  select: [0x1b],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.lt_s': [0x48],
  'i32.lt_u': [0x49],
  'i32.gt_s': [0x4a],
  'i32.ge_s': [0x4e],
  'i32.ge_u': [0x4f],
  'f32.ne': [0x5c],
  'f32.lt': [0x5d],
  'f32.gt': [0x5e],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.div_u': [0x6e],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i32.shr_s': [0x75],
  'i32.shr_u': [0x76],
  'f32.add': [0x92],
  'f32.max': [0x97],
  'f64.nearest': [0x9e],
  'f64.sub': [0xa1],
  'f64.mul': [0xa2],
  'f32.convert_i32_s': [0xb2],
  'f64.promote_f32': [0xbb],
  'i32.reinterpret_f32': [0xbc],
  'i32x4.splat': [0xfd, 17],
  'f32x4.splat': [0xfd, 19],
  'f64x2.splat': [0xfd, 20],
  'i32x4.eq': [0xfd, 55],
  'i32x4.ne': [0xfd, 56],
  'i32x4.lt_s': [0xfd, 57],
  'i32x4.lt_u': [0xfd, 58],
  'i32x4.le_s': [0xfd, 61],
  'f32x4.eq': [0xfd, 65],
  'f32x4.ne': [0xfd, 66],
  'f32x4.lt': [0xfd, 67],
  'f32x4.gt': [0xfd, 68],
  'f32x4.le': [0xfd, 69],
  'f32x4.ge': [0xfd, 70],
  'f64x2.eq': [0xfd, 71],
  'f64x2.ne': [0xfd, 72],
  'f64x2.lt': [0xfd, 73],
  'f64x2.gt': [0xfd, 74],
  'f64x2.ge': [0xfd, 76],
  'v128.not': [0xfd, 77],
  'v128.and': [0xfd, 78],
  'v128.andnot': [0xfd, 79],
  'v128.or': [0xfd, 80],
  'v128.xor': [0xfd, 81],
  'v128.bitselect': [0xfd, 82],
  'v128.any_true': [0xfd, 83],
  'f32x4.demote_f64x2_zero': [0xfd, 94],
  'f64x2.promote_low_f32x4': [0xfd, 95],
  'f32x4.floor': [0xfd, 104],
  'f32x4.nearest': [0xfd, 106],
  'f64x2.floor': [0xfd, 117],
  'f64x2.nearest': [0xfd, 148, 1],
  'i32x4.shl': [0xfd, 171, 1],
  'i32x4.shr_s': [0xfd, 172, 1],
  'i32x4.shr_u': [0xfd, 173, 1],
  'i32x4.add': [0xfd, 174, 1],
  'i32x4.sub': [0xfd, 177, 1],
  'i32x4.mul': [0xfd, 181, 1],
  'i32x4.min_s': [0xfd, 182, 1],
  'i32x4.max_s': [0xfd, 184, 1],
  'i64x2.shl': [0xfd, 203, 1],
  'i64x2.shr_u': [0xfd, 205, 1],
  'i64x2.add': [0xfd, 206, 1],
  'i64x2.sub': [0xfd, 209, 1],
  'f32x4.abs': [0xfd, 224, 1],
  'f32x4.neg': [0xfd, 225, 1],
  'f32x4.sqrt': [0xfd, 227, 1],
  'f32x4.add': [0xfd, 228, 1],
  'f32x4.sub': [0xfd, 229, 1],
  'f32x4.mul': [0xfd, 230, 1],
  'f32x4.div': [0xfd, 231, 1],
  'f32x4.min': [0xfd, 232, 1],
  'f32x4.max': [0xfd, 233, 1],
  'f64x2.abs': [0xfd, 236, 1],
  'f64x2.neg': [0xfd, 237, 1],
  'f64x2.add': [0xfd, 240, 1],
  'f64x2.sub': [0xfd, 241, 1],
  'f64x2.mul': [0xfd, 242, 1],
  'f64x2.div': [0xfd, 243, 1],
  'f64x2.min': [0xfd, 244, 1],
  'f64x2.max': [0xfd, 245, 1],
  'i32x4.trunc_sat_f32x4_s': [0xfd, 248, 1],
  'f32x4.convert_i32x4_s': [0xfd, 250, 1],
  'i32x4.trunc_sat_f64x2_s_zero': [0xfd, 252, 1],
  'f64x2.convert_low_i32x4_s': [0xfd, 254, 1],
} as const satisfies Readonly<Record<string, readonly number[]>>;

/** The name of an instruction without an immediate. */
export type Instruction = keyof typeof PLAIN;

/** Instructions on memory: opcode and the natural alignment as a power of two. */
const MEMORY = {
  'i32.load': [[0x28], 2],
  'f32.load': [[0x2a], 2],
  'i32.store': [[0x36], 2],
  'f32.store': [[0x38], 2],
  'v128.load': [[0xfd, 0], 4],
  'v128.load32_splat': [[0xfd, 9], 2],
  'v128.load32_zero': [[0xfd, 92], 2],
  'v128.store': [[0xfd, 11], 4],
} as const satisfies Readonly<Record<string, readonly [readonly number[], number]>>;

/** Instructions on one lane, without memory. */
const LANE = {
  'i32x4.extract_lane': [0xfd, 27],
  'f32x4.extract_lane': [0xfd, 31],
} as const satisfies Readonly<Record<string, readonly number[]>>;

const LANE_MEMORY = {
  'v128.load32_lane': [0xfd, 86],
  'v128.store32_lane': [0xfd, 90],
} as const satisfies Readonly<Record<string, readonly number[]>>;

/** The position of a function in its module. */
export type FunctionId = number & { readonly brand: 'FunctionId' };

/** A local of a function: a parameter, or one taken later. */
export type Local = number & { readonly brand: 'Local' };

/**
 * Vectors that stand in memory from the start: V8 builds a constant vector anew from two 64-bit immediates at every
 * use, and a load costs less.
 */
export class ConstantPool {
  readonly #start: number;
  readonly #capacity: number;
  readonly #bytes: number[] = [];
  readonly #known = new Map<string, number>();

  constructor(start: number, capacity: number) {
    this.#start = start;
    this.#capacity = capacity;
  }

  /** Where a vector of 16 bytes stands; undefined where the pool is full. */
  addressOf(bytes: readonly number[]): number | undefined {
    const key = bytes.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#bytes.length + bytes.length > this.#capacity) return undefined;
    const address = this.#start + this.#bytes.length;
    this.#bytes.push(...bytes);
    this.#known.set(key, address);
    return address;
  }

  get data(): { readonly address: number; readonly bytes: Uint8Array } {
    return { address: this.#start, bytes: Uint8Array.from(this.#bytes) };
  }
}

export class Code {
  readonly #parameters: readonly WasmType[];
  readonly #results: readonly WasmType[];
  readonly #locals: WasmType[] = [];
  readonly #code: number[] = [];

  readonly #constants: ConstantPool;

  constructor(constants: ConstantPool, parameters: readonly WasmType[], results: readonly WasmType[] = []) {
    this.#constants = constants;
    this.#parameters = parameters;
    this.#results = results;
  }

  parameter(position: number): Local {
    return position as Local;
  }

  local(type: WasmType): Local {
    this.#locals.push(type);
    return (this.#parameters.length + this.#locals.length - 1) as Local;
  }

  /** Instructions without an immediate, in their order. */
  op(...names: readonly Instruction[]): this {
    for (const name of names) this.#code.push(...PLAIN[name]);
    return this;
  }

  /** Puts locals on the stack, in their order. */
  get(...locals: readonly Local[]): this {
    for (const local of locals) this.#immediate(0x20, local);
    return this;
  }

  set(local: Local): this {
    return this.#immediate(0x21, local);
  }

  /** Takes the top of the stack into a new local. */
  keep(type: WasmType): Local {
    const local = this.local(type);
    this.set(local);
    return local;
  }

  #immediate(opcode: number, value: number): this {
    this.#code.push(opcode);
    pushUnsigned(this.#code, value);
    return this;
  }

  call(target: FunctionId): this {
    return this.#immediate(0x10, target);
  }

  int(value: number): this {
    this.#code.push(0x41);
    pushSigned(this.#code, value);
    return this;
  }

  /** `local += value` on an i32. */
  advance(local: Local, by: Local | { readonly bytes: number }): this {
    this.get(local);
    if (typeof by === 'number') this.get(by);
    else this.int(by.bytes);
    return this.op('i32.add').set(local);
  }

  /** Four equal float32. */
  floats(value: number): this {
    return this.#vector([1, 2, 3, 4].flatMap(() => [...float32Bytes(value)]));
  }

  /** Two equal float64. */
  doubles(value: number): this {
    return this.#vector([1, 2].flatMap(() => [...float64Bytes(value)]));
  }

  /** Four int32; a missing one is the first. */
  ints(first: number, ...others: readonly number[]): this {
    const lanes = [0, 1, 2, 3].map((lane) => (lane === 0 ? first : (others[lane - 1] ?? first)));
    return this.#vector([...new Uint8Array(Int32Array.from(lanes).buffer)]);
  }

  #vector(bytes: readonly number[]): this {
    const address = bytes.every((byte) => byte === 0) ? undefined : this.#constants.addressOf(bytes);
    if (address !== undefined) return this.int(0).memory('v128.load', address);
    this.#code.push(0xfd, 12, ...bytes);
    return this;
  }

  memory(name: keyof typeof MEMORY, offset = 0): this {
    const [opcode, alignment] = MEMORY[name];
    // Buffers hold elements of four bytes, so that is what an address is sure to be a multiple of.
    this.#code.push(...opcode, Math.min(alignment, 2));
    pushUnsigned(this.#code, offset);
    return this;
  }

  lane(name: keyof typeof LANE, lane: number): this {
    this.#code.push(...LANE[name], lane);
    return this;
  }

  laneMemory(name: keyof typeof LANE_MEMORY, lane: number): this {
    this.#code.push(...LANE_MEMORY[name], 2, 0, lane);
    return this;
  }

  /** Four lanes out of the eight of two vectors. */
  shuffle(...lanes: readonly [number, number, number, number]): this {
    this.#code.push(0xfd, 13, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)));
    return this;
  }

  /** Runs `body` if the number on the stack is not zero, else `otherwise`. */
  if(body: () => void, otherwise?: () => void): this {
    this.#code.push(0x04, 0x40);
    body();
    if (otherwise !== undefined) {
      this.#code.push(0x05);
      otherwise();
    }
    this.#code.push(0x0b);
    return this;
  }

  /** Repeats `body` as long as `condition` leaves something else than zero; it is asked first. */
  while(condition: () => void, body: () => void): this {
    condition();
    return this.if(() => {
      this.#code.push(0x03, 0x40);
      body();
      condition();
      this.#code.push(0x0d, 0, 0x0b);
    });
  }

  finish(name: string): WasmFunction {
    return {
      name,
      parameters: this.#parameters,
      results: this.#results,
      locals: this.#locals,
      code: this.#code,
    };
  }
}

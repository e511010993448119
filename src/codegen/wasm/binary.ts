// The binary format of WebAssembly modules (W3C, "WebAssembly Core Specification" 2.0, chapter 5), as much of it as
// generated programs need: function types, functions, one memory, exports, data.

/** Types of parameters, results and locals. */
export type WasmType = 'i32' | 'f32' | 'f64' | 'v128';

const TYPE_CODES: Readonly<Record<WasmType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function that is part of a module: its type, its locals after the parameters, its instructions. */
export interface WasmFunction {
  /** What profilers and stack traces call it. */
  readonly name: string;
  readonly parameters: readonly WasmType[];
  readonly results: readonly WasmType[];
  readonly locals: readonly WasmType[];
  readonly code: readonly number[];
}

export interface WasmModule {
  readonly functions: readonly WasmFunction[];
  /** Exported functions by name; the memory is exported as `memory`. */
  readonly exports: ReadonlyMap<string, number>;
  /** Pages of 64 KiB at the start. */
  readonly pages: number;
  /** Bytes that stand in memory from the start. */
  readonly data: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

/** Appends an unsigned number in LEB128. */
export function pushUnsigned(out: number[], value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** Appends a signed 32-bit number in LEB128. */
export function pushSigned(out: number[], value: number): void {
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

/** The four bytes of a float32, lowest first. */
export function float32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

/** The eight bytes of a float64, lowest first. */
export function float64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

/** Collects bytes; grows by doubling. */
class Bytes {
  #bytes = new Uint8Array(1024);
  length = 0;

  append(part: ArrayLike<number>): void {
    if (this.length + part.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + part.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.length);
    this.length += part.length;
  }

  unsigned(value: number): void {
    const part: number[] = [];
    pushUnsigned(part, value);
    this.append(part);
  }

  /** A part with its length before it. */
  sized(part: Bytes): void {
    this.unsigned(part.length);
    this.append(part.finish());
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The bytes of a module. */
export function encodeModule(module: WasmModule): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  out.append(MAGIC);
  const section = (id: number, write: (part: Bytes) => void): void => {
    const part = new Bytes();
    write(part);
    out.append([id]);
    out.sized(part);
  };

  const types = new Map<string, number>();
  const typeBytes: number[][] = [];
  const typeIndex = module.functions.map(({ parameters, results }) => {
    const bytes: number[] = [0x60];
    for (const list of [parameters, results]) {
      pushUnsigned(bytes, list.length);
      bytes.push(...list.map((type) => TYPE_CODES[type]));
    }
    const key = bytes.join();
    const known = types.get(key);
    if (known !== undefined) return known;
    types.set(key, typeBytes.length);
    return typeBytes.push(bytes) - 1;
  });
  section(1, (part) => {
    part.unsigned(typeBytes.length);
    for (const bytes of typeBytes) part.append(bytes);
  });
  section(3, (part) => {
    part.unsigned(typeIndex.length);
    for (const index of typeIndex) part.unsigned(index);
  });
  section(5, (part) => {
    part.append([1, 0x00]);
    part.unsigned(module.pages);
  });
  section(7, (part) => {
    part.unsigned(module.exports.size + 1);
    writeName(part, 'memory');
    part.append([0x02, 0x00]);
    for (const [name, index] of module.exports) {
      writeName(part, name);
      part.append([0x00]);
      part.unsigned(index);
    }
  });
  section(10, (part) => {
    part.unsigned(module.functions.length);
    for (const wasmFunction of module.functions) part.sized(functionBody(wasmFunction));
  });
  section(11, (part) => {
    part.unsigned(module.data.length);
    for (const { address, bytes } of module.data) {
      const head: number[] = [0x00, 0x41];
      pushSigned(head, address);
      part.append([...head, 0x0b]);
      part.unsigned(bytes.length);
      part.append(bytes);
    }
  });
  section(0, (part) => {
    writeName(part, 'name');
    const names = new Bytes();
    names.unsigned(module.functions.length);
    module.functions.forEach(({ name }, index) => {
      names.unsigned(index);
      writeName(names, name);
    });
    part.append([0x01]);
    part.sized(names);
  });
  return out.finish();
}

/** What is not ASCII in a name becomes a question mark. */
function writeName(part: Bytes, name: string): void {
  part.unsigned(name.length);
  part.append(
    Array.from({ length: name.length }, (_, i) => (name.charCodeAt(i) < 0x7f ? name.charCodeAt(i) : 0x3f)),
  );
}

function functionBody({ locals, code }: WasmFunction): Bytes {
  const part = new Bytes();
  const runs: [WasmType, number][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.[0] === type) last[1]++;
    else runs.push([type, 1]);
  }
  part.unsigned(runs.length);
  for (const [type, count] of runs) {
    part.unsigned(count);
    part.append([TYPE_CODES[type]]);
  }
  part.append(code);
  part.append([0x0b]);
  return part;
}

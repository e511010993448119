// A compiled program that runs: one WebAssembly instance with one memory. Extents are bound first; then arguments are
// written, the program runs, results are read, as often as one likes. Binding other extents compiles nothing: it
// plans the memory anew, and arguments without a named axis (parameters) stay as they are.

import type { Artifact } from '../codegen/wasm/emit.ts';
import { blockNumbers } from '../codegen/wasm/module.ts';
import { EvaluationError, matchInputs } from '../graph/evaluate.ts';
import { concreteShape, type Extents, extentOf, showType } from '../graph/type.ts';
import { ELEMENT_BYTES, type MemoryPlan, planMemory } from '../loops/memory.ts';
import type { Port } from '../loops/program.ts';
import { valueOfSum } from '../loops/size.ts';
import { MemoryError, showBytes } from '../tensor/memory-error.ts';
import { count, type Tensor } from '../tensor/tensor.ts';

/** What of the engine is used; it is the same in Node and in browsers. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly instance: { readonly exports: Exports } }>;
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly run: () => void;
}

const PAGE_BYTES = 65536;

/** What 32-bit addresses reach, which is also what engines allow. */
export const MOST_BYTES = 2 ** 32 - PAGE_BYTES;

/** Loops count the bytes of an array in signed 32 bits. */
export const MOST_BYTES_OF_ARRAY = 2 ** 31 - PAGE_BYTES;

/** A result that becomes an argument of the next run: new parameters, states that go on. */
export interface Feedback {
  readonly from: string;
  readonly to: string;
}

export interface LoadOptions {
  /** Copied inside the program's memory after every run. */
  readonly feedback?: readonly Feedback[];
}

/**
 * Compiles the artifact's module. Throws a RangeError if a feedback pair names no output and input of one type.
 *
 * ```ts
 * const program = await load(artifact);
 * program.bind(new Map([['T', 100], ['B', 32]]));
 * program.write('W', weights);
 * program.write('x', sequences);
 * program.run();
 * program.read('loss').data[0];
 * ```
 */
export async function load(artifact: Artifact, options: LoadOptions = {}): Promise<Executable> {
  const { instance } = await WebAssembly.instantiate(artifact.bytes);
  return new Executable(artifact, instance.exports, options.feedback ?? []);
}

export class Executable {
  readonly #artifact: Artifact;
  readonly #exports: Exports;
  readonly #inputs: ReadonlyMap<string, Port>;
  readonly #outputs: ReadonlyMap<string, Port>;
  readonly #feedback: readonly { readonly from: Port; readonly to: Port }[];
  /** Inputs that have been written since their place was planned. */
  readonly #written = new Set<string>();
  #extents: Extents | undefined;
  #plan: MemoryPlan = { addresses: [], bytes: 0 };

  constructor(artifact: Artifact, exports: Exports, feedback: readonly Feedback[]) {
    this.#artifact = artifact;
    this.#exports = exports;
    const { inputs, outputs } = artifact.layout;
    this.#inputs = new Map(inputs.map((port) => [port.name, port]));
    this.#outputs = new Map(outputs.map((port) => [port.name, port]));
    this.#feedback = feedback.map((pair) => {
      const [from, to] = [this.#output(pair.from), this.#input(pair.to)];
      if (showType(from.type) !== showType(to.type)) {
        const types = `${showType(from.type)} and ${showType(to.type)}`;
        throw new RangeError(`${pair.from} cannot go on as ${pair.to}: they are ${types}`);
      }
      return { from, to };
    });
  }

  /**
   * Gives the named axes their extents (from 1) and plans the memory. Inputs with a named axis have to be written
   * again if anything changes; others keep their contents. Throws a MemoryError where the memory cannot be had, and a
   * RangeError where an axis has no extent.
   */
  bind(extents: Extents): void {
    const { layout } = this.#artifact;
    const bound = new Map<string, number>();
    for (const axis of layout.axes) {
      const extent = extentOf(axis, extents);
      if (extent === undefined || !Number.isInteger(extent) || extent < 1) {
        throw new RangeError(
          `${this.#artifact.name}: axis ${axis} needs a whole number from 1, not ${extent}`,
        );
      }
      bound.set(axis, extent);
    }
    if (
      this.#extents !== undefined &&
      [...bound].every(([axis, extent]) => this.#extents!.get(axis) === extent)
    ) {
      return;
    }
    for (const { name, size } of layout.buffers) {
      const bytes = ELEMENT_BYTES * valueOfSum(size, bound);
      if (bytes > MOST_BYTES_OF_ARRAY) this.#refuse(bytes, bound, ` for ${name} alone`);
    }
    const plan = planMemory(layout.buffers, bound, layout.buffersStart);
    this.#grow(plan.bytes, bound);
    this.#plan = plan;
    this.#extents = bound;
    const numbers = blockNumbers(layout.block, plan.addresses, bound);
    new Int32Array(this.#exports.memory.buffer, layout.blockStart, numbers.length).set(numbers);
    for (const { name, type } of layout.inputs) {
      if (type.shape.some((d) => typeof d === 'string')) this.#written.delete(name);
    }
  }

  #grow(bytes: number, extents: Extents): void {
    const { memory } = this.#exports;
    if (bytes > MOST_BYTES) this.#refuse(bytes, extents);
    const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return;
    try {
      memory.grow(missing);
    } catch {
      this.#refuse(bytes, extents);
    }
  }

  #refuse(bytes: number, extents: Extents, forWhat = ''): never {
    const axes = [...extents].map(([axis, extent]) => `${axis} = ${extent}`).join(', ');
    const where = axes === '' ? '' : ` at ${axes}`;
    throw new MemoryError(
      `${this.#artifact.name} needs ${showBytes(bytes)} of memory${forWhat}${where}, and there is no more than ` +
        `${showBytes(MOST_BYTES)}, ${showBytes(MOST_BYTES_OF_ARRAY)} for one array`,
      bytes,
    );
  }

  /** How much memory the bound extents take, in bytes. */
  get bytes(): number {
    return this.#plan.bytes;
  }

  /** Writes an argument. Throws an EvaluationError if it does not have its type under the bound extents. */
  write(name: string, tensor: Tensor): void {
    const port = this.#input(name);
    const shape = concreteShape(port.type.shape, this.#bound());
    const { element } = port.type;
    if (tensor.element !== element || tensor.shape.join() !== shape.join()) {
      const given = `${tensor.element}[${tensor.shape.join(', ')}]`;
      const expected = `${showType(port.type)}, here [${shape.join(', ')}],`;
      throw new EvaluationError(`input ${name} is ${given}, and ${expected} is expected`, name);
    }
    for (const axis of port.lengthsOf ?? []) this.#checkLengths(name, tensor, axis);
    const place = this.#numbers(port);
    place.set(tensor.data);
    if (element === 'bool') for (let i = 0; i < place.length; i++) place[i] = place[i] === 0 ? 0 : -1;
    this.#written.add(name);
  }

  #checkLengths(name: string, { data }: Tensor, axis: string): void {
    const extent = this.#bound().get(axis)!;
    const wrong = data.findIndex((length) => length < 1 || length > extent);
    if (wrong < 0) return;
    const message = `the length of sequence ${wrong} is ${data[wrong]}, and axis ${axis} is ${extent} long`;
    throw new EvaluationError(message, name);
  }

  /** Runs the program, then copies what is fed back. Throws an EvaluationError if an input was never written. */
  run(): void {
    this.#bound();
    for (const { name, type } of this.#artifact.layout.inputs) {
      if (this.#written.has(name)) continue;
      throw new EvaluationError(`input ${name} is missing: ${showType(type)}`, name);
    }
    this.#exports.run();
    for (const { from, to } of this.#feedback) this.#numbers(to).set(this.#numbers(from));
  }

  /** A copy of a result of the last run, or of an argument as it stands. Reals come in float32. */
  read(name: string): Tensor {
    const port = this.#outputs.get(name) ?? this.#inputs.get(name);
    if (port === undefined) throw new RangeError(`${this.#artifact.name} has no output ${name}`);
    const { element } = port.type;
    const shape = concreteShape(port.type.shape, this.#bound());
    const numbers = this.#numbers(port);
    const data = element === 'bool' ? Uint8Array.from(numbers, (x) => (x === 0 ? 0 : 1)) : numbers.slice();
    return { element, shape, data };
  }

  /**
   * All outputs from all inputs by name, as the reference's `evaluate` gives them, with the same checks: the extents
   * are read off the inputs, and `extents` gives those that no input carries.
   */
  execute(inputs: ReadonlyMap<string, Tensor>, extents: Extents = new Map()): Map<string, Tensor> {
    const { name, layout } = this.#artifact;
    const matched = matchInputs(name, layout.inputs, inputs, extents);
    for (const axis of layout.axes) {
      if (extentOf(axis, matched.extents) !== undefined) continue;
      throw new EvaluationError(`the extent of axis ${axis} follows from no input`);
    }
    this.bind(matched.extents);
    layout.inputs.forEach((port, i) => {
      this.write(port.name, matched.tensors[i]);
    });
    this.run();
    return new Map(layout.outputs.map((port) => [port.name, this.read(port.name)]));
  }

  #bound(): Extents {
    if (this.#extents === undefined) throw new RangeError(`${this.#artifact.name}: no extents are bound yet`);
    return this.#extents;
  }

  #input(name: string): Port {
    const port = this.#inputs.get(name);
    if (port === undefined) throw new EvaluationError(`${this.#artifact.name} has no input ${name}`, name);
    return port;
  }

  #output(name: string): Port {
    const port = this.#outputs.get(name);
    if (port === undefined) throw new RangeError(`${this.#artifact.name} has no output ${name}`);
    return port;
  }

  /** The elements of an argument or result in memory, until the memory grows. */
  #numbers({ type, buffer }: Port): Float32Array | Int32Array {
    const { memory } = this.#exports;
    const length = count(concreteShape(type.shape, this.#bound()));
    const address = this.#plan.addresses[buffer];
    return type.element === 'real'
      ? new Float32Array(memory.buffer, address, length)
      : new Int32Array(memory.buffer, address, length);
  }
}

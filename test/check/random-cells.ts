// Random files of cells that use each other in every way: steps and once values, states and their pasts across stages,
// instances, templates, ends. Every value is a vector of m. Some files have a cycle through an end; the checker says so.

import { RandomStream } from '../../src/base/random.ts';

interface Cell {
  readonly name: string;
  readonly inputs: readonly ('step' | 'once')[];
  readonly outputs: readonly ('step' | 'once')[];
  readonly states: readonly string[];
}

/** A file of three cells, and a model or a cell that uses them. */
export function randomFile(seed: number): string {
  const writer = new Writer(new RandomStream(seed, 'random cells'));
  return ['A', 'B', 'C', 'Main'].map((name) => writer.block(name)).join('\n');
}

class Writer {
  readonly #random: RandomStream;
  readonly #cells: Cell[] = [];
  #lines: string[] = [];
  #steps: string[] = [];
  #onces: string[] = [];
  /** What `prev` may stand before. */
  #pasts: string[] = [];
  #count = 0;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  block(name: string): string {
    this.#lines = [];
    this.#steps = [];
    this.#onces = [];
    this.#pasts = [];
    const inputs = ['step' as const, ...(this.#maybe(0.3) ? [this.#pick(['step', 'once'] as const)] : [])];
    inputs.forEach((rate, i) => {
      this.#lines.push(`input x${i}: ${rate === 'once' ? 'once ' : ''}[m]`);
      (rate === 'once' ? this.#onces : this.#steps).push(`x${i}`);
    });
    if (this.#maybe(0.5)) this.#lines.push('param w: [m]');
    else this.#lines.push('param u: [m]', 'w = u + 1');
    const own: string[] = [];
    const items = 2 + this.#random.integer(5);
    for (let i = 0; i < items; i++) {
      const state = this.#item();
      if (state !== undefined) own.push(state);
    }
    const isModel = name === 'Main' && this.#maybe(0.5);
    const rates: ('step' | 'once')[] = [];
    const handed = new Set<string>();
    for (let i = 0; i < 1 + this.#random.integer(name === 'Main' ? 4 : 2); i++) {
      const rate = this.#onces.length > 0 && this.#maybe(0.3) ? 'once' : 'step';
      const output = this.#pick(rate === 'once' ? this.#onces : this.#steps);
      // A part of an instance has no name to hand it out by.
      // A part of an instance is handed out as output.
      const called = output.includes('.') ? 'output' : output;
      if (handed.has(called)) continue;
      handed.add(called);
      rates.push(rate);
      this.#lines.push(`output ${output}`);
    }
    if (isModel) {
      this.#lines.push('target y: [m]');
      this.#lines.push(
        this.#maybe(0.5) ? `loss dot(y, ${this.#step()})` : `loss sum(last y * ${this.#once()})`,
      );
      this.#lines.push(`metric right = sum(${this.#step()}) > 0`);
    }
    this.#cells.push({ name, inputs, outputs: rates, states: own });
    return `${isModel ? 'model' : 'cell'} ${name}(m) {\n  ${this.#lines.join('\n  ')}\n}`;
  }

  /** Writes something; gives its name if it is a state. */
  #item(): string | undefined {
    const name = `v${this.#count++}`;
    const kind = this.#random.integer(6);
    if (kind === 0) {
      this.#lines.push(`${name}: [m] = ${this.#step()}`);
      this.#steps.push(name);
    } else if (kind === 1) {
      // Not a constant, which `each step` would refuse.
      this.#lines.push(`${name}: [m] = ${this.#once()} + ${this.#end()}`);
      this.#onces.push(name);
    } else if (kind === 2) {
      this.#lines.push(`state ${name}: [m]${this.#maybe(0.5) ? ` = ${this.#once()}` : ''}`);
      this.#pasts.push(name);
      this.#lines.push(`${name} = ${this.#maybe(0.1) ? 'w' : this.#step()}`);
      this.#steps.push(name);
      return name;
    } else if (kind === 3 && this.#cells.length > 0) this.#instance(name);
    else this.#template(name);
    return undefined;
  }

  /** A named instance, whose past may be looked at before it is applied. */
  #instance(name: string): void {
    const cell = this.#pick(this.#cells);
    this.#lines.push(`${name} = ${cell.name}(m: m)`);
    this.#pasts.push(...cell.states.map((state) => `${name}.${state}`));
    if (this.#maybe(0.5)) this.#item();
    const outputs = cell.outputs.map((_, i) => `${name}_${i}`);
    this.#lines.push(`${outputs.join(', ')} = ${name}(${this.#arguments(cell)})`);
    outputs.forEach((output, i) => {
      (cell.outputs[i] === 'once' ? this.#onces : this.#steps).push(output);
    });
    this.#steps.push(...cell.states.map((state) => `${name}.${state}`));
  }

  #arguments(cell: Cell): string {
    return cell.inputs.map((rate) => (rate === 'once' ? this.#once() : this.#step())).join(', ');
  }

  #template(name: string): void {
    const fitting = this.#cells.filter(
      ({ inputs, outputs }) => inputs.join() === 'step' && outputs.join() === 'step',
    );
    if (fitting.length === 0) return;
    const wrap = (inner: string, depth: number): string => {
      if (depth === 0 || this.#maybe(0.3)) return inner;
      const word = this.#pick(['stack', 'bidirectional', 'bidirectional', 'residual']);
      if (word === 'stack') return `stack(2, ${wrap(inner, depth - 1)})`;
      return word === 'residual' ? `residual(${inner})` : `bidirectional(${wrap(inner, depth - 1)})`;
    };
    const template = wrap(`${this.#pick(fitting).name}()`, 2);
    this.#lines.push(`${name}: [m] = Dense(m)(${template}(${this.#step()}))`);
    this.#steps.push(name);
  }

  /** A step's value. */
  #step(depth = 2): string {
    if (depth === 0) {
      const kind = this.#random.integer(8);
      if (kind === 0) return 'w';
      if (kind <= 2 && this.#pasts.length > 0) return `prev ${this.#pick(this.#pasts)}`;
      if (kind === 3 && this.#onces.length > 0) return `each step ${this.#pick(this.#onces)}`;
      return this.#pick(this.#steps);
    }
    const [a, b] = [this.#step(depth - 1), this.#step(depth - 1)];
    switch (this.#random.integer(7)) {
      case 0:
        return `tanh(${a} + ${b} * ${this.#pick(this.#steps)})`;
      case 1:
        return `(w + affine(${a}, ${this.#pick(this.#steps)}))`;
      case 2:
        return `(if sum(${this.#pick(this.#steps)}) > 0.1 * t then ${b} else ${this.#pick(this.#steps)})`;
      case 3:
        return `(${a} - 0.1 * t * ${this.#pick(this.#steps)})`;
      case 4:
        return `(${this.#pick(this.#steps)} - each step (${this.#end()}))`;
      default:
        return depth > 1 ? this.#step(depth - 1) : this.#pick(this.#steps);
    }
  }

  #end(): string {
    return `${this.#pick(['last', 'max over time', 'mean over time', 'sum over time'])} ${this.#pick(this.#steps)}`;
  }

  /** A once value, or one that is the same for all. */
  #once(): string {
    switch (this.#random.integer(5)) {
      case 0:
        return 'w';
      case 1:
        return `tanh(w * ${this.#end()})`;
      case 2:
        return this.#onces.length > 0 ? this.#pick(this.#onces) : this.#end();
      case 3:
        return `(w - linear(${this.#end()}, ${this.#end()}))`;
      default:
        return `last (${this.#step(1)} + ${this.#pick(this.#steps)})`;
    }
  }

  #maybe(chance: number): boolean {
    return this.#random.uniform() < chance;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.integer(items.length)];
  }
}

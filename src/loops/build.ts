// The builder of loop programs: buffers, blocks of statements, and sweeps written as a function of their scalars.

import { invariant } from '../base/invariant.ts';
import { type AxisName, type Dim, type Element, sameShape } from '../graph/type.ts';
import type {
  Buffer,
  BufferId,
  LoopId,
  Scalar,
  ScalarFunction,
  ScalarId,
  Statement,
  Sweep,
} from './program.ts';
import { elementsOf, type Sum, sizeOf } from './size.ts';
import { accessOf, isView, sweptStrides, type Value, type View, wholeBuffer } from './value.ts';

/** The scalars of one sweep over `shape`. Values that are read and written have the sweep's shape. */
export class SweepBuilder {
  readonly shape: readonly Dim[];
  readonly #scalars: Scalar[] = [];

  constructor(shape: readonly Dim[]) {
    this.shape = shape;
  }

  push(scalar: Scalar): ScalarId {
    this.#scalars.push(scalar);
    return (this.#scalars.length - 1) as ScalarId;
  }

  read(value: Value): ScalarId {
    invariant(sameShape(value.shape, this.shape), 'a sweep reads values of its own shape');
    const { element, source } = value;
    switch (source.kind) {
      case 'number':
        return this.push({ kind: 'number', element, value: source.value });
      case 'extent':
        return this.push({ kind: 'extent', element: 'real', size: source.size });
      case 'position': {
        const { offset, steps } = value;
        return this.push({ kind: 'position', element: 'index', offset, steps, strides: sweptStrides(value) });
      }
      case 'buffer':
        return this.push({ kind: 'load', element, access: accessOf({ ...value, source }) });
      default:
        return source satisfies never;
    }
  }

  apply(name: ScalarFunction, element: Element, ...operands: readonly ScalarId[]): ScalarId {
    return this.push({ kind: 'apply', name, element, operands });
  }

  number(value: number, element: Element): ScalarId {
    return this.push({ kind: 'number', element, value });
  }

  store(view: View, value: ScalarId): void {
    invariant(sameShape(view.shape, this.shape), 'a sweep writes values of its own shape');
    this.push({ kind: 'store', access: accessOf(view), value });
  }

  finish(): Sweep {
    const extents = this.shape.filter((d) => d !== 1).map(sizeOf);
    return { kind: 'sweep', extents, scalars: this.#scalars };
  }
}

export class ProgramBuilder {
  readonly buffers: Buffer[] = [];
  /** Names the temporaries made from now on. */
  label = '';
  #block: Statement[] = [];
  #loops = 0;

  buffer(name: string, element: Element, size: Sum, role: Buffer['role']): BufferId {
    this.buffers.push({ name, element, size, role });
    return (this.buffers.length - 1) as BufferId;
  }

  temporary(element: Element, shape: readonly Dim[]): View {
    return wholeBuffer(this.buffer(this.label, element, [elementsOf(shape)], 'temporary'), element, shape);
  }

  push(statement: Statement): void {
    this.#block.push(statement);
  }

  sweep(shape: readonly Dim[], write: (sweep: SweepBuilder) => void): void {
    const sweep = new SweepBuilder(shape);
    write(sweep);
    this.push(sweep.finish());
  }

  /** Computes one scalar at every position, into a new temporary. */
  compute(element: Element, shape: readonly Dim[], scalar: (sweep: SweepBuilder) => ScalarId): View {
    const out = this.temporary(element, shape);
    this.sweep(shape, (s) => s.store(out, scalar(s)));
    return out;
  }

  copy(from: Value, to: View): void {
    this.sweep(to.shape, (s) => s.store(to, s.read(from)));
  }

  fill(view: View, value: number): void {
    this.sweep(view.shape, (s) => s.store(view, s.number(value, view.element)));
  }

  /** The value in a buffer: itself if it lies in one. */
  inBuffer(value: Value): View {
    return isView(value) ? value : this.moved(value);
  }

  /** The value in a buffer of its own, in row-major order. */
  moved(value: Value): View {
    const out = this.temporary(value.element, value.shape);
    this.copy(value, out);
    return out;
  }

  loop(axis: AxisName, reverse: boolean, write: (loop: LoopId) => void): void {
    const loop = this.#loops++ as LoopId;
    const outside = this.#block;
    this.#block = [];
    write(loop);
    const body = this.#block;
    this.#block = outside;
    this.push({ kind: 'loop', loop, axis, reverse, body });
  }

  get body(): readonly Statement[] {
    return this.#block;
  }
}

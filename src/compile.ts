/**
 * From a graph to something that runs: the one place that orders the stages. A graph comes in as batching and
 * autodiff have left it; it is optimised, lowered to loops, emitted as WebAssembly and loaded, or interpreted.
 */
import { emit } from './codegen/wasm/emit.ts';
import { checkMemory, EvaluationError, evaluate } from './graph/evaluate.ts';
import type { Graph } from './graph/graph.ts';
import type { Extents } from './graph/type.ts';
import { schedule } from './loops/schedule.ts';
import { runPasses } from './passes/pipeline.ts';
import { type Executable, type Feedback, load } from './runtime/executable.ts';
import type { Tensor } from './tensor/tensor.ts';

/** `reference`: the interpreter, float64, slow and the law. `wasm`: WebAssembly SIMD, float32. */
export type Target = 'reference' | 'wasm';

export const TARGETS: readonly Target[] = ['wasm', 'reference'];

/** A program with its memory: `Executable`, or the interpreter behind the same face. */
export type Runnable = Pick<Executable, 'bind' | 'write' | 'run' | 'read' | 'execute'>;

export interface CompileOptions {
  readonly target: Target;
  /** Results that become arguments of the next run. */
  readonly feedback?: readonly Feedback[];
}

/** The graph as targets get it: the same meaning, what is not recurrent out of the loops, products merged. */
export function optimise(graph: Graph): Graph {
  return runPasses(graph).graph;
}

/** Compiles a graph for a target. Time and batch stay open: what comes out can be bound to all their extents. */
export async function compile(graph: Graph, { target, feedback = [] }: CompileOptions): Promise<Runnable> {
  if (target === 'reference') return new Interpreted(graph, feedback);
  return load(emit(schedule(optimise(graph))), { feedback });
}

/** The reference interpreter with an executable's face. */
class Interpreted implements Runnable {
  readonly #graph: Graph;
  readonly #feedback: readonly Feedback[];
  readonly #inputs = new Map<string, Tensor>();
  #extents: Extents = new Map();
  #results: ReadonlyMap<string, Tensor> = new Map();

  constructor(graph: Graph, feedback: readonly Feedback[]) {
    this.#graph = graph;
    this.#feedback = feedback;
  }

  bind(extents: Extents): void {
    checkMemory(this.#graph, extents);
    this.#extents = extents;
  }

  write(name: string, tensor: Tensor): void {
    this.#inputs.set(name, tensor);
  }

  run(): void {
    this.#results = evaluate(this.#graph, this.#inputs, this.#extents);
    for (const { from, to } of this.#feedback) this.#inputs.set(to, this.read(from));
  }

  read(name: string): Tensor {
    const tensor = this.#results.get(name) ?? this.#inputs.get(name);
    if (tensor === undefined) throw new EvaluationError(`${this.#graph.name} has no output ${name}`);
    return tensor;
  }

  execute(inputs: ReadonlyMap<string, Tensor>, extents: Extents = new Map()): Map<string, Tensor> {
    return evaluate(this.#graph, inputs, extents);
  }
}

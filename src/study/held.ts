// What differences hold, since the program says itself what its slope is and they would see another: `stop`, through which
// no gradient passes, gives what it gives at these inputs; a function with a slope of its own (`gradient`) is the straight line
// with that slope. So everything around them is compared, and a report says that what they hide was not.
//
// Of the stops only those that are written in the program are held. Those of the prelude are left alone: there the result
// does not depend on what is stopped, and that is to be seen. What comes from the prelude has the place where that was used.
import type { Span } from '../base/source.ts';
import { spanText } from '../base/source.ts';
import { evaluate, type OnCall } from '../graph/evaluate.ts';
import { type Graph, isCall, type Node } from '../graph/graph.ts';
import type { Extents } from '../graph/type.ts';
import { realTensor, type Tensor } from '../tensor/tensor.ts';

/** A call that is held, at the inputs around which the others are: its operands and its value. */
interface Still {
  readonly operands: readonly Tensor[];
  readonly value: Tensor;
}

/**
 * Evaluations that hold the stops and the slopes of a program at these inputs. Undefined where there are none. Each
 * evaluation asks for a new `OnCall`: it counts them through.
 */
export function holdSlopes(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents,
): (() => OnCall) | undefined {
  if (placesOf(graph, isHeld).length === 0) return undefined;
  const still: Still[] = [];
  evaluate(graph, inputs, extents, (node, value, operands) => {
    if (isHeld(node)) still.push({ operands, value });
    return value;
  });
  return () => {
    let next = 0;
    return (node, value, operands) => {
      if (!isHeld(node)) return value;
      const at = still[next++];
      return isCall(node, 'surrogate') ? onLine(at, operands[0]) : at.value;
    };
  };
}

/** y + s (a - a0): the line through a function's value with the slope that it says. */
function onLine({ operands: [before, slope], value }: Still, now: Tensor): Tensor {
  return realTensor(
    value.shape,
    Float64Array.from(value.data, (y, i) => {
      const step = now.data[i] - before.data[i];
      return step === 0 ? y : y + slope.data[i] * step;
    }),
  );
}

/** The places of the `stop`s of a program, in the order of the text, each once. */
export function stopsOf(graph: Graph): readonly Span[] {
  return placesOf(graph, isStop);
}

/** The same of what functions with a slope of their own compute. */
export function surrogatesOf(graph: Graph): readonly Span[] {
  return placesOf(graph, (node) => isCall(node, 'surrogate'));
}

function placesOf(graph: Graph, isMeant: (node: Node) => boolean): readonly Span[] {
  const places = new Map<string, Span>();
  const collect = ({ nodes }: Graph): void => {
    for (const node of nodes) {
      if (node.kind === 'scan') collect(node.body);
      const { origin } = node;
      if (isMeant(node) && origin !== undefined) places.set(`${origin.source.name} ${origin.start}`, origin);
    }
  };
  collect(graph);
  return [...places.values()].sort((a, b) => a.start - b.start);
}

function isHeld(node: Node): boolean {
  return isStop(node) || isCall(node, 'surrogate');
}

function isStop(node: Node): boolean {
  return isCall(node, 'stop') && node.origin !== undefined && /^[\s(]*stop\b/.test(spanText(node.origin));
}

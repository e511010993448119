/**
 * The optimizers, as equations of the graph: a gradient graph is extended by its update, so that forward pass,
 * backward pass, clipping and update are one compiled program.
 *
 * A step whose loss or gradient is not finite changes nothing: the weights of the step before stay (select, since a
 * product with zero would keep the NaN).
 *
 * Sources: SGD with (Nesterov) momentum as in Sutskever et al. 2013 in PyTorch's form; Adam, Kingma & Ba 2015;
 * AdamW, Loshchilov & Hutter 2019, where every weight decays by rate * decay.
 */
import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { Graph, NodeId } from '../graph/graph.ts';
import { real } from '../graph/type.ts';

export type Optimizer =
  | { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov: boolean }
  | { readonly kind: 'adam'; readonly beta1: number; readonly beta2: number; readonly eps: number }
  | {
      readonly kind: 'adamw';
      readonly beta1: number;
      readonly beta2: number;
      readonly eps: number;
      readonly decay: number;
    };

/** The memories an optimizer keeps for each weight, all zero at first. */
export function momentsOf(optimizer: Optimizer): readonly string[] {
  if (optimizer.kind === 'sgd') return optimizer.momentum === 0 ? [] : ['momentum'];
  return ['mean', 'square'];
}

/** The program's input that holds one memory of one weight: `optimizer.mean.W`. */
export function momentName(moment: string, weight: string): string {
  return `optimizer.${moment}.${weight}`;
}

/**
 * The numbers that change from update to update: `rate`, and Adam's corrections of its memories' bias towards
 * their start at zero, 1 - beta^k at the k-th update (k from 1).
 */
export function sharedInputs(
  optimizer: Optimizer,
  rate: number,
  update: number,
): ReadonlyMap<string, number> {
  const shared = new Map([['rate', rate]]);
  if (optimizer.kind !== 'sgd') {
    shared.set('correction1', 1 - optimizer.beta1 ** update);
    shared.set('correction2', 1 - optimizer.beta2 ** update);
  }
  return shared;
}

/**
 * Extends a gradient graph (outputs `loss`, and `grad.NAME` for each weight) by one update. New inputs: the shared numbers,
 * and each weight's memories. The gradients leave the outputs; `gradient_norm` (before clipping, real []),
 * `next.NAME` and `next.MEMORY` come instead.
 *
 * `clip`: the largest norm of all gradients together; a larger one is scaled down to it.
 */
export function withUpdate(
  graph: Graph,
  weights: readonly string[],
  optimizer: Optimizer,
  clip: number | undefined,
): Graph {
  const b = GraphBuilder.extend({
    ...graph,
    outputs: graph.outputs.filter((o) => !isGradient(o.name, weights)),
  });
  b.origin = undefined;
  const value = (name: string): NodeId => {
    const id = graph.inputs.find((i) => {
      const node = graph.nodes[i];
      return node.kind === 'input' && node.name === name;
    });
    invariant(id !== undefined, `the gradient graph has no input ${name}`);
    return id;
  };
  const gradient = (name: string): NodeId => {
    const output = graph.outputs.find((o) => o.name === `grad.${name}`);
    invariant(output !== undefined, `the gradient graph has no output grad.${name}`);
    return output.node;
  };
  const rate = b.input('rate', real(), 'shared');
  const corrections =
    optimizer.kind === 'sgd'
      ? undefined
      : ([b.input('correction1', real(), 'shared'), b.input('correction2', real(), 'shared')] as const);
  const norm = gradientNorm(b, weights.map(gradient));
  b.output('gradient_norm', norm);
  const loss = graph.outputs.find((o) => o.name === 'loss');
  invariant(loss !== undefined, 'the gradient graph has the output loss');
  const infinity = b.constant(Number.POSITIVE_INFINITY);
  const finite = b.apply(
    'and',
    b.apply('lt', norm, infinity),
    b.apply('lt', b.apply('abs', loss.node), infinity),
  );
  const scale = clip === undefined ? undefined : clipScale(b, norm, clip);
  for (const name of weights) {
    const w = value(name);
    const shape = b.shapeOf(w);
    const spread = (x: NodeId): NodeId => b.broadcast(x, shape, []);
    const times = (factor: number, x: NodeId): NodeId => b.apply('mul', b.constant(factor, shape), x);
    const keepIfFinite = (next: NodeId, old: NodeId): NodeId => b.apply('select', spread(finite), next, old);
    const memory = (moment: string): NodeId => b.input(momentName(moment, name), b.typeOf(w), 'parameter');
    const remember = (moment: string, next: NodeId, old: NodeId): void =>
      b.output(`next.${momentName(moment, name)}`, keepIfFinite(next, old));

    const g = scale === undefined ? gradient(name) : b.apply('mul', gradient(name), spread(scale));
    let direction: NodeId;
    if (optimizer.kind === 'sgd') {
      direction = g;
      if (optimizer.momentum !== 0) {
        const old = memory('momentum');
        const next = b.apply('add', times(optimizer.momentum, old), g);
        direction = optimizer.nesterov ? b.apply('add', g, times(optimizer.momentum, next)) : next;
        remember('momentum', next, old);
      }
    } else {
      invariant(corrections !== undefined, 'Adam has its corrections');
      const { beta1, beta2, eps } = optimizer;
      const oldMean = memory('mean');
      const oldSquare = memory('square');
      const mean = b.apply('add', times(beta1, oldMean), times(1 - beta1, g));
      const square = b.apply('add', times(beta2, oldSquare), times(1 - beta2, b.apply('mul', g, g)));
      remember('mean', mean, oldMean);
      remember('square', square, oldSquare);
      const size = b.apply('sqrt', b.apply('div', square, spread(corrections[1])));
      const unbiased = b.apply('div', mean, spread(corrections[0]));
      direction = b.apply('div', unbiased, b.apply('add', size, b.constant(eps, shape)));
      if (optimizer.kind === 'adamw' && optimizer.decay !== 0) {
        direction = b.apply('add', direction, times(optimizer.decay, w));
      }
    }
    const next = b.apply('sub', w, b.apply('mul', spread(rate), direction));
    b.output(`next.${name}`, keepIfFinite(next, w));
  }
  return b.finish();
}

function isGradient(output: string, weights: readonly string[]): boolean {
  return weights.some((w) => output === `grad.${w}`);
}

function gradientNorm(b: GraphBuilder, gradients: readonly NodeId[]): NodeId {
  let total = b.constant(0);
  for (const g of gradients) {
    const axes = b.shapeOf(g).map((_, i) => i);
    total = b.apply('add', total, b.sum(b.apply('mul', g, g), axes));
  }
  return b.apply('sqrt', total);
}

function clipScale(b: GraphBuilder, norm: NodeId, clip: number): NodeId {
  const limit = b.constant(clip);
  return b.apply('select', b.apply('lt', limit, norm), b.apply('div', limit, norm), b.constant(1));
}

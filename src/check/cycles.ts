// Strongly connected components and cycles of a dependency graph, without recursion: a file may hold a chain of ten
// thousand equations.

/**
 * The components of a graph, dependencies first: with edges from a node to what it needs, every component comes after
 * those that it needs (Tarjan 1972, with a stack of its own). Within a component nodes are in the order found.
 */
export function components(count: number, edgesOf: (node: number) => readonly number[]): readonly number[][] {
  const unseen = -1;
  const found = new Array<number>(count).fill(unseen);
  const lowest = new Array<number>(count).fill(0);
  const open = new Array<boolean>(count).fill(false);
  const stack: number[] = [];
  const result: number[][] = [];
  let clock = 0;
  for (let root = 0; root < count; root++) {
    if (found[root] !== unseen) continue;
    const trail: { node: number; edges: readonly number[]; next: number }[] = [];
    const enter = (node: number): void => {
      found[node] = lowest[node] = clock++;
      open[node] = true;
      stack.push(node);
      trail.push({ node, edges: edgesOf(node), next: 0 });
    };
    enter(root);
    while (trail.length > 0) {
      const top = trail[trail.length - 1];
      if (top.next < top.edges.length) {
        const target = top.edges[top.next++];
        if (found[target] === unseen) enter(target);
        else if (open[target]) lowest[top.node] = Math.min(lowest[top.node], found[target]);
        continue;
      }
      trail.pop();
      const parent = trail[trail.length - 1];
      if (parent !== undefined) lowest[parent.node] = Math.min(lowest[parent.node], lowest[top.node]);
      if (lowest[top.node] !== found[top.node]) continue;
      const start = stack.lastIndexOf(top.node);
      const component = stack.splice(start);
      for (const node of component) open[node] = false;
      result.push(component);
    }
  }
  return result;
}

/** The shortest path from a node along edges back to it, both ends included; undefined where there is none. */
export function shortestCycle(
  start: number,
  edgesOf: (node: number) => readonly number[],
): readonly number[] | undefined {
  const cameFrom = new Map<number, number>();
  let front = [start];
  while (front.length > 0) {
    const next: number[] = [];
    for (const node of front) {
      for (const target of edgesOf(node)) {
        if (target === start) {
          const path = [start];
          for (let at: number | undefined = node; at !== undefined; at = cameFrom.get(at)) path.push(at);
          return path.reverse();
        }
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, node);
        next.push(target);
      }
    }
    front = next;
  }
  return undefined;
}

/** The smallest number of a component, which is never empty: the first in the order of the text. */
export function smallest(component: readonly number[]): number {
  return component.reduce((a, b) => Math.min(a, b));
}

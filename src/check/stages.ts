// Time in a checked cell: which scan computes each equation, in what order, and whether anything waits for the end of a
// sequence that waits for it.
//
// Stages. What a step needs of the same step or of the one before is computed in the same scan (weight 0). `last` and
// `... over time`, the argument of a reversed application and its result lie a scan apart (weight 1). The stage of an
// equation is the longest way to it. Equations that need each other, `prev` included, share one scan, so a weight
// inside such a group is a cycle through the end of the sequence.

import type { Span } from '../base/source.ts';
import type {
  ApplicationId,
  CheckedApplication,
  CheckedCell,
  CheckedEquation,
  CheckedExpression,
  CheckedInstance,
  CheckedState,
  EquationId,
  Evaluation,
} from './checked.ts';
import { wholeName } from './complex.ts';
import { components, shortestCycle } from './cycles.ts';
import { endHelp, endNote } from './dependencies.ts';
import { operandsOf } from './operands.ts';
import type { Report } from './report.ts';

/** A cell whose stages are not known yet: those of its equations and applications are left out. */
export interface Unstaged {
  readonly name: string;
  readonly states: readonly CheckedState[];
  readonly instances: readonly CheckedInstance[];
  readonly equations: readonly Omit<CheckedEquation, 'stage'>[];
  readonly applications: readonly Omit<CheckedApplication, 'stage'>[];
}

export interface Stages {
  readonly ofEquation: readonly number[];
  readonly ofApplication: readonly number[];
  readonly order: readonly Evaluation[];
  /** For each equation, then each application: what it needs, in the same numbering. */
  readonly needs: readonly (readonly number[])[];
}

interface Edge {
  readonly target: number;
  readonly weight: 0 | 1 | number;
  /** Of the same step: it must be computed before. */
  readonly instant: boolean;
  readonly span: Span;
}

/** Every node of an expression, itself included. */
export function nodesOf(root: CheckedExpression): readonly CheckedExpression[] {
  const all: CheckedExpression[] = [];
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    all.push(node);
    const operands = operandsOf(node);
    for (let i = operands.length - 1; i >= 0; i--) pending.push(operands[i]);
  }
  return all;
}

/** The stage of a state inside a cell: that of its equation, for `low.h` with the stage of low's application. */
function stateStage(
  cell: Pick<CheckedCell, 'states' | 'equations' | 'instances' | 'applications'>,
  path: string,
): number {
  const own = cell.states.find((state) => state.name === path);
  if (own !== undefined) return cell.equations[own.equation].stage;
  const instance = cell.instances.find((candidate) => path.startsWith(`${candidate.name}.`));
  if (instance === undefined) return 0;
  const applied = cell.applications.find((application) => application.instance === instance.name);
  return (applied?.stage ?? 0) + stateStage(instance.cell, path.slice(instance.name.length + 1));
}

/** Finds stages and order. Undefined where there is a cycle through the end of the sequence, which is reported. */
export function findStages(cell: Unstaged, report: Report): Stages | undefined {
  const { equations, applications, instances, states } = cell;
  const count = equations.length;
  const least = new Array<number>(count + applications.length).fill(0);
  const instanceOf = (name: string): CheckedInstance | undefined =>
    instances.find((instance) => instance.name === name);
  const applicationOf = (instance: string): number =>
    applications.findIndex((application) => application.instance === instance);

  const edgesIn = (root: CheckedExpression, node: number, reverse: boolean): readonly Edge[] => {
    const edges: Edge[] = [];
    const ended = new Set<CheckedExpression>();
    for (const part of nodesOf(root)) {
      const { span } = part;
      const extra = reverse && part.type.rate === 'step' ? 1 : 0;
      switch (part.kind) {
        case 'over-time':
          ended.add(part.operand);
          break;
        case 'equation': {
          const weight = ended.has(part) ? 1 : extra;
          edges.push({ target: part.equation, weight, instant: true, span });
          break;
        }
        case 'input':
          if (part.type.rate === 'step' && (ended.has(part) || reverse))
            least[node] = Math.max(least[node], 1);
          break;
        case 'apply': {
          const application = applications[part.application];
          const inner = instanceOf(application.instance)?.cell;
          const stage = inner?.outputs[part.output].stage ?? 0;
          const turned = application.reverse && part.type.rate === 'step' ? 1 : 0;
          edges.push({
            target: count + part.application,
            weight: stage + turned + extra,
            instant: true,
            span,
          });
          break;
        }
        case 'previous': {
          const own = states.find((state) => state.name === part.state);
          const instance = instances.find((candidate) => part.state.startsWith(`${candidate.name}.`));
          if (own !== undefined) {
            edges.push({ target: own.equation, weight: extra, instant: false, span });
          } else if (instance !== undefined) {
            const inner = stateStage(instance.cell, part.state.slice(instance.name.length + 1));
            const target = count + applicationOf(instance.name);
            edges.push({ target, weight: inner + extra, instant: false, span });
          }
          break;
        }
        case 'instance-state': {
          const { instance } = applications[part.application];
          const inner = instanceOf(instance)?.cell;
          const stage = inner === undefined ? 0 : stateStage(inner, part.state.slice(instance.length + 1));
          edges.push({ target: count + part.application, weight: stage + extra, instant: true, span });
          break;
        }
        default:
          break;
      }
    }
    return edges;
  };

  const edges = [
    ...equations.map((equation, i) => {
      const state = states.find((candidate) => candidate.equation === i);
      const start = state?.start === undefined ? [] : edgesIn(state.start, i, false);
      return [...edgesIn(equation.value, i, false), ...start];
    }),
    ...applications.map((application, i) =>
      application.arguments.flatMap((argument) => edgesIn(argument, count + i, application.reverse)),
    ),
  ];
  const targets = edges.map((list) => list.map((edge) => edge.target));
  const groups = components(edges.length, (node) => targets[node]);
  const groupOf = new Array<number>(edges.length).fill(0);
  groups.forEach((group, g) => {
    for (const node of group) groupOf[node] = g;
  });
  const stage = new Array<number>(edges.length).fill(0);
  let good = true;
  for (const [g, group] of groups.entries()) {
    let largest = 0;
    for (const node of group) {
      largest = Math.max(largest, least[node]);
      for (const edge of edges[node]) {
        if (groupOf[edge.target] !== g) largest = Math.max(largest, stage[edge.target] + edge.weight);
        else if (edge.weight > 0 && good) {
          good = false;
          reportCycle(cell, node, edge, (from) => targets[from].filter((to) => groupOf[to] === g), report);
        }
      }
    }
    for (const node of group) stage[node] = largest;
  }
  if (!good) return undefined;
  const sameStep = components(edges.length, (node) =>
    edges[node].filter((e) => e.instant).map((e) => e.target),
  );
  const order = sameStep.flat().sort((a, b) => stage[a] - stage[b]);
  return {
    ofEquation: stage.slice(0, count),
    ofApplication: stage.slice(count),
    order: order.map(
      (node): Evaluation =>
        node < count
          ? { kind: 'equation', equation: node as EquationId }
          : { kind: 'application', application: (node - count) as ApplicationId },
    ),
    needs: targets,
  };
}

function reportCycle(
  cell: Unstaged,
  node: number,
  edge: Edge,
  edgesOf: (node: number) => readonly number[],
  report: Report,
): void {
  const name = (index: number): string | undefined =>
    index < cell.equations.length
      ? cell.equations[index].name
      : cell.applications[index - cell.equations.length].instance;
  // From the weighted edge back to where it starts: the shortest cycle through a graph with that one edge out of it.
  const cycle = shortestCycle(node, (from) => (from === node ? [edge.target] : edgesOf(from))) ?? [
    node,
    node,
  ];
  const names = cycle.map(name).flatMap((part) => (part === undefined ? [] : [wholeName(part)]));
  const first = names[0] ?? 'this';
  const path = names.filter((part, i) => i === 0 || part !== names[i - 1]);
  if (path.length > 1 && path[0] !== path[path.length - 1]) path.push(path[0]);
  report.add({
    code: 'RNN4003',
    message:
      path.length > 1
        ? `these wait for the end of the sequence and for each other: ${path.join(' -> ')}`
        : `${first} waits for the end of the sequence, and its steps wait for ${first}`,
    span: edge.span,
    label: 'known only when every step is done',
    notes: [endNote],
    help: endHelp,
  });
}

// All groups of faults.

import { jvp } from '../../src/autodiff/jvp.ts';
import type { DerivativeTable } from '../../src/autodiff/rules.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';
import { removeDead } from '../../src/passes/dead.ts';
import { keyOf } from '../../src/passes/draft.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import type { Autodiff } from '../laws/forms.ts';
import { carefulFaults, cotangentFaults, countingFaults } from './calls.ts';
import type { Fault, Group, Outcome } from './fault.ts';
import { allGradients, allOutputs, judge, type Planted, type Subject } from './judge.ts';
import { REMEMBERED } from './remembered.ts';
import { derivativeFaults, tangentFaults } from './rules.ts';
import { judgeBySamples, type Tables } from './samples.ts';
import { backwardScanFaults, type GraphFault, lengthFaults, seedFaults, tangentScanFaults } from './scans.ts';
import { calls, casesOf, models, programs } from './subjects.ts';

const derivatives: Group = {
  name: 'derivatives',
  about: 'the table of derivatives: every entry, every term of it',
  *faults(count) {
    for (const { op, kind, place, table } of derivativeFaults()) {
      const planted: Planted = { autodiff: withDerivatives(table), answers: 'gradients' };
      yield {
        kind,
        place,
        judge: (thoroughly) => judgeRule(planted, withOp(op, count), thoroughly, op, { derivatives: table }),
      };
    }
  },
};

const tangents: Group = {
  name: 'tangents',
  about: 'the table of tangents, of forward mode: every row, every term of it',
  *faults(count) {
    for (const { op, kind, place, table } of tangentFaults()) {
      const autodiff = { ...REMEMBERED, jvp: (graph, what) => jvp(graph, what, table) } satisfies Autodiff;
      const planted: Planted = { autodiff, answers: 'tangents' };
      yield {
        kind,
        place,
        judge: (thoroughly) => judgeRule(planted, withOp(op, count), thoroughly, op, { rules: table }),
      };
    }
  },
};

const scans: Group = {
  name: 'scans',
  about:
    'the scans that run backwards: every cotangent that starts them, every residual, carry and result, their direction and lengths',
  faults: (count) =>
    inPrograms(
      count,
      ({ trial }) => allGradients(trial.forms),
      (graph) => [...seedFaults(graph), ...backwardScanFaults(graph)],
      behindGradients,
    ),
};

const cotangents: Group = {
  name: 'cotangents',
  about: 'what adds cotangents up and masks them: every side of a sum, every branch of a choice',
  faults: (count) =>
    inPrograms(count, ({ trial }) => allGradients(trial.forms), cotangentFaults, behindGradients),
};

const tangentScans: Group = {
  name: 'tangent scans',
  about: 'the scans of forward mode: every tangent that goes in, is carried, comes out',
  faults: (count) =>
    inPrograms(
      count,
      ({ trial: { forms } }) =>
        jvp(forms.forward, {
          wrt: differentiable(forms.program),
          outputs: allOutputs(forms.program),
        }),
      (graph) => [...tangentScanFaults(graph), ...carefulFaults(graph)],
      ({ plant }) => ({
        autodiff: { ...REMEMBERED, jvp: (graph, what) => plant(REMEMBERED.jvp(graph, what)) },
        answers: 'tangents',
      }),
    ),
};

const batches: Group = {
  name: 'batches',
  about: 'batching: lengths, means, what counts steps and sequences',
  faults: (count) =>
    inPrograms(
      count,
      ({ trial }) => trial.forms.forward,
      (graph) => [...lengthFaults(graph), ...countingFaults(graph)],
      ({ plant }) => ({
        autodiff: { ...REMEMBERED, batch: (graph) => plant(REMEMBERED.batch(graph)) },
        answers: 'gradients',
      }),
    ),
};

export const GROUPS: readonly Group[] = [derivatives, tangents, scans, cotangents, tangentScans, batches];

function withDerivatives(rules: DerivativeTable): Autodiff {
  return {
    ...REMEMBERED,
    gradients: (program, graph) => withGradients(program, graph, differentiable(program), rules),
    vjp: (graph, what) => vjp(graph, what, rules),
  };
}

function behindGradients({ plant }: GraphFault): Planted {
  return {
    autodiff: {
      ...REMEMBERED,
      gradients: (program, graph) => plant(REMEMBERED.gradients(program, graph)),
      vjp: (graph, what) => plant(REMEMBERED.vjp(graph, what)),
    },
    answers: 'states',
  };
}

/** On programs; where none shows it, on the samples of the operation itself. */
async function judgeRule(
  planted: Planted,
  subjects: Iterable<Subject>,
  thoroughly: boolean,
  op: OpName,
  tables: Tables,
): Promise<Outcome> {
  const outcome = await judge(planted, subjects, thoroughly);
  return outcome.result === 'unchanged' ? (judgeBySamples(op, tables) ?? outcome) : outcome;
}

function* withOp(op: OpName, count: number): Generator<Subject> {
  for (const subject of programs(count)) if (calls(subject, op)) yield subject;
  for (const subject of models()) if (calls(subject, op)) yield subject;
}

/** Every fault of every program, judged on that program in some cases. */
function* inPrograms(
  count: number,
  graphOf: (subject: Subject) => Graph,
  faultsOf: (graph: Graph) => readonly GraphFault[],
  plantedBy: (fault: GraphFault) => Planted,
): Generator<Fault> {
  for (const subjects of [programs(count), models()]) {
    for (const subject of subjects) {
      const graph = graphOf(subject);
      for (const fault of faultsOf(graph)) {
        yield {
          kind: fault.kind,
          place: `${subject.name}: ${fault.place}`,
          async judge(thoroughly) {
            const outcome = await judge(plantedBy(fault), casesOf(subject), thoroughly);
            const isIdle = outcome.result === 'unchanged' && isTheSame(graph, fault.plant(graph));
            return isIdle ? { ...outcome, why: 'no output needs what is changed' } : outcome;
          },
        };
      }
    }
  }
}

/** Whether two graphs are the same but for what no output needs. */
function isTheSame(a: Graph, b: Graph): boolean {
  return keyOf(removeDead(a)) === keyOf(removeDead(b));
}

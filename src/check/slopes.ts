// Whether a loss can teach a model anything: a weight must move it, by a way on which everything has a slope. What a
// comparison, argmax, floor and stop let through has none. A warning, for models without errors.

import type { CheckedCell, CheckedExpression, CheckedInstance } from './checked.ts';
import { operandsOf } from './operands.ts';
import type { Report } from './report.ts';

/** Warns where a model has weights, and none of them has a slope on its loss. */
export function warnWithoutSlope(model: CheckedCell, report: Report): void {
  const { loss } = model;
  if (loss === undefined || !hasWeights(model) || reachesWeight(model, loss.value)) return;
  report.add({
    code: 'RNN5017',
    severity: 'warning',
    message: `no weight of ${model.name} can be learnt from this loss`,
    span: loss.span,
    notes: ['a gradient follows slopes, and what passes a comparison, argmax, floor or stop has none'],
    help: 'learn to tell categories by cross_entropy(logits, y), and count them in a metric',
  });
}

function hasWeights(cell: CheckedCell): boolean {
  return cell.parameters.length > 0 || cell.instances.some((instance) => hasWeights(instance.cell));
}

function reachesWeight(model: CheckedCell, root: CheckedExpression): boolean {
  const seen = new Set<string>();
  const pending = [root];
  /** Looks at something that has a number or a name, once. */
  const visit = (what: string, expressions: () => readonly CheckedExpression[]): void => {
    if (seen.has(what)) return;
    seen.add(what);
    pending.push(...expressions());
  };
  const instanceOf = (name: string): CheckedInstance | undefined =>
    model.instances.find((instance) => instance.name === name || name.startsWith(`${instance.name}.`));
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type.element !== 'real') continue;
    switch (node.kind) {
      case 'parameter':
      case 'affine':
        return true;
      case 'equation': {
        const { equation } = node;
        visit(`equation ${equation}`, () => [model.equations[equation].value]);
        break;
      }
      case 'apply':
      case 'instance-state':
      case 'previous': {
        const own =
          node.kind === 'previous' ? model.states.find(({ name }) => name === node.state) : undefined;
        if (own !== undefined) {
          const start = own.start === undefined ? [] : [own.start];
          visit(`state ${own.name}`, () => [model.equations[own.equation].value, ...start]);
          break;
        }
        const name = node.kind === 'apply' ? model.applications[node.application].instance : node.state;
        const instance = instanceOf(name);
        // Which of its outputs hangs on which of its weights is not looked at.
        if (instance === undefined || hasWeights(instance.cell)) return true;
        visit(`instance ${instance.name}`, () =>
          model.applications.filter((a) => a.instance === instance.name).flatMap((a) => a.arguments),
        );
        break;
      }
      case 'if':
        pending.push(...node.cases.map((c) => c.value), node.otherwise);
        break;
      case 'primitive':
        if (node.name === 'surrogate') pending.push(node.operands[0]);
        else if (node.name !== 'floor' && node.name !== 'stop') pending.push(...node.operands);
        break;
      default:
        pending.push(...operandsOf(node));
    }
  }
  return false;
}

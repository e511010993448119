// Cells of models/ that generated programs import.
import type { Choices } from './choices.ts';
import { real } from './compose.ts';
import { symbol } from './dims.ts';
import { interval, UNIT } from './interval.ts';
import type { Template } from './scope.ts';
import type { Item } from './tree.ts';

const [n, m] = [symbol('n'), symbol('m')];

/** A cell with the sizes (n, m) from a vector of n to its state h of m, as all of models/ are. */
function known(name: string, file: string, more: Partial<Template> = {}): readonly [string, Template] {
  const template: Template = {
    name,
    sizes: [
      { name: 'n', inferred: true, defaultValue: undefined },
      { name: 'm', inferred: false, defaultValue: undefined },
    ],
    hyperparameters: [],
    inputs: [{ name: 'x', type: real([n]), once: false }],
    outputs: [{ name: 'h', type: real([m]), rate: 'step', bounds: UNIT }],
    states: [{ name: 'h', shape: [m], bounds: UNIT }],
    isPointwise: false,
    hasState: true,
    stages: 1,
    ...more,
  };
  return [file, template];
}

const linear = interval(-8, 8);

const cells = [
  known('RNN', 'rnn'),
  known('GRU', 'gru'),
  known('LSTM', 'lstm', {
    hyperparameters: [{ name: 'forget', hasDefault: true }],
    states: [
      { name: 'h', shape: [m], bounds: UNIT },
      { name: 'c', shape: [m], bounds: interval(-101, 101) },
    ],
  }),
  known('MinGRU', 'mingru', {
    outputs: [{ name: 'h', type: real([m]), rate: 'step', bounds: linear }],
    states: [{ name: 'h', shape: [m], bounds: linear }],
  }),
];

/** The line that imports one of them. */
export function imported(choices: Choices, templates: Template[]): Item {
  const [file, template] = choices.of(cells);
  templates.push(template);
  return { parts: [`import ${template.name} from "./${file}.rnn"`] };
}

// A whole file: functions, cells that use each other, and a cell or a model at the end.
import type { Surroundings } from './body.ts';
import { SIZE_NAMES } from './case.ts';
import { growCell } from './cell.ts';
import { Choices } from './choices.ts';
import { growFunction } from './function.ts';
import { imported } from './imported.ts';
import { growModel } from './model.ts';
import type { MadeFunction, Template } from './scope.ts';
import type { Block, File, Item } from './tree.ts';
import { ofCells } from './ways.ts';
import { growWrapper, type Wrapper } from './wrapper.ts';

/** The program of a seed. */
export function growFile(seed: number): File {
  const choices = new Choices(seed);
  // Most programs are small: what goes wrong in large ones mostly goes wrong in small ones, too.
  const size = choices.weighted([
    [4, 1],
    [4, 2],
    [2, 3],
  ]);
  const lines: Item[] = [];
  const functions: MadeFunction[] = [];
  for (let k = choices.between(0, size); k > 1; k--) lines.push(growFunction(choices, functions));
  const templates: Template[] = [];
  if (choices.oneIn(4)) lines.unshift(imported(choices, templates));
  const blocks: Block[] = [];
  const wrappers: Wrapper[] = [];
  if (choices.oneIn(4)) {
    const { block, wrapper } = growWrapper(choices);
    blocks.push(block);
    wrappers.push(wrapper);
  }
  const around = (equations: number, depth: number, sizes: readonly string[]): Surroundings => ({
    choices,
    functions,
    templates: [...templates],
    wrappers,
    ways: ofCells,
    equations,
    depth,
    sizes,
  });
  for (let k = choices.between(0, size); k > 0; k--) {
    const { block, template } = growCell(
      around(choices.between(0, 2), 2, header(choices)),
      `C${templates.length + 1}`,
    );
    blocks.push(block);
    templates.push(template);
  }
  const last = around(choices.between(1, 2 * size), size === 1 ? 2 : 3, header(choices));
  blocks.push(choices.oneIn(2) ? growModel(last) : growCell(last, 'Main').block);
  return { lines, blocks };
}

function header(choices: Choices): string[] {
  return SIZE_NAMES.slice(0, choices.between(1, 3));
}

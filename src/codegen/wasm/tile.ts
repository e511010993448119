// The innermost piece of a matrix product: a tile of up to 4 rows and one panel of 8 columns, its sums in registers.
//
// Eight vectors of sums, two of the right operand and one number of the left at a time are what the 15 vector
// registers that V8 can use hold: a larger tile, or one that is unrolled along the sum, makes it spill and halves the
// speed. A single row takes three panels at a time, since two sums alone would wait for each other.

import { ELEMENT_BYTES } from '../../loops/memory.ts';
import type { BufferId } from '../../loops/program.ts';
import type { Code, FunctionId, Local } from './code.ts';
import { count, namedFunction } from './function.ts';
import type { ModuleBuilder } from './module.ts';
import { GROUP_BYTES, PANEL_BYTES, TILE_ROWS, VECTOR_BYTES } from './packing.ts';

/** How many panels the tile of one row takes where there are as many. */
export const ROW_PANELS = 3;

/** out (+)= left @ right for `rows` packed rows and `panels` panels of all 8 columns. */
function tileFunction(module: ModuleBuilder, rows: number, panels: number): FunctionId {
  const parameters = ['inner', 'left', 'panel', 'panelBytes', 'out', 'outRow', 'accumulate'];
  return namedFunction(module, `tile ${rows} ${panels}`, parameters, (code, p) => {
    const sums = Array.from({ length: rows }, () =>
      Array.from({ length: 2 * panels }, () => code.local('v128')),
    );
    const starts = [p.panel];
    for (let k = 1; k < panels; k++)
      starts.push(
        code
          .get(starts[k - 1], p.panelBytes)
          .op('i32.add')
          .keep('i32'),
      );
    code.while(
      () => code.get(p.inner),
      () => {
        const columns = starts.flatMap((start) =>
          [0, VECTOR_BYTES].map((half) => code.get(start).memory('v128.load', half).keep('v128')),
        );
        sums.forEach((row, k) => {
          const element = code
            .get(p.left)
            .memory('v128.load32_splat', k * ELEMENT_BYTES)
            .keep('v128');
          row.forEach((sum, i) => {
            code.get(sum, element, columns[i]).op('f32x4.mul', 'f32x4.add').set(sum);
          });
        });
        for (const start of starts) code.advance(start, { bytes: PANEL_BYTES });
        code.advance(p.left, { bytes: GROUP_BYTES });
        code.advance(p.inner, { bytes: -1 });
      },
    );
    const out = [p.out];
    for (let k = 1; k < rows; k++)
      out.push(
        code
          .get(out[k - 1], p.outRow)
          .op('i32.add')
          .keep('i32'),
      );
    code.get(p.accumulate).if(() => {
      sums.forEach((row, k) => {
        row.forEach((sum, i) => {
          code
            .get(out[k])
            .memory('v128.load', i * VECTOR_BYTES)
            .get(sum)
            .op('f32x4.add')
            .set(sum);
        });
      });
    });
    sums.forEach((row, k) => {
      row.forEach((sum, i) => {
        code.get(out[k], sum).memory('v128.store', i * VECTOR_BYTES);
      });
    });
  });
}

/** Calls the tile of `rows` rows, from 1 to 4; `push` puts its arguments on the stack. */
export function callTile(module: ModuleBuilder, code: Code, rows: Local, push: () => void): void {
  const choose = (most: number): void => {
    const call = (): void => {
      push();
      code.call(tileFunction(module, most, 1));
    };
    if (most === 1) call();
    else
      code
        .get(rows)
        .int(most)
        .op('i32.eq')
        .if(call, () => choose(most - 1));
  };
  choose(TILE_ROWS);
}

/** Calls the tile of one row and `ROW_PANELS` panels. */
export function callRowTile(module: ModuleBuilder, code: Code, push: () => void): void {
  push();
  code.call(tileFunction(module, 1, ROW_PANELS));
}

/** Writes (or adds) the first columns of the tile in scratch memory to out. */
export function edgeFunction(module: ModuleBuilder, scratch: BufferId): FunctionId {
  const parameters = ['rows', 'columns', 'out', 'outRow', 'accumulate'];
  return namedFunction(module, 'edge', parameters, (code, p) => {
    module.address(code, scratch, []);
    const from = code.keep('i32');
    const bytes = code.get(p.columns).int(2).op('i32.shl').keep('i32');
    const sum = code.local('f32');
    count(code, p.rows, 1, () => {
      count(code, bytes, ELEMENT_BYTES, (offset) => {
        const to = code.get(p.out, offset).op('i32.add').keep('i32');
        code.get(from, offset).op('i32.add').memory('f32.load').set(sum);
        code.get(p.accumulate).if(() => {
          code.get(to).memory('f32.load').get(sum).op('f32.add').set(sum);
        });
        code.get(to, sum).memory('f32.store');
      });
      code.advance(from, { bytes: PANEL_BYTES });
      code.advance(p.out, p.outRow);
    });
  });
}

// Packing: copying a product's operands into the order in which the tiles read them, once for many readings. The left
// one by 4 rows and the right one by 8 columns (a panel), what belongs to one position along the sum side by side.

import { ELEMENT_BYTES } from '../../loops/memory.ts';
import { PANEL } from '../../loops/program.ts';
import type { Code, FunctionId, Local } from './code.ts';
import { atMost, count, namedFunction } from './function.ts';
import type { ModuleBuilder } from './module.ts';

/** How many rows a tile has, and a group of the packed left operand. */
export const TILE_ROWS = 4;
export const VECTOR_BYTES = 16;
export const GROUP_BYTES = TILE_ROWS * ELEMENT_BYTES;
export const PANEL_BYTES = PANEL * ELEMENT_BYTES;

/** Four vectors as the rows of a square, turned into its columns. */
function transpose(code: Code, [a, b, c, d]: readonly Local[]): Local[] {
  const low = [a, c].map((x, i) => code.get(x, [b, d][i]).shuffle(0, 4, 1, 5).keep('v128'));
  const high = [a, c].map((x, i) => code.get(x, [b, d][i]).shuffle(2, 6, 3, 7).keep('v128'));
  return [low, high].flatMap(([x, y]) => [
    code.get(x, y).shuffle(0, 1, 4, 5).keep('v128'),
    code.get(x, y).shuffle(2, 3, 6, 7).keep('v128'),
  ]);
}

/** Four lines of elements, `apart` bytes from each other, into one with the four side by side every `by` bytes. */
function interleaveFunction(module: ModuleBuilder): FunctionId {
  return namedFunction(module, 'interleave', ['inner', 'source', 'apart', 'target', 'by'], (code, p) => {
    const lines = [p.source];
    for (let k = 1; k < 4; k++)
      lines.push(
        code
          .get(lines[k - 1], p.apart)
          .op('i32.add')
          .keep('i32'),
      );
    const fours = code.get(p.inner).int(-4).op('i32.and').keep('i32');
    count(code, fours, 4, () => {
      const square = lines.map((line) => code.get(line).memory('v128.load').keep('v128'));
      for (const column of transpose(code, square)) {
        code.get(p.target, column).memory('v128.store');
        code.advance(p.target, p.by);
      }
      for (const line of lines) code.advance(line, { bytes: VECTOR_BYTES });
    });
    const rest = code.get(p.inner, fours).op('i32.sub').keep('i32');
    count(code, rest, 1, () => {
      let vector = code.get(lines[0]).memory('v128.load32_zero').keep('v128');
      for (const [lane, line] of lines.entries()) {
        if (lane > 0) vector = code.get(line, vector).laneMemory('v128.load32_lane', lane).keep('v128');
        code.advance(line, { bytes: ELEMENT_BYTES });
      }
      code.get(p.target, vector).memory('v128.store');
      code.advance(p.target, p.by);
    });
  });
}

/** One line of elements, `apart` bytes from each other, to every `by` bytes. */
function spreadFunction(module: ModuleBuilder): FunctionId {
  return namedFunction(module, 'spread', ['inner', 'source', 'apart', 'target', 'by'], (code, p) => {
    count(code, p.inner, 1, () => {
      code.get(p.target, p.source).memory('i32.load').memory('i32.store');
      code.advance(p.source, p.apart);
      code.advance(p.target, p.by);
    });
  });
}

/** Asks whether both: all of `most` lines are there, and `stride` is that of neighbours. */
function isFull(code: Code, lines: Local, most: number, stride: Local): void {
  code.get(lines).int(most).op('i32.eq').get(stride).int(ELEMENT_BYTES).op('i32.eq', 'i32.and');
}

/** Copies a right operand into panels; see `Pack` of the loop program. */
export function packRightFunction(module: ModuleBuilder): FunctionId {
  const parameters = ['inner', 'columns', 'source', 'sourceInner', 'sourceColumn', 'panel'];
  return namedFunction(module, 'pack right', parameters, (code, p) => {
    const panelBytes = code.get(p.inner).int(PANEL_BYTES).op('i32.mul').keep('i32');
    const at = (start: Local, column: number): Local =>
      code.get(start, p.sourceColumn).int(column).op('i32.mul', 'i32.add').keep('i32');
    count(code, p.columns, PANEL, (first) => {
      const columns = atMost(code, PANEL, p.columns, first);
      isFull(code, columns, PANEL, p.sourceColumn);
      code.if(
        () => {
          const from = code.get(p.source).keep('i32');
          const to = code.get(p.panel).keep('i32');
          count(code, p.inner, 1, () => {
            for (const half of [0, VECTOR_BYTES]) {
              code.get(to, from).memory('v128.load', half).memory('v128.store', half);
            }
            code.advance(from, p.sourceInner);
            code.advance(to, { bytes: PANEL_BYTES });
          });
        },
        () => {
          isFull(code, columns, PANEL, p.sourceInner);
          code.if(
            () => {
              for (const half of [0, 1]) {
                code.get(p.inner, at(p.source, 4 * half), p.sourceColumn, p.panel);
                code
                  .int(half * VECTOR_BYTES)
                  .op('i32.add')
                  .int(PANEL_BYTES)
                  .call(interleaveFunction(module));
              }
            },
            () => packEdge(module, code, p, columns),
          );
        },
      );
      code.advance(p.panel, panelBytes);
      code.get(at(p.source, PANEL)).set(p.source);
    });
  });
}

/** The last panel, filled up with zeros; or one whose source has no order that helps. */
function packEdge(module: ModuleBuilder, code: Code, p: Record<string, Local>, columns: Local): void {
  const [from, to] = [p.source, p.panel].map((start) => code.get(start).keep('i32'));
  const zero = namedFunction(module, 'zero line', ['inner', 'target'], (inside, q) => {
    count(inside, q.inner, 1, () => {
      inside.get(q.target).int(0).memory('i32.store');
      inside.advance(q.target, { bytes: PANEL_BYTES });
    });
  });
  count(code, code.int(PANEL).keep('i32'), 1, (column) => {
    code.get(column, columns).op('i32.lt_s');
    code.if(
      () => code.get(p.inner, from, p.sourceInner, to).int(PANEL_BYTES).call(spreadFunction(module)),
      () => code.get(p.inner, to).call(zero),
    );
    code.advance(from, p.sourceColumn);
    code.advance(to, { bytes: ELEMENT_BYTES });
  });
}

/** Copies a left operand by groups of 4 rows; the places of rows that the last group lacks are not written. */
export function packLeftFunction(module: ModuleBuilder): FunctionId {
  const parameters = ['rows', 'inner', 'source', 'sourceRow', 'sourceInner', 'target'];
  return namedFunction(module, 'pack left', parameters, (code, p) => {
    const groupBytes = code.get(p.inner).int(GROUP_BYTES).op('i32.mul').keep('i32');
    count(code, p.rows, TILE_ROWS, (first) => {
      const rows = atMost(code, TILE_ROWS, p.rows, first);
      isFull(code, rows, TILE_ROWS, p.sourceInner);
      code.if(
        () => {
          code
            .get(p.inner, p.source, p.sourceRow, p.target)
            .int(GROUP_BYTES)
            .call(interleaveFunction(module));
        },
        () => {
          const [from, to] = [p.source, p.target].map((start) => code.get(start).keep('i32'));
          isFull(code, rows, TILE_ROWS, p.sourceRow);
          code.if(
            () =>
              count(code, p.inner, 1, () => {
                code.get(to, from).memory('v128.load').memory('v128.store');
                code.advance(from, p.sourceInner);
                code.advance(to, { bytes: GROUP_BYTES });
              }),
            () =>
              count(code, rows, 1, () => {
                code.get(p.inner, from, p.sourceInner, to).int(GROUP_BYTES).call(spreadFunction(module));
                code.advance(from, p.sourceRow);
                code.advance(to, { bytes: ELEMENT_BYTES });
              }),
          );
        },
      );
      code.advance(p.target, groupBytes);
      code.get(p.source, p.sourceRow).int(TILE_ROWS).op('i32.mul', 'i32.add').set(p.source);
    });
  });
}

// The matrix product. Work is done in tiles of 4 rows and 8 columns: eight vectors of sums, two of the right operand
// and one number of the left at a time, which is what 16 vector registers hold (a larger tile, or one unrolled along
// the sum, makes V8 spill and halves the speed). The right operand comes in packed panels of 8 columns (see `Pack`);
// the left one is read where it lies if its elements follow each other along the sum, else it is packed by 4 rows.
//
// Every sum is taken from first to last within blocks of `BLOCK_INNER`, and block after block: the order depends on the
// sizes alone.

import { ELEMENT_BYTES } from '../../loops/memory.ts';
import {
  type BufferId,
  type LoopId,
  PANEL,
  type Pack,
  type Place,
  type Product,
} from '../../loops/program.ts';
import type { Code, FunctionId, Local } from './code.ts';
import type { ModuleBuilder, Steps } from './module.ts';

const TILE_ROWS = 4;
const PANEL_BYTES = PANEL * ELEMENT_BYTES;
const VECTOR_BYTES = 16;

/** How much of the sum, how many columns and how many rows are worked on at a time: packed, they stay in the caches. */
const BLOCK_INNER = 256;
const BLOCK_COLUMNS = 512;
const BLOCK_ROWS = 64;

/** Scratch memory of products, in elements: a tile at the edge, a packed left operand, a packed right one. */
const EDGE_TILE = TILE_ROWS * PANEL;
const PACKED_LEFT = BLOCK_ROWS * BLOCK_INNER;
export const SCRATCH_ELEMENTS = EDGE_TILE + PACKED_LEFT + BLOCK_INNER * BLOCK_COLUMNS;

/** Parameters of a product, all int32: rows, columns and inner in elements, strides in bytes. */
const LEFT = ['left', 'leftRow', 'leftInner'] as const;
const OUT = ['out', 'outRow', 'accumulate'] as const;

type Names = Record<string, Local>;

/** A function with named int32 parameters. */
function named(
  module: ModuleBuilder,
  name: string,
  parameters: readonly string[],
  write: (code: Code, p: Names) => void,
): FunctionId {
  return module.shared(name, () => {
    const code = module.code(parameters.map(() => 'i32' as const));
    write(code, Object.fromEntries(parameters.map((parameter, i) => [parameter, code.parameter(i)])));
    return code;
  });
}

/** Repeats `body` for i = 0, step, 2 * step, ... below `end`. */
function count(code: Code, end: Local, step: number, body: (i: Local) => void): void {
  const i = code.int(0).keep('i32');
  code.while(
    () => code.get(i, end).op('i32.lt_s'),
    () => {
      body(i);
      code.advance(i, { bytes: step });
    },
  );
}

/** The smaller of `limit` and `total - done`. */
function atMost(code: Code, limit: number, total: Local, done: Local): Local {
  const rest = code.get(total, done).op('i32.sub').keep('i32');
  return code.get(rest).int(limit).get(rest).int(limit).op('i32.lt_s', 'select').keep('i32');
}

/** out (+)= left @ right for one packed panel of all 8 columns and `rows` rows. */
function tileFunction(module: ModuleBuilder, rows: number): FunctionId {
  const parameters = ['inner', 'left', 'leftRow', 'leftInner', 'panel', 'out', 'outRow', 'accumulate'];
  return named(module, `tile ${rows}`, parameters, (code, p) => {
    const sums = Array.from({ length: rows }, () => [0, 1].map(() => code.local('v128')));
    const lefts: Local[] = [];
    for (let row = 0; row < rows; row++) {
      lefts.push(
        row === 0
          ? p.left
          : code
              .get(lefts[row - 1], p.leftRow)
              .op('i32.add')
              .keep('i32'),
      );
    }
    code.while(
      () => code.get(p.inner),
      () => {
        const panel = [0, 1].map((half) =>
          code
            .get(p.panel)
            .memory('v128.load', half * VECTOR_BYTES)
            .keep('v128'),
        );
        lefts.forEach((left, row) => {
          const element = code.get(left).memory('v128.load32_splat').keep('v128');
          panel.forEach((columns, half) => {
            code.get(sums[row][half], element, columns).op('f32x4.mul', 'f32x4.add').set(sums[row][half]);
          });
          code.advance(left, p.leftInner);
        });
        code.advance(p.panel, { bytes: PANEL_BYTES });
        code.advance(p.inner, { bytes: -1 });
      },
    );
    code.get(p.accumulate).if(() => {
      sums.forEach((row, i) => {
        row.forEach((sum, half) => {
          rowAddress(code, p, i);
          code
            .memory('v128.load', half * VECTOR_BYTES)
            .get(sum)
            .op('f32x4.add')
            .set(sum);
        });
      });
    });
    sums.forEach((row, i) => {
      row.forEach((sum, half) => {
        rowAddress(code, p, i);
        code.get(sum).memory('v128.store', half * VECTOR_BYTES);
      });
    });
  });
}

function rowAddress(code: Code, p: Names, row: number): void {
  code.get(p.out);
  if (row > 0) code.get(p.outRow).int(row).op('i32.mul', 'i32.add');
}

/** Writes (or adds) the first columns of the tile in scratch memory to out. */
function edgeFunction(module: ModuleBuilder, scratch: BufferId): FunctionId {
  return named(module, 'edge', ['rows', 'columns', ...OUT], (code, p) => {
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

/** Copies a right operand into panels; see `Pack` of the loop program. */
function packRightFunction(module: ModuleBuilder): FunctionId {
  const parameters = ['inner', 'columns', 'source', 'sourceInner', 'sourceColumn', 'panel'];
  return named(module, 'pack right', parameters, (code, p) => {
    const panelBytes = code.get(p.inner).int(PANEL_BYTES).op('i32.mul').keep('i32');
    count(code, p.columns, PANEL, (first) => {
      const columns = atMost(code, PANEL, p.columns, first);
      code
        .get(columns)
        .int(PANEL)
        .op('i32.eq')
        .get(p.sourceColumn)
        .int(ELEMENT_BYTES)
        .op('i32.eq', 'i32.and');
      code.if(
        () => {
          const from = code.get(p.source).keep('i32');
          count(code, panelBytes, PANEL_BYTES, (offset) => {
            const to = code.get(p.panel, offset).op('i32.add').keep('i32');
            for (const half of [0, VECTOR_BYTES]) {
              code.get(to, from).memory('v128.load', half).memory('v128.store', half);
            }
            code.advance(from, p.sourceInner);
          });
        },
        () => {
          count(code, code.int(PANEL).keep('i32'), 1, (column) => {
            const from = code.get(p.source, column, p.sourceColumn).op('i32.mul', 'i32.add').keep('i32');
            const start = code.get(p.panel, column).int(2).op('i32.shl', 'i32.add').keep('i32');
            code.get(column, columns).op('i32.lt_s');
            code.if(
              () => {
                count(code, panelBytes, PANEL_BYTES, (offset) => {
                  code.get(start, offset).op('i32.add').get(from).memory('i32.load').memory('i32.store');
                  code.advance(from, p.sourceInner);
                });
              },
              () => {
                count(code, panelBytes, PANEL_BYTES, (offset) => {
                  code.get(start, offset).op('i32.add').int(0).memory('i32.store');
                });
              },
            );
          });
        },
      );
      code.advance(p.panel, panelBytes);
      code.get(p.source, p.sourceColumn).int(PANEL).op('i32.mul', 'i32.add').set(p.source);
    });
  });
}

/** Copies a left operand by 4 rows, the elements of one position along the sum side by side. */
function packLeftFunction(module: ModuleBuilder): FunctionId {
  const parameters = ['rows', 'inner', 'source', 'sourceRow', 'sourceInner', 'target'];
  return named(module, 'pack left', parameters, (code, p) => {
    const groupBytes = code.get(p.inner).int(VECTOR_BYTES).op('i32.mul').keep('i32');
    count(code, p.rows, TILE_ROWS, (first) => {
      const rows = atMost(code, TILE_ROWS, p.rows, first);
      code.get(rows).int(TILE_ROWS).op('i32.eq').get(p.sourceRow).int(ELEMENT_BYTES).op('i32.eq', 'i32.and');
      code.if(
        () => {
          const from = code.get(p.source).keep('i32');
          count(code, groupBytes, VECTOR_BYTES, (offset) => {
            code.get(p.target, offset).op('i32.add').get(from).memory('v128.load').memory('v128.store');
            code.advance(from, p.sourceInner);
          });
        },
        () => {
          count(code, rows, 1, (row) => {
            const from = code.get(p.source, row, p.sourceRow).op('i32.mul', 'i32.add').keep('i32');
            const start = code.get(p.target, row).int(2).op('i32.shl', 'i32.add').keep('i32');
            count(code, groupBytes, VECTOR_BYTES, (offset) => {
              code.get(start, offset).op('i32.add').get(from).memory('i32.load').memory('i32.store');
              code.advance(from, p.sourceInner);
            });
          });
        },
      );
      code.advance(p.target, groupBytes);
      code.get(p.source, p.sourceRow).int(TILE_ROWS).op('i32.mul', 'i32.add').set(p.source);
    });
  });
}

/** Calls the tile of `rows` rows, from 1 to 4; `push` puts the other arguments on the stack. */
function callTile(module: ModuleBuilder, code: Code, rows: Local, push: () => void): void {
  const choose = (most: number): void => {
    if (most === 1) {
      push();
      code.call(tileFunction(module, 1));
      return;
    }
    code.get(rows).int(most).op('i32.eq');
    code.if(
      () => {
        push();
        code.call(tileFunction(module, most));
      },
      () => choose(most - 1),
    );
  };
  choose(TILE_ROWS);
}

/** out (+)= left @ panels, for a sum of at most `BLOCK_INNER`; panels lie `panelBytes` apart. */
function blockFunction(module: ModuleBuilder, scratch: BufferId): FunctionId {
  const parameters = ['rows', 'columns', 'inner', ...LEFT, 'panels', 'panelBytes', ...OUT];
  return named(module, 'block', parameters, (code, p) => {
    module.address(code, scratch, []);
    const edge = code.keep('i32');
    module.address(code, scratch, [{ factor: EDGE_TILE, axes: [] }]);
    const packed = code.keep('i32');
    const isStrided = code.get(p.leftInner).int(ELEMENT_BYTES).op('i32.ne').keep('i32');
    const [left, leftRow, leftInner, groupBytes] = [0, 1, 2, 3].map(() => code.local('i32'));
    count(code, p.rows, BLOCK_ROWS, (top) => {
      const height = atMost(code, BLOCK_ROWS, p.rows, top);
      code.get(isStrided).if(
        () => {
          code.get(height, p.inner, p.left, p.leftRow, p.leftInner, packed).call(packLeftFunction(module));
          code.get(packed).set(left).int(ELEMENT_BYTES).set(leftRow).int(VECTOR_BYTES).set(leftInner);
          code.get(p.inner).int(VECTOR_BYTES).op('i32.mul').set(groupBytes);
        },
        () => {
          code.get(p.left).set(left).get(p.leftRow).set(leftRow).get(p.leftInner).set(leftInner);
          code.get(p.leftRow).int(TILE_ROWS).op('i32.mul').set(groupBytes);
        },
      );
      const panel = code.get(p.panels).keep('i32');
      const outColumns = code.get(p.out).keep('i32');
      count(code, p.columns, PANEL, (first) => {
        const width = atMost(code, PANEL, p.columns, first);
        const group = code.get(left).keep('i32');
        const out = code.get(outColumns).keep('i32');
        count(code, height, TILE_ROWS, (row) => {
          const rows = atMost(code, TILE_ROWS, height, row);
          const pushOperands = (): void => {
            code.get(p.inner, group, leftRow, leftInner, panel);
          };
          code.get(width).int(PANEL).op('i32.eq');
          code.if(
            () =>
              callTile(module, code, rows, () => {
                pushOperands();
                code.get(out, p.outRow, p.accumulate);
              }),
            () => {
              callTile(module, code, rows, () => {
                pushOperands();
                code.get(edge).int(PANEL_BYTES).int(0);
              });
              code.get(rows, width, out, p.outRow, p.accumulate).call(edgeFunction(module, scratch));
            },
          );
          code.advance(group, groupBytes);
          code.get(out, p.outRow).int(TILE_ROWS).op('i32.mul', 'i32.add').set(out);
        });
        code.advance(panel, p.panelBytes);
        code.advance(outColumns, { bytes: PANEL_BYTES });
      });
      code.get(p.left, p.leftRow).int(BLOCK_ROWS).op('i32.mul', 'i32.add').set(p.left);
      code.get(p.out, p.outRow).int(BLOCK_ROWS).op('i32.mul', 'i32.add').set(p.out);
    });
  });
}

/** out (+)= left @ right, with the right operand packed before. */
function packedProductFunction(module: ModuleBuilder, scratch: BufferId): FunctionId {
  const parameters = ['rows', 'columns', 'inner', ...LEFT, 'panels', ...OUT];
  return named(module, 'packed product', parameters, (code, p) => {
    const panelBytes = code.get(p.inner).int(PANEL_BYTES).op('i32.mul').keep('i32');
    count(code, p.inner, BLOCK_INNER, (first) => {
      const inner = atMost(code, BLOCK_INNER, p.inner, first);
      code.get(p.rows, p.columns, inner, p.left, p.leftRow, p.leftInner, p.panels, panelBytes);
      code.get(p.out, p.outRow, p.accumulate).call(blockFunction(module, scratch));
      code.get(p.left, inner, p.leftInner).op('i32.mul', 'i32.add').set(p.left);
      code.get(p.panels, inner).int(PANEL_BYTES).op('i32.mul', 'i32.add').set(p.panels);
      code.int(1).set(p.accumulate);
    });
  });
}

/** out (+)= left @ right. */
function plainProductFunction(module: ModuleBuilder, scratch: BufferId): FunctionId {
  const right = ['right', 'rightInner', 'rightColumn'];
  const parameters = ['rows', 'columns', 'inner', ...LEFT, ...right, ...OUT];
  return named(module, 'product', parameters, (code, p) => {
    module.address(code, scratch, [{ factor: EDGE_TILE + PACKED_LEFT, axes: [] }]);
    const panels = code.keep('i32');
    const accumulate = code.local('i32');
    const panelBytes = code.local('i32');
    count(code, p.columns, BLOCK_COLUMNS, (firstColumn) => {
      const columns = atMost(code, BLOCK_COLUMNS, p.columns, firstColumn);
      const [left, right] = [p.left, p.right].map((start) => code.get(start).keep('i32'));
      code.get(p.accumulate).set(accumulate);
      count(code, p.inner, BLOCK_INNER, (first) => {
        const inner = atMost(code, BLOCK_INNER, p.inner, first);
        code.get(inner).int(PANEL_BYTES).op('i32.mul').set(panelBytes);
        code.get(inner, columns, right, p.rightInner, p.rightColumn, panels).call(packRightFunction(module));
        code.get(p.rows, columns, inner, left, p.leftRow, p.leftInner, panels, panelBytes);
        code.get(p.out, p.outRow, accumulate).call(blockFunction(module, scratch));
        code.get(left, inner, p.leftInner).op('i32.mul', 'i32.add').set(left);
        code.get(right, inner, p.rightInner).op('i32.mul', 'i32.add').set(right);
        code.int(1).set(accumulate);
      });
      code.get(p.right, columns, p.rightColumn).op('i32.mul', 'i32.add').set(p.right);
      code.get(p.out, columns).int(2).op('i32.shl', 'i32.add').set(p.out);
    });
  });
}

/** Puts the address of a place on the stack. */
function placeAddress(module: ModuleBuilder, code: Code, place: Place, steps: Steps): void {
  module.address(code, place.buffer, place.offset);
  for (const { loop, stride } of place.steps) {
    code.get(steps.get(loop)!);
    module.bytes(code, stride);
    code.op('i32.mul', 'i32.add');
  }
}

/** A product as a function; its parameters are the steps of the loops around it. */
export function emitProduct(
  module: ModuleBuilder,
  product: Product,
  loops: readonly LoopId[],
  scratch: BufferId,
): FunctionId {
  const code = module.code(loops.map(() => 'i32' as const));
  const steps = new Map(loops.map((loop, i) => [loop, code.parameter(i)]));
  const { right } = product;
  const address = (place: Place): Local => {
    placeAddress(module, code, place, steps);
    return code.keep('i32');
  };
  const left = address(product.left);
  const rightAt = 'packed' in right ? undefined : address(right);
  const out = address(product.out);
  const around = (depth: number): void => {
    const axis = product.outer[depth];
    if (axis !== undefined) {
      module.elements(code, axis.extent);
      const moved = [
        [left, axis.left],
        [out, axis.out],
        ...(rightAt === undefined ? [] : ([[rightAt, axis.right]] as const)),
      ] as const;
      const saved = moved.map(([local]) => code.get(local).keep('i32'));
      count(code, code.keep('i32'), 1, () => {
        around(depth + 1);
        for (const [local, stride] of moved) {
          code.get(local);
          module.bytes(code, stride);
          code.op('i32.add').set(local);
        }
      });
      moved.forEach(([local], i) => {
        code.get(saved[i]).set(local);
      });
      return;
    }
    for (const size of [product.rows, product.columns, product.inner]) module.elements(code, size);
    code.get(left);
    module.bytes(code, product.left.row);
    module.bytes(code, product.left.inner);
    if ('packed' in right) {
      module.address(code, right.packed, []);
    } else {
      code.get(rightAt!);
      module.bytes(code, right.inner);
      module.bytes(code, right.column);
    }
    code.get(out);
    module.bytes(code, product.out.row);
    code.int(product.accumulate ? 1 : 0);
    const target = 'packed' in right ? packedProductFunction : plainProductFunction;
    code.call(target(module, scratch));
  };
  around(0);
  return module.add(code);
}

/** The packing of a right operand as a function; its parameters are the steps of the loops around it. */
export function emitPack(module: ModuleBuilder, pack: Pack, loops: readonly LoopId[]): FunctionId {
  const code = module.code(loops.map(() => 'i32' as const));
  const steps = new Map(loops.map((loop, i) => [loop, code.parameter(i)]));
  module.elements(code, pack.inner);
  module.elements(code, pack.columns);
  placeAddress(module, code, pack.source, steps);
  module.bytes(code, pack.source.inner);
  module.bytes(code, pack.source.column);
  module.address(code, pack.packed, []);
  code.call(packRightFunction(module));
  return module.add(code);
}

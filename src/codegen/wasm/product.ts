// The matrix product: cut into blocks that stay in the caches, both operands of a block packed, tile after tile. A right
// operand that was packed before (see `Pack` of the loop program) is taken as it is.
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
import { atMost, count, namedFunction } from './function.ts';
import type { ModuleBuilder, Steps } from './module.ts';
import { GROUP_BYTES, PANEL_BYTES, packLeftFunction, packRightFunction, TILE_ROWS } from './packing.ts';
import { callRowTile, callTile, edgeFunction, ROW_PANELS } from './tile.ts';

/** How much of the sum, how many columns and how many rows are worked on at a time. */
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

/** out (+)= left @ panels, for a sum of at most `BLOCK_INNER`; panels lie `panelBytes` apart. */
function blockFunction(module: ModuleBuilder, scratch: BufferId): FunctionId {
  const parameters = ['rows', 'columns', 'inner', ...LEFT, 'panels', 'panelBytes', ...OUT];
  return namedFunction(module, 'block', parameters, (code, p) => {
    module.address(code, scratch, []);
    const edge = code.keep('i32');
    module.address(code, scratch, [{ factor: EDGE_TILE, axes: [] }]);
    const packed = code.keep('i32');
    const groupBytes = code.get(p.inner).int(GROUP_BYTES).op('i32.mul').keep('i32');
    // A single row takes several panels at a time, as far as there are so many whole ones.
    const width = ROW_PANELS * PANEL;
    code
      .get(p.rows)
      .int(1)
      .op('i32.eq')
      .if(() => {
        code.get(p.rows, p.inner, p.left, p.leftRow, p.leftInner, packed).call(packLeftFunction(module));
        const wideBytes = code.get(p.panelBytes).int(ROW_PANELS).op('i32.mul').keep('i32');
        code.while(
          () => code.get(p.columns).int(width).op('i32.ge_s'),
          () => {
            callRowTile(module, code, () => {
              code.get(p.inner, packed, p.panels, p.panelBytes, p.out, p.outRow, p.accumulate);
            });
            code.advance(p.panels, wideBytes);
            code.advance(p.out, { bytes: width * ELEMENT_BYTES });
            code.advance(p.columns, { bytes: -width });
          },
        );
      });
    count(code, p.rows, BLOCK_ROWS, (top) => {
      const height = atMost(code, BLOCK_ROWS, p.rows, top);
      code.get(height, p.inner, p.left, p.leftRow, p.leftInner, packed).call(packLeftFunction(module));
      const panel = code.get(p.panels).keep('i32');
      const outColumns = code.get(p.out).keep('i32');
      count(code, p.columns, PANEL, (first) => {
        const width = atMost(code, PANEL, p.columns, first);
        const group = code.get(packed).keep('i32');
        const out = code.get(outColumns).keep('i32');
        count(code, height, TILE_ROWS, (row) => {
          const rows = atMost(code, TILE_ROWS, height, row);
          const pushOperands = (): void => {
            code.get(p.inner, group, panel, p.panelBytes);
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
  return namedFunction(module, 'packed product', parameters, (code, p) => {
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
  return namedFunction(module, 'product', parameters, (code, p) => {
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
  name: string,
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
  return module.add(name, code);
}

/** The packing of a right operand as a function; its parameters are the steps of the loops around it. */
export function emitPack(
  module: ModuleBuilder,
  name: string,
  pack: Pack,
  loops: readonly LoopId[],
): FunctionId {
  const code = module.code(loops.map(() => 'i32' as const));
  const steps = new Map(loops.map((loop, i) => [loop, code.parameter(i)]));
  module.elements(code, pack.inner);
  module.elements(code, pack.columns);
  placeAddress(module, code, pack.source, steps);
  module.bytes(code, pack.source.inner);
  module.bytes(code, pack.source.column);
  module.address(code, pack.packed, []);
  code.call(packRightFunction(module));
  return module.add(name, code);
}

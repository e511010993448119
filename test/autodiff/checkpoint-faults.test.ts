// Faults planted in a gradient in segments, one for each thing that checkpointing must get right: each changes numbers.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph, NodeId, ScanNode } from '../../src/graph/graph.ts';
import { TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { buildScan, type Draft, type Moved, moveScan, rebuild } from '../../src/passes/draft.ts';
import { difference } from '../passes/compare.ts';
import { drawInputs, realInputs, realOutputs } from './differences.ts';
import { extentsAt, LENGTHS, varied } from './varied-cell.ts';

describe('a fault shows', () => {
  const graph = batch(varied(false), { lengths: true });
  const request = { outputs: realOutputs(graph), wrt: realInputs(graph) };
  const plain = vjp(graph, request);
  const cut = vjp(checkpoint(graph, { steps: 2 }), request);
  const inputs = drawInputs(plain, extentsAt(5), 2, LENGTHS);
  const error = (faulty: Graph): number => {
    expect(verify(faulty)).toEqual([]);
    return difference(plain, faulty, inputs, extentsAt(5));
  };

  type Change = (draft: Draft, scan: ScanNode, to: Moved) => readonly NodeId[];
  /** The scans over segments with other parts or another body. */
  const change = (parts: (scan: ScanNode) => Partial<ScanNode>): Graph => {
    const scan: Change = (draft, node, to) =>
      buildScan(draft, moveScan(node.segment === undefined ? node : { ...node, ...parts(node) }, to));
    return rebuild(cut, { scan });
  };
  /** The scans over the steps of a segment with other parts. */
  const changeInner = (parts: (scan: ScanNode) => Partial<ScanNode>): Graph =>
    change(({ body }) => ({
      body: rebuild(body, {
        scan: (draft, node, to) => buildScan(draft, moveScan({ ...node, ...parts(node) }, to)),
      }),
    }));

  test('none, where nothing is changed', () => {
    expect(error(change(() => ({})))).toBeLessThan(1e-12);
    expect(error(changeInner(() => ({})))).toBeLessThan(1e-12);
  });
  test('the ends of sequences are ignored among segments', () => {
    expect(error(change(() => ({ lengths: undefined })))).toBeGreaterThan(0.01);
  });
  test('the ends of sequences are ignored among the steps of a segment', () => {
    expect(error(changeInner(() => ({ lengths: undefined })))).toBeGreaterThan(0.01);
  });
  test('the carries kept are those at the ends of segments', () => {
    const faulty = change(({ body, carries }) => {
      if (body.name.includes('backward')) return {};
      const outputs = body.outputs.map(({ name, node }) => {
        const carry = body.inputs.slice(1, 1 + carries.length).indexOf(node);
        return { name, node: carry < 0 ? node : body.outputs[carry].node };
      });
      return { body: { ...body, outputs } };
    });
    expect(error(faulty)).toBeGreaterThan(0.01);
  });
  test('residuals are those of another segment: the backward pass goes forwards', () => {
    const faulty = change(({ body, reverse }) => ({ reverse: reverse !== body.name.includes('backward') }));
    expect(error(faulty)).toBeGreaterThan(0.01);
  });
  test('steps are counted from the start of the segment', () => {
    const faulty = change(({ body }) => ({
      body: rebuild(body, {
        scan: (draft, node, to) => {
          const start = draft.constant(0, [], 'index');
          const isStart = (id: NodeId): boolean => id === body.inputs[0];
          return buildScan(
            draft,
            moveScan(node, (id) => (isStart(id) ? start : to(id))),
          );
        },
      }),
    }));
    expect(error(faulty)).toBeGreaterThan(0.01);
  });
  test('a last segment that is not whole is dropped', () => {
    const faulty = change((node) => ({ body: withoutRest(node) }));
    expect(error(faulty)).toBeGreaterThan(0.01);
  });

  /** A segment's body that hands its carries on as they were, unless the segment is whole. */
  function withoutRest({ body, carries, segment }: ScanNode): Graph {
    const draft = GraphBuilder.extend({ ...body, outputs: [] });
    const end = draft.apply('add', body.inputs[0], draft.constant(segment!, [], 'index'));
    const extent = draft.call('convert', [draft.call('extent', [], { extent: TIME })], { element: 'index' });
    const isWhole = draft.apply('le', end, extent);
    body.outputs.forEach(({ name, node }, k) => {
      const shape = draft.shapeOf(node);
      const isCarried = k < carries.length;
      const kept = isCarried
        ? draft.apply('select', draft.broadcast(isWhole, shape, []), node, body.inputs[1 + k])
        : node;
      draft.output(name, kept);
    });
    return draft.finish();
  }
});

// The one layout: a generated program, with blanks and comments strewn over it, is laid out as the same program.
import { isDeepStrictEqual } from 'node:util';
import { makeSource } from '../../src/base/source.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { formatSource } from '../../src/parser/format.ts';
import { respaced, treeOf } from '../parser/respaced.ts';
import { all, type GeneratedLaw, isInTurn } from './finding.ts';
import { Trial } from './trial.ts';

function layOut(text: string): string | undefined {
  return formatSource(makeSource('generated.rnn', text)).text;
}

export const formatted: GeneratedLaw = {
  name: 'laid out is the same program',
  bound: 0,
  hold(trial) {
    if (!isInTurn(trial, formatted.name, 16)) return undefined;
    const { text, drawn, path } = trial;
    const { program } = trial.forms;
    const strewn = respaced(text, drawn.numbers, drawn.numbers % 5);
    const result = layOut(strewn) ?? '';
    const again = new Trial(result, drawn, path).program();
    // Origins are comments in the text of a graph.
    const [graph, other] = [program, again].map((one) => readGraph(printGraph(one.graph)));
    const held: Readonly<Record<string, boolean>> = {
      'the tree': treeOf(result) === treeOf(strewn),
      'the graph': isDeepStrictEqual(graph, other),
      'a second time': layOut(result) === result,
    };
    return all(new Map(Object.entries(held).map(([name, is]) => [name, is ? 0 : Number.POSITIVE_INFINITY])));
  },
};

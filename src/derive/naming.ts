// Which places of the gradient graph have names, and which: the user's for the equations, `d_` and that for their
// gradients, `z_` for what goes into a gate, `e_` for what arrives at an output. Names of ours step back where the user has
// such already.

import { invariant } from '../base/invariant.ts';
import type { Program } from '../check/program.ts';
import { type InputNode, isCall, type Node, type NodeId, operandsOf } from '../graph/graph.ts';
import type { Followed } from './follow.ts';
import { keyOf, type Place, type PlaceKey } from './places.ts';

/** A further name of a place. */
export interface Alias {
  readonly name: string;
  readonly place: Place;
  /** The place behind which it is told. */
  readonly behind: Place;
  /** Told for each step; the place itself may be there once. */
  readonly hasSteps: boolean;
}

/** What comes from outside. */
export interface Given {
  readonly name: string;
  readonly place: Place;
  readonly kind: 'input' | 'target' | 'weight' | 'start' | 'arriving' | 'noise';
  /** The graph's input, where it is one. */
  readonly input: string | undefined;
}

const KINDS = {
  input: 'input',
  target: 'target',
  parameter: 'weight',
  state: 'start',
  cotangent: 'arriving',
} as const;

export class Naming {
  /** Short beginnings of names, by the long ones. */
  readonly abbreviations: ReadonlyMap<string, string>;
  readonly names = new Map<PlaceKey, string>();
  /** What the forward scans carry, by the body's input. */
  readonly states = new Map<PlaceKey, string>();
  readonly given: Given[] = [];
  readonly aliases: Alias[] = [];
  /** What the names of ours begin with. */
  readonly gradient: string;
  readonly arriving: string;
  /** What a step hands back to the one before. */
  readonly back: string;
  readonly #activation: string;
  readonly #factor: string;
  /** The length of the sequence; undefined where the user calls something T. */
  readonly steps: string | undefined;
  /** What is minimised; undefined for a cell. */
  readonly loss: string | undefined;
  readonly #followed: Followed;
  readonly #program: Program;
  readonly #taken: Set<string>;

  constructor(program: Program, followed: Followed) {
    this.#program = program;
    this.#followed = followed;
    const { graph } = followed.places;
    this.abbreviations = abbreviate(program);
    const known = [
      ...graph.inputs.map((id) => this.#input(id).name),
      ...program.sizes.keys(),
      ...program.hyperparameters.keys(),
      ...program.states.map((state) => state.name),
      ...program.values.map((value) => value.name),
    ].map((name) => this.short(name));
    this.#taken = new Set(known);
    const free = (...candidates: readonly string[]): string => {
      const isFree = (one: string): boolean =>
        known.map(bare).every((name) => name !== one.slice(0, -1) && !name.startsWith(one));
      return candidates.find(isFree) ?? `${candidates[0]}_`;
    };
    this.gradient = known.some((name) => name.startsWith('d_')) ? free('grad_', 'gradient_', 'by_') : 'd_';
    this.arriving = known.some((name) => name.startsWith('e_'))
      ? free('from_', 'outside_', 'arriving_')
      : 'e_';
    this.back = free('back_', 'handed_back_', 'to_before_');
    this.#activation = free('z_', 'a_', 'net_', 'before_');
    this.#factor = free('s_', 'u_', 'factor_', 'shared_');
    this.steps = known.includes('T') ? undefined : 'T';
    this.#nameInputs();
    this.#nameStates();
    this.#nameValues();
    this.loss = this.#nameLoss();
    this.#nameEnds();
    this.#nameActivations();
    this.#nameCotangents();
    this.#nameHandedOn();
    this.#nameGradients();
  }

  /**
   * Gives a common factor a name; where it is the gradient by something that is written somewhere, that gets one too.
   * `isMix`: a place is a sum with products of matrices in it.
   */
  nameFactor(
    place: Place,
    owner: string,
    isMix: (place: Place) => boolean,
    isWritten: (place: Place) => boolean,
  ): void {
    const of = owner.startsWith(this.gradient) ? owner.slice(this.gradient.length) : owner;
    const { places, primalsOf } = this.#followed;
    const primals = primalsOf(place).filter((one) => !isCall(places.nodeOf(one), 'broadcast'));
    const primal = primals.findLast((one) => this.names.has(keyOf(one))) ?? primals.findLast(isWritten);
    const into = primal === undefined ? of : (this.#owner(primal) ?? of);
    const wanted = prefixed(isMix(primal ?? place) ? this.#activation : this.#factor, into);
    if (primal === undefined) {
      const state = this.#handedBackTo(place);
      this.names.set(keyOf(place), this.#fresh(state === undefined ? wanted : this.back + state));
      return;
    }
    const named = this.names.get(keyOf(primal)) ?? this.#fresh(wanted);
    this.names.set(keyOf(primal), named);
    this.names.set(keyOf(place), this.#fresh(this.gradient + named));
  }

  /** Gives a name to what is too large to be written as a part of something else. */
  nameLarge(place: Place): void {
    const owner = this.#owner(place) ?? 'value';
    this.nameFactor(
      place,
      owner,
      () => false,
      () => true,
    );
  }

  /** The state that a place of a backward scan is handed on to. */
  #handedBackTo(place: Place): string | undefined {
    const { backward, places } = this.#followed;
    const forward = place.scan === undefined ? undefined : backward.get(place.scan);
    if (place.scan === undefined || forward === undefined) return undefined;
    const { body, carries } = places.scan(place.scan);
    const k = carries.findIndex((_, i) => body.outputs[i].node === place.node);
    return k < 0 ? undefined : this.#stateOf(forward, body.nodes[body.inputs[1 + k]]);
  }

  /** The state whose gradient an input of a backward scan carries. */
  #stateOf(forward: NodeId, carried: Node): string | undefined {
    const { body } = this.#followed.places.scan(forward);
    invariant(carried.kind === 'input', 'what is carried comes in');
    const at = body.outputs.findIndex((output) => `cotangent.${output.name}` === carried.name);
    return this.states.get(keyOf({ scan: forward, node: body.inputs[1 + at] }));
  }

  /** A name of the user's, its copy of a cell abbreviated where that has a long name. */
  short(name: string): string {
    const found = [...this.abbreviations].find(([long]) => name.startsWith(long));
    return found === undefined ? name : found[1] + name.slice(found[0].length);
  }

  /** A name that nothing has. */
  #fresh(wanted: string): string {
    let candidate = wanted;
    for (let n = 2; this.#taken.has(candidate); n++) candidate = `${wanted}_${n}`;
    this.#taken.add(candidate);
    return candidate;
  }

  #input(id: NodeId): InputNode {
    const node = this.#followed.places.graph.nodes[id];
    invariant(node.kind === 'input', `%${id} is an input`);
    return node;
  }

  #nameInputs(): void {
    const { places } = this.#followed;
    for (const id of places.graph.inputs) {
      const { name: input, role } = this.#input(id);
      if (role === 'shared' || role === 'seed') continue;
      invariant(role in KINDS, `${input} is an input of a program of one sequence`);
      const place = { scan: undefined, node: id };
      const kind = KINDS[role as keyof typeof KINDS];
      const output = input.slice('cotangent.'.length);
      const name = kind === 'arriving' ? this.#fresh(this.arriving + output) : this.short(input);
      this.names.set(keyOf(place), name);
      this.given.push({ name, place, kind, input });
    }
    const draws = (scan: NodeId | undefined): void => {
      const { nodes } = scan === undefined ? places.graph : places.scan(scan).body;
      nodes.forEach((node, id) => {
        if (node.kind === 'scan') draws(id as NodeId);
        if (!isCall(node, 'uniform')) return;
        const place = { scan, node: id as NodeId };
        const name = this.#fresh(this.short(node.attributes.name));
        this.names.set(keyOf(place), name);
        this.given.push({ name, place, kind: 'noise', input: undefined });
      });
    };
    draws(undefined);
  }

  #nameStates(): void {
    const { places, placeOf } = this.#followed;
    for (const { name } of this.#program.states) {
      const output = this.#program.graph.outputs.find((one) => one.name === `state.${name}`);
      invariant(output !== undefined, `the state ${name} has a last value`);
      const result = places.nodeOf(placeOf(undefined, output.node));
      invariant(result.kind === 'result', `the state ${name} is carried`);
      const { body } = places.scan(result.scan);
      this.states.set(keyOf({ scan: result.scan, node: body.inputs[1 + result.index] }), this.short(name));
    }
  }

  #nameValues(): void {
    const { places, placeOf } = this.#followed;
    const told = new Set<string>();
    for (const { name: full, body, node } of this.#program.values) {
      const written = this.short(full);
      // A copy without states may be applied twice, with other values each time.
      const name = told.has(written) ? this.#fresh(written) : written;
      told.add(written);
      const behind = placeOf(body, node);
      const place = places.origin(behind);
      const isOwn = places.nodeOf(place).kind === 'call' || places.nodeOf(place).kind === 'result';
      if (isOwn && !this.names.has(keyOf(place))) this.names.set(keyOf(place), name);
      else this.aliases.push({ name, place, behind, hasSteps: places.hasSteps(behind) });
    }
  }

  #nameLoss(): string | undefined {
    const { places, placeOf } = this.#followed;
    const output = this.#program.graph.outputs.find(({ name }) => name === 'loss');
    if (this.#program.loss === undefined || output === undefined) return undefined;
    const place = places.origin(placeOf(undefined, output.node));
    const known = this.names.get(keyOf(place));
    if (known !== undefined) return known;
    const name = this.#fresh('L');
    this.names.set(keyOf(place), name);
    return name;
  }

  /** What a scan carries only to have it at the end: the largest so far, the last. */
  #nameEnds(): void {
    const { backward, places } = this.#followed;
    places.graph.nodes.forEach((scan, id) => {
      if (scan.kind !== 'scan' || backward.has(id as NodeId)) return;
      scan.carries.forEach((_, k) => {
        const carry = { scan: id as NodeId, node: scan.body.inputs[1 + k] };
        if (this.states.has(keyOf(carry))) return;
        const next = places.origin({ scan: id as NodeId, node: scan.body.outputs[k].node });
        const node = places.nodeOf(next);
        if (isCall(node, 'max') && node.operands[0] === carry.node) {
          const of = this.names.get(keyOf(places.origin({ ...next, node: node.operands[1] })));
          const name = this.#fresh(`max_${of ?? 'value'}`);
          this.states.set(keyOf(carry), name);
          this.names.set(keyOf(next), name);
        } else if (node.kind === 'call' && !this.names.has(keyOf(next))) {
          this.names.set(keyOf(next), this.#fresh(`${this.#factor}last`));
        }
      });
    });
  }

  /** What goes into a gate: `z_i` of `i = sigmoid(...)`. */
  #nameActivations(): void {
    const { backward, places } = this.#followed;
    const visit = (scan: NodeId | undefined): void => {
      const { nodes } = scan === undefined ? places.graph : places.scan(scan).body;
      nodes.forEach((node, id) => {
        if (node.kind === 'scan' && !backward.has(id as NodeId)) visit(id as NodeId);
        if (!isCall(node, 'sigmoid') && !isCall(node, 'tanh')) return;
        const operand = places.origin({ scan, node: node.operands[0] });
        if (places.nodeOf(operand).kind !== 'call' || this.names.has(keyOf(operand))) return;
        if (!this.#isLonger(operand)) return;
        const owner = this.#owner({ scan, node: id as NodeId });
        if (owner !== undefined)
          this.names.set(keyOf(operand), this.#fresh(prefixed(this.#activation, owner)));
      });
    };
    visit(undefined);
  }

  /** Whether more than one operation stands before a place, up to what has a name. */
  #isLonger(place: Place): boolean {
    const { places } = this.#followed;
    let count = 0;
    const waiting = [place];
    for (let next = waiting.pop(); next !== undefined && count < 2; next = waiting.pop()) {
      const node = places.nodeOf(next);
      if (node.kind !== 'call' || this.names.has(keyOf(next)) || node.operands.length === 0) continue;
      if (node.op !== 'broadcast') count++;
      for (const operand of node.operands) waiting.push(places.origin({ ...next, node: operand }));
    }
    return count >= 2;
  }

  /** The first equation that a place goes into. */
  #owner({ scan, node }: Place): string | undefined {
    const { nodes } = this.#followed.places.graphOf({ scan, node });
    const reached = new Set([node]);
    for (let id = node; id < nodes.length; id++) {
      if (id !== node && !operandsOf(nodes[id]).some((operand) => reached.has(operand))) continue;
      reached.add(id);
      const name = this.names.get(keyOf({ scan, node: id }));
      if (name !== undefined && !this.#isOurs(name)) return name;
    }
    return undefined;
  }

  #isOurs(name: string): boolean {
    return bare(name).startsWith(this.#activation) || bare(name).startsWith(this.#factor);
  }

  /** The gradient by each equation; where it is that by another one, or what arrives, it is told so. */
  #nameCotangents(): void {
    const { backward, cotangents, places, primalsOf } = this.#followed;
    for (const place of cotangents) {
      const named = primalsOf(place).flatMap((primal) => {
        const name = this.names.get(keyOf(primal));
        return name === undefined ? [] : [{ name, primal }];
      });
      for (const { name, primal } of named.reverse()) {
        const isGiven = place.scan === undefined && places.nodeOf(place).kind === 'input';
        // The gradient by a step's value may be the same for all steps.
        const isSame = places.hasSteps(primal) && !places.hasSteps(place);
        if (!this.names.has(keyOf(place)) && !isGiven && !isSame) {
          this.names.set(keyOf(place), this.#fresh(this.gradient + name));
          continue;
        }
        const back = [...backward].find(([, forward]) => forward === primal.scan)?.[0];
        const isOutside = place.scan === undefined && back !== undefined;
        const behind = isOutside ? { scan: back, node: 0 as NodeId } : place;
        this.aliases.push({
          name: this.#fresh(this.gradient + name),
          place,
          behind,
          hasSteps: places.hasSteps(primal),
        });
      }
    }
  }

  /**
   * What a backward scan hands on is written as a part of the gradient that it belongs to. Where that is not a sum it would
   * stand in, it has a name of its own: the gradient by the state as it is handed on.
   */
  #nameHandedOn(): void {
    const { backward, places } = this.#followed;
    for (const [scan, forward] of backward) {
      const { body, carries } = places.scan(scan);
      carries.forEach((_, k) => {
        const carry = { scan, node: body.inputs[1 + k] };
        if (this.names.has(keyOf(carry)) || this.#goesIntoName(carry)) return;
        const state = this.#stateOf(forward, body.nodes[carry.node]);
        const wanted = state === undefined ? `${this.#factor}handed_on` : this.gradient + state;
        const isFree = state !== undefined && !this.#taken.has(wanted);
        this.names.set(keyOf(carry), this.#fresh(isFree ? wanted : `${this.#factor}handed_on`));
      });
    }
  }

  /** Whether a place is used once, as a term of something that has a name. */
  #goesIntoName({ scan, node }: Place): boolean {
    const { nodes, outputs } = this.#followed.places.graphOf({ scan, node });
    let current = node;
    for (;;) {
      if (this.names.has(keyOf({ scan, node: current }))) return current !== node;
      const users = nodes.flatMap((user, id) =>
        operandsOf(user).flatMap((operand) => (operand === current ? [id as NodeId] : [])),
      );
      if (users.length !== 1 || outputs.some((output) => output.node === current)) return false;
      if (!isCall(nodes[users[0]], 'add')) return false;
      [current] = users;
    }
  }

  #nameGradients(): void {
    const { places } = this.#followed;
    for (const { name: output, node } of places.graph.outputs) {
      if (!output.startsWith('grad.')) continue;
      const name = this.#fresh(this.gradient + this.short(output.slice('grad.'.length)));
      const place = places.origin({ scan: undefined, node });
      const hasSteps = places.hasSteps({ scan: undefined, node });
      const isOwn = places.nodeOf(place).kind !== 'input' && places.hasSteps(place) === hasSteps;
      if (!this.names.has(keyOf(place)) && isOwn) {
        this.names.set(keyOf(place), name);
        continue;
      }
      const behind =
        place.scan === undefined ? { scan: undefined, node: places.graph.nodes.length as NodeId } : place;
      this.aliases.push({ name, place, behind, hasSteps });
    }
  }
}

/** What an abbreviation saves at least. */
const SAVING = 8;

/** For copies of cells with long names their last word: `forward.` for `both.bidirectional.forward.`. */
function abbreviate(program: Program): ReadonlyMap<string, string> {
  const all = [...program.values, ...program.states, ...program.parameters].map(({ name }) => name);
  const copies = new Set(
    [...program.values, ...program.states].flatMap(({ name }) => {
      const end = name.lastIndexOf('.') + 1;
      return end === 0 ? [] : [name.slice(0, end)];
    }),
  );
  const shortened = [...copies].map((long): [string, string] => [
    long,
    /([A-Za-z_]\w*(\.\d+)*\.)$/.exec(long)?.[1] ?? long,
  ]);
  // Inner copies first: of two that a name begins with, the longer one is meant.
  return new Map(
    shortened
      .filter(([long, short]) => {
        const isAlone = shortened.every(([other, its]) => other === long || its !== short);
        return isAlone && long.length - short.length >= SAVING && !all.some((name) => name.startsWith(short));
      })
      .sort(([a], [b]) => b.length - a.length),
  );
}

/** `low.i` with the prefix z_ is `low.z_i`. */
function prefixed(prefix: string, name: string): string {
  const at = name.lastIndexOf('.') + 1;
  return name.slice(0, at) + prefix + name.slice(at);
}

/** Without the copies that it stands in: `i` of `low.i`. */
function bare(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

// What a planted fault is, and what can come of it. A group is a list of them, made by a rule and never by hand.

export interface Group {
  readonly name: string;
  /** What is planted, in one line. */
  readonly about: string;
  /** All faults of the group; where they are planted in programs, in so many generated ones. */
  faults(programs: number): Iterable<Fault>;
}

export interface Fault {
  /** What is done: `negated`, `carry cut`. */
  readonly kind: string;
  /** Where: an entry of a table, a place in a program. With the kind it repeats the fault. */
  readonly place: string;
  /** `thoroughly`: all laws are asked, not only up to the first that is broken. */
  judge(thoroughly: boolean): Promise<Outcome>;
}

export type Outcome =
  /** No graph came of it that can be built and run. */
  | { readonly result: 'refused'; readonly on: string }
  /** Answers changed, and a law said so. */
  | {
      readonly result: 'caught';
      readonly law: string;
      /** All laws that it breaks on this program; not looked at with every fault. */
      readonly all?: readonly string[];
      /** The program that shows it. */
      readonly on: string;
    }
  /** No answer is another one on any program. */
  | { readonly result: 'unchanged'; readonly programs: number; readonly why: string }
  /** Some answer is another one, and every law holds. */
  | { readonly result: 'escaped'; readonly on: string; readonly change: string };

/** A fault with what came of it. */
export interface Judged {
  readonly group: string;
  readonly kind: string;
  readonly place: string;
  readonly outcome: Outcome;
}

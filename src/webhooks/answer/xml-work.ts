import xpath from 'xpath';

/*
 * How much work an XPath expression may make. An expression of a few dozen characters can compare every node of a document with every
 * other one; what bounds it is counted, not timed, so that a busy machine refuses nothing that an idle one reads.
 */

/** What a document may cost with all its paths, in nodes that are looked at. About half a second of an idle machine. */
export const MAX_WORK = 5_000_000;
/** A step of a path from one node, in nodes. */
const STEP = 4;
/** Two nodes put in order. */
export const COMPARISON = 0.25;
/** Characters of a text that cost as much as a node. */
const CHARACTERS = 8;

/** Thrown when the work is more than it may be. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

let left = MAX_WORK;

/** Begins to count anew, for one document and all its paths. */
export function beginWork(): void {
  left = MAX_WORK;
}

/** Counts so much work. @throws TooMuchWork */
export function work(amount: number): void {
  left -= amount;
  if (left < 0) throw new TooMuchWork('takes too long to search');
}

interface NodeTest {
  matches(node: unknown, context: unknown): boolean;
}
interface Step {
  nodeTest: NodeTest;
}
interface NodeSet {
  tree: unknown;
  nodes: unknown[];
  size: number;
}
/** The parts of the library that everything an expression does goes through. */
interface Inner {
  readonly PathExpr: { applyStep(step: Step, context: unknown, node: unknown): unknown };
  readonly XNodeSet: {
    readonly prototype: NodeSet & {
      stringForNode(node: unknown): string | null;
      addArray(this: NodeSet, nodes: readonly unknown[]): void;
    };
  };
}

/** Makes the library count. Once, in the thread that reads XML. */
function countIn({ PathExpr, XNodeSet }: Inner): void {
  const counted = new WeakSet<Step>();
  const applyStep = PathExpr.applyStep.bind(PathExpr);
  // Every axis tests every node it comes by.
  PathExpr.applyStep = (step, context, node) => {
    if (!counted.has(step)) {
      counted.add(step);
      step.nodeTest = counting(step.nodeTest);
    }
    work(STEP);
    return applyStep(step, context, node);
  };
  const set = XNodeSet.prototype;
  const stringForNode = set.stringForNode.bind(set);
  set.stringForNode = (node) => {
    const text = stringForNode(node);
    work(1 + (text?.length ?? 0) / CHARACTERS);
    return text;
  };
  // The library's own looks through the whole set for each node that is added.
  set.addArray = function (nodes) {
    work(nodes.length);
    this.nodes = [...new Set([...this.nodes, ...nodes])];
    this.size = this.nodes.length;
    this.tree = null;
  };
}

/** Some tests are told apart by their other members. */
function counting(test: NodeTest): NodeTest {
  const own = Object.create(test) as NodeTest;
  own.matches = (node, context) => {
    work(1);
    return test.matches(node, context);
  };
  return own;
}

countIn(xpath as unknown as Inner);

import type { FunctionPort } from '../../src/flow/ports.js';
import type { FunctionAnswer, FunctionCall } from '../../src/model/function.js';
import type { Done } from '../../src/model/call-verbs.js';

/** Answers one internal function. */
export type FunctionScript = (call: FunctionCall, signal: AbortSignal) => FunctionAnswer | Promise<FunctionAnswer>;

const NO_SERVICE: FunctionAnswer = {
  status: null,
  statusType: null,
  duration: 0,
  raw: null,
  reason: 'CONNECTION_FAILURE',
  detail: 'nobody answers functions here',
  attempts: 1,
  url: '',
  keys: [],
  code: null,
};

/** Internal functions behind their port; every call fails with CONNECTION_FAILURE unless told. */
export class FakeFunctions implements FunctionPort {
  readonly calls: FunctionCall[] = [];
  /** Calls that nobody waited for. */
  readonly sent: FunctionCall[] = [];

  constructor(private readonly script: FunctionScript = () => NO_SERVICE) {}

  async call(call: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer> {
    this.calls.push(call);
    return this.script(call, signal);
  }

  send(call: FunctionCall): Promise<Done> {
    this.sent.push(call);
    return Promise.resolve({ kind: 'done' });
  }
}

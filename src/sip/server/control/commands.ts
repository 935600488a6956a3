const CRLF = Buffer.from('\r\n');
const MAX_LEADER = 8 * 1024;

/** What an application says. `id` is its name for the message; the answer repeats it. */
export type Command =
  | { readonly verb: 'authenticate'; readonly id: string; readonly secret: string }
  | { readonly verb: 'route' | 'remove_route'; readonly id: string; readonly method: string }
  | { readonly verb: 'ping'; readonly id: string }
  | SipCommand
  | { readonly verb: 'unknown'; readonly id: string; readonly name: string };

/** Send a SIP message. */
export interface SipCommand {
  readonly verb: 'sip';
  readonly id: string;
  /** Transaction it answers or cancels; `''` when none. */
  readonly transactionId: string;
  /** Dialog it belongs to; `''` when none. */
  readonly dialogId: string;
  /** Outbound proxy for this request; `''` when none. */
  readonly routeUri: string;
  readonly sip: Buffer;
}

/** Reads one frame; null when it is none of the protocol's. */
export function parseCommand(frame: Buffer): Command | null {
  const found = frame.indexOf(CRLF);
  const end = found === -1 ? frame.length : found;
  if (end > MAX_LEADER) return null;
  const [id, verb, ...fields] = frame.toString('utf8', 0, end).split('|');
  if (id === undefined || verb === undefined || !/^[\w-]{1,64}$/.test(id)) return null;
  const field = (index: number): string => fields[index] ?? '';
  switch (verb) {
    case 'authenticate':
      return { verb, id, secret: field(0) };
    case 'route':
    case 'remove_route':
      return { verb, id, method: field(0).toLowerCase() };
    case 'ping':
      return { verb, id };
    case 'sip': {
      const sip = found === -1 ? frame.subarray(end) : frame.subarray(end + 2);
      return { verb, id, transactionId: field(0), dialogId: field(1), routeUri: field(2), sip };
    }
    default:
      return { verb: 'unknown', id, name: verb.slice(0, 32) };
  }
}

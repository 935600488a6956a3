import { createServer } from 'node:http';

/*
 * The webhook's endpoint: a process of its own that answers at once, or after `afterMs`, and remembers when. Asked by message for what it has seen.
 */

/** One request. Times are ms of the machine's monotonic clock. */
export interface Looked {
  readonly caller: string;
  /** When the request was read. */
  readonly at: number;
  /** Just before the answer was written. */
  readonly answeredAt: number;
}

export type FromEndpoint = { readonly port: number } | { readonly looked: readonly Looked[] };

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const ANSWER = JSON.stringify({ prompt: 'answer' });
let looked: Looked[] = [];

const server = createServer((request, response) => {
  const at = now();
  request.resume();
  const query = new URL(request.url ?? '/', 'http://endpoint').searchParams;
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    const answeredAt = now();
    response.end(ANSWER);
    looked.push({ caller: query.get('caller') ?? '', at, answeredAt });
  };
  const afterMs = Number(query.get('afterMs') ?? 0);
  if (afterMs > 0) setTimeout(answer, afterMs);
  else answer();
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  tell({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  tell({ looked });
  looked = [];
});

function tell(message: FromEndpoint): void {
  process.send?.(message);
}

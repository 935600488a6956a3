import { WebSocket } from 'ws';
import type { JournalEntry } from '../../../src/model/journal.js';
import type { Store } from '../../../src/store/store.js';
import { KEY, startApi } from '../api.js';

/** What the API shows of the calls of a store. */
export interface Pages {
  /** `GET /v1/calls/{id}`, as it is sent. */
  call(id: string): Promise<string>;
  /** The messages of `/v1/events` while these entries are written, one a line. */
  live(id: string, entries: readonly JournalEntry[]): Promise<string>;
  close(): Promise<void>;
}

/** An API over a store, on a free port. Its clock stands, so that links to recordings are always the same. */
export async function openPages(store: Store): Promise<Pages> {
  const api = await startApi({ publicUrl: 'https://ivr.example' });
  Object.assign(api.store.queries, store.queries);
  api.state.now = Date.UTC(2026, 0, 6);
  return {
    async call(id) {
      const { status, text } = await api.get(`/v1/calls/${id}`);
      if (status !== 200) throw new Error(`the API answers ${status} ${text}`);
      return text;
    },
    async live(id, entries) {
      const url = `${api.url.replace('http', 'ws')}/v1/events?call=${id}`;
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${KEY}` } });
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
      const messages: string[] = [];
      socket.on('message', (data: Buffer) => messages.push(data.toString('utf8')));
      for (const entry of entries) api.emit({ kind: 'journal', callId: id, entry });
      // What is sent before the close frame arrives before it.
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.close();
      await closed;
      return messages.join('\n');
    },
    close: () => api.close(),
  };
}

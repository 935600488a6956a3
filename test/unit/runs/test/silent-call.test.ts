import { expect, it } from 'vitest';
import { silentCall } from '../../../../src/runs/test/silent-call.js';

it('a wait for a key that nobody presses ends with its signal', async () => {
  const stop = new AbortController();
  const waiting = silentCall().awaitKey({ keys: '' }, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'Aborted' });
});

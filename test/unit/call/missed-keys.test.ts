import { expect, it } from 'vitest';
import type { CallEvent } from '../../../src/model/call-events.js';
import { Leg } from '../../../src/call/leg/leg.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import type { IncomingInvite } from '../../../src/sip/types.js';
import { FakeMedia } from '../../support/fake-media.js';
import { VirtualClock } from '../../support/virtual-clock.js';

it('keys that cannot be taken are told once for a call, however many there are', async () => {
  const media = new FakeMedia(new VirtualClock());
  const opened = await media.open();
  if (!opened.ok) throw new Error(opened.error);
  const events: CallEvent[] = [];
  const never = (): void => undefined;
  new Leg({
    facts: { leg: 'l1', direction: 'inbound', callee: '1', did: '2', party: 'VISITOR' },
    invite: { sdp: null, onOffer: never, cancelled: new AbortController().signal } as unknown as IncomingInvite,
    session: opened.value,
    localSdp: '',
    log: silentLogger,
    onEvent: (event) => events.push(event),
    onAnswering: never,
    onAnswered: never,
    onResumed: never,
    onGone: never,
  });
  for (let i = 0; i < 3; i++) opened.value.missKey();
  expect(events.filter(({ type }) => type === 'note')).toEqual([
    { type: 'note', text: expect.stringMatching(/^KEY_MISSED: /) as string },
  ]);
});

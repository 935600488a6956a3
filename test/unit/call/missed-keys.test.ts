import { expect, it } from 'vitest';
import { CallRig } from '../../support/call-rig.js';

it('keys that cannot be taken are told once for a call, however many there are', async () => {
  const rig = new CallRig();
  const { session } = await rig.dial();
  for (let i = 0; i < 3; i++) session.missKey();
  expect(rig.events.filter(({ type }) => type === 'note')).toEqual([
    { type: 'note', text: expect.stringMatching(/^KEY_MISSED: /) as string },
  ]);
});

import { expect, it } from 'vitest';
import { PlacedInvite } from '../../../src/call/leg/placed-invite.js';
import { asJson } from '../../../src/flow/journal/masking.js';
import { summarizeJournal } from '../../../src/flow/journal/summary.js';
import { createJournalWriter, type JournalWriter } from '../../../src/flow/journal/writer.js';
import { readJournal } from '../../../src/flow/journal/state.js';
import { callEventReaders } from '../../../src/runs/call-events.js';
import { endedCall } from '../../../src/runs/end.js';
import { nativeReport } from '../../../src/webhooks/report/native.js';
import { phononReport } from '../../../src/webhooks/report/phonon.js';
import type { CollectAnswer, CollectLeft } from '../../../src/model/call-verbs.js';
import { CallRig, never } from '../../support/call-rig.js';
import { configuredWebhook } from '../../support/configured-webhook.js';
import { OFFER } from '../../support/fake-signaling.js';

const CALLER = 'uuid-2';
const AGENT = 'uuid-3';

const collecting = {
  prompt: [],
  level: 0,
  bargeIn: true,
  min: 1,
  max: 2,
  endOn: '',
  allow: '',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 3000,
  typeAhead: true,
  mask: false,
};

/** What a step asked of a leg, and what came of it; `leg` absent: the caller's. */
function journalCollect(journal: JournalWriter, ask: number, answer: CollectAnswer | CollectLeft, leg?: string): void {
  const of = leg === undefined ? {} : { leg };
  journal.append({ type: 'ask', step: 1, ask, op: 'call.collect', request: null, ...of });
  if (answer.kind === 'failed' || answer.kind === 'noInput' || answer.kind === 'left') throw new Error(answer.kind);
  journal.append({ type: 'answer', step: 1, ask, op: 'call.collect', answer: asJson(answer), ...of });
}

/** A caller and an agent: each presses keys and is recorded, the agent leaves, then the caller. */
async function twoLegs() {
  const rig = new CallRig({
    onCall: async (call) => {
      call.ring();
      await call.ended;
    },
  });
  const { call, caller, session } = await rig.answered();
  const journal = createJournalWriter(call.id, call.clock, []);
  journal.append({
    type: 'call',
    callId: call.id,
    flowId: 'queue',
    flowVersion: '1',
    timeZone: 'UTC',
    webhook: true,
    facts: call.facts(),
  });
  call.events.on((event) => journal.append(event));
  const opened = await rig.media.open();
  if (!opened.ok) throw new Error(opened.error);
  const leg = call.addLeg({
    facts: { direction: 'outbound', callee: '201', did: '100', party: 'AGENT' },
    setup: new PlacedInvite(rig.signaling, { uri: 'sip:201@192.0.2.9', from: 'sip:100@example.org', ringTimeout: 30 }),
    session: opened.value,
    localSdp: opened.value.offer(),
  });
  const media = rig.media.last;
  const answered = leg?.answer();
  await rig.clock.advance(1000);
  const [agent] = rig.signaling.callees;
  if (leg === null || agent === undefined) throw new Error('no second leg');
  agent.ring();
  await rig.clock.advance(2000);
  agent.answer(OFFER);
  await answered;

  journal.append({ type: 'enter', step: 1, widget: 'ask', widgetType: 'collect', label: null, anchor: 'start' });
  const ofCaller = call.control.collect(collecting, never);
  const ofAgent = leg.control.collect(collecting, never);
  await rig.clock.advance(0);
  session.press('17');
  media.press('42');
  journalCollect(journal, 1, await ofCaller);
  journalCollect(journal, 2, await ofAgent, leg.id);

  for (const { control } of [leg, call]) {
    await control.startRecording({ name: 'note', tracks: 'caller', beep: false, maxMs: 0 }, never);
    await rig.clock.advance(1500);
    await control.stopRecording({ name: null }, never);
  }
  agent.bye();
  await rig.clock.advance(3000);
  caller.bye();
  const termination = await call.ended;
  journal.append({ type: 'end', termination });
  const end = { callId: call.id, direction: call.direction, endedAt: call.clock.now(), termination };
  return {
    journal,
    report: endedCall({ recordingUrl: (id) => `https://x/${id}`, host: 'ivr-1' }, end, summarizeJournal(journal.entries)),
  };
}

it('the native report has both legs, each with its own times, end, keys and recordings', async () => {
  const { report } = await twoLegs();
  expect(nativeReport(report)).toMatchObject({
    direction: 'inbound',
    endedBy: 'caller',
    talkMs: 9000,
    legs: [
      { id: CALLER, direction: 'inbound', party: 'VISITOR', number: '+4930123', talkMs: 9000, remoteHangup: true },
      {
        id: AGENT,
        direction: 'outbound',
        party: 'AGENT',
        number: '201',
        did: '100',
        ringMs: 3000,
        talkMs: 3000,
        totalMs: 6000,
        hangup: { cause: 16, name: 'normal clearing', sip: null },
        remoteHangup: true,
      },
    ],
    recordings: [{ name: 'note', leg: AGENT }, { name: 'note' }],
    transcript: [
      { by: 'caller', dtmf: '1' },
      { by: 'caller', dtmf: '7' },
      { by: 'callee', leg: AGENT, dtmf: '4' },
      { by: 'callee', leg: AGENT, dtmf: '2' },
    ],
  });
  expect(report.recordings[1]).not.toHaveProperty('leg');
  expect(report.callVariables).toMatchObject({ recordingurl: report.recordings[1]?.url });
});

it('the Phonon report has both legs in order of creation, each with the keys pressed on it', async () => {
  const { report } = await twoLegs();
  expect(phononReport(report, configuredWebhook('report').options)).toMatchObject({
    callDetails: [
      {
        cdrId: `${CALLER}##ivr-1`,
        calleeType: 'VISITOR',
        incoming: true,
        hangupCause: '16',
        dtmfPressesd: [
          { key: '1', label: 'ask' },
          { key: '7', label: 'ask' },
        ],
      },
      {
        cdrId: `${AGENT}##ivr-1`,
        calleeType: 'AGENT',
        calleeNumber: '201',
        didNumber: '100',
        incoming: false,
        is_ringing: 'true',
        duration: '3000',
        remoteHangup: true,
        dtmfPressesd: [
          { key: '4', label: 'ask' },
          { key: '2', label: 'ask' },
        ],
      },
    ],
  });
});

it('call events tell of the call once, and name the leg on which keys were pressed', async () => {
  const { journal } = await twoLegs();
  const webhook = { ...configuredWebhook('events'), events: ['started', 'answered', 'input', 'completed', 'record'] as const };
  const deliveries = readJournal(journal.entries, [
    callEventReaders({ webhooks: () => [webhook], recordingUrl: (id) => `https://x/${id}` }),
  ]);
  const told = deliveries.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  expect(told).toMatchObject([
    { status: 'started', uuid: CALLER, from: '+4930123', to: '100' },
    { status: 'answered', uuid: CALLER },
    { status: 'input', uuid: CALLER, dtmf: { digits: '17' } },
    { status: 'input', uuid: AGENT, from: '100', to: '201', direction: 'outbound', dtmf: { digits: '42' } },
    { status: 'record', uuid: AGENT },
    { status: 'record', uuid: CALLER },
    { status: 'completed', uuid: CALLER },
  ]);
});

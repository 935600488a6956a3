import { NUMBERS } from '../flows.js';
import { waitForQuiet } from '../machine.js';
import { EXPECTED, machineLine, number, Spread, type Bench, type Figure } from './measure.js';

/** Latencies while 100 calls stand; every other caller sends no audio of its own. */
export async function latencies({ rig, scale, note }: Bench): Promise<Figure[]> {
  const spreads = {
    keyEndToRequest: new Spread(),
    keyToRequest: new Spread(),
    answerToPrompt: new Spread(),
    ackToFirst: new Spread(),
    ackToFirstSilent: new Spread(),
    inviteToAnswer: new Spread(),
  };
  for (let run = 0; run < scale.runs; run++) {
    await waitForQuiet(scale.quietMs);
    const warmMs = 8000;
    const launchMs = warmMs + scale.windowMs * 2;
    const loaded = await rig.load({
      number: NUMBERS.steady,
      calls: 100_000,
      atOnce: 100,
      startsPerSecond: 15,
      launchMs,
      window: { fromMs: warmMs, toMs: launchMs },
      keyAfterMs: 4500,
      audio: 'every other',
      expect: EXPECTED,
    });
    const good = loaded.calls.filter(({ failure, counted }) => failure === null && counted);
    const looks = good.flatMap((call) => {
      const look = loaded.looked.get(call.caller);
      return look === undefined ? [] : [{ call, look }];
    });
    spreads.keyEndToRequest.add(looks.map(({ call, look }) => look.at - call.keyEnded));
    spreads.keyToRequest.add(looks.map(({ call, look }) => look.at - call.keyBegan));
    spreads.answerToPrompt.add(looks.map(({ call, look }) => call.firstExpected - look.answeredAt));
    const first = (silent: boolean) =>
      good.filter((call) => call.silent === silent).map((call) => call.firstPacket - call.acknowledged);
    spreads.ackToFirst.add(first(false));
    spreads.ackToFirstSilent.add(first(true));
    spreads.inviteToAnswer.add(good.map(({ answered, invited }) => answered - invited));
    note(
      `latencies, run ${run + 1}: ${good.length} calls, ${number(loaded.meanCalls, 0)} at once, ${loaded.calls.length - loaded.calls.filter(({ failure }) => failure === null).length} failed; ${machineLine(loaded)}`,
    );
  }
  const row = (what: string, spread: Spread, bar: readonly [number, number] | null): Figure => ({
    what,
    value: String(spread),
    bar: bar === null ? '–' : `${bar[0]} / ${bar[1]} ms`,
    reached: bar === null ? null : spread.p50 <= bar[0] && spread.p99 <= bar[1],
  });
  return [
    row('End of digit → webhook request, p50 / p99 at 100 calls', spreads.keyEndToRequest, [10, 20]),
    row('First packet of digit → webhook request', spreads.keyToRequest, null),
    row('Webhook answer → first packet of the next prompt', spreads.answerToPrompt, [5, 10]),
    row('ACK → first packet', spreads.ackToFirst, [20, 20]),
    row('ACK → first packet, silent caller', spreads.ackToFirstSilent, [20, 20]),
    row('INVITE → 200', spreads.inviteToAnswer, null),
  ];
}

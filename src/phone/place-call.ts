import { parseSipUri, hostForm } from '../sip/server/message/uri.js';
import { CODEC_NAMES } from '../media/codec/codec.js';
import { Call } from './call.js';
import { parseDigitScript } from './digit-script.js';
import { Dialog } from './dialog.js';
import { PhoneMedia } from './media.js';
import { Timeline } from './timeline.js';
import { Transactions } from './transactions.js';
import type { PhoneCallOptions, PhoneCall } from './types.js';
import type { Transport } from '../sip/server/message/hop.js';
import { bindUdp, localAddressFor, openWire, resolveHost, type Place } from './wire.js';

const SIP_PORT = 5060;
const DEFAULT_CALLER = '15550001';

/** Why no call could even be tried: a malformed option, an unknown host, no socket, a refused connection. */
export class PhoneError extends Error {
  override readonly name = 'PhoneError';
}

/**
 * Places a call: sends the INVITE and returns at once with the handle. Everything that happens after is told by the handle's events
 * and its `result`, which never rejects.
 * @throws PhoneError (as rejection) when no INVITE could be sent
 */
export async function placeCall(options: PhoneCallOptions): Promise<PhoneCall> {
  const uri = parseSipUri(options.target);
  if (uri === null) throw new PhoneError(`"${options.target}" is no SIP address; write it like sip:100@127.0.0.1:5060`);
  const steps = parseDigitScript(options.digits ?? '');
  if (!steps.ok) throw new PhoneError(`digits: ${steps.error}`);
  const address = await resolveHost(uri.host);
  if (address === null) throw new PhoneError(`the host "${uri.host}" is unknown`);

  const to = { address, port: uri.port ?? SIP_PORT };
  const transport = options.transport ?? (uri.params.get('transport')?.toLowerCase() === 'tcp' ? 'tcp' : 'udp');
  const bindAddress = options.bindAddress ?? (await localAddressFor(to));
  const call = await assemble(options, steps.value, { to, transport, bindAddress });
  call.start();
  return call;
}

interface Way {
  readonly to: Place;
  readonly transport: Transport;
  readonly bindAddress: string;
}

async function assemble(
  options: PhoneCallOptions,
  steps: ConstructorParameters<typeof Call>[0]['steps'],
  way: Way,
): Promise<Call> {
  const { to, transport, bindAddress } = way;
  const audio = await bindUdp(bindAddress);
  if (!audio.ok) throw new PhoneError(`no socket for the audio: ${audio.error}`);
  let call: Call | null = null;
  const listener = { onMessage: (message: Parameters<Call['take']>[0]) => call?.take(message), onLost: () => call?.lost() };
  const wire = await openWire(transport, { bindAddress, to, listener });
  if (!wire.ok) {
    audio.value.close();
    throw new PhoneError(`no SIP connection to ${hostForm(to.address)}:${to.port}: ${wire.error}`);
  }
  const from = options.from ?? `sip:${DEFAULT_CALLER}@${hostForm(bindAddress)}`;
  const timeline = new Timeline((event) => {
    options.onEvent?.(event);
    call?.noticed();
  });
  const media = new PhoneMedia({
    socket: audio.value,
    codecs: typeof options.codec === 'string' ? [options.codec] : (options.codec ?? CODEC_NAMES),
    voice: options.voice ?? 'silence',
    now: () => timeline.now(),
    onPacket: () => call?.noticed(),
    onKey: (key) => call?.keySent(key),
  });
  const dialog = new Dialog(wire.value, options.target, from, to);
  const transactions = new Transactions(wire.value);
  call = new Call({ options, steps, wire: wire.value, dialog, media, transactions, timeline });
  return call;
}

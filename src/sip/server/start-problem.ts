import { errorMessage } from '../../lib/error-message.js';
import { allowList } from '../../lib/allow-list.js';
import type { ListenAddress, SipServerOptions, StartProblem } from './options.js';
import { ipFamily } from './message/uri.js';

/** Why a socket could not be bound, as a sentence for the operator. */
export function bindingProblem(error: unknown, { transport, host, port }: ListenAddress): StartProblem {
  const where = `${transport} port ${port} on ${host}`;
  const code = error instanceof Error && 'code' in error ? error.code : '';
  switch (code) {
    case 'EADDRINUSE':
      return {
        code: 'SIP_PORT_IN_USE',
        message: `SIP cannot use ${where}: another program has it. Stop that program or configure another port.`,
      };
    case 'EADDRNOTAVAIL':
      return {
        code: 'SIP_ADDRESS_UNAVAILABLE',
        message: `SIP cannot use ${where}: this machine has no such address. Configure one of its own addresses, or 0.0.0.0 for all.`,
      };
    case 'EACCES':
      return {
        code: 'SIP_START_FAILED',
        message: `SIP cannot use ${where}: this user may not open it. Configure a port above 1023.`,
      };
    default:
      return {
        code: 'SIP_START_FAILED',
        message: `SIP cannot use ${where}: ${errorMessage(error)}`,
      };
  }
}

/** What is wrong with the options, or null. */
export function optionsProblem(options: SipServerOptions): StartProblem | null {
  const invalid = (message: string): StartProblem => ({ code: 'SIP_OPTIONS_INVALID', message });
  if (options.listen.length === 0) return invalid('The SIP server has no address to listen on.');
  if (options.secret.length < 16) return invalid('The secret of the SIP control port must have at least 16 characters.');
  if (/[|\r\n]/.test(options.secret)) return invalid('The secret of the SIP control port may not hold a bar or a line end.');
  for (const { host, port } of options.listen) {
    if (ipFamily(host) === 0) return invalid(`The SIP server cannot listen on "${host}": it takes IP addresses only.`);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return invalid(`${port} is no port number.`);
  }
  const { externalAddress } = options;
  if (externalAddress !== undefined && ipFamily(externalAddress) === 0) {
    return invalid(`The external SIP address "${externalAddress}" is no IP address.`);
  }
  if (options.userAgent !== undefined && /[^\x20-\x7E]/.test(options.userAgent)) {
    return invalid('The SIP user agent may hold printable ASCII characters only.');
  }
  try {
    allowList(options.allowFrom ?? []);
  } catch (error) {
    return invalid(errorMessage(error));
  }
  return null;
}

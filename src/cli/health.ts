import { request } from 'node:http';
import { loadConfig } from '../site/config/config.js';

const TIMEOUT_MS = 2000;

/** `offhook health`: asks the API of this configuration whether it is ready. 0 when it is. */
export async function healthCommand(dir: string, print: (text: string) => void): Promise<number> {
  const config = loadConfig({ dir });
  if (!config.ok) {
    print('the configuration has errors; offhook check lists them');
    return 1;
  }
  const { host, port } = config.value.api;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const status = await new Promise<number | null>((resolve) => {
    const asked = request({ host: reachable, port, path: '/ready', timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
  print(status === null ? `no answer from ${reachable}:${port}` : `/ready: ${status}`);
  return status === 200 ? 0 : 1;
}

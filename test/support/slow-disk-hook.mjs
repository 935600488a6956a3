/*
 * Loaded before Offhook by `NODE_OPTIONS=--import`: a disk that hangs while it closes a file, as a network file system does. As long as
 * the file that OFFHOOK_TEST_STALL names is there, no recording is closed. What was written before is in it.
 */
import { existsSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const stall = process.env.OFFHOOK_TEST_STALL;
if (stall) {
  const { open } = files;
  files.open = async (path, ...more) => {
    const file = await open(path, ...more);
    if (!/\/recordings\/[^/]+\.wav$/u.test(String(path))) return file;
    const close = file.close.bind(file);
    file.close = async () => {
      while (existsSync(stall)) await new Promise((resolve) => setTimeout(resolve, 20));
      return close();
    };
    return file;
  };
  syncBuiltinESMExports();
}

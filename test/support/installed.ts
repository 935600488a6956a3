import { spawn } from 'node:child_process';

/** Rejects with advice when a program that a test needs is not installed: a test that is skipped in silence proves nothing. */
export async function installed(program: string, debianPackage: string): Promise<void> {
  const missing = await new Promise<boolean>((resolve) => {
    const child = spawn(program, ['-v'], { stdio: 'ignore' });
    child.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT'));
    child.on('spawn', () => {
      child.kill();
      resolve(false);
    });
  });
  if (missing) throw new Error(`This test needs ${program}. Install it: apt-get install ${debianPackage}`);
}

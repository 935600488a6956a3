/*
 * A process to be killed: opens the store named by its first argument and lives a few calls. Prints a line once something is
 * promised to be durable, then keeps writing journal entries until it dies.
 */
import { callEnd, entered, newCall, newDelivery, openOrFail } from './stores.js';

const store = await openOrFail(process.argv[2] ?? '');
for (let i = 0; i < 20; i += 1) {
  const id = `call-${i}`;
  await store.calls.begin(newCall(id, { startedAt: i }));
  for (let seq = 1; seq <= 10; seq += 1) store.journal.append(id, entered(seq, `w${seq}`));
  if (i % 2 === 0) await store.calls.end(callEnd(id), [newDelivery(`delivery-${i}`, id)]);
}
await store.deliveries.claimDue(10_000, 3, 3_600_000);
process.stdout.write('durable\n');
for (let seq = 11; ; seq += 1) {
  store.journal.append('call-1', entered(seq, `w${seq}`));
  await new Promise((resolve) => setImmediate(resolve));
}

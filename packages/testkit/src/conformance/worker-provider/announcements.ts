import { NEVER_LAUNCHED_EXIT_CODE, NO_OUTPUT, type LaunchOrder, type WorkerHandle } from '@hodei/domain';
import { expect, test } from 'vitest';
import type { GetBench } from './get-bench.ts';
import { OutputReader } from './read-output.ts';

/** An order that was announced is none: also a provider that leaves `announce` out passes. */
export function announcements(bench: GetBench): void {
  const launched = async (handle: WorkerHandle, order: LaunchOrder): Promise<readonly unknown[]> => {
    const running = await bench().provider.launch(handle, order);
    const output = new OutputReader(running.output);
    await output.done;
    return [output.text('stdout'), (await running.waitForExit()).exitCode];
  };

  test('runs the order that was announced once, and with all that it has', async () => {
    const { provider, commands } = bench();
    const handle = await bench().create();
    const order = bench().order(commands.readStdin(), { stdin: Buffer.from('go\nno\n') });
    provider.announce?.(handle, order);
    expect(provider.isWaiting(handle)).toBe(true);
    expect(await launched(handle, order)).toEqual(['go\nno\n', 0]);
  });

  test('runs another order than those that were announced, and nothing of them', async () => {
    const { provider, commands } = bench();
    const handle = await bench().create();
    const { scratchDir = '/tmp' } = bench().harness;
    const given = { env: { HODEI_TEST: 'not this' }, workdir: `${scratchDir}/not-here` };
    provider.announce?.(handle, bench().order(commands.print('stdout', 'not this'), given));
    provider.announce?.(handle, bench().order(commands.print('stdout', 'nor this'), { secrets: { KEY: 's3cret' } }));
    provider.announce?.(handle, bench().order(commands.nonexistent()));
    provider.announce?.(handle, bench().order(commands.printEnv('HODEI_TEST'), given));
    const order = bench().order(commands.printEnv('HODEI_TEST'), { env: { HODEI_TEST: 'this' } });
    expect(await launched(handle, order)).toEqual(['this', 0]);
  });

  test('refuses an order that was announced and can not be given', async () => {
    const { provider, commands } = bench();
    const handle = await bench().create();
    const [bad, unknown] = [bench().order(commands.print('stdout', 'a\0b')), bench().order(commands.nonexistent())];
    provider.announce?.(handle, bad);
    await expect(provider.launch(handle, bad)).rejects.toMatchObject({ code: 'invalid_input' });
    provider.announce?.(handle, unknown);
    await expect(provider.launch(handle, unknown)).rejects.toMatchObject({ code: 'command_not_found' });
  });

  test('runs nothing that was only announced, where its controller is gone', async () => {
    const holder = await bench().connectAnother();
    const handle = await holder.createWorker(bench().spec());
    const order = bench().order(bench().commands.print('stdout', 'not this'));
    holder.announce?.(handle, order);
    await holder[Symbol.asyncDispose]();
    await bench().untilTerminated(handle);
    const { exit } = await bench().provider.getWorkerStatus(handle);
    expect(exit?.exitCode).toBe(NEVER_LAUNCHED_EXIT_CODE);
    if (!bench().capabilities.recovery) return;
    const recovered = bench().provider.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
    await expect(recovered).rejects.toMatchObject({ code: 'never_launched' });
  });
}

import { describe, expect, it, vi } from 'vitest';
import type { SiteCaller } from '../../core/index.ts';
import { createUnlockQueue } from './unlock-queue.ts';

const caller = (origin: string): SiteCaller => ({ kind: 'site', origin, topOrigin: origin });

function setUp() {
  const clock = { now: 0 };
  const onChange = vi.fn();
  return { clock, onChange, queue: createUnlockQueue({ now: () => clock.now, onChange }) };
}

describe('the calls that wait for the unlock', () => {
  it('are one prompt, for the first site, until the last of them is over', async () => {
    const { queue, onChange } = setUp();
    const [first, second] = [new AbortController(), new AbortController()];
    const asked = [
      queue.ask(caller('https://a.example'), first.signal),
      queue.ask(caller('https://b.example'), second.signal),
    ];
    expect(queue.prompt()).toEqual({ origin: 'https://a.example', topOrigin: 'https://a.example' });
    first.abort();
    expect(queue.prompt()).toMatchObject({ origin: 'https://b.example' });
    second.abort();
    expect(queue.prompt()).toBeUndefined();
    expect(onChange).toHaveBeenCalledTimes(4);
    await Promise.all(asked);
  });

  it('are all refused by one no, and not asked for again within a minute', async () => {
    const { queue, clock } = setUp();
    const never = new AbortController().signal;
    const asked = queue.ask(caller('https://a.example'), never);
    queue.refuse();
    await expect(asked).rejects.toThrow('said no');
    await expect(queue.ask(caller('https://a.example'), never)).rejects.toThrow('a moment ago');
    expect(queue.prompt()).toBeUndefined();
    void queue.ask(caller('https://b.example'), never);
    expect(queue.prompt()).toMatchObject({ origin: 'https://b.example' });
    clock.now = 60_000;
    void queue.ask(caller('https://a.example'), never);
  });
});

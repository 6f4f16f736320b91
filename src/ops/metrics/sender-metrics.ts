import { Counter, type Registry } from 'prom-client';

export interface SenderMetrics {
  paired(sender: string | undefined): void;
  relayed(bytes: number, sender: string | undefined): void;
}

/**
 * What each sender had of the relay, by the name that the operator gave it.
 * @param names those whom the relay knows now: they are shown from zero. One that it knew before stays.
 */
export function createSenderMetrics(names: () => Iterable<string>, registers: Registry[]): SenderMetrics {
  const pairings = new Map<string, number>();
  const bytes = new Map<string, number>();
  counter('relay_sender_pairings_total', 'Pairings begun, by sender.', pairings);
  counter('relay_sender_relayed_bytes_total', 'Payload bytes passed on, by sender.', bytes);

  function counter(name: string, help: string, values: Map<string, number>): void {
    new Counter({
      name,
      help,
      labelNames: ['sender'],
      registers,
      collect() {
        this.reset();
        for (const sender of new Set([...names(), ...values.keys()]))
          this.inc({ sender }, values.get(sender) ?? 0);
      },
    });
  }

  return {
    paired: (sender) => add(pairings, sender, 1),
    relayed: (count, sender) => add(bytes, sender, count),
  };
}

function add(to: Map<string, number>, sender: string | undefined, count: number): void {
  if (sender !== undefined) to.set(sender, (to.get(sender) ?? 0) + count);
}

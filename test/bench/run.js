/*
 * npm run bench [-- options]: what the relay costs, beside controls measured in the same minutes.
 *
 * Absolute figures depend on the machine and on what else it does; a ratio to a control of the same run is what
 * to compare between versions. Subjects take turns, one run each a round, and every round starts with another
 * one, so that a slow minute hits all alike. A figure is the median of the runs, with the least and the greatest
 * behind it; a ratio is the median of the ratios within each round. The relay and the load are processes of their
 * own, on 127.0.0.0/8 only. The relay's rate limits, and its limits by source, are off: all comes from one machine.
 *
 *   throughput   One pair, one direction. A round that is not counted comes first.
 *     GB/s         Payload (10^9 bytes a GB) over the time from the receiver's first read to its last. With fewer
 *                  than three cores the relay and the load share them, so "no relay" is out of reach by design.
 *     CPU s/GB     User and system time of the process under test for each GB: what a relay costs its host. It
 *                  is counted in steps of 10 ms, so short runs are coarse. What it forks counts with it.
 *     load s/GB    The same for the load's two processes together. Where this is above the figure to its left,
 *                  the load and not the subject may be what limits GB/s. Nearly all of it is the kernel's copying:
 *                  the check of the bytes, by samples, takes 0.02.
 *     peak MiB     The most memory (RSS) that the process had since it started, so it only grows over the runs.
 *     Controls: "no relay", the load's sender straight to its receiver: the ceiling; a line says whether it was 1.2
 *     times the fastest relay at least. "two bare pipelines", the shortest relay that Node's streams give: what all
 *     of a relay's features are paid on top of. haproxy and socat forward; the other peers are relays.
 *
 *   tls          As throughput, through the relay with a certificate: nobody, the sender, the receiver, or both speak TLS
 *                with it. The load encrypts, too: compare CPU s/GB.
 *
 *   many-pairs   Pairs that send at once; both ends of all are one process. Counting begins when each of them is
 *                under way, and lasts a second for each hundred pairs at least. A fresh relay for each run.
 *     GB/s in all  What all receivers got. The load is one thread: where its figure is above the relay's, it limits.
 *     slowest      The bytes of the pair that got least, over the mean.
 *     CPU s/GB, load s/GB, peak MiB   As above.
 *     kB, idle     Growth of the process's memory (RSS) for each pair through which nothing was sent yet.
 *     kB, stalled  The same where the receiver does not read, and the sender has sent until nothing moves.
 *
 *   pairs        Many short pairings at once: both sides connect, shake hands, 1 kB, FIN, both closed.
 *     pairs/s      Pairings that ended in the measured time.
 *     CPU us       CPU time of the process under test for each pairing, in microseconds: the steadier figure.
 *     load us      The same for the load. Where it is above the figure to its left, the load limits pairs/s.
 *     Control: "two bare pipelines". It keeps no log, no limits and no deadlines. haproxy has no handshake at all.
 *
 *   latency      One pairing after the other; the receiver is there. From the sender's first byte, which is its line
 *                with one byte of payload behind it, to that byte at the receiver. The sender is connected already.
 *                Alone; beside rooms that wait; beside another pair at full speed. A fresh relay for each run.
 *
 *   waiting      Senders that wait for nobody, each run in a fresh process.
 *     kB each      Growth of the process's memory (RSS) for each waiting connection. The kernel's memory for the
 *                  socket is not in it.
 *     Control: "idle sockets", a server that accepts and holds as many.
 *
 *   storm        Connections from several processes, all opened in the same moment. Every one has to be answered
 *                WAITING, or the bench fails.
 *     SYN sent again   How often the kernel had to knock once more, because the listen queue was full (it counts for
 *                  the whole machine). net.core.somaxconn bounds that queue.
 *     last after s From the first connection's start to the last answer.
 *
 *   flood        One pair at full speed while strangers ask for what is no handshake, so many a second from 200 addresses,
 *                and read the refusal. The limits by source are off, so that each line is read and answered.
 *     flood elsewhere  GB/s while as many go to a bare server that reads a line and answers: what the flood takes from
 *                  the machine, and not from the relay.
 *     CPU us each  CPU time of the relay for each refusal, over what as much payload costs it alone; beside it that of
 *                  the bare server.
 *
 *   loop         Delay of the event loop, by monitorEventLoopDelay in steps of 1 ms, in a process that drives the
 *                relay's registry and limiters without sockets: a cleanup that finds every room out of time, and
 *                arrivals when the limiters know so many sources. Control: a loop that does nothing.
 *
 *   transfer     A file, then many small ones, from one tool to the other through their relay. Both lie where this
 *                system keeps temporary files: a disk that is slower than the tools is what limits all of them, and
 *                TMPDIR can name another place.
 *     GB/s, files/s  Over the sender's time until it shows its code, and the time from the receiver's start until
 *                  both have ended. Starting the programs is in it, on both sides; a person's typing is not.
 *     CPU          User and system time of sender, receiver and relay together: the steadier figure on a machine
 *                  that others use too.
 *     Controls: the peers that are installed, as they come, each through its own relay, on the loopback. The relay's
 *     tools put everything on the disk (fsync) before they say that it arrived; the peers leave it to the system.
 *
 * Peers are looked for on the PATH; a variable can name each: HAPROXY, SOCAT, CROC, STRELAYSRV (and OPENSSL), TWIST
 * (with the plugins of magic-wormhole's servers), WORMHOLE, PIPING_SERVER. One that is missing is left out.
 *
 * Every run checks its bytes: a missing, surplus or misplaced one fails the bench. CPU and memory come from /proc
 * and are left out where there is none (the waiting measure whole). A new subject is one file under subjects/
 * and a name in its index. --chart, or chart.js with a --json file, draws the throughput.
 */
import { writeFileSync } from 'node:fs';
import { drawChart } from './chart.js';
import { describeMachine } from './machine.js';
import { measureFlood } from './measures/flood.js';
import { measureLatency } from './measures/latency.js';
import { measureLoop } from './measures/loop.js';
import { measureManyPairs } from './measures/many-pairs.js';
import { measurePairs } from './measures/pairs.js';
import { measureStorm } from './measures/storm.js';
import { measureThroughput, measureTls } from './measures/throughput.js';
import { measureTransfer } from './measures/transfer.js';
import { measureWaiting } from './measures/waiting.js';
import { USAGE, UsageError, parseOptions } from './options.js';
import { hasProc } from './proc.js';
import { killAll } from './processes.js';
import { printMachine, printMeasure } from './report.js';
import { subjects } from './subjects/index.js';

const MEASURES = {
  throughput: measureThroughput,
  tls: measureTls,
  'many-pairs': measureManyPairs,
  pairs: measurePairs,
  latency: measureLatency,
  waiting: measureWaiting,
  storm: measureStorm,
  flood: measureFlood,
  loop: measureLoop,
  transfer: measureTransfer,
};

/** The subjects that this measure can be asked of, here and now; a line about each that cannot run. */
function choose(measure, options) {
  return subjects.filter((subject) => {
    if (!subject.measures.includes(measure)) return false;
    if (options.subjects !== undefined && !options.subjects.includes(subject.name)) return false;
    const obstacle = options.quick && subject.peer ? 'not in a quick run' : subject.available();
    if (obstacle !== undefined) console.log(`${subject.name} is left out: ${obstacle}`);
    return obstacle === undefined;
  });
}

async function main() {
  const options = parseOptions(process.argv.slice(2), { measures: Object.keys(MEASURES), subjects });
  if (options.help) return void console.log(USAGE);

  // Now rather than after minutes of measuring: whether the file can be written.
  if (options.json !== undefined) writeFileSync(options.json, '');
  if (options.chart !== undefined && !options.only.includes('throughput')) {
    throw new UsageError('--chart draws throughput, which --only leaves out');
  }
  const report = { machine: describeMachine(), options, measures: [] };
  printMachine(report.machine);
  if (!hasProc()) console.log('No /proc here: CPU and memory are left out.');
  for (const name of options.only) {
    const chosen = choose(name, options);
    if (chosen.length === 0) continue;
    const results = (await MEASURES[name](chosen, options)) ?? [];
    for (const result of [results].flat()) {
      printMeasure(result);
      report.measures.push(result);
    }
  }
  if (report.measures.length === 0) throw new Error('nothing was measured: none of the subjects fits');
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.chart !== undefined) writeFileSync(options.chart, drawChart(report));
}

// Whatever ends this process ends its children.
process.on('exit', killAll);
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => process.exit(code));
}

// A reader that has seen enough (`| head`) is no crash.
process.stdout.on('error', () => process.exit(1));

try {
  await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

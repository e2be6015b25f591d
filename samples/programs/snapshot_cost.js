// What a heap snapshot costs in memory: holds a heap of MB of one kind, takes a snapshot, and prints RSS before and at most.
// usage: node --expose-gc --max-old-space-size=4096 snapshot_cost.js KIND MB   (Linux; KIND as in `kinds`, Node 18 and newer)
'use strict';
const fs = require('fs');
const v8 = require('v8');

const kinds = {
  objects: (i) => ({ id: i, at: i + 0.5, open: true }),
  strings: (i) => Buffer.from('session ' + i + ' of a customer who came back').toString('latin1'),
  maps: (i) => new Map([[i, [i, i + 1]], [i + 1, [i]]]),
  arrays: (i) => Array.from({ length: 16 }, (_, at) => i + at),
  numbers: (i) => Array.from({ length: 400 }, (_, at) => i + at + 0.5),
  texts: (i) => Buffer.alloc(4096, 'line ' + i + ' ').toString('latin1'),
  closures: (i) => () => i,
  sessions: (i) => ({ id: i, history: Array.from({ length: 20 }, (_, at) => ({ page: '/item/' + i + '/' + at, at: at + 0.5 })) }),
};

const [kind, mb] = [process.argv[2], Number(process.argv[3])];
const rss = (field) => Number(new RegExp(field + ':\\s+(\\d+) kB').exec(fs.readFileSync('/proc/self/status', 'latin1'))[1]) / 1024;
const used = () => { global.gc(); return process.memoryUsage().heapUsed / 1048576; };

// In four strides, each from the size of one so far: a full collection for each slab would take minutes.
const SLAB = Number(process.env.SLAB || 1000);
const empty = used();
const held = (global.held = []);
for (let made = 0, stride = 0; stride < 4; stride++) {
  const each = made ? (used() - empty) / made : 0.001;
  const wanted = made ? Math.floor((mb - used()) / each) : 2000;
  for (let n = 0; n < wanted; n++) {
    if ((made + n) % SLAB === 0) held.push([]);
    held[held.length - 1].push(kinds[kind](made + n));
  }
  made += Math.max(wanted, 0);
}
const heap = used();
const before = rss('VmRSS');
fs.writeFileSync('/proc/self/clear_refs', '5');  // VmHWM starts again from what is resident now
const file = v8.writeHeapSnapshot(process.env.SNAPSHOT_FILE || 'cost.heapsnapshot');
const most = rss('VmHWM');
const written = fs.statSync(file).size / 1048576;
fs.unlinkSync(file);
console.log([process.versions.node, kind, mb, heap, before, most, (most - before) / heap, written].map((said) => (typeof said === 'number' ? said.toFixed(1) : said)).join('\t'));

// What grows without a constructor of which there are more: an array of samples, or timers that are never cleared.
// usage: heap_in_place.js samples|timers FOLDER; writes FOLDER/1.heapsnapshot, 2 and 3, each after as many requests as the one before.
'use strict';
const path = require('path');
const v8 = require('v8');

const REQUESTS = 2000;
const SAMPLES = 40; // a request
const AT_ONCE = 100;

const metrics = { name: 'http', latencies: [] };

const kinds = {
  samples() {
    for (let i = 0; i < SAMPLES; i++) metrics.latencies.push(Math.sqrt(served + i));
  },
  timers() {
    const session = { user: 'user ' + served, page: '/item/' + served };
    setInterval(function heartbeat() { session.seen = Date.now(); }, 1e8).unref();
  },
};

let served = 0;
let written = 0;
const handle = kinds[process.argv[2]];
const traffic = setInterval(function serve() {
  for (let i = 0; i < AT_ONCE; i++, served++) handle();
  if (served % REQUESTS > 0) return;
  v8.writeHeapSnapshot(path.join(process.argv[3], ++written + '.heapsnapshot'));
  if (written === 3) clearInterval(traffic);
}, 1);

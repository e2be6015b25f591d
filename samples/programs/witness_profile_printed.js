// A table that grows, under v8.GCProfiler (Node 18.15 on), which is stopped and printed three times:
// node witness_profile_printed.js STYLE. STYLE: dated, logger, bare (JSON on one line), pretty (JSON over several), object (console.log), deep.
'use strict';
const v8 = require('v8');
const style = process.argv[2];
const rows = [];
let count = 0;
let profiler = new v8.GCProfiler();
profiler.start();

const print = {
  bare: (profile) => console.log(JSON.stringify(profile)),
  dated: (profile) => console.log(new Date().toISOString() + ' info gc profile: ' + JSON.stringify(profile)),
  logger: (profile) => console.log(JSON.stringify({ level: 30, time: Date.now(), name: 'web', msg: 'gc profile', profile })),
  pretty: (profile) => console.log(JSON.stringify(profile, null, 2)),
  object: (profile) => console.log(profile),
  deep: (profile) => console.dir(profile, { depth: null }),
};

const timer = setInterval(() => {
  for (let i = 0; i < 20000; i++) rows.push({ id: i, name: 'row ' + i, at: count });
  if (count % 5 === 0) console.log('GET /rows/' + count + ' 200');
  if (++count % 10) return;
  print[style](profiler.stop());
  if (count === 30) return clearInterval(timer);
  profiler = new v8.GCProfiler();
  profiler.start();
}, 15);

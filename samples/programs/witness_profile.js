// A table that grows, under v8.GCProfiler (Node 18.15 on); its result goes to the file that is named.
'use strict';
const v8 = require('v8');
const profiler = new v8.GCProfiler();
profiler.start();
const rows = [];
let count = 0;
const timer = setInterval(() => {
  for (let i = 0; i < 20000; i++) rows.push({ id: i, name: 'row ' + i, at: count });
  if (++count < 60) return;
  clearInterval(timer);
  require('fs').writeFileSync(process.argv[2], JSON.stringify(profiler.stop()));
}, 15);

// Prints its memory as programs do, while something grows: node witness_usage.js STYLE GROWS READINGS
// STYLE: object, words, json, loop, pairs, statistics, gc_entries. GROWS: buffers, native, heap, nothing.
'use strict';
var style = process.argv[2], grows = process.argv[3], readings = Number(process.argv[4] || 40);
var kept = [], count = 0;

function mb(bytes) { return Math.round(bytes / 1024 / 1024 * 100) / 100; }

function work() {
  var garbage = [];
  for (var i = 0; i < 20000; i++) garbage.push({ id: i, name: 'order-' + i });
  if (grows === 'buffers') kept.push(Buffer.alloc ? Buffer.alloc(3 << 20, 1) : new Buffer(3 << 20));
  if (grows === 'heap') for (var n = 0; n < 12000; n++) kept.push({ id: n, at: Date.now(), text: 'session ' + n + ' ' + count });
  return garbage.length;
}

var print = {
  object: function (m) { console.log(m); },
  words: function (m) { console.log('Process: heapTotal ' + mb(m.heapTotal) + ' MB heapUsed ' + mb(m.heapUsed) + ' MB rss ' + mb(m.rss) + ' MB'); },
  json: function (m) {
    console.log(JSON.stringify({ level: 30, time: Date.now(), name: 'web', msg: 'memory', rss: m.rss, heapTotal: m.heapTotal, heapUsed: m.heapUsed, external: m.external, arrayBuffers: m.arrayBuffers }));
  },
  loop: function (m) { for (var key in m) console.log(key + ' ' + mb(m[key]) + ' MB'); },
  pairs: function (m) { console.log(new Date().toISOString() + ' info mem rss=' + mb(m.rss) + 'MiB heap_used=' + mb(m.heapUsed) + 'MiB heap_total=' + mb(m.heapTotal) + 'MiB external=' + mb(m.external) + 'MiB'); },
  statistics: function () { console.log(require('v8').getHeapStatistics()); },
  gc_entries: function () {}
};

if (style === 'gc_entries') {
  var hooks = require('perf_hooks');
  new hooks.PerformanceObserver(function (list) { list.getEntries().forEach(function (entry) { console.log(entry); }); }).observe({ entryTypes: ['gc'] });
}

var timer = setInterval(function () {
  work();
  print[style](process.memoryUsage());
  if (count % 7 === 0) console.log('GET /orders/' + count + ' 200');
  if (++count >= readings) clearInterval(timer);
}, 40);

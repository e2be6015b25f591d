// A leak under traffic, with memwatch listening as its users have it: node witness_memwatch.js MODULE STYLE KEPT SECONDS
// MODULE: memwatch, memwatch-next, @airbnb/node-memwatch. STYLE: object, words, json, fields. KEPT: of 4000 orders of a request.
'use strict';
var memwatch = require(process.argv[2]), style = process.argv[3], kept = Number(process.argv[4]), seconds = Number(process.argv[5]);
var leaked = [], recent = [], count = 0;

var print = {
  object: { stats: function (stats) { console.log(stats); }, leak: function (info) { console.log(info); } },
  words: {
    stats: function (stats) { console.log('stats:', stats); },
    leak: function (info) { console.error('Memory leak detected:', info); }
  },
  json: {
    stats: function (stats) { console.log(JSON.stringify({ time: Date.now(), event: 'stats', stats: stats })); },
    leak: function (info) { console.log('[memwatch] leak ' + JSON.stringify(info)); }
  },
  fields: {
    stats: function (stats) { console.log('GC #' + stats.num_full_gc + ': current_base=' + stats.current_base + ' usage_trend=' + stats.usage_trend); },
    leak: function (info) { console.log('LEAK: ' + info.reason); }
  }
};

memwatch.on('stats', print[style].stats);
memwatch.on('leak', print[style].leak);

// Orders stay for a second, as in a cache that expires; some of each request stay for good.
var timer = setInterval(function () {
  var orders = [];
  for (var n = 0; n < 4000; n++) orders.push({ id: n, at: Date.now(), text: 'order ' + n + ' of ' + count });
  recent.push(orders);
  if (recent.length > 50) recent.shift();
  leaked.push(orders.slice(0, kept));
  if (count % 100 === 0) console.log('GET /orders/' + count + ' 200');
  if (++count * 20 >= seconds * 1000) clearInterval(timer);
}, 20);

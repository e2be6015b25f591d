'use strict';
// A map server: decoded tiles in a cache bounded by bytes, least recently used out first; far-off places are asked for by and by.
// --leak: a tile that a client aborts stays pinned, and pinned tiles are neither counted nor evicted.
const p = require('./pace.js');
const tile = i => ({ key: i, heights: p.doubles(p.options.limit >= 500 ? 24000 : 4000), features: Array.from({ length: 30 }, (x, k) => ({ k, kind: p.pick(['road', 'river', 'wood']), name: p.words(2) })) });
p.program(tile, () => {
  const cache = new Map();
  const pinned = [];
  const slots = p.room(p.options.share);
  const fill = p.options.fill || 0.5; // share of the run until the cache is full
  const rate = slots / (fill * p.options.seconds);
  let serial = 0;
  p.every(p.options.seconds > 1500 ? 500 : 250, (t, dt, level, requests) => {
    for (let n = requests(rate * (cache.size >= slots ? 0.5 : 1)); n > 0; n--) {
      cache.set(++serial, tile(serial));
      if (cache.size > slots) cache.delete(cache.keys().next().value);
      if (p.chance() < 0.1) p.say('tile', { z: p.whole(3, 14), x: p.whole(0, 9999), y: p.whole(0, 9999), cached: cache.size });
    }
    for (let n = p.leakDue(t, p.options.share); n > 0; n--) { const one = tile(++serial); one.pins = 1; pinned.push(one); }
    for (let i = 0; i < 4 * level; i++) { // answers: clipped geometry as text
      const parts = [];
      for (let k = 0; k < 800; k++) parts.push('L' + Math.round(p.chance() * 4096) + ' ' + Math.round(p.chance() * 4096));
      parts.join('').length;
    }
  });
});

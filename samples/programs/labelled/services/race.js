'use strict';
// Handlers that race their work against the promise of the shutdown, which never settles while the service runs.
// Healthy: the shutdown is an event whose listener is taken off. --leak: some routes use Promise.race, and each race adds reactions to it.
const { EventEmitter } = require('events');
const p = require('./pace.js');
const result = i => ({ id: i, rows: Array.from({ length: 60 }, (x, k) => ({ k, name: p.words(4), at: Date.now() + k })), body: p.text(3000) });
p.program(result, () => {
  const bus = new EventEmitter();
  bus.setMaxListeners(0);
  const shutdown = new Promise(resolve => bus.once('stop', resolve));
  const cache = [];
  const slots = p.room(p.options.share);
  let serial = 0;
  const work = () => new Promise(resolve => setTimeout(() => resolve(result(serial++)), p.whole(2, 60)));
  async function handle(racing) {
    if (racing) return await Promise.race([work(), shutdown]);
    const stop = () => {};
    bus.on('stop', stop);
    try { return await work(); } finally { bus.removeListener('stop', stop); }
  }
  let owed = 0;
  p.every(p.options.seconds > 1500 ? 400 : 150, (t, dt, level, requests) => {
    owed += p.leakDue(t, p.options.share);
    let n = Math.min(60, Math.max(requests(slots / (0.25 * p.options.seconds)), owed));
    for (; n > 0; n--) {
      const racing = owed >= 1;
      if (racing) owed--;
      handle(racing).then(r => {
        if (!racing) { if (cache.length < slots) cache.push(r); else if (p.chance() < 0.3) cache[p.whole(0, slots - 1)] = r; }
        if (n % 5 === 0) p.say('job done', { id: r.id, rows: r.rows.length });
      });
    }
  });
});

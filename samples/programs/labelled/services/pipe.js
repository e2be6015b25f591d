'use strict';
// Records from a source through a transform into a slow sink, day and night.
// Healthy: the producer waits for 'drain'; batches of some size are under way. --leak: it does not, and the buffer of the stream takes what the sink cannot.
const { Writable, Transform } = require('stream');
const p = require('./pace.js');
const record = n => ({ n, key: 'k' + n, fields: Array.from({ length: 40 }, (x, k) => ({ k, v: p.words(2) })), raw: p.text(5000) });
p.program(record, () => {
  const highWater = Math.max(16, p.room(p.options.share));
  const capacity = highWater / (p.options.seconds / (p.options.cycles * 3)); // records a second
  let credit = 0;
  let waiting = [];
  const sink = new Writable({ objectMode: true, highWaterMark: highWater, write(r, encoding, done) { waiting.push(() => { r.fields.length = 0; done(); }); release(); } });
  const enrich = new Transform({ objectMode: true, highWaterMark: 16, transform(r, encoding, done) { r.seen = Date.now(); done(null, r); } });
  function release() { while (credit >= 1 && waiting.length) { credit--; const w = waiting.shift(); setImmediate(w); } }
  enrich.on('data', r => { sink.write(r); });
  let serial = 0;
  p.every(p.options.seconds > 1500 ? 400 : 150, (t, dt, level, requests) => {
    credit = Math.min(credit + capacity * (p.options.leak ? 0.8 * p.options.load : 1) * dt, capacity * 3);
    release();
    const due = p.leakDue(t, p.options.share * 0.5);
    let n = Math.min(400, requests(capacity * 0.8));
    for (; n > 0; n--) { if (!p.options.leak && sink.writableLength >= highWater * 0.95) break; enrich.write(record(++serial)); }
    for (n = due; n > 0; n--) enrich.write(record(++serial));
    if (p.chance() < 0.1) p.say('flushed', { buffered: sink.writableLength });
  });
});

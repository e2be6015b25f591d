'use strict';
// A search index: documents go into small segments, and segments are merged into larger ones, old and new side by side for a while.
// Healthy: documents replace earlier ones. --leak: what was replaced is not purged by the merge, so that each merge is larger.
const p = require('./pace.js');
const document = n => ({ n, terms: Array.from({ length: 60 }, () => p.whole(0, 1 << 20)), positions: Array.from({ length: 60 }, () => [p.whole(0, 999), p.whole(0, 999)]), stored: p.text(2000) });
const copy = d => ({ n: d.n, terms: d.terms.slice(), positions: d.positions.map(q => q.slice()), stored: Buffer.from(d.stored).toString('latin1') });
p.program(document, () => {
  const corpus = p.room(p.options.share * (p.options.leak ? 0.8 : 0.62)); // the merge of the largest segment takes the rest
  const rate = corpus / (p.options.seconds * 0.3);
  let segments = [];
  let fresh = [];
  let serial = 0;
  let stale = 0;
  let merging = null;
  p.every(200, (t, dt, level, requests) => {
    stale += p.leakDue(t, p.options.share);
    for (let n = requests(rate); n > 0; n--) fresh.push(document(++serial));
    for (; stale >= 1; stale--) { const d = document(++serial); d.stale = true; fresh.push(d); }
    if (fresh.length > Math.max(12, corpus / 12)) { segments.push(fresh); fresh = []; }
    if (!merging && segments.length >= 6) {
      const small = segments.slice().sort((a, b) => a.length - b.length).slice(0, 5);
      merging = { from: small, to: [], rest: [].concat(...small) };
      let live = segments.reduce((a, s) => a + s.length, 0) - corpus;
      if (!p.options.leak) while (live-- > 0 && merging.rest.length > 1) merging.rest.shift();
      else { live -= merging.rest.filter(d => d.stale).length; merging.rest = merging.rest.filter(d => d.stale || live-- <= 0); }
    }
    if (merging) {
      for (let i = 0; i < Math.max(10, rate * dt * 8) && merging.rest.length; i++) { const d = merging.rest.pop(); const c = copy(d); c.stale = d.stale; merging.to.push(c); }
      if (!merging.rest.length) { segments = segments.filter(s => !merging.from.includes(s)); segments.push(merging.to); p.say('merged', { documents: merging.to.length, segments: segments.length }); merging = null; }
    }
    for (let q = 0; q < 5 * level; q++) Array.from({ length: 400 }, (x, i) => [i, p.chance()]).sort((a, b) => a[1] - b[1]).slice(0, 10);
  });
});

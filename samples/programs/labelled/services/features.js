'use strict';
// A feature store: columns of numbers, all resident; a job computes them anew one by one and puts each in the old one's place.
// --leak: versions for going back are kept, and the pruning of them misses columns that were renamed.
const p = require('./pace.js');
const column = () => { const c = { values: [], stats: { mean: p.chance(), min: 0, max: 1 }, name: p.words(3) }; for (let i = 0; i < (p.options.limit >= 500 ? 40 : 4); i++) c.values.push(p.doubles(2048)); return c; };
p.program(column, () => {
  const columns = p.room(p.options.share);
  const store = [];
  const versions = [];
  const start = columns / (p.options.seconds * (p.options.fill || 0.1));
  const pace = columns / (p.options.seconds * 0.3);
  let next = 0;
  let owed = 0;
  p.every(p.options.seconds > 1500 ? 500 : 250, (t, dt, level, requests) => {
    if (store.length < columns) { for (let i = 0; i < start * dt && store.length < columns; i++) store.push(column()); }
    else for (let n = requests(pace); n > 0; n--) { store[next % columns] = column(); next++; if (next % 5 === 0) p.say('column refreshed', { n: next }); }
    owed += p.leakDue(t, p.options.share);
    for (; owed >= 1; owed--) versions.push(column());
    for (let i = 0; i < 4 * level; i++) { const vector = Array.from({ length: 700 }, () => ({ w: p.chance(), k: p.whole(1, 9) })); vector.reduce((a, x) => a + x.w * x.k, 0); }
  });
});

'use strict';
// Jobs through an object-relational mapper: each job has an identity map with all entities it touched, cleared after the commit.
// --leak: a job that fails is kept for a retry that never comes, with its identity map; every so often a whole lot of them fails.
const p = require('./pace.js');
let serial = 0;
function entity(type) {
  const data = { id: ++serial, name: p.words(3), created: new Date(), amount: p.between(0, 1000), state: p.pick(['new', 'paid', 'sent']) };
  return { type, data, original: Object.assign({}, data), relations: new Map(), dirty: false };
}
function job(size) {
  const map = new Map();
  let last = null;
  for (let i = 0; i < size; i++) { const e = entity('Order'); if (last) e.relations.set('previous', last); last = e; map.set('Order#' + e.data.id, e); }
  return { map, size, errors: [] };
}
p.program(() => job(120), () => {
  const failed = [];
  const open = [];
  const reference = []; // countries, tax rates and the like, loaded once
  const perJob = 120;
  const slots = p.room(p.options.share * 0.6);
  const parallel = Math.max(1, p.room(p.options.share * 0.4 + 0.02));
  const duration = p.options.seconds / (p.options.cycles * 5);
  let incident = p.between(0.04, 0.1) * p.options.seconds;
  let owed = 0;
  p.every(200, (t, dt, level, requests) => {
    for (let k = 0; k < (slots / (p.options.seconds * 0.04)) * dt && reference.length < slots; k++) reference.push(job(perJob));
    for (let n = requests(parallel / duration); n > 0; n--) { const j = job(perJob); j.until = t + duration * p.between(0.5, 1.5); open.push(j); }
    owed += p.leakDue(t, p.options.share);
    if (t > incident) {
      incident += p.between(0.03, 0.1) * p.options.seconds;
      if (owed >= 1) p.say('jobs failed', { count: Math.floor(owed), error: 'deadlock detected' });
      for (; owed >= 1; owed--) { const j = job(perJob); j.errors.push(new Error('deadlock detected')); failed.push(j); }
    }
    for (let i = open.length - 1; i >= 0; i--) if (open[i].until < t) {
      const j = open[i];
      let dirty = 0;
      for (const e of j.map.values()) if (JSON.stringify(e.data) !== JSON.stringify(e.original)) dirty++;
      j.map.clear();
      open[i] = open[open.length - 1];
      open.pop();
      if (i % 6 === 0) p.say('job committed', { entities: j.size, dirty });
    }
  });
});

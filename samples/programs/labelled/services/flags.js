'use strict';
// Feature flags: the rule set is loaded anew every now and then, the new one built before the old one is dropped.
// --leak: now and then a long poll is waiting during the reload, and its closure keeps the old rule set.
const p = require('./pace.js');
const rule = i => ({ key: 'flag.' + i, variants: Array.from({ length: 6 }, (x, k) => ({ name: p.pick(['on', 'off', 'beta']) + k, weight: p.chance(), segment: { country: p.pick(['de', 'fr', 'us']), min: k, max: k + 10 } })),
  targets: Array.from({ length: 40 }, () => 'user-' + p.whole(1, 1e6)), comment: p.text(900) });
p.program(rule, () => {
  const waiting = [];
  const kept = p.options.kept || 0.07; // a rule set's share of the limit when one in three is kept
  const size = p.room(p.options.leak ? kept + 4 / p.options.limit : p.options.share);
  const reloads = p.options.leak ? Math.ceil(3 * (0.97 - kept) / kept) : p.options.cycles;
  const period = p.options.seconds / reloads;
  let rules = [];
  let building = null;
  let next = 0;
  let count = 0;
  p.every(p.options.seconds > 1500 ? 400 : 150, (t, dt, level, requests) => {
    if (t >= next && !building) { building = []; next = t + period * p.between(0.8, 1.2); }
    if (building) {
      const step = Math.ceil((size * dt) / Math.min(20, period / 4));
      for (let i = 0; i < step && building.length < size; i++) building.push(rule(building.length));
      if (building.length >= size) {
        const old = rules;
        rules = building;
        building = null;
        count++;
        p.say('rules reloaded', { version: count, rules: rules.length });
        if (p.options.leak && old.length && p.chance() < 1 / 3) waiting.push(() => old.length && { status: 304, rules: old.map(r => r.key) });
      }
    }
    for (let n = requests(20); n > 0; n--) {
      const user = { id: 'user-' + p.whole(1, 1e6), country: 'de', attributes: p.words(12).split(' ') };
      const answer = {};
      for (let k = 0; k < 60 && rules.length; k++) { const r = p.pick(rules); answer[r.key] = Object.assign({}, r.variants[k % 6], { user: user.id }); }
      JSON.parse(JSON.stringify(answer));
    }
  });
});

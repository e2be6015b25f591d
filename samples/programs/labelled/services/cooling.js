'use strict';
// A campaign's voucher table: loaded in full at the start, then entries expire and the table falls slowly; a few are renewed. Never leaks.
const p = require('./pace.js');
const voucher = n => ({ n, codes: Array.from({ length: 12 }, () => 'V' + p.whole(1, 1e9)), rules: { from: new Date(), text: p.text(p.options.limit >= 500 ? 60000 : 5000) }, uses: p.doubles(p.options.limit >= 500 ? 6000 : 500) });
p.program(voucher, () => {
  const table = new Map();
  const full = p.room(p.options.share);
  const loading = p.options.seconds * 0.12;
  let n = 0;
  let loaded = false;
  p.every(250, (t, dt, level, requests) => {
    if (!loaded) { for (let i = 0; i < (full / loading) * dt; i++) table.set(++n, voucher(n)); loaded = table.size >= full; if (loaded) p.say('loaded', { vouchers: table.size }); return; }
    for (let i = requests((full * 0.75) / p.options.seconds); i > 0; i--) {
      const oldest = table.keys().next().value;
      table.delete(oldest);
      if (p.chance() < 0.25) table.set(++n, voucher(n));
      p.say('voucher expired', { n: oldest, left: table.size });
    }
    for (let i = 0; i < 6 * level; i++) JSON.parse(JSON.stringify(Array.from({ length: 120 }, (x, k) => ({ k, code: 'V' + p.whole(1, 1e9), w: p.words(2) }))));
  });
});

'use strict';
// An IoT gateway: the last state of every device ever seen. Devices report by chance, so the table fills ever more slowly and stops.
// --leak: a firmware reconnects under a random client id, each of which is a new device.
const p = require('./pace.js');
const device = id => ({ id: 'dev-' + id, firmware: '2.' + p.whole(0, 40), topic: 'plant/' + p.whole(1, 40) + '/line/' + id,
  last: Array.from({ length: 50 }, () => ({ at: Date.now(), value: p.between(0, 90), unit: p.pick(['C', 'bar', 'rpm']) })), manifest: p.text(6000), trend: p.doubles(600) });
p.program(device, () => {
  const table = new Map();
  const fleet = p.room(p.options.share);
  const rate = (fleet * 4.2) / p.options.seconds; // reports of unseen devices decline as exp(-4.2 t / T)
  const grouped = {};
  p.every(p.options.seconds > 1500 ? 500 : 200, (t, dt, level, requests) => {
    const n = requests(rate);
    for (let i = 0; i < n; i++) {
      const id = p.whole(0, fleet - 1);
      const known = table.get(id);
      if (!known) table.set(id, device(id)); else { known.last.shift(); known.last.push({ at: Date.now(), value: p.between(0, 90), unit: 'C' }); }
    }
    for (let i = p.leakDue(t, p.options.share * (p.options.shape === 'linear' ? 0.9 : 1)); i > 0; i--) { const id = 'r' + Math.floor(p.chance() * 1e12); table.set(id, device(id)); }
    for (let i = 0; i < 6 * level; i++) { // messages, parsed and forwarded
      const message = JSON.stringify({ id: p.whole(0, fleet), at: Date.now(), values: Array.from({ length: 120 }, () => p.chance()), note: p.words(20) });
      const parsed = JSON.parse(message);
      grouped[parsed.id % 50] = parsed;
    }
    if (p.chance() < 0.05) p.say('ingest', { devices: table.size, lag: p.whole(0, 90) });
  });
});

'use strict';
// A shop under steady traffic: the rows of a request live until it is answered, some ticks later; a page of it stays in a
// bounded cache, and with a leak something of it stays for ever.
// node shop.js [seconds=12] [requests per tick=12] [KB of garbage a request=24] [cached entries=12000] [leaked bytes a request=0] [seed=1]
const [seconds = 12, requests = 12, garbage = 24, entries = 12000, leaked = 0, seed = 1] = process.argv.slice(2).map(Number);

let state = seed >>> 0 || 1;
function random() {
  state ^= state << 13; state >>>= 0;
  state ^= state >>> 17;
  state ^= state << 5; state >>>= 0;
  return state / 4294967296;
}

const cache = new Map();
const inFlight = [];
const forgotten = [];
const IN_FLIGHT = 600;

function request() {
  const rows = [];
  const wanted = Math.floor(garbage * 8 * (0.5 + random()));
  for (let i = 0; i < wanted; i++) rows.push({ id: i, price: random(), tags: [i, i + 1], name: 'item' + i });
  let sum = 0;
  for (const row of rows) sum += row.price;
  const key = Math.floor(random() * entries * 2);
  cache.set(key, { key, sum, words: new Array(16).fill(key), page: 'page ' + key + ' ' + sum });
  if (cache.size > entries) cache.delete(cache.keys().next().value);
  inFlight.push(rows);
  if (inFlight.length > IN_FLIGHT) inFlight.shift();
  if (leaked) forgotten.push(new Array(Math.ceil(leaked / 8)).fill(sum));
  return sum;
}

const end = Date.now() + seconds * 1000;
setInterval(() => {
  for (let i = 0; i < requests; i++) request();
  if (Date.now() > end) process.exit(0);
}, 10);

// A catalogue with a cache that fills, stays full, and is no leak; with `leak`, price changes stay for ever as well.
//
// usage: node --trace-gc --max-old-space-size=64 catalogue.js SECONDS SEED REQUESTS_PER_SECOND [leak]
'use strict';

const [secondsText, seedText, rateText, fault] = process.argv.slice(2);
const CACHED = 8000;
const PRODUCTS = 9000;

let state = Number(seedText) >>> 0;
function random() { // xorshift
  state ^= state << 13; state >>>= 0; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
  return state / 4294967296;
}

const cache = new Map();
const changes = [];

function load(id) {
  const variants = [];
  for (let i = 0; i < 40; i++) variants.push({ sku: `${id}-${i}`, price: random() * 100, stock: Math.floor(random() * 50) });
  return { id, title: `product ${id}`, variants };
}

function handle() {
  const id = Math.floor(random() * PRODUCTS);
  let product = cache.get(id);
  if (product === undefined) product = load(id);
  cache.delete(id);
  cache.set(id, product);
  if (cache.size > CACHED) cache.delete(cache.keys().next().value);
  if (fault === 'leak' && random() < 0.15) changes.push({ at: Date.now(), before: load(id) });
  return JSON.stringify(product).length;
}

const end = Date.now() + Number(secondsText) * 1000;
const timer = setInterval(() => {
  for (let n = 0; n < Number(rateText) / 20; n++) handle();
  if (Date.now() > end) clearInterval(timer);
}, 50);

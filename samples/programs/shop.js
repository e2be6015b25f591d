// A web shop that remembers every product page it ever rendered: a slow leak under normal traffic, about 75 s to the end.
'use strict';

const renderedPages = new Map(); // the leak: most keys hold a tracking parameter, so the page is never found again
let seed = 20;
let served = 0;
let hits = 0;

function random() { // a linear congruential generator, so that two runs have the same traffic
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 4294967296;
}

function loadProduct(id) {
  const reviews = [];
  for (let i = 0; i < 30; i++) reviews.push({ stars: 1 + Math.floor(random() * 5), author: 'customer ' + Math.floor(random() * 1e5), text: 'Review ' + i });
  return { id, name: 'Product ' + id, price: Math.round(random() * 10000) / 100, reviews };
}

function renderPage(product) {
  const rows = product.reviews.map((review) => ({ html: '<li>' + review.author + ': ' + review.text + '</li>', stars: review.stars }));
  return { product, rows, renderedAt: Date.now() };
}

function handleRequest() {
  const id = Math.floor(random() * 500);
  const key = '/product/' + id + (random() < 0.3 ? '' : '?visitor=' + Math.floor(random() * 1e6));
  served++;
  if (renderedPages.has(key)) hits++;
  else renderedPages.set(key, renderPage(loadProduct(id)));
  const body = JSON.stringify(renderedPages.get(key));
  return JSON.parse(body).rows.length + body.length;
}

function log(level, text) {
  console.log(new Date().toISOString() + ' ' + level + ' ' + text);
}

function serve() {
  const load = 1 + 0.5 * Math.sin(served / 2000);
  const requests = Math.floor(random() * 24 * load);
  for (let i = 0; i < requests; i++) handleRequest();
  setTimeout(serve, 20 + random() * 60);
}

log('info', 'shop 3.4.1 listening on port 3000');
setInterval(() => log('info', served + ' requests served, ' + renderedPages.size + ' pages cached, hit rate ' + (100 * hits / (served + 1)).toFixed(1) + ' %'), 5000);
serve();

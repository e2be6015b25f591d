// One small service with many fates: the workload's name says how its live set develops (see ../../README.md).
//
// usage: node --trace-gc --max-old-space-size=MB service.js WORKLOAD LIMIT_MB SECONDS SEED [REQUESTS_PER_SECOND]
//
// leak_*   grows until V8 gives up, planned for about SECONDS
// burst_*  healthy until one request, or one crowd of them, is too much
// ok_*     stays below the limit and exits by itself after SECONDS
'use strict';

const EventEmitter = require('events');

const [workloadName, limitText, secondsText, seedText, rateText] = process.argv.slice(2);
const LIMIT_MB = Number(limitText);
const SECONDS = Number(secondsText);
const REQUESTS_PER_SECOND = Number(rateText || 60);
const V8_OWN_MB = 4.5; // what an empty process has alive
const MB = 1048576;

// ---- Chance, repeatable ---------------------------------------------------------------------------------------------

let state = Number(seedText) >>> 0;
function random() { // mulberry32
  state = (state + 0x6D2B79F5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const between = (low, high) => low + (high - low) * random();
const whole = (low, high) => Math.floor(between(low, high + 1));

// ---- Data -----------------------------------------------------------------------------------------------------------

let lastId = 0;

function orderLine() { // about 128 bytes with its strings and its slot in an array
  return { sku: 'sku-' + whole(10000, 99999), quantity: whole(1, 9), price: between(1, 100) };
}

/** A document of about `kb` KB: half order lines (pointers), half measurements (doubles). */
function makeDocument(kb) {
  const lines = [];
  for (let left = kb * 512; left > 0; left -= 128) lines.push(orderLine());
  const measurements = new Array(Math.ceil(kb * 64));
  for (let i = 0; i < measurements.length; i++) measurements[i] = random();
  return { id: ++lastId, kb, customer: 'customer-' + whole(1, 5000), lines, measurements };
}

/** Documents that stay, with the sum of their sizes. */
class Shelf {
  constructor() { this.documents = []; this.kb = 0; }
  get mb() { return this.kb / 1024; }
  add(document) { this.documents.push(document); this.kb += document.kb; }
  dropOldest() { this.kb -= this.documents.shift().kb; }
  dropNewest() { this.kb -= this.documents.pop().kb; }
  clear() { this.documents = []; this.kb = 0; }
  /** Towards `share` of the heap limit (everything alive counted), at most `step` documents up and as many down. */
  steer(share, step = 40) {
    const mb = LIMIT_MB * share - V8_OWN_MB - base.mb;
    for (let n = 0; n < step && this.mb < mb; n++) this.add(makeDocument(between(1, DOCUMENT_KB * 2)));
    for (let n = 0; n < step && this.documents.length && this.mb > mb; n++) this.dropNewest();
  }
}

const DOCUMENT_KB = between(1.5, 6);
const GARBAGE_KB = between(15, 70);
const base = new Shelf();   // configuration, templates, translations: loaded once
const shelf = new Shelf();
const inFlight = new Set(); // requests that wait for something slow

/** What every request does: read a body, look at it, answer. All of it is garbage afterwards. */
function handleRequest() {
  const body = JSON.stringify(makeDocument(between(0.2, GARBAGE_KB / 5)));
  const order = JSON.parse(body);
  const total = order.lines.map((line) => line.price * line.quantity).reduce((a, b) => a + b, 0);
  const answer = { id: order.id, total, parts: body.slice(0, 2000).split(',') };
  const hold = { answer, body };
  inFlight.add(hold);
  setTimeout(() => inFlight.delete(hold), between(5, 60));
}

// ---- Workloads: called once per request, `progress` runs from 0 to 1 with the traffic ------------------------------------

const START_SHARE = between(0.12, 0.25);
const line = (from, to, at) => from + (to - from) * at;
const once = (() => { const done = new Set(); return (key, action) => { if (!done.has(key)) { done.add(key); action(); } }; })();
const cycles = whole(3, 6);
const wave = (progress) => 0.5 - 0.5 * Math.cos(2 * Math.PI * cycles * progress);
const saw = (progress, teeth) => (progress * teeth) % 1;
const emitter = new EventEmitter();
emitter.setMaxListeners(0);
const cacheByQuery = new Map();
const lru = new Map();
let lruKb = 0;
let generation = new Shelf();
let log = '';
const backlog = [];
const trouble = between(0.55, 0.8); // when the one bad request arrives

const workloads = {
  // -- leaks
  leak_linear: (progress) => shelf.steer(line(START_SHARE, 1.06, progress)),
  leak_accelerating: (progress) => shelf.steer(line(START_SHARE, 1.06, progress * progress)),
  leak_stepwise: (progress) => { // every import of a tenant's data stays
    const steps = 9;
    shelf.steer(line(START_SHARE, 1.1, Math.floor(progress * steps + 0.3) / steps), 400);
  },
  leak_daily_cycle: (progress) => shelf.steer(line(START_SHARE, 0.95, progress) + 0.18 * wave(progress)),
  leak_slow_after_plateau: (progress) => shelf.steer(line(0.4, 1.07, Math.max(0, progress - 0.4) / 0.6)),
  leak_listeners: (progress) => { // each request subscribes, none unsubscribes
    while (shelf.mb < LIMIT_MB * line(START_SHARE, 1.06, progress) - V8_OWN_MB - base.mb) {
      const document = makeDocument(between(1, DOCUMENT_KB * 2));
      shelf.kb += document.kb;
      emitter.on('reload', () => document.lines.length);
    }
  },
  leak_map_cache: (progress) => { // key: the whole query string; popular queries repeat, rare ones never end
    const perRequest = LIMIT_MB * 1024 * (1.15 - START_SHARE) / (SECONDS * REQUESTS_PER_SECOND) / 0.8;
    const query = 'q=' + (random() < 0.2 ? whole(1, 200) : whole(1, 1e9)) + '&page=' + whole(1, 3);
    if (!cacheByQuery.has(query)) cacheByQuery.set(query, makeDocument(between(0.5, 1.5) * Math.max(0.5, perRequest)));
  },
  leak_in_saw: (progress) => shelf.steer(line(START_SHARE, 0.9, progress) + 0.22 * saw(progress, 9), 200),
  leak_backlog: (progress) => { // the consumer is slower than the producer, and catches up in part at times
    shelf.add(makeDocument(LIMIT_MB * 1024 * 1.6 / (SECONDS * REQUESTS_PER_SECOND)));
    const consumes = Math.floor(progress * 12) % 4 === 3 ? 1.0 : 0.35;
    if (shelf.documents.length && random() < consumes) shelf.dropOldest();
  },
  leak_log_lines: (progress) => { // an audit trail kept in memory: strings only
    while (shelf.mb < LIMIT_MB * line(START_SHARE, 1.08, progress) - V8_OWN_MB - base.mb) {
      const text = JSON.stringify(makeDocument(between(0.5, 2)));
      backlog.push(text);
      shelf.kb += (text.length + 24) / 1024;
    }
  },

  // -- bursts
  burst_array: (progress) => {
    shelf.steer(0.3);
    if (progress > trouble) once('all rows', () => { const rows = []; for (;;) rows.push(orderLine()); });
  },
  burst_json: (progress) => {
    shelf.steer(0.25);
    if (progress > trouble) once('export', () => {
      const everything = [];
      for (let kb = 0; kb < LIMIT_MB * 1024 * 0.3; kb += 8) everything.push(makeDocument(8));
      const copies = [];
      for (;;) copies.push(JSON.parse(JSON.stringify(everything)));
    });
  },
  burst_string: (progress) => {
    shelf.steer(0.35);
    if (progress > trouble) once('csv', () => {
      let csv = 'id;sku;price\n' + new Array(1024).join('4711;sku-12345;19.90\n');
      while (csv.length < LIMIT_MB * MB * 0.6) csv += csv;
      for (;;) log = csv.split(';').join(',') + log;
    });
  },
  burst_concurrency: (progress) => {
    shelf.steer(0.3);
    if (progress > trouble) crowd(LIMIT_MB * 1.6);
  },
  burst_rows: (progress) => { // a query without LIMIT, read in pages: a few seconds from healthy to dead
    shelf.steer(0.3);
    if (progress > trouble) shelf2.push(makeDocument(LIMIT_MB * 1024 / (REQUESTS_PER_SECOND * 3)));
  },

  // -- survivors
  ok_steady: () => shelf.steer(START_SHARE),
  ok_warmup: (progress) => shelf.steer(Math.min(0.7, line(0.12, 0.7, progress / 0.55))),
  ok_sawtooth: (progress) => shelf.steer(line(0.2, 0.62, saw(progress, 6)), 200),
  ok_lru: () => { // full from early on: each entry pushes out the oldest
    const limitKb = (LIMIT_MB * 0.78 - V8_OWN_MB - base.mb) * 1024;
    const room = lruKb < limitKb ? Math.max(4, limitKb / (SECONDS * REQUESTS_PER_SECOND * 0.25) / DOCUMENT_KB) : 1;
    for (let n = 0; n < room; n++) {
      const document = makeDocument(DOCUMENT_KB);
      lru.set(document.id, document);
      lruKb += document.kb;
    }
    for (const [id, document] of lru) {
      if (lruKb <= limitKb) break;
      lru.delete(id);
      lruKb -= document.kb;
    }
  },
  ok_batch: (progress) => { // the job needs 40 % of its period, its data goes at the end
    const at = saw(progress, 4);
    shelf.steer(at < 0.55 ? 0.2 : at < 0.95 ? line(0.2, 0.83, (at - 0.55) / 0.4) : 0.2, 400);
  },
  ok_cycles: (progress) => shelf.steer(line(0.2, 0.66, wave(progress))),
  ok_high_plateau: (progress) => shelf.steer(Math.min(0.79, line(0.2, 0.79, progress / 0.15))),
  ok_idle: () => shelf.steer(START_SHARE),
  ok_deploy_reload: (progress) => { // the new state is built before the old one goes
    const phase = Math.floor(progress * 4);
    const share = 0.4;
    if (saw(progress, 4) < 0.3) generation.steer(share + (V8_OWN_MB + base.mb) / LIMIT_MB * (phase ? 1 : 0));
    else once('reload ' + phase, () => { shelf.documents = generation.documents; generation = new Shelf(); });
  },
  ok_decelerating: (progress) => shelf.steer(line(0.15, 0.76, Math.log(1 + 30 * progress) / Math.log(31))),
  ok_ttl: (progress) => { // sessions expire: linear growth for half the run, then as many go as come
    const perRequest = LIMIT_MB * 1024 * 0.55 / (SECONDS * REQUESTS_PER_SECOND * 0.5);
    const session = makeDocument(perRequest);
    session.until = progress + 0.5;
    shelf.add(session);
    while (shelf.documents.length && shelf.documents[0].until < progress) shelf.dropOldest();
  },
  ok_spike: (progress) => { // the crowd of burst_concurrency, but it fits
    shelf.steer(0.3);
    if (progress > trouble && progress < trouble + 0.2) crowd(LIMIT_MB * 0.4);
  },
  ok_reset: (progress) => shelf.steer(line(0.2, 0.74, saw(progress + 0.2, 2)), 400), // an operator empties the cache in time
};

const shelf2 = [];

/** For three seconds, requests with big bodies wait for a slow database: `mb` in all. */
function crowd(mb) {
  once('crowd', () => {
    const waves = 30;
    let sent = 0;
    const timer = setInterval(() => {
      for (let kb = 0; kb < mb * 1024 / waves; kb += 40) {
        const request = makeDocument(40);
        inFlight.add(request);
        setTimeout(() => inFlight.delete(request), between(3500, 6000));
      }
      if (++sent === waves) clearInterval(timer);
    }, 100);
  });
}

// ---- Traffic --------------------------------------------------------------------------------------------------------

const workload = workloads[workloadName];
if (!workload) throw new Error('no workload ' + workloadName);
const startedAt = Date.now();
const planned = SECONDS * REQUESTS_PER_SECOND;
let served = 0;
let trend = 1; // how busy the service is: wanders between half and one and a half
let lastReportAt = startedAt;
let lastReportServed = 0;

const dropping = workloadName.startsWith('ok_');
while (base.mb < LIMIT_MB * 0.06) base.add(makeDocument(4));
console.log('service listening, ' + REQUESTS_PER_SECOND + ' requests a second expected');

function tick() {
  const now = Date.now();
  trend = Math.min(1.5, Math.max(0.5, trend + between(-0.12, 0.12)));
  const expected = (now - (tick.lastAt || now - 50)) / 1000 * REQUESTS_PER_SECOND * trend;
  tick.lastAt = now;
  const requests = Math.min(Math.floor(expected + random()), 200);
  for (let n = 0; n < requests; n++) {
    served++;
    handleRequest();
    workload(dropping ? Math.min(1, Math.max(served / planned, (now - startedAt) / 1000 / SECONDS)) : served / planned);
  }
  if (now - lastReportAt > SECONDS * 125) { // eight lines a run
    console.log('[api] ' + (served - lastReportServed) + ' requests in ' + ((now - lastReportAt) / 1000).toFixed(1) + ' s');
    lastReportAt = now;
    lastReportServed = served;
  }
  if (dropping && now - startedAt > SECONDS * 1000) {
    console.log('[api] shutting down');
    process.exit(0);
  }
  setTimeout(tick, between(0.5, 1.5) * Math.max(30, 2000 / REQUESTS_PER_SECOND));
}
tick();

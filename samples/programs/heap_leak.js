// A class kept in an array that is never cleaned, beside healthy churn and a cache that is full once warm.
// usage: heap_leak.js FOLDER; writes FOLDER/1.heapsnapshot, 2 and 3, each after as many requests as the one before.
'use strict';
const path = require('path');
const v8 = require('v8');

const REQUESTS = 400;
const AT_ONCE = 20;
const CACHE_ENTRIES = 600;

class Session {
  constructor(id) {
    this.id = id;
    this.user = 'user ' + id;
    this.history = [];
    for (let i = 0; i < 6; i++) this.history.push({ page: '/item/' + id + '/' + i, at: id + i + 0.5 });
  }
}

class CachedPage {
  constructor(number) {
    this.number = number;
    this.text = 'page ' + number + ' of the shop, rendered ' + 'once '.repeat(20);
  }
}

class Order {
  constructor(id) {
    this.id = id;
    this.items = [id, id + 1, id + 2].map(String);
  }
}

const sessions = [];        // the leak
const pages = new Map();    // full some time after the first snapshot
const inFlight = [];        // always the last orders only
let served = 0;

exports.handleRequest = function handleRequest() {
  const id = ++served;
  sessions.push(new Session(id));
  const page = id % CACHE_ENTRIES;
  if (!pages.has(page)) pages.set(page, new CachedPage(page));
  inFlight.push(new Order(id));
  if (inFlight.length > AT_ONCE) inFlight.shift();
};

let written = 0;
const traffic = setInterval(function serve() {
  for (let i = 0; i < AT_ONCE; i++) exports.handleRequest();
  if (served % REQUESTS > 0) return;
  v8.writeHeapSnapshot(path.join(process.argv[2], ++written + '.heapsnapshot'));
  if (written === 3) clearInterval(traffic);
}, 1);

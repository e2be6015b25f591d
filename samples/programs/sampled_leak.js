// Sessions that are never closed, beside healthy churn, while V8 samples what is allocated.
// usage: sampled_leak.js WAY FOLDER
//   series  writes three profiles of one sampling into FOLDER, each after as many requests, then goes on until the heap is full
//   exit    ends after as many requests as the first of those: for node --heap-prof
//   api     v8.startHeapProfile (Node 26), with what was collected meanwhile; writes FOLDER/api.heapprofile
'use strict';
const fs = require('fs');
const path = require('path');

const REQUESTS = 4000;
const AT_ONCE = 100;
const [way, folder] = process.argv.slice(2);
const sessions = new Map();
let served = 0;

function createSession(id) {
  const session = { id, user: 'user ' + id, pages: [], opened: Date.now() };
  for (let i = 0; i < 30; i++) session.pages.push({ page: i, seconds: i + 0.5 });
  sessions.set(id, session);
  return session;
}

function handleRequest(id) {
  const session = createSession(id);
  return JSON.stringify(session.pages.map((page) => page.page + 1));
}

let taken = 0;
let inspector;
let profile;
if (way === 'series') {
  inspector = new (require('inspector').Session)();
  inspector.connect();
  inspector.post('HeapProfiler.startSampling', { samplingInterval: 64 * 1024 });
} else if (way === 'api') {
  profile = require('v8').startHeapProfile({
    sampleInterval: 64 * 1024, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true,
  });
}

function takeOne() {
  inspector.post('HeapProfiler.getSamplingProfile', (error, sampled) => {
    if (error) throw new Error(JSON.stringify(error));
    const name = `Heap.20260314.10100${++taken}.${process.pid}.0.00${taken}.heapprofile`;
    fs.writeFileSync(path.join(folder, name), JSON.stringify(sampled.profile));
  });
}

setInterval(function serve() {
  for (let i = 0; i < AT_ONCE; i++) handleRequest(++served);
  if (served % REQUESTS > 0) return;
  if (way === 'series' && taken < 3) takeOne();
  if (way === 'api') fs.writeFileSync(path.join(folder, 'api.heapprofile'), profile.stop());
  if (way !== 'series') process.exit(0);
}, 1);

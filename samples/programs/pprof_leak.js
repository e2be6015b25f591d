// Sessions that are never closed, as @datadog/pprof and pprof (npm) see them.
// usage: pprof_leak.js PACKAGE WAY
//   PACKAGE  @datadog/pprof or pprof, installed beside this file
//   WAY      series: writes 1.pb.gz, 2.pb.gz and 3.pb.gz, each after as many requests
//            dies: until the heap is full, with Datadog's stacks on stderr (heap.monitorOutOfMemory)
//            cpu: writes cpu.pb.gz, of half a second of work
'use strict';
const fs = require('fs');
const [name, way] = process.argv.slice(2);
const pprof = require(name);

const REQUESTS = 3000;
const AT_ONCE = 100;
const sessions = new Map();
let served = 0;
let taken = 0;

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

const paths = {  // those of this machine are replaced
  hasMappingInfo: () => true,
  mappingInfo: (at) => ({ ...at, file: at.file.replace(__dirname, '/app') }),
};

async function write(file, profile) {
  fs.writeFileSync(file, await pprof.encode(profile));
}

async function cpu() {
  pprof.time.start({ durationMillis: 1000, intervalMicros: 1000, sourceMapper: paths });
  for (const end = Date.now() + 500; Date.now() < end;) handleRequest(++served % AT_ONCE);
  await write('cpu.pb.gz', pprof.time.stop());
}

async function series() {
  await write(`${++taken}.pb.gz`, pprof.heap.profile(undefined, paths));
  if (taken === 3) process.exit(0);
}

if (way === 'cpu') {
  cpu();
} else {
  pprof.heap.start(64 * 1024, 64);
  if (way === 'dies') pprof.heap.monitorOutOfMemory(4 * 1024 * 1024, 1, true, []);
  setInterval(function serve() {
    for (let i = 0; i < AT_ONCE; i++) handleRequest(++served);
    if (way === 'series' && served % REQUESTS === 0) series();
  }, 1);
}

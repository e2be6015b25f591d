'use strict';
// What the programs share: options, seeded chance, load over time, and a clock that keeps growth at the planned pace.
// usage: node PROGRAM.js --limit=128 --seconds=300 --seed=1 [--leak] [--share=0.6] [--load=1] [--shape=linear] [--from=0.5]
//        [--profile=flat|day|burst] [--cycles=4] [--log=json|text] [--calibrate]
const fs = require('fs');
const path = require('path');

const options = { limit: 128, seconds: 120, seed: 1, share: 0.5, load: 1, shape: 'linear', from: 0.5, profile: 'flat', cycles: 4 };
for (const argument of process.argv.slice(2)) {
  const m = /^--([a-z]+)(?:=(.*))?$/.exec(argument);
  if (!m) continue;
  options[m[1]] = m[2] === undefined ? true : isNaN(m[2]) ? m[2] : Number(m[2]);
}
const name = path.basename(process.argv[1], '.js');

let state = (options.seed * 2654435761) >>> 0;
function chance() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const between = (a, b) => a + (b - a) * chance();
const whole = (a, b) => Math.floor(between(a, b + 1));
const pick = list => list[Math.floor(chance() * list.length)];
const WORDS = 'order customer invoice basket shipping parcel address payment refund voucher stock price tax discount currency region supplier brand colour size weight rating review page image video tag note status queue'.split(' ');
function words(n) {
  const parts = [];
  for (let i = 0; i < n; i++) parts.push(pick(WORDS));
  return parts.join(' ');
}
const bytes = Buffer.alloc(1 << 18, 'lorem ipsum dolor sit amet, ');
const text = n => bytes.toString('latin1', 0, Math.min(n, bytes.length)); // a flat string of its own
function doubles(n) {
  const a = new Array(n).fill(0.5);
  for (let i = 0; i < n; i += 64) a[i] = i * 1.1;
  return a;
}

const started = Date.now();
const elapsed = () => (Date.now() - started) / 1000;
let drift = 0;
let burstUntil = 0;
let nextBurst = between(0.05, 0.15) * options.seconds;
function load(t) {
  drift = 0.98 * drift + 0.02 * between(-1.2, 1.2);
  let level = options.load * (1 + drift);
  if (options.profile === 'day') level *= 1 + 0.75 * Math.sin((2 * Math.PI * options.cycles * t) / options.seconds - 1);
  if (options.profile === 'burst') {
    if (t > nextBurst) { burstUntil = t + between(0.01, 0.04) * options.seconds; nextBurst = burstUntil + between(0.04, 0.2) * options.seconds; }
    level *= t < burstUntil ? 3.5 : 0.6;
  }
  return Math.max(0.03, level);
}

const SHAPES = {
  linear: x => x,
  accel: x => Math.pow(x, 2.3),
  exp: x => (Math.exp(3.2 * x) - 1) / (Math.exp(3.2) - 1),
  slow: x => (x <= 1 ? (1 - Math.exp(-2 * x)) / (1 - Math.exp(-2)) : 1 + 0.3 * (x - 1)),
  late: x => (x < options.from ? 0 : (x - options.from) / (1 - options.from)),
  lateslow: x => (x < options.from ? 0 : Math.pow((x - options.from) / (1 - options.from), 0.65)),
  twospeed: x => (x < options.from ? 0.35 * x / options.from : 0.35 + 0.65 * (x - options.from) / (1 - options.from)),
  steps: x => Math.floor(x * 9 + 0.35) / 9,
};

const MB = 1048576;
let unitBytes = 0;
if (!options.calibrate) {
  const sizes = JSON.parse(fs.readFileSync(path.join(__dirname, 'sizes.json'), 'utf8')); // bytes alive per unit, measured with --calibrate
  unitBytes = (options.limit >= 500 && sizes[name + '@big']) || sizes[name];
}
const room = share => Math.max(1, Math.floor((share * options.limit * MB - 4 * MB) / unitBytes));

// How many units are to be leaked since the last call: what is left above the base share, spread over the run by its shape.
let leakedBefore = 0;
let owed = 0;
function leakDue(t, base, each) {
  if (!options.leak) return 0;
  const total = Math.max(10, ((1.06 - base) * options.limit * MB - 4 * MB) / (each || unitBytes));
  const target = total * SHAPES[options.shape](t / options.seconds);
  owed += Math.max(0, target - leakedBefore) * between(0.6, 1.4);
  leakedBefore = Math.max(leakedBefore, target);
  const n = Math.floor(owed);
  owed -= n;
  return n;
}

let lines = 0;
const grown = t => (options.leak ? SHAPES[options.shape](t / options.seconds) : 0);

function say(message, fields) {
  if (!options.log) return;
  lines++;
  if (options.log === 'json') console.log(JSON.stringify(Object.assign({ level: pick(['info', 'info', 'info', 'warn']), time: Date.now(), pid: process.pid, msg: message }, fields)));
  else console.log(new Date().toISOString() + ' ' + pick(['INFO ', 'INFO ', 'DEBUG', 'WARN ']) + ' [' + name + '] ' + message + ' ' + Object.keys(fields || {}).map(k => k + '=' + fields[k]).join(' '));
}

function every(ms, work) {
  let last = elapsed();
  let carry = 0;
  const turn = () => {
    const t = elapsed();
    if (!options.leak && t >= options.seconds) { say('shutting down', { uptime: Math.round(t) }); process.exit(0); }
    const dt = Math.min(1, t - last);
    last = t;
    const level = load(t);
    const requests = rate => { carry += rate * level * dt; const n = Math.floor(carry); carry -= n; return n; };
    work(t, dt, level, requests);
    setTimeout(turn, ms * between(0.8, 1.2));
  };
  setTimeout(turn, ms);
}

function program(unit, start) {
  if (!options.calibrate) {
    say('started', { node: process.version });
    start();
    return;
  }
  const kept = [];
  const n = 60;
  for (let i = 0; i < 20; i++) kept.push(unit(i));
  global.gc(); global.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < n; i++) kept.push(unit(i + 20));
  global.gc(); global.gc();
  console.log(name + ' ' + Math.round((process.memoryUsage().heapUsed - before) / n));
  process.exit(kept.length ? 0 : 1);
}

module.exports = { options, name, chance, between, whole, pick, words, text, doubles, elapsed, load, room, leakDue, grown, say, every, program, MB, unit: () => unitBytes };

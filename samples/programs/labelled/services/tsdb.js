'use strict';
// A small time series database: samples of the head block in chunks of doubles, blocks dropped after the retention.
// Each deploy of what it watches brings new series. --leak: the index keeps a series, with its last chunks, after its pod has gone.
const p = require('./pace.js');
const chunk = () => p.doubles(p.options.limit >= 500 ? 8000 : 2000);
p.program(chunk, () => {
  const blocks = [[]];
  const postings = new Map();
  const share = p.options.share;
  const retained = 5;
  const period = p.options.seconds / (p.options.cycles * 4);
  const perBlock = p.room(share) / (retained + 1);
  let next = period;
  let pods = 1;
  let deploy = p.between(0.05, 0.12) * p.options.seconds;
  p.every(p.options.seconds > 1500 ? 500 : 200, (t, dt, level, requests) => {
    for (let n = requests(perBlock / period / p.options.load); n > 0; n--) blocks[blocks.length - 1].push(chunk());
    let due = p.leakDue(t, share);
    for (; due > 0; due--) postings.set('up{pod="web-' + pods + '-' + postings.size + '"}', { labels: p.words(8).split(' '), head: chunk() });
    if (t > next) { blocks.push([]); if (blocks.length > retained) blocks.shift(); next += period; p.say('block cut', { blocks: blocks.length }); }
    if (t > deploy) { pods++; deploy += p.between(0.05, 0.12) * p.options.seconds; }
    for (let q = 0; q < 5 * level; q++) { // range queries
      const points = [];
      for (let i = 0; i < 1500; i++) points.push([t + i, p.chance()]);
      points.sort((a, b) => a[1] - b[1]);
    }
  });
});

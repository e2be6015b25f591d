'use strict';
// Batch jobs on a small machine: a job loads all rows of its period, sorts, sums, and lets go of them.
// Healthy: every period has about the same number of rows, near what the heap holds. --leak: the period's begin is stuck, so each job loads more than the last.
const p = require('./pace.js');
const row = n => ({ n, at: Date.now(), cells: Array.from({ length: 30 }, () => p.whole(1, 1e6)), label: p.words(6), note: p.text(1500) });
p.program(row, () => {
  const jobs = p.options.cycles * 2;
  const period = p.options.seconds / jobs;
  let number = 0;
  let rows = [];
  let phase = 'wait';
  let wanted = 0;
  let next = period * 0.1;
  p.every(150, (t, dt, level) => {
    if (phase === 'wait' && t > next) {
      number++;
      const share = p.options.leak ? 0.14 + (0.98 - 0.14) * number / jobs : p.options.share * p.between(0.92, 1.04);
      wanted = p.room(share);
      next += period * p.between(0.9, 1.1);
      phase = 'load';
    }
    if (phase === 'load') {
      for (let i = 0; i < (wanted / (period * 0.5)) * dt && rows.length < wanted; i++) rows.push(row(rows.length));
      if (rows.length >= wanted) { phase = 'wait'; rows.sort((a, b) => a.cells[0] - b.cells[0]); p.say('job finished', { job: number, rows: rows.length }); rows = []; }
    }
    for (let i = 0; i < 5 * level; i++) p.words(80).split(' ').sort();
  });
});

// Three worker threads: two do their work, one leaks and dies with ERR_WORKER_OUT_OF_MEMORY; the process survives.
const { Worker, isMainThread, workerData } = require('worker_threads');

if (isMainThread) {
  ['resize images', 'index documents', 'collect metrics'].forEach((job, n) => {
    const worker = new Worker(__filename, { workerData: { job, leaks: n === 1 }, resourceLimits: { maxOldGenerationSizeMb: 40 } });
    worker.on('error', (error) => console.error(job + ': ' + error.name + ' [' + error.code + ']: ' + error.message));
    worker.on('exit', (code) => console.log(job + ': worker exited with ' + code));
  });
  let beats = 0;
  const timer = setInterval(() => {
    JSON.parse(JSON.stringify(new Array(3000).fill({ beat: ++beats })));
    if (beats % 40 === 0) console.log('main thread alive, beat ' + beats);
    if (beats === 160) clearInterval(timer);
  }, 25);
} else {
  const kept = [];
  let turns = 0;
  const timer = setInterval(() => {
    const rows = [];
    for (let i = 0; i < 5000; i++) rows.push({ id: i + '-' + turns, text: 'row ' + i });
    if (workerData.leaks) kept.push(rows);
    else if (++turns === 120) clearInterval(timer);
  }, 25);
}

// Worker threads with limits of their own: two leak, one of them twice as fast; a third fills a cache and ends well.
const { Worker, isMainThread, workerData } = require('worker_threads');

if (isMainThread) {
  const jobs = [['warm cache', 64, 0], ['index documents', 24, 2000], ['collect metrics', 40, 4000]];
  for (const [job, megabytes, leaked] of jobs) {
    const worker = new Worker(__filename, { workerData: { leaked }, resourceLimits: { maxOldGenerationSizeMb: megabytes } });
    worker.on('error', (error) => console.error(job, error));
    worker.on('exit', (code) => console.log(job + ': worker exited with ' + code));
  }
  let beats = 0;
  const timer = setInterval(() => {
    JSON.parse(JSON.stringify(new Array(3000).fill({ beat: ++beats })));
    if (beats % 40 === 0) console.log('main thread alive, beat ' + beats);
    if (beats === 200) clearInterval(timer);
  }, 25);
} else {
  const kept = [];
  let turns = 0;
  const timer = setInterval(() => {
    const rows = [];
    for (let i = 0; i < 4000; i++) rows.push({ id: i + '-' + turns, text: 'row ' + i });
    if (workerData.leaked) kept.push(rows.slice(0, workerData.leaked));
    else kept.push(rows.slice(0, 1000));
    if (++turns === 90 && !workerData.leaked) clearInterval(timer);
  }, 25);
}

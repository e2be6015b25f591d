const { renameSync, writeFileSync } = require('fs');
const v8 = require('v8');
const session = new (require('inspector').Session)();
const file = `heap-${process.pid}-${require('worker_threads').threadId}.heapprofile`;
session.connect();
session.post('HeapProfiler.startSampling', { samplingInterval: 128 * 1024 });
if (v8.setHeapProfileNearHeapLimit) v8.setHeapProfileNearHeapLimit(1);  // Node 26.12: one more at the limit
setInterval(() => session.post('HeapProfiler.getSamplingProfile', (error, sampled) => {
  if (error) return console.error(error);
  writeFileSync(`${file}.new`, JSON.stringify(sampled.profile));
  renameSync(`${file}.new`, file);  // a death in between leaves the last one whole
}), Number(process.env.SAMPLE_HEAP_MS || 60000)).unref();

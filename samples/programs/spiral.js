// Nearly all of the heap is alive and stays so: V8 collects again and again and gains little. usage: spiral.js [MB alive]
var aliveMb = Number(process.argv[2] || 50);
var startedAt = Date.now();
var customers = [];
var visits = [];
var visit = 0;

function createRow(id) {
  return { id: id, name: 'customer ' + id, tags: [id, id + 1, id + 2] };
}

function usedMb() {
  return process.memoryUsage().heapUsed / 1048576;
}

console.log('loading customers');
while (usedMb() < aliveMb) for (var i = 0; i < 2000; i++) customers.push(createRow(customers.length));
console.log('customers loaded');
var timer = setInterval(function () {
  for (var i = 0; i < 6000; i++) visits[visit++ % 60000] = createRow(visit); // each lives long enough to be promoted, then dies
  if (Date.now() - startedAt > 5000) clearInterval(timer);
}, 15);

// A worker with four kinds of jobs, a line for each, and a load that varies. What argv names keeps memory: one kind, or a timer. Lives.
// With `figures` in argv it prints how many jobs of each kind it has done since the last line, in place of a line for each.
var keeps = process.argv[2];
var figures = process.argv[3] === 'figures';
var kinds = ['mail', 'thumbnail', 'invoice', 'import'];
var shares = [0.4, 0.25, 0.2, 0.15];
var kept = [];
var seed = 7;
var done = 0;
var counts = {};
var started = Date.now();

function random() {
  seed = (seed * 16807) % 2147483647;
  return seed / 2147483647;
}

function rows(count) {
  var list = [];
  for (var i = 0; i < count; i++) list.push({ id: i, text: 'row ' + i, of: [done, i] });
  return list;
}

function pick() {
  var seconds = (Date.now() - started) / 1000;
  var weights = shares.map(function (share, place) { return share * (1 + 0.7 * Math.sin(seconds / (1 + place) + place)); });
  var left = random() * weights.reduce(function (a, b) { return a + b; });
  for (var place = 0; place < 3; place++) if ((left -= weights[place]) < 0) return kinds[place];
  return kinds[3];
}

function next() {
  var kind = pick();
  var work = rows(1500 + 1500 * random());
  if (kind === keeps) kept.push(rows(700));
  setTimeout(function () {
    done++;
    counts[kind] = (counts[kind] || 0) + 1;
    if (!figures) console.log(kind + ' job ' + done + ' done in ' + Math.round(20 * random()) + ' ms, ' + work.length + ' rows');
    if (done < 2000) next();
  }, 2 + 16 * random());
}

for (var lane = 0; lane < 2; lane++) next();
if (keeps === 'timer') setInterval(function () { kept.push(rows(700)); }, 60).unref();
if (figures) {
  setInterval(function () {
    console.log('worker: ' + kinds.map(function (kind) { return (counts[kind] || 0) + ' ' + kind + 's'; }).join(', ') + ' done');
    counts = {};
  }, 250).unref();
}

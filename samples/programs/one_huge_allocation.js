// Healthy until one request wants a single object larger than the heap has room for. usage: one_huge_allocation.js [array|join]
var kind = process.argv[2] || 'array';
var turns = 0;
var kept = [];

function handleRequest() {
  return JSON.parse(JSON.stringify({ rows: new Array(2000).join('row,').split(',') })).rows.length;
}

console.log('listening on port 8080');
setInterval(function () {
  for (var i = 0; i < 10; i++) handleRequest();
  if (++turns % 40 === 0) console.log('GET /rows 200, ' + turns * 10 + ' requests served');
  if (turns < 120) return;
  console.log('GET /report?year=all');
  if (kind === 'array') {
    for (;;) kept.push(0); // one array, eight bytes an entry, half as large again each time it is full
  } else {
    var cells = new Array(200 * 1000).join('one more cell of the report;').split(';');
    for (;;) kept.push(cells.join(';' + kept.length + ';'));
  }
}, 25);

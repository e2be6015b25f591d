// Steady traffic: every request makes garbage, nothing stays. Lives. usage: healthy.js [seconds]
var seconds = Number(process.argv[2] || 4);
var startedAt = Date.now();
var served = 0;

function handleRequest(id) {
  var rows = [];
  for (var i = 0; i < 400; i++) rows.push({ id: id + '-' + i, price: i * 1.25 });
  return JSON.parse(JSON.stringify(rows)).length;
}

console.log('listening on port 8080');
var timer = setInterval(function () {
  for (var i = 0; i < 8; i++) handleRequest(++served);
  if (served % 400 === 0) console.log('GET /rows 200, ' + served + ' requests served');
  if (Date.now() - startedAt > seconds * 1000) {
    clearInterval(timer);
    console.log('shutting down');
  }
}, 25);

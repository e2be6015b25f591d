// Sessions are remembered and never forgotten: grows until V8 gives up. usage: leak.js [KB kept per request] [requests per second]
var keptKb = Number(process.argv[2] || 24);
var requestsPerSecond = Number(process.argv[3] || 300);
var startedAt = Date.now();
var sessions = {};
var served = 0;

function createSession(id) {
  var history = [];
  for (var i = 0; i < keptKb * 10; i++) history.push({ page: '/item/' + id + '/' + i, at: i + 0.5 });
  return { id: id, history: history };
}

function handleRequest() {
  var id = ++served;
  sessions['session ' + id] = createSession(id);
  return JSON.parse(JSON.stringify(createSession(id))).history.length;
}

console.log('listening on port 8080');
setInterval(function () {
  for (var i = 0; i < 12 && served < (Date.now() - startedAt) / 1000 * requestsPerSecond; i++) {
    handleRequest();
    if (served % Math.ceil(requestsPerSecond / 1.2) === 0) console.log('POST /login 201, ' + served + ' sessions so far');
  }
}, 20);

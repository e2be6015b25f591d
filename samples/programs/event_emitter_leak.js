// Each request adds a listener and none is removed: Node prints its MaxListenersExceededWarning. Lives.
var EventEmitter = require('events').EventEmitter;
var bus = new EventEmitter();
var served = 0;

function handleRequest() {
  var rows = [];
  for (var i = 0; i < 300; i++) rows.push('row ' + served + ' ' + i);
  bus.on('configuration changed', function () { return rows.length; });
}

console.log('listening on port 8080');
var timer = setInterval(function () {
  for (var i = 0; i < 10; i++) handleRequest(++served);
  if (served % 300 === 0) console.log('GET /settings 200, ' + served + ' requests served');
  if (served >= 1500) clearInterval(timer);
}, 25);

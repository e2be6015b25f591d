// A program that thinks it must collect by hand, after every batch. Needs --expose-gc. Lives.
var batches = 0;

function runBatch() {
  var rows = [];
  for (var i = 0; i < 40000; i++) rows.push({ id: i, text: 'row ' + i });
  return rows.length;
}

var timer = setInterval(function () {
  runBatch();
  global.gc();
  if (++batches % 10 === 0) console.log('batch ' + batches + ' done');
  if (batches === 30) clearInterval(timer);
}, 100);

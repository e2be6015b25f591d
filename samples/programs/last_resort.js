// The heap is nearly full of live data when a table has to double: the last resort collections do not help.
var table = [];
var rows = [];

function fill(count) {
  for (var i = 0; i < count; i++) rows.push({ key: 'row ' + rows.length, value: i + 0.5 });
}

console.log('importing');
var timer = setInterval(function () {
  fill(9000);
  if (rows.length % 90000 === 0) console.log('imported ' + rows.length + ' rows');
  if (rows.length >= 270000) {
    clearInterval(timer);
    console.log('building the index');
    for (;;) table.push(table.length);
  }
}, 30);

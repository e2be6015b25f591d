// Uploads stay in Buffers: the memory outside of the heap grows, the heap itself hardly. Lives.
var uploads = [];

function createBuffer(size) {
  return Buffer.alloc ? Buffer.alloc(size, 1) : new Buffer(size);
}

var timer = setInterval(function () {
  for (var i = 0; i < 4; i++) uploads.push(createBuffer(256 * 1024));
  var headers = [];
  for (var n = 0; n < 4000; n++) headers.push({ name: 'x-part-' + n, value: uploads.length + '/' + n });
  if (uploads.length % 80 === 0) console.log('PUT /upload 201, ' + uploads.length / 4 + ' MB of uploads held');
  if (uploads.length >= 480) clearInterval(timer);
}, 25);

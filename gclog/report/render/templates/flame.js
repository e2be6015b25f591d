// Draws flame graphs on a canvas in place of the static drawings: zoom, search, both directions, mouse, touch and keyboard.
(function () {
  "use strict";
  var ALL = -1, ROW = 19, GAP = 1, STRIP = 4, LEAST_WIDTH = 0.4, LEAST_LABEL = 26, PADDING = 4;
  var FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
  var sources = JSON.parse(document.getElementById("flames").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function count(number) {
    return number.toLocaleString("en-US");
  }

  // Halves to the even digit.
  function fixed(number, digits) {
    var scaled = number * Math.pow(10, digits), below = Math.floor(scaled);
    return (scaled - below === 0.5 && below % 2 === 0 ? below / Math.pow(10, digits) : number).toFixed(digits);
  }

  // As gclog.units.size writes it.
  function size(bytes) {
    if (bytes > 0 && bytes < 0.95 * 1048576) return fixed(bytes / 1024, 1) + " KB";
    return bytes >= 1023.95 * 1048576 ? fixed(bytes / 1073741824, 2) + " GB" : fixed(bytes / 1048576, 1) + " MB";
  }

  // As gclog.units.duration writes it.
  function duration(us) {
    var ms = us / 1000, names = ["min", "s"], part = 60, whole;
    if (ms < 9.995) return fixed(ms, 2) + " ms";
    if (ms < 99.95) return fixed(ms, 1) + " ms";
    if (ms < 999.5) return fixed(ms, 0) + " ms";
    if (ms < 59950) return fixed(ms / 1000, 1) + " s";
    whole = +fixed(ms / 1000, 0);
    if (whole >= 3600) {
      whole = +fixed(ms / 60000, 0);
      names = ["h", "min"];
    }
    if (whole >= 24 * 60 && names[0] === "h") {
      whole = +fixed(ms / 3600000, 0);
      names = ["d", "h"];
      part = 24;
    }
    return Math.floor(whole / part) + " " + names[0] + (whole % part ? " " + whole % part + " " + names[1] : "");
  }

  // As gclog.units.percent writes it: 0 % and 100 % only when true, halves to the even digit.
  function percent(share) {
    if (share === 0) return "0 %";
    if (share === 1) return "100 %";
    if (share < 0.0005) return "<0.1 %";
    if (share >= 0.9995) return ">99.9 %";
    var hundredths = share * 100;
    return (hundredths % 1 === 0.25 ? hundredths - 0.05 : hundredths).toFixed(1) + " %";
  }

  // A view's columns, with what follows from them: where a box begins, its parent, the end of what is below it, its own ticks.
  function arrange(columns) {
    var size = columns.depth.length, way = [], next = [], rows = [];
    var view = { depth: columns.depth, frame: columns.frame, total: columns.total, gc: columns.gc, cut: columns.cut, before: columns.before, change: columns.change, size: size,
      left: new Float64Array(size), own: Float64Array.from(columns.total), parent: new Int32Array(size), end: new Int32Array(size), rows: rows };
    for (var i = 0; i < size; i++) {
      var depth = view.depth[i];
      for (var open = way.length - 1; open >= depth; open--) view.end[way[open]] = i;
      way.length = depth;
      view.parent[i] = depth ? way[depth - 1] : -1;
      view.left[i] = columns.from ? columns.from[i] : depth ? next[depth] : 0;
      if (depth) {
        next[depth] += view.total[i];
        view.own[way[depth - 1]] -= view.total[i];
      }
      next[depth + 1] = view.left[i];
      way.push(i);
      (rows[depth] = rows[depth] || []).push(i);
    }
    way.forEach(function (node) { view.end[node] = size; });
    return view;
  }

  function Flame(figure) {
    var data = sources[figure.dataset.flame];
    var views = {};
    Object.keys(data.views).forEach(function (key) { views[key] = arrange(data.views[key]); });
    var name = "down", view = views.down, zoom = 0, chosen = 0, pointed = -1, found = null, hits = [], hit = -1, waiting = false;
    var folded = 0, colours = {}, widths = [];
    var part = function (selector) { return figure.querySelector(selector); };
    var canvas = part("canvas"), scroller = part(".flame-view"), spacer = part(".flame-height"), search = part("input");
    var brush = canvas.getContext("2d");

    function frameOf(node) {
      return data.frames[view.frame[node]];
    }

    function amount(number) {
      return data.unit === "parts" ? share(number) : data.unit === "bytes" ? size(number) : data.unit === "us" ? duration(number) : count(number) + (number === 1 ? " tick" : " ticks");
    }

    function labelOf(node) {
      var frame = frameOf(node);
      return frame ? frame.label : view.frame[node] === ALL ? (data.sides ? "all work" : "all " + amount(data.ticks)) : "others";
    }

    function share(number) {
      return percent(data.ticks ? number / data.ticks : 0);
    }

    // Of two profiles compared: the shares of the work before and after.
    function both(old, now) {
      return percent(old) + " before, " + percent(now) + " after";
    }

    function sidesOf(node) {
      var old = view.before[node];
      return both(old / (data.sides[0] || 1), (view.total[node] - old) / (data.sides[1] || 1));
    }

    function colourOf(node) {
      var frame = frameOf(node);
      if (!frame) return view.frame[node] === ALL ? colours.all : colours.others;
      return colours[data.sides ? data.changes[view.change[node]] : data.categories[frame.category].id];
    }

    // ---------------------------------------------------------------- drawing

    function readColours() {
      var style = getComputedStyle(figure);
      (data.changes || []).forEach(function (role) { colours[role] = style.getPropertyValue("--cat-" + role).trim(); });
      data.categories.forEach(function (category) { colours[category.id] = style.getPropertyValue("--cat-" + category.id).trim(); });
      ["all", "others", "ink", "edge"].forEach(function (role) { colours[role] = style.getPropertyValue("--cat-" + role).trim(); });
    }

    function draw() {
      waiting = false;
      var width = scroller.clientWidth, scale = width / (view.total[zoom] || 1), levels = view.depth[zoom] + 1;
      if (!width) return; // in a closed part of the page
      for (var i = zoom; i < view.end[zoom]; i = boxWidth(i, scale) < LEAST_WIDTH ? view.end[i] : i + 1) {
        if (boxWidth(i, scale) >= LEAST_WIDTH) levels = Math.max(levels, view.depth[i] + 1);
      }
      spacer.style.height = levels * ROW + "px";
      var height = scroller.clientHeight, density = window.devicePixelRatio || 1;
      canvas.style.height = height + "px";
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
      brush.setTransform(density, 0, 0, density, 0, -scroller.scrollTop * density);
      brush.font = FONT;
      brush.textBaseline = "middle";
      var top = scroller.scrollTop - ROW, bottom = scroller.scrollTop + height;
      for (var above = view.parent[zoom]; above >= 0; above = view.parent[above]) box(above, 0, width, true);
      for (var node = zoom; node < view.end[zoom];) {
        var wide = boxWidth(node, scale), y = view.depth[node] * ROW;
        if (wide < LEAST_WIDTH || y > bottom) { node = view.end[node]; continue; }
        if (y > top) box(node, (view.left[node] - view.left[zoom]) * scale, wide, false);
        node++;
      }
      outline(pointed, width, scale, 1);
      if (document.activeElement === canvas || chosen !== zoom) outline(chosen, width, scale, 2);
    }

    function boxWidth(node, scale) {
      return view.total[node] * scale;
    }

    function box(node, x, width, passed) {
      var frame = frameOf(node), y = view.depth[node] * ROW, wide = Math.max(width - GAP, LEAST_WIDTH), high = ROW - GAP;
      var dull = found && !(view.frame[node] >= 0 && found[view.frame[node]]);
      brush.globalAlpha = dull ? 0.28 : passed ? 0.6 : 1;
      brush.fillStyle = colourOf(node);
      brush.fillRect(x, y, wide, high);
      if (view.gc[node]) {
        brush.fillStyle = colours.gc;
        brush.fillRect(x, y + high - STRIP, wide * view.gc[node] / view.total[node], STRIP);
      }
      if (wide < LEAST_LABEL) return;
      brush.globalAlpha = dull ? 0.6 : 1;
      brush.fillStyle = dull || !frame ? colours.edge : colours.ink;
      brush.fillText(fitting(node, wide - 2 * PADDING), x + PADDING, y + high / 2);
    }

    function fitting(node, room) {
      var text = labelOf(node), key = view.frame[node] + 2;
      var full = widths[key] || (widths[key] = brush.measureText(text).width);
      if (full <= room) return text;
      var length = Math.floor(text.length * room / full) - 1;
      while (length > 0 && brush.measureText(text.slice(0, length) + "…").width > room) length--;
      return length > 0 ? text.slice(0, length) + "…" : "";
    }

    function outline(node, width, scale, line) {
      if (node < 0) return;
      var above = node < zoom && view.end[node] > zoom;
      if (!above && (node < zoom || node >= view.end[zoom])) return;
      var x = above ? 0 : (view.left[node] - view.left[zoom]) * scale, wide = above ? width : Math.max(boxWidth(node, scale) - GAP, 2);
      brush.globalAlpha = 1;
      brush.strokeStyle = colours.edge;
      brush.lineWidth = line;
      brush.strokeRect(x + line / 2, view.depth[node] * ROW + line / 2, Math.max(wide - line, 1), ROW - GAP - line);
    }

    function redraw() {
      if (!waiting) window.requestAnimationFrame(draw);
      waiting = true;
    }

    // ---------------------------------------------------------------- what a box is, in words

    function describe(node) {
      var frame = frameOf(node), root = view.frame[node] === ALL;
      part(".flame-name").textContent = frame ? frame.name : root ? (data.sides ? "All work" : "All " + amount(data.ticks)) : "Others";
      part(".flame-place").textContent = frame ? frame.place : root ? "" : "boxes too narrow to draw";
      var says = frame ? [data.categories[frame.category].name] : [];
      if (data.sides) {
        if (!root) says.push("here: " + sidesOf(node));
        if (frame) says.push("on top in all: " + both(frame.self[0], frame.self[1]), "anywhere: " + both(frame.total[0], frame.total[1]));
        part(".flame-figures").textContent = says.join(" · ");
        return;
      }
      if (!root) says.push((name === "up" && view.depth[node] > 1 ? "came this way: " : "here: ") + amount(view.total[node]) + ", " + share(view.total[node]));
      if (frame && name === "down") says.push((data.unit === "bytes" ? "allocated here: " : "on top: ") + amount(view.own[node]));
      if (view.gc[node]) says.push("during GC: " + amount(view.gc[node]) + ", " + percent(view.gc[node] / view.total[node]) + " of these");
      if (frame) says.push("in all: self " + share(frame.self) + ", total " + share(frame.total));
      if (frame && frame.code) says.push(frame.code);
      part(".flame-figures").textContent = says.join(" · ");
    }

    function point(node) {
      if (node === pointed) return;
      pointed = node;
      canvas.classList.toggle("over", node >= 0);
      describe(node >= 0 ? node : chosen);
      redraw();
    }

    function choose(node) {
      if (node < 0 || node >= view.size) return;
      chosen = node;
      pointed = -1;
      var y = view.depth[node] * ROW;
      if (y < scroller.scrollTop) scroller.scrollTop = y;
      else if (y + ROW > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = y + ROW - scroller.clientHeight;
      describe(node);
      redraw();
    }

    function zoomTo(node) {
      zoom = node;
      part(".flame-reset").disabled = zoom === 0;
      figure.dataset.zoom = zoom;
      draw(); // now: the height decides how far can be scrolled
      scroller.scrollTop = Math.max(0, view.depth[node] - 2) * ROW;
      choose(node);
    }

    function turn(to) {
      name = to;
      view = views[to];
      hit = -1;
      figure.querySelectorAll("[data-view]").forEach(function (button) {
        button.setAttribute("aria-pressed", String(button.dataset.view === to));
      });
      part(".flame-cut").textContent = view.cut;
      zoomTo(0);
      find();
    }

    // ---------------------------------------------------------------- search

    function find() {
      var words = search.value.trim().toLowerCase();
      found = words && data.frames.map(function (frame) {
        return (frame.name + " " + frame.place + " " + data.categories[frame.category].name).toLowerCase().indexOf(words) >= 0;
      });
      hits = [];
      hit = -1;
      folded = 0;
      var sum = 0, functions = found ? found.filter(Boolean).length : 0;
      // the outermost hit of each stack: a tick counts once, however often a hit is on it
      for (var i = 0; found && i < view.size;) {
        if (view.frame[i] >= 0 && found[view.frame[i]]) {
          sum += view.total[i];
          hits.push(i);
          i = view.end[i];
        } else {
          if (view.frame[i] < ALL) folded += view.total[i];
          i++;
        }
      }
      hits.sort(function (one, other) { return view.total[other] - view.total[one] || one - other; });
      part(".flame-found").textContent = !found ? "" : !hits.length ? "nothing found" :
        (folded ? "at least " : "") + share(sum) + { bytes: " of all, ", us: " of the time, ", ticks: " of ticks, ", parts: " of both, " }[data.unit] + count(functions) + (functions === 1 ? " function" : " functions");
      redraw();
    }

    function nextHit(step) {
      if (!hits.length) return;
      hit = (hit + step + hits.length) % hits.length;
      var node = hits[hit];
      if (node < zoom || node >= view.end[zoom]) zoomTo(0);
      choose(node);
    }

    // ---------------------------------------------------------------- mouse, touch, keyboard

    function nodeAt(event) {
      var place = canvas.getBoundingClientRect(), x = event.clientX - place.left;
      var depth = Math.floor((event.clientY - place.top + scroller.scrollTop) / ROW), row = view.rows[depth] || [];
      var at = view.left[zoom] + x * view.total[zoom] / place.width, low = 0, high = row.length - 1;
      if (depth < view.depth[zoom]) at = view.left[zoom];
      while (low < high) {
        var middle = (low + high + 1) >> 1;
        if (view.left[row[middle]] <= at) low = middle; else high = middle - 1;
      }
      var node = row[low];
      return node !== undefined && at >= view.left[node] && at < view.left[node] + view.total[node] ? node : -1;
    }

    function beside(step) {
      var row = view.rows[view.depth[chosen]], next = row[row.indexOf(chosen) + step];
      return next >= zoom && next < view.end[zoom] ? next : chosen;
    }

    function key(event) {
      var moves = {
        ArrowUp: function () { choose(view.parent[chosen]); },
        ArrowDown: function () { if (chosen + 1 < view.end[chosen]) choose(chosen < zoom ? zoom : chosen + 1); },
        ArrowLeft: function () { choose(beside(-1)); },
        ArrowRight: function () { choose(beside(1)); },
        Home: function () { choose(zoom); },
        Enter: function () { zoomTo(chosen); },
        " ": function () { zoomTo(chosen); },
        Escape: function () { zoomTo(0); },
        "/": function () { search.focus(); }
      };
      if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      moves[event.key]();
    }

    canvas.addEventListener("pointermove", function (event) { point(nodeAt(event)); });
    canvas.addEventListener("pointerleave", function () { point(-1); });
    canvas.addEventListener("click", function (event) { var node = nodeAt(event); if (node >= 0) zoomTo(node); });
    canvas.addEventListener("keydown", key);
    canvas.addEventListener("focus", redraw);
    canvas.addEventListener("blur", redraw);
    scroller.addEventListener("scroll", redraw, { passive: true });
    search.addEventListener("input", find);
    search.addEventListener("keydown", function (event) {
      if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") { search.value = ""; find(); }
    });
    part(".flame-reset").addEventListener("click", function () { zoomTo(0); });
    figure.querySelectorAll("[data-view]").forEach(function (button) {
      button.addEventListener("click", function () { turn(button.dataset.view); });
    });
    dark.addEventListener("change", function () { readColours(); redraw(); });
    figure.classList.add("drawn");
    readColours();
    turn("down");
    new ResizeObserver(redraw).observe(scroller);
  }

  document.querySelectorAll("[data-flame]").forEach(Flame);
})();

// Buttons that copy and save: the verdict as Markdown, a picture as PNG or SVG, its data and the tables as CSV, the report as
// JSON. Everything is made here, in the page: nothing is sent, nothing is loaded. Where no script runs there are no buttons.
(function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg";
  var WIDTH = 960, MARGIN = 16, ROW = 20, SHARPNESS = 2, STAYS_MS = 6000, KEPT_MS = 60000;
  var FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
  var STYLED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity"];
  var TEXT_STYLED = ["fill", "font-size", "font-weight", "text-anchor"];
  var told = document.getElementById("told"), silence = 0;
  var figures = document.getElementById("figures");
  var series = figures ? JSON.parse(figures.textContent) : {};

  function all(selector, within) {
    return Array.prototype.slice.call((within || document).querySelectorAll(selector));
  }

  // Says what was done, to eyes and to screen readers.
  function tell(text) {
    window.clearTimeout(silence);
    told.textContent = text;
    silence = window.setTimeout(function () { told.textContent = ""; }, STAYS_MS);
  }

  function button(name, label, act) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function save(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, KEPT_MS);
    tell("Saved as " + name + ".");
  }

  function saveText(text, kind, name) {
    save(new Blob([text], { type: kind + ";charset=utf-8" }), name);
  }

  // ---- the verdict as Markdown

  function select(area) {
    area.closest("details").open = true;
    area.focus();
    area.select();
    try {
      if (document.execCommand("copy")) return tell("Copied as Markdown.");
    } catch (refusal) {
      // said below: some browsers throw where others answer false
    }
    tell("This browser does not let a page copy: the text is selected, copy it with Ctrl+C or Cmd+C.");
  }

  function copy(area) {
    if (!navigator.clipboard || !navigator.clipboard.writeText) return select(area);
    navigator.clipboard.writeText(area.value).then(
      function () { tell("Copied as Markdown."); },
      function () { select(area); }
    );
  }

  all(".ticket").forEach(function (details) {
    var area = details.querySelector("textarea");
    details.parentNode.insertBefore(button("Copy as Markdown", "", function () { copy(area); }), details);
  });

  // ---- the whole report as JSON

  all(".whole").forEach(function (holder) {
    var source = document.getElementById("report");
    holder.appendChild(button("Save all as JSON", "Save the whole report as JSON", function () {
      saveText(source.textContent, "application/json", (holder.dataset.name || "gclog-report") + ".json");
    }));
  });

  // ---- CSV

  var FIGURE = /^[+\-]?[\d.,]+( [A-Za-z%/µ]+( [\d.,]+ [A-Za-z]+)?)?$/;

  // A cell of RFC 4180. What a spreadsheet would take for a formula becomes a text: log lines are written by strangers.
  function cell(value) {
    var text = value === null || value === undefined ? "" : String(value).replace(/\s+/g, " ").trim();
    if (/^[=+\-@]/.test(text) && !FIGURE.test(text)) text = "'" + text;
    return /[",]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function lines(rows) {
    return rows.map(function (row) { return row.map(cell).join(",") + "\r\n"; }).join("");
  }

  function figureRows(figure) {
    var rows = [["series", figure.layout.xaxis.title.text, figure.layout.yaxis.title.text, "line"]];
    figure.data.forEach(function (trace) {
      if (trace.meta.role === "interval" || trace.meta.role === "earlier") return; // an outline, not measured
      trace.x.forEach(function (x, i) {
        // an area is drawn from the axis, each slice by its beginning and its end, and back: the ends are the data
        if (trace.meta.area && (i === 0 || i % 2 || i === trace.x.length - 1)) return;
        rows.push([trace.name, x, trace.y[i], trace.customdata ? trace.customdata[i] : ""]);
      });
    });
    return rows;
  }

  function tableRows(table) {
    return Array.prototype.map.call(table.rows, function (row) {
      return Array.prototype.map.call(row.cells, function (one) { return one.textContent; });
    });
  }

  all(".table").forEach(function (holder) {
    var table = holder.querySelector("table"), name = holder.getAttribute("aria-label");
    if (!table.tHead) return;
    var file = ["gclog", holder.closest("[id]").id, name.toLowerCase().replace(/[^a-z]+/g, "-")].join("-") + ".csv";
    var tools = document.createElement("div");
    tools.className = "tools of-table";
    tools.appendChild(button("CSV", "Save the table " + name + " as CSV", function () {
      saveText(lines(tableRows(table)), "text/csv", file);
    }));
    holder.parentNode.insertBefore(tools, holder.nextSibling);
  });

  // ---- pictures

  function element(name, attributes, text) {
    var made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text) made.textContent = text;
    return made;
  }

  // The same drawing with its computed style as attributes, and nothing that only the page understands.
  function styled(drawn) {
    var made = document.createElementNS(SVG, drawn.localName), computed = window.getComputedStyle(drawn);
    ["x", "y", "x1", "x2", "y1", "y2", "dy", "width", "height", "viewBox", "d", "transform"].forEach(function (key) {
      if (drawn.hasAttribute(key)) made.setAttribute(key, drawn.getAttribute(key));
    });
    var names = drawn.localName === "text" ? TEXT_STYLED : /^(rect|line|path)$/.test(drawn.localName) ? STYLED : [];
    names.forEach(function (name) { made.setAttribute(name, computed.getPropertyValue(name)); });
    if (drawn.localName === "text") made.setAttribute("font-family", FONT);
    Array.prototype.forEach.call(drawn.childNodes, function (child) {
      if (child.nodeType === 3) made.appendChild(document.createTextNode(child.nodeValue));
      else if (!/^(title|desc)$/.test(child.localName)) made.appendChild(styled(child));
    });
    return made;
  }

  var ruler = document.createElement("canvas").getContext("2d");

  function widthOf(text, font) {
    ruler.font = font;
    return ruler.measureText(text).width;
  }

  // A sentence in lines of the drawing's width.
  function wrap(text, font) {
    return text.split(/[ \n]+/).reduce(function (rows, word) {
      var longer = rows[rows.length - 1] + (rows[rows.length - 1] ? " " : "") + word;
      if (rows[rows.length - 1] && widthOf(longer, font) > WIDTH - 2 * MARGIN) rows.push(word);
      else rows[rows.length - 1] = longer;
      return rows;
    }, [""]);
  }

  // The picture with its title above and its key and caption below, as it stands alone.
  function compose(figure) {
    var colours = window.getComputedStyle(document.documentElement);
    var ink = colours.getPropertyValue("--ink").trim(), soft = colours.getPropertyValue("--soft").trim();
    var drawing = styled(figure.querySelector(".static svg")), box = drawing.getAttribute("viewBox").split(" ");
    var whole = element("svg", { xmlns: SVG, width: WIDTH, "font-family": FONT }), y = 40;
    function write(text, x, at, size, fill, weight) {
      whole.appendChild(element("text", { x: x, y: at, fill: fill, "font-size": size + "px", "font-weight": weight, "font-family": FONT }, text));
    }
    whole.appendChild(element("rect", { x: 0, y: 0, width: WIDTH, height: 0, fill: colours.getPropertyValue("--card").trim() }));
    write(figure.dataset.title, MARGIN, 26, 16, ink, "600");
    drawing.setAttribute("x", 0);
    drawing.setAttribute("y", y);
    drawing.setAttribute("width", WIDTH);
    drawing.setAttribute("height", box[3]);
    whole.appendChild(drawing);
    y += Number(box[3]) + 18;
    var x = MARGIN;
    all(".key li", figure).forEach(function (entry) {
      var name = entry.textContent, wide = widthOf(name, "13px " + FONT) + 42;
      if (x > MARGIN && x + wide > WIDTH - MARGIN) {
        x = MARGIN;
        y += ROW;
      }
      whole.appendChild(element("rect", { x: x, y: y - 8, width: 14, height: 6, fill: window.getComputedStyle(entry).getPropertyValue("--role").trim() }));
      write(name, x + 21, y, 13, soft, "400");
      x += wide;
    });
    var caption = figure.querySelector(".static p") || figure.querySelector("figcaption");
    wrap(caption.textContent.trim(), "13px " + FONT).forEach(function (row) {
      y += ROW;
      write(row, MARGIN, y, 13, soft, "400");
    });
    y += MARGIN;
    whole.setAttribute("height", y);
    whole.setAttribute("viewBox", [0, 0, WIDTH, y].join(" "));
    whole.firstChild.setAttribute("height", y);
    return whole;
  }

  function number(node, name) {
    return parseFloat(node.getAttribute(name)) || 0;
  }

  // Paints what `compose` made. Painted by hand, so that the page's policy needs to allow no image at all.
  function paint(brush, node) {
    var x = number(node, "x"), y = number(node, "y");
    brush.save();
    if (node.hasAttribute("opacity")) brush.globalAlpha *= parseFloat(node.getAttribute("opacity"));
    var turn = /rotate\((\S+) (\S+) (\S+)\)/.exec(node.getAttribute("transform") || "");
    if (turn) {
      brush.translate(turn[2], turn[3]);
      brush.rotate(turn[1] * Math.PI / 180);
      brush.translate(-turn[2], -turn[3]);
    }
    if (node.localName === "text") {
      brush.font = [node.getAttribute("font-weight"), node.getAttribute("font-size"), FONT].join(" ");
      brush.textAlign = node.getAttribute("text-anchor") === "end" ? "right" : node.getAttribute("text-anchor") === "middle" ? "center" : "left";
      brush.fillStyle = node.getAttribute("fill");
      brush.fillText(node.textContent, x, y + number(node, "dy"));
    } else if (/^(rect|line|path)$/.test(node.localName)) {
      stroke(brush, node, shape(node, x, y));
    } else {
      if (node.localName === "svg" && node.parentNode) {
        var box = node.getAttribute("viewBox").split(" ");
        brush.beginPath();
        brush.rect(x, y, number(node, "width"), number(node, "height"));
        brush.clip();
        brush.translate(x - box[0], y - box[1]);
      }
      Array.prototype.forEach.call(node.children, function (child) { paint(brush, child); });
    }
    brush.restore();
  }

  function shape(node, x, y) {
    var path = new Path2D(node.localName === "path" ? node.getAttribute("d") : "");
    if (node.localName === "rect") path.rect(x, y, number(node, "width"), number(node, "height"));
    if (node.localName === "line") {
      path.moveTo(number(node, "x1"), number(node, "y1"));
      path.lineTo(number(node, "x2"), number(node, "y2"));
    }
    return path;
  }

  function stroke(brush, node, path) {
    var fill = node.getAttribute("fill"), line = node.getAttribute("stroke"), dashes = node.getAttribute("stroke-dasharray");
    if (fill && fill !== "none" && node.localName !== "line") {
      brush.fillStyle = fill;
      brush.fill(path);
    }
    if (!line || line === "none") return;
    brush.strokeStyle = line;
    brush.lineWidth = number(node, "stroke-width") || 1;
    brush.lineCap = node.getAttribute("stroke-linecap") || "butt";
    brush.lineJoin = node.getAttribute("stroke-linejoin") || "miter";
    brush.setLineDash(dashes && dashes !== "none" ? dashes.split(/[ ,]+/).map(parseFloat) : []);
    brush.stroke(path);
  }

  function picture(figure) {
    var whole = compose(figure), canvas = document.createElement("canvas");
    canvas.width = WIDTH * SHARPNESS;
    canvas.height = Math.ceil(number(whole, "height") * SHARPNESS);
    var brush = canvas.getContext("2d");
    brush.scale(SHARPNESS, SHARPNESS);
    paint(brush, whole);
    return new Promise(function (done) { canvas.toBlob(done, "image/png"); });
  }

  function copyPicture(figure, name) {
    function instead() {
      return picture(figure).then(function (blob) {
        save(blob, name);
        tell("This browser does not let a page copy a picture: saved as " + name + ".");
      });
    }
    if (!navigator.clipboard || !navigator.clipboard.write || !window.ClipboardItem) return instead();
    navigator.clipboard.write([new ClipboardItem({ "image/png": picture(figure) })]).then(function () {
      tell("Copied as a picture.");
    }, instead);
  }

  all("figure[data-title]").forEach(function (figure) {
    var title = figure.dataset.title, file = "gclog-" + figure.dataset.name, data = series[figure.dataset.name];
    var tools = document.createElement("div");
    tools.className = "tools";
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Picture: " + title);
    tools.appendChild(button("Copy picture", "", function () { copyPicture(figure, file + ".png"); }));
    tools.appendChild(button("PNG", "Save as PNG", function () {
      picture(figure).then(function (blob) { save(blob, file + ".png"); });
    }));
    tools.appendChild(button("SVG", "Save as SVG", function () {
      saveText(new XMLSerializer().serializeToString(compose(figure)), "image/svg+xml", file + ".svg");
    }));
    if (data) {
      tools.appendChild(button("CSV", "Save the data as CSV", function () {
        saveText(lines(figureRows(data)), "text/csv", file + ".csv");
      }));
    }
    figure.appendChild(tools);
  });
})();

// Draws the figures with plotly.js in place of the static drawings, in the colours of the style sheet.
(function () {
  "use strict";
  var page = document.documentElement;
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var narrow = window.matchMedia("(max-width: 700px)");

  function colour(role) {
    return getComputedStyle(page).getPropertyValue("--" + role).trim();
  }

  function faint(hex, opacity) {
    var value = parseInt(hex.slice(1), 16);
    return "rgba(" + [value >> 16, (value >> 8) & 255, value & 255, opacity].join(",") + ")";
  }

  // A copy of the figure with the colours of its roles, for light or dark, and without what a phone has no room for.
  function dress(figure) {
    var copy = JSON.parse(JSON.stringify(figure));
    copy.data.forEach(function (trace) {
      var own = colour(trace.meta.role);
      trace.line.color = own;
      trace.marker.color = own;
      if (trace.meta.area) trace.fillcolor = faint(own, trace.meta.area);
      if (trace.mode === "markers") trace.marker.opacity = 0.7;
    });
    var layout = copy.layout;
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.font.color = colour("ink");
    layout.hoverlabel = { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } };
    layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: colour("soft"), activecolor: colour("ink") };
    [layout.xaxis, layout.yaxis].forEach(function (axis) {
      axis.gridcolor = colour("line");
      axis.linecolor = colour("line");
    });
    (layout.shapes || []).forEach(function (shape) {
      if (shape.type === "line") shape.line.color = colour(shape.name);
      else shape.fillcolor = colour(shape.name);
    });
    layout.annotations = (layout.annotations || []).filter(function (note) {
      return !(narrow.matches && note.name === "band-name");
    });
    layout.annotations.forEach(function (note) {
      note.font.color = colour(note.name === "band-name" ? "soft" : note.name);
    });
    if (narrow.matches) {
      layout.margin.l = 44;
      layout.yaxis.title.text = "";
      layout.xaxis.nticks = 5;
      layout.showlegend = false; // the page's own key is shown instead
    }
    return copy;
  }

  function draw(holder) {
    var dressed = dress(figures[holder.dataset.figure]);
    holder.parentNode.classList.add("drawn"); // first: plotly measures the holder, which is hidden until then
    Plotly.react(holder, dressed.data, dressed.layout, {
      responsive: true,
      displaylogo: false,
      modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d"],
      scrollZoom: false
    });
    // its ticks and names would be read one by one: the holder's label and the table below say the same
    Array.prototype.forEach.call(holder.querySelectorAll(".main-svg"), function (drawing) {
      drawing.setAttribute("aria-hidden", "true");
    });
  }

  var holders = Array.prototype.slice.call(document.querySelectorAll("[data-figure]"));
  var seen = [];
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      watcher.unobserve(entry.target);
      seen.push(entry.target.firstElementChild);
      draw(entry.target.firstElementChild);
    });
  }, { rootMargin: "600px" });
  holders.forEach(function (holder) {
    watcher.observe(holder.parentNode);
  });

  function redraw() {
    seen.forEach(draw);
  }
  dark.addEventListener("change", redraw);
  narrow.addEventListener("change", redraw);
})();

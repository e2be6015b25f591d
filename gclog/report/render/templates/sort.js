// Sorts a table by a column and filters it by its texts, the columns in which no row has a number. Where no script runs the whole table is shown in its own order.
(function () {
  "use strict";
  var DESCENDING = "descending", ASCENDING = "ascending";

  function make(name, kind, label) {
    var made = document.createElement(name);
    if (kind) made.className = kind;
    if (label) made.textContent = label;
    return made;
  }

  function live(table) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    var titles = heads.map(function (head) { return head.textContent; });
    var keys = rows.map(function (row) { return JSON.parse(row.dataset.keys); });
    var isText = heads.map(function (head, place) { return keys.every(function (row) { return typeof row[place] !== "number"; }); });
    var texts = rows.map(function (row) {
      return heads.map(function (head, place) { return isText[place] ? row.cells[place].textContent.trim().toLowerCase() : ""; });
    });
    var order = rows.map(function (row, place) { return place; });
    var found = make("output"), column = -1, way = "";
    found.setAttribute("aria-live", "polite");

    // What has no number stays at the end; what is equal keeps the report's own order.
    function compare(one, other) {
      var a = isText[column] ? texts[one][column] : keys[one][column], b = isText[column] ? texts[other][column] : keys[other][column];
      if (a === b) return one - other;
      if (a === null || b === null) return a === null ? 1 : -1;
      return (a < b) === (way === ASCENDING) ? -1 : 1;
    }

    function sort(next, direction) {
      column = next;
      way = direction;
      heads.forEach(function (head, place) {
        if (place === column) head.setAttribute("aria-sort", way);
        else head.removeAttribute("aria-sort");
      });
      choice.value = String(column);
      (column < 0 ? order : order.slice().sort(compare)).forEach(function (place) { body.appendChild(rows[place]); });
    }

    function first(place) { return isText[place] ? ASCENDING : DESCENDING; }

    heads.forEach(function (head, place) {
      if (!titles[place]) return;
      var button = make("button", "", titles[place]);
      button.type = "button";
      button.addEventListener("click", function () {
        sort(place, place === column && way === first(place) ? (way === ASCENDING ? DESCENDING : ASCENDING) : first(place));
      });
      head.textContent = "";
      head.appendChild(button);
    });

    var tools = make("div", "tools of-rows"), filter = make("input"), choice = make("select");
    filter.type = "search";
    filter.autocomplete = "off";
    filter.spellcheck = false;
    filter.addEventListener("input", function () {
      var wanted = filter.value.trim().toLowerCase(), shown = 0;
      rows.forEach(function (row, place) {
        row.hidden = !texts[place].some(function (text) { return text.indexOf(wanted) >= 0; });
        shown += row.hidden ? 0 : 1;
      });
      found.textContent = wanted ? shown + " of " + rows.length : "";
    });
    ["as reported"].concat(titles).forEach(function (title, place) {
      if (!title) return;
      var option = make("option", "", title);
      option.value = String(place - 1);
      choice.appendChild(option);
    });
    choice.addEventListener("change", function () { sort(Number(choice.value), first(Number(choice.value))); });
    [["Filter", filter], ["Sort by", choice]].forEach(function (part) {
      var label = make("label", "", part[0] + " ");
      label.appendChild(part[1]);
      tools.appendChild(label);
    });
    tools.appendChild(found);
    table.parentNode.parentNode.insertBefore(tools, table.parentNode);
  }

  Array.prototype.forEach.call(document.querySelectorAll("table.sorted"), live);
})();

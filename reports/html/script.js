
// SPDX-License-Identifier: Apache-2.0
// What a page can do beyond being read: a step lights up in diagram and story together with what led to it, by pointer, click and
// keyboard, and charts tell the values under the pointer. Without it everything is there all the same. It reads only this page,
// writes text as text, and asks nobody for anything.
(function () {
  "use strict";

  function each(list, action) { Array.prototype.forEach.call(list, action); }

  // ---- a counterexample: diagram and story --------------------------------------------------------
  function follow(root) {
    var steps = root.querySelectorAll("[data-step]");
    var edges = root.querySelectorAll("[data-edge]");
    var numbers = [];
    var pinned = null;
    each(root.querySelectorAll("li[data-step]"), function (item) { numbers.push(item.getAttribute("data-step")); });

    // The steps that `number` came from, by the arrows of one drawing; 0 is where a message passes.
    function past(number) {
      var found = {};
      found[number] = true;
      var more = true;
      while (more) {
        more = false;
        each(edges, function (edge) {
          var ends = edge.getAttribute("data-edge").split("-");
          if (ends[0] !== "0" && ends[1] !== "0" && found[ends[1]] && !found[ends[0]]) { found[ends[0]] = true; more = true; }
        });
      }
      return found;
    }

    function show(number) {
      root.classList.toggle("following", number !== null);
      var came = number === null ? {} : past(number);
      each(steps, function (step) {
        var own = step.getAttribute("data-step");
        step.classList.toggle("lit", own === number);
        step.classList.toggle("past", came[own] === true);
      });
      each(edges, function (edge) {
        var ends = edge.getAttribute("data-edge").split("-");
        var known = (ends[0] === "0" || came[ends[0]]) && (ends[1] === "0" || came[ends[1]]);
        edge.classList.toggle("past", known === true);
      });
    }

    function visible(element) { return element !== null && element.getClientRects().length !== 0; }

    function go(number) {
      pinned = number;
      show(number);
      var target = null;
      each(root.querySelectorAll("a[data-step]"), function (node) {
        if (node.getAttribute("data-step") === number && visible(node)) { target = node; }
      });
      if (target === null) { target = root.querySelector("li[data-step='" + number + "'] a"); }
      if (target !== null) { target.focus({ preventScroll: false }); }
    }

    each(steps, function (step) {
      var number = step.getAttribute("data-step");
      step.addEventListener("mouseenter", function () { show(number); });
      step.addEventListener("mouseleave", function () { show(pinned); });
      step.addEventListener("focusin", function () { show(number); });
      step.addEventListener("focusout", function () { show(pinned); });
      step.addEventListener("click", function (event) {
        if (step.tagName.toLowerCase() === "li" && event.target.closest("a") !== null) { event.preventDefault(); go(number); return; }
        pinned = pinned === number && step.tagName.toLowerCase() === "li" ? null : number;
        show(pinned === null ? number : pinned);
      });
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { pinned = null; show(null); }
    });
    root.addEventListener("keydown", function (event) {
      var at = event.target.closest("[data-step]");
      if (at === null) { return; }
      var move = event.key === "ArrowDown" || event.key === "j" ? 1 : event.key === "ArrowUp" || event.key === "k" ? -1 : 0;
      if (move === 0 || event.ctrlKey || event.altKey || event.metaKey) { return; }
      var next = numbers[numbers.indexOf(at.getAttribute("data-step")) + move];
      if (next !== undefined) { event.preventDefault(); go(next); }
    });
  }
  each(document.querySelectorAll("[data-counterexample]"), follow);

  // ---- charts -------------------------------------------------------------------------------------
  var source = document.getElementById("chart-data");
  var data = source === null ? null : JSON.parse(source.textContent);

  function chart(picture) {
    var id = picture.getAttribute("data-chart");
    var readout = document.getElementById(id + "-most");
    var cursor = picture.querySelector(".cursor");
    var about = data.charts[id];
    if (about === undefined || readout === null || cursor === null) { return; }
    var highest = readout.textContent;
    var points = about.lines[0].values.length;
    var at = 0;

    function show(index) {
      at = Math.max(0, Math.min(points - 1, index));
      var x = data.left + (data.right - data.left) * (at + 0.5) / points;
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.classList.add("on");
      var words = (data.seconds * (at + 1) / points).toFixed(3) + " s:";
      about.lines.forEach(function (line, i) {
        var value = line.values[at];
        words += (i === 0 ? " " : ", ") + line.name + " " + (value < 0 ? "-" : value + (about.unit === "" ? "" : " " + about.unit));
      });
      readout.textContent = words;
    }
    function hide() {
      cursor.classList.remove("on");
      readout.textContent = highest;
    }
    picture.addEventListener("mousemove", function (event) {
      var box = picture.getBoundingClientRect();
      var x = (event.clientX - box.left) / box.width * picture.viewBox.baseVal.width;
      show(Math.floor((x - data.left) / (data.right - data.left) * points));
    });
    picture.addEventListener("mouseleave", hide);
    picture.addEventListener("blur", hide);
    picture.addEventListener("keydown", function (event) {
      if (event.key === "ArrowRight") { show(at + 1); event.preventDefault(); }
      else if (event.key === "ArrowLeft") { show(at - 1); event.preventDefault(); }
      else if (event.key === "Escape") { hide(); }
    });
  }
  if (data !== null) { each(document.querySelectorAll("[data-chart]"), chart); }

  // A story that a link leads to is unfolded, in browsers that do not do so by themselves.
  function unfold() {
    for (var at = document.getElementById(location.hash.slice(1)); at; at = at.parentElement) { if (at.tagName === "DETAILS") { at.open = true; } }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
  // Paper shows what is folded.
  window.addEventListener("beforeprint", function () { each(document.querySelectorAll("details"), function (part) { part.open = true; }); });
}());

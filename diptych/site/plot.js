// The plot of all networks: MACs to the right, parameters up. It is drawn anew for the room that there is.
"use strict";
(() => {
  const _ = window.say, at = (id) => document.getElementById(id), SVG = "http://www.w3.org/2000/svg";
  const box = at("plot"), all = window.DIPTYCH.networks.filter((row) => row.macs > 0 && row.params > 0);
  const short = (n) => (n >= 1e9 ? `${(n / 1e9).toPrecision(3)} G` : n >= 1e6 ? `${(n / 1e6).toPrecision(3)} M` : n.toLocaleString("en"));
  const round = (n) => { const [unit, size] = n >= 1e9 ? [" G", 1e9] : n >= 1e6 ? [" M", 1e6] : [" k", 1e3]; return `${Number((n / size).toPrecision(3))}${unit}`; };
  // Shapes as well as colours, for those who cannot tell these apart.
  const ERAS = [
    { to: 2014, mark: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0" }, { to: 2017, mark: "M-3.6 -3.6h7.2v7.2h-7.2z" },
    { to: 2019, mark: "M0 -4.6L4.4 3.2H-4.4z" }, { to: 9999, mark: "M0 -5L5 0L0 5L-5 0z" },
  ];
  const era = (year) => ERAS.findIndex((item) => year <= item.to);
  const LANDMARKS = ["lenet5_1998", "alexnet", "vgg16", "googlenet", "resnet50", "mobilenet_v2", "squeezenet1_0", "efficientnet_b7.tf",
    "yolov3", "densenet121", "lenet5_modern", "efficientnet_b0", "xception", "mobilenet_v3_small", "shufflenet_v2_x0_5", "resnet18",
    "inception_v3", "efficientdet_d7", "yolox_s", "senet154", "resnet152", "ghostnet_1_0", "mnasnet0_5", "yolov5n"];
  let points = [], current = null;

  function make(parent, kind, attributes, text) {
    const made = parent.appendChild(document.createElementNS(SVG, kind));
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  }

  const fits = (row) => {
    const family = at("plot-family").value, [least, most] = (at("plot-macs").value || "0-1e9").split("-").map((n) => Number(n) * 1e9);
    return row.macs >= least && row.macs < most && (!family || row.family === family) && row.year >= Number(at("plot-from").value) && row.year <= Number(at("plot-to").value);
  };
  // The scales are those of what is shown, with some room, and half a power of ten at least.
  function ends(values) {
    const low = Math.log10(Math.min(...values)), high = Math.log10(Math.max(...values)), more = Math.max(0.05 * (high - low), (0.5 - high + low) / 2, 0.04);
    return [low - more, high + more];
  }
  function ticks([low, high]) {
    const found = [], parts = high - low < 1.7 ? [1, 2, 5] : [1];
    for (let p = Math.floor(low); p <= high; p += 1) for (const part of parts) found.push(part * 10 ** p);
    return found.filter((n) => Math.log10(n) >= low && Math.log10(n) <= high);
  }

  function draw() {
    const width = box.clientWidth, height = Math.round(Math.min(640, Math.max(400, width * 0.62)));
    const left = 46, right = 12, top = 20, bottom = 42;
    const shown = all.some(fits) ? all.filter(fits) : all, across = ends(shown.map((row) => row.macs)), up = ends(shown.map((row) => row.params));
    const [x0, x1] = across, [y0, y1] = up;
    const x = (n) => left + (width - left - right) * (Math.log10(n) - x0) / (x1 - x0);
    const y = (n) => height - bottom - (height - top - bottom) * (Math.log10(n) - y0) / (y1 - y0);
    const svg = document.createElementNS(SVG, "svg");
    for (const [key, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, role: "group" })) svg.setAttribute(key, value);
    svg.setAttribute("aria-label", _("Parameters against multiply-accumulates"));
    for (const n of ticks(across)) {
      make(svg, "path", { class: "grid", d: `M${x(n)} ${top}V${height - bottom}` });
      make(svg, "text", { x: Math.min(x(n), width - 20), y: height - bottom + 16, "text-anchor": "middle" }, round(n));
    }
    for (const n of ticks(up)) {
      make(svg, "path", { class: "grid", d: `M${left} ${y(n)}H${width - right}` });
      make(svg, "text", { x: left - 6, y: y(n) + 4, "text-anchor": "end" }, round(n));
    }
    make(svg, "text", { x: width - right, y: height - 6, "text-anchor": "end" }, `${_("MACs")} →`);
    make(svg, "text", { x: 2, y: 11 }, `↑ ${_("parameters")}`);
    // What is filtered out stays as a faint ground, below the others.
    const rows = [...all].sort((a, b) => fits(a) - fits(b) || a.macs - b.macs || a.params - b.params);
    const inside = (point) => point.x >= left && point.x <= width - right && point.y >= top && point.y <= height - bottom;
    points = rows.map((row) => ({ row, x: x(row.macs), y: y(row.params), on: fits(row) })).filter(inside);
    for (const point of points) {
      const place = point.on ? make(svg, "a", { href: `networks/${row_file(point.row)}.html`, tabindex: -1, "aria-label": said(point.row) }) : svg;
      point.place = place;
      point.mark = make(place, "path", { class: `mark e${era(point.row.year)}${point.on ? "" : " off"}`, d: ERAS[era(point.row.year)].mark,
        transform: `translate(${point.x.toFixed(1)} ${point.y.toFixed(1)}) scale(${width < 600 ? 0.8 : 1})` });
    }
    points = points.filter((point) => point.on);
    box.replaceChildren(svg);
    label(svg, width);
    listen(svg);
    const again = current && points.find((point) => point.row.name === current.row.name);
    current = null;
    if (again) choose(again, false);
    else if (points.length) points[0].place.setAttribute("tabindex", 0);
    at("count").textContent = points.length === 1 ? _("1 network") : _("{count} networks", { count: points.length });
    list();
  }

  // What a filter leaves, as words: beside their points not all names have room.
  function list() {
    const chosen = points.length < all.length ? [...points].sort((one, other) => one.row.macs - other.row.macs) : [];
    at("shown").replaceChildren(...chosen.map((point) => {
      const item = document.createElement("li"), link = item.appendChild(document.createElement("a"));
      link.href = `networks/${row_file(point.row)}.html`;
      link.textContent = point.row.title;
      return item;
    }));
  }

  const row_file = (row) => encodeURIComponent(row.name);
  const said = (row) => _("{title}, {year}: {params} parameters, {macs} MACs", { title: row.title, year: row.year, params: short(row.params), macs: short(row.macs) });

  // Names beside their points, as many as there is room for: of few networks all, else those that people know.
  function label(svg, width) {
    const few = points.length <= 40 && points.length < all.length, taken = [], texts = new Set(), most = width < 600 ? 10 : 40;
    const wanted = few ? [...points].reverse() : LANDMARKS.map((name) => points.find((point) => point.row.name === name)).filter(Boolean);
    for (const point of wanted) {
      const name = few ? point.row.title : point.row.title.replace(/ \(.*\)/, "");
      if (taken.length >= most || texts.has(name)) continue;
      const text = make(svg, "text", { class: "name", y: point.y + 4 }, name);
      const long = text.getComputedTextLength();
      const spots = [point.x + 8, point.x - 8 - long].filter((x) => x >= 0 && x + long <= width).map((x) => ({ x, y: point.y - 8, long }));
      const spot = spots.find((one) => taken.every((other) => one.x + one.long < other.x - 3 || other.x + other.long < one.x - 3 || Math.abs(one.y - other.y) > 14));
      if (spot) { text.setAttribute("x", spot.x); taken.push(spot); texts.add(name); } else text.remove();
    }
  }

  function choose(point, focus) {
    if (current) { current.mark.classList.remove("lit"); current.place.setAttribute("tabindex", -1); } else points[0].place.setAttribute("tabindex", -1);
    current = point;
    point.mark.classList.add("lit");
    point.place.setAttribute("tabindex", 0);
    point.place.parentNode.insertBefore(point.place, point.place.parentNode.querySelector(".name"));
    const link = document.createElement("a");
    link.href = point.place.getAttribute("href");
    link.textContent = point.row.title;
    const rest = document.createElement("span");
    rest.textContent = _("{year}, {params} parameters, {macs} MACs", { year: point.row.year, params: short(point.row.params), macs: short(point.row.macs) });
    at("told").replaceChildren(link, " ", rest);
    if (focus) point.place.focus({ preventScroll: true });
  }

  function nearest(event) {
    const frame = box.getBoundingClientRect(), x = event.clientX - frame.left, y = event.clientY - frame.top;
    let best = null, least = 28 ** 2;
    for (const point of points) {
      const far = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  }

  function listen(svg) {
    svg.addEventListener("pointermove", (event) => {
      const point = event.pointerType === "touch" ? null : nearest(event);
      if (point && point !== current) choose(point, false);
      svg.style.cursor = point ? "pointer" : "";
    });
    // A finger shows what it meets first; the link above the plot, or a second touch, opens the page.
    let before = null;
    svg.addEventListener("pointerdown", () => { before = current; });
    svg.addEventListener("click", (event) => {
      if (event.detail === 0) return; // Enter
      event.preventDefault();
      const point = nearest(event);
      if (!point) return;
      choose(point, true);
      if (event.pointerType !== "touch" || point === before) location.href = point.place.href.baseVal;
    });
    svg.addEventListener("focusin", (event) => {
      const point = points.find((one) => one.place === event.target);
      if (point && point !== current) choose(point, false);
    });
  }

  const KEYS = { ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowUp: ["y", -1], ArrowDown: ["y", 1], Home: ["x", -Infinity], End: ["x", Infinity] };
  box.addEventListener("keydown", (event) => {
    const [axis, way] = KEYS[event.key] || [];
    if (!axis || !points.length) return;
    event.preventDefault();
    const order = [...points].sort((a, b) => a[axis] - b[axis] || a.x - b.x || (a.row.name < b.row.name ? -1 : 1));
    const place = order.indexOf(current || points[0]);
    choose(order[Math.max(0, Math.min(order.length - 1, place + way))], true);
  });

  ERAS.forEach((item, index) => {
    const line = at("eras").appendChild(document.createElement("li")), svg = document.createElementNS(SVG, "svg");
    for (const [key, value] of Object.entries({ width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" })) svg.setAttribute(key, value);
    make(svg, "path", { class: `mark e${index}`, d: item.mark });
    const from = index ? ERAS[index - 1].to + 1 : 0;
    line.append(svg, !from ? _("until {to}", { to: item.to }) : item.to === 9999 ? _("from {from} on", { from }) : `${from}–${item.to}`);
  });
  const asked = decodeURIComponent(location.hash.slice(1));
  if ([...at("plot-family").options].some((option) => option.value === asked)) at("plot-family").value = asked;
  for (const id of ["plot-family", "plot-macs", "plot-from", "plot-to"]) at(id).addEventListener("input", draw);
  new ResizeObserver(() => { if (box.firstChild?.clientWidth !== box.clientWidth) draw(); }).observe(box);
  draw();
})();

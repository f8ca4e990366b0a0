"use strict";
(() => {
  const root = document.documentElement, byId = (id) => document.getElementById(id);
  const known = JSON.parse(byId("data").textContent);
  const _ = (text, values = {}) => (known.words[text] ?? text).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const cols = document.querySelector(".cols"), heads = document.querySelector(".heads"), status = byId("status");
  const prefix = { t: "L", s: "S", k: "K" }, keys = ["t", "s", "k"], narrow = matchMedia("(max-width: 899px)");
  const column = (key) => cols.querySelector(`.col.${key}`);
  const line = (key, number) => byId(prefix[key] + number);
  const folded = (item) => item?.closest("details.rest:not([open])");  // a line of the spec that a closed fold hides
  const keyOf = (item) => keys.find((key) => prefix[key] === item.id[0]);
  const back = {};  // line of the spec -> lines of the emitted files
  for (const [number, [, spec]] of Object.entries(known.lines)) for (const s of spec) (back[s] ??= []).push(+number);
  root.classList.add("js");

  // What a line is one with, in every column.
  const twins = (key, number) => key === "s"
    ? { t: back[number] ?? [], s: [number], k: back[number] ?? [] }
    : { t: [number], s: known.lines[number]?.[1] ?? [], k: [number] };

  const count = (n) => n.toLocaleString("en");
  const list = (names) => names.length > 5
    ? _("{names} and {n} more", { names: names.slice(0, 4).join(", "), n: names.length - 4 }) : names.join(", ");

  function describe(key, number) {
    if (key === "s") {
      const lines = back[number] ?? [];
      if (!lines.length) return _("Spec, line {number}: it makes no line of its own.", { number });
      return lines.length === 1 ? _("Spec, line {number}: makes line {lines} of both files.", { number, lines: list(lines) })
        : _("Spec, line {number}: makes lines {lines} of both files.", { number, lines: list(lines) });
    }
    const [paths, spec, nchw, nhwc, parameters, macs] = known.lines[number] ?? [[], []];
    if (!paths.length) return _("Line {number} of both files.", { number });
    const parts = [_("Line {number}: {paths}", { number, paths: list(paths) }), nchw && `${nchw} (NCHW)`, nhwc && nhwc !== nchw && `${nhwc} (NHWC)`,
      parameters && _("{n} parameters", { n: count(parameters) }), macs && `${count(macs)} MACs`];
    if (spec.length) parts.push(spec.length === 1 ? _("spec line {lines}", { lines: list(spec) }) : _("spec lines {lines}", { lines: list(spec) }));
    return parts.filter(Boolean).join("  ·  ");
  }

  let chosen = null;
  function clear() {
    for (const item of cols.querySelectorAll(".on, [aria-current]")) { item.classList.remove("on"); item.removeAttribute("aria-current"); }
    chosen = null;
  }
  function select(item, { focus = true, centre = false, hash = true } = {}) {
    const key = keyOf(item), number = item.value, lit = twins(key, number);
    clear();
    chosen = item;
    const fold = folded(item);
    if (fold) fold.open = true;
    for (const other of keys) for (const n of lit[other]) line(other, n)?.classList.add("on");
    item.setAttribute("aria-current", "true");
    for (const other of keys) if (lit[other].length) stop(other, met(other, lit[other]));
    stop(key, item);
    status.textContent = describe(key, number);
    if (focus) item.focus({ preventScroll: true });
    item.scrollIntoView({ block: centre ? "center" : "nearest", inline: "nearest", behavior: "instant" });
    if (hash) try { history.replaceState(null, "", "#" + item.id); } catch { /* a page without an address */ }
  }

  // Of the lines that another one meets, the first that is not folded away.
  const met = (key, numbers) => { const items = numbers.map((n) => line(key, n)); return items.find((item) => item && !folded(item)) ?? items[0]; };

  // One stop of the Tab key per column, and the arrow keys inside it.
  const stops = {};
  function stop(key, item) {
    if (!item) return;
    stops[key]?.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    stops[key] = item;
  }
  for (const key of keys) stop(key, column(key).querySelector("li"));

  function moved(item, step) {
    const items = [...column(keyOf(item)).querySelectorAll("li")].filter((other) => !folded(other));
    return items[Math.max(0, Math.min(items.length - 1, items.indexOf(item) + step))];
  }
  function across(item, step) {
    const key = keys[keys.indexOf(keyOf(item)) + step];
    if (!key) return null;
    if (!narrow.matches && getComputedStyle(column(key)).display === "none") return twin(item, step > 0 ? "k" : "t");
    if (narrow.matches) show(key);
    return twin(item, key);
  }
  cols.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item && getSelection().isCollapsed) select(item);
  });
  cols.addEventListener("keydown", (event) => {
    const item = event.target.closest("li");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: () => moved(item, 1), ArrowUp: () => moved(item, -1), Home: () => moved(item, -1e6), End: () => moved(item, 1e6),
      ArrowRight: () => across(item, 1), ArrowLeft: () => across(item, -1), Enter: () => item, " ": () => item };
    if (event.key === "Escape") { clear(); status.textContent = _("No line is chosen."); return; }
    const next = steps[event.key]?.();
    if (next) { event.preventDefault(); select(next); }
  });
  cols.addEventListener("mouseover", (event) => {
    const item = event.target.closest("li");
    if (item && !item.title && known.lines[item.value] && keyOf(item) !== "s") item.title = describe("t", item.value);
  });

  // Which stretch of the page a line stands in: the number of strips before it.
  const stretch = new Map(), starts = {};
  for (const key of keys) {
    let number = -1;
    starts[key] = [];
    for (const item of column(key).querySelectorAll(".strip, li")) {
      if (item.tagName !== "LI") { number += 1; continue; }
      stretch.set(item, number);
      starts[key][number] ??= item;
    }
  }
  // The twin of a line in another column, or of the nearest line of its stretch that has one, or where the stretch starts.
  function twin(item, key) {
    const own = [...column(keyOf(item)).querySelectorAll("li")].filter((other) => stretch.get(other) === stretch.get(item));
    const at = own.indexOf(item);
    for (const other of [...own.slice(0, at + 1).reverse(), ...own.slice(at)]) {
      const found = twins(keyOf(other), other.value)[key];
      if (found.length) return met(key, found);
    }
    return starts[key][stretch.get(item)] ?? starts[key].findLast((start, number) => start && number < stretch.get(item)) ?? starts[key].find(Boolean);
  }

  // One column at a time on a phone, at the line that was in view.
  function show(key) {
    const from = column(cols.dataset.c), top = heads.getBoundingClientRect().bottom, bottom = innerHeight - 60;
    const seen = [...from.querySelectorAll("li")].find((item) => !folded(item) && item.getBoundingClientRect().top >= top);
    const inView = (item) => !folded(item) && item.getBoundingClientRect().top >= top && item.getBoundingClientRect().top < bottom;
    const lit = [...from.querySelectorAll("[aria-current], .on")].find(inView);
    const start = lit ?? seen, before = start?.getBoundingClientRect().top ?? 0;
    const goal = start && before < bottom ? twin(lit ? chosen : start, key) : null;
    cols.dataset.c = heads.dataset.c = key;
    for (const button of heads.querySelectorAll(".switch button")) button.setAttribute("aria-pressed", String(button.dataset.c === key));
    if (goal) scrollBy({ top: goal.getBoundingClientRect().top - before, behavior: "instant" });
  }
  heads.dataset.c = "t";
  for (const button of heads.querySelectorAll(".switch button")) button.addEventListener("click", () => {
    if (button.dataset.c !== cols.dataset.c) show(button.dataset.c);
  });

  // Sideways, PyTorch and TensorFlow go together; a scroll bar of each stays in view.
  const bar = (key) => document.querySelector(`.bars [data-c=${key}]`);
  function follow(source, targets) {
    source.addEventListener("scroll", () => { for (const other of targets) if (other.scrollLeft !== source.scrollLeft) other.scrollLeft = source.scrollLeft; });
  }
  for (const [key, mates] of [["t", ["k"]], ["s", []], ["k", ["t"]]]) {
    follow(column(key), [bar(key), ...mates.map(column)]);
    follow(bar(key), [column(key)]);
  }
  const noted = [...cols.querySelectorAll("li[data-n]")];
  function measure() {
    // A note stands after its line where there is room for it, and never makes a line longer.
    cols.classList.add("bare");
    const full = noted.map((item) => {
      const text = document.createRange();
      text.selectNodeContents(item);
      const end = [...text.getClientRects()].at(-1)?.right ?? 0;
      return end + 44 + 7 * item.dataset.n.length > item.getBoundingClientRect().right;
    });
    noted.forEach((item, index) => item.classList.toggle("full", full[index]));
    cols.classList.remove("bare");
    for (const key of keys) {
      const wide = column(key).scrollWidth > column(key).clientWidth + 1;
      bar(key).firstElementChild.style.width = wide ? `${column(key).scrollWidth}px` : "0";
    }
  }
  addEventListener("resize", measure);

  // Buttons.
  const kept = { get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* nothing is kept */ } } };
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  function theme(name) { if (name) root.dataset.theme = name; byId("theme").textContent = dark() ? _("Light") : _("Dark"); }
  byId("theme").addEventListener("click", () => { theme(dark() ? "light" : "dark"); kept.set("diptych-theme", root.dataset.theme); });
  theme(["light", "dark"].includes(kept.get("diptych-theme")) ? kept.get("diptych-theme") : "");

  function press(id, on) { byId(id).setAttribute("aria-pressed", String(on)); }
  function wrap(on) { cols.classList.toggle("wrap", on); press("wrap", on); measure(); }
  byId("wrap").addEventListener("click", () => wrap(!cols.classList.contains("wrap")));
  wrap(true);
  byId("spec").addEventListener("click", () => {
    const two = byId("code").classList.toggle("two");
    press("spec", !two);
    measure();
  });

  const whole = (key) => key === "s" ? known.zoo : [...column(key).querySelectorAll("li")].map((item) => item.textContent + "\n").join("");
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); return; } catch { /* the older way */ }
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  document.addEventListener("click", async (event) => {
    const { copy: copied, save } = event.target.dataset ?? {};
    if (copied) { await copy(whole(copied)); status.textContent = _("{file} is copied.", { file: known.files[copied] }); }
    if (save) {
      const address = URL.createObjectURL(new Blob([whole(save)], { type: "text/x-python" }));
      Object.assign(document.createElement("a"), { href: address, download: known.files[save] }).click();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    }
  });

  function open() {
    const item = /^#[LSK]\d+$/.test(location.hash) && byId(location.hash.slice(1));
    if (!item) return;
    if (narrow.matches) show(keyOf(item));
    select(item, { centre: true, focus: false, hash: false });
  }
  addEventListener("hashchange", open);
  measure();
  open();
})();

// The lists of the site: search, filters, order and comparison. The data stands in data.js, so that a folder is enough.
"use strict";
(() => {
  const known = window.DIPTYCH, _ = window.say;
  const byName = new Map(known.networks.map((row) => [row.name, row]));
  const at = (id) => document.getElementById(id);
  const named = (kind) => (known.kinds?.[kind] ? `${known.kinds[kind]} (${kind})` : kind);
  const short = (n) => (n >= 1e9 ? `${(n / 1e9).toPrecision(3)} G` : n >= 1e6 ? `${(n / 1e6).toPrecision(3)} M` : `${n}`);
  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const told = (text) => { at("count").textContent = text; };

  const text = (row) => [row.name, row.title, row.family, row.paper, row.form, row.year, row.arxiv, ...Object.keys(row.ops), ...row.traps]
    .join(" ").toLowerCase();

  function list() {
    const body = at("list").tBodies[0];
    const lines = [...body.rows].map((line) => ({ line, row: byName.get(line.dataset.name), text: text(byName.get(line.dataset.name)) }));
    const marked = () => lines.filter((item) => item.line.querySelector("input").checked).map((item) => item.row.name);
    const link = () => { at("compare").href = `compare.html#${marked().slice(0, 3).join(",")}`; };
    function show() {
      const asked = words(at("q").value), family = at("family").value;
      const [least, most] = (at("params").value || "0-1e9").split("-").map((n) => Number(n) * 1e6);
      let count = 0;
      for (const item of lines) {
        const fits = asked.every((word) => item.text.includes(word)) && (!family || item.row.family === family) &&
          item.row.params >= least && item.row.params < most;
        item.line.hidden = !fits;
        count += fits;
      }
      told(count === 1 ? _("1 network") : _("{count} networks", { count }));
    }
    function sort() {
      const key = at("order").value;
      lines.sort((a, b) => (a.row[key] < b.row[key] ? -1 : a.row[key] > b.row[key] ? 1 : a.row.name < b.row.name ? -1 : 1));
      body.append(...lines.map((item) => item.line));
    }
    const asked = new URLSearchParams(location.hash.slice(1)).get("q");
    if (asked) at("q").value = asked;
    for (const id of ["q", "family", "params"]) at(id).addEventListener("input", show);
    at("order").addEventListener("input", sort);
    body.addEventListener("change", link);
    sort();
    show();
    link();
  }

  function traps() {
    const items = [...document.querySelectorAll(".trap")].map((place) => ({ place, text: place.textContent.toLowerCase() }));
    function show() {
      const asked = words(at("q").value), section = at("section").value, by = at("by").value;
      const met = by ? new Set(byName.get(by).traps) : null;
      let count = 0;
      for (const { place, text: said } of items) {
        const fits = asked.every((word) => said.includes(word)) && (!section || place.dataset.section === section) &&
          (!met || met.has(place.id));
        place.hidden = !fits;
        count += fits;
      }
      told(count === 1 ? _("1 trap") : _("{count} traps", { count }));
    }
    for (const id of ["q", "section", "by"]) at(id).addEventListener("input", show);
    show();
  }

  function side() {
    const picks = [...document.querySelectorAll(".pick")];
    const cell = (line, kind, content, name) => {
      const made = line.appendChild(document.createElement(kind));
      if (content instanceof Node) made.append(content); else made.textContent = content;
      if (name) made.className = name;
      return made;
    };
    function show() {
      const rows = picks.map((pick) => byName.get(pick.value)).filter(Boolean), table = at("side");
      table.replaceChildren();
      if (!rows.length) return;
      const add = (head, values, numbers) => {
        const line = table.insertRow();
        cell(line, "th", head).scope = "row";
        const least = numbers && Math.min(...values);
        for (const value of values) cell(line, "td", numbers ? short(value) : value, numbers && rows.length > 1 && value === least ? "best" : "");
      };
      add(_("network"), rows.map((row) => {
        const link = document.createElement("a");
        link.href = `networks/${row.name}.html`;
        link.textContent = row.title;
        return link;
      }));
      add(_("paper"), rows.map((row) => `${row.year}, ${row.paper}`));
      add(_("form of"), rows.map((row) => row.form));
      add(_("input (C, H, W)"), rows.map((row) => row.input));
      add(_("parameters"), rows.map((row) => row.params), true);
      add(_("MACs"), rows.map((row) => row.macs), true);
      add(_("layers"), rows.map((row) => row.layers), true);
      const kinds = [...new Set(rows.flatMap((row) => Object.keys(row.ops)))].sort();
      for (const kind of kinds) add(named(kind), rows.map((row) => String(row.ops[kind] || "-")));
      const all = new Set(rows.flatMap((row) => row.traps));
      const apart = [...all].filter((id) => !rows.every((row) => row.traps.includes(id)));
      for (const id of apart) add(_("trap: {title}", { title: known.traps.find((item) => item.id === id).title }), rows.map((row) => (row.traps.includes(id) ? _("met") : "-")));
      history.replaceState(null, "", `#${rows.map((row) => row.name).join(",")}`);
    }
    decodeURIComponent(location.hash.slice(1)).split(",").forEach((name, place) => { if (picks[place] && byName.has(name)) picks[place].value = name; });
    for (const pick of picks) pick.addEventListener("input", show);
    show();
  }

  function tree() {
    for (const box of document.querySelectorAll(".tree a")) {
      const lines = document.querySelectorAll(`.tree path[data-from="${box.dataset.family}"], .tree path[data-to="${box.dataset.family}"]`);
      const light = (on) => lines.forEach((line) => line.classList.toggle("lit", on));
      for (const event of ["mouseenter", "focus"]) box.addEventListener(event, () => light(true));
      for (const event of ["mouseleave", "blur"]) box.addEventListener(event, () => light(false));
    }
  }

  if (at("list")) list();
  if (at("section")) traps();
  if (at("side")) side();
  tree();
})();

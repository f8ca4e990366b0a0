// Windows of a convolution or a pool in either framework, along one axis; both axes of the picture are alike.
"use strict";
(() => {
  const _ = window.say;
  const reach = (set) => set.dilation * (set.kernel - 1) + 1;

  // {before, after, out}: pads and the number of windows. `after` may be more than asked for, where ceil mode hangs over.
  function explicit(set, pad, ceil) {
    const whole = set.size + 2 * pad - reach(set);
    let out = Math.floor(whole / set.stride) + 1;
    if (ceil && whole % set.stride) {
      const more = out + 1;
      if ((more - 1) * set.stride < set.size + pad) out = more; // a window that began in the pads is left out
    }
    return { before: pad, after: Math.max(pad, (out - 1) * set.stride + reach(set) - set.size - pad), out };
  }

  function same(set) {
    const out = Math.ceil(set.size / set.stride), total = Math.max((out - 1) * set.stride + reach(set) - set.size, 0);
    return { before: total >> 1, after: total - (total >> 1), out };
  }

  const torch = (set) => explicit(set, set.pad, set.ceil && set.kind === "pool");
  const keras = (set) => (set.theirs === "same" ? same(set) : explicit(set, set.theirs === "zero" ? set.pad : 0, false));
  window.arithmetic = { torch, keras };

  const at = (id) => document.getElementById(id);
  const read = () => {
    const set = { kind: at("kind").value, theirs: at("theirs").value, ceil: at("ceil").checked };
    for (const id of ["size", "kernel", "stride", "dilation", "pad"]) {
      const field = at(id), value = Math.round(Number(field.value)) || Number(field.min);
      set[id] = Math.min(Math.max(value, Number(field.min)), Number(field.max));
    }
    if (set.kind === "pool") {
      set.dilation = 1;
      set.pad = Math.min(set.pad, set.kernel >> 1); // PyTorch refuses more than half the kernel
    }
    return set;
  };

  function codes(set) {
    const pool = set.kind === "pool", more = set.dilation > 1;
    const left = pool
      ? `nn.MaxPool2d(${set.kernel}, stride=${set.stride}, padding=${set.pad}${set.ceil ? ", ceil_mode=True" : ""})`
      : `nn.Conv2d(c, f, ${set.kernel}, stride=${set.stride}, padding=${set.pad}${more ? `, dilation=${set.dilation}` : ""})`;
    const words = set.theirs === "same" ? ', padding="same"' : "";
    const right = pool
      ? `layers.MaxPooling2D(${set.kernel}, strides=${set.stride}${words})`
      : `layers.Conv2D(f, ${set.kernel}, strides=${set.stride}${words}${more ? `, dilation_rate=${set.dilation}` : ""})`;
    return [left, set.theirs === "zero" && set.pad ? `layers.ZeroPadding2D(${set.pad})\n${right}` : right];
  }

  function draw(side, set, found, show) {
    const wide = found.before + set.size + found.after, grid = at(`in-${side}`), out = at(`out-${side}`);
    grid.style.gridTemplateColumns = `repeat(${wide}, 1fr)`;
    out.style.gridTemplateColumns = `repeat(${Math.max(found.out, 1)}, 1fr)`;
    const inside = (n) => n >= found.before && n < found.before + set.size;
    grid.replaceChildren(...Array.from({ length: wide * wide }, (none, n) => {
      const cell = document.createElement("i");
      if (!inside(Math.floor(n / wide)) || !inside(n % wide)) cell.className = "pads";
      return cell;
    }));
    out.replaceChildren(...Array.from({ length: Math.max(found.out, 0) ** 2 }, (none, n) => {
      const cell = document.createElement("button"), row = Math.floor(n / found.out), column = n % found.out;
      cell.type = "button";
      cell.setAttribute("aria-label", _("row {row}, column {column}", { row: row + 1, column: column + 1 }));
      for (const event of ["mouseenter", "focus"]) cell.addEventListener(event, () => show(row, column));
      return cell;
    }));
    return (row, column) => {
      const taps = (n) => Array.from({ length: set.kernel }, (_, k) => n * set.stride + k * set.dilation);
      const lit = new Set(row < found.out && column < found.out ? taps(row).flatMap((y) => taps(column).map((x) => y * wide + x)) : []);
      [...grid.children].forEach((cell, n) => cell.classList.toggle("lit", lit.has(n)));
      [...out.children].forEach((cell, n) => cell.classList.toggle("lit", n === row * found.out + column && row < found.out && column < found.out));
    };
  }

  function told(set, left, right) {
    if (left.out < 1 || right.out < 1) return _("The kernel is larger than the padded image: there is no output.");
    const numbers = { left: left.out, right: right.out, before: left.before, after: right.before };
    const sizes = left.out === right.out ? _("Both answer with {left}x{left}", numbers) : _("PyTorch answers with {left}x{left}, Keras with {right}x{right}", numbers);
    const where = left.before !== right.before
      ? _("; the first window begins {before} before the image in PyTorch and {after} in Keras: every number is of other pixels.", numbers)
      : left.out === right.out ? _("; and each number is of the same pixels: the same function.") : _("; from the same first pixel on.");
    const torchRefuses = set.theirs === "same" && set.stride > 1 ? _(" (PyTorch refuses padding=\"same\" at this stride.)") : "";
    return sizes + where + torchRefuses;
  }

  function renew() {
    const set = read(), found = { torch: torch(set), keras: keras(set) }, lights = [];
    const show = (row, column) => lights.forEach((light) => light(row, column));
    for (const side of ["torch", "keras"]) lights.push(draw(side, set, found[side], show));
    const [left, right] = codes(set);
    at("code-torch").textContent = left;
    at("code-keras").textContent = right;
    at("verdict").textContent = told(set, found.torch, found.keras);
    show(0, 0);
  }

  at("setting").addEventListener("input", renew);
  renew();
})();

// The texts of the scripts in the language of the page, and the language that was chosen before.
"use strict";
window.say = (text, values = {}) => (window.DIPTYCH_WORDS[text] ?? text).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
(() => {
  const key = "diptych-language", own = document.documentElement.lang;
  const kept = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (name) => { try { localStorage.setItem(key, name); } catch { /* nothing is kept */ } };
  document.addEventListener("DOMContentLoaded", () => {
    const link = document.querySelector("[data-language]");
    link.addEventListener("click", () => { keep(link.dataset.language); link.hash = location.hash; });
    if (kept() === link.dataset.language && kept() !== own) location.replace(link.href + location.hash);
  });
})();

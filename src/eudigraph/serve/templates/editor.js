"use strict";
// The editor works without this script; it adds running by key, completion of terms, and the place of an error.
const text = document.getElementById("query");
const list = document.getElementById("terms");
const vocabulary = JSON.parse(document.getElementById("vocabulary").textContent);
let chosen = 0;

function word() {
  return text.value.slice(0, text.selectionStart).match(/[\w-]*:?[\w-]*$/)[0];
}

function close() {
  list.hidden = true;
  list.replaceChildren();
}

function choose(index) {
  chosen = (index + list.children.length) % list.children.length;
  [...list.children].forEach((item, i) => item.setAttribute("aria-selected", i === chosen));
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

function take(term) {
  const end = text.selectionStart;
  text.setRangeText(term, end - word().length, end, "end");
  close();
  text.focus();
}

function complete() {
  const begun = word();
  const same = (term) => (term.startsWith(begun) ? 0 : term.toLowerCase().startsWith(begun.toLowerCase()) ? 1 : 2);
  const found = vocabulary.filter((term) => term.toLowerCase().includes(begun.toLowerCase()))
    .sort((one, other) => same(one) - same(other)).slice(0, 30);
  close();
  if (!found.length) return;
  if (found.length === 1) return take(found[0]);
  for (const term of found) {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.textContent = term;
    item.addEventListener("mousedown", (event) => { event.preventDefault(); take(term); });
    list.append(item);
  }
  list.hidden = false;
  choose(0);
}

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    text.form.requestSubmit();
  } else if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    complete();
  } else if (!list.hidden) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen].textContent);
    else return close();
    event.preventDefault();
  }
});
text.addEventListener("blur", close);
// A long query does not fit into an address.
text.form.addEventListener("submit", () => { text.form.method = text.value.length > 6000 ? "post" : "get"; });

const place = document.querySelector("[role=alert]")?.textContent.match(/line:(\d+)(?:, column:(\d+))?/);
if (place) {
  const start = text.value.split("\n").slice(0, place[1] - 1).join("\n").length + (place[1] > 1 ? 1 : 0);
  const at = start + (place[2] ? place[2] - 1 : 0);
  text.focus();
  text.setSelectionRange(at, Math.max(at, text.value.indexOf("\n", at)));
}

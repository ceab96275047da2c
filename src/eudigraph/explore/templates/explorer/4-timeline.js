// Engagements in the order of their dates. How long a bar is says how exact its date is.

const MAX_ROWS = 400;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const day = (iso) => Date.parse(`${iso}T00:00:00Z`) / 86400000;

/** What has a date among the visible: rows of engagement, its bounds in days, and whether that is the beginning of a time. */
function dated(shown) {
  const rows = [];
  for (const e of shown) {
    const now = SITUATIONS.get(e);
    if (!now?.date) continue;
    const [first, last] = SPANS[now.date] ?? ["", ""];
    rows.push({ e, now, beginning: now.lasts === true, first: first ? day(first) : null, last: last ? day(last) + 1 : null, pending: early(now.stage) });
  }
  return rows.sort((a, b) => (a.first ?? a.last ?? 0) - (b.first ?? b.last ?? 0) || (a.last ?? Infinity) - (b.last ?? Infinity) || a.e - b.e);
}

/** The days from the first to the last date, with ticks at years, or at months where there are few. */
function axis(rows) {
  const ends = rows.flatMap((r) => [r.first, r.last]).filter((d) => d !== null);
  const [from, to] = ends.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
  const room = Math.max(5, (to - from) * 0.03);
  const span = [from - room, to + room];
  const ticks = [];
  const start = new Date((span[0]) * 86400000);
  const months = (span[1] - span[0]) / 30.4;
  const step = [1, 3, 6, 12, 24, 60, 120, 240].find((s) => months / s <= Math.max(2, (document.getElementById("timeline-view").clientWidth * 0.38) / 90)) ?? 1200;
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
  for (let m = first; ticks.length < 40; m += step) {
    const at = Date.UTC(Math.floor(m / 12), m % 12, 1) / 86400000;
    if (at > span[1]) break;
    if (at >= span[0] && at < span[1] - (span[1] - span[0]) / 9) ticks.push([at, step < 12 ? `${MONTHS[m % 12]} ${Math.floor(m / 12)}` : String(Math.floor(m / 12))]);
  }
  return { at: (d) => ((d - span[0]) / (span[1] - span[0])) * 100, ticks };
}

function drawTimeline(shown) {
  const view = document.getElementById("timeline-view");
  const all = dated(shown);
  const rows = all.slice(0, MAX_ROWS);
  const { at, ticks } = axis(rows);
  const head = el("div", { class: "axis" });
  for (const [d, name] of ticks) {
    const tick = el("span", { text: name });
    tick.style.left = `${at(d)}%`;
    head.append(tick);
  }
  const body = rows.map((row) => {
    const track = el("div");
    const bar = el("span", { class: `bar${row.pending ? " pending" : ""}${row.beginning ? " open" : ""}` });
    const from = row.first === null ? 0 : at(row.first);
    const to = row.beginning || row.last === null ? 100 : at(row.last);
    Object.assign(bar.style, { left: `${from}%`, width: `${Math.max(0.4, to - from)}%`,
      borderColor: KINDS[kindOf(row.e)].color, backgroundColor: KINDS[kindOf(row.e)].color });
    track.append(bar);
    return el("tr", { "aria-current": row.e === state.e ? "true" : null }, el("td", { class: "when", text: when(row.now) }),
      el("td", { class: "what" }, glyph(kindOf(row.e)), entity(row.e)),
      el("td", {}, row.now.disputed ? el("span", { class: "chip differ", text: "disputed" }) : null, chip(label(row.now.status), row.now.stage)),
      el("td", { class: "track", "aria-hidden": "true" }, track));
  });
  const bare = new Set(["Partnership", "Meeting"].map((n) => kindByName.get(n)));
  const known = new Set(all.map((row) => row.e));
  const undated = shown.filter((e) => bare.has(kindOf(e)) && !known.has(e));
  const caption = `${plural(rows.length, "date")}${all.length > rows.length ? ` of ${all.length.toLocaleString("en")}; filter to see the others` : ""}. A long bar is an inexact date or a time that goes on; a dashed one is ${DASHED}${knownBy()}.`;
  const table = rows.length ? el("table", {}, el("caption", { text: caption }),
    el("thead", {}, el("tr", {}, ...["When", "What", "Status"].map((h) => el("th", { scope: "col", text: h })), el("td", { class: "track", "aria-hidden": "true" }, head))),
    el("tbody", {}, ...body)) : el("p", { text: "Nothing that is shown has a date. Clear the filters, or show meetings and partnerships." });
  view.replaceChildren(table, ...(undated.length ? [el("h2", { text: "Without a date" }),
    el("ul", { class: "facts" }, ...undated.slice(0, MAX_ROWS).map((e) => el("li", {}, glyph(kindOf(e)), " ", entity(e), ...situation(e))))] : []));
}

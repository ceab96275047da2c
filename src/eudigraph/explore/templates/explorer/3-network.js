// The picture: vis-network, which pyvis carries, draws nodes and lines; the names are drawn here, so that those that
// fit are readable at every zoom and the more important come first.

const canvas = document.getElementById("canvas");
const OPTIONS = JSON.parse(read("options"));
const nodes = new vis.DataSet(read("first-nodes"));
const edges = new vis.DataSet(read("first-edges"));
const network = new vis.Network(canvas, { nodes, edges }, {
  ...OPTIONS, nodes: { font: { size: 0 }, borderWidth: 2, chosen: false }, edges: { ...OPTIONS.edges, chosen: false },
});
canvas.querySelector(".vis-network")?.setAttribute("tabindex", "-1"); // one stop for the keyboard, not two
let drawn = []; // the entities drawn now, the most important first
let byKind = []; // the same, countries, partnerships and meetings before the others
let lines = new Map(); // id of a line: its statements
let neighbours = new Set();
let hovered = -1;
let hoveredLine = null;
let colors = {};

function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "back", "edge", "link", "faint", "mark"]) colors[name] = style.getPropertyValue(`--${name}`).trim();
}

/** Rings around an entity: near is inside. */
function rings(center) {
  const distance = around(center, state.steps);
  const places = new Map([[center, [0, 0]]]);
  let radius = 0;
  for (let ring = 1; ring <= state.steps; ring++) {
    const members = drawn.filter((e) => distance.get(e) === ring).sort((a, b) => kindOf(a) - kindOf(b) || a - b);
    radius = Math.max(radius + 190, (members.length * 46) / (2 * Math.PI));
    members.forEach((e, n) => {
      const turn = (2 * Math.PI * n) / members.length - Math.PI / 2 + 0.4 * ring;
      places.set(e, [Math.round(radius * Math.cos(turn)), Math.round(radius * Math.sin(turn))]);
    });
  }
  return places;
}

function node(e, places) {
  const { kind, x, y } = ENTITIES[e];
  const at = places?.get(e) ?? [x, y];
  const { color, size } = { color: KINDS[kind].color, size: OPTIONS.groups[KINDS[kind].name].size };
  const open = pending(e);
  const dim = state.e >= 0 && !state.steps && e !== state.e && !neighbours.has(e);
  const back = open ? colors.back : color;
  const border = e === state.e ? colors.link : color;
  return {
    id: e, group: KINDS[kind].name, label: label(e), x: at[0], y: at[1], size: e === state.e ? size * 1.35 : size,
    color: { background: back, border, highlight: { background: back, border }, hover: { background: back, border } },
    shapeProperties: { borderDashes: open ? [4, 3] : false }, borderWidth: e === state.e ? 4 : 2, opacity: dim ? 0.25 : 1,
  };
}

/** The lines between what is drawn: several statements between two entities make one line each way. */
function between() {
  const here = new Set(drawn);
  const found = new Map();
  for (const e of drawn) {
    for (const i of outgoing[e]) {
      const other = object(i);
      if (!used(i) || !here.has(other) || other === e || !(passagesOf(i).length === 0 || fromSource(passagesOf(i)))) continue;
      const id = `${e}>${other}`;
      if (found.has(id)) found.get(id).push(i); else found.set(id, [i]);
    }
  }
  return found;
}

function edge(id, statements) {
  const [from, to] = id.split(">").map(Number);
  const said = statements.filter((i) => !follows(i));
  const touched = state.e >= 0 && (from === state.e || to === state.e);
  const dashes = !said.length ? [1, 5] : said.every(dashed) ? [7, 5] : false;
  const opacity = state.e >= 0 && !state.steps && !touched ? 0.15 : 0.85;
  return { id, from, to, dashes, width: touched ? 2.2 : said.length ? 1.2 : 1,
    color: { color: touched ? colors.link : colors.edge, highlight: colors.link, hover: colors.link, opacity } };
}

function replace(set, wanted) {
  const gone = set.getIds().filter((id) => !wanted.has(id));
  if (gone.length) set.remove(gone);
  set.update([...wanted.values()]);
}

let shownPlaces = null; // what the picture was last fitted to

function drawNetwork(shown) {
  const first = shown.slice(0, DATA.drawn);
  for (const e of [state.e, state.o]) if (e >= 0 && !first.includes(e)) first.push(e);
  // An entity that is chosen brings its neighbours along, however many are drawn.
  neighbours = state.e >= 0 ? new Set(around(state.e, 1).keys()) : new Set();
  if (state.e >= 0 && shown.length > first.length) {
    const on = new Set(shown);
    const missing = [...neighbours].filter((e) => on.has(e) && !first.includes(e)).slice(0, 100);
    first.push(...missing);
  }
  drawn = first;
  byKind = [...drawn].sort((a, b) => (kindOf(a) > 2 ? 3 : kindOf(a)) - (kindOf(b) > 2 ? 3 : kindOf(b)) || a - b);
  lines = between();
  const places = state.steps && state.e >= 0 ? rings(state.e) : null;
  replace(nodes, new Map(drawn.map((e) => [e, node(e, places)])));
  replace(edges, new Map([...lines].map(([id, statements]) => [id, edge(id, statements)])));
  const key = `${places ? `${state.e}/${state.steps}` : ""}|${drawn.length}`;
  if (key !== shownPlaces) { shownPlaces = key; fit(); }
}

let moved = false; // by the reader; then the view stays when the window changes

/** Show all that is drawn, with room at the sides for names. */
function fit() {
  moved = false;
  const places = Object.values(network.getPositions(drawn));
  const [xs, ys] = [places.map((p) => p.x), places.map((p) => p.y)];
  const [left, right] = xs.length ? [Math.min(...xs), Math.max(...xs)] : [0, 0];
  const [top, bottom] = ys.length ? [Math.min(...ys), Math.max(...ys)] : [0, 0];
  const scale = Math.min((canvas.clientWidth - 130) / (right - left || 1), (canvas.clientHeight - 90) / (bottom - top || 1), 1.4);
  network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 }, scale: Math.max(0.02, scale), animation: false });
}

function zoom(factor) {
  moved = true;
  network.moveTo({ scale: Math.min(8, Math.max(0.02, network.getScale() * factor)), animation: false });
}

const short = (text, most) => (text.length > most && [...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);
const widths = new Map();

/** The name in the picture: a long one gives way to the longest other name that is short enough. */
const briefly = (e) => (label(e).length <= 30 ? label(e)
  : (ENTITIES[e].also ?? []).filter((name) => name.length <= 30).sort((a, b) => b.length - a.length)[0] ?? label(e));

/** Draw the names that fit: what is chosen and its neighbours first, then by importance. */
network.on("afterDrawing", (ctx) => {
  const scale = network.getScale();
  const size = 12.5 / scale;
  ctx.font = `${size}px system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  ctx.lineJoin = "round";
  const places = network.getPositions(drawn);
  const corner = network.DOMtoCanvas({ x: 0, y: 0 });
  const opposite = network.DOMtoCanvas({ x: canvas.clientWidth, y: canvas.clientHeight });
  const inView = ({ x, y }) => x >= corner.x && x <= opposite.x && y >= corner.y && y <= opposite.y;
  const sizeOf = (e) => OPTIONS.groups[KINDS[kindOf(e)].name].size * (e === state.e ? 1.35 : 1);
  // Names keep off each other and off all shapes; only those that matter most may cover a shape of less weight.
  const shapes = drawn.flatMap((e) => {
    const [at, r] = [places[e], sizeOf(e) * 0.7];
    return at && inView(at) ? [[at.x - r, at.y - r, at.x + r, at.y + r, kindOf(e)]] : [];
  });
  const taken = shapes.filter((shape) => shape[4] <= 2).slice(0, 100);
  const lesser = shapes.filter((shape) => shape[4] > 2);
  const first = [hovered, state.e, state.o].filter((e) => e >= 0 && places[e]);
  const order = new Set([...first, ...drawn.filter((e) => neighbours.has(e)), ...byKind]);
  const hits = (box) => (t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1];
  const widthOf = (text) => (widths.get(text) ?? widths.set(text, ctx.measureText(text).width / size).get(text)) * size;
  const boxAt = (text, x, y) => {
    const half = widthOf(text) / 2 + 2 / scale;
    return [x - half, y, x + half, y + size * 1.2];
  };
  const write = (text, box, strong) => {
    taken.push(box);
    const x = (box[0] + box[2]) / 2;
    ctx.lineWidth = 3.5 / scale;
    ctx.strokeStyle = colors.back;
    ctx.strokeText(text, x, box[1]);
    ctx.fillStyle = strong ? colors.link : colors.ink;
    ctx.fillText(text, x, box[1]);
  };
  for (const e of order) {
    const at = places[e];
    if (!at || !inView(at)) continue;
    const chosen = first.includes(e);
    if (state.e >= 0 && !state.steps && !chosen && !neighbours.has(e)) continue;
    const text = chosen ? short(label(e), 80) : short(briefly(e), 32);
    const half = widthOf(text) / 2 + 3 / scale;
    const away = sizeOf(e) + 3 / scale;
    const aside = away + half;
    const inside = Math.max(corner.x + half, Math.min(opposite.x - half, at.x)); // at the edge a name stands off centre
    const [below, above, ...sides] = [
      [inside, at.y + away], [inside, at.y - away - size * 1.2], [at.x + aside, at.y - size * 0.6], [at.x - aside, at.y - size * 0.6],
    ].map(([x, y]) => boxAt(text, x, y));
    const free = [below, above, ...sides].filter((box) => box[0] > corner.x && box[2] < opposite.x && !taken.some(hits(box)));
    const matters = chosen || neighbours.has(e) || kindOf(e) <= 2;
    const country = kindOf(e) === 0 && drawn.length <= 150;
    const box = free.find((spot) => !lesser.some(hits(spot))) ?? (matters ? free[0] : null) ?? (chosen ? below : country ? above : null);
    if (box) write(text, box, e === state.e);
  }
  // Names of relations where lines are few, or touch what is chosen or under the pointer.
  const few = lines.size <= 40;
  for (const [id, statements] of lines) {
    const [from, to] = id.split(">").map(Number);
    if (!(few || id === hoveredLine || [from, to].includes(hovered) || [from, to].includes(state.e))) continue;
    const [a, b] = [places[from], places[to]];
    if (!a || !b || Math.hypot(a.x - b.x, a.y - b.y) * scale < 60) continue;
    const names = [...new Set(statements.map((i) => RELATIONS[property(i)].label))];
    const text = short(names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(", "), 40);
    const box = boxAt(text, (a.x + b.x) / 2, (a.y + b.y) / 2 - size * 0.6);
    if (id !== hoveredLine && taken.some(hits(box))) continue;
    ctx.globalAlpha = 0.9;
    write(text, box, false);
    ctx.globalAlpha = 1;
  }
});

network.on("click", ({ nodes: [e], edges: [line] }) => {
  if (e !== undefined) open(e);
  else if (line !== undefined) { const [a, b] = line.split(">").map(Number); go({ e: a, o: b }); }
});
network.on("doubleClick", ({ nodes: [e] }) => { if (e !== undefined) go({ e, o: -1, steps: state.steps || 1 }); });
network.on("zoom", () => { moved = true; });
network.on("dragEnd", () => { moved = true; });
// vis-network itself looks at its size once a second only.
new ResizeObserver(() => {
  network.setSize("100%", "100%");
  network.redraw();
  if (!moved) fit();
}).observe(canvas);
network.on("hoverNode", ({ node: e }) => { hovered = e; canvas.style.cursor = "pointer"; });
network.on("blurNode", () => { hovered = -1; canvas.style.cursor = ""; });
// vis-network asks for a frame itself where the hover changes; a redraw here would be one more each time, at once.
network.on("hoverEdge", ({ edge: id }) => { hoveredLine = id; });
network.on("blurEdge", () => { hoveredLine = null; });

/** Walk to the neighbour that lies most nearly in a direction. */
function walk(dx, dy) {
  const places = network.getPositions(drawn);
  if (state.e < 0 || !places[state.e]) { if (drawn.length) open(drawn[0]); return; }
  const here = places[state.e];
  let [best, nearest] = [-1, Infinity];
  for (const [id] of lines) {
    const [from, to] = id.split(">").map(Number);
    const e = from === state.e ? to : to === state.e ? from : -1;
    if (e < 0) continue;
    const [x, y] = [places[e].x - here.x, places[e].y - here.y];
    const far = Math.hypot(x, y) || 1;
    const turn = Math.acos(Math.max(-1, Math.min(1, (x * dx + y * dy) / far)));
    if (turn < Math.PI * 0.5 && turn + far / 1e5 < nearest) [best, nearest] = [e, turn + far / 1e5];
  }
  if (best >= 0) {
    open(best);
    const at = network.canvasToDOM(network.getPosition(best));
    if (at.x < 20 || at.y < 20 || at.x > canvas.clientWidth - 20 || at.y > canvas.clientHeight - 20) network.moveTo({ position: network.getPosition(best), animation: false });
  } else say("No neighbour in that direction");
}

canvas.addEventListener("keydown", (event) => {
  const ways = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  if (event.key in ways) walk(...ways[event.key]);
  else if (event.key === "Enter") document.getElementById("heading")?.focus();
  else if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});
document.getElementById("zoom-in").addEventListener("click", () => zoom(1.3));
document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.3));
document.getElementById("fit").addEventListener("click", fit);

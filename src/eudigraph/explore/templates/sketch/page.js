// Draws a network that lies in the page as data. Names reach the page as text alone.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const nodes = read("nodes"), edges = read("edges");
  const names = new Map(nodes.map((node) => [node.id, node.label]));
  const lines = new Map(edges.map((edge) => [edge.id, edge]));
  const said = document.getElementById("said"), hint = said.textContent;
  const network = new vis.Network(document.getElementById("canvas"), {
    nodes: nodes.map(({ about, ...node }) => node), edges: edges.map(({ about, ...edge }) => edge),
  }, JSON.parse(read("options")));
  const about = new Map(nodes.map((node) => [node.id, node.about]));
  network.on("hoverNode", ({ node }) => { said.textContent = `${names.get(node)}: ${about.get(node)}`; });
  network.on("hoverEdge", ({ edge }) => {
    const line = lines.get(edge);
    said.textContent = `${names.get(line.from)} – ${names.get(line.to)}: ${line.about}`;
  });
  for (const gone of ["blurNode", "blurEdge"]) network.on(gone, () => { said.textContent = hint; });
  network.fit();
})();

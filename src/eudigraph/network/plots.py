"""Pictures of networks and of what was measured of them: the finding is the title, colours suit the colour-blind."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from eudigraph.model.errors import UsageError
from eudigraph.model.files import write_aside
from eudigraph.model.text import cut
from eudigraph.model.version import installing
from eudigraph.network import algorithms
from eudigraph.show.looks import LOOKS, heaviest, is_dashed, look_of_node, things

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


BLUE, ORANGE, GREY, DARK = "#0072b2", "#d55e00", "#8a949b", "#22282c"
"""After Okabe and Ito, https://jfly.uni-koeln.de/color/."""
GROUPS = ("#0072b2", "#d55e00", "#007a5e", "#9b4f96", "#b07d00", "#c23b6e", "#2f6f9f", "#7d6b5d")
MARKERS = {"dot": "o", "star": "*", "square": "s", "diamond": "D", "triangle": "^", "triangleDown": "v", "hexagon": "h"}
MOST = 15
"""Bars of a chart, and lines and columns of a matrix."""
NAMED = 60
"""Nodes up to which all are named in a picture; of more, those with the most ties."""
NEAR = 7
"""Points between a node and its name."""
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Where a name can stand beside its node."""
_STYLE: Any = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": DARK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "eudigraph",
    "text.color": DARK,
    "xtick.color": DARK,
    "ytick.color": DARK,
}


@dataclass(frozen=True)
class Plot:
    """A picture with the words for those who cannot see it. As the last thing in a notebook's cell it shows itself."""

    figure: Figure
    words: str

    def _repr_png_(self) -> bytes:
        from PIL import Image  # comes with matplotlib

        # A notebook carries its pictures: 128 colours do for lines and letters, at a third of the size.
        buffer = io.BytesIO()
        drawn = Image.open(io.BytesIO(self._bytes("png"))).convert("RGB")
        drawn.quantize(128, method=Image.Quantize.MEDIANCUT).save(buffer, "png", optimize=True)
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"<picture: {self.words}>"

    def svg(self) -> str:
        """Return the picture as SVG, the same each time."""
        return self._bytes("svg").decode()

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file whose ending says what it becomes: .png, .svg or .pdf.

        Raises UsageError for any other, StoreError where it cannot be written.
        """
        if not isinstance(path, str | Path):
            raise UsageError(f"a file is named by a text or a Path, not {cut(repr(path))}")
        place = Path(path)
        if place.suffix not in (".png", ".svg", ".pdf"):
            raise UsageError(f"{place.name} ends neither in .png nor in .svg nor in .pdf; name it so")
        return write_aside(place, self._bytes(place.suffix[1:]))

    def _bytes(self, form: str) -> bytes:
        import matplotlib as mpl

        buffer = io.BytesIO()
        dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form)
        with mpl.rc_context(_STYLE):
            self.figure.savefig(buffer, format=form, dpi=130, bbox_inches="tight", metadata=dates)
        return buffer.getvalue()


def dots(
    title: str,
    rows: list[tuple[str, float]],
    *,
    axis: str,
    others: dict[str, list[float | None]] | None = None,
    base: str = "",
) -> Plot:
    """Return a chart with a dot for each row (name, value); ``others`` are values at other stages, by these.

    At most ``MOST`` rows are drawn, the first ones.
    """
    shown = rows[:MOST]

    def draw(axes: Axes) -> None:
        places = range(len(shown))
        marks = {"agreed": ("o", "none", BLUE), "planned": ("s", "none", GREY), "mentioned": ("D", "none", ORANGE)}
        values = [[value] for _, value in shown]
        for name, given in (others or {}).items():
            points = [(place, value) for place, value in zip(places, given, strict=False) if value is not None]
            marker, face, edge = marks.get(name, ("x", "none", GREY))
            if points:
                ys, xs = zip(*points, strict=True)
                axes.scatter(
                    xs,
                    ys,
                    marker=marker,
                    s=70,
                    facecolors=face,
                    edgecolors=edge,
                    label=name.replace("-", " "),
                    zorder=3,
                )
            for place, value in points:
                values[place].append(value)
        for place, found in zip(places, values, strict=True):
            axes.plot([min(found), max(found)], [place, place], color=GREY, linewidth=1, zorder=1)
        axes.scatter([v for _, v in shown], places, s=34, color=DARK, label=base.replace("-", " ") or None, zorder=4)
        axes.set_yticks(list(places), [_short(name) for name, _ in shown])
        axes.invert_yaxis()
        axes.set_xlabel(axis)
        axes.set_xlim(left=min(0.0, *axes.get_xlim()))
        axes.grid(axis="x", color="#dfe3e6", linewidth=0.8)
        axes.set_axisbelow(True)
        if others:
            axes.legend(title="at least as far as", loc="lower right", frameon=True, framealpha=0.9)

    return _plot(title, draw, height=1.4 + 0.28 * max(len(shown), 3))


def matrix(title: str, names: list[str], values: dict[tuple[str, str], float], *, marked: set[tuple[str, str]]) -> Plot:
    """Return a square of how alike each two are; ``marked`` pairs have more in common than chance would give."""

    def draw(axes: Axes) -> None:
        def at(a: str, b: str) -> float:
            return values.get((a, b), values.get((b, a), 0.0))

        grid = [[at(a, b) if a != b else float("nan") for b in names] for a in names]
        highest = max((v for v in values.values()), default=1.0) or 1.0
        picture = axes.imshow(grid, cmap="Blues", vmin=0, vmax=highest)
        for i, a in enumerate(names):
            for j, b in enumerate(names):
                if a != b:
                    dark = at(a, b) > 0.6 * highest
                    text = f"{at(a, b):.2f}" + ("*" if {(a, b), (b, a)} & marked else "")
                    axes.text(j, i, text, ha="center", va="center", fontsize=8, color="white" if dark else DARK)
        short = [_short(name) for name in names]
        axes.set_xticks(range(len(names)), short, rotation=35, ha="right")
        axes.set_yticks(range(len(names)), short)
        axes.figure.colorbar(picture, ax=axes, shrink=0.8, label="share in common (Jaccard)")

    note = "\n* more than chance would give" if marked else ""
    return _plot(title + note, draw, height=1.8 + 0.5 * len(names))


def network(given: nx.Graph, title: str = "", groups: dict[Any, int] | None = None) -> Plot:
    """Return a picture of a network: colours and shapes by class, or colours by ``groups``; dashed before agreed.

    The wider a line, the more it stands for. Nodes are laid out as in the explorer; words for things are left out.
    """
    named = str(given.graph.get("title") or "A network")
    given = things(given)
    most = heaviest(given)

    def draw(axes: Axes) -> None:
        # Not an outline, which would make shapes of the letters: large, and nothing to search or read aloud.
        halo = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
        places = algorithms.layout(given)
        spots = {node: (x, -y) for node, (x, y) in places.items()}
        for s, o, data in given.edges(data=True):
            if s == o:
                continue
            xs, ys = zip(spots[s], spots[o], strict=True)
            width = 0.6 + 2.4 * data.get("weight", 1) / most
            axes.plot(xs, ys, color="#b3bcc2", linewidth=width, linestyle="--" if is_dashed(data) else "-", zorder=1)
        for look in LOOKS:
            nodes = [n for n, data in given.nodes(data=True) if look is look_of_node(data)]
            if not nodes:
                continue
            colors = [_color(look.color if groups is None else groups.get(n)) for n in nodes]
            xs, ys = zip(*(spots[n] for n in nodes), strict=True)
            kind = look.words if groups is None else None
            axes.scatter(xs, ys, marker=MARKERS[look.shape], s=look.size * 5, c=colors, label=kind, zorder=2)
        axes.set_axis_off()
        axes.margins(0.12)
        order = sorted(given, key=lambda n: (-given.degree(n), str(n)))
        names = {
            n: "\n".join(textwrap.wrap(_short(str(given.nodes[n].get("label", n)), 52), 24)) for n in order[:NAMED]
        }
        points: Any = axes.transData.transform([spots[n] for n in order]) * 72 / axes.figure.dpi if order else []
        for node, (dx, dy) in _beside(dict(zip(order, points, strict=True)), names, given).items():
            axes.annotate(
                names[node],
                spots[node],
                (NEAR * dx, NEAR * dy),
                textcoords="offset points",
                ha=("center", "left", "right")[dx],
                va=("center", "bottom", "top")[dy],
                fontsize=7.5,
                zorder=1.5,  # above the lines, below the nodes
                bbox=halo,
            )
        dashed = any(is_dashed(data) for _, _, data in given.edges(data=True))
        if dashed:
            axes.plot([], [], color="#b3bcc2", linestyle="--", label="not yet agreed")
        if dashed or (groups is None and len({d.get("kind") for _, d in given.nodes(data=True)}) > 1):
            axes.legend(loc="lower left", frameon=False, fontsize=8)
        if len(given) > NAMED:
            note = f"names of the {NAMED} with the most ties"
            axes.text(0, 0, note, transform=axes.transAxes, fontsize=7, color=GREY)

    return _plot(title or named, draw, width=9.5, height=7.5)


def _beside(places: dict[Any, Any], names: dict[Any, str], given: nx.Graph) -> dict[Any, tuple[int, int]]:
    """Return on which side of its node each name has the least in its way: -1, 0 or 1 along x and y.

    ``places`` are in points. Of equal sides the one away from the neighbours counts, where no lines lead.
    """
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in places.values()]
    found = {}
    for node, name in names.items():
        (x, y), lines = places[node], name.split("\n")
        width, height = 4.5 * max(map(len, lines)), 9.5 * len(lines)
        near = [places[n] for n in set(nx.all_neighbors(given, node)) - {node}]
        away = [sum(x - a for a, _ in near), sum(y - b for _, b in near)]
        ranked = []
        for dx, dy in SIDES:
            left, low = x + NEAR * dx + width * (dx - 1) / 2, y + NEAR * dy + height * (dy - 1) / 2
            box = left, low, left + width, low + height
            hidden = sum(
                max(0.0, min(box[2], c) - max(left, a)) * max(0.0, min(box[3], d) - max(low, b)) for a, b, c, d in taken
            )
            ranked.append((hidden, -(dx * away[0] + dy * away[1]) / math.hypot(dx, dy), (dx, dy), box))
        *_, found[node], box = min(ranked)
        taken.append(box)
    return found


def _color(of: str | int | None) -> str:
    """Return a colour as it is, that of a group's number, or grey for what is in no group."""
    return of if isinstance(of, str) else GREY if of is None else GROUPS[(of - 1) % len(GROUPS)]


def _plot(title: str, draw: Callable[[Axes], None], *, width: float = 7.2, height: float = 4.0) -> Plot:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError(f"pictures need matplotlib; get it with: {installing('notebook')}") from None
    # No pyplot: it would keep every figure, and choose a window for them.
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height))
        axes = figure.subplots()
        axes.set_title("\n".join(_plain(line) for part in title.split("\n") for line in textwrap.wrap(part, 84)))
        draw(axes)
    return Plot(figure, _steady(title))


def _short(text: str, room: int = 40) -> str:
    return _plain(text if len(text) <= room else text[: room - 1] + "…")


def _plain(text: str) -> str:
    """Return a text without control characters, in which no dollar begins mathematics."""
    return _steady(text).replace("$", r"\$")


def _steady(text: str) -> str:
    """Return a text without control characters, also those that turn the direction of writing."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", text)

"""A composition as a drawing: the parts of an algorithm, and what flows between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape

WIDTH, HEIGHT = 172, 62
BOXES = {
    "environment": (0, 0),
    "exploration": (248, 0),
    "network": (496, 0),
    "target": (248, 118),
    "buffer": (0, 236),
    "objective": (248, 236),
    "optimizer": (496, 236),
}
"""Slot to the upper left corner of its box."""

ARROWS = {
    "action": ("M248 36H178", (210, 24)),
    "Q values": ("M496 36H426", (459, 24)),
    "transition": ("M86 62V230", (86, 153)),
    "batch": ("M172 272H242", (208, 260)),
    "gradient": ("M420 272H490", (456, 260)),
    "weights": ("M626 236V68", (626, 153)),
    "copy": ("M540 62V149H426", (482, 141)),
    "bootstrap": ("M334 180V230", (334, 209)),
}
"""What flows: its path, and the middle of its label."""


def draw(components: Mapping[str, str], links: Mapping[str, str], different: Collection[str], title: str) -> str:
    """Return an SVG image, without blank lines, so that it can be part of a Markdown page.

    Args:
        components: slot to the name of its component, the environment included.
        links: slot to the address of the component's page.
        different: slots to emphasize.
        title: what the image shows, for readers who do not see it.
    """
    lines = [
        '<svg class="composition" viewBox="-3 -3 674 304" role="group" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="5" markerHeight="5" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    for label, (path, (x, y)) in ARROWS.items():
        lines.append(f'<path class="flow" d="{path}" marker-end="url(#tip)"/>')
        lines.append(f'<text class="label" x="{x}" y="{y}">{label}</text>')
    for slot, corner in BOXES.items():
        lines += _box(slot, components[slot], links.get(slot), corner, slot in different)
    return "\n".join((*lines, "</svg>"))


def _box(slot: str, name: str, link: str | None, corner: tuple[int, int], different: bool) -> list[str]:
    x, y = corner
    size = min(17.0, 280 / max(len(name), 1))
    box = [
        f'<g class="part{" different" if different else ""}">',
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="9"/>',
        f'<text class="slot" x="{x + WIDTH // 2}" y="{y + 22}">{slot}</text>',
        f'<text class="name" x="{x + WIDTH // 2}" y="{y + 46}" font-size="{size:.1f}">{escape(name)}</text>',
        "</g>",
    ]
    return [f'<a href="{escape(link)}">', *box, "</a>"] if link else box

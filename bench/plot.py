# SPDX-License-Identifier: ISC
"""Plots of the benches, as SVG that needs nothing."""

WIDTH, HEIGHT = 860, 330
LEFT, RIGHT, TOP, BOTTOM = 60, 60, 46, 50
BLUE, RED, GREY = "blue", "red", "grey"

# Light or dark as the page is that it is in; lines stand out on both grounds.
STYLE = (
    '<style>svg{--ink:#1b2227;--ground:#fff;--grid:#ddd;--blue:#1f5fa8;'
    '--red:#b8472a;--grey:#8a8a8a}'
    '@media (prefers-color-scheme:dark){svg{--ink:#e3e8ea;--ground:#12171a;'
    '--grid:#2b343a;--blue:#6aa9ee;--red:#f0866a;--grey:#9ba7af}}'
    'text{fill:var(--ink)}.t{font-weight:bold;font-size:14px}'
    '.w{fill:var(--ground)}.g{stroke:var(--grid)}.e{text-anchor:end}'
    '.m{text-anchor:middle}.l{fill:none;stroke-width:2}'
    '.blue{stroke:var(--blue)}.red{stroke:var(--red)}'
    '.grey{stroke:var(--grey)}.f{fill:var(--red);opacity:.15}</style>')


def legend(colour, name, x, y):
    """What a line of that colour is."""
    return (f'<path d="M{x} {y - 4}h24" class="l {colour}"/>'
            f'<text x="{x + 30}" y="{y}">{name}</text>')


def document(lines, height):
    """All of it, as a file."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12">'
        + STYLE + f'<rect width="{WIDTH}" height="{height}" class="w"/>'
        + "\n".join(lines) + "</svg>\n")


class Panel:
    """A pair of axes: shares from 0 to most on the left, numbers right, where
    there are some."""

    def __init__(self, top, title, first, last, right=None, height=HEIGHT):
        self.top = top + TOP
        self.height = height
        self.first, self.last = first, last
        self.right = right
        self.out = [
            f'<text x="{LEFT}" y="{self.top - 22}" class="t">{title}</text>'
        ]
        for percent in (0, 25, 50, 75, 100):
            y = self.y(percent / 100)
            self.out.append(
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" class="g"/>'
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" class="e">'
                f'{percent} %</text>')
            if right is not None:
                self.out.append(
                    f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}" '
                    f'class="r">{right * percent / 100:,.0f}</text>')

    def x(self, value):
        part = (value - self.first) / (self.last - self.first)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, share):
        return self.top + (1 - share / 1.2) * (self.height - TOP - BOTTOM)

    def ticks(self, values, what):
        low, behind = self.y(0), LEFT - 60
        for value in values:
            if self.x(value) < behind + 60:
                continue
            behind = self.x(value)
            self.out.append(
                f'<text x="{self.x(value):.1f}" y="{low + 18:.1f}" '
                f'class="m">{value:,}</text>')
        self.out.append(
            f'<text x="{WIDTH / 2}" y="{low + 36:.1f}" class="m">'
            f'{what}</text>')

    def line(self, points, colour, name=None, place=0):
        path = "L".join(
            f"{self.x(x):.1f} {self.y(min(y, 1.2)):.1f}" for x, y in points)
        self.out.append(
            f'<path d="M{path}" class="l {colour}"/>')
        if name:
            self.out.append(legend(colour, name,
                                   WIDTH - RIGHT - 570 + place * 230,
                                   self.top - 22))

    def mark(self, first, last, what):
        x, top = self.x(first), self.y(1.2)
        self.out.append(
            f'<rect x="{x:.1f}" y="{top:.1f}" '
            f'width="{self.x(last) - x:.1f}" '
            f'height="{self.y(0) - top:.1f}" class="f"/>'
            f'<text x="{x + 4:.1f}" y="{top + 14:.1f}">{what}</text>')

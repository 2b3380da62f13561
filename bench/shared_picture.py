# SPDX-License-Identifier: ISC
"""The plot of bench/shared, as SVG that needs nothing."""

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


class Panel:
    """A pair of axes: shares from 0 to most on the left, numbers right."""

    def __init__(self, top, title, first, last, right):
        self.top = top + TOP
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
                f'{percent} %</text>'
                f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}" '
                f'class="r">{right * percent / 100:,.0f}</text>')

    def x(self, value):
        part = (value - self.first) / (self.last - self.first)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, share):
        return self.top + (1 - share / 1.2) * (HEIGHT - TOP - BOTTOM)

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

    def line(self, points, colour, name, place):
        path = "L".join(
            f"{self.x(x):.1f} {self.y(min(y, 1.2)):.1f}" for x, y in points)
        self.out.append(
            f'<path d="M{path}" class="l {colour}"/>'
            f'<path d="M{WIDTH - RIGHT - 570 + place * 230} '
            f'{self.top - 26}h24" class="l {colour}"/>'
            f'<text x="{WIDTH - RIGHT - 540 + place * 230}" '
            f'y="{self.top - 22}">{name}</text>')

    def mark(self, first, last, what):
        x, top = self.x(first), self.y(1.2)
        self.out.append(
            f'<rect x="{x:.1f}" y="{top:.1f}" '
            f'width="{self.x(last) - x:.1f}" '
            f'height="{self.y(0) - top:.1f}" class="f"/>'
            f'<text x="{x + 4:.1f}" y="{top + 14:.1f}">{what}</text>')


def binned(series, column, n=10):
    """Means of n ticks each, a second: requests come in lumps."""
    return [
        (series[i + n - 1][0] - n / 20,
         sum(s[column] for s in series[i:i + n]) / n)
        for i in range(0, len(series) - n + 1, n // 2)
    ]


def draw(budgets, nodes, series, fails):
    one = Panel(0, "A failover", 0, series[-1][0],
                20000 * (1 + max(s[2] for s in series) // 20000))
    one.mark(fails, fails + 1, "no store for 1 s, 250 ms of writes lost")
    one.line(binned(series, 1), BLUE, "used where demand is enough", 0)
    one.line([(s[0], s[2] / one.right) for s in series], RED,
             "calls a second (right)", 1)
    one.ticks(range(0, int(series[-1][0]) + 1, 2), "seconds; 1,000 proxies, 25,000 budgets")

    two = Panel(HEIGHT, "One store", 0, budgets[-1][0], 200000)
    two.line([(n, f["used_all"]) for n, f in budgets], BLUE,
             "used, of budgets all ask for", 0)
    two.line([(n, f["busy_share"]) for n, f in budgets], RED,
             "share of the store's CPU", 1)
    two.line([(n, f["calls_per_s"] / two.right) for n, f in budgets], GREY,
             "calls a second (right)", 2)
    two.ticks([n for n, _ in budgets], "budgets; 1,000 proxies")

    three = Panel(2 * HEIGHT, "100,000 budgets", nodes[0][0], nodes[-1][0],
                  10000)
    three.line([(n, f["used_all"]) for n, f in nodes], BLUE,
               "used, of budgets all ask for", 0)
    three.line([(n, f["newcomer_longest_ms"] / 10000) for n, f in nodes],
               RED, "a newcomer's longest wait, ms (right)", 1)
    three.ticks([n for n, _ in nodes], "stores (nodes of a Cluster); 1,000 proxies")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{3 * HEIGHT}" font-family="sans-serif" font-size="12">'
        + STYLE +
        f'<rect width="{WIDTH}" height="{3 * HEIGHT}" class="w"/>'
        + "\n".join(one.out + two.out + three.out) + "</svg>\n")

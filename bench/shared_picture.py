# SPDX-License-Identifier: ISC
"""The plot of bench/shared."""

from plot import BLUE, GREY, HEIGHT, RED, Panel, document


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
    two.line([(n, f["used_few"]) for n, f in budgets], BLUE,
             "used, of budgets few ask for", 0)
    two.line([(n, f["busy_share"]) for n, f in budgets], RED,
             "share of the store's CPU", 1)
    two.line([(n, f["calls_per_s"] / two.right) for n, f in budgets], GREY,
             "calls a second (right)", 2)
    two.ticks([n for n, _ in budgets], "budgets; 1,000 proxies")

    three = Panel(2 * HEIGHT, "100,000 budgets", nodes[0][0], nodes[-1][0],
                  10000)
    three.line([(n, f["used_few"]) for n, f in nodes], BLUE,
               "used, of budgets few ask for", 0)
    three.line([(n, f["newcomer_longest_ms"] / 10000) for n, f in nodes],
               RED, "a newcomer's longest wait, ms (right)", 1)
    three.ticks([n for n, _ in nodes], "stores (nodes of a Cluster); 1,000 proxies")
    return document(one.out + two.out + three.out, 3 * HEIGHT)

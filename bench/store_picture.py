# SPDX-License-Identifier: ISC
"""The plots of bench/store, as SVG that needs nothing."""

import collections

from plot import BLUE, LEFT, RED, Panel, document, legend

NAMES = {
    "proxy_killed": "one of the sluices is killed",
    "proxy_stopped": "one of the sluices stands still for 3 s",
    "proxy_stopped_with_a_grant": "the same, with a lease that it has not read",
    "redis_killed": "the server is killed, and begins with nothing",
    "redis_old": "the server is killed, and begins with what it saved 2 s "
                 "before",
    "redis_stopped": "the server stands still for 3 s",
    "redis_slow": "the server's answers are 100 ms late for 3 s",
    "replica_promoted": "a replica takes over that lacks 250 ms of writes",
}
BIN = 0.25  # s
TOP, EACH = 30, 240  # px

# times: when requests came, of a budget of rate a second with that burst;
# begin, end: what is drawn; began, ended: what happened (all s).
Run = collections.namedtuple("Run", "name times rate burst begin end began "
                                    "ended")


def levels(run):
    """How full its bucket was at most in each part of the time."""
    tat, most = 0, {}
    for at in run.times:
        tat = max(tat, at) + 1 / run.rate
        level = (tat - at) * run.rate / run.burst
        place = int((at - run.begin) / BIN)
        most[place] = max(most.get(place, 0), level)
    n = int((run.end - run.begin) / BIN)
    return [((i + 0.5) * BIN, most.get(i, 0)) for i in range(n)]


def shares(run):
    """What part was used in the second around each instant."""
    points, at = [], run.begin + 0.5
    while at < run.end - 0.5:
        n = sum(at - 0.5 <= t < at + 0.5 for t in run.times)
        points.append((at - run.begin, n / run.rate))
        at += BIN
    return points


def panel(i, run):
    name = NAMES[run.name]
    one = Panel(TOP + i * EACH, name[0].upper() + name[1:], 0,
                run.end - run.begin, height=EACH)
    began, ended = run.began - run.begin, run.ended - run.begin
    one.mark(began, max(ended, began + 0.12), "")
    one.line(shares(run), BLUE)
    one.line(levels(run), RED)
    one.ticks(range(0, int(run.end - run.begin) + 1, 2), "seconds")
    return one.out


def draw(runs):
    lines = [
        legend(BLUE, "used within a second, of what the rate gives", LEFT, TOP),
        legend(RED, "how full the bucket was, of its burst: more is over",
               LEFT + 320, TOP)]
    for i, run in enumerate(runs):
        lines += panel(i, run)
    return document(lines, TOP + len(runs) * EACH + 10)

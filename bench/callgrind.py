# SPDX-License-Identifier: ISC
"""What callgrind has counted, by where it was spent."""

import collections
import glob
import os
import re

import common

_NAME = re.compile(r"(ob|fl|fn)=\((\d+)\)(?: (.*))?$")
_CALLED = re.compile(r"(cob|cfi|cfl|cfn)=\((\d+)\)(?: (.*))?$")
_COST = re.compile(r"[-+*\d]\S* (\d+)$")
_ROOM = re.compile(r"(?:^|/)src/(\w+)/\w+\.[ch]$")


def option(out):
    """Has valgrind write there: a file for each process that there is."""
    for path in glob.glob(glob.escape(out) + ".*"):
        os.remove(path)
    return f"--callgrind-out-file={out}.%p"


def _sum(path):
    with open(path) as f:
        found = re.search(r"^(?:summary|totals): (\d+)", f.read(), re.M)
    if found is None:
        common.die(f"no sum in {path}")
    return int(found[1])


def _outputs(out):
    """The files of all processes: what only one of them does is in one."""
    return glob.glob(glob.escape(out) + ".*")


def total(out):
    """All instructions of a run."""
    return sum(map(_sum, _outputs(out)))


def _room(program, file):
    """A room of the program's own, or the library."""
    room = _ROOM.search(file)
    if room is not None:
        return room[1]
    if ".so" in program:
        return re.split(r"[-_]?[\d.]*\.so", os.path.basename(program))[0]
    return "headers"


def by_room(out):
    """Instructions by the room, or the library, whose function took them.

    What was inlined counts where it was inlined to.
    """
    rooms = collections.Counter()
    for path in _outputs(out):
        _add_rooms(path, rooms)
    return rooms


def _add_rooms(path, rooms):
    names = collections.defaultdict(dict)
    now = {"ob": "", "fl": ""}
    called = False
    with open(path) as f:
        for line in f:
            if found := _NAME.match(line):
                kind, number, name = found.groups()
                if name is not None:
                    names[kind][number] = name
                now[kind] = names[kind].get(number, "")
            elif found := _CALLED.match(line):
                # these share their numbers with those of the callers
                kind = {"cob": "ob", "cfn": "fn"}.get(found[1], "fl")
                if found[3] is not None:
                    names[kind][found[2]] = found[3]
            elif line.startswith(("fi=", "fe=")):
                found = re.match(r"f[ie]=\((\d+)\)(?: (.*))?$", line)
                if found[2] is not None:
                    names["fl"][found[1]] = found[2]
            elif line.startswith("calls="):
                called = True  # the next line is the callee's
            elif found := _COST.match(line):
                if not called:
                    rooms[_room(now["ob"], now["fl"])] += int(found[1])
                called = False

# SPDX-License-Identifier: ISC
"""What a call of each of the store's scripts costs a redis-server."""

import os
import re
import socket
import subprocess
import time

import common

SERVER = os.environ.get("SLUICE_REDIS_SERVER", "redis-server")
SCRIPTS = os.path.join(common.TOP, "src", "hosts")


def files(script):
    """What a script is put together from, as Makefile.am has it."""
    with open(os.path.join(common.TOP, "Makefile.am"), encoding="utf-8") as f:
        found = re.search(rf"^{script} = ((?:.*\\\n)*.*)$", f.read(), re.M)
    return tuple(os.path.basename(word)
                 for word in found[1].replace("\\\n", " ").split())


LEASE, SLOTS, LEARN = SCRIPTS_OF = tuple(
    files(f"store_{script}_lua") for script in ("lease", "slots", "learn"))
HOLDERS = (1, 2, 3, 8, 20, 50, 64, 100, 128)
AT_ONCE = 50
LEARNED = "x" * 2000
ROUNDS = 5  # of which the cheapest counts: others use the machine, too


class Redis:
    """A server on a socket of its own, which keeps nothing."""

    def __init__(self):
        where = common.work()
        path = os.path.join(where, "redis.sock")
        self.process = subprocess.Popen(
            [common.program(SERVER), "--port", "0",
             "--unixsocket", path, "--save", "", "--dir", where],
            stdout=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + 10
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    common.die("redis-server does not come up")
                time.sleep(0.01)
        self.file = self.socket.makefile("rb")

    def cpu(self):
        """What it has taken of a processor so far, in seconds."""
        info = self.ask("INFO", "cpu").decode()
        return sum(float(line.split(":")[1]) for line in info.split()
                   if line.startswith(("used_cpu_sys:", "used_cpu_user:")))

    def close(self):
        self.process.terminate()
        self.process.wait()

    def send(self, *words):
        out = b"*%d\r\n" % len(words)
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            out += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(out)

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            common.die(f"redis-server: {rest.decode()}")
        if kind == b"$":
            n = int(rest)
            return None if n < 0 else self.file.read(n + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest

    def ask(self, *words):
        self.send(*words)
        return self.reply()


def question(kind, key, sha, holder, number):
    """One for leases of 1,000 a second, for ten slots, or for what is
    learned; everybody wants more than there is.  The first one writes what it
    has learned each time; the others wait for that."""
    if kind is LEASE:
        told = {"run": "run", "holder": holder, "weight": 1,
                "demand": 10**12, "first": 10**6, "horizon": 10**6,
                "guard": 5000, "guard_max": 500000, "n": 1}
        # capacity, period, burst, strict, ends
        more, epoch = (10**9, 10**6, 10**9, 0, 0), "e"
    elif kind is SLOTS:
        told = {"run": "run", "holder": holder, "number": number,
                "limit": 10, "weight": 1, "want": 20, "ttl": 3 * 10**6}
        more, epoch = (), "es"
    else:
        told = {"run": "run", "holder": holder, "number": number,
                "wants": 1, "ttl": 10**6, "memory": 60 * 10**6}
        more, epoch = (), "el"
        if holder == 1:
            # a later loan than the store knows of is taken for one
            told |= {"known": number, "has": 1, "ahead": 16}
            more = (LEARNED,)
    names = ORDER[kind]
    if not told.keys() <= set(names):
        common.die(f"{kind[-1]} is told {names}")
    return ("EVALSHA", sha, 2, key, "sluice:{b.1}:" + epoch,
            *(told.get(name, 0) for name in names), *more)


def order(names):
    """What a script is told, by name, as it stands there."""
    for name in names:
        with open(os.path.join(SCRIPTS, name), encoding="utf-8") as script:
            found = re.search(r"ipairs\(\{\s*('run',[^}]*)\}", script.read())
        if found:
            return re.findall(r"'(\w+)'", found[1])
    return common.die(f"{names[-1]} does not say what it is told")


ORDER = {kind: order(kind) for kind in SCRIPTS_OF}


def calls_of(redis, sha, kind, holders, calls):
    """Microseconds of its CPU a call, and bytes of the budget's key."""
    key = f"sluice:{{b.1}}:{kind[-1]}:{holders}"
    before, number = redis.cpu(), time.monotonic_ns()
    for i in range(0, calls, AT_ONCE):
        for j in range(AT_ONCE):
            redis.send(*question(kind, key, sha, 1 + (i + j) % holders,
                                 number + i + j))
        for j in range(AT_ONCE):
            redis.reply()
    spent = (redis.cpu() - before) / calls * 1e6
    size = redis.ask("MEMORY", "USAGE", key, "SAMPLES", 0)
    return spent, int(size)


def call(redis, sha, kind, holders, calls):
    calls = max(calls // ROUNDS // AT_ONCE, 1) * AT_ONCE
    rounds = [calls_of(redis, sha, kind, holders, calls)
              for _ in range(ROUNDS)]
    return min(spent for spent, _ in rounds), rounds[-1][1]


def load(redis, names):
    text = b""
    for name in names:
        with open(os.path.join(SCRIPTS, name), "rb") as script:
            text += script.read()
    return redis.ask("SCRIPT", "LOAD", text)


def measure(calls):
    redis = Redis()
    try:
        scripts = [(load(redis, kind), kind) for kind in SCRIPTS_OF]
        print(f"{calls} calls of each script, {AT_ONCE} at a time, the "
              f"cheapest of {ROUNDS} rounds; {common.machine()}\n")
        print("| proxies of the budget", *(
            f"{what}: us of CPU a call | bytes of the key"
            for what in ("leases", "slots", "what is learned")),
            sep=" | ", end=" |\n")
        print("| ---: " * (1 + 2 * len(scripts)) + "|")
        # what a new budget is not granted is not what is measured
        for holders in HOLDERS:
            for script in scripts:
                calls_of(redis, *script, holders, 2 * AT_ONCE)
        time.sleep(4)
        for holders in HOLDERS:
            print(f"| {holders}", *(
                "{:.1f} | {:,}".format(*call(redis, *script, holders, calls))
                for script in scripts), sep=" | ", end=" |\n", flush=True)
    finally:
        redis.close()

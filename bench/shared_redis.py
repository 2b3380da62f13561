# SPDX-License-Identifier: ISC
"""What a call of each of the store's scripts costs a redis-server."""

import os
import socket
import subprocess
import time

import common

# the files of a script, in this order
LEASE = ("store_rates.lua", "store_turn.lua", "store_lease.lua")
SLOTS = ("store_slots.lua",)
HOLDERS = (1, 2, 3, 8, 20, 50, 64)
CALLS = 5000
AT_ONCE = 50


class Redis:
    """A server on a socket of its own, which keeps nothing."""

    def __init__(self):
        where = common.work()
        path = os.path.join(where, "redis.sock")
        self.process = subprocess.Popen(
            [common.program("redis-server"), "--port", "0",
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


def lease_question(sha, key, holder, number):
    """A budget of 1,000 a second, of which everybody wants more."""
    del number
    return ("EVALSHA", sha, 2, "sluice:{b.1}:b:" + key, "sluice:{b.1}:e",
            "run", 0, holder, 1, 10**12, 10**6, 10**6, 5000, 0, 0, 0, 0, 0,
            0, 0, 500000, 1, 10**9, 10**6, 10**9, 0, 0)


def slots_question(sha, key, holder, number):
    """Ten slots, of which everybody wants twenty."""
    return ("EVALSHA", sha, 2, "sluice:{b.1}:b:" + key, "sluice:{b.1}:es",
            "run", holder, number, 10, 1, 0, 0, 20, 0, 3 * 10**6, 0)


def cost(redis, sha, question, holders):
    """Microseconds of its CPU a call, and bytes of the budget's key."""
    key = f"{question.__name__}{holders}"
    number = 0
    for counted in (False, True):
        before = redis.cpu()
        for i in range(0, CALLS, AT_ONCE):
            for j in range(AT_ONCE):
                number += 1
                redis.send(*question(sha, key, 1 + (i + j) % holders,
                                     number))
            for j in range(AT_ONCE):
                redis.reply()
        if not counted:
            # what a new budget is not granted is not what is measured
            time.sleep(4)
    spent = (redis.cpu() - before) / CALLS * 1e6
    size = redis.ask("MEMORY", "USAGE", f"sluice:{{b.1}}:b:{key}",
                     "SAMPLES", 0)
    return spent, int(size)


def load(redis, names):
    text = b""
    for name in names:
        path = os.path.join(common.TOP, "src", "hosts", name)
        with open(path, "rb") as script:
            text += script.read()
    return redis.ask("SCRIPT", "LOAD", text)


def measure():
    redis = Redis()
    try:
        lease, slots = load(redis, LEASE), load(redis, SLOTS)
        print(f"{CALLS} calls of each script, "
              f"{AT_ONCE} at a time; {common.machine()}\n")
        print("| proxies of the budget | leases: us of CPU a call | bytes of "
              "the key | slots: us of CPU a call | bytes of the key |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        for holders in HOLDERS:
            spent, size = cost(redis, lease, lease_question, holders)
            more, bytes_too = cost(redis, slots, slots_question, holders)
            print(f"| {holders} | {spent:.1f} | {size:,} | {more:.1f} | "
                  f"{bytes_too:,} |")
    finally:
        redis.close()

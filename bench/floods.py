# SPDX-License-Identifier: ISC
"""The floods of bench/flood, and what each needs: servers, files, a rule."""

import multiprocessing
import os
import random
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import common

GREEDY = "127.0.0.1"
PACE = 1
fork = multiprocessing.get_context("fork")


# Servers, each in a process of its own

def serve(work, *args):
    """Runs work(socket, ...) in a process; the port that it listens at."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(4096)
    process = fork.Process(target=work, args=(s, *args), daemon=True)
    process.start()
    port = s.getsockname()[1]
    s.close()
    return process, port


def origin(listener, delay=0):
    """
    Answers a GET after a delay, or at /big with more than anybody takes; a
    request with a body never.
    """
    def one(c):
        data = b""
        try:
            while True:
                while b"\r\n\r\n" not in data:
                    piece = c.recv(65536)
                    if not piece:
                        return
                    data += piece
                head, data = data.split(b"\r\n\r\n", 1)
                if not head.startswith(b"GET"):
                    while c.recv(1 << 20):
                        pass
                    return
                time.sleep(delay * random.uniform(0.5, 1.5))
                if b"/big" in head.split(b"\r\n")[0]:
                    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: "
                              b"100000000\r\n\r\n" + bytes(100000000))
                c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except OSError:
            pass
        finally:
            c.close()

    while True:
        c, _ = listener.accept()
        threading.Thread(target=one, args=(c,), daemon=True).start()


def deaf_dns():
    """A name server that answers nothing; its port."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    return s


# What is sent

def get(port, target):
    return (f"GET http://127.0.0.1:{port}{target} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\n\r\n").encode()


def connect(at, source, timeout=20):
    s = socket.socket()
    s.settimeout(timeout)
    s.bind((source, 0))
    s.connect(at)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def ask(s, request):
    """The status of an answer; 0 where there is none."""
    s.sendall(request)
    answer = s.recv(65536)
    return int(answer.split(b" ", 2)[1]) if answer else 0


# Floods: each does its worst until its process is ended, and says when it stands

def paced(rate, ready):
    """Numbers at that rate (a second), not faster; once it stands by PACE."""
    at, i = time.monotonic(), 0
    while True:
        yield i
        i += 1
        now = time.monotonic()
        at = max(at, now - 0.1) + 1 / rate / (PACE if ready.is_set() else 1)
        if at > now:
            time.sleep(at - now)


def keep(held, s, most):
    """Holds a connection, and resets the oldest of too many."""
    held.append(s)
    if len(held) > most:
        old = held.pop(0)
        old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       struct.pack("ii", 1, 0))
        old.close()


def send(at, data, timeout=5):
    """A connection that has sent that, or as much as was taken; or None."""
    try:
        s = connect(at, GREEDY, timeout)
        s.setblocking(False)
        s.send(data)
        return s
    except BlockingIOError:
        return s
    except OSError:
        return None


def pour(at, data, rate, most, stands, ready):
    """Connections that send that and read nothing, so many at a time."""
    held = []
    for i in paced(rate, ready):
        if (s := send(at, data(i))) is not None:
            keep(held, s, most)
        if i == stands:
            ready.set()


def flood_connections(at, to, ready):
    """All that it can get, and what is closed is opened again."""
    pour(at, lambda i: b"", 2000, 3000, 2500, ready)


def flood_queue(at, to, ready):
    pour(at, lambda i: get(to["slow"], f"/{i}"), 1500, 600, 800, ready)


def flood_uploads(at, to, ready):
    """Bodies of which a byte comes now and then."""
    head = (f"PUT http://127.0.0.1:{to['big']}/ HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 1000000\r\n\r\n").encode()
    held = [s for _ in range(400) if (s := send(at, head)) is not None]
    ready.set()
    for i in paced(2000, ready):
        try:
            held[i % len(held)].send(b"x")
        except OSError:
            held[i % len(held)] = send(at, head) or held[i % len(held)]


def flood_readers(at, to, ready):
    """Answers of 100 MB that it does not read."""
    pour(at, lambda i: get(to["big"], "/big"), 50, 100, 60, ready)


def flood_memory(at, to, ready):
    """Bodies that are kept to be sent again."""
    body = (f"PUT http://127.0.0.2:{to['big']}/ HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 1000000\r\n\r\n").encode() + bytes(1000000)

    def push():
        held = []
        while True:
            try:
                s = connect(at, GREEDY)
                s.sendall(body)
                keep(held, s, 100)
            except OSError:
                pass
            time.sleep(0.02 / PACE)
    for _ in range(4):
        threading.Thread(target=push, daemon=True).start()
    time.sleep(1)
    ready.set()
    signal.pause()


def flood_dns(at, to, ready):
    """Names for which there is no answer."""
    pour(at, lambda i: f"GET http://r{i}.x.test/ HTTP/1.1\r\nHost: x\r\n\r\n"
         .encode(), 1500, 800, 1000, ready)


def flood_log(at, to, ready):
    """Lines of a log that nobody reads."""
    s, request = connect(at, GREEDY), get(to["quick"], "/")
    for i in paced(1500, ready):
        ask(s, request)
        if i == 500:
            ready.set()


def flood_heads(at, to, ready):
    """Heads of which a byte comes now and then."""
    held = [s for _ in range(1500) if (s := send(at, b"G")) is not None]
    ready.set()
    for i in paced(2000, ready):
        try:
            held[i % len(held)].send(b"a")
        except OSError:
            held[i % len(held)] = send(at, b"G") or held[i % len(held)]


def flood_handshakes(at, to, ready):
    """Handshakes that have us sign, and end there."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    pour(to["tls"], lambda i: hello, 400, 50, 200, ready)


# What each needs of the daemon

def certificate():
    """A certificate and its key for the listener with TLS."""
    pem, key = (os.path.join(common.work(), name) for name in ("pem", "key"))
    subprocess.run(
        [common.program("openssl"), "req", "-x509", "-newkey", "ec",
         "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", key, "-out", pem],
        check=True, capture_output=True)
    return f"{{certificate: {pem}, key: {key}}}"


def fifo():
    """The path of a pipe that is open, and that nobody reads."""
    path = os.path.join(common.work(), "fifo")
    if not os.path.exists(path):
        os.mkfifo(path)
        os.open(path, os.O_RDWR | os.O_NONBLOCK)
    return path


FLOODS = {
    "connections": (flood_connections, "limits: {connections: 2000}\n"),
    "queue": (flood_queue, ""),
    "uploads": (flood_uploads, ""),
    "readers": (flood_readers, ""),
    "memory": (flood_memory, "limits: {memory: 64MiB}\n"),
    "dns": (flood_dns, ""),
    "log": (flood_log, ""),
    "heads": (flood_heads, ""),
    "handshakes": (flood_handshakes, ""),
}

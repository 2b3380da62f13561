# SPDX-License-Identifier: ISC
"""The floods of bench/flood, and what each needs: servers, files, a rule."""

import base64
import functools
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
import zlib

import common

GREEDY = "127.0.0.1"
# Addresses of servers that have rules.
KEPT, METERED, KEYED = "127.0.0.2", "127.0.0.3", "127.0.0.4"
PACE = 1
fork = multiprocessing.get_context("fork")


# Servers, each in a process of its own

def serve(work, *args, address="127.0.0.1"):
    """Runs work(socket, ...) in a process; the port that it listens at."""
    s = socket.socket()
    s.bind((address, 0))
    s.listen(4096)
    process = fork.Process(target=work, args=(s, *args), daemon=True)
    process.start()
    port = s.getsockname()[1]
    s.close()
    return process, port


@functools.cache
def bomb():
    """An answer of JSON that is a thousand times as long as it is sent."""
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(b'{"usage": {"total": "') + \
        b"".join(packer.compress(b"0" * 1000000) for _ in range(30)) + \
        packer.compress(b'"}}') + packer.flush()
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
            % len(body)) + body


@functools.cache
def big():
    """An answer of 100 MB."""
    return (b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
            + bytes(100000000))


@functools.cache
def events():
    """An answer of events that does not end."""
    event = b'data: {"usage": null, "text": "' + b"x" * 60 + b'"}\n\n'
    return (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Connection: close\r\n\r\n" + event * 1000000)


def ok():
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


# What a path asks for.  A server makes it when it is asked, and once: all of
# them would take two seconds of a processor before anything begins.
SPECIAL = {b"/big": big, b"/bomb": bomb, b"/events": events}
making = threading.Lock()


def answer(path):
    with making:
        return SPECIAL.get(path, ok)()


def deaf(listener):
    """Lets the kernel accept connections, and does nothing with them."""
    signal.pause()


def origin(listener, delay=0):
    """
    Answers a GET after a delay, or with what its path asks for; a request with
    a body never.
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
                c.sendall(answer(head.split()[1]))
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

def get(port, target, host="127.0.0.1", fields=""):
    return (f"GET http://{host}:{port}{target} HTTP/1.1\r\n"
            f"Host: {host}:{port}\r\n{fields}\r\n").encode()


def basic(name, password):
    """The field of a user."""
    word = base64.b64encode(f"{name}:{password}".encode()).decode()
    return f"Proxy-Authorization: Basic {word}\r\n"


def connect(at, source, timeout=60):
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


def drip(at, n, data, ready):
    """
    So many connections, each of which sends data(how many bytes it has sent) a
    byte at a time.
    """
    sent = [(send(at, data(0)), 1) for _ in range(n)]
    for i in paced(2000, ready):
        if i == 500:
            ready.set()
        s, before = sent[i % n]
        try:
            s.send(data(before))
            sent[i % n] = s, before + 1
        except (AttributeError, OSError):
            sent[i % n] = send(at, data(0)), 1


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
    body = (f"PUT http://{KEPT}:{to['kept']}/ HTTP/1.1\r\nHost: x\r\n"
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
    drip(at, 1500, lambda n: b"a", ready)


def hello():
    """How a handshake begins."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def flood_handshakes(at, to, ready):
    """Handshakes that have us sign, and end there."""
    data = hello()
    pour(to["tls"], lambda i: data, 400, 50, 200, ready)


def flood_hellos(at, to, ready):
    """Handshakes of which a byte comes now and then."""
    data = hello()
    drip(to["tls"], 1500, lambda n: data[n % len(data):][:1], ready)


def flood_http2(at, to, ready):
    """What is not spoken here, and offers to go over to that."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + \
        b"\0\0\0\4\0\0\0\0\0" * 100
    offer = get(to["quick"], "/", fields="Connection: Upgrade, "
                "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n")
    pour(at, lambda i: offer if i % 2 else preface, 1000, 300, 500, ready)


def flood_tunnels(at, to, ready):
    """Tunnels through which nothing goes."""
    data = f"CONNECT 127.0.0.1:{to['deaf']} HTTP/1.1\r\nHost: x\r\n\r\n"
    pour(at, lambda i: data.encode(), 800, 1500, 1000, ready)


def flood_expect(at, to, ready):
    """Bodies that wait to be asked for, and do not come then."""
    data = (f"PUT http://127.0.0.1:{to['deaf']}/ HTTP/1.1\r\nHost: x\r\n"
            "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n")
    pour(at, lambda i: data.encode(), 1000, 800, 800, ready)


def flood_chunks(at, to, ready):
    """Bodies in chunks of a byte, as fast as it may send them."""
    head = (f"PUT http://127.0.0.1:{to['big']}/ HTTP/1.1\r\nHost: x\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()
    chunks, held = b"1\r\nz\r\n" * 8000, [(None, b"")] * 16
    for i in paced(400, ready):
        s, rest = held[i % len(held)]
        try:
            rest = rest or chunks
            held[i % len(held)] = s, rest[s.send(rest):]
        except BlockingIOError:
            pass
        except (AttributeError, OSError):
            held[i % len(held)] = send(at, head), b""
        if i == 100:
            ready.set()


def flood_pipelines(at, to, ready):
    """Questions that we answer ourselves, hundreds at once."""
    data = b"OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n" * 400
    pour(at, lambda i: data, 200, 200, 100, ready)


def flood_bombs(at, to, ready):
    """Answers that are to be looked at, and unpack to megabytes."""
    pour(at, lambda i: get(to["metered"], "/bomb", METERED), 20, 50, 20, ready)


def flood_events(at, to, ready):
    """Events that are to be looked at, and that it does not read."""
    pour(at, lambda i: get(to["metered"], "/events", METERED), 50, 100, 60,
         ready)


def flood_hosts(at, to, ready):
    """Another host each time."""
    pour(at, lambda i: get(9, "/", f"127.{1 + i // 65536 % 250}."
                           f"{i // 256 % 256}.{i % 256}"),
         1000, 100, 1000, ready)


def flood_credentials(at, to, ready):
    """Another credential each time, of a host that counts by them."""
    pour(at, lambda i: get(to["keyed"], "/", KEYED, f"Authorization: Bearer "
                           f"{i}\r\n"), 500, 100, 500, ready)


def flood_passwords(at, to, ready):
    """Names and passwords that are nobody's."""
    pour(at, lambda i: get(to["quick"], "/", fields=basic(f"a{i}", "b")),
         300, 200, 200, ready)


def flood_admin(at, to, ready):
    """All that the control plane tells, and streams that it does not read."""
    paths = ["/metrics", "/v1/hosts", "/v1/status", "/v1/events", "/",
             "/v1/exchanges"]
    pour(to["web"], lambda i: (f"GET {paths[i % len(paths)]} HTTP/1.1\r\n"
                               f"Host: localhost:{to['web'][1]}\r\n\r\n")
         .encode(), 300, 100, 200, ready)


def flood_pac(at, to, ready):
    """What browsers ask for before anything else."""
    data = (f"GET /proxy.pac HTTP/1.1\r\nHost: localhost:{to['web'][1]}\r\n"
            "\r\n")
    pour(to["web"], lambda i: data.encode(), 1000, 100, 500, ready)


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


def users():
    """A file of users: the one who is innocent."""
    path = os.path.join(common.work(), "users")
    made = subprocess.run(
        [common.program("htpasswd"), "-nbB", *USER],
        check=True, capture_output=True)
    with open(path, "wb") as f:
        f.write(made.stdout.strip() + b"\n")
    return path


def servers():
    """Those that floods go to: their ports, and their processes."""
    all = {
        "quick": serve(origin),
        "big": serve(origin),
        "slow": serve(origin, 0.02),
        "deaf": serve(deaf),
        "kept": serve(origin, address=KEPT),
        "metered": serve(origin, address=METERED),
        "keyed": serve(origin, address=KEYED),
    }
    return {name: port for name, (_, port) in all.items()}, \
        [process for process, _ in all.values()]


USER = "somebody", "something"
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
    "hellos": (flood_hellos, ""),
    "http2": (flood_http2, ""),
    "tunnels": (flood_tunnels, "destinations: {ports: {other: [\"1-65535\"]}}"
                "\n"),
    "expect": (flood_expect, ""),
    "chunks": (flood_chunks, ""),
    "pipelines": (flood_pipelines, ""),
    "bombs": (flood_bombs, ""),
    "events": (flood_events, ""),
    "hosts": (flood_hosts, "limits: {hosts: 1000}\n"),
    "credentials": (flood_credentials, "limits: {hosts: 1000}\n"),
    "passwords": (flood_passwords, ""),
    "admin": (flood_admin, ""),
    "pac": (flood_pac, ""),
}
RULES = """hosts:
  "127.0.0.1:{slow}":
    concurrency: 16
    queue: {{length: 200, max_wait: 30s}}
  127.0.0.2: {{capacity: 100000}}
  127.0.0.3:
    budgets:
      tokens:
        rates: [{{capacity: 1000000}}]
        settle: {{json: usage.total}}
  127.0.0.4: {{capacity: 10, period: 1s, per: authorization}}
"""

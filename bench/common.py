# SPDX-License-Identifier: ISC
"""What the benches share: daemons on free ports, and what they cost.

Every daemon runs as one process on 127.0.0.1 with its files in a directory
that goes when the bench ends.  Only the standard library is needed, nginx, wrk
where a bench generates load with it, valgrind and strace where it counts.
"""

import atexit
import os
import platform
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLUICE = os.environ.get("SLUICE", os.path.join(TOP, "build", "sluice"))
TICK = os.sysconf("SC_CLK_TCK")

_running = []
_work = None


def die(text):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {text}")


def work():
    """The bench's directory."""
    global _work
    if _work is None:
        _work = tempfile.mkdtemp(prefix="sluice-bench.")
    return _work


@atexit.register
def _cleanup():
    for daemon in list(_running):
        daemon.stop()
    if _work is not None:
        shutil.rmtree(_work, ignore_errors=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def program(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        die(f"{name} is needed")
    return path


def raise_nofile(wanted):
    """Raises the limit of open files for this process and its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return
        except (OSError, ValueError):
            die(f"needs {wanted} open files, the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_given = set()


def free_port():
    """A port that was free a moment ago, and is given out once."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def machine():
    """The machine in one line."""
    model = platform.machine()
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = " ".join(line.split(":", 1)[1].split())
                break
    with open("/proc/meminfo") as f:
        kib = int(f.readline().split()[1])
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, "
        f"{kib / 2**20:.0f} GiB, {platform.system()} {platform.release()}"
    )


def nginx_version():
    text = subprocess.run(
        [program("nginx"), "-v"], capture_output=True, text=True
    ).stderr
    return text.strip().rsplit(":", 1)[-1].strip()


def sluice_version(binary=SLUICE):
    if not os.access(binary, os.X_OK):
        die(f"no {binary}: build it, or name it with SLUICE=")
    text = subprocess.run([binary, "-V"], capture_output=True, text=True)
    return text.stdout.strip() or "sluice"


def header(what, peer=None, binary=SLUICE):
    print(what)
    print(f"  machine  {machine()}")
    print(
        f"  between  {sluice_version(binary)} and {peer or nginx_version()}"
    )
    print()


# A control plane that is not told otherwise has its socket there.
os.environ["RUNTIME_DIRECTORY"] = work()


class Daemon:
    """A process that listens at one port."""

    def __init__(self, name, port, argv):
        self.name = name
        self.port = port
        self.log = os.path.join(work(), f"{name}-{port}.err")
        with open(self.log, "w") as err:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=err, stderr=err
            )
        self.pid = self.process.pid
        _running.append(self)
        self._await_port()

    def _await_port(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        with open(self.log) as f:
            die(f"{self.name} did not start:\n{f.read()}")

    def cpu(self):
        """User and system time of all its threads so far, in seconds."""
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self, seconds=5):
        if self in _running:
            _running.remove(self)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def settle(proxy, fds):
    """Waits until the proxy holds the connections and has gone quiet."""
    deadline = time.monotonic() + 60
    quiet = 0
    last = proxy.cpu()
    while quiet < 5:
        if time.monotonic() > deadline:
            die(f"{proxy.name} holds {proxy.fds()} of {fds} files")
        time.sleep(0.2)
        now = proxy.cpu()
        quiet = quiet + 1 if now == last and proxy.fds() >= fds else 0
        last = now


def sluice(rule, access="off", extra="", host="127.0.0.1", binary=SLUICE,
           under=()):
    """Sluice with one worker; rule is the YAML of the host's rule, or ''.

    under is the command that runs it, where it does not run by itself.
    """
    port = free_port()
    path = os.path.join(work(), f"sluice-{port}.yaml")
    with open(path, "w") as f:
        f.write(
            f"listen: 127.0.0.1:{port}\n"
            "workers: 1\n"
            f'log: {{level: warn, access: "{access}"}}\n{extra}'
        )
        if rule:
            f.write(f"hosts:\n  {host}: {rule}\n")
    return Daemon("sluice", port, [*under, binary, "-c", path])


def nginx(name, http, port, under=()):
    """Nginx as one process; http is what stands in its http block.

    under is as in sluice().
    """
    prefix = os.path.join(work(), f"{name}-{port}")
    os.mkdir(prefix)
    path = os.path.join(prefix, "nginx.conf")
    temps = "".join(
        f"\t{kind}_temp_path {prefix}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    with open(path, "w") as f:
        f.write(
            "daemon off;\nmaster_process off;\n"
            f"pid {prefix}/pid;\nerror_log {prefix}/error.log warn;\n"
        )
        f.write(
            "events { worker_connections 32768; }\n"
            f"http {{\n{temps}\tkeepalive_timeout 1h;\n"
            f"\tkeepalive_requests 1000000000;\n{http}}}\n"
        )
    return Daemon(
        name, port, [*under, program("nginx"), "-p", prefix, "-c", path,
                     "-e", os.path.join(prefix, "error.log")]
    )


def origin():
    """Nginx as the origin: a small fixed answer, keep-alive."""
    port = free_port()
    return nginx(
        "origin",
        "\taccess_log off;\n"
        f"\tserver {{ listen 127.0.0.1:{port} backlog=4096;\n"
        "\t\tlocation = /served { stub_status; }\n"
        '\t\tlocation / { return 200 "hello, world\\n"; } }\n',
        port,
    )


def status(origin):
    """Connections and requests that the origin has seen before this one."""
    with socket.create_connection(("127.0.0.1", origin.port), 10) as s:
        s.sendall(b"GET /served HTTP/1.0\r\n\r\n")
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    found = re.search(rb"requests\s+(\d+) \d+ (\d+)", answer)
    return int(found[1]) - 1, int(found[2]) - 1


def served(origin):
    """Requests that the origin has seen before this one."""
    return status(origin)[1]


def limit_req(rate, burst):
    """Nginx's limit of requests, as nginx_proxy() takes it."""
    return (
        f"\tlimit_req_zone $server_port zone=bench:1m rate={rate}r/s;\n",
        f"\t\tlimit_req zone=bench burst={burst};\n",
    )


def nginx_proxy(origin_port, access="off", limit="", under=()):
    """Nginx as the peer: a proxy to the origin with a keep-alive pool.

    limit is a pair of lines, for the http and for the server block; under is
    as in sluice().
    """
    port = free_port()
    outer, inner = limit or ("", "")
    return nginx(
        "nginx",
        f"\taccess_log {access};\n\tproxy_http_version 1.1;\n"
        f'\tproxy_set_header Connection "";\n{outer}'
        f"\tupstream origin {{ server 127.0.0.1:{origin_port};\n"
        "\t\tkeepalive 512; keepalive_requests 1000000000; }\n"
        f"\tserver {{ listen 127.0.0.1:{port} backlog=4096;\n{inner}"
        "\t\tlocation / { proxy_pass http://origin; } }\n",
        port, under,
    )


def wrk(proxy_port, origin_port, seconds, connections):
    """Absolute-form GETs through the proxy over so many connections.

    Returns the number of requests that were answered and the time it took.
    """
    lua = os.path.join(work(), f"get-{origin_port}.lua")
    if not os.path.exists(lua):
        with open(lua, "w") as f:
            f.write(
                "local get\n"
                "init = function(args)\n"
                f'\tget = wrk.format("GET", "http://127.0.0.1:{origin_port}/",'
                f' {{["Host"] = "127.0.0.1:{origin_port}"}})\n'
                "end\n"
                "request = function() return get end\n"
                "done = function(summary, latency, requests)\n"
                '\tio.write(string.format("RESULT %d %d %d\\n",\n'
                "\t    summary.requests, summary.duration,\n"
                "\t    summary.errors.status + summary.errors.read +\n"
                "\t    summary.errors.write + summary.errors.connect))\n"
                "end\n"
            )
    run = subprocess.run(
        [program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s",
         "--timeout", "30s", "-s", lua, f"http://127.0.0.1:{proxy_port}/"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )
    found = re.search(r"^RESULT (\d+) (\d+) (\d+)$", run.stdout, re.M)
    if found is None:
        die(f"wrk failed:\n{run.stdout}{run.stderr}")
    count, duration, errors = map(int, found.groups())
    if errors != 0 or count == 0:
        die(f"{errors} errors in {count} requests:\n{run.stdout}")
    return count, duration / 1e6

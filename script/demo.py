# SPDX-License-Identifier: ISC
"""Hosts with limits, a crowd that asks them, and a sluice between: what
script/demo shows.  Usage: demo.py PROGRAM [--seconds N]"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIRECT = 5		# seconds without sluice
CLIENTS = 24
SHOWN = 2		# seconds between two lines

# How each host counts, and what the configuration says of it.
HOSTS = {
    # so many in each window, and no word of it before somebody is refused
    "unknown.localhost": dict(window=2.0, most=30, rule={}),
    "known.localhost": dict(window=1.0, most=20,
        rule={"capacity": 20, "period": "1s", "strict": True}),
    "slots.localhost": dict(slots=4, rule={"concurrency": 4}),
}


class Limit:
	"""What one host allows: so many in a sliding window, or at once."""

	def __init__(self, window=0, most=0, slots=0, rule=None):
		self.window, self.most, self.slots = window, most, slots
		self.lock = threading.Lock()
		self.times = collections.deque()
		self.inside = 0

	def enter(self):
		now = time.monotonic()
		with self.lock:
			while self.times and self.times[0] <= now - self.window:
				self.times.popleft()
			if self.slots and self.inside >= self.slots or \
			    self.most and len(self.times) >= self.most:
				return False
			self.times.append(now)
			self.inside += 1
			return True

	def leave(self):
		with self.lock:
			self.inside -= 1


LIMITS = {name: Limit(**host) for name, host in HOSTS.items()}


class Origin(BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def do_GET(self):
		limit = LIMITS[self.headers["Host"].split(":")[0]]
		if limit.enter():
			time.sleep(0.02 + 0.05 * random.random())
			limit.leave()
			self.answer(200)
		else:
			self.answer(429)

	def answer(self, status):
		self.send_response(status)
		if status == 429:
			self.send_header("Retry-After", "1")
		self.send_header("Content-Length", "0")
		self.end_headers()

	def log_message(self, *args):
		pass


class Server(ThreadingHTTPServer):
	daemon_threads = True
	request_queue_size = 128

	def handle_error(self, request, client_address):
		"""Who is gone before the answer is no news at the end."""
		if not isinstance(sys.exc_info()[1], OSError):
			super().handle_error(request, client_address)


class Crowd:
	"""Clients that ask as fast as they are answered, and know no limits."""

	def __init__(self, port):
		self.port = port
		self.proxy = None
		self.counts = collections.Counter()
		self.stopped = threading.Event()
		for number in range(CLIENTS):
			threading.Thread(target=self.ask, args=(number,),
			    daemon=True).start()

	def ask(self, number):
		name = list(HOSTS)[number % len(HOSTS)]
		while not self.stopped.is_set():
			proxy = self.proxy
			try:
				status = self.get(name, proxy)
			except (OSError, http.client.HTTPException):
				status = "failed"
			# what ends after a change belongs to neither
			if proxy is self.proxy:
				self.counts[status] += 1
			time.sleep(0.02 + 0.1 * random.random())

	def get(self, name, proxy):
		link = http.client.HTTPConnection("127.0.0.1",
		    proxy or self.port, timeout=60)
		try:
			at = f"{name}:{self.port}"
			link.request("GET", f"http://{at}/item" if proxy else
			    "/item", headers={"Host": at})
			return link.getresponse().status
		finally:
			link.close()

	def look(self):
		"""How many were answered and refused since the last time."""
		counts, self.counts = self.counts, collections.Counter()
		return counts[200], counts[429], sum(n for status, n in
		    counts.items() if status not in (200, 429))


class Sluice:
	def __init__(self, program, port):
		self.program = program
		self.dir = tempfile.mkdtemp(prefix="sluice-demo-")
		self.socket = os.path.join(self.dir, "s")
		self.log = os.path.join(self.dir, "log")
		conf = os.path.join(self.dir, "sluice.yaml")
		token = os.path.join(self.dir, "token")
		self.token = secrets.token_urlsafe()
		with open(token, "w", opener=lambda *args:
		    os.open(*args, mode=0o600)) as out:
			out.write(self.token)
		with open(conf, "w") as out:
			# JSON is YAML, too
			json.dump({
			    "listen": "127.0.0.1:0",
			    "admin": {"web": "127.0.0.1:0",
			        "web_token_file": token,
			        "socket": self.socket},
			    "log": {"access": "off", "diagnostics": self.log},
			    "hosts": {name: host["rule"] or
			        {"retry": {"attempts": 3}}
			        for name, host in HOSTS.items()},
			}, out)
		self.proc = subprocess.Popen([program, "-c", conf])

	def status(self):
		done = subprocess.run([self.program, "status", "--json", "-s",
		    self.socket], capture_output=True, text=True)
		return json.loads(done.stdout)["status"] if \
		    done.returncode == 0 else None

	def wait(self):
		while self.proc.poll() is None:
			status = self.status()
			if status:
				return status
			time.sleep(0.05)
		with open(self.log) as log:
			raise SystemExit("sluice did not start:\n" + log.read())

	def dashboard(self):
		"""Its address, with which all is seen and can be changed."""
		with open(self.log) as log:
			port = re.search(r"control plane at \S+:(\d+)$",
			    log.read(), re.M)[1]
		return f"http://127.0.0.1:{port}/#token={self.token}"

	def end(self):
		if self.proc.poll() is None:
			self.proc.send_signal(signal.SIGTERM)
			try:
				self.proc.wait(3)
			except subprocess.TimeoutExpired:
				self.proc.kill()
				self.proc.wait()
		shutil.rmtree(self.dir, ignore_errors=True)


def show(crowd, until):
	while time.monotonic() < until:
		time.sleep(min(SHOWN, max(0.0, until - time.monotonic())))
		answered, refused, failed = crowd.look()
		print(f"  {answered:5} answered, {refused:4} refused"
		    + (f", {failed} failed" if failed else ""), flush=True)


def main():
	parser = argparse.ArgumentParser(prog="script/demo")
	parser.add_argument("program")
	parser.add_argument("--seconds", type=float, default=float("inf"))
	args = parser.parse_args()
	for sig in signal.SIGTERM, signal.SIGHUP:
		signal.signal(sig, lambda *_: sys.exit(0))
	# a shell without job control starts what is beside it deaf to this
	signal.signal(signal.SIGINT, signal.default_int_handler)
	origin = Server(("127.0.0.1", 0), Origin)
	threading.Thread(target=origin.serve_forever, daemon=True).start()
	sluice = None
	try:
		sluice = Sluice(args.program, origin.server_port)
		status = sluice.wait()
		crowd = Crowd(origin.server_port)
		print(f"{CLIENTS} clients ask {len(HOSTS)} hosts that have "
		    "limits, without sluice:", flush=True)
		show(crowd, time.monotonic() + min(DIRECT, args.seconds))
		crowd.look()
		crowd.proxy = int(status["listen"][0].rpartition(":")[2])
		print("... and with it:", flush=True)
		print(f"  {sluice.dashboard()}\n  {args.program} top -s "
		    f"{sluice.socket}\n  show who waits, why and until when",
		    flush=True)
		show(crowd, time.monotonic() + args.seconds)
		crowd.stopped.set()
	except KeyboardInterrupt:
		print()
	finally:
		if sluice:
			sluice.end()


main()

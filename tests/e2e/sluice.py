# SPDX-License-Identifier: ISC
"""Starts, watches and stops the daemon; every test has one of its own."""
import contextlib
import functools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import control
import wire

HERE = pathlib.Path(__file__).resolve().parent
BINARY = os.environ.get("SLUICE", str(HERE / "../../build/sluice"))
WORKERS = int(os.environ.get("SLUICE_WORKERS", "1"))

FAULTS = re.compile(r"ERROR: \w*Sanitizer|runtime error:|WARNING: ThreadSan"
    r"|Assertion|assert(ion)? .*failed|illegal connection state"
    r"|event_errx?|\[err\]|core dumped", re.I)
LISTENING = re.compile(r"listening on (\S+):(\d+)\b")
CONTROL = re.compile(r"control plane at \S+:(\d+)$")
UPGRADED = re.compile(r"upgraded: process (\d+) has taken over|not upgraded")
RELOADED = re.compile(r"configuration (not )?reloaded")


class Fault(AssertionError):
	"""What no pace of the machine excuses."""


def measured():
	"""What of the environment counters and sanitizers go by."""
	return {name: value for name, value in os.environ.items()
	    if name == "LLVM_PROFILE_FILE" or name.endswith("SAN_OPTIONS")}


@functools.lru_cache(None)
def sanitized():
	"""The sanitizer that the binary carries, which costs memory: "address",
	"thread" or None."""
	if not os.path.exists(BINARY):
		return None
	with open(BINARY, "rb") as f:
		data = f.read()
	return "address" if b"__asan_init" in data else \
	    "thread" if b"__tsan_init" in data else None


def run(*args, timeout=wire.DEADLINE, env=None, **keys):
	"""The program run to its end, for -t, -V and the like."""
	if env is not None:
		keys["env"] = {**measured(), **env}
	return subprocess.run([BINARY, *map(str, args)], capture_output=True,
	    text=True, errors="replace", timeout=timeout,
	    stdin=subprocess.DEVNULL, **keys)


class Lines:
	"""A pipe's lines, read by a thread as they come."""

	def __init__(self, pipe):
		self.pipe = pipe
		self.cond = threading.Condition()
		self.lines = []
		self.over = False
		self.thread = threading.Thread(target=self.read, daemon=True)
		self.thread.start()

	def read(self):
		for line in self.pipe:
			with self.cond:
				self.lines.append(line.decode("utf-8",
				    "backslashreplace").rstrip("\n"))
				self.cond.notify_all()
		with self.cond:
			self.over = True
			self.cond.notify_all()

	def wait(self, predicate, timeout=wire.DEADLINE, since=0,
	    what="line"):
		"""The first line from index since that the predicate likes."""
		if isinstance(predicate, (str, re.Pattern)):
			text = re.compile(predicate)
			predicate = text.search
			what = text.pattern
		end = time.monotonic() + timeout
		at = since
		with self.cond:
			while True:
				while at < len(self.lines):
					if predicate(self.lines[at]):
						return self.lines[at]
					at += 1
				left = end - time.monotonic()
				if self.over or left <= 0:
					raise AssertionError(f"no {what} among "
					    + "\n".join(self.lines[-40:]))
				self.cond.wait(left)

	def count(self, n, timeout=wire.DEADLINE):
		"""The first n lines, once they are there."""
		with self.cond:
			if not self.cond.wait_for(
			    lambda: len(self.lines) >= n, timeout):
				raise AssertionError(f"{len(self.lines)} lines "
				    f"of {n}: {self.lines[-20:]}")
			return self.lines[:n]

	def like(self, pattern, n, timeout=wire.DEADLINE):
		"""The lines that the pattern is in, once there are n."""
		def found():
			return [line for line in self.lines
			    if re.search(pattern, line)]
		with self.cond:
			if not self.cond.wait_for(lambda: len(found()) >= n,
			    timeout):
				raise AssertionError(f"{len(found())} of {n} "
				    f"lines with {pattern} among "
				    + "\n".join(self.lines[-40:]))
			return found()

	def text(self):
		with self.cond:
			return "\n".join(self.lines)

	def __len__(self):
		with self.cond:
			return len(self.lines)


def settings(**keys):
	"""A configuration for tests, as a dictionary; keys replace or add."""
	conf = {
	    "listen": "127.0.0.1:0",
	    "workers": WORKERS,
	    "timeouts": {"drain": "10s"},
	}
	for name, value in keys.items():
		if isinstance(value, dict) and isinstance(conf.get(name), dict):
			conf[name] = {**conf[name], **value}
		else:
			conf[name] = value
	return conf


def alive(pid):
	"""Whether a process that need not be ours has not ended; whoever is to
	collect its status may take seconds for that."""
	try:
		with open(f"/proc/{pid}/stat") as f:
			return f.read().rsplit(")", 1)[1].split()[0] != "Z"
	except (FileNotFoundError, ProcessLookupError):
		return False


class Sluice:
	"""wait: whether to wait for what it says of its addresses; file: not
	the one that is written; before: the beginning of a command that ends
	in ours, args: its end, fds: descriptors that it gets; owner: the user
	that it becomes; binary: by what name it is started."""

	def __init__(self, directory, text=None, nofile=None, stdout=None,
	    wait=True, file=None, before=(), args=(), fds=(), owner=None,
	    binary=BINARY, **keys):
		self.dir = pathlib.Path(directory)
		self.file = self.dir / "sluice.yaml"
		self.keys = keys
		self.status = 0			# what stop() expects
		self.write(text, **keys)
		limits = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
		    (nofile, nofile))) if nofile else None
		# Where its control socket is; paths of sockets are short.
		self.run_dir = pathlib.Path(tempfile.mkdtemp(
		    prefix="sluice."))
		self.control = self.run_dir / "admin.sock"
		if owner is not None:
			os.chown(self.run_dir, owner, -1)
		self.proc = subprocess.Popen([*before, str(binary), "-c",
		    str(file or self.file), *args], env={**os.environ,
		    "RUNTIME_DIRECTORY": str(self.run_dir)}, pass_fds=fds,
		    stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
		    stdout=subprocess.PIPE if stdout is None else stdout,
		    cwd=self.dir, preexec_fn=limits)
		self.pid = self.proc.pid
		self.out = Lines(self.proc.stdout or [])
		self.err = Lines(self.proc.stderr)
		try:
			if wait:
				self.learn()
		except BaseException:
			self.proc.kill()
			self.proc.wait()
			shutil.rmtree(self.run_dir, ignore_errors=True)
			raise

	def write(self, text=None, **keys):
		"""Writes the file whole, then moves it into place."""
		if text is None:
			text = json.dumps(settings(**keys), indent=1,
			    default=str) + "\n"
		new = self.dir / "sluice.yaml.new"
		if isinstance(text, bytes):
			new.write_bytes(text)
		else:
			new.write_text(text)
		new.rename(self.file)

	def learn(self):
		"""Waits until it listens, and learns at which port."""
		listen = settings(**self.keys)["listen"]
		if isinstance(listen, str) and listen.startswith("unix:"):
			self.unix = listen[5:]
			self.err.wait("listening on")
			return
		# A line for each address, in their order; those with ports.
		want = len([one for one in listen if not str(one).startswith(
		    "unix:")]) if isinstance(listen, list) else 1
		self.err.wait(lambda line: len(self.listening()) >= want,
		    what=f"{want} times listening on")
		self.ports = self.listening()
		self.port = self.ports[0]
		self.host = "127.0.0.1"
		self.address = (self.host, self.port)
		self.at = f"{self.host}:{self.port}"
		self.url = f"http://{self.at}"

	def listening(self):
		"""The ports that it has told of."""
		found = [LISTENING.search(line) for line in self.err.lines]
		return [int(match.group(2)) for match in found if match]

	def web_port(self):
		"""The port of admin.web, once it has told of it."""
		return int(CONTROL.search(self.err.wait(CONTROL)).group(1))

	def hup(self):
		os.kill(self.pid, signal.SIGHUP)

	def upgrade(self):
		"""Has another process take over; the line that tells of it."""
		since = len(self.err)
		os.kill(self.pid, signal.SIGUSR2)
		line = self.err.wait(UPGRADED, since=since)
		match = UPGRADED.search(line)
		if match[1]:
			self.pid = int(match[1])
			self.err.wait("is ready", since=since)
		return line

	def stopped(self, pid=None):
		"""SIGSTOP has taken effect, in every thread."""
		tasks = f"/proc/{pid or self.proc.pid}/task"
		for task in os.listdir(tasks):
			with open(f"{tasks}/{task}/stat") as f:
				state = f.read().rsplit(")", 1)[1].split()[0]
			if state != "T":
				return False
		return True

	@contextlib.contextmanager
	def stands_still(self):
		"""It has no time to look at anything meanwhile."""
		self.proc.send_signal(signal.SIGSTOP)
		try:
			wire.wait_until(self.stopped, what="a stop")
			yield
		finally:
			self.proc.send_signal(signal.SIGCONT)

	def reload(self, text=None, **keys):
		"""Another configuration; the line that tells the result."""
		since = len(self.err)
		self.write(text, **keys)
		self.hup()
		return self.err.wait(RELOADED, since=since)

	def change(self, **keys):
		"""Reloads with some keys changed, which must be taken."""
		self.keys = {**self.keys, **keys}
		line = self.reload(**self.keys)
		assert "not reloaded" not in line, line
		return line

	def term(self):
		os.kill(self.pid, signal.SIGTERM)

	def wait(self, timeout=wire.DEADLINE):
		"""The exit status, and the pipes read to their ends."""
		self.proc.wait(timeout)
		self.out.thread.join(wire.DEADLINE)
		self.err.thread.join(wire.DEADLINE)
		if self.pid != self.proc.pid:
			wire.wait_until(lambda: not self.runs(), timeout,
			    what="the end of who has taken over")
		return self.proc.returncode

	def runs(self):
		"""Whether it, or who has taken over from it, has not ended."""
		if self.pid == self.proc.pid:
			return self.proc.poll() is None
		return alive(self.pid)

	def stop(self):
		"""Ends it if it still runs; complains of what went wrong."""
		try:
			if self.runs():
				self.term()
			self.wait(30 * wire.SLOW)
		except (subprocess.TimeoutExpired, AssertionError):
			if self.runs():
				os.kill(self.pid, signal.SIGKILL)
			self.proc.kill()
			self.proc.wait()
			raise AssertionError("did not end after SIGTERM:\n"
			    + self.err.text()[-4000:])
		finally:
			shutil.rmtree(self.run_dir, ignore_errors=True)
		self.check()

	def check(self):
		text = self.err.text()
		fault = FAULTS.search(text)
		if fault:
			raise Fault(text[max(0, fault.start() - 500):][:6000])
		if self.status not in (None, self.proc.returncode):
			raise Fault(f"status {self.proc.returncode}\n"
			    f"{text[-4000:]}")

	def proc_value(self, key):
		"""A number out of /proc/PID/status, such as VmRSS (kB)."""
		with open(f"/proc/{self.pid}/status") as f:
			for line in f:
				if line.startswith(key + ":"):
					return int(line.split()[1])
		raise KeyError(key)

	def rss(self):
		return self.proc_value("VmRSS") * 1024

	def files(self):
		"""How many are open; root alone sees into who has a key."""
		try:
			return len(os.listdir(f"/proc/{self.pid}/fd"))
		except PermissionError:
			text = control.Control(str(self.control)).get(
			    "/metrics").body.decode()
			return int(float(re.search(
			    r"^process_open_fds (\S+)$", text, re.M)[1]))

	def cpu(self):
		"""Seconds of processor time so far."""
		with open(f"/proc/{self.pid}/stat") as f:
			parts = f.read().rsplit(")", 1)[1].split()
		return (int(parts[11]) + int(parts[12])) / os.sysconf(
		    "SC_CLK_TCK")

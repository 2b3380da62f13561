# SPDX-License-Identifier: ISC
import collections
import contextlib
import gc
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import pytest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../fault"))

import again				# noqa: E402
import beside				# noqa: E402
import browser				# noqa: E402
import certs				# noqa: E402
import chosen				# noqa: E402
import client				# noqa: E402
import commands				# noqa: E402
import control				# noqa: E402
import dnsserver			# noqa: E402
import elsewhere			# noqa: E402
import faults				# noqa: E402
import nginx				# noqa: E402
import origin				# noqa: E402
import sluice				# noqa: E402
import standin				# noqa: E402
import wire				# noqa: E402


# What the programs of the tests take for whom they trust.
TRUST = {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}


# What is marked plain runs in one run only, of the four that there are.
PLAIN = sluice.WORKERS == 1 and not sluice.sanitized()

# Seconds after which a test is taken to hang, and ends with all stacks.
HANGS = 180 * wire.SLOW


def pytest_addoption(parser):
	parser.addoption("--write-durations", action="store_true",
	    help="make tests/e2e/durations anew, from this run")
	parser.addoption("--again", action="store_true",
	    help="let a few that failed pass by themselves")
	parser.addoption("--loops", action="store_true",
	    help="only the files in which the daemon's event loops meet")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
	config.addinivalue_line("markers",
	    "heavy: takes many seconds or much memory")
	config.addinivalue_line("markers", "alone(reason): needs the machine "
	    "for itself, and runs after all others")
	config.addinivalue_line("markers", "plain(reason): runs in the plain "
	    "build with one event loop only, since others find nothing more")
	if getattr(config.option, "timeout", 0) is None:
		config.option.timeout = HANGS
	# What the processes of this run share, or those of several runs.
	config.own = None
	shared = os.environ.get("SLUICE_ROOM") or \
	    getattr(config, "workerinput", {}).get("shared")
	if not shared:
		shared = config.own = tempfile.mkdtemp(prefix="sluice-e2e.")
	config.shared = pathlib.Path(shared)
	config.locks = beside.Locks(config.shared)


def pytest_unconfigure(config):
	if config.own:
		shutil.rmtree(config.own, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
	node.workerinput["shared"] = str(node.config.shared)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
	return beside.PROCESSES * len(os.sched_getaffinity(0))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
	return beside.Scheduler(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path, config):
	return chosen.left_out(collection_path.name, config.option.loops) or None


# Whoever is first compiles the tests, and keeps that for the others.  None of
# what is collected is garbage, and looking for it was a sixth of the time.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_collection(session):
	with contextlib.ExitStack() as stack:
		if hasattr(session.config, "workerinput") and not \
		    stack.enter_context(beside.once(session.config.shared /
		    "compiled")):
			stack.close()
		gc.disable()
		yield
		gc.freeze()
		gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
	for item in items:
		for name in "alone", "plain":
			mark = item.get_closest_marker(name)
			if mark and not mark.args:
				raise pytest.UsageError(
				    f"{item.nodeid}: {name}, but why?")
		if mark and not PLAIN:
			item.add_marker(pytest.mark.skip(reason=mark.args[0]))
	beside.order(items)


def pytest_sessionstart(session):
	for name in list(os.environ):
		if name.lower().endswith("_proxy") or name in TRUST:
			del os.environ[name]
	# those of the sources: nothing is installed
	os.environ["SLUICE_PRESETS"] = str(sluice.HERE / "../../conf/presets")
	_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
	if not os.path.exists(sluice.BINARY):
		pytest.exit(f"no sluice at {sluice.BINARY}; set SLUICE", 2)


# Waiting for others is no part of a test, and of the time that it may take.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
	with item.config.locks.held(item.get_closest_marker("alone")):
		yield


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
	# -k may have asked for what is in none of them
	if session.config.option.loops and \
	    exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
		session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter, exitstatus, config):
	if config.option.again and exitstatus == pytest.ExitCode.TESTS_FAILED \
	    and again.judge(terminalreporter, config):
		terminalreporter._session.exitstatus = pytest.ExitCode.OK
	if config.option.write_durations:
		seconds = collections.Counter()
		for reports in terminalreporter.stats.values():
			for one in reports:
				if hasattr(one, "duration"):
					seconds[one.nodeid] += one.duration
		beside.write(seconds)


class Lab:
	"""Makes what a test needs, and ends it in good order afterwards."""

	def __init__(self, directory, pki=None):
		self.dir = directory
		self.pki = pki			# certs.Certs, for HTTPS
		self.clients = []
		self.origins = []
		self.daemons = []
		self.by_settings = {}		# for same
		self.others = []		# whatever else has a stop()
		self.last = []			# and is to outlive the others
		self.threads = []
		self.socks = []

	def origin(self, *args, **keys):
		self.origins.append(origin.Origin(*args, **keys))
		return self.origins[-1]

	def sluice(self, text=None, **keys):
		place = self.dir / f"sluice{len(self.daemons)}"
		place.mkdir()
		self.daemons.append(sluice.Sluice(place, text, **keys))
		return self.daemons[-1]

	def nginx(self):
		self.others.append(nginx.Nginx(self.dir / "nginx", self.pki))
		return self.others[-1]

	def dns(self, names, **keys):
		self.others.append(dnsserver.Dns(names, **keys))
		return self.others[-1]

	def elsewhere(self):
		"""Two machines with a wire between them."""
		why_not = elsewhere.why_not()
		if why_not:
			pytest.skip("no network namespaces: " + why_not)
		self.last.append(elsewhere.Elsewhere())
		return self.last[-1]

	def https(self, hosts=None, trust="ca", tls=(), **keys):
		"""A sluice with a CA, to whom all of .test is this machine.

		trust is the CA of the origins, tls what is to be added.
		"""
		files = {"ca_certificate": self.pki.pem("user-ca"),
		    "ca_key": self.pki.key("user-ca"),
		    "trust": self.pki.pem(trust), **dict(tls)}
		return self.sluice(resolver=[self.dns(dnsserver.Here()).at],
		    tls=files, hosts=hosts or {}, **keys)

	def secure_origin(self, *args, name="origin", context=(), **keys):
		"""An origin with TLS; context is for certs.Certs.server()."""
		return self.origin(*args, tls=self.pki.server(name,
		    **dict(context)), **keys)

	def inside(self, at, trust="user-ca", daemon=None, context=None,
	    **keys):
		"""A client in a tunnel to that host and port."""
		daemon = daemon or self.daemons[-1]
		self.clients.append(client.Inside(daemon.address, at,
		    context or self.pki.client(trust), **keys))
		return self.clients[-1]

	def outside(self, base, **keys):
		"""A client of one host, by absolute URLs."""
		self.clients.append(client.Outside(self.daemons[-1].address,
		    base, **keys))
		return self.clients[-1]

	def control(self, daemon=None):
		"""Who asks and changes everything, at the socket."""
		daemon = daemon or self.daemons[-1]
		daemon.err.wait("is ready")
		return control.Control(daemon.control)

	def web(self, token=None, daemon=None):
		"""The same on the web, with what is allowed there."""
		port = (daemon or self.daemons[-1]).web_port()
		return control.Control(("127.0.0.1", port), token)

	def client(self, daemon=None, **keys):
		daemon = daemon or self.daemons[-1]
		address = getattr(daemon, "unix", None) or daemon.address
		self.clients.append(client.Client(address, **keys))
		return self.clients[-1]

	def get(self, url, *args, **keys):
		"""A GET on a connection of its own."""
		one = self.client()
		try:
			return one.get(url, *args, **keys)
		finally:
			one.close()

	def settle(self, rounds=2):
		"""Returns once what was sent before has been read and acted on.

		With one worker two round trips after it prove that, for both
		were written before the second was read.  Several workers get
		a round trip each on as many connections as make it as good as
		certain.
		"""
		many = 1 if sluice.WORKERS == 1 else 8 * sluice.WORKERS
		for _ in range(many):
			one = self.client()
			for _ in range(rounds):
				one.ping()
			one.close()

	def closed_port(self):
		"""A port that refuses connections, and stays ours."""
		sock = socket.socket()
		sock.bind(("127.0.0.1", 0))
		self.socks.append(sock)
		return sock.getsockname()[1]

	def spawn(self, call, *args):
		"""A thread; its value or its exception comes from join()."""
		task = Task(call, args)
		self.threads.append(task)
		return task

	def end(self):
		errors = []
		for one in self.clients + self.socks:
			one.close()
		for one in self.origins + self.daemons + self.others + \
		    self.last:
			try:
				one.stop()
			except (Exception, AssertionError) as error:
				errors.append(error)
		for task in self.threads:
			task.thread.join(wire.DEADLINE)
		if errors:
			raise errors[0]


class Task:
	def __init__(self, call, args):
		self.value = self.error = None
		self.thread = threading.Thread(target=self.run,
		    args=(call, args), daemon=True)
		self.thread.start()

	def run(self, call, args):
		try:
			self.value = call(*args)
		except BaseException as error:
			self.error = error

	def join(self, timeout=3 * wire.DEADLINE):
		self.thread.join(timeout)
		assert not self.thread.is_alive(), "still running"
		if self.error:
			raise self.error
		return self.value


@pytest.fixture
def lab(tmp_path):
	one = Lab(tmp_path)
	try:
		yield one
	finally:
		one.end()


@pytest.fixture(scope="session")
def pki(request):
	"""The certificates of this run: for all to read, for none to change."""
	place = request.config.shared / "certs"
	with beside.once(place) as first:
		return certs.Certs(place, first)


@pytest.fixture
def tlab(lab, pki):
	"""A lab for HTTPS."""
	lab.pki = pki
	return lab


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory):
	"""One for all tests of a file, for tables of many small rows."""
	one = Lab(tmp_path_factory.mktemp("shared"))
	try:
		yield one
	finally:
		one.end()


@pytest.fixture
def same(lab, shared_lab):
	"""Starts lab's sluice, or takes the file's with the same settings: for
	a row with an origin of its own, which no state of others is about."""
	taken = []

	def sluice(**keys):
		name = repr(sorted(keys.items()))
		one = shared_lab.by_settings.get(name)
		if one is None or not one.runs():
			one = shared_lab.sluice(**keys)
			shared_lab.by_settings[name] = one
		taken.append(one)
		lab.daemons.append(one)
		return one
	yield sluice
	for daemon in taken:
		lab.daemons.remove(daemon)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
	"""One browser for all tests of a file, a page for each.  It ends with
	them: one that nobody needs took a sixth of a processor."""
	one = browser.Browser(tmp_path_factory.mktemp("chromium"))
	try:
		yield one
	finally:
		one.end()


@pytest.fixture(scope="session")
def fault_library(request):
	"""What is preloaded, made once for all processes of this run."""
	place = request.config.shared / "fault"
	with beside.once(place) as first:
		library = place / "fault.so"
		return faults.build(library) if first else library


@pytest.fixture
def fault(tmp_path, monkeypatch, fault_library):
	"""Makes calls of the daemon that is started next fail: faults.Fault.

	So a test need not fill a socket, or break one, at the right byte.
	"""
	if sluice.sanitized():
		pytest.skip("a sanitizer wants to be preloaded first")
	one = faults.Fault(tmp_path, fault_library)
	for name, value in one.environment().items():
		monkeypatch.setenv(name, value)
	return one


@pytest.fixture
def command():
	"""Runs a client program; its output, or a failure with its errors."""
	def run(*args, status=0, **keys):
		done = subprocess.run([str(a) for a in args],
		    capture_output=True, stdin=subprocess.DEVNULL,
		    timeout=2 * wire.DEADLINE, **keys)
		if status is not None:
			assert done.returncode == status, (done.returncode,
			    done.stderr[-2000:], done.stdout[-500:])
		return done
	return run


@pytest.fixture
def room(lab, tmp_path_factory):
	"""Makes stand-ins of daemons; paths of sockets are short."""
	class Room:
		dir = tmp_path_factory.mktemp("s")

		def standin(self, reply, name="s"):
			lab.others.append(standin.Standin(self.dir / name,
			    reply))
			return lab.others[-1]
	return Room()


@pytest.fixture
def busy(lab, tmp_path_factory):
	"""A daemon with something to tell."""
	return commands.Busy(lab, tmp_path_factory.mktemp("s") / "a.sock")


@pytest.fixture
def proxies(request, lab):
	"""Makes the file's Proxies: several sluices with one store."""
	made = []

	def make(*args, **keys):
		made.append(request.module.Proxies(lab, *args, **keys))
		return made[-1]
	yield make
	for one in made:
		one.end()

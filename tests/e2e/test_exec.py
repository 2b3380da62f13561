# SPDX-License-Identifier: ISC
"""sluice exec: a program with a daemon that runs, or one of its own."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

import origin
import sluice
import wire

# Tells where its daemon is and fetches what it is told to, until its input
# ends.
PROGRAM = """
import os, sys, urllib.request
print(os.environ["SLUICE_SOCKET"], flush=True)
for line in sys.stdin:
    print(urllib.request.urlopen(line.strip()).read().decode(), flush=True)
"""
PYTHON = [sys.executable, "-c", PROGRAM]


class Run:
	"""sluice exec with a program that does as it is told."""

	def __init__(self, *args, **keys):
		self.proc = subprocess.Popen([sluice.BINARY, "exec", *args,
		    *PYTHON], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
		    stderr=subprocess.PIPE, text=True, **keys)
		self.socket = pathlib.Path(self.proc.stdout.readline().strip())
		self.dir = self.socket.parent

	def get(self, url):
		self.proc.stdin.write(url + "\n")
		self.proc.stdin.flush()
		return self.proc.stdout.readline().strip()

	def end(self):
		out, err = self.proc.communicate(timeout=2 * wire.DEADLINE)
		return self.proc.returncode, err

	def processes(self):
		"""Whoever was started with its directory, or its socket."""
		found = []
		for proc in pathlib.Path("/proc").glob("[0-9]*"):
			try:
				text = (proc / "cmdline").read_bytes()
				text += (proc / "environ").read_bytes()
			except OSError:
				continue
			if str(self.dir).encode() in text:
				found.append(proc.name)
		return found


@pytest.fixture
def conf(tmp_path):
	"""A file whose daemon does not run."""
	def write(text="workers: 1", name="sluice.yaml"):
		path = tmp_path / name
		path.write_text(f"admin: {{socket: {tmp_path}/a.sock}}\n"
		    + text + "\n")
		return str(path)
	return write


@pytest.fixture
def own(conf):
	made = []

	def run(text="workers: 1", *args, **keys):
		made.append(Run("-c", conf(text), *args, **keys))
		return made[-1]
	yield run
	for one in made:
		if one.proc.poll() is None:
			one.proc.kill()
		one.proc.communicate()


class Somebody:
	"""A user with a directory for such files that nobody else uses."""

	def __init__(self):
		self.user = 60000 + os.getpid() % 5000 \
		    if os.geteuid() == 0 else None
		self.home = pathlib.Path(tempfile.mkdtemp(prefix="exec."))
		self.dir = self.home / "sluice"
		if self.user:
			os.chown(self.home, self.user, -1)
		self.env = {**os.environ, "XDG_RUNTIME_DIR": str(self.home)}

	def file(self, path):
		"""A copy of the file that the user may read."""
		copy = self.home / "sluice.yaml"
		copy.write_text(pathlib.Path(path).read_text().replace(
		    str(pathlib.Path(path).parent), str(self.home)))
		return copy

	def processes(self):
		return [proc for proc in pathlib.Path("/proc").glob("[0-9]*")
		    if str(self.home).encode() in whole(proc / "cmdline")]


def whole(file):
	try:
		return file.read_bytes()
	except OSError:
		return b""


@pytest.fixture
def somebody():
	one = Somebody()
	yield one
	shutil.rmtree(one.home)


def children(pid):
	return whole(pathlib.Path(
	    f"/proc/{pid}/task/{pid}/children")).split()


def status(run):
	done = sluice.run("status", "--json", "-s", str(run.socket))
	return json.loads(done.stdout)["status"] if not done.returncode else \
	    {"pid": None}


def environ(pid):
	return pathlib.Path(f"/proc/{pid}/environ").read_text()


def parent_of(pid):
	text = pathlib.Path(f"/proc/{pid}/stat").read_text()
	return int(text.rpartition(")")[2].split()[1])


def gone(run):
	wire.wait_until(lambda: not run.processes(), what="no process")
	wire.wait_until(lambda: not run.dir.exists(), what="no file")
	return True


def execute(*args, **keys):
	return subprocess.run([sluice.BINARY, "exec", *map(str, args)],
	    capture_output=True, text=True, timeout=2 * wire.DEADLINE,
	    stdin=subprocess.DEVNULL, **keys)


# One of its own


def test_own(lab, own):
	"""Its requests go by it; nothing is left when it has ended."""
	far = lab.origin(origin.fixed(body="hello"))
	run = own()
	assert run.get(far.url) == "hello"
	assert status(run)["requests"] == 1
	assert status(run)["listen"][0].startswith("127.0.0.1:")
	assert run.end() == (0, "")
	assert not run.dir.exists() and not run.processes()


def test_limits(lab, own):
	"""What the file says of a host holds."""
	far = lab.origin(origin.fixed(body="x"))
	run = own('hosts: {127.0.0.1: {capacity: 2, period: 1h, burst: 2, '
	    'queue: {max_wait: 0}}}')
	assert [run.get(far.url), run.get(far.url)] == ["x", "x"]
	assert run.get(far.url) == ""
	assert "HTTP Error 429" in run.end()[1]


def test_access_is_about_others(lab, own):
	"""What a file says of its own daemon's clients keeps nobody out."""
	far = lab.origin(origin.fixed(body="hello"))
	users = lab.dir / "users"
	users.write_text("")
	run = own(f"access: {{clients: [10.0.0.0/8], users: {users}}}")
	assert run.get(far.url) == "hello"
	run.end()


def test_whose_daemon(lab, tmp_path):
	"""A daemon at the usual place is not that of another file."""
	far = lab.origin(origin.fixed(body="hello"))
	runtime = tmp_path / "run"
	(runtime / "sluice").mkdir(parents=True)
	other = lab.sluice(admin={"socket":
	    str(runtime / "sluice/admin.sock")})
	other.err.wait("is ready")
	mine = tmp_path / "mine.yaml"
	mine.write_text("listen: 127.0.0.1:39\n")
	run = Run("-c", str(mine), env={**os.environ,
	    "XDG_RUNTIME_DIR": str(runtime)})
	assert run.socket != runtime / "sluice/admin.sock"
	assert run.get(far.url) == "hello"
	assert run.end()[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has two users")
def test_other_users_have_no_use_of_it(lab, own):
	far = lab.origin(origin.fixed(body="hello"))
	run = own()
	at = status(run)["listen"][0]
	done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w",
	    "%{http_code}", "-x", f"http://{at}", far.url], user=65534,
	    capture_output=True, text=True, cwd="/")
	assert done.stdout == "403", done
	run.end()


def test_again_inside(lab, own):
	"""It uses the same one, and does not end it."""
	far = lab.origin(origin.fixed(body="hello"))
	run = own()
	inner = Run(env={**os.environ, "SLUICE_SOCKET": str(run.socket)})
	assert inner.socket == run.socket
	assert inner.get(far.url) == "hello"
	assert inner.end()[0] == 0
	assert run.get(far.url) == "hello"
	assert run.end()[0] == 0 and gone(run)


def test_without_a_file(lab, tmp_path):
	"""Where no daemon runs, of which there may be some here."""
	far = lab.origin(origin.fixed(body="hello"))
	if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"],
	    capture_output=True).returncode:
		pytest.skip("no namespace of mounts")
	script = "mount -t tmpfs -o mode=755 none /run && shift && " \
	    'exec "$@"'
	env = {name: value for name, value in os.environ.items()
	    if name not in ("SLUICE_SOCKET", "XDG_RUNTIME_DIR")}
	done = subprocess.run(["unshare", "-m", "sh", "-c", script, "-", "-",
	    sluice.BINARY, "exec", "curl", "-sS", far.url],
	    capture_output=True, text=True, env=env,
	    timeout=2 * wire.DEADLINE)
	assert (done.returncode, done.stdout, done.stderr) == (0, "hello", "")
	assert len(far.wait_requests(1)) == 1


# One that runs


def test_running(lab):
	far = lab.origin(origin.fixed(body="hello"))
	daemon = lab.sluice()
	daemon.err.wait("is ready")
	done = execute("-s", daemon.control, "curl", "-sS", far.url)
	assert (done.returncode, done.stdout, done.stderr) == (0, "hello", "")
	daemon.out.wait(f" GET 127.0.0.1:{far.port}")
	daemon.stop()
	done = execute("-s", daemon.control, "true")
	assert done.returncode == 125 and str(daemon.control) in done.stderr


# How it ends


@pytest.mark.parametrize("how", [0, 7, 124])
def test_status(conf, how):
	assert execute("-c", conf(), "sh", "-c",
	    f"exit {how}").returncode == how


def test_signals(own):
	"""They are passed on, and it ends by the same."""
	for sig in signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2:
		run = own()
		run.proc.send_signal(sig)
		# before its input ends, by which it would end, too
		run.proc.wait(wire.DEADLINE)
		assert run.end()[0] == -sig
		assert gone(run)


def test_program_that_catches_a_signal(conf):
	script = "trap 'exit 9' TERM; kill -TERM $PPID; while :; do " \
	    "sleep 1; done"
	done = execute("-c", conf(), "sh", "-c", script)
	assert done.returncode == 9, done


def test_killed(lab, own):
	"""Whoever kills it leaves no process, file or port behind."""
	far = lab.origin(origin.fixed(body="hello"))
	run = own()
	assert run.get(far.url) == "hello"
	run.proc.kill()
	assert run.end()[0] == -signal.SIGKILL
	assert gone(run)


def test_killed_with_its_group(lab, own):
	"""As a shell or a runner of jobs does that ends all of them."""
	far = lab.origin(origin.fixed(body="hello"))
	run = own("workers: 1", start_new_session=True)
	assert run.get(far.url) == "hello"
	os.killpg(run.proc.pid, signal.SIGKILL)
	assert run.end()[0] == -signal.SIGKILL
	assert gone(run)


def test_killed_whatever_the_program_ignores(conf):
	run = subprocess.Popen([sluice.BINARY, "exec", "-c", conf(), "sh",
	    "-c", "trap '' TERM HUP; echo $$; exec sleep 60"],
	    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
	program = pathlib.Path("/proc", run.stdout.readline().decode().strip())
	wire.wait_until(lambda: b"sleep" in whole(program / "cmdline"),
	    what="the program")
	run.kill()
	run.communicate(timeout=wire.DEADLINE)
	wire.wait_until(lambda: not whole(program / "cmdline"),
	    what="no program")


@pytest.mark.parametrize("step", ["exec-*", "exec-*/notify",
    "exec-*/admin.sock"])
def test_killed_while_it_starts(conf, somebody, step):
	"""Whatever is there by then goes."""
	for _ in range(5):
		run = subprocess.Popen([sluice.BINARY, "exec", "-c",
		    somebody.file(conf()), "sleep", "60"], cwd="/",
		    user=somebody.user, env=somebody.env,
		    stderr=subprocess.DEVNULL)
		wire.wait_until(lambda: list(somebody.dir.glob(step)),
		    step=0, what=step)
		run.kill()
		run.wait()
		wire.wait_until(lambda: not list(somebody.dir.iterdir()),
		    what="no file")
		wire.wait_until(lambda: not somebody.processes(),
		    what="no process")


# Says which signals have come, until it is ended.
TELLS = """
import os, signal
def tell(sig, frame):
    os.write(1, b"%d\\n" % sig)
for sig in signal.SIGUSR1, signal.SIGUSR2:
    signal.signal(sig, tell)
os.write(1, b"ready\\n")
while True:
    signal.pause()
"""


def test_a_signal_to_the_group(conf):
	"""It comes to the program by itself, and not a second time by us: what
	is sent to us alone afterwards is what comes next."""
	run = subprocess.Popen([sluice.BINARY, "exec", "-c", conf(),
	    sys.executable, "-c", TELLS], stdout=subprocess.PIPE,
	    stderr=subprocess.DEVNULL, start_new_session=True)
	try:
		assert run.stdout.readline() == b"ready\n"
		# the witness comes after the program
		wire.wait_until(lambda: len(children(run.pid)) == 3,
		    what="all of its processes")
		for _ in range(30):
			os.killpg(run.pid, signal.SIGUSR1)
			assert run.stdout.readline() == b"10\n"
			run.send_signal(signal.SIGUSR2)
			assert run.stdout.readline() == b"12\n"
	finally:
		os.killpg(run.pid, signal.SIGTERM)
		run.communicate(timeout=wire.DEADLINE)
	assert run.returncode == -signal.SIGTERM


# Leaves orphans to the first process, and waits until they are buried.
ORPHANS = """
import glob, os, time
for _ in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    os.wait()
def dead():
    found = 0
    for name in glob.glob("/proc/[0-9]*/stat"):
        try:
            found += open(name).read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            pass
    return found
end = time.monotonic() + 20
while dead() and time.monotonic() < end:
    time.sleep(0.01)
print(os.getppid(), dead())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are root's")
def test_first_process(conf):
	"""As that of a container it buries whoever is left to it."""
	if subprocess.run(["unshare", "-pf", "--mount-proc", "true"],
	    capture_output=True).returncode:
		pytest.skip("no namespace of processes")
	done = subprocess.run(["unshare", "-pf", "--mount-proc",
	    sluice.BINARY, "exec", "-c", conf(), sys.executable, "-c",
	    ORPHANS], capture_output=True, text=True,
	    timeout=3 * wire.DEADLINE)
	assert (done.returncode, done.stdout) == (0, "1 0\n"), done


def test_its_proxy_dies(lab, own):
	"""It is started again, and nobody else can have had its port."""
	far = lab.origin(origin.fixed(body="hello"))
	run = own()
	before = status(run)
	os.kill(before["pid"], signal.SIGKILL)
	assert run.get(far.url) == "hello"
	wire.wait_until(lambda: status(run)["pid"] != before["pid"],
	    what="another process")
	assert status(run)["listen"] == before["listen"]
	assert run.end()[0] == 0 and gone(run)


def test_its_keeper_dies(own):
	"""Nobody starts its proxy again: it says so, and the program goes on."""
	run = own()
	keeper = parent_of(status(run)["pid"])
	os.kill(keeper, signal.SIGKILL)
	wire.wait_until(lambda: not pathlib.Path(f"/proc/{keeper}").exists(),
	    what="its end")
	code, err = run.end()
	assert code == 0 and gone(run)
	assert "its proxy has ended, by signal 9" in err


def test_its_attendant_is_killed(own):
	"""Its proxy ends, the program goes on, and nothing is left."""
	run = own()
	os.kill(parent_of(parent_of(status(run)["pid"])), signal.SIGKILL)
	assert run.end()[0] == 0 and gone(run)


def test_children_are_ignored(conf):
	"""Who starts it may not want to hear of children; it does."""
	done = subprocess.run(["env", "--ignore-signal=CHLD", sluice.BINARY,
	    "exec", "-c", conf(), "sh", "-c", "exit 3"], timeout=2 *
	    wire.DEADLINE, capture_output=True)
	assert done.returncode == 3, done


def test_stopped(own):
	"""Who stops the program stops it, too, as a shell has to see."""
	run = own()
	child, = [pid for pid in map(int, run.processes())
	    if parent_of(pid) == run.proc.pid and
	    "SLUICE_SOCKET" in environ(pid)]
	os.kill(child, signal.SIGSTOP)
	_, how = os.waitpid(run.proc.pid, os.WUNTRACED)
	assert os.WIFSTOPPED(how), how
	run.proc.send_signal(signal.SIGCONT)
	assert run.end()[0] == 0


# What goes wrong


def test_no_such_program(conf, tmp_path):
	file = tmp_path / "file"
	file.write_text("x")
	for program, status, says in [
	    ("no-such-program", 127, "no-such-program: No such file"),
	    (file, 126, "Permission denied"),
	    (tmp_path, 126, "Permission denied"),
	]:
		done = execute("-c", conf(), program)
		assert done.returncode == status and says in done.stderr, done
		assert not done.stdout


def test_wrong_configuration(conf):
	done = execute("-c", conf("hosts: {a.test: {capacity: -1}}"), "true")
	assert done.returncode == 125
	assert "sluice.yaml:2:" in done.stderr and "capacity" in done.stderr
	assert "its own sluice did not start" in done.stderr
	done = execute("-c", "/nonexistent/x.yaml", "true")
	assert done.returncode == 125
	assert "/nonexistent/x.yaml: No such file" in done.stderr


PLACES = [
    # all that can be had is read only
    ("mount -t tmpfs -o ro none /run && mount --bind /tmp /tmp && "
        "mount -o remount,bind,ro /tmp", "Read-only file system"),
    # or full
    ("mount -t tmpfs none /run && mkdir /run/sluice-root && "
        "mount -t tmpfs -o size=4k,mode=755 none /run/sluice-root && "
        "head -c 4096 /dev/zero >/run/sluice-root/full",
        "No space left on device"),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are root's")
@pytest.mark.parametrize("mounts, says", PLACES)
def test_a_folder_that_cannot_be_written(conf, mounts, says):
	"""It says which, and why, and leaves nothing."""
	if subprocess.run(["unshare", "-m", "true"],
	    capture_output=True).returncode:
		pytest.skip("no namespace of mounts")
	script = f'{mounts} && shift && {{ "$@"; echo $?; ' \
	    "ls -d /run/sluice-root/exec-* /tmp/sluice-0/exec-*; }"
	done = subprocess.run(["unshare", "-m", "sh", "-c", script, "-", "-",
	    sluice.BINARY, "exec", "-c", conf(), "true"], text=True,
	    capture_output=True, timeout=2 * wire.DEADLINE)
	assert done.stdout == "125\n", done
	first = done.stderr.splitlines()[0]
	assert first.startswith("sluice exec: ") and says in first, done


@pytest.mark.skipif(os.geteuid() != 0, reason="to be somebody else")
def test_no_place_for_files(conf, tmp_path):
	"""Whoever has no directory gets one in /tmp; if that is another's, it
	says so."""
	path = pathlib.Path(conf())
	readable = pathlib.Path("/tmp") / f"exec-{os.getpid()}.yaml"
	readable.write_text(path.read_text())
	user = 60000 + os.getpid() % 5000
	taken = pathlib.Path(f"/tmp/sluice-{user}")
	env = {**os.environ, "XDG_RUNTIME_DIR": "/proc"}
	try:
		done = execute("-c", readable, "true", user=user, cwd="/",
		    env=env)
		assert done.returncode == 0 and not list(taken.iterdir()), done
		taken.rmdir()
		taken.mkdir()
		done = execute("-c", readable, "true", user=user, cwd="/",
		    env=env)
		assert done.returncode == 125 and f"{taken}: " in done.stderr
	finally:
		readable.unlink()
		taken.rmdir()


def test_pipe(conf):
	done = execute("-c", "/dev/stdin", "true")
	assert done.returncode == 125 and "regular file" in done.stderr


def test_who_does_not_heed(conf):
	done = execute("-c", conf(), "true")
	assert done.returncode == 0
	assert "nothing has come from true" in done.stderr
	done = execute("-c", conf(), "true", env={**os.environ,
	    "NO_PROXY": "api.example.com"})
	assert "NO_PROXY is api.example.com: to those" in done.stderr


def test_who_is_not_counted_yet(conf):
	"""A program that has connected has heeded what it was told.  It ends
	when the daemon has that connection, which may be later."""
	done = execute("-c", conf(), "bash", "-c", 'at=${http_proxy#*//}; '
	    'at=${at%/}; exec 3<>/dev/tcp/${at%:*}/${at##*:}; '
	    'has=\'"connections": *1[,}]\'; '
	    'until [[ $("$0" --json status) =~ $has ]]; do :; done; '
	    "cat <&3 >/dev/null 2>&1 &", sluice.BINARY)
	assert (done.returncode, done.stderr) == (0, ""), done


def test_options_are_the_programs_own(conf):
	done = execute("-c", conf(), "echo", "--json", "-h", "-c", "x", "--",
	    "y")
	assert done.stdout == "--json -h -c x -- y\n", done
	done = execute("-c", conf(), "--", "printenv", "NO_PROXY")
	assert done.stdout.startswith("169.254.169.254,")


def test_output_ends_with_the_program(conf):
	"""Nobody else has it open: a pipe ends when the program does."""
	done = subprocess.run(["sh", "-c", '"$1" exec -c "$2" echo x | cat',
	    "-", sluice.BINARY, conf()], capture_output=True, text=True,
	    timeout=2 * wire.DEADLINE)
	assert done.stdout == "x\n"

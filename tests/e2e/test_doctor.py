# SPDX-License-Identifier: ISC
"""sluice doctor: which programs go past the proxy, and what else is wrong."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

import pytest

import sluice
import standin
import wire

PATIENCE = 6 * wire.DEADLINE
HOSTS = {"intercept.test": {"capacity": 1000, "https": "intercept"},
    "up.test": {"capacity": 1000, "https": "upstream"}}
MODES = ["plain", "tunnel", "upstream", "intercept"]
# They start quickly, and are on each machine that has the tests.
QUICK = ["curl", "wget", "git", "python3"]
SLOW = ["node", "npm", "pip3", "java", "ruby", "perl", "php", "cargo", "go",
    "bun", "deno"]

# A program that goes direct, whatever it is told.
DIRECT = f"""#!{sys.executable}
import socket, sys
from urllib.parse import urlsplit
at = urlsplit(sys.argv[-1])
one = socket.create_connection((at.hostname, at.port or 443))
one.sendall(b"\\x16\\x03\\x01\\x00\\x05hello" if at.scheme == "https" else
    b"GET / HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n")
one.recv(100)
"""

# One that asks nothing, and leaves another one, in a session of its own.
HANGS = f"""#!{sys.executable}
import os, pathlib, signal
if os.fork() == 0:
    os.setsid()
pathlib.Path("NOTES", str(os.getpid())).write_text(os.getcwd())
signal.pause()
"""


def real(name):
	"""Where it is, behind a shim that would want more than a PATH."""
	if name == "python3":
		return sys.executable
	return shutil.which(name)


class Place:
	"""A machine that has those programs."""

	def __init__(self, directory, daemon, *programs):
		self.dir = directory
		self.bin = directory / "bin"
		self.bin.mkdir()
		self.daemon = daemon
		self.env = {"PATH": str(self.bin), "LANG": "C.UTF-8",
		    "HOME": str(directory)}
		for name in programs:
			if real(name):
				(self.bin / name).symlink_to(real(name))

	def put(self, name, text):
		path = self.bin / name
		if path.is_symlink():
			path.unlink()
		path.write_text(text)
		path.chmod(0o755)

	def told(self, proxy=None):
		"""The environment names the proxy, in both cases."""
		for name in ("http_proxy", "https_proxy"):
			self.env[name] = self.env[name.upper()] = \
			    proxy or self.daemon.url

	def run(self, *args, status):
		done = sluice.run("doctor", "-s", self.daemon.control, *args,
		    env=self.env, timeout=PATIENCE)
		assert done.returncode == status, done.stdout + done.stderr
		return done.stdout

	def json(self, *args, status):
		self.all = json.loads(self.run("--json", *args,
		    status=status))
		assert self.all["version"] == 1
		assert self.all["ok"] == (status == 0)
		return {one["client"]: one for one in self.all["clients"]}

	def bad(self):
		return {one["about"]: one["says"] for one in
		    self.all["checks"] if one["level"] == "bad"}


@pytest.fixture
def place(tlab):
	daemon = tlab.https(hosts=HOSTS)
	(tlab.dir / "place").mkdir()
	return Place(tlab.dir / "place", daemon, *QUICK)


def verdicts(client):
	return [client[mode]["verdict"] for mode in MODES]


def lines(daemon):
	return [line for line in daemon.out.text().splitlines() if line]


# Programs


def test_programs_that_are_told_all(place):
	"""None goes past it, each trusts its CA; nothing else is asked for."""
	clients = place.json("--exec", status=0)
	for name in ("curl", "wget", "git", "Python urllib"):
		if name.split()[0].lower().replace("python", "python3") in \
		    os.listdir(place.bin):
			assert verdicts(clients[name]) == ["proxy"] * 4, name
	for line in lines(place.daemon):
		assert "/.well-known/sluice/" in line or \
		    " CONNECT 127.0.0.1:" in line or \
		    " CONNECT intercept.test:443" in line, line


@pytest.mark.heavy
@pytest.mark.plain("the same for programs that are slow to start")
def test_slow_programs(tlab):
	"""Those that there are, with all that makes some of them heed it."""
	(tlab.dir / "place").mkdir()
	daemon = tlab.https(hosts=HOSTS)
	place = Place(tlab.dir / "place", daemon, *SLOW)
	place.env["PATH"] += ":" + os.environ["PATH"]
	place.env["HOME"] = os.environ["HOME"]	# rustup's toolchains
	clients = place.json("--exec", status=0)
	assert clients
	assert not place.bad()
	clients.pop("Chromium", None)
	for client in clients.values():
		assert set(verdicts(client)) <= {"proxy", "tunnel"}, client
	for line in lines(daemon):
		assert "/.well-known/sluice/" in line or \
		    " CONNECT 127.0.0.1:" in line or \
		    " CONNECT up.test:80" in line or \
		    " CONNECT intercept.test:443" in line, line


def test_programs_that_are_told_nothing(place):
	"""They go direct, and no host but this process is asked."""
	clients = place.json(status=1)
	assert "eval" in place.bad()["proxy"]
	for name in ("curl", "wget", "git", "Python urllib"):
		if name not in clients:
			continue
		assert verdicts(clients[name]) == ["bypasses", "bypasses",
		    "untried", "untried"], name
		assert place.daemon.url in clients[name]["plain"]["mend"]
	assert lines(place.daemon) == []


def test_a_program_that_heeds_nothing(place):
	"""One is told apart from those that do."""
	place.put("curl", DIRECT)
	clients = place.json("--exec", status=1)
	assert verdicts(clients["curl"]) == ["bypasses", "bypasses",
	    "untried", "untried"]
	assert verdicts(clients["Python urllib"]) == ["proxy"] * 4
	said = place.run("--exec", status=1)
	assert "These go direct" in said
	assert "BYPASSES" in said


def test_programs_that_do_not_trust_the_ca(place):
	"""They go by it; what has them trust it is told."""
	place.told()
	place.put("wget", DIRECT)
	clients = place.json(status=1)
	assert verdicts(clients["curl"]) == ["proxy", "proxy", "proxy",
	    "distrusts"]
	assert clients["curl"]["intercept"]["mend"].startswith(
	    "export CURL_CA_BUNDLE=")
	assert "certificate" in clients["curl"]["intercept"]["says"]
	assert verdicts(clients["Python urllib"])[3] == "distrusts"
	said = place.run(status=1)
	assert "distrusts the CA" in said
	assert "export GIT_SSL_CAINFO=" in said or "git" not in clients


def test_another_language(place):
	"""What a program says of a certificate is said so that it is read."""
	place.told()
	place.env["LC_ALL"] = place.env["LANGUAGE"] = "de_DE.UTF-8"
	place.put("curl", f"""#!/bin/sh
case $*:$LC_ALL:$LANGUAGE in
*intercept.test*:C*:) echo no certificate; exit 1;;
*intercept.test*) echo kein Zertifikat; exit 1;;
esac
exec {shutil.which("curl")} "$@"
""")
	clients = place.json(status=1)
	assert verdicts(clients["curl"])[3] == "distrusts"


def test_one_variable_only(place):
	"""Python heeds the upper case, curl does not; https alone is half."""
	place.env["HTTP_PROXY"] = place.daemon.url
	clients = place.json(status=1)
	assert verdicts(clients["curl"])[:2] == ["bypasses", "bypasses"]
	assert verdicts(clients["Python urllib"])[:2] == ["proxy",
	    "bypasses"]


def test_browsers_are_not_tried(place):
	"""They would ask others, too; it is told how they are told."""
	ran = place.dir / "ran"
	place.put("chromium", f"#!/bin/sh\n: >{ran}\n")
	clients = place.json("--exec", status=0)
	assert verdicts(clients["Chromium"]) == ["untried"] * 4
	mend = clients["Chromium"]["plain"]["mend"]
	assert f"--proxy-server={place.daemon.url}" in mend
	assert "certutil " in mend
	assert "What tells it:\n    Chromium " in place.run("--exec",
	    status=0)
	assert not ran.exists()


# What users have set


@pytest.fixture
def elsewhere():
	"""Somebody else, whom nobody is to ask: what it has heard is told."""
	with socket.create_server(("127.0.0.1", 0), backlog=64) as sock:
		sock.setblocking(False)

		def asked():
			try:
				sock.accept()[0].close()
			except BlockingIOError:
				return False
			return True
		asked.url = "http://127.0.0.1:%d" % sock.getsockname()[1]
		yield asked


def test_files_of_settings(place, elsewhere):
	"""What they name, another proxy or index, is not asked."""
	for name, text in {".curlrc": "proxy = %s\n", ".wgetrc":
	    "use_proxy = on\nhttp_proxy = %s\nhttps_proxy = %s\n",
	    ".gitconfig": "[http]\n\tproxy = %s\n", ".npmrc":
	    "proxy=%s\nhttps-proxy=%s\n", ".config/pip/pip.conf":
	    "[global]\nextra-index-url = %s\n"}.items():
		path = place.dir / name
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_text(text.replace("%s", elsewhere.url))
	place.told()
	clients = place.json(status=1)
	for name in ("curl", "wget", "git"):
		if name in clients:
			assert verdicts(clients[name])[:2] == ["proxy"] * 2
	assert not elsewhere()


# One that tells what it was run with.
TELLS = f"""#!{sys.executable}
import json, os, pathlib, sys
pathlib.Path("NOTE").write_text(json.dumps([sys.argv[1:], dict(os.environ),
    os.getcwd()]))
"""


def told(place, name, **env):
	"""The arguments, environment and directory that it gets."""
	note = place.dir / "note"
	place.put(name, TELLS.replace("NOTE", str(note)))
	place.env.update(env)
	place.json("--exec", status=1)
	return json.loads(note.read_text())


def test_pip_builds_nothing(place):
	"""Neither of another index nor from source, and it reads no file."""
	args, env, _ = told(place, "pip3", PIP_EXTRA_INDEX_URL="http://far.test",
	    PIP_FIND_LINKS="http://far.test", PIP_CONFIG_FILE="/far")
	assert {"--only-binary=:all:", "--no-deps"} <= set(args)
	assert env["PIP_CONFIG_FILE"] == "/dev/null"
	assert {name for name in env if name.startswith("PIP_")} == {
	    "PIP_CONFIG_FILE", "PIP_CERT", "PIP_KEYRING_PROVIDER"}


def test_go_asks_nobody_else(place):
	"""Nor a version control's host, nor for another Go."""
	_, env, _ = told(place, "go", GOPRIVATE="*", GOFLAGS="-x",
	    GOTOOLCHAIN="go9.9")
	assert env["GOPRIVATE"] == "" and env["GONOPROXY"] == "none"
	assert env["GOENV"] == "off" and env["GOTOOLCHAIN"] == "local"
	assert env["GOPROXY"].startswith("http")


@pytest.mark.parametrize("program,name", [
    ("ruby", "RUBYOPT"), ("perl", "PERL5OPT"), ("cargo", "RUSTC_WRAPPER"),
    ("cargo", "CARGO_BUILD_RUSTC"), ("git", "GIT_CONFIG_COUNT"),
    ("git", "GIT_PROXY_COMMAND"), ("npm", "NPM_CONFIG_NODE_OPTIONS")])
def test_nothing_is_run_beside_it(place, program, name):
	_, env, cwd = told(place, program, **{name: "/far"})
	assert name not in env
	assert (cwd == "/") == (program == "cargo")


def test_a_directory_is_no_program(place):
	(place.bin / "ruby").mkdir()
	assert "Ruby" not in place.json("--exec", status=0)


# What runs too long, or makes off


def hanging(place):
	notes = place.dir / "notes"
	notes.mkdir()
	for name in QUICK:
		(place.bin / name).unlink(missing_ok=True)
	place.put("curl", HANGS.replace("NOTES", str(notes)))
	return notes


def gone(notes):
	"""All that have left a note, and their directories."""
	for note in notes.iterdir():
		if pathlib.Path("/proc", note.name).exists():
			return False
		if pathlib.Path(note.read_text()).exists():
			return False
	return True


def test_a_program_that_hangs(place):
	"""It is ended, with what it has left in the background."""
	notes = hanging(place)
	clients = place.json("--exec", "--timeout", "1s", status=1)
	assert verdicts(clients["curl"])[:2] == ["late", "late"]
	assert len(list(notes.iterdir())) == 4
	assert gone(notes)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(place, sig):
	"""Nothing is left, neither processes nor files."""
	notes = hanging(place)
	proc = subprocess.Popen([sluice.BINARY, "doctor", "--exec", "-s",
	    place.daemon.control], env=place.env, stdout=subprocess.PIPE,
	    stderr=subprocess.PIPE, text=True)
	wire.wait_until(lambda: len([one for one in notes.iterdir()
	    if one.read_text()]) == 4, what="programs that run")
	proc.send_signal(sig)
	out, err = proc.communicate(timeout=PATIENCE)
	assert proc.returncode == 1
	assert "interrupted" in err
	assert gone(notes)


def runs(pid):
	"""Whether that process has not ended; nobody may have heard of it."""
	try:
		stat = pathlib.Path("/proc", pid, "stat").read_text()
	except (FileNotFoundError, ProcessLookupError):
		return False
	return stat.rpartition(")")[2].split()[0] != "Z"


def test_killed(place):
	"""Nor where it has no time to clean up."""
	notes = hanging(place)
	proc = subprocess.Popen([sluice.BINARY, "doctor", "--exec", "-s",
	    place.daemon.control], env=place.env, stdout=subprocess.DEVNULL,
	    stderr=subprocess.DEVNULL)
	wire.wait_until(lambda: len([one for one in notes.iterdir()
	    if one.read_text()]) == 4, what="programs that run")
	dirs = {pathlib.Path(one.read_text()).parent.parent
	    for one in notes.iterdir()}
	proc.kill()
	proc.wait()
	wire.wait_until(lambda: not any(one.exists() for one in dirs),
	    what="no directory")
	wire.wait_until(lambda: not any(runs(one.name)
	    for one in notes.iterdir()), what="no process")


# Who was there before


def test_jobs_of_the_shell_that_became_it(bare, tmp_path):
	"""They go on, and so does who reads what it prints."""
	os.mkfifo(tmp_path / "go")
	# the third one's parent ends while programs are tried
	bare.put("curl", f"#!/bin/sh\nset -C; : >{tmp_path}/done && "
	    f"echo >{tmp_path}/go; exit 1\n")
	tool = {name: shutil.which(name) for name in ("sleep", "setsid",
	    "cat")}
	line = "\n".join(["{sleep} 4321 >&2 & echo $!",
	    "{setsid} {sleep} 4321 >&2 & echo $!",
	    "({sleep} 4321 >&2 & echo $!; read go <go) &",
	    'exec "$0" doctor -s "$1" > >({cat} >log; echo end >>log)'])
	proc = subprocess.Popen([shutil.which("bash"), "-c",
	    line.format(**tool), sluice.BINARY, bare.daemon.control],
	    cwd=tmp_path, env=bare.env, stdout=subprocess.PIPE,
	    stderr=subprocess.DEVNULL, text=True)
	jobs = [int(proc.stdout.readline()) for _ in range(3)]
	log = tmp_path / "log"
	try:
		assert proc.wait(timeout=PATIENCE) == 1
		wire.wait_until(lambda: log.exists() and
		    log.read_text().endswith("end\n"), what="its reader's end")
		assert "\ncurl " in log.read_text()
		assert all(sluice.alive(job) for job in jobs)
	finally:
		for job in jobs:
			with contextlib.suppress(ProcessLookupError):
				os.kill(job, signal.SIGKILL)


# What is no text


def test_a_program_that_says_what_is_no_text(place):
	"""It is shown, whatever it is."""
	place.told()
	place.put("curl", "#!/bin/sh\nprintf 'bad \\377 byte\\n'; exit 1\n")
	clients = place.json(status=1)
	assert clients["curl"]["plain"]["says"] == "bad \\xff byte"
	assert "bad \\xff byte" in place.run(status=1)


@pytest.mark.parametrize("before", [196, 197, 198])
def test_a_line_that_is_cut(place, before):
	"""Not within a character."""
	place.told()
	place.put("curl", "#!/bin/sh\nprintf '%s' " + "x" * before +
	    "\N{EURO SIGN}\N{EURO SIGN}; exit 1\n")
	said = place.json(status=1)["curl"]["plain"]["says"]
	assert said == "x" * before + "\N{EURO SIGN}" * (before == 196)


def test_a_variable_that_is_no_text(bare):
	"""What is found of it is not lost."""
	bare.env["http_proxy"] = os.fsdecode(b"http://h\xff:1")
	bare.json(status=1)
	assert "h\\xff:1" in bare.bad()["proxy"]


# What operators get wrong


def test_no_daemon(tmp_path):
	"""It is told; --exec has one of its own, that ends with it."""
	place = Place(tmp_path, None, "curl")
	env = {**place.env, "XDG_RUNTIME_DIR": str(tmp_path)}
	file = tmp_path / "sluice.yaml"
	file.write_text(f"admin: {{socket: {tmp_path}/a.sock}}\n")
	done = sluice.run("doctor", "-c", file, env=env)
	assert done.returncode == 3
	assert "--exec" in done.stderr
	done = sluice.run("doctor", "-c", file, "--exec", "--json", env=env,
	    timeout=PATIENCE)
	assert done.returncode == 0, (done.stdout, done.stderr)
	client, = json.loads(done.stdout)["clients"]
	assert verdicts(client) == ["proxy", "proxy", "untried", "untried"]


def test_users(tlab):
	"""Who has no password goes by it, and is refused."""
	users = tlab.dir / "users"
	users.write_text("someone:" + subprocess.run(["openssl", "passwd",
	    "-6", "hushhush"], capture_output=True, text=True,
	    check=True).stdout)
	daemon = tlab.https(hosts=HOSTS, access={"users": str(users)})
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon, "curl")
	place.told()
	clients = place.json(status=1)
	assert verdicts(clients["curl"])[0] == "refused"
	assert clients["curl"]["plain"]["says"].startswith("407, ")
	assert "These go by the daemon, which refuses them" in \
	    place.run(status=1)
	place.told(daemon.url.replace("//", "//someone:hushhush@"))
	place.json(status=1)
	place.env["CURL_CA_BUNDLE"] = str(daemon.keys["tls"]
	    ["ca_certificate"])
	clients = place.json(status=0)
	assert verdicts(clients["curl"]) == ["proxy"] * 4
	assert "hushhush" not in json.dumps(place.all)


def test_wrong_password(tlab):
	"""Of many attempts the last is told: git's first has none."""
	users = tlab.dir / "users"
	users.write_text("someone:" + subprocess.run(["openssl", "passwd",
	    "-6", "hushhush"], capture_output=True, text=True,
	    check=True).stdout)
	daemon = tlab.https(hosts=HOSTS, access={"users": str(users)})
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon, "curl", "git")
	place.told(daemon.url.replace("//", "//someone:wrong@"))
	clients = place.json(status=1)
	for client in clients.values():
		for mode in ("plain", "tunnel"):
			assert client[mode]["verdict"] == "refused", client
			assert client[mode]["says"] == \
			    "407, nobody has that name and password"


@pytest.mark.parametrize("kept", [0, 4])
def test_a_daemon_that_keeps_few_requests(tlab, kept):
	"""What is not known is not said to be wrong."""
	daemon = tlab.https(admin={"exchanges": kept}, workers=1)
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon)
	place.told()
	# it comes, as do many others behind it
	place.put("curl", f"""#!/bin/sh
for url; do :; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	{shutil.which("curl")} -sS -o /dev/null "$url"
	url=${{url%/*}}/other$i
done
""")
	clients = place.json(status=0)
	assert clients["curl"]["plain"]["verdict"] == "unknown"
	assert "admin.exchanges" in clients["curl"]["plain"]["says"]
	assert "unknown" in place.run(status=0)


def test_who_asks_again_for_what_it_does_not_trust(place):
	"""That it is late is not the reason."""
	place.told()
	place.put("curl", f"""#!/bin/sh
case $* in
*intercept.test*) echo certificate verify failed; read never <{place.dir}/f;;
esac
exec {shutil.which("curl")} "$@"
""")
	os.mkfifo(place.dir / "f")
	clients = place.json("--timeout", "2s", status=1)
	assert verdicts(clients["curl"])[3] == "distrusts"


def test_another_proxy(place):
	"""Nobody is tried: what they asked for would go there."""
	place.told("http://name:hushhush@127.0.0.1:1/")
	clients = place.json(status=1)
	assert clients == {}
	assert "127.0.0.1:1" in place.bad()["proxy"]
	assert "hushhush" not in json.dumps(place.all)


def test_no_secrets(place):
	"""A password in a proxy's URL is in no line of what programs say."""
	place.told(place.daemon.url.replace("//", "//name:hushhush@"))
	place.put("wget", f"#!/bin/sh\necho cannot connect to $http_proxy "
	    "for its certificate\nexit 1\n")
	place.json(status=1)
	assert "hushhush" not in json.dumps(place.all)
	assert "hushhush" not in place.run(status=1)


@pytest.mark.parametrize("password", ["hush/pass", "hush#pass", "hush?pass",
    "hush@pass", "hush pass"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_password_that_is_not_encoded(place, password, scheme):
	"""Some take a part of it for the host: it is told, and not tried."""
	place.told(f"{scheme}name:{password}@127.0.0.1:{place.daemon.port}")
	assert place.json(status=1) == {}
	assert "%XX" in place.bad()["proxy"]
	said = json.dumps(place.all) + place.run(status=1)
	assert "hush" not in said and "pass:" not in said
	assert lines(place.daemon) == []


def test_a_secret_in_parts(place):
	"""Without a scheme, and decoded, it is in no line either."""
	place.told(place.daemon.url.replace("//", "//name:hush%2fqwerty@"))
	place.put("wget", "#!/bin/sh\necho no certificate of name:hush%2fqwerty, "
	    "nor hush/qwerty at qwerty\nexit 1\n")
	said = json.dumps(place.json(status=1))
	assert "no certificate of" in said
	assert "hush" not in said and "qwerty" not in said


@pytest.mark.parametrize("name,value", [
    ("npm_config_proxy", "http://far.test:1"),
    ("NPM_CONFIG_HTTPS_PROXY", "http://far.test:1"),
    ("CARGO_HTTP_PROXY", "far.test:1"), ("PIP_PROXY", "http://far.test:1"),
    ("JAVA_TOOL_OPTIONS", "-Dhttp.proxyHost=far.test -Dhttp.proxyPort=1"),
    ("WGETRC", "http_proxy = http://far.test:1\n"),
    ("APT_CONFIG", 'Acquire::http::Proxy "http://far.test:1";\n')])
def test_other_ways_to_another_proxy(place, name, value):
	"""Programs have variables of their own, and name files in some."""
	place.told()
	if name in ("WGETRC", "APT_CONFIG"):
		(place.dir / "rc").write_text(value)
		value = str(place.dir / "rc")
	place.env[name] = value
	assert place.json(status=1) == {}
	assert name in place.bad()["proxy"]
	assert "far.test" in place.bad()["proxy"]


@pytest.mark.parametrize("scheme", ["socks5", "https"])
def test_schemes_that_it_does_not_speak(place, scheme):
	place.told(f"{scheme}://127.0.0.1:{place.daemon.port}")
	assert place.json(status=1) == {}
	assert f"{scheme}://" in place.bad()["proxy"]


def test_no_programs_and_half_the_variables(bare):
	bare.json(status=0)
	assert any("none that can be tried" in one["says"]
	    for one in bare.all["checks"])
	del bare.env["https_proxy"], bare.env["HTTPS_PROXY"]
	bare.json(status=1)
	assert "https://" in bare.bad()["proxy"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "a.localhost",
    "[::ffff:127.0.0.1]", socket.gethostname()])
def test_names_of_the_loopback(place, name):
	"""Either names the daemon."""
	place.told(f"http://{name}:{place.daemon.port}")
	place.json(status=1)
	assert "proxy" not in place.bad()


@pytest.mark.parametrize("direct,bypassed", [
    (".test", True), ("*.test", True), ("test", True), ("*", True),
    ("a.example, up.test", True), ("intercept.test:443x", False),
    ("cept.test", False), ("a.intercept.test", False),
    ("localhost,127.0.0.1", False), ("10.0.0.0/8", True),
    ("10.1.2.0/31", False), ("10.1.2.2/31", True), ("10.1.2.3:99", True),
    ("fd00::/8", True), ("fe80::/10", False), ("[fd00::7]", True),
    ("intercept.test:443", True), ("foo.wild.example", True),
    ("foo.tame.example", False), ("ported.test:80", False),
    ("ported.test:8080", True), ("ported.test", True)])
def test_no_proxy(bare, direct, bypassed):
	bare.daemon.write(**{**bare.daemon.keys, "hosts": {**HOSTS,
	    **dict.fromkeys(["10.1.2.3", "[fd00::7]", "*.wild.example",
	    "ported.test:8080"], {"capacity": 1})}})
	bare.daemon.hup()
	bare.daemon.err.wait("reloaded")
	bare.env["NO_PROXY"] = direct
	bare.json(status=1 if bypassed else 0)
	assert ("NO_PROXY" in bare.bad()) == bypassed
	assert bypassed or any(one["about"] == "NO_PROXY"
	    for one in bare.all["checks"])


def test_no_proxy_of_either_case(bare):
	"""Where they differ some programs heed the one, some the other."""
	bare.env.update(no_proxy="localhost", NO_PROXY="up.test")
	bare.json(status=1)
	assert "in NO_PROXY" in bare.bad()["NO_PROXY"]
	bare.env.update(no_proxy="up.test", NO_PROXY="localhost")
	bare.json(status=1)
	assert "in no_proxy" in bare.bad()["NO_PROXY"]


def test_files_of_certificates(place):
	"""One that is not there, one without the CA, and one with it."""
	for name in QUICK:
		(place.bin / name).unlink(missing_ok=True)
	place.told()
	place.env["CURL_CA_BUNDLE"] = str(place.dir / "missing.pem")
	place.json(status=1)
	assert "missing.pem: No such file" in place.bad()["trust"]
	place.env["CURL_CA_BUNDLE"] = place.daemon.keys["tls"]["trust"]
	place.env["PIP_CERT"] = place.env["CURL_CA_BUNDLE"]
	place.json(status=1)
	assert "CURL_CA_BUNDLE, PIP_CERT: " in place.bad()["trust"]
	assert "lacks the CA" in place.bad()["trust"]
	place.env["CURL_CA_BUNDLE"] = place.env["PIP_CERT"] = str(
	    place.daemon.keys["tls"]["ca_certificate"])
	place.json(status=0)


def test_file_that_differs(place, tlab):
	"""What holds is not what the file says."""
	for name in QUICK:
		(place.bin / name).unlink(missing_ok=True)
	place.told()
	place.json(status=0)
	hosts = {**HOSTS, "127.0.0.1": {"capacity": 7}}
	place.daemon.write(**{**place.daemon.keys, "hosts": hosts})
	os.utime(place.daemon.file, (4e9, 4e9))
	place.json(status=0)
	assert any("written after it was read: sluice reload" in one["says"]
	    for one in place.all["checks"])
	place.daemon.hup()
	place.daemon.err.wait("reloaded")
	far = tlab.origin()
	assert tlab.client().get(far.url + "/").status == 200
	hosts["127.0.0.1"] = {"capacity": 8}
	place.daemon.write(**{**place.daemon.keys, "hosts": hosts})
	place.json(status=1)
	assert "8 in the file, and 7" in place.bad()["configuration"]
	place.daemon.file.write_text("hosts: [")
	place.daemon.hup()
	place.daemon.err.wait("not reloaded")
	place.json(status=1)
	assert "the last reload failed" in place.bad()["configuration"]


def test_tidy(place):
	"""For people: a line a check, a row a client, no escapes in a pipe."""
	place.told()
	said = place.run(status=1)
	assert "\033" not in said and "\\x" not in said
	assert said.startswith("ok    daemon ")
	assert "\nCLIENT " in said
	assert "\ncurl " in said


# What the daemon says of itself, which one that is well does not say.
SAYS = {
    "state file": {"state_file": {"path": "/x/state", "age": None,
	"bytes": 0, "failures": 3}},
    "store": {"store": {"url": "redis://x", "connected": False, "age": 7.0,
	"operations": 1, "failures": 1, "leases": 0}},
    "daemon": {"state": "draining"},
    "configuration": {"configuration": {"path": "/x/y.yaml", "loaded":
	"2026-01-01T00:00:00Z", "reloads": 1, "last_error": "y: 1: no"}},
}


def says(place, tlab, **status):
	"""A daemon that says so of itself, and is like the real one else."""
	real = tlab.control(place.daemon)
	answers = {"/v1/status": {**real.get("/v1/status").json(), **status},
	    "/v1/client": real.get("/v1/client").json()}

	def reply(request):
		if request.target in answers:
			return standin.answer(answers[request.target])
		return standin.problem(404, "there is none")
	tlab.others.append(standin.Standin(place.dir / "s", reply))
	done = sluice.run("doctor", "--json", "-s", place.dir / "s",
	    env=place.env, timeout=PATIENCE)
	place.all = json.loads(done.stdout)
	return done.returncode


@pytest.fixture
def bare(place):
	"""Without programs."""
	for name in QUICK:
		(place.bin / name).unlink(missing_ok=True)
	place.told()
	return place


@pytest.mark.parametrize("about", SAYS)
def test_what_the_daemon_says_of_itself(bare, tlab, about):
	assert says(bare, tlab, **SAYS[about]) == 1
	assert about in bare.bad(), bare.all


def test_another_version(bare, tlab):
	"""It may not answer what programs are asked for."""
	assert says(bare, tlab, version="0.0.1") == 1
	assert "another version" in bare.bad()["daemon"]


def test_what_is_well(bare, tlab):
	"""Of the same members."""
	assert says(bare, tlab, state_file={"path": "/x/state", "age": 1.0,
	    "bytes": 9, "failures": 0}, store={"url": "redis://x",
	    "connected": True, "age": 7.0, "operations": 1, "failures": 0,
	    "leases": 0}) == 0
	about = {one["about"] for one in bare.all["checks"]
	    if one["level"] == "ok"}
	assert {"daemon", "state file", "store", "proxy", "DNS"} <= about


def test_a_ca_that_is_near_its_end(bare, tlab):
	"""Ten days before that it is told."""
	pem = tlab.dir / "old.pem"
	def client(days):
		subprocess.run(["openssl", "req", "-x509", "-newkey", "ec",
		    "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
		    tlab.dir / "old.key", "-out", pem, "-subj", "/CN=old",
		    "-days", str(days)], check=True, capture_output=True)
		return {"proxies": [bare.daemon.url], "users": False,
		    "certificates": pem.read_text()}
	status = tlab.control(bare.daemon).get("/v1/status").json()
	answers = {"/v1/status": status}
	tlab.others.append(standin.Standin(bare.dir / "s", lambda request:
	    standin.answer(answers[request.target])
	    if request.target in answers else standin.problem(404, "none")))

	def level():
		done = sluice.run("doctor", "--json", "-s", bare.dir / "s",
		    env=bare.env, timeout=PATIENCE)
		return [one["level"] for one in json.loads(done.stdout)
		    ["checks"] if one["about"] == "CA"]
	answers["/v1/client"] = client(10)
	assert level() == ["note"]
	answers["/v1/client"] = client(400)
	assert level() == ["ok"]

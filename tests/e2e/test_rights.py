# SPDX-License-Identifier: ISC
"""As whom it runs, and what it may not do: --user, the filter of system calls,
keys that nobody else reads."""
import grp
import os
import pathlib
import pwd
import resource
import shutil
import socket
import subprocess
import tempfile

import pytest

import client
import sluice
import wire

ZERO = "0000000000000000"

needs_root = pytest.mark.skipif(os.geteuid() != 0,
    reason="only root can become another user")


def threads(pid):
	"""What /proc says of each thread, by name."""
	found = []
	for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
		lines = (task / "status").read_text().splitlines()
		found.append(dict(line.split(":\t", 1) for line in lines
		    if ":\t" in line))
	return found


def low_port():
	"""One that only root may bind, and nobody has."""
	with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as f:
		end = int(f.read())
	for port in range(end - 1, 600, -1):
		with socket.socket() as sock:
			try:
				sock.bind(("127.0.0.1", port))
			except OSError:
				continue
			return port
	pytest.skip("there are no low ports")


@pytest.fixture
def user():
	"""Somebody who is not root."""
	if os.geteuid() == 0:
		return pwd.getpwnam("nobody")
	return pwd.getpwuid(os.geteuid())


@pytest.fixture
def home(user):
	"""A directory of that user's, which pytest's are not for others."""
	path = pathlib.Path(tempfile.mkdtemp(prefix="sluice.user."))
	if os.geteuid() == 0:
		os.chown(path, user.pw_uid, user.pw_gid)
	yield path
	shutil.rmtree(path)


@pytest.fixture
def start(lab, home, user):
	"""Starts a sluice for that user; it is ended with the lab."""
	def run(args=("--user", "nobody"), **keys):
		place = home / f"{len(lab.daemons)}"
		place.mkdir()
		daemon = sluice.Sluice(place, args=args, owner=user.pw_uid,
		    **keys)
		lab.daemons.append(daemon)
		daemon.err.wait("is ready")
		return daemon
	return run


@pytest.fixture
def as_user(user):
	"""The beginning of a command that is run as that user."""
	if os.geteuid() != 0:
		return []
	return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
	    "--clear-groups"]


@pytest.fixture
def keys(pki, home, user):
	"""Takes a certificate and its key, for that user to read."""
	def take(name):
		made = home / f"{name}.pem", home / f"{name}.key"
		shutil.copy(pki.pem(name), made[0])
		shutil.copy(pki.key(name), made[1])
		made[1].chmod(0o600)
		os.chown(made[1], user.pw_uid, -1)
		return made
	return take


def is_only(daemon, user):
	"""In all of its threads, and for good."""
	for status in threads(daemon.pid):
		assert status["Uid"].split() == [str(user.pw_uid)] * 4
		assert status["Gid"].split() == [str(user.pw_gid)] * 4
		assert "0" not in status["Groups"].split()
		for name in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
			assert status[name] == ZERO, (name, status)
		assert status["NoNewPrivs"] == "1"


@needs_root
def test_the_state_is_the_users(lab, start, home, user):
	"""Within the filter of system calls it is written, moved and read."""
	far = lab.origin()
	rule = {"capacity": 1, "period": "1h"}
	for expected in 200, 429:
		daemon = start(hosts={"127.0.0.1": rule}, state={
		    "file": str(home / "state"), "every": "100ms"})
		if not sluice.sanitized():	# these have no filter
			assert "no sandbox" not in daemon.err.text()
		assert lab.get(far.url + "/").status == expected
		daemon.stop()
		for name in "state", "state.lock":
			assert (home / name).stat().st_uid == user.pw_uid
	assert not (home / "state.new").exists()


@needs_root
def test_root_is_given_up(lab, start, home, user):
	"""It binds as root and does all else as the user: makes its files and
	sockets, makes them anew, removes them."""
	far = lab.origin()
	port = low_port()
	daemon = start(log={"access": str(home / "access.log")},
	    listen=[f"127.0.0.1:{port}", f"unix:{home}/s"])
	assert lab.get(far.url + "/").status == 200
	is_only(daemon, user)
	one = client.Client(f"{home}/s")
	assert one.get(far.url + "/").status == 200
	one.close()
	for path in home / "access.log", home / "s", daemon.control:
		assert path.stat().st_uid == user.pw_uid, path
	assert lab.control().get("/healthz").status == 200
	(home / "access.log").rename(home / "access.log.1")
	daemon.change(workers=sluice.WORKERS)
	assert (home / "access.log").stat().st_uid == user.pw_uid
	assert lab.get(far.url + "/").status == 200
	is_only(daemon, user)
	daemon.stop()
	assert not (home / "s").exists()
	assert " forwarded " in (home / "access.log").read_text()


@needs_root
def test_keys_are_the_users(start, keys, user):
	"""Read as that user from the start, so that reloads read them, too."""
	certificate, key = keys("proxy")
	daemon = start(listen=[{"address": "127.0.0.1:0", "tls": {
	    "certificate": certificate, "key": key}}])
	is_only(daemon, user)
	daemon.change(log={"level": "debug"})
	os.chown(key, 0, -1)
	line = daemon.reload(**daemon.keys)
	assert "not reloaded" in line and f"{key}: Permission denied" in line
	for extra in (), ("-t",):
		done = sluice.run("-c", daemon.file, "--user", "nobody",
		    *extra)
		assert done.returncode == 1
		assert f"{key}: Permission denied" in done.stderr


@needs_root
@pytest.mark.parametrize("text", ["nobody", "nobody:daemon", "65534:2",
    "4711:2"])
def test_users_and_groups(home, text):
	"""By names and by numbers; -t looks as that user, too."""
	file = home / "sluice.yaml"
	file.write_text("log: {access: /dev/null}\n")
	home.chmod(0o755)
	done = sluice.run("-t", "-c", file, "-u", text)
	assert (done.returncode, done.stderr) == (0, "")
	file.chmod(0o600)
	done = sluice.run("-t", "-c", file, "-u", text)
	assert done.returncode == 1 and "Permission denied" in done.stderr


@needs_root
def test_a_named_group_is_the_only_one(start):
	daemon = start(args=("-u", "nobody:daemon"))
	group = str(grp.getgrnam("daemon").gr_gid)
	for status in threads(daemon.pid):
		assert status["Gid"].split() == [group] * 4
		assert status["Groups"].split() == [group]


@needs_root
@pytest.mark.parametrize("text, why", [
    ("root", "is root, expected another user"),
    ("0:0", "is root, expected another user"),
    ("nosuchuser", "there is no such user"),
    ("", "there is no such user"),
    ("4294967295:2", "there is no such user"),
    ("nobody:nosuchgroup", "there is no such group"),
    ("nobody:", "there is no such group"),
    ("4711", "has no account, expected NUMBER:GROUP")])
def test_wrong_users(tmp_path, text, why):
	done = sluice.run("-t", "-c", "/dev/null", "--user", text)
	assert (done.returncode, done.stdout) == (1, "")
	assert done.stderr == f"--user {text}: {why}\n"


def test_only_root_changes(home, user, as_user):
	"""Whoever is that user already may say so."""
	file = home / "sluice.yaml"
	file.write_text("workers: 1\n")
	mine = f"{user.pw_uid}:{user.pw_gid}"
	for text, status in (mine, 0), ("4711:4711", 1):
		done = subprocess.run([*as_user, sluice.BINARY, "-t", "-c",
		    str(file), "-u", text], capture_output=True, text=True,
		    timeout=wire.DEADLINE)
		assert done.returncode == status, done.stderr
	assert "only root can become another user" in done.stderr


# System calls

def test_filter(lab):
	"""On all threads, before the first client; none where it is off."""
	far = lab.origin()
	daemon = lab.sluice(workers=2)
	assert lab.get(far.url + "/").status == 200
	daemon.err.wait("is ready")
	built = "built without libseccomp" not in daemon.err.text()
	assert built or sluice.sanitized()
	assert {one["Seccomp"] for one in threads(daemon.pid)} == \
	    {"2" if built else "0"}
	assert {one["NoNewPrivs"] for one in threads(daemon.pid)} == {"1"}
	line = daemon.change(sandbox=False)
	assert "sandbox" in daemon.err.text() and "restart" in \
	    daemon.err.text(), line
	other = lab.sluice(sandbox=False)
	other.err.wait("is ready")
	assert {one["Seccomp"] for one in threads(other.pid)} == {"0"}


# Keys

def owner(pid):
	"""Of what /proc says of it: root's where nobody may look inside."""
	return os.stat(f"/proc/{pid}/mem").st_uid


def test_who_has_a_key_is_not_looked_into(start, keys, as_user, user):
	"""By its own user's programs."""
	certificate, key = keys("proxy")
	plain = start(args=(), before=as_user)
	assert owner(plain.pid) == user.pw_uid
	with_key = start(args=(), before=as_user, listen=[{
	    "address": "127.0.0.1:0", "tls": {"certificate": certificate,
	    "key": key}}])
	assert owner(with_key.pid) == 0
	# and is not swapped out; a sanitizer locks nothing
	if not sluice.sanitized() and resource.getrlimit(
	    resource.RLIMIT_MEMLOCK)[0] >= 64 << 10:
		assert with_key.proc_value("VmLck") >= 64
	# a reload may be what brings the first one
	ca, ca_key = keys("user-ca")
	plain.change(tls={"ca_certificate": ca, "ca_key": ca_key})
	assert owner(plain.pid) == 0


# What a file may name besides, by the text that is in it.
SECRETS = [
	("a:$2y$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G\n",
	    lambda file: {"access": {"users": file}}),
	("secret\n", lambda file: {"parent": {"url": "http://me@127.0.0.1:9",
	    "password_file": file}}),
	("x" * 40 + "\n", lambda file: {"admin": {"web": "127.0.0.1:0",
	    "web_token_file": file}}),
]


@pytest.mark.parametrize("text,names", SECRETS, ids=("users", "password",
    "token"))
def test_who_has_a_secret_is_not_looked_into(start, home, as_user, user,
    text, names):
	file = home / "secret"
	file.write_text(text)
	file.chmod(0o600)
	os.chown(file, user.pw_uid, -1)
	daemon = start(args=(), before=as_user, **names(file))
	assert owner(daemon.pid) == 0


PRESET = """\
hosts: [127.0.0.1]
limits: few
rule: {concurrency: %d}
sources:
  - of: [concurrency]
    url: https://a.example/limits
    heading: Limits
    read: 2026-11-28
"""


@needs_root
def test_presets_are_read_again(start, home, monkeypatch):
	"""Whoever it became reads them, and the filter lets it."""
	where = home / "presets"
	where.mkdir()
	near = where / "near.yaml"
	near.write_text(PRESET % 3)
	monkeypatch.setenv("SLUICE_PRESETS", str(where))
	daemon = start(defaults={"preset": "auto"})
	daemon.err.wait("control plane at")

	def said():
		return sluice.run("explain", "http://127.0.0.1/", "-s",
		    daemon.control).stdout
	assert "3 at a time" in said()
	near.write_text(PRESET % 4)
	daemon.change()
	assert "4 at a time" in said()

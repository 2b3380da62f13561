# SPDX-License-Identifier: ISC
"""The program's commands as tests run them, and what they are to be told."""
import json
import os
import socket
import subprocess

import origin
import sluice
import standin
import wire

HOUR = "2026-11-28T11:00:00Z"
NASTY = "\033]0;x\007a\nb\u202egnp.test"


def environment(at=None, **more):
	env = {name: value for name, value in os.environ.items()
	    if name not in ("SLUICE_SOCKET", "XDG_RUNTIME_DIR", "COLUMNS",
	    "NO_COLOR")}
	env["LC_ALL"] = "C.UTF-8"
	if at is not None:
		env["SLUICE_SOCKET"] = str(at)
	return {**env, **{name: str(value) for name, value in more.items()}}


def answers(path):
	with socket.socket(socket.AF_UNIX) as sock:
		return sock.connect_ex(str(path)) == 0


def ctl(at, *args, status=0, **env):
	"""A command, at a daemon, a stand-in, or no socket (None)."""
	where = getattr(at, "control", None) or getattr(at, "path", at)
	if isinstance(at, sluice.Sluice):
		wire.wait_until(lambda: answers(at.control))
	done = sluice.run(*args, env=environment(where, **env))
	assert not sluice.FAULTS.search(done.stderr), done.stderr
	assert done.returncode == status, (args, done)
	return done


def in_json(at, *args):
	done = ctl(at, "--json", *args)
	assert done.stderr == ""
	value = json.loads(done.stdout)
	assert value["version"] == 1
	return value


def wrong_json(at, *args, status):
	done = ctl(at, "--json", *args, status=status)
	assert done.stdout == ""
	value = json.loads(done.stderr)
	assert value["version"] == 1 and value["error"]["exit"] == status
	return value["error"]


def host(key, **more):
	return {"key": key, "rule": key, "hosts": 1, "state": "open",
	    "waiting": 0, "queue_length": 1000, "oldest_wait": None,
	    "in_flight": 1, "concurrency": 10, "tunnels": 0, "pause": None,
	    "recovery": None, "budgets": [], "learned": None,
	    "override": None, "history": None, **more}


def budget(left, burst=20):
	return {"name": "20 per 1s", "part": None, "capacity": 20,
	    "period": 1, "burst": burst, "strict": False, "left": left,
	    "full_in": 1, "from": "file"}


def found(kind, confidence, evidence):
	"""A limit that was found (of Estimate)."""
	return {"kind": kind, "requests": 3, "period": None, "burst": None,
	    "confidence": confidence, "evidence": evidence}


STATUS = {"version": "9", "pid": 1, "listen": ["127.0.0.1:3128"],
    "started": HOUR, "up": 90, "workers": 1, "state": "running",
    "full": True, "configuration": {"path": None, "loaded": HOUR,
    "reloads": 0, "last_error": None}, "hosts": 1, "waiting": 3,
    "oldest_wait": 12.25, "in_flight": 7, "paused": 1,
    "refused_last_hour": 2, "connections": 4, "clients": 2,
    "requests": 5,
    "memory": {"used": 1048576, "limit": 536870912}, "overrides": 0}


def api(hosts=(), status=STATUS, **more):
	"""What a daemon with these hosts answers; more by targets."""
	def reply(request):
		path = request.target.split("?")[0]
		if request.target in more:
			return more[request.target]
		if path == "/v1/status":
			return standin.answer(status)
		if path == "/v1/hosts":
			return standin.answer({"hosts": list(hosts),
			    "total": len(hosts), "next": None})
		name = path.split("/")[3] if path.count("/") > 2 else None
		if not any(one["key"] == name for one in hosts):
			return standin.problem(404, "there is no such host")
		if request.method == "GET":
			return standin.answer([one for one in hosts
			    if one["key"] == name][0])
		return standin.answer({"key": name, "was": "open",
		    "is": path.split("/")[4], "until": None})
	return reply


def event(id, **more):
	return {"id": id, "time": HOUR, "kind": "refusal", "host": "a.test",
	    "rule": "a.test", "text": f"refused ({id})", "fields": None,
	    **more}


class Follower:
	def __init__(self, at, *args):
		self.proc = subprocess.Popen([sluice.BINARY, "events", "-f",
		    *args], env=environment(at.path), stdin=subprocess.DEVNULL,
		    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
		self.out = sluice.Lines(self.proc.stdout)
		self.err = sluice.Lines(self.proc.stderr)

	def stop(self):
		self.proc.kill()
		self.proc.wait()
		self.out.thread.join(wire.DEADLINE)
		self.err.thread.join(wire.DEADLINE)


class Busy:
	"""A daemon with a host that has refused, one that somebody waits for."""

	def __init__(self, lab, path):
		self.lab = lab
		self.path = path
		self.far = lab.origin(origin.by_path({"/no": origin.fixed(429, fields=[
		    ("Retry-After", "0"), ("X-RateLimit-Remaining", "9")])},
		    origin.fixed()))
		self.start()

	def start(self):
		self.daemon = self.lab.sluice(admin={"socket": str(self.path),
		    "mode": "0600"}, hosts={"127.0.0.1": {"capacity": 3,
		    "period": "1h", "queue": {"max_wait": "2h"},
		    "retry": {"attempts": 0}}})
		wire.wait_until(lambda: answers(self.path))

	def ask(self, path):
		return self.lab.get(self.far.url + path)

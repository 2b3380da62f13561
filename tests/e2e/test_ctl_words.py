# SPDX-License-Identifier: ISC
"""What the program's commands say of a daemon that is not as it should be, and
of files; what answers is a stand-in."""
import json
import pathlib
import re
import subprocess

import pytest

from commands import STATUS, api, ctl, environment, event, host
import sluice
import standin


def status_words(room, **more):
	return ctl(room.standin(api(status={**STATUS, **more})),
	    "status").stdout


def test_status_of_a_reload_that_failed(room):
	text = status_words(room, state="draining", configuration={
	    "path": "/x.yaml", "loaded": "a day", "reloads": 3,
	    "last_error": "/x.yaml:1: no"})
	assert re.search(r"^last error +/x.yaml:1: no$", text, re.M)
	assert "sluice 9, draining for" in text


def test_status_of_files_and_stores(room):
	text = status_words(room, parent="http://parent:1",
	    state_file={"path": "/x/state", "bytes": 2048, "age": 5,
	    "failures": 0},
	    store={"url": "redis://x", "connected": True, "age": 60,
	    "proxies": 1, "leases": 2, "slots": 3, "operations": 4,
	    "failures": 0, "without": 0})
	assert re.search(r"^state file +/x/state, 2.0 KiB, written 5 s ago$",
	    text, re.M)
	assert re.search(r"^store +redis://x, connected for 60 s, 1 proxy, "
	    "2 leases, 3 slots, asked 4 times$", text, re.M)
	assert re.search(r"^via parent +http://parent:1$", text, re.M)


def test_status_of_what_does_not_work(room):
	text = status_words(room, state_file={"path": "/x/state", "bytes": 0,
	    "age": None, "failures": 7},
	    store={"url": "redis://x", "connected": False, "age": 60,
	    "proxies": 2, "leases": 2, "slots": 3, "operations": 4,
	    "failures": 5, "without": 6})
	assert re.search("^state file .*, not written 7 times$", text, re.M)
	assert "written None" not in text and "ago" not in text
	assert re.search("not connected for 60 s, 2 proxies, .*, 5 without an "
	    "answer, 6 budgets without it$", text, re.M)


# Which events


def test_events_after_one(room):
	"""It goes on behind an event that is told, and passes by what is none."""
	head, *all = standin.events(event(8)).partition(b"id:")
	one = room.standin(lambda request: standin.answer(STATUS)
	    if "status" in request.target else
	    head + b"data: [1]\n\ndata: {\n\n" + b"".join(all))
	proc = subprocess.Popen([sluice.BINARY, "events", "-f", "--after",
	    "7"], env=environment(one.path), stdout=subprocess.PIPE,
	    stderr=subprocess.DEVNULL, text=True)
	try:
		assert "a.test refused (8)" in proc.stdout.readline()
	finally:
		proc.kill()
		proc.communicate()
	assert [each for each in one.targets() if "events" in each][0] == \
	    "GET /v1/events?after=7"


def test_events_that_nobody_reads(room):
	"""Who reads no more has it end."""
	one = room.standin(lambda request: standin.answer(STATUS)
	    if "status" in request.target else
	    standin.events(*[event(i) for i in range(2000)]))
	done = subprocess.run(["sh", "-c", 'trap "" PIPE; { "$0" events -f '
	    '2>/dev/null; echo $? >&2; } | head -1', sluice.BINARY],
	    env=environment(one.path), capture_output=True, text=True,
	    timeout=60)
	assert "refused (0)" in done.stdout
	assert done.stderr.strip() == "1"


# How a proxy is used


def client(**more):
	return {"proxies": ["http://127.0.0.1:3128"], "users": False,
	    "certificates": None, **more}


def env_of(room, tmp_path, status=0, **more):
	one = room.standin(lambda request: standin.answer(client(**more)))
	return ctl(one, "env", "--dir", tmp_path / "files", status=status)


def test_env_of_a_proxy_with_users(room, tmp_path):
	done = env_of(room, tmp_path, users=True)
	assert "http://NAME:PASSWORD@127.0.0.1:3128" in done.stderr
	assert "http_proxy=" in done.stdout


def test_env_of_a_proxy_with_tls(room, tmp_path):
	done = env_of(room, tmp_path, proxies=["https://[::1]:3129"])
	assert "speaks TLS at all of its addresses" in done.stderr
	assert "https://[::1]:3129" in done.stdout


@pytest.mark.parametrize("proxies", [[], ["127.0.0.1:3128"], ["http://x"],
    ["http://:3128"], ["http://x:" + 20 * "1"],
    ["http://" + 300 * "x" + ":3128"]])
def test_env_of_no_address(room, tmp_path, proxies):
	done = env_of(room, tmp_path, status=1, proxies=proxies)
	assert "listens at no address" in done.stderr


# Files of a CA


def test_ca_in_a_directory_with_quotes(tmp_path):
	"""What it says to type is one word to a shell."""
	where = tmp_path / "it's a CA"
	where.parent.mkdir(exist_ok=True)
	conf = tmp_path / "sluice.yaml"
	conf.write_text("hosts: {api.example: {https: intercept}}\n")
	done = sluice.run("ca", "-c", str(conf), str(where),
	    env=environment(None))
	assert done.returncode == 0, done
	line = next(line for line in done.stdout.splitlines()
	    if line.startswith("export CURL_CA_BUNDLE="))
	told = subprocess.run(["sh", "-c", line + '; printf %s '
	    '"$CURL_CA_BUNDLE"'], capture_output=True, text=True).stdout
	assert pathlib.Path(told).samefile(where / "bundle.pem")

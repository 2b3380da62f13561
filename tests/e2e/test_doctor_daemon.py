# SPDX-License-Identifier: ISC
"""sluice doctor: what the daemon says of itself."""
import json
import shutil
import subprocess

import pytest

from examined import PATIENCE, Place
from examined import bare, place, whole	# noqa: F401, fixtures
import sluice
import standin

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


# Which requests it keeps


def between(place, tlab, exchanges, status):
	"""A run with somebody between it and the daemon, who may say something
	else of the last requests; curl's row."""
	real = tlab.control(place.daemon)

	def reply(request):
		answer = real.get(request.target).json()
		if request.target.startswith("/v1/exchanges"):
			answer = exchanges(answer)
		return standin.answer(answer)
	tlab.others.append(standin.Standin(place.dir / "s", reply))
	place.daemon.control = place.dir / "s"
	return place.json(status=status)["curl"]


def test_a_daemon_that_others_ask(place, tlab):
	"""Nor where what it keeps are all others' requests, and it was not asked
	in between."""
	place.told()
	place.put("curl", "#!/bin/sh\nexit 1\n")
	far = tlab.origin()
	for _ in range(5):
		assert tlab.get(far.url + "/").status == 200

	def others(answer):
		return {**answer, "exchanges": [{**one, "time":
		    "9999-01-01T00:00:00.000Z"} for one in
		    answer["exchanges"][:4]]}
	curl = between(place, tlab, others, 1)
	assert curl["plain"]["verdict"] == "unknown"
	assert "keeps the last 4 requests" in curl["plain"]["says"]


def test_one_that_is_not_kept(tlab):
	"""It is seen while the program runs, before others' take its place."""
	daemon = tlab.https(admin={"exchanges": 4}, workers=1)
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon)
	place.told()
	seen = place.dir / "seen"
	place.put("curl", f"""#!/bin/sh
for url; do :; done
curl="{shutil.which("curl")} -sS -o /dev/null"
$curl "$url"
until [ -e {seen} ]; do {shutil.which("sleep")} 0.02; done
for i in 1 2 3 4 5 6 7 8; do $curl "${{url%/*}}/other$i"; done
""")

	def watch(answer):
		if any("/.well-known/sluice/" in (one["path"] or "")
		    for one in answer["exchanges"]):
			seen.touch()
		return answer
	assert between(place, tlab, watch, 0)["plain"]["verdict"] == "proxy"

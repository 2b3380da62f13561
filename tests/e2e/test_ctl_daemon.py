# SPDX-License-Identifier: ISC
"""The program's commands, with daemons that have something to tell."""
import re

from commands import Follower, ctl, in_json, wrong_json
import sluice
import wire


# The daemon as a whole


def test_log(lab):
	daemon = lab.sluice()
	assert ctl(daemon, "log").stdout == "info\n"
	assert re.fullmatch(r"debug until \S+Z\n", ctl(daemon, "log", "debug",
	    "--for", "1h").stdout)
	assert in_json(daemon, "log")["level"] == "debug"
	assert ctl(daemon, "log", "warn").stdout == "warn\n"


def test_reload(lab):
	daemon = lab.sluice()
	assert "reloaded at " in ctl(daemon, "reload").stdout
	daemon.write(workers=64 if sluice.WORKERS == 1 else 1)
	done = ctl(daemon, "reload", "--reason", "a test")
	assert "takes effect at a restart" in done.stdout
	assert re.search(r"reloaded at \S+: \d.* changed", done.stdout)
	daemon.write(workers=32)
	assert in_json(daemon, "reload")["changes"]
	daemon.write("workers: 9999\n")
	done = ctl(daemon, "reload", status=5)
	assert f"{daemon.file}:1:10: workers: \"9999\"" in done.stderr
	assert "stays as it was" in done.stderr and done.stdout == ""
	assert wrong_json(daemon, "reload", status=5)["status"] == 422


# A host, as its daemon has it


def test_a_host(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 1,
	    "period": "1h", "queue": {"max_wait": "2h"}}})
	lab.get(f"http://{far.at}/one")
	waiting = lab.client()
	waiting.ask("GET", f"http://{far.at}/two?secret=1")

	def waits():
		return in_json(daemon, "queue", "127.0.0.1")["waiting"] == 1
	wire.wait_until(waits)
	text = ctl(daemon, "queue", "127.0.0.1").stdout
	assert "GET /two\n" in text and "secret" not in text
	line = ctl(daemon, "hosts").stdout.splitlines()[1]
	assert re.match(r"127\.0\.0\.1 +open +\[ {10}\] \S+ of 1 ", line)
	text = ctl(daemon, "show", "127.0.0.1").stdout
	assert "127.0.0.1 is open\n" in text
	assert re.search(r"^1 per 1h .* file +-$", text, re.M)

	text = ctl(daemon, "pause", "127.0.0.1", "30m", "--reason",
	    "their maintenance").stdout
	assert text.startswith("127.0.0.1: was open; is paused for 30 min")
	assert "their maintenance" in ctl(daemon, "show",
	    "127.0.0.1").stdout
	text = ctl(daemon, "overrides").stdout
	assert "paused for 30 min" in text and "their maintenance" in text
	assert ctl(daemon, "hosts", "--state", "paused",
	    "--keys").stdout == "127.0.0.1\n"
	assert "is open" in ctl(daemon, "resume", "127.0.0.1").stdout

	# Its limit is raised, so the one that waits goes.
	text = ctl(daemon, "set", "127.0.0.1", "capacity=10", "burst=10",
	    "--for", "1h").stdout
	assert "was 1 per 1h" in text and "is 10 per 1h" in text
	assert waiting.response().status == 200
	assert "override" in ctl(daemon, "show", "127.0.0.1").stdout
	assert "is 1 per 1h" in ctl(daemon, "unset", "127.0.0.1").stdout

	assert "is draining" in ctl(daemon, "drain", "127.0.0.1").stdout
	assert lab.get(f"http://{far.at}/three").status == 503
	assert "is open" in ctl(daemon, "resume", "127.0.0.1").stdout
	ctl(daemon, "forget", "127.0.0.1")
	assert lab.get(f"http://{far.at}/four").status == 200


def test_a_host_that_is_not_there(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 9,
	    "period": "1s"}})
	lab.get(f"http://{far.at}/")
	done = ctl(daemon, "show", "127.0.0.2", status=4)
	assert "did you mean 127.0.0.1?" in done.stderr
	done = ctl(daemon, "pause", "127.0.0.2", "1s")
	assert "nobody has asked for 127.0.0.2 yet; there is 127.0.0.1" in \
	    done.stderr
	done = ctl(daemon, "set", "127.0.0.1", "burst=1e300", "--for", "1h",
	    status=2)
	assert "expected" in done.stderr


# All that looks, at a daemon


def test_status_of_a_daemon(busy):
	assert busy.ask("/").status == 200
	text = ctl(busy.path, "status").stdout
	assert re.search(r"^hosts +1, paused 0$", text, re.M)
	assert re.search(r"^configuration +" + re.escape(str(
	    busy.daemon.file)) + ", loaded ", text, re.M)
	status = in_json(busy.path, "status")["status"]
	assert status["pid"] == busy.daemon.proc.pid
	assert status["requests"] == 1 and status["full"] is True


def test_lists_of_a_daemon(busy):
	assert busy.ask("/a/b?s3cret").status == 200
	assert busy.ask("/no").status == 429
	wire.wait_until(lambda: len(in_json(busy.path,
	    "exchanges")["exchanges"]) == 2)
	text = ctl(busy.path, "exchanges").stdout
	assert re.search(r" 127\.0\.0\.1 +200 .*GET /a/b\b", text)
	assert re.search(r" 127\.0\.0\.1 +429 .*GET /no\b", text)
	assert "s3cret" not in text
	assert len(in_json(busy.path, "exchanges", "--limit",
	    "1")["exchanges"]) == 1
	text = ctl(busy.path, "events").stdout
	assert re.search(r" refusal +127\.0\.0\.1 GET was answered with 429",
	    text)
	assert "x-ratelimit-remaining: 9" in text.lower()
	kinds = {one["kind"] for one in in_json(busy.path,
	    "events")["events"]}
	assert "refusal" in kinds
	found = in_json(busy.path, "suggest", "127.0.0.1")["suggestions"]
	assert [one["key"] for one in found] == ["127.0.0.1"]
	# at what rate depends on when it is asked
	assert found[0]["why"].split(" at ")[0] in ctl(busy.path,
	    "suggest").stdout
	ctl(busy.path, "suggest", "nobody.test", status=4)


def test_explain_by_a_daemon(busy):
	for _ in range(3):
		assert busy.ask("/").status == 200
	text = ctl(busy.path, "explain", busy.far.url + "/?s3cret").stdout
	assert text.startswith("3 per 1h lets it go in ")
	assert re.search(r"^rule +127\.0\.0\.1, " + re.escape(str(
	    busy.daemon.file)) + r":\d+:\d+$", text, re.M)
	assert re.search(r"^3 per 1h +in .*; this decides$", text, re.M)
	assert "s3cret" not in text
	assert in_json(busy.path, "explain", "-X", "POST",
	    busy.far.url)["decision"] == "wait"
	done = ctl(busy.path, "explain", "ftp://h.test/", status=2)
	assert "would be refused" in done.stderr


def test_follow_over_a_restart(lab, busy):
	follower = Follower(busy)
	lab.others.append(follower)

	def told():
		"""Asked for until the follower is there to hear of it."""
		busy.ask("/no")
		# or the next one is held, by the pause or for an hour
		ctl(busy.path, "forget", "127.0.0.1")
		return any("answered with 429" in line
		    for line in follower.out.lines)
	wire.wait_until(told)
	busy.daemon.stop()
	follower.err.wait("the daemon is gone; waiting")
	busy.start()
	ctl(busy.path, "pause", "127.0.0.1", "30s", "--reason", "again")
	follower.out.wait("pause .*127.0.0.1 .*again")
	assert follower.proc.poll() is None

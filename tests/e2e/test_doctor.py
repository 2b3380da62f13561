# SPDX-License-Identifier: ISC
"""sluice doctor: which programs go past the proxy, and what they leave."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from examined import (DIRECT, HANGS, HOSTS, PATIENCE, SLOW, Place, lines,
    verdicts)
from examined import bare, place, whole	# noqa: F401, fixtures
import sluice
import wire


def test_programs_that_are_told_all(whole):
	"""None goes past it, each trusts its CA; nothing else is asked for."""
	clients = whole.json("--exec", status=0)
	for name in ("curl", "wget", "git", "Python urllib"):
		if name.split()[0].lower().replace("python", "python3") in \
		    os.listdir(whole.bin):
			assert verdicts(clients[name]) == ["proxy"] * 4, name
	for line in lines(whole.daemon):
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
	# whom that one trusts no variable says: test_doctor_browsers.py
	place.put("chromium", "#!/bin/sh\nfor url; do :; done\n"
	    f'exec {shutil.which("curl")} -sS -o "$HOME/page" "$url"\n')
	clients = place.json("--exec", status=0)
	assert clients
	assert not place.bad()
	for client in clients.values():
		assert set(verdicts(client)) <= {"proxy", "tunnel"}, client
	for line in lines(daemon):
		assert "/.well-known/sluice/" in line or \
		    " CONNECT 127.0.0.1:" in line or \
		    " CONNECT up.test:80" in line or \
		    " CONNECT intercept.test:443" in line, line


def test_programs_that_are_told_nothing(whole):
	"""They go direct, and no host but this process is asked."""
	clients = whole.json(status=1)
	assert "eval" in whole.bad()["proxy"]
	for name in ("curl", "wget", "git", "Python urllib"):
		if name not in clients:
			continue
		assert verdicts(clients[name]) == ["bypasses", "bypasses",
		    "untried", "untried"], name
		assert whole.daemon.url in clients[name]["plain"]["mend"]
	assert lines(whole.daemon) == []


def test_a_program_that_heeds_nothing(place):
	"""One is told apart from those that do."""
	place.has("python3")
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
	place.has()
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
	place.has("curl", "python3")
	place.env["HTTP_PROXY"] = place.daemon.url
	clients = place.json(status=1)
	assert verdicts(clients["curl"])[:2] == ["bypasses", "bypasses"]
	assert verdicts(clients["Python urllib"])[:2] == ["proxy",
	    "bypasses"]


def test_a_directory_is_no_program(place):
	place.has("curl")
	(place.bin / "ruby").mkdir()
	assert "Ruby" not in place.json("--exec", status=0)


# What runs too long, or makes off


def hanging(place):
	notes = place.dir / "notes"
	notes.mkdir()
	place.has()
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
	place.has()
	place.told()
	place.put("curl", "#!/bin/sh\nprintf 'bad \\377 byte\\n'; exit 1\n")
	clients = place.json(status=1)
	assert clients["curl"]["plain"]["says"] == "bad \\xff byte"
	assert "bad \\xff byte" in place.run(status=1)


@pytest.mark.parametrize("before", [196, 197, 198])
def test_a_line_that_is_cut(place, before):
	"""Not within a character."""
	place.has()
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

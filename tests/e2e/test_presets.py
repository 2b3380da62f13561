# SPDX-License-Identifier: ISC
"""Presets: what is listed, which limits hold, and what a reload reads."""
import json
import pathlib

import pytest

import origin
import sluice
import wire

SHIPPED = pathlib.Path(sluice.HERE / "../../conf/presets").resolve()

PRESET = """\
hosts: [127.0.0.1]
limits: {limits}
rule:
  paths:
    /search: {{capacity: {many}, period: 1h}}
sources:
  - of: [paths]
    url: https://a.example/limits
    heading: Limits
    read: 2026-11-28
"""


@pytest.fixture
def presets(tmp_path, monkeypatch):
	"""A directory of presets that a daemon of this test reads."""
	where = tmp_path / "presets"
	where.mkdir()
	monkeypatch.setenv("SLUICE_PRESETS", str(where))

	def put(many, limits="few"):
		(where / "near.yaml").write_text(PRESET.format(many=many,
		    limits=limits))
	put(1)
	return put


def explain(daemon, url):
	daemon.err.wait("control plane at")
	done = sluice.run("explain", url, "-s", daemon.control)
	assert done.returncode == 0, done.stderr
	return done.stdout


def test_list():
	done = sluice.run("presets")
	assert done.returncode == 0, done.stderr
	lines = done.stdout.splitlines()
	assert lines[0].split()[:2] == ["PRESET", "HOSTS"]
	names = [line.split()[0] for line in lines[1:]]
	assert names == sorted(p.stem for p in SHIPPED.glob("*.yaml"))
	assert any(line.startswith("github ") and "api.github.com" in line and
	    "5,000 an hour" in line for line in lines)


def test_list_for_programs():
	done = sluice.run("presets", "--json")
	assert done.returncode == 0, done.stderr
	said = json.loads(done.stdout)
	assert pathlib.Path(said["directory"]).resolve() == SHIPPED
	one = {p["name"]: p for p in said["presets"]}["github"]
	assert one["hosts"] == ["api.github.com"]
	assert all(s["url"].startswith("https://") and s["heading"] and
	    s["read"] for s in one["sources"])


def test_list_for_shells():
	done = sluice.run("presets", "--keys")
	assert done.returncode == 0, done.stderr
	assert done.stdout.splitlines() == sorted(p.stem
	    for p in SHIPPED.glob("*.yaml"))


def test_show():
	done = sluice.run("presets", "show", "github")
	assert done.returncode == 0, done.stderr
	assert done.stdout == (SHIPPED / "github.yaml").read_text()
	done = sluice.run("presets", "show", "github", "--json")
	assert json.loads(done.stdout)["text"] == \
	    (SHIPPED / "github.yaml").read_text()


@pytest.mark.parametrize("args, status, said", [
    (["show", "githib"], 5, 'did you mean "github"?'),
    (["show"], 2, "presets show: which?"),
    (["github"], 2, "show"),
])
def test_wrong(args, status, said):
	done = sluice.run("presets", *args)
	assert done.returncode == status
	assert said in done.stderr


def test_checked(tmp_path):
	"""-t says what is wrong, with its place, and takes what is right."""
	conf = tmp_path / "sluice.yaml"
	conf.write_text("hosts:\n  api.github.com:\n    preset: githib\n")
	done = sluice.run("-t", "-c", conf)
	assert done.returncode != 0
	assert f'{conf}:3:13: hosts.api.github.com.preset: "githib" is no ' \
	    'preset' in done.stderr
	assert 'did you mean "github"?' in done.stderr
	conf.write_text("hosts:\n  api.x.com: {preset: x, https: upstream}\n")
	done = sluice.run("-t", "-c", conf)
	assert done.returncode == 0
	assert "hosts.api.x.com: at the host, its limits are those of " \
	    'api.twitter.com as well; "same: api.twitter.com" makes them one ' \
	    "here, too" in done.stderr
	conf.write_text("hosts:\n  api.github.com:\n    preset: github\n"
	    "    https: upstream\n")
	done = sluice.run("-t", "-c", conf)
	assert done.returncode == 0 and done.stderr == ""
	done = sluice.run("check", conf,
	    "http://api.github.com/search/repositories?q=a")
	assert "preset         github: the host's rates and the part's " \
	    "limits are its" in done.stdout
	assert "30 per 1m of /search/**" in done.stdout


SOON = {"preset": "auto", "queue": {"max_wait": "10ms"}}


def test_holds(lab, presets):
	"""A part that a preset limits, and nothing else of the host."""
	far = lab.origin()
	daemon = lab.sluice(defaults=SOON)
	said = explain(daemon, far.url + "/search")
	assert "preset         near: the part's limits are its" in said
	assert "1 per 1h of /search" in said
	get = lab.client().get
	assert get(far.url + "/search").status == 200
	assert get(far.url + "/search").status == 429
	assert get(far.url + "/other").status == 200
	assert "preset         near: the limits here are none of its" in \
	    explain(daemon, far.url + "/other")


def test_rule_wins(lab, presets):
	far = lab.origin()
	daemon = lab.sluice(defaults=SOON, hosts={"127.0.0.1": {
	    "paths": {"/search": {"capacity": 2, "period": "1h"}}}})
	assert "2 per 1h of /search" in explain(daemon, far.url + "/search")
	assert "none of its" in explain(daemon, far.url + "/search")


def test_together(lab, presets, tmp_path):
	"""Hosts that have one limit have one throttle."""
	near = tmp_path / "presets/near.yaml"
	near.write_text(near.read_text().replace("hosts: [127.0.0.1]",
	    "hosts: [127.0.0.1, localhost]\nsame: true"))
	far = lab.origin()
	daemon = lab.sluice(defaults=SOON)
	get = lab.client().get
	other = far.url.replace("127.0.0.1", "localhost")
	assert get(far.url + "/search").status == 200
	assert get(other + "/search").status == 429
	assert get(other + "/other").status == 200
	assert "near" in explain(daemon, other + "/search")


def test_budget(lab, presets, tmp_path):
	"""How a host counts, of which a rule has the number."""
	near = tmp_path / "presets/near.yaml"
	near.write_text(near.read_text().replace("  paths:", "  budgets: {tokens: "
	    "{settle: {json: usage.total}}}\n  paths:").replace(
	    "of: [paths]", "of: [budgets, paths]"))
	body = json.dumps({"usage": {"total": 7}}).encode()
	far = lab.origin(origin.fixed(200, fields=[("Content-Type",
	    "application/json")], body=body))
	lab.sluice(defaults={"preset": "auto"}, hosts={"127.0.0.1": {"budgets": {
	    "tokens": {"rates": [{"capacity": 100, "period": "366d"}]}}}})
	got = lab.client().call("POST", far.url + "/a", body=b"{}",
	    fields=[("Content-Type", "application/json")])
	assert got.status == 200
	wire.wait_until(lambda: [round(b["capacity"] - b["left"])
	    for h in lab.control().get("/v1/hosts").json()["hosts"]
	    for b in h["budgets"] if b["name"].endswith(" of tokens")] == [7])


def test_off(lab, presets):
	far = lab.origin()
	daemon = lab.sluice(defaults=SOON, hosts={"127.0.0.1": {
	    "preset": "off"}})
	assert "preset" not in explain(daemon, far.url + "/search")


def test_reload(lab, presets):
	"""A reload reads the files again, from inside the sandbox; one that is
	wrong changes nothing, and says where."""
	far = lab.origin()
	daemon = lab.sluice(defaults=SOON)
	get = lab.client().get
	assert get(far.url + "/search").status == 200
	assert get(far.url + "/search").status == 429
	presets(5)
	line = daemon.change()
	assert "1 option changed" in line
	assert get(far.url + "/search").status == 200
	presets("many")
	line = daemon.reload(**daemon.keys)
	assert "not reloaded" in line
	assert "near.yaml:5:25: defaults.paths./search.capacity: \"many\"" \
	    in line
	assert get(far.url + "/search").status == 200

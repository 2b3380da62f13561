# SPDX-License-Identifier: ISC
"""The vendors' own packages, and curl: what they use is counted."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

import llm
import programs
import wire

HERE = pathlib.Path(__file__).parent
# Where script/lib.sh has put them; they are no packages of Debian's.
MODULES = pathlib.Path(os.environ.get("SLUICE_NPM",
    pathlib.Path.home() / ".cache/sluice-npm"))
RULE = {"fair_by": "client", "budgets": {"output": {
    "rates": [{"capacity": 100000, "period": "366d"}],
    "reserve": {"output": "max_tokens"},
    "settle": {"json": "usage.completion_tokens"},
    "stream": {"ask_usage": True}},
    "messages": {"rates": [{"capacity": 100000, "period": "366d"}],
    "reserve": {"output": "max_tokens"},
    "settle": {"json": "usage.output_tokens"}}}}


def spent(lab):
	host, = lab.control().get("/v1/hosts").json()["hosts"]
	return {b["name"].split(" of ")[1]: round(b["capacity"] - b["left"])
	    for b in host["budgets"]}


def test_packages(lab):
	if not (MODULES / "node_modules/openai").exists():
		pytest.skip(f"no openai in {MODULES}")
	far = lab.origin(llm.Llm())
	daemon = lab.sluice(hosts={"127.0.0.1": RULE})
	out = subprocess.run([programs.node(), HERE / "get_llm.mjs",
	    str(MODULES), far.url], capture_output=True, text=True,
	    timeout=2 * wire.DEADLINE, env={**os.environ,
	    "http_proxy": "http://127.0.0.1:%d" % daemon.address[1]})
	assert out.returncode == 0, out.stderr
	answers = [json.loads(line) for line in out.stdout.splitlines()]
	# one has asked for no usage, and got none, nor any sign of it
	assert [a["output"] for a in answers] == [30, 30, None, 30, 30]
	assert answers[1]["pieces"] == answers[2]["pieces"] == 9
	assert len(far.requests) == 5
	# of the others' form nothing is told: what was reserved stands
	wire.wait_until(lambda: spent(lab) == {"output": 3 * 30 + 2 * 400,
	    "messages": 2 * 30 + 3 * 400}, what=f"as much as was used: "
	    f"{spent(lab)}")


@pytest.mark.parametrize("stream", ["false", "true"])
def test_curl(lab, stream):
	far = lab.origin(llm.Llm())
	daemon = lab.sluice(hosts={"127.0.0.1": RULE})
	out = subprocess.run([shutil.which("curl"), "-s", "--compressed", "-x",
	    "http://127.0.0.1:%d" % daemon.address[1], "-H",
	    "Content-Type: application/json", "-d", '{"max_tokens": 400, '
	    '"user": "use=30", "stream": %s, "stream_options": '
	    '{"include_usage": true}}' % stream, far.url +
	    "/v1/chat/completions"], capture_output=True, text=True,
	    timeout=wire.DEADLINE, check=True)
	assert '"completion_tokens": 30' in out.stdout
	wire.wait_until(lambda: spent(lab)["output"] == 30, what="30 spent")

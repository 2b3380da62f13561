# SPDX-License-Identifier: ISC
"""doc/openapi.yaml and the control plane say the same."""
import json
import pathlib
import re

import jsonschema
import pytest
import yaml

import dnsserver
import origin

ROOT = pathlib.Path(__file__).resolve().parents[2]
# libyaml's, where it is there: all that run tests read this, or wait for it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DOC = yaml.load((ROOT / "doc/openapi.yaml").read_text(), LOADER)
ROUTES = (ROOT / "src/admin/admin_routes.c").read_text()

OPERATIONS = [(path, method) for path, item in DOC["paths"].items()
    for method in item if method != "parameters"]

# What a change is asked with, and what is wrong with it.
BODIES = {
    "pause": ({"for": "10s", "reason": "test"}, {"for": "never"}),
    "resume": ({"reason": "test"}, {"reason": 1}),
    "drain": ({}, {"x": 1}),
    "forget": ({}, {"reason": "a\nb"}),
    "set": ({"capacity": 5, "for": 60}, {"capacity": -1, "for": 60}),
    "explain": ({"url": "http://a.test/"}, {"url": 1}),
    "reload": ({"reason": "test"}, {"reason": 1}),
    "upgrade": ({"reason": "test"}, {"reason": 1}),
    "setLog": ({"level": "info"}, {"level": "loud"}),
}


def plain(schema):
	"""The same in JSON Schema, where null is a type."""
	if isinstance(schema, list):
		return [plain(one) for one in schema]
	if not isinstance(schema, dict):
		return schema
	rest = {key: plain(value) for key, value in schema.items()
	    if key != "nullable"}
	if schema.get("nullable") is True:
		return {"anyOf": [rest, {"type": "null"}]}
	return rest


SCHEMAS = plain(DOC["components"]["schemas"])


def resolve(value):
	while "$ref" in value:
		found = DOC
		for part in value["$ref"].removeprefix("#/").split("/"):
			found = found[part]
		value = found
	return value


def validate(value, schema):
	"""Fails where the value is none of the schema's."""
	whole = {**plain(schema), "components": {"schemas": SCHEMAS}}
	jsonschema.Draft202012Validator(whole, format_checker=
	    jsonschema.FormatChecker()).validate(value)


def check(path, method, answer):
	"""The answer is one of those that the description has."""
	responses = DOC["paths"][path][method]["responses"]
	response = responses.get(str(answer.status)) or responses["default"]
	response = resolve(response)
	kind = answer.headers["Content-Type"].split(";")[0]
	schema = response["content"][kind]["schema"]
	if kind.endswith("json"):
		validate(answer.json(), schema)
	else:
		assert answer.body


@pytest.fixture(scope="module")
def place(tmp_path_factory):
	import conftest
	lab = conftest.Lab(tmp_path_factory.mktemp("openapi"))
	token = lab.dir / "token"
	token.write_text("0123456789abcdef")
	token.chmod(0o600)
	far = lab.origin(origin.fixed(429, fields=[("Retry-After", "60")]))
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at],
	    admin={"web": "127.0.0.1:0", "web_token_file": str(token)},
	    defaults={"capacity": 5, "period": "1h", "concurrency": 2,
	    "retry": {"attempts": 0}, "paths": {"/part": {"capacity": 1}}})
	lab.get(f"http://a.test:{far.port}/part")
	yield lab
	lab.end()


def ask(lab, path, operation, method, body=None):
	path = path.replace("{key}", "a.test")
	if operation == "events":
		path += "?follow=false&after=0"
	return lab.control().ask(method.upper(), path, body)


@pytest.mark.parametrize("path, method", OPERATIONS)
def test_answers(place, path, method):
	operation = DOC["paths"][path][method]["operationId"]
	right, wrong = BODIES.get(operation, (None, None))
	answer = ask(place, path, operation, method, right)
	assert answer.status == 200, answer.body
	check(path, method, answer)
	if operation == "upgrade":
		# who is asked from now on, and ended with the rest
		place.daemons[-1].pid = answer.json()["pid"]
	if wrong is not None:
		answer = ask(place, path, operation, method, wrong)
		assert answer.status == 422, answer.body
		check(path, method, answer)


@pytest.mark.parametrize("path, method", OPERATIONS)
def test_refusals(place, path, method):
	"""By a stranger, of another host, and of parameters there are not."""
	operation = DOC["paths"][path][method]["operationId"]
	at = path.replace("{key}", "a.test")
	if operation == "events":
		at += "?follow=false"
	web = place.web()
	body = BODIES.get(operation, (None,))[0]
	answer = web.ask(method.upper(), at, body)
	if answer.status != 200:
		check(path, method, answer)
	answer = web.ask(method.upper(), at, body, {"Host": "evil.example"})
	assert answer.status == 421
	check(path, method, answer)
	answer = place.control().ask(method.upper(), at +
	    ("&" if "?" in at else "?") + "no_such_parameter=1", body)
	# what programs other than ours ask for takes what they add
	assert answer.status == (400 if path.startswith("/v1/") else 200)
	check(path, method, answer)
	if body is not None:
		answer = place.control().ask(method.upper(), at, "{}",
		    {"Content-Type": "text/plain"})
		assert answer.status == 415
		check(path, method, answer)
		answer = place.control().ask(method.upper(), at,
		    b" " * 70000)
		assert answer.status == 413
		check(path, method, answer)


def test_same_paths():
	"""Neither has a path, a method or a parameter that the other lacks."""
	rows = re.findall(r"\{ ADMIN_(\w+), \"([^\"]+)\",([^}]*)\}", ROUTES)
	routes = {(method.lower(), path): rest for method, path, rest in rows}
	described = {(method, re.sub(r"\{\w+\}", "{}", path))
	    for path, method in OPERATIONS}
	assert set(routes) == described
	for path, method in OPERATIONS:
		operation = DOC["paths"][path][method]
		rest = routes[method, re.sub(r"\{\w+\}", "{}", path)]
		query = re.search(r"\.query = \"([^\"]*)\"", rest)
		members = re.search(r"\.members = \"([^\"]*)\"", rest)
		assert {one["name"] for one in operation.get("parameters", [])
		    } == set(query.group(1).split() if query else []), path
		content = operation.get("requestBody", {}).get("content", {})
		schema = resolve(content.get("application/json", {}).get(
		    "schema", {}))
		assert set(schema.get("properties", {})) == \
		    set(members.group(1).split() if members else []), path


def test_it_is_served(place):
	answer = place.web().get("/v1/openapi.yaml")
	assert yaml.safe_load(answer.body) == DOC


def test_what_is_wrong_is_found():
	"""The check itself: an answer with a member less is none."""
	good = {"type": "about:blank", "title": "x", "status": 400,
	    "detail": "x"}
	validate(good, {"$ref": "#/components/schemas/Problem"})
	with pytest.raises(jsonschema.ValidationError):
		validate({**good, "status": "400"},
		    {"$ref": "#/components/schemas/Problem"})
	del good["detail"]
	with pytest.raises(jsonschema.ValidationError):
		validate(good, {"$ref": "#/components/schemas/Problem"})
	validate({"level": "info", "until": None},
	    {"$ref": "#/components/schemas/Log"})
	json.dumps(SCHEMAS)

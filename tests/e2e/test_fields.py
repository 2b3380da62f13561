# SPDX-License-Identifier: ISC
"""What becomes of targets and fields on the way."""
import email.utils
import re
import time

import pytest

import client
import origin
import sluice

PATHS = ["/", "/a/b", "/a//b/../c/./d", "/%7Euser/%2F%2e%2E", "/?", "/?a=b&c",
    "/;p=1/x", "/a%00b", "//double//", "/q?x=http://y/z?w", "/!$&'()*+,=:@",
    "/{b}|^`\"<>\\", "/[x]", "/%zz%", "/" + "x" * 4000,
    "/caf\xc3\xa9?q=\xe9\x80\xff"]


@pytest.mark.parametrize("path", PATHS)
def test_path_is_kept_byte_for_byte(lab, same, path):
	far = lab.origin()
	same()
	assert lab.get(far.url + path, host=far.at).status == 200
	assert far.targets() == [path]


@pytest.mark.parametrize("target, sent", [("", "/"), ("?q=1", "/?q=1")])
def test_empty_path(lab, target, sent):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + target, host=far.at).status == 200
	assert far.targets() == [sent]


def test_scheme_and_host_without_case(lab):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	for url in (f"HTTP://{far.at}/", f"hTTp://LOCALHOST:{far.port}/",
	    f"http://localhost.:{far.port}/"):
		assert one.get(url).status == 200
	assert len(far.requests) == 3


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1",
    "OTHER.example:81", "[::1]"])
def test_host_is_rewritten(lab, host):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/", host=host).status == 200
	assert far.requests[0].all("host") == [far.at]


def test_host_comes_first_and_once(lab):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	one.send(f"GET {far.url}/ HTTP/1.1\r\nX-A: 1\r\nhOsT: x\r\n"
	    "Connection: connection, proxy-connection, host\r\n\r\n".encode())
	assert one.response().status == 200
	assert far.requests[0].all("host") == [far.at]
	assert far.requests[0].get("x-a") == "1"


HOP = [("Connection", "x-one, X-TWO,, keep-alive"), ("X-One", "1"),
    ("x-two", "2"), ("Keep-Alive", "timeout=5"), ("TE", "trailers, deflate"),
    ("Proxy-Connection", "keep-alive"), ("Upgrade", "h2c"),
    ("Proxy-Authorization", "Basic c2VjcmV0"), ("X-Three", "3")]


def test_hop_by_hop_of_a_request(lab):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/", HOP).status == 200
	req = far.requests[0]
	for name in ("x-one", "x-two", "keep-alive", "proxy-connection",
	    "proxy-authorization", "upgrade"):
		assert req.get(name) is None, name
	assert req.get("x-three") == "3"
	assert "deflate" not in req.get("te", "")
	assert "x-one" not in req.get("connection", "").lower()


@pytest.mark.parametrize("fields, trailers", [
    (["trailers"], True),
    (["Trailers"], True),
    (["gzip;q=0.5 ,\ttrailers"], True),
    (["gzip", "trailers"], True),
    (["gzip, deflate"], False),
    (["x-trailers"], False),
    (["trailers-x, gzip"], False),
    ([""], False),
], ids=str)
def test_te(lab, fields, trailers):
	far = lab.origin()
	lab.sluice()
	te = [("TE", value) for value in fields]
	assert lab.get(far.url, [("Connection", "TE"), *te]).status == 200
	req = far.requests[0]
	assert req.all("te") == (["trailers"] if trailers else [])
	assert req.all("connection") == (["TE"] if trailers else [])


def test_hop_by_hop_of_a_response(lab):
	fields = [("Connection", "x-one, x-two"), ("X-One", "1"),
	    ("X-Two", "2"), ("Keep-Alive", "timeout=5"), ("X-Three", "3"),
	    ("Proxy-Connection", "close"), ("Upgrade", "h2c")]
	far = lab.origin(origin.fixed(body="x", fields=fields))
	lab.sluice()
	one = lab.client()
	answer = one.get(far.url + "/")
	for name in ("x-one", "x-two", "keep-alive", "proxy-connection",
	    "upgrade"):
		assert answer.get(name) is None, name
	assert answer.get("x-three") == "3"
	assert one.ping()


def is_now(answer):
	"""Whether the one Date that there is could be that of now."""
	told, = answer.all("date")
	assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
	    told)
	when = email.utils.parsedate_to_datetime(told).timestamp()
	return abs(time.time() - when) < 60


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("status", [200, 204, 304, 404, 500])
def test_date_is_added_where_there_is_none(lab, version, status):
	"""RFC 9110 6.6.1: by a recipient that has a clock."""
	far = lab.origin(origin.fixed(status, version=version, fields=[
	    ("X-A", "1"), ("Connection", "close")]))
	lab.sluice()
	one = lab.client()
	for client_version in ("1.1", "1.0"):
		answer = one.get(far.url + "/", version=client_version)
		assert answer.status == status
		assert is_now(answer)


def test_date_of_the_host_is_kept(lab):
	then = "Sun, 06 Nov 1994 08:49:37 GMT"
	far = lab.origin(origin.fixed(body="x", fields=[("dAte", then)]))
	lab.sluice()
	assert lab.get(far.url + "/").all("date") == [then]


def test_date_of_answers_of_our_own(lab):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	none = [("Max-Forwards", "0")]
	assert is_now(one.call("OPTIONS", far.url + "/", none))
	assert is_now(one.call("TRACE", far.url + "/", none))
	one.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
	assert is_now(one.response("OPTIONS"))
	assert is_now(one.get(far.url + "/", [("Max-Forwards", "0"),
	    ("Expect", "a wonder")]))
	assert far.requests == []


def test_connection_names_framing(lab):
	"""Connection cannot be used to strip what frames the body."""
	far = lab.origin(origin.echo)
	lab.sluice()
	one = lab.client()
	answer = one.call("POST", far.url + "/", [("Connection",
	    "content-length, host, transfer-encoding, via")], body=b"four")
	assert answer.body == b"four"
	assert one.ping()


@pytest.mark.parametrize("name", ["Proxy-Authorization",
    "proxy-authorization", "PROXY-AUTHORIZATION"])
def test_proxy_authorization_never_leaves(lab, name):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/", [(name, "Basic czpw"),
	    (name, "Bearer two")]).status == 200
	assert b"proxy-auth" not in far.requests[0].head.lower()
	assert b"czpw" not in far.requests[0].head


def test_authorization_does_leave(lab):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/", [("Authorization", "Bearer t")
	    ]).status == 200
	assert far.requests[0].get("authorization") == "Bearer t"


def test_via(lab):
	far = lab.origin(origin.fixed(fields=[("Via", "1.0 inner")]))
	lab.sluice(via={"name": "sluice"})
	answer = lab.get(far.url + "/", [("Via", "1.1 outer")])
	assert far.requests[0].get("via") == "1.1 outer, 1.1 sluice"
	assert answer.get("via") == "1.0 inner, 1.1 sluice"


def test_via_of_versions(lab):
	far = lab.origin(origin.fixed(version="1.0",
	    fields=[("Connection", "keep-alive")]))
	lab.sluice(via={"name": "sluice"})
	answer = lab.get(far.url + "/", version="1.0")
	assert far.requests[0].get("via") == "1.0 sluice"
	assert answer.get("via") == "1.0 sluice"


def test_response_fields_keep_order_and_case(lab):
	fields = [("sERVER", "x/1"), ("Set-Cookie", "a=1"), ("X-b", "1"),
	    ("Set-Cookie", "b=2, c"), ("x-B", "2"), ("DATE",
	    "Tue, 15 Nov 1994 12:45:26 GMT"), ("Set-Cookie", "a=3"),
	    ("X-Empty", ""), ("X-8bit", "caf\xe9")]
	far = lab.origin(lambda c, r: c.reply(body="x", fields=fields,
	    reason="Fine, \"thanks\""))
	lab.sluice()
	answer = lab.get(far.url + "/")
	got = [(n.decode("latin-1"), v.decode("latin-1"))
	    for n, v in answer.fields]
	ours = {n for n, _ in fields}
	assert [f for f in got if f[0] in ours] == fields
	assert answer.reason == 'Fine, "thanks"'


def test_request_fields_keep_order_and_case(lab):
	fields = [("User-AGENT", "u"), ("X-a", "1"), ("Cookie", "k=v"),
	    ("X-A", "2"), ("Accept", "*/*"), ("x-empty", ""),
	    ("Content_Length", "9"), ("Transfer_Encoding", "chunked")]
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/", fields).status == 200
	got = [(n.decode(), v.decode()) for n, v in far.requests[0].fields]
	ours = {n for n, _ in fields}
	assert [f for f in got if f[0] in ours] == fields


def test_nothing_is_added_that_names_the_client(lab):
	far = lab.origin()
	lab.sluice()
	lab.get(far.url + "/")
	for name in ("x-forwarded-for", "forwarded", "x-real-ip",
	    "user-agent", "accept", "date"):
		assert far.requests[0].get(name) is None, name


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
def test_max_forwards(lab, method):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	answer = one.call(method, far.url + "/", [("Max-Forwards", "0")])
	assert answer.status == 200
	assert far.targets() == []
	answer = one.call(method, far.url + "/", [("Max-Forwards", "7")])
	assert answer.status == 200
	assert far.requests[0].get("max-forwards") == "6"


def test_trace_answered_here_shows_no_secrets(lab):
	far = lab.origin()
	lab.sluice()
	answer = lab.client().call("TRACE", far.url + "/x", [
	    ("Max-Forwards", "0"), ("X-Seen", "yes"),
	    ("Authorization", "Bearer topsecret"), ("Cookie", "topsecret"),
	    ("Proxy-Authorization", "Basic topsecret")])
	assert answer.status == 200
	assert answer.get("content-type") == "message/http"
	assert b"X-Seen: yes" in answer.body
	assert b"topsecret" not in answer.body


REACHED = [("0",), ("0000000000",), ("0" * 5000,), ("7", "0"), ("0", "7"),
    ("7, 0",), ("00", "000"), (" 0\t",), ("9" * 40, "0")]
LOWER = [(("1",), "0"), (("10",), "9"), (("100",), "99"), (("101",), "100"),
    (("00000000007",), "6"), (("0000000000", "1"), None),
    (("4294967296",), "4294967295"), (("4294967297",), "4294967296"),
    (("18446744073709551616",), "18446744073709551615"),
    (("1" + "0" * 400,), "9" * 400), (("5" * 400,), "5" * 399 + "4"),
    (("9", "10"), "8"), (("10", "9"), "8"), (("7, 5",), "4"),
    (("00100", "99"), "98"), (("12,13", "11"), "10")]


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
@pytest.mark.parametrize("values", REACHED)
def test_max_forwards_of_zero(lab, same, method, values):
	far = lab.origin()
	same()
	answer = lab.client().call(method, far.url + "/",
	    [("Max-Forwards", v) for v in values])
	assert answer.status == 200
	assert far.targets() == []


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
@pytest.mark.parametrize("values, want", LOWER)
def test_max_forwards_is_lowered(lab, same, method, values, want):
	"""Of any length; of several the smallest, once."""
	far = lab.origin()
	same()
	answer = lab.client().call(method, far.url + "/",
	    [("Max-Forwards", v) for v in values])
	assert answer.status == 200
	assert [r.all("max-forwards") for r in far.requests] == (
	    [[want]] if want else [])


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
@pytest.mark.parametrize("values", [("x",), ("-1",), ("+1",), ("1.5",), ("",),
    ("1 2",), ("0x1",), ("5,",), (",",), ("\xb2",), ("5", "x"), ("x", "0")])
def test_max_forwards_that_is_no_number(lab, same, method, values):
	far = lab.origin()
	same()
	one = lab.client()
	answer = one.call(method, far.url + "/",
	    [("Max-Forwards", v) for v in values])
	assert answer.status == 400
	assert "malformed Max-Forwards" in answer.get("proxy-status")
	assert one.ping() and far.targets() == []


def test_max_forwards_is_left_alone_elsewhere(lab):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/", [("Max-Forwards", "0")]).status == 200
	assert far.requests[0].get("max-forwards") == "0"


def test_options_forms(lab):
	"""OPTIONS * is for us; an empty path goes out as *."""
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	assert one.call("OPTIONS", "*", host="x").status == 200
	assert far.targets() == []
	assert one.call("OPTIONS", far.url, host=far.at).status == 200
	assert one.call("OPTIONS", far.url + "/").status == 200
	assert one.call("OPTIONS", far.url + "?q", host=far.at).status == 200
	assert far.targets() == ["*", "/", "/?q"]


def test_default_port_is_not_written(lab):
	"""An empty port is the default one: nobody there, but not our 400."""
	lab.sluice()
	one = lab.client()
	answer = one.get("http://127.0.0.1:/", host="x")
	assert answer.status != 400


def test_many_fields(lab):
	far = lab.origin()
	lab.sluice()
	fields = [(f"X-{i}", "v" * 100) for i in range(150)]
	assert lab.get(far.url + "/", fields).status == 200
	got = [(n.decode(), v.decode()) for n, v in far.requests[0].fields]
	assert [f for f in got if f[0].startswith("X-")] == fields


def test_request_does_not_close_the_upstream(lab):
	"""Connection: close is the client's, not the origin's."""
	far = lab.origin()
	lab.sluice()
	for _ in range(3):
		one = lab.client()
		one.send(client.request("GET", far.url + "/",
		    [("Connection", "close")]))
		assert one.response().status == 200
		assert one.ended()
	assert len(far.conns) <= sluice.WORKERS

# SPDX-License-Identifier: ISC
"""People who open the proxy's address in a browser."""
import pytest

import client
import origin
import programs
import wire

BROWSERS = [
	"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
	    "image/webp,*/*;q=0.8",
	"text/html",
	"TEXT/HTML;level=1",
	"application/problem+json;q=0.5, text/html;q=0.6",
]
PROGRAMS = [
	None, "", "*/*", "text/*", "application/json", "text/plain, */*",
	"text/html;q=0", "text/html;q=0.5, application/problem+json",
	"text/html, " + "x/y, " * 300,
]


def ask(lab, accept, target="/", host="127.0.0.1:3128", **keys):
	one = lab.client(**keys)
	fields = [("Accept", accept)] if accept is not None else []
	one.send(client.request("GET", target, fields, host=host))
	return one.response()


def test_who_prefers_html_gets_a_page(lab):
	daemon = lab.sluice(admin={"web": "127.0.0.1:0"})
	port = daemon.web_port()
	for accept in BROWSERS:
		answer = ask(lab, accept)
		assert answer.status == 400
		assert answer.get("content-type") == "text/html; charset=utf-8"
		assert answer.get("connection") == "close"
		assert answer.get("proxy-status").startswith(
		    "sluice; error=http_request_error; ")
		page = answer.body.decode()
		assert "<h1>This is a proxy</h1>" in page
		assert "request is not in the form for a proxy." in page
		# Which port the system has chosen is not of the configuration.
		assert str(port) not in page and "dashboard" not in page
	for accept in PROGRAMS:
		answer = ask(lab, accept)
		assert answer.status == 400, accept
		assert answer.get("content-type") == \
		    "application/problem+json", accept


def test_requests_for_a_proxy_get_no_page(lab):
	far = lab.origin(origin.fixed(404))
	lab.sluice()
	answer = ask(lab, "text/html", "http://127.0.0.1:1/\x01")
	assert answer.get("content-type") == "application/problem+json"
	answer = ask(lab, "text/html", f"http://127.0.0.1:{lab.closed_port()}/")
	assert answer.status == 502
	assert answer.get("content-type") == "application/problem+json"
	# Nor inside a tunnel, where it is a server that is asked.
	one = lab.client()
	assert one.tunnel(f"127.0.0.1:{far.port}").status == 200
	answer = one.call("GET", "/", [("Accept", "text/html")],
	    host=f"127.0.0.1:{far.port}")
	assert answer.status == 404


def test_head(lab):
	lab.sluice()
	one = lab.client()
	one.send(client.request("HEAD", "/", [("Accept", "text/html")],
	    host="x"))
	answer = one.response("HEAD")
	assert answer.status == 400
	assert answer.get("content-type") == "text/html; charset=utf-8"
	assert one.ended()


WEB = [("127.0.0.1:{}", "http://127.0.0.1:{}/"),
    ("[::1]:{}", "http://[::1]:{}/")]


@pytest.mark.parametrize("web, url", WEB)
def test_who_is_here_is_told_of_the_dashboard(lab, web, url):
	port = wire.free_port()
	lab.sluice(admin={"web": web.format(port)}, access={"clients":
	    ["127.0.0.1"]})
	link = '<a href="{0}">{0}</a>'.format(url.format(port))
	assert link in ask(lab, "text/html").body.decode()
	# A stranger here is of this machine, too, and is told why he is none.
	answer = ask(lab, "text/html", source="127.0.0.2")
	assert answer.status == 403
	assert "access.clients does not let this address in." in \
	    answer.body.decode()


@pytest.mark.plain("the page is the same")
def test_in_a_browser(lab):
	daemon = lab.sluice()
	p = programs.Programs(lab.dir / "home", "")
	answer = p.chromium([daemon.url + "/"])[0]
	assert "This is a proxy" in answer.text

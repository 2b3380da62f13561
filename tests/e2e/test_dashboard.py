# SPDX-License-Identifier: ISC
"""The dashboard, by clicking and by keys, in a browser that tells all that the
page asks for and complains of.

One browser for all of them, a page of its own for each.
"""
import json
import re
import threading

import pytest

import shared
import wire
from panel import TOKEN, House

pytestmark = [pytest.mark.heavy, pytest.mark.plain("what is clicked is the "
    "page's; what it asks for is in test_live and test_control")]

ODD = "<img src=x onerror=document.title='owned'> & \"more\" \u202egnp.exe"


@pytest.fixture
def house(lab):
	return House(lab, hosts={
	    "slow.test": {"capacity": 2, "period": "1h", "queue": {
	        "max_wait": "10h"}},
	    # What has spent something is remembered.
	    "*.test": {"capacity": 100, "period": "1h", "concurrency": 20,
	        "queue": {"max_wait": "2h"}}})


def clean(page, house, *statuses):
	"""Nobody else was asked, and nothing was complained of: but answers
	of these statuses, which a browser tells, too."""
	assert [one for one in page.complaints if not any(
	    f"status of {status} " in one for status in statuses)] == []
	other = [url for url in page.urls if not url.startswith(house.url)
	    and not url.startswith(("data:", "about:"))]
	assert other == []


def row(key):
	return f'#rows tr[data-key="{key}"]'


def state_of(page, key, word):
	page.until(f"""(document.querySelector({json.dumps(row(key)
	    + " .pill")})?.innerText ?? "").startsWith({json.dumps(word)})""",
	    what=f"{key} is {word}")


def order(page, button, **fields):
	"""Clicks it, fills in its dialog and sends it."""
	page.click(button)
	page.until("document.querySelector('dialog')?.open")
	for name, value in fields.items():
		page.enter(f"dialog [name={name.rstrip('_')}]", value)
	page.click("dialog button.main")


def ordered(page, *args, **fields):
	order(page, *args, **fields)
	page.until("document.querySelector('dialog') === null",
	    what="the order was taken")


def test_without_scripts(house, chromium):
	for host in ["b.test", "slow.test"]:
		house.get(host)
	page = chromium.page(house.url, scripts=False)
	names = page.text("#rows")
	# Whoever has no token sees rules.
	assert "slow.test" in names and "*.test" in names
	assert "b.test" not in names
	assert re.search(r"^1(\.0\d*)? of 2$", names, re.M)
	assert "up " in page.text("#process")
	clean(page, house)


@pytest.mark.parametrize("token", [False, True])
def test_read_only(lab, chromium, token):
	"""With no token, or where the file says so: no buttons, and the daemon
	would refuse."""
	house = House(lab, token=token, readonly=token, hosts={"*.test": {
	    "capacity": 5, "period": "1s"}})
	house.get("a.test")
	page = house.show(chromium)
	key = "a.test" if token else "*.test"
	state_of(page, key, "open")
	assert page.run("document.querySelectorAll('button').length") == 0
	assert "Read only" in page.text("#access")
	assert ("admin.readonly" if token else "admin.web_token_file") in \
	    page.text("#access")
	page.click(row(key) + " a")
	page.until("document.querySelector('#host h2')?.innerText === "
	    + json.dumps(key))
	page.until("document.querySelector('#limits')?.innerText")
	assert page.run("document.querySelectorAll('button').length") == 0
	clean(page, house)
	answer = house.call(f"/v1/hosts/a.test/pause", "POST", {"for": "5s"})
	assert answer.status == 403
	assert house.json("/v1/status")["paused"] == 0


def test_token(house, chromium):
	"""It is taken out of the address, and a wrong one is told of."""
	page = house.show(chromium)
	assert TOKEN not in page.run("location.href")
	assert all(TOKEN not in url for url in page.urls)
	page.until("document.querySelector('[data-order=reload]') !== null")
	clean(page, house)
	page.close()
	page = chromium.page(house.url + "#token=wrong")
	page.until("document.getElementById('access').innerText.includes("
	    "'was refused')")
	page.until("document.getElementById('link').innerText === 'live'")
	assert page.run("document.querySelectorAll('button').length") == 0


def test_orders(house, chromium):
	house.get("a.test")
	page = house.show(chromium)
	state_of(page, "a.test", "open")

	# What is wrong is said in the daemon's words, and changes nothing.
	order(page, row("a.test") + " [data-order=pause]", for_="soon")
	page.until("document.querySelector('dialog .error').innerText")
	assert "for" in page.text("dialog .error")
	assert house.host("a.test")["state"] == "open"
	page.press("Escape")
	page.until("document.querySelector('dialog') === null")

	ordered(page, row("a.test") + " [data-order=pause]", for_="90s",
	    reason="the maker asked for it")
	state_of(page, "a.test", "paused")
	host = house.host("a.test")
	assert host["state"] == "paused"
	assert host["pause"]["cause"] == "manual"
	assert 80 < host["pause"]["remaining"] <= 90
	assert "paused" in page.text(row("a.test") + " .state")
	ordered(page, row("a.test") + " [data-order=resume]", reason="over")
	state_of(page, "a.test", "open")
	assert house.host("a.test")["pause"] is None

	page.click(row("a.test") + " a")
	ordered(page, "#host [data-order=set]", capacity="3", period="1m",
	    for_="1h", reason="a quiet hour")
	page.until("document.querySelector('#limits')?.innerText.includes("
	    "'a quiet hour')")
	first, = house.host("a.test")["budgets"]
	assert (first["capacity"], first["period"], first["from"]) == \
	    (3, 60, "override")
	ordered(page, "#host [data-order=unset]")
	page.until("!document.querySelector('#limits').innerText.includes("
	    "'a quiet hour')")
	assert house.host("a.test")["override"] is None

	ordered(page, "#host [data-order=drain]", reason="it moves")
	page.until("document.querySelector('#host .pill').innerText === "
	    "'draining'")
	assert house.client.get(house.name("a.test")).status == 503
	ordered(page, "#host [data-order=resume]")
	page.until("document.querySelector('#host .pill').innerText === "
	    "'open'")
	house.get("a.test")

	assert house.host("a.test")["counts"]["admitted"] > 0
	ordered(page, "#host [data-order=forget]", reason="as new")
	page.until("document.querySelector('#events').innerText.includes("
	    "'forgotten')")

	house.daemon.write(hosts={}, **{name: value for name, value in
	    house.daemon.keys.items() if name != "hosts"})
	page.press("Escape")
	ordered(page, "[data-order=reload]", reason="another file")
	page.until("document.querySelector('#events').innerText.includes("
	    "'reload')")
	assert house.json("/v1/status")["configuration"]["reloads"] == 1
	clean(page, house, 422)


def test_named_budgets(lab, chromium):
	"""What was used of them, and what requests under way may still use."""
	house = House(lab, hosts={"llm.test": {"budgets": {"tokens": {
	    "rates": [{"capacity": 1000, "period": "366d"}],
	    "reserve": {"output": "max_tokens"},
	    "settle": {"json": "usage.total_tokens"}}}}})
	go_on = threading.Event()

	def handle(conn, req):
		used = 200
		if b"300" in req.body:
			assert go_on.wait(wire.DEADLINE)
			used = 100
		conn.reply(200, json.dumps({"usage": {"total_tokens": used}}),
		    [("Content-Type", "application/json")])
	far = lab.origin(handle)

	def post(one, most):
		return one("POST", f"http://llm.test:{far.port}/v1",
		    [("Content-Type", "application/json")],
		    json.dumps({"max_tokens": most}))
	assert post(lab.client().call, 500).status == 200
	waits = lab.client()
	post(waits.ask, 300)
	page = house.show(chromium, "#/host/llm.test")

	def told(text):
		page.until("document.querySelector('#named')?.innerText"
		    f".includes({json.dumps(text)})", what=text)
	told("1000 per 366d of tokens")
	told("200 used, 300 reserved of 1000")
	wide = page.run("[...document.querySelectorAll('#named rect')].map("
	    "(one) => one.getAttribute('width'))")
	assert wide == ["20.0%", "30.0%"]
	# it is none of what is merely left
	assert page.run("document.querySelector('#budgets').children.length"
	    ) == 0
	go_on.set()
	assert waits.response().status == 200
	told("300 used, 0 reserved of 1000")
	clean(page, house)


def test_parts(lab, chromium):
	"""What was found of one that the host has named."""
	house = House(lab)
	asked = []

	def handle(conn, req):
		asked.append(req.target)
		conn.reply(429 if len(asked) % 6 == 0 else 200, b"",
		    [("X-RateLimit-Bucket", "read")])
	far = lab.origin(handle)

	def found():
		house.client.get(f"http://api.test:{far.port}/read")
		parts = house.host("api.test")["parts"]
		return parts and parts[0]["estimate"]
	wire.wait_until(found, what="a limit of that part")
	page = house.show(chromium, "#/host/api.test")
	page.until("/read.*named by the host[^]*found: .* per .*confidence/"
	    ".test(document.querySelector('#parts')?.innerText)")
	clean(page, house)


def test_store(lab, chromium):
	"""Whether what is shared is shared, and since when not."""
	redis = shared.Redis(lab.dir)
	try:
		house = House(lab, hosts={"*.test": {"capacity": 5,
		    "store": True}})
		page = house.show(chromium)
		assert "store" not in page.text("#summary")
		house.daemon.reload(**{**house.daemon.keys,
		    "store": {"redis": redis.url}})
		page.until("/store connected for .*, of 1 proxy/.test("
		    "document.querySelector('#summary').innerText)")
		redis.kill()
		page.until("/without the store for /.test("
		    "document.querySelector('#summary .warn')?.innerText)")
		clean(page, house)
		page = chromium.page(house.url, scripts=False)
		assert "without the store for" in page.text("#summary")
		redis.start()
		page = house.show(chromium)
		page.until("/store connected for /.test("
		    "document.querySelector('#summary').innerText)")
		clean(page, house)
	finally:
		redis.end()


def test_why(house, chromium):
	"""What the page says of a wait is what the API says."""
	house.get("slow.test")
	house.get("slow.test")
	for i in range(3):
		house.wait_for("slow.test", f"/waits/{i}?secret=1")
	wire.wait_until(lambda: house.host("slow.test")["waiting"] == 3)
	page = house.show(chromium, "#/host/slow.test")
	page.until("document.querySelectorAll('#queue tbody tr').length === 3")
	page.until("document.querySelector('#why .says') !== null")
	why = house.json("/v1/hosts/slow.test/queue")["why"]
	assert "the one that goes next" in page.run(
	    "document.querySelector('#why').parentNode.textContent")
	assert page.run("[...document.querySelectorAll('#why tbody tr')].map("
	    "(one) => one.cells[0].innerText)") == \
	    [reason["name"] for reason in why["reasons"]]
	assert page.run("[...document.querySelectorAll('#why .decides')].map("
	    "(one) => one.cells[0].innerText)") == \
	    [reason["name"] for reason in why["reasons"]
	    if reason["decides"]]

	# All of an hour's budget is a matter of minutes: the words are the
	# same at both looks but for a minute.
	def minutes(text):
		found = re.search(r"(?:(\d+) h ?)?(?:(\d+) min)?", text[
		    re.search(r"\d+ (h|min)", text).start():])
		return 60 * int(found[1] or 0) + int(found[2] or 0)
	assert abs(minutes(page.text("#why .says")) - minutes(why["says"])) \
	    <= 1
	assert abs(minutes(page.text("#why .decides")) -
	    why["starts_in"] / 60) <= 1.5
	queue = house.json("/v1/hosts/slow.test/queue")["waiters"]
	starts = page.run("[...document.querySelectorAll('#queue tbody tr')]"
	    ".map((one) => one.cells[3].innerText)")
	for text, waiter in zip(starts, queue, strict=True):
		assert abs(minutes(text) - waiter["starts_in"] / 60) <= 1.5
	assert "/waits/0" in page.text("#queue")
	assert "secret" not in page.run("document.body.innerText")
	clean(page, house)


def test_keyboard_alone(house, chromium):
	for host in ["a.test", "b.test", "c.test"]:
		house.get(host)
	page = house.show(chromium)
	state_of(page, "c.test", "open")
	page.press("/")
	page.until("document.activeElement.id === 'filter'")
	page.type("b.te")
	page.until("document.querySelectorAll('#rows tr').length === 1")
	page.press("Escape")
	page.until("document.querySelectorAll('#rows tr').length === 3")
	focused = "document.activeElement.innerText"
	page.press("j")
	page.until(focused + " === 'a.test'")
	page.press("j")
	page.until(focused + " === 'b.test'")
	page.press("k")
	page.until(focused + " === 'a.test'")
	outline = page.run("getComputedStyle(document.activeElement)"
	    ".outlineStyle")
	assert outline == "solid"
	page.press("Enter")
	page.until("document.querySelector('#host h2')?.innerText === "
	    "'a.test'")
	page.press("Escape")
	# the heading of its page, which has had the focus, reads the same
	page.until("document.getElementById('host').hidden")
	page.until(focused + " === 'a.test'")

	# By Tab to the row's button, and through its dialog.
	page.press("Tab")
	page.until("document.activeElement.dataset.order === 'pause'")
	page.press("Enter")
	page.until("document.activeElement.name === 'for'")
	page.press("Tab")
	page.type("by keys")
	page.press("Enter")
	page.until("document.querySelector('dialog') === null")
	state_of(page, "a.test", "paused")
	# Focus is back in the row, and its place is not lost.
	page.until("document.activeElement !== document.body")
	assert house.host("a.test")["state"] == "paused"
	page.until("document.getElementById('said').innerText.includes("
	    "'a.test')")
	page.press("?", shift=True)
	page.until("document.querySelector('dialog#keys')?.open")
	page.press("Escape")
	page.until("document.querySelector('dialog') === null")
	clean(page, house)


def test_hostile(house, chromium):
	"""What others have named is text, wherever it is shown."""
	house.get("a.test", "/<b>bold</b>?q=<i>")
	house.json("/v1/hosts/a.test/pause", "POST", {"for": "1h",
	    "reason": ODD})
	for i in range(2):
		house.wait_for("a.test", "/<s>waits</s>")
	wire.wait_until(lambda: house.host("a.test")["waiting"] == 2)
	page = house.show(chromium)
	state_of(page, "a.test", "paused")
	page.until("document.querySelector('#rows .state').innerText.includes("
	    "'onerror')")
	page.run("location.hash = '#/host/a.test'")
	page.until("document.querySelector('#queue').innerText.includes("
	    "'<s>waits</s>')")
	page.until("document.querySelector('#recent').innerText.includes("
	    "'<b>bold</b>')")
	assert page.run("document.querySelectorAll('main img, main b > b, "
	    "main s, #recent b, #queue b').length") == 0
	# No mark that turns what follows, nor in a title.
	assert "\\u{202e}gnp.exe" in page.run("document.body.innerText")
	assert "\u202e" not in page.run("document.body.outerHTML")
	# A key of nobody, and one that is no key at all.
	for where in ["#/host/" + "%3Cimg%20src%3Dx%3E.test", "#/host/%zz"]:
		page.run(f"location.hash = {json.dumps(where)}")
		page.until("document.querySelector('#host .none').innerText")
	assert page.run("document.querySelectorAll('main img').length") == 0
	assert "owned" not in page.run("document.title")
	clean(page, house, 400, 404)


def test_five_hundred_hosts(house, chromium):
	for i in range(500):
		house.get(f"h{i:03}.test")
	page = house.show(chromium)
	page.until("document.querySelectorAll('#rows tr').length === 50")
	assert page.text("#count-all") == "500"
	page.click("#more-link")
	page.until("document.querySelectorAll('#rows tr').length === 150")
	page.enter("#filter", "h49")
	page.until("document.querySelectorAll('#rows tr').length === 10")
	page.run("document.getElementById('filter').value = ''")
	page.press("Escape")

	# Rows do not move under the pointer, and do when it is gone.
	house.json("/v1/hosts/h140.test/pause", "POST", {"for": "1h"})
	page.until("document.querySelectorAll('#rows tr').length === 150")
	first = "document.querySelector('#rows tr').dataset.key"
	page.away()
	page.until(first + " === 'h140.test'")
	x, y = page.place("#rows tr:nth-child(3) td")
	page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
	house.json("/v1/hosts/h120.test/pause", "POST", {"for": "1h"})
	page.until("document.getElementById('count-paused').innerText === '2'")
	order = page.run("[...document.querySelectorAll('#rows tr')].map("
	    "(one) => one.dataset.key)")
	assert order.index("h120.test") > 100
	page.away()
	page.until("[...document.querySelectorAll('#rows tr')].slice(0, 2)"
	    ".some((one) => one.dataset.key === 'h120.test')")

	# Smooth: a second's work is a small part of it.
	spent = page.run("""(() => {
		const began = performance.now();
		for (let i = 0; i < 10; i++)
			draw(false);
		return (performance.now() - began) / 10;
	})()""")
	assert spent < 200 * wire.SLOW
	clean(page, house)


def test_lost_and_found(lab, chromium):
	door = f"127.0.0.1:{wire.free_port()}"
	house = House(lab, hosts={"*.test": {}}, door=door)
	house.get("a.test")
	page = house.show(chromium)
	state_of(page, "a.test", "open")
	house.daemon.stop()
	page.until("document.getElementById('link').innerText === "
	    "'lost, trying again'")
	assert page.run("document.body.classList.contains('stale')")
	again = lab.sluice(**house.daemon.keys)
	assert again.pid != house.daemon.pid
	page.until("document.getElementById('link').innerText === 'live'")
	assert not page.run("document.body.classList.contains('stale')")
	# The new one knows of no host yet.
	page.until("document.querySelectorAll('#rows tr').length === 0")


def test_narrow(house, chromium):
	"""At 390 px nothing is cut off, and the state is under the name."""
	house.get("a.test")
	house.json("/v1/hosts/a.test/pause", "POST", {"for": "1h"})
	page = house.show(chromium, width=390, height=844, dark=True)
	state_of(page, "a.test", "paused")
	for where in ["#/", "#/host/a.test"]:
		page.run(f"location.hash = {json.dumps(where)}")
		page.until("document.readyState === 'complete'")
		assert page.run("document.documentElement.scrollWidth") <= 390
	page.run("location.hash = '#/'")
	page.until("document.querySelector('#rows .state').getBoundingClient"
	    "Rect().y > document.querySelector('#rows .name')"
	    ".getBoundingClientRect().y")
	clean(page, house)

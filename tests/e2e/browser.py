# SPDX-License-Identifier: ISC
"""A Chromium that is told what to do through a pipe (its DevTools protocol),
and tells all that a page asks for, complains of and logs."""
import base64
import fcntl
import json
import os
import queue
import subprocess
import threading

import wire
from programs import CHROMIUM, chromium

# What a key is to a page, apart from what it types.
KEYS = {
    "Enter": (13, "\r"), "Escape": (27, None), "Tab": (9, None),
    "Space": (32, " "), "ArrowDown": (40, None), "ArrowRight": (39, None),
}
SHIFT = 8

# Told by each page of itself: what its policy kept it from.
WATCH = """
addEventListener("securitypolicyviolation", (event) => console.error(
    "violation of " + event.violatedDirective + " by " + event.blockedURI));
"""


class Browser:
	"""One process; its pages know nothing of each other's storage."""

	def __init__(self, home):
		program = chromium()
		orders, self.orders = self.pipe()
		self.said, said = self.pipe()

		def hand_over():
			os.dup2(orders, 3)
			os.dup2(said, 4)

		self.process = subprocess.Popen([program, *CHROMIUM,
		    "--remote-debugging-pipe", "--hide-scrollbars",
		    f"--user-data-dir={home}/profile", "about:blank"],
		    env={**os.environ, "HOME": str(home)},
		    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
		    stderr=subprocess.DEVNULL, preexec_fn=hand_over,
		    pass_fds=(3, 4), start_new_session=True)
		os.close(orders)
		os.close(said)
		self.last = 0
		self.answers = {}
		self.pages = {}
		self.reader = threading.Thread(target=self.read, daemon=True)
		self.reader.start()

	@staticmethod
	def pipe():
		"""Above 3 and 4, which the child's copies become."""
		ends = os.pipe()
		high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
		    for fd in ends]
		for fd in ends:
			os.close(fd)
		return high

	def read(self):
		rest = b""
		while data := os.read(self.said, 1 << 16):
			*whole, rest = (rest + data).split(b"\0")
			for one in whole:
				self.take(json.loads(one))
		for answer in list(self.answers.values()):
			answer.put({"error": {"message": "it ended"}})

	def take(self, message):
		if "id" in message:
			self.answers.pop(message["id"]).put(message)
			return
		page = self.pages.get(message.get("sessionId"))
		if page:
			page.take(message["method"], message["params"])

	def call(self, method, session=None, **params):
		self.last += 1
		answer = self.answers[self.last] = queue.Queue()
		order = {"id": self.last, "method": method, "params": params}
		if session:
			order["sessionId"] = session
		data = json.dumps(order).encode() + b"\0"
		while data:
			data = data[os.write(self.orders, data):]
		message = answer.get(timeout=wire.DEADLINE)
		assert "error" not in message, (method, message["error"])
		return message["result"]

	def page(self, url=None, **options):
		page = Page(self, **options)
		if url:
			page.open(url)
		return page

	def end(self):
		try:
			self.call("Browser.close")
			self.process.wait(wire.DEADLINE)
		finally:
			if self.process.poll() is None:
				self.process.kill()
				self.process.wait()
			self.reader.join(wire.DEADLINE)
			os.close(self.orders)
			os.close(self.said)


class Page:
	def __init__(self, browser, width=1200, height=900, dark=False,
	    scripts=True):
		self.browser = browser
		self.urls = []
		self.complaints = []
		self.context = browser.call("Target.createBrowserContext")[
		    "browserContextId"]
		self.target = browser.call("Target.createTarget",
		    url="about:blank", browserContextId=self.context)[
		    "targetId"]
		self.session = browser.call("Target.attachToTarget",
		    targetId=self.target, flatten=True)["sessionId"]
		browser.pages[self.session] = self
		for name in ["Page", "Runtime", "Network", "Log"]:
			self.call(name + ".enable")
		self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
		self.call("Emulation.setScriptExecutionDisabled",
		    value=not scripts)
		self.size(width, height)
		self.media(dark=dark)

	def call(self, method, **params):
		return self.browser.call(method, self.session, **params)

	def take(self, method, params):
		if method == "Network.requestWillBeSent":
			self.urls.append(params["request"]["url"])
		elif method == "Runtime.exceptionThrown":
			self.complaints.append(str(params["exceptionDetails"]))
		elif method == "Runtime.consoleAPICalled":
			self.complaints.append(" ".join(str(one.get("value"))
			    for one in params["args"]))
		elif method == "Log.entryAdded" and \
		    params["entry"]["level"] == "error":
			self.complaints.append(params["entry"]["text"])

	def size(self, width, height, scale=1):
		self.call("Emulation.setDeviceMetricsOverride", width=width,
		    height=height, deviceScaleFactor=scale, mobile=False)

	def media(self, dark=False, still=False, kind=""):
		self.call("Emulation.setEmulatedMedia", media=kind, features=[
		    {"name": "prefers-color-scheme",
		     "value": "dark" if dark else "light"},
		    {"name": "prefers-reduced-motion",
		     "value": "reduce" if still else "no-preference"}])

	def open(self, url):
		self.call("Page.navigate", url=url)
		self.until("document.readyState === 'complete' && "
		    "location.href !== 'about:blank'")

	def run(self, script):
		"""What an expression is, as JSON has it."""
		result = self.call("Runtime.evaluate", expression=script,
		    returnByValue=True, awaitPromise=True)
		assert "exceptionDetails" not in result, \
		    (script, result["exceptionDetails"])
		return result["result"].get("value")

	def until(self, script, what=None):
		last = None

		def holds():
			nonlocal last
			last = self.run(f"(() => ({script}))()")
			return last
		wire.wait_until(holds, step=0.05, what=what or script)
		return last

	def text(self, selector):
		return self.run("document.querySelector("
		    f"{json.dumps(selector)})?.innerText ?? null")

	def place(self, selector):
		"""The middle of what is there and can be hit."""
		return self.until(f"""(() => {{
			const node = document.querySelector(
			    {json.dumps(selector)});
			if (!node)
				return null;
			node.scrollIntoView({{block: "center"}});
			const box = node.getBoundingClientRect();
			const x = box.x + box.width / 2;
			const y = box.y + box.height / 2;
			const hit = document.elementFromPoint(x, y);
			return node.contains(hit) ? [x, y] : null;
		}})()""", what=f"{selector} can be clicked")

	def click(self, selector):
		x, y = self.place(selector)
		for kind in ["mouseMoved", "mousePressed", "mouseReleased"]:
			self.call("Input.dispatchMouseEvent", type=kind, x=x,
			    y=y, button="none" if kind == "mouseMoved" else
			    "left", clickCount=1)

	def away(self):
		"""Takes the pointer off the rows."""
		self.call("Input.dispatchMouseEvent", type="mouseMoved", x=1,
		    y=1)

	def press(self, key, shift=False):
		code, text = KEYS.get(key, (ord(key.upper()[0]), key))
		name = " " if key == "Space" else key
		keys = {"key": name, "windowsVirtualKeyCode": code,
		    "modifiers": SHIFT if shift else 0}
		if text:
			keys["text"] = text
		self.call("Input.dispatchKeyEvent", type="keyDown", **keys)
		keys.pop("text", None)
		self.call("Input.dispatchKeyEvent", type="keyUp", **keys)

	def type(self, text):
		self.call("Input.insertText", text=text)

	def enter(self, selector, text):
		"""Clicks a field and replaces what is in it."""
		self.click(selector)
		self.run(f"document.querySelector({json.dumps(selector)})"
		    ".select()")
		self.type(text)

	def picture(self, file, width=None, height=None):
		clip = {}
		if width:
			clip = {"clip": {"x": 0, "y": 0, "width": width,
			    "height": height, "scale": 1}}
		data = self.call("Page.captureScreenshot", format="png",
		    captureBeyondViewport=bool(clip), **clip)["data"]
		with open(file, "wb") as to:
			to.write(base64.b64decode(data))

	def close(self):
		self.browser.pages.pop(self.session, None)
		self.browser.call("Target.disposeBrowserContext",
		    browserContextId=self.context)

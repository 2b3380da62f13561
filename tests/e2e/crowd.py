# SPDX-License-Identifier: ISC
"""Many clients who never rest, and an origin that notes when they come; on a
thread, and a loop of asyncio, of each."""
import asyncio
import threading
import time


class Loop:
	"""A thread with a loop, and what is stopped with it."""

	def __init__(self):
		self.loop = asyncio.new_event_loop()
		self.thread = threading.Thread(target=self.loop.run_forever)
		self.thread.start()

	def call(self, task):
		return asyncio.run_coroutine_threadsafe(task,
		    self.loop).result(30)

	def stop(self):
		self.loop.call_soon_threadsafe(self.loop.stop)
		self.thread.join()


async def read_message(reader):
	"""The head and the body of what says its length."""
	head = await reader.readuntil(b"\r\n\r\n")
	fields = head.lower()
	at = fields.find(b"\r\ncontent-length:")
	n = int(fields[at + 17:].split(b"\r\n", 1)[0]) if at >= 0 else 0
	return head, await reader.readexactly(n) if n else b""


class Noting:
	"""An origin that sends back what it got; takes: seconds it needs."""

	def __init__(self, takes=0):
		self.takes = takes
		self.times = []
		self.now = self.most = 0
		self.at = Loop()
		self.server = self.at.call(asyncio.start_server(self.serve,
		    "127.0.0.1", 0, backlog=4096))
		self.port = self.server.sockets[0].getsockname()[1]
		self.url = f"http://127.0.0.1:{self.port}"

	async def serve(self, reader, writer):
		try:
			while True:
				_, body = await read_message(reader)
				await self.answer(writer, body)
		except (asyncio.IncompleteReadError, ConnectionError):
			pass
		finally:
			writer.close()

	async def answer(self, writer, body):
		self.times.append(time.monotonic())
		self.now += 1
		self.most = max(self.most, self.now)
		if self.takes:
			await asyncio.sleep(self.takes)
		self.now -= 1
		writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
		    % (len(body), body))

	def stop(self):
		self.server.close()
		self.at.stop()


class Crowd:
	"""n clients of a proxy, each with a POST under way; to a list of URLs.

	wrong has what went wrong: nothing is to be refused, reset or lost."""

	def __init__(self, address, urls, n):
		self.address = address
		self.good = 0
		self.reconnects = 0
		self.wrong = []
		self.over = False
		self.at = Loop()
		self.tasks = [asyncio.run_coroutine_threadsafe(
		    self.run(i, urls[i % len(urls)]), self.at.loop)
		    for i in range(n)]

	async def run(self, i, url):
		while not self.over:
			try:
				await self.connect(i, url)
			except (OSError, asyncio.IncompleteReadError) as e:
				self.wrong.append(repr(e))
				await asyncio.sleep(0.05)

	async def connect(self, i, url):
		reader, writer = await asyncio.open_connection(*self.address)
		self.reconnects += 1
		nth = 0
		try:
			while not self.over:
				nth += 1
				body = b"%d.%d" % (i, nth) * 20
				if await self.ask(reader, writer, url, body):
					break
		finally:
			writer.close()

	async def ask(self, reader, writer, url, body):
		"""Returns whether the connection ends with it."""
		host = url.split("/")[2]
		writer.write(b"POST %s/ HTTP/1.1\r\nHost: %s\r\n"
		    b"Content-Length: %d\r\n\r\n%s" % (url.encode(),
		    host.encode(), len(body), body))
		head, back = await read_message(reader)
		if not head.startswith(b"HTTP/1.1 200 ") or back != body:
			self.wrong.append((head, back[:200]))
		self.good += 1
		return b"\r\nconnection: close" in head.lower()

	def stop(self):
		self.over = True
		for task in self.tasks:
			task.result(60)
		self.at.stop()


def fullest(times, rate):
	"""How full a bucket was at most that so much runs out of (per s)."""
	level = most = 0
	before = times[0]
	for at in times:
		level = max(0, level - (at - before) * rate) + 1
		most = max(most, level)
		before = at
	return most

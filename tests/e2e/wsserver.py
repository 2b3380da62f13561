# SPDX-License-Identifier: ISC
"""An origin of WebSockets at /ws that sends back whatever it gets."""
import asyncio
import threading

import aiohttp
from aiohttp import web

import wire


class WebSockets:
	"""aiohttp's server, with TLS where it gets a context, in a thread."""

	def __init__(self, context):
		self.context = context
		self.ready = threading.Event()
		self.stopping = None
		self.pings = 0
		self.thread = threading.Thread(target=lambda: asyncio.run(
		    self.main()), daemon=True)
		self.thread.start()
		assert self.ready.wait(wire.DEADLINE)

	async def echo(self, request):
		ws = web.WebSocketResponse(autoping=False, max_msg_size=0)
		await ws.prepare(request)
		async for message in ws:
			if message.type == aiohttp.WSMsgType.TEXT:
				await ws.send_str(message.data)
			elif message.type == aiohttp.WSMsgType.BINARY:
				await ws.send_bytes(message.data)
			elif message.type == aiohttp.WSMsgType.PING:
				self.pings += 1
				await ws.pong(message.data)
		return ws

	async def main(self):
		app = web.Application()
		app.router.add_get("/ws", self.echo)
		runner = web.AppRunner(app)
		await runner.setup()
		site = web.TCPSite(runner, "127.0.0.1", 0,
		    ssl_context=self.context, shutdown_timeout=1)
		await site.start()
		self.port = site._server.sockets[0].getsockname()[1]
		self.loop = asyncio.get_running_loop()
		self.stopping = asyncio.Event()
		self.ready.set()
		await self.stopping.wait()
		await runner.cleanup()

	def stop(self):
		self.loop.call_soon_threadsafe(self.stopping.set)
		self.thread.join(wire.DEADLINE)
		assert not self.thread.is_alive(), "the server did not end"

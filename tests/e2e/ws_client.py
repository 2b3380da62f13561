# SPDX-License-Identifier: ISC
# Usage: ws_client.py URL; what came back from an echo, as JSON.
# Ordinary code: whom to trust and which proxy to use, the environment says.
import asyncio
import json
import os
import sys

import aiohttp


async def main(url):
	out = {"sizes": []}
	async with aiohttp.ClientSession(trust_env=True) as session, \
	    session.ws_connect(url, autoping=False, timeout=30,
	    max_msg_size=0) as ws:
		await ws.send_str("hello")
		out["text"] = await ws.receive_str(timeout=30)
		for size in (0, 1, 125, 126, 65535, 65536, 1000000):
			data = os.urandom(size)
			await ws.send_bytes(data)
			back = await ws.receive_bytes(timeout=30)
			if back != data:
				raise SystemExit(f"{size} bytes came back "
				    f"as {len(back)} others")
			out["sizes"].append(size)
		await ws.ping(b"are you there")
		message = await ws.receive(timeout=30)
		if message.type == aiohttp.WSMsgType.PONG:
			out["pong"] = message.data.decode()
		await ws.close()
		out["closed"] = ws.close_code
	print(json.dumps(out))

asyncio.run(main(sys.argv[1]))

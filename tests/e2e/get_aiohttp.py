# SPDX-License-Identifier: ISC
# Usage: get_aiohttp.py URL...; all at once; a line of JSON for each.
# Ordinary code: whom to trust and which proxy to use, the environment says.
import asyncio
import hashlib
import json
import sys

import aiohttp


async def get(session, url):
	async with session.get(url) as answer:
		data = await answer.read()
		return {
		    "status": answer.status,
		    "size": len(data),
		    "hash": hashlib.sha256(data).hexdigest(),
		    "text": data[:200].decode("latin-1"),
		}


async def main():
	wait = aiohttp.ClientTimeout(total=60)
	async with aiohttp.ClientSession(trust_env=True,
	    timeout=wait) as session:
		for got in await asyncio.gather(*(get(session, url)
		    for url in sys.argv[1:])):
			print(json.dumps(got))

asyncio.run(main())

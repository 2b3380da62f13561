# SPDX-License-Identifier: ISC
# Usage: get_tunnel.py URL...; in turn, in one tunnel; a line of JSON for each.
# Ordinary code: which proxy to use, the environment says.
import hashlib
import http.client
import json
import os
import sys
from urllib.parse import urlsplit

proxy = urlsplit(os.environ["http_proxy"])
at = urlsplit(sys.argv[1])
link = http.client.HTTPConnection(proxy.hostname, proxy.port)
link.set_tunnel(at.hostname, at.port)
for url in sys.argv[1:]:
	target = urlsplit(url)._replace(scheme="", netloc="")
	link.request("GET", target.geturl())
	answer = link.getresponse()
	data = answer.read()
	print(json.dumps({
		"status": answer.status,
		"size": len(data),
		"hash": hashlib.sha256(data).hexdigest(),
		"text": data[:200].decode("latin-1"),
	}))

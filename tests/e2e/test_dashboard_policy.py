# SPDX-License-Identifier: ISC
"""The dashboard's page as it is sent: what it may do, and whether it is new."""
import base64
import hashlib
import re

import panel
import wire


def test_policy(lab):
	"""The hashes are those of what is in the page; and it has a tag."""
	house = panel.House(lab)
	answer = house.call("/")
	text = answer.data.decode()
	assert answer.status == 200
	assert answer.getheader("content-type") == "text/html; charset=utf-8"
	assert answer.getheader("x-content-type-options") == "nosniff"
	assert answer.getheader("referrer-policy") == "no-referrer"
	hashes = {}
	for tag in ["style", "script"]:
		inside, = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.S)
		hashes[tag] = base64.b64encode(hashlib.sha256(
		    inside.encode()).digest()).decode()
	assert answer.getheader("content-security-policy") == (
	    f"default-src 'none'; style-src 'sha256-{hashes['style']}'; "
	    f"script-src 'sha256-{hashes['script']}'; connect-src 'self'; "
	    "img-src data:; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'")
	assert "<!--" not in text

	# Its figures change with time, so that a tag may be old at once.
	def not_modified():
		tag = house.call("/").getheader("etag")
		again = house.call("/", fields=[("If-None-Match", tag)])
		return again.status == 304 and not again.data
	wire.wait_until(not_modified, what="an answer 304")
	assert house.call("/", fields=[("If-None-Match",
	    '"another"')]).status == 200

# SPDX-License-Identifier: ISC
# Usage: get_many.py URL...; the status of each, in turn, a line each.
# Ordinary code that knows of no limits: only Python's own library.
import sys
import urllib.error
import urllib.request

for url in sys.argv[1:]:
	try:
		with urllib.request.urlopen(url, timeout=100) as answer:
			answer.read()
			print(answer.status)
	except urllib.error.HTTPError as error:
		print(error.code)

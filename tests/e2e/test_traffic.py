# SPDX-License-Identifier: ISC
"""A little of the random traffic, the same each time; long_traffic.py has more.

What is at fault tells its seed and number, for traffic.py to do it again.
"""
import strict
import traffic

SEED = 20261128


def test_traffic(lab):
	place = traffic.Place(lab, SEED)
	place.round(150, threads=6)
	place.end()


def test_traffic_of_https(tlab):
	place = traffic.Place(tlab, SEED)
	place.round(60, threads=6)
	place.end()


def test_reader_is_strict():
	"""A reader that takes what is wrong would find nothing."""
	head = b"POST / HTTP/1.1\r\nHost: a\r\n"
	for text in (b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
	    b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
	    b"Transfer-Encoding: gzip\r\n\r\n", b"Content-Length : 1\r\n\r\n",
	    b"Content-Length: +1\r\n\r\na", b"Host: b\r\n\r\n",
	    b"A: b\n\r\n", b"A: b\r\n c\r\n\r\n", b"A: \0\r\n\r\n",
	    b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
	    b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
	    b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n"):
		found, _, why = strict.requests(head + text + b"\r\n\r\n")
		assert not found and why, text
	found, cut, why = strict.requests(head + b"\r\n" + head
	    + b"Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: u\r\n"
	    b"\r\n" + head + b"Content-Length: 3\r\n\r\nab")
	assert [m.body for m in found] == [b"", b"ab"] and not why
	assert found[1].trailers == [(b"T", b"u")]
	assert cut.body == b"ab" and not cut.whole

# SPDX-License-Identifier: ISC
"""Requests that no proxy may take, with the statuses that are right.

In each, AT is the origin's host and port.  What stands behind the request is
added by the test: a request that must never be served.
"""

HEAD = b"POST http://AT/x HTTP/1.1\r\nHost: AT\r\n"
GET = b"GET http://AT/x HTTP/1.1\r\nHost: AT\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def fields(text, statuses, head=HEAD, tail=b""):
	return head + text + b"\r\n\r\n" + tail, statuses


def line(text, statuses, host=b"Host: AT\r\n"):
	return text + b"\r\n" + host + b"\r\n", statuses


def target(text, statuses=(400,), method=b"GET"):
	return line(method + b" " + text + b" HTTP/1.1", statuses)


def length(text, statuses=(400,)):
	return fields(b"Content-Length: " + text, statuses, tail=b"12345")


def coding(text, statuses):
	return fields(b"Transfer-Encoding: " + text, statuses,
	    tail=b"5\r\nhello\r\n0\r\n\r\n")


def chunk(text, statuses=(400,)):
	return CHUNKED + text, statuses


FRAMING = {
	"1 both": fields(b"Content-Length: 5\r\nTransfer-Encoding: chunked",
	    (400,), tail=b"0\r\n\r\n"),
	"1 both, turned": fields(b"Transfer-Encoding: chunked\r\n"
	    b"Content-Length: 5", (400,), tail=b"0\r\n\r\n"),
	"2 two fields": fields(b"Content-Length: 5\r\nContent-Length: 6",
	    (400,), tail=b"12345"),
	"2 list": length(b"5, 6"),
	"2 case": fields(b"content-length: 0\r\nCONTENT-LENGTH: 5", (400,)),
	"3 plus": length(b"+5"), "3 minus": length(b"-5"),
	"3 minus zero": length(b"-0"), "3 hex": length(b"0x5"),
	"3 space": length(b"5 5"), "3 underscore": length(b"1_0"),
	"3 empty": length(b""), "3 comma": length(b",5"),
	"3 exponent": length(b"5e0"), "3 dot": length(b"5.0"),
	"3 twenty digits": length(b"99999999999999999999"),
	"3 2^64": length(b"18446744073709551616"),
	"3 2^64 + 5": length(b"18446744073709551621"),
	"3 2^63": length(b"9223372036854775808", (400, 413)),
	"3 8 bit": length(b"\xb2"), "3 quoted": length(b'"5"'),
	"3 NBSP": length(b"5\xa0"), "3 VT": length(b"5\x0b"),
	"4 xchunked": coding(b"xchunked", (501,)),
	"4 gzip first": coding(b"gzip, chunked", (501,)),
	"4 gzip last": coding(b"chunked, gzip", (400,)),
	"4 twice": coding(b"chunked, chunked", (400,)),
	"4 two fields": fields(b"Transfer-Encoding: chunked\r\n"
	    b"Transfer-Encoding: chunked", (400,), tail=b"0\r\n\r\n"),
	"4 two fields, identity": fields(b"Transfer-Encoding: chunked\r\n"
	    b"Transfer-Encoding: identity", (400, 501), tail=b"0\r\n\r\n"),
	"4 comma first": coding(b",chunked", (400,)),
	"4 comma last": coding(b"chunked,", (400,)),
	"4 empty": coding(b"", (400,)),
	"4 VT": coding(b"\x0bchunked", (400,)),
	"4 FF": coding(b"chunked\x0c", (400,)),
	"4 NUL": coding(b"chunked\x00", (400,)),
	"4 A0": coding(b"\xa0chunked", (400,)),
	"4 identity": coding(b"identity", (501,)),
	"4 quoted": coding(b'"chunked"', (400, 501)),
	"4 parameter": coding(b"chunked;q=1", (400, 501)),
	"4 HTTP/1.0": fields(b"Transfer-Encoding: chunked", (400,),
	    b"POST http://AT/x HTTP/1.0\r\nHost: AT\r\n", b"0\r\n\r\n"),
	"4 folded": fields(b"Transfer-Encoding:\r\n chunked", (400,)),
	"4 folded twice": fields(b"Transfer-Encoding: x\r\n\tchunked",
	    (400,)),
	"4 space before colon": fields(b"Transfer-Encoding : chunked",
	    (400,), tail=b"0\r\n\r\n"),
	"4 length, space before colon": fields(b"Content-Length : 5",
	    (400,), tail=b"12345"),
	"4 length, tab before colon": fields(b"Content-Length\t: 5",
	    (400,), tail=b"12345"),
}

CHUNKS = {
	"6 0x": chunk(b"0x5\r\nhello\r\n0\r\n\r\n"),
	"6 plus": chunk(b"+5\r\nhello\r\n0\r\n\r\n"),
	"6 minus": chunk(b"-1\r\nhello\r\n0\r\n\r\n"),
	"6 space": chunk(b" 5\r\nhello\r\n0\r\n\r\n"),
	"6 underscore": chunk(b"5_\r\nhello\r\n0\r\n\r\n"),
	"6 empty": chunk(b"\r\nhello\r\n0\r\n\r\n"),
	"6 no hex": chunk(b"g\r\nhello\r\n0\r\n\r\n"),
	"6 2^64": chunk(b"10000000000000000\r\nhello\r\n0\r\n\r\n"),
	"6 2^64 + 5": chunk(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
	"6 many zeros": chunk(b"0" * 5000 + b"5\r\nhello\r\n0\r\n\r\n"),
	"7 bare semicolon": chunk(b"5;\r\nhello\r\n0\r\n\r\n"),
	"7 semicolon, space": chunk(b"5; \r\nhello\r\n0\r\n\r\n"),
	"7 control byte": chunk(b"5;a=\x01\r\nhello\r\n0\r\n\r\n"),
	"7 NUL": chunk(b"5;a=\0\r\nhello\r\n0\r\n\r\n"),
	"7 bare LF in it": chunk(b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
	"7 bare CR in it": chunk(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
	"7 endless": chunk(b"5;a=" + b"x" * 5000 + b"\r\nhello\r\n0\r\n\r\n"),
	"7 endless in sum": chunk(b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"
	    * 200 + b"0\r\n\r\n"),
	"8 bare LF after size": chunk(b"5\nhello\r\n0\r\n\r\n"),
	"8 bare CR after size": chunk(b"5\rhello\r\n0\r\n\r\n"),
	"8 bare LF after data": chunk(b"5\r\nhello\n0\r\n\r\n"),
	"8 bare CR after data": chunk(b"5\r\nhello\r0\r\n\r\n"),
	"8 nothing after data": chunk(b"5\r\nhello0\r\n\r\n"),
	"8 longer data": chunk(b"5\r\nhello!\r\n0\r\n\r\n"),
	"8 bare LF at the end": chunk(b"5\r\nhello\r\n0\r\n\n"),
	"8 bare LF after zero": chunk(b"0\n\r\n"),
	"9 endless trailers": chunk(b"0\r\n" + b"X-Y: "
	    + b"z" * 100_000 + b"\r\n\r\n", (431,)),
	"9 many trailers": chunk(b"0\r\n" + b"X-Y: z\r\n" * 20_000
	    + b"\r\n", (431,)),
	"9 broken trailer": chunk(b"0\r\nno colon here\r\n\r\n"),
	"9 folded trailer": chunk(b"0\r\nX-A: 1\r\n 2\r\n\r\n"),
	"9 NUL in a trailer": chunk(b"0\r\nX-A: \0\r\n\r\n"),
	"9 space before colon": chunk(b"0\r\nX-A : 1\r\n\r\n"),
}

LINES = {
	"11 bare CR": fields(b"X-A: a\rb", (400,), GET),
	"11 bare CR in the line": line(b"GET http://AT/\rx HTTP/1.1", (400,)),
	"11 bare LF": (b"GET http://AT/x HTTP/1.1\nHost: AT\n\n", (400,)),
	"11 bare LF in a field": fields(b"X-A: 1\nX-B: 2", (400,), GET),
	"11 bare LF at the end": (GET + b"\n", (400,)),
	"11 NUL in a value": fields(b"X-A: a\0b", (400,), GET),
	"11 NUL in a name": fields(b"X-\0A: b", (400,), GET),
	"11 NUL first": fields(b"\0X-A: b", (400,), GET),
	"11 NUL in the target": line(b"GET http://AT/\0 HTTP/1.1", (400,)),
	"11 obs-fold": fields(b"X-A: a\r\n b", (400,), GET),
	"11 obs-fold, tab": fields(b"X-A: a\r\n\tb", (400,), GET),
	"11 DEL": fields(b"X-A: a\x7fb", (400,), GET),
	"11 escape": fields(b"X-A: a\x1bb", (400,), GET),
	"12 space before colon": fields(b"X-A : 1", (400,), GET),
	"12 tab before colon": fields(b"X-A\t: 1", (400,), GET),
	"12 empty name": fields(b": 1", (400,), GET),
	"12 no colon": fields(b"X-A", (400,), GET),
	"12 no token": fields(b"X(A): 1", (400,), GET),
	"12 space in the name": fields(b"X A: 1", (400,), GET),
	"12 8 bit": fields(b"X\xe9: 1", (400,), GET),
	"12 space before the first": (b"GET http://AT/x HTTP/1.1\r\n"
	    b" Host: AT\r\n\r\n", (400,)),
	"13 9.9": line(b"GET http://AT/ HTTP/9.9", (505,)),
	"13 2.0": line(b"GET http://AT/ HTTP/2.0", (505,)),
	"13 0.9": line(b"GET http://AT/ HTTP/0.9", (400, 505)),
	"13 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (505,)),
	"13 lower case": line(b"GET http://AT/ http/1.1", (400,)),
	"13 zero": line(b"GET http://AT/ HTTP/01.1", (400,)),
	"13 two digits": line(b"GET http://AT/ HTTP/1.10", (400,)),
	"13 none": line(b"GET http://AT/", (400,)),
	"13 none, space": line(b"GET http://AT/ ", (400,)),
	"13 no minor": line(b"GET http://AT/ HTTP/1", (400,)),
	"13 other protocol": line(b"GET http://AT/ ICY/1.1", (400,)),
	"13 text behind": line(b"GET http://AT/ HTTP/1.1 x", (400,)),
	"13 space behind": line(b"GET http://AT/ HTTP/1.1 ", (400,)),
	"14 method": line(b"G(T http://AT/ HTTP/1.1", (400,)),
	"14 method, 8 bit": line(b"G\xc9T http://AT/ HTTP/1.1", (400,)),
	"14 no method": line(b" http://AT/ HTTP/1.1", (400,)),
	"14 two spaces": line(b"GET  http://AT/ HTTP/1.1", (400,)),
	"14 tab": line(b"GET\thttp://AT/ HTTP/1.1", (400,)),
	"14 quoted": line(b'"GET" http://AT/ HTTP/1.1', (400,)),
	"15 target": line(b"GET http://AT/" + b"x" * 70_000
	    + b" HTTP/1.1", (414,)),
	"15 field": fields(b"X-A: " + b"x" * 70_000, (431,), GET),
	"15 head": fields(b"\r\n".join(b"X-%d: %s" % (i, b"y" * 1000)
	    for i in range(100)), (431,), GET),
	"15 fields": fields(b"\r\n".join(b"X-%d: y" % i
	    for i in range(2000)), (431,), GET),
	"15 name": fields(b"X" * 70_000 + b": 1", (431,), GET),
	"15 body": fields(b"Content-Length: 2000000000", (413,)),
	"16 TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
	    + bytes(range(256)), (400, None)),
	"16 garbage": (bytes(range(255, 127, -1)) * 4, (400, None)),
	"16 text": (b"hello there\r\n\r\n", (400,)),
	"16 SSH": (b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", (400,)),
	"16 SOCKS5": (b"\x05\x01\x00", (400, None)),
	"17 too many options": fields(b"Connection: " + b", ".join(
	    b"o%d" % i for i in range(400)), (400,), GET),
}

TARGETS = {
	"18 no Host": line(b"GET http://AT/ HTTP/1.1", (400,), b""),
	"18 Host twice": line(b"GET http://AT/ HTTP/1.1", (400,),
	    b"Host: AT\r\nHost: AT\r\n"),
	"18 Host twice, case": line(b"GET http://AT/ HTTP/1.1", (400,),
	    b"Host: AT\r\nhost: evil\r\n"),
	"18 Host with a space": line(b"GET http://AT/ HTTP/1.1", (400,),
	    b"Host: a b\r\n"),
	"18 Host with userinfo": line(b"GET http://AT/ HTTP/1.1", (400,),
	    b"Host: u@AT\r\n"),
	"18 Host with a path": line(b"GET http://AT/ HTTP/1.1", (400,),
	    b"Host: AT/x\r\n"),
	"18 Host list": line(b"GET http://AT/ HTTP/1.1", (400,),
	    b"Host: AT, AT\r\n"),
	"18 Host, space before colon": line(b"GET http://AT/ HTTP/1.1",
	    (400,), b"Host : AT\r\n"),
	"19 origin-form": target(b"/x"),
	"19 two slashes": target(b"//AT/x"),
	"19 relative": target(b"x"),
	"19 authority": target(b"AT"),
	"19 userinfo": target(b"http://u:p@AT/x"),
	"19 empty userinfo": target(b"http://@AT/x"),
	"19 userinfo trick": target(b"http://AT@evil.invalid/x"),
	"19 fragment": target(b"http://AT/x#y"),
	"19 fragment at once": target(b"http://AT#@evil.invalid/"),
	"19 empty host": target(b"http:///x"),
	"19 only a port": target(b"http://:80/x"),
	"19 ftp": target(b"ftp://AT/x"), "19 gopher": target(b"gopher://AT/x"),
	"19 urn": target(b"urn:x"), "19 file": target(b"file:///etc/passwd"),
	"19 one slash": target(b"http:/AT/x"),
	"19 no slash": target(b"http:AT/x"),
	"19 backslash": target(b"http:\\\\AT\\x"),
	"19 javascript": target(b"javascript:1"),
	"20 port 0": target(b"http://127.0.0.1:0/"),
	"20 port 65536": target(b"http://127.0.0.1:65536/"),
	"20 port -1": target(b"http://127.0.0.1:-1/"),
	"20 port 80x": target(b"http://127.0.0.1:80x/"),
	"20 two ports": target(b"http://127.0.0.1:80:80/"),
	"20 long port": target(b"http://127.0.0.1:4294967376/"),
	"21 open bracket": target(b"http://[::1/"),
	"21 no bracket": target(b"http://::1/"),
	"21 text behind": target(b"http://[::1]x/"),
	"21 zone": target(b"http://[fe80::1%25lo]/"),
	"21 bare zone": target(b"http://[fe80::1%lo]/"),
	"21 integer": target(b"http://2130706433/"),
	"21 hex": target(b"http://0x7f.1/"),
	"21 octal": target(b"http://017700000001/"),
	"21 short": target(b"http://127.1/"),
	"21 five": target(b"http://127.0.0.1.1/"),
	"21 too big": target(b"http://256.1.1.1/"),
	"21 name in brackets": target(b"http://[host]/"),
	"21 two brackets": target(b"http://[[::1]]/"),
	"21 empty brackets": target(b"http://[]/"),
	"21 future": target(b"http://[v1.x]/"),
	"21 IPv4 in brackets": target(b"http://[127.0.0.1]/"),
	"21 percent": target(b"http://127.0.0.1%2e/"),
	"21 8 bit": target(b"http://\xe9.example/"),
	"21 empty label": target(b"http://a..example/"),
	"21 dot first": target(b"http://.example/"),
	"21 two dots last": target(b"http://example../"),
	"21 long label": target(b"http://" + b"x" * 64 + b".example/"),
	"21 long name": target(b"http://" + b"xx." * 100 + b"example/"),
	"21 only a dot": target(b"http://./"),
	"21 comma": target(b"http://a,b/"), "21 semicolon": target(
	    b"http://a;b/"),
	"23 GET *": target(b"*"),
	"23 POST *": target(b"*", method=b"POST"),
	"23 OPTIONS **": target(b"**", method=b"OPTIONS"),
	"24 CONNECT, scheme": target(b"http://AT", method=b"CONNECT"),
	"24 CONNECT, no port": target(b"127.0.0.1", method=b"CONNECT"),
	"24 CONNECT, path": target(b"AT/", method=b"CONNECT"),
	"24 CONNECT, body": (b"CONNECT AT HTTP/1.1\r\nHost: AT\r\n"
	    b"Content-Length: 5\r\n\r\nhello", (400,)),
	"24 CONNECT, chunks": (b"CONNECT AT HTTP/1.1\r\nHost: AT\r\n"
	    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
	"24 connect": target(b"AT", method=b"connect"),
}

ROWS = {**FRAMING, **CHUNKS, **LINES, **TARGETS}

# SPDX-License-Identifier: ISC
"""Which files run where.

With one event loop and no sanitizer all of them do.  Elsewhere those are left
out that cannot find more there than they do here; a test that is alone in that
among others is marked plain.
"""
import sluice

# Where the daemon's event loops meet: what they share, hand over and end by.
# Four of them are for these files in script/test.
LOOPS = """
    clients config control_storm estimate exchanges explain floods handshakes
    held lifetimes live memory moves names parts pause pool queue recovery
    resources retry service share shares signals tokens users""".split()

# What a sanitizer watches, the daemon or a command, does nothing in these that
# it does not do in other files, too.
UNWATCHED = {
    "pages, documents and packages": """
	again bench chosen dashboard demo library openapi pages python readme
	release site static""",
    "programs that ask what scripted clients ask in the files beside them": """
	fleet guide https_clients parent_real prometheus tokens_sdk""",
    "a library is preloaded, which a sanitizer wants to be first": """
	faults_ctl faults_memory""",
}

# Nor has the thread sanitizer anything to compare in these.
UNTHREADED = {
    "commands, which are one thread each": """
	ctl ctl_check ctl_top doctor doctor_browsers doctor_daemon
	doctor_settings env https_ca https_ca_add presets""",
    "what one request says, one at a time: it is read on the thread of its "
    "connection, and what threads share of it is asked in LOOPS": """
	bodies deadlines dialects fields hostile http https_inside inside learn
	page parent_answers refusal suggest tokens_ask upgrade walk words""",
    "one connection's, or one tunnel's: both ends are on one thread": """
	connect destinations destinations_own https_bodies https_tunnel
	https_upstream parent upstream""",
}


def names(table):
	return [name for text in table.values() for name in text.split()]


def left_out(file, loops):
	"""Whether a file of tests is; loops: only those of LOOPS are wanted."""
	name = file.removeprefix("test_").removesuffix(".py")
	if name == file.removesuffix(".py"):
		return False
	kind = sluice.sanitized()
	return loops and name not in LOOPS or \
	    kind is not None and name in names(UNWATCHED) or \
	    kind == "thread" and name in names(UNTHREADED)

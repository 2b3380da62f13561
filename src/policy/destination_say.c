/* SPDX-License-Identifier: ISC */
#include "policy/destination_say.h"

#include <stdio.h>

#define PLACE	48

/* Where it stands; nothing where that is in no file. */
static const char *
place(char buf[PLACE], const struct place *at)
{
	buf[0] = '\0';
	if (at->line > 0)
		snprintf(buf, PLACE, ", line %u", at->line);
	return buf;
}

static void
say_class(char *buf, const struct destination_verdict *v)
{
	static const char *const what[DESTINATION_CLASSES] = {
		[DESTINATION_OWN] = "this proxy itself",
		[DESTINATION_METADATA] = "metadata",
		[DESTINATION_LINK_LOCAL] = "link-local",
		[DESTINATION_LOOPBACK] = "of the loopback",
		[DESTINATION_PRIVATE] = "private",
	};
	bool all = v->class != DESTINATION_LOOPBACK &&
	    v->class != DESTINATION_PRIVATE;
	char address[NETWORK_TEXT], at[PLACE];

	snprintf(buf, DESTINATION_TEXT, "%s is %s, which is denied to %s "
	    "(destinations.deny%s)", network_text(address, &v->address),
	    what[v->class], all ? "all" :
	    "clients that are not on this machine", place(at, &v->at));
}

static void
say_entry(char *buf, const struct destination_verdict *v, const char *key,
    const char *what)
{
	char address[NETWORK_TEXT], at[PLACE];
	bool known = v->address.family != 0;

	snprintf(buf, DESTINATION_TEXT, "%s%s%s %.200s (destinations.%s%s)",
	    known ? network_text(address, &v->address) : "",
	    known ? ": " : "", what, v->entry->text, key, place(at, &v->at));
}

static void
say_port(char *buf, const struct destination_verdict *v)
{
	static const char *const words[DESTINATION_INSIDES][2] = {
		[DESTINATION_TLS] = { "TLS", "tls" },
		[DESTINATION_HTTP] = { "HTTP", "http" },
		[DESTINATION_OTHER] = { "other protocols", "other" },
	};
	char at[PLACE];

	snprintf(buf, DESTINATION_TEXT, "port %u is not for %s of clients that "
	    "are not on this machine (destinations.ports.%s%s)", v->port,
	    words[v->inside][0], words[v->inside][1], place(at, &v->at));
}

const char *
destination_say(char buf[DESTINATION_TEXT],
    const struct destination_verdict *v)
{
	char at[PLACE];

	switch (v->reason) {
	case DESTINATION_GOES:
		if (v->entry != NULL)
			say_entry(buf, v, "allow", "allowed by");
		else
			snprintf(buf, DESTINATION_TEXT, "nothing denies it");
		break;
	case DESTINATION_DENIED:
		say_entry(buf, v, "deny", "denied by");
		break;
	case DESTINATION_CLASS:
		say_class(buf, v);
		break;
	case DESTINATION_ONLY:
		snprintf(buf, DESTINATION_TEXT, "nothing allows it "
		    "(destinations.only%s)", place(at, &v->at));
		break;
	case DESTINATION_PORT:
		say_port(buf, v);
		break;
	}
	return buf;
}

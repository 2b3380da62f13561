/* SPDX-License-Identifier: ISC */
#include "net/permit.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "http/http1_host.h"
#include "net/address.h"
#include "net/dialer.h"
#include "net/listen.h"
#include "net/own.h"

static struct sockaddr_storage
address(const char *ip, uint16_t port)
{
	struct sockaddr_storage ss = { .ss_family = AF_INET };
	void *to = &((struct sockaddr_in *)&ss)->sin_addr;

	if (strchr(ip, ':') != NULL) {
		ss.ss_family = AF_INET6;
		to = &((struct sockaddr_in6 *)&ss)->sin6_addr;
	}
	ck_assert_int_eq(inet_pton(ss.ss_family, ip, to), 1);
	address_set_port((struct sockaddr *)&ss, port);
	return ss;
}

/* What is listened at: all of IPv4 at port 1, one address at port 2. */
static struct listener	 list[2];
static struct listeners	 listeners = { .list = list, .n = 2 };

/* Who wants to go where, and what it is. */
static const struct {
	const char		*host;		/* literal, or a name */
	const char		*address;	/* of the name; NULL: unknown */
	bool			 stranger;
	enum destination_reason	 reason;
	enum destination_class	 class;
} rows[] = {
	{ "127.0.0.1:1", NULL, false, DESTINATION_CLASS, DESTINATION_OWN },
	{ "127.0.0.1:2", NULL, false, DESTINATION_GOES, DESTINATION_LOOPBACK },
	{ "127.0.0.1:3", NULL, false, DESTINATION_GOES, DESTINATION_LOOPBACK },
	{ "127.0.0.1:3", NULL, true, DESTINATION_CLASS, DESTINATION_LOOPBACK },
	{ "192.0.2.9:2", NULL, false, DESTINATION_CLASS, DESTINATION_OWN },
	{ "192.0.2.9:3", NULL, false, DESTINATION_GOES, DESTINATION_PRIVATE },
	{ "[64:ff9b::192.0.2.9]:2", NULL, false, DESTINATION_CLASS,
	    DESTINATION_OWN },
	{ "[2002:c000:209::]:2", NULL, false, DESTINATION_CLASS,
	    DESTINATION_OWN },
	{ "[2002:c000:209::]:3", NULL, false, DESTINATION_GOES,
	    DESTINATION_PRIVATE },
	{ "[64:ff9b::127.0.0.1]:1", NULL, false, DESTINATION_CLASS,
	    DESTINATION_OWN },
	{ "a.test:1", NULL, false, DESTINATION_GOES, DESTINATION_PUBLIC },
	{ "a.test:1", "127.0.0.1", false, DESTINATION_CLASS, DESTINATION_OWN },
	{ "a.test:1", "::ffff:127.0.0.1", false, DESTINATION_CLASS,
	    DESTINATION_OWN },
	{ "a.test:3", "10.0.0.1", true, DESTINATION_CLASS,
	    DESTINATION_PRIVATE },
	{ "a.test:3", "8.8.8.8", true, DESTINATION_GOES, DESTINATION_PUBLIC },
	{ "no.test:3", NULL, false, DESTINATION_DENIED, DESTINATION_PUBLIC },
	{ "no.test:3", "8.8.8.8", false, DESTINATION_DENIED,
	    DESTINATION_PUBLIC },
	{ "8.8.4.4:3", NULL, false, DESTINATION_DENIED, DESTINATION_PUBLIC },
};

static struct dialer	 dialer;
static struct conf	*conf;

static void
begin(void)
{
	static const char text[] = "destinations: {deny: [no.test, 8.8.4.4]}\n";
	char *cause;

	list[0] = (struct listener){ .addr = address("0.0.0.0", 1) };
	list[1] = (struct listener){ .addr = address("192.0.2.9", 2) };
	conf = conf_parse("test.yaml", text, sizeof text - 1, &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	dialer = (struct dialer){ .own = own_new(&listeners), .conf = conf };
}

static void
end(void)
{
	own_free(dialer.own);
	conf_unref(conf);
}

/* The same of what a parent resolves: by the name alone, or the address. */
static const struct {
	const char			*host;
	bool				 stranger;
	enum destination_reason		 reason;
	enum destination_class		 class;
} beyond[] = {
	{ "a.test:1", true, DESTINATION_GOES, DESTINATION_PUBLIC },
	{ "no.test:3", false, DESTINATION_DENIED, DESTINATION_PUBLIC },
	{ "localhost:1", false, DESTINATION_CLASS, DESTINATION_OWN },
	{ "x.localhost:1", false, DESTINATION_CLASS, DESTINATION_OWN },
	{ "[::ffff:7f00:1]:1", false, DESTINATION_CLASS, DESTINATION_OWN },
	{ "10.0.0.1:3", true, DESTINATION_CLASS, DESTINATION_PRIVATE },
	{ "10.0.0.1:3", false, DESTINATION_GOES, DESTINATION_PRIVATE },
};

START_TEST(permit_of_parents)
{
	struct destination_verdict v;
	struct http1_host host;

	ck_assert_int_eq(http1_host_parse(&host, beyond[_i].host,
	    strlen(beyond[_i].host)), HTTP1_OK);
	begin();
	v = permit_beyond(&dialer, &host, beyond[_i].stranger);
	ck_assert_int_eq(v.reason, beyond[_i].reason);
	ck_assert_int_eq(v.class, beyond[_i].class);
	end();
}
END_TEST

START_TEST(permit)
{
	struct destination_verdict v;
	struct sockaddr_storage ss;
	struct http1_host host;

	begin();
	ck_assert_int_eq(http1_host_parse(&host, rows[_i].host,
	    strlen(rows[_i].host)), HTTP1_OK);
	if (rows[_i].address != NULL) {
		ss = address(rows[_i].address, host.port);
		v = permit_address(&dialer, &host, rows[_i].stranger,
		    (struct sockaddr *)&ss);
	} else
		v = permit_host(&dialer, &host, rows[_i].stranger);
	ck_assert_int_eq(v.reason, rows[_i].reason);
	ck_assert_int_eq(v.class, rows[_i].class);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("permit");
	TCase *tc = tcase_create("permit");

	ROWS(tc, permit, rows);
	ROWS(tc, permit_of_parents, beyond);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

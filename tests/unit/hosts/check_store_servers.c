/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "check_run.h"
#include "hosts/store_listener.h"
#include "tls/tls_x509.h"

/* What becomes of real servers: restarts, stops, passwords, TLS, failovers. */

static void
teardown(void)
{
	close_store();
	stop_servers();
}

static void
must_answer(const char *budget)
{
	ask(budget, &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
}

/* How long nobody gets a lease, in ms of the server's clock. */
static uint64_t
quarantine(const char *budget)
{
	must_answer(budget);
	return last.lease.serial != 0 ? 0 :
	    (last.lease.again_at - last.lease.now) / MS;
}

START_TEST(test_restart)
{
	struct server *server = start_server(NULL);

	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    server->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	stop_server(server);
	TURN_UNTIL(lost == 1);
	ck_assert_str_ne(lost_why, "");
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	ck_assert_uint_eq(lost, 1);
	run_server(server, NULL);
	TURN_UNTIL(connected == 2);
	ck_assert_uint_ge(quarantine("a"), 500);
}
END_TEST

/* It is another run also where all keys are there again. */
START_TEST(test_restart_with_keys)
{
	static const char *const kept[] = {
		"--appendonly", "yes", "--appendfsync", "always", NULL,
	};
	struct server *server = start_server(kept);

	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    server->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	stop_server(server);
	run_server(server, kept);
	TURN_UNTIL(connected == 2);
	ck_assert_str_ne(redis_say(server, "DBSIZE"), ":0\r\n");
	ck_assert_uint_ge(quarantine("a"), 500);
	ask_for_lease("a", &ten, &one);
}
END_TEST

/* Servers that are there, and do not write. */

static const struct {
	const char	*sick;
	const char	*well;
	const char	*code;
} refusals[] = {
	{ "CONFIG SET min-replicas-to-write 1",
	    "CONFIG SET min-replicas-to-write 0", "(NOREPLICAS)" },
	{ "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "(OOM)" },
	{ "CONFIG SET save \"3600 1\"", "CONFIG SET save \"\"",
	    "(MISCONF)" },
};

/* It cannot save: there is a directory in the way. */
static struct server *
start_sick_server(void)
{
	struct server *s = start_server(NULL);
	uint64_t until = loop_now() + PATIENCE;
	char path[128];

	/* it has read what there was */
	ck_assert_str_eq(redis_say(s, "PING"), "+PONG\r\n");
	snprintf(path, sizeof path, "%s/dump.rdb", s->directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	redis_say(s, "BGSAVE");
	while (strstr(redis_say(s, "INFO persistence"),
	    "rdb_last_bgsave_status:err") == NULL) {
		ck_assert(loop_now() < until);
		nap();
	}
	return s;
}

/* How many it has had, but for those that ask for it here. */
static unsigned
connections(const struct server *s)
{
	static const char key[] = "total_connections_received:";
	static unsigned own;
	const char *p = strstr(redis_say(s, "INFO stats"), key);

	ck_assert_ptr_nonnull(p);
	own++;
	return (unsigned)strtoul(p + sizeof key - 1, NULL, 10) - own;
}

/* It is without it until it writes again, whether anybody asks or not. */
START_TEST(test_refusal)
{
	struct server *server = start_sick_server();
	unsigned before;

	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    server->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	ck_assert_str_eq(redis_say(server, "%s", refusals[_i / 2].sick),
	    "+OK\r\n");
	if (_i % 2 == 0) {
		ask("a", &ten, &one);
		ck_assert(!last.ok);
	}
	TURN_UNTIL(lost == 1);
	ck_assert_msg(strstr(lost_why, refusals[_i / 2].code) != NULL, "%s",
	    lost_why);
	/* it is tried again, in vain, which is told no more */
	before = connections(server);
	TURN_UNTIL(connections(server) > before + 2);
	ck_assert_uint_eq(connected, 1);
	ck_assert_uint_eq(lost, 1);
	redis_say(server, "%s", refusals[_i / 2].well);
	TURN_UNTIL(connected == 2);
	ask_for_lease("a", &ten, &one);
}
END_TEST

START_TEST(test_refusal_from_the_beginning)
{
	static const char *const options[] = {
		"--min-replicas-to-write", "1", NULL,
	};
	struct server *server = start_server(options);

	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    server->port);
	TURN_UNTIL(lost == 1);
	ck_assert_uint_eq(connected, 0);
	redis_say(server, "CONFIG SET min-replicas-to-write 0");
	TURN_UNTIL(connected == 1);
	must_answer("a");
}
END_TEST

/* Nor is one connected to that is still reading what it had. */
START_TEST(test_loading)
{
	static const char *const kept[] = {
		"--appendonly", "yes", "--appendfsync", "always",
		"--key-load-delay", "500", "--aof-use-rdb-preamble", "no",
		NULL,
	};
	struct server *server = start_server(kept);

	ck_assert_str_eq(redis_say(server, "EVAL \"for i = 1, 3000 do "
	    "redis.call('SET', 'k' .. i, i) end return 1\" 0"), ":1\r\n");
	open_store("{redis: redis://127.0.0.1:%d, timeout: 10s}",
	    server->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	stop_server(server);
	run_server(server, kept);
	TURN_UNTIL(connected == 2);
	must_answer("a");
}
END_TEST

START_TEST(test_stop)
{
	struct server *server = start_server(NULL);
	uint64_t asked;

	open_store("{redis: redis://127.0.0.1:%d, timeout: 500ms}",
	    server->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	kill(server->pid, SIGSTOP);
	asked = loop_now();
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	ck_assert_uint_lt(loop_now() - asked, 5 * SECOND);
	TURN_UNTIL(lost == 1);
	kill(server->pid, SIGCONT);
	TURN_UNTIL(connected == 2);
	/* nothing is lost */
	ck_assert_uint_eq(quarantine("a"), 0);
}
END_TEST

/* A server that is silent is found out before anybody asks. */
START_TEST(test_silent)
{
	struct server *server = start_server(NULL);

	open_store("{redis: redis://127.0.0.1:%d, timeout: 200ms}",
	    server->port);
	TURN_UNTIL(connected == 1);
	kill(server->pid, SIGSTOP);
	TURN_UNTIL(lost == 1);
	ck_assert_str_eq(lost_why, "127.0.0.1: no answer in time");
	kill(server->pid, SIGCONT);
}
END_TEST

/* Nothing can be sent by our connections to a port; returns how many there are. */
static unsigned
shut_to(int port)
{
	struct sockaddr_in in;
	unsigned n = 0;
	socklen_t len;
	int fd;

	for (fd = 3; fd < 1024; fd++) {
		len = sizeof in;
		if (getpeername(fd, (struct sockaddr *)&in, &len) == 0 &&
		    in.sin_family == AF_INET && ntohs(in.sin_port) == port &&
		    shutdown(fd, SHUT_WR) == 0)
			n++;
	}
	return n;
}

/* What cannot be sent ends a connection, even if nobody at its end says so. */
START_TEST(test_cannot_send)
{
	struct server *server = start_server(NULL);

	open_store("{redis: redis://127.0.0.1:%d, timeout: 10s}",
	    server->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	kill(server->pid, SIGSTOP);
	ck_assert_uint_gt(shut_to(server->port), 0);
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	TURN_UNTIL(lost == 1);
	ck_assert_str_eq(lost_why, "127.0.0.1: it cannot be written to");
	kill(server->pid, SIGCONT);
	TURN_UNTIL(connected == 2);
}
END_TEST

START_TEST(test_not_there)
{
	open_store("{redis: redis://127.0.0.1:%d}", free_port());
	TURN_UNTIL(lost == 1);
	ck_assert_uint_eq(connected, 0);
	ask("a", &ten, &one);
	ck_assert(!last.ok);
}
END_TEST

/* Passwords */

static const char *const secured[] = {
	"--requirepass", "hunter2",
	"--user", "sluice", "on", ">se:cret", "~sluice:*", "+@hash",
	"+@scripting", "+info", "+role", "+ping", "+select", "+pexpireat",
	"+time", "+asking", NULL,
};

static const struct {
	const char	*login;
	const char	*why;		/* NULL: it is let in */
} logins[] = {
	{ ":hunter2@", NULL },
	{ "sluice:se%3acret@", NULL },
	{ "default:hunter2@", NULL },
	{ "", "(NOAUTH)" },
	{ ":hunter3@", "it refuses the password (WRONGPASS)" },
	{ "sluice:hunter3@", "it refuses the password (WRONGPASS)" },
	{ "nobody:hunter3@", "it refuses the password (WRONGPASS)" },
};

START_TEST(test_password)
{
	struct server *server = start_server(secured);

	open_store("{redis: \"redis://%s127.0.0.1:%d\", timeout: 2s}",
	    logins[_i].login, server->port);
	TURN_UNTIL(connected + lost > 0);
	if (logins[_i].why == NULL) {
		must_answer("a");
		ask_for_lease("a", &ten, &one);
		return;
	}
	ck_assert_uint_eq(lost, 1);
	ck_assert_msg(strstr(lost_why, logins[_i].why) != NULL, "%s",
	    lost_why);
	ck_assert_ptr_null(strstr(lost_why, "hunter"));
}
END_TEST

START_TEST(test_database)
{
	struct server *server = start_server(NULL);

	open_store("{redis: redis://127.0.0.1:%d/7, timeout: 2s}", server->port);
	TURN_UNTIL(connected == 1);
	must_answer("a");
	ck_assert_str_eq(redis_say(server, "DBSIZE"), ":0\r\n");
	close_store();
	open_store("{redis: redis://127.0.0.1:%d/7000}", server->port);
	TURN_UNTIL(lost == 1);
	ck_assert_ptr_nonnull(strstr(lost_why, "it has no such database"));
}
END_TEST

/* TLS */

static void
put_pem(const char *directory, const char *name, EVP_PKEY *key, X509 *x)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	if (x != NULL)
		ck_assert_int_eq(PEM_write_X509(out, x), 1);
	else
		ck_assert_int_eq(PEM_write_PrivateKey(out, key, NULL, NULL, 0,
		    NULL, NULL), 1);
	fclose(out);
}

/* A certificate for an address that vouches for itself, and its key. */
static void
make_certificate(const char *directory, const char *of)
{
	EVP_PKEY *key = tls_x509_key();
	X509 *x = tls_x509_new(key);
	X509_NAME *name = X509_get_subject_name(x);

	ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"redis", -1, -1, 0), 1);
	ck_assert_int_eq(X509_set_issuer_name(x, name), 1);
	ck_assert(tls_x509_stamp(x, time(NULL) - 3600, time(NULL) + 3600));
	ck_assert(tls_x509_extension(x, NID_basic_constraints, "CA:TRUE"));
	ck_assert(tls_x509_extension(x, NID_subject_alt_name, of));
	ck_assert(tls_x509_sign(x, key));
	put_pem(directory, "cert.pem", key, x);
	put_pem(directory, "key.pem", key, NULL);
	X509_free(x);
	EVP_PKEY_free(key);
}

static const struct {
	const char	*of;		/* whom the certificate is for */
	bool		 trusted;
	const char	*why;		/* NULL: it is good */
} certificates[] = {
	{ "IP:127.0.0.1", true, NULL },
	{ "IP:127.0.0.2", true, "TLS: " },
	{ "IP:127.0.0.1", false, "TLS: " },
};

START_TEST(test_tls)
{
	static const char *options[] = {
		"--tls-port", NULL, "--tls-cert-file", "cert.pem",
		"--tls-key-file", "key.pem", "--tls-ca-cert-file", "cert.pem",
		"--tls-auth-clients", "no", NULL,
	};
	struct server *server = new_server("redis-server");
	struct server *other = new_server("redis-server");
	char port[16];

	snprintf(port, sizeof port, "%d", free_port());
	options[1] = port;
	make_certificate(server->directory, certificates[_i].of);
	make_certificate(other->directory, certificates[_i].of);
	run_server(server, options);
	open_store("{redis: rediss://127.0.0.1:%s, ca: %s/cert.pem, "
	    "timeout: 2s}", port, certificates[_i].trusted ?
	    server->directory : other->directory);
	TURN_UNTIL(connected + lost > 0);
	if (certificates[_i].why == NULL)
		ask_for_lease("a", &ten, &one);
	else
		ck_assert_msg(strstr(lost_why, certificates[_i].why) != NULL,
		    "%s", lost_why);
	ck_assert_uint_eq(connected, certificates[_i].why == NULL);
}
END_TEST

START_TEST(test_tls_to_plain)
{
	struct server *server = start_server(NULL);

	open_store("{redis: rediss://127.0.0.1:%d, timeout: 20ms}",
	    server->port);
	TURN_UNTIL(lost == 1);
	ck_assert_uint_eq(connected, 0);
}
END_TEST

/* Sentinel */

static struct server *
start_replica(const struct server *master)
{
	char port[16];
	const char *const options[] = {
		"--replicaof", "127.0.0.1", port, "--repl-diskless-sync-delay",
		"0", NULL,
	};
	struct server *s = new_server("redis-server");
	uint64_t until = loop_now() + PATIENCE;

	snprintf(port, sizeof port, "%d", master->port);
	run_server(s, options);
	while (strstr(redis_say(s, "INFO replication"),
	    "master_link_status:up") == NULL) {
		ck_assert(loop_now() < until);
		nap();
	}
	return s;
}

static struct server *
start_sentinel(const struct server *master)
{
	struct server *s = new_server("redis-sentinel");
	uint64_t until = loop_now() + PATIENCE;
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/sentinel.conf", s->directory);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	fprintf(out, "port %d\nsentinel monitor My_Master 127.0.0.1 %d 1\n"
	    "sentinel down-after-milliseconds My_Master 500\n"
	    "sentinel failover-timeout My_Master 3000\n", s->port,
	    master->port);
	fclose(out);
	run_server(s, NULL);
	while (strstr(redis_say(s, "INFO sentinel"), "slaves=1") == NULL) {
		ck_assert(loop_now() < until);
		nap();
	}
	return s;
}

START_TEST(test_sentinel)
{
	struct server *master = start_server(NULL);
	struct server *replica = start_replica(master);
	struct server *sentinel = start_sentinel(master);

	/* the first one is not there */
	open_store("{redis: redis://My_Master, timeout: 2s, sentinel: "
	    "{addresses: [\"127.0.0.1:%d\", \"127.0.0.1:%d\"]}}", free_port(),
	    sentinel->port);
	TURN_UNTIL(connected == 1);
	ask_for_lease("a", &ten, &one);
	ck_assert_str_ne(redis_say(master, "DBSIZE"), ":0\r\n");
	stop_server(master);
	TURN_UNTIL(connected == 2);
	ck_assert_uint_eq(lost, 1);
	ck_assert_ptr_nonnull(strstr(redis_say(replica, "ROLE"), "master"));
	/* what it was told last nobody knows */
	ck_assert_uint_ge(quarantine("a"), 500);
	ask_for_lease("a", &ten, &one);
}
END_TEST

START_TEST(test_sentinel_knows_nothing)
{
	struct server *master = start_server(NULL);
	struct server *sentinel;

	(void)start_replica(master);
	sentinel = start_sentinel(master);
	open_store("{redis: redis://another, timeout: 2s, sentinel: {addresses: "
	    "\"127.0.0.1:%d\"}}", sentinel->port);
	TURN_UNTIL(lost == 1);
	ck_assert_ptr_nonnull(strstr(lost_why, "it knows no master of that "
	    "name"));
}
END_TEST

START_TEST(test_replica)
{
	struct server *master = start_server(NULL);
	struct server *replica = start_replica(master);

	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    replica->port);
	TURN_UNTIL(lost == 1);
	ck_assert_ptr_nonnull(strstr(lost_why, "it is a replica"));
	redis_say(replica, "REPLICAOF NO ONE");
	TURN_UNTIL(connected == 1);
	must_answer("a");
	/* and back, while it is connected */
	redis_say(replica, "REPLICAOF 127.0.0.1 %d", master->port);
	while (lost == 1) {
		ask("a", &ten, &one);
		TURN_UNTIL(connected > 1 || lost > 1 || last.ok);
	}
	ck_assert(!last.ok);
}
END_TEST

/* Cluster */

#define NODES	3

static bool
are_joined(struct server *const nodes[NODES])
{
	unsigned i;

	for (i = 0; i < NODES; i++)
		if (strstr(redis_say(nodes[i], "CLUSTER INFO"),
		    "cluster_state:ok") == NULL)
			return false;
	return true;
}

static void
start_cluster(struct server *nodes[NODES])
{
	char bus[NODES][16];
	const char *options[] = {
		"--cluster-enabled", "yes", "--cluster-port", NULL,
		"--cluster-node-timeout", "2000", NULL,
	};
	uint64_t until;
	unsigned i;

	for (i = 0; i < NODES; i++) {
		snprintf(bus[i], sizeof bus[i], "%d", free_port());
		options[3] = bus[i];
		nodes[i] = start_server(options);
		redis_say(nodes[i], "CLUSTER ADDSLOTSRANGE %u %u",
		    16384 * i / NODES, 16384 * (i + 1) / NODES - 1);
		redis_say(nodes[i], "CLUSTER SET-CONFIG-EPOCH %u", i + 1);
	}
	for (i = 1; i < NODES; i++)
		redis_say(nodes[0], "CLUSTER MEET 127.0.0.1 %d %s",
		    nodes[i]->port, bus[i]);
	until = loop_now() + PATIENCE;
	while (!are_joined(nodes)) {
		ck_assert(loop_now() < until);
		nap();
	}
}

/* Budgets are all over it, each at one node. */
START_TEST(test_cluster)
{
	struct server *nodes[NODES];
	char budget[16];
	unsigned i, failed = 0;

	start_cluster(nodes);
	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    nodes[1]->port);
	TURN_UNTIL(connected == 1);
	for (i = 0; i < 100; i++) {
		snprintf(budget, sizeof budget, "b%u", i);
		must_answer(budget);
	}
	for (i = 0; i < NODES; i++)
		ck_assert_str_ne(redis_say(nodes[i], "DBSIZE"), ":0\r\n");
	ask_for_lease("b0", &ten, &one);
	ck_assert_uint_eq(connected, 1);
	/* the others go on where one is gone */
	stop_server(nodes[1]);
	for (i = 0; i < 100; i++) {
		snprintf(budget, sizeof budget, "b%u", i);
		ask(budget, &ten, &one);
		failed += !last.ok;
	}
	ck_assert_uint_gt(failed, 0);
	ck_assert_uint_lt(failed, 100);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

/* Pauses are heard of at another node while the one that is configured is away. */

static unsigned		 heard;

static void
heard_cb(void *owner, const char *budget, size_t len)
{
	ck_assert_ptr_eq(owner, &heard);
	ck_assert_mem_eq(budget, "b7", len);
	heard++;
}

static bool
is_listened_to(const struct server *node)
{
	return strstr(redis_say(node, "PUBSUB NUMSUB %s",
	    "sluice:{default}:pauses"), ":1\r\n") != NULL;
}

START_TEST(test_cluster_listener)
{
	struct store_listener *listener;
	struct server *nodes[NODES];
	char budget[16];
	unsigned i;

	start_cluster(nodes);
	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}",
	    nodes[1]->port);
	heard = 0;
	listener = store_listener_new(&dialer, &conf->store, store, heard_cb,
	    &heard);
	ck_assert_ptr_nonnull(listener);
	TURN_UNTIL(connected == 1 && is_listened_to(nodes[1]));
	for (i = 0; i < 100; i++) {
		snprintf(budget, sizeof budget, "b%u", i);
		must_answer(budget);
	}
	redis_say(nodes[0], "PUBLISH sluice:{default}:pauses b7");
	TURN_UNTIL(heard == 1);
	stop_server(nodes[1]);
	TURN_UNTIL(is_listened_to(nodes[0]) || is_listened_to(nodes[2]));
	/* where nobody listens */
	redis_say(nodes[is_listened_to(nodes[0]) ? 2 : 0],
	    "PUBLISH sluice:{default}:pauses b7");
	TURN_UNTIL(heard == 2);
	store_listener_free(listener);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_servers");
	TCase *tc = tcase_create("servers");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 90);
	tcase_add_test(tc, test_restart);
	tcase_add_test(tc, test_restart_with_keys);
	tcase_add_loop_test(tc, test_refusal, 0, 2 * (int)(sizeof refusals /
	    sizeof refusals[0]));
	tcase_add_test(tc, test_refusal_from_the_beginning);
	tcase_add_test(tc, test_loading);
	tcase_add_test(tc, test_stop);
	tcase_add_test(tc, test_silent);
	tcase_add_test(tc, test_cannot_send);
	tcase_add_test(tc, test_not_there);
	ROWS(tc, test_password, logins);
	tcase_add_test(tc, test_database);
	ROWS(tc, test_tls, certificates);
	tcase_add_test(tc, test_tls_to_plain);
	tcase_add_test(tc, test_sentinel);
	tcase_add_test(tc, test_sentinel_knows_nothing);
	tcase_add_test(tc, test_replica);
	tcase_add_test(tc, test_cluster);
	tcase_add_test(tc, test_cluster_listener);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_key.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_value.h"

/* Keys by other programs' names, in other places, and without their space. */

#define WORD	40		/* bytes of a key, at most */
#define PART	16		/* bytes of a number in a rate, at most */

#define AT(level)	(UINT64_C(1) << (level))
#define LIMITED	(AT(CONF_RULE) | AT(CONF_RATE) | AT(CONF_PATH) | \
		    AT(CONF_CANDIDATE))

/* Words between spaces, where they stand, and what they mean there. */
static const struct {
	uint64_t	 levels;
	const char	*words;
	const char	*meant;
} synonyms[] = {
	{ LIMITED, " max max_rate max_tokens tokens_per_fill count reservoir "
	    "requests_per_unit limit_for_period token_bucket rate_based ",
	    "capacity: N" },
	{ LIMITED, " rate limit rps qps tps ops hz rate_limit ratelimit "
	    "requests request reqs calls quota throughput tokens limit_rate "
	    "requests_per_second req_per_sec reqs_per_second per_second "
	    "max_requests max_rps fill_rate limit_req average second per_sec "
	    "rate_limiting calls_per_second ", "capacity: N, period: 1s" },
	{ LIMITED, " rpm qpm tpm requests_per_minute req_per_min per_minute "
	    "calls_per_minute minute per_min ", "capacity: N, period: 1m" },
	{ LIMITED, " rph qph requests_per_hour per_hour calls_per_hour hour "
	    "hourly ",
	    "capacity: N, period: 1h" },
	{ LIMITED, " rpd requests_per_day per_day daily calls_per_day day ",
	    "capacity: N, period: 1d" },
	{ LIMITED, " window interval duration time every seconds window_size "
	    "time_window timeframe unit window_ms time_period fill_interval "
	    "limit_refresh_period refresh_period refill_interval refill "
	    "reservoir_refresh_interval per_seconds expires_in ", "period" },
	{ LIMITED, " burst_size bucket bucket_size max_burst bursts spike "
	    "burst_limit max_burst_size burst_capacity ", "burst" },
	{ LIMITED, " download_delay min_time min_delay request_delay "
	    "throttle_ms spacing ", "capacity: 1, period: 1s, burst: 1" },
	{ LIMITED, " fixed_window sliding_window ", "strict: true" },
	{ LIMITED, " max_connections connections max_conns conns maxconn "
	    "max_concurrent max_concurrency max_concurrent_requests concurrent "
	    "concurrent_requests parallel parallelism max_parallel workers "
	    "threads simultaneous in_flight inflight max_in_flight slots "
	    "max_requests_in_flight pool_size limit_conn limit_connections "
	    "concurrent_requests_per_domain max_concurrent_calls ",
	    "concurrency" },
	{ AT(CONF_RULE), " limits rate_limits ratelimits throttle ",
	    "rates: [{capacity: N, period: 1s}]" },
	{ AT(CONF_RULE), " timeout wait max_wait queue_timeout max_queue_time "
	    "max_delay delay wait_timeout timeout_duration ",
	    "queue: {max_wait: 60s}" },
	{ AT(CONF_RULE), " queue_length queue_size max_queue backlog "
	    "max_waiting max_pending_requests high_water ",
	    "queue: {length: N}" },
	{ AT(CONF_RULE), " retries max_retries retry_count attempts ",
	    "retry: {attempts: N}" },
	{ AT(CONF_RULE), " backoff cooldown cool_down retry_after "
	    "wait_duration penalty ",
	    "pause: {default: 5s}" },
	{ AT(CONF_RULE), " mitm intercept decrypt ssl_bump inspect ",
	    "https: intercept" },
	{ AT(CONF_RULE), " ssl upstream_tls use_tls secure ",
	    "https: upstream" },
	{ AT(CONF_RULE), " cost weight price ", "costs: [{cost: N}]" },
	{ AT(CONF_RULE), " path routes locations endpoints ",
	    "paths: {/search: {capacity: N}}" },
	{ AT(CONF_RULE), " verify insecure skip_verify insecure_skip_verify ",
	    "tls: {verify: false}" },
	{ AT(CONF_RULE), " key client_key group_by by limit_by key_generator "
	    "descriptors ", "per" },
	{ AT(CONF_RULE), " name description comment note ",
	    "; write a comment, behind a #" },
	{ AT(CONF_RULE), " enabled enable active ",
	    "; a rule that is there is in force" },
	{ AT(CONF_RULE), " url host hostname domain target base_url ",
	    "; the host is the key that all this stands below" },
	{ AT(CONF_RULE), " allow deny block blocked acl whitelist blacklist ",
	    "; no host is refused but for its limits" },
	{ AT(CONF_RULE), " headers header set_header add_header api_key token ",
	    "; no fields are added, the client sends them" },
	{ AT(CONF_RULE), " proxy_read_timeout read_timeout response_timeout "
	    "connect_timeout proxy_connect_timeout ",
	    "; timeouts are the same for all hosts, see timeouts" },
	{ AT(CONF_RULE), " share global ", "shared" },
	{ AT(CONF_RULE), " stream ", "budgets: {NAME: {stream: ...}}" },
	{ AT(CONF_RULE), " settle ", "budgets: {NAME: {settle: ...}}" },
	{ AT(CONF_RULE), " alias aliases also names same_as ", "same" },
	{ AT(CONF_RULE) | AT(CONF_BUDGET),
	    " total per_all all_credentials overall ", "per_total" },
	{ AT(CONF_BUDGET), " rate limit max quota tokens tpm "
	    "tokens_per_minute rpm per_minute ",
	    "rates: [{capacity: N, period: 1m}]" },
	{ AT(CONF_QUEUE), " size max limit capacity max_length depth max_size ",
	    "length" },
	{ AT(CONF_QUEUE), " timeout wait max_time max_delay ", "max_wait" },
	{ AT(CONF_PAUSE), " status codes status_codes on ", "statuses" },
	{ AT(CONF_PAUSE), " duration time seconds for backoff initial min "
	    "minimum delay wait ", "default" },
	{ AT(CONF_PAUSE) | AT(CONF_RETRY), " factor multiplier jitter "
	    "exponential ", "; pauses double by themselves" },
	{ AT(CONF_STATUS), " code ", "status" },
	{ AT(CONF_STATUS), " delay pause duration time wait ", "default" },
	{ AT(CONF_BODY), " jsonpath json_path pointer field ", "json" },
	{ AT(CONF_BODY), " equals value values is one_of ", "in" },
	{ AT(CONF_BODY), " regex text match body string ", "contains" },
	{ AT(CONF_BODY), " statuses code codes ", "status" },
	{ AT(CONF_PAUSE), " maximum limit cap ", "max" },
	{ AT(CONF_RETRY), " max count retries max_retries max_attempts times ",
	    "attempts" },
	{ AT(CONF_RETRY), " status codes status_codes on retry_on ",
	    "statuses" },
	{ AT(CONF_RETRY), " backoff delay wait interval ",
	    "; it waits for as long as the host's pause" },
	{ AT(CONF_RETRY), " timeout max_delay max_wait deadline total ",
	    "max_time" },
	{ AT(CONF_RETRY), " method ", "methods" },
	{ AT(CONF_TOP), " port bind address addr host http_port listen_address "
	    "server proxy ", "listen: 127.0.0.1:3128" },
	{ AT(CONF_TOP), " threads processes cores worker_processes ",
	    "workers" },
	{ AT(CONF_TOP), " dns nameserver nameservers dns_servers ",
	    "resolver" },
	{ AT(CONF_TOP), " logging logs ", "log" },
	{ AT(CONF_TOP), " log_level verbose verbosity loglevel debug ",
	    "log: {level: debug}" },
	{ AT(CONF_TOP), " access_log accesslog ", "log: {access: /PATH}" },
	{ AT(CONF_TOP), " error_log log_file logfile ",
	    "log: {diagnostics: /PATH}" },
	{ AT(CONF_TOP), " rules targets upstreams domains sites backends "
	    "throttles rate_limits ratelimits limit endpoints servers apis "
	    "services plugins routes ",
	    "hosts" },
	{ AT(CONF_TOP), " global fallback ", "defaults" },
	{ AT(CONF_TOP), " timeout ", "timeouts" },
	{ AT(CONF_TOP), " * ", "defaults" },
	{ AT(CONF_TOP), " maxconn max_connections worker_connections ",
	    "limits: {connections: N}" },
	{ AT(CONF_TOP), " client_max_body_size max_body body_size ",
	    "limits: {body: 1GiB}" },
	{ AT(CONF_TOP), " keepalive_timeout keep_alive_timeout idle_timeout ",
	    "timeouts: {idle: 60s}" },
	{ AT(CONF_TOP), " include includes import ",
	    "; there is one file, it includes none" },
	{ AT(CONF_TOP), " acl acls allow clients http_access whitelist "
	    "allowed_clients allowed_networks trusted_proxies ",
	    "access: {clients: [192.0.2.0/24]}" },
	{ AT(CONF_ACCESS), " allow allowed client networks network from hosts "
	    "acl addresses whitelist ", "clients" },
	{ AT(CONF_TOP), " auth users htpasswd basic_auth proxy_auth "
	    "auth_basic_user_file auth_param ", "access: {users: /PATH}" },
	{ AT(CONF_ACCESS), " auth user htpasswd passwd password_file "
	    "users_file auth_basic_user_file basic ", "users" },
	{ AT(CONF_ACCESS), " deny denied blacklist block ",
	    "; who is not named in clients may not connect" },
	{ AT(CONF_TOP), " cache cache_dir ", "; nothing is cached" },
	{ AT(CONF_TOP) | AT(CONF_RULE), " cache_peer upstream_proxy http_proxy "
	    "https_proxy all_proxy proxy_url parent_proxy forward_proxy "
	    "next_proxy ", "parent: http://PROXY:PORT" },
	{ AT(CONF_TOP), " no_proxy ", "hosts: {HOST: {parent: direct}}" },
	{ AT(CONF_RULE), " proxy ", "parent: http://PROXY:PORT" },
	{ AT(CONF_RULE), " no_proxy direct bypass ", "parent: direct" },
	{ AT(CONF_PARENT), " host address server proxy uri ",
	    "url: http://PROXY:PORT" },
	{ AT(CONF_PARENT), " user username login ",
	    "url: http://USER@PROXY:PORT" },
	{ AT(CONF_PARENT), " password pass secret passwordfile ",
	    "password_file: /PATH" },
	{ AT(CONF_TOP), " redis valkey redis_url cluster shared ",
	    "store: {redis: redis://HOST:PORT}" },
	{ AT(CONF_STORE), " url uri host address server dsn valkey port ",
	    "redis: redis://HOST:PORT" },
	{ AT(CONF_STORE), " user username login db database ",
	    "redis: redis://USER@HOST:PORT/DB" },
	{ AT(CONF_STORE), " password pass secret auth requirepass ",
	    "password_file: /PATH" },
	{ AT(CONF_STORE), " prefix key_prefix ", "namespace: NAME" },
	{ AT(CONF_STORE), " tls ssl ", "redis: rediss://HOST:PORT" },
	{ AT(CONF_STORE), " sentinels ", "sentinel: {addresses: [HOST]}" },
	{ AT(CONF_SENTINEL), " hosts nodes servers list ", "addresses" },
	{ AT(CONF_SENTINEL), " master name master_name ",
	    "; store.redis has the master's name: redis://NAME" },
	{ AT(CONF_PARENT_TLS), " ca ca_cert cacert ca_certificate ", "trust" },
	{ AT(CONF_TOP), " user group daemon daemonize pid pidfile pid_file ",
	    "; that is for the service manager" },
	{ AT(CONF_TOP), " download_delay ", "defaults: {capacity: 1, period: "
	    "1s, burst: 1}" },
	{ AT(CONF_TOP), " concurrent_requests concurrent_requests_per_domain ",
	    "defaults: {concurrency: N}" },
	{ AT(CONF_TOP), " ssl_bump mitm intercept ",
	    "hosts: {HOST: {https: intercept}}" },
	{ AT(CONF_TOP), " ssl certificates ca ", "tls" },
	{ AT(CONF_TOP), " snapshot persist persistence persistent store "
	    "state_file statefile ", "state: {file: /PATH}" },
	{ AT(CONF_STATE), " path name filename where ", "file" },
	{ AT(CONF_STATE), " interval period frequency ", "every" },
	{ AT(CONF_LOG), " file path error errors error_log output destination "
	    "target ", "diagnostics" },
	{ AT(CONF_LOG), " access_log requests ", "access" },
	{ AT(CONF_LOG), " verbosity verbose severity ", "level" },
	{ AT(CONF_TIMEOUTS), " connect_timeout dial connection ", "connect" },
	{ AT(CONF_TIMEOUTS), " request client head headers client_header ",
	    "header" },
	{ AT(CONF_TIMEOUTS), " read upstream server backend proxy_read "
	    "response_header first_byte total ", "response" },
	{ AT(CONF_TIMEOUTS), " keepalive keep_alive write send inactivity ",
	    "idle" },
	{ AT(CONF_TIMEOUTS), " shutdown grace graceful stop ", "drain" },
	{ AT(CONF_LIMITS), " max_connections clients maxconn conns ",
	    "connections" },
	{ AT(CONF_LIMITS), " header headers max_header head_size header_size "
	    "max_head ", "head" },
	{ AT(CONF_LIMITS), " body_size max_body request_body upload "
	    "client_max_body_size ", "body" },
	{ AT(CONF_TOP), " deny denied blacklist blocklist block blocked "
	    "denied_hosts blocked_hosts ", "destinations: {deny: [HOST]}" },
	{ AT(CONF_TOP), " destination egress allowed_hosts ",
	    "destinations" },
	{ AT(CONF_DESTINATIONS), " denied block blocked blacklist "
	    "blocklist denylist ", "deny" },
	{ AT(CONF_DESTINATIONS), " whitelist allowlist except exceptions ",
	    "allow" },
	{ AT(CONF_TLS), " ca ca_cert cacert ca_file cert certificate ",
	    "ca_certificate" },
	{ AT(CONF_TLS), " key ca_private_key private_key ", "ca_key" },
	{ AT(CONF_TLS) | AT(CONF_HOST_TLS), " trusted truststore roots "
	    "ca_certs cafile trusted_ca ca_bundle ", "trust" },
	{ AT(CONF_HOST_TLS), " ca ca_cert cacert ca_certificate ", "trust" },
	{ AT(CONF_HOST_TLS), " insecure skip_verify insecure_skip_verify "
	    "verify_peer check ", "verify" },
	{ AT(CONF_HOST_TLS) | AT(CONF_LISTENER_TLS),
	    " cert crt cert_file certfile client_cert pem ", "certificate" },
	{ AT(CONF_HOST_TLS) | AT(CONF_LISTENER_TLS),
	    " private_key keyfile key_file client_key ", "key" },
	{ AT(CONF_LISTENER), " host port bind addr listen ",
	    "address: 127.0.0.1:3128" },
	{ AT(CONF_LISTENER), " ssl https certificate cert ",
	    "tls: {certificate: /PATH, key: /PATH}" },
	{ AT(CONF_COST), " methods ", "method" },
	{ AT(CONF_COST), " paths url uri route ", "path" },
	{ AT(CONF_COST), " headers field ", "header" },
	{ AT(CONF_COST), " units weight price value ", "cost" },
	{ AT(CONF_TUNNEL), " timeout ", "idle" },
};

/* A dash for an underscore is a matter of taste. */
static void
normal(char buf[WORD], const char *key)
{
	size_t i, n = 0;

	for (i = 0; key[i] != '\0' && n + 1 < WORD; i++) {
		if (isupper((unsigned char)key[i]) && i > 0 &&
		    islower((unsigned char)key[i - 1]) && n + 2 < WORD)
			buf[n++] = '_';
		buf[n++] = key[i] == '-' || key[i] == ' ' ? '_' :
		    (char)tolower((unsigned char)key[i]);
	}
	buf[n] = '\0';
}

static const char *
synonym(enum conf_level level, const char *key)
{
	size_t i;

	for (i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
		if ((synonyms[i].levels & AT(level)) != 0 &&
		    conf_advice_is(synonyms[i].words, key))
			return synonyms[i].meant;
	return NULL;
}

/* "capacity: N" with the number that stands there. */
static const char *
with_number(char buf[CONF_ADVICE], const char *meant,
    const struct conf_node *value)
{
	char number[CONF_TEXT], rate[CONF_ADVICE_RATE];
	const char *n = strstr(meant, " N");

	if (value->type != CONF_SCALAR)
		n = NULL;
	if (meant[0] == ';')	/* nothing that one could write */
		snprintf(buf, CONF_ADVICE, "%s", meant);
	else if (n != NULL && strncmp(meant, "capacity: N", 11) == 0 &&
	    conf_advice_rate(rate, value->text))
		snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?", rate);
	else if (n != NULL && conf_advice_number(number, value->text))
		snprintf(buf, CONF_ADVICE, "; did you mean \"%.*s %s%s\"?",
		    (int)(n - meant), meant, number, n + 2);
	else
		snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?", meant);
	return buf;
}

/* "capacity:10" is one word to YAML: the option before its colon, or NULL. */
static const struct conf_option *
glued(const struct conf_option *table, const char *text, const char **value)
{
	const struct conf_option *o;
	const char *colon = strchr(text, ':');
	size_t len;

	if (colon == NULL || colon == text || colon[1] == '\0' ||
	    colon[1] == ' ' || strncmp(colon, "://", 3) == 0)
		return NULL;
	len = (size_t)(colon - text);
	*value = colon + 1;
	for (o = table; o != NULL; o = conf_option_next(o))
		if (strncmp(conf_option_key(o), text, len) == 0 &&
		    conf_option_key(o)[len] == '\0')
			return o;
	return NULL;
}

bool
conf_advice_space(char buf[CONF_ADVICE], const struct conf_option *table,
    const char *text)
{
	const struct conf_option *o;
	const char *value;
	char show[CONF_SHOW];

	o = glued(table, text, &value);
	if (o == NULL)
		return false;
	snprintf(buf, CONF_ADVICE, "; did you mean \"%s: %s\", with a space "
	    "behind the colon?", conf_option_key(o), conf_show(show, value));
	return true;
}

/* Whether the key is one of another place; which, if there is only one. */
static const struct conf_option *
elsewhere(const struct conf_option *table, const char *key)
{
	const struct conf_option *o, *found = NULL;

	for (o = table; o != NULL; o = conf_option_next(o)) {
		/* rate: nobody means that of a delay in bodies */
		if (strcmp(conf_option_key(o), key) != 0 ||
		    strstr(o->path, "delay.") != NULL)
			continue;
		/* what a rule has, paths and rates have, too */
		if (found == NULL || o->level == CONF_RULE)
			found = o;
	}
	return found;
}

/* "timeouts.idle" is written as mappings; of a host that is clear, too. */
static bool
advise_path_of(char buf[CONF_ADVICE], const struct conf_option *table,
    const char *key)
{
	const struct conf_option *o;
	const char *point = strchr(key, '.');
	size_t len;

	if (point == NULL)
		return false;
	len = (size_t)(point - key);
	for (o = table; o != NULL; o = conf_option_next(o))
		if (o->level == CONF_TOP && strlen(o->path) == len &&
		    strncmp(o->path, key, len) == 0) {
			snprintf(buf, CONF_ADVICE, "; write \"%s:\", and what "
			    "is behind the point below it, indented", o->path);
			return true;
		}
	return false;
}

static const char *
advise_place(char buf[CONF_ADVICE], const struct conf_option *table,
    enum conf_level level, const char *key)
{
	const struct conf_option *o = elsewhere(table, key);

	if (level == CONF_TOP && advise_path_of(buf, table, key))
		return buf;
	if (o == NULL && level == CONF_TOP &&
	    (strchr(key, '.') != NULL || key[0] == '*'))
		snprintf(buf, CONF_ADVICE, "; a host belongs into hosts, "
		    "indented below that line");
	else if (o != NULL && o->level == CONF_RULE)
		snprintf(buf, CONF_ADVICE, "; it belongs to a host, indented "
		    "below it in hosts (or into defaults)");
	else if (o != NULL)
		snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?", o->path);
	return buf;
}

/* What of a rate stands here; "N" where it is none that one could read. */
static const char *
part_of_rate(const struct conf_entry *from, const char *key)
{
	for (; from != NULL; from = from->next) {
		if (strcmp(from->key->text, key) != 0)
			continue;
		return from->value->type == CONF_SCALAR &&
		    strlen(from->value->text) <= PART ? from->value->text :
		    "N";
	}
	return NULL;
}

/*
 * A rule has capacity, period and so on itself, a budget has them in rates.
 * All of them are unknown there, so that none stands before the first one.
 */
static const char *
advise_rates(char buf[CONF_ADVICE], const struct conf_entry *entry)
{
	static const char *const parts[] = { "period", "burst", "strict" };
	const char *part = part_of_rate(entry, "capacity");
	char rate[CONF_ADVICE_RATE];
	size_t i;
	int n;

	n = snprintf(rate, sizeof rate, "capacity: %s", part != NULL ? part :
	    "N");
	for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if ((part = part_of_rate(entry, parts[i])) != NULL)
			n += snprintf(rate + n, sizeof rate - (size_t)n,
			    ", %s: %s", parts[i], part);
	snprintf(buf, CONF_ADVICE, "; did you mean \"rates: [{%s}]\"?", rate);
	return buf;
}

const char *
conf_advice_key(char buf[CONF_ADVICE], const struct conf_option *table,
    enum conf_level level, const struct conf_entry *entry)
{
	const char *key = entry->key->text, *meant;
	char word[WORD];

	buf[0] = '\0';
	if (level == CONF_BUDGET &&
	    conf_advice_is(" capacity period burst strict ", key))
		return advise_rates(buf, entry);
	if (conf_advice_foreign(buf, key) ||
	    conf_advice_space(buf, table, key))
		return buf;
	if (strcmp(key, "<<") == 0) {
		snprintf(buf, CONF_ADVICE, "; merge keys are not supported: "
		    "give the whole mapping a name and repeat that, as in "
		    "\"a: &x {...}\" and \"b: *x\", or repeat the keys");
		return buf;
	}
	normal(word, key);
	if (conf_option_find(table, level, word) != NULL)
		meant = word;
	else if ((meant = synonym(level, word)) == NULL)
		meant = conf_option_nearest(table, level, key);
	if (meant != NULL)
		return with_number(buf, meant, entry->value);
	return advise_place(buf, table, level, key);
}

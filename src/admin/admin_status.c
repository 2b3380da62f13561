/* SPDX-License-Identifier: ISC */
#include "admin/admin_status.h"

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "admin/admin_answer.h"
#include "admin/admin_hour.h"
#include "admin/admin_totals.h"
#include "admin/openapi_file.h"
#include "base/memory.h"
#include "base/stats.h"
#include "conf/conf.h"
#include "front/clients.h"
#include "hosts/hosts_control.h"
#include "net/address.h"
#include "net/listen.h"
#include "policy/parent.h"

/* Words */

static void
answer_word(struct admin_request *r, int status, const char *word)
{
	admin_answer_text(r, status, "text/plain; charset=utf-8", word,
	    strlen(word));
}

void
admin_healthz(struct admin_request *r)
{
	answer_word(r, 200, "ok\n");
}

void
admin_readyz(struct admin_request *r)
{
	if (r->context->draining)
		answer_word(r, 503, "draining\n");
	else
		answer_word(r, 200, "ready\n");
}

void
admin_openapi(struct admin_request *r)
{
	admin_answer_text(r, 200, "application/yaml",
	    (const char *)openapi_file, openapi_file_len);
}

/* The status */

static json_t *
listen_json(const struct listeners *ls)
{
	json_t *array = json_array();
	char buf[ADDRESS_TEXT];
	size_t i;

	for (i = 0; i < ls->n; i++)
		json_array_append_new(array, admin_string(address_print(
		    (const struct sockaddr *)&ls->list[i].addr, buf,
		    sizeof buf)));
	return array;
}

/* Where files are, and what is wrong with them, is for who may see all. */
static json_t *
configuration_json(const struct admin_request *r)
{
	const struct admin_context *c = r->context;
	const char *error = c->last_error;

	if (error != NULL && !r->full)
		error = "the last reload failed";
	return json_pack("{s:o, s:o, s:I, s:o}",
	    "path", r->full ? admin_string(c->conf->path) : json_null(),
	    "loaded", admin_time_ns(atomic_load(&stats_process.loaded)),
	    "reloads", (json_int_t)c->reloads,
	    "last_error", error != NULL ? admin_string(error) : json_null());
}

static json_t *
memory_json(const struct memory *memory)
{
	return json_pack("{s:I, s:I}",
	    "used", (json_int_t)atomic_load(&memory->used),
	    "limit", (json_int_t)atomic_load(&memory->max));
}

/* What outlives the process; null where nothing does. */
static json_t *
state_json(const struct admin_request *r, uint64_t now)
{
	const struct conf *conf = r->context->conf;
	uint64_t written = atomic_load(&stats_process.state_written);

	/* that of the start holds; a reload may name another one */
	if (written == 0 && conf->state_file == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:I, s:I}",
	    "path", r->full && conf->state_file != NULL ?
	    admin_string(conf->state_file) : json_null(),
	    "age", written == 0 ? json_null() :
	    admin_seconds(now > written ? now - written : 0),
	    "bytes", (json_int_t)atomic_load(&stats_process.state_bytes),
	    "failures", (json_int_t)stats_process.state_failures);
}

/* Where budgets are shared; null where they are not. */
static json_t *
store_json(const struct admin_request *r, uint64_t now)
{
	const char *name = r->context->conf->store.name;
	uint64_t since = atomic_load(&stats_process.store_since);

	/* that of the start holds; a reload may name another one */
	if (since == 0)
		return json_null();
	return json_pack("{s:o, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "url", r->full && name != NULL ? admin_string(name) : json_null(),
	    "connected", atomic_load(&stats_process.store_connected) ? 1 : 0,
	    "age", admin_seconds(now > since ? now - since : 0),
	    "operations", (json_int_t)stats_process.store_asked,
	    "failures", (json_int_t)stats_process.store_failures,
	    "leases", (json_int_t)atomic_load(&stats_process.store_leases),
	    "slots", (json_int_t)atomic_load(&stats_process.store_slots),
	    "proxies", (json_int_t)atomic_load(&stats_process.store_peers),
	    "without", (json_int_t)atomic_load(&stats_process.store_cut));
}

/* The proxy that all hosts are reached through. */
static json_t *
parent_json(const struct admin_request *r)
{
	const struct parent *p = r->context->conf->parent;

	return r->full && p != NULL && p->name != NULL ?
	    admin_string(p->name) : json_null();
}

static json_t *
process_json(const struct admin_request *r, uint64_t now)
{
	const struct admin_context *c = r->context;

	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:i, s:s, s:b, s:o, s:o, "
	    "s:o, s:o, s:o}",
	    "version", PACKAGE_VERSION, "pid", (int)getpid(),
	    "listen", listen_json(c->listeners),
	    "started", admin_time_ns(c->started_wall),
	    "up", admin_seconds(now - c->started),
	    "workers", (int)c->nworkers,
	    "state", c->draining ? "draining" : "running",
	    "full", r->may_change,
	    "configuration", configuration_json(r),
	    "memory", memory_json(c->memory),
	    "state_file", state_json(r, now),
	    "store", store_json(r, now),
	    "parent", parent_json(r));
}

static json_t *
traffic_json(const struct admin_context *c, uint64_t now)
{
	struct admin_totals t;
	uint64_t requests, refused;

	admin_totals_of_hosts(c->hosts, now, &t);
	requests = admin_totals_requests(&refused);
	return json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "hosts", (json_int_t)t.hosts, "waiting", (json_int_t)t.waiting,
	    "oldest_wait", t.oldest == 0 ? json_null() :
	    admin_seconds(now > t.oldest ? now - t.oldest : 0),
	    "in_flight", (json_int_t)t.in_flight,
	    "paused", (json_int_t)t.paused, "refused_last_hour",
	    (json_int_t)admin_hour_refused(c->hour, refused),
	    "connections",
	    (json_int_t)atomic_load(&c->listeners->connections),
	    "clients", (json_int_t)clients_count(c->clients),
	    "requests", (json_int_t)requests,
	    "overrides", (json_int_t)hosts_overrides_count(c->hosts));
}

json_t *
admin_status_json(const struct admin_request *r)
{
	uint64_t now = loop_now();
	json_t *status = process_json(r, now);
	json_t *traffic = traffic_json(r->context, now);

	if (status != NULL && (traffic == NULL ||
	    json_object_update(status, traffic) == -1)) {
		json_decref(status);
		status = NULL;
	}
	json_decref(traffic);
	return status;
}

void
admin_status(struct admin_request *r)
{
	admin_answer_json(r, 200, admin_status_json(r));
}

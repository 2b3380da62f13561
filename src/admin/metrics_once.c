/* SPDX-License-Identifier: ISC */
#include "admin/metrics_once.h"

#include "config.h"

#include <stdatomic.h>
#include <stdio.h>

#include <event2/event.h>

#include "admin/admin_context.h"
#include "front/clients.h"
#include "net/listen.h"
#include "tls/tls.h"

#ifdef __clang__
#define COMPILER	__VERSION__
#else
#define COMPILER	"gcc " __VERSION__
#endif

void
metrics_once_build(struct metrics_sample *p)
{
	const struct metrics_label labels[] = {
		{ "version", PACKAGE_VERSION },
		{ "compiler", COMPILER },
		{ "libevent", event_get_version() },
		{ "openssl", tls_library() },
		{ NULL, NULL },
	};

	metrics_sample_begin(p);
	metrics_put(p->text, &p->row->family, labels, metrics_number(1));
}

void
metrics_once_reload_successful(struct metrics_sample *p)
{
	metrics_sample_once(p,
	    metrics_number(!atomic_load(&stats_process.wrong)));
}

void
metrics_once_reload_time(struct metrics_sample *p)
{
	metrics_sample_once(p, metrics_seconds(
	    atomic_load(&stats_process.loaded)));
}

void
metrics_once_reloads(struct metrics_sample *p)
{
	const uint64_t counts[] = {
		stats_process.reloads, stats_process.failed,
	};
	static const char *const words[] = { "success", "failure" };
	struct metrics_label labels[] = { { "result", NULL }, { NULL, NULL } };
	unsigned i;

	for (i = 0; i < 2; i++) {
		labels[0].value = words[i];
		metrics_sample_begin(p);
		metrics_put(p->text, &p->row->family, labels,
		    metrics_number(counts[i]));
	}
}

void
metrics_once_hosts(struct metrics_sample *p)
{
	metrics_sample_once(p, metrics_number(p->data->hosts));
}

void
metrics_once_connections(struct metrics_sample *p)
{
	metrics_sample_once(p, metrics_number(
	    atomic_load(&p->data->context->listeners->connections)));
}

void
metrics_once_clients(struct metrics_sample *p)
{
	metrics_sample_once(p, metrics_number(
	    clients_count(p->data->context->clients)));
}

void
metrics_once_dropped(struct metrics_sample *p)
{
	metrics_sample_once(p, metrics_number(stats_process.dropped));
}

void
metrics_once_state_age(struct metrics_sample *p)
{
	uint64_t written = atomic_load(&stats_process.state_written);
	uint64_t now = p->data->now;

	if (written != 0)
		metrics_sample_once(p,
		    metrics_seconds(now > written ? now - written : 0));
}

void
metrics_once_state_bytes(struct metrics_sample *p)
{
	if (atomic_load(&stats_process.state_written) != 0)
		metrics_sample_once(p, metrics_number(
		    atomic_load(&stats_process.state_bytes)));
}

void
metrics_once_state_failures(struct metrics_sample *p)
{
	metrics_sample_once(p, metrics_number(stats_process.state_failures));
}

static bool
has_store(void)
{
	return atomic_load(&stats_process.store_since) != 0;
}

void
metrics_once_store_connected(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p, metrics_number(
		    atomic_load(&stats_process.store_connected)));
}

void
metrics_once_store_age(struct metrics_sample *p)
{
	uint64_t since = atomic_load(&stats_process.store_since);
	uint64_t now = p->data->now;

	if (since != 0)
		metrics_sample_once(p,
		    metrics_seconds(now > since ? now - since : 0));
}

void
metrics_once_store_operations(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p,
		    metrics_number(stats_process.store_asked));
}

void
metrics_once_store_failures(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p,
		    metrics_number(stats_process.store_failures));
}

void
metrics_once_store_leases(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p, metrics_number(
		    atomic_load(&stats_process.store_leases)));
}

void
metrics_once_store_slots(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p, metrics_number(
		    atomic_load(&stats_process.store_slots)));
}

void
metrics_once_store_proxies(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p, metrics_number(
		    atomic_load(&stats_process.store_peers)));
}

void
metrics_once_store_without(struct metrics_sample *p)
{
	if (has_store())
		metrics_sample_once(p, metrics_number(
		    atomic_load(&stats_process.store_cut)));
}

void
metrics_once_answered(struct metrics_sample *p)
{
	const struct admin_context *c = p->data->context;
	char code[16];
	const struct metrics_label labels[] = {
		{ "code", code }, { NULL, NULL },
	};
	unsigned i;

	for (i = 0; i < ADMIN_STATUSES; i++) {
		if (c->answered[i] == 0 && i != 200)
			continue;
		snprintf(code, sizeof code, "%u", i);
		metrics_sample_begin(p);
		metrics_put(p->text, &p->row->family, labels,
		    metrics_number(c->answered[i]));
	}
}

void
metrics_once_process(struct metrics_sample *p)
{
	const char *process = (const char *)&p->data->process;
	const uint64_t *value =
	    (const uint64_t *)(const void *)(process + p->row->offset);

	metrics_sample_once(p, (struct metrics_value){
	    .value = *value, .decimals = p->row->decimals });
}

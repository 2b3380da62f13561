/* SPDX-License-Identifier: ISC */
#include "admin/metrics_families.h"

#include "admin/metrics_once.h"
#include "admin/metrics_sample.h"
#include "admin/metrics_words.h"

/*
 * A series is told of when a rule of the configuration has it, or a host; its
 * counters always, or they would go back: with all words that a label can be,
 * so that the first of a kind is seen to be one more.  Statuses are those that
 * came.
 *
 * Of ten thousand rules that would be a hundred megabytes of zeros.  So "_other"
 * and the series behind the first METRICS_FIRST are told of when something was
 * counted there, and from then on; their gauges where there is a host, too.
 * Numbers of series are for good, so none of them ever comes and goes.
 */

#define METRICS_FIRST	(2 + 100)	/* the default of metrics.hosts */

/* Counters */

bool
metrics_counted(const struct stats_block *b)
{
	const stats_count *c = (const stats_count *)b;
	size_t i;

	for (i = 0; i < sizeof *b / sizeof *c; i++) {
		if (c[i] != 0)
			return true;
	}
	return false;
}

static const stats_count *
counts_of(const struct metrics_sample *p)
{
	const char *block = (const char *)&p->data->sums[p->at->series];

	return (const stats_count *)(const void *)(block + p->row->offset);
}

static void
put_counts(struct metrics_sample *p)
{
	const struct metrics_row *row = p->row;
	const stats_count *counts = counts_of(p);
	const char *word = NULL;
	unsigned i;

	for (i = 0; i < row->n; i++) {
		if (row->word != NULL && (word = row->word(i)) == NULL)
			continue;
		metrics_sample_put(p, row->label, word, (struct metrics_value){
		    .value = counts[i], .decimals = row->decimals });
	}
}

/* Only where rules observe. */
static void
put_observed(struct metrics_sample *p)
{
	const stats_count *counts = counts_of(p);
	uint64_t all = 0;
	unsigned i;

	for (i = 0; i < p->row->n; i++)
		all += counts[i];
	if (all > 0)
		put_counts(p);
}

/* Only of budgets that something was taken of. */
static void
put_metered(struct metrics_sample *p)
{
	static const char *const words[STATS_METERED] = {
		[STATS_RESERVED] = "reserved", [STATS_USED] = "used",
		[STATS_REFUNDED] = "refunded", [STATS_OWED] = "owed",
	};
	const stats_count *counts = counts_of(p);
	const char *name;
	unsigned i, j;

	for (i = 0; i <= STATS_BUDGETS; i++, counts += STATS_METERED) {
		name = stats_budget_name(i);
		if (name == NULL || counts[STATS_RESERVED] +
		    counts[STATS_USED] == 0)
			continue;
		for (j = 0; j < STATS_METERED; j++) {
			p->labels[2] = (struct metrics_label){ "amount",
			    words[j] };
			metrics_sample_put(p, "budget", name,
			    (struct metrics_value){ .value = counts[j],
			    .decimals = 6 });
		}
	}
	p->labels[2].name = NULL;
}

static void
put_histogram(struct metrics_sample *p)
{
	const struct stats_histogram *h =
	    (const struct stats_histogram *)(const void *)counts_of(p);
	uint64_t bounds[STATS_BUCKETS], buckets[STATS_BUCKETS + 1];
	unsigned i;

	for (i = 0; i < STATS_BUCKETS; i++)
		bounds[i] = stats_bound(i);
	for (i = 0; i <= STATS_BUCKETS; i++)
		buckets[i] = h->buckets[i];
	p->labels[1].name = NULL;
	metrics_sample_begin(p);
	metrics_put_histogram(p->text, p->open, &p->row->family, p->labels,
	    STATS_BUCKETS, bounds, buckets, h->sum);
}

static void
put_observed_histogram(struct metrics_sample *p)
{
	const stats_count *counts = counts_of(p);
	unsigned i;

	for (i = 0; i <= STATS_BUCKETS; i++) {
		if (counts[i] > 0) {
			put_histogram(p);
			return;
		}
	}
}

/* Gauges */

static void
put_gauge(struct metrics_sample *p)
{
	const char *g = (const char *)metrics_sample_gauges(p);
	const uint64_t *value =
	    (const uint64_t *)(const void *)(g + p->row->offset);

	metrics_sample_put(p, NULL, NULL, (struct metrics_value){
	    .value = *value, .decimals = p->row->decimals });
}

static void
put_concurrency(struct metrics_sample *p)
{
	if (metrics_sample_gauges(p)->concurrency > 0)
		put_gauge(p);
}

static void
put_paused(struct metrics_sample *p)
{
	unsigned i;

	for (i = 0; i < STATS_CAUSES; i++)
		metrics_sample_put(p, "cause", metrics_cause_word(i),
		    metrics_number(metrics_sample_gauges(p)->paused[i]));
}

static void
put_paused_until(struct metrics_sample *p)
{
	uint64_t until = metrics_sample_gauges(p)->paused_until;

	metrics_sample_put(p, NULL, NULL, until > 0 ?
	    metrics_sample_at(p, until) : metrics_number(0));
}

static void
put_learned(struct metrics_sample *p)
{
	if (metrics_sample_gauges(p)->learned)
		put_gauge(p);
}

static void
put_learned_reset(struct metrics_sample *p)
{
	if (metrics_sample_gauges(p)->learned)
		metrics_sample_put(p, NULL, NULL, metrics_sample_at(p,
		    metrics_sample_gauges(p)->reset));
}

static void
put_budgets(struct metrics_sample *p,
    struct metrics_value (*value)(const struct metrics_budget *))
{
	const struct metrics_gauges *g = metrics_sample_gauges(p);
	size_t i;

	for (i = 0; i < g->nbudgets; i++)
		metrics_sample_put(p, "budget", g->budgets[i].name,
		    value(&g->budgets[i]));
}

static struct metrics_value
left_of(const struct metrics_budget *b)
{
	return metrics_units(b->left);
}

static struct metrics_value
burst_of(const struct metrics_budget *b)
{
	return metrics_units((int64_t)b->burst);
}

/* Nine decimals below a unit: 1 per 366d is some, too. */
static struct metrics_value
rate_of(const struct metrics_budget *b)
{
	unsigned __int128 nano = (unsigned __int128)b->capacity * 1000 *
	    1000000000 / b->period;

	return (struct metrics_value){
		.value = nano > UINT64_MAX ? UINT64_MAX : (uint64_t)nano,
		.decimals = 9,
	};
}

static void
put_budget_left(struct metrics_sample *p)
{
	put_budgets(p, left_of);
}

static void
put_budget_burst(struct metrics_sample *p)
{
	put_budgets(p, burst_of);
}

static void
put_budget_rate(struct metrics_sample *p)
{
	put_budgets(p, rate_of);
}

/* Where budgets are shared */

static void
put_shared_budgets(struct metrics_sample *p,
    uint64_t (*value)(const struct metrics_budget *))
{
	const struct metrics_gauges *g = metrics_sample_gauges(p);
	size_t i;

	for (i = 0; i < g->nbudgets; i++)
		if (g->budgets[i].shared)
			metrics_sample_put(p, "budget", g->budgets[i].name,
			    metrics_units((int64_t)value(&g->budgets[i])));
}

static uint64_t
left_of_all(const struct metrics_budget *b)
{
	return b->left_of_all;
}

static uint64_t
leased_of(const struct metrics_budget *b)
{
	return b->leased;
}

static void
put_shared_left(struct metrics_sample *p)
{
	put_shared_budgets(p, left_of_all);
}

static void
put_leased(struct metrics_sample *p)
{
	put_shared_budgets(p, leased_of);
}

static void
put_without(struct metrics_sample *p)
{
	if (metrics_sample_gauges(p)->shared)
		put_gauge(p);
}

/* The table */

#define COUNTER(name_, member, n_, label_, word_, help_) { \
	.family = { "sluice_" name_, METRICS_COUNTER, help_ }, \
	.put = put_counts, .offset = offsetof(struct stats_block, member), \
	.n = n_, .label = label_, .word = word_ }
#define HISTOGRAM(name_, member, put_, help_) { \
	.family = { "sluice_" name_, METRICS_HISTOGRAM, help_ }, \
	.put = put_, .offset = offsetof(struct stats_block, member) }
#define GAUGE(name_, put_, help_) \
	.family = { "sluice_" name_, METRICS_GAUGE, help_ }, .put = put_
#define GAUGE_OF(member) \
	.offset = offsetof(struct metrics_gauges, member)
#define ONCE(name_, kind_, put_, help_) { \
	.family = { "sluice_" name_, kind_, help_ }, \
	.put = put_, .once = true }
#define PROCESS(name_, kind_, member, decimals_, help_) { \
	.family = { "process_" name_, kind_, help_ }, \
	.put = metrics_once_process, \
	.once = true, .offset = offsetof(struct metrics_process, member), \
	.decimals = decimals_ }

static const struct metrics_row rows[] = {
	{ GAUGE("queue_length", put_gauge, "Requests that wait."),
	    GAUGE_OF(waiting) },
	{ GAUGE("queue_limit", put_gauge,
	    "Requests that may wait, at the hosts that are remembered."),
	    GAUGE_OF(queue_length) },
	{ GAUGE("queue_oldest_wait_seconds", put_gauge,
	    "How long the request has waited that waits longest."),
	    GAUGE_OF(oldest), .decimals = 9 },
	{ GAUGE("requests_in_flight", put_gauge,
	    "Requests that hold a slot: admitted, and not answered."),
	    GAUGE_OF(inflight) },
	{ GAUGE("concurrency_limit", put_concurrency,
	    "Requests that may be in flight, at the hosts that are "
	    "remembered."), GAUGE_OF(concurrency) },
	{ GAUGE("paused", put_paused,
	    "Hosts that are paused, by what paused them.") },
	{ GAUGE("paused_until_timestamp_seconds", put_paused_until,
	    "When the longest pause ends; 0: there is none.") },
	{ GAUGE("learned_remaining", put_learned,
	    "Requests that a host said are left, where fewest are."),
	    GAUGE_OF(left) },
	{ GAUGE("learned_reset_timestamp_seconds", put_learned_reset,
	    "Until when these are all that is left.") },
	{ GAUGE("tunnels_open", put_gauge, "Tunnels that stand."),
	    GAUGE_OF(tunnels) },
	{ GAUGE("budget_left", put_budget_left,
	    "Cost units that may be spent now, at the host that has fewest; "
	    "below 0: a debt.") },
	{ GAUGE("budget_burst", put_budget_burst,
	    "Cost units that may be spent at once.") },
	{ GAUGE("budget_rate_per_second", put_budget_rate,
	    "Cost units that may be spent, each second.") },
	{ GAUGE("budget_shared_left", put_shared_left,
	    "Cost units of a budget that proxies share which none of them had "
	    "when the store last answered, at the host that had fewest.") },
	{ GAUGE("budget_leased", put_leased,
	    "Cost units of such budgets that are leased here, and may go.") },
	{ GAUGE("hosts_without_store", put_without,
	    "Hosts of which a budget is shared and is without the store now."),
	    GAUGE_OF(without) },

	COUNTER("requests_total", requests, STATS_OUTCOMES, "outcome",
	    metrics_outcome_word,
	    "Requests that ended, by what became of them."),
	COUNTER("refusals_total", refusals, STATS_REFUSALS, "reason",
	    metrics_refusal_word,
	    "Requests that sluice refused or aborted, by why."),
	COUNTER("upstream_responses_total", responses, STATS_CLASSES, "class",
	    metrics_class_word,
	    "Responses of hosts, by their class of status."),
	COUNTER("upstream_throttled_total", throttled, STATS_THROTTLED + 1,
	    "status", metrics_status_word,
	    "Responses by which hosts refused a request for a limit."),
	COUNTER("upstream_errors_total", errors, STATS_ERRORS, "error",
	    metrics_error_word,
	    "Requests that ended because their host failed."),
	COUNTER("resends_total", resends, 1, NULL, NULL,
	    "Requests that were queued to be sent again after a refusal."),
	{ .family = { "sluice_cost_total", METRICS_COUNTER,
	    "Cost units that requests have spent that ended." },
	    .put = put_counts, .offset = offsetof(struct stats_block, cost),
	    .n = 1, .decimals = 6 },
	COUNTER("pauses_total", pauses, STATS_CAUSES, "cause",
	    metrics_cause_word,
	    "Pauses of hosts that began, by what paused them."),
	{ .family = { "sluice_paused_seconds_total", METRICS_COUNTER,
	    "How long hosts were paused, by what paused them." },
	    .put = put_counts, .offset = offsetof(struct stats_block, paused),
	    .n = STATS_CAUSES, .label = "cause", .word = metrics_cause_word,
	    .decimals = 9 },
	COUNTER("transferred_bytes_total", bytes, STATS_DIRECTIONS,
	    "direction", metrics_direction_word,
	    "Bytes of bodies and tunnels, from clients and to them."),
	{ .family = { "sluice_observed_requests_total", METRICS_COUNTER,
	    "What limits that are only observed would have done." },
	    .put = put_observed,
	    .offset = offsetof(struct stats_block, observed),
	    .n = STATS_DECISIONS, .label = "decision",
	    .word = metrics_decision_word },
	{ .family = { "sluice_budget_amount_total", METRICS_COUNTER,
	    "Of named budgets: what requests reserved and used, and what of it "
	    "came back or is owed." },
	    .put = put_metered,
	    .offset = offsetof(struct stats_block, metered) },
	HISTOGRAM("queue_wait_seconds", wait, put_histogram,
	    "How long requests waited until they were admitted, or gave up."),
	HISTOGRAM("upstream_latency_seconds", upstream, put_histogram,
	    "How long after their admission requests were being answered."),
	HISTOGRAM("observed_wait_seconds", observed_wait,
	    put_observed_histogram,
	    "How long limits that are only observed would have let requests "
	    "wait."),

	ONCE("build_info", METRICS_INFO, metrics_once_build,
	    "The version of sluice, and of what it is made with and runs with."),
	ONCE("config_last_reload_successful", METRICS_GAUGE,
	    metrics_once_reload_successful,
	    "Whether the configuration could be read when it last was."),
	ONCE("config_last_reload_success_timestamp_seconds", METRICS_GAUGE,
	    metrics_once_reload_time,
	    "When the configuration in force was read."),
	ONCE("config_reloads_total", METRICS_COUNTER, metrics_once_reloads,
	    "Reloads of the configuration."),
	ONCE("state_age_seconds", METRICS_GAUGE, metrics_once_state_age,
	    "How long ago all that outlives the process was written."),
	ONCE("state_bytes", METRICS_GAUGE, metrics_once_state_bytes,
	    "Bytes of the file with that."),
	ONCE("state_failures_total", METRICS_COUNTER,
	    metrics_once_state_failures, "How often it could not be written."),
	ONCE("store_connected", METRICS_GAUGE, metrics_once_store_connected,
	    "Whether the store in which budgets are shared can be asked."),
	ONCE("store_age_seconds", METRICS_GAUGE, metrics_once_store_age,
	    "How long that is so, or is not so."),
	ONCE("store_operations_total", METRICS_COUNTER,
	    metrics_once_store_operations,
	    "Questions to the store."),
	ONCE("store_failures_total", METRICS_COUNTER,
	    metrics_once_store_failures, "Of them, those that it did not answer."),
	ONCE("store_leases", METRICS_GAUGE, metrics_once_store_leases,
	    "Leases of budgets of which something may still go."),
	ONCE("store_slots", METRICS_GAUGE, metrics_once_store_slots,
	    "Slots of concurrency that the store has lent."),
	ONCE("store_proxies", METRICS_GAUGE, metrics_once_store_proxies,
	    "Proxies that share it; 0: it is not known."),
	ONCE("store_budgets_without", METRICS_GAUGE,
	    metrics_once_store_without,
	    "Budgets that it does not answer for, though it is connected."),
	ONCE("hosts_tracked", METRICS_GAUGE, metrics_once_hosts,
	    "Throttles that are remembered."),
	ONCE("client_connections", METRICS_GAUGE, metrics_once_connections,
	    "Connections of clients."),
	ONCE("clients", METRICS_GAUGE, metrics_once_clients,
	    "Clients that have connections, as access.share tells them apart."),
	ONCE("events_dropped_total", METRICS_COUNTER, metrics_once_dropped,
	    "Readers of events that were too slow, and were dropped."),
	ONCE("admin_requests_total", METRICS_COUNTER, metrics_once_answered,
	    "Requests to the control plane that were answered."),

	PROCESS("cpu_seconds_total", METRICS_COUNTER, cpu, 6,
	    "Processor time spent, of user and system."),
	PROCESS("open_fds", METRICS_GAUGE, open_fds, 0, "Open descriptors."),
	PROCESS("max_fds", METRICS_GAUGE, max_fds, 0,
	    "Most descriptors that may be open."),
	PROCESS("virtual_memory_bytes", METRICS_GAUGE, virtual, 0,
	    "Virtual memory."),
	PROCESS("resident_memory_bytes", METRICS_GAUGE, resident, 0,
	    "Resident memory."),
	PROCESS("threads", METRICS_GAUGE, threads, 0, "Threads."),
	PROCESS("start_time_seconds", METRICS_GAUGE, start, 3,
	    "When the process started."),
};

#define ROWS	(sizeof rows / sizeof rows[0])

static bool
is_told(const struct metrics_data *d, const struct metrics_row *row,
    unsigned series)
{
	const struct metrics_gauges *g = &d->gauges[series];
	bool is_gauge = row->family.kind == METRICS_GAUGE;

	if (row->once || g->counted)
		return row->once || !is_gauge || g->known;
	if (is_gauge && g->hosts > 0)
		return true;
	if (series >= METRICS_FIRST)
		return false;
	return g->known || (!is_gauge && series != STATS_OTHER);
}

bool
metrics_put_next(struct text *text, bool open, const struct metrics_data *data,
    struct metrics_place *at)
{
	const struct metrics_row *row = &rows[at->family];
	struct metrics_sample p = {
		.text = text,
		.open = open,
		.data = data,
		.at = at,
		.row = row,
		.labels[0] = { "host", stats_name(at->series) },
	};

	if (is_told(data, row, at->series))
		row->put(&p);
	if (!row->once && ++at->series < data->nseries)
		return true;
	*at = (struct metrics_place){ .family = at->family + 1 };
	return at->family < ROWS;
}

/* SPDX-License-Identifier: ISC */
#include "admin/metrics_words.h"

#include <stdio.h>

#include "base/stats.h"
#include "hosts/hosts_view.h"
#include "net/failure.h"

const char *
metrics_refusal_word(unsigned i)
{
	static const char *const words[STATS_REFUSALS] = {
		[STATS_QUEUE_FULL] = "queue_full",
		[STATS_MAX_WAIT] = "max_wait",
		[STATS_HOSTS_FULL] = "hosts_full",
		[STATS_HOSTS_SHARE] = "hosts_share",
		[STATS_NO_MEMORY] = "no_memory",
		[STATS_CONNECTIONS] = "connections",
		[STATS_DRAINED] = "drained",
		[STATS_LOOP] = "loop",
		[STATS_MALFORMED] = "malformed",
		[STATS_TOO_LARGE] = "too_large",
		[STATS_TOO_SLOW] = "too_slow",
		[STATS_ACCESS_CLIENT] = "access_client",
		[STATS_ACCESS_USER] = "access_user",
		[STATS_DESTINATION] = "destination",
		[STATS_CLIENT_SHARE] = "client_share",
		[STATS_CLIENT_RATE] = "client_rate",
		[STATS_EXCHANGE_TIME] = "exchange_time",
		[STATS_OTHER_REFUSAL] = "other",
	};

	return words[i];
}

const char *
metrics_outcome_word(unsigned i)
{
	static const char *const words[STATS_OUTCOMES] = {
		[STATS_FORWARDED] = "forwarded",
		[STATS_TUNNEL] = "tunnel",
		[STATS_UPGRADED] = "upgraded",
		[STATS_INTERCEPTED] = "intercepted",
		[STATS_PLAIN] = "plain",
		[STATS_ANSWERED] = "answered",
		[STATS_REFUSED] = "refused",
		[STATS_ABORTED] = "aborted",
		[STATS_CLIENT_GONE] = "client_gone",
		[STATS_UPSTREAM_ERROR] = "upstream_error",
	};

	return words[i];
}

const char *
metrics_cause_word(unsigned i)
{
	return hosts_cause_word((enum stats_cause)i);
}

/* What never ended an exchange as the upstream's error is told of elsewhere. */
const char *
metrics_error_word(unsigned i)
{
	if (i >= FAILURES || i == FAILURE_DESTINATION || i == FAILURE_NO_MEMORY)
		return NULL;
	return failure_answer((enum failure)i)->name;
}

const char *
metrics_class_word(unsigned i)
{
	static const char *const words[STATS_CLASSES] = {
		"1xx", "2xx", "3xx", "4xx", "5xx",
	};

	return words[i];
}

const char *
metrics_status_word(unsigned i)
{
	static char word[16];	/* one thread tells */
	int status = stats_throttled_status(i);

	if (i == STATS_THROTTLED)
		return "other";
	if (status == 0)
		return NULL;
	snprintf(word, sizeof word, "%d", status);
	return word;
}

const char *
metrics_direction_word(unsigned i)
{
	return i == STATS_IN ? "in" : "out";
}

const char *
metrics_decision_word(unsigned i)
{
	static const char *const words[STATS_DECISIONS] = {
		[STATS_WOULD_GO] = "go",
		[STATS_WOULD_WAIT] = "wait",
		[STATS_WOULD_REFUSE] = "refuse",
	};

	return words[i];
}

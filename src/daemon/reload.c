/* SPDX-License-Identifier: ISC */
#include "daemon/reload.h"

#include <stdlib.h>

#include "base/events.h"
#include "base/log.h"
#include "base/memory.h"
#include "conf/conf.h"
#include "conf/conf_changes.h"
#include "daemon/load.h"
#include "daemon/worker.h"
#include "hosts/hosts_reload.h"
#include "net/loop.h"

void
reload_logs(const struct conf *conf)
{
	char *cause = NULL;

	if (load_open_logs(conf, &cause))
		log_info("log files opened anew");
	else
		log_error("log files not opened anew: %s", cause != NULL ?
		    cause : "out of memory");
	free(cause);
}

static void
tell_failed(const char *cause)
{
	const char *why = cause != NULL ? cause : "out of memory";

	log_told(LOG_LEVEL_ERROR, "configuration not reloaded: %s", why);
	events_tell(EVENT_RELOAD, NULL, NULL, NULL,
	    "configuration not reloaded: %s", why);
}

void
reload(struct conf **current, struct hosts *hosts, struct workers *workers)
{
	struct conf *conf;
	char *cause = NULL;
	unsigned i;

	conf = load_conf((*current)->path, true, &cause);
	if (conf == NULL || !load_open_logs(conf, &cause)) {
		tell_failed(cause);
		free(cause);
		conf_unref(conf);
		return;
	}
	conf_changes(*current, conf, load_log_warning_cb, NULL);
	load_warnings(conf, load_log_warning_cb, NULL);
	log_set_level((enum log_level)conf->log_level);
	load_series(conf);
	hosts_reload(hosts, conf, loop_now());
	memory_limit(&workers->memory, conf->limit_memory);
	for (i = 0; i < workers->n; i++)
		worker_reload(workers->list[i], conf);
	conf_unref(*current);
	*current = conf;
	log_info("configuration reloaded");
	events_tell(EVENT_RELOAD, NULL, NULL, NULL, "configuration reloaded");
}

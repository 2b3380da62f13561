/* SPDX-License-Identifier: ISC */
#include "admin/admin_routes.h"

#include <stdio.h>
#include <string.h>

#include "admin/admin_client.h"
#include "admin/admin_control.h"
#include "admin/admin_dashboard.h"
#include "admin/admin_events.h"
#include "admin/admin_exchanges.h"
#include "admin/admin_explain.h"
#include "admin/admin_host.h"
#include "admin/admin_hosts.h"
#include "admin/admin_log.h"
#include "admin/admin_metrics.h"
#include "admin/admin_reload.h"
#include "admin/admin_status.h"
#include "admin/admin_suggest.h"
#include "admin/admin_upgrade.h"
#include "conf/conf_value.h"

static const struct admin_route routes[] = {
	{ ADMIN_GET, "/", admin_dashboard, .needs_full = false,
	    .any_query = true },
	{ ADMIN_GET, "/healthz", admin_healthz, .needs_full = false,
	    .any_query = true },
	{ ADMIN_GET, "/metrics", admin_metrics, .needs_full = false,
	    .any_query = true },
	{ ADMIN_GET, "/readyz", admin_readyz, .needs_full = false,
	    .any_query = true },
	{ ADMIN_GET, "/proxy.pac", admin_client_pac, .needs_full = false,
	    .any_query = true },
	{ ADMIN_GET, "/v1/client", admin_client, .needs_full = false },
	{ ADMIN_GET, "/v1/exchanges", admin_exchanges, .needs_full = true,
	    .query = "host limit" },
	{ ADMIN_POST, "/v1/explain", admin_explain, .needs_full = true,
	    .asks = true, .members = "method url headers client body" },
	{ ADMIN_GET, "/v1/hosts", admin_hosts, .needs_full = false,
	    .query = "match state sort by limit after" },
	{ ADMIN_GET, "/v1/hosts/{}", admin_host, .needs_full = false },
	{ ADMIN_POST, "/v1/hosts/{}/drain", admin_drain_host,
	    .needs_full = true, .members = "reason" },
	{ ADMIN_POST, "/v1/hosts/{}/forget", admin_forget, .needs_full = true,
	    .members = "reason" },
	{ ADMIN_PUT, "/v1/hosts/{}/limits", admin_set, .needs_full = true,
	    .members = "capacity period burst concurrency for reason" },
	{ ADMIN_DELETE, "/v1/hosts/{}/limits", admin_unset,
	    .needs_full = true },
	{ ADMIN_POST, "/v1/hosts/{}/pause", admin_pause, .needs_full = true,
	    .members = "for reason" },
	{ ADMIN_GET, "/v1/hosts/{}/queue", admin_queue, .needs_full = true,
	    .query = "limit" },
	{ ADMIN_POST, "/v1/hosts/{}/resume", admin_resume, .needs_full = true,
	    .members = "reason" },
	{ ADMIN_GET, "/v1/events", admin_events_get, .needs_full = false,
	    .query = "after match follow live limit" },
	{ ADMIN_GET, "/v1/log", admin_log_get, .needs_full = true },
	{ ADMIN_PUT, "/v1/log", admin_log_put, .needs_full = true,
	    .members = "level for reason" },
	{ ADMIN_GET, "/v1/openapi.yaml", admin_openapi, .needs_full = false },
	{ ADMIN_GET, "/v1/overrides", admin_overrides, .needs_full = true },
	{ ADMIN_POST, "/v1/reload", admin_reload_post, .needs_full = true,
	    .members = "reason" },
	{ ADMIN_GET, "/v1/suggest", admin_suggest, .needs_full = true,
	    .query = "host" },
	{ ADMIN_GET, "/v1/status", admin_status, .needs_full = false },
	{ ADMIN_POST, "/v1/upgrade", admin_upgrade_post, .needs_full = true,
	    .members = "reason" },
};

#define ROUTES	(sizeof routes / sizeof routes[0])

static bool
fits(const char *path, const struct admin_request *r)
{
	unsigned i;
	size_t n;

	for (i = 0; i < r->nparts; i++) {
		if (*path++ != '/')
			return false;
		n = strcspn(path, "/");
		if (!(n == 2 && path[0] == '{') &&
		    (strlen(r->parts[i]) != n ||
		    strncmp(path, r->parts[i], n) != 0))
			return false;
		path += n;
	}
	return *path == '\0' || (r->nparts == 0 && strcmp(path, "/") == 0);
}

const struct admin_route *
admin_route_find(const struct admin_request *r, unsigned *allowed)
{
	const struct admin_route *found = NULL;
	size_t i;

	*allowed = 0;
	for (i = 0; i < ROUTES; i++) {
		if (!fits(routes[i].path, r))
			continue;
		*allowed |= routes[i].method;
		if (routes[i].method == r->method)
			found = &routes[i];
	}
	return found;
}

const char *
admin_route_nearest(const struct admin_request *r)
{
	const char *best = NULL;
	unsigned distance, least = 0;
	char path[256] = "";
	size_t i, n = 0;

	for (i = 0; i < r->nparts && n < sizeof path; i++)
		n += (size_t)snprintf(path + n, sizeof path - n, "/%s",
		    r->parts[i]);
	for (i = 0; i < ROUTES; i++) {
		if (conf_near(path, routes[i].path, &distance) &&
		    (best == NULL || distance < least)) {
			best = routes[i].path;
			least = distance;
		}
	}
	return best;
}

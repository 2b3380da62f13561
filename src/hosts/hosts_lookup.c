/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_lookup.h"

#include <string.h>

#include "hosts/hosts_name.h"

struct host *
hosts_lookup(struct hosts *hs, const char *text)
{
	struct hosts_name name;
	struct host *h = NULL;

	pthread_rwlock_rdlock(&hs->lock);
	if (hosts_name_read(&name, hs->conf, text))
		h = hosts_find(hs, name.key, strlen(name.key));
	if (h != NULL && !h->carries) {
		host_lock(h);
		return h;
	}
	pthread_rwlock_unlock(&hs->lock);
	return NULL;
}

/* SPDX-License-Identifier: ISC */
#include "hosts/store_desk_part.h"

#include "base/client_hash.h"
#include "hosts/store_command.h"
#include "hosts/store_desk_state.h"
#include "hosts/store_name.h"
#include "hosts/store_part.h"
#include "hosts/store_part_hear.h"
#include "hosts/store_peers.h"
#include "hosts/store_redis.h"

void
store_desk_say_parts(struct store_entry *e)
{
	struct store_desk *d = e->desk;
	struct host *h = store_desk_enter(d, e->serial);
	struct store_parts parts;
	char name[STORE_BUDGET];
	struct text text = { 0 };
	struct store_part *p;
	size_t len;

	if (h == NULL)
		return;
	store_part_take(h, &parts);
	len = store_name_own(name, sizeof name, h);
	hosts_exit(d->hosts, h);
	TAILQ_FOREACH(p, &parts, entry) {
		text_reset(&text);
		store_part_say(&text, p, name, len, store_peers_id(d->peers),
		    loop_now());
		if (len > 0 && !text.failed && d->redis != NULL)
			store_redis_say(d->redis, store_tag(name, len), text.p,
			    text.len);
	}
	text_free(&text);
	store_part_free(&parts);
}

void
store_desk_hear_part(struct store_entry *e, const char *words, size_t len,
    uint64_t now)
{
	struct store_desk *d = e->desk;
	struct host *h;

	if (d->hasher == NULL && (d->hasher = client_hasher_new()) == NULL)
		return;
	if ((h = store_desk_enter(d, e->serial)) == NULL)
		return;
	if (store_part_hear(h, d->hasher, words, len,
	    store_peers_id(d->peers), now))
		host_refuse_hopeless(h, now);
	host_admit(h, d->loop, now);
	hosts_exit(d->hosts, h);
}

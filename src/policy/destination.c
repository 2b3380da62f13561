/* SPDX-License-Identifier: ISC */
#include "policy/destination.h"

#include <string.h>

/* An address of the destination, and what holds for it. */
struct view {
	const struct network	*address;
	const struct network	*within;	/* of the class; or NULL */
	enum destination_class	 class;
};

/* The entry that names the host; or NULL. */
static const struct destination_entry *
find_host(const struct destination_list *list, const struct destination *d)
{
	return list->hosts == NULL ? NULL :
	    host_pattern_set_match(list->hosts, d->host);
}

/* Private is what is not of the Internet: who denies that, means all of it. */
static bool
is_of_class(const struct destination_entry *e, enum destination_class class,
    bool denies)
{
	return e->class == class || (denies &&
	    e->class == DESTINATION_PRIVATE && class == DESTINATION_LOOPBACK);
}

static bool
names_address(const struct destination_entry *e, const struct destination *d,
    const struct view *v, bool denies)
{
	switch (e->kind) {
	case DESTINATION_WORD:
		return is_of_class(e, v->class, denies);
	case DESTINATION_NETWORK:
		return (e->port == 0 || e->port == d->host->port) &&
		    network_has(&e->network, v->address);
	default:
		return false;
	}
}

/* The narrower of two entries of one kind has the larger number. */
static unsigned
narrowness(const struct destination_entry *e)
{
	const struct host_pattern *p = &e->pattern;
	unsigned n;

	if (e->kind == DESTINATION_WORD)
		return 0;
	if (e->kind == DESTINATION_NETWORK)
		return 2 * (e->network.bits + 1) + (e->port != 0);
	n = (unsigned)strlen(p->host.name) + (p->wildcard ? 0 : HTTP1_HOST);
	return 2 * n + (p->host.port != 0);
}

/* The narrowest entry that names the address; or NULL. */
static const struct destination_entry *
find_address(const struct destination_list *list, const struct destination *d,
    const struct view *v, bool denies)
{
	const struct destination_entry *e, *best = NULL;
	size_t i;

	for (i = 0; i < list->n; i++) {
		e = &list->list[i];
		if (names_address(e, d, v, denies) && (best == NULL ||
		    narrowness(e) > narrowness(best)))
			best = e;
	}
	return best;
}

static bool
is_denied_to(enum destination_class class, bool stranger)
{
	switch (class) {
	case DESTINATION_OWN:
	case DESTINATION_METADATA:
	case DESTINATION_LINK_LOCAL:
		return true;
	case DESTINATION_LOOPBACK:
	case DESTINATION_PRIVATE:
		return stranger;
	default:
		return false;
	}
}

/* Whether an exception is meant for what the class denies. */
static bool
is_exception(const struct destination_entry *e, const struct destination *d,
    const struct view *v)
{
	if (!names_address(e, d, v, false))
		return false;
	if (e->kind == DESTINATION_WORD)
		return true;
	return v->class != DESTINATION_OWN &&
	    network_has(v->within, &e->network);
}

static bool
is_all(const struct destination_entry *e)
{
	return e->pattern.wildcard && e->pattern.host.name[0] == '\0';
}

/* What undoes what the class denies; or NULL. */
static const struct destination_entry *
find_exception(const struct destinations *all, const struct destination *d,
    const struct view *v, const struct destination_entry *host)
{
	const struct destination_list *allow = &all->allow;
	const struct destination_entry *e;
	size_t i;

	for (i = 0; i < allow->n; i++) {
		e = &allow->list[i];
		if (is_exception(e, d, v))
			return e;
	}
	return v->class == DESTINATION_PRIVATE && host != NULL &&
	    !is_all(host) ? host : NULL;
}

/* Where a file says itself what is denied anyway. */
static const struct destination_entry *
find_word(const struct destination_list *list, enum destination_class class)
{
	const struct destination_entry *e;
	size_t i;

	for (i = 0; i < list->n; i++) {
		e = &list->list[i];
		if (e->kind == DESTINATION_WORD && is_of_class(e, class, true))
			return e;
	}
	return NULL;
}

/* Whether an exception (or NULL) undoes an entry that denies. */
static bool
undoes(const struct destination_entry *allow,
    const struct destination_entry *deny)
{
	bool host;

	if (allow == NULL)
		return false;
	host = allow->kind == DESTINATION_HOST;
	if (host != (deny->kind == DESTINATION_HOST))
		return host && !allow->pattern.wildcard;
	return narrowness(allow) >= narrowness(deny);
}

static void
set_entry(struct destination_verdict *v, enum destination_reason reason,
    const struct destination_entry *e)
{
	v->reason = reason;
	v->entry = e;
	v->at = e != NULL ? e->at : (struct place){ 0, 0 };
}

/* What names the host, in both lists. */
struct named {
	const struct destination_entry	*deny;
	const struct destination_entry	*allow;
};

/* One address; true: it may go there.  *allowed: by an exception. */
static bool
judge_view(const struct destinations *all, const struct destination *d,
    const struct view *view, const struct named *host,
    struct destination_verdict *v, const struct destination_entry **allowed)
{
	const struct destination_entry *allow, *deny;

	allow = find_address(&all->allow, d, view, false);
	deny = find_address(&all->deny, d, view, true);
	v->class = view->class;
	v->address = *view->address;
	if (*allowed == NULL)
		*allowed = allow;
	if (is_denied_to(view->class, d->stranger) &&
	    find_exception(all, d, view, host->allow) == NULL)
		set_entry(v, DESTINATION_CLASS, find_word(&all->deny,
		    view->class));
	else if (deny != NULL && !undoes(allow, deny) &&
	    !undoes(host->allow, deny))
		set_entry(v, DESTINATION_DENIED, deny);
	return v->reason == DESTINATION_GOES;
}

/* The address, and that of IPv4 within it. */
static void
judge_address(const struct destinations *all, const struct destination *d,
    const struct named *host, struct destination_verdict *v)
{
	const struct destination_entry *allowed = host->allow;
	struct view view = { .address = d->address };
	struct network inner;

	view.class = destination_class(view.address, &view.within);
	if (d->own)
		view.class = DESTINATION_OWN;
	if (!judge_view(all, d, &view, host, v, &allowed))
		return;
	if (network_inner(d->address, &inner)) {
		view.address = &inner;
		view.class = destination_class(&inner, &view.within);
		if (!judge_view(all, d, &view, host, v, &allowed))
			return;
	}
	if (all->only && allowed == NULL) {
		v->reason = DESTINATION_ONLY;
		v->at = all->only_at;
	} else
		set_entry(v, DESTINATION_GOES, allowed);
}

/* What no address could change.  True: it may go, so far. */
static bool
judge_host(const struct destinations *all, const struct named *host,
    struct destination_verdict *v)
{
	if (host->deny != NULL && !undoes(host->allow, host->deny)) {
		set_entry(v, DESTINATION_DENIED, host->deny);
	} else if (all->only && host->allow == NULL &&
	    !all->allow.has_addresses) {
		v->reason = DESTINATION_ONLY;
		v->at = all->only_at;
	}
	return v->reason == DESTINATION_GOES;
}

struct destination_verdict
destination_judge(const struct destinations *all, const struct destination *d)
{
	struct destination_verdict v = {
		.stranger = d->stranger,
		.port = d->host->port,
	};
	struct named host = {
		.deny = find_host(&all->deny, d),
		.allow = find_host(&all->allow, d),
	};

	if (judge_host(all, &host, &v) && d->address != NULL)
		judge_address(all, d, &host, &v);
	return v;
}

struct destination_verdict
destination_judge_port(const struct destinations *all,
    const struct destination *d, enum destination_inside inside)
{
	const struct destination_ports *ports = &all->ports[inside];
	struct destination_verdict v = {
		.inside = inside,
		.stranger = d->stranger,
		.port = d->host->port,
		.at = ports->at,
	};
	size_t i;

	if (!d->stranger)
		return v;
	for (i = 0; i < ports->n; i++) {
		if (ports->list[i].from <= v.port &&
		    v.port <= ports->list[i].to)
			return v;
	}
	v.reason = DESTINATION_PORT;
	return v;
}

/* SPDX-License-Identifier: ISC */
#include "admin/admin_destination.h"

#include "admin/admin_context.h"
#include "admin/admin_value.h"
#include "conf/conf.h"
#include "net/dialer.h"
#include "net/permit.h"
#include "net/resolve.h"
#include "policy/destination_say.h"

/* Those of the control plane are few, and are not kept ready. */
static struct dialer
dialer_of(const struct admin_context *context)
{
	return (struct dialer){
		.loop = context->loop,
		.own = context->own,
		.conf = context->conf,
	};
}

/* The first that is allowed decides; else the first that is not. */
static void
resolved_cb(void *arg, enum resolve_result result,
    const struct sockaddr_storage *addresses, size_t n)
{
	struct admin_destination *d = arg;
	const struct dialer dialer = dialer_of(d->context);
	struct destination_verdict *best = &d->each[0];
	size_t i;

	d->query = NULL;
	deadline_free(&d->limit);
	d->result = result;
	d->n = result == RESOLVE_OK ? n : 0;
	for (i = 0; i < d->n; i++) {
		d->each[i] = permit_address(&dialer, &d->host, d->stranger,
		    (const struct sockaddr *)&addresses[i]);
		if (best->reason != DESTINATION_GOES)
			best = &d->each[i];
	}
	if (d->n > 0)
		d->verdict = best->reason == DESTINATION_GOES ? *best :
		    d->each[0];
	if (d->asking)
		d->known = true;
	else
		d->found(d->arg);
}

static void
late_cb(void *arg)
{
	struct admin_destination *d = arg;

	(void)resolve_give_up(d->query);
	d->query = NULL;
	d->result = RESOLVE_TIMEOUT;
	d->found(d->arg);
}

/* The answer may be there at once: who is told of it may free all this. */
static void
resolve(struct admin_destination *d)
{
	struct admin_context *context = d->context;

	deadline_init(&d->limit, context->loop, late_cb, d);
	deadline_set(&d->limit, loop_now() + context->conf->timeout_connect);
	d->asking = true;
	d->query = resolve_name(context->resolver, &d->host, NULL, resolved_cb,
	    d);
	d->asking = false;
	if (d->known)
		d->found(d->arg);
}

void
admin_destination_find(struct admin_destination *d)
{
	struct admin_context *context = d->context;
	const struct dialer dialer = dialer_of(context);

	d->verdict = (d->beyond ? permit_beyond : permit_host)(&dialer,
	    &d->host, d->stranger);
	if (d->verdict.reason != DESTINATION_GOES || d->beyond ||
	    d->host.kind != HTTP1_NAME) {
		d->found(d->arg);
		return;
	}
	if (context->resolver == NULL)
		context->resolver = resolver_new(context->loop, context->conf);
	if (context->resolver != NULL) {
		resolve(d);
	} else {
		d->result = RESOLVE_NO_MEMORY;
		d->found(d->arg);
	}
}

void
admin_destination_cancel(struct admin_destination *d)
{
	resolve_cancel(d->query);
	d->query = NULL;
	deadline_free(&d->limit);
}

static json_t *
place_value(const struct conf *conf, const struct destination_verdict *v)
{
	if (v->at.line == 0)
		return json_null();
	return json_sprintf("%s:%u:%u", conf->path, v->at.line, v->at.column);
}

/* Why there are no addresses of a name that may be asked for. */
static const char *
why_none(enum resolve_result result)
{
	switch (result) {
	case RESOLVE_NO_NAME:
		return "the host's name is not known, or has no address";
	case RESOLVE_TIMEOUT:
		return "the resolver did not answer in time";
	case RESOLVE_NO_MEMORY:
		return "out of memory";
	default:
		return "the host's name could not be resolved";
	}
}

/* In place of what is said where nothing denies it; NULL: that is all. */
static const char *
says_more(const struct admin_destination *d)
{
	if (d->verdict.reason != DESTINATION_GOES)
		return NULL;
	if (d->result != RESOLVE_OK)
		return why_none(d->result);
	return d->beyond && d->host.kind == HTTP1_NAME ?
	    "nothing denies it here; the parent resolves it" : NULL;
}

static json_t *
verdict_value(const struct conf *conf, const struct destination_verdict *v)
{
	char text[DESTINATION_TEXT];

	return json_pack("{sb ss so}",
	    "allowed", v->reason == DESTINATION_GOES,
	    "says", destination_say(text, v),
	    "at", place_value(conf, v));
}

static json_t *
addresses_value(const struct admin_destination *d)
{
	json_t *list = json_array(), *one;
	char text[NETWORK_TEXT];
	size_t i;

	for (i = 0; list != NULL && i < d->n; i++) {
		one = verdict_value(d->context->conf, &d->each[i]);
		if (one == NULL || json_object_set_new(one, "address",
		    json_string(network_text(text, &d->each[i].address))) !=
		    0 || json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
admin_destination_value(const struct admin_destination *d)
{
	json_t *value = verdict_value(d->context->conf, &d->verdict);
	const char *says = says_more(d);

	if (value != NULL && says != NULL &&
	    ((d->result != RESOLVE_OK &&
	    json_object_set_new(value, "allowed", json_null()) != 0) ||
	    json_object_set_new(value, "says", json_string(says)) != 0)) {
		json_decref(value);
		return NULL;
	}
	if (value != NULL && json_object_set_new(value, "addresses",
	    addresses_value(d)) != 0) {
		json_decref(value);
		return NULL;
	}
	return value;
}

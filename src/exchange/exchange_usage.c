/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_usage.h"

#include <stdio.h>
#include <string.h>

#include <event2/buffer.h>

#include "base/log.h"
#include "exchange/exchange_state.h"
#include "exchange/relay_codings.h"
#include "hint/refusal_text.h"
#include "hint/usage_ask.h"
#include "hosts/hosts_say.h"
#include "policy/tokens.h"

/* Somebody thinks that it is asked: say that it is not, once a host. */
static void
tell(struct exchange *x, const char *what)
{
	char label[HOSTS_LABEL];

	if (hosts_is_news(x->exchanges->hosts, &x->ticket, HOSTS_NEWS_UNASKED))
		log_info("%s: %s, in spite of ask_usage",
		    hosts_label(label, &x->ticket), what);
}

bool
exchange_usage_ask(struct exchange *x, const struct tokens *tokens,
    const struct http1_head *h, bool json, struct usage_ask *ask)
{
	const char *p;

	/* what is taken out of the answer is taken out of its plain text */
	if (!tokens_asks_usage(tokens, h) || !relay_codings_plain(h))
		return false;
	if (tokens_is_coded(h) ||
	    x->replay.size > x->ticket.rule->retry_body) {
		tell(x, "a request whose body is compressed, or longer than "
		    "retry.body, goes as it came");
		return false;
	}
	if (!json || hosts_keeps_whole(x->exchanges->hosts, &x->ticket))
		return false;
	p = (const char *)evbuffer_pullup(x->replay.bytes, -1);
	if (p == NULL || !usage_ask(p, x->replay.size, ask))
		return false;
	if (tokens_may_change(h))
		return true;
	tell(x, "a request that is signed, or says that its body is to stay "
	    "as it is, goes as it came");
	*ask = (struct usage_ask){ 0 };
	return false;
}

static struct iovec
piece(const char *p, size_t n)
{
	return (struct iovec){ (char *)(uintptr_t)p, n };
}

bool
exchange_usage_frame(struct exchange *x, const struct usage_ask *ask,
    const struct text *tail)
{
	const char *text = ask->text != NULL ? ask->text : "", *p = "";
	size_t n = x->replay.size, all = n - ask->gone + strlen(text);
	char size[20];
	struct iovec v[6];
	int nv = 0;

	if (ask->text == NULL && !x->chunked)
		return true;
	if (n > 0)
		p = (const char *)evbuffer_pullup(x->replay.bytes, -1);
	if (p == NULL)
		return false;
	if (x->chunked && all > 0)
		v[nv++] = piece(size, (size_t)snprintf(size, sizeof size,
		    "%zx\r\n", all));
	v[nv++] = piece(p, ask->at);
	v[nv++] = piece(text, strlen(text));
	v[nv++] = piece(p + ask->at + ask->gone, n - ask->at - ask->gone);
	if (x->chunked && all > 0)
		v[nv++] = piece("\r\n", 2);
	v[nv++] = piece(tail->p, tail->len);
	return memory_replace(x->memory, &x->replay, v, nv);
}

/* Whoever has asked once knows it, and does so no more. */
static void
tell_whole(struct exchange *x)
{
	char label[HOSTS_LABEL];

	hosts_keep_whole(x->exchanges->hosts, &x->ticket);
	if (hosts_is_news(x->exchanges->hosts, &x->ticket, HOSTS_NEWS_WHOLE))
		log_info("%s: a stream came that must not be changed, and "
		    "passes with the event that tells its usage; others are "
		    "not asked for it any more, in spite of ask_usage",
		    hosts_label(label, &x->ticket));
}

void
exchange_usage_answer(struct exchange *x, struct exchange_usage *u,
    const struct http1_head *h, bool read)
{
	bool coded = refusal_coding(h) != REFUSAL_IDENTITY;
	bool whole = !tokens_may_change(h);

	exchange_usage_free(x, u);
	u->cut = (struct usage_cut){ .line = false };
	u->cuts = u->asked && read && !coded && !whole;
	if (u->asked && read && whole)
		tell_whole(x);
	else if (u->asked && read && coded)
		tell(x, "a stream that was to come without coding came in one, "
		    "and passes with the event that tells its usage");
}

void
exchange_usage_cut(struct exchange *x, struct exchange_usage *u,
    const char *p, size_t n, const struct usage_cut_out *out)
{
	size_t before = u->cut.held.size;

	if (p != NULL)
		usage_cut_push(&u->cut, p, n, out);
	else
		usage_cut_end(&u->cut, out);
	if (u->cut.held.size > before)
		memory_add(x->memory, u->cut.held.size - before);
	else if (u->cut.held.size < before)
		memory_sub(x->memory, before - u->cut.held.size);
}

void
exchange_usage_free(struct exchange *x, struct exchange_usage *u)
{
	memory_sub(x->memory, u->cut.held.size);
	usage_cut_free(&u->cut);
}

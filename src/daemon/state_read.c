/* SPDX-License-Identifier: ISC */
#include "daemon/state_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "hosts/state_line.h"

struct record {
	char			*line;
	size_t			 named;		/* bytes of kind and name */
	size_t			 nth;		/* in the file */
};

struct records {
	struct record		*list;
	size_t			 n;
	size_t			 damaged;
};

/* Up to the third word, which is when it was written. */
static size_t
named(const char *line)
{
	size_t n = strcspn(line, " ");

	return line[n] == '\0' ? n : n + 1 + strcspn(line + n + 1, " ");
}

/* By kind and name, and of these the last one first. */
static int
compare(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = memcmp(x->line, y->line, x->named < y->named ? x->named :
	    y->named);

	if (order != 0)
		return order;
	if (x->named != y->named)
		return x->named < y->named ? -1 : 1;
	return x->nth < y->nth ? 1 : -1;
}

static bool
same(const struct record *a, const struct record *b)
{
	return a->named == b->named && memcmp(a->line, b->line, a->named) == 0;
}

static void
add_line(struct records *all, char *line, size_t len)
{
	if (!state_line_check(line, len)) {
		all->damaged++;
		return;
	}
	all->list[all->n] = (struct record){ line, named(line), all->n };
	all->n++;
}

static size_t
count_lines(const char *p, size_t len)
{
	size_t i, n = 1;

	for (i = 0; i < len; i++)
		n += p[i] == '\n';
	return n;
}

/* Keeps the last one of each name. */
static void
keep_last(struct records *all)
{
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		if (n == 0 || !same(&all->list[i], &all->list[n - 1]))
			all->list[n++] = all->list[i];
	all->n = n;
}

/* Returns false without memory. */
static bool
find_records(struct records *all, char *p, size_t len)
{
	const char *end;
	size_t n;

	all->list = calloc(count_lines(p, len), sizeof all->list[0]);
	if (all->list == NULL)
		return false;
	while (len > 0) {
		end = memchr(p, '\n', len);
		n = end != NULL ? (size_t)(end - p) : len;
		add_line(all, p, n);
		n += end != NULL;
		p += n;
		len -= n;
	}
	qsort(all->list, all->n, sizeof all->list[0], compare);
	keep_last(all);
	return true;
}

static void
tell_skipped(const char *from, size_t n, const char *why)
{
	if (n > 0)
		log_warn("%s: %zu record%s skipped: %s", from, n,
		    n == 1 ? " was" : "s were", why);
}

/* What operators have set comes before the hosts that it is of. */
static bool
is_host(const struct record *r)
{
	return strncmp(r->line, "host ", 5) == 0;
}

static void
read_all(struct hosts_reader *r, const struct records *all, bool hosts,
    size_t *read, size_t *skipped, const char **why)
{
	const struct record *one;
	const char *wrong;
	size_t i;

	for (i = 0; i < all->n; i++) {
		one = &all->list[i];
		if (is_host(one) != hosts)
			continue;
		if ((wrong = hosts_state_read(r, one->line)) == NULL) {
			++*read;
			continue;
		}
		*why = wrong;
		++*skipped;
	}
}

void
state_read(struct hosts_reader *r, const char *from, char *text, size_t len)
{
	struct records all = { NULL, 0, 0 };
	size_t read = 0, skipped = 0;
	const char *why = "";

	if (!find_records(&all, text, len)) {
		log_error("%s: out of memory: it is not read",
		    from);
		return;
	}
	read_all(r, &all, false, &read, &skipped, &why);
	read_all(r, &all, true, &read, &skipped, &why);
	tell_skipped(from, all.damaged,
	    "damaged, or not written to the end");
	tell_skipped(from, skipped, why);
	log_info("%s: %zu record%s read", from, read,
	    read == 1 ? "" : "s");
	free(all.list);
}

/* SPDX-License-Identifier: ISC */
#include "admin/metrics_text.h"

#include <string.h>

#define LABELS	4	/* of a sample, at most, without "le" */

/* Numbers */

struct metrics_value
metrics_number(uint64_t n)
{
	return (struct metrics_value){ .value = n };
}

struct metrics_value
metrics_seconds(uint64_t ns)
{
	return (struct metrics_value){ .value = ns, .decimals = 9 };
}

struct metrics_value
metrics_units(int64_t micro)
{
	return (struct metrics_value){
		.value = micro < 0 ? -(uint64_t)micro : (uint64_t)micro,
		.decimals = 6,
		.negative = micro < 0,
	};
}

/* Without zeros at its end, as everybody writes a fraction. */
static void
put_value(struct text *t, struct metrics_value v)
{
	char digits[20];
	size_t n = sizeof digits;

	if (v.negative)
		text_puts(t, "-");
	for (; v.decimals > 0 && v.value % 10 == 0; v.decimals--)
		v.value /= 10;
	if (v.decimals == 0) {
		text_put_number(t, v.value);
		return;
	}
	for (; v.decimals > 0; v.decimals--) {
		digits[--n] = (char)('0' + v.value % 10);
		v.value /= 10;
	}
	text_put_number(t, v.value);
	text_puts(t, ".");
	text_put(t, digits + n, sizeof digits - n);
}

/* Texts */

/* Both formats escape a quote in a label; OpenMetrics does in a help, too. */
static void
put_escaped(struct text *t, const char *s, bool quotes)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			text_puts(t, "\\n");
		else if (*s == '\\' || (*s == '"' && quotes))
			text_put(t, (const char[]){ '\\', *s }, 2);
		else
			text_put(t, s, 1);
	}
}

static void
put_label(struct text *t, const struct metrics_label *l, bool first)
{
	text_puts(t, first ? "{" : ",");
	text_puts(t, l->name);
	text_puts(t, "=\"");
	put_escaped(t, l->value, true);
	text_puts(t, "\"");
}

static void
put_sample(struct text *t, const char *name, const char *suffix,
    const struct metrics_label *labels, struct metrics_value v)
{
	const struct metrics_label *l;

	text_puts(t, name);
	text_puts(t, suffix);
	for (l = labels; l->name != NULL; l++)
		put_label(t, l, l == labels);
	if (l > labels)
		text_puts(t, "}");
	text_puts(t, " ");
	put_value(t, v);
	text_puts(t, "\n");
}

/* Families */

/* In OpenMetrics a family's name is without what its kind adds to a sample's. */
static size_t
family_length(const struct metrics_family *f, bool open)
{
	size_t len = strlen(f->name);

	if (open && f->kind == METRICS_COUNTER)
		return len - strlen("_total");
	if (open && f->kind == METRICS_INFO)
		return len - strlen("_info");
	return len;
}

static const char *
kind_word(enum metrics_kind kind, bool open)
{
	static const char *const words[] = {
		[METRICS_GAUGE] = "gauge",
		[METRICS_COUNTER] = "counter",
		[METRICS_HISTOGRAM] = "histogram",
		[METRICS_INFO] = "info",
	};

	return words[kind == METRICS_INFO && !open ? METRICS_GAUGE : kind];
}

void
metrics_put_family(struct text *t, bool open, const struct metrics_family *f)
{
	size_t len = family_length(f, open);

	text_puts(t, "# HELP ");
	text_put(t, f->name, len);
	text_puts(t, " ");
	put_escaped(t, f->help, open);
	text_puts(t, "\n# TYPE ");
	text_put(t, f->name, len);
	text_puts(t, " ");
	text_puts(t, kind_word(f->kind, open));
	text_puts(t, "\n");
}

void
metrics_put(struct text *t, const struct metrics_family *f,
    const struct metrics_label *labels, struct metrics_value v)
{
	put_sample(t, f->name, "", labels, v);
}

/* OpenMetrics wants a bound to be seen to be no integer. */
static void
put_bound(struct text *t, bool open, uint64_t ns)
{
	put_value(t, metrics_seconds(ns));
	if (open && ns % 1000000000 == 0)
		text_puts(t, ".0");
	text_put(t, "", 1);
}

static void
put_bucket(struct text *t, const struct metrics_family *f,
    const struct metrics_label *labels, const char *bound, uint64_t n)
{
	struct metrics_label all[LABELS + 2] = { { NULL, NULL } };
	size_t i;

	for (i = 0; i < LABELS && labels[i].name != NULL; i++)
		all[i] = labels[i];
	all[i] = (struct metrics_label){ "le", bound };
	put_sample(t, f->name, "_bucket", all, metrics_number(n));
}

void
metrics_put_histogram(struct text *t, bool open,
    const struct metrics_family *f, const struct metrics_label *labels,
    size_t n, const uint64_t *bounds, const uint64_t *buckets, uint64_t sum)
{
	struct text bound = { 0 };
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		count += buckets[i];
		text_reset(&bound);
		put_bound(&bound, open, bounds[i]);
		put_bucket(t, f, labels, bound.failed ? "" : bound.p, count);
	}
	t->failed |= bound.failed;
	text_free(&bound);
	count += buckets[n];
	put_bucket(t, f, labels, "+Inf", count);
	put_sample(t, f->name, "_sum", labels, metrics_seconds(sum));
	put_sample(t, f->name, "_count", labels, metrics_number(count));
}

void
metrics_put_end(struct text *t, bool open)
{
	if (open)
		text_puts(t, "# EOF\n");
}

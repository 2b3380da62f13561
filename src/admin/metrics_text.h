/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_TEXT_H
#define SLUICE_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Metrics as text: Prometheus' text format 0.0.4, or OpenMetrics 1.0.  Pure:
 * who calls it says what there is, family by family.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * https://prometheus.io/docs/specs/om/open_metrics_spec/
 */

#define METRICS_TEXT_TYPE	"text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPEN_TYPE	"application/openmetrics-text; " \
				"version=1.0.0; charset=utf-8"

enum metrics_kind {
	METRICS_GAUGE,
	METRICS_COUNTER,	/* its name ends in "_total" */
	METRICS_HISTOGRAM,
	METRICS_INFO,		/* its name ends in "_info" */
};

struct metrics_family {
	const char		*name;
	enum metrics_kind	 kind;
	const char		*help;
};

/* Those of a sample; the first without a name ends them. */
struct metrics_label {
	const char	*name;
	const char	*value;
};

/* value / 10^decimals: what is counted in ns is told exactly, in seconds. */
struct metrics_value {
	uint64_t	 value;
	unsigned	 decimals;	/* up to 18 */
	bool		 negative;
};

/* Puts what comes before a family's samples. */
void		 metrics_put_family(struct text *, bool open,
		    const struct metrics_family *);
/* Puts a sample of it. */
void		 metrics_put(struct text *, const struct metrics_family *,
		    const struct metrics_label *, struct metrics_value);
/*
 * Puts a histogram's samples: n buckets with their upper bounds (ns), and one
 * more without, each counting what is in it alone; the sum is in ns.
 */
void		 metrics_put_histogram(struct text *, bool open,
		    const struct metrics_family *,
		    const struct metrics_label *, size_t n,
		    const uint64_t *bounds, const uint64_t *buckets,
		    uint64_t sum);
/* Puts what comes behind all of them. */
void		 metrics_put_end(struct text *, bool open);

/* A plain number, one of nanoseconds, and one of micro cost units. */
struct metrics_value metrics_number(uint64_t);
struct metrics_value metrics_seconds(uint64_t ns);
struct metrics_value metrics_units(int64_t micro);

#endif

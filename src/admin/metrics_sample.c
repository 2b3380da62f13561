/* SPDX-License-Identifier: ISC */
#include "admin/metrics_sample.h"

void
metrics_sample_begin(struct metrics_sample *p)
{
	if (!p->at->begun)
		metrics_put_family(p->text, p->open, &p->row->family);
	p->at->begun = true;
}

void
metrics_sample_put(struct metrics_sample *p, const char *label,
    const char *word, struct metrics_value v)
{
	p->labels[1] = (struct metrics_label){ label, word };
	metrics_sample_begin(p);
	metrics_put(p->text, &p->row->family, p->labels, v);
}

void
metrics_sample_once(struct metrics_sample *p, struct metrics_value v)
{
	static const struct metrics_label none[] = { { NULL, NULL } };

	metrics_sample_begin(p);
	metrics_put(p->text, &p->row->family, none, v);
}

const struct metrics_gauges *
metrics_sample_gauges(const struct metrics_sample *p)
{
	return &p->data->gauges[p->at->series];
}

struct metrics_value
metrics_sample_at(const struct metrics_sample *p, uint64_t at)
{
	return metrics_seconds(p->data->wall + at - p->data->now);
}

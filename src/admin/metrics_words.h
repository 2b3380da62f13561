/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_WORDS_H
#define SLUICE_METRICS_WORDS_H

/*
 * What labels say of the counters of base/stats.h: each takes a counter's place
 * in its array, and returns the word for it; NULL where it is not told of.
 */

const char *metrics_refusal_word(unsigned); /* STATS_REFUSALS */
const char *metrics_outcome_word(unsigned); /* STATS_OUTCOMES */
const char *metrics_cause_word(unsigned); /* STATS_CAUSES */
const char *metrics_error_word(unsigned); /* STATS_ERRORS */
const char *metrics_class_word(unsigned); /* STATS_CLASSES */
/* For one thread: the next call changes the word. */
const char *metrics_status_word(unsigned); /* STATS_THROTTLED + 1 */

const char *metrics_direction_word(unsigned); /* STATS_DIRECTIONS */
const char *metrics_decision_word(unsigned); /* STATS_DECISIONS */

#endif

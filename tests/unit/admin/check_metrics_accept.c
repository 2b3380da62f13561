/* SPDX-License-Identifier: ISC */
#include "admin/metrics_accept.h"

#include "check_run.h"

#define OPEN	"application/openmetrics-text"

static const struct {
	const char	*accept;
	bool		 open;
} accepts[] = {
	{ "", false },
	{ "*/*", false },
	{ "text/html,application/xhtml+xml,*/*;q=0.8", false },
	{ "text/plain", false },
	{ "application/*", false },
	{ "application/json", false },
	{ OPEN, true },
	{ "Application/OpenMetrics-Text", true },
	{ OPEN "; version=1.0.0; charset=utf-8", true },
	{ OPEN ";version=0.0.1", false },
	{ OPEN ";version=1.0.0.1", false },
	/* Prometheus 2 and 3 */
	{ OPEN ";version=1.0.0," OPEN ";version=0.0.1;q=0.75,"
	    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true },
	{ OPEN ";version=1.0.0;escaping=allow-utf-8;q=0.5,"
	    OPEN ";version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,"
	    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1", true },
	{ "text/plain;version=0.0.4;q=0.5," OPEN ";version=1.0.0;q=0.4",
	    false },
	{ OPEN ";q=0", false },
	{ OPEN ";q=0.0, text/plain;q=0.1", false },
	{ OPEN ";q=0.001", true },
	{ OPEN ";q=0.301, text/plain;q=0.3", true },
	{ OPEN ";q=0.3, text/plain;q=0.301", false },
	{ OPEN ";q=0.3, text/plain;q=0.300", false },
	{ OPEN ", */*", true },
	{ OPEN ";q=0.5, */*", false },
	/* whatever is closest counts, not whatever comes first */
	{ "*/*, text/plain;q=0.1, " OPEN ";q=0.2", true },
	{ OPEN ";a=\"x,text/plain;q=1\";q=0.4, text/plain;q=0.3", true },
	{ OPEN ";a=\"", true },
	{ ",,;, " OPEN " ;  q=1.000 ,", true },
	{ OPEN ";q=", true },
	{ OPEN "x", false },
};

START_TEST(accept)
{
	ck_assert_msg(metrics_accept_open(accepts[_i].accept) ==
	    accepts[_i].open, "%s", accepts[_i].accept);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("metrics_accept");
	TCase *tc = tcase_create("accept");

	suite_add_tcase(suite, tc);
	ROWS(tc, accept, accepts);
	return run_suite(suite);
}

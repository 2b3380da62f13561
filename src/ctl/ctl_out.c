/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_out.h"

#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"

int
ctl_out(const struct ctl *c, int status, json_t *answer,
    void (*print)(const struct ctl *, const json_t *))
{
	if (status == CTL_DONE && !c->json)
		print(c, answer);
	else if (status == CTL_DONE && !ctl_print_json(answer))
		status = ctl_fail(c, CTL_FAILED, "out of memory");
	json_decref(answer);
	return status;
}

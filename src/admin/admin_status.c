/* SPDX-License-Identifier: ISC */
#include "admin/admin_status.h"

#include <string.h>

#include "admin/admin_answer.h"
#include "admin/openapi_file.h"

static void
answer_word(struct admin_request *r, int status, const char *word)
{
	admin_answer_text(r, status, "text/plain; charset=utf-8", word,
	    strlen(word));
}

void
admin_healthz(struct admin_request *r)
{
	answer_word(r, 200, "ok\n");
}

void
admin_readyz(struct admin_request *r)
{
	if (r->context->draining)
		answer_word(r, 503, "draining\n");
	else
		answer_word(r, 200, "ready\n");
}

void
admin_openapi(struct admin_request *r)
{
	admin_answer_text(r, 200, "application/yaml",
	    (const char *)openapi_file, openapi_file_len);
}

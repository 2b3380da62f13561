/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_continue.h"

#include <stdint.h>
#include <sys/uio.h>

#include "exchange/exchange_state.h"
#include "front/front.h"

void
exchange_continue(struct exchange *x)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec v = {
		.iov_base = (char *)(uintptr_t)go_on,
		.iov_len = sizeof go_on - 1,
	};

	front_send(x->downstream, &v, 1);
	x->expect = false;
	x->continued = true;
}

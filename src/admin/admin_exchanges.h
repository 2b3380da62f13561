/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EXCHANGES_H
#define SLUICE_ADMIN_EXCHANGES_H

/* GET /v1/exchanges: the requests that ended last. */

struct admin_request;

void	 admin_exchanges(struct admin_request *);

#endif

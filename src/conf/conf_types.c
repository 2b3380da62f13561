/* SPDX-License-Identifier: ISC */
#include "conf/conf_types.h"

#include "conf/conf_addresses.h"
#include "conf/conf_admin.h"
#include "conf/conf_body.h"
#include "conf/conf_budgets.h"
#include "conf/conf_cost.h"
#include "conf/conf_destinations.h"
#include "conf/conf_fair.h"
#include "conf/conf_limits.h"
#include "conf/conf_methods.h"
#include "conf/conf_networks.h"
#include "conf/conf_parent.h"
#include "conf/conf_path.h"
#include "conf/conf_pause.h"
#include "conf/conf_presets.h"
#include "conf/conf_rule.h"
#include "conf/conf_same.h"
#include "conf/conf_scalar.h"
#include "conf/conf_store.h"
#include "conf/conf_total.h"
#include "conf/conf_upgrade.h"

/* Words in the order of their enumerations. */

static const char *const level_names[] = {
	"error", "warn", "info", "debug", NULL,
};

static const char *const format_names[] = {
	"text", "json", NULL,
};

static const char *const https_names[] = {
	"tunnel", "upstream", "intercept", NULL,
};

static const char *const hold_names[] = {
	"close", "connect", NULL,
};

static const char *const learn_names[] = {
	"off", "pause", "shape", "estimate", "auto", NULL,
};

static const char *const budget_learn_names[] = {
	"off", "p90", NULL,
};

static const char *const budget_format_names[] = {
	"sse", "none", NULL,
};

static const char *const rule_mode_names[] = {
	"enforce", "observe", NULL,
};

static const char *const without_names[] = {
	"auto", "hold", "share", "open", NULL,
};

static const char *const share_names[] = {
	"off", "quarter", "third", "half", NULL,
};

const struct conf_type conf_types[] = {
	[CONF_SECTION] = {
		.section = true,
		.read = conf_walk_section,
	},
	[CONF_DEFAULTS] = {
		.section = true,
		.read = conf_rule_defaults,
	},
	[CONF_HOSTS] = {
		.section = true,
		.read = conf_rule_hosts,
	},
	[CONF_CONTROL] = {
		.section = true,
		.read = conf_admin_load,
		.print = conf_admin_print,
	},
	[CONF_RATES] = {
		.read = conf_limits_rates,
	},
	[CONF_COSTS] = {
		.read = conf_cost_load,
	},
	[CONF_PATHS] = {
		.read = conf_path_load,
	},
	[CONF_BUDGETS] = {
		.read = conf_budgets_load,
	},
	[CONF_BUDGET_INPUT] = {
		.noun = "bytes/4, or keys with dots between them such as "
		    "meta.tokens",
		.scalar = true,
		.read = conf_budgets_input,
	},
	[CONF_JSON_PATHS] = {
		.noun = "keys with dots between them such as "
		    "usage.total_tokens, or a list, ",
		.read = conf_budgets_paths,
	},
	[CONF_BUDGET_LEARN] = {
		.scalar = true,
		.choices = budget_learn_names,
		.read = conf_scalar_choice,
	},
	[CONF_BUDGET_TOTAL] = {
		.read = conf_total_rates,
	},
	[CONF_BUDGET_FORMAT] = {
		.scalar = true,
		.choices = budget_format_names,
		.read = conf_scalar_choice,
	},
	[CONF_WEIGHTS] = {
		.read = conf_fair_later,
	},
	[CONF_PAUSE_STATUSES] = {
		.noun = "a list of statuses, ",
		.read = conf_pause_statuses,
	},
	[CONF_BODIES] = {
		.read = conf_body_load,
	},
	[CONF_DELAY] = {
		.noun = "keys with dots between them such as "
		    "error.details.*.retryDelay",
		.read = conf_body_delay,
	},
	[CONF_LISTEN] = {
		.noun = "an address and port such as 127.0.0.1:3128, "
		    "[::1]:3128 or unix:/run/sluice.sock",
		.alone = true,
		.none = "none",
		.read = conf_addresses_load,
		.print = conf_addresses_print,
	},
	[CONF_RESOLVER] = {
		.noun = "system, or addresses such as 192.0.2.53 or "
		    "[2001:db8::53]:53",
		.alone = true,
		.none = "system",
		.read = conf_addresses_load,
		.print = conf_addresses_print,
	},
	[CONF_NETWORKS] = {
		.noun = "addresses and networks such as 192.0.2.1, "
		    "192.0.2.0/24 or 2001:db8::/32, ",
		.none = "none",
		.read = conf_networks_load,
		.print = conf_networks_print,
	},
	[CONF_DESTINATION_LIST] = {
		.noun = "metadata, link-local, own, loopback or private, an "
		    "address or network such as 10.2.0.0/16, or a host such "
		    "as *.example.com, ",
		.none = "none",
		.read = conf_destinations_list,
		.print = conf_destinations_print_list,
	},
	[CONF_DESTINATION_PORTS] = {
		.noun = "ports and ranges such as 443 or 1024-65535, ",
		.none = "none",
		.read = conf_destinations_ports,
		.print = conf_destinations_print_ports,
	},
	[CONF_DURATION] = {
		.noun = "a duration in ms, s, m, h or d, from ",
		.scalar = true,
		.read = conf_scalar_number,
		.print = conf_scalar_print_duration,
	},
	[CONF_DURATION_OFF] = {
		.noun = "off or a duration in ms, s, m, h or d, from ",
		.scalar = true,
		.read = conf_scalar_number_off,
		.print = conf_scalar_print_duration_off,
	},
	[CONF_SIZE] = {
		.noun = "a size in bytes, KiB, MiB or GiB, from ",
		.scalar = true,
		.read = conf_scalar_number,
		.print = conf_scalar_print_size,
	},
	[CONF_INTEGER] = {
		.noun = "a whole number from ",
		.scalar = true,
		.read = conf_scalar_number,
		.print = conf_scalar_print_integer,
	},
	[CONF_INTEGER_OFF] = {
		.noun = "off or a whole number from ",
		.scalar = true,
		.read = conf_scalar_number_off,
		.print = conf_scalar_print_integer_off,
	},
	[CONF_INTEGER32] = {
		.noun = "a whole number from ",
		.scalar = true,
		.read = conf_scalar_integer32,
	},
	[CONF_UNITS] = {
		.noun = "a number from ",
		.scalar = true,
		.read = conf_scalar_number,
	},
	[CONF_BOOLEAN] = {
		.noun = "true or false",
		.scalar = true,
		.read = conf_scalar_boolean,
		.print = conf_scalar_print_boolean,
	},
	[CONF_LEVEL] = {
		.scalar = true,
		.choices = level_names,
		.read = conf_scalar_choice,
		.print = conf_scalar_print_choice,
	},
	[CONF_FORMAT] = {
		.scalar = true,
		.choices = format_names,
		.read = conf_scalar_choice,
		.print = conf_scalar_print_choice,
	},
	[CONF_HTTPS] = {
		.scalar = true,
		.choices = https_names,
		.read = conf_scalar_choice,
	},
	[CONF_HOLD] = {
		.scalar = true,
		.choices = hold_names,
		.read = conf_scalar_choice,
	},
	[CONF_LEARN] = {
		.scalar = true,
		.choices = learn_names,
		.read = conf_scalar_choice,
	},
	[CONF_RULE_MODE] = {
		.scalar = true,
		.choices = rule_mode_names,
		.read = conf_scalar_choice,
	},
	[CONF_WITHOUT] = {
		.scalar = true,
		.choices = without_names,
		.read = conf_scalar_choice,
	},
	[CONF_PERCENT] = {
		.noun = "a percentage such as 10%, ",
		.scalar = true,
		.read = conf_scalar_percent,
	},
	[CONF_SHARE] = {
		.scalar = true,
		.choices = share_names,
		.read = conf_scalar_choice,
		.print = conf_scalar_print_choice,
	},
	[CONF_ACCESS_LOG] = {
		.scalar = true,
		.none = "off",
		.read = conf_scalar_access,
		.print = conf_scalar_print_text,
	},
	[CONF_DIAGNOSTICS] = {
		.scalar = true,
		.none = "stderr",
		.read = conf_scalar_diagnostics,
		.print = conf_scalar_print_text,
	},
	[CONF_TOKEN] = {
		.noun = "a name such as proxy-1, ",
		.scalar = true,
		.none = "none",
		.read = conf_scalar_token,
		.print = conf_scalar_print_text,
	},
	[CONF_SHARED] = {
		.section = true,
		.read = conf_store_read,
		.print = conf_store_print,
	},
	[CONF_STORE_URL] = {
		.noun = "a URL such as redis://10.0.0.5:6379/0",
		.alone = true,
		.scalar = true,
		.read = conf_store_url,
	},
	[CONF_SENTINELS] = {
		.noun = "a host and port such as 10.0.0.6:26379 or a list, ",
		.read = conf_store_sentinels,
	},
	[CONF_WORKERS] = {
		.noun = "auto or a whole number from ",
		.scalar = true,
		.read = conf_scalar_workers,
		.print = conf_scalar_print_workers,
	},
	[CONF_ADDRESS] = {
		.noun = "an address and port such as 127.0.0.1:3128, "
		    "[::1]:3128 or unix:/run/sluice.sock",
		.scalar = true,
		.read = conf_addresses_one,
	},
	[CONF_FILE] = {
		.noun = "the path of a PEM file",
		.scalar = true,
		.none = "none",
		.read = conf_scalar_file,
		.print = conf_scalar_print_text,
	},
	[CONF_USERS_FILE] = {
		.noun = "the path of a file that htpasswd -B has made",
		.scalar = true,
		.none = "none",
		.read = conf_scalar_file,
		.print = conf_scalar_print_text,
	},
	[CONF_STATE_FILE] = {
		.noun = "an absolute path such as /var/lib/sluice/state, ",
		.scalar = true,
		.none = "none",
		.read = conf_scalar_state,
		.print = conf_scalar_print_text,
	},
	[CONF_SOCKET] = {
		.noun = "an absolute path such as /run/sluice/admin.sock, ",
		.scalar = true,
		.none = "the default",
		.read = conf_admin_socket,
		.print = conf_scalar_print_text,
	},
	[CONF_MODE] = {
		.noun = "permissions such as 0660, ",
		.scalar = true,
		.read = conf_admin_mode,
		.print = conf_admin_print_mode,
	},
	[CONF_WEB_HOSTS] = {
		.noun = "a host such as sluice.example.com or a list, ",
		.read = conf_admin_hosts,
	},
	[CONF_TRUST] = {
		.scalar = true,
		.none = "system",
		.read = conf_scalar_trust,
		.print = conf_scalar_print_text,
	},
	[CONF_HOST_TRUST] = {
		.scalar = true,
		.read = conf_scalar_host_trust,
	},
	[CONF_STATUSES] = {
		.noun = "a list of statuses, ",
		.read = conf_scalar_statuses,
	},
	[CONF_PAUSE_AFTER] = {
		.noun = "off or a duration in ms, s, m, h or d, from ",
		.scalar = true,
		.read = conf_pause_after,
	},
	[CONF_BODY_STATUSES] = {
		.noun = "a status or a list, ",
		.read = conf_body_statuses,
	},
	[CONF_BODY_PATH] = {
		.scalar = true,
		.read = conf_body_path,
	},
	[CONF_BODY_TEXTS_IN] = {
		.noun = "a text or a list, ",
		.read = conf_body_texts,
	},
	[CONF_JSON] = {
		.noun = "keys with dots between them such as "
		    "error.details.*.retryDelay",
		.scalar = true,
		.read = conf_body_json,
	},
	[CONF_TEXT_IN] = {
		.noun = "a text",
		.scalar = true,
		.read = conf_body_text,
	},
	[CONF_RETRY_METHODS] = {
		.noun = "a list of ",
		.read = conf_methods_retry,
	},
	[CONF_COST_METHODS] = {
		.noun = "a method or a list, ",
		.read = conf_methods_cost,
	},
	[CONF_UPGRADES] = {
		.noun = "a protocol or a list, ",
		.read = conf_upgrades,
	},
	[CONF_SAME] = {
		.noun = "a host or a list, ",
		.read = conf_same,
	},
	[CONF_COST_PATH] = {
		.noun = "a path pattern such as /search",
		.scalar = true,
		.read = conf_cost_path,
	},
	[CONF_COST_HEADER] = {
		.noun = "a field such as ",
		.scalar = true,
		.read = conf_cost_header,
	},
	[CONF_PER] = {
		.scalar = true,
		.read = conf_fair_key,
	},
	[CONF_PER_TOTAL] = {
		.read = conf_total,
	},
	[CONF_FAIR_BY] = {
		.scalar = true,
		.read = conf_fair_key,
	},
	[CONF_PROXY] = {
		.read = conf_parent_read,
		.print = conf_parent_print,
	},
	[CONF_PRESET] = {
		.noun = "auto, off or the name of a preset such as github",
		.alone = true,
		.scalar = true,
		.read = conf_presets_word,
	},
	[CONF_PROXY_URL] = {
		.noun = "a URL such as http://proxy.example:3128",
		.scalar = true,
		.read = conf_parent_url,
	},
	[CONF_PASSWORD_FILE] = {
		.noun = "the path of a file",
		.scalar = true,
		.read = conf_scalar_file,
	},
};

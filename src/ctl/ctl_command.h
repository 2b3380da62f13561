/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_COMMAND_H
#define SLUICE_CTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl_exit.h"
#include "ctl/ctl_loader.h"

/*
 * What a command is, and a run of one.  The table of them (ctl.c) is read by
 * the command line, the help, the completion, and the test of the man page.
 */

#define CTL_ARGUMENTS	3	/* of a command, at most */

/* What stands in an argument or behind an option: completion offers it. */
enum ctl_kind {
	CTL_NOTHING,		/* a text of the user's own */
	CTL_HOST,		/* a throttle's key: the daemon is asked */
	CTL_MATCH,		/* what is in some: the same */
	CTL_PRESET,		/* its name: the directory of them is read */
	CTL_FILE,
	CTL_TIME,		/* "30s": checked before the daemon is asked */
	CTL_COUNT,		/* a number from 1 to 1000: the same */
	CTL_NUMBER,		/* a whole number: the same */
	CTL_SETTING,		/* "capacity=5": a choice, and a value */
	CTL_CHOICE,		/* one of the choices: the same */
};

struct ctl_operand {
	const char	*name;		/* as help shows it, "HOST" */
	enum ctl_kind	 kind;
	bool		 optional;
	const char	*choices;	/* words with spaces between; or NULL */
};

struct ctl_option {
	char		 letter;	/* 0: none */
	const char	*name;		/* "reason", for --reason */
	const char	*value;		/* as help shows it; NULL: a flag */
	enum ctl_kind	 kind;		/* of the value */
	const char	*choices;
	const char	*help;		/* a line, without a full stop */
};

struct ctl;

struct ctl_command {
	const char	*name;
	const char	*help;		/* a line, without a full stop */
	struct ctl_operand operands[CTL_ARGUMENTS + 1];
	bool		 more;		/* the last operand may come again */
	bool		 verbatim;	/* options behind one are not ours */
	/* Its own, ended by one without a name; or NULL. */
	const struct ctl_option *options;
	unsigned	 patience;	/* s to wait for an answer; 0: the
					   default */
	int		 (*run)(struct ctl *);
};

/* An option that was given. */
struct ctl_given {
	const struct ctl_option	*option;
	const char		*value;		/* NULL: a flag */
};

/* A run; all of it belongs to whoever parsed the command line. */
struct ctl {
	const struct ctl_loader	*loader;
	const struct ctl_command *commands;	/* ended by a NULL name */
	const struct ctl_option	*common;	/* options of each command */
	const struct ctl_command *command;
	const char		**args;		/* without the command */
	unsigned		 nargs;
	struct ctl_given	*given;
	unsigned		 ngiven;
	/* Out of the options of each command. */
	const char		*socket;	/* or NULL */
	const char		*file;		/* or NULL */
	bool			 json;
	bool			 help;
	uint64_t		 timeout;	/* ns, for an answer */
};

#endif

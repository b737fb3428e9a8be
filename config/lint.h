/*
 * lint.h - what is allowed in a configuration and hardly meant: rules that can
 * never decide, what anybody may claim to be, groups that nobody is in.
 * Warnings alone, and none that is not certain.
 */
#ifndef CONFIG_LINT_H
#define CONFIG_LINT_H

struct config;
struct diag;
struct snapshot;

/* <s>: as built from <c>. */
void lint_rules(
    const struct config *c, const struct snapshot *s, struct diag *d);

/* Groups that cannot be reached, and pupils and staff under one policy. */
void lint_groups(const struct config *c, struct diag *d);

#endif

/* check_rules.h - what rules name of the rest of the configuration. */
#ifndef CONFIG_CHECK_RULES_H
#define CONFIG_CHECK_RULES_H

struct config;
struct diag;

/* Groups that rules name have to be there, and somebody has to say who a user
 * is. For build.c, once each rule by itself is right. */
void check_rules(const struct config *c, struct diag *d);

#endif

/* rule_impl.h - the parts of a rule's parser; for rule*.c alone. */
#ifndef FILTERS_RULE_IMPL_H
#define FILTERS_RULE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/near.h"
#include "base/str.h"
#include "filters/rule.h"

struct rule_parser {
	const struct rule_context *ctx;
	struct str text;
	size_t at;      /* what is read next */
	size_t trouble; /* where an error is, once one was met */
	struct err *err;
};

/* Where <part>, a slice of the text, stands in it. */
static inline size_t
rule_place(const struct rule_parser *p, struct str part)
{
	return (size_t)(part.p - p->text.p);
}

int rule_no_memory(struct rule_parser *p); /* -1 */
/* "unknown <what> "x"; did you mean "y"?", or ": <else>"; -1 */
int rule_unknown(struct rule_parser *p, const char *what,
    const struct near *near, const char *otherwise);
/* Copies in the arena; NULL: no memory, which is said. */
void *rule_keep(struct rule_parser *p, const void *what, size_t n);

bool rule_is_token(struct str s); /* RFC 9110 5.6.2 */

/* What stands behind "category:" and so on, into <t>; -1 with the trouble
 * said. */
typedef int rule_value(struct rule_parser *p, struct str value, struct term *t);
rule_value rule_read_category, rule_read_list, rule_read_host, rule_read_url,
    rule_read_regex, rule_read_port, rule_read_method;
rule_value rule_read_during, rule_read_group, rule_read_user, rule_read_search,
    rule_read_severity, rule_read_header, rule_read_text, rule_read_referer,
    rule_read_visibility, rule_read_type, rule_read_ext, rule_read_size;

#endif

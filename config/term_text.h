/* term_text.h - where terms stand in the text of a rule. */
#ifndef CONFIG_TERM_TEXT_H
#define CONFIG_TERM_TEXT_H

#include "base/str.h"

/* Where the term ends that begins at <at>; what is in quotes or between the
 * slashes of a pattern belongs to it. */
size_t term_text_end(struct str rule, size_t at);

/* Term number <i> of a rule that was understood, "!" and all: a slice of it. */
struct str term_text(struct str rule, unsigned i);

#endif

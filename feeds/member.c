/* member.c - which names inside an archive become files. */
#include "feeds/member.h"

static bool
has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ||
		    s.p[i] == '\\')
			return true;
	return false;
}

enum member
member_judge(struct str name, struct str *clean)
{
	enum member found = MEMBER_TAKE;
	struct str rest, part;
	unsigned depth = 0;

	while (str_starts(name, STR("./")))
		name = str_sub(name, 2, name.n);
	*clean = rest = name;
	if (name.n == 0 || name.n > MEMBER_NAME || name.p[0] == '/' ||
	    has_controls(name))
		return MEMBER_BAD;
	while (str_next(&rest, '/', &part)) {
		if (part.n == 0 || part.n > MEMBER_PART ||
		    str_eq(part, STR("..")) || str_eq(part, STR(".")) ||
		    ++depth > MEMBER_DEPTH)
			return MEMBER_BAD;
		if (part.p[0] == '.' || str_eq(part, STR("__MACOSX")))
			found = MEMBER_SKIP;
	}
	return name.p[name.n - 1] == '/' ? MEMBER_BAD : found;
}

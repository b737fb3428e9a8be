/* source_recognise.c - which format does a text have? */
#include "lists/source.h"
#include "lists/source_reader.h"

/* Does <s> look like "0.0.0.0 name"? */
static bool
looks_like_hosts(struct str s)
{
	char room[NAME_ROOM];
	struct name n;
	size_t blank = 0;

	while (blank < s.n && s.p[blank] != ' ' && s.p[blank] != '\t')
		blank++;
	return blank < s.n &&
	       name_from_text(str_sub(s, 0, blank), room, &n) == NAME_OK &&
	       name_is_address(n);
}

static bool
is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* Does <s> look like a host with a path (and not like a network)? */
static bool
looks_like_url(struct str s)
{
	struct source_parts parts;

	return !source_parts(s, &parts) && parts.rest.n > 1 &&
	       !is_digits(str_sub(parts.rest, 1, parts.rest.n));
}

static struct str
base_name(struct str file)
{
	for (size_t i = file.n; i > 0; i--)
		if (file.p[i - 1] == '/')
			return str_sub(file, i, file.n);
	return file;
}

enum list_format
source_recognise(struct str head, struct str file)
{
	struct str name = base_name(file), line;
	unsigned lines = 0, hosts = 0, urls = 0;

	if (str_eq(name, STR("domains")))
		return LIST_DOMAINS;
	if (str_eq(name, STR("urls")))
		return LIST_URLS;
	/* the last line may be cut short where the head is */
	while (str_next(&head, '\n', &line)) {
		struct str s = source_content(line);

		if (s.n == 0 || (!head.p && lines))
			continue;
		lines++;
		hosts += looks_like_hosts(s);
		urls += looks_like_url(s);
	}
	if (hosts * 2 > lines)
		return LIST_HOSTS;
	return urls ? LIST_URLS : LIST_DOMAINS;
}

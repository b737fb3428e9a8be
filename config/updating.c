/* updating.c - lists that are fetched. */
#include "config/updating.h"

#include <limits.h>
#include <unistd.h>

#include "config/config.h"
#include "config/diag.h"
#include "feeds/place.h"
#include "feeds/state.h"
#include "feeds/update.h"

bool
updating_is_digest(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdefABCDEF", s.p[i]))
			return false;
	return s.n == 64;
}

static void
check_transport(const struct config_list *l, struct diag *d)
{
	if (feed_url_is_http(l->update.url) && !l->insecure && !l->sign_key.n &&
	    !updating_is_digest(l->sha256))
		diag_error(d, &l->where,
		    "[list %.*s]: anybody on the way can change what comes by "
		    "http://; use https://, or give sha256 or sign-key, or set "
		    "insecure = on",
		    STR_ARG(l->name));
	if (feed_url_is_http(l->sha256) && !l->insecure && !l->sign_key.n)
		diag_error(d, &l->where,
		    "[list %.*s]: a sha256 that comes by http:// proves "
		    "nothing",
		    STR_ARG(l->name));
}

void
check_feed(const struct config_list *l, bool sound, struct diag *d)
{
	bool plain = feed_url_path(l->sha256).n && l->sha256.p[0] != '/';

	if (l->update.url.n == 0) {
		if (sound && l->given.n == 0)
			diag_error(d, &l->where,
			    "[list %.*s] has neither a source nor an update",
			    STR_ARG(l->name));
		if (sound && (l->sha256.n || l->sign_key.n))
			diag_error(d, &l->where,
			    "[list %.*s]: sha256 and sign-key are of what "
			    "update fetches, and there is no update",
			    STR_ARG(l->name));
		return;
	}
	if (l->sha256.n && !updating_is_digest(l->sha256) && plain)
		diag_error(d, &l->where,
		    "[list %.*s]: sha256 is 64 hex digits, or an address or "
		    "an absolute path where they stand",
		    STR_ARG(l->name));
	check_transport(l, d);
}

void
updating_find_one(struct config *c, struct config_list *l)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct feed_state s;

	l->unfetched = false;
	if (!place_folder(folder, c->state_dir, l->name))
		return;
	feed_state_load(folder, &s);
	if (s.current.name[0] && place_version(path, folder, s.current.name)) {
		l->source = arena_str(&c->arena, str_of(path));
		if (s.current.accepted)
			l->max_change = CONFIG_ANY_CHANGE;
		return;
	}
	if (l->given.n)
		return;
	l->unfetched = true;
	place_version(path, folder, "not-fetched-yet");
	l->source = arena_str(&c->arena, str_of(path));
}

void
updating_find(struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->list.n; i++) {
		struct config_list *l = &c->list.v[i];

		if (l->update.url.n == 0)
			continue;
		updating_find_one(c, l);
		if (l->unfetched)
			diag_warn(d, &l->where,
			    "list %.*s has never been fetched; suzgi lists "
			    "update %.*s does so",
			    STR_ARG(l->name), STR_ARG(l->name));
	}
}

struct feed
updating_feed(const struct config *c, const struct config_list *l)
{
	return (struct feed){
	    .name = l->name,
	    .state_dir = c->state_dir,
	    .plan = l->update,
	    .sha256 = l->sha256,
	    .sign_key = l->sign_key,
	    .ca_file = l->ca_file,
	    .max_size = l->max_size,
	    .timeout_s = l->timeout_s,
	    .insecure = l->insecure,
	};
}

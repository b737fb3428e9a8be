/* prove.c - is a new image of the lists fit to take the old one's place? */
#include "config/prove.h"

#include "base/buf.h"
#include "base/sys/clock.h"
#include "config/accepted.h"
#include "config/build.h"
#include "config/config.h"
#include "config/corpus.h"
#include "config/diag.h"
#include "config/expect.h"
#include "config/overblock.h"
#include "filters/snapshot.h"
#include "lists/image.h"

#define SITES_SHOWN 10 /* of those that would be blocked */
#define RULE_SHOWN  60 /* bytes of the rule that does it */

static void
lent(void *arg)
{
	(void)arg; /* the image is its owner's still */
}

static struct build_image
lend(struct bytes image)
{
	return (struct build_image){image, lent, NULL};
}

static void
drop(struct snapshot *s)
{
	if (s && snapshot_unref(s))
		snapshot_free(s);
}

/* An argument of a command, fit to be copied into a shell. */
static void
add_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789-_./=:,%+@";
	bool quote = word[strspn(word, plain)] != '\0' || !word[0];

	buf_add_char(b, ' ');
	if (quote)
		buf_add_char(b, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_add_str(b, STR("'\\''"));
		else
			buf_add_char(b, *word);
	if (quote)
		buf_add_char(b, '\'');
}

static void
add_option(struct buf *b, const char *option, const char *value)
{
	if (!value)
		return;
	add_word(b, option);
	add_word(b, value);
}

/* What an admin types to accept this, with the options that we run by. */
static void
add_command(struct buf *b, const struct config_paths *at)
{
	buf_add_str(b, STR("suzgi lists build --accept"));
	add_option(b, "-c", at->file);
	add_option(b, "--state", at->state);
	add_option(b, "--data", at->data);
	for (unsigned i = 0; at->set && at->set[i]; i++)
		add_option(b, "--set", at->set[i]);
	buf_add_char(b, '\0');
}

/* Those that were accepted before are no news. */
static void
leave_out_accepted(struct overblock *o, const struct accepted *journal)
{
	unsigned n = 0;

	for (unsigned i = 0; i < o->n; i++)
		if (!accepted_has(journal, o->v[i].list, o->v[i].site->text))
			o->v[n++] = o->v[i];
	o->n = n;
}

/* Those of lists that a person takes as they are come first; how many. */
static unsigned
accepted_first(struct overblock *o, const struct config_watch *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < o->n; i++) {
		struct overblock_finding f = o->v[i];

		if (!config_watch_accepts(w, f.list))
			continue;
		o->v[i] = o->v[n];
		o->v[n++] = f;
	}
	return n;
}

/* " (suzgi.conf:31 block = category:adult)"; a default has no line. */
static void
add_rule(struct buf *b, const struct overblock_finding *f)
{
	bool cut = f->rule.n > RULE_SHOWN;

	buf_addf(b, " (%.*s", STR_ARG(f->rule_file));
	if (f->rule_line)
		buf_addf(b, ":%u", f->rule_line);
	buf_addf(b, " %.*s%s)", cut ? RULE_SHOWN : (int)f->rule.n, f->rule.p,
	    cut ? " ..." : "");
}

/* A policy that blocks all that it does not name means to: that the known good
 * sites are not named there is no news, unless they once were. */
static void
leave_out_closed(struct overblock *o)
{
	unsigned n = 0;

	for (unsigned i = 0; i < o->n; i++) {
		const struct overblock_finding *f = &o->v[i];

		if (f->rule_line && !str_ends(f->rule, STR("= any")))
			o->v[n++] = *f;
	}
	o->n = n;
}

enum told { TOLD_HELD = 0, TOLD_ACCEPTED, TOLD_WARNED };

static void
say_site(struct diag *d, const struct overblock_finding *f, enum told told)
{
	struct where at = {f->file, f->line, 0};
	const struct corpus_site *s = f->site;
	const char *would = told == TOLD_HELD       ? "would newly be"
	                    : told == TOLD_ACCEPTED ? "accepted: is newly"
	                                            : "is";
	struct buf b = BUF_EMPTY;

	buf_addf(&b, "%.*s (%.*s%s%.*s) %s %s", STR_ARG(s->text),
	    STR_ARG(s->kind), s->language.n ? ", " : "", STR_ARG(s->language),
	    would, f->action == ACTION_WARN ? "warned of" : "blocked");
	if (f->list.n)
		buf_addf(&b, ", by \"%.*s\" of list %.*s", STR_ARG(f->entry),
		    STR_ARG(f->list));
	if (f->rule.n)
		add_rule(&b, f);
	(told == TOLD_HELD ? diag_error : diag_warn)(
	    d, f->file.n ? &at : NULL, "%.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void
say_sites(const struct proof *p, const struct overblock *o, enum told told)
{
	struct buf b = BUF_EMPTY;
	unsigned n = o->n;

	for (unsigned i = 0; i < n && i < SITES_SHOWN; i++)
		say_site(p->d, &o->v[i], told);
	add_command(&b, p->at);
	if (told == TOLD_HELD)
		diag_error(p->d, NULL,
		    "lists held: %u site%s that must not be blocked would "
		    "be%s; those of before stay in force. If it is meant: %s",
		    n, n == 1 ? "" : "s",
		    n > SITES_SHOWN ? ", not all shown" : "",
		    b.p ? b.p : "suzgi lists build --accept");
	else if (n > SITES_SHOWN)
		diag_warn(p->d, NULL,
		    "%u sites that must not be blocked are; not all are shown "
		    "(suzgi lists diff)",
		    n);
	buf_fini(&b);
}

/* <before> NULL: there is nothing that one could go on with. */
static bool
compare(const struct proof *p, struct snapshot *before, struct snapshot *now,
    struct accepted *journal)
{
	const struct config_watch *w = p->at->watch;
	enum told told = before && p->c->over_block == OVER_BLOCK_HOLD
	                     ? TOLD_HELD
	                     : TOLD_WARNED;
	struct overblock o, taken;
	struct corpus sites;
	bool ok;

	if (p->c->over_block == OVER_BLOCK_OFF)
		return true;
	if (corpus_read(&sites, p->c, p->d) < 0)
		return false;
	if (overblock_find(&o, &sites, p->c, before, now) < 0) {
		diag_error(p->d, NULL, "out of memory");
		corpus_fini(&sites);
		return false;
	}
	leave_out_accepted(&o, journal);
	if (!before)
		leave_out_closed(&o);
	taken = o;
	taken.n = accepted_first(&o, w);
	if (taken.n) {
		say_sites(p, &taken, TOLD_ACCEPTED);
		accepted_add_sites(journal, w->who, &taken);
	}
	ok = o.n == taken.n || told != TOLD_HELD;
	if (o.n > taken.n)
		say_sites(p,
		    &(struct overblock){.v = o.v + taken.n, .n = o.n - taken.n},
		    told);
	overblock_fini(&o);
	corpus_fini(&sites);
	return ok;
}

/* What is doubtful is said once, when the snapshot is built for good. */
static bool
expected(const struct proof *p, const struct snapshot *now)
{
	return p->at->or_in_place ||
	       expect_hold(p->c, now, clock_wall_ms() / 1000, false, p->d);
}

/* Did they before? Lists that are still to come may be needed for it. */
static bool
expected_quietly(const struct proof *p, const struct snapshot *before)
{
	struct diag quiet = {.report = NULL};

	return expect_hold(p->c, before, clock_wall_ms() / 1000, false, &quiet);
}

/* The lists of before under these rules, which may name what is new. */
static struct snapshot *
snapshot_before(
    const struct proof *p, struct bytes old, const struct image *known)
{
	const struct build_parts parts = {.image = lend(old),
	    .known = known,
	    .generation = p->generation,
	    .quiet = true};
	struct diag quiet = {.report = NULL};

	return old.p ? build_snapshot_of(p->c, &parts, &quiet) : NULL;
}

bool
prove_image(
    void *arg, struct bytes image, struct bytes old, struct accepted *journal)
{
	const struct proof *p = arg;
	const struct build_parts parts = {
	    .image = lend(image), .generation = p->generation, .quiet = true};
	struct snapshot *now, *before;
	struct image known;
	bool fit;

	now = build_snapshot_of(p->c, &parts, p->d);
	if (!now || image_view(&known, image, NULL) < 0) {
		drop(now);
		return false;
	}
	before = snapshot_before(p, old, &known);
	fit = expected(p, now) && compare(p, before, now, journal);
	drop(before);
	drop(now);
	return fit;
}

bool
prove_addition(
    void *arg, struct bytes image, struct bytes old, struct accepted *journal)
{
	const struct proof *p = arg;
	const struct build_parts parts = {.image = lend(image),
	    .more = old.p ? lend(old) : (struct build_image){.drop = NULL},
	    .generation = p->generation,
	    .quiet = true};
	struct diag quiet = {.report = NULL};
	struct snapshot *now, *before;
	struct image known;
	bool fit;

	/* rules may name lists that come with it, or later */
	now = build_snapshot_of(p->c, &parts, &quiet);
	if (!now || image_view(&known, image, NULL) < 0) {
		drop(now);
		return true;
	}
	before = snapshot_before(p, old, &known);
	fit = (!before || !expected_quietly(p, before) || expected(p, now)) &&
	      compare(p, before, now, journal);
	drop(before);
	drop(now);
	return fit;
}

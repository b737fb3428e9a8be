/* journal_test.c - the file of overrides, however it is cut and bent. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "config/journal.h"

static char folder[] = "/tmp/journal-test-XXXXXX";
static char path[64];

static void
id_of(unsigned n, char out[OVERRIDE_ID])
{
	snprintf(out, OVERRIDE_ID, "01KAR2Q0P7C8ZJ2M6T5W%06u", n);
}

static struct journal_line
make(unsigned n, enum action action)
{
	struct journal_line l = {.act = JOURNAL_ADD,
	    .o = {.action = action,
	        .scope = OVERRIDE_SITE,
	        .who = OVERRIDE_GROUP,
	        .subject = STR("kids.test"),
	        .group = STR("pupils"),
	        .from = 1000,
	        .until = 4000,
	        .reason = STR("lesson"),
	        .author = STR("aigerim")},
	    .at = 1000};

	id_of(n, l.o.id);
	return l;
}

static struct journal_line
make_end(unsigned n)
{
	struct journal_line l = {
	    .act = JOURNAL_END, .o = {.author = STR("dana")}, .at = 2000};

	id_of(n, l.o.id);
	return l;
}

struct heard {
	unsigned n, errors, last;
};

static void
hear(void *arg, bool error, unsigned line, const char *text)
{
	struct heard *h = arg;

	assert_non_null(text);
	h->n++;
	h->errors += error;
	h->last = line;
}

static void
fresh(void)
{
	char old[80];

	unlink(path);
	snprintf(old, sizeof(old), "%s.1", path);
	unlink(old);
}

static struct str
text_of(struct buf *b)
{
	b->n = 0;
	assert_int_equal(file_read(path, JOURNAL_MAX, b, NULL), 0);
	return buf_str(b);
}

/* ------------------------------------------------------------------- lines */

static void
same(const struct journal_line *a, const struct journal_line *b)
{
	assert_int_equal(a->act, b->act);
	assert_string_equal(a->o.id, b->o.id);
	assert_int_equal(a->at, b->at);
	assert_true(str_eq(a->o.author, b->o.author));
	if (a->act == JOURNAL_END)
		return;
	assert_int_equal(a->o.action, b->o.action);
	assert_int_equal(a->o.scope, b->o.scope);
	assert_int_equal(a->o.who, b->o.who);
	assert_true(str_eq(a->o.subject, b->o.subject));
	assert_true(str_eq(a->o.group, b->o.group));
	assert_true(str_eq(a->o.user, b->o.user));
	assert_memory_equal(a->o.client, b->o.client, 16);
	assert_int_equal(a->o.from, b->o.from);
	assert_int_equal(a->o.until, b->o.until);
	assert_true(str_eq(a->o.reason, b->o.reason));
}

/* Write it, read it, and no other way. */
static void
round_trip(const struct journal_line *l)
{
	struct buf b = BUF_EMPTY;
	struct journal_line back;
	struct arena a;
	const char *why;
	struct str line;

	arena_init(&a, 0);
	journal_line_write(&b, l);
	assert_false(b.failed);
	line = str_sub(buf_str(&b), 0, b.n - 1);
	if (!journal_line_read(&a, line, &back, &why))
		fail_msg("%.*s: %s", STR_ARG(line), why);
	same(l, &back);
	for (size_t i = 0; i < line.n; i++)
		assert_false(
		    journal_line_read(&a, str_sub(line, 0, i), &back, &why));
	for (size_t i = 0; i < line.n * 8; i++) {
		b.p[i / 8] ^= (char)(1u << i % 8);
		if (journal_line_read(&a, line, &back, &why))
			fail_msg("bit %zu flipped was not seen", i);
		b.p[i / 8] ^= (char)(1u << i % 8);
	}
	arena_fini(&a);
	buf_fini(&b);
}

static void
a_line_is_read_as_written_and_damage_is_seen(void **state)
{
	static const struct {
		enum override_scope scope;
		const char *subject;
	} subjects[] = {
	    {OVERRIDE_HOST, "a.test"},
	    {OVERRIDE_SITE, "a.test"},
	    {OVERRIDE_HOST, "192.0.2.1"},
	    {OVERRIDE_HOST, "2001:db8::1"},
	    {OVERRIDE_URL, "2001:db8::1/x"},
	    {OVERRIDE_URL, "a.test/a/b%20c?d=e&f"},
	    {OVERRIDE_URL, "a.test/?q"},
	    {OVERRIDE_HOST, "xn--bcher-kva.test"},
	};
	static const char *const texts[] = {"", "x", "\"quoted\" \\ <b>",
	    "\xd1\x83\xd1\x80\xd0\xbe\xd0\xba", "two\nlines\ttab",
	    "\xff\xfe no text",
	    "\xe2\x80\xae"
	    "bidi",
	    "\xf0\x9f\x98\x80",
	    "\xf3\xa0\x81\x81"
	    "tag"};
	struct journal_line l;

	(void)state;
	for (unsigned i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
		l = make(1, ACTION_BLOCK);
		l.o.scope = subjects[i].scope;
		l.o.subject = str_of(subjects[i].subject);
		round_trip(&l);
	}
	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		l = make(2, ACTION_ALLOW);
		l.o.reason = l.o.author = str_of(texts[i]);
		round_trip(&l);
		l = make_end(2);
		l.o.author = str_of(texts[i]);
		round_trip(&l);
	}
	l = make(3, ACTION_ALLOW);
	l.o.who = OVERRIDE_ALL;
	l.o.group = STR_NONE;
	l.o.until = 0;
	round_trip(&l);
	l.o.who = OVERRIDE_ONE;
	l.o.user = STR("ivan@SCHOOL.TEST");
	round_trip(&l);
	l.o.user = STR_NONE;
	l.o.client[10] = l.o.client[11] = 0xff;
	l.o.client[12] = 10;
	l.o.client[15] = 7;
	round_trip(&l);
	l.o.client[0] = 0x20;
	round_trip(&l);
}

static void
what_makes_no_sense_is_no_line(void **state)
{
	struct {
		const char *what;
		struct journal_line l;
	} rows[12];
	static char longer[OVERRIDE_REASON_MAX + 1];
	unsigned n = 0;
	struct arena a;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	for (unsigned i = 0; i < 12; i++)
		rows[i].l = make(i, ACTION_ALLOW);
	rows[n].what = "ends before it begins";
	rows[n++].l.o.until = 999;
	rows[n].what = "ends when it begins";
	rows[n++].l.o.until = 1000;
	rows[n].what = "upper case";
	rows[n++].l.o.subject = STR("Kids.test");
	rows[n].what = "a scheme";
	rows[n++].l.o.subject = STR("http://kids.test");
	rows[n].what = "a port";
	rows[n++].l.o.subject = STR("kids.test:80");
	rows[n].what = "a dot behind";
	rows[n++].l.o.subject = STR("kids.test.");
	rows[n].what = "no subject";
	rows[n++].l.o.subject = STR("");
	rows[n].what = "a host that is none";
	rows[n++].l.o.subject = STR("kids test");
	rows[n].what = "a path in a site";
	rows[n++].l.o.subject = STR("kids.test/a");
	rows[n].what = "a group without a name";
	rows[n++].l.o.group = STR("");
	rows[n].what = "too long a reason";
	rows[n++].l.o.reason = str_make(longer, sizeof(longer));
	rows[n].what = "an id that is none";
	rows[n++].l.o.id[3] = 'U';
	assert_int_equal(n, 12);
	arena_init(&a, 0);
	for (unsigned i = 0; i < n; i++) {
		struct buf b = BUF_EMPTY;
		struct journal_line back;
		const char *why;

		journal_line_write(&b, &rows[i].l);
		if (journal_line_read(
		        &a, str_sub(buf_str(&b), 0, b.n - 1), &back, &why))
			fail_msg("%s was taken", rows[i].what);
		buf_fini(&b);
	}
	arena_fini(&a);
}

/* ---------------------------------------------------------------- subjects */

static void
subjects_are_canonical(void **state)
{
	static const struct {
		const char *text;
		bool site;
		int scope; /* -1: refused */
		const char *subject;
	} rows[] = {
	    {"Kids.TEST", false, OVERRIDE_HOST, "kids.test"},
	    {"kids.test.", false, OVERRIDE_HOST, "kids.test"},
	    {"http://kids.test", false, OVERRIDE_HOST, "kids.test"},
	    {"https://kids.test/", false, OVERRIDE_HOST, "kids.test"},
	    {"kids.test:8080", false, OVERRIDE_HOST, "kids.test"},
	    {"kids.test", true, OVERRIDE_SITE, "kids.test"},
	    {"b\xc3\xbc"
	     "cher.test",
	        true, OVERRIDE_SITE, "xn--bcher-kva.test"},
	    {"kids.test/a/../b", false, OVERRIDE_URL, "kids.test/b"},
	    {"kids.test/./", false, OVERRIDE_HOST, "kids.test"},
	    {"kids.test/%41?x=1", false, OVERRIDE_URL, "kids.test/A?x=1"},
	    {"kids.test/?x=1#frag", false, OVERRIDE_URL, "kids.test/?x=1"},
	    {"0x7f.1", true, OVERRIDE_HOST, "127.0.0.1"},
	    {"[2001:DB8::1]", false, OVERRIDE_HOST, "2001:db8::1"},
	    {"2001:db8::1", false, OVERRIDE_HOST, "2001:db8::1"},
	    {"http://[2001:db8::1]:80/x", false, OVERRIDE_URL, "2001:db8::1/x"},
	    {"kids.test/a", true, -1, NULL},
	    {"", false, -1, NULL},
	    {"ftp://kids.test", false, -1, NULL},
	    {"user@kids.test", false, -1, NULL},
	    {"a b", false, -1, NULL},
	    {"*.kids.test", false, -1, NULL},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct override o = {0}, again = {0};
		struct err err = {.code = ERR_NONE};
		struct arena a;
		int rc;

		arena_init(&a, 0);
		rc = journal_subject(
		    &a, str_of(rows[i].text), rows[i].site, &o, &err);
		if (rows[i].scope < 0) {
			assert_int_equal(rc, -1);
			assert_true(err.text[0]);
		} else if (rc < 0 || (int)o.scope != rows[i].scope ||
		           !str_eq(o.subject, str_of(rows[i].subject))) {
			fail_msg("%s: %d %.*s (%s)", rows[i].text, rc,
			    STR_ARG(o.subject), err.text);
		} else {
			assert_int_equal(
			    journal_subject(&a, o.subject,
			        o.scope == OVERRIDE_SITE, &again, &err),
			    0);
			assert_true(str_eq(again.subject, o.subject));
			assert_int_equal(again.scope, o.scope);
		}
		arena_fini(&a);
	}
}

/* -------------------------------------------------------------------- file */

static void
append(struct journal_line l)
{
	struct err err;

	if (journal_append(path, &l, &err) < 0)
		fail_msg("%s", err.text);
}

static void
what_was_added_holds_until_it_ends(void **state)
{
	struct journal j;
	struct heard h = {0};

	(void)state;
	fresh();
	assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
	assert_int_equal(j.n, 0);
	journal_fini(&j);
	append(make(1, ACTION_ALLOW));
	append(make(2, ACTION_BLOCK));
	append(make_end(1));
	append(make_end(1));
	assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
	assert_int_equal(h.n, 0);
	assert_int_equal(j.n, 2);
	assert_int_equal(j.v[0].ended, 2000);
	assert_true(str_eq(j.v[0].ended_by, STR("dana")));
	assert_false(journal_holds(&j.v[0], 1500));
	assert_false(journal_holds(&j.v[1], 999));
	assert_true(journal_holds(&j.v[1], 1000));
	assert_true(journal_holds(&j.v[1], 3999));
	assert_false(journal_holds(&j.v[1], 4000));
	assert_true(journal_holds(&j.v[1], 1000)); /* a clock set back */
	journal_fini(&j);
}

static void
every_prefix_of_the_file_is_what_was_acknowledged(void **state)
{
	struct buf b = BUF_EMPTY;
	struct str text;
	unsigned whole = 0;

	(void)state;
	fresh();
	for (unsigned i = 0; i < 6; i++)
		append(make(i, i % 2 ? ACTION_BLOCK : ACTION_ALLOW));
	append(make_end(3));
	text = text_of(&b);
	for (size_t n = 0; n <= text.n; n++) {
		struct heard h = {0};
		struct journal j;
		bool complete = n < text.n && text.p[n] == '\n';
		bool clean = n == 0 || text.p[n - 1] == '\n';

		if (n && clean)
			whole++;
		assert_int_equal(
		    journal_parse(&j, str_sub(text, 0, n), hear, &h), 0);
		assert_int_equal(j.damaged, 0);
		assert_int_equal(j.torn, !clean && !complete);
		assert_int_equal(h.n, j.torn);
		assert_int_equal(
		    j.n, whole + complete > 6 ? 6 : whole + complete);
		journal_fini(&j);
	}
	assert_int_equal(whole, 7);
	buf_fini(&b);
}

static void
a_torn_end_is_cut_off_by_the_next_line(void **state)
{
	struct buf whole = BUF_EMPTY, b = BUF_EMPTY;
	struct str text;

	(void)state;
	fresh();
	append(make(1, ACTION_ALLOW));
	append(make(2, ACTION_BLOCK));
	text = text_of(&whole);
	for (size_t n = 0; n <= text.n; n++) {
		struct journal j;
		struct heard h = {0};

		assert_int_equal(
		    file_replace(path, str_sub(text, 0, n), 0600, NULL), 0);
		append(make(3, ACTION_BLOCK));
		assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
		assert_int_equal(h.n, 0);
		assert_int_equal(j.torn, 0);
		assert_true(str_eq(str_of(j.v[j.n - 1].o.id),
		    STR("01KAR2Q0P7C8ZJ2M6T5W000003")));
		text_of(&b);
		assert_int_equal(b.p[b.n - 1], '\n');
		journal_fini(&j);
	}
	buf_fini(&whole);
	buf_fini(&b);
}

static void
damaged_lines_are_skipped_counted_and_told(void **state)
{
	static const struct {
		unsigned line; /* which of three is bent */
		bool error;
	} rows[] = {{0, false}, {1, true}, {2, true}};
	struct buf whole = BUF_EMPTY;
	struct str text;

	(void)state;
	fresh();
	append(make(1, ACTION_ALLOW));
	append(make(2, ACTION_BLOCK));
	append(make_end(1));
	text = text_of(&whole);
	for (unsigned i = 0; i < 3; i++) {
		size_t at = 0;
		struct heard h = {0};
		struct journal j;

		for (unsigned k = 0; k < rows[i].line; k++)
			at = str_find(text, '\n', at) + 1;
		whole.p[at + 40] ^= 1; /* in the id */
		assert_int_equal(journal_parse(&j, text, hear, &h), 0);
		assert_int_equal(j.damaged, i == 0 ? 2 : 1);
		assert_int_equal(h.n, j.damaged);
		/* without its add an end makes no sense either */
		assert_int_equal(h.errors, i == 0 ? 1 : rows[i].error);
		assert_int_equal(j.n, i == 2 ? 2 : 1);
		journal_fini(&j);
		whole.p[at + 40] ^= 1;
	}
	buf_fini(&whole);
}

static void
rubbish_is_told_not_fatal(void **state)
{
	static const char *const texts[] = {"\n", "\n\n\n", "{}\n", "x\n",
	    "{\"v\":2,\"act\":\"add\"}\n", "\xff\xff\n", "{\"v\":1\n"};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct heard h = {0};
		struct journal j;

		assert_int_equal(
		    journal_parse(&j, str_of(texts[i]), hear, &h), 0);
		assert_int_equal(j.n, 0);
		assert_true(h.errors > 0);
		journal_fini(&j);
	}
}

static void
an_id_counts_once(void **state)
{
	struct heard h = {0};
	struct journal j;

	(void)state;
	fresh();
	append(make(1, ACTION_BLOCK));
	append(make(1, ACTION_ALLOW));
	assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
	assert_int_equal(j.n, 1);
	assert_int_equal(j.v[0].o.action, ACTION_BLOCK);
	assert_int_equal(j.damaged, 1);
	journal_fini(&j);
}

static void
many_are_compacted_and_the_living_stay(void **state)
{
	unsigned n = JOURNAL_COMPACT;
	char old[80];
	struct buf b = BUF_EMPTY;
	struct journal j;
	struct heard h = {0};
	struct journal_line l;
	struct stat s;

	(void)state;
	fresh();
	for (unsigned i = 0; i < n; i++) {
		l = make(i, i % 100 ? ACTION_ALLOW : ACTION_BLOCK);
		l.o.until = i % 100 ? 2000 : 0;
		journal_line_write(&b, &l);
	}
	assert_int_equal(file_replace(path, buf_str(&b), 0600, NULL), 0);
	l = make(n, ACTION_BLOCK);
	l.at = 2000 + JOURNAL_KEEP_S - 1;
	l.o.until = 0;
	append(l); /* what is past is kept for a while */
	assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
	assert_int_equal(j.n, n + 1);
	journal_fini(&j);
	l = make(n + 1, ACTION_BLOCK);
	l.at = 2000 + JOURNAL_KEEP_S;
	l.o.until = 0;
	append(l);
	assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
	assert_int_equal(h.n, 0);
	assert_int_equal(j.n, n / 100 + 2);
	for (unsigned i = 0; i < j.n; i++)
		assert_int_equal(j.v[i].o.action, ACTION_BLOCK);
	journal_fini(&j);
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(stat(old, &s), 0);
	assert_int_equal(journal_read(&j, old, hear, &h, NULL), 0);
	assert_int_equal(j.n, n + 2);
	journal_fini(&j);
	buf_fini(&b);
}

/* Many at once, each killed at a moment of chance: what was acknowledged is
 * there, and nothing is damaged. */
static void
killed_writers_leave_what_was_acknowledged(void **state)
{
	int told[2];
	unsigned acked = 0;
	bool seen[400] = {false};
	struct journal j;
	struct heard h = {0};

	(void)state;
	fresh();
	assert_int_equal(pipe(told), 0);
	for (unsigned k = 0; k < 8; k++) {
		pid_t pid[4];

		for (unsigned p = 0; p < 4; p++) {
			pid[p] = fork();
			assert_true(pid[p] >= 0);
			for (unsigned i = 0; pid[p] == 0; i++) {
				uint16_t no = (uint16_t)(k * 48 + p * 12 + i);
				struct journal_line l = make(no, ACTION_BLOCK);

				if (i == 12 ||
				    journal_append(path, &l, NULL) < 0 ||
				    write(told[1], &no, 2) != 2)
					_exit(0);
			}
		}
		usleep(1000 * k); /* where in its work is of no matter */
		for (unsigned p = 0; p < 4; p++) {
			kill(pid[p], SIGKILL);
			assert_int_equal(waitpid(pid[p], NULL, 0), pid[p]);
		}
	}
	close(told[1]);
	for (uint16_t no; read(told[0], &no, 2) == 2; acked++)
		seen[no] = true;
	close(told[0]);
	append(make(399, ACTION_BLOCK));
	assert_int_equal(journal_read(&j, path, hear, &h, NULL), 0);
	assert_int_equal(h.n, 0);
	assert_true(j.n > acked);
	for (unsigned i = 0; i < 399; i++) {
		char id[OVERRIDE_ID];

		id_of(i, id);
		if (seen[i])
			assert_non_null(journal_find(&j, str_of(id)));
	}
	journal_fini(&j);
}

/* A disk that is full at any byte: an error, and the file is as it was. */
static void
a_full_disk_changes_nothing(void **state)
{
	struct buf before = BUF_EMPTY, after = BUF_EMPTY;
	struct rlimit was;

	(void)state;
	fresh();
	append(make(1, ACTION_BLOCK));
	text_of(&before);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	for (size_t room = 0; room < 200; room += 7) {
		struct rlimit small = {before.n + room, was.rlim_max};
		struct journal_line l = make(2, ACTION_BLOCK);
		struct err err;
		int rc;

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		rc = journal_append(path, &l, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		assert_int_equal(rc, -1);
		text_of(&after);
		assert_true(str_eq(buf_str(&before), buf_str(&after)));
	}
	append(make(2, ACTION_BLOCK));
	buf_fini(&before);
	buf_fini(&after);
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	struct journal_stamp stamp;
	struct journal j;
	struct err err = {.code = ERR_NONE};

	(void)state;
	fresh();
	assert_false(journal_stamp(path, &stamp));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(journal_read(&j, path, hear, NULL, &err), -1);
	assert_true(err.text[0]);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	assert_int_equal(journal_read(&j, path, hear, NULL, &err), -1);
	assert_int_equal(journal_append(path,
	                     &(struct journal_line){.act = JOURNAL_END}, &err),
	    -1);
	unlink(path);
}

static int
enter(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/%s", folder, JOURNAL_FILE);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fresh();
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_read_as_written_and_damage_is_seen),
	    cmocka_unit_test(what_makes_no_sense_is_no_line),
	    cmocka_unit_test(subjects_are_canonical),
	    cmocka_unit_test(what_was_added_holds_until_it_ends),
	    cmocka_unit_test(every_prefix_of_the_file_is_what_was_acknowledged),
	    cmocka_unit_test(a_torn_end_is_cut_off_by_the_next_line),
	    cmocka_unit_test(damaged_lines_are_skipped_counted_and_told),
	    cmocka_unit_test(rubbish_is_told_not_fatal),
	    cmocka_unit_test(an_id_counts_once),
	    cmocka_unit_test(many_are_compacted_and_the_living_stay),
	    cmocka_unit_test(killed_writers_leave_what_was_acknowledged),
	    cmocka_unit_test(a_full_disk_changes_nothing),
	    cmocka_unit_test(what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}

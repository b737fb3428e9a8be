/*
 * share_test.c - lists through a real Redis: what is published is followed,
 * and whatever is wrong with it leaves the follower with what it has.
 */
#include "proxy/share.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/sys/file.h"
#include "lists/delta.h"
#include "proxy/share_meta.h"
#include "proxy/sitekey.h"
#include "tests/unit/lists/build.h"
#include "tests/unit/proxy/redis_server.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct kit k; /* the publisher's folder is the test's */
static struct server server;
static struct config follower;
static char follower_dir[96], key_path[128], image_path[128];
/* small; over one chunk; the same with another seed and a few entries less and
 * more */
static struct buf images[3];

static struct buf
build_with_seed(const struct build_source *src, uint64_t seed)
{
	struct compile *c = build_feed(src, 1, SIZE_MAX, seed);
	struct buf out = BUF_EMPTY;
	struct err err;

	assert_int_equal(compile_finish(c, &out, &err), 0);
	compile_free(c);
	return out;
}

static void
make_images(void)
{
	struct build_source small = {"l", "c", LIST_DOMAINS, STR("bad.test\n")};
	struct build_source large = {"l", "c", LIST_DOMAINS, STR_NONE};
	struct buf text = BUF_EMPTY;

	for (unsigned i = 0; i < 40000; i++)
		buf_addf(&text, "name-number-%u.of-a-zone-%u.test\n", i, i % 7);
	large.text = buf_str(&text);
	images[0] = build(&small, 1);
	images[1] = build(&large, 1);
	buf_addf(&text, "one-more.test\nyet-another.test/x\n192.0.2.0/24\n");
	large.text = str_sub(buf_str(&text), 100, text.n);
	images[2] = build_with_seed(&large, 2);
	buf_fini(&text);
	assert_true(images[1].n > 2 * SHARE_CHUNK);
}

static void
put_image(const struct buf *b)
{
	struct err err;

	if (file_replace(image_path, buf_str(b), 0600, &err) < 0)
		fail_msg("%s", err.text);
}

static void
begin(void)
{
	struct err err;

	kit_init(&k);
	server = (struct server){0};
	server_start(&server, k.dir);
	make_images();
	snprintf(key_path, sizeof(key_path), "%s/key", k.dir);
	snprintf(image_path, sizeof(image_path), "%s/lists.image", k.dir);
	snprintf(follower_dir, sizeof(follower_dir), "%s/follower", k.dir);
	assert_int_equal(mkdir(follower_dir, 0700), 0);
	assert_int_equal(
	    file_replace(key_path, STR("a key that both gateways have, 32+"),
	        0600, &err),
	    0);
	k.config.redis_url = str_of(server.unix_url);
	k.config.redis_key_file = str_of(key_path);
	k.config.redis_role = REDIS_PUBLISH;
	follower = k.config;
	follower.redis_url = str_of(server.tcp_url);
	follower.redis_role = REDIS_FOLLOW;
	follower.state_dir = str_of(follower_dir);
}

static void
end(void)
{
	server_kill(&server);
	buf_fini(&images[0]);
	buf_fini(&images[1]);
	buf_fini(&images[2]);
	kit_fini(&k);
}

static uint64_t
publish(unsigned i)
{
	uint64_t gen = 0;
	struct err err = {0};

	put_image(&images[i]);
	if (share_publish(&k.config, image_path, &gen, &err) < 0)
		fail_msg("%s", err.text);
	return gen;
}

/* Is the file at <path> the image <i>? */
static bool
is_image(const char *path, unsigned i)
{
	struct bytes b;
	struct err err;
	bool same;

	assert_int_equal(file_map(path, &b, &err), 0);
	same = b.n == images[i].n && memcmp(b.p, images[i].p, b.n) == 0;
	file_unmap(b);
	return same;
}

static enum share_news
poll_from(uint64_t current, struct share_image *out, struct err *err)
{
	*err = (struct err){0};
	return share_poll(&follower, current, out, err);
}

/* Nothing half-done lies about. */
static unsigned
files_in(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void
what_is_published_is_followed(void **state)
{
	struct share_image out = {0}, kept = {0};
	struct err err;
	uint64_t gen, next;

	(void)state;
	NEEDS_REDIS();
	begin();
	assert_int_equal(poll_from(0, &out, &err), SHARE_NONE);
	assert_false(share_kept(&follower, &kept, &err));
	for (unsigned i = 0; i < 2; i++) {
		gen = publish(i);
		if (poll_from(0, &out, &err) != SHARE_NEW)
			fail_msg("%s", err.text);
		assert_int_equal(out.generation, gen);
		assert_true(is_image(out.path, i));
		assert_int_equal(files_in(follower_dir), 2);
		assert_true(share_kept(&follower, &kept, &err));
		assert_int_equal(kept.generation, gen);
		assert_string_equal(kept.path, out.path);
		/* it is the one in force: nothing more to do */
		assert_int_equal(poll_from(gen, &out, &err), SHARE_NONE);
	}
	/* the same once more is no news */
	next = publish(1);
	assert_int_equal(next, gen);
	/* another is, and its number is higher within the same second too */
	next = publish(0);
	assert_true(next > gen);
	assert_int_equal(poll_from(gen, &out, &err), SHARE_NEW);
	assert_true(is_image(out.path, 0));
	end();
}

static long
number(const char *words)
{
	char out[256];

	server_do(&server, words, out);
	return strtol(out, NULL, 10);
}

static void
the_former_generation_expires_and_the_present_does_not(void **state)
{
	char words[128];
	uint64_t old, gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	old = publish(0);
	gen = publish(1);
	snprintf(words, sizeof(words), "TTL fw:{list:%llu}:c",
	    (unsigned long long)old);
	assert_in_range(number(words), 172000, 172800);
	snprintf(words, sizeof(words), "TTL fw:{list:%llu}:meta",
	    (unsigned long long)old);
	assert_in_range(number(words), 172000, 172800);
	snprintf(words, sizeof(words), "TTL fw:{list:%llu}:c",
	    (unsigned long long)gen);
	assert_int_equal(number(words), -1);
	snprintf(words, sizeof(words), "TTL fw:{list:%llu}:meta",
	    (unsigned long long)gen);
	assert_int_equal(number(words), -1);
	assert_int_equal(number("TTL fw:gen"), -1);
	end();
}

/* What somebody does to Redis after publication; %G the generation. */
static const struct {
	const char *rule, *act[3];
} harms[] = {
    {"a chunk is missing", {"HDEL fw:{list:%G}:c 1"}},
    {"the last chunk is missing", {"HDEL fw:{list:%G}:c 2"}},
    {"a chunk is short", {"HSET fw:{list:%G}:c 0 short"}},
    {"all chunks are missing", {"DEL fw:{list:%G}:c"}},
    {"chunks are of the wrong type",
        {"DEL fw:{list:%G}:c", "SET fw:{list:%G}:c x"}},
    {"meta is missing", {"DEL fw:{list:%G}:meta"}},
    {"meta is of the wrong type",
        {"DEL fw:{list:%G}:meta", "LPUSH fw:{list:%G}:meta x"}},
    {"no MAC", {"HDEL fw:{list:%G}:meta mac"}},
    {"a wrong MAC",
        {"HSET fw:{list:%G}:meta mac "
         "0000000000000000000000000000000000000000000000000000000000000000"}},
    {"a wrong digest",
        {"HSET fw:{list:%G}:meta sha256 "
         "0000000000000000000000000000000000000000000000000000000000000000"}},
    {"another size", {"HSET fw:{list:%G}:meta bytes 1000"}},
    {"a size over the bound", {"HSET fw:{list:%G}:meta bytes 1073741825"}},
    {"a size with a sign", {"HSET fw:{list:%G}:meta bytes -1"}},
    {"another number of chunks", {"HSET fw:{list:%G}:meta chunks 1"}},
    {"another format", {"HSET fw:{list:%G}:meta format 2"}},
    {"a generation nobody signed", {"HSET fw:gen lists 9007199254740992"}},
    {"a generation that is none", {"HSET fw:gen lists x"}},
    {"a generation beyond 2^53", {"HSET fw:gen lists 9007199254740993"}},
    {"the signed meta under another number",
        {"RENAME fw:{list:%G}:meta fw:{list:9000000000000000}:meta",
            "RENAME fw:{list:%G}:c fw:{list:9000000000000000}:c",
            "HSET fw:gen lists 9000000000000000"}},
    {"gen is of the wrong type", {"DEL fw:gen", "SET fw:gen 99999999999"}},
};

static void
harm(const char *act, uint64_t gen)
{
	char words[256], out[256];
	const char *at = strstr(act, "%G");

	if (at)
		snprintf(words, sizeof(words), "%.*s%llu%s", (int)(at - act),
		    act, (unsigned long long)gen, at + 2);
	else
		snprintf(words, sizeof(words), "%s", act);
	server_do(&server, words, out);
}

static void
whatever_is_wrong_the_old_stays(void **state)
{
	struct share_image out, kept;
	struct err err;
	uint64_t old, gen;
	char dump[256];

	(void)state;
	NEEDS_REDIS();
	begin();
	for (unsigned i = 0; i < LEN(harms); i++) {
		server_do(&server, "FLUSHALL", dump);
		old = publish(0);
		assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
		gen = publish(1);
		for (unsigned a = 0; a < 3 && harms[i].act[a]; a++)
			harm(harms[i].act[a], gen);
		if (poll_from(old, &out, &err) != SHARE_FAILED)
			fail_msg("%s: followed", harms[i].rule);
		assert_int_not_equal(err.code, ERR_NONE);
		assert_int_not_equal(err.text[0], '\0');
		assert_true(share_kept(&follower, &kept, &err));
		assert_int_equal(kept.generation, old);
		assert_true(is_image(kept.path, 0));
		assert_int_equal(files_in(follower_dir), 2);
	}
	end();
}

/* Chunk 0 in the place of chunk 1: of the right size, and not it. */
static void
a_chunk_in_the_place_of_another_is_refused(void **state)
{
	struct share_image out;
	struct bytes args[4];
	struct resp_reply reply;
	struct redis_sync *r;
	struct buf chunk = BUF_EMPTY;
	struct err err;
	char name[64];

	(void)state;
	NEEDS_REDIS();
	begin();
	snprintf(name, sizeof(name), "fw:{list:%llu}:c",
	    (unsigned long long)publish(1));
	args[1] = (struct bytes){(const uint8_t *)name, strlen(name)};
	r = redis_sync_open(k.config.redis_url, 5000, &err);
	assert_non_null(r);
	args[0] = (struct bytes){(const uint8_t *)"HGET", 4};
	args[2] = (struct bytes){(const uint8_t *)"0", 1};
	assert_int_equal(redis_sync_ask(r, args, 3, &reply, &err), 0);
	assert_int_equal(reply.text.n, SHARE_CHUNK);
	buf_add(&chunk, reply.text.p, reply.text.n);
	args[0] = (struct bytes){(const uint8_t *)"HSET", 4};
	args[2] = (struct bytes){(const uint8_t *)"1", 1};
	args[3] = (struct bytes){(const uint8_t *)chunk.p, chunk.n};
	assert_int_equal(redis_sync_ask(r, args, 4, &reply, &err), 0);
	redis_sync_close(r);
	buf_fini(&chunk);
	assert_int_equal(poll_from(0, &out, &err), SHARE_FAILED);
	assert_int_equal(files_in(follower_dir), 0);
	end();
}

static void
a_lower_generation_and_an_empty_redis_change_nothing(void **state)
{
	struct share_image out = {0};
	struct err err;
	uint64_t gen;
	char dump[256];

	(void)state;
	NEEDS_REDIS();
	begin();
	gen = publish(1);
	assert_int_equal(poll_from(gen + 5, &out, &err), SHARE_NONE);
	assert_int_equal(poll_from(gen, &out, &err), SHARE_NONE);
	server_do(&server, "FLUSHALL", dump);
	assert_int_equal(poll_from(gen, &out, &err), SHARE_NONE);
	assert_int_equal(out.generation, 0);
	/* the publisher writes over what makes no sense */
	server_do(&server, "HSET fw:gen lists nonsense", dump);
	gen = publish(0);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	server_do(&server, "HSET fw:gen lists 9007199254740992", dump);
	assert_true(publish(1) < 9007199254740992u);
	end();
}

/* A chunk lost its place in the memory: publishing again puts it back. */
static void
a_damaged_publication_is_published_anew(void **state)
{
	struct share_image out = {0};
	struct err err;
	uint64_t gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	gen = publish(1);
	harm("HDEL fw:{list:%G}:c 1", gen);
	assert_int_equal(poll_from(0, &out, &err), SHARE_FAILED);
	assert_true(publish(1) > gen);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	end();
}

/* Signed by who has the key, but not what it is said to be. */
static void
a_signed_image_that_is_none_is_refused(void **state)
{
	struct share_image out;
	struct share_meta m = {.generation = 7, .bytes = 5, .chunks = 1};
	uint8_t digest[DIGEST_BYTES];
	struct sitekey key;
	struct err err;
	char words[256], dump[256];

	(void)state;
	NEEDS_REDIS();
	begin();
	assert_int_equal(sitekey_load(&k.config, &key, &err), 0);
	digest_sha256("hello", 5, digest, &err);
	share_hex(digest, m.sha256);
	assert_true(share_meta_sign(&m, key.lists));
	server_do(&server, "HSET fw:{list:7}:c 0 hello", dump);
	snprintf(words, sizeof(words),
	    "HSET fw:{list:7}:meta format 1 bytes 5 chunks 1 sha256 %s mac %s",
	    m.sha256, m.mac);
	server_do(&server, words, dump);
	server_do(&server, "HSET fw:gen lists 7", dump);
	assert_int_equal(poll_from(0, &out, &err), SHARE_FAILED);
	assert_int_equal(files_in(follower_dir), 0);
	end();
}

static void
another_sites_key_proves_nothing(void **state)
{
	struct share_image out;
	struct err err;
	char other[128];

	(void)state;
	NEEDS_REDIS();
	begin();
	publish(1);
	snprintf(other, sizeof(other), "%s/other", k.dir);
	assert_int_equal(
	    file_replace(
	        other, STR("the key of quite another site, 32+"), 0600, &err),
	    0);
	follower.redis_key_file = str_of(other);
	assert_int_equal(poll_from(0, &out, &err), SHARE_FAILED);
	assert_non_null(strstr(err.text, "key-file"));
	/* and what was kept under the right one is not believed either */
	follower.redis_key_file = str_of(key_path);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	follower.redis_key_file = str_of(other);
	assert_false(share_kept(&follower, &out, &err));
	end();
}

static void
path_of(const char *name, char out[160])
{
	snprintf(out, 160, "%s/%s", follower_dir, name);
}

static void
what_is_kept_must_fit_its_meta(void **state)
{
	struct share_image out;
	char meta[160], new[160], image[160];
	struct err err;

	(void)state;
	NEEDS_REDIS();
	begin();
	path_of("followed.meta", meta);
	path_of("followed.meta.new", new);
	path_of("followed.image", image);
	publish(0);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	/* stopped between the two renames: the new meta is believed */
	assert_int_equal(rename(meta, new), 0);
	assert_true(share_kept(&follower, &out, &err));
	/* stopped before them: the old one is */
	assert_int_equal(rename(new, meta), 0);
	assert_int_equal(
	    file_replace(new, STR("suzgi-list 1\n"), 0600, &err), 0);
	assert_true(share_kept(&follower, &out, &err));
	/* another image, or a damaged one */
	assert_int_equal(
	    file_replace(image, buf_str(&images[1]), 0600, &err), 0);
	assert_false(share_kept(&follower, &out, &err));
	images[0].p[images[0].n / 2] ^= 1;
	assert_int_equal(
	    file_replace(image, buf_str(&images[0]), 0600, &err), 0);
	assert_false(share_kept(&follower, &out, &err));
	unlink(image);
	assert_false(share_kept(&follower, &out, &err));
	end();
}

static void
a_meta_file_is_read_strictly(void **state)
{
	static const uint8_t key[32] = {1};
	struct share_meta m = {.generation = 12, .bytes = 300000, .chunks = 2};
	struct share_meta back;
	char text[SHARE_META_TEXT], bad[SHARE_META_TEXT];
	size_t n;

	(void)state;
	memset(m.sha256, 'a', sizeof(m.sha256) - 1);
	assert_true(share_meta_sign(&m, key));
	n = share_meta_text(&m, text);
	assert_true(share_meta_parse(str_make(text, n), &back));
	assert_true(share_meta_holds(&back, key));
	for (size_t i = 0; i < n; i++)
		assert_false(share_meta_parse(str_make(text, i), &back));
	for (size_t i = 0; i < n * 8; i++) {
		memcpy(bad, text, n);
		bad[i / 8] = (char)(bad[i / 8] ^ 1 << i % 8);
		assert_false(share_meta_parse(str_make(bad, n), &back) &&
		             share_meta_holds(&back, key));
	}
	text[n] = '\n';
	assert_false(share_meta_parse(str_make(text, n + 1), &back));
}

static void
without_redis_nothing_hangs_and_nothing_changes(void **state)
{
	struct share_image out;
	struct err err;
	uint64_t gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	publish(0);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	server_kill(&server);
	assert_int_equal(poll_from(0, &out, &err), SHARE_FAILED);
	assert_int_equal(share_publish(&k.config, image_path, &gen, &err), -1);
	assert_true(share_kept(&follower, &out, &err));
	assert_true(is_image(out.path, 0));
	end();
}

static void
what_is_no_image_is_not_published(void **state)
{
	struct share_image out;
	struct err err;
	uint64_t gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	images[0].p[images[0].n - 1] ^= 1;
	put_image(&images[0]);
	assert_int_equal(share_publish(&k.config, image_path, &gen, &err), -1);
	unlink(image_path);
	assert_int_equal(share_publish(&k.config, image_path, &gen, &err), -1);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NONE);
	end();
}

/* ---------------------------------------------------------------- deltas */

/* Image 1 is followed, image 2 is published: its generation. */
static uint64_t
publish_a_change(uint64_t *old)
{
	struct share_image out;
	struct err err;

	*old = publish(1);
	if (poll_from(0, &out, &err) != SHARE_NEW)
		fail_msg("%s", err.text);
	return publish(2);
}

static void
a_small_change_is_followed_by_its_delta(void **state)
{
	struct share_image out = {0}, kept;
	char words[128];
	struct err err;
	uint64_t old, gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	gen = publish_a_change(&old);
	snprintf(words, sizeof(words), "TTL fw:{list:%llu}:delta",
	    (unsigned long long)gen);
	assert_in_range(number(words), 172000, 172800);
	snprintf(words, sizeof(words), "TTL fw:{list:%llu}:d",
	    (unsigned long long)gen);
	assert_in_range(number(words), 172000, 172800);
	snprintf(words, sizeof(words), "EXISTS fw:{list:%llu}:delta",
	    (unsigned long long)old);
	assert_int_equal(number(words), 0);
	/* the whole is not asked for */
	snprintf(words, sizeof(words), "DEL fw:{list:%llu}:c",
	    (unsigned long long)gen);
	number(words);
	if (poll_from(old, &out, &err) != SHARE_NEW)
		fail_msg("%s", err.text);
	assert_true(out.by_delta);
	assert_int_equal(out.generation, gen);
	assert_true(is_image(out.path, 2));
	assert_int_equal(files_in(follower_dir), 2);
	assert_true(share_kept(&follower, &kept, &err));
	assert_int_equal(kept.generation, gen);
	/* and back again, by the delta of that */
	publish(1);
	assert_int_equal(poll_from(gen, &out, &err), SHARE_NEW);
	assert_true(out.by_delta);
	assert_true(is_image(out.path, 1));
	end();
}

static void
who_has_another_image_fetches_the_whole(void **state)
{
	struct share_image out;
	struct err err;
	uint64_t old, gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	/* none at all */
	old = publish(1);
	gen = publish(2);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	assert_false(out.by_delta);
	assert_true(is_image(out.path, 2));
	/* the one before the last */
	publish(0);
	publish(1);
	publish(2);
	publish(1);
	assert_int_equal(poll_from(gen, &out, &err), SHARE_NEW);
	assert_true(is_image(out.path, 1));
	assert_true(old < gen && gen < out.generation);
	publish(0);
	publish(2);
	assert_int_equal(poll_from(out.generation, &out, &err), SHARE_NEW);
	assert_false(out.by_delta);
	assert_true(is_image(out.path, 2));
	end();
}

static void
a_large_change_and_a_lost_base_have_no_delta(void **state)
{
	struct share_image out;
	char words[128], path[128];
	struct err err;
	uint64_t gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	publish(0);
	gen = publish(1);
	snprintf(words, sizeof(words), "EXISTS fw:{list:%llu}:delta",
	    (unsigned long long)gen);
	assert_int_equal(number(words), 0);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/published.image", k.dir);
		if (i == 0)
			assert_int_equal(unlink(path), 0);
		else
			assert_int_equal(
			    file_replace(path, STR("not it"), 0600, &err), 0);
		gen = publish(2 - i);
		snprintf(words, sizeof(words), "EXISTS fw:{list:%llu}:delta",
		    (unsigned long long)gen);
		assert_int_equal(number(words), 0);
		assert_int_equal(
		    poll_from(out.generation, &out, &err), SHARE_NEW);
		assert_false(out.by_delta);
		assert_true(is_image(out.path, 2 - i));
	}
	end();
}

/* The state folder is of another file system than the image, so that it
 * cannot be linked to: a copy serves. Where there is no other, it can be. */
static void
a_copy_is_kept_where_no_link_can_be(void **state)
{
	char dir[] = "/dev/shm/suzgi-share-XXXXXX", path[128], bad[160];
	struct share_image out;
	struct stat first, second;
	struct err err;
	uint64_t gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	if (mkdtemp(dir))
		k.config.state_dir = str_of(dir);
	snprintf(
	    path, sizeof(path), "%s/published.image", k.config.state_dir.p);
	gen = publish(1);
	assert_int_equal(poll_from(0, &out, &err), SHARE_NEW);
	assert_true(is_image(path, 1));
	/* it is not made again while nothing changes */
	assert_int_equal(stat(path, &first), 0);
	assert_int_equal(publish(1), gen);
	assert_int_equal(stat(path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	publish(2);
	assert_int_equal(poll_from(gen, &out, &err), SHARE_NEW);
	assert_true(out.by_delta);
	assert_true(is_image(path, 2));
	assert_int_equal(files_in(k.config.state_dir.p), 1);
	/* nothing to keep it in: it is published all the same */
	unlink(path);
	snprintf(bad, sizeof(bad), "%s/x", path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(mkdir(bad, 0700), 0);
	assert_true(publish(1) > gen);
	rmdir(bad);
	rmdir(path);
	rmdir(dir);
	end();
}

/* What somebody does to the delta after publication. */
static const struct {
	const char *rule, *act[3];
} delta_harms[] = {
    {"a publisher that knows no deltas",
        {"DEL fw:{list:%G}:delta", "DEL fw:{list:%G}:d"}},
    {"it has expired", {"DEL fw:{list:%G}:delta"}},
    {"its chunks have expired", {"DEL fw:{list:%G}:d"}},
    {"a chunk is short", {"HSET fw:{list:%G}:d 0 short"}},
    {"chunks are of the wrong type",
        {"DEL fw:{list:%G}:d", "SET fw:{list:%G}:d x"}},
    {"it is of the wrong type",
        {"DEL fw:{list:%G}:delta", "LPUSH fw:{list:%G}:delta x"}},
    {"another base",
        {"HSET fw:{list:%G}:delta base "
         "0000000000000000000000000000000000000000000000000000000000000000"}},
    {"no base", {"HDEL fw:{list:%G}:delta base"}},
    {"no MAC", {"HDEL fw:{list:%G}:delta mac"}},
    {"a wrong MAC",
        {"HSET fw:{list:%G}:delta mac "
         "0000000000000000000000000000000000000000000000000000000000000000"}},
    {"a wrong digest",
        {"HSET fw:{list:%G}:delta sha256 "
         "0000000000000000000000000000000000000000000000000000000000000000"}},
    {"another size", {"HSET fw:{list:%G}:delta bytes 1000"}},
    {"a size over the bound", {"HSET fw:{list:%G}:delta bytes 1073741825"}},
    {"another number of chunks", {"HSET fw:{list:%G}:delta chunks 2"}},
    {"another format", {"HSET fw:{list:%G}:delta format 2"}},
};

static void
whatever_is_wrong_with_a_delta_the_whole_is_fetched(void **state)
{
	struct share_image out;
	struct err err;
	uint64_t old, gen;
	char dump[256];

	(void)state;
	NEEDS_REDIS();
	begin();
	for (unsigned i = 0; i < LEN(delta_harms); i++) {
		char words[128];

		server_do(&server, "FLUSHALL", dump);
		/* each its own: a delta that failed is not tried again */
		snprintf(words, sizeof(words), "HSET fw:gen lists %u",
		    2000000000 + 10 * i);
		server_do(&server, words, dump);
		gen = publish_a_change(&old);
		assert_true(gen > 2000000000);
		for (unsigned a = 0; a < 3 && delta_harms[i].act[a]; a++)
			harm(delta_harms[i].act[a], gen);
		if (poll_from(old, &out, &err) != SHARE_NEW)
			fail_msg("%s: %s", delta_harms[i].rule, err.text);
		if (out.by_delta || !is_image(out.path, 2))
			fail_msg("%s", delta_harms[i].rule);
		assert_int_equal(files_in(follower_dir), 2);
	}
	end();
}

static struct bytes
word(const char *z)
{
	return (struct bytes){(const uint8_t *)z, strlen(z)};
}

/* Put <delta> there in the place of the delta of <gen>, signed by who has the
 * key. */
static void
forge(uint64_t gen, const char *base, const char *image, struct bytes delta)
{
	struct share_delta d = {
	    .blob = {.generation = gen, .bytes = delta.n, .chunks = 1}};
	struct resp_reply reply;
	uint8_t digest[DIGEST_BYTES];
	struct redis_sync *r;
	struct sitekey key;
	struct err err;
	char name[64], bytes[24];

	assert_int_equal(sitekey_load(&k.config, &key, &err), 0);
	digest_sha256(delta.p, delta.n, digest, &err);
	share_hex(digest, d.blob.sha256);
	memcpy(d.base, base, sizeof(d.base));
	memcpy(d.image, image, sizeof(d.image));
	assert_true(share_delta_sign(&d, key.lists));
	assert_true(share_delta_holds(&d, key.lists));
	snprintf(bytes, sizeof(bytes), "%zu", delta.n);
	r = redis_sync_open(k.config.redis_url, 5000, &err);
	assert_non_null(r);
	snprintf(
	    name, sizeof(name), "fw:{list:%llu}:d", (unsigned long long)gen);
	assert_int_equal(
	    redis_sync_ask(r,
	        (struct bytes[]){word("HSET"), word(name), word("0"), delta}, 4,
	        &reply, &err),
	    0);
	snprintf(name, sizeof(name), "fw:{list:%llu}:delta",
	    (unsigned long long)gen);
	assert_int_equal(
	    redis_sync_ask(r,
	        (struct bytes[]){word("HSET"), word(name), word("format"),
	            word("1"), word("base"), word(base), word("bytes"),
	            word(bytes), word("chunks"), word("1"), word("sha256"),
	            word(d.blob.sha256), word("mac"), word(d.blob.mac)},
	        14, &reply, &err),
	    0);
	redis_sync_close(r);
}

static void
sha256_of(const struct buf *b, char out[SHARE_DIGEST_HEX])
{
	uint8_t digest[DIGEST_BYTES];
	struct err err;

	digest_sha256(b->p, b->n, digest, &err);
	share_hex(digest, out);
}

/* Signed, and no delta, or one to quite another image. */
static void
a_signed_delta_that_makes_another_image_is_not_used(void **state)
{
	struct image a, b;
	struct share_image out;
	char base[SHARE_DIGEST_HEX], image[SHARE_DIGEST_HEX];
	struct buf delta[2] = {BUF_EMPTY, BUF_EMPTY};
	struct err err;
	uint64_t old, gen;

	(void)state;
	NEEDS_REDIS();
	begin();
	a = build_view(&images[1]);
	b = build_view(&images[0]);
	buf_add_str(&delta[0], STR("no delta"));
	assert_int_equal(delta_make(&a, &b, SIZE_MAX, &delta[1], &err), 0);
	for (unsigned i = 0; i < 2; i++) {
		gen = publish_a_change(&old);
		sha256_of(&images[1], base);
		sha256_of(&images[2], image);
		forge(gen, base, image,
		    (struct bytes){(uint8_t *)delta[i].p, delta[i].n});
		assert_int_equal(poll_from(old, &out, &err), SHARE_NEW);
		assert_false(out.by_delta);
		assert_true(is_image(out.path, 2));
		assert_int_equal(files_in(follower_dir), 2);
		buf_fini(&delta[i]);
	}
	end();
}

/* Neither stands for the other, nor a delta for the one of other images. */
static void
what_signs_a_delta_signs_nothing_else(void **state)
{
	static const uint8_t key[32] = {1};
	struct share_delta d = {
	    .blob = {.generation = 12, .bytes = 300000, .chunks = 2}};
	struct share_delta bad;

	(void)state;
	memset(d.blob.sha256, 'a', sizeof(d.blob.sha256) - 1);
	memset(d.base, 'b', sizeof(d.base) - 1);
	memset(d.image, 'c', sizeof(d.image) - 1);
	assert_true(share_delta_sign(&d, key));
	assert_true(share_delta_holds(&d, key));
	assert_false(share_meta_holds(&d.blob, key));
	bad = d;
	assert_true(share_meta_sign(&bad.blob, key));
	assert_false(share_delta_holds(&bad, key));
	bad = d;
	bad.base[3] = 'x';
	assert_false(share_delta_holds(&bad, key));
	bad = d;
	bad.image[63] = 'x';
	assert_false(share_delta_holds(&bad, key));
	bad = d;
	bad.blob.generation++;
	assert_false(share_delta_holds(&bad, key));
	bad = d;
	bad.blob.bytes++;
	assert_false(share_delta_holds(&bad, key));
	bad = d;
	bad.blob.chunks = 3;
	assert_false(share_delta_holds(&bad, key));
	bad = d;
	bad.blob.sha256[0] = 'x';
	assert_false(share_delta_holds(&bad, key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_published_is_followed),
	    cmocka_unit_test(
	        the_former_generation_expires_and_the_present_does_not),
	    cmocka_unit_test(whatever_is_wrong_the_old_stays),
	    cmocka_unit_test(a_chunk_in_the_place_of_another_is_refused),
	    cmocka_unit_test(
	        a_lower_generation_and_an_empty_redis_change_nothing),
	    cmocka_unit_test(a_damaged_publication_is_published_anew),
	    cmocka_unit_test(a_signed_image_that_is_none_is_refused),
	    cmocka_unit_test(another_sites_key_proves_nothing),
	    cmocka_unit_test(what_is_kept_must_fit_its_meta),
	    cmocka_unit_test(a_meta_file_is_read_strictly),
	    cmocka_unit_test(without_redis_nothing_hangs_and_nothing_changes),
	    cmocka_unit_test(what_is_no_image_is_not_published),
	    cmocka_unit_test(a_small_change_is_followed_by_its_delta),
	    cmocka_unit_test(who_has_another_image_fetches_the_whole),
	    cmocka_unit_test(a_copy_is_kept_where_no_link_can_be),
	    cmocka_unit_test(a_large_change_and_a_lost_base_have_no_delta),
	    cmocka_unit_test(
	        whatever_is_wrong_with_a_delta_the_whole_is_fetched),
	    cmocka_unit_test(
	        a_signed_delta_that_makes_another_image_is_not_used),
	    cmocka_unit_test(what_signs_a_delta_signs_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

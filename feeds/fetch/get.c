/*
 * get.c - suzgi-fetch get: an address into descriptor 3. The door to libcurl.
 *
 * Only https (and http where the admin said so), TLS verified and 1.2 at
 * least, no proxy and no netrc of the environment, few redirects, none from
 * https to http, bounded in bytes and time.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/json.h"
#include "base/sys/clock.h"
#include "base/version.h"
#include "feeds/fetch/job.h"

#define MEMORY      (1ull << 30)
#define REDIRECTS   5
#define CONNECT_S   20
#define STALL_S     60 /* so long with less than ... */
#define STALL_RATE  64 /* ... bytes a second */
#define PROGRESS_MS 100
#define HEADER_MAX  500 /* of an ETag that we keep */

struct get {
	const struct job *job;
	CURL *curl;
	uint64_t max, bytes;
	char etag[HEADER_MAX], modified[HEADER_MAX];
	bool sized, html, coded;
	int64_t told_ms;
	const char *why; /* we have stopped it; NULL: we have not */
	char text[CURL_ERROR_SIZE];
};

static void
say(struct buf *b)
{
	buf_add_char(b, '\n');
	for (size_t at = 0; !b->failed && at < b->n;) {
		ssize_t n = write(1, b->p + at, b->n - at);

		if (n <= 0 && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	buf_fini(b);
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;
	size_t left = size * n;
	long status = 0;

	curl_easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		g->why = ""; /* the status says enough */
		return 0;
	}
	g->bytes += left;
	if (g->bytes > g->max) {
		g->why = "it is larger than max-size";
		return 0;
	}
	while (left) {
		ssize_t done = write(FETCH_FD, p, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			g->why = "it cannot be written (is the disk full?)";
			return 0;
		}
		p += done;
		left -= (size_t)done;
	}
	return size * n;
}

static bool
header_is(struct str line, const char *name, struct str *value)
{
	struct str key;

	if (!str_cut(line, ':', &key, value) ||
	    !str_eq_nocase(key, str_of(name)))
		return false;
	*value = str_trim(*value);
	return true;
}

static void
keep(char *to, struct str value)
{
	if (!str_copy(value, to, HEADER_MAX))
		to[0] = '\0'; /* a part of an ETag is none */
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;
	struct str line = str_make(p, size * n), value;

	if (str_starts(line, STR("HTTP/"))) { /* of a redirect, another */
		g->etag[0] = g->modified[0] = '\0';
		g->sized = str_starts(line, STR("HTTP/2"));
		g->html = g->coded = false;
	}
	if (header_is(line, "etag", &value))
		keep(g->etag, value);
	else if (header_is(line, "last-modified", &value))
		keep(g->modified, value);
	else if (header_is(line, "content-length", &value) ||
	         header_is(line, "transfer-encoding", &value))
		g->sized = true;
	else if (header_is(line, "content-type", &value))
		g->html = str_eq_nocase(str_sub(value, 0, 9), STR("text/html"));
	else if (header_is(line, "content-encoding", &value))
		g->coded = !str_eq_nocase(value, STR("identity"));
	return size * n;
}

static int
on_progress(
    void *arg, curl_off_t of, curl_off_t at, curl_off_t up_of, curl_off_t up)
{
	struct get *g = arg;
	int64_t now = clock_mono_ms();
	struct buf b = BUF_EMPTY;

	(void)up_of;
	(void)up;
	if (at <= 0 || now - g->told_ms < PROGRESS_MS)
		return 0;
	g->told_ms = now;
	json_open(&b, '{');
	json_key_u64(&b, "at", (uint64_t)at);
	json_key_u64(&b, "of", of > 0 ? (uint64_t)of : 0);
	json_close(&b, '}');
	say(&b);
	return 0;
}

static struct curl_slist *
conditions(const struct job *j)
{
	const char *etag = job_get(j, "etag"), *date = job_get(j, "modified");
	struct curl_slist *all = NULL;
	char line[HEADER_MAX + 32];

	if (etag) {
		snprintf(line, sizeof(line), "If-None-Match: %s", etag);
		all = curl_slist_append(all, line);
	}
	if (date) {
		snprintf(line, sizeof(line), "If-Modified-Since: %s", date);
		all = curl_slist_append(all, line);
	}
	return all;
}

static void
set_transport(struct get *g, const char *url, bool insecure)
{
	CURL *c = g->curl;
	struct str ca = job_ca(g->job);
	bool https = strncasecmp(url, "https:", 6) == 0;
	struct curl_blob blob = {NULL, ca.n, CURL_BLOB_COPY};
	union {
		const char *in;
		void *out;
	} bytes = {ca.p};

	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(
	    c, CURLOPT_PROTOCOLS_STR, insecure ? "http,https" : "https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR,
	    https || !insecure ? "https" : "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca.n) {
		blob.data = bytes.out;
		curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
	}
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "suzgi/" SUZGI_VERSION);
}

static void
set_bounds(struct get *g)
{
	CURL *c = g->curl;
	long all = (long)job_u64(g->job, "timeout", 1800);

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, all);
	curl_easy_setopt(
	    c, CURLOPT_CONNECTTIMEOUT, all < CONNECT_S ? all : CONNECT_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_RATE);
	curl_easy_setopt(
	    c, CURLOPT_LOW_SPEED_TIME, all < STALL_S ? all : STALL_S);
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)g->max);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, g);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, g);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, g->text);
	if (job_u64(g->job, "progress", 0)) {
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, g);
	}
}

static void
explain(struct get *g, CURLcode rc, long status, struct buf *why)
{
	if (g->why && g->why[0])
		buf_addf(why, "%s", g->why);
	else if (rc == CURLE_FILESIZE_EXCEEDED)
		buf_addf(why, "it is larger than max-size");
	else if (rc == CURLE_UNSUPPORTED_PROTOCOL)
		buf_addf(why, "it leads to an address that is not https");
	else if (rc == CURLE_PARTIAL_FILE)
		buf_addf(why, "it was cut short after %llu bytes",
		    (unsigned long long)g->bytes);
	else if (rc != CURLE_OK && !g->why)
		buf_addf(
		    why, "%s", g->text[0] ? g->text : curl_easy_strerror(rc));
	else if (status != 200)
		buf_addf(why, "the site answered with status %ld", status);
	else if (g->html)
		buf_addf(why, "it is a page (text/html), not a list; is there "
		              "a portal to log in to?");
	else if (g->coded)
		buf_addf(why, "it came with a content-encoding that was not "
		              "asked for");
}

static int
answer(struct get *g, CURLcode rc)
{
	struct buf b = BUF_EMPTY, why = BUF_EMPTY;
	bool same = false;
	long status = 0;

	curl_easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &status);
	if (rc == CURLE_OK && status == 304 &&
	    (job_get(g->job, "etag") || job_get(g->job, "modified")))
		same = true;
	else
		explain(g, rc, status, &why);
	json_open(&b, '{');
	json_key_bool(&b, "ok", why.n == 0);
	if (why.n)
		json_key_str(&b, "error", buf_str(&why));
	json_key_bool(&b, "unchanged", same);
	json_key_bool(&b, "sized", g->sized);
	json_key_u64(&b, "bytes", g->bytes);
	json_key_z(&b, "etag", g->etag);
	json_key_z(&b, "modified", g->modified);
	json_close(&b, '}');
	rc = why.n ? CURLE_HTTP_RETURNED_ERROR : CURLE_OK;
	buf_fini(&why);
	say(&b);
	return rc == CURLE_OK ? 0 : 1;
}

int
get_run(const struct job *j)
{
	const char *url = job_get(j, "url");
	struct get g = {.job = j, .max = job_u64(j, "max", 0)};
	struct curl_slist *headers;
	int rc;

	if (!url || jail(MEMORY, g.max + 65536,
	                (uint32_t)job_u64(j, "timeout", 1800) + 60) < 0)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	g.curl = curl_easy_init();
	if (!g.curl)
		return 2;
	set_transport(&g, url, job_u64(j, "insecure", 0) != 0);
	set_bounds(&g);
	headers = conditions(j);
	if (headers)
		curl_easy_setopt(g.curl, CURLOPT_HTTPHEADER, headers);
	rc = answer(&g, curl_easy_perform(g.curl));
	curl_slist_free_all(headers);
	curl_easy_cleanup(g.curl);
	curl_global_cleanup();
	return rc;
}

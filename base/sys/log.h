/*
 * log.h - what the service says to who runs it, on stderr.
 *
 * err: somebody must act. warn: somebody should look. info: the life of the
 * service. debug: for us. What came from outside is escaped here, always
 * (give it with LOG_STR). No name, address or URL of a person goes through
 * here: that is review/record.c's work. Under systemd ("JOURNAL_STREAM" set)
 * lines carry a priority prefix instead of a time.
 *
 *	log_warn("list %s: %u lines rejected", name, n);
 */
#ifndef BASE_SYS_LOG_H
#define BASE_SYS_LOG_H

enum log_level { LOG_ERR_ = 0, LOG_WARN_, LOG_INFO_, LOG_DEBUG_ };

/* Once at start; <who> names the process in each line. */
void log_init(const char *who, enum log_level least);
/* In a child: another name, the same level. */
void log_rename(const char *who);

void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_err(...)   log_line(LOG_ERR_, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN_, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO_, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG_, __VA_ARGS__)

/*
 * For what may repeat: at most one line in 10 s from this place, with how
 * many were left out ("(312 times in 10 s)").
 */
struct log_often {
	long long since_ms;
	unsigned held;
};
void log_often(struct log_often *o, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

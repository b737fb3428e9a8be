"""clock.py - a wall clock for the proxy that a test sets.

    clock = Clock()
    with World(..., env=clock.env) as w:
        clock.set(2026, 11, 23, 15, 29, 50)     # UTC; it goes on from there
        clock.add(60)

The monotonic clock, which all waiting goes by, is left alone.
"""
import datetime
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import time

SOURCE = r'''
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset(void)
{
	static volatile long long *at;
	const char *path = getenv("E2E_CLOCK");
	int fd;

	if (!at && path && (fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		void *p = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);

		close(fd);
		if (p != MAP_FAILED)
			at = p;
	}
	return at ? *at : 0;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	long rc = syscall(SYS_clock_gettime, id, t);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += offset();
	return (int)rc;
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}
'''


class Clock:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='suzgi-clock-')
        path = os.path.join(self.dir, 'offset')
        with open(path, 'wb') as f:
            f.write(bytes(8))
        with open(path, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), 8)
        source = os.path.join(self.dir, 'clock.c')
        with open(source, 'w') as f:
            f.write(SOURCE)
        library = os.path.join(self.dir, 'clock.so')
        subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-O1',
                        '-o', library, source], check=True)
        options = os.environ.get('ASAN_OPTIONS', '')
        self.env = {'LD_PRELOAD': library, 'E2E_CLOCK': path,
                    'ASAN_OPTIONS': options + ':verify_asan_link_order=0'}

    def put(self, offset):
        self.offset = int(offset)
        self.map[:8] = struct.pack('=q', self.offset)

    def set(self, *when):
        at = datetime.datetime(*when, tzinfo=datetime.timezone.utc)
        self.put(at.timestamp() - time.time())

    def add(self, seconds):
        self.put(self.offset + seconds)

    def close(self):
        self.map.close()
        shutil.rmtree(self.dir, ignore_errors=True)

#!/usr/bin/env python3
"""Reloads of a large list under load: what is lost, wrong, late, and the
memory it takes.

    reload.py BUILD NAMES [RATE [RELOADS [FREE]]]

NAMES has a domain a line. Of ten hosts asked for FREE are listed nowhere, two
in one version alone, the rest in both; with 7 two of ten answers are blocks,
with 1 eight. The list is changed by one line in a hundred for
each reload; clients (bench_reload) ask at a steady RATE meanwhile. Prints what
they saw in the same time without a reload, while the list is compiled and put
in force (suzgi reload), and while only a rule changes.

Memory, sampled each 20 ms: of the proxy process, what is its own (anonymous)
and what it has mapped of files; pages of a mapped image are the page cache's,
shared by all and given back when short. Of another process that compiles, its
own as well.
"""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

RATE, RELOADS, FREE, CONNS = 2000, 4, 7, 16
CONF = """[listen bench]
address = 127.0.0.1:%(port)d
[proxy]
state-dir = %(dir)s/state
user =
workers = 1
[origin]
dns = 127.0.0.1:%(dns)d
allow-private = 127.0.0.0/8
[timeouts]
keep-alive = 600s
[list bench]
source = %(dir)s/names
category = bench
[policy default]
%(rule)sblock = category:bench
"""
# one name in so many is of one version alone
CHANGED, HOSTS = 100, 4000


def free_port():
    with socket.socket() as s, socket.socket(type=socket.SOCK_DGRAM) as u:
        s.bind(('127.0.0.1', 0))
        u.bind(s.getsockname())
        return s.getsockname()[1]


def write(path, lines):
    with open(path + '.new', 'w') as f:
        f.writelines(lines)
        f.flush()
        os.fsync(f.fileno())  # or it is the disk that is measured
    os.rename(path + '.new', path)


class Memory(threading.Thread):
    """Peaks of all processes below <pid>, by kind, until stopped."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.on = pid, True
        self.clear()
        self.start()

    def clear(self):
        self.peak = {}

    def note(self, key, value):
        self.peak[key] = max(self.peak.get(key, 0), value)

    def below(self, pid):
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children') as f:
                for child in f.read().split():
                    yield int(child)
                    yield from self.below(int(child))

    def sample(self):
        own = 0
        for pid in [self.pid, *self.below(self.pid)]:
            with open(f'/proc/{pid}/status') as f:
                rows = dict(line.split(':', 1) for line in f)
            kind = rows['Name'].strip()
            if not kind.startswith('suzgi'):
                kind = 'suzgi: builder'  # has no name of its own yet
            anon, file = (int(rows[k].split()[0]) / 1024
                          for k in ('RssAnon', 'RssFile'))
            self.note(f'{kind} own', anon)
            self.note(f'{kind} mapped', file)
            own += anon
        self.note('all own', own)

    def run(self):
        while self.on:
            try:
                self.sample()
            except (OSError, KeyError):
                pass  # one of them has just ended
            time.sleep(.02)


class Bench:
    def __init__(self, build, names, folder, rate, free):
        self.build, self.dir, self.rate = build, folder, rate
        self.port, self.dns = free_port(), free_port()
        with open(names) as f:
            lines = f.readlines()
        rng = random.Random(2)
        self.part = [[x for i, x in enumerate(lines) if i % CHANGED != skip]
                     for skip in (0, 1)]
        only = [[lines[i] for i in range(1 - k, len(lines), CHANGED)]
                for k in (0, 1)]
        self.hosts = [('B', rng.choice(lines[2:CHANGED])) for _ in range(9)]
        for i in range(HOSTS // 10):
            at = rng.randrange(len(lines) // CHANGED) * CHANGED
            self.hosts += [('0', rng.choice(only[0])),
                           ('1', rng.choice(only[1]))]
            self.hosts += [('B', lines[at + 2 + rng.randrange(CHANGED - 2)])
                           for _ in range(8 - free)]
            self.hosts += [('F', f'free{(free * i + k) % 300}.test\n')
                           for k in range(free)]
        self.drop_related(set(lines))
        rng.shuffle(self.hosts)
        write(f'{folder}/hosts', [f'{k} {h}' for k, h in self.hosts])

    def drop_related(self, listed):
        """Hosts of one version whose parent is listed are blocked in both."""
        def alone(host):
            return not any(host.split('.', i)[-1] in listed
                           for i in range(1, host.count('.')))
        self.hosts = [(k, h) for k, h in self.hosts
                      if k in 'BF' or alone(h)]

    def version(self, n, rule=''):
        write(f'{self.dir}/names', self.part[n % 2])
        self.rule(rule)

    def rule(self, rule):
        write(f'{self.dir}/suzgi.conf', [CONF % {
            'port': self.port, 'dns': self.dns, 'dir': self.dir,
            'rule': rule}])

    def start(self):
        self.version(0)
        command = [f'{self.build}/suzgi', 'run', '-c',
                   f'{self.dir}/suzgi.conf']
        self.proxy = subprocess.Popen(command, stderr=open(
            f'{self.dir}/stderr', 'w'), stdout=subprocess.DEVNULL)
        while not self.answers():
            if self.proxy.poll() is not None:
                sys.exit(open(f'{self.dir}/stderr').read())
            time.sleep(.05)
        self.load = subprocess.Popen(
            [f'{self.build}/bench/bench_reload', str(self.port),
             str(self.dns), str(self.rate), str(CONNS),
             f'{self.dir}/hosts'], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.memory = Memory(self.proxy.pid)

    def answers(self):
        try:
            with socket.create_connection(('127.0.0.1', self.port)) as s:
                s.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
                return s.recv(1)
        except OSError:
            return False

    def mark(self, word='mark'):
        self.load.stdin.write(word + '\n')
        self.load.stdin.flush()
        return json.loads(self.load.stdout.readline())

    def reload(self):
        done = subprocess.run(
            [f'{self.build}/suzgi', 'reload', '-c', f'{self.dir}/suzgi.conf'],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f'the reload was refused: {done.stderr}')

    def stop(self):
        self.memory.on = False
        self.load.kill()
        self.proxy.send_signal(signal.SIGTERM)
        self.proxy.wait()


def show(what, seen, peak, seconds, changes):
    ok = 'ok' if seen['changes'][1] <= changes else \
        f"MIXED {seen['changes']}"
    print(f"{what:10} {seconds:6.2f} s {seen['done']:7} answers, "
          f"{seen['lost']} lost, {seen['wrong']} wrong, versions {ok}; "
          f"p50 {seen['p50_ms']:.2f}, p99 {seen['p99_ms']:.2f}, p99.9 "
          f"{seen['p999_ms']:.2f}, longest {seen['max_ms']:.1f} ms (load "
          f"itself {seen['own_ms']:.1f})")
    print('          ', ', '.join(f'{k} {v:.0f}' for k, v in
                                  sorted(peak.items())), 'MB', flush=True)


def measure(bench, what, change, turns):
    for i in range(turns):
        bench.mark()
        bench.memory.clear()
        from_ = time.monotonic()
        change(i)
        seconds = time.monotonic() - from_
        time.sleep(.5)  # what is let go afterwards counts as well
        show(what, bench.mark(), dict(bench.memory.peak), seconds, 1)


def main():
    rate = int(sys.argv[3]) if len(sys.argv) > 3 else RATE
    reloads = int(sys.argv[4]) if len(sys.argv) > 4 else RELOADS
    free = int(sys.argv[5]) if len(sys.argv) > 5 else FREE
    folder = tempfile.mkdtemp(prefix='suzgi-bench-')
    try:
        bench = Bench(os.path.abspath(sys.argv[1]), sys.argv[2], folder, rate,
                      free)
        bench.start()
        time.sleep(2)

        def compiled(i):
            bench.reload()

        def ruled(i):
            bench.rule(f'block = host:rule{i}.test\n')
            bench.reload()
        measure(bench, 'no reload', lambda i: time.sleep(5), 2)
        for i in range(reloads):
            # the test's own writing of the list is not what is measured
            bench.version(i + 1)
            time.sleep(1)
            measure(bench, 'new list', compiled, 1)
        measure(bench, 'new rule', ruled, reloads)
        bench.stop()
    finally:
        shutil.rmtree(folder)


main()

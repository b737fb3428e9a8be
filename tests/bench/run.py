#!/usr/bin/env python3
"""All that `make bench` measures.

    run.py BUILD [CORPUS]

With CORPUS (see names.py: a folder of lists, and queries/ of hosts and
addresses) 5,000,000 names are measured, else 200,000 made up. What is made is
kept in BUILD/bench. One thing at a time; instructions are counted where
valgrind is there.
"""
import glob
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MANY, FEW = 5000000, 200000
STARTS, COUNTED = 5, 30000
KINDS = ('mix', 'hit', 'miss')


def title(text):
    print(f'\n== {text}', flush=True)


def run(*words, **more):
    return subprocess.run(list(words), check=True, **more)


def tool(name, *words):
    run(sys.executable, f'{HERE}/{name}', *words)


class Lists:
    def __init__(self, build, corpus):
        self.build, count = build, MANY if corpus else FEW
        self.data = f'{build}/bench/names-{count}' + ('' if corpus else 'made')
        if not os.path.exists(f'{self.data}/mix'):
            title(f'making {count} names')
            tool('names.py', self.data, str(count), *([corpus] if corpus
                                                      else []))
        self.state = f'{self.data}/state'
        self.conf = f'{self.data}/suzgi.conf'
        self.image = f'{self.state}/lists.image'
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        with open(self.conf, 'w') as f:
            f.write(f'[listen bench]\naddress = 127.0.0.1:{self.port}\n'
                    f'[proxy]\nstate-dir = {self.state}\nuser =\n'
                    f'[guard]\nover-block = off\n'
                    f'[list bench]\nsource = {self.data}/names\n'
                    'format = domains\ncategory = bench\n'
                    '[policy default]\nblock = category:bench\n')

    def compile(self):
        shutil.rmtree(self.state, ignore_errors=True)
        start = time.monotonic()
        pid = os.posix_spawn(
            f'{self.build}/suzgi',
            ['suzgi', 'lists', 'build', '-c', self.conf], os.environ)
        _, status, used = os.wait4(pid, 0)
        if status:
            sys.exit('the lists could not be compiled')
        print(f'compiled, each line looked up again, on disk: '
              f'{time.monotonic() - start:.1f} s (processor '
              f'{used.ru_utime + used.ru_stime:.1f} s), at most '
              f'{used.ru_maxrss / 1024:.0f} MB, of which the mapped image '
              f'{os.path.getsize(self.image) / 1048576:.0f} MB')

    def ask(self, mode, *hosts):
        run(f'{self.build}/bench/bench_lists', mode, self.image, *hosts)

    def instructions(self, kind):
        some, out = f'{self.data}/some', f'{self.data}/callgrind'
        with open(f'{self.data}/{kind}') as f, open(some, 'w') as to:
            to.writelines(line for line, _ in zip(f, range(COUNTED)))
        run('valgrind', '-q', '--tool=callgrind',
            '--toggle-collect=image_find_host',
            f'--callgrind-out-file={out}', f'{self.build}/bench/bench_lists',
            'count', self.image, some, stdout=subprocess.DEVNULL)
        with open(out) as f:
            total = int(re.search(r'^(?:summary|totals): (\d+)', f.read(),
                                  re.M).group(1))
        print(f'{kind}: {total / COUNTED:.0f} instructions a host')

    def start_once(self, cold):
        if cold:
            fd = os.open(self.image, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)
        start = time.monotonic()
        proxy = subprocess.Popen(
            [f'{self.build}/suzgi', 'run', '-c', self.conf],
            stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(('127.0.0.1', self.port)) as s:
                    s.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
                    s.recv(1)
                    break
            except OSError:
                time.sleep(.0005)
        took = time.monotonic() - start
        proxy.send_signal(signal.SIGTERM)
        proxy.wait()
        return took * 1e3

    def start(self):
        for what, cold in (('', False), (', image not in memory', True)):
            took = sorted(self.start_once(cold) for _ in range(STARTS))
            print(f'from start to the first answer{what}: {took[0]:.0f} ms '
                  f'(to {took[-1]:.0f})', flush=True)


def lists(build, corpus):
    every = Lists(build, corpus)
    title('lists: compiled, opened')
    every.compile()
    every.ask('size')
    every.ask('open')
    every.start()
    title('lists: a host with all its parents, warm; caches evicted')
    for kind in KINDS:
        hosts = f'{every.data}/{kind}'
        print(f'{kind}: ', end='', flush=True)
        every.ask('ask', hosts)
        print(f'{kind}, evicted: ', end='', flush=True)
        every.ask('evicted', hosts)
    if shutil.which('valgrind'):
        for kind in KINDS:
            every.instructions(kind)
    title('lists: right answers, true places')
    run(f'{build}/bench/bench_wrong', every.image, f'{every.data}/names',
        *(f'{every.data}/{kind}' for kind in KINDS))
    if corpus:
        tool('provenance.py', build, corpus)
    title('decisions over these lists')
    run(f'{build}/bench/bench_decide', every.image, f'{every.data}/mix')
    title('reload under load')
    tool('reload.py', build, f'{every.data}/names')


def patterns(build, corpus):
    urls = glob.glob(f'{corpus}/queries/*urls*') if corpus else []
    env = dict(os.environ)
    with tempfile.NamedTemporaryFile() as every:
        for path in sorted(urls):
            with open(path, 'rb') as f:
                every.write(f.read())
        every.flush()
        if urls:
            env.setdefault('SUZGI_BENCH_URLS', every.name)
        run(f'{build}/bench/bench_patterns', env=env)


def main():
    build = os.path.abspath(sys.argv[1])
    corpus = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
    sys.stdout.reconfigure(line_buffering=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    title('messages')
    run(f'{build}/bench/bench_wire')
    title('patterns')
    patterns(build, corpus)
    lists(build, corpus)
    title('decisions of 50 policies of 40 rules')
    run(f'{build}/bench/bench_policies')
    title('instructions, of small examples')
    tool('instructions.py', build)


main()

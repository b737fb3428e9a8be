"""suzgi.py - the real binary with a configuration of its own, watched.

    with Suzgi(text, files) as s:
        ask(s.port, ...)
        s.alive()          # same processes, nothing leaked, nothing reported
        s.log()            # the records of block.jsonl
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from .client import Client
from .tap import check, equal

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
BINARY = os.path.join(BUILD, 'suzgi')
PROFILE = os.environ.get('SUZGI_PROFILE', 'dev')
SANITIZED = PROFILE in ('asan', 'tsan')
PATIENCE = 30
# What a sanitizer, or a developer's build, says when something is wrong.
TROUBLE = re.compile(r'ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|'
                     r'runtime error:|\bBUG\b|[Aa]ssertion|SUMMARY: ')


def free_port(host='127.0.0.1'):
    with socket.socket(socket.AF_INET6 if ':' in host
                       else socket.AF_INET) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def until(question, what, patience=PATIENCE):
    """Wait until <question>() says something true, and return it."""
    end = time.monotonic() + patience
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not in {patience} s')
        time.sleep(0.02)


def children(pid):
    found = []
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat') as f:
                    fields = f.read().rpartition(')')[2].split()
                if fields[1] == str(pid) and fields[0] != 'Z':
                    found.append(int(name))
            except OSError:
                pass
    return sorted(found)


class Suzgi:
    def __init__(self, text, files=None, listen='127.0.0.1', limit_fds=None,
                 args=(), env=None, state=None):
        self.dir = tempfile.mkdtemp(prefix='suzgi-e2e-')
        self.own_state = state is None
        self.state = state or os.path.join(self.dir, 'state')
        os.makedirs(self.state, exist_ok=True)
        self.host = listen.strip('[]')
        if self.host in ('0.0.0.0', '::'):
            self.host = '127.0.0.1'
        self.port = free_port(self.host)
        self.text = text.replace('{state}', self.state).replace(
            '{listen}', f'{listen}:{self.port}').replace('{dir}', self.dir)
        self.limit_fds, self.args, self.env = limit_fds, list(args), env
        self.conf = os.path.join(self.dir, 'suzgi.conf')
        self.stderr_path = os.path.join(self.dir, 'stderr')
        self.process = None
        self.write('suzgi.conf', self.text)
        for name, content in (files or {}).items():
            self.write(name, content)

    # ---- files -------------------------------------------------------
    def write(self, name, content):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + '.new', 'wb') as f:
            f.write(content if isinstance(content, bytes)
                    else content.encode())
        os.rename(path + '.new', path)
        return path

    forgiven = 0

    def forgive(self):
        """What was said so far was asked for (a crash that we made)."""
        self.forgiven = os.path.getsize(self.stderr_path)

    @property
    def stderr(self):
        try:
            with open(self.stderr_path, errors='replace') as f:
                f.seek(self.forgiven)
                return f.read()
        except FileNotFoundError:
            return ''

    # ---- life --------------------------------------------------------
    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def command(self, *words):
        return [BINARY, words[0], '-c', self.conf, *words[1:]]

    def _limits(self):
        if self.limit_fds:
            import resource
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (self.limit_fds, self.limit_fds))

    def spawn(self):
        with open(self.stderr_path, 'ab') as err:
            self.process = subprocess.Popen(
                self.command('run', *self.args), stdin=subprocess.DEVNULL,
                stdout=err, stderr=err, preexec_fn=self._limits,
                env=dict(os.environ, **(self.env or {})), cwd=self.dir)
        self.pid = self.process.pid

    def start(self):
        self.spawn()
        until(self.serves, 'the start')
        self.pids = until(self.whole, 'the start of all processes')
        return self

    def serves(self):
        """Answers a request; raises when the process has ended."""
        if self.process.poll() is not None:
            raise AssertionError(
                f'suzgi ended with {self.process.returncode}:\n{self.stderr}')
        try:
            with Client(self.port, self.host) as c:
                # a request that needs nobody else
                c.send(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
                return c.more(5) or None
        except OSError:
            return None

    def whole(self):
        """The processes, once all of them are there."""
        try:
            found = self.processes()
            return found if all(found.values()) else None
        except (OSError, ValueError, AssertionError):
            return None

    def status(self):
        """What the control socket says."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(os.path.join(self.state, 'control.sock'))
            s.sendall(b'status\n')
            data = b''
            while True:
                got = s.recv(65536)
                if not got:
                    break
                data += got
        return json.loads(data)

    def processes(self):
        """{'supervisor': pid, 'proxy': pid, 'recorder': pid}"""
        said = self.status()
        found = {'supervisor': said['pid'], 'proxy': said['proxy_pid'],
                 'recorder': said['log']['recorder_pid']}
        for kind, pid in found.items():
            if kind != 'supervisor':
                check(pid in children(self.pid), f'no child {kind} {pid}')
        return found

    def stop(self, sig=signal.SIGTERM):
        """Ask it to end; its exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(sig)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            for pid in [*children(self.pid), self.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
            raise AssertionError('did not end within 60 s of SIGTERM'
                                 ) from None

    def hangup(self):
        """Reload; True when the new one is in force, False when refused."""
        before = len(self.stderr)
        os.kill(self.pid, signal.SIGHUP)
        said = until(lambda: re.search(
            r'generation \d+ is in force|reload was refused',
            self.stderr[before:]), 'the reload')
        return 'in force' in said.group(0)

    def cli(self, *words, stdin=None, check_status=None):
        done = subprocess.run(
            self.command(*words), input=stdin, capture_output=True,
            timeout=120, cwd=self.dir,
            stdin=None if stdin is not None else subprocess.DEVNULL)
        check(not TROUBLE.search(done.stderr.decode(errors='replace')),
              f'suzgi {" ".join(words)}: {done.stderr.decode()[:3000]}')
        if check_status is not None:
            check(done.returncode == check_status,
                  f'suzgi {" ".join(words)}: status {done.returncode}\n'
                  f'{done.stderr.decode()}')
        return done

    # ---- what it holds -----------------------------------------------
    def fds(self):
        try:
            return len(os.listdir(f"/proc/{self.pids['proxy']}/fd"))
        except OSError:
            return -1

    def rss(self):
        """KiB of memory of its own that the proxy process holds."""
        with open(f"/proc/{self.pids['proxy']}/status") as f:
            return int(re.search(r'RssAnon:\s+(\d+)', f.read()).group(1))

    def cpu(self):
        """Seconds of processor time of the proxy process."""
        with open(f"/proc/{self.pids['proxy']}/stat") as f:
            fields = f.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def baseline(self):
        self.base_fds, self.base_rss = self.fds(), self.rss()

    def alive(self, slack_fds=160, slack_rss=16384):
        """Same processes, nothing reported, nothing leaked."""
        found = TROUBLE.search(self.stderr)
        check(not found, 'stderr says:\n' + self.stderr[
            max(0, found.start() - 200) if found else 0:][:3000])
        check(self.process.poll() is None, f'suzgi ended:\n{self.stderr}')
        now = self.processes()
        check(now == self.pids, f'processes were {self.pids}, are {now}:\n'
              f'{self.stderr[-2000:]}')
        equal(self.status()['bugs'], 0, 'BUG()s')
        if hasattr(self, 'base_fds'):
            until(lambda: self.fds() <= self.base_fds + slack_fds,
                  f'descriptors stay at {self.fds()}, '
                  f'were {self.base_fds}')
            if not SANITIZED:
                check(self.rss() <= self.base_rss + slack_rss,
                      f'memory grew from {self.base_rss} to {self.rss()} KiB')

    # ---- its log -----------------------------------------------------
    def log_paths(self):
        folder = os.path.join(self.state, 'log')
        if not os.path.isdir(folder):
            return []
        return [os.path.join(folder, n) for n in sorted(os.listdir(folder))
                if n.startswith('block.jsonl')]

    def log(self):
        records = []
        for path in self.log_paths():
            with open(path, 'rb') as f:
                for line in f.read().split(b'\n')[:-1]:
                    records.append(json.loads(line))
        return records

    def logged(self, question, n=1, patience=PATIENCE):
        """Wait for <n> records that <question>(record) is true of."""
        found = []

        def enough():
            found[:] = [r for r in self.log() if question(r)]
            return len(found) >= n
        until(enough, f'{n} records in the log (found {len(found)})',
              patience)
        return found

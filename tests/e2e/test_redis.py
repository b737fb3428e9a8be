#!/usr/bin/env python3
"""Redis: an accelerator. Gone, slow, wrong or hostile it costs time and
changes no verdict; nobody is recognised from what is in it."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from lib import tap
from lib.load import Load
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import CONFIG, World

KEY = 'k' * 64 + '\n'
REDIS = '[redis]\nurl = unix:%s\nkey-file = {dir}/site.key\n[log]'


class Redis:
    """A server of our own on a Unix socket."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='suzgi-redis-')
        self.path = f'{self.dir}/redis.sock'
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ['redis-server', '--port', '0', '--unixsocket', self.path,
             '--dir', self.dir, '--save', '', '--appendonly', 'no'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.answers(), 'Redis')

    def answers(self):
        try:
            return self.do('PING') == b'PONG'
        except OSError:
            return False

    def do(self, *words):
        """One command; strings, numbers and lists of them."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(self.path)
            out = b'*%d\r\n' % len(words)
            for word in words:
                word = word.encode() if isinstance(word, str) else word
                out += b'$%d\r\n%s\r\n' % (len(word), word)
            s.sendall(out)
            self.f = s.makefile('rb')
            return self._reply()

    def _reply(self):
        line = self.f.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b'-':
            raise OSError(rest.decode())
        if kind in b'+:':
            return rest
        if kind == b'$':
            return None if rest == b'-1' else \
                self.f.read(int(rest) + 2)[:-2]
        return [self._reply() for _ in range(int(rest))]

    def signal(self, sig):
        self.process.send_signal(sig)
        if sig == signal.SIGKILL:
            self.process.wait()

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def world(path):
    w = World(config=CONFIG.replace('[log]', REDIS % path))
    os.chmod(w.suzgi.write('site.key', KEY), 0o600)
    return w


# Requests that patterns have to look at; each its own URL.
def urls(n, tag):
    for i in range(n):
        yield b'http://good.test{O}/%s/%d' % (tag, i), 200
        yield b'http://good.test{O}/%s/casino%d' % (tag, i), 403


def right(w, n=50, tag=b'a'):
    """All verdicts are what they are without Redis."""
    with w.client() as c:
        for target, status in urls(n, tag):
            c.send(w.fill(b'GET ' + target + b' HTTP/1.1\r\nHost: x\r\n\r\n'))
            r = c.response()
            equal(r.status, status, target.decode())
            if b'close' in (r.get('connection') or b''):
                c.close()
                c.__init__(w.port)


def stats(*worlds):
    found = {}
    for w in worlds:
        for name, value in w.suzgi.status()['stats'].items():
            found[name] = found.get(name, 0) + value
    return found


def keys(redis):
    return [k for k in redis.do('KEYS', '*') if b':v:' in k or
            k.startswith(b'fw:v')]


redis = Redis()
try:
    with world(redis.path) as a, world(redis.path) as b:
        with case('it connects'):
            until(lambda: stats(a)['redis_up'] and stats(b)['redis_up'],
                  'redis_up')
        with case('what one gateway found, another one of the same rules uses'):
            b.suzgi.write('suzgi.conf', b.suzgi.text.replace(
                'bad.txt', f'{a.suzgi.dir}/bad.txt'))
            check(b.suzgi.hangup(), 'the reload was refused')
            right(a)
            until(lambda: len(keys(redis)) > 0, 'keys in Redis')
            right(b)
            sa, sb = a.suzgi.status(), b.suzgi.status()
            equal(sa['snapshot']['digest'], sb['snapshot']['digest'],
                  'digests of two gateways with the same rules and lists')
            check(stats(b)['redis_hits'] > 0, f'no hits: {stats(b)}')
        with case('the same lists in other files give the same digest'):
            b.suzgi.write('suzgi.conf', b.suzgi.text)
            check(b.suzgi.hangup(), 'the reload was refused')
            equal(b.suzgi.status()['snapshot']['digest'],
                  a.suzgi.status()['snapshot']['digest'], 'digest')
        with case('RD-10 nothing in Redis tells who, where or what'):
            for key in redis.do('KEYS', '*'):
                value = redis.do('GET', key) or b'' \
                    if redis.do('TYPE', key) == b'string' else b''
                for word in (b'test', b'127.0.0.1', b'casino', b'good'):
                    check(word not in key + value, f'{word!r} in {key!r}')
            check(all(re.match(rb'fw:', k) for k in redis.do('KEYS', '*')),
                  'keys without our prefix')
        with case('RD-06 poisoned values are found out, no verdict changes'):
            found = keys(redis)
            check(found, 'no keys')
            values = [redis.do('GET', k) for k in found]
            for i, k in enumerate(found):
                v = bytearray(values[i])
                v[i % len(v)] ^= 1 << i % 8
                redis.do('SET', k, bytes(v))
            before = stats(b)['redis_tamper']
            with world(redis.path) as c:
                c.suzgi.write('suzgi.conf', c.suzgi.text)
                right(c)
            right(b, tag=b'a')
            for i, k in enumerate(found):  # each other's
                redis.do('SET', k, values[(i + 1) % len(values)])
            right(b)
            for bad in (b'', b'x', b'\x01' * 64, b'y' * (1 << 20)):
                for k in found:
                    redis.do('SET', k, bad)
                right(b)
            for k in found:
                redis.do('DEL', k)
                redis.do('RPUSH', k, 'a', 'b')
            right(b)
            check(stats(b)['redis_tamper'] >= before, 'counter')
            redis.do('FLUSHALL')
            a.settled()
            b.settled()
        for what, sig, undo in (('killed', signal.SIGKILL, None),
                                ('stopped', signal.SIGSTOP, signal.SIGCONT)):
            with case(f'RD-02 Redis is {what} under load: no request fails'):
                with Load(a, good=b'GET http://good.test{O}/x HTTP/1.1\r\n'
                          b'Host: x\r\n\r\n', bad=b'GET http://good.test{O}/'
                          b'casino1 HTTP/1.1\r\nHost: x\r\n\r\n') as load:
                    load.wait(100)
                    for i in range(3):
                        redis.signal(sig)
                        try:
                            right(a, 30, b'%s%d' % (what.encode(), i))
                            load.wait(100)
                        finally:
                            redis.signal(undo) if undo else redis.start()
                check(not load.failures, '\n'.join(load.failures[:5]))
                until(lambda: stats(a)['redis_up'], 'the link again', 60)
                right(a, 20, b'after' + what.encode())
                a.settled()
        with case('RD-14 a full Redis'):
            redis.do('CONFIG', 'SET', 'maxmemory', '1')
            right(a, 50, b'full')
            redis.do('CONFIG', 'SET', 'maxmemory', '0')
            a.settled()
        with case('RD-13 Redis is not reached through the proxy'):
            r = a.ask(b'CONNECT 127.0.0.1:6379 HTTP/1.1\r\nHost: x\r\n\r\n',
                      b'CONNECT')
            equal(r.status, 403, 'status')
    with case('RD-11 no other commands than the documented'):
        with world(redis.path) as w:
            redis.do('CONFIG', 'RESETSTAT')
            right(w)
            used = set(re.findall(rb'cmdstat_([a-z|]+)',
                                  redis.do('INFO', 'commandstats')))
            check(used <= {b'auth', b'select', b'ping', b'get', b'set',
                           b'hget', b'hset', b'hlen', b'expire', b'persist',
                           b'info', b'config', b'config|resetstat'},
                  f'{used}')
finally:
    redis.close()


def blocks(w, name):
    return w.ask(b'GET http://%s{O}/ HTTP/1.1\r\nHost: x\r\n\r\n' % name,
                 b'GET').status == 403


def shared(path, role, lists):
    """A gateway that publishes its lists, or follows another's."""
    text = REDIS.replace('\n[log]', f'\nrole = {role}\n[log]') % path
    w = World(config=CONFIG.replace('[log]', text), files={'bad.txt': lists})
    os.chmod(w.suzgi.write('site.key', KEY), 0o600)
    return w


def published(redis, but=None):
    """The generation that stands there, once it is another than <but>."""
    until(lambda: redis.do('HGET', 'fw:gen', 'lists') not in (None, but),
          'a publication')
    return redis.do('HGET', 'fw:gen', 'lists')


NAMES = ''.join(f'name-{i}.zone-{i % 7}.test\n' for i in range(5000))
redis = Redis()
try:
    with shared(redis.path, 'publish', 'bad.test\n' + NAMES) as a:
        first = published(redis)
        with shared(redis.path, 'follow', 'evil.test\n') as b:
            with case('lists that one gateway publishes hold on another'):
                check(blocks(b, b'bad.test'), 'a published entry')
                check(not blocks(b, b'evil.test'), 'an entry of its own')
                check(not blocks(b, b'plain.test'), 'no entry')
            with case('what has changed is followed by a delta'):
                a.suzgi.write('bad.txt', 'x.test\nplain.test\n' + NAMES)
                check(a.suzgi.hangup(), 'the reload was refused')
                gen = published(redis, first)
                key = '{list:%s}' % gen.decode()
                size = [redis.do('HGET', f'fw:{key}:{part}', 'bytes')
                        for part in ('delta', 'meta')]
                check(int(size[0]) * 20 < int(size[1]), f'{size}')
                redis.do('DEL', f'fw:{key}:c')  # the whole is not to be had
                check(b.suzgi.hangup(), 'the reload was refused')
                until(lambda: blocks(b, b'plain.test'), 'the new entry')
                check(not blocks(b, b'bad.test'), 'an entry that went')
            with case('and by the whole where the delta is damaged'):
                a.suzgi.write('bad.txt', 'translate.test\n' + NAMES)
                check(a.suzgi.hangup(), 'the reload was refused')
                gen = published(redis, gen)
                redis.do('HSET', 'fw:{list:%s}:d' % gen.decode(), '0', 'x')
                check(b.suzgi.hangup(), 'the reload was refused')
                until(lambda: blocks(b, b'translate.test'), 'the new entry')
                check(not blocks(b, b'plain.test'), 'an entry that went')
            with case('RD-11 no other commands for lists either'):
                used = set(re.findall(rb'cmdstat_([a-z|]+)',
                                      redis.do('INFO', 'commandstats')))
                check(used <= {b'auth', b'select', b'ping', b'get', b'set',
                               b'hget', b'hset', b'hlen', b'expire',
                               b'persist', b'info', b'del'}, f'{used}')
            b.settled()
        a.settled()
finally:
    redis.close()

with case('RD-01 no Redis at the start'):
    with world('/nonexistent/redis.sock') as w:
        right(w)
        equal(w.ask(b'{X}').status, 403, 'a blocked one')
        w.settled()


class Liar:
    """Answers each command with the same bytes, or none."""

    def __init__(self, answer):
        self.dir = tempfile.mkdtemp(prefix='suzgi-liar-')
        self.path, self.answer = f'{self.dir}/redis.sock', answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,),
                             daemon=True).start()

    def _serve(self, conn):
        try:
            with conn:
                while conn.recv(65536):
                    if self.answer:
                        conn.sendall(self.answer)
        except OSError:
            pass

    def close(self):
        self.listener.close()
        shutil.rmtree(self.dir, ignore_errors=True)


for answer in (b'', b'*1000000000\r\n', b'$-2\r\n', b'$9999999999\r\n',
               b'*1\r\n' * 10000, b':99999999999999999999999\r\n',
               b'>2\r\n+a\r\n+b\r\n', b'+' + b'x' * 100000, b'\0' * 1000,
               b'-MOVED 1 127.0.0.1:1\r\n', b'-LOADING\r\n', b'-NOAUTH x\r\n',
               b'-OOM x\r\n', b'+OK\r\n' * 1000, b'$5\r\nhel', b'$1\r\nx\r\n',
               b'$-1\r\n'):
    with case(f'RD-05 Redis answers {answer[:24]!r}'):
        liar = Liar(answer)
        try:
            with world(liar.path) as w:
                right(w, 20)
                w.settled()
        finally:
            liar.close()
tap.done()

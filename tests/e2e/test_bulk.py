#!/usr/bin/env python3
"""Large bodies both ways in little memory; who reads slowly is waited for."""
import hashlib
import threading
import time

from lib import tap
from lib.client import Client
from lib.origin import CLOSE, Origin
from lib.suzgi import SANITIZED, until
from lib.tap import case, check, equal
from lib.world import World

SIZE = 50 << 20
BLOCK = bytes(range(251)) * 1044  # of no power of two
FLAT = 12 * 1024  # KiB that memory may grow by while 50 MiB go through


def pieces():
    left = SIZE
    while left:
        part = BLOCK[:min(left, len(BLOCK))]
        left -= len(part)
        yield part


SUM = hashlib.sha256()
for piece in pieces():
    SUM.update(piece)
SUM = SUM.hexdigest()


def watch(w, peak, ending):
    while not ending.is_set():
        peak.append(w.suzgi.rss())
        time.sleep(0.05)


class Flat:
    """Memory stays flat while this goes on."""

    def __init__(self, w):
        self.w, self.peak, self.ending = w, [], threading.Event()

    def __enter__(self):
        self.base = self.w.suzgi.rss()
        self.thread = threading.Thread(target=watch, args=(
            self.w, self.peak, self.ending))
        self.thread.start()

    def __exit__(self, kind, *_):
        self.ending.set()
        self.thread.join()
        if kind is None and not SANITIZED:
            grown = max(self.peak, default=0) - self.base
            check(grown < FLAT, f'memory grew by {grown} KiB')


def send_length(conn, _):
    conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % SIZE)
    for part in pieces():
        conn.sendall(part)


def send_chunked(conn, _):
    conn.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    for part in pieces():
        conn.sendall(b'%x\r\n' % len(part) + part + b'\r\n')
    conn.sendall(b'0\r\n\r\n')


def send_to_end(conn, _):
    conn.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
    for part in pieces():
        conn.sendall(part)
    return CLOSE


def download(c):
    """(head, digest, bytes) of a body with a length, or to the end."""
    while b'\r\n\r\n' not in c.data and c.more():
        pass
    head, _, rest = c.data.partition(b'\r\n\r\n')
    c.data = b''
    sock, digest, n = c.sock, hashlib.sha256(rest), len(rest)
    sock.settimeout(60)
    while n < SIZE:
        got = sock.recv(1 << 18)
        if not got:
            break
        digest.update(got)
        n += len(got)
    return head, digest.hexdigest(), n


def sink(conn, stream):
    """A site that reads an upload and says its digest."""
    data = b''
    while b'\r\n\r\n' not in data:
        data += conn.recv(65536)
    head, _, rest = data.partition(b'\r\n\r\n')
    digest, n = hashlib.sha256(), 0
    if b'chunked' in head.lower():
        def lines():
            nonlocal rest
            while b'\r\n' not in rest:
                rest += conn.recv(1 << 18)
            line, _, rest = rest.partition(b'\r\n')
            return line

        def take(k):
            nonlocal rest
            parts, have = [rest[:k]], min(len(rest), k)
            rest = rest[k:]
            while have < k:
                got = conn.recv(min(1 << 18, k - have))
                if not got:
                    raise OSError('short')
                parts.append(got)
                have += len(got)
            return b''.join(parts)
        while True:
            k = int(lines(), 16)
            if k == 0:
                break
            part = take(k)
            digest.update(part)
            n += k
            take(2)
    else:
        digest.update(rest)
        n = len(rest)
        while n < SIZE:
            got = conn.recv(1 << 18)
            if not got:
                return
            digest.update(got)
            n += len(got)
    body = b'%d %s' % (n, digest.hexdigest().encode())
    conn.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n'
                 b'Content-Length: %d\r\n\r\n' % len(body) + body)


sinks = Origin(raw=sink)
with World(private=[f'127.0.0.1:{sinks.port}']) as w:
    w.origin.keep_raw = False
    w.origin.at.update({'/length': send_length, '/chunked': send_chunked,
                        '/end': send_to_end})
    for path in ('length', 'end'):
        with case(f'50 MiB down, {path}, in little memory'):
            with Flat(w), w.client() as c:
                c.send(w.fill(b'GET http://good.test{O}/%s HTTP/1.0\r\n\r\n'
                              % path.encode()))
                head, digest, n = download(c)
            equal(n, SIZE, 'bytes')
            equal(digest, SUM, 'digest')
            w.settled()
    with case('50 MiB down, chunked to chunked, in little memory'):
        with Flat(w), w.client() as c:
            c.send(w.fill(b'GET http://good.test{O}/chunked HTTP/1.1\r\n'
                          b'Host: x\r\n\r\n'))
            c.sock.settimeout(60)
            f = c.sock.makefile('rb')
            head = b''
            while not head.endswith(b'\r\n\r\n'):
                head += f.readline()
            check(b'chunked' in head.lower(), f'{head!r}')
            digest, n = hashlib.sha256(), 0
            while True:
                size = int(f.readline(), 16)
                part = f.read(size)
                check(f.read(2) == b'\r\n', 'no CRLF behind a chunk')
                if not size:
                    break
                digest.update(part)
                n += size
        equal(n, SIZE, 'bytes')
        equal(digest.hexdigest(), SUM, 'digest')
        w.settled()
    for chunked in (False, True):
        with case(f'50 MiB up, {"chunked" if chunked else "by length"}, '
                  'in little memory'):
            with Flat(w), w.client() as c:
                c.sock.settimeout(60)
                framing = b'Transfer-Encoding: chunked' if chunked else \
                    b'Content-Length: %d' % SIZE
                c.sock.sendall(
                    b'POST http://good.test:%d/ HTTP/1.1\r\nHost: x\r\n'
                    % sinks.port + framing + b'\r\n\r\n')
                for part in pieces():
                    c.sock.sendall(b'%x\r\n' % len(part) + part + b'\r\n'
                                   if chunked else part)
                if chunked:
                    c.sock.sendall(b'0\r\n\r\n')
                r = c.response(b'POST')
            equal(r.body.decode(), f'{SIZE} {SUM}', 'what arrived')
            w.settled()
    with case('a hundred clients that do not read: memory stays bounded'):
        base = w.suzgi.rss()
        clients = []
        for _ in range(100):
            c = Client(w.port, receive_buffer=4096)
            c.send(w.fill(b'GET http://good.test{O}/length HTTP/1.1\r\n'
                          b'Host: x\r\n\r\n'))
            clients.append(c)
        until(lambda: w.suzgi.status()['stats']['conns'] >= 100,
              'the connections')
        time.sleep(2)
        grown = w.suzgi.rss() - base
        check(SANITIZED or grown < 100 * 256,
              f'{grown} KiB for 100 connections')
        equal(w.ask(b'{G}\r\n').status, 200, 'another')
        for c in clients:
            c.close()
        w.settled()
    with case('a slow reader gets all of it, unchanged'):
        with Client(w.port, receive_buffer=8192) as c:
            c.send(w.fill(b'GET http://good.test{O}/length HTTP/1.0\r\n\r\n'))
            time.sleep(1)
            head, digest, n = download(c)
        equal(n, SIZE, 'bytes')
        equal(digest, SUM, 'digest')
        w.settled()
tap.done()

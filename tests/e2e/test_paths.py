#!/usr/bin/env python3
"""How a site is reached: a parent proxy, IPv6, the next address when one
fails, a tunnel to a real TLS site."""
import os
import ssl
import subprocess
import tempfile

from lib import hello, tap
from lib.dns import A
from lib.origin import Origin
from lib.tap import Skip, case, check, equal
from lib.world import CONFIG, World

VIA = CONFIG.replace('[origin]', '[origin]\nvia = 127.0.0.1:%(via)d')


class Parent:
    """A parent proxy: keeps what it is asked; CONNECT answers as told."""

    def __init__(self, answer=b'HTTP/1.1 200 Connection established\r\n\r\n'):
        self.answer, self.heads = answer, []
        self.origin = Origin(raw=self._run)
        self.port = self.origin.port

    def _run(self, conn, stream):
        data = b''
        while True:
            while b'\r\n\r\n' not in data:
                got = conn.recv(65536)
                if not got:
                    return
                data += got
            head, _, data = data.partition(b'\r\n\r\n')
            self.heads.append(head)
            if not head.startswith(b'CONNECT'):
                conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n'
                             b'parent')
                continue
            conn.sendall(self.answer)
            if not self.answer.startswith(b'HTTP/1.1 200'):
                return
            while True:
                got = data or conn.recv(65536)
                data = b''
                if not got:
                    return
                stream += got
                conn.sendall(b'TUNNEL')


def via(parent, **more):
    config = VIA.replace('%(via)d', str(parent.port))
    return World(config=config, private=[f'127.0.0.1:{parent.port}'], **more)


with case('through a parent proxy: absolute form, the name not looked up'):
    parent = Parent()
    w = via(parent)
    with w:
        r = w.ask(b'GET http://elsewhere.test/x?y HTTP/1.1\r\nHost: x\r\n\r\n')
        equal((r.status, r.body), (200, b'parent'), 'answer')
        check(parent.heads[-1].startswith(
            b'GET http://elsewhere.test/x?y HTTP/1.1\r\n'),
            f'{parent.heads[-1]!r}')
        check(b'host: elsewhere.test' in parent.heads[-1].lower(), 'Host')
        check(not [q for q in w.dns.asked if 'elsewhere' in q[0]],
              'the name was looked up')
        n = len(parent.heads)
        equal(w.ask(b'{X}').status, 403, 'a blocked one')
        equal(len(parent.heads), n, 'requests at the parent')
        w.settled()
with case('a tunnel through a parent proxy'):
    parent = Parent()
    with via(parent) as w:
        parent.heads.clear()
        c, answer = w.tunnel(b'good.test', 443)
        equal(answer.status, 200, 'CONNECT')
        with c:
            first = hello.plain(b'good.test')
            c.send(first)
            equal(c.want(6), b'TUNNEL', 'what came back')
        check(parent.heads[-1].startswith(
            b'CONNECT good.test:443 HTTP/1.1\r\n'), f'{parent.heads[-1]!r}')
        w.settled()
for answer in (b'HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n',
               b'HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n',
               b'garbage\r\n\r\n'):
    with case(f'CN-18 a parent that answers CONNECT with {answer[:20]!r}'):
        parent = Parent(answer)
        with via(parent) as w:
            c, r = w.tunnel(b'good.test', 443)
            with c:
                if r.status == 200:
                    c.send(hello.plain(b'good.test'))
                    check(b'TUNNEL' not in c.rest(), 'let through')
                else:
                    check(r.status in (502, 403), f'status {r.status}')
            w.settled()
with case('CN-18 a length in a parent\'s 200 is ignored'):
    parent = Parent(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
    with via(parent) as w:
        c, r = w.tunnel(b'good.test', 443)
        with c:
            if r.status == 200:
                c.send(hello.plain(b'good.test'))
                check(c.want(6) in (b'TUNNEL', b''), 'bytes were taken')
            else:
                equal(r.status, 502, 'status')
        w.settled()


def v6():
    try:
        return Origin('::1')
    except OSError:
        raise Skip('this machine has no IPv6 loopback') from None


with case('a site that has IPv6 alone'):
    site = v6()
    with World(private=[f'[::1]:{site.port}']) as w:
        w.dns.names['six.test'] = ['::1']
        r = w.ask(b'GET http://six.test:%d/a HTTP/1.1\r\nHost: x\r\n\r\n'
                  % site.port)
        equal(r.status, 200, 'status')
        equal(site.requests[0].get('host'), b'six.test:%d' % site.port,
              'Host')
        r = w.ask(b'GET http://[::1]:%d/a HTTP/1.1\r\nHost: x\r\n\r\n'
                  % site.port)
        equal(r.status, 200, 'status by address')
        w.settled()
with case('an IPv6 address that refuses: the IPv4 one is taken'):
    v6()
    with World(private=['::1']) as w:
        w.dns.names['both.test'] = ['::1', '127.0.0.1']
        for _ in range(3):
            r = w.ask(b'GET http://both.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n')
            equal(r.status, 200, 'status')
        w.settled()
with case('an address that is not permitted: the permitted one is taken'):
    with World() as w:
        w.dns.names['mixed.test'] = ['127.0.0.9', '127.0.0.1', '::1']
        r = w.ask(b'GET http://mixed.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n')
        equal(r.status, 200, 'status')
        w.settled()
with case('ipv6 = off asks for no IPv6 and uses none'):
    with World(config=CONFIG.replace('[origin]', '[origin]\nipv6 = off')
               ) as w:
        w.dns.names['both.test'] = ['::1', '127.0.0.1']
        equal(w.ask(b'GET http://both.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                    ).status, 200, 'status')
        check(not [q for q in w.dns.asked if q[1] != A], f'{w.dns.asked}')
with case('a name is looked up once for many requests'):
    with World() as w:
        w.dns.names['often.test'] = ['127.0.0.1']
        for _ in range(30):
            equal(w.ask(b'GET http://often.test{O}/ HTTP/1.1\r\nHost: x\r\n'
                        b'\r\n').status, 200, 'status')
        n = len([q for q in w.dns.asked if q[0] == 'often.test'])
        check(n <= 60, f'{n} questions')  # a TTL of 0 may be asked each time
with case('listening on IPv6'):
    v6()
    with World(listen='[::1]') as w:
        equal(w.ask(b'{X}').status, 403, 'a blocked one')
        e = w.suzgi.logged(lambda r: r['action'] == 'block')[0]
        equal(e['client'], '::1', 'client')


def certificate(folder):
    """A throw-away CA and a certificate of it for good.test."""
    run = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
           'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
           '-keyout', f'{folder}/key.pem', '-out', f'{folder}/cert.pem',
           '-subj', '/CN=good.test', '-addext',
           'subjectAltName=DNS:good.test']
    subprocess.run(run, check=True, capture_output=True)
    return f'{folder}/cert.pem', f'{folder}/key.pem'


def tls_site(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def serve(conn, _):
        with context.wrap_socket(conn, server_side=True) as s:
            data = b''
            while b'\r\n\r\n' not in data:
                data += s.recv(65536)
            body = b'secret page ' + data.split(b' ')[1]
            s.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n'
                      b'Content-Length: %d\r\n\r\n' % len(body) + body)
    return Origin(raw=serve)


with tempfile.TemporaryDirectory() as folder:
    cert, key = certificate(folder)
    site = tls_site(cert, key)
    with World(tunnel_to=[site.port]) as w:
        for name, passes in (('good.test', True), ('bad.test', False)):
            with case(f'real TLS to {name} through the proxy'):
                c, answer = w.tunnel(b'good.test', site.port)
                equal(answer.status, 200, 'CONNECT')
                context = ssl.create_default_context(cafile=cert)
                context.check_hostname = passes
                try:
                    with context.wrap_socket(
                            c.sock, server_hostname=name) as s:
                        s.sendall(b'GET /x HTTP/1.1\r\nHost: x\r\n\r\n')
                        got = s.recv(65536)
                    check(passes, 'a blocked name got through')
                    check(got.endswith(b'secret page /x'), f'{got!r}')
                except (ssl.SSLError, ConnectionError, OSError) as e:
                    check(not passes, f'{e}')
                w.settled()
        with case('curl through the proxy: plain, TLS, blocked'):
            if subprocess.run(['which', 'curl'],
                              capture_output=True).returncode:
                raise Skip('curl is not installed')

            def curl(*words):
                return subprocess.run(
                    ['curl', '-sS', '-m', '60', '-x',
                     f'http://127.0.0.1:{w.port}', '--cacert', cert, *words],
                    capture_output=True, env={'PATH': os.environ['PATH']})
            good = f'http://good.test:{w.origin.port}'
            for words, text in (
                    ([f'{good}/a'], b'origin GET /a 0'),
                    (['-d', 'x=y', f'{good}/b'], b'origin POST /b 3'),
                    (['-T', cert, f'{good}/c'], b'origin PUT /c'),
                    (['-H', 'Transfer-Encoding: chunked', '-d', 'x=y',
                      f'{good}/d'], b'origin POST /d 3'),
                    (['-0', f'{good}/e'], b'origin GET /e 0'),
                    (['-I', f'{good}/f'], b'200 OK'),
                    (['-p', f'{good}/g'], b'origin GET /g 0'),
                    ([f'https://good.test:{site.port}/h'],
                     b'secret page /h'),
                    ([f'http://bad.test:{w.origin.port}/i'], b'bad.test'),
                    ([f'{good}/1', f'{good}/2', f'{good}/3'],
                     b'origin GET /3 0')):
                done = curl(*words)
                check(text in done.stdout,
                      f'curl {words}: {done.stdout!r} {done.stderr!r}')
            done = curl(f'https://bad.test:{site.port}/')
            check(done.returncode != 0 and b'403' in done.stderr,
                  f'{done.stderr!r}')
            w.settled()
tap.done()

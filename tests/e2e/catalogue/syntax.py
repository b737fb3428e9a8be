"""HX: the grammar of a request's head, and what a header may not do."""
import os

from lib.rows import Answers, AnyOf, Block, Denied, Refuse, Served, text
from lib.tap import check, equal

ROWS = []


def row(name, what, data, expected):
    ROWS.append((name, what, data, expected))


row('HX-01', 'bare LF',
    b'GET http://good.test{O}/ HTTP/1.1\nHost: good.test{O}\n\n', Refuse())
row('HX-01', 'one bare LF among CRLFs',
    b'GET http://good.test{O}/ HTTP/1.1\r\nHost: good.test{O}\nX: y\r\n\r\n',
    Refuse())
row('HX-02', 'CR alone',
    b'GET http://good.test{O}/ HTTP/1.1\rHost: good.test{O}\r\r', Refuse())
row('HX-02', 'CR alone in a value',
    b'{G}X: a\rSmuggled: b\r\n\r\n', Refuse())
row('HX-03', 'NUL in a value', b'{G}X: a\x00b\r\n\r\n', Refuse())
row('HX-03', 'NUL in Host',
    b'GET http://good.test{O}/ HTTP/1.1\r\n'
    b'Host: good.test\x00.bad.test\r\n\r\n', Refuse())
for b in [*range(0x01, 0x09), 0x0b, 0x0c, *range(0x0e, 0x20), 0x7f]:
    row('HX-03', f'{b:02x} in a value', b'{G}X: a' + bytes([b]) +
        b'b\r\n\r\n', Refuse())
for b in [*range(0x00, 0x21), *range(0x7f, 0x100), *b'"(),/;<=>?@[\\]{}']:
    row('HX-04', f'{b:02x} in a name', b'{G}A' + bytes([b]) +
        b'B: x\r\n\r\n', Refuse())
row('HX-04', 'an empty name', b'{G}: x\r\n\r\n', Refuse())
row('HX-04', 'a line without a colon', b'{G}nonsense\r\n\r\n', Refuse())
row('HX-04', 'Content-Length with 85 behind it',
    b'{P}Content-Length\x85: 10\r\n\r\nhello', Refuse())
row('HX-05', 'no Host, origin form', b'GET / HTTP/1.1\r\n\r\n', Refuse())
row('HX-05', 'no Host, absolute form',
    b'GET http://good.test{O}/ HTTP/1.1\r\n\r\n', Refuse())
for a, b in ((b'good.test', b'bad.test'), (b'bad.test', b'good.test'),
             (b'good.test', b'good.test')):
    row('HX-06', f'Host {text(a)}, Host {text(b)}',
        b'GET http://good.test{O}/ HTTP/1.1\r\nHost: ' + a +
        b'{O}\r\nHost: ' + b + b'{O}\r\n\r\n', Refuse())
row('HX-06', 'the second Host at line 100',
    b'{G}' + b'A: b\r\n' * 100 + b'Host: bad.test\r\n\r\n', Refuse())
for v in (b'good.test/', b'good.test:80:80', b'good.test, bad.test',
          b'good test', b'u@good.test', b'good.test\\', b'[::1', b'good.test#',
          b'good.test?', b'good.test:x'):
    row('HX-07', 'Host ' + text(v),
        b'GET http://good.test{O}/ HTTP/1.1\r\nHost: ' + v + b'\r\n\r\n',
        AnyOf(Refuse(), Served(1)))
row('HX-08', 'target blocked, Host allowed',
    b'GET http://bad.test{O}/ HTTP/1.1\r\nHost: good.test{O}\r\n\r\n',
    Block())


def host_is_target(requests, _):
    check(requests[0].get('host').startswith(b'good.test'),
          f'Host at the site: {requests[0].get("host")}')


row('HX-08', 'target allowed, Host blocked: the target rules',
    b'GET http://good.test{O}/ HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n',
    Served(1, host_is_target))
row('HX-09', 'origin form', b'GET / HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n',
    AnyOf(Refuse(), Block()))
row('HX-09', 'origin form, our own address',
    b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', Refuse())
for t in (b'*', b'bad.test/', b'//bad.test/', b'http://', b'http:///x',
          b'http://:80/', b'/\\bad.test', b'!', b'?x', b'http:/bad.test/',
          b'http:bad.test/', b'bad.test', b'://bad.test/'):
    row('HX-10', 'target ' + text(t),
        b'GET ' + t + b' HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', Refuse())
row('HX-10', 'OPTIONS *',
    b'OPTIONS * HTTP/1.1\r\nHost: good.test{O}\r\n\r\n',
    AnyOf(Refuse(400, 501), Answers([200], 0)))
for t in (b'https://good.test/', b'ftp://good.test/', b'gopher://good.test/',
          b'file:///etc/passwd', b'ws://good.test/', b'HTTPS://good.test/',
          b'javascript:alert(1)', b'cache_object://good.test/', b'urn:x:y'):
    row('HX-11', 'scheme ' + text(t),
        b'GET ' + t + b' HTTP/1.1\r\nHost: good.test\r\n\r\n',
        Denied(400, 403, 501))
row('HX-11', 'HTTP in capitals is http',
    b'GET HTTP://bad.test{O}/ HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n', Block())


def method_is(method):
    def look(requests, _):
        equal(requests[0].method, method, 'method at the site')
    return look


for m in (b'get', b'FOO', b'GeT', b'CONNECTX', b'PROPFIND', b'M-SEARCH',
          b'QUERY', b'PURGE'):
    row('HX-12', 'method ' + text(m),
        m + b' http://good.test{O}/ HTTP/1.1\r\nHost: good.test{O}\r\n\r\n',
        AnyOf(Served(1, method_is(m)), Refuse(400, 405, 501)))
for m in (b'G=":<>(e),[T];?"', b'GET\x00', b'', b' GET', b'GET\t', b'G ET',
          b'\xc3\xa9', b'GET:'):
    row('HX-12', 'method ' + (text(m) or 'empty'),
        m + b' http://good.test{O}/ HTTP/1.1\r\nHost: good.test{O}\r\n\r\n',
        Refuse(400, 405, 501))
row('HX-12', 'a method of 70 000 letters',
    b'A' * 70000 + b' http://good.test{O}/ HTTP/1.1\r\n'
    b'Host: good.test{O}\r\n\r\n', Refuse(400, 414, 501))
for v in (b'HTTP/1.32', b'HTTP/2.0', b'HTTP/3.0', b'HTTP/0.9',
          b'HTTP/\r\r1.1', b'http/1.1', b'HTTP/01.1', b'HTTP/1.',
          b'HTTP/1.1 ', b'HTTP/4294967295.255', b'HTTP/1.1\x00', b'HTTP/1.2',
          b'HTTP/1.10', b'HTTP/1', b'HTTP/11', b'HTTP /1.1', b'HTTP/1 .1',
          b'HTTP/4294967297.1', b'HTTPS/1.1', b'XTTP/1.1', b'HTTP/-1.1',
          b'HTTP/1.1.1', b'HTTP/1,1'):
    row('HX-13', 'version ' + text(v),
        b'GET http://good.test{O}/ ' + v + b'\r\nHost: good.test{O}\r\n\r\n',
        Refuse(400, 505))
row('HX-13', 'no version', b'GET http://good.test{O}/\r\n\r\n',
    Refuse(400, 505))
row('HX-13', 'no version, then headers',
    b'GET http://good.test{O}/\r\nHost: good.test{O}\r\n\r\n',
    Refuse(400, 505))
for line in (b'GET\thttp://bad.test/\tHTTP/1.1', b'GET  http://good.test/ '
             b'HTTP/1.1', b'GET http://good.test/  HTTP/1.1',
             b'GET http://good.test/ http://bad.test/ HTTP/1.1',
             b'GET http://good.test/a b HTTP/1.1', b'GET /\nHTTP/1.1',
             b'GET http://good.test/\x0bHTTP/1.1',
             b'GET http://good.test/\x0cHTTP/1.1', b' GET http://good.test/ '
             b'HTTP/1.1', b'GET\xa0http://good.test/ HTTP/1.1'):
    row('HX-14', text(line), line + b'\r\nHost: good.test\r\n\r\n', Refuse())
for v in (b'X: y\r\n z\r\n', b'X: y\r\n\tz\r\n', b'X:\r\n y\r\n'):
    row('HX-15', 'a folded line, ' + text(v), b'{G}' + v + b'\r\n', Refuse())
for b in [*range(0x01, 0x21), 0x7f]:
    row('HX-16', f'{b:02x} in the path',
        b'GET http://good.test{O}/a' + bytes([b]) +
        b'b HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', Refuse())


def sent_as_asked(requests, _):
    check(all(0x21 <= c <= 0x7e for c in requests[0].target),
          f'sent on: {requests[0].target!r}')


for b in [0x80, 0x9b, 0xa0, 0xc3, 0xff, *b'"<>^{}`|']:
    row('HX-16', f'{b:02x} in the path',
        b'GET http://good.test{O}/a' + bytes([b]) +
        b'b HTTP/1.1\r\nHost: good.test{O}\r\n\r\n',
        Refuse() if b > 0x7f else AnyOf(Refuse(), Served(1, sent_as_asked)))
row('HX-17', 'a request line of 8 000 bytes is served',
    b'GET http://good.test{O}/' + b'p' * 7940 +
    b' HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', Served(1))
row('HX-17', 'a request line of 65 537 bytes',
    b'GET http://good.test{O}/' + b'p' * 65537 +
    b' HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', Refuse(414))
row('HX-17', 'a long one to a blocked site is not let through',
    b'GET http://bad.test{O}/' + b'p' * 65537 +
    b' HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n', AnyOf(Refuse(414), Block()))
row('HX-17', '15 000 bytes to a blocked site are blocked',
    b'GET http://bad.test{O}/' + b'p' * 15000 +
    b' HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n', Block())
row('HX-18', '10 000 headers', b'{G}' + b'a:b\r\n' * 10000 + b'\r\n',
    Refuse(431))
row('HX-18', 'a header of a megabyte',
    b'{G}A: ' + b'b' * (1 << 20) + b'\r\n\r\n', Refuse(431))
row('HX-18', '64 KiB of headers', b'{G}' + b'abcdef: 0123456789\r\n' * 4000 +
    b'\r\n', Refuse(431))
row('HX-18', '100 headers are served',
    b'{G}' + b'A: b\r\n' * 100 + b'\r\n', Served(1))


def framing_stays(requests, _):
    r = requests[0]
    check(r.get('host'), 'Host was removed')
    check(r.method != b'POST' or r.body == b'hello', f'body {r.body!r}')


for v in (b'Host', b'Content-Length', b'Transfer-Encoding', b'Via',
          b'Connection', b'close, Host, Content-Length', b'host',
          b'connection, Connection', b', '.join([b'Connection'] * 1000)):
    row('HX-20', 'Connection: ' + text(v)[:30],
        b'{P}Connection: ' + v + b'\r\n' + b'Content-Length: 5\r\n\r\nhello',
        Served(1, framing_stays))


def keeps(*names):
    def look(requests, _):
        for name in names:
            check(requests[0].has(name), f'{name} was removed')
    return look


for v in (b'Cookie', b'Authorization'):
    row('HX-20', 'Connection: ' + text(v),
        b'{G}Connection: ' + v + b'\r\n' + v + b': secret\r\n\r\n',
        Served(1))


def hidden(*words):
    def look(requests, _):
        for word in words:
            check(word.lower() not in requests[0].raw.lower(),
                  f'{word!r} reached the site: {requests[0].raw!r}')
    return look


row('HX-20', 'what Connection names is removed',
    b'{G}Connection: X-Secret\r\nX-Secret: 1\r\n\r\n',
    Served(1, hidden(b'x-secret')))
row('HX-20', 'hop-by-hop headers are removed',
    b'{G}Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n'
    b'TE: trailers\r\nTrailer: X\r\nUpgrade: foo\r\n'
    b'Connection: keep-alive, TE, Upgrade\r\n\r\n',
    Served(1, hidden(b'keep-alive: timeout', b'proxy-connection',
                     b'\r\nte:', b'\r\ntrailer:', b'\r\nupgrade:')))
row('HX-21', 'the proxy\'s credentials stay here',
    b'{G}Proxy-Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n\r\n',
    Served(1, hidden(b'proxy-authorization', b'c2VjcmV0')))
row('HX-22', 'X-Forwarded-For of the client',
    b'{G}X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n\r\n',
    Served(1, hidden(b'1.2.3.4')))
row('HX-23', 'Via is added',
    b'{G}\r\n', Served(1, keeps('via')))
row('HX-23', 'our own Via is a loop',
    b'{G}Via: 1.1 suzgi\r\n\r\n',
    AnyOf(Refuse(508), Served(1)))
row('HX-23', 'another Via is kept',
    b'{G}Via: 1.1 other\r\n\r\n', Served(1, keeps('via')))
row('HX-24', 'TRACE',
    b'TRACE http://good.test{O}/ HTTP/1.1\r\nHost: good.test{O}\r\n'
    b'Cookie: s=1\r\nMax-Forwards: 0\r\n\r\n', Refuse(405, 501, 400))
for v in (b'If-Modified-Since: Thu, 01 Jan 1970 00:00:0',
          b'Range: bytes=-9223372036854775808',
          b'Range: bytes=0-18446744073709551615',
          b'Range: bytes=' + b','.join([b'0-100'] * 1000),
          b'If-None-Match: ' + b'"' + b'x' * 8000 + b'"'):
    row('HX-25', text(v)[:40], b'{G}' + v + b'\r\n\r\n', Served(1))
for v in (b'Digest nc=' + b'1' * 15000, b'Digest algorithm=md5-sess',
          b'Basic !!!!', b'NTLM TlRMTVNTUAADAAAA' + b'A' * 2000, b''):
    row('HX-26', 'Proxy-Authorization: ' + text(v)[:30],
        b'{G}Proxy-Authorization: ' + v + b'\r\n\r\n', Served(1))


def bare(_, responses):
    r = responses[0]
    check(not r.has('transfer-encoding'), f'chunked to a 1.0 client: {r.raw}')


row('HX-28', 'an HTTP/1.0 client',
    b'GET http://good.test{O}/ HTTP/1.0\r\n\r\n', Served(1, bare))
row('HX-28', 'an HTTP/1.0 client with Host',
    b'GET http://good.test{O}/ HTTP/1.0\r\nHost: good.test{O}\r\n\r\n',
    Served(1, bare))
row('HX-28', 'an HTTP/1.0 client, blocked',
    b'GET http://bad.test{O}/ HTTP/1.0\r\n\r\n', Block(ends=True))
for what, v in (
        ('random bytes', b'\x8f' + os.urandom(65535)),
        ('a TLS hello', bytes.fromhex('160301005d0100005903030001')),
        ('SOCKS5', b'\x05\x01\x00'), ('SOCKS4', b'\x04\x01\x00\x50'),
        ('SMTP', b'EHLO x\r\n\r\n'), ('SSH', b'SSH-2.0-x\r\n\r\n'),
        ('HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        ('Redis', b'*1\r\n$4\r\nPING\r\n'),
        ('memcached', b'get x\r\n\r\n'),
        ('PROXY protocol', b'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n{G}\r\n')):
    row('HX-29', what, v, Refuse(400, 501, 505, 414))

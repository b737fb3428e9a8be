#!/usr/bin/env python3
"""Answers are judged before they pass: type, name, size, first bytes."""
import gzip
import threading

from lib import tap
from lib.origin import CLOSE, response
from lib.suzgi import PATIENCE
from lib.tap import case, check, equal
from lib.world import CONFIG, World

POLICY = '''\
[policy default]
block = category:adult
block = type:video/ , type:application/x-dosexec , ext:exe , disguised
block = host:good.test size>64KiB
monitor = type:audio/
'''
RULES = CONFIG[:CONFIG.index('[policy default]')] + POLICY
EXE = b'MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00' + \
    b'\0' * 44 + b'\x80\0\0\0' + b'\0' * 64 + b'PE\0\0' + b'\0' * 600
PNG = b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR' + b'\0' * 700
TEXT = b'just some text, and more of it. ' * 40
OVER = 64 * 1024


def answer(body, *fields, framing='length', status=b'200 OK', size=None):
    """One answer; framing: length, chunked, close."""
    head = b'HTTP/1.1 ' + status + b'\r\n'
    for f in fields:
        head += f + b'\r\n'
    if framing == 'length':
        return head + b'Content-Length: %d\r\n\r\n' % len(body) + body
    if framing == 'close':
        return head + b'Connection: close\r\n\r\n' + body
    size = size or len(body) or 1
    parts = [body[i:i + size] for i in range(0, len(body), size)]
    return head + b'Transfer-Encoding: chunked\r\n\r\n' + b''.join(
        b'%x\r\n%b\r\n' % (len(p), p) for p in parts) + b'0\r\n\r\n'


def get(path=b'/a', *fields, method=b'GET', version=b'1.1'):
    head = method + b' http://good.test{O}' + path + b' HTTP/' + version + \
        b'\r\nHost: good.test{O}\r\n'
    return head + b''.join(f + b'\r\n' for f in fields) + b'\r\n'


def serve(w, data, cuts=(), close=False):
    """Answer /a with <data>, cut at <cuts>: a part only after the one before
    was received by the kernel of the other side."""
    def script(conn, _):
        ends = [*cuts, len(data)]
        for a, b in zip([0, *cuts], ends):
            conn.sendall(data[a:b])
        return CLOSE if close else None
    w.origin.at['/a'] = script


def one(w, data, method=b'GET', fields=(), close=False, version=b'1.1'):
    """What a client gets for it."""
    serve(w, data, close=close)
    with w.client() as c:
        c.send(w.fill(get(b'/a', *fields, method=method, version=version)))
        return c.response(method)


TYPE = b'Content-Type: '
# name, fields, body, blocked
KINDS = [
    ('an image that is one', [TYPE + b'image/png'], PNG, False),
    ('text', [TYPE + b'text/plain'], TEXT, False),
    ('a declared video', [TYPE + b'Video/MP4; codecs=x'], TEXT, True),
    ('a program that says so', [TYPE + b'application/x-dosexec'], EXE, True),
    ('a program called an image', [TYPE + b'image/png'], EXE, True),
    ('a program without a type', [], EXE, True),
    ('a program by its name', [TYPE + b'application/octet-stream',
     b'Content-Disposition: attachment; filename="setup.EXE"'], TEXT, True),
    ('a name with a character set', [TYPE + b'application/octet-stream',
     b"Content-Disposition: attachment; filename=\"a.txt\"; "
     b"filename*=UTF-8''%e2%82%ac.%65xe"], TEXT, True),
    ('an escaped name', [TYPE + b'application/octet-stream',
     b'content-disposition: attachment;filename="a\\.e\\xe"'], TEXT, True),
    ('a harmless name', [TYPE + b'text/plain',
     b'Content-Disposition: attachment; filename="exe.txt"'], TEXT, False),
    *[(f'its name: {rule}', [TYPE + b'application/octet-stream',
       *(b'Content-Disposition: ' + x for x in value)], TEXT, True)
      for rule, *value in (
          ('a set that browsers do not know',
           b"attachment; filename*=bogus''a.txt; filename=setup.exe"),
          ('a set that it is not in',
           b"attachment; filename*=UTF-8''%ff.txt; filename=setup.exe"),
          ('two that differ',
           b"attachment; filename*=UTF-8''a.txt; filename=setup.exe"),
          ('two that differ, the other way round',
           b"attachment; filename=a.txt; filename*=UTF-8''setup.exe"),
          ('a word of base64',
           b'attachment; filename="=?UTF-8?B?c2V0dXAuZXhl?="'),
          ('a quoted-printable word',
           b'attachment; filename="=?utf-8?Q?setup=2Eexe?="'),
          ('two fields', b'attachment', b'attachment; filename=setup.exe'),
          ('two fields that differ', b'attachment; filename=a.txt',
           b'attachment; filename=setup.exe'),
          ('behind a parameter without a value',
           b'attachment; foo; filename=setup.exe'),
          ('behind an empty one', b'attachment;; filename=setup.exe'),
          ('behind a long one',
           b'attachment; x=' + b'y' * 2000 + b'; filename=setup.exe'),
          ('a long one',
           b'attachment; filename=' + b'y' * 2000 + b'.exe'),
          ('in pieces',
           b'attachment; filename*0="set"; filename*1="up.exe"'),
          ('a tab behind it', b'attachment; filename="setup.exe\t"'))],
    *[(f'harmless by its name: {rule}', [TYPE + b'text/plain',
       b'Content-Disposition: ' + value], TEXT, False)
      for rule, value in (
          ('both of two',
           b"attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"),
          ('a name in it', b'attachment; filename="a.exe, b; c.txt"'),
          ('of other letters',
           b"attachment; filename*=UTF-8''%d0%b0.exe%d0%b0.pdf"))],
    *[(f'a program called an image, and {coding.decode()}',
       [TYPE + b'image/png', b'Content-Encoding: ' + coding], EXE, True)
      for coding in (b'gzip', b'br', b'deflate', b'zstd', b'compress',
                     b'x-compress', b'dcb', b'gzip, br')],
    ('no body to speak of', [TYPE + b'text/plain'], b'', False),
    ('a tiny one', [TYPE + b'text/plain'], b'x', False),
]


def kinds(w):
    for framing in ('length', 'chunked', 'close'):
        for name, fields, body, blocked in KINDS:
            with case(f'{name}, framed by {framing}'):
                w.origin.forget()
                r = one(w, answer(body, *fields, framing=framing),
                        close=framing == 'close')
                if blocked:
                    equal(r.status, 403, 'status')
                    w.told(r)
                    check(body[:40] not in r.body or not body, 'it came through')
                else:
                    equal((r.status, r.body), (200, body), 'answer')
    with case('a blocked answer is recorded with its stage'):
        found = w.suzgi.logged(lambda r: r.get('stage') == 'head', 3)
        equal({(r['action'], r['status'], r['reason'], r['tier'])
               for r in found}, {('block', 403, 'rule', 'policy')}, 'record')
    with case('the connection is good for the next request'):
        with w.client() as c:
            for body, status in ((EXE, 403), (TEXT, 200), (EXE, 403)):
                serve(w, answer(body))
                c.send(w.fill(get()))
                equal(c.response().status, status, 'status')


def cuts(w):
    """Wherever the answer is cut, the verdict is the same."""
    for name, body, status in (('a program', EXE[:300], 403),
                               ('text', TEXT[:60], 200)):
        for framing in ('length', 'chunked'):
            whole = answer(body, TYPE + b'image/png' if status == 403
                           else TYPE + b'text/plain', framing=framing, size=7)
            step = 1 if status == 200 else 5
            with case(f'{name} by {framing}, cut at each byte'):
                for at in range(1, len(whole), step):
                    serve(w, whole, cuts=[at])
                    with w.client() as c:
                        c.send(w.fill(get()))
                        r = c.response()
                        equal(r.status, status, f'cut at {at}')
                        if status == 200:
                            equal(r.body, body, f'cut at {at}')


def slow(w):
    """First bytes that do not come: what there is is judged, then each."""
    go = threading.Event()

    def drip(conn, _):
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
                     b'Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n')
        go.wait(PATIENCE)
        conn.sendall(b'4\r\n2345\r\n0\r\n\r\n')
    with case('an answer that begins slowly passes as it comes'):
        go.clear()
        w.origin.at['/a'] = drip
        with w.client() as c:
            c.send(w.fill(get()))
            while b'\r\n1\r\n' not in c.data:
                check(c.more(), f'it ended: {c.data!r}')
            go.set()
            equal(c.response().body, b'12345', 'body')

    def creep(conn, _):
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n'
                     b'Content-Length: %d\r\n\r\n' % len(EXE) + EXE[:1])
        go.wait(PATIENCE)
        conn.sendall(EXE[1:])
        return CLOSE
    with case('a program that begins slowly is cut off before it is one'):
        go.clear()
        w.origin.at['/a'] = creep
        with w.client() as c:
            c.send(w.fill(get()))
            while not c.data.endswith(b'\r\n\r\nM'):
                check(c.more(), f'it ended: {c.data!r}')
            go.set()
            rest = c.rest()
            check(rest.endswith(b'\r\n\r\nM'), f'more came: {rest[-40:]!r}')
    with case('the client sends on while the answer is held'):
        body = b'u' * 300000
        w.origin.forget()

        def echo(conn, request):
            conn.sendall(response(request.body[:9], b'200 OK',
                                  TYPE + b'text/plain'))
        w.origin.at['/a'] = echo
        with w.client() as c:
            c.send(w.fill(b'POST http://good.test{O}/a HTTP/1.1\r\n'
                          b'Host: x\r\nContent-Length: %d\r\n\r\n'
                          % len(body)) + body)
            equal(c.response().body, b'u' * 9, 'body')


def sizes(w):
    big, small = b'x' * (OVER + 1), b'x' * OVER
    for framing in ('length', 'chunked', 'close'):
        with case(f'a size that is permitted passes whole, by {framing}'):
            r = one(w, answer(small, TYPE + b'text/plain', framing=framing,
                              size=5000), close=framing == 'close')
            check(r.body == small, f'{r.status}, {len(r.body)} bytes')
    with case('a length that is too large is refused with a page'):
        r = one(w, answer(big, TYPE + b'text/plain'))
        equal(r.status, 403, 'status')
        w.told(r)

    for framing, version in (('chunked', b'1.1'), ('close', b'1.1'),
                             ('chunked', b'1.0'), ('close', b'1.0')):
        with case(f'a body by {framing} that grows too large is cut off, '
                  f'and a client of {version.decode()} can tell'):
            gate = threading.Event()

            def grow(conn, _, framing=framing):
                data = answer(small + b'y' * 4000, TYPE + b'text/plain',
                              framing=framing, size=4000)
                half = len(data) // 2
                conn.sendall(data[:half])
                gate.wait(PATIENCE)
                conn.sendall(data[half:])
                return CLOSE
            w.origin.at['/a'] = grow
            before = len(w.suzgi.log())
            with w.client() as c:
                c.send(w.fill(get(version=version)))
                while len(c.data) < 20000:
                    check(c.more(), 'it ended early')
                gate.set()
                data = c.rest()
                check(not data.endswith(b'0\r\n\r\n'), 'a clean end')
                if version == b'1.0':
                    check(c.reset, 'a clean end: no reset')
                check(data.count(b'x') <= OVER + 2 and
                      b'y' not in data.partition(b'\r\n\r\n')[2],
                      'more than that came')
            found = w.suzgi.logged(
                lambda r: r.get('stage') == 'body' and r['action'] == 'block')
            equal(found[-1]['status'], 0, 'status of the record')
            check(len(w.suzgi.log()) >= before, 'records')
    with case('a body that comes at once is cut off, or gets a page'):
        serve(w, answer(big, TYPE + b'text/plain', framing='chunked',
                        size=OVER + 1))
        with w.client() as c:
            c.send(w.fill(get(b'/a', b'Connection: close')))
            data = c.rest()
        check(data.count(b'x') <= OVER, 'all of it came')
        check(data.startswith(b'HTTP/1.1 403') or
              not data.endswith(b'0\r\n\r\n'), 'a clean end')


def others(w):
    with case('HEAD is judged by what it declares'):
        r = one(w, b'HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n'
                b'Content-Length: 5\r\n\r\n', b'HEAD')
        equal(r.status, 403, 'status')
        r = one(w, b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
                b'Content-Length: %d\r\n\r\n' % (OVER + 1), b'HEAD')
        equal(r.status, 403, 'status of a large one')
        r = one(w, b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
                b'Content-Length: 9\r\n\r\n', b'HEAD')
        equal((r.status, r.get('content-length')), (200, b'9'), 'allowed')
    for status in (204, 304):
        with case(f'a {status} passes'):
            r = one(w, b'HTTP/1.1 %d X\r\nETag: "e"\r\n\r\n' % status)
            equal((r.status, r.get('etag')), (status, b'"e"'), 'answer')
    with case('interim answers pass, and the final one is judged'):
        early = b'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'
        interim = []
        serve(w, early + answer(EXE))
        with w.client() as c:
            c.send(w.fill(get()))
            equal(c.response(interim=interim).status, 403, 'status')
    with case('several parts at once are not asked for, nor taken'):
        w.forget()
        r = one(w, answer(TEXT, TYPE + b'text/plain'),
                fields=[b'Range: bytes=0-1,5-9'])
        equal(r.status, 200, 'status')
        check(w.origin.requests[-1].get('range') is None, 'Range was sent')
        r = one(w, answer(b'--x\r\nContent-Type: video/mp4\r\n\r\n',
                          TYPE + b'multipart/byteranges; boundary=x',
                          status=b'206 Partial Content'))
        equal(r.status, 502, 'status')
    with case('one part is asked for as the client did'):
        w.forget()
        one(w, answer(TEXT, TYPE + b'text/plain'),
            fields=[b'Range: bytes=5-9'])
        equal(w.origin.requests[-1].get('range'), b'bytes=5-9', 'Range')
    with case('what is encoded passes unseen, what only says so is seen'):
        packed = gzip.compress(EXE)
        r = one(w, answer(packed, TYPE + b'image/png',
                          b'Content-Encoding: gzip'))
        equal((r.status, r.body), (200, packed), 'encoded')
        for coding in (b'gzip', b'identity', b'x-nothing'):
            r = one(w, answer(EXE, TYPE + b'image/png',
                              b'Content-Encoding: ' + coding))
            equal(r.status, 403, f'{coding} that is none')
    with case('an answer that says it is two things is refused'):
        r = one(w, answer(TEXT, TYPE + b'text/plain', TYPE + b'video/mp4'))
        equal(r.status, 502, 'status')
        r = one(w, answer(TEXT, TYPE + b'text/plain',
                          TYPE + b'Text/Plain; charset=x'))
        equal(r.status, 200, 'twice the same')
    with case('an answer that ends early is an error, not a pass'):
        serve(w, b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n' + b'x' * 99,
              close=True)
        with w.client() as c:
            c.send(w.fill(get()))
            equal(c.response().status, 502, 'status')
    with case('one that is not HTTP any more after its head'):
        r = one(w, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
                b'zz\r\n')
        equal(r.status, 502, 'status')
    with case('monitor by type: passes, and is recorded once'):
        # the 204 and the 304 are of any type that lets through
        before = len(w.suzgi.logged(lambda r: r['action'] == 'monitor', 2))
        r = one(w, answer(TEXT, TYPE + b'audio/ogg'))
        equal(r.status, 200, 'status')
        w.suzgi.logged(lambda r: r['action'] == 'monitor', before + 1)
        w.settled()
        equal(len([r for r in w.suzgi.log() if r['action'] == 'monitor']),
              before + 1, 'records')


def part(body, said, *fields, **more):
    return answer(body, b'Content-Range: ' + said, *fields,
                  status=b'206 Partial Content', **more)


def parts(w):
    """206: what it says of itself is believed only where it can be."""
    image, text = TYPE + b'image/png', TYPE + b'text/plain'
    middle = b'bytes 500-%d/9000' % (500 + len(EXE) - 1)
    begin = b'bytes 0-%d/9000' % (len(EXE) - 1)
    ask = [b'Range: bytes=500-']
    with case('a part in the middle is judged by its type alone'):
        r = one(w, part(EXE, middle, image), fields=ask)
        equal((r.status, r.body), (206, EXE), 'disguise cannot be seen')
        r = one(w, part(TEXT, middle, TYPE + b'video/mp4'), fields=ask)
        equal(r.status, 403, 'a declared type')
    with case('the last part, asked for by its length'):
        r = one(w, part(EXE, b'bytes %d-8999/9000' % (9000 - len(EXE)), image),
                fields=[b'Range: bytes=-%d' % len(EXE)])
        equal(r.status, 206, 'status')
    with case('a first part is judged by its first bytes'):
        for fields in ([], [b'Range: bytes=0-']):
            r = one(w, part(EXE, begin, image), fields=fields)
            equal(r.status, 403, 'status')
    for rule, said, fields in (
            ('nobody asked for', middle, []),
            ('stands elsewhere than was asked for', middle,
             [b'Range: bytes=501-']),
            ('was asked for in other units', middle, [b'Range: lines=500-']),
            ('was asked for twice', middle, ask * 2),
            ('has a range with an equals sign', b'bytes=500-599/9000', ask),
            ('has a range of other units', b'items 500-599/9000', ask),
            ('has no range', b'bytes */9000', ask),
            ('has an empty one', b'', ask),
            ('has a range that ends before it begins', b'bytes 500-9/900', ask),
            ('has two', middle + b'\r\nContent-Range: ' + middle, ask)):
        with case(f'a program as a part that {rule} is seen'):
            equal(one(w, part(EXE, said, image), fields=fields).status, 403,
                  'status')
            equal(one(w, part(PNG, said, image), fields=fields).status, 206,
                  'a picture')
    with case('a program as a part without any range is seen'):
        r = one(w, answer(EXE, image, status=b'206 Partial Content'),
                fields=ask)
        equal(r.status, 403, 'status')
    with case('the size of the whole counts, whatever the part'):
        r = one(w, part(TEXT, b'bytes 5-%d/%d' % (len(TEXT) + 4, OVER + 1),
                        text), fields=[b'Range: bytes=5-'])
        equal(r.status, 403, 'status')
    with case('so does what comes, if more was not said'):
        r = one(w, part(b'x' * (OVER + 1), b'bytes 0-9/10', text),
                fields=[b'Range: bytes=0-9'])
        equal(r.status, 403, 'by length')
        for at, fields in ((0, [b'Range: bytes=0-']), (0, []),
                           (9000, [b'Range: bytes=9000-'])):
            for framing in ('chunked', 'close'):
                serve(w, part(b'x' * 2 * OVER, b'bytes %d-%d/%d' % (
                    at, at + 9, at + 10), text, framing=framing, size=4000),
                    close=framing == 'close')
                with w.client() as c:
                    c.send(w.fill(get(b'/a', b'Connection: close', *fields)))
                    data = c.rest()
                check(data.count(b'x') <= OVER - at + 2,
                      f'{framing} from {at}: {data.count(b"x")} came')
                check(not data.endswith(b'0\r\n\r\n') or
                      data.startswith(b'HTTP/1.1 403'), 'a clean end')
    with case('a part that is as large as permitted passes'):
        body = b'x' * (OVER - 9000)
        r = one(w, part(body, b'bytes 9000-%d/%d' % (OVER - 1, OVER), text,
                        framing='chunked', size=4000),
                fields=[b'Range: bytes=9000-'])
        equal((r.status, len(r.body)), (206, len(body)), 'answer')


def websocket(w):
    shake = get(b'/ws', b'Connection: Upgrade', b'Upgrade: websocket',
                b'Sec-WebSocket-Key: x', b'Sec-WebSocket-Version: 13')

    def switch(conn, _):
        conn.sendall(b'HTTP/1.1 101 Switching Protocols\r\n'
                     b'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi')
        got = conn.recv(100)
        conn.sendall(b'[' + got + b']')
        return CLOSE
    with case('a WebSocket passes where answers are judged'):
        w.origin.at['/ws'] = switch
        with w.client() as c:
            c.send(w.fill(shake))
            equal(c.response().status, 101, 'status')
            equal(c.want(2), b'hi', 'first bytes')
            c.send(b'yo')
            equal(c.want(4), b'[yo]', 'echo')


def default_block(w):
    """Only what is of a permitted type passes: HEAD decides for all."""
    with case('only permitted types pass, in tunnels for plain HTTP, too'):
        for fields, body, status in (([TYPE + b'text/plain'], TEXT, 200),
                                     ([TYPE + b'image/png'], PNG, 403),
                                     ([], PNG, 403)):
            r = one(w, answer(body, *fields))
            equal(r.status, status, f'{fields}')
        serve(w, answer(TEXT, TYPE + b'text/plain'))
        with w.client() as c:
            target = w.fill(b'good.test{O}')
            c.send(b'CONNECT ' + target + b' HTTP/1.1\r\nHost: x\r\n\r\n')
            equal(c.response(b'CONNECT').status, 200, 'CONNECT')
            c.send(b'GET /a HTTP/1.1\r\nHost: ' + target + b'\r\n\r\n')
            equal(c.response().body, TEXT, 'inside')
    with case('a WebSocket has no type: it does not pass'):
        w.origin.at['/ws'] = b'HTTP/1.1 101 Switching Protocols\r\n' \
            b'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi'
        r = w.ask(get(b'/ws', b'Connection: Upgrade', b'Upgrade: websocket',
                      b'Sec-WebSocket-Key: x'))
        equal(r.status, 403, 'status')


def warned(w):
    with case('a warning about a type is a page, and no more of the answer'):
        r = one(w, answer(TEXT, TYPE + b'video/mp4'),
                fields=[b'Accept: text/html'])
        equal(r.status, 403, 'status')
        check(TEXT[:40] not in r.body, 'it came through')
        w.suzgi.logged(lambda r: r['action'] == 'warn' and
                       r['stage'] == 'head')


def two_sizes(w):
    """The larger bound stands first: the smaller one holds all the same."""
    big = b'x' * (3 * OVER)
    for order in ('larger first', 'smaller first'):
        with case(f'two bounds, the {order}: the smaller one cuts'):
            serve(w, answer(big, TYPE + b'text/plain', framing='chunked',
                            size=4000))
            with w.client() as c:
                c.send(w.fill(get(b'/a', b'Connection: close')))
                data = c.rest()
            check(data.count(b'x') <= OVER + 2, f'{data.count(b"x")} came')
        if order == 'larger first':
            w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
                'block = size>128KiB\nblock = size>64KiB host:good.test\n',
                'block = size>64KiB host:good.test\nblock = size>128KiB\n'))
            check(w.suzgi.hangup(), 'refused')


with World(config=RULES) as world:
    for judged in (kinds, cuts, slow, sizes, others, parts, websocket):
        judged(world)
    world.settled()
ONLY = CONFIG[:CONFIG.index('[policy default]')] + \
    '[policy default]\nallow = type:text/\ndefault = block\n'
with World(config=ONLY) as world:
    default_block(world)
    world.suzgi.alive()
with World(config=RULES.replace('block = type:video/ ,',
                                'warn = type:video/\nblock =')) as world:
    warned(world)
    world.suzgi.alive()
TWO = CONFIG[:CONFIG.index('[policy default]')] + \
    '[policy default]\nblock = size>128KiB\n' \
    'block = size>64KiB host:good.test\n'
with World(config=TWO) as world:
    two_sizes(world)
    world.suzgi.alive()
tap.done()

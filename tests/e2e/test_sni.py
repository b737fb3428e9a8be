#!/usr/bin/env python3
"""SN: a tunnel is judged by its TLS greeting, however that is cut."""
import itertools
import struct

from lib import hello as h
from lib import suzgi, tap
from lib.tap import case, check, equal
from lib.world import World

BLOCK, SHUT, ALLOW = 'block', 'shut', 'allow'
BAD = h.hello(b'bad.test')
PLAIN = h.record(BAD)


def many(extensions, name=b'bad.test', at=0):
    """A hello whose SNI is the <at>th of its extensions."""
    extensions = list(extensions)
    extensions.insert(at, h.sni(name))
    return h.records(h.hello(extensions=extensions))


def name_rows():
    yield 'SN-01', 'one record', PLAIN, BLOCK
    yield 'SN-01', 'upper case', h.plain(b'BAD.TEST'), BLOCK
    yield 'SN-01', 'below a blocked name', h.plain(b'www.bad.test'), BLOCK
    yield 'SN-01', 'a trailing dot', h.plain(b'bad.test.'), SHUT
    yield 'SN-03', 'two records, cut in the name', \
        h.record(BAD[:BAD.index(b'bad.test') + 3]) + \
        h.record(BAD[BAD.index(b'bad.test') + 3:]), BLOCK
    for n in (1, 2, 3, 7, 40):
        yield 'SN-04', f'records of {n}', h.records(BAD, n), BLOCK
    for n in range(1, 5):
        yield 'SN-04', f'cut after {n} bytes of the handshake header', \
            h.record(BAD[:n]) + h.record(BAD[n:]), BLOCK
    yield 'SN-05', 'an empty record first', h.record(b'') + PLAIN, SHUT
    yield 'SN-05', 'an empty record between', \
        h.record(BAD[:20]) + h.record(b'') + h.record(BAD[20:]), SHUT
    yield 'SN-05', 'a thousand empty records', h.record(b'') * 1000 + PLAIN, \
        SHUT
    for v in (0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03ff):
        yield 'SN-06', f'record version {v:04x}', h.record(BAD, v), BLOCK
    for v in (0x0301, 0x0302, 0x0303, 0x0304):
        yield 'SN-06', f'hello version {v:04x}', \
            h.plain(b'bad.test', version=v), BLOCK
    for v in (0x0201, 0x0200, 0x0001, 0xffff):
        yield 'SN-06', f'record version {v:04x}', h.record(BAD, v), SHUT
    pq = [h.ext(51, struct.pack('>HHH', 1222, 0x11ec, 1216) + b'k' * 1216 +
                b'kk'), h.ext(21, b'\0' * 500)]
    yield 'SN-07', 'a post-quantum key share first', many(pq, at=2), BLOCK
    grease = [h.ext(g, b'') for g in h.GREASE] + [h.ALPN, *h.COMMON]
    for at in (0, 9, len(grease)):
        yield 'SN-08', f'SNI at {at} among {len(grease)} extensions', \
            many(grease, at=at), BLOCK
    yield 'SN-08', 'GREASE among the ciphers', \
        h.plain(b'bad.test', ciphers=(0x0a0a, 0xc02b, 0x1301)), BLOCK
    yield 'SN-08', 'a session id', h.plain(b'bad.test', session=b's' * 32), \
        BLOCK
    yield 'SN-09', '16 KiB before SNI', many([h.padded(16384)], at=1), BLOCK
    yield 'SN-09', 'four records of 60 KiB', many([h.padded(60000)], at=1), \
        BLOCK
    yield 'SN-09', '70 KiB', h.records(b'\x01' + (70000).to_bytes(3, 'big') +
                                       b'\x03\x03' + b'x' * 69998), SHUT
    yield 'SN-09', 'a claim of 16 MiB', h.record(b'\x01\xff\xff\xff' +
                                                BAD[4:]), SHUT
    yield 'SN-10', 'two SNI extensions, the first good', h.records(h.hello(
        extensions=[h.sni(b'good.test'), h.sni(b'bad.test')])), SHUT
    yield 'SN-10', 'two SNI extensions, the first bad', h.records(h.hello(
        extensions=[h.sni(b'bad.test'), h.sni(b'good.test')])), SHUT
    yield 'SN-10', 'two names', h.records(h.hello(extensions=[
        h.ext(0, h.sni_body(b'good.test', b'bad.test'))])), SHUT
    yield 'SN-10', 'a name of another type', h.records(h.hello(extensions=[
        h.sni(b'good.test', kind=1)])), SHUT
    yield 'SN-10', 'bytes behind the name', h.records(h.hello(extensions=[
        h.ext(0, h.sni_body(b'good.test') + b'xx')])), SHUT
    yield 'SN-10', 'an empty name', h.plain(b''), SHUT
    yield 'SN-10', 'a NUL in the name', h.plain(b'good.test\0.bad.test'), SHUT
    for v in (b'.', b'.bad.test', b'good..test', b'*', b'*.test', b'a b.test',
              b'good.test:443', b'good.test,DNS:evil.test', b'x' * 300,
              'bücher.test'.encode(), b'good.test\n'):
        yield 'SN-10', f'the name {v[:24]!r}', h.plain(v), SHUT
    yield 'SN-12', 'no SNI', h.plain(None), SHUT
    yield 'SN-12', 'no extensions at all', h.records(h.hello(
        extensions=[])), SHUT
    yield 'SN-13', 'ChangeCipherSpec first', \
        h.record(b'\x01', kind=20) + h.plain(b'good.test'), SHUT
    yield 'SN-13', 'an alert first', \
        h.record(b'\x01\x00', kind=21) + h.plain(b'good.test'), SHUT
    yield 'SN-13', 'PROXY protocol first', \
        b'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n' + h.plain(b'good.test'), SHUT
    yield 'SN-13', 'HTTP', b'GET / HTTP/1.1\r\nHost: good.test\r\n\r\n', SHUT
    yield 'SN-14', 'an SSLv2 hello', bytes.fromhex(
        '802e0103010015000000100100800300800700c0') + b'x' * 28, SHUT
    yield 'SN-15', 'another handshake message first', \
        h.record(b'\x02' + BAD[1:]), SHUT
    yield 'SN-17', 'real ECH: the outer name is judged', h.records(h.hello(
        extensions=[h.sni(b'bad.test'), h.ext(0xfe0d, b'\0' + b'e' * 200)])),\
        BLOCK
    yield 'SN-18', 'GREASE ECH is no signal', h.records(h.hello(
        extensions=[h.sni(b'good.test'), *h.COMMON,
                    h.ext(0xfe0d, b'\0' + b'g' * 200)])), ALLOW
    yield 'SN-20', 'a ticket', h.plain(b'bad.test', after=[
        h.ext(35, b't' * 192)]), BLOCK
    yield 'SN-21', 'early data behind a blocked hello', \
        PLAIN + h.record(b'd' * 16000, 0x0303, 23), BLOCK
    yield 'SN-26', 'an allowed hello is passed on unchanged', \
        h.plain(b'good.test'), ALLOW
    yield 'SN-26', 'in records of 5', h.records(h.hello(b'good.test'), 5), \
        ALLOW
    yield 'SN-26', 'of 60 KiB', many([h.padded(60000)], b'good.test', 1), \
        ALLOW
    yield 'SN-26', 'with early data', h.plain(b'good.test') + \
        h.record(b'd' * 16000, 0x0303, 23), ALLOW
    yield 'SN-26', 'a name below an allowed one', h.plain(b'www.good.test'), \
        ALLOW


def lengths_of(message):
    """(offset, width) of each length field of a plain hello in a record."""
    at = 5 + 4 + 2 + 32
    yield 3, 2                       # the record
    yield 6, 3                       # the handshake message
    yield at, 1                      # session id
    yield at + 1, 2                  # ciphers
    yield at + 1 + 2 + 4, 1          # compression methods
    exts = at + 1 + 2 + 4 + 2
    yield exts, 2                    # all extensions
    yield exts + 4, 2                # the first: SNI
    yield exts + 6, 2                # its list
    yield exts + 9, 2                # the name


numbers = itertools.count()


def run(w, data, expected, cut=None, pause=0.0):
    w.forget()
    name = f'n{next(numbers)}.good.test'  # so that its record is found
    w.dns.names[name] = ['127.0.0.1']
    c, answer = w.tunnel(name.encode())
    equal(answer.status, 200, 'CONNECT')
    with c:
        c.send(data, cut, pause)
        if expected == ALLOW:
            equal(c.want(6), b'ORIGIN', 'what came back')
            suzgi.until(lambda: len(w.tls.bytes) >= len(data), 'the hello')
            check(w.tls.bytes == data, 'the hello was changed')
            return
        # what is still wanted does not come: the greeting's deadline ends it
        rest = c.rest()
        check(rest == b'' or rest[0] == 21, f'answered {rest[:80]!r}')
        check(b'ORIGIN' not in rest, 'the site answered')
        w.untouched()
    if expected == BLOCK:
        found = w.suzgi.logged(lambda r: r.get('connect') == name)
        equal(len(found), 1, 'records')
        equal((found[0]['action'], found[0]['rule']['category']),
              ('block', 'adult'), 'record')
        check('bad.test' in found[0]['sni'], f'{found[0]}')


with World('\n[timeouts]\nhello = 2s\n') as w:
    for name, what, data, expected in name_rows():
        with case(f'{name} {what}'):
            run(w, data, expected)
            w.settled()
        if len(data) < 700 and name not in ('SN-05',):
            with case(f'{name} {what} (by the byte)'):
                run(w, data, expected, cut=1)
                w.settled()
    with case('SN-02 by the byte, slowly'):
        run(w, PLAIN, BLOCK, cut=1, pause=0.003)
    for at in range(1, len(PLAIN)):
        with case(f'SN-02 in two segments, cut at {at}'):
            run(w, PLAIN, BLOCK, cut=[at], pause=0.004)
    with case('SN-10 cut off at every length, then the end'):
        for n in range(len(PLAIN)):
            w.forget()
            c, answer = w.tunnel(b'good.test')
            with c:
                c.send(PLAIN[:n]).finish()
                check(b'ORIGIN' not in c.rest(), f'passed with {n} bytes')
                w.untouched()
    for offset, width in lengths_of(PLAIN):
        value = int.from_bytes(PLAIN[offset:offset + width], 'big')
        for new in (value - 1, value + 1, 0, (1 << 8 * width) - 1):
            if new == value or new < 0 or new >= 1 << 8 * width:
                continue
            data = PLAIN[:offset] + new.to_bytes(width, 'big') + \
                PLAIN[offset + width:]
            with case(f'SN-10 the length at {offset} is {new}'):
                w.forget()
                c, answer = w.tunnel(b'good.test')
                with c:
                    c.send(data).finish()
                    check(b'ORIGIN' not in c.rest(), 'passed')
                    w.untouched()
    with case('SN-24 nothing at all: closed at the deadline'):
        c, answer = w.tunnel(b'good.test')
        with c:
            c.rest()
        w.untouched()
    with case('no_greeting_leaves_anything_behind'):
        w.settled()
tap.done()

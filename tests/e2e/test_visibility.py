#!/usr/bin/env python3
"""What hides is counted, names that differ are told, and what is usual for
this hour of the week is known."""
import os
import time

from lib import hello, tap
from lib.origin import response
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import CONFIG, World

SHUT = b'\x15\x03'  # how an alert of TLS begins


def stat(w, name):
    return w.suzgi.status()['stats'][name]


def greet(w, connect, data):
    """A tunnel, these first bytes, and what came back."""
    c, r = w.tunnel(connect)
    with c:
        equal(r.status, 200, 'CONNECT')
        c.send(data)
        got = c.want(6)
        return got if got == b'ORIGIN' else got + c.rest()


def counters(w):
    for what, name, connect, data, passes in (
            ('no server name', 'no_sni', b'good.test', hello.plain(None),
             False),
            ('no TLS', 'non_tls', b'good.test', b'SSH-2.0-x\r\n', False),
            ('another name', 'sni_mismatch', b'good.test',
             hello.plain(b'www.good.test'), True),
            ('a hidden name', 'ech', b'good.test',
             hello.plain(b'www.good.test',
                         after=[hello.ext(0xfe0d, b'\0' * 32)]), True)):
        with case(f'a tunnel with {what} is counted'):
            w.suzgi.status()
            before = stat(w, name)
            got = greet(w, connect, data)
            equal(got == b'ORIGIN', passes, f'passes: {got!r}')
            equal(stat(w, name), before + 1, name)
    with case('letters of another case and a last dot are the same name'):
        before = stat(w, 'sni_mismatch')
        equal(greet(w, b'GOOD.test.', hello.plain(b'good.TEST')), b'ORIGIN',
              'answer')
        equal(stat(w, 'sni_mismatch'), before, 'sni_mismatch')
    with case('the extension of ECH alone is no sign'):
        before = stat(w, 'ech')
        equal(greet(w, b'good.test', hello.plain(
            b'good.test', after=[hello.ext(0xfe0d, b'\0' * 32)])),
            b'ORIGIN', 'answer')
        equal(stat(w, 'ech'), before, 'ech')
    with case('the greeting of a tunnel to an address is no mismatch'):
        before = stat(w, 'sni_mismatch'), stat(w, 'ip_literal')
        equal(greet(w, b'127.0.0.1', hello.plain(b'good.test')), b'ORIGIN',
              'answer')
        equal((stat(w, 'sni_mismatch'), stat(w, 'ip_literal')),
              (before[0], before[1] + 1), 'counters')
    with case('a hint at QUIC is taken out and counted'):
        w.origin.at['/q'] = response(b'x', b'200 OK',
                                     b'Alt-Svc: h3=":443"; ma=9')
        before = stat(w, 'quic_hints')
        r = w.ask(b'GET http://good.test{O}/q HTTP/1.1\r\nHost: x\r\n\r\n')
        check(not r.has('alt-svc'), 'it came through')
        equal(stat(w, 'quic_hints'), before + 1, 'quic_hints')
    with case('DNS over HTTPS is counted'):
        before = stat(w, 'doh')
        w.ask(b'GET http://good.test{O}/dns-query?dns=AAABAAABAAAAAAAAA3d3dw'
              b'dleGFtcGxlA2NvbQAAAQAB HTTP/1.1\r\nHost: x\r\n'
              b'Accept: application/dns-message\r\n\r\n')
        equal(stat(w, 'doh'), before + 1, 'doh')
    with case('tunnels are counted as they open'):
        before = stat(w, 'tunnels_opened')
        greet(w, b'good.test', hello.plain(b'good.test'))
        equal(stat(w, 'tunnels_opened'), before + 1, 'tunnels_opened')


def mismatch(w):
    with case('name-mismatch = block: another name is refused'):
        got = greet(w, b'good.test', hello.plain(b'www.good.test'))
        check(got.startswith(SHUT), f'{got!r}')
        check(not w.tls.bytes, 'the site was reached')
        found = w.suzgi.logged(lambda r: r['reason'] == 'name-mismatch')[0]
        equal((found['action'], found['connect'], found['sni']),
              ('block', 'good.test', 'www.good.test'), 'record')
    for connect, sni in ((b'good.test', b'GOOD.test'),
                         (b'127.0.0.1', b'good.test')):
        with case(f'name-mismatch = block: {connect} and {sni} pass'):
            equal(greet(w, connect, hello.plain(sni)), b'ORIGIN', 'answer')
    with case('name-mismatch = block: the policy has the first word'):
        got = greet(w, b'good.test', hello.plain(b'good.test'))
        equal(got, b'ORIGIN', 'answer')


def file_of(hour, last, usual):
    """A visibility file: docs/formats/visibility.md."""
    lines = [f'now {hour} 0 0 0 0', f'last {hour - 1} 3600 {last}',
             f'before 8 {usual}', *[f'usual 8 {usual}'] * 168]
    text = 'suzgi-visibility 1\n' + '\n'.join(lines) + '\n'
    total = 0xcbf29ce484222325
    for byte in text.encode():
        total = (total ^ byte) * 0x100000001b3 % (1 << 64)
    return text + f'end {total:016x}\n'


def usual():
    with case('what is usual outlives a restart and kill -9'):
        with World() as w:
            path = os.path.join(w.suzgi.state, 'visibility')
            check(not os.path.exists(path), 'it is there too early')
            w.suzgi.stop()
            text = open(path).read()
            check(text.startswith('suzgi-visibility 1\n') and
                  text.count('\nusual ') == 168, text[:200])
            counts = text.split('\n')[1].split()
            # all that was asked is in the hour that goes on
            w.suzgi.start()
            os.kill(w.suzgi.pids['proxy'], 9)
            w.suzgi.pids = None
            until(w.suzgi.whole, 'a new process')
            equal(open(path).read(), text, 'the file')
            check(int(counts[3]) >= 0, f'{counts}')
    with case('a damaged file is nothing, and said'):
        with World() as w:
            w.suzgi.stop()
            path = os.path.join(w.suzgi.state, 'visibility')
            with open(path, 'r+') as f:
                f.write('suzgi-visibility 2')
            w.suzgi.start()
            check('what is usual is learnt anew' in w.suzgi.stderr,
                  w.suzgi.stderr[-500:])
            equal(w.suzgi.status()['visibility']['weeks'], 0, 'weeks')


def said():
    rows = (('1000 710 12', '1000000 640000 95000', True,
             'tunnels 71 % (usual 64 %), blocked 12/h (usual 95/h): '
             'far fewer blocks than usual'),
            ('1000 650 90', '1000000 640000 95000', False,
             'tunnels 65 % (usual 64 %), blocked 90/h (usual 95/h)'))
    for last, before, odd, text in rows:
        with case(f'status says: {text}'):
            with World() as w:
                w.suzgi.stop()
                # an hour that has just begun is not over for long
                w.suzgi.write('state/visibility', file_of(
                    int(time.time()) // 3600, last, before))
                w.suzgi.start()
                seen = w.suzgi.status()['visibility']
                equal((seen['said'], seen['odd']), (text, odd), 'status')
                out = w.suzgi.cli('status').stdout.decode()
                check('visibility ' + text in out, out)


usual()
said()
with World() as world:
    counters(world)
    world.settled()
    with case('status names what hides'):
        said = world.suzgi.cli('status', check_status=0).stdout.decode()
        check('hidden ' in said and 'speak no TLS' in said, said)
with World(config=CONFIG.replace(
        '[tunnel]\n', '[tunnel]\nname-mismatch = block\n')) as world:
    mismatch(world)
    world.suzgi.alive()
tap.done()

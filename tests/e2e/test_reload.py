#!/usr/bin/env python3
"""A reload under load: no request fails, the new is in force; a bad one
changes nothing."""
import time

from lib import hello, suzgi, tap
from lib.load import Load
from lib.tap import case, check, equal
from lib.world import LISTS, World


def status(w, host=b'new.test'):
    return w.ask(b'GET http://' + host + b'{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                 ).status


def refused(w, name, content, word):
    """A reload with this file is refused, says why, and changes nothing."""
    path = f'{w.suzgi.dir}/{name}'
    with open(path) as f:
        before = f.read()
    said = len(w.suzgi.stderr)
    w.suzgi.write(name, content)
    try:
        check(not w.suzgi.hangup(), 'it was taken')
    finally:
        w.suzgi.write(name, before)
    check(word in w.suzgi.stderr[said:], f'nothing about {word!r}:\n'
          f'{w.suzgi.stderr[said:]}')
    equal(status(w, b'bad.test'), 403, 'bad.test')
    equal(status(w, b'good.test'), 200, 'good.test')
    check(w.suzgi.status()['snapshot'].get('stale_since'), 'not said stale')


with World() as w:
    w.dns.names['new.test'] = ['127.0.0.1']
    with case('a changed list is in force after HUP'):
        equal(status(w), 200, 'before')
        w.suzgi.write('bad.txt', LISTS['bad.txt'] + 'new.test\n')
        check(w.suzgi.hangup(), 'it was refused')
        equal(status(w), 403, 'after')
        w.suzgi.write('bad.txt', LISTS['bad.txt'])
        check(w.suzgi.hangup(), 'it was refused')
        equal(status(w), 200, 'and back')
        w.settled()
    with case('reloads under load: no request fails'):
        with Load(w) as load:
            load.wait(200)
            for i in range(10):
                w.suzgi.write('bad.txt', LISTS['bad.txt'] +
                              ('new.test\n' if i % 2 == 0 else ''))
                check(w.suzgi.hangup(), 'it was refused')
                equal(status(w), 403 if i % 2 == 0 else 200, f'reload {i}')
                load.wait(100)
        check(not load.failures, '\n'.join(load.failures[:5]))
        w.references += load.told
        w.settled()
    with case('suzgi reload waits for it and says so'):
        w.suzgi.write('bad.txt', LISTS['bad.txt'] + 'new.test\n')
        done = w.suzgi.cli('reload')
        equal(done.returncode, 0, f'status; {done.stderr.decode()}')
        equal(status(w), 403, 'after')
    with case('a changed rule is in force after HUP'):
        w.suzgi.write('suzgi.conf', w.suzgi.text +
                      'block = host:plain.test\n')
        check(w.suzgi.hangup(), f'it was refused: {w.suzgi.stderr[-900:]}')
        equal(status(w, b'plain.test'), 403, 'plain.test')
        w.suzgi.write('suzgi.conf', w.suzgi.text)
        check(w.suzgi.hangup(), 'it was refused')
        equal(status(w, b'plain.test'), 200, 'plain.test, and back')
        w.settled()
    good = w.suzgi.text
    for what, text, word in (
            ('an unknown key', good + '\n[proxy]\nnonsense = 1\n',
             'nonsense'),
            ('an unknown category', good + 'block = category:nosuch\n',
             'nosuch'),
            ('a broken pattern', good + 'block = regex:/(/\n', 'suzgi.conf'),
            ('an unknown section', good + '\n[nonsense]\n', 'nonsense'),
            ('no text at all but garbage', '\0\1\2garbage', 'suzgi.conf'),
            ('a missing list', good.replace('bad.txt', 'gone.txt'),
             'gone.txt')):
        with case(f'a reload with {what} is refused, the old stays'):
            refused(w, 'suzgi.conf', text, word)
            w.settled()
    for what, text in (('an empty list', ''), ('only comments', '# x\n'),
                       ('a list of garbage', '\x7f\x80\n!!\n')):
        with case(f'a reload with {what} is refused, the old stays'):
            refused(w, 'bad.txt', text, 'list adult')
            w.settled()
    with case('suzgi reload of a bad configuration: a status, the errors'):
        w.suzgi.write('suzgi.conf', good + '\n[proxy]\nnonsense = 1\n')
        done = w.suzgi.cli('reload')
        check(done.returncode != 0, 'status 0')
        check(b'nonsense' in done.stderr + done.stdout, done.stderr.decode())
        w.suzgi.write('suzgi.conf', good)
    with case('all errors are said at once'):
        before = len(w.suzgi.stderr)
        w.suzgi.write('suzgi.conf', good +
                      '\n[proxy]\nfirst-error = 1\nsecond-error = 2\n'
                      '[third-error]\n')
        check(not w.suzgi.hangup(), 'it was taken')
        for word in ('first-error', 'second-error', 'third-error'):
            check(word in w.suzgi.stderr[before:], f'not about {word}')
        w.suzgi.write('suzgi.conf', good)
    with case('a good one after bad ones is taken'):
        check(w.suzgi.hangup(), 'it was refused')
        check(not w.suzgi.status()['snapshot'].get('stale_since'), 'stale')
        w.settled()
    with case('twenty HUPs at once end in the last state'):
        w.suzgi.write('bad.txt', LISTS['bad.txt'] + 'new.test\n')
        for _ in range(20):
            w.suzgi.process.send_signal(1)
        suzgi.until(lambda: status(w) == 403, 'the last state')
        w.settled()
    with case('an open tunnel to what is now blocked is closed'):
        w.dns.names['tunnel.test'] = ['127.0.0.1']
        c, answer = w.tunnel(b'tunnel.test')
        d, _ = w.tunnel(b'good.test')
        with c, d:
            for conn, name in ((c, b'tunnel.test'), (d, b'good.test')):
                conn.send(hello.plain(name))
                equal(conn.want(6), b'ORIGIN', 'the tunnel')
            w.suzgi.write('bad.txt', LISTS['bad.txt'] +
                          'new.test\ntunnel.test\n')
            check(w.suzgi.hangup(), 'it was refused')
            c.rest()
            d.send(b'more')
            equal(d.want(6), b'ORIGIN', 'the other tunnel')
        w.suzgi.logged(lambda r: r.get('reason') == 'policy-changed')
        w.settled()
    with case('an old snapshot is let go when nobody uses it'):
        suzgi.until(lambda: w.suzgi.status()['snapshot']['in_use'] <= 1,
                    f"{w.suzgi.status()['snapshot']} snapshots")
    with case('a request under way keeps its policy'):
        def slow(conn, request):
            time.sleep(1)
            conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone')
        w.origin.at['/slow'] = slow
        with w.client() as c:
            c.send(w.fill(b'GET http://plain.test{O}/slow HTTP/1.1\r\n'
                          b'Host: x\r\n\r\n'))
            time.sleep(0.2)
            w.suzgi.write('suzgi.conf', good + 'block = host:plain.test\n')
            check(w.suzgi.hangup(), 'it was refused')
            r = c.response()
            equal((r.status, r.body), (200, b'done'), 'answer')
        equal(status(w, b'plain.test'), 403, 'the next')
    with case('every_blocked_answer_is_recorded_once'):
        w.suzgi.logged(lambda r: r['id'] in w.references,
                       len(set(w.references)))
        ids = [r['id'] for r in w.suzgi.log() if r['id'] in w.references]
        equal(sorted(ids), sorted(w.references))
tap.done()

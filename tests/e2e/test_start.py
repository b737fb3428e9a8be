#!/usr/bin/env python3
"""The start: what is refused, with which status, and what is said."""
import os
import re
import signal
import socket
import subprocess
import time

from lib import hello, tap
from lib.client import Client
from lib.suzgi import BINARY, Suzgi, until
from lib.tap import case, check, equal
from lib.world import CONFIG, LISTS, World

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    '../../packaging')


def config(**more):
    values = {'dns': 53, 'private': '', 'tunnel': '443', 'http': '80'}
    values.update(more)
    return CONFIG % values


def refused(status, text, *words, files=LISTS, listen='127.0.0.1'):
    """It does not start; returns what it said."""
    s = Suzgi(text, files, listen=listen)
    try:
        s.spawn()
        equal(s.process.wait(60), status, f'status; {s.stderr}')
        for word in words:
            check(word in s.stderr, f'nothing about {word!r}:\n{s.stderr}')
        with socket.socket() as probe:
            check(probe.connect_ex(('127.0.0.1', s.port)) != 0, 'it listens')
        return s.stderr
    finally:
        s.__exit__()


with case('a bad configuration: status 78 and all errors with their place'):
    said = refused(78, config() + 'block = category:nosuch\n[proxy]\n'
                   'wrokers = 2\ndrain = soon\n[nonsense]\nx = y\n',
                   'nosuch', 'wrokers', 'drain', 'nonsense')
    check(re.search(r'suzgi\.conf:\d+:\d+: error: ', said), said)
    check('workers' in said, f'no hint:\n{said}')
    check('^' in said, f'no caret:\n{said}')
with case('suzgi check says the same with the same status'):
    s = Suzgi(config() + '[proxy]\nwrokers = 2\n', LISTS)
    done = s.cli('check')
    equal(done.returncode, 78, f'status; {done.stderr.decode()}')
    check(b'wrokers' in done.stderr + done.stdout, 'nothing about it')
    s.write('suzgi.conf', s.text.partition('[proxy]\nwrokers')[0])
    done = s.cli('check')
    equal(done.returncode, 0, f'status of a good one; {done.stderr}')
    s.__exit__()
for listen in ('0.0.0.0', '[::]'):
    with case(f'listening on {listen} without allow-clients is refused'):
        refused(78, config(), 'allow-clients', listen=listen)
with case('listening on all addresses with allow-clients'):
    text = config().replace('address = {listen}',
                            'address = {listen}\nallow-clients = 127.0.0.2')
    with Suzgi(text.replace('workers = 2', 'workers = 1'), LISTS,
               listen='127.0.0.1') as s:
        with Client(s.port) as c:
            c.send(b'GET http://bad.test/ HTTP/1.1\r\nHost: x\r\n\r\n')
            data = c.rest()
            check(data == b'' or b' 403 ' in data.split(b'\r\n')[0],
                  f'a client that may not was answered {data[:100]!r}')
with case('a missing list: status 78'):
    refused(78, config(), 'bad.txt', files={})
with case('an empty list: status 78'):
    refused(78, config(), 'list adult', files={'bad.txt': '# nothing\n'})
with case('a port that is taken: a status, the port named'):
    with Suzgi(config(), LISTS) as s:
        t = Suzgi(config().replace('{listen}', f'127.0.0.1:{s.port}'), LISTS)
        t.spawn()
        check(t.process.wait(60) not in (0, None), 'status 0')
        check(str(s.port) in t.stderr, f'the port is not named:\n{t.stderr}')
        t.__exit__()
        s.alive()
with case('a second instance on the same state is refused, the first lives'):
    with Suzgi(config(), LISTS) as s:
        t = Suzgi(config(), LISTS, state=s.state)
        t.spawn()
        check(t.process.wait(60) not in (0, None), 'status 0')
        t.__exit__()
        s.alive()
        check(s.serves(), 'the first does not serve')
with case('a state folder that everybody may write to is refused'):
    s = Suzgi(config(), LISTS)
    os.chmod(s.state, 0o777)
    s.spawn()
    try:
        code = s.process.wait(10)
        check(code not in (0, None), 'status 0')
    except subprocess.TimeoutExpired:
        s.stop()
        raise AssertionError('it runs') from None
    finally:
        s.__exit__()
with case('without any configuration it filters with the shipped lists'):
    s = Suzgi('', {})
    done = subprocess.run([BINARY, 'check', '-c', s.conf, '--state', s.state,
                           '--data', DATA], capture_output=True)
    equal(done.returncode, 0, f'check of an empty file; {done.stderr}')
with case('suzgi check makes no state folder'):
    apart = s.state + '-none'
    done = subprocess.run([BINARY, 'check', '-c', s.conf, '--state', apart,
                           '--data', DATA], capture_output=True, timeout=60)
    equal(done.returncode, 0, f'status; {done.stderr}')
    check(not os.path.exists(apart), 'it made one')
    s.__exit__()
with case('what config example prints is valid'):
    done = subprocess.run([BINARY, 'config', 'example'], capture_output=True)
    equal(done.returncode, 0, 'status')
    check(len(done.stdout) > 1000, 'short')
    s = Suzgi(done.stdout.decode(), {})
    done = s.cli('check', '--data', DATA)
    check(done.returncode == 0, done.stderr.decode())
    s.__exit__()
for words, status in ((['nonsense'], 2), (['run', '--nonsense'], 2),
                      (['explain'], 2), (['version'], 0), (['--help'], 0)):
    with case(f'suzgi {" ".join(words)}: status {status}'):
        done = subprocess.run([BINARY, *words], capture_output=True,
                              stdin=subprocess.DEVNULL)
        equal(done.returncode, status, 'status')
        check(done.stdout + done.stderr, 'silent')
with case('explain: 0 allowed, 3 blocked, 1 not an address'):
    s = Suzgi(config(), LISTS)
    for url, status in (('http://good.test/', 0), ('http://bad.test/', 3),
                        ('https://bad.test/', 3), ('http://a b/', 1)):
        done = s.cli('explain', url)
        equal(done.returncode, status, url)
    s.__exit__()
for sig in (signal.SIGTERM, signal.SIGINT):
    with case(f'{sig.name} ends it: status 0, no process stays'):
        with Suzgi(config(), LISTS) as s:
            pids = s.pids
            equal(s.stop(sig), 0, 'status')
            until(lambda: not any(os.path.exists(f'/proc/{p}')
                                  for p in pids.values()), 'the end')
for all_of_us, tells in ((signal.SIGTERM, signal.SIGTERM),
                         (signal.SIGHUP, None)):
    with case(f'{all_of_us.name} to each process, as systemd and terminals '
              'send it, is heard once'):
        with Suzgi(config(), LISTS) as s:
            proxy = s.pids['proxy']
            # of two that nobody has read the kernel keeps the first
            os.kill(proxy, signal.SIGSTOP)
            os.kill(proxy, all_of_us)
            if tells:
                os.kill(s.pid, tells)
                until(lambda: 'stopping' in s.stderr, 'its word')
                os.kill(proxy, signal.SIGCONT)
                equal(s.process.wait(60), 0, 'status')
                check('does not end' not in s.stderr, s.stderr)
            else:
                os.kill(s.pid, all_of_us)
                os.kill(proxy, signal.SIGCONT)
                until(lambda: 'generation 2 is in force' in s.stderr,
                      'the reload')
with case('TERM with a tunnel and a request open: drained, then ended'):

    with World() as w:
        c, _ = w.tunnel(b'good.test')
        c.send(hello.plain(b'good.test'))
        equal(c.want(6), b'ORIGIN', 'the tunnel')

        def slow(conn, request):

            time.sleep(1)
            conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone')
        w.origin.at['/slow'] = slow
        d = w.client()
        d.send(w.fill(b'GET http://good.test{O}/slow HTTP/1.1\r\n'
                      b'Host: x\r\n\r\n'))
        until(lambda: w.origin.requests and
              w.origin.requests[-1].target == b'/slow', 'the request')
        w.suzgi.process.send_signal(signal.SIGTERM)
        equal(d.response().body, b'done', 'the open request')
        equal(w.suzgi.process.wait(60), 0, 'status')
        c.close()
        d.close()
with case('a second TERM ends it at once'):
    with World(config=CONFIG.replace('drain = 5s', 'drain = 1h')) as w:
        c, _ = w.tunnel(b'good.test')
        c.send(hello.plain(b'good.test'))
        equal(c.want(6), b'ORIGIN', 'the tunnel')
        w.suzgi.process.send_signal(signal.SIGTERM)

        time.sleep(0.5)
        w.suzgi.process.send_signal(signal.SIGTERM)
        w.suzgi.process.wait(60)
        c.close()
with case('started without stdin, stdout, stderr it works'):
    s = Suzgi(config(), LISTS)
    s.process = subprocess.Popen(
        ['sh', '-c', f'exec "{BINARY}" run -c "{s.conf}" <&- >&- 2>&-'])
    s.pid = s.process.pid
    until(s.serves, 'the start')
    equal(s.stop(), 0, 'status')
    s.__exit__()
tap.done()

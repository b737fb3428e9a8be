#!/usr/bin/env python3
"""Lists are compiled in a process of its own: what it finds is said, what
goes wrong in it leaves the old in force, and it does not outlive the proxy."""
import fcntl
import os
import signal
import subprocess

from lib import suzgi, tap
from lib.tap import case, check, equal
from lib.world import LISTS, World

NAME = 'suzgi: builder'


def name_of(pid):
    try:
        with open(f'/proc/{pid}/comm') as f:
            return f.read().strip()
    except OSError:
        return ''


def proxy_of(w):
    return next(p for p in suzgi.children(w.suzgi.pid)
                if name_of(p) == 'suzgi: proxy')


def builders(w):
    return [p for p in suzgi.children(proxy_of(w)) if name_of(p) == NAME]


def status(w, host):
    return w.ask(b'GET http://' + host + b'{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                 ).status


class Held:
    """A reload with a changed list, whose builder waits until let go: it is
    not the only one who wants to compile."""

    def __init__(self, w, extra):
        self.w = w
        self.lock = os.open(f'{w.suzgi.state}/lists.image.lock',
                            os.O_RDONLY | os.O_CREAT)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        w.suzgi.write('bad.txt', LISTS['bad.txt'] + extra)
        self.reload = subprocess.Popen(
            w.suzgi.command('reload'), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.pid = suzgi.until(lambda: builders(w), 'a builder')[0]

    def let_go(self):
        os.close(self.lock)

    def done(self):
        out, err = self.reload.communicate(timeout=suzgi.PATIENCE)
        return self.reload.returncode, out + err


with World() as w:
    w.dns.names['new.test'] = ['127.0.0.1']
    with case('requests are answered while lists are compiled'):
        held = Held(w, 'new.test\n')
        equal(status(w, b'good.test'), 200, 'good.test')
        equal(status(w, b'bad.test'), 403, 'bad.test')
        equal(status(w, b'new.test'), 200, 'new.test')
        held.let_go()
        equal(held.done()[0], 0, 'status')
        equal(status(w, b'new.test'), 403, 'new.test')
        equal(builders(w), [], 'left behind')
    with case('a builder that is killed: refused and said, the old stays'):
        held = Held(w, '')
        os.kill(held.pid, signal.SIGKILL)
        code, said = held.done()
        held.let_go()
        check(code != 0, 'status 0')
        check('killed by signal 9' in said, said)
        equal(status(w, b'new.test'), 403, 'new.test')
        check(w.suzgi.status()['snapshot'].get('stale_since'), 'not stale')
    with case('the next one is as if nothing had been'):
        check(w.suzgi.hangup(), 'it was refused')
        equal(status(w, b'new.test'), 200, 'new.test')
        check(not w.suzgi.status()['snapshot'].get('stale_since'), 'stale')
    with case('what it finds is what the reload says, once'):
        w.suzgi.write('bad.txt', LISTS['bad.txt'] + 'a..b\n' + ''.join(
            f'n{i}.bad.example.test\n' for i in range(20)))
        done = w.suzgi.cli('reload')
        said = (done.stdout + done.stderr).decode()
        equal(done.returncode, 0, said)
        equal(said.count('a..b'), 1, f'in {said!r}')
    with case('what it refuses is refused, with the reason'):
        w.suzgi.write('bad.txt', '# nothing\n')
        done = w.suzgi.cli('reload')
        said = (done.stdout + done.stderr).decode()
        check(done.returncode != 0, 'status 0')
        equal(said.count('has no entries'), 1, f'in {said!r}')
        check('process that compiles' not in said, said)
        equal(status(w, b'bad.test'), 403, 'bad.test')
    with case('nothing is compiled where no list has changed'):
        w.suzgi.write('bad.txt', LISTS['bad.txt'])
        check(w.suzgi.hangup(), 'it was refused')
        image = os.stat(f'{w.suzgi.state}/lists.image').st_ino
        w.suzgi.write('suzgi.conf', w.suzgi.text + 'block = host:new.test\n')
        check(w.suzgi.hangup(), 'it was refused')
        equal(status(w, b'new.test'), 403, 'new.test')
        equal(os.stat(f'{w.suzgi.state}/lists.image').st_ino, image, 'image')
        w.settled()
    with case('it ends with the proxy, and the next proxy is whole'):
        held = Held(w, 'new.test\n')
        os.kill(proxy_of(w), signal.SIGKILL)
        suzgi.until(lambda: name_of(held.pid) != NAME, 'its end')
        held.done()
        held.let_go()
        w.suzgi.forgive()
        w.suzgi.pids = suzgi.until(w.suzgi.whole, 'the next proxy')
        suzgi.until(w.suzgi.serves, 'the next proxy')
        equal(status(w, b'bad.test'), 403, 'bad.test')
    with case('nobody starts one by hand'):
        done = w.suzgi.cli('builder')
        equal(done.returncode, 2, done.stderr.decode())
        done = w.suzgi.cli('builder', '1', '1')
        equal(done.returncode, 1, done.stderr.decode())
tap.done()

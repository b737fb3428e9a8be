#!/usr/bin/env python3
"""Out of descriptors, out of disk, too many connections: it waits, says so,
and recovers; it never falls over and never lets anything through."""
import os
import shutil
import subprocess
import time

from lib import suzgi, tap
from lib.client import Client
from lib.load import Load
from lib.suzgi import until
from lib.tap import Skip, case, check, equal
from lib.world import CONFIG, World

MANY = CONFIG.replace('[log]', '[limits]\nconnections-per-client = 5000\n'
                      'connections = 5000\n[log]')


def blocked(w):
    equal(w.ask(b'{X}').status, 403, 'a blocked one')


with World(config=MANY, limit_fds=160) as w:
    with case('DS-04 more connections than descriptors: accepting pauses'):
        idle = []
        for _ in range(400):
            c = Client(w.port)  # waits in the kernel's queue at worst
            c.sock.setblocking(False)
            idle.append(c)
        until(lambda: w.suzgi.status()['stats']['accept_paused'] > 0,
              'a pause of accepting')
        before, start = w.suzgi.cpu(), time.monotonic()
        time.sleep(2)
        used = w.suzgi.cpu() - before
        check(used < 0.5 * (time.monotonic() - start),
              f'{used:.2f} s of processor time while it waits')
        check(w.suzgi.fds() <= 160, 'more than the limit')
        for c in idle:
            c.close()
        w.settled()
        blocked(w)
    with case('DS-04 the same with requests on each: those served are right'):
        clients = [Client(w.port) for _ in range(300)]
        for i, c in enumerate(clients):
            c.send(w.fill(b'{G}Connection: close\r\n\r\n' if i % 2 else
                          b'{X}'))
        seen = {200: 0, 403: 0, 503: 0, 502: 0}
        for i, c in enumerate(clients):
            try:
                status = c.response().status
                check(status in ((200, 502, 503) if i % 2 else (403, 503)),
                      f'status {status} of {i}')
                seen[status] += 1
            except AssertionError as e:
                check('without an answer' in str(e), str(e))
            c.close()
        check(seen[200] + seen[403] > 100, f'{seen}')
        w.settled()

with World() as w:
    with case('more connections of one client than permitted are refused'):
        clients = []
        for _ in range(300):
            c = Client(w.port)
            clients.append(c)
        until(lambda: w.suzgi.status()['stats']['client_limited'] >= 40,
              'refused connections')
        for c in clients:
            c.close()
        w.settled()
        blocked(w)
    with case('another client is served meanwhile'):
        clients = [Client(w.port) for _ in range(300)]
        other = suzgi.socket.socket()
        other.bind(('127.0.0.77', 0))
        other.settimeout(30)
        other.connect(('127.0.0.1', w.port))
        other.sendall(w.fill(b'{X}'))
        check(b' 403 ' in other.recv(65536), 'not served')
        other.close()
        for c in clients:
            c.close()
        w.settled()


def full_disk():
    """A log folder on a file system of its own that can be filled."""
    if os.geteuid() != 0:
        raise Skip('only root may mount a small file system')
    w = World(config=CONFIG.replace('privacy = full',
                                    'privacy = full\ndir = {dir}/small'))
    small = f'{w.suzgi.dir}/small'
    os.makedirs(small, mode=0o700)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k,mode=700',
                       'tmpfs', small], capture_output=True).returncode:
        raise Skip('mounting a tmpfs is not permitted here')
    w.suzgi.log_paths = lambda: [
        os.path.join(small, n) for n in sorted(os.listdir(small))
        if n.startswith('block.jsonl')]
    try:
        with w:
            blocked(w)
            filler = os.open(f'{small}/filler', os.O_WRONLY | os.O_CREAT)
            try:
                while True:
                    os.write(filler, b'x' * 4096)
            except OSError:
                os.close(filler)
            with Load(w) as load:
                load.wait(1000)
            check(not load.failures, '\n'.join(load.failures[:5]))
            until(lambda: w.suzgi.status()['log']['failing'],
                  'status saying that the log fails')
            w.settled()
            os.unlink(f'{small}/filler')
            subprocess.run(['mount', '-o', 'remount,size=8m', small],
                           check=True)
            until(lambda: not w.suzgi.status()['log']['failing'],
                  'the log\'s recovery')
            w.suzgi.logged(lambda r: r.get('id') in load.told,
                           len(load.told))
            ids = [r['id'] for r in w.suzgi.log() if r['id'] in load.told]
            equal(len(ids), len(set(ids)), 'records twice')
            for path in w.suzgi.log_paths():
                with open(path, 'rb') as f:
                    check(f.read().endswith(b'\n'), 'a torn last line')
            w.settled()
    finally:
        subprocess.run(['umount', '-l', small], capture_output=True)
        shutil.rmtree(w.suzgi.dir, ignore_errors=True)


with case('LG-06 a full disk: filtering goes on, the log catches up'):
    full_disk()
tap.done()

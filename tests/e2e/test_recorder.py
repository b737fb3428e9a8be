#!/usr/bin/env python3
"""The recorder hangs, its log is moved or removed under it, the rings are cut
short: it is noticed, said and mended, and no record is lost or doubled."""
import os
import re
import shutil
import signal
import time

from lib import tap
from lib.load import Load
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import World

GET = b'GET http://bad.test/%d HTTP/1.1\r\nHost: x\r\n\r\n'
BLOCK = 'block.jsonl'


def block(w, n=0):
    """Be blocked; the reference."""
    r = w.ask(GET % n)
    equal(r.status, 403, 'status')
    w.told(r)
    return w.references[-1]


def once(w, references):
    """Each stands in what is left of the log, once."""
    until(lambda: w.suzgi.status()['log']['waiting'] == 0, 'empty rings')
    ids = [e['id'] for e in w.suzgi.log()]
    equal(len(ids), len(set(ids)), 'ids')
    missing = set(references) - set(ids)
    check(not missing, f'{len(missing)} of {len(references)} are missing')


def said(w, what):
    return until(lambda: re.search(what, w.suzgi.stderr), f'"{what}"')


def another(w, kind):
    """Wait until <kind> is another process, and nobody else."""
    before = w.suzgi.pids

    def changed():
        now = w.suzgi.whole()
        return now if now and now[kind] != before[kind] else None
    w.suzgi.pids = until(changed, f'another {kind}')
    for other in set(before) - {kind}:
        equal(w.suzgi.pids[other], before[other], f'the {other}')


def log(w):
    return w.suzgi.status()['log']


with World() as w:
    folder = os.path.join(w.suzgi.state, 'log')
    path = os.path.join(folder, BLOCK)

    with case('a recorder that hangs is noticed, killed and started again'):
        os.kill(w.suzgi.pids['recorder'], signal.SIGSTOP)
        hangs = f"process {w.suzgi.pids['recorder']}) hangs"
        until(lambda: block(w) and hangs in w.suzgi.stderr, 'notice')
        another(w, 'recorder')
        until(lambda: not log(w)['failing'], 'the end of failing')
        equal(log(w)['hung'], False, 'hung')
        equal(log(w)['recorder_restarts'], 1, 'restarts')
        equal(log(w)['dropped'], 0, 'dropped')
        once(w, w.references)
    with case('one that hangs with nothing to do is noticed too'):
        os.kill(w.suzgi.pids['recorder'], signal.SIGSTOP)
        another(w, 'recorder')
        once(w, [block(w)])
    with case('all stopped and continued: nobody hangs'):
        pids = w.suzgi.pids
        for kind in ('supervisor', 'proxy', 'recorder'):
            os.kill(pids[kind], signal.SIGSTOP)
        time.sleep(8)
        for kind in ('supervisor', 'proxy', 'recorder'):
            os.kill(pids[kind], signal.SIGCONT)
        time.sleep(3)
        equal(w.suzgi.whole(), pids, 'processes')
    with case('block.jsonl removed: the next record stands in a new one'):
        for n in range(5):
            os.unlink(path)
            id = block(w, n)
            w.suzgi.logged(lambda e: e['id'] == id)
        said(w, 'the block log was removed')
        equal(log(w)['failing'], False, 'failing')
        done = w.suzgi.cli('log', 'tail')
        check(b'bad.test/4' in done.stdout, f'{done}')
    with case('block.jsonl moved under load: rotation needs no signal'):
        with Load(w) as load:
            for n in range(3, 0, -1):
                load.wait(100)
                os.rename(path, f'{path}.{n}')
                until(lambda: os.path.exists(path), 'a new file')
        check(not load.failures, '\n'.join(load.failures[:5]))
        once(w, load.told)
    with case('rotated and killed, again and again: nothing twice'):
        told = []
        for n in range(10, 4, -1):
            told += [block(w, i) for i in range(50)]
            os.rename(path, f'{path}.{n}')
            os.kill(w.suzgi.pids['recorder'], signal.SIGKILL)
            told += [block(w, i) for i in range(50)]
            another(w, 'recorder')
        once(w, told)
        for name in os.listdir(folder):
            if name != BLOCK:
                os.unlink(os.path.join(folder, name))
    with case('the folder removed: it is made anew'):
        shutil.rmtree(folder)
        until(lambda: os.path.exists(path), 'a new file')
        equal(oct(os.stat(folder).st_mode & 0o027), '0o0', 'mode of folder')
        once(w, [block(w)])
        equal(log(w)['failing'], False, 'failing')
    with case('a folder that cannot be had: records wait, failing is said'):
        os.rename(folder, folder + '.gone')
        with open(folder, 'w'):
            pass  # a file in its place
        until(lambda: log(w)['failing'], 'failing')
        said(w, 'the block log was moved or removed: cannot open')
        told = [block(w, n) for n in range(20)]
        equal(log(w)['waiting'], 20, 'waiting')
        done = w.suzgi.cli('status')
        check(b'CANNOT BE WRITTEN' in done.stdout, f'{done.stdout}')
        time.sleep(7)  # not to write is not to hang
        os.unlink(folder)
        until(lambda: not log(w)['failing'], 'the end of failing')
        once(w, told)
        equal(w.suzgi.whole(), w.suzgi.pids, 'processes')
    with case('a folder for everybody is not used when the file is gone'):
        os.chmod(folder, 0o777)
        os.unlink(path)
        until(lambda: log(w)['failing'], 'failing')
        id = block(w)
        check(not os.path.exists(path), 'it was made')
        os.chmod(folder, 0o750)
        w.suzgi.logged(lambda e: e['id'] == id)
        equal(log(w)['failing'], False, 'failing')
    with case('rings cut short in place: mended, and it goes on'):
        rings = os.path.join(w.suzgi.state, 'rings')
        size = os.path.getsize(rings)
        generation = w.suzgi.status()['snapshot']['generation']
        for to in (0, 4096, size // 2):
            w.suzgi.forgive()
            os.truncate(rings, to)
            said(w, 'the file rings .* was cut short')
            until(lambda: os.path.getsize(rings) == size, 'its size')
            w.suzgi.pids = until(w.suzgi.whole, 'all processes')
            once(w, [block(w)])
            equal(w.suzgi.process.poll(), None, 'the service')
        check(w.suzgi.hangup(), 'the reload was refused')
        check(w.suzgi.status()['snapshot']['generation'] > generation,
              'generations begin again')
    with case('cut short under load: the service stays'):
        with Load(w, keep_going=True) as load:
            load.wait(100)
            os.truncate(rings, 0)
            said(w, 'the file rings .* was cut short')
            load.wait(200)
        check(not load.failures, '\n'.join(load.failures[:5]))
        w.suzgi.forgive()
        w.suzgi.pids = until(w.suzgi.whole, 'all processes')
        once(w, [block(w)])
        w.suzgi.baseline()
        w.settled()
tap.done()

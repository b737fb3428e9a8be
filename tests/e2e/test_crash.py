#!/usr/bin/env python3
"""kill -9 of each process under load: no record of a block that a client was
told about is lost or doubled, and the filter serves again."""
import os
import signal

from lib import tap
from lib.load import Load
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import World

ROUNDS = 4


def complete(w, told):
    """Each reference that a client was told stands in the log once."""
    told = list(told)
    found = {}

    def all_there():
        ids = [r['id'] for r in w.suzgi.log() if 'id' in r]
        found['ids'] = ids
        return set(told) <= set(ids)
    try:
        until(all_there, 'the records')
    except AssertionError:
        missing = set(told) - set(found['ids'])
        raise AssertionError(f'{len(missing)} of {len(told)} blocks that '
                             'clients were told about are not in the log'
                             ) from None
    mine = [i for i in found['ids'] if i in set(told)]
    check(len(mine) == len(set(mine)),
          f'{len(mine) - len(set(mine))} records stand there twice')
    equal(len(told), len(set(told)), 'references given twice')


def kill(w, kind, load):
    """Kill it, wait until another one is there and answers come again."""
    before = w.suzgi.pids
    os.kill(before[kind], signal.SIGKILL)

    def again():
        now = w.suzgi.whole()
        return now if now and now[kind] != before[kind] else None
    w.suzgi.pids = until(again, f'another {kind}')
    for other in set(before) - {kind}:
        equal(w.suzgi.pids[other], before[other], f'the {other}')
    load.wait(100)


with World() as w:
    for kind in ('proxy', 'recorder'):
        with case(f'kill -9 of the {kind}, {ROUNDS} times under load'):
            with Load(w, keep_going=kind == 'proxy') as load:
                load.wait(300)
                for _ in range(ROUNDS):
                    kill(w, kind, load)
            check(not load.failures, '\n'.join(load.failures[:5]))
            check(len(load.told) > 200, f'only {len(load.told)} blocked')
            complete(w, load.told)
            w.references += load.told
    with case('SEGV of the proxy is a crash like another'):
        with Load(w, keep_going=True) as load:
            load.wait(100)
            before = w.suzgi.pids['proxy']
            os.kill(before, signal.SIGSEGV)
            w.suzgi.pids = until(
                lambda: (now := w.suzgi.whole()) and
                now['proxy'] != before and now, 'another proxy')
            load.wait(100)
        w.suzgi.forgive()
        check(not load.failures, '\n'.join(load.failures[:5]))
        complete(w, load.told)
    with case('a recorder that is stopped delays the log, not the traffic'):
        with Load(w) as load:
            os.kill(w.suzgi.pids['recorder'], signal.SIGSTOP)
            try:
                load.wait(300)  # for 5 s it would be said to hang
            finally:
                os.kill(w.suzgi.pids['recorder'], signal.SIGCONT)
        check(not load.failures, '\n'.join(load.failures[:5]))
        complete(w, load.told)
    with case('kill -9 of the supervisor: the next start goes on with the log'):
        with Load(w, keep_going=True) as load:
            load.wait(300)
            old = w.suzgi.pids
            # the recorder first stops, so that records are in the rings only
            os.kill(old['recorder'], signal.SIGSTOP)
            load.wait(200)
            os.kill(old['supervisor'], signal.SIGKILL)
            w.suzgi.process.wait()
            os.kill(old['recorder'], signal.SIGCONT)
            until(lambda: not any(os.path.exists(f'/proc/{p}')
                                  for p in old.values()),
                  'the end of its processes')
            w.suzgi.start()
            load.wait(100)
        check(not load.failures, '\n'.join(load.failures[:5]))
        complete(w, load.told)
    with case('all three at once'):
        with Load(w, keep_going=True) as load:
            load.wait(200)
            for pid in w.suzgi.pids.values():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            w.suzgi.process.wait()
            w.suzgi.start()
            load.wait(100)
        check(not load.failures, '\n'.join(load.failures[:5]))
        complete(w, load.told)
    with case('after all this it is whole'):
        w.suzgi.baseline()
        w.settled()
        complete(w, w.references)
tap.done()

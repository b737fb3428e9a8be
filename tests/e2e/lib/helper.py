#!/usr/bin/env python3
"""helper.py - a helper in Squid's protocol that does as it is told.

    helper.py basic|group|negotiate FILE [--channels]

FILE has its orders, read anew for each question: lines "WORD REPLY", where
WORD is the user, escaped (a group helper's: user/group; negotiate's:
YR/token or KK/token). Every question goes to FILE.log as it came, so
that a test can see what was asked. Replies:

    ok  ok:USER  err  bh  die  hang  garbage  twice  wrong  long  nul  half
    ttl:N  slow:SECONDS  gate (ok once there is no file FILE.gate any more)
    af:USER  af2:USER (with a token)  tt:TOKEN  na
"""
import os
import sys
import time
from urllib.parse import unquote


def orders(path):
    found = {}
    with open(path, encoding='utf-8') as f:
        for line in f:
            word, _, reply = line.strip().partition(' ')
            found[unquote(word)] = reply
    return found


def say(text):
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def answer(channel, reply, path):
    """One answer, or what should have been one."""
    order, _, more = reply.partition(':')
    if order == 'slow':
        time.sleep(float(more))
        order = 'ok'
    while order == 'gate' and os.path.exists(path + '.gate'):
        time.sleep(0.01)
    if order == 'die':
        os._exit(3)
    if order == 'hang':
        return
    say({
        'gate': f'{channel}OK\n',
        'ok': f'{channel}OK{" user=" + more if more else ""}\n',
        'af': f'{channel}AF {more}\n',
        'af2': f'{channel}AF dG9rZW4= {more}\n',
        'tt': f'{channel}TT {more}\n',
        'na': f'{channel}NA dG9rZW4= not you\n',
        'ttl': f'{channel}OK ttl={more}\n',
        'err': f'{channel}ERR message="Wrong password"\n',
        'bh': f'{channel}BH message="no directory"\n',
        'garbage': 'what?\n',
        'twice': f'{channel}OK\n{channel}OK\n',
        'wrong': '77777 OK\n',
        'long': channel + 'OK ' + 'x' * 100000 + '\n',
        'nul': f'{channel}OK user=a\0b\n',
        'half': f'{channel}OK',
    }[order])


def main():
    kind, path = sys.argv[1:3]
    channels = '--channels' in sys.argv
    with open(path + '.log', 'a', encoding='utf-8', buffering=1) as log:
        for line in sys.stdin:
            line = line.rstrip('\n')
            log.write(line + '\n')
            words = line.split(' ')
            channel = words.pop(0) + ' ' if channels else ''
            if kind != 'basic':
                word = '/'.join(unquote(w) for w in words)
            else:
                word = unquote(words[0])
            known = orders(path)
            answer(channel, known.get(word, known.get('*', 'err')), path)


main()

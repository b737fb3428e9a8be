#!/usr/bin/env python3
"""The protected tier: nothing here switches it off. Every key with every kind
of value, every option, variable, signal, exception and rule is tried against
the canary; lists of an authority are proven, and what is lost lets nothing
through."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from lib import alone, tap
from lib.feeds import Signer
from lib.suzgi import BINARY, until
from lib.tap import Skip, case, check, equal
from lib.world import CONFIG, World

CANARY = 'canary.suzgi.test'
SPELLED = [CANARY, 'CANARY.suzgi.TEST', CANARY + '.', 'www.' + CANARY,
           'a.b.' + CANARY]
FOLDER = '/etc/suzgi/protected'
TEXTS = ['', 'x', '/nonexistent', '/dev/null', CANARY, 'off', '*']
BY_FORM = {
    'networks': ['0.0.0.0/0', '::/0', ''],
    'addresses': ['127.0.0.1:0', '[::1]:0'],
    'ports': ['1-65535', '', '80'],
    'terms': ['any', f'host:{CANARY}', f'url:{CANARY}/', 'regex:.*'],
    'host:port': ['127.0.0.1:9', ''],
}


def values(key):
    """Values that a key could take; some are mistakes."""
    form = key['type']
    out = list(BY_FORM.get(form, []))
    if ' | ' in form:
        out += [v.strip() for v in form.split('|')]
    if 'range' in key:
        out += key['range'].split('..')
    out.append(key.get('default') or '')
    return list(dict.fromkeys(out + TEXTS))


def schema():
    done = subprocess.run([BINARY, 'config', 'schema', '--json'],
                          capture_output=True, check=True)
    return json.loads(done.stdout)


def mutations():
    """Configurations that differ from an open one by one line."""
    for key in schema():
        if key['section'] in ('proxy',) and key['key'] == 'control':
            continue  # a path of ours to the same socket
        name = {'policy': ' default', 'group': ' all', 'listen': ' extra',
                }.get(key['section'], ' x' if key['named'] else '')
        for value in values(key):
            yield (f"[{key['section']}{name}] {key['key']} = {value}",
                   f"[{key['section']}{name}]\n{key['key']} = {value}\n")


def explain(text, folder, *words, env=None):
    """What `suzgi explain` says of the canary under <text>."""
    conf = os.path.join(folder, 'try.conf')
    with open(conf, 'w') as f:
        f.write(text)
    done = subprocess.run(
        [BINARY, 'explain', '-c', conf, '--json', *words,
         f'http://{CANARY}/'], capture_output=True, cwd=folder, timeout=60,
        env=dict(os.environ, **(env or {})), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors='replace')


def protects(status, out, what):
    """Blocked by the tier, or the configuration was refused."""
    check(status in (3, 78), f'{what}: status {status}: {out[:300]}')
    if status == 3:
        got = json.loads(out.splitlines()[0])
        equal(got.get('reason'), 'protected', what)
    return status == 3


with case('every key with every kind of value'):
    folder = tempfile.mkdtemp(prefix='suzgi-e2e-')
    base = (f'[proxy]\nstate-dir = {folder}/state\nuser =\n'
            '[policy default]\nallow = any\ndefault = allow\n')
    try:
        tried, blocked, keys = 0, 0, set()
        for what, line in mutations():
            section = line.partition('\n')[0]
            text = base
            if section in base:
                head, _, rest = base.partition(section + '\n')
                key = line.partition('\n')[2]
                name = re.escape(key.partition(' =')[0])
                rest = re.sub(rf'(?m)^{name} =.*\n', '', rest, count=1)
                text = head + section + '\n' + key + rest
            else:
                text = base + line
            if 'state-dir' in what and '= /' in what:
                continue  # folders that are not ours
            status, out = explain(text, folder)
            tried += 1
            if protects(status, out, what):
                blocked += 1
                keys.add(what.partition(' =')[0])
        check(len(keys) > 40 and blocked > 150,
              f'only {len(keys)} keys, {blocked} of {tried} were tried in '
              'earnest')
    finally:
        shutil.rmtree(folder, ignore_errors=True)

with case('every option of explain, and every variable that a program heeds'):
    folder = tempfile.mkdtemp(prefix='suzgi-e2e-')
    try:
        done = subprocess.run([BINARY, 'explain', '--help'],
                              capture_output=True)
        for option in sorted(set(re.findall(r'--[a-z-]+',
                                            done.stdout.decode()))):
            if option in ('--help', '--json', '--config', '--id'):
                continue
            for word in ([option], [option, 'default'], [option, '0'],
                         [option, '2030-01-01T00:00'], [option, '10.0.0.1']):
                status, out = explain(base, folder, *word)
                check(status != 0, f'{word}: {out[:200]}')
        names = subprocess.run(['strings', BINARY], capture_output=True)
        for name in sorted(set(re.findall(
                r'(?m)^SUZGI_[A-Z_]+$', names.stdout.decode()))) + [
                    'HOME', 'TZ', 'PATH', 'XDG_CONFIG_HOME', 'LANG',
                    'SUZGI_PROTECTED', 'SUZGI_CONF']:
            for value in ('', 'off', '/nonexistent', '0'):
                status, out = explain(base, folder, env={name: value})
                protects(status, out, f'{name}={value}')
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def canary(w, host=CANARY, path='/'):
    return w.ask(f'GET http://{host}{{O}}{path} HTTP/1.1\r\n'
                 f'Host: {host}{{O}}\r\n\r\n'.encode())


def say(w, line):
    """A line for the control socket; whatever it answers."""
    with socket.socket(socket.AF_UNIX) as c:
        c.settimeout(30)
        c.connect(os.path.join(w.suzgi.state, 'control.sock'))
        c.sendall(line.encode() + b'\n')
        while c.recv(65536):
            pass


def refused(w):
    """The canary is refused by name, in every spelling, and in tunnels."""
    w.forget()
    for host in SPELLED:
        equal(canary(w, host).status, 403, host)
    equal(w.tunnel(CANARY.encode())[1].status, 403, 'CONNECT')
    w.untouched()


with World() as w:
    for host in ('canary.suzgi.test', 'www.canary.suzgi.test'):
        w.dns.names[host] = ['127.0.0.1']
    with case('the canary, in every spelling, plain and in tunnels'):
        refused(w)
    with case('the record names the tier and not the entry'):
        r = w.suzgi.logged(
            lambda r: r.get('tier') == 'protected' and
            r.get('method') == 'GET')[0]
        equal(r['reason'], 'protected')
        check('entry' not in r and 'source' not in r, str(r))
    with case('explain names the tier and not the entry'):
        done = w.suzgi.cli('explain', '--trace', f'http://{CANARY}/',
                           check_status=3)
        check(b'protected' in done.stdout, done.stdout.decode())
        check(b'entry' not in done.stdout, done.stdout.decode())
    with case('rules that let everything through, read while it runs'):
        open_text = w.suzgi.text.partition('[policy default]')[0] + (
            f'[policy default]\nallow = any\nallow = host:{CANARY}\n')
        w.suzgi.write('suzgi.conf', open_text)
        check(w.suzgi.hangup(), 'the reload was refused')
        refused(w)
    with case('an exception of every kind'):
        for words in (['allow', CANARY, '--for', '1h'],
                      ['allow', CANARY, '--for', '1h', '--site'],
                      ['allow', CANARY, '--for', '1h', '--client',
                       '127.0.0.1'],
                      ['allow', f'http://{CANARY}/', '--for', '1h'],
                      ['allow', 'suzgi.test', '--for', '1h', '--site'],
                      ['allow', CANARY, '--for', '1h', '--group',
                       'default']):
            w.suzgi.cli(*words, '--reason', 'a test')
        refused(w)
    with case('signals, and a proxy that starts anew'):
        for sig in (signal.SIGUSR1, signal.SIGHUP):
            os.kill(w.suzgi.pid, sig)
        refused(w)
        before = w.suzgi.processes()
        w.suzgi.forgive()
        os.kill(before['proxy'], signal.SIGKILL)
        until(lambda: w.suzgi.processes().get('proxy') not in
              (None, before['proxy']), 'a new proxy')
        until(w.suzgi.serves, 'an answer of the new proxy')
        refused(w)
    with case('what the control socket takes'):
        for line in ('protected off', 'override end canary', 'reload off',
                     'override add {"action":"allow","scope":"host",'
                     f'"subject":"{CANARY}","for":"all"}}', 'reload',
                     'stop protected', 'set protected=off'):
            say(w, line)
        refused(w)


# ------------------------------------------------------ an authority's list
def own_etc(files):
    """A /etc of our own, in this test's mount namespace."""
    if not alone.isolated or os.geteuid() != 0:
        raise Skip('no mount namespace of our own here')
    etc = tempfile.mkdtemp(prefix='suzgi-e2e-etc-')
    subprocess.run(['cp', '-a', '/etc/.', etc], check=True)
    os.makedirs(etc + FOLDER[4:], exist_ok=True)
    for name, content in files.items():
        with open(os.path.join(etc + FOLDER[4:], name), 'wb') as f:
            f.write(content)
    done = subprocess.run(['mount', '--bind', etc, '/etc'],
                          capture_output=True)
    if done.returncode:
        raise Skip('cannot mount here: ' + done.stderr.decode())
    return etc


def put(name, content):
    path = os.path.join(FOLDER, name)
    with open(path + '.new', 'wb') as f:
        f.write(content)
    os.rename(path + '.new', path)


PLAIN = b'secret.test\nhttp://good.test/hidden/x\n'
signer = Signer()
csv = subprocess.run([BINARY, 'protected', 'hash', '-'], input=PLAIN,
                     capture_output=True, check=True).stdout
files = {'police.pub': b'untrusted comment: key\n%s\n' % signer.key.encode(),
         'police.csv': csv, 'police.csv.minisig': signer.sign(csv)}
etc = None
try:
    with case('a signed list of hashes'):
        etc = own_etc(files)
    if etc:
        with World() as w:
            w.dns.names['secret.test'] = ['127.0.0.1']
            w.dns.names[CANARY] = ['127.0.0.1']

            def ask(host, path='/'):
                return w.ask(f'GET http://{host}{{O}}{path} HTTP/1.1\r\n'
                             f'Host: {host}\r\n\r\n'.encode()).status

            with case('its hosts and addresses are refused, others are not'):
                equal([ask('secret.test'), ask('WWW.secret.test', '/a'),
                       ask('good.test', '/hidden/x'),
                       ask('good.test', '/hidden/../hidden/%78'),
                       ask('good.test', '/hidden/y'), ask('good.test')],
                      [403, 403, 403, 403, 200, 200])
            with case('no text of the list is on the disk'):
                for root, _, names in os.walk(w.suzgi.state):
                    for name in names:
                        if 'log' in root or name == 'rings':
                            continue
                        try:
                            with open(os.path.join(root, name), 'rb') as f:
                                check(b'hidden/x' not in f.read(), name)
                        except OSError:
                            pass  # a socket
            with case('one byte of the list changed: the former stays'):
                put('police.csv', csv.replace(csv[:1], b'f' if
                                              csv[:1] != b'f' else b'e', 1))
                check(not w.suzgi.hangup(), 'it was taken')
                equal([ask('secret.test'), ask('good.test')], [403, 200])
            with case('a new proxy that finds it so lets nothing through'):
                before = w.suzgi.processes()
                w.suzgi.forgive()
                os.kill(before['proxy'], signal.SIGKILL)
                until(lambda: w.suzgi.processes().get('proxy') not in
                      (None, before['proxy']), 'a new proxy')
                until(lambda: ask('good.test') == 403, 'the refusal')
                equal(w.suzgi.logged(lambda r: r['reason'] ==
                                     'protected-lost')[0]['tier'],
                      'protected')
            with case('status says so'):
                done = subprocess.run([BINARY, 'protected', 'status'],
                                      capture_output=True)
                equal(done.returncode, 1)
                check(b'LOST: police' in done.stdout, done.stdout.decode())
                done = w.suzgi.cli('status', check_status=0)
                check(b'LOST: police' in done.stdout, done.stdout.decode())
            with case('and the right list opens it again'):
                put('police.csv', csv)
                check(w.suzgi.hangup(), 'the reload was refused')
                equal([ask('secret.test'), ask('good.test')], [403, 200])
                done = w.suzgi.cli('status', check_status=0)
                check(b'LOST' not in done.stdout, done.stdout.decode())
            for name in ('police.csv', 'police.csv.minisig'):
                with case(f'{name} gone: the former stays'):
                    os.rename(f'{FOLDER}/{name}', f'{FOLDER}/{name}.away')
                    check(not w.suzgi.hangup(), 'it was taken')
                    equal(ask('secret.test'), 403)
                    os.rename(f'{FOLDER}/{name}.away', f'{FOLDER}/{name}')
            with case("another's signature"):
                other = Signer()
                put('police.csv.minisig', other.sign(csv))
                other.close()
                check(not w.suzgi.hangup(), 'it was taken')
                put('police.csv.minisig', files['police.csv.minisig'])
            with case('the key gone: the former stays'):
                os.rename(f'{FOLDER}/police.pub', f'{FOLDER}/police.away')
                check(not w.suzgi.hangup(), 'it was taken')
                equal(ask('secret.test'), 403)
                os.rename(f'{FOLDER}/police.away', f'{FOLDER}/police.pub')
            with case('a newer list takes its place'):
                more = csv + subprocess.run(
                    [BINARY, 'protected', 'hash', '-'], input=b'www.good.test',
                    capture_output=True, check=True).stdout
                put('police.csv.minisig', signer.sign(more))
                put('police.csv', more)
                check(w.suzgi.hangup(), 'the reload was refused')
                equal([ask('www.good.test'), ask('good.test')], [403, 200])
finally:
    signer.close()
    if etc:
        subprocess.run(['umount', '-l', '/etc'], check=False)
        shutil.rmtree(etc, ignore_errors=True)
tap.done()

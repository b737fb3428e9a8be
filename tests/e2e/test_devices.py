#!/usr/bin/env python3
"""Groups by MAC address: a network of its own with a device in it."""
import os
import shutil
import subprocess
import sys

from lib import alone
from lib.suzgi import PATIENCE, free_port, until
from lib.tap import case, check, done, equal, skip
from lib.world import CONFIG, World

KIOSK, OTHER = '02:00:5e:10:00:01', '02:00:5e:10:00:02'
GROUPS = '''\
[listen lan]
address = 10.99.0.1:%(port)s, [fd99::1]:%(port)s
allow-clients = 10.99.0.0/24, fd99::/64

[group kiosks]
match = mac:%(kiosk)s
policy = kiosks

[policy kiosks]
block = host:good.test

[policy default]'''
# asks for what stdin says, through the proxy at argv; prints the status
ASK = '''
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), %d)
s.sendall(sys.stdin.buffer.read())
print(s.recv(12)[9:].decode())
''' % PATIENCE


def ip(*words, inside=None):
    enter = ['nsenter', '-t', str(inside), '-n'] if inside else []
    done_ = subprocess.run([*enter, 'ip', *words], capture_output=True,
                           check=False)
    check(done_.returncode == 0,
          f'ip {" ".join(words)}: {done_.stderr.decode()}')
    return done_.stdout.decode()


class Device:
    """A network namespace at the other end of a cable."""

    def __enter__(self):
        self.process = subprocess.Popen(
            ['unshare', '-n', 'sh', '-c', 'echo; exec sleep 1000'],
            stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.pid = self.process.pid
        ip('link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there')
        ip('link', 'set', 'there', 'netns', str(self.pid))
        ip('addr', 'add', '10.99.0.1/24', 'dev', 'here')
        ip('addr', 'add', 'fd99::1/64', 'dev', 'here', 'nodad')
        ip('link', 'set', 'here', 'up')
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def become(self, mac):
        """Another device with the same addresses."""
        ip('link', 'set', 'there', 'down', inside=self.pid)
        ip('link', 'set', 'there', 'address', mac, inside=self.pid)
        ip('addr', 'flush', 'dev', 'there', inside=self.pid)
        ip('link', 'set', 'there', 'up', inside=self.pid)
        ip('addr', 'add', '10.99.0.2/24', 'dev', 'there', inside=self.pid)
        ip('addr', 'add', 'fd99::2/64', 'dev', 'there', 'nodad',
           inside=self.pid)
        ip('neigh', 'flush', 'all')
        until(lambda: 'LOWER_UP' in ip('link', 'show', 'here'), 'the cable')

    def ask(self, to, port, request):
        got = subprocess.run(
            ['nsenter', '-t', str(self.pid), '-n', sys.executable, '-c', ASK,
             to, str(port)], input=request, capture_output=True,
            check=False)
        return got.stdout.decode().strip() or got.stderr.decode()


def main():
    if not alone.isolated or not shutil.which('nsenter') or os.getuid():
        skip('groups by MAC address', alone.WHY)
        return
    port = free_port()
    config = GROUPS.replace('%(port)s', str(port)).replace(
        '%(kiosk)s', KIOSK.upper())
    with Device() as device, World(
            config=CONFIG.replace('[policy default]', config)) as w:
        request = w.fill(b'{G}\r\n')
        for mac, status in ((KIOSK, '403'), (OTHER, '200'), (KIOSK, '403')):
            device.become(mac)
            for to in ('10.99.0.1', 'fd99::1'):
                with case(f'{mac} by {to}: {status}'):
                    for _ in range(4):  # both workers
                        equal(device.ask(to, port, request), status, 'status')
        with case('a client without a neighbour is in no such group'):
            equal(w.ask(b'{G}\r\n').status, 200, 'loopback')
        with case('many neighbours come and go'):
            for i in range(3, 60):
                ip('neigh', 'replace', f'10.99.0.{i}', 'lladdr', KIOSK,
                   'dev', 'here')
            ip('neigh', 'flush', 'all')
            device.become(OTHER)
            equal(device.ask('10.99.0.1', port, request), '200', 'status')
            w.suzgi.alive()


main()
done()

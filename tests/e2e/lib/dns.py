"""dns.py - a name server on loopback for names that end in .test.

    server = Dns(); server.names['good.test'] = ['127.0.0.1', '::1']

A name's value is a list of addresses, or one of NXDOMAIN, SERVFAIL, DROP
(no answer), TRUNCATE (the answer only over TCP), GARBAGE, or a function
(qtype, how often asked) -> such a value. What is not there does not exist.
"""
import ipaddress
import socket
import struct
import threading

NXDOMAIN, SERVFAIL, DROP, TRUNCATE, GARBAGE = (
    'nxdomain', 'servfail', 'drop', 'truncate', 'garbage')
A, AAAA = 1, 28


def _question(data):
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode('latin-1'))
        at += 1 + data[at]
    return '.'.join(labels), struct.unpack('>H', data[at + 1:at + 3])[0], \
        data[12:at + 5]


def _answer(data, question, code, addresses, qtype, truncated=False):
    records = b''
    n = 0
    for text in addresses:
        address = ipaddress.ip_address(text)
        if (address.version == 4) == (qtype == A) and qtype in (A, AAAA):
            records += b'\xc0\x0c' + struct.pack(
                '>HHIH', qtype, 1, 0, len(address.packed)) + address.packed
            n += 1
    flags = 0x8180 | code | (0x0200 if truncated else 0)
    return data[:2] + struct.pack('>HHHHH', flags, 1, n, 0, 0) + \
        question + records


class Dns:
    def __init__(self):
        self.names, self.asked = {}, []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            self.udp.bind(('127.0.0.1', 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket()
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self.tcp.bind(('127.0.0.1', self.port))
                break
            except OSError:
                self.tcp.close()
                self.udp.close()
                self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp.listen(16)
        for loop in (self._udp, self._tcp):
            threading.Thread(target=loop, daemon=True).start()

    def _reply(self, data, tcp):
        try:
            name, qtype, question = _question(data)
        except (IndexError, struct.error):
            return None
        name = name.lower()
        times = sum(1 for n, q in self.asked if (n, q) == (name, qtype))
        self.asked.append((name, qtype))
        value = self.names.get(name, NXDOMAIN)
        if callable(value):
            value = value(qtype, times)
        if value == DROP:
            return None
        if value == GARBAGE:
            return data[:2] + b'\xff' * 40
        if isinstance(value, tuple) and value[0] == TRUNCATE:
            if not tcp:
                return _answer(data, question, 0, [], qtype, True)
            value = value[1]
        if value in (NXDOMAIN, SERVFAIL):
            return _answer(data, question, 3 if value == NXDOMAIN else 2,
                           [], qtype)
        return _answer(data, question, 0, value, qtype)

    def _udp(self):
        while True:
            try:
                data, peer = self.udp.recvfrom(4096)
                reply = self._reply(data, False)
                if reply:
                    self.udp.sendto(reply, peer)
            except OSError:
                return

    def _serve(self, conn):
        with conn:
            while True:
                try:
                    head = conn.recv(2, socket.MSG_WAITALL)
                    if len(head) < 2:
                        return
                    data = conn.recv(struct.unpack('>H', head)[0],
                                     socket.MSG_WAITALL)
                    reply = self._reply(data, True)
                    if reply:
                        conn.sendall(struct.pack('>H', len(reply)) + reply)
                except OSError:
                    return

    def _tcp(self):
        while True:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,),
                             daemon=True).start()

    def close(self):
        """Wakes whoever waits, before the descriptors become others'."""
        for sock in (self.udp, self.tcp):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # not connected: awake all the same
                pass
        self.udp.close()
        self.tcp.close()

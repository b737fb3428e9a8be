"""client.py - a client that sends any bytes, cut as one likes.

    c = Client(port)
    c.send(b'GET ...', cut=1)        # one byte a segment
    r = c.response()                 # strictly parsed
    c.ended()                        # the connection is closed, nothing more
"""
import socket
import time

from . import http1

PATIENCE = 30  # seconds; nothing in a test depends on it being short


class Client:
    def __init__(self, port, host='127.0.0.1', receive_buffer=None,
                 source=None):
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        self.sock = socket.socket(family)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                 receive_buffer)
        self.sock.settimeout(PATIENCE)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.eof, self.reset = b'', False, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data, cut=None, pause=0.0):
        """Send in segments of <cut> bytes, or at the offsets in a list. That
        the other side has closed already is no error: it may answer early."""
        if cut is None:
            parts = [data]
        elif isinstance(cut, int):
            parts = [data[i:i + cut] for i in range(0, len(data), cut)]
        else:
            ends = [*cut, len(data)]
            parts = [data[a:b] for a, b in zip([0, *cut], ends)]
        try:
            for part in parts:
                self.sock.sendall(part)
                if pause:
                    time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def finish(self):
        """Half-close: no more from this side."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self

    def more(self, timeout=PATIENCE):
        """Read once; False at the end of the connection."""
        if self.eof:
            return False
        self.sock.settimeout(timeout)
        try:
            got = self.sock.recv(1 << 18)
        except ConnectionResetError:
            self.reset, got = True, b''
        if not got:
            self.eof = True
            return False
        self.data += got
        return True

    def response(self, method=b'GET', interim=None):
        """The next final answer; 1xx go into the list <interim>."""
        seen = 0
        while True:
            found = None
            if self.eof or not http1.goes_on(self.data, seen):
                found = http1.read_response(self.data, method, self.eof)
            if found is None:
                if self.eof and not self.data:
                    raise AssertionError('the connection ended without an '
                                         'answer' +
                                         (' (reset)' if self.reset else ''))
                seen = len(self.data)
                try:
                    self.more()
                except TimeoutError:
                    raise AssertionError(
                        f'no answer in {PATIENCE} s; so far '
                        f'{self.data[:300]!r}') from None
                continue
            message, n = found
            self.data, seen = self.data[n:], 0
            if message.status < 200 and message.status != 101:
                if interim is not None:
                    interim.append(message)
                continue
            return message

    def rest(self, timeout=PATIENCE):
        """All until the connection ends."""
        try:
            while self.more(timeout):
                pass
        except TimeoutError:
            raise AssertionError(f'not closed in {timeout} s; so far '
                                 f'{self.data[:300]!r}') from None
        data, self.data = self.data, b''
        return data

    def ended(self):
        """The connection ends, and nothing more came."""
        rest = self.rest()
        if rest:
            raise AssertionError(f'more came before the end: {rest[:300]!r}')

    def want(self, n):
        """Exactly <n> bytes more (of a tunnel)."""
        while len(self.data) < n and self.more():
            pass
        data, self.data = self.data[:n], self.data[n:]
        return data


def ask(port, data, method=b'GET', cut=None, host='127.0.0.1'):
    """One request, its answer; the connection is then closed from here."""
    with Client(port, host) as c:
        return c.send(data, cut).response(method)

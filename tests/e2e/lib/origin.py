"""origin.py - a site that records every byte and does as it is told.

    origin = Origin()
    origin.at['/slow'] = lambda conn, request: conn.sendall(...)
    origin.at['/raw'] = b'HTTP/1.1 200 OK\r\n...'

It reads requests with the strict reader; what that refuses is kept in
`bad`, and any entry there is a fault of the proxy. A script is bytes to send,
or a function (conn, request); returning CLOSE closes. Without a script the
answer is 200 and says what was asked.
"""
import socket
import struct
import threading

from . import http1

CLOSE = object()


def reset(conn):
    """Close with a RST."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
    conn.close()


def response(body=b'', status=b'200 OK', *fields):
    head = b'HTTP/1.1 ' + status + b'\r\n'
    for field in fields:
        head += field + b'\r\n'
    return head + b'Content-Length: %d\r\n\r\n' % len(body) + body


class Origin:
    def __init__(self, host='127.0.0.1', raw=None, port=0):
        """<raw>: a function (conn) that serves a connection instead."""
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(512)
        self.host, self.port, self.raw = host, self.listener.getsockname()[1], raw
        self.at, self.lock = {}, threading.Lock()
        self.requests, self.streams, self.bad = [], [], []
        self.keep_raw = True
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self):
        """Start a new row: what was seen so far is forgotten."""
        with self.lock:
            self.requests, self.bad = [], []
            for stream in self.streams:
                del stream[:]
            self.streams = [s for s in self.streams if s is not None]

    @property
    def bytes(self):
        """All that arrived since forget()."""
        with self.lock:
            return b''.join(bytes(s) for s in self.streams)

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._run, args=(conn,),
                             daemon=True).start()

    def _run(self, conn):
        stream = bytearray()
        with self.lock:
            self.streams.append(stream)
        try:
            with conn:
                if self.raw:
                    self.raw(conn, stream)
                else:
                    self._serve(conn, stream)
        except OSError:
            pass

    def _serve(self, conn, stream):
        data, seen, ended = b'', 0, False
        while True:
            try:
                found = None if not ended and http1.goes_on(data, seen) \
                    else http1.read_request(data)
            except http1.Bad as why:
                with self.lock:
                    self.bad.append((str(why), data[:400]))
                return
            if found is None:
                if ended:
                    if data:
                        with self.lock:
                            self.bad.append(('cut short', data[:400]))
                    return
                self._expects(conn, data)
                seen = len(data)
                more = conn.recv(1 << 18)
                ended = not more
                if self.keep_raw:
                    with self.lock:
                        stream += more
                data += more
                continue
            request, n = found
            data, seen = data[n:], 0
            with self.lock:
                self.requests.append(request)
            if self._answer(conn, request) is CLOSE:
                return

    def _expects(self, conn, data):
        """Answer Expect: 100-continue once its head is here."""
        if data.endswith(b'\r\n\r\n') and b'100-continue' in data.lower() \
                and data.count(b'\r\n\r\n') == 1:
            conn.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
            return True
        return False

    def _path(self, target):
        if target.startswith(b'http://'):
            target = b'/' + target[7:].partition(b'/')[2]
        return target.decode('latin-1').partition('?')[0]

    def _answer(self, conn, request):
        script = self.at.get(self._path(request.target))
        if script is None:
            body = b'origin ' + request.method + b' ' + request.target + \
                b' %d\n' % len(request.body)
            reply = response(body, b'200 OK', b'Content-Type: text/plain')
            if request.method == b'HEAD':
                reply = reply[:-len(body)]
            conn.sendall(reply)
            return CLOSE if request.version == b'HTTP/1.0' else None
        if callable(script):
            return script(conn, request)
        conn.sendall(script)
        return None

    def close(self):
        """Wakes whoever accepts, before the descriptor becomes another's."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

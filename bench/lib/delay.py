"""Puts a TCP server behind a delay: `delay.py HOST:PORT MILLISECONDS` prints the address where it listens.

The delay is a round trip. A connection takes one before its first byte arrives, and each byte takes half of one in
either direction. There is no limit on the rate, and no slow start.
"""

import queue
import socket
import sys
import threading
import time

PIECE = 256 * 1024
PIECES_ON_THE_WAY = 256


def carry(source, sink, one_way, not_before):
    """Moves bytes from one socket to the other, each piece later than it came."""
    on_the_way = queue.Queue(PIECES_ON_THE_WAY)

    def deliver():
        while True:
            at, piece = on_the_way.get()
            time.sleep(max(0, at - time.monotonic()))
            try:
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(piece)
            except OSError:
                return

    threading.Thread(target=deliver, daemon=True).start()
    piece = True
    while piece:
        try:
            piece = source.recv(PIECE)
        except OSError:
            piece = b""
        on_the_way.put((max(time.monotonic(), not_before) + one_way, piece))


def connect(client, server_address, round_trip):
    server = socket.create_connection(server_address)
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected = time.monotonic() + round_trip
    one_way = round_trip / 2
    for ends in ((client, server), (server, client)):
        threading.Thread(target=carry, args=(*ends, one_way, connected), daemon=True).start()


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    round_trip = float(sys.argv[2]) / 1000
    listener = socket.create_server((host, 0), backlog=128)
    print(f"{host}:{listener.getsockname()[1]}", flush=True)
    while True:
        client, _ = listener.accept()
        connect(client, (host, int(port)), round_trip)


main()

"""Nagle's algorithm is off on what a listening socket accepts."""

import socket

from cnnviz.server import sockets


def nodelay(of):
    return of.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_what_is_accepted_sends_at_once():
    with socket.socket(socket.AF_INET) as listening, socket.socket(socket.AF_INET) as other:  # as Streamlit makes it
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert not nodelay(listening)
        assert sockets.send_at_once() >= 1
        assert not nodelay(other)
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert nodelay(accepted)


def test_closed_sockets_and_those_of_other_kinds_are_left_alone():
    closed = socket.socket(socket.AF_INET)
    closed.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        before = sockets.send_at_once()
        with socket.socket(socket.AF_INET) as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            assert sockets.send_at_once() == before + 1
        assert datagrams.type == socket.SOCK_DGRAM

"""Captures made without rights to capture: what passes a relay, or what a test makes up, as packets
of two hosts with headers of their own. A packet comes a millisecond after the one before."""

import socket
import struct
import threading

RAW_IP = 101  # as pcap names packets that begin with IP
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
CLIENT_PORT, SERVER_PORT = 40000, 8888
ICMP, TCP, UDP = 1, 6, 17


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class Capture:
    """Packets in order. Thread-safe."""

    def __init__(self):
        self.packets = []
        self.lock = threading.Lock()

    def add(self, kind, source, target, segment):
        addresses = socket.inet_aton(source) + socket.inet_aton(target)
        at = {ICMP: 2, UDP: 6, TCP: 16}[kind]  # of the checksum
        pseudo = b"" if kind == ICMP else addresses + struct.pack(">BBH", 0, kind, len(segment))
        segment = segment[:at] + struct.pack(">H", checksum(pseudo + segment)) + segment[at + 2:]
        number = len(self.packets) & 0xffff
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), number, 0, 64, kind, 0)
        head = head[:10] + struct.pack(">H", checksum(head + addresses)) + addresses
        self.packets.append(head + segment)

    def refuse_last(self):
        """The server's host says that nobody has the port of the last datagram."""
        segment = struct.pack(">BBHI", 3, 3, 0, 0) + self.packets[-1]
        self.add(ICMP, SERVER, CLIENT, segment)

    def write(self, path, cut=None):
        """To a file; `cut` is how much of each packet is kept."""
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, cut or 1 << 18, RAW_IP))
            for i, packet in enumerate(self.packets):
                kept = packet[:cut]
                file.write(struct.pack("<IIII", 1800000000 + i // 1000, i % 1000 * 1000, len(kept),
                                       len(packet)) + kept)
        return path


class Datagrams:
    """What two ports send each other by UDP."""

    def __init__(self, capture, port=CLIENT_PORT, server_port=SERVER_PORT):
        self.capture, self.port, self.server_port = capture, port, server_port

    def send(self, from_client, data):
        ends = [(CLIENT, self.port), (SERVER, self.server_port)]
        (source, port), (target, target_port) = ends if from_client else ends[::-1]
        segment = struct.pack(">HHHH", port, target_port, 8 + len(data), 0) + data
        with self.capture.lock:
            self.capture.add(UDP, source, target, segment)


class Connection:
    """A TCP connection between two ports, from its first packet on."""

    SYN, ACK, PUSH = 2, 16, 8

    def __init__(self, capture, port=CLIENT_PORT, server_port=SERVER_PORT):
        self.capture, self.ports = capture, {True: port, False: server_port}
        self.next = {True: 1000, False: 5000}
        self.packet(True, b"", self.SYN)
        self.packet(False, b"", self.SYN | self.ACK)
        self.packet(True, b"", self.ACK)

    def packet(self, from_client, data, flags):
        mine, other = self.next[from_client], self.next[not from_client]
        segment = struct.pack(">HHIIBBHHH", self.ports[from_client], self.ports[not from_client],
                              mine, other if flags & self.ACK else 0, 5 << 4, flags, 60000, 0, 0)
        with self.capture.lock:
            self.capture.add(TCP, *((CLIENT, SERVER) if from_client else (SERVER, CLIENT)),
                             segment + data)
        self.next[from_client] += len(data) + (flags & self.SYN) // self.SYN

    def send(self, from_client, *segments):
        for data in segments:
            self.packet(from_client, data, self.PUSH | self.ACK)

    def send_again(self, from_client, data):
        """What was sent last once more, as when it was lost behind where it was captured."""
        self.next[from_client] -= len(data)
        self.send(from_client, data)


class Relay:
    """Passes on what clients of a server say, by TCP and UDP, and keeps it in a capture."""

    LARGEST = 65535

    def __init__(self, capture, server):
        host, port = server.rsplit(":", 1)
        self.capture, self.server = capture, (host, int(port))
        self.clients = 0

    def next_port(self):
        self.clients += 1
        return CLIENT_PORT + self.clients

    def serve_tcp(self):
        """The address to connect to."""
        listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, args=[listening], daemon=True).start()
        return "127.0.0.1:%d" % listening.getsockname()[1]

    def accept(self, listening):
        with listening:
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self.pass_on, args=[client], daemon=True).start()

    def pass_on(self, client):
        with client, socket.create_connection(self.server) as server:
            kept = Connection(self.capture, self.next_port())
            back = threading.Thread(target=self.pump, args=[server, client, kept, False],
                                    daemon=True)
            back.start()
            self.pump(client, server, kept, True)
            back.join()

    def pump(self, source, target, kept, is_client):
        try:
            while data := source.recv(self.LARGEST):
                kept.send(is_client, *(data[i:i + 1400] for i in range(0, len(data), 1400)))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # whoever cut it off wants no more

    def serve_udp(self):
        front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        front.bind(("127.0.0.1", 0))
        threading.Thread(target=self.pass_datagrams, args=[front], daemon=True).start()
        return "127.0.0.1:%d" % front.getsockname()[1]

    def pass_datagrams(self, front):
        backs = {}
        while True:
            data, client = front.recvfrom(self.LARGEST)
            if client not in backs:
                back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                back.connect(self.server)
                backs[client] = back, Datagrams(self.capture, self.next_port())
                threading.Thread(target=self.pass_answers, args=[front, client, *backs[client]],
                                 daemon=True).start()
            back, kept = backs[client]
            kept.send(True, data)
            back.send(data)

    def pass_answers(self, front, client, back, kept):
        while True:
            data = back.recv(self.LARGEST)
            kept.send(False, data)
            front.sendto(data, client)
